#include "platform/observations/observation.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "platform/observations/columns.h"

namespace bypuls::observations {
namespace {

TEST(Observation, ADoubleIsItselfOnlyBitForBit) {
    EXPECT_TRUE(same_value(Value{0.1}, Value{0.1}));
    EXPECT_FALSE(same_value(Value{0.0}, Value{-0.0}));
    EXPECT_FALSE(same_value(Value{1.0}, Value{std::int64_t{1}}));
    EXPECT_FALSE(same_value(Value{Category{"dry"}}, Value{Json{"dry"}}));
}

TEST(Observation, AValueChangesTypeOnlyWhereNothingIsLost) {
    EXPECT_EQ(as_type(Value{std::int64_t{7}}, ResultType::number), Value{7.0});
    EXPECT_EQ(as_type(Value{7.0}, ResultType::integer), Value{std::int64_t{7}});
    EXPECT_EQ(as_type(Value{1.0}, ResultType::boolean), Value{true});
    EXPECT_EQ(as_type(Value{false}, ResultType::number), Value{0.0});
    EXPECT_EQ(as_type(Value{7.5}, ResultType::integer), std::nullopt);
    EXPECT_EQ(as_type(Value{-0.0}, ResultType::integer), std::nullopt);
    EXPECT_EQ(as_type(Value{1e300}, ResultType::integer), std::nullopt);
    EXPECT_EQ(as_type(Value{(std::int64_t{1} << 53) + 1}, ResultType::number), std::nullopt);
    EXPECT_EQ(as_type(Value{std::numeric_limits<std::int64_t>::max()}, ResultType::number), std::nullopt);
    EXPECT_EQ(as_type(Value{Json{"1"}}, ResultType::number), std::nullopt);
    EXPECT_EQ(as_type(Value{7.5}, ResultType::json), Value{Json{"7.5"}});
    EXPECT_EQ(as_type(Value{std::int64_t{7}}, ResultType::json), Value{Json{"7"}});
    EXPECT_EQ(as_type(Value{true}, ResultType::json), Value{Json{"true"}});
    EXPECT_EQ(as_type(Value{Category{"a \"b\""}}, ResultType::json), Value{Json{R"("a \"b\"")"}});
    EXPECT_EQ(as_type(Value{std::numeric_limits<double>::infinity()}, ResultType::json), std::nullopt);
}

TEST(Observation, WhatIsNoReadingIsRefusedAtFirstSight) {
    const Instant noon{std::chrono::hours{12}};
    const auto refusal = [&](std::int64_t id, Instant t, Value v) {
        return refusal_of({DatastreamId{id}, {t, std::move(v), {}}});
    };

    EXPECT_EQ(refusal(1, noon, 1.0), Refusal::none);
    EXPECT_EQ(refusal(0, noon, 1.0), Refusal::unknown);
    EXPECT_EQ(refusal(1, noon, std::nan("")), Refusal::not_finite);
    EXPECT_EQ(refusal(1, noon, -HUGE_VAL), Refusal::not_finite);
    EXPECT_EQ(refusal(1, latest_time, 1.0), Refusal::time_out_of_range);
    EXPECT_EQ(refusal(1, earliest_time - Duration{1}, 1.0), Refusal::time_out_of_range);
    EXPECT_EQ(refusal(1, noon, Json{std::string(text_bytes_max + 1, ' ')}), Refusal::text_too_long);
    EXPECT_FALSE(sentence(Refusal::removed).empty());
}

TEST(Observation, OnlyRangeSpikeAndStuckMakeAReadingUnusable) {
    EXPECT_FALSE(Quality{Quality::spike}.usable());
    EXPECT_TRUE((Quality{Quality::late} | Quality::estimated).usable());
    EXPECT_EQ(to_string(Quality{Quality::range} | Quality::late), "range, late");
    EXPECT_EQ(to_string(Quality{}), "");
}

TEST(Columns, QualityAppearsWithTheFirstFlagAndCoversAllRows) {
    Columns columns{.type = ResultType::boolean};
    columns.push_back(Instant{Duration{1}}, true, {});
    EXPECT_TRUE(columns.quality.empty());

    columns.push_back(Instant{Duration{2}}, false, Quality::late);

    ASSERT_EQ(columns.quality.size(), 2U);
    EXPECT_TRUE(columns.quality_of(0).good());
    EXPECT_TRUE(columns.quality_of(1).has(Quality::late));
    EXPECT_EQ(columns.value(0), Value{true});
}

TEST(Columns, APartKeepsItsQualityWhenAppendedToGoodRows) {
    Columns good{.type = ResultType::integer};
    good.push_back(Instant{Duration{1}}, std::int64_t{10}, {});
    Columns flagged{.type = ResultType::integer};
    flagged.push_back(Instant{Duration{2}}, std::int64_t{11}, Quality::spike);
    flagged.push_back(Instant{Duration{3}}, std::int64_t{12}, {});

    good.append(flagged, 0, 2);

    EXPECT_EQ(good.integers, (std::vector<std::int64_t>{10, 11, 12}));
    EXPECT_EQ(good.quality, (std::vector<Quality>{{}, Quality::spike, {}}));
}

TEST(Columns, AViewOfAnIntervalIsHalfOpen) {
    Columns columns{.type = ResultType::integer};
    for (std::int64_t t = 0; t < 5; ++t) {
        columns.push_back(Instant{Duration{t}}, t, {});
    }

    const auto middle = view(DatastreamId{1}, columns, Interval{Instant{Duration{1}}, Instant{Duration{3}}});

    EXPECT_EQ(std::vector(middle.integers.begin(), middle.integers.end()), (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(view(DatastreamId{1}, columns, Interval{Instant{Duration{9}}, Instant{Duration{3}}}).size(), 0U);
}

}  // namespace
}  // namespace bypuls::observations
