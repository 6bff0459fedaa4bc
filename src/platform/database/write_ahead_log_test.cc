// Logs that SQLite wrote, with bits turned over, held against what SQLite itself makes of them.
#include "platform/database/write_ahead_log.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "core/random.h"
#include "platform/database/testing/test_database.h"

namespace bypuls::database {
namespace {

namespace fs = std::filesystem;
using State = LogReport::State;

constexpr int transactions = 6;
constexpr std::uint64_t header = 32;
constexpr std::uint64_t frame = 24 + 4096;

class WriteAheadLog : public testing::Test {
protected:
    void SetUp() override {
        place_ = std::make_unique<TestDatabase>(TestDatabase::make(Engine::sqlite).value());
        database_ = place_->open();
        ASSERT_TRUE(run("CREATE TABLE pupils (id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE)"));
        ASSERT_TRUE(database_->checkpoint());
    }

    Result<void> run(const std::string& statement) {
        return database_->write("test", [&](soci::session& sql) -> Result<void> {
            sql << statement;
            return {};
        });
    }

    /// One transaction each, of several pages.
    void fill() {
        for (int i = 0; i < transactions; ++i) {
            ASSERT_TRUE(run("INSERT INTO pupils (id, name) VALUES (" + std::to_string(i) + ", hex(zeroblob(5000)) || " +
                            std::to_string(i) + ")"));
        }
    }

    /// More than SQLite's cache holds, so that it writes to the log before the commit.
    static void overflow(soci::session& sql) {
        sql << "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) "
               "INSERT INTO pupils (id, name) SELECT i, hex(zeroblob(5000)) || i FROM n";
    }

    /// The files as a killed program leaves them.
    std::string killed() {
        const std::string copy = place_->folder() + "/copy" + std::to_string(++copies_) + ".db";
        for (const char* suffix : {"", "-wal", "-shm"}) {
            fs::copy_file(place_->path() + suffix, copy + suffix);
        }
        return copy;
    }

    static void turn_bit(const std::string& path, std::uint64_t at, unsigned bit = 4) {
        const auto file = posix_files().open(path, OpenMode::write).value();
        std::array<std::byte, 1> byte{};
        ASSERT_EQ(file->read_at(at, byte).value(), 1U);
        byte[0] ^= static_cast<std::byte>(1U << bit);
        ASSERT_TRUE(file->write_at(at, byte));
    }

    static LogReport look(const std::string& path) { return look_at_log(posix_files(), path).value(); }

    /// How many rows SQLite finds. It mends, that is loses, what it cannot read.
    static int rows(const std::string& path) {
        const auto open = Database::open({.url = "sqlite:" + path});
        if (!open) {
            return -1;
        }
        return (*open)
            ->read("test",
                   [](soci::session& sql) -> Result<int> {
                       int count = 0;
                       sql << "SELECT count(*) FROM pupils", soci::into(count);
                       return count;
                   })
            .value_or(-1);
    }

    std::unique_ptr<TestDatabase> place_;
    std::unique_ptr<Database> database_;
    SeededRandom random_{11};
    int copies_ = 0;
};

TEST_F(WriteAheadLog, OfAKilledProgramIsWhole) {
    fill();
    const auto copy = killed();
    const auto report = look(copy);
    EXPECT_EQ(report.state, State::whole);
    EXPECT_GE(report.frames, static_cast<std::uint64_t>(transactions));
    EXPECT_EQ(sentence_of(report, copy), "");
    EXPECT_EQ(rows(copy), transactions);
    EXPECT_EQ(look(copy).state, State::whole) << "closed, it has no log";
}

TEST_F(WriteAheadLog, ABitThatTurnedOverAnywhereIsNamedWhileTheIndexIsThere) {
    fill();
    const auto size = fs::file_size(place_->path() + "-wal");
    for (int round = 0; round < 120; ++round) {
        const auto copy = killed();
        const std::uint64_t at = round < 32 ? static_cast<std::uint64_t>(round) : random_.below(size);
        SCOPED_TRACE(at);
        turn_bit(copy + "-wal", at, static_cast<unsigned>(random_.below(8)));
        const auto report = look(copy);
        EXPECT_EQ(report.state, State::damaged);
        EXPECT_GT(report.lost, 0U);
        EXPECT_THAT(sentence_of(report, copy), testing::HasSubstr(copy + "-wal"));
        if (at >= header) {
            EXPECT_EQ(report.bad_offset, header + (at - header) / frame * frame);
        }
        EXPECT_LT(rows(copy), transactions) << "SQLite lost it";
    }
}

TEST_F(WriteAheadLog, WithoutTheIndexWhatWasCommittedBeforeTheLastTransactionIsNamedStill) {
    fill();
    const auto frames = look(killed()).frames;
    int damaged = 0;
    int in_doubt = 0;
    for (std::uint64_t number = 0; number < frames; ++number) {
        SCOPED_TRACE(number);
        const auto copy = killed();
        fs::remove(copy + "-shm");
        turn_bit(copy + "-wal", header + number * frame + random_.below(frame));
        const auto report = look(copy);
        const bool last_frame = number + 1 == frames;
        damaged += report.state == State::damaged ? 1 : 0;
        in_doubt += report.state == State::in_doubt ? 1 : 0;
        EXPECT_EQ(report.state == State::torn, last_frame) << "nothing tells it from a commit that was being written";
        EXPECT_LT(rows(copy), transactions);
    }
    EXPECT_GT(damaged, static_cast<int>(frames) / 2);
    EXPECT_GT(in_doubt, 0) << "its last transaction has several pages";
}

TEST_F(WriteAheadLog, ADamagedHeaderIsNamed) {
    fill();
    for (std::uint64_t at = 0; at < header; ++at) {
        SCOPED_TRACE(at);
        const auto copy = killed();
        fs::remove(copy + "-shm");
        turn_bit(copy + "-wal", at);
        EXPECT_EQ(look(copy).state, State::damaged);
    }
}

TEST_F(WriteAheadLog, ATornTailIsNoDamage) {
    fill();
    auto writing = database_->begin(Database::Access::write).value();
    overflow(writing.sql());
    const auto copy = killed();
    EXPECT_EQ(look(copy).state, State::torn);
    fs::resize_file(copy + "-wal", fs::file_size(copy + "-wal") - 5000);
    turn_bit(copy + "-wal", fs::file_size(copy + "-wal") - 6000);
    EXPECT_EQ(look(copy).state, State::torn);
    fs::remove(copy + "-shm");
    EXPECT_EQ(look(copy).state, State::torn);
    EXPECT_EQ(rows(copy), transactions);
}

TEST_F(WriteAheadLog, WhatARolledBackTransactionLeftBehindIsNoDamage) {
    fill();
    {
        auto given_up = database_->begin(Database::Access::write).value();
        overflow(given_up.sql());
    }
    ASSERT_TRUE(run("INSERT INTO pupils (id, name) VALUES (90, 'Kari')"));
    const auto copy = killed();
    EXPECT_GT(fs::file_size(copy + "-wal"), (look(copy).frames + 100) * frame) << "the rest of it is there";
    EXPECT_NE(look(copy).state, State::damaged);
    fs::remove(copy + "-shm");
    EXPECT_NE(look(copy).state, State::damaged);
    EXPECT_NE(look(copy).state, State::in_doubt);
    EXPECT_EQ(rows(copy), transactions + 1);
}

TEST_F(WriteAheadLog, ALogThatIsBegunAnewKeepsNothingOfTheOld) {
    fill();
    // All of it goes into the file, and the next transaction begins the log again, over the old one.
    soci::session other(soci::sqlite3, "db=" + place_->path());
    other << "PRAGMA wal_checkpoint(PASSIVE)";
    ASSERT_TRUE(run("INSERT INTO pupils (id, name) VALUES (90, 'Kari')"));
    const auto copy = killed();
    EXPECT_LT(look(copy).frames, static_cast<std::uint64_t>(transactions)) << "it has been begun anew";
    EXPECT_EQ(look(copy).state, State::whole);
    fs::remove(copy + "-shm");
    EXPECT_EQ(look(copy).state, State::whole);
    EXPECT_EQ(rows(copy), transactions + 1);
}

TEST_F(WriteAheadLog, ThatIsGoneIsMissed) {
    fill();
    const auto copy = killed();
    fs::remove(copy + "-wal");
    EXPECT_EQ(look(copy).state, State::damaged);
    const auto cut = killed();
    fs::resize_file(cut + "-wal", fs::file_size(cut + "-wal") - frame);
    EXPECT_EQ(look(cut).state, State::damaged);
}

}  // namespace
}  // namespace bypuls::database
