#include <cmath>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/files.h"
#include "core/time/iso8601.h"
#include "core/words/format.h"
#include "platform/pages/page.h"
#include "platform/pages/parts.h"

/// One page with every part on it, held to the rules of all pages. With BYPULS_SPECIMEN_DIR set, the pages are also
/// written there, for web/e2e to look at.
namespace bypuls::pages {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using words::Language;
using words::Words;

const Instant now = parse_instant("2026-07-05T12:30:00Z").value();

Site site() {
    Site town{.errands = {{"bathing", "/bading"}, {"data", "/data"}},
              .contact = "mailto:post@example.org",
              .accessibility_statement = "https://uustatus.no/",
              .privacy = "/personvern",
              .developers = "/utviklere",
              .source_code = "https://example.org/bypuls",
              .status = "/status",
              .demonstration = true};
    const std::string manifest = std::string(std::getenv("BYPULS_SOURCE_DIR")) + "/web/dist/.vite/manifest.json";
    if (const auto json = read_text_file(manifest)) {
        town.assets = Assets::parse(*json).value();
    }
    return town;
}

Value value(const Words& say, std::string label, double number, std::string_view unit, Duration ago) {
    const Language in = say.language();
    return {.label = std::move(label),
            .number = words::number(in, number, words::decimals_of(unit)),
            .unit = std::string(words::unit_symbol(unit)),
            .time = now - ago,
            .age = words::age(in, now - ago, now),
            .simulated = true};
}

/// A day of water temperature, with a gap and a spike.
std::string curve_props() {
    std::string readings;
    for (int hour = 0; hour <= 48; ++hour) {
        if (hour > 20 && hour < 26) {
            continue;
        }
        const bool spike = hour == 14;
        const double warmth = 18.6 + 0.9 * std::sin((hour - 11) * 2 * M_PI / 24) + hour * 0.012;
        readings += fmt::format(R"({}{{"time":"{}","value":{:.1f}{}}})", readings.empty() ? "" : ",",
                                format_instant(now - (48 - hour) * 1h), spike ? -50.0 : warmth,
                                spike ? R"(,"usable":false,"flags":["range"])" : "");
    }
    return fmt::format(R"({{"place":"landfalltjern","property":"water_temperature","unit":"Cel","from":"{}","to":"{}",)"
                       R"("interval_seconds":3600,"latitude":59.762,"longitude":10.196,"readings":[{}]}})",
                       format_instant(now - 48h), format_instant(now), readings);
}

std::string season_props() {
    std::string days;
    for (int day = 0; day < 110; ++day) {
        const std::string date =
            format_instant(parse_instant("2026-05-20T12:00:00Z").value() + day * 24h).substr(0, 10);
        const double usual = 12 + 7 * std::sin(day * M_PI / 110);
        const std::string mean =
            day < 47 && (day < 20 || day > 22) ? fmt::format("{:.1f}", usual + 0.6 + std::sin(day * 0.7)) : "null";
        days += fmt::format(
            R"({}{{"date":"{}","mean":{},"earlier_min":{:.1f},"earlier_mean":{:.1f},"earlier_max":{:.1f}}})",
            days.empty() ? "" : ",", date, mean, usual - 1.8, usual, usual + 1.9);
    }
    return fmt::format(R"({{"unit":"Cel","days":[{}]}})", days);
}

Html answer(const Words& say) {
    Value water = value(say, "I vannet ved Landfalltjern", 19.4, "Cel", 12min);
    water.trend = trend_text(say, 0.8, "Cel", 3h, false);
    water.live = "landfalltjern/water_temperature";
    return breadcrumbs(say, {{"Drammen", "/"}, {say("nav.bathing"), "/bading"}, {"Landfalltjern", ""}}) +
           html("<h1>Landfalltjern</h1>\n") + key_value(say, water) + live_state();
}

Html others(const Words& say) {
    Value uv = value(say, "UV-indeks", 5, "1", 40min);
    uv.class_name = "Moderat";
    uv.class_tone = "fair";
    Value air = value(say, "I luften", 22.1, "Cel", 26h);
    air.certainty = Certainty::last_good;
    Value snow = value(say, "Snødybde", 0, "cm", 100h);
    snow.certainty = Certainty::stale;
    Value missing{.label = "Fuktighet", .certainty = Certainty::missing};
    return value_list(value_row(say, air) + value_row(say, uv) + value_row(say, snow) + value_row(say, missing));
}

Html charts(const Words& say) {
    const Language in = say.language();
    std::vector<std::vector<Html>> rows;
    for (int hour = 0; hour < 12; ++hour) {
        rows.push_back({time_tag(now - hour * 1h, words::time_of_day(in, now - hour * 1h)),
                        html("{}", words::quantity(in, 19.4 - hour * 0.1, 1, "Cel"))});
    }
    return chart(say, {.id = "today",
                       .title = "Vannet er 0,8 grader varmere enn i morges",
                       .subtitle = "Vanntemperatur de siste 48 timene, °C.",
                       .summary = "Fra 18,1 grader natt til søndag til 19,4 grader nå.",
                       .island = "curve",
                       .props_json = curve_props(),
                       .table = table("Vanntemperatur time for time", {{"Tid"}, {"Vann", true}}, rows),
                       .source = "Drammen kommune",
                       .csv_href = "/a.csv",
                       .json_href = "/a.json",
                       .simulated = true}) +
           chart(say, {.id = "season",
                       .title = "Varmere enn vanlig siden midten av juni",
                       .subtitle = "Døgnmiddel i år mot 2021–2025, °C.",
                       .summary = "I år ligger over middelet i 31 av 44 dager.",
                       .island = "season",
                       .props_json = season_props(),
                       .table = table("Døgnmiddel", {{"Dag"}, {"I år", true}}, {{html("1. juni"), html("14,2 °C")}}),
                       .source = "Drammen kommune"});
}

Html the_rest(const Words& say) {
    return html("<h2>Vannkvalitet</h2>") +
           notice(say, Tone::warning, "Prøven fra 1. juli var mindre god",
                  html("<p>E. coli 320 per 100 ml. {}</p>", tag("Mindre god", "poor"))) +
           html("<h2>Meld fra</h2>") +
           form({.action = "/x", .method = "post", .button = "Meld fra"},
                field(say,
                      {.name = "about", .label = "Hva gjelder det", .hint = "Kort, med egne ord", .required = true}) +
                    field(say,
                          {.name = "mail", .label = "E-post", .error = "Skriv en adresse med @", .type = "email"})) +
           empty_state("Ingen prøver ennå", "Prøver tas hver annen uke fra 1. juni.");
}

Page specimen(const Words& say) {
    return {.language = say.language(),
            .title = "Landfalltjern",
            .description = "Vanntemperatur ved Landfalltjern nå.",
            .path = "/bading/landfalltjern",
            .errand = "bathing",
            .body = answer(say) + others(say) + charts(say) + the_rest(say),
            .simulated = true,
            .islands = {"curve", "season"}};
}

Page places(const Words& say) {
    struct Spot {
        const char* slug;
        const char* name;
        double latitude;
        double longitude;
        double warmth;
    };
    const std::vector<Spot> spots = {{"landfalltjern", "Landfalltjern", 59.762, 10.196, 19.4},
                                     {"blektjern", "Blektjern", 59.776, 10.176, 18.9},
                                     {"vannverksdammen", "Vannverksdammen", 59.727, 10.17, 18.2},
                                     {"stordammen", "Stordammen", 59.712, 10.243, 18.0},
                                     {"sota", "Sota fjordpark", 59.722, 10.28, 17.1},
                                     {"bragernes", "Bragernes strand", 59.744, 10.19, 16.8}};
    std::vector<Entry> entries;
    std::vector<SketchMark> marks;
    std::string on_map;
    for (const Spot& spot : spots) {
        const std::string number = words::quantity(say.language(), spot.warmth, 1, "Cel");
        const std::string mark = std::to_string(marks.size() + 1);
        marks.push_back({mark, spot.name, fmt::format("/bading/{}", spot.slug), {spot.longitude, spot.latitude}});
        entries.push_back({.id = spot.slug,
                           .href = fmt::format("/bading/{}", spot.slug),
                           .name = spot.name,
                           .mark = mark,
                           .front = html("{}", number),
                           .details = age_tag(say, now - 12min, words::age(say.language(), now - 12min, now)) +
                                      certainty_tag(Certainty::fresh, {"siste sikre måling", "måleren svarer ikke"}),
                           .live = fmt::format("{}/water_temperature", spot.slug),
                           .none = "Ingen måling nå",
                           .latitude = spot.latitude,
                           .longitude = spot.longitude});
        on_map += fmt::format(R"({}{{"name":"{}","href":"/bading/{}","latitude":{},"longitude":{},"text":"{}"}})",
                              on_map.empty() ? "" : ",", spot.name, spot.slug, spot.latitude, spot.longitude,
                              words::number(say.language(), spot.warmth, 1) + "°");
    }
    const std::string borders = std::string(std::getenv("BYPULS_SOURCE_DIR")) + "/web/public/basemap/drammen.geojson";
    const Html drawing =
        sketch(say, Basemap::parse(read_text_file(borders).value()).value(), "Kartverket, CC BY 4.0", marks);
    const Html map =
        island("places-map",
               fmt::format(R"({{"places":[{}],"approximate":true,"borders":{}}})", on_map,
                           R"({"url":"/basemap/drammen.geojson","source":"Kartverket, CC BY 4.0","neighbours":true})"),
               drawing);
    return {.language = say.language(),
            .title = say("nav.bathing"),
            .path = "/bading",
            .errand = "bathing",
            .body = html("<h1>{}</h1><div class=\"bp-halves\"><div>{}{}{}</div><div>{}</div></div>", say("nav.bathing"),
                         island("nearest", "{}", Html()), entry_list(entries), live_state(), map),
            .islands = {"nearest", "places-map"},
            .wide = true};
}

void keep(const std::string& name, const std::string& page) {
    if (const char* const folder = std::getenv("BYPULS_SPECIMEN_DIR")) {
        std::filesystem::create_directories(folder);
        ASSERT_TRUE(write_text_file(fmt::format("{}/{}.html", folder, name), page));
    }
}

class Specimen : public testing::TestWithParam<Language> {};

TEST_P(Specimen, HoldsToTheRulesOfAllPages) {
    const Site town = site();
    const Words say = town.words(GetParam());
    const std::string tag(words::tag_of(GetParam()));
    const std::string error = error_document(
        town, {.status = 404, .language = GetParam(), .id = "01JZ3X9V7M8K2T", .suggestion = "/bading/landfalltjern"});
    const std::string status = document(
        town, {.language = GetParam(),
               .title = say("health.title"),
               .path = "/status",
               .body = health_body(
                   say, {{"Journal", HealthCheck::State::ok}, {"MQTT", HealthCheck::State::warning, "port_taken"}})});
    const std::string place = document(town, specimen(say));
    const std::string list = document(town, places(say));
    for (const std::string& page : {error, status, place, list}) {
        EXPECT_LT(page.size(), 50'000U) << "HTML at most 50 kB";
        EXPECT_THAT(page, Not(HasSubstr(" style=")));
        EXPECT_THAT(page, Not(HasSubstr("<style")));
        EXPECT_THAT(page, Not(HasSubstr("<script>")));
        EXPECT_THAT(page, Not(HasSubstr(">["))) << "a message is missing";
        EXPECT_THAT(page, HasSubstr("<html lang=\"" + tag + "\""));
        EXPECT_THAT(page, HasSubstr("<main id=\"main\" class=\"bp-column"));
        EXPECT_THAT(page, HasSubstr("</main>\n<footer"));
        std::size_t headings = 0;
        for (std::size_t at = page.find("<h1"); at != std::string::npos; at = page.find("<h1", at + 1)) {
            ++headings;
        }
        EXPECT_EQ(headings, 1U);
    }
    keep("place." + tag, place);
    keep("places." + tag, list);
    keep("status." + tag, status);
    keep("error." + tag, error);
}

INSTANTIATE_TEST_SUITE_P(InEveryLanguage, Specimen, testing::ValuesIn(words::all_languages),
                         [](const auto& language) { return std::string(words::tag_of(language.param)); });

}  // namespace
}  // namespace bypuls::pages
