#include "platform/database/testing/earlier.h"

#include <filesystem>

#include <gmock/gmock.h>

#include "core/files.h"
#include "platform/observations/blocks/block_store.h"

namespace bypuls::observations {
namespace {

using namespace std::chrono_literals;

constexpr Interval all_time{earliest_time, latest_time};
const Instant march = Instant{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
constexpr DatastreamId meter{1};
constexpr DatastreamId water{2};
constexpr DatastreamId flag{3};
constexpr DatastreamId camera{4};

std::vector<Arrival> readings() {
    std::vector<Arrival> rows;
    for (int hour = 0; hour < 40 * 24; ++hour) {
        rows.push_back({meter, {march + std::chrono::hours{hour}, std::int64_t{100'000} + hour * 7, {}}});
    }
    for (int i = 0; i < 200; ++i) {
        const Quality quality = i == 7 ? Quality{Quality::spike} : Quality{};
        rows.push_back({water, {march + i * 20min, 4.0 + i % 13 * 0.1, quality}});
    }
    rows.push_back({flag, {march, Category{"grønt"}, {}}});
    rows.push_back({flag, {march + 24h, Category{"rødt"}, {}}});
    rows.push_back({camera, {march, Json{R"({"people":3})"}, {}}});
    return rows;
}

void put(Store& store, const std::vector<Arrival>& rows, std::uint64_t position) {
    std::vector<Outcome> outcomes(rows.size());
    ASSERT_TRUE(store.append(rows, {position}, outcomes));
    ASSERT_TRUE(store.settle({position}));
}

/// Months that have been merged, a day that has not, a correction with what it replaced, and what was deleted.
void fill(Store& store) {
    put(store, readings(), 1);
    for (bool more = true; more;) {
        more = store.maintain().value();
    }
    put(store, {{meter, {march + 40 * 24h, std::int64_t{200'000}, {}}}}, 2);
    put(store, {{water, {march, 5.5, {}}}}, 3);
    ASSERT_TRUE(store.remove(meter, {march + 2h, march + 4h}));
}

void expect_same(const Observation& before, const Observation& today) {
    EXPECT_EQ(before.time, today.time);
    EXPECT_EQ(before.value, today.value);
    EXPECT_EQ(before.quality, today.quality);
}

/// A file of before beside one that was filled today.
void expect_same(const Store& before, const Store& today) {
    EXPECT_EQ(before.settled(), today.settled());
    EXPECT_EQ(before.datastreams(), today.datastreams());
    for (const DatastreamId id : today.datastreams()) {
        SCOPED_TRACE(id.value);
        EXPECT_EQ(before.count(id), today.count(id));
        expect_same(before.latest(id).value(), today.latest(id).value());
        const auto series = before.range(id, all_time);
        const auto should = today.range(id, all_time);
        ASSERT_TRUE(series && should);
        EXPECT_TRUE(series->damaged.empty());
        ASSERT_EQ(series->columns.size(), should->columns.size());
        for (std::size_t i = 0; i < should->columns.size(); ++i) {
            expect_same(series->columns.at(i), should->columns.at(i));
        }
        EXPECT_EQ(before.aggregate(id, all_time).value(), today.aggregate(id, all_time).value());
        EXPECT_EQ(before.rollup(id, all_time, Step::month).value(), today.rollup(id, all_time, Step::month).value());
    }
    const auto replaced = before.versions(water, march).value();
    ASSERT_EQ(replaced.size(), today.versions(water, march)->size());
    EXPECT_FALSE(replaced.empty());
}

constexpr int version_now = 2;

TEST(BlocksOfAnEarlierVersion, HoldTheReadingsTheyHeld) {
    const auto now = database::TestDatabase::make(database::Engine::sqlite).value();
    const auto today = open_block_store({.path = now.path()}).value();
    fill(*today);
    for (int version = 1; version <= version_now; ++version) {
        SCOPED_TRACE(version);
        const std::string frozen = database::earlier_file("platform/observations/blocks", "blocks", version);
        if (!std::filesystem::exists(frozen)) {
            const std::string made =
                std::filesystem::temp_directory_path() / ("blocks-" + std::to_string(version) + ".sql");
            ASSERT_TRUE(write_text_file(made, database::freeze(now.path()).value()));
            FAIL() << frozen << " is not there; what it should hold stands in " << made;
        }
        const auto then = database::TestDatabase::make(database::Engine::sqlite).value();
        const auto thawed = database::thaw_into(then.path(), frozen);
        ASSERT_TRUE(thawed) << thawed.error();
        auto before = open_block_store({.path = then.path(), .mend = false});
        ASSERT_TRUE(before) << before.error();
        EXPECT_TRUE((*before)->statistics().damaged.empty());
        expect_same(**before, *today);
        // And it goes on from there.
        put(**before, {{meter, {march + 41 * 24h, std::int64_t{200'007}, {}}}}, 4);
        EXPECT_EQ((*before)->count(meter), today->count(meter) + 1);
        before = open_block_store({.path = then.path(), .mend = false});
        EXPECT_EQ((*before)->latest(meter)->value, Value{std::int64_t{200'007}});
    }
}

}  // namespace
}  // namespace bypuls::observations
