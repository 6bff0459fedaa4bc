#include <gmock/gmock.h>

#include "core/random.h"
#include "core/time/iso8601.h"
#include "core/time/oslo.h"

namespace bypuls {
namespace {

using namespace std::chrono_literals;

Instant at(std::string_view text) {
    return parse_instant(text).value();
}

TEST(Iso8601, ReadsTheExamplesOfRfc3339) {
    EXPECT_EQ(format_instant(at("1985-04-12T23:20:50.52Z")), "1985-04-12T23:20:50.520Z");
    EXPECT_EQ(format_instant(at("1996-12-19T16:39:57-08:00")), "1996-12-20T00:39:57Z");
    EXPECT_EQ(format_instant(at("1990-12-31T23:59:60Z")), "1991-01-01T00:00:00Z");
    EXPECT_EQ(format_instant(at("1937-01-01T12:00:27.87+00:20")), "1937-01-01T11:40:27.870Z");
}

TEST(Iso8601, RefusesWhatWouldHaveToBeGuessed) {
    for (const auto* text : {"", "2026-06-05", "2026-06-05T14:30:00", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
                             "2026-06-05T25:00:00Z", "2026-06-05T14:30:00.Z", "2026-06-05T14:30:00+24:00",
                             "0000-01-01T00:00:00Z", "2026-06-05T14:30:00Zx", "２０２６-06-05T14:30:00Z"}) {
        const auto read = parse_instant(text);
        ASSERT_FALSE(read.has_value()) << text;
        EXPECT_EQ(read.error().code, Errc::malformed) << text;
    }
}

TEST(Iso8601, WhatIsWrittenReadsBackTheSame) {
    SeededRandom random(1);
    for (int i = 0; i < 20'000; ++i) {
        const Instant t{
            Duration{static_cast<std::int64_t>(random.below(4'000'000'000'000'000)) - 1'000'000'000'000'000}};
        EXPECT_EQ(at(format_instant(t)), t);
    }
}

TEST(Iso8601, AnIntervalRunsForward) {
    EXPECT_EQ(parse_interval("2026-01-01T00:00:00Z/2026-01-02T00:00:00Z").value().to, at("2026-01-02T00:00:00Z"));
    EXPECT_FALSE(parse_interval("2026-01-02T00:00:00Z/2026-01-01T00:00:00Z").has_value());
}

TEST(Oslo, TheSpringDayHas23HoursAndTheAutumnDay25) {
    const Zone oslo = Zone::oslo();
    const Instant spring = oslo.start_of_day(at("2026-03-29T10:00:00Z"));
    EXPECT_EQ(oslo.day_after(spring) - spring, 23h);
    const Instant autumn = oslo.start_of_day(at("2026-10-25T10:00:00Z"));
    EXPECT_EQ(oslo.day_after(autumn) - autumn, 25h);
    EXPECT_EQ(format_instant(autumn), "2026-10-24T22:00:00Z");
}

TEST(Oslo, TheDoubledHourIsTwoHours) {
    const Zone oslo = Zone::oslo();
    EXPECT_EQ(oslo.start_of_hour(at("2026-10-25T00:30:00Z")), at("2026-10-25T00:00:00Z"));
    EXPECT_EQ(oslo.start_of_hour(at("2026-10-25T01:30:00Z")), at("2026-10-25T01:00:00Z"));
    const CivilTime doubled{.year = 2026, .month = 10, .day = 25, .hour = 2, .minute = 30};
    EXPECT_EQ(oslo.instant(doubled, Ambiguous::earlier).value(), at("2026-10-25T00:30:00Z"));
    EXPECT_EQ(oslo.instant(doubled, Ambiguous::later).value(), at("2026-10-25T01:30:00Z"));
    EXPECT_FALSE(oslo.instant(doubled, Ambiguous::refuse).has_value());
}

TEST(Oslo, TheSkippedHourIsRefused) {
    const CivilTime skipped{.year = 2026, .month = 3, .day = 29, .hour = 2, .minute = 30};
    EXPECT_FALSE(Zone::oslo().instant(skipped, Ambiguous::earlier).has_value());
}

TEST(Oslo, MonthsAndYearsBeginAtMidnightInOslo) {
    const Zone oslo = Zone::oslo();
    EXPECT_EQ(format_instant(oslo.start_of_month(at("2026-07-15T12:00:00Z"))), "2026-06-30T22:00:00Z");
    EXPECT_EQ(format_instant(oslo.month_after(at("2026-12-15T12:00:00Z"))), "2026-12-31T23:00:00Z");
    EXPECT_EQ(format_instant(oslo.start_of_year(at("2026-07-15T12:00:00Z"))), "2025-12-31T23:00:00Z");
}

TEST(Oslo, CivilTimeReadsBackOutsideTheDoubledHour) {
    const Zone oslo = Zone::oslo();
    SeededRandom random(2);
    for (int i = 0; i < 5'000; ++i) {
        const Instant t{Duration{static_cast<std::int64_t>(random.below(2'000'000'000'000'000))}};
        const auto early = oslo.instant(oslo.civil(t), Ambiguous::earlier).value();
        const auto late = oslo.instant(oslo.civil(t), Ambiguous::later).value();
        EXPECT_TRUE(early == t || late == t);
    }
}

}  // namespace
}  // namespace bypuls
