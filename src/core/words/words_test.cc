#include <cmath>
#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

#include "core/files.h"
#include "core/testing/folder.h"
#include "core/time/iso8601.h"
#include "core/time/oslo.h"
#include "core/words/catalogue.h"
#include "core/words/format.h"

namespace bypuls::words {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

std::string from_source(const std::string& path) {
    return read_text_file(std::string(std::getenv("BYPULS_SOURCE_DIR")) + "/" + path).value();
}

Instant at(const json& text) {
    return parse_instant(text.get<std::string>()).value();
}

/// Runs `write(language, row)` on each row of cases.json; the last three columns are what nb, nn and en must say.
template <typename Write>
void expect_cases(const std::string& name, Write write) {
    const json cases = json::parse(from_source("src/core/words/cases.json"));
    ASSERT_FALSE(cases.at(name).empty());
    for (const json& row : cases.at(name)) {
        for (const Language language : all_languages) {
            const auto column = row.size() - all_languages.size() + static_cast<std::size_t>(language);
            EXPECT_EQ(write(language, row), row.at(column).get<std::string>()) << name << " " << row.dump();
        }
    }
}

TEST(Format, NumbersFollowEachLanguage) {
    expect_cases("number", [](Language in, const json& row) { return number(in, row[0], row[1]); });
    expect_cases("quantity",
                 [](Language in, const json& row) { return quantity(in, row[0], row[1], row[2].get<std::string>()); });
    expect_cases("distance", [](Language in, const json& row) { return distance(in, row[0]); });
}

TEST(Format, DatesFollowEachLanguage) {
    expect_cases("date", [](Language in, const json& row) { return date(in, at(row[0])); });
    expect_cases("short_date", [](Language in, const json& row) { return short_date(in, at(row[0])); });
    expect_cases("weekday", [](Language in, const json& row) { return weekday(in, at(row[0])); });
    expect_cases("time_of_day", [](Language in, const json& row) { return time_of_day(in, at(row[0])); });
    expect_cases("date_and_time", [](Language in, const json& row) { return date_and_time(in, at(row[0])); });
}

TEST(Format, AnAgeIsSaidAsANeighbourWouldSayIt) {
    expect_cases("age", [](Language in, const json& row) { return age(in, at(row[0]), at(row[1])); });
    expect_cases("length_of_time", [](Language in, const json& row) {
        return length_of_time(in, std::chrono::seconds(row[0].get<int>()));
    });
}

TEST(Format, WhatIsNoNumberIsNotShownAsOne) {
    EXPECT_EQ(number(Language::nb, std::nan(""), 1), "–");
    EXPECT_EQ(number(Language::nb, INFINITY, 1), "–");
}

RC_GTEST_PROP(Format, AnyNumberReadsBackAsItself, (int raw)) {
    const double value = raw / 10.0;
    std::string text = number(Language::en, value, 1);
    std::erase(text, ',');
    if (text.starts_with("\u2212")) {
        text.replace(0, std::string_view("\u2212").size(), "-");
    }
    RC_ASSERT(std::abs(std::stod(text) - value) < 1e-6);
}

RC_GTEST_PROP(Format, EveryMinuteOfTheLastHourHasItsOwnAge, ()) {
    const auto minutes = *rc::gen::inRange(0, 59);
    const auto later = *rc::gen::inRange(0, 59);
    const Instant now = parse_instant("2026-07-07T12:00:00Z").value();
    const auto words_of = [&](int ago) { return age(Language::en, now - ago * 1min, now); };
    RC_ASSERT((minutes == later) == (words_of(minutes) == words_of(later)));
}

TEST(Catalogue, SpeaksAllLanguages) {
    const Catalogue& built_in = Catalogue::built_in();
    EXPECT_EQ(Words(built_in, Language::nb)("nav.bathing"), "Bading");
    EXPECT_EQ(Words(built_in, Language::nn).plural("age.hours", 1), "for 1 time sidan");
    EXPECT_EQ(Words(built_in, Language::en).plural("age.minutes", 12), "12 minutes ago");
    EXPECT_EQ(Words(built_in, Language::nb)("shell.owner", {{"owner", "Drammen kommune"}}),
              "Drammen kommune eier og driver Bypuls.");
}

TEST(Catalogue, NamesItselfWhenAKeyMadeAtRunTimeIsUnknown) {
    EXPECT_EQ(Catalogue::built_in().lookup(Language::nb, "no.such"), "[no.such]");
    EXPECT_FALSE(Catalogue::built_in().has("no.such"));
}

TEST(Catalogue, EveryKeyThatTheCompilerKnowsIsThere) {
    for (const std::string_view key : detail::known_keys) {
        EXPECT_TRUE(Catalogue::built_in().has(key)) << key;
    }
    EXPECT_EQ(Catalogue::built_in().keys().size(), detail::known_keys.size());
}

TEST(Catalogue, NoSentenceIsLongerThanTwentyWordsOrShouts) {
    const Catalogue& built_in = Catalogue::built_in();
    for (const std::string_view key : built_in.keys()) {
        for (const Language language : all_languages) {
            std::string text = built_in.lookup(language, key);
            EXPECT_EQ(text.find('!'), std::string::npos) << key;
            std::size_t words = 0;
            for (std::size_t i = 0; i < text.size(); ++i) {
                words += static_cast<std::size_t>(text[i] == ' ');
                if (text[i] == '.' || text[i] == '?' || text[i] == ':') {
                    words = 0;
                }
                EXPECT_LT(words, 21) << tag_of(language) << " " << key << ": " << text;
            }
        }
    }
}

Result<Catalogue> parse_three(const std::string& nb, const std::string& nn, const std::string& en) {
    return Catalogue::parse(
        {{"x.nb.json", Language::nb, nb}, {"x.nn.json", Language::nn, nn}, {"x.en.json", Language::en, en}});
}

TEST(Catalogue, TellsAllFaultsAtOnce) {
    const auto parsed = parse_three(R"({"a": "{name}", "b.one": "x", "c": "{"})", R"({"a": "{nome}", "d": 3})", "[]");
    ASSERT_FALSE(parsed.has_value());
    const std::string& what = parsed.error().what;
    EXPECT_THAT(what, HasSubstr("'a': nn has other names"));
    EXPECT_THAT(what, HasSubstr("'b.one' has no .other"));
    EXPECT_THAT(what, HasSubstr("braces of 'c'"));
    EXPECT_THAT(what, HasSubstr("'d' is not a text"));
    EXPECT_THAT(what, HasSubstr("x.en.json: not a JSON object"));
    EXPECT_THAT(what, HasSubstr("en lacks 'a'"));
}

TEST(Catalogue, RefusesAKeyThatStandsTwice) {
    const std::string twice = R"({"a": "x", "a": "y"})";
    EXPECT_THAT(parse_three(twice, R"({"a": "x"})", R"({"a": "x"})").error().what, HasSubstr("twice"));
}

TEST(Catalogue, PutsInOnlyWhatIsGiven) {
    const auto catalogue = parse_three(R"({"a": "{x} og {y}"})", R"({"a": "{y}{x}"})", R"({"a": "{x}{y}"})").value();
    EXPECT_EQ(catalogue.lookup(Language::nb, "a", {{"x", "{y}"}}), "{y} og {y}");
    EXPECT_EQ(catalogue.lookup(Language::nn, "a", {{"x", "1"}, {"y", "2"}}), "21");
}

class OwnWords : public testing::Test {
protected:
    void write(const std::string& name, const std::string& text) { ASSERT_TRUE(write_text_file(folder_ / name, text)); }
    TestFolder folder_;
};

TEST_F(OwnWords, ATownMaySayThingsItsOwnWay) {
    write("town.nb.json", R"({"nav.bathing": "Bad i Drammen"})");
    const auto catalogue = Catalogue::built_in_with(folder_.path()).value();
    EXPECT_EQ(catalogue.text(Language::nb, "nav.bathing"), "Bad i Drammen");
    EXPECT_EQ(catalogue.text(Language::en, "nav.bathing"), "Swimming");
}

TEST_F(OwnWords, ButNotInventKeysOrNames) {
    write("town.nb.json", R"({"nav.bathingg": "x", "shell.owner": "{eier}"})");
    const auto catalogue = Catalogue::built_in_with(folder_.path());
    ASSERT_FALSE(catalogue.has_value());
    EXPECT_THAT(catalogue.error().what, HasSubstr("no message 'nav.bathingg'"));
    EXPECT_THAT(catalogue.error().what, HasSubstr("'shell.owner' must have the same names"));
}

}  // namespace
}  // namespace bypuls::words
