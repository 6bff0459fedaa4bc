#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <tuple>

#include <fcntl.h>
#include <fmt/format.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <unistd.h>

#include "core/files.h"
#include "platform/database/engines.h"
#include "platform/database/page_checksums.h"
#include "platform/database/session_pool.h"

namespace bypuls::database {
namespace {

enum class Role : std::uint8_t {
    reader,
    writer,
    onlooker,  ///< of a file that is another process's
};

// SOCI would create it readable by everyone; what is inside is not for everyone. A file that is there is not touched:
// closing it would drop every lock that SQLite holds on it for this process (POSIX), and another process that closes
// the file, believing itself the last, would then delete the log that this one writes to.
Result<void> create_private(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 && errno == EEXIST && ::access(path.c_str(), R_OK | W_OK) == 0) {
        return {};
    }
    if (file < 0) {
        return fail(errno == EACCES ? Errc::forbidden : Errc::unavailable,
                    fmt::format("database {}: {}", path, std::strerror(errno)));
    }
    ::close(file);
    return {};
}

sqlite_api::sqlite3* connection_of(soci::session& session) {
    // SOCI does not export the type's identity, so that a dynamic_cast would not link.
    return static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
}

Result<std::unique_ptr<soci::session>> open_session(const std::string& path, std::chrono::milliseconds wait_max,
                                                    Role role) {
    return run("database " + path, [&]() -> Result<std::unique_ptr<soci::session>> {
        auto session = std::make_unique<soci::session>(
            soci::sqlite3, "db=\"" + path + "\"" + (role == Role::onlooker ? " readonly=true" : ""));
        // A page that does not hold its checksum is told from a disk that fails.
        sqlite_api::sqlite3_extended_result_codes(connection_of(*session), 1);
        *session << fmt::format("PRAGMA busy_timeout = {}", wait_max.count());
        std::string mode;
        *session << "PRAGMA journal_mode = WAL", soci::into(mode);
        if (mode != "wal") {
            return fail(Errc::unavailable, "database " + path + ": the file system does not support SQLite's WAL");
        }
        *session << "PRAGMA synchronous = FULL";
        *session << "PRAGMA foreign_keys = ON";
        // Deleted personal data is overwritten, not only unlinked.
        *session << "PRAGMA secure_delete = ON";
        *session << "PRAGMA trusted_schema = OFF";
        *session << "PRAGMA cache_size = -8192";
        int tables = 0;
        *session << "SELECT count(*) FROM sqlite_master", soci::into(tables);
        has_page_checksums(connection_of(*session));
        if (role != Role::writer) {
            *session << "PRAGMA query_only = ON";
        }
        return session;
    });
}

class SqliteDatabase final : public Database {
public:
    SqliteDatabase(const Settings& settings, std::string path)
        : path_(std::move(path)),
          read_only_(settings.read_only),
          readers_(settings.sessions_max, settings.wait_max,
                   [this, wait = settings.wait_max] {
                       return open_session(path_, wait, read_only_ ? Role::onlooker : Role::reader);
                   }),
          // The one writer's place is the queue in which writers of this process wait, in memory and with a deadline,
          // instead of polling SQLite's lock.
          writer_(1, settings.wait_max,
                  [this, wait = settings.wait_max] { return open_session(path_, wait, Role::writer); }) {}

    Engine engine() const override { return Engine::sqlite; }

    Result<Transaction> begin(Access access) override {
        if (access == Access::write && read_only_) {
            return fail(Errc::forbidden, "database " + path_ + " is open to be read alone");
        }
        TRY(auto held, access == Access::write ? HeldSession::begin(writer_, "BEGIN IMMEDIATE")
                                               : HeldSession::begin(readers_, "BEGIN"));
        return Transaction(std::move(held));
    }

    Result<void> backup(const std::string& path) override {
        if (std::filesystem::exists(path)) {
            return fail(Errc::conflict, "backup " + path + ": a file of that name exists");
        }
        const std::string part = path + ".part";
        std::error_code ignored;
        std::filesystem::remove(part, ignored);
        TRY_DO(create_private(part));
        TRY_DO(copy_to(part));
        TRY(const auto file, posix_files().open(part, OpenMode::write));
        TRY_DO(file->sync());
        TRY_DO(posix_files().rename(part, path));
        const auto folder = std::filesystem::path(path).parent_path();
        return posix_files().sync_folder(folder.empty() ? "." : folder.string());
    }

    Result<void> checkpoint() override {
        if (read_only_) {
            return fail(Errc::forbidden, "database " + path_ + " is open to be read alone");
        }
        // In the writer's place, so that no writer of this process is in the way.
        TRY(auto session, writer_.take());
        auto done = run("checkpoint " + path_, [&]() -> Result<void> {
            // SQLite waits for readers, as long as wait_max, but refuses at once where another process writes or moves
            // the log. A transaction waits for both; another may come between, though hardly as often as this.
            constexpr int tries_max = 3;
            for (int tries = 1;; ++tries) {
                int busy = 0;
                int pages = 0;
                int moved = 0;
                *session << "PRAGMA wal_checkpoint(TRUNCATE)", soci::into(busy), soci::into(pages), soci::into(moved);
                if (busy == 0) {
                    return {};
                }
                if (tries == tries_max) {
                    return fail(Errc::unavailable, "checkpoint " + path_ + ": others read or write; try again");
                }
                *session << "BEGIN IMMEDIATE";
                *session << "ROLLBACK";
            }
        });
        writer_.give_back(std::move(session));
        if (!done && done.error().code == Errc::timed_out) {
            return fail(Errc::unavailable, done.error().what + "; try again");
        }
        return done;
    }

    Result<void> verify() override {
        TRY(auto session,
            open_session(path_, std::chrono::milliseconds(5000), read_only_ ? Role::onlooker : Role::reader));
        return run("verify " + path_, [&]() -> Result<void> {
            std::string findings;
            std::ignore = take_damaged_page();
            const soci::rowset<std::string> rows = (session->prepare << "PRAGMA integrity_check(10)");
            for (const auto& row : rows) {
                if (row != "ok") {
                    findings += (findings.empty() ? "" : "; ") + row;
                }
            }
            if (const auto page = take_damaged_page()) {
                return fail(Errc::damaged, "verify " + path_ + ": " + sentence_of(*page));
            }
            if (!findings.empty()) {
                return fail(Errc::damaged, "verify " + path_ + ": " + findings);
            }
            std::string table;
            *session << "SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1", soci::into(table);
            if (session->got_data()) {
                return fail(Errc::damaged,
                            "verify " + path_ + ": a row of table " + table + " refers to a row that does not exist");
            }
            forget_damaged_page(file_);
            return {};
        });
    }

    std::optional<std::string> damaged_page() const override {
        const auto page = first_damaged_page(file_);
        return page ? std::optional(sentence_of(*page)) : std::nullopt;
    }

    Result<bool> add_page_checksums() override {
        if (read_only_) {
            return fail(Errc::forbidden, "database " + path_ + " is open to be read alone");
        }
        TRY(auto session, open_session(path_, std::chrono::milliseconds(5000), Role::writer));
        return run("page checksums of " + path_, [&]() -> Result<bool> {
            if (has_page_checksums(connection_of(*session))) {
                return false;
            }
            reserve_page_checksums(connection_of(*session));
            *session << "VACUUM";
            return true;
        });
    }

private:
    // VACUUM INTO reads in one transaction, so writers go on meanwhile; the empty file is ours, with mode 0600.
    Result<void> copy_to(const std::string& part) {
        auto session = open_session(path_, std::chrono::milliseconds(5000), Role::writer);
        if (!session) {
            return std::unexpected(session.error());
        }
        auto copied = run("backup " + part, [&]() -> Result<void> {
            const std::string into =
                has_page_checksums(connection_of(**session)) ? uri_with_page_checksums(part) : part;
            **session << "VACUUM INTO :path", soci::use(into);
            return {};
        });
        if (!copied) {
            std::error_code ignored;
            std::filesystem::remove(part, ignored);
        }
        return copied;
    }

    /// As SQLite calls a file: absolute, links followed.
    static std::string full_path(const std::string& path) {
        std::error_code failed;
        auto full = std::filesystem::weakly_canonical(path, failed);
        return failed ? path : full.string();
    }

    const std::string path_;
    const std::string file_ = full_path(path_);
    const bool read_only_;
    SessionPool readers_;
    SessionPool writer_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const Settings& settings, const std::string& path) {
    // SOCI's connection string has no way to write a quotation mark, and SQLite reads "file:" and ":" as commands.
    if (path.empty() || path.find('"') != std::string::npos || path.starts_with(":") || path.starts_with("file:")) {
        return fail(Errc::malformed, "database: 'sqlite:' is followed by the path of a file, without quotation marks");
    }
    use_page_checksums();
    if (!settings.read_only) {
        TRY_DO(create_private(path));
    }
    auto database = std::make_unique<SqliteDatabase>(settings, path);
    // A file that is not a database shows itself now, not at the first request.
    const auto look = [](soci::session& sql) -> Result<void> {
        int tables = 0;
        sql << "SELECT count(*) FROM sqlite_master", soci::into(tables);
        return {};
    };
    TRY_DO(settings.read_only ? database->read("database " + path, look) : database->write("database " + path, look));
    return database;
}

}  // namespace bypuls::database
