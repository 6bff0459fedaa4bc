// What is said of votes by points and rankings, of sub-budgets, and of numbers that are not quite all or none.
#include "city/participation/explanation/sentences.h"

#include <algorithm>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "city/participation/explanation/commands.h"

namespace bypuls::participation::explanation {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// What `count --explain` says of an election; no-break spaces are told as plain ones.
std::string told(const std::string& election, const std::string& rule, const std::string& language = "nb") {
    const std::map<std::string, std::string> files = {{"e.json", election}, {"rule.toml", rule}};
    std::ostringstream out;
    std::ostringstream err;
    const Surroundings around{.read_file = [&](const std::string& path) -> Result<std::string> {
                                  const auto at = files.find(path);
                                  return at == files.end() ? Result<std::string>(fail(Errc::not_found, path))
                                                           : at->second;
                              },
                              .out = out,
                              .err = err};
    const std::vector<std::string> words = {"e.json",    "--rule",     rule.contains('=') ? "rule.toml" : rule,
                                            "--explain", "--language", language};
    EXPECT_EQ(count_command(words, around), exit_ok) << err.str();
    std::string text = out.str();
    for (std::size_t at = text.find("\u00a0"); at != std::string::npos; at = text.find("\u00a0", at)) {
        text.replace(at, std::string_view("\u00a0").size(), " ");
    }
    return text;
}

constexpr const char* points =
    R"({"budget":"10","kind":"points","projects":[{"id":"b","name":"Huske","cost":"8"},{"id":"c","name":"Stor","cost":"5"},
        {"id":"d","name":"Gratis","cost":"0"},{"id":"z","name":"Ingen","cost":"3"}],
        "ballots":[{"choices":["b","d"],"points":[9,1]},{"choices":["c"],"points":[1],"count":2}]})";

TEST(Sentences, OfPointsTellThePointsThatDecideAndTheVoters) {
    EXPECT_THAT(
        told(points, "greedy"),
        AllOf(HasSubstr("      betalt       poeng     velgere  prosjekt\n           0           1           1  d"),
              HasSubstr("Det er poengene som teller, ikke hvor mange som valgte et prosjekt."),
              HasSubstr("«Gratis» fikk 1 poeng fra 1 velger og koster ingenting."),
              HasSubstr("«Huske» fikk 9 poeng fra 1 velger og blir bygget. Det koster 8 kroner."),
              HasSubstr("«Stor» fikk 2 poeng fra 2 velgere og ble ikke med. Hadde 1 velger til gitt det 10 poeng "
                        "og ikke valgt noe annet, ville det blitt bygget. Det ville også holdt om det hadde "
                        "kostet 3 kroner mindre."),
              HasSubstr("«Ingen» fikk ingen poeng."), Not(HasSubstr("stemmer"))));
    EXPECT_THAT(
        told(points, "greedy", "nn"),
        AllOf(HasSubstr("«Huske» fekk 9 poeng frå 1 veljar og blir bygd."),
              HasSubstr("Hadde 1 veljar til gitt det 10 poeng og ikkje valt noko anna, ville det blitt bygd.")));
    EXPECT_THAT(told(points, "greedy", "en"),
                AllOf(HasSubstr("“Gratis” got 1 point from 1 voter"), HasSubstr("“Huske” got 9 points from 1 voter"),
                      HasSubstr("Had 1 more voter given it 10 points and chosen nothing else")));
    // The rule beside is not "most votes first" either.
    EXPECT_THAT(told(points, "mes-cost"), AllOf(HasSubstr("Med regelen «flest poeng først» ville"),
                                                HasSubstr("Den som ga et prosjekt flere poeng, betaler mer av det.")));
    EXPECT_THAT(told(points, "phragmen"),
                HasSubstr("Regelen ser på hvor mange som valgte et prosjekt, ikke på poengene."));
}

TEST(Sentences, OfAThresholdNameItInWhatItIsAskedIn) {
    const char* election =
        R"({"budget":"100","kind":"points","projects":[{"id":"a","name":"A","cost":"60"},{"id":"b","name":"B","cost":"60"}],
            "ballots":[{"choices":["a"],"points":[9]},{"choices":["b"],"points":[1],"count":5}]})";
    const std::string rule = "method = \"greedy\"\nscore_min = 6\nties = [\"alphabetical\"]\n";
    EXPECT_THAT(told(election, rule),
                AllOf(HasSubstr("«A» fikk 9 poeng fra 1 velger og blir bygget."),
                      HasSubstr("«B» fikk 5 poeng fra 5 velgere. Reglene krever minst 6 poeng.")));
    std::string votes = election;
    for (const std::string& with :
         {std::string("points"), std::string(R"(,"points":[9])"), std::string(R"(,"points":[1])")}) {
        votes.replace(votes.find(with), with.size(), with == "points" ? "approval" : "");
    }
    EXPECT_THAT(told(votes, rule), HasSubstr("«A» fikk 1 stemme. Reglene krever minst 6 stemmer."));
}

TEST(Sentences, OfRankingsTellWhatAPlaceIsWorth) {
    const char* election =
        R"({"budget":"100","kind":"ranking","ranking_length":3,"projects":[{"id":"a","name":"A","cost":"60"},
            {"id":"b","name":"B","cost":"60"}],"ballots":[{"choices":["a"],"count":3},{"choices":["b","a"],"count":2}]})";
    EXPECT_THAT(
        told(election, "greedy"),
        AllOf(HasSubstr("Førsteplassen på en stemmeseddel gir 3 poeng, og hver plass nedover ett poeng mindre. Det "
                        "er poengene som teller"),
              HasSubstr("«A» fikk 13 poeng fra 5 velgere og blir bygget."),
              HasSubstr("«B» fikk 6 poeng fra 2 velgere og ble ikke med. Hadde 3 velgere til satt det først og "
                        "ikke valgt noe annet, ville det blitt bygget.")));
    const std::string top = "method = \"greedy\"\nranking = \"approval\"\nranking_top = 1\nties = [\"alphabetical\"]\n";
    EXPECT_THAT(told(election, top), AllOf(HasSubstr("En stemme er en førsteplass på en stemmeseddel."),
                                           HasSubstr("«A» fikk 3 stemmer og blir bygget.")));
}

TEST(Sentences, OfPaymentsByPointsTellWhatAPointCosts) {
    EXPECT_THAT(told(points, "mes-points"),
                HasSubstr("Runde 2: «Stor», 5 kroner. 2 av 2 velgere hadde noe igjen å betale med; de som hadde nok, "
                          "betalte 2,50 kroner for hvert poeng. Det svarer til 2 poeng."));
}

constexpr const char* pots =
    R"({"budget":"100","kind":"approval","pots":[{"name":"Nord","budget":"10"}],"projects":[
        {"id":"a","name":"Benk","cost":"9","pot":"Nord"},{"id":"b","name":"Huske","cost":"80"},
        {"id":"c","name":"Stor","cost":"90"},{"id":"d","name":"Bord","cost":"8","pot":"Nord"}],
        "ballots":[{"choices":["a"],"count":3},{"choices":["d"],"count":1},{"choices":["b"],"count":8},
        {"choices":["c"],"count":1}]})";

TEST(Sentences, OfSubBudgetsNameThePotOfEverything) {
    EXPECT_THAT(
        told(pots, "mes-cost-add1"),
        AllOf(HasSubstr("Runde 1, «Nord»: «Benk», 9 kroner."), HasSubstr("Runde 2, det felles budsjettet: «Huske»"),
              HasSubstr("I «Nord» gikk 9 kroner av 10 kroner til 1 prosjekt. I det felles budsjettet gikk 80 "
                        "kroner av 100 kroner til 1 prosjekt."),
              HasSubstr("Det koster 9 kroner. Pengene kommer fra «Nord»."),
              HasSubstr("Det koster 80 kroner. Pengene kommer fra det felles budsjettet."),
              HasSubstr("Det konkurrerte om pengene i «Nord»."),
              HasSubstr("Det konkurrerte om pengene i det felles budsjettet.")));
    EXPECT_THAT(told(pots, "mes-cost-add1"),
                AllOf(HasSubstr("I «Nord» hadde hver velger 7,77 kroner å bruke."),
                      HasSubstr("I det felles budsjettet hadde hver velger 89,69 kroner å bruke."),
                      Not(HasSubstr("Alle fikk"))));
    EXPECT_THAT(told(pots, "greedy", "nn"), HasSubstr("Pengane kjem frå det felles budsjettet."));
    EXPECT_THAT(told(pots, "greedy", "en"), AllOf(HasSubstr("The money comes from “Nord”."),
                                                  HasSubstr("It competed for the money of the common budget.")));
    const std::string moved = "method = \"greedy\"\nleft_over = \"to-common\"\nties = [\"alphabetical\"]\n";
    EXPECT_THAT(told(pots, moved), HasSubstr("I det felles budsjettet gikk 80 kroner av 101 kroner til 1 prosjekt."));
}

TEST(Sentences, OfALoserShutOutByAWinnerNameItAndWhatItWouldHaveTaken) {
    const char* election =
        R"({"budget":"100","kind":"approval","exclusive":[["a","c"]],"projects":[{"id":"a","name":"A","cost":"80"},
            {"id":"c","name":"C","cost":"15"}],"ballots":[{"choices":["a"],"count":9},{"choices":["c"],"count":8}]})";
    EXPECT_THAT(told(election, "mes-cost-add1"),
                AllOf(HasSubstr("«C» fikk 8 stemmer og ble ikke med. Bare ett av «C» og «A» kan bygges, og det blir "
                                "«A». Med 1 stemme til fra velgere som bare valgte dette, ville det blitt bygget i "
                                "stedet."),
                      HasSubstr("Av «A» og «C» kan bare ett bygges."), Not(HasSubstr("manglet"))));
    EXPECT_THAT(told(election, "greedy", "nn"), HasSubstr("Berre eitt av «C» og «A» kan byggjast, og det blir «A»."));
    EXPECT_THAT(told(election, "greedy", "en"),
                HasSubstr("Only one of “C” and “A” can be built, and that is “A”. With 1 vote more from voters who "
                          "chose only this, it would have been built instead."));
    std::string scored(election);
    scored.replace(scored.find("approval"), 8, "points");
    scored.replace(scored.find("[\"a\"],\"count"), 5, R"(["a"],"points":[2])");
    scored.replace(scored.find("[\"c\"],\"count"), 5, R"(["c"],"points":[2])");
    EXPECT_THAT(told(scored, "greedy"),
                HasSubstr("og det blir «A». Hadde 1 velger til gitt det 2 poeng og ikke valgt noe annet"));
}

TEST(Sentences, OfOneOfAThingAreInTheSingular) {
    const char* one =
        R"({"budget":"100","kind":"approval","projects":[{"id":"a","name":"A","cost":"1"},{"id":"b","name":"B","cost":"60"}],
            "ballots":[{"choices":["a"],"count":1},{"choices":["b"],"count":2}]})";
    EXPECT_THAT(told(one, "mes-cost"),
                HasSubstr("1 av 1 velger hadde noe igjen å betale med; de som hadde nok, betalte 1 "
                          "krone hver. Det svarer til 1 stemme."));
    EXPECT_THAT(told(one, "mes-cost", "en"), HasSubstr("1 of 1 voter had"));
}

TEST(Percent, IsNeverAllOrNoneUnlessItIs) {
    using words::Language;
    EXPECT_EQ(percent_digits(Language::nb, 1, 0), "100");
    EXPECT_EQ(percent_digits(Language::nb, 0, 0), "0");
    EXPECT_EQ(percent_digits(Language::nb, 0.5, 0), "50");
    EXPECT_EQ(percent_digits(Language::nb, 2549 / 2553.0, 0), "99,8");
    EXPECT_EQ(percent_digits(Language::en, 0.0004, 0), "0.04");
    EXPECT_EQ(percent_digits(Language::nb, 99999 / 100000.0, 1), "99,999");
    EXPECT_EQ(percent_digits(Language::en, 0, 1), "0.0");
}

TEST(Percent, OfAlmostAllTellsThatItIsNotAll) {
    const char* almost =
        R"({"budget":"100","kind":"approval","projects":[{"id":"a","name":"A","cost":"60"},{"id":"b","name":"B","cost":"60"}],
            "ballots":[{"choices":["a"],"count":2549},{"choices":["b"],"count":4}]})";
    EXPECT_THAT(told(almost, "greedy"), HasSubstr("99,8 % av dem som valgte noe, får minst ett prosjekt"));
    EXPECT_THAT(told(almost, "greedy", "en"), HasSubstr("99.8% of those who chose something"));
}

}  // namespace
}  // namespace bypuls::participation::explanation
