#include "core/random.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/time/iso8601.h"
#include "platform/observations/blocks/block_store.h"
#include "platform/observations/contract/contract.h"
#include "platform/observations/memory/memory_store.h"

namespace bypuls::observations::contract {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// From before the spring change of clocks to after the autumn one, so that merges, months and odd days all occur.
const Instant season = *parse_instant("2026-03-20T00:00:00Z");
constexpr std::int64_t season_minutes = 230 * 24 * 60;

/// Blocks and memory side by side under the same random life: batches in and out of order, corrections, redelivery,
/// settles with readings that come in between, merges, removals, and crashes after which the journal is replayed. They
/// must never differ.
class Life {
public:
    explicit Life(std::uint64_t seed) : random_(seed), memory_(make_memory_store()) {
        options_.path = folder_.path() + "/observations.sqlite";
        reopen();
    }

    void run(int steps) {
        for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
            act();
            if (random_.chance(0.3)) {
                compare();
            }
        }
        compare();
    }

private:
    static constexpr int datastream_count = 6;

    void reopen() {
        blocks_.reset();
        auto opened = open_block_store(options_);
        ASSERT_TRUE(opened) << opened.error();
        blocks_ = std::move(*opened);
    }

    void act() {
        const double what = random_.unit();
        if (what < 0.55) {
            append_batch();
        } else if (what < 0.75) {
            settle();
        } else if (what < 0.85) {
            for (int i = 0; i < 3; ++i) {
                ASSERT_TRUE(blocks_->maintain());
            }
        } else if (what < 0.94) {
            crash_and_replay();
        } else {
            remove_something();
        }
    }

    /// In one go or in two halves, between which more may come, be removed, or be lost in a crash.
    void settle() {
        if (!frozen_) {
            ASSERT_TRUE(blocks_->freeze({position_}, {}));
            frozen_ = true;
        }
        if (random_.chance(0.6)) {
            ASSERT_TRUE(blocks_->settle_frozen({}));
            frozen_ = false;
        } else {
            ++position_;  // what comes now belongs to later records
        }
    }

    DatastreamId any_datastream() { return {1 + static_cast<std::int64_t>(random_.below(datastream_count))}; }

    Value any_value(DatastreamId id) {
        const auto n = static_cast<std::int64_t>(random_.below(50));
        switch (id.value % 5) {
            case 0: return n * 7919;
            case 1: return static_cast<double>(n) * 0.25;  // exact in sums, whatever their order
            case 2: return n % 2 == 0;
            case 3: return Category{n % 3 == 0 ? "dry" : "wet"};
            default: return Json{fmt::format("[{}]", n)};
        }
    }

    Instant any_time() { return season + minutes{static_cast<std::int64_t>(random_.below(season_minutes))}; }

    void append_batch() {
        std::vector<Arrival> rows;
        const int runs = 1 + static_cast<int>(random_.below(4));
        for (int run = 0; run < runs; ++run) {
            const DatastreamId id = any_datastream();
            const auto newest = memory_->latest(id);
            const bool forward = random_.chance(0.7);
            Instant t = forward && newest ? newest->time + minutes{5} : any_time();
            const auto step = minutes{1 + static_cast<std::int64_t>(random_.below(90))};
            const std::size_t length = random_.below(forward ? 60 : 8);
            for (std::size_t i = 0; i < length && t < season + minutes{2 * season_minutes}; ++i, t += step) {
                const Quality quality{random_.chance(0.1) ? static_cast<std::uint8_t>(1U << random_.below(8))
                                                          : std::uint8_t{0}};
                rows.push_back({id, {t, any_value(id), quality}});
            }
        }
        if (!journal_.empty() && random_.chance(0.4)) {
            const auto& again = journal_[random_.below(journal_.size())].rows;  // a gateway sends again
            rows.insert(rows.end(), again.begin(), again.end());
        }
        if (random_.chance(0.05)) {
            rows.push_back(
                {any_datastream(), {any_time(), any_value(any_datastream()), {}}});  // often of the wrong type
        }
        ++position_;
        std::vector<Outcome> expected(rows.size());
        std::vector<Outcome> outcomes(rows.size());
        ASSERT_TRUE(memory_->append(rows, {position_}, expected));
        const auto done = blocks_->append(rows, {position_}, outcomes);
        ASSERT_TRUE(done) << done.error();
        ASSERT_EQ(outcomes, expected);
        journal_.push_back({{position_}, std::move(rows)});
    }

    /// What was not settled is lost with the process, and comes again from the journal.
    void crash_and_replay() {
        reopen();
        frozen_ = false;
        for (const auto& [position, rows] : journal_) {
            if (position > blocks_->settled()) {
                std::vector<Outcome> outcomes(rows.size());
                const auto done = blocks_->append(rows, position, outcomes);
                ASSERT_TRUE(done) << done.error();
            }
        }
    }

    void remove_something() {
        const DatastreamId id = any_datastream();
        const Instant from = any_time();
        const Interval interval = random_.chance(0.2)
                                      ? all_time
                                      : Interval{from, from + hours{static_cast<std::int64_t>(random_.below(500))}};
        std::vector<Interval> intervals{interval};
        while (random_.chance(0.3) && intervals.back().to < latest_time) {
            const Instant next = intervals.back().to + hours{1 + static_cast<std::int64_t>(random_.below(48))};
            intervals.push_back({next, next + hours{static_cast<std::int64_t>(1 + random_.below(5))}});
        }
        const auto removed = blocks_->remove_all(id, intervals);
        ASSERT_TRUE(removed) << removed.error();
        ASSERT_EQ(*removed, *memory_->remove_all(id, intervals));
        ++position_;  // the removal has its own record
    }

    void compare() {
        ASSERT_EQ(blocks_->datastreams(), memory_->datastreams());
        ASSERT_EQ(blocks_->count(), memory_->count());
        for (std::int64_t id = 1; id <= datastream_count; ++id) {
            compare_heads({id});
            compare_rows({id});
        }
        const Interval interval = any_interval();
        ASSERT_EQ(*blocks_->totals(Selection::all(), interval), *memory_->totals(Selection::all(), interval));
        compare_scans(interval);
    }

    Interval any_interval() {
        if (random_.chance(0.3)) {
            return bucket_of(any_time(), Step::month);
        }
        const Instant from = any_time();
        return random_.chance(0.2) ? all_time
                                   : Interval{from, from + hours{static_cast<std::int64_t>(random_.below(2000))}};
    }

    static void expect_same(const std::optional<Observation>& a, const std::optional<Observation>& b) {
        ASSERT_EQ(a.has_value(), b.has_value());
        if (a) {
            EXPECT_EQ(a->time, b->time);
            EXPECT_TRUE(same_value(a->value, b->value));
            EXPECT_EQ(a->quality, b->quality);
        }
    }

    void compare_heads(DatastreamId id) {
        ASSERT_EQ(blocks_->type(id), memory_->type(id));
        ASSERT_EQ(blocks_->count(id), memory_->count(id));
        expect_same(blocks_->latest(id), memory_->latest(id));
        ASSERT_EQ(*blocks_->oldest(id), *memory_->oldest(id));
        expect_same(blocks_->latest_usable(id), memory_->latest_usable(id));
    }

    void compare_rows(DatastreamId id) {
        const Interval interval = any_interval();
        const RangeOptions options{.order = random_.chance(0.5) ? Order::oldest_first : Order::newest_first,
                                   .limit = 1 + random_.below(300),
                                   .after = random_.chance(0.3) ? std::optional{any_time()} : std::nullopt};
        const auto ours = blocks_->range(id, interval, options);
        const auto theirs = memory_->range(id, interval, options);
        ASSERT_TRUE(ours) << ours.error();
        ASSERT_TRUE(ours->damaged.empty());
        ASSERT_EQ(ours->more, theirs->more);
        ASSERT_EQ(ours->columns.times, theirs->columns.times);
        ASSERT_TRUE(ours->columns.empty() || ours->columns == theirs->columns);
        ASSERT_EQ(*blocks_->count(id, interval), *memory_->count(id, interval));
        ASSERT_EQ(*blocks_->aggregate(id, interval), *memory_->aggregate(id, interval));
        for (const Step step : {Step::hour, Step::day, Step::month}) {
            ASSERT_EQ(*blocks_->rollup(id, interval, step), *memory_->rollup(id, interval, step));
        }
        for (std::size_t row = 0; row < std::min<std::size_t>(theirs->columns.size(), 20); ++row) {
            compare_versions(id, theirs->columns.times[row]);
        }
    }

    void compare_versions(DatastreamId id, Instant t) {
        const auto ours = *blocks_->versions(id, t);
        const auto theirs = *memory_->versions(id, t);
        ASSERT_EQ(ours.size(), theirs.size());
        for (std::size_t i = 0; i < ours.size(); ++i) {
            ASSERT_EQ(ours[i].replaced_by, theirs[i].replaced_by);
            expect_same(ours[i].observation, theirs[i].observation);
        }
    }

    void compare_scans(Interval interval) {
        const auto gather = [&](Store& store) {
            std::map<DatastreamId, std::vector<Instant>> out;
            auto scan = *store.scan(Selection::all(), interval);
            for (auto run = scan->next(); run && *run; run = scan->next()) {
                auto& times = out[(*run)->datastream];
                times.insert(times.end(), (*run)->times.begin(), (*run)->times.end());
            }
            return out;
        };
        ASSERT_EQ(gather(*blocks_), gather(*memory_));
    }

    struct Record {
        journal::Position position;
        std::vector<Arrival> rows;
    };

    SeededRandom random_;
    TestFolder folder_;
    BlockOptions options_;
    std::unique_ptr<Store> blocks_;
    std::unique_ptr<Store> memory_;
    std::vector<Record> journal_;
    std::uint64_t position_ = 0;
    bool frozen_ = false;
};

TEST(RandomLives, BlocksNeverDifferFromMemory) {
    for (std::uint64_t seed = 1; seed <= 25 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        Life{seed}.run(120);
    }
}

}  // namespace
}  // namespace bypuls::observations::contract
