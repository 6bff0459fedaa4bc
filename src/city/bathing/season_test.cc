#include "city/bathing/season.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "core/time/iso8601.h"
#include "core/time/oslo.h"

namespace bypuls::bathing {
namespace {

using testing::ElementsAre;

const publication::PublicPlace pond{.slug = "pond", .season_first = {5, 15}, .season_last = {9, 15}};
const publication::PublicPlace track{.slug = "track", .season_first = {11, 15}, .season_last = {4, 15}};

Instant at(const char* text) {
    return parse_instant(text).value();
}

observations::Bucket day(const char* text, double mean) {
    const Instant start = Zone::oslo().start_of_day(at(text));
    observations::Aggregate values{.count = 2, .sum = 2 * mean};
    return {{start, Zone::oslo().day_after(start)}, values};
}

TEST(Season, ASummerHasItsDaysAndAWinterRunsOverNewYear) {
    EXPECT_EQ(season_of(pond, 2026, {}).days.size(), 124U);
    EXPECT_EQ(season_of(track, 2026, {}).days.size(), 152U);
    EXPECT_EQ(season_year(track, at("2026-02-01T12:00:00Z")), 2025);
    EXPECT_EQ(season_year(track, at("2026-11-22T12:00:00Z")), 2026);
    EXPECT_EQ(season_year(pond, at("2026-11-22T12:00:00Z")), 2026);
    EXPECT_EQ(season_year(pond, at("2026-03-01T12:00:00Z")), 2025);
}

TEST(Season, AWinterIsCalledByBothItsYears) {
    EXPECT_EQ(season_name(pond, 2026), "2026");
    EXPECT_EQ(season_name(track, 2025), "2025/2026");
}

TEST(Season, ComparesADateWithTheSameDateOfEarlierYears) {
    const auto season = season_of(pond, 2026,
                                  {day("2024-06-01T12:00:00Z", 15), day("2025-06-01T12:00:00Z", 17),
                                   day("2026-06-01T12:00:00Z", 18), day("2026-06-02T12:00:00Z", 18.5)});
    const auto& first_of_june = season.days[17];
    EXPECT_EQ(first_of_june.mean, 18);
    EXPECT_EQ(first_of_june.earlier_min, 15);
    EXPECT_EQ(first_of_june.earlier_mean, 16);
    EXPECT_EQ(first_of_june.earlier_max, 17);
    EXPECT_FALSE(season.days[18].earlier_mean.has_value());
    EXPECT_THAT(season.earlier_years, ElementsAre(2024, 2025));
}

TEST(Season, AWinterThatHoldsLeapDayComparesItWithTheDayBefore) {
    const auto season = season_of(track, 2027, {day("2027-02-28T12:00:00Z", 40), day("2028-02-29T12:00:00Z", 50)});
    const auto found = std::ranges::find_if(season.days, [](const SeasonDay& made) { return made.mean == 50; });
    ASSERT_NE(found, season.days.end());
    EXPECT_EQ(found->earlier_mean, 40);
}

}  // namespace
}  // namespace bypuls::bathing
