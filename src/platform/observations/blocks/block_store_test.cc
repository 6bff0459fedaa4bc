#include "platform/observations/blocks/block_store.h"

#include <array>
#include <atomic>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>

#include "platform/observations/blocks/sqlite.h"

namespace bypuls::observations {
namespace {

using blocks::Connection;
using std::chrono::days;
using std::chrono::hours;

constexpr DatastreamId meter{3};
constexpr Interval all_time{earliest_time, latest_time};
const Instant start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

class BlockStore : public testing::Test {
protected:
    BlockStore() {
        std::string pattern = (std::filesystem::temp_directory_path() / "blocks-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        options_.path = folder_ + "/observations.sqlite";
        reopen();
    }
    ~BlockStore() override {
        store_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    void reopen() {
        store_.reset();
        auto opened = open_block_store(options_);
        ASSERT_TRUE(opened) << opened.error();
        store_ = std::move(*opened);
    }

    Outcome append(Instant t, std::int64_t value) {
        std::vector<Outcome> outcome(1);
        const std::vector<Arrival> rows{{meter, {t, value, {}}}};
        const auto done = store_->append(rows, {++position_}, outcome);
        EXPECT_TRUE(done) << done.error();
        return outcome[0];
    }

    void append_hours(int from, int to) {
        std::vector<Arrival> rows;
        for (int hour = from; hour < to; ++hour) {
            rows.push_back({meter, {start + hours{hour}, std::int64_t{hour}, {}}});
        }
        std::vector<Outcome> outcomes(rows.size());
        ASSERT_TRUE(store_->append(rows, {++position_}, outcomes));
    }

    void settle() {
        const auto done = store_->settle({position_});
        ASSERT_TRUE(done) << done.error();
    }

    /// Behind the store's back.
    void execute(const char* sql) {
        store_.reset();
        auto connection = Connection::open(options_.path, Connection::Mode::write);
        ASSERT_TRUE(connection);
        const auto done = connection->execute(sql);
        ASSERT_TRUE(done) << done.error();
    }

    std::string folder_;
    BlockOptions options_;
    std::unique_ptr<Store> store_;
    std::uint64_t position_ = 0;
};

TEST_F(BlockStore, ADamagedBlockIsNamedAndItsNeighboursAreServed) {
    append_hours(0, 90 * 24);
    settle();
    // The second of three months, with one byte changed.
    execute(
        "UPDATE month_block SET bytes = substr(bytes, 1, 20) || x'A7' || substr(bytes, 22) WHERE start = "
        "(SELECT start FROM month_block ORDER BY start LIMIT 1 OFFSET 1)");
    reopen();

    const Series series = *store_->range(meter, all_time);
    ASSERT_EQ(series.damaged.size(), 1U);
    EXPECT_EQ(series.columns.size(), 90U * 24U - 28U * 24U) << "February is missing";
    for (const std::int64_t value : series.columns.integers) {
        EXPECT_FALSE(series.damaged[0].contains(start + hours{value}));
    }
    EXPECT_EQ(store_->aggregate(meter, all_time).error().code, Errc::damaged);
    EXPECT_EQ(store_->count(meter, all_time).error().code, Errc::damaged);
    EXPECT_TRUE(store_->aggregate(meter, {start, start + days{20}}));
    EXPECT_EQ(store_->rollup(meter, all_time, Step::month)->size(), 3U) << "January, March and the first hour of April";
    auto scan = *store_->scan(Selection::all(), all_time);
    EXPECT_EQ((*scan->next())->size(), series.columns.size());
    ASSERT_EQ(scan->damaged().size(), 1U);
    EXPECT_EQ(scan->damaged()[0].span, series.damaged[0]);
    ASSERT_EQ(store_->statistics().damaged.size(), 1U);
    EXPECT_EQ(store_->statistics().damaged[0].datastream, meter);
}

TEST_F(BlockStore, AFingerprintOutlivesTheProgramAndTellsOfDamage) {
    append_hours(0, 60 * 24);
    settle();
    const Bytes before = *store_->fingerprint(meter, all_time);
    reopen();
    EXPECT_EQ(*store_->fingerprint(meter, all_time), before);
    execute(
        "UPDATE month_block SET bytes = substr(bytes, 1, 20) || x'A7' || substr(bytes, 22) WHERE start = "
        "(SELECT min(start) FROM month_block)");
    reopen();
    EXPECT_NE(*store_->fingerprint(meter, all_time), before);
}

TEST_F(BlockStore, AReadingForADamagedBlockPutsItAsideAndIsKept) {
    append_hours(0, 90 * 24);
    settle();
    execute(
        "UPDATE month_block SET sum = sum + 1 WHERE start = (SELECT start FROM month_block ORDER BY start LIMIT 1 "
        "OFFSET 1)");
    reopen();

    EXPECT_EQ(append(start + days{40}, -1).verdict, Verdict::stored);
    settle();

    EXPECT_TRUE(store_->range(meter, all_time)->damaged.empty());
    EXPECT_EQ(store_->count(meter), 62U * 24U + 1U);
    EXPECT_EQ(*store_->count(meter, all_time), 62U * 24U + 1U);
    execute("SELECT 1");
    auto connection = Connection::open(options_.path, Connection::Mode::read);
    EXPECT_EQ(*connection->integer("SELECT count FROM damaged_block"), 28 * 24)
        << "its bytes are kept for whoever mends";
}

TEST_F(BlockStore, ADamagedRowBesideTheBlocksIsReadFromThemAgainAndNeverServed) {
    append_hours(0, 90 * 24);
    const std::vector<Arrival> unusable{{meter, {start + hours{90 * 24}, std::int64_t{7}, Quality{Quality::spike}}}};
    std::vector<Outcome> outcome(1);
    ASSERT_TRUE(store_->append(unusable, {++position_}, outcome));
    settle();
    const auto latest = store_->latest(meter);
    const auto usable = store_->latest_usable(meter);
    ASSERT_NE(latest->value, usable->value);
    for (const char* column : {"latest_value", "latest_time", "latest_quality", "usable_value", "usable_time", "count",
                               "usable_quality", "type", "merged_upto", "fresh_from", "fresh_to", "checksum", "id"}) {
        SCOPED_TRACE(column);
        execute(("UPDATE datastream SET " + std::string(column) + " = " + column + " + 1").c_str());
        options_.mend = false;
        reopen();
        EXPECT_EQ(store_->statistics().damaged.size(), 1U);
        EXPECT_EQ(store_->latest(meter), std::nullopt);
        options_.mend = true;
        reopen();
        EXPECT_TRUE(store_->statistics().damaged.empty());
        EXPECT_EQ(store_->type(meter), ResultType::integer);
        EXPECT_EQ(store_->latest(meter)->time, latest->time);
        EXPECT_EQ(store_->latest(meter)->value, latest->value);
        EXPECT_EQ(store_->latest(meter)->quality, latest->quality);
        EXPECT_EQ(store_->latest_usable(meter)->time, usable->time);
        EXPECT_EQ(store_->latest_usable(meter)->value, usable->value);
        EXPECT_EQ(store_->count(meter), 90U * 24U + 1U);
        EXPECT_EQ(store_->range(meter, all_time)->columns.size(), 90U * 24U + 1U);
        EXPECT_EQ(store_->datastreams(), std::vector{meter});
    }
    // And it goes on from there, also where the days have been merged.
    EXPECT_EQ(append(start + hours{91 * 24}, 1).verdict, Verdict::stored);
    EXPECT_EQ(append(start + hours{40 * 24}, -1).verdict, Verdict::corrected);
    settle();
    while (*store_->maintain()) {
    }
    reopen();
    EXPECT_EQ(store_->latest(meter)->value, Value{std::int64_t{1}});
    EXPECT_EQ(*store_->count(meter, all_time), 90U * 24U + 2U);
}

TEST_F(BlockStore, ADatastreamWithoutAReadableBlockHasNoNewestReading) {
    append_hours(0, 10);
    settle();
    execute("UPDATE day_block SET sum = sum + 1; UPDATE datastream SET latest_value = 99");
    reopen();
    EXPECT_EQ(store_->latest(meter), std::nullopt);
    EXPECT_EQ(append(start + hours{20}, 1).verdict, Verdict::stored);
    settle();
    EXPECT_EQ(store_->latest(meter)->value, Value{std::int64_t{1}});
}

TEST_F(BlockStore, ADamagedCursorIsNotBelieved) {
    append_hours(0, 10);
    settle();
    for (const char* key : {"1", "2", "3", "4", "5"}) {
        SCOPED_TRACE(key);
        execute(("UPDATE meta SET value = value + 64 WHERE key = " + std::string(key)).c_str());
        EXPECT_EQ(open_block_store(options_).error().code, Errc::damaged);
        execute(("UPDATE meta SET value = value - 64 WHERE key = " + std::string(key)).c_str());
    }
    reopen();
    EXPECT_EQ(store_->settled().value, position_);
}

TEST_F(BlockStore, WhatCompanionsWriteStandsOrFallsWithTheReadings) {
    struct Counter final : Companion {
        Result<void> write(Transaction& transaction, journal::Position upto) override {
            TRY_DO(transaction.execute("CREATE TABLE IF NOT EXISTS seen (upto BIGINT, what TEXT)"));
            const std::array<Transaction::Bound, 2> row{static_cast<std::int64_t>(upto.value),
                                                        std::string_view{"frames"}};
            TRY_DO(transaction.execute("INSERT INTO seen VALUES ($1, $2)", row));
            return transaction.query("SELECT count(*), max(what) FROM seen", {}, [this](Transaction::Row found) {
                rows = std::get<std::int64_t>(found[0]);
                what = std::get<std::string_view>(found[1]);
            });
        }
        std::int64_t rows = 0;
        std::string what;
    } counter;
    struct Failing final : Companion {
        Result<void> write(Transaction&, journal::Position) override { return fail(Errc::unavailable, "no"); }
    } failing;
    const std::array<Companion*, 2> both{&counter, &failing};
    const std::array<Companion*, 1> one{&counter};
    append(start, 1);

    EXPECT_FALSE(store_->settle({position_}, both));
    EXPECT_EQ(store_->settled().value, 0U);
    ASSERT_TRUE(store_->settle({position_}, one));

    EXPECT_EQ(counter.rows, 1) << "the first attempt left nothing";
    EXPECT_EQ(counter.what, "frames");
    reopen();
    EXPECT_EQ(store_->settled().value, 1U);
    EXPECT_EQ(store_->count(meter), 1U);
}

TEST_F(BlockStore, FullMemoryRefusesAWholeBatchUntilItIsSettled) {
    options_.hot_bytes_max = 4'000;
    options_.settle_bytes = 2'000;
    reopen();
    EXPECT_FALSE(store_->wants_settle());
    append_hours(0, 100);
    EXPECT_TRUE(store_->wants_settle());

    std::vector<Arrival> rows(100, {meter, {start + days{9}, std::int64_t{1}, {}}});
    std::vector<Outcome> outcomes(rows.size());
    EXPECT_EQ(store_->append(rows, {++position_}, outcomes).error().code, Errc::exhausted);
    EXPECT_EQ(store_->count(meter), 100U);
    settle();
    EXPECT_FALSE(store_->wants_settle());
    EXPECT_TRUE(store_->append(rows, {++position_}, outcomes));
    EXPECT_EQ(store_->count(meter), 101U);
}

TEST_F(BlockStore, ARecordLargerThanMemoryIsTakenInWhenNothingWaits) {
    options_.settle_bytes = 2'000;
    options_.hot_bytes_max = 4'000;
    reopen();
    append_hours(0, 1);
    std::vector<Arrival> rows;
    for (int i = 0; i < 1'000; ++i) {
        rows.push_back({meter, {start + days{9} + std::chrono::minutes{i}, std::int64_t{i}, {}}});
    }
    std::vector<Outcome> outcomes(rows.size());
    ++position_;
    EXPECT_EQ(store_->append(rows, {position_}, outcomes).error().code, Errc::exhausted);
    EXPECT_EQ(store_->count(meter), 1U);
    --position_;
    settle();

    EXPECT_TRUE(store_->append(rows, {++position_}, outcomes));
    EXPECT_TRUE(store_->wants_settle());
    settle();
    reopen();
    EXPECT_EQ(store_->count(meter), 1'001U);
}

TEST_F(BlockStore, AReplayDoesNotBringBackWhatWasRemoved) {
    append_hours(0, 10);
    ASSERT_EQ(*store_->remove(meter, {start + hours{2}, start + hours{5}}), 3U);
    position_ = 0;
    reopen();  // nothing was settled: the journal is replayed from its beginning

    append_hours(0, 10);

    EXPECT_EQ(store_->count(meter), 7U);
    EXPECT_EQ(append(start + hours{3}, 99).verdict, Verdict::stored) << "what comes later is a new reading";
}

TEST_F(BlockStore, AFileOfANewerVersionIsLeftAlone) {
    execute("PRAGMA user_version = 99");
    EXPECT_EQ(open_block_store(options_).error().code, Errc::conflict);
}

TEST_F(BlockStore, AFileThatIsNoDatabaseIsNamed) {
    store_.reset();
    for (const auto& file : std::filesystem::directory_iterator(folder_)) {
        std::filesystem::remove(file);
    }
    std::FILE* file = std::fopen(options_.path.c_str(), "w");
    std::fputs(std::string(5000, 'x').c_str(), file);
    std::fclose(file);
    const auto opened = open_block_store(options_);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::damaged);
}

TEST_F(BlockStore, ReadersSeeEveryReadingOnceWhateverTheWriterDoes) {
    constexpr int total = 60 * 24;
    std::atomic<int> appended{0};
    std::atomic<bool> done{false};
    std::atomic<int> looks{0};
    std::vector<std::jthread> readers;
    for (int reader = 0; reader < 2; ++reader) {
        readers.emplace_back([&] {
            while (!done) {
                const int before = appended;
                const auto rows = store_->range(meter, all_time)->columns;
                ASSERT_GE(rows.size(), static_cast<std::size_t>(before));
                for (std::size_t row = 0; row < rows.size(); ++row) {
                    ASSERT_EQ(rows.integers[row], static_cast<std::int64_t>(row));
                }
                const auto counted = *store_->count(meter, all_time);
                ASSERT_GE(counted, rows.size());
                const Aggregate sum = *store_->aggregate(meter, all_time);
                ASSERT_EQ(sum.sum,
                          static_cast<double>(sum.count) * static_cast<double>(sum.count - (sum.count > 0)) / 2);
                ++looks;
            }
        });
    }
    for (int hour = 0; hour < total; hour += 6) {
        append_hours(hour, hour + 6);
        appended = hour + 6;
        if (hour % 18 == 0) {
            settle();
        }
        if (hour % 60 == 0) {
            ASSERT_TRUE(store_->maintain());
        }
    }
    while (looks < 20) {
        std::this_thread::yield();
    }
    done = true;
}

// From a few hundred datastreams on, totals are made in two halves, and days are walked for all at once.
TEST_F(BlockStore, TotalsOfManyAreThoseOfEach) {
    constexpr int streams = 401;
    for (int day = 25; day < 45; ++day) {
        std::vector<Arrival> rows;
        for (int stream = 1; stream <= streams; stream += 1 + (stream + day) % 3) {
            rows.push_back(
                {DatastreamId{stream}, {start + hours{24 * day + stream % 24}, std::int64_t{stream * day}, {}}});
        }
        std::vector<Outcome> outcomes(rows.size());
        ASSERT_TRUE(store_->append(rows, {++position_}, outcomes));
        if (day != 44) {
            settle();
        }
        if (day == 36) {
            while (*store_->maintain()) {
            }
        }
    }
    ASSERT_TRUE(store_->remove({200}, all_time));
    const Interval january{start + hours{24 * 28}, start + hours{24 * 43 + 5}};
    const auto totals = store_->totals(Selection::all(), january);
    ASSERT_TRUE(totals) << totals.error();
    std::vector<Total> each;
    for (const DatastreamId id : store_->datastreams()) {
        if (const Aggregate values = *store_->aggregate(id, january); !values.empty()) {
            each.push_back({id, values});
        }
    }
    EXPECT_EQ(*totals, each);
    EXPECT_GT(totals->size(), 300U);
}

}  // namespace
}  // namespace bypuls::observations
