#include "platform/observations/blocks/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "core/check.h"

namespace bypuls::observations::blocks {

namespace {

constexpr int busy_wait_ms = 10'000;  // for another process, such as a backup; then Errc::timed_out

Errc code_of(int status) {
    switch (status & 0xFF) {
        case SQLITE_FULL: return Errc::exhausted;
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return Errc::timed_out;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return Errc::damaged;
        case SQLITE_CONSTRAINT: return Errc::conflict;
        case SQLITE_ERROR: return Errc::malformed;
        default: return Errc::unavailable;
    }
}

std::unexpected<Error> failure(sqlite3* database, int status) {
    return fail(code_of(status), fmt::format("observations database: {}", sqlite3_errmsg(database)));
}

}  // namespace

void Statement::Close::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

Statement& Statement::bind(int index, std::int64_t value) {
    check(sqlite3_bind_int64(statement_.get(), index, value) == SQLITE_OK, "a parameter exists");
    return *this;
}

Statement& Statement::bind(int index, double value) {
    check(sqlite3_bind_double(statement_.get(), index, value) == SQLITE_OK, "a parameter exists");
    return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
    const int status = sqlite3_bind_text64(statement_.get(), index, text.data() == nullptr ? "" : text.data(),
                                           text.size(), SQLITE_STATIC, SQLITE_UTF8);
    check(status == SQLITE_OK, "a parameter exists");
    return *this;
}

Statement& Statement::bind(int index, ByteView bytes) {
    const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
    check(sqlite3_bind_blob64(statement_.get(), index, data, bytes.size(), SQLITE_STATIC) == SQLITE_OK,
          "a parameter exists");
    return *this;
}

Statement& Statement::bind_null(int index) {
    check(sqlite3_bind_null(statement_.get(), index) == SQLITE_OK, "a parameter exists");
    return *this;
}

Result<bool> Statement::step() {
    const int status = sqlite3_step(statement_.get());
    if (status == SQLITE_ROW) {
        return true;
    }
    if (status == SQLITE_DONE) {
        return false;
    }
    auto error = failure(sqlite3_db_handle(statement_.get()), status);
    sqlite3_reset(statement_.get());
    return error;
}

Result<void> Statement::run() {
    for (;;) {
        TRY(const bool row, step());
        if (!row) {
            reset();
            return {};
        }
    }
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

double Statement::number(int column) const {
    return sqlite3_column_double(statement_.get(), column);
}

std::string_view Statement::text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    return text == nullptr
               ? std::string_view{}
               : std::string_view{text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

ByteView Statement::bytes(int column) const {
    const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
    return {data, data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool Statement::null(int column) const {
    return kind(column) == Kind::null;
}

int Statement::columns() const {
    return sqlite3_column_count(statement_.get());
}

Statement::Kind Statement::kind(int column) const {
    switch (sqlite3_column_type(statement_.get(), column)) {
        case SQLITE_INTEGER: return Kind::integer;
        case SQLITE_FLOAT: return Kind::number;
        case SQLITE_TEXT: return Kind::text;
        case SQLITE_BLOB: return Kind::bytes;
        default: return Kind::null;
    }
}

int Statement::parameter(const std::string& name) const {
    return sqlite3_bind_parameter_index(statement_.get(), name.c_str());
}

void Connection::Close::operator()(sqlite3* database) const {
    sqlite3_close_v2(database);
}

Result<Connection> Connection::open(const std::string& path, Mode mode) {
    sqlite3* database = nullptr;
    const int flags = (mode == Mode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE) |
                      SQLITE_OPEN_NOMUTEX;
    const int status = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
    Connection connection;
    connection.database_.reset(database);
    if (status != SQLITE_OK) {
        return fail(failure(database, status).error(), path);
    }
    sqlite3_busy_timeout(database, busy_wait_ms);
    if (mode == Mode::read) {
        TRY_DO(connection.execute("PRAGMA query_only = ON"));
    }
    return connection;
}

Result<void> Connection::execute(const char* sql) {
    const int status = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
    if (status != SQLITE_OK) {
        return failure(database_.get(), status);
    }
    return {};
}

Result<Statement> Connection::prepare(std::string_view sql) const {
    sqlite3_stmt* prepared = nullptr;
    const int status = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (status != SQLITE_OK) {
        return failure(database_.get(), status);
    }
    Statement statement;
    statement.statement_.reset(prepared);
    return statement;
}

Result<std::int64_t> Connection::integer(std::string_view sql) const {
    TRY(Statement statement, prepare(sql));
    TRY(const bool row, statement.step());
    return row ? statement.integer(0) : 0;
}

bool Connection::in_transaction() const {
    return sqlite3_get_autocommit(database_.get()) == 0;
}

}  // namespace bypuls::observations::blocks
