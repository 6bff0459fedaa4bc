#include "city/bathing/history.h"

#include <gmock/gmock.h>

#include "city/bathing/plane_fixture_test.h"
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

/// `count` usable rows, `apart` from each other.
std::vector<HistoryRow> rows_from(Instant first, Duration apart, int count) {
    std::vector<HistoryRow> rows;
    for (int i = 0; i < count; ++i) {
        const double value = -12.3456 - (i % 40) * 0.173;
        rows.push_back(
            {.time = first + i * apart, .value = value, .low = value - 4.4444, .high = value + 3.3333, .count = 1440});
    }
    return rows;
}

TEST_F(HistoryPage, IsSmallWhateverIsAskedFor) {
    const pages::Site site;
    const Instant first = at("2024-01-01T00:00:00Z");
    struct Asked {
        std::optional<Step> step;
        Duration apart;
        int count;
        Duration span;
    };
    for (const auto& [step, apart, count, length] : {Asked{{}, 1min, 1000, 24h},
                                                     {{}, 1h, 72, 72h},
                                                     {{}, 6min, 720, 72h},
                                                     {Step::hour, 1h, 96, 4 * 24h},
                                                     {Step::hour, 1h, 361, 15 * 24h},
                                                     {Step::day, 24h, 100, 100 * 24h},
                                                     {Step::day, 24h, 400, 400 * 24h},
                                                     {Step::month, 730h, 300, 300 * 730h}}) {
        for (const auto language : {words::Language::nb, words::Language::nn, words::Language::en}) {
            const std::string page =
                pages::document(site, history_page(site.words(language), {.place = pond,
                                                                          .stream = water,
                                                                          .span = {first, first + length},
                                                                          .step = step,
                                                                          .rows = rows_from(first, apart, count),
                                                                          .now = first + length}));
            EXPECT_LE(page.size(), 50'000U) << count << " rows";
        }
    }
}

TEST_F(HistoryPage, ManyHoursAreToldByTheDayAndEachDayLeadsToItsHours) {
    const Interval fortnight = days_between(day_named("2026-06-05"), day_named("2026-06-18"), now);
    const std::string body = page({.place = pond,
                                   .stream = water,
                                   .span = fortnight,
                                   .step = Step::hour,
                                   .rows = rows_from(fortnight.from, 1h, 14 * 24),
                                   .now = now});
    EXPECT_THAT(body, AllOf(HasSubstr("Velg et døgn for å lese timene."), HasSubstr("34 560")));
    EXPECT_THAT(body, HasSubstr("href=\"/bading/pond/historikk?property=water_temperature&amp;from=2026-06-18&amp;to="
                                "2026-06-18\"><time datetime=\"2026-06-17T22:00:00Z\">18. juni 2026</time></a>"));
}

TEST_F(HistoryPage, ManyReadingsAreToldByTheHourAndDoubtedOnesDoNotCount) {
    auto rows = rows_from(span.from, 1min, 180);
    rows[70].quality.set(Quality::range);
    rows[70].low = -1000;
    const auto hours = by_period(rows, Period::hour);
    ASSERT_EQ(hours.size(), 3U);
    EXPECT_EQ(hours[1].time, span.from + 1h);
    EXPECT_EQ(hours[1].count, 59U * 1440);
    EXPECT_GT(hours[1].low, -100);
    EXPECT_THAT(page({.place = pond, .stream = water, .span = span, .rows = rows, .now = now}),
                AllOf(HasSubstr("Time for time"), HasSubstr("Tvilsomme"), HasSubstr("umulig verdi")));
}

TEST_F(HistoryPage, AnHourOfDoubtedReadingsHasARowThatSaysSo) {
    auto rows = rows_from(span.from, 1min, 180);
    for (std::size_t i = 60; i < 120; ++i) {
        rows[i].count = 1;
        rows[i].quality = Quality{Quality::stuck};
    }
    const auto hours = by_period(rows, Period::hour);
    ASSERT_EQ(hours.size(), 3U);
    EXPECT_EQ(hours[1].count, 0U);
    EXPECT_EQ(hours[1].doubted, 60U);
    for (HistoryRow& row : rows) {
        row.quality.set(Quality::stuck);
    }
    const std::string body = page({.place = pond, .stream = water, .span = span, .rows = rows, .now = now});
    EXPECT_THAT(body, AllOf(HasSubstr("<td class=\"bp-number\">–</td>"), HasSubstr("står fast"),
                            HasSubstr("Alle målingene i perioden er tvilsomme."), Not(HasSubstr("nan"))));
}

/// What a page reads of one datastream.
class ReadHistory : public testing::Test {
protected:
    /// One reading each `apart` from the start of 5 June.
    void put(int count, Duration apart, Quality quality = {}, int first = 0) {
        std::vector<observations::Arrival> rows;
        for (int i = first; i < count; ++i) {
            rows.push_back({water_.id, {span_.from + i * apart, 10.0 + i % 60, quality}});
        }
        std::vector<observations::Outcome> outcomes(rows.size());
        ASSERT_TRUE(plane_.store->append(rows, {++records_}, outcomes));
    }
    HistoryModel read() const {
        HistoryModel model{.place = pond_, .stream = water_, .span = span_, .now = now};
        EXPECT_TRUE(read_history(plane_, model));
        return model;
    }

    const publication::PublicStream water_{.id = {1}, .property = "water_temperature", .unit = "Cel"};
    const publication::PublicPlace pond_{.slug = "pond", .name = {.nb = "Tjernet"}, .streams = {water_}};
    const Interval span_ = days_between(day_named("2026-06-05"), day_named("2026-06-05"), now);
    OneStream plane_;
    std::uint64_t records_ = 0;
};

TEST_F(ReadHistory, ADayWithAReadingEachMinuteHasAllItsHoursWhole) {
    put(1440, 1min);
    const HistoryModel model = read();
    EXPECT_TRUE(model.more);
    EXPECT_EQ(model.rows.size(), history_rows_max);
    ASSERT_EQ(model.hours.size(), 24U);
    EXPECT_EQ(model.hours.front().time, span_.from);
    for (const HistoryRow& hour : model.hours) {
        EXPECT_EQ(hour.count, 60U);
        EXPECT_DOUBLE_EQ(hour.value, 39.5);
    }
    const pages::Site site;
    const std::string body = history_page(site.words(words::Language::nb), model).body.text();
    EXPECT_THAT(body, HasSubstr("5. juni 2026 kl. 00.00</time>"));
    EXPECT_THAT(body, HasSubstr("flere målinger enn det er plass til"));
}

TEST_F(ReadHistory, AnHourThatCannotBeReadWholeIsLeftOut) {
    put(110'000, 500ms);
    const HistoryModel model = read();
    ASSERT_EQ(model.hours.size(), 14U) << "the newest 100 000 begin within the second hour; the last has begun";
    for (std::size_t i = 0; i + 1 < model.hours.size(); ++i) {
        EXPECT_EQ(model.hours[i].count, 7200U);
    }
}

TEST_F(ReadHistory, FewReadingsNeedNoHours) {
    put(24, 1h);
    EXPECT_EQ(read().rows.size(), 24U);
    EXPECT_TRUE(read().hours.empty());
    EXPECT_FALSE(read().more);
}

TEST_F(ReadHistory, AMonthOfDoubtedReadingsAloneSaysHowManyAndLeadsToThem) {
    const Interval month = days_between(day_named("2026-06-01"), day_named("2026-06-30"), now);
    const auto body_of = [&](const Interval& span, words::Language language) {
        HistoryModel model{.place = pond_, .stream = water_, .span = span, .step = step_for(span), .now = now};
        EXPECT_TRUE(read_history(plane_, model));
        return history_page(pages::Site().words(language), model).body.text();
    };
    EXPECT_THAT(body_of(month, words::Language::nb), HasSubstr("Ingen målinger"));

    put(1200, 1min, Quality{Quality::stuck});
    EXPECT_THAT(
        body_of(month, words::Language::nb),
        AllOf(HasSubstr("1\u00a0200 målinger i perioden, og alle er tvilsomme"), Not(HasSubstr("Ingen målinger")),
              HasSubstr("from=2026-06-05&amp;to=2026-06-05\">Les den siste dagen med målinger, 5. juni 2026")));
    EXPECT_THAT(body_of(month, words::Language::nn), HasSubstr("alle er tvilsame"));
    EXPECT_THAT(body_of(month, words::Language::en), HasSubstr("1,200 readings in this period, and all are doubted"));
    EXPECT_THAT(body_of(span_, words::Language::nb), HasSubstr("står fast")) << "where the link leads";
    const Interval before{month.from - 30 * 24h, month.from};
    EXPECT_THAT(body_of(before, words::Language::nb), HasSubstr("Ingen målinger"));
}

TEST_F(ReadHistory, ABlockThatCannotBeReadLeavesThePageWithoutWhatIsDoubted) {
    const Interval month = days_between(day_named("2026-06-01"), day_named("2026-06-30"), now);
    put(1200, 1min, Quality{Quality::stuck});
    for (bool OneStream::* const damaged : {&OneStream::count_is_damaged, &OneStream::range_is_damaged}) {
        plane_.*damaged = true;
        HistoryModel model{.place = pond_, .stream = water_, .span = month, .step = step_for(month), .now = now};
        const auto done = read_history(plane_, model);
        ASSERT_TRUE(done) << done.error();
        EXPECT_EQ(model.doubted, 0U);
        EXPECT_THAT(history_page(pages::Site().words(words::Language::nb), model).body.text(),
                    HasSubstr("Ingen målinger"));
        plane_.*damaged = false;
    }
}

TEST_F(ReadHistory, OneUsableReadingAmongDoubtedOnesIsAHistory) {
    const Interval month = days_between(day_named("2026-06-01"), day_named("2026-06-30"), now);
    put(10, 1h, Quality{Quality::stuck});
    put(11, 1h, {}, 10);
    HistoryModel model{.place = pond_, .stream = water_, .span = month, .step = step_for(month), .now = now};
    ASSERT_TRUE(read_history(plane_, model));
    EXPECT_EQ(model.rows.size(), 1U);
    EXPECT_EQ(model.doubted, 0U);
}

TEST(History, PeriodsPutTogetherWeighTheirPartsByReadings) {
    const std::vector<HistoryRow> rows{{.time = now, .value = 10, .low = 4, .high = 11, .count = 3},
                                       {.time = now + 1h, .value = 20, .low = 15, .high = 25, .count = 1}};
    const auto days = by_period(rows, Period::day);
    ASSERT_EQ(days.size(), 1U);
    EXPECT_EQ(days[0].time, at("2026-07-04T22:00:00Z"));
    EXPECT_DOUBLE_EQ(days[0].value, 12.5);
    EXPECT_EQ(days[0].low, 4);
    EXPECT_EQ(days[0].high, 25);
    EXPECT_EQ(days[0].count, 4U);
    EXPECT_EQ(by_period(rows, Period::year)[0].time, at("2025-12-31T23:00:00Z"));
}

TEST_F(HistoryPage, ASpanWithoutReadingsSaysSoAndStillAsks) {
    const std::string body = page({.place = pond, .stream = water, .span = span, .now = now});
    EXPECT_THAT(body, AllOf(HasSubstr("Ingen målinger"), HasSubstr("<form"), Not(HasSubstr("data-island"))));
}

}  // namespace
}  // namespace bypuls::bathing
