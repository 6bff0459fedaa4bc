// How the log of a SQLite file is moved into it: by nobody while another connection writes, and at no extra cost.
#include <atomic>
#include <filesystem>

#include <gmock/gmock.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <unistd.h>

#include "platform/database/page_checksums.h"
#include "platform/database/testing/test_database.h"
#include "platform/database/whole.h"

namespace bypuls::database {
namespace {

using testing::HasSubstr;

/// A connection of its own, as another process or another room has one.
class Other {
public:
    explicit Other(const std::string& path)
        : session_(soci::sqlite3, "db=\"" + path + "\""),
          connection_(static_cast<soci::sqlite3_session_backend*>(session_.get_backend())->conn_) {
        session_ << "PRAGMA busy_timeout = 0";
        // From its first look on it knows of the log; before, there is nothing for it to move.
        int tables = 0;
        session_ << "SELECT count(*) FROM sqlite_master", soci::into(tables);
    }
    /// SQLite's result.
    int run(const char* sql) { return sqlite_api::sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr); }
    int checkpoint(int kind) {
        return sqlite_api::sqlite3_wal_checkpoint_v2(connection_, nullptr, kind, nullptr, nullptr);
    }

private:
    soci::session session_;
    sqlite_api::sqlite3* connection_;
};

/// Stands between SQLite and the system while it lives: counts reads, and does something in the midst of a write.
class System {
public:
    System() {
        vfs()->xSetSystemCall(vfs(), "pread", reinterpret_cast<sqlite_api::sqlite3_syscall_ptr>(&read));
        vfs()->xSetSystemCall(vfs(), "pread64", reinterpret_cast<sqlite_api::sqlite3_syscall_ptr>(&read));
        vfs()->xSetSystemCall(vfs(), "pwrite", reinterpret_cast<sqlite_api::sqlite3_syscall_ptr>(&write));
        vfs()->xSetSystemCall(vfs(), "pwrite64", reinterpret_cast<sqlite_api::sqlite3_syscall_ptr>(&write));
        reads = 0;
        in_write = nullptr;
    }
    ~System() {
        for (const char* call : {"pread", "pread64", "pwrite", "pwrite64"}) {
            vfs()->xSetSystemCall(vfs(), call, nullptr);
        }
    }
    System(const System&) = delete;
    System& operator=(const System&) = delete;

    static inline std::atomic<int> reads{0};
    static inline std::move_only_function<void()> in_write;

private:
    static sqlite_api::sqlite3_vfs* vfs() { return sqlite_api::sqlite3_vfs_find("unix"); }
    static ssize_t read(int file, void* into, std::size_t bytes, off_t offset) {
        ++reads;
        return ::pread(file, into, bytes, offset);
    }
    static ssize_t write(int file, const void* from, std::size_t bytes, off_t offset) {
        if (auto act = std::exchange(in_write, nullptr)) {
            act();
        }
        return ::pwrite(file, from, bytes, offset);
    }
};

class Checkpoint : public testing::Test {
protected:
    Checkpoint() { EXPECT_EQ(one_.run("PRAGMA wal_autocheckpoint = 0"), SQLITE_OK); }

    /// As many pages of the log as rows, and more.
    static int fill(Other& connection, int rows) {
        return connection.run(
            ("INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
             std::to_string(rows) + ") SELECT randomblob(3000) FROM n")
                .c_str());
    }

    TestDatabase place_ = TestDatabase::make(Engine::sqlite).value();
    std::unique_ptr<Database> database_ = [this] {
        auto open = place_.open();
        EXPECT_TRUE(open->write("table", [](soci::session& sql) -> Result<void> {
            sql << "CREATE TABLE t (a BLOB)";
            return {};
        }));
        return open;
    }();
    Other one_{place_.path()};
    Other two_{place_.path()};
};

TEST_F(Checkpoint, OfAnyKindWaitsForAnotherConnectionsTransaction) {
    ASSERT_EQ(fill(one_, 10), SQLITE_OK);
    ASSERT_EQ(one_.run("BEGIN IMMEDIATE"), SQLITE_OK);
    for (const int kind : {SQLITE_CHECKPOINT_PASSIVE, SQLITE_CHECKPOINT_FULL, SQLITE_CHECKPOINT_TRUNCATE}) {
        EXPECT_EQ(two_.checkpoint(kind), SQLITE_BUSY) << kind;
    }
    ASSERT_EQ(fill(one_, 10), SQLITE_OK);
    ASSERT_EQ(one_.run("COMMIT"), SQLITE_OK);
    for (const int kind : {SQLITE_CHECKPOINT_PASSIVE, SQLITE_CHECKPOINT_FULL, SQLITE_CHECKPOINT_TRUNCATE}) {
        EXPECT_EQ(two_.checkpoint(kind), SQLITE_OK) << kind;
        EXPECT_EQ(fill(one_, 10), SQLITE_OK) << "the lock has been let go of";
        EXPECT_EQ(fill(two_, 10), SQLITE_OK);
    }
    EXPECT_GT(std::filesystem::file_size(place_.path() + "-wal"), 0U);
    EXPECT_TRUE(database_->checkpoint());
    EXPECT_EQ(std::filesystem::file_size(place_.path() + "-wal"), 0U);
    EXPECT_TRUE(database_->verify());
}

// What SQLite before 3.51.3 does not notice: another connection begins the log anew in the midst of a checkpoint.
TEST_F(Checkpoint, LetsNoOtherConnectionWriteMeanwhile) {
    for (const int kind : {SQLITE_CHECKPOINT_PASSIVE, SQLITE_CHECKPOINT_TRUNCATE}) {
        ASSERT_EQ(fill(one_, 20), SQLITE_OK);
        int meanwhile = -1;
        {
            const System system;
            System::in_write = [&] { meanwhile = two_.run("BEGIN IMMEDIATE"); };
            EXPECT_EQ(one_.checkpoint(kind), SQLITE_OK);
        }
        EXPECT_EQ(meanwhile, SQLITE_BUSY) << kind;
        EXPECT_EQ(two_.run("BEGIN IMMEDIATE; COMMIT"), SQLITE_OK);
    }
}

TEST_F(Checkpoint, OfAFileWithoutChecksumsReadsNoPageTwice) {
    constexpr int rows = 400;
    ASSERT_EQ(one_.checkpoint(SQLITE_CHECKPOINT_TRUNCATE), SQLITE_OK);
    ASSERT_EQ(fill(one_, rows), SQLITE_OK);
    const System system;
    ASSERT_EQ(one_.checkpoint(SQLITE_CHECKPOINT_PASSIVE), SQLITE_OK);
    // Each page once from the log; the file's first page when that is not among them.
    EXPECT_GE(System::reads, rows);
    EXPECT_LE(System::reads, rows + rows / 10);
}

TEST_F(Checkpoint, FindsOutThatTheFileHasGotItsChecksums) {
    ASSERT_EQ(fill(one_, 20), SQLITE_OK);
    ASSERT_EQ(one_.checkpoint(SQLITE_CHECKPOINT_TRUNCATE), SQLITE_OK);
    ASSERT_TRUE(database_->add_page_checksums().value());
    ASSERT_TRUE(database_->checkpoint());
    // Which does not touch the first page.
    ASSERT_EQ(one_.run("UPDATE t SET a = randomblob(3000) WHERE rowid = 7"), SQLITE_OK);
    ASSERT_EQ(one_.checkpoint(SQLITE_CHECKPOINT_TRUNCATE), SQLITE_OK);
    EXPECT_TRUE(open_whole({.url = place_.url()}, "restore"));
}

TEST_F(Checkpoint, IsNotDoneWhileAnotherProcessWritesAndSaysSo) {
    auto impatient = Database::open({.url = place_.url(), .wait_max = std::chrono::milliseconds{1}}).value();
    ASSERT_EQ(fill(one_, 10), SQLITE_OK);
    ASSERT_EQ(one_.run("BEGIN IMMEDIATE"), SQLITE_OK);
    const auto refused = impatient->checkpoint();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unavailable) << refused.error();
    ASSERT_EQ(one_.run("ROLLBACK"), SQLITE_OK);
    EXPECT_TRUE(impatient->checkpoint());
}

}  // namespace
}  // namespace bypuls::database
