#include "platform/database/database.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <soci/soci.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/database/testing/test_database.h"
#include "platform/database/whole.h"

namespace bypuls::database {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Result<void> execute(Database& database, const std::string& statement) {
    return database.write("test", [&](soci::session& sql) -> Result<void> {
        sql << statement;
        return {};
    });
}

Result<int> count(Database& database, const std::string& table) {
    return database.read("test", [&](soci::session& sql) -> Result<int> {
        int rows = 0;
        sql << "SELECT count(*) FROM " + table, soci::into(rows);
        return rows;
    });
}

class DatabaseContract : public testing::TestWithParam<Engine> {
protected:
    void SetUp() override {
        auto made = TestDatabase::make(GetParam());
        if (!made && made.error().code == Errc::unavailable) {
            GTEST_SKIP() << made.error().what;
        }
        ASSERT_TRUE(made) << made.error();
        place_ = std::make_unique<TestDatabase>(std::move(*made));
        database_ = place_->open();
        ASSERT_TRUE(execute(*database_,
                            "CREATE TABLE pupils (id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, "
                            "school BIGINT)"));
        ASSERT_TRUE(execute(*database_, "CREATE TABLE marks (pupil BIGINT NOT NULL REFERENCES pupils (id))"));
    }

    std::unique_ptr<TestDatabase> place_;
    std::unique_ptr<Database> database_;
};

TEST_P(DatabaseContract, WhatIsCommittedIsThereAndWhatIsNotIsGone) {
    {
        auto kept = database_->begin(Database::Access::write);
        ASSERT_TRUE(kept) << kept.error();
        kept->sql() << "INSERT INTO pupils (id, name) VALUES (1, 'Kari')";
        ASSERT_TRUE(kept->commit());
    }
    {
        auto left = database_->begin(Database::Access::write);
        ASSERT_TRUE(left);
        left->sql() << "INSERT INTO pupils (id, name) VALUES (2, 'Ola')";
    }

    EXPECT_EQ(count(*database_, "pupils").value(), 1);
}

TEST_P(DatabaseContract, AnErrorFromTheWorkUndoesIt) {
    const auto result = database_->write("test", [&](soci::session& sql) -> Result<void> {
        sql << "INSERT INTO pupils (id, name) VALUES (1, 'Kari')";
        return fail(Errc::forbidden, "not today");
    });

    EXPECT_EQ(result.error().code, Errc::forbidden);
    EXPECT_EQ(count(*database_, "pupils").value(), 0);
}

TEST_P(DatabaseContract, ABrokenConstraintIsAConflictThatKeepsTheValuesToItself) {
    ASSERT_TRUE(execute(*database_, "INSERT INTO pupils (id, name) VALUES (1, 'very-secret')"));

    const auto twice = database_->write("pupil", [&](soci::session& sql) -> Result<void> {
        const std::string name = "very-secret";
        sql << "INSERT INTO pupils (id, name) VALUES (2, :name)", soci::use(name);
        return {};
    });

    EXPECT_EQ(twice.error().code, Errc::conflict);
    EXPECT_THAT(twice.error().what, HasSubstr("pupil: "));
    EXPECT_THAT(twice.error().what, Not(HasSubstr("very-secret")));
    EXPECT_EQ(execute(*database_, "INSERT INTO marks (pupil) VALUES (99)").error().code, Errc::conflict);
}

TEST_P(DatabaseContract, AfterAnErrorTheSessionIsAsGoodAsNew) {
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(execute(*database_, "SELECT nonsense FROM nowhere").error().code, Errc::malformed);
    }
    EXPECT_TRUE(execute(*database_, "INSERT INTO pupils (id, name) VALUES (1, 'Kari')"));
}

TEST_P(DatabaseContract, ReadersSeeOneMomentAndCannotWrite) {
    ASSERT_TRUE(execute(*database_, "INSERT INTO pupils (id, name) VALUES (1, 'Kari')"));

    const auto seen = database_->read("test", [&](soci::session& sql) -> Result<std::pair<int, int>> {
        std::pair<int, int> rows;
        sql << "SELECT count(*) FROM pupils", soci::into(rows.first);
        TRY_DO(execute(*database_, "INSERT INTO pupils (id, name) VALUES (2, 'Ola')"));
        sql << "SELECT count(*) FROM pupils", soci::into(rows.second);
        return rows;
    });
    const auto written = database_->read("test", [&](soci::session& sql) -> Result<void> {
        sql << "INSERT INTO pupils (id, name) VALUES (3, 'Per')";
        return {};
    });

    EXPECT_EQ(seen.value(), std::pair(1, 1));
    EXPECT_EQ(written.error().code, Errc::forbidden);
    EXPECT_EQ(count(*database_, "pupils").value(), 2);
}

TEST_P(DatabaseContract, TextComesBackAsItWas) {
    const std::string text = "Blåbær på Strømsø — 'quoted' :name \"x\" \\ \n€🌊";
    ASSERT_TRUE(database_->write("test", [&](soci::session& sql) -> Result<void> {
        sql << "INSERT INTO pupils (id, name, school) VALUES (1, :name, :school)", soci::use(text),
            soci::use(std::int64_t{INT64_MIN});
        return {};
    }));

    const auto back = database_->read("test", [&](soci::session& sql) -> Result<std::pair<std::string, long long>> {
        std::pair<std::string, long long> row;
        sql << "SELECT name, school FROM pupils", soci::into(row.first), soci::into(row.second);
        return row;
    });

    EXPECT_EQ(back.value(), std::pair(text, static_cast<long long>(INT64_MIN)));
}

TEST_P(DatabaseContract, WhoeverFindsNoSessionFreeWaitsUntilTheDeadline) {
    auto database = Database::open({.url = place_->url(), .sessions_max = 1, .wait_max = std::chrono::milliseconds(1)});
    ASSERT_TRUE(database) << database.error();

    const auto held = (*database)->begin(Database::Access::write);
    ASSERT_TRUE(held);

    EXPECT_EQ((*database)->begin(Database::Access::write).error().code, Errc::timed_out);
}

TEST_P(DatabaseContract, ManyThreadsWriteWithoutLosingARow) {
    constexpr int threads = 4;
    constexpr int rows = 25;
    std::vector<std::jthread> writers;
    std::atomic<int> failures{0};
    for (int t = 0; t < threads; ++t) {
        writers.emplace_back([&, t] {
            for (int i = 0; i < rows; ++i) {
                const int id = t * rows + i;
                failures += execute(*database_, "INSERT INTO pupils (id, name) VALUES (" + std::to_string(id) + ", 'p" +
                                                    std::to_string(id) + "')")
                                ? 0
                                : 1;
            }
        });
    }
    writers.clear();

    EXPECT_EQ(failures, 0);
    EXPECT_EQ(count(*database_, "pupils").value(), threads * rows);
}

TEST_P(DatabaseContract, ASoundDatabaseIsFoundSound) {
    EXPECT_TRUE(database_->verify());
}

INSTANTIATE_TEST_SUITE_P(Engines, DatabaseContract, testing::Values(Engine::sqlite, Engine::postgresql),
                         [](const auto& tested) { return std::string(name_of(tested.param)); });

class SqliteDatabase : public testing::Test {
protected:
    TestDatabase place_ = TestDatabase::make(Engine::sqlite).value();
};

TEST_F(SqliteDatabase, IsReadableByItsOwnerOnly) {
    const auto database = place_.open();

    struct stat status{};
    ASSERT_EQ(::stat(place_.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

/// Whether another process sees this one's lock on the file, as SQLite asks before it deletes the log of the last
/// writer.
bool is_seen_held(const std::string& path) {
    const pid_t other = fork();
    if (other == 0) {
        const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
        struct flock lock{};
        lock.l_type = F_WRLCK;
        lock.l_whence = SEEK_SET;
        lock.l_start = 0x40000002;  // SHARED_FIRST and SHARED_SIZE of SQLite's os.h
        lock.l_len = 510;
        _exit(file >= 0 && fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 0 : 1);
    }
    int status = 0;
    return waitpid(other, &status, 0) == other && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(SqliteDatabase, IsHeldAlsoAfterItWasOpenedOnceMoreAndClosed) {
    const auto database = place_.open();
    ASSERT_TRUE(is_seen_held(place_.path()));

    const auto again = place_.open();
    EXPECT_TRUE(is_seen_held(place_.path()));

    const auto onlooker = Database::open({.url = place_.url(), .read_only = true});
    ASSERT_TRUE(onlooker) << onlooker.error();
    EXPECT_TRUE(is_seen_held(place_.path()));
}

TEST_F(SqliteDatabase, RunsWithTheGuaranteesItPromises) {
    const auto database = place_.open();
    const auto transaction = database->begin(Database::Access::write);
    ASSERT_TRUE(transaction);

    std::string journal;
    int synchronous = 0;
    int foreign_keys = 0;
    transaction->sql() << "PRAGMA journal_mode", soci::into(journal);
    transaction->sql() << "PRAGMA synchronous", soci::into(synchronous);
    transaction->sql() << "PRAGMA foreign_keys", soci::into(foreign_keys);

    EXPECT_EQ(journal, "wal");
    EXPECT_EQ(synchronous, 2);  // FULL
    EXPECT_EQ(foreign_keys, 1);
}

TEST_F(SqliteDatabase, ABackupTakenInTheMiddleOfAWriteHoldsWhatWasCommitted) {
    const auto database = place_.open();
    ASSERT_TRUE(execute(*database, "CREATE TABLE t (id BIGINT)"));
    ASSERT_TRUE(execute(*database, "INSERT INTO t VALUES (1)"));
    const std::string copy = place_.folder() + "/copy.db";

    {
        auto writing = database->begin(Database::Access::write);
        ASSERT_TRUE(writing);
        writing->sql() << "INSERT INTO t VALUES (2)";
        ASSERT_TRUE(database->backup(copy));
        ASSERT_TRUE(writing->commit());
    }

    struct stat status{};
    ASSERT_EQ(::stat(copy.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    const auto restored = Database::open({.url = "sqlite:" + copy});
    ASSERT_TRUE(restored) << restored.error();
    EXPECT_EQ(count(**restored, "t").value(), 1);
    EXPECT_TRUE((*restored)->verify());
    EXPECT_EQ(database->backup(copy).error().code, Errc::conflict);
    EXPECT_FALSE(std::filesystem::exists(copy + ".part"));
}

TEST_F(SqliteDatabase, AFlippedBitIsFoundAndNamed) {
    {
        const auto database = place_.open();
        ASSERT_TRUE(execute(*database, "CREATE TABLE t (id BIGINT, word TEXT)"));
        ASSERT_TRUE(execute(*database, "CREATE INDEX t_word ON t (word)"));
        ASSERT_TRUE(execute(*database,
                            "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                            "WHERE i < 5000) SELECT i, 'word' || i FROM n"));
    }
    {
        std::fstream file(place_.path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(4096 * 5 + 3);  // the header of a page in the middle: its count of cells
        file.put('\x7F');
    }

    const auto database = Database::open({.url = place_.url()});
    ASSERT_TRUE(database) << database.error();
    const auto verdict = (*database)->verify();

    ASSERT_FALSE(verdict.has_value());
    EXPECT_EQ(verdict.error().code, Errc::damaged);
    EXPECT_THAT(verdict.error().what, HasSubstr(place_.path()));
    EXPECT_EQ(open_whole({.url = place_.url()}, "restore").error().code, Errc::damaged);
}

TEST_F(SqliteDatabase, AFileThatIsNoDatabaseIsRefusedAtTheStart) {
    std::ofstream(place_.path()) << std::string(8192, 'x');

    EXPECT_EQ(Database::open({.url = place_.url()}).error().code, Errc::damaged);
    const auto whole = open_whole({.url = place_.url()}, "restore the last backup");
    ASSERT_FALSE(whole);
    EXPECT_EQ(whole.error().code, Errc::damaged);
    EXPECT_THAT(whole.error().what,
                AllOf(HasSubstr(place_.path() + " is damaged"), HasSubstr(": restore the last backup")));
}

TEST_F(SqliteDatabase, AFolderThatDoesNotExistIsSaid) {
    const auto opened = Database::open({.url = "sqlite:" + place_.folder() + "/nowhere/x.db"});

    EXPECT_EQ(opened.error().code, Errc::unavailable);
    EXPECT_THAT(opened.error().what, HasSubstr("nowhere"));
}

class PostgresqlDatabase : public testing::Test {
protected:
    void SetUp() override {
        auto made = TestDatabase::make(Engine::postgresql);
        if (!made) {
            GTEST_SKIP() << made.error().what;
        }
        place_ = std::make_unique<TestDatabase>(std::move(*made));
    }
    std::unique_ptr<TestDatabase> place_;
};

TEST_F(PostgresqlDatabase, ConnectionsLostToARestartAreReplaced) {
    const auto database = place_->open(2);
    {
        // Both sessions have been opened and lie idle when the server drops them.
        const auto first = database->begin(Database::Access::read);
        const auto second = database->begin(Database::Access::read);
        ASSERT_TRUE(first && second);
    }
    ASSERT_TRUE(drop_postgresql_connections());

    EXPECT_TRUE(execute(*database, "CREATE TABLE t (id BIGINT)"));
    EXPECT_EQ(count(*database, "t").value(), 0);
}

TEST_F(PostgresqlDatabase, AConnectionLostInTheMiddleIsUnavailable) {
    const auto database = place_->open();
    auto transaction = database->begin(Database::Access::write);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(drop_postgresql_connections());

    const auto lost = run("test", [&]() -> Result<void> {
        transaction->sql() << "CREATE TABLE t (id BIGINT)";
        return {};
    });

    EXPECT_EQ(lost.error().code, Errc::unavailable) << lost.error();
}

TEST_F(PostgresqlDatabase, OneThatMayForgetIsRefused) {
    for (const std::string setting : {"fsync=off", "synchronous_commit=off"}) {
        const auto url = start_postgresql_with(setting);
        ASSERT_TRUE(url) << url.error();

        const auto refused = Database::open({.url = *url});

        ASSERT_FALSE(refused.has_value()) << setting;
        EXPECT_EQ(refused.error().code, Errc::forbidden);
        EXPECT_THAT(refused.error().what, HasSubstr(setting.substr(0, setting.find('='))));
    }
}

TEST(DatabaseUrl, ShowsNoPassword) {
    EXPECT_EQ(without_password("postgresql://bypuls:s3cret@db/bypuls"), "postgresql://bypuls:***@db/bypuls");
    EXPECT_EQ(without_password("postgresql://db/bypuls?password=s3cret&sslmode=require"),
              "postgresql://db/bypuls?password=***&sslmode=require");
    EXPECT_EQ(without_password("postgresql://bypuls:p@ss@db:5432/bypuls"), "postgresql://bypuls:***@db:5432/bypuls");
    EXPECT_EQ(without_password("postgresql://db:5432/bypuls"), "postgresql://db:5432/bypuls");
    EXPECT_EQ(without_password("sqlite:/var/lib/bypuls.db"), "sqlite:/var/lib/bypuls.db");
}

TEST(DatabaseUrl, AnUnknownEngineIsRefusedWithoutSayingThePassword) {
    const auto refused = Database::open({.url = "mysql://root:s3cret@db/bypuls"});

    EXPECT_EQ(refused.error().code, Errc::malformed);
    EXPECT_THAT(refused.error().what, Not(HasSubstr("s3cret")));
}

TEST(DatabaseUrl, AServerThatIsNotThereIsUnavailableAndItsPasswordUnsaid) {
    const auto refused = Database::open({.url = "postgresql://bypuls:s3cret@/bypuls?host=/nonexistent"});

    EXPECT_EQ(refused.error().code, Errc::unavailable) << refused.error();
    EXPECT_THAT(refused.error().what, HasSubstr("No such file or directory"));
    EXPECT_THAT(refused.error().what, Not(HasSubstr("s3cret")));
}

}  // namespace
}  // namespace bypuls::database
