#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "platform/database/database.h"
#include "platform/database/page_checksums.h"

namespace bypuls::database {
namespace {

// https://www.sqlite.org/rescode.html
Errc code_of_sqlite(int result) {
    switch (result & 0xFF) {
        case SQLITE_CONSTRAINT: return Errc::conflict;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_INTERRUPT: return Errc::timed_out;
        case SQLITE_FULL:
        case SQLITE_TOOBIG:
        case SQLITE_NOMEM: return Errc::exhausted;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return Errc::damaged;
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_PROTOCOL: return Errc::unavailable;
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH: return Errc::forbidden;
        default: return Errc::malformed;
    }
}

// PostgreSQL 15, appendix A.
Errc code_of_postgresql(std::string_view state) {
    if (state == "57014" || state == "55P03" || state == "25P03") {
        return Errc::timed_out;
    }
    if (state == "25006" || state == "42501") {
        return Errc::forbidden;
    }
    const auto group = state.substr(0, 2);
    if (group == "23") {
        return Errc::conflict;
    }
    if (group == "08" || group == "57" || group == "40") {
        return Errc::unavailable;
    }
    if (group == "28") {
        return Errc::forbidden;
    }
    if (group == "53" || group == "54") {
        return Errc::exhausted;
    }
    if (group == "XX") {
        return Errc::damaged;
    }
    return Errc::malformed;
}

// PostgreSQL puts the offending values on the lines after the first ("DETAIL: Key (email)=(...)").
std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

Error say(Errc code, std::string_view what, const std::string& message) {
    return {code, std::string(what) + ": " + first_line(message)};
}

}  // namespace

Error error_from_current_exception(std::string_view what) {
    try {
        throw;
    } catch (const soci::sqlite3_soci_error& error) {
        if (error.result() == SQLITE_IOERR_DATA) {
            const auto page = take_damaged_page();
            return say(Errc::damaged, what, page ? sentence_of(*page) : error.get_error_message());
        }
        return say(code_of_sqlite(error.result()), what, error.get_error_message());
    } catch (const soci::postgresql_soci_error& error) {
        const bool lost = error.get_error_category() == soci::soci_error::connection_error;
        return say(lost ? Errc::unavailable : code_of_postgresql(error.sqlstate()), what, error.get_error_message());
    } catch (const soci::soci_error& error) {
        const bool lost = error.get_error_category() == soci::soci_error::connection_error;
        return say(lost ? Errc::unavailable : Errc::malformed, what, error.get_error_message());
    }
}

}  // namespace bypuls::database
