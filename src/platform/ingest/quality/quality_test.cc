#include "platform/ingest/quality/quality.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

#include "core/text.h"
#include "core/time/oslo.h"

namespace bypuls::ingest::quality {
namespace {

using observations::Quality;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

const Rule* rule_for(std::string_view property) {
    return Rules::shipped().find(property);
}

const Rule& water() {
    return *rule_for("water_temperature");
}

Instant at(Duration since) {
    return Instant{Duration{1'720'000'000'000'000}} + since;
}

std::vector<Reading> hourly(std::initializer_list<double> values) {
    std::vector<Reading> series;
    for (const double value : values) {
        series.push_back({at(1h * static_cast<int>(series.size())), value, {}});
    }
    return series;
}

std::vector<std::string> flags(const std::vector<Reading>& series, const Rule& rule = water()) {
    std::vector<std::string> texts;
    for (const auto& assessment : assess_history(series, rule)) {
        texts.push_back(to_string(assessment.quality));
    }
    return texts;
}

/// What the demonstration town has, and so shows or tells its staff.
nlohmann::json town() {
    const char* source = std::getenv("BYPULS_SOURCE_DIR");
    EXPECT_NE(source, nullptr) << "tells where the sources are, as CTest does";
    std::ifstream file(std::string(source == nullptr ? "." : source) + "/demo/drammen/town.json");
    return nlohmann::json::parse(file, nullptr, false);
}

TEST(Quality, has_a_rule_for_each_property_that_the_town_shows) {
    const auto properties = town().at("properties");
    ASSERT_GE(properties.size(), 9U);
    for (const auto& [property, says] : properties.items()) {
        SCOPED_TRACE(property);
        const Rule* rule = rule_for(property);
        ASSERT_NE(rule, nullptr);
        EXPECT_EQ(rule->unit, says.at("unit").get<std::string>());
        EXPECT_LT(*rule->lowest, *rule->highest);
        EXPECT_GT(rule->gap_after, 0us);
        EXPECT_GT(rule->stale_after, 0us);
        EXPECT_GT(rule->future_after, 0us);
        EXPECT_EQ(fault_of(*rule), std::nullopt);
    }
    for (const auto& [name, profile] : town().at("profiles").items()) {
        for (const auto& field : profile.at("fields")) {
            EXPECT_TRUE(properties.contains(field.at("property").get<std::string>())) << name;
        }
    }
    EXPECT_EQ(rule_for("pressure"), nullptr);
}

TEST(Quality, judges_snow_that_melts_and_samples_that_come_seldom) {
    std::vector<Reading> melting;
    std::vector<Reading> samples;
    for (int i = 0; i < 100; ++i) {
        melting.push_back({at(1h * i), 0, {}});
        samples.push_back({at(18 * 24h * i), i % 2 == 0 ? 10.0 : 4'000, {}});
    }
    EXPECT_THAT(flags(melting, *rule_for("snow_temperature")), testing::Each(""));
    EXPECT_THAT(flags(samples, *rule_for("e_coli")), testing::Each(""));
    EXPECT_THAT(flags({{at(0h), 85, {}}}, *rule_for("snow_temperature")), ElementsAre("range"));
    EXPECT_THAT(flags({{at(0h), -1, {}}, {at(24h), 1e9, {}}}, *rule_for("intestinal_enterococci")),
                ElementsAre("range", "range"));
    EXPECT_EQ(assess({}, {at(0h), 10, {}}, at(3 * 24h), *rule_for("e_coli")).quality, Quality{})
        << "a laboratory takes its days";
}

TEST(Rules, of_an_operator_take_the_place_of_ours_or_stand_beside_them) {
    Rules rules;
    const std::size_t ours = rules.all().size();
    Rule warmer = water();
    warmer.highest = 60;
    rules.put(warmer);
    rules.put(expected_hourly({.property = "pressure", .unit = "hPa", .lowest = 850, .highest = 1100}));
    EXPECT_EQ(rules.all().size(), ours + 1);
    EXPECT_EQ(rules.find("water_temperature")->highest, 60);
    EXPECT_EQ(rules.find("pressure")->stale_after, 3h);
    EXPECT_EQ(rules.find("pressur"), nullptr);
    EXPECT_EQ(rules.find("zz"), nullptr);
    EXPECT_EQ(Rules::shipped().find("pressure"), nullptr);
    EXPECT_EQ(rules.stale_after("pressure", 2h), 6h);
    EXPECT_EQ(rules.stale_after("nothing", 2h), 6h);
}

TEST(Rules, that_cannot_be_judged_by_say_why) {
    EXPECT_EQ(fault_of({.lowest = 5, .highest = 5}), "lowest (5) must be below highest (5)");
    EXPECT_EQ(fault_of({.per_hour = 1}), "per_hour is what readings may differ by beyond jump, which is missing");
    EXPECT_EQ(fault_of({.lowest = 1, .stuck_after = 1h, .resting = 0}),
              "resting (0) must lie between lowest and highest");
    EXPECT_EQ(fault_of({.still = 1}), "resting and still say what is not stuck, and stuck_after is missing");
    EXPECT_EQ(fault_of({}), std::nullopt);
}

TEST(Quality, flags_what_is_physically_impossible_and_says_why) {
    const auto assessment = assess({}, {at(0h), -50, {}}, at(0h), water());
    EXPECT_EQ(assessment.quality, Quality::range);
    ASSERT_THAT(assessment.findings, SizeIs(1));
    EXPECT_EQ(assessment.findings[0].check, Check::range);
    EXPECT_EQ(assessment.findings[0].sentence, "-50 Cel is below -2 Cel");
    EXPECT_EQ(assess({}, {at(0h), 85, {}}, at(0h), water()).findings[0].sentence, "85 Cel is above 40 Cel");
    EXPECT_EQ(assess({}, {at(0h), std::numeric_limits<double>::quiet_NaN(), {}}, at(0h), water()).quality,
              Quality::range);
}

TEST(Quality, flags_a_single_spike_and_neither_neighbour) {
    EXPECT_THAT(flags(hourly({18.1, 18.2, 31.0, 18.3, 18.4})), ElementsAre("", "", "spike", "", ""));
    EXPECT_THAT(flags(hourly({18.1, 18.2, -50, 18.3, 18.4})), ElementsAre("", "", "range", "", ""));
    EXPECT_THAT(flags(hourly({18.1, 31.0, -50, 2.0, 18.4})), ElementsAre("", "spike", "range", "spike", ""));
    const auto spike = assess_history(hourly({18.1, 31.0}), water()).back();
    EXPECT_EQ(spike.findings[0].sentence, "31 Cel after 18.1 Cel, 60 minutes before");
}

TEST(Quality, believes_a_new_level_at_its_third_reading) {
    EXPECT_THAT(flags(hourly({18, 18, 9, 9.1, 9.2, 9.1, 9})), ElementsAre("", "", "spike", "spike", "", "", ""));
}

TEST(Quality, believes_a_large_change_after_a_long_silence) {
    EXPECT_THAT(flags({{at(0h), 20, {}}, {at(24h), 8, {}}}), ElementsAre("", "gap"));
}

TEST(Quality, flags_a_sensor_that_no_longer_moves) {
    std::vector<Reading> series;
    for (int hour = 0; hour < 100; ++hour) {
        series.push_back({at(1h * hour), hour < 10 ? 15 + 0.1 * hour : 16.5, {}});
    }
    const auto judged = flags(series);
    EXPECT_EQ(judged[10 + 72], "");
    EXPECT_EQ(judged[10 + 73], "stuck");
    series.push_back({at(100h), 16.6, {}});
    EXPECT_EQ(flags(series).back(), "");
}

TEST(Quality, does_not_call_a_resting_value_stuck) {
    std::vector<Reading> dark;
    for (int hour = 0; hour < 24 * 60; ++hour) {
        dark.push_back({at(1h * hour), 0, {}});
    }
    EXPECT_THAT(flags(dark, *rule_for("uv_index")), testing::Each(""));
    EXPECT_THAT(flags(dark, *rule_for("snow_depth")), testing::Each(""));
}

TEST(Quality, does_not_call_few_equal_readings_stuck) {
    EXPECT_THAT(flags({{at(0h), 4, {}}, {at(100h), 4, {}}, {at(200h), 4, {}}}), ElementsAre("", "gap", "gap"));
}

TEST(Quality, tells_late_from_future) {
    EXPECT_EQ(assess({}, {at(0h), 18, {}}, at(2h), water()).quality, Quality::late);
    const auto ahead = assess({}, {at(0h), 18, {}}, at(-11min), water());
    EXPECT_TRUE(ahead.future);
    EXPECT_TRUE(ahead.quality.good());
    EXPECT_EQ(ahead.findings[0].sentence, "measured 11 minutes after it arrived");
    EXPECT_FALSE(assess({}, {at(0h), 18, {}}, at(-10min), water()).future);
}

TEST(Quality, judges_a_late_reading_by_its_own_past) {
    const auto series = hourly({18, 18, 18, 18});
    EXPECT_EQ(assess(series, {at(90min), 18.2, {}}, at(91min), water()).quality, Quality{});
    EXPECT_EQ(assess(series, {at(90min), 28, {}}, at(91min), water()).quality, Quality::spike);
    EXPECT_EQ(assess(series, {at(-1h), 28, {}}, at(-1h), water()).quality, Quality{});
}

TEST(Quality, keeps_the_flags_a_reading_came_with) {
    EXPECT_EQ(assess({}, {at(0h), 99, Quality::clock}, at(0h), water()).quality,
              Quality{Quality::clock} | Quality::range);
}

TEST(Quality, knows_when_the_newest_reading_is_no_longer_now) {
    EXPECT_EQ(Rules::shipped().stale_after("water_temperature", 10min), 3h);
    EXPECT_EQ(Rules::shipped().stale_after("water_temperature", 6h), 18h)
        << "a sensor that reports rarely is not always stale";
    EXPECT_EQ(expected_interval(R"({"interval_s":600})"), 600s);
    EXPECT_EQ(expected_interval("{}"), 1h);
    EXPECT_EQ(expected_interval(R"({"interval_s":-5})"), 1s);
    EXPECT_EQ(Rules::shipped().stale_after("nitrate", 1h), 3h) << "a property without a rule";
}

// --- properties --------------------------------------------------------------------------------------------------

std::vector<Reading> any_series(std::size_t size_max = 60) {
    std::vector<Reading> series;
    Instant time = at(0h);
    for (const auto step : *rc::gen::resize(
             static_cast<int>(size_max), rc::gen::arbitrary<std::vector<std::pair<std::uint16_t, std::int16_t>>>())) {
        time += 1s * (1 + step.first % 20'000);
        series.push_back({time, step.second / 500.0, {}});
    }
    return series;
}

RC_GTEST_PROP(QualityProperties, range_is_flagged_exactly_outside_the_bounds, ()) {
    const Rule& rule = Rules::shipped().all()[*rc::gen::inRange<std::size_t>(0, Rules::shipped().all().size())];
    const double value = *rc::gen::arbitrary<std::int32_t>() / 1e6;
    const bool outside = value < *rule.lowest || value > *rule.highest;
    RC_ASSERT(assess({}, {at(0h), value, {}}, at(0h), rule).quality.has(Quality::range) == outside);
}

RC_GTEST_PROP(QualityProperties, what_moves_slowly_is_never_a_spike, ()) {
    std::vector<Reading> series;
    double value = 15;
    Instant time = at(0h);
    for (const auto step : *rc::gen::arbitrary<std::vector<std::int8_t>>()) {
        time += 10min;
        value = std::clamp(value + *water().jump * step / 128, 0.0, 30.0);
        series.push_back({time, value, {}});
    }
    for (const auto& assessment : assess_history(series, water())) {
        RC_ASSERT(!assessment.quality.has(Quality::spike));
    }
}

RC_GTEST_PROP(QualityProperties, one_outlier_in_a_calm_series_is_the_only_one_flagged, ()) {
    const auto size = *rc::gen::inRange<std::size_t>(2, 40);
    const auto place = *rc::gen::inRange<std::size_t>(1, size);
    const double outlier = *rc::gen::element(-50.0, -30.0, 1.0, 30.0, 85.0, 1e9, -1e9);
    std::vector<Reading> series;
    for (std::size_t i = 0; i < size; ++i) {
        series.push_back({at(1h * static_cast<int>(i)), 15 + 0.1 * static_cast<double>(i % 5), {}});
    }
    series[place].value = outlier;
    const auto judged = assess_history(series, water());
    for (std::size_t i = 0; i < size; ++i) {
        RC_ASSERT(judged[i].quality.usable() == (i != place));
    }
}

RC_GTEST_PROP(QualityProperties, the_same_series_at_another_time_is_judged_the_same, ()) {
    auto series = any_series();
    const auto before = assess_history(series, water());
    for (auto& reading : series) {
        reading.time += 1000h;
    }
    const auto after = assess_history(series, water());
    for (std::size_t i = 0; i < series.size(); ++i) {
        RC_ASSERT(before[i].quality == after[i].quality);
    }
}

RC_GTEST_PROP(QualityProperties, impossible_readings_change_nothing_for_the_value_of_others, ()) {
    const auto series = any_series();
    const Reading next{series.empty() ? at(1h) : series.back().time + 1h, *rc::gen::inRange(-1, 39) * 1.0, {}};
    auto judged = series;
    const auto history = assess_history(series, water());
    for (std::size_t i = 0; i < series.size(); ++i) {
        judged[i].quality = history[i].quality;
    }
    auto disturbed = judged;
    disturbed.push_back({next.time - 30min, -50, Quality::range});
    const auto calm = assess(judged, next, next.time, water()).quality;
    const auto rough = assess(disturbed, next, next.time, water()).quality;
    RC_ASSERT(calm.has(Quality::spike) == rough.has(Quality::spike));
    RC_ASSERT(calm.has(Quality::range) == rough.has(Quality::range));
}

RC_GTEST_PROP(QualityProperties, a_history_is_judged_as_its_readings_one_by_one, ()) {
    const auto series = any_series();
    const auto judged = assess_history(series, water());
    std::vector<Reading> past;
    for (std::size_t i = 0; i < series.size(); ++i) {
        const auto alone = assess(past, series[i], series[i].time, water());
        RC_ASSERT(alone.quality == judged[i].quality);
        RC_ASSERT(alone.findings.size() == judged[i].findings.size());
        past.push_back({series[i].time, series[i].value, alone.quality});
    }
}

RC_GTEST_PROP(QualityProperties, every_flag_found_has_its_reason, ()) {
    for (const auto& assessment : assess_history(any_series(), water())) {
        std::uint8_t reasons = 0;
        for (const auto& finding : assessment.findings) {
            RC_ASSERT(!finding.sentence.empty());
            ++reasons;
        }
        RC_ASSERT(std::popcount(assessment.quality.bits()) == reasons);
    }
}

// --- a real series -----------------------------------------------------------------------------------------------

/// Column `column` of the Bergen series; rows without a value are passed over.
std::vector<Reading> bergen(std::size_t column) {
    const char* shared = std::getenv("BYPULS_SHARED_DIR");
    std::ifstream file(std::string(shared == nullptr ? "" : shared) +
                       "/data/sensors/bathing/nordnes_sjobad_bergen_2024-2025.csv");
    std::vector<Reading> series;
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
        const auto cells = split(line, ',');
        CivilTime c;
        const std::string time(cells.at(0));
        char* end = nullptr;
        const std::string cell(trim(cells.at(column)));
        const double value = std::strtod(cell.c_str(), &end);
        if (std::sscanf(time.c_str(), "%d-%u-%u %d:%d:%d", &c.year, &c.month, &c.day, &c.hour, &c.minute, &c.second) !=
                6 ||
            end == cell.c_str() || !std::isfinite(value)) {
            continue;
        }
        const auto instant = Zone::oslo().instant(c, Ambiguous::earlier);
        if (instant && (series.empty() || *instant > series.back().time)) {
            series.push_back({*instant, value, {}});
        }
    }
    return series;
}

TEST(QualityOnBergen, flags_the_impossible_readings_and_none_of_their_neighbours) {
    const auto series = bergen(1);
    if (series.empty()) {
        GTEST_SKIP() << "nordnes_sjobad_bergen_2024-2025.csv is not here";
    }
    const auto judged = assess_history(series, water());
    const auto is_impossible = [](const Reading& r) { return r.value == -50.0; };
    ASSERT_EQ(std::ranges::count_if(series, is_impossible), 4);  // 7 July 2025 at 13, 18, 19 and 20 hours
    for (std::size_t i = 0; i < series.size(); ++i) {
        EXPECT_EQ(judged[i].quality.has(Quality::range), is_impossible(series[i])) << i;
        const bool beside =
            (i > 0 && is_impossible(series[i - 1])) || (i + 1 < series.size() && is_impossible(series[i + 1]));
        if (beside && !is_impossible(series[i])) {
            EXPECT_TRUE(judged[i].quality.usable()) << i << ": " << series[i].value;
        }
    }
    std::size_t unusable = 0;
    std::size_t counts[8] = {};
    for (std::size_t i = 0; i < judged.size(); ++i) {
        unusable += judged[i].quality.usable() ? 0 : 1;
        for (unsigned bit = 0; bit < 8; ++bit) {
            counts[bit] += (judged[i].quality.bits() >> bit) & 1U;
        }
    }
    std::printf("%zu readings: range %zu, spike %zu, stuck %zu, gap %zu\n", judged.size(), counts[0], counts[1],
                counts[2], counts[3]);
    EXPECT_LT(unusable, series.size() / 100) << "good readings are not thrown away";
}

}  // namespace
}  // namespace bypuls::ingest::quality
