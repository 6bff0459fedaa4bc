#include "platform/observations/contract/contract.h"

#include <set>

#include <gmock/gmock.h>

#include "core/time/iso8601.h"
#include "platform/observations/blocks/block_store.h"
#include "platform/observations/memory/memory_store.h"

namespace bypuls::observations::contract {

std::vector<Backend> backends() {
    const auto blocks = [](const std::string& folder) {
        BlockOptions options;
        options.path = folder + "/observations.sqlite";
        return open_block_store(options);
    };
    const auto memory = [](const std::string&) -> Result<std::unique_ptr<Store>> { return make_memory_store(); };
    return {{"memory", memory, false, false},
            {"blocks_in_memory", blocks, false, false},
            {"blocks_settled", blocks, true, false},
            {"blocks_merged_and_reopened", blocks, true, true}};
}

namespace {

using std::chrono::days;
using std::chrono::hours;
using testing::ElementsAre;

constexpr DatastreamId lake{7};
constexpr DatastreamId meter{8};
constexpr Outcome stored{};
constexpr Outcome duplicate{Verdict::duplicate, Refusal::none};
constexpr Outcome corrected{Verdict::corrected, Refusal::none};

Instant at(std::string_view text) {
    return *parse_instant(text);
}

Arrival reading(DatastreamId id, Instant t, Value value, Quality quality = {}) {
    return {id, {t, std::move(value), quality}};
}

std::vector<Arrival> hourly(DatastreamId id, Instant from, int count) {
    std::vector<Arrival> out;
    for (int hour = 0; hour < count; ++hour) {
        out.push_back(reading(id, from + hours{hour}, std::int64_t{hour}));
    }
    return out;
}

const Instant noon = at("2026-07-01T12:00:00Z");

TEST_P(StoreContract, TheSameReadingAgainChangesNothing) {
    EXPECT_THAT(append({reading(lake, noon, 17.5)}), ElementsAre(stored));
    EXPECT_THAT(append({reading(lake, noon, 17.5, Quality::late)}), ElementsAre(duplicate));

    EXPECT_EQ(store_->count(lake), 1U);
    EXPECT_TRUE(store_->latest(lake)->quality.good());
    EXPECT_TRUE(store_->versions(lake, noon)->empty());
}

TEST_P(StoreContract, AnotherValueIsACorrectionAndTheOlderIsKept) {
    append({reading(lake, noon, 17.5), reading(lake, noon + hours{1}, 18.0)});
    EXPECT_THAT(append({reading(lake, noon, 17.0, Quality::manual)}), ElementsAre(corrected));
    EXPECT_THAT(append({reading(lake, noon, 16.5)}), ElementsAre(corrected));

    const auto rows = store_->range(lake, all_time)->columns;
    EXPECT_EQ(rows.numbers, (std::vector<double>{16.5, 18.0}));
    const auto versions = *store_->versions(lake, noon);
    ASSERT_EQ(versions.size(), 2U);
    EXPECT_EQ(versions[0].observation.value, Value{17.5});
    EXPECT_EQ(versions[0].replaced_by.value, 2U);
    EXPECT_EQ(versions[1].observation.value, Value{17.0});
    EXPECT_TRUE(versions[1].observation.quality.has(Quality::manual));
    EXPECT_EQ(store_->count(lake), 2U);
}

TEST_P(StoreContract, AllTypesComeBackAsTheyWere) {
    const std::vector<Value> values{17.25, std::int64_t{1} << 60, true, Category{"wet \xC3\xA6"},
                                    Json{R"({"a":[1,2]})"}};
    std::vector<Arrival> rows;
    for (std::size_t i = 0; i < values.size(); ++i) {
        rows.push_back(reading(DatastreamId{static_cast<std::int64_t>(i) + 1}, noon, values[i]));
    }
    append(rows);

    for (std::size_t i = 0; i < values.size(); ++i) {
        const DatastreamId id{static_cast<std::int64_t>(i) + 1};
        EXPECT_EQ(store_->type(id), type_of(values[i]));
        EXPECT_EQ(store_->range(id, all_time)->columns.value(0), values[i]);
        EXPECT_EQ(store_->latest(id)->value, values[i]);
    }
    EXPECT_EQ(store_->datastreams().size(), 5U);
}

TEST_P(StoreContract, WhatDoesNotFitIsRejectedWithItsReasonAndTheRestIsKept) {
    append({reading(lake, noon, 17.5)});

    const auto outcomes = append({reading(lake, noon + hours{1}, std::int64_t{18}), reading(lake, noon + hours{2}, NAN),
                                  reading(lake, latest_time, 1.0), reading(DatastreamId{0}, noon, 1.0),
                                  reading(lake, noon + hours{3}, 18.5)});

    EXPECT_THAT(outcomes, ElementsAre(Outcome{Verdict::rejected, Refusal::wrong_type},
                                      Outcome{Verdict::rejected, Refusal::not_finite},
                                      Outcome{Verdict::rejected, Refusal::time_out_of_range},
                                      Outcome{Verdict::rejected, Refusal::unknown}, stored));
    EXPECT_EQ(store_->count(lake), 2U);
}

TEST_P(StoreContract, LateReadingsFindTheirPlace) {
    append(hourly(meter, noon, 3));
    EXPECT_THAT(append({reading(meter, noon - days{40}, std::int64_t{-1}),
                        reading(meter, noon + std::chrono::minutes{90}, std::int64_t{-2})}),
                ElementsAre(stored, stored));

    EXPECT_EQ(store_->range(meter, all_time)->columns.integers, (std::vector<std::int64_t>{-1, 0, 1, -2, 2}));
    EXPECT_EQ(store_->latest(meter)->value, Value{std::int64_t{2}});
}

TEST_P(StoreContract, SendersThatOvertakeEachOtherLeaveEveryReadingInItsPlaceOnce) {
    std::vector<Arrival> all = hourly(meter, noon, 2'000);
    // By a little, as on several connections; and one whole batch by more than is moved among the newest rows.
    for (std::size_t i = 0; i + 150 <= 900; i += 150) {
        std::rotate(all.begin() + static_cast<std::ptrdiff_t>(i), all.begin() + static_cast<std::ptrdiff_t>(i) + 50,
                    all.begin() + static_cast<std::ptrdiff_t>(i) + 150);
    }
    std::rotate(all.begin() + 1'000, all.begin() + 1'400, all.end());
    for (std::size_t i = 0; i < all.size(); i += 50) {
        EXPECT_THAT(
            append({all.begin() + static_cast<std::ptrdiff_t>(i), all.begin() + static_cast<std::ptrdiff_t>(i) + 50}),
            testing::Each(stored));
    }
    const auto rows = store_->range(meter, all_time)->columns;
    ASSERT_EQ(rows.size(), 2'000U);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        ASSERT_EQ(rows.at(i).time, noon + hours{i});
        ASSERT_EQ(rows.integers[i], static_cast<std::int64_t>(i));
    }
    EXPECT_THAT(append(all), testing::Each(duplicate));
    EXPECT_EQ(store_->count(meter), 2'000U);
}

TEST_P(StoreContract, PagesPutTogetherAreTheWhole) {
    append(hourly(meter, noon - days{50}, 50 * 24));
    append({reading(meter, noon - days{50} + std::chrono::minutes{1}, std::int64_t{-7})});
    const Interval interval{noon - days{48}, noon - days{2}};
    for (const Order order : {Order::oldest_first, Order::newest_first}) {
        const Columns whole = store_->range(meter, interval, {.order = order, .limit = 100'000, .after = {}})->columns;
        EXPECT_EQ(whole.size(), 46U * 24U);

        Columns pages{.type = ResultType::integer};
        RangeOptions page{.order = order, .limit = 97, .after = {}};
        for (bool more = true; more;) {
            const Series series = *store_->range(meter, interval, page);
            EXPECT_LE(series.columns.size(), 97U);
            pages.append(series.columns, 0, series.columns.size());
            more = series.more;
            page.after = series.columns.times.back();
        }

        EXPECT_EQ(pages, whole);
    }
}

TEST_P(StoreContract, TheNewestUsableReadingStandsInForAFlaggedOne) {
    append({reading(lake, noon, 17.5), reading(lake, noon + hours{1}, 18.0)});
    append({reading(lake, noon + hours{2}, -50.0, Quality::range)});
    EXPECT_EQ(store_->latest(lake)->value, Value{-50.0});
    EXPECT_EQ(store_->latest_usable(lake)->value, Value{18.0});

    append({reading(lake, noon + hours{1}, 99.0, Quality::spike)});
    EXPECT_EQ(store_->latest_usable(lake)->value, Value{17.5});
    append({reading(lake, noon + hours{2}, 18.5)});
    EXPECT_EQ(store_->latest_usable(lake)->value, Value{18.5});
}

TEST_P(StoreContract, CountsAndAggregatesAreHalfOpenInTime) {
    append(hourly(meter, noon, 48));
    append({reading(meter, noon + hours{5}, std::int64_t{1000}, Quality::spike)});
    const Interval interval{noon + hours{1}, noon + hours{40}};

    EXPECT_EQ(store_->count(meter), 48U);
    EXPECT_EQ(*store_->count(meter, interval), 39U);
    const Aggregate usable = *store_->aggregate(meter, interval);
    EXPECT_EQ(usable, (Aggregate{38, 39.0 * 20 - 5, 1, 39, 1, 39, noon + hours{1}, noon + hours{39}}));
    EXPECT_TRUE(store_->aggregate(meter, {noon, noon})->empty());
}

TEST_P(StoreContract, DaysOf23And25HoursAreWholeDays) {
    append(hourly(meter, at("2026-03-27T23:00:00Z"), 3 * 24));
    append(hourly(lake, at("2026-10-23T22:00:00Z"), 3 * 24));

    const auto spring = *store_->rollup(meter, all_time, Step::day);
    const auto autumn = *store_->rollup(lake, all_time, Step::day);

    ASSERT_EQ(spring.size(), 4U);
    EXPECT_EQ(spring[1].values.count, 23U);
    EXPECT_EQ(spring[2].values.count, 24U);
    EXPECT_EQ(spring[1].span.to, at("2026-03-29T22:00:00Z"));
    ASSERT_EQ(autumn.size(), 3U);
    EXPECT_EQ(autumn[1].values.count, 25U);
    EXPECT_EQ(autumn[2].values.count, 23U) << "the last hour of the third day was not measured";
}

TEST_P(StoreContract, TotalsOfAMonthAreThoseOfItsReadings) {
    const Interval june{at("2026-05-31T22:00:00Z"), at("2026-06-30T22:00:00Z")};
    append(hourly(meter, june.from - hours{5}, 31 * 24));
    append(hourly(lake, june.to, 5));

    const auto totals = *store_->totals(Selection::all(), june);
    ASSERT_EQ(totals.size(), 1U);
    EXPECT_EQ(totals[0].datastream, meter);
    EXPECT_EQ(totals[0].values.count, 720U);
    EXPECT_EQ(totals[0].values.first, 5);
    EXPECT_EQ(totals[0].values.last, 724);
    EXPECT_EQ(totals[0].values, *store_->aggregate(meter, june));
    EXPECT_TRUE(store_->totals(Selection::of({lake}), june)->empty());
}

TEST_P(StoreContract, WhatIsRemovedIsGoneFromEveryAnswer) {
    append(hourly(meter, noon, 30 * 24));
    append({reading(meter, noon + hours{30}, std::int64_t{-1})});
    append(hourly(lake, noon, 2));

    EXPECT_EQ(*store_->remove(meter, {noon + days{1}, noon + days{60}}), 29U * 24U);
    EXPECT_EQ(store_->count(meter), 24U);
    EXPECT_EQ(*store_->count(meter, all_time), 24U);
    EXPECT_EQ(store_->latest(meter)->time, noon + hours{23});
    EXPECT_TRUE(store_->versions(meter, noon + hours{30})->empty());

    EXPECT_EQ(*store_->remove(meter, all_time), 24U);
    EXPECT_EQ(store_->latest(meter), std::nullopt);
    EXPECT_EQ(store_->type(meter), std::nullopt);
    EXPECT_THAT(store_->datastreams(), ElementsAre(lake));
    rest();
    EXPECT_THAT(append({reading(meter, noon, 1.5)}), ElementsAre(stored)) << "the type may be another now";
    EXPECT_EQ(store_->count(lake), 2U);
}

TEST_P(StoreContract, AFingerprintIsAnotherAfterEveryChangeOfTheReadingsThatItIsOf) {
    append(hourly(meter, noon, 2000));
    const Interval some{noon + hours{24}, noon + hours{1200}};
    std::set<Bytes> seen{*store_->fingerprint(meter, some)};
    const auto is_another = [&] { return seen.insert(*store_->fingerprint(meter, some)).second; };

    append({reading(meter, noon + hours{1199} + std::chrono::minutes{30}, std::int64_t{7})});
    EXPECT_TRUE(is_another()) << "a late reading";
    append({reading(meter, noon + hours{24}, std::int64_t{8})});
    EXPECT_TRUE(is_another()) << "a correction at the edge";
    append(
        {reading(meter, noon + hours{700}, std::int64_t{701}), reading(meter, noon + hours{701}, std::int64_t{700})});
    EXPECT_TRUE(is_another()) << "two values in each other's place";
    append({reading(meter, noon + hours{800}, std::int64_t{9}, Quality::spike)});
    EXPECT_TRUE(is_another()) << "a mark";
    ASSERT_TRUE(store_->remove(meter, {noon + hours{900}, noon + hours{901}}));
    EXPECT_TRUE(is_another()) << "a removal";
}

TEST_P(StoreContract, AFingerprintIsTheSameWhileNothingChangesAndOfItsOwnIntervalAlone) {
    append(hourly(meter, noon, 100));
    append(hourly(lake, noon, 100));
    const auto print = [&](Interval of) { return *store_->fingerprint(meter, of); };
    const Interval early{noon, noon + hours{50}};
    const Bytes before = print(early);
    const Bytes all = print(all_time);

    EXPECT_EQ(print({noon - days{30}, noon + days{300}}), all) << "ends beyond the readings";
    EXPECT_NE(print(early), print({noon, noon + hours{51}}));
    append({reading(lake, noon, std::int64_t{99})});
    EXPECT_EQ(print(early), before) << "another datastream";
    append({reading(meter, noon, std::int64_t{0})});
    EXPECT_EQ(print(early), before) << "the same again";
    EXPECT_TRUE(store_->fingerprint(DatastreamId{99}, all_time)->size() <= 1) << "of nobody";
}

TEST_P(StoreContract, AScanSeesEveryReadingOfTheSelectionOnce) {
    append(hourly(meter, noon, 40 * 24));
    append(hourly(lake, noon, 10));
    append(hourly(DatastreamId{9}, noon, 10));

    auto scan = *store_->scan(Selection::of({DatastreamId{9}, meter, DatastreamId{99}}), {noon + days{1}, latest_time});
    std::size_t rows = 0;
    for (auto run = scan->next(); run && *run; run = scan->next()) {
        EXPECT_EQ((*run)->datastream, meter);
        for (const std::int64_t value : (*run)->integers) {
            EXPECT_EQ(value, static_cast<std::int64_t>(24 + rows++));
        }
    }

    EXPECT_EQ(rows, 39U * 24U);
    EXPECT_TRUE(scan->damaged().empty());
}

TEST_P(StoreContract, ThePositionMayNotGoBackBehindWhatIsSettled) {
    append({reading(lake, noon, 17.5)});
    ASSERT_TRUE(store_->settle({5}));
    EXPECT_EQ(store_->settled().value, 5U);

    std::vector<Outcome> outcomes(1);
    const std::vector<Arrival> rows{reading(lake, noon + hours{1}, 17.5)};
    EXPECT_EQ(store_->append(rows, {5}, outcomes).error().code, Errc::conflict);
    ASSERT_TRUE(store_->append(rows, {9}, outcomes));
    EXPECT_EQ(store_->settle({8}).error().code, Errc::conflict);
    EXPECT_TRUE(store_->settle({9}));
}

TEST_P(StoreContract, ACompanionThatFailsLeavesEverythingWhereItWas) {
    struct Failing final : Companion {
        Result<void> write(Transaction&, journal::Position) override { return fail(Errc::unavailable, "not now"); }
    } failing;
    append({reading(lake, noon, 17.5)});
    std::vector<Outcome> outcomes(1);
    ASSERT_TRUE(store_->append(std::vector{reading(lake, noon + hours{1}, 18.0)}, {50}, outcomes));
    const auto before = store_->settled();
    const std::array<Companion*, 1> companions{&failing};

    EXPECT_EQ(store_->settle({50}, companions).error().what, "not now");

    EXPECT_EQ(store_->settled(), before);
    EXPECT_EQ(store_->range(lake, all_time)->columns.size(), 2U);
    ASSERT_TRUE(store_->append(std::vector{reading(lake, noon, 17.0)}, {51}, outcomes));
    EXPECT_EQ(outcomes[0], corrected);
    EXPECT_TRUE(store_->settle({51}));
    EXPECT_EQ(store_->range(lake, all_time)->columns.numbers, (std::vector<double>{17.0, 18.0}));
    EXPECT_EQ(store_->versions(lake, noon)->size(), 1U);
}

TEST_P(StoreContract, ReadingsComeInWhileWhatIsFrozenSettles) {
    append(hourly(meter, noon, 100));
    /// Sends while the transaction is open, as another thread does.
    struct Meanwhile final : Companion {
        explicit Meanwhile(std::function<void()> act) : act_(std::move(act)) {}
        void freeze() override { ++frozen; }
        Result<void> write(Transaction&, journal::Position) override {
            act_();
            return {};
        }
        void settled() override { ++written; }
        std::function<void()> act_;
        int frozen = 0;
        int written = 0;
    };
    const std::vector<Arrival> more{reading(meter, noon + hours{100}, std::int64_t{100}),
                                    reading(meter, noon + hours{98} + std::chrono::minutes{1}, std::int64_t{-98}),
                                    reading(meter, noon + hours{99}, std::int64_t{-99}),
                                    reading(meter, noon + hours{97}, std::int64_t{97})};
    std::vector<Outcome> outcomes(more.size());
    Meanwhile meanwhile{[&] { ASSERT_TRUE(store_->append(more, {51}, outcomes)); }};
    const std::array<Companion*, 1> companions{&meanwhile};

    ASSERT_TRUE(store_->freeze({50}, companions));
    EXPECT_EQ(store_->append(more, {50}, outcomes).error().code, Errc::conflict) << "the cursor will pass over it";
    ASSERT_TRUE(store_->settle_frozen(companions));

    EXPECT_THAT(outcomes, ElementsAre(stored, stored, corrected, duplicate));
    EXPECT_EQ(store_->settled().value, 50U);
    EXPECT_EQ(meanwhile.frozen, 1);
    EXPECT_EQ(meanwhile.written, 1);
    const auto see_all = [&] {
        EXPECT_EQ(store_->count(meter), 102U);
        EXPECT_EQ(*store_->count(meter, all_time), 102U);
        const auto newest = store_->range(meter, all_time, {.order = Order::newest_first, .limit = 3, .after = {}});
        EXPECT_EQ(newest->columns.integers, (std::vector<std::int64_t>{100, -99, -98}));
        EXPECT_EQ(store_->versions(meter, noon + hours{99})->size(), 1U);
    };
    see_all();
    EXPECT_EQ(store_->settle_frozen(companions).error().code, Errc::conflict) << "nothing is frozen";
    ASSERT_TRUE(store_->settle({51}));
    see_all();
}

TEST_P(StoreContract, WhatIsRemovedBetweenFreezeAndSettleStaysAway) {
    append(hourly(meter, noon, 100));
    append({reading(lake, noon, 17.5)});
    std::vector<Outcome> outcomes(100);
    ASSERT_TRUE(store_->append(hourly(meter, noon + hours{100}, 100), {50}, outcomes));
    ASSERT_TRUE(store_->freeze({50}, {}));
    EXPECT_EQ(*store_->remove(meter, {noon + hours{50}, noon + hours{300}}), 150U);
    EXPECT_EQ(*store_->remove(lake, all_time), 1U);
    ASSERT_TRUE(store_->settle_frozen({}));
    for (const bool opened_anew : {false, true}) {
        if (opened_anew && GetParam().name != "memory") {
            open();
        }
        EXPECT_EQ(store_->count(meter), 50U);
        EXPECT_EQ(store_->latest(meter)->time, noon + hours{49});
        EXPECT_EQ(store_->latest_usable(meter)->time, noon + hours{49});
        EXPECT_EQ(store_->range(meter, all_time)->columns.size(), 50U);
        EXPECT_THAT(store_->datastreams(), ElementsAre(meter));
    }
}

TEST_P(StoreContract, WhatNobodyWroteIsEmptyAndNoError) {
    EXPECT_EQ(store_->latest(lake), std::nullopt);
    EXPECT_EQ(store_->count(lake), 0U);
    EXPECT_TRUE(store_->range(lake, all_time)->columns.empty());
    EXPECT_TRUE(store_->aggregate(lake, all_time)->empty());
    EXPECT_TRUE(store_->rollup(lake, all_time, Step::month)->empty());
    EXPECT_TRUE(store_->versions(lake, noon)->empty());
    EXPECT_EQ(*store_->remove(lake, all_time), 0U);
    EXPECT_EQ(*(*store_->scan(Selection::all(), all_time))->next(), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Backends, StoreContract, testing::ValuesIn(backends()), name_of_backend);

}  // namespace
}  // namespace bypuls::observations::contract
