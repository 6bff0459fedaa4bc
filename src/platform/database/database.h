#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/result.h"

namespace soci {
class session;
}  // namespace soci

namespace bypuls::database {

enum class Engine : std::uint8_t { sqlite, postgresql };

std::string_view name_of(Engine engine);

struct Settings {
    /// `sqlite:/var/lib/bypuls/bypuls.db` or `postgresql://user@host:5432/bypuls` (libpq, §34.1.1.2).
    std::string url;
    /// Sessions held open at most: PostgreSQL shares them between readers and writers, SQLite has this many readers
    /// and one writer. Whoever finds none free waits.
    std::size_t sessions_max = 4;
    /// How long to wait for a free session, and for another process's lock, before Errc::timed_out.
    std::chrono::milliseconds wait_max{5000};
    /// SQLite: the file must be there, nothing is made or written, and Access::write is Errc::forbidden.
    bool read_only = false;
    /// PostgreSQL ends a statement that runs longer.
    std::chrono::milliseconds statement_max{60000};
};

/// Turns the exception being handled into an Error with `what` in front. SOCI's own text carries the statement and the
/// bound values; those stay out, since errors reach logs and people. Rethrows what is not the database's.
///
/// Errc::conflict: a unique, foreign key or check constraint. unavailable: no connection, or a deadlock; worth trying
/// again. timed_out: a lock or statement deadline. exhausted: disk or table full. damaged: SQLite finds its file
/// corrupt, or a page of it does not hold its checksum, and then the page and the file are named. malformed: everything
/// else, which is most often a fault in our own SQL.
Error error_from_current_exception(std::string_view what);

/// Runs `work`, which returns a Result, and turns the database's exceptions into its error.
template <typename Work>
std::invoke_result_t<Work&> run(std::string_view what, Work&& work) {
    try {
        return work();
    } catch (...) {
        return std::unexpected(error_from_current_exception(what));
    }
}

class HeldSession;

/// A transaction on a session of its own: rolled back when it goes out of scope, unless committed. Not thread-safe;
/// must not outlive its Database.
class Transaction {
public:
    explicit Transaction(std::unique_ptr<HeldSession> held);
    Transaction(Transaction&&) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    /// For SQL with `#include <soci/soci.h>` in a .cc file; calls on it throw, so wrap them in run().
    soci::session& sql() const;
    /// After success the work is on disk. After an error nothing of it is, except that with Errc::unavailable on
    /// PostgreSQL the connection may have been lost after the server had committed.
    Result<void> commit();

private:
    std::unique_ptr<HeldSession> held_;
};

/// The relational store: SQLite in the process, or PostgreSQL. Thread-safe; every call blocks, so the event loop calls
/// it through a Pool.
///
/// What is committed has been fsynced: SQLite runs with WAL and synchronous=FULL, and a PostgreSQL with fsync off or
/// synchronous_commit off is refused at the start.
class Database {
public:
    /// Creates an SQLite file (mode 0600) when there is none. Errors never contain a password.
    static Result<std::unique_ptr<Database>> open(const Settings& settings);

    virtual ~Database() = default;

    virtual Engine engine() const = 0;

    enum class Access : std::uint8_t {
        read,   ///< one consistent view of the data; writing fails
        write,  ///< on SQLite one at a time in the process
    };
    /// Errc::timed_out when no session becomes free within Settings::wait_max.
    virtual Result<Transaction> begin(Access access) = 0;

    /// Runs `work(soci::session&)`, which returns a Result, in a read transaction.
    template <typename Work>
    std::invoke_result_t<Work&, soci::session&> read(std::string_view what, Work&& work) {
        TRY(Transaction transaction, begin(Access::read));
        return run(what, [&] { return work(transaction.sql()); });
    }

    /// The same in a write transaction, which is committed when `work` returns a value and rolled back when it returns
    /// an error or throws.
    template <typename Work>
    std::invoke_result_t<Work&, soci::session&> write(std::string_view what, Work&& work) {
        TRY(Transaction transaction, begin(Access::write));
        auto result = run(what, [&] { return work(transaction.sql()); });
        if (result) {
            TRY_DO(transaction.commit());
        }
        return result;
    }

    /// A copy of an SQLite database as of one moment, made while others read and write, synced before it appears under
    /// `path`, mode 0600. Errc::conflict when `path` exists. PostgreSQL has pg_dump and pg_basebackup for this:
    /// Errc::forbidden with a sentence that says so.
    virtual Result<void> backup(const std::string& path) = 0;

    /// SQLite: what is committed goes from its log into its file, and the log is emptied, so that what was deleted is
    /// in neither any more. Errc::unavailable while others read or another process writes; worth trying again.
    /// PostgreSQL sees to itself.
    virtual Result<void> checkpoint() = 0;

    /// SQLite: writes the whole file anew with a checksum in every page (page_checksums.h). False, and nothing is done,
    /// when it has them. Other sessions may read meanwhile; they see the checksums once they are opened again.
    /// Errc::timed_out while another process writes, exhausted when the disk has no room for it twice more. PostgreSQL
    /// has checksums of its own, which whoever sets up the server turns on: false.
    virtual Result<bool> add_page_checksums() = 0;

    /// Reads every page that is in use (SQLite: integrity_check and foreign_key_check). Errc::damaged with the first
    /// findings; a page that does not hold its checksum is named. When all is whole, damaged_page() is forgotten.
    virtual Result<void> verify() = 0;

    /// SQLite: the first page of the file that did not hold its checksum, in a sentence, since verify() last found it
    /// whole; whichever connection of the process read it.
    virtual std::optional<std::string> damaged_page() const = 0;
};

/// The URL without its password, for logs and `doctor`.
std::string without_password(std::string_view url);

}  // namespace bypuls::database
