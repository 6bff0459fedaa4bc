#include "platform/observations/rollup.h"

#include <gtest/gtest.h>

#include "core/time/iso8601.h"

namespace bypuls::observations {
namespace {

using std::chrono::hours;

Instant at(std::string_view text) {
    return *parse_instant(text);
}

Columns hourly(Instant from, int count) {
    Columns out{.type = ResultType::integer};
    for (int hour = 0; hour < count; ++hour) {
        out.push_back(from + hours{hour}, std::int64_t{1}, {});
    }
    return out;
}

TEST(Rollup, TheDayWhenClocksGoForwardHas23Hours) {
    const auto rows = hourly(at("2026-03-28T23:00:00Z"), 48);
    Rollup rollup{Step::day};
    rollup.add(view(DatastreamId{1}, rows, 0, rows.size()));

    const auto days = rollup.take();

    ASSERT_EQ(days.size(), 3U);
    EXPECT_EQ(days[0].span, (Interval{at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z")}));
    EXPECT_EQ(days[0].values.sum, 23);
    EXPECT_EQ(days[1].values.sum, 24);
    EXPECT_EQ(days[2].values.sum, 1);
}

TEST(Rollup, TheDayWhenClocksGoBackHas25HoursAndTwoThreeOClocks) {
    const auto rows = hourly(at("2026-10-24T22:00:00Z"), 25);
    Rollup days{Step::day};
    days.add(view(DatastreamId{1}, rows, 0, rows.size()));
    Rollup by_hour{Step::hour};
    by_hour.add(view(DatastreamId{1}, rows, 0, rows.size()));

    const auto day = days.take();
    ASSERT_EQ(day.size(), 1U);
    EXPECT_EQ(day[0].values.sum, 25);
    EXPECT_EQ(by_hour.take().size(), 25U);
}

TEST(Rollup, MonthsBeginAtMidnightInOslo) {
    EXPECT_EQ(bucket_of(at("2026-06-30T22:00:00Z"), Step::month),
              (Interval{at("2026-06-30T22:00:00Z"), at("2026-07-31T22:00:00Z")}));
    EXPECT_EQ(bucket_of(at("2026-12-31T22:59:59Z"), Step::month).to, at("2026-12-31T23:00:00Z"));
}

TEST(Rollup, FlaggedReadingsDoNotCount) {
    Columns rows{.type = ResultType::number};
    rows.push_back(Instant{hours{1}}, -50.0, Quality::range);
    rows.push_back(Instant{hours{2}}, 17.5, {});
    rows.push_back(Instant{hours{3}}, 18.5, Quality::late);
    rows.push_back(Instant{hours{4}}, 99.0, Quality::spike);

    const auto all = aggregate_of(view(DatastreamId{1}, rows, 0, rows.size()));

    EXPECT_EQ(all, (Aggregate{2, 36, 17.5, 18.5, 17.5, 18.5, Instant{hours{2}}, Instant{hours{3}}}));
}

TEST(Rollup, IntegersAreSummedExactlyBeforeTheyBecomeADouble) {
    Columns rows{.type = ResultType::integer};
    rows.push_back(Instant{hours{1}}, std::numeric_limits<std::int64_t>::max(), {});
    rows.push_back(Instant{hours{2}}, std::int64_t{5}, {});
    rows.push_back(Instant{hours{3}}, -std::numeric_limits<std::int64_t>::max(), {});

    EXPECT_EQ(aggregate_of(view(DatastreamId{1}, rows, 0, rows.size())).sum, 5);
}

TEST(Rollup, ASummaryThatLiesBeforeGivesTheFirstValue) {
    Aggregate later{1, 5, 5, 5, 5, 5, Instant{hours{9}}, Instant{hours{9}}};
    const Aggregate earlier{1, 3, 3, 3, 3, 3, Instant{hours{2}}, Instant{hours{2}}};

    later.add(earlier);

    EXPECT_EQ(later, (Aggregate{2, 8, 3, 5, 3, 5, Instant{hours{2}}, Instant{hours{9}}}));
}

}  // namespace
}  // namespace bypuls::observations
