#include "city/bathing/history.h"

#include <gmock/gmock.h>

#include "core/time/iso8601.h"

namespace bypuls::bathing {
namespace {

using namespace std::chrono_literals;
using observations::Quality;
using observations::Step;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Instant at(const char* text) {
    return parse_instant(text).value();
}

const Instant now = at("2026-07-05T10:00:00Z");

TEST(History, DaysAreThoseOfTheClockOnTheWall) {
    EXPECT_EQ(day_named("2026-06-05"), at("2026-06-04T22:00:00Z"));
    EXPECT_EQ(day_name(at("2026-06-04T22:00:00Z")), "2026-06-05");
    for (const std::string_view bad : {"", "2026-02-30", "2026-6-5", "05.06.2026", "2026-06-05T", "-026-06-05"}) {
        EXPECT_FALSE(day_named(bad).has_value()) << bad;
    }
}

TEST(History, BothDaysAreIncludedInEitherOrderAndAWeekIsMeantByDefault) {
    const Interval three{at("2026-06-04T22:00:00Z"), at("2026-06-07T22:00:00Z")};
    EXPECT_EQ(days_between(day_named("2026-06-05"), day_named("2026-06-07"), now), three);
    EXPECT_EQ(days_between(day_named("2026-06-07"), day_named("2026-06-05"), now), three);
    EXPECT_EQ(days_between({}, {}, now), (Interval{at("2026-06-28T22:00:00Z"), at("2026-07-05T22:00:00Z")}));
    // The clocks are set forward on 29 March 2026.
    const Interval spring = days_between(day_named("2026-03-29"), day_named("2026-03-29"), now);
    EXPECT_EQ(spring.to - spring.from, 23h);
}

TEST(History, ALongerSpanIsShownMoreCoarsely) {
    const auto step = [](int days) { return step_for({now, now + days * 24h}); };
    EXPECT_EQ(step(3), std::nullopt);
    EXPECT_EQ(step(7), Step::hour);
    EXPECT_EQ(step(90), Step::day);
    EXPECT_EQ(step(366), Step::day);
    EXPECT_EQ(step(1500), Step::month);
}

class HistoryPage : public testing::Test {
protected:
    std::string page(HistoryModel model) const {
        const pages::Site site;
        return history_page(site.words(words::Language::nb), model).body.text();
    }

    publication::PublicStream water{.id = {1}, .property = "water_temperature", .unit = "Cel", .source = "Drammen"};
    publication::PublicPlace pond{.slug = "pond", .name = {.nb = "Tjernet"}, .streams = {water}};
    Interval span = days_between(day_named("2026-06-05"), day_named("2026-06-05"), now);
};

TEST_F(HistoryPage, EveryReadingStandsInTheTableWithItsMarksInWords) {
    const std::string body = page({.place = pond,
                                   .stream = water,
                                   .span = span,
                                   .rows = {{.time = span.from + 1h, .value = 19.4, .low = 19.4, .high = 19.4},
                                            {.time = span.from + 2h,
                                             .value = -50,
                                             .low = -50,
                                             .high = -50,
                                             .quality = Quality{Quality::range} | Quality::gap}},
                                   .now = now});
    EXPECT_THAT(body, AllOf(HasSubstr("19,4"), HasSubstr("−50,0"), HasSubstr("umulig verdi, etter opphold")));
    EXPECT_THAT(body, AllOf(HasSubstr("I vannet, 5. juni 2026<"), Not(HasSubstr("5. juni 2026 til"))));
    EXPECT_THAT(body, HasSubstr("Lavest 19,4\u00a0°C")) << "a marked reading is no extreme";
    EXPECT_THAT(body, HasSubstr("series.csv?property=water_temperature&amp;from=2026-06-04T22:00:00Z&amp;to="
                                "2026-06-05T22:00:00Z"));
    EXPECT_THAT(body, AllOf(HasSubstr(R"(type="date" value="2026-06-05")"), HasSubstr(R"(data-island="history")")));
}

TEST_F(HistoryPage, ASpanWithoutReadingsSaysSoAndStillAsks) {
    const std::string body = page({.place = pond, .stream = water, .span = span, .now = now});
    EXPECT_THAT(body, AllOf(HasSubstr("Ingen målinger"), HasSubstr("<form"), Not(HasSubstr("data-island"))));
}

}  // namespace
}  // namespace bypuls::bathing
