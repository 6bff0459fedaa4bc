#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "city/participation/explanation/command_line.h"
#include "city/participation/explanation/commands.h"
#include "city/participation/explanation/metrics.h"
#include "city/participation/explanation/play_money.h"
#include "city/participation/explanation/report.h"
#include "city/participation/explanation/what_if.h"
#include "core/testing/pack.h"

namespace bypuls::participation::explanation {
namespace {

using counting::CountResult;
using counting::Election;
using counting::ProjectIndex;
using counting::Rule;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

void expect_golden(const std::string& name, const std::string& text) {
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
        std::ofstream(data_path(name), std::ios::binary) << text;
    }
    EXPECT_EQ(text, slurp(data_path(name)));
}

/// Runs a command on files in memory.
struct Terminal {
    std::map<std::string, std::string> files;
    std::ostringstream out = {};
    std::ostringstream err = {};
    bool watched = false;

    template <typename Command>
    int run(Command command, const std::vector<std::string>& words) {
        out.str("");
        err.str("");
        const Surroundings around{.read_file = [this](const std::string& path) -> Result<std::string> {
                                      const auto at = files.find(path);
                                      return at == files.end()
                                                 ? Result<std::string>(fail(Errc::not_found, path + ": no such file"))
                                                 : at->second;
                                  },
                                  .out = out,
                                  .err = err,
                                  .watched = watched};
        return command(words, around);
    }
};

Terminal terminal() {
    return {.files = {{"play.pb", slurp(data_path("play_money.pb"))}, {"place.pb", slurp(data_path("one_place.pb"))}}};
}

TEST(Metrics, OfASmallVoteAreWhatOneCountsByHand) {
    const Election election = play_money();
    const Rule rule = named("mes-cost");
    const CountResult result = count(election, rule).value();  // bike, playground, book shed

    const Metrics figures = metrics(election, rule, result);

    EXPECT_DOUBLE_EQ(figures.spent_share, 1000.0 / 1100.0);
    EXPECT_DOUBLE_EQ(figures.voters_with_a_winner, 1);
    EXPECT_DOUBLE_EQ(figures.mean_winners, (7.0 + 4 + 3) / 11);
    EXPECT_DOUBLE_EQ(figures.median_winners, 1);
    EXPECT_NEAR(figures.mean_kroner, (7 * 700.0 + 4 * 200 + 3 * 100) / 11, 1e-9);
    EXPECT_DOUBLE_EQ(figures.median_kroner, 700);
    // One has 200, three have 300 and seven have 700 each; a tenth is a voter and a tenth of one.
    ASSERT_EQ(figures.tenths.size(), 10U);
    EXPECT_NEAR(std::accumulate(figures.tenths.begin(), figures.tenths.end(), 0.0), 1, 1e-12);
    EXPECT_NEAR(figures.tenths.back(), 1.1 * 700 / (7 * 700 + 4 * 200 + 3 * 100), 1e-12);
    EXPECT_NEAR(figures.tenths.front(), (200 + 0.1 * 300) / 6000, 1e-12);
    EXPECT_THAT(figures.underserved, IsEmpty());
}

TEST(Metrics, AMajorityThatTakesAllLeavesTheOthersUnderserved) {
    Election election;
    election.budget = 10000;
    for (const char* id : {"a", "b", "c"}) {
        election.projects.push_back({.id = id, .name = "", .cost = id[0] == 'c' ? 2000 : 5000});
    }
    const std::vector<counting::Choice> majority = {{0, 1}, {1, 1}};
    const std::vector<counting::Choice> minority = {{2, 1}};
    election.ballots.add(majority, 51);
    election.ballots.add(minority, 49);
    const Rule rule = named("greedy");
    const CountResult result = count(election, rule).value();

    const Metrics figures = metrics(election, rule, result);

    EXPECT_DOUBLE_EQ(figures.excluded_voters, 0.49);
    ASSERT_EQ(figures.underserved.size(), 1U);
    EXPECT_EQ(figures.underserved[0].project, 2U);
    EXPECT_EQ(figures.underserved[0].share, 4900);
    EXPECT_THAT(figures.prices, IsEmpty());
}

TEST(Metrics, ThePaymentsOfEqualSharesAreACertificateUntilSomethingElseFillsTheBudget) {
    const Election election = play_money();
    const Rule plain = named("mes-cost");
    const Rule filled = named("mes-cost-util");
    const Metrics paid = metrics(election, plain, count(election, plain).value());
    ASSERT_EQ(paid.prices.size(), 1U);
    EXPECT_TRUE(paid.prices[0].holds);
    EXPECT_EQ(paid.prices[0].share.fraction, "100");
    // The gym's six have paid all they had for the bike path. The park's five: three nothing, two 50/3 each.
    ASSERT_EQ(paid.prices[0].left.size(), 2U);
    EXPECT_EQ(paid.prices[0].left[0].project, 1U);
    EXPECT_EQ(paid.prices[0].left[0].left.fraction, "0");
    EXPECT_EQ(paid.prices[0].left[1].project, 2U);
    EXPECT_EQ(paid.prices[0].left[1].left.fraction, "100/3");

    Election richer = election;
    richer.budget = 1650 * counting::one_krone;  // the gym is filled in with what is left
    const CountResult with_more = count(richer, filled).value();
    const bool any_filled = std::ranges::any_of(
        with_more.rounds, [](const counting::Round& round) { return round.phase == counting::Phase::utilitarian; });
    ASSERT_TRUE(any_filled);
    EXPECT_FALSE(metrics(richer, filled, with_more).prices.at(0).holds);
}

/// A file that tells of its voters: `ages` and `places` are as long as there are voters.
std::string known_voters(const std::vector<int>& ages, const std::vector<std::string>& places) {
    std::string text =
        "META\nkey;value\nbudget;1000\nvote_type;approval\nrule;greedy\nPROJECTS\nproject_id;cost\na;600\nb;700\n"
        "VOTES\nvoter_id;vote;age;neighborhood\n";
    for (std::size_t i = 0; i < ages.size(); ++i) {
        text += std::to_string(i) + (ages[i] < 40 ? ";a;" : ";b;") + std::to_string(ages[i]) + ";" + places[i] + "\n";
    }
    return text;
}

TEST(Metrics, TellOfAgesAndPlacesButNeverOfFewerThanTen) {
    std::vector<int> ages(30, 20);
    std::vector<std::string> places(30, "Fjell");
    ages.insert(ages.end(), 12, 50);
    places.insert(places.end(), 12, "Konnerud");
    ages.insert(ages.end(), 3, 80);
    places.insert(places.end(), 3, "Svelvik");
    Terminal at = terminal();
    at.files["known.pb"] = known_voters(ages, places);

    ASSERT_EQ(at.run(count_command, {"known.pb", "--json"}), exit_ok) << at.err.str();

    // The three of Svelvik alone would be too few, and hidden alone they would follow from the rest.
    const auto groups = nlohmann::json::parse(at.out.str())["metrics"]["groups"];
    ASSERT_EQ(groups.size(), 4U);
    EXPECT_EQ(groups[0]["by"], "age");
    EXPECT_EQ(groups[0]["name"], "18–29");
    EXPECT_EQ(groups[0]["voters"], 30);
    EXPECT_EQ(groups[0]["with_a_winner"], 1);
    EXPECT_EQ(groups[0]["mean_kroner"], 600);
    EXPECT_EQ(groups[1]["name"], "");
    EXPECT_EQ(groups[1]["voters"], 15);
    EXPECT_EQ(groups[1]["with_a_winner"], 0);
    EXPECT_EQ(groups[2]["name"], "Fjell");
    EXPECT_EQ(groups[3]["voters"], 15);

    // The same result follows from the same file, with what stands beside it.
    at.run(count_command, {"known.pb", "--json", "--explain"});
    at.files["result.json"] = at.out.str();
    EXPECT_EQ(at.run(verify_count_command, {"known.pb", "result.json"}), exit_ok) << at.out.str() << at.err.str();
    auto other = nlohmann::json::parse(at.files["result.json"]);
    other["beside"][0]["spent"] = "1";
    at.files["result.json"] = other.dump();
    EXPECT_EQ(at.run(verify_count_command, {"known.pb", "result.json"}), exit_differs);
    EXPECT_THAT(at.out.str(), HasSubstr("beside[0].spent"));
}

TEST(WhatIf, TellsWhoGainsAndWhoLoses) {
    const Election election = play_money();
    const Rule rule = named("mes-cost-add1");
    const CountResult result = count(election, rule).value();

    const Difference by_greedy = what_if(election, rule, result, {.rule = named("greedy")}).value();
    const Difference withdrawn = what_if(election, rule, result, {.withdrawn = ProjectIndex{0}}).value();

    EXPECT_THAT(by_greedy.gained, ElementsAre(1));
    EXPECT_THAT(by_greedy.lost, ElementsAre(3, 4));
    EXPECT_FALSE(withdrawn.result.won(0));
    EXPECT_THAT(withdrawn.lost, ElementsAre(0));
}

TEST(Commands, CountTakesTheRuleFromTheFileAndIsTheSameToTheByte) {
    Terminal at = terminal();

    EXPECT_EQ(at.run(count_command, {"play.pb", "--json", "--explain"}), exit_ok) << at.err.str();

    expect_golden("play_money.json", at.out.str());
    const std::string first = at.out.str();
    at.run(count_command, {"play.pb", "--json", "--explain"});
    EXPECT_EQ(at.out.str(), first);
}

TEST(Commands, ExplainsInThreeLanguages) {
    for (const char* language : {"nb", "nn", "en"}) {
        Terminal at = terminal();
        EXPECT_EQ(at.run(count_command, {"play.pb", "--explain", "--language", language}), exit_ok);
        expect_golden(std::string("play_money.") + language + ".txt", at.out.str());
    }
}

TEST(Commands, ExplainThatOnlyOneOfTwoCanBeBuiltAndThatNothingIsFundedInPart) {
    for (const char* language : {"nb", "nn", "en"}) {
        Terminal at = terminal();
        EXPECT_EQ(at.run(count_command, {"place.pb", "--explain", "--language", language}), exit_ok);
        expect_golden(std::string("one_place.") + language + ".txt", at.out.str());
    }
    Terminal at = terminal();
    EXPECT_EQ(at.run(count_command, {"place.pb", "--json"}), exit_ok);
    const auto json = nlohmann::json::parse(at.out.str());
    EXPECT_EQ(json["projects"][1]["shut_out_by"], "rink");
    EXPECT_EQ(json["exclusive"].dump(), R"([["rink","slide"]])");
    EXPECT_EQ(json["partial_left_out"].dump(), R"(["stage"])");
    EXPECT_FALSE(json["projects"][0].contains("shut_out_by"));
}

TEST(Commands, VerifyAcceptsAResultFromBeforeExclusionWasToldAndNoFalseOne) {
    Terminal at = terminal();
    at.run(count_command, {"place.pb", "--json"});
    const auto whole = nlohmann::ordered_json::parse(at.out.str());
    auto earlier = whole;
    earlier["projects"][1].erase("shut_out_by");
    earlier.erase("exclusive");
    earlier.erase("partial_left_out");
    auto forged = whole;
    forged["projects"][1]["shut_out_by"] = "stage";
    at.files["earlier.json"] = earlier.dump();
    at.files["forged.json"] = forged.dump();

    EXPECT_EQ(at.run(verify_count_command, {"place.pb", "earlier.json"}), exit_ok) << at.out.str() << at.err.str();
    EXPECT_EQ(at.run(verify_count_command, {"place.pb", "forged.json"}), exit_differs);
    EXPECT_THAT(at.out.str(), HasSubstr("projects[1].shut_out_by"));
}

TEST(Commands, VerifyTellsATrueResultFromAFalseOne) {
    Terminal at = terminal();
    at.run(count_command, {"play.pb", "--json"});
    at.files["true.json"] = at.out.str();
    at.files["false.json"] = at.out.str();
    std::string& forged = at.files["false.json"];
    forged.replace(forged.find("\"bike\", \"play\""), 14, "\"bike\", \"gym\", ");

    EXPECT_EQ(at.run(verify_count_command, {"play.pb", "true.json"}), exit_ok) << at.out.str() << at.err.str();
    EXPECT_THAT(at.out.str(), HasSubstr("the second implementation agrees"));
    EXPECT_EQ(at.run(verify_count_command, {"play.pb", "play.pb"}), exit_ok) << at.out.str();
    EXPECT_EQ(at.run(verify_count_command, {"play.pb", "play.pb", "--rule", "greedy"}), exit_differs);
    EXPECT_NE(at.run(verify_count_command, {"play.pb", "false.json"}), exit_ok);
}

TEST(Commands, WhichRuleListsThoseThatLeadToThePublishedOutcome) {
    Terminal at = terminal();

    EXPECT_EQ(at.run(count_command, {"play.pb", "--which-rule"}), exit_ok);

    EXPECT_THAT(at.out.str(), HasSubstr("mes-cost-add1\n"));
    EXPECT_THAT(at.out.str(), testing::Not(HasSubstr("greedy\n")));
}

TEST(Commands, CompareShowsRulesSideBySide) {
    Terminal at = terminal();

    EXPECT_EQ(at.run(compare_command, {"play.pb", "--rules", "greedy,mes-cost"}), exit_ok) << at.err.str();

    EXPECT_THAT(at.out.str(), HasSubstr("gym Treningsparken: greedy\n"));
    EXPECT_THAT(at.out.str(), HasSubstr("lib Bokboden: mes-cost\n"));
}

TEST(Commands, WhatIfTellsWhoWouldWinAndWhoWouldNot) {
    Terminal at = terminal();

    EXPECT_EQ(at.run(count_command, {"play.pb", "--what-if", "rule=greedy", "--what-if", "without=bike", "--what-if",
                                     "budget=2000", "--what-if", "cost:gym=100"}),
              exit_ok)
        << at.err.str();
    EXPECT_THAT(at.out.str(), HasSubstr("what if rule=greedy: 1100 of 1100 NOK; gained: gym; lost: play lib\n"));
    EXPECT_THAT(at.out.str(), HasSubstr("what if budget=2000: 1650 of 2000 NOK; gained: gym park; lost: none\n"));
    EXPECT_THAT(at.out.str(), HasSubstr("what if cost:gym=100: "));

    EXPECT_EQ(at.run(count_command, {"play.pb", "--json", "--what-if", "budget=2000"}), exit_ok);
    EXPECT_THAT(at.out.str(), HasSubstr(R"("change": "budget=2000")"));
    EXPECT_EQ(at.run(count_command, {"play.pb", "--what-if", "without=nothing"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("There is no project “nothing”."));
    EXPECT_EQ(at.run(count_command, {"play.pb", "--what-if", "moon=full"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("--what-if is budget=KRONER"));
}

TEST(WhatIf, AnotherBudgetAndAnotherCostAreWhatCountingThemGives) {
    const Election election = play_money();
    const Rule rule = named("mes-cost-add1");
    const CountResult result = count(election, rule).value();
    for (const counting::Money budget : {0, 30'000, 90'000, 200'000}) {
        Election other = election;
        other.budget = budget;
        const Difference difference = what_if(election, rule, result, {.budget = budget}).value();
        EXPECT_EQ(difference.result.winners, count_plainly(other, rule).value().winners);
    }
    for (ProjectIndex project = 0; project < election.projects.size(); ++project) {
        Election other = election;
        other.projects[project].cost = 5'000;
        const Difference difference =
            what_if(election, rule, result, {.cost = WhatIf::Cost{.project = project, .cost = 5'000}}).value();
        EXPECT_EQ(difference.result.winners, count_plainly(other, rule).value().winners);
        for (const ProjectIndex gained : difference.gained) {
            EXPECT_FALSE(result.won(gained));
            EXPECT_TRUE(difference.result.won(gained));
        }
    }
}

TEST(Commands, HelpTellsHowToAskAndNamesEveryRule) {
    Terminal at = terminal();

    EXPECT_EQ(at.run(count_command, {"--help"}), exit_ok);

    EXPECT_THAT(at.out.str(), HasSubstr("count FILE [--rule NAME|FILE.toml]"));
    for (const std::string& name : counting::builtin_rules()) {
        EXPECT_THAT(at.out.str(), HasSubstr("  " + name + "\n"));
    }
    EXPECT_EQ(at.run(verify_count_command, {"-h"}), exit_ok);
    EXPECT_THAT(at.out.str(), HasSubstr("Exit code: 0 it follows, 1 it does not, 2"));
}

TEST(Commands, RulesMayBeCalledAsFilesCallThem) {
    Terminal at = terminal();
    const std::vector<std::pair<std::string, std::string>> names = {{"greedy-skip", "greedy"},
                                                                    {"greedy-no-skip", "greedy-stop"},
                                                                    {"equalshares", "mes-cost"},
                                                                    {"equalshares/add1", "mes-cost-add1"},
                                                                    {"mes-cost-none", "mes-cost"}};
    for (const auto& [asked, printed] : names) {
        EXPECT_EQ(at.run(count_command, {"play.pb", "--rule", asked}), exit_ok) << at.err.str();
        EXPECT_THAT(at.out.str(), testing::StartsWith(printed + ": "));
    }
    for (const counting::OtherName& other : counting::other_names()) {
        EXPECT_EQ(at.run(count_command, {"play.pb", "--rule", std::string(other.name)}), exit_ok) << other.name;
        EXPECT_THAT(at.out.str(), testing::StartsWith(std::string(other.ours) + ": "));
        const auto refused = counting::rule_named(other.name);
        ASSERT_FALSE(refused.has_value()) << "one name of ours for each rule";
        EXPECT_THAT(refused.error().what, HasSubstr(fmt::format("Did you mean “{}”?", other.ours)));
        EXPECT_EQ(name_of(builtin(other.name).value()), other.ours);
        // A file may call it so too.
        auto document = pabulib::parse(at.files["play.pb"]).value();
        document.set_meta("rule", other.name);
        EXPECT_EQ(name_of(pabulib::rule_of(document).value()), other.ours);
    }
    EXPECT_EQ(at.run(count_command, {"play.pb", "--rule", "greedy-skp"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("Did you mean “greedy-skip”?"));
}

TEST(Commands, ThresholdAndGroupsOfARuleThatNeedsThemAreTheElections) {
    Terminal at = terminal();
    EXPECT_EQ(at.run(count_command, {"play.pb", "--rule", "greedy-threshold"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("META has no min_project_score_threshold"));
    EXPECT_EQ(at.run(count_command, {"play.pb", "--rule", "greedy-exclusive"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("Which projects exclude each other is not in the file"));

    std::string& file = at.files["play.pb"];
    file.insert(file.find("budget;"), "min_project_score_threshold;5\n");
    EXPECT_EQ(at.run(count_command, {"play.pb", "--rule", "greedy-threshold"}), exit_ok) << at.err.str();
    EXPECT_THAT(at.out.str(), testing::StartsWith("greedy-threshold-5: "));
    EXPECT_EQ(at.run(count_command, {"place.pb", "--rule", "greedy-exclusive"}), exit_ok) << at.err.str();
    EXPECT_THAT(at.out.str(), testing::StartsWith("greedy: "));
}

TEST(Commands, HowFarALongCountHasComeIsToldOnlyToThoseWhoWatch) {
    // A share of a hundredth of an øre a step takes more than a hundred raises.
    Terminal at = terminal();
    at.files["rule.toml"] =
        "method = \"equal-shares\"\ncompletion = \"add1\"\nstep = \"0.05\"\nties = [\"alphabetical\"]\n";
    const std::vector<std::string> words = {"place.pb", "--rule", "rule.toml"};

    EXPECT_EQ(at.run(count_command, words), exit_ok) << at.err.str();
    EXPECT_THAT(at.err.str(), IsEmpty());
    const std::string unwatched = at.out.str();
    at.watched = true;
    EXPECT_EQ(at.run(count_command, words), exit_ok);
    EXPECT_EQ(at.out.str(), unwatched);
    EXPECT_LE(std::ranges::count(at.err.str(), '\n'), 1);
}

TEST(Commands, WithoutALanguageEverythingIsEnglish) {
    Terminal at = terminal();
    EXPECT_EQ(at.run(count_command, {"play.pb", "--explain"}), exit_ok);
    const std::string plain = at.out.str();
    EXPECT_EQ(at.run(count_command, {"play.pb", "--explain", "--language", "en"}), exit_ok);
    EXPECT_EQ(at.out.str(), plain);
}

TEST(Commands, EveryMeasureIsToldWithWhatItMeans) {
    Terminal at = terminal();
    EXPECT_EQ(at.run(count_command, {"play.pb", "--explain", "--language", "nb"}), exit_ok);
    for (const char* told :
         {"  Lavere pris: ", "  Nye velgere som bare velger dette: 1 velger\n",
          "  Andre velgere som også velger dette, ", "  Det samme, når de trekkes tilfeldig: ",
          "  Det samme, når de som alt får mest, kommer først: ", "  Velgere av dette som ikke velger noe annet: ",
          "Å mangle 7 stemmer vil si at 7 nye velgere som bare valgte prosjektet, hadde vært nok."}) {
        EXPECT_THAT(at.out.str(), HasSubstr(told));
    }
    EXPECT_EQ(at.run(count_command, {"place.pb", "--explain", "--rule", "mes-cardinality-util"}), exit_ok);
    EXPECT_THAT(at.out.str(), HasSubstr("  The same, drawn at random: Never enough\n"));
}

TEST(Commands, PackedFilesAreUnpacked) {
    Terminal at = terminal();
    const std::string plain = at.files["play.pb"];
    const std::string packed = packed_with_zstd(plain);
    at.files["play.pb.zst"] = packed;
    EXPECT_EQ(at.run(count_command, {"play.pb", "--json"}), exit_ok);
    const std::string counted = at.out.str();
    EXPECT_EQ(at.run(count_command, {"play.pb.zst", "--json"}), exit_ok) << at.err.str();
    EXPECT_EQ(at.out.str(), counted);

    at.files["result.json.zst"] = packed_with_zstd(counted);
    EXPECT_EQ(at.run(verify_count_command, {"play.pb.zst", "result.json.zst"}), exit_ok) << at.err.str();

    at.files["cut.pb.zst"] = packed.substr(0, packed.size() / 2);
    EXPECT_EQ(at.run(count_command, {"cut.pb.zst", "--language", "nb"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("cut.pb.zst: Filen er pakket med gzip eller zstd, og pakken er skadet"));
}

TEST(Commands, TwoTablesOfCsvAreAnElectionToo) {
    Terminal at = terminal();
    at.files["projects.csv"] = "id,cost,name\na,60,Slide\nb,40,Swing\nc,50,Bench\n";
    at.files["ballots.csv"] = "vote\na|b\nb\nb|c\nc\n";

    const std::vector<std::string> words = {"projects.csv", "--ballots", "ballots.csv", "--budget",
                                            "100",          "--rule",    "greedy"};
    EXPECT_EQ(at.run(count_command, words), exit_ok) << at.err.str();
    EXPECT_THAT(at.out.str(), HasSubstr("greedy: 2 of 3 projects, 90 of 100 NOK"));

    EXPECT_EQ(at.run(count_command, {"projects.csv", "--rule", "greedy"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("--ballots FILE.csv"));
    at.files["ballots.csv"] = "vote\na\nx\n";
    EXPECT_EQ(at.run(count_command, words), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("line 3, column 1: There is no project “x”."));
}

TEST(Commands, AResultWrittenAsPabulibIsVerifiedAgainstTheBallots) {
    Terminal at = terminal();
    EXPECT_EQ(at.run(count_command, {"play.pb", "--pb", "--rule", "greedy"}), exit_ok) << at.err.str();
    at.files["result.pb"] = at.out.str();

    EXPECT_EQ(at.run(verify_count_command, {"play.pb", "result.pb", "--rule", "greedy"}), exit_ok) << at.err.str();
    EXPECT_EQ(at.run(verify_count_command, {"play.pb", "result.pb", "--rule", "mes-cost"}), exit_differs);
    EXPECT_EQ(at.run(verify_count_command, {"play.pb", "result.pb", "--rule", "nonsense"}), exit_usage);
}

TEST(Commands, MistakesAreAnsweredWithASentence) {
    Terminal at = terminal();
    at.files["rule.toml"] = "method = \"equal-shars\"\nstepp = 1\n";

    EXPECT_EQ(at.run(count_command, {"play.pb", "--rule", "gredy"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("Did you mean “greedy”?"));
    EXPECT_EQ(at.run(count_command, {"none.pb"}), exit_usage);
    EXPECT_EQ(at.run(count_command, {}), exit_usage);
    EXPECT_EQ(at.run(count_command, {"play.pb", "--loud"}), exit_usage);
    EXPECT_EQ(at.run(count_command, {"play.pb", "--json", "--pb"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("two answers"));
    EXPECT_EQ(at.run(count_command, {"play.pb", "--rule", "rule.toml"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("line 1, column 10: method is one of greedy"));
    EXPECT_THAT(at.err.str(), HasSubstr("Did you mean “step”?"));
}

TEST(Report, IsReadBackForVerification) {
    const Election election = play_money();
    const Rule rule = named("mes-cost-add1");
    const CountResult result = count(election, rule).value();

    const PublishedResult read = read_result(print_result(election, rule, result)).value();

    EXPECT_EQ(read.rule, rule);
    EXPECT_EQ(read.spent, result.spent);
    EXPECT_THAT(read.winners, ElementsAre("bike", "play", "lib"));
    EXPECT_FALSE(read_result("{}").has_value());
    std::string deep = print_result(election, rule, result);
    deep.insert(1, "\"more\": " + std::string(100'000, '[') + std::string(100'000, ']') + ", ");
    EXPECT_FALSE(read_result(deep).has_value());
}

}  // namespace
}  // namespace bypuls::participation::explanation
