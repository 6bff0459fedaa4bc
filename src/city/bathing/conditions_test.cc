#include "city/bathing/conditions.h"

#include <gmock/gmock.h>

namespace bypuls::bathing {
namespace {

using namespace std::chrono_literals;
using observations::Observation;
using observations::Quality;

const publication::PublicStream water{.id = {1}, .property = "water_temperature", .interval = 1h};
const Instant now{1000h};

TEST(Condition, ARecentUsableReadingIsFresh) {
    const Observation reading{now - 12min, 19.4, {}};
    EXPECT_EQ(condition_of(water, reading, reading, now).state, State::fresh);
}

TEST(Condition, ADoubtedNewestShowsTheLastGoodAndSaysSo) {
    const Observation spike{now - 5min, -50.0, Quality::range};
    const Observation good{now - 65min, 19.4, {}};
    const auto condition = condition_of(water, spike, good, now);
    EXPECT_EQ(condition.state, State::last_good);
    EXPECT_EQ(std::get<double>(condition.shown->value), 19.4);
    EXPECT_EQ(std::get<double>(condition.newest->value), -50.0);
}

TEST(Condition, SilenceMakesItStaleAndLongSilenceMissing) {
    const Observation old{now - 4h, 19.4, {}};
    EXPECT_EQ(condition_of(water, old, old, now).state, State::stale);
    const Observation ancient{now - 40 * 24h, 19.4, {}};
    EXPECT_EQ(condition_of(water, ancient, ancient, now).state, State::missing);
    EXPECT_EQ(condition_of(water, {}, {}, now).state, State::missing);
}

observations::Columns readings(std::initializer_list<std::pair<Duration, double>> rows, Quality first = {}) {
    observations::Columns columns;
    Quality quality = first;
    for (const auto& [age, value] : rows) {
        columns.push_back(now - age, value, quality);
        quality = {};
    }
    return columns;
}

TEST(Trend, IsTheChangeOverTheLastThreeHours) {
    const auto trend = trend_of(readings({{5h, 10.0}, {3h, 18.6}, {2h, 19.0}, {0h, 19.4}}), 0.3);
    ASSERT_TRUE(trend);
    EXPECT_EQ(trend->direction, Trend::Direction::rising);
    EXPECT_NEAR(trend->change, 0.8, 1e-9);
    EXPECT_EQ(trend->span, 3h);
}

TEST(Trend, AFallOfThreeTenthsIsAFall) {
    const auto trend = trend_of(readings({{2h, 5.3}, {0h, 5.0}}), steady_below("water_temperature"));
    ASSERT_TRUE(trend);
    EXPECT_EQ(trend->direction, Trend::Direction::falling);
}

TEST(Trend, DoubtedReadingsDoNotCount) {
    const auto trend = trend_of(readings({{2h, -50.0}, {1h, 19.3}, {0h, 19.4}}, Quality::range), 0.3);
    ASSERT_TRUE(trend);
    EXPECT_EQ(trend->direction, Trend::Direction::steady);
    EXPECT_FALSE(trend_of(readings({{0h, 19.4}}), 0.3).has_value());
}

TEST(Uv, ClassesAreThoseOfWhoAfterRounding) {
    EXPECT_EQ(uv_class(2.4), UvClass::low);
    EXPECT_EQ(uv_class(2.5), UvClass::moderate);
    EXPECT_EQ(uv_class(5.4), UvClass::moderate);
    EXPECT_EQ(uv_class(7), UvClass::high);
    EXPECT_EQ(uv_class(10.4), UvClass::very_high);
    EXPECT_EQ(uv_class(10.5), UvClass::extreme);
}

}  // namespace
}  // namespace bypuls::bathing
