// What the counting commands say of results, files and mistakes.
#include <functional>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "city/participation/explanation/commands.h"
#include "city/participation/explanation/report.h"
#include "city/participation/pabulib/pabulib.h"

namespace bypuls::participation::explanation {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::ordered_json;

constexpr const char* four_ballots =
    "META\nkey;value\ndescription;test\nbudget;1000\nvote_type;approval\nrule;greedy\nPROJECTS\nproject_id;cost;name\n"
    "a;500;A\nb;500;B\nc;400;C\nVOTES\nvoter_id;vote\n1;a,b,c\n2;a\n3;b\n4;c\n";

constexpr const char* partly =
    R"({"budget":"100","kind":"approval","projects":[{"id":"a","cost":"80"},{"id":"b","cost":"80","partial_from":"20"}],
        "ballots":[{"choices":["a"],"count":5},{"choices":["b"],"count":3}]})";

struct Desk {
    std::map<std::string, std::string> files = {{"t.pb", four_ballots}, {"partly.json", partly}};
    std::ostringstream out = {};
    std::ostringstream err = {};

    int run(int (*command)(std::span<const std::string>, const Surroundings&), const std::vector<std::string>& words) {
        out.str("");
        err.str("");
        const Surroundings around{.read_file = [this](const std::string& path) -> Result<std::string> {
                                      const auto at = files.find(path);
                                      return at == files.end() ? Result<std::string>(fail(Errc::not_found, path))
                                                               : at->second;
                                  },
                                  .out = out,
                                  .err = err};
        return command(words, around);
    }
    /// Keeps what a count prints as a file.
    void keep(const std::string& name, const std::vector<std::string>& words) {
        ASSERT_EQ(run(count_command, words), exit_ok) << err.str();
        files[name] = out.str();
    }
};

TEST(Verify, NamesThePathOfEverythingThatDoesNotFollow) {
    Desk at;
    at.keep("true.json", {"t.pb", "--rule", "mes-cost-add1", "--json", "--explain"});
    ASSERT_EQ(at.run(verify_count_command, {"t.pb", "true.json", "--rule", "mes-cost-add1"}), exit_ok)
        << at.out.str() << at.err.str();
    const Json whole = Json::parse(at.files["true.json"]);

    const std::vector<std::pair<std::string, std::function<void(Json&)>>> forged = {
        {"winners[0]", [](Json& r) { r["winners"][0] = "b"; }},
        {"spent", [](Json& r) { r["spent"] = "900.01"; }},
        {"rule: published \"greedy\"", [](Json& r) { r["rule"] = "greedy"; }},
        {"rule_sha256", [](Json& r) { r["rule_sha256"] = std::string(64, '0'); }},
        {"budget", [](Json& r) { r["budget"] = "2000"; }},
        {"voters", [](Json& r) { r["voters"] = 5; }},
        {"blank", [](Json& r) { r["blank"] = 1; }},
        {"rounds[0]: published nothing", [](Json& r) { r["rounds"] = Json::array(); }},
        {"rounds[0].share.fraction", [](Json& r) { r["rounds"][0]["share"]["fraction"] = "1/3"; }},
        {"rounds[0].paid", [](Json& r) { r["rounds"][0]["paid"] = "1"; }},
        {"rounds[0].effective_votes", [](Json& r) { r["rounds"][0].erase("effective_votes"); }},
        {"endowments[0].raises", [](Json& r) { r["endowments"][0]["raises"] = 12345; }},
        {"ties[0]", [](Json& r) { r["ties"] = Json::array(); }},
        {"ties[0].broken_by", [](Json& r) { r["ties"][0]["broken_by"] = "lot"; }},
        {"projects[1].votes", [](Json& r) { r["projects"][1]["votes"] = 99; }},
        {"projects[2].won", [](Json& r) { r["projects"][2]["won"] = !r["projects"][2]["won"].get<bool>(); }},
        {"metrics.mean_winners", [](Json& r) { r["metrics"]["mean_winners"] = 17; }},
        {"losers[0]", [](Json& r) { r["losers"][0]["project"] = "c"; }},
        {"signed_by", [](Json& r) { r["signed_by"] = "the mayor"; }},
        {"remarks: published [\"400 ballots", [](Json& r) { r["remarks"] = {"400 ballots were thrown away"}; }},
        {"not_applicable", [](Json& r) { r["not_applicable"] = {{"optimist_add", "because"}}; }},
        {"ties[0].changed_outcome: published nothing", [](Json& r) { r["ties"][0].erase("changed_outcome"); }},
        {"ties[0].alternatives: published nothing", [](Json& r) { r["ties"][0].erase("alternatives"); }},
        {"margins[0].margin", [](Json& r) { r["margins"][0]["margin"]["amount"] = 77; }},
    };
    for (const auto& [path, forge] : forged) {
        Json copy = whole;
        forge(copy);
        at.files["forged.json"] = copy.dump();
        EXPECT_EQ(at.run(verify_count_command, {"t.pb", "forged.json", "--rule", "mes-cost-add1"}), exit_differs)
            << path;
        EXPECT_THAT(at.out.str(), HasSubstr("\n" + path)) << path;
        EXPECT_THAT(at.out.str(), HasSubstr("does NOT follow"));
    }
}

TEST(Verify, CountsAgainWhatAChangeIsSaidToLeadTo) {
    Desk at;
    at.keep("true.json", {"t.pb", "--json", "--what-if", "budget=1400", "--what-if", "rule=mes-cost"});
    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "true.json"}), exit_ok) << at.out.str() << at.err.str();
    Json forged = Json::parse(at.files["true.json"]);
    ASSERT_EQ(forged["what_if"][0]["gained"], Json({"b"}));  // c is cheapest of the level three
    forged["what_if"][0]["gained"] = Json::array();
    at.files["forged.json"] = forged.dump();
    forged["what_if"][0]["change"] = "moon=full";
    at.files["odd.json"] = forged.dump();

    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "forged.json"}), exit_differs);
    EXPECT_THAT(at.out.str(), HasSubstr("what_if[0].gained"));
    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "odd.json"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("--what-if is budget=KRONER"));
}

TEST(Verify, ARuleThatIsNotTheResultsOwnMakesADifference) {
    Desk at;
    at.keep("greedy.json", {"t.pb", "--rule", "greedy", "--json"});

    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "greedy.json", "--rule", "greedy-stop"}), exit_differs);
    EXPECT_THAT(at.out.str(), HasSubstr("rule: published"));
}

TEST(Verify, AResultByAnotherRuleThanTheElectionsIsNeverJustTrue) {
    Desk at;
    at.keep("other.json", {"t.pb", "--rule", "mes-cardinality", "--json"});
    at.keep("other.pb", {"t.pb", "--rule", "mes-cardinality", "--pb"});
    at.files["lot.toml"] = "method = \"greedy\"\nelectorate = \"everyone\"\nties = [\"lot\"]\nseed = \"suits us\"\n";
    at.keep("lot.json", {"t.pb", "--rule", "lot.toml", "--json"});

    for (const char* result : {"other.json", "other.pb"}) {
        EXPECT_EQ(at.run(verify_count_command, {"t.pb", result}), exit_other_rule) << at.err.str();
        EXPECT_THAT(at.out.str(),
                    HasSubstr("follows from the ballots by mes-cardinality\nbut t.pb names another rule, greedy"));
        EXPECT_THAT(at.out.str(), HasSubstr("  method: \"greedy\" in t.pb, \"equal-shares\" in other."));
        EXPECT_EQ(at.run(verify_count_command, {"t.pb", result, "--rule", "mes-cardinality"}), exit_ok);
        EXPECT_THAT(at.out.str(), Not(HasSubstr("another rule")));
    }
    // Ties and seed are a part of the rule.
    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "lot.json"}), exit_other_rule);
    EXPECT_THAT(at.out.str(), HasSubstr("  seed: \"\" in t.pb, \"suits us\" in lot.json\n"));
    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "lot.json", "--rule", "lot.toml"}), exit_ok) << at.out.str();
    at.files["drawn.toml"] = "method = \"greedy\"\nelectorate = \"everyone\"\nties = [\"lot\"]\nseed = \"4711\"\n";
    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "lot.json", "--rule", "drawn.toml"}), exit_differs);
    // What does not follow by its own rule either does not follow.
    Json forged = Json::parse(at.files["other.json"]);
    forged["spent"] = "1";
    at.files["forged.json"] = forged.dump();
    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "forged.json"}), exit_differs);
}

TEST(Verify, SaysSoWhereTheRuleOrTheSeedIsTheResultsOwn) {
    Desk at;
    at.keep("r.json", {"partly.json", "--rule", "greedy", "--json"});
    EXPECT_EQ(at.run(verify_count_command, {"partly.json", "r.json"}), exit_ok);
    EXPECT_THAT(at.out.str(), HasSubstr("partly.json defines no rule, so the rule was taken from r.json itself"));
    EXPECT_EQ(at.run(verify_count_command, {"partly.json", "r.json", "--rule", "greedy"}), exit_ok);
    EXPECT_THAT(at.out.str(), Not(HasSubstr("itself")));

    at.files["drawn.toml"] = "method = \"greedy\"\nties = [\"lot\"]\nseed = \"4711\"\n";
    at.files["adopted.toml"] = "method = \"greedy\"\nties = [\"lot\"]\n";
    at.keep("lot.json", {"t.pb", "--rule", "drawn.toml", "--json"});
    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "lot.json", "--rule", "adopted.toml"}), exit_ok) << at.err.str();
    EXPECT_THAT(at.out.str(), HasSubstr("the seed of the lot, '4711', was taken from lot.json itself"));
}

TEST(Verify, QuickSaysWhatItDidNotCompare) {
    Desk at;
    at.keep("r.json", {"t.pb", "--json", "--explain"});
    Json forged = Json::parse(at.files["r.json"]);
    forged["losers"] = Json::array();
    at.files["forged.json"] = forged.dump();

    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "forged.json", "--quick"}), exit_ok) << at.out.str();
    EXPECT_THAT(at.out.str(), HasSubstr("counted once, because of --quick\n"));
    EXPECT_THAT(at.out.str(), HasSubstr("not compared, because of --quick: losers, margins\n"));
    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "forged.json"}), exit_differs);
    EXPECT_EQ(at.run(verify_count_command, {"--help"}), exit_ok);
    EXPECT_THAT(at.out.str(), HasSubstr("compare\nhow close it was (losers, margins, not_applicable)"));
}

TEST(Verify, AMemberThatStandsTwiceIsRefused) {
    Desk at;
    at.keep("r.json", {"t.pb", "--json"});
    std::string& text = at.files["r.json"];
    text.replace(text.find("\"winners\""), 9, R"("winners": ["b"], "winners")");

    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "r.json"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("r.json: The key “winners” stands twice in one object."));
}

TEST(Verify, APlainResultInWhichNothingIsExplainedFollowsToo) {
    Desk at;
    at.keep("true.json", {"t.pb", "--json"});
    Json bare = Json::parse(at.files["true.json"]);
    bare.erase("metrics");
    at.files["bare.json"] = bare.dump();

    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "bare.json"}), exit_ok) << at.out.str();
}

TEST(Verify, WhatWasNotCountedTwiceHasAnExitCodeOfItsOwn) {
    Desk at;
    std::string file = "META\nkey;value\nbudget;100\nvote_type;approval\nPROJECTS\nproject_id;cost\n";
    for (int project = 0; project < 21; ++project) {
        file += fmt::format("p{};{}\n", project, 9 + project);
    }
    file += "VOTES\nvoter_id;vote\n";
    for (int voter = 0; voter < 21; ++voter) {
        file += fmt::format("{};p{},p{}\n", voter, voter, (voter + 1) % 21);
    }
    at.files["many.pb"] = file;
    at.keep("many.json", {"many.pb", "--rule", "max-welfare", "--json"});

    EXPECT_EQ(at.run(verify_count_command, {"many.pb", "many.json"}), exit_once);
    EXPECT_THAT(at.out.str(), HasSubstr("not counted a second time"));
    EXPECT_EQ(at.run(verify_count_command, {"many.pb", "many.json", "--quick"}), exit_ok);
}

TEST(ResultFiles, ARulesNameOrItsWholeTextIsInMetaSoThatTheFileVerifiesItself) {
    Desk at;
    at.files["adopted.toml"] =
        "method = \"equal-shares\"\ncompletion = \"add1u\"\nstep = \"0.10\"\nties = [\"lot\"]\nseed = \"4711\\n\"\n";
    at.files["e.json"] = partly;
    at.files["p.csv"] = "id,cost\na,5\nb,4\n";
    at.files["b.csv"] = "vote\na|b\na\n";
    const std::vector<std::pair<std::string, std::vector<std::string>>> asked = {
        {"t.pb", {"t.pb", "--rule", "mes-cost"}},
        {"t.pb", {"t.pb", "--rule", "adopted.toml"}},
        {"e.json", {"e.json", "--rule", "phragmen-skip"}},
        {"e.json", {"e.json", "--rule", "adopted.toml"}},
    };
    for (const auto& [election, words] : asked) {
        std::vector<std::string> with_pb = words;
        with_pb.emplace_back("--pb");
        at.keep("r.pb", with_pb);
        EXPECT_EQ(at.run(verify_count_command, {election, "r.pb", "--rule", words.back()}), exit_ok)
            << words.back() << at.out.str() << at.err.str();
        EXPECT_EQ(at.run(verify_count_command, {"r.pb", "r.pb"}), exit_ok) << at.out.str() << at.err.str();
    }
    at.keep("csv.pb", {"p.csv", "--ballots", "b.csv", "--budget", "6", "--rule", "greedy-stop", "--pb"});
    EXPECT_THAT(at.files["csv.pb"], HasSubstr("rule;greedy-stop\n"));
    EXPECT_EQ(at.run(verify_count_command, {"csv.pb", "csv.pb"}), exit_ok) << at.err.str();
}

TEST(ResultFiles, APartlyFundedProjectLeavesItsTrace) {
    Desk at;
    at.keep("r.pb", {"partly.json", "--rule", "knapsack-partial", "--pb"});
    EXPECT_THAT(at.files["r.pb"], HasSubstr("selected;paid\n"));
    EXPECT_THAT(at.files["r.pb"], HasSubstr("b;80;;20;1;20\n"));
    EXPECT_EQ(at.run(verify_count_command, {"partly.json", "r.pb"}), exit_ok) << at.out.str();

    std::string& forged = at.files["r.pb"];
    forged.replace(forged.find("b;80;;20;1;20"), 13, "b;80;;20;1;30");
    EXPECT_EQ(at.run(verify_count_command, {"partly.json", "r.pb"}), exit_differs);
    EXPECT_THAT(at.out.str(), HasSubstr("PROJECTS, 'b', paid: published 30, the ballots give 20"));
}

TEST(ResultFiles, OtherBallotsOrCostsThanTheElectionsAreNamed) {
    Desk at;
    at.keep("r.pb", {"t.pb", "--pb"});
    const std::string whole = at.files["r.pb"];
    const auto verify = [&](const std::string& from, const std::string& to) {
        std::string forged = whole;
        forged.replace(forged.find(from), from.size(), to);
        at.files["r.pb"] = forged;
        EXPECT_EQ(at.run(verify_count_command, {"t.pb", "r.pb"}), exit_differs) << to;
        return at.out.str();
    };

    EXPECT_THAT(verify("budget;1000", "budget;2000"), HasSubstr("META, budget: published 2000"));
    EXPECT_THAT(verify("b;500;B", "b;499;B"), HasSubstr("PROJECTS, 'b', cost: published 499"));
    EXPECT_THAT(verify("4;c\n", "4;c,b\n"), HasSubstr("VOTES"));
    EXPECT_THAT(verify("vote_type;approval", "vote_type;ordinal"), HasSubstr("META, vote_type: published ranking"));
    // What excludes what decides too: a file in which nothing does is of another election.
    at.files["t.pb"] = whole;
    for (const auto& [from, to] : {std::pair("name;selected\n", "name;selected;exclusive\n"),
                                   {"A;1\n", "A;1;g\n"},
                                   {"B;0\n", "B;0;g\n"},
                                   {"C;1\n", "C;1;\n"}}) {
        std::string& file = at.files["t.pb"];
        ASSERT_NE(file.find(from), std::string::npos) << file;
        file.replace(file.find(from), std::string_view(from).size(), to);
    }
    EXPECT_THAT(verify("a;500;A;1", "a;500;A;1"),
                HasSubstr("PROJECTS, exclusive: published nothing, the ballots give a b"));
}

TEST(PartFunding, TheStoryTellsWhatWasPaidAndTheFiguresCountIt) {
    Desk at;
    ASSERT_EQ(at.run(count_command, {"partly.json", "--rule", "knapsack-partial", "--explain", "--language", "nb"}),
              exit_ok);
    EXPECT_THAT(at.out.str(), HasSubstr("blir bygget for 20\u00a0kroner"));
    EXPECT_THAT(at.out.str(), HasSubstr("Hele prosjektet koster 80\u00a0kroner"));

    ASSERT_EQ(at.run(count_command, {"partly.json", "--rule", "knapsack-partial", "--json"}), exit_ok);
    const Json result = Json::parse(at.out.str());
    EXPECT_DOUBLE_EQ(result["metrics"]["mean_kroner"].get<double>(), (5 * 80 + 3 * 20) / 8.0);
}

TEST(Remarks, BallotsAgainstTheElectionsLimitsAreToldAndInTheResult) {
    Desk at;
    std::string& file = at.files["t.pb"];
    file.replace(file.find("rule;greedy"), 11, "max_length;2\nrule;greedy");

    ASSERT_EQ(at.run(count_command, {"t.pb", "--json"}), exit_ok);
    const std::string remark = "line 15: 3 projects where max_length is 2 projects; counted as published";
    EXPECT_THAT(at.err.str(), HasSubstr(remark));
    EXPECT_EQ(Json::parse(at.out.str())["remarks"], Json::array({remark}));
}

TEST(Remarks, AVoterWhoStandsTwiceIsTold) {
    Desk at;
    std::string& file = at.files["t.pb"];
    file.replace(file.find("4;c\n"), 4, "2;c\n;a\n;b\n");

    ASSERT_EQ(at.run(count_command, {"t.pb", "--json"}), exit_ok);
    const Json result = Json::parse(at.out.str());
    EXPECT_EQ(result["voters"], 6);
    EXPECT_EQ(result["remarks"],
              Json::array({"line 17: the same voter stands on line 15 too; both ballots are counted"}));
}

TEST(ResultFiles, HaveTheTotalsThatWereCountedNotThoseThatWerePublished) {
    Desk at;
    at.files["odd.pb"] =
        "META\nkey;value\nbudget;1000\nvote_type;approval\nrule;greedy\nPROJECTS\nproject_id;cost;votes;score\na;600;3;"
        "3\n"
        "b;500;1;1\nVOTES\nvoter_id;vote\n1;a,a\n2;a\n3;b\n";
    at.keep("r.pb", {"odd.pb", "--pb"});

    EXPECT_THAT(at.files["r.pb"], HasSubstr("a;600;2;2;1\n"));
    EXPECT_EQ(at.run(verify_count_command, {"odd.pb", "r.pb"}), exit_ok) << at.out.str();
}

TEST(Remarks, AFileThatIsNotUtf8IsReadAndRemarkedUpon) {
    Desk at;
    std::string& file = at.files["t.pb"];
    file.replace(file.find("a;500;A"), 7, "a;500;\xC5rlig");

    ASSERT_EQ(at.run(count_command, {"t.pb", "--json"}), exit_ok);
    EXPECT_THAT(at.out.str(), HasSubstr("\"Årlig\""));
    EXPECT_THAT(at.err.str(), HasSubstr("read as Windows-1252"));
}

TEST(Scores, AreInTheBallotsOwnPoints) {
    Desk at;
    at.files["points.pb"] =
        "META\nkey;value\nbudget;1000\nvote_type;cumulative\nrule;greedy\nPROJECTS\nproject_id;cost;score\na;600;2.5\n"
        "b;500;1\nVOTES\nvoter_id;vote;points\n1;a,b;1.5,1\n2;a;1\n";
    at.keep("r.json", {"points.pb", "--json"});
    const Json result = Json::parse(at.files["r.json"]);
    EXPECT_EQ(result["projects"][0]["score"].get<double>(), 2.5);
    EXPECT_EQ(result["projects"][1]["score"].get<double>(), 1);

    at.keep("r.pb", {"points.pb", "--pb"});
    EXPECT_EQ(at.run(verify_count_command, {"points.pb", "r.pb"}), exit_ok) << at.out.str();
    std::string& forged = at.files["r.pb"];
    forged.replace(forged.find("a;600;2.5"), 9, "a;600;2.4");
    EXPECT_EQ(at.run(verify_count_command, {"points.pb", "r.pb"}), exit_differs);
    EXPECT_THAT(at.out.str(), HasSubstr("PROJECTS, 'a', score: published 2.4, the ballots give 2.5"));
}

TEST(Publication, AVoterWhoStandsTwiceStandsTwiceInItToo) {
    Desk at;
    std::string& file = at.files["t.pb"];
    file.replace(file.find("4;c\n"), 4, "2;c\n");
    at.keep("town.json", {"t.pb", "--json"});
    at.keep("public.pb", {"t.pb", "--pb"});

    ASSERT_EQ(at.run(count_command, {"public.pb", "--json"}), exit_ok);
    EXPECT_THAT(at.out.str(), HasSubstr("the same voter stands on line"));
    // The lines are those of another file.
    EXPECT_EQ(at.run(verify_count_command, {"public.pb", "town.json"}), exit_ok) << at.out.str();
}

TEST(Publication, WhatIsWrittenForEverybodyTellsNothingOfVotersUnlessItIsAskedTo) {
    Desk at;
    at.files["secret.pb"] =
        "META\nkey;value\nbudget;1000\nvote_type;approval\nrule;greedy\nmax_length;2\nPROJECTS\nproject_id;cost;name\n"
        "a;500;A\nb;500;B\nc;400;C\nVOTES\nvoter_id;age;voted_at;vote\n71007PLANTED;87;2026-03-01T12:34:56;c,b,a\n"
        "71006PLANTED;86;2026-02-28T01:02:03;a\n71005PLANTED;85;2026-02-27T04:05:06;a\n";
    at.keep("public.pb", {"secret.pb", "--pb"});
    EXPECT_THAT(at.err.str(), HasSubstr("not written, since counting does not need it: VOTES age, VOTES voted_at"));
    at.keep("whole.pb", {"secret.pb", "--pb", "--keep-voters"});
    at.keep("public.json", {"public.pb", "--json", "--explain"});
    // Remarks are a part of the result too.
    at.keep("secret.json", {"secret.pb", "--json", "--explain"});

    for (const char* written : {"public.pb", "public.json", "secret.json"}) {
        for (const char* secret : {"PLANTED", "71007", "71006", "12:34", "2026-", "voted_at"}) {
            EXPECT_THAT(at.files[written], Not(HasSubstr(secret))) << written;
        }
    }
    for (const char* age : {"age", "87", "86", "85"}) {
        EXPECT_THAT(at.files["public.pb"], Not(HasSubstr(age)));
    }
    EXPECT_THAT(at.files["public.pb"], HasSubstr("VOTES\nvoter_id;vote\n1;a\n2;a\n3;a,b,c\n"));
    EXPECT_THAT(at.files["whole.pb"], HasSubstr("71007PLANTED;87;2026-03-01T12:34:56;c,b,a\n71006PLANTED"));
    EXPECT_EQ(at.run(verify_count_command, {"public.pb", "public.json"}), exit_ok) << at.out.str() << at.err.str();
    EXPECT_EQ(at.run(verify_count_command, {"secret.pb", "public.pb"}), exit_ok) << at.out.str() << at.err.str();
    EXPECT_EQ(at.run(count_command, {"secret.pb", "--keep-voters"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("--keep-voters is about the file that --pb writes"));
}

TEST(Fingerprints, AResultThatWasCountedFromOtherBallotsIsToldSo) {
    Desk at;
    at.keep("true.json", {"t.pb", "--json"});
    at.files["more.pb"] = at.files["t.pb"] + "5;a\n";
    at.keep("more.json", {"more.pb", "--json"});
    // The same ballots in another order and another file are the same.
    at.files["moved.json"] =
        R"({"title":"test","budget":"1000","kind":"approval","projects":[{"id":"a","cost":"500","name":"A"},
            {"id":"b","cost":"500","name":"B"},{"id":"c","cost":"400","name":"C"}],
            "ballots":[{"choices":["c"]},{"choices":["b"]},{"choices":["a"]},{"choices":["c","b","a"]}]})";

    EXPECT_EQ(at.run(verify_count_command, {"moved.json", "true.json"}), exit_ok) << at.out.str();
    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "more.json"}), exit_differs);
    EXPECT_THAT(at.out.str(),
                HasSubstr("more.json was counted from other ballots than those in t.pb: theirs had the SHA-256"));
    EXPECT_THAT(at.out.str(), HasSubstr("\nvoters: published 5, the ballots give 4\n"));
    // A forged fingerprint alone is told too, and results from before there were any are read.
    Json forged = Json::parse(at.files["true.json"]);
    forged["ballots_sha256"] = std::string(64, 'a');
    at.files["forged.json"] = forged.dump();
    forged.erase("ballots_sha256");
    forged.erase("rule_sha256");
    at.files["old.json"] = forged.dump();
    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "forged.json"}), exit_differs);
    EXPECT_THAT(at.out.str(), HasSubstr("all else in it follows from these too\n"));
    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "old.json"}), exit_ok) << at.out.str();
}

TEST(Verify, AFaultOfAFilesOwnRuleSaysWhichFile) {
    Desk at;
    at.keep("result.pb", {"t.pb", "--pb"});
    const auto with_rule = [&](const std::string& file, std::string_view rule) {
        std::string text = at.files.at(file);
        const std::size_t method = text.find("rule.method;");
        const std::size_t from = method == std::string::npos ? text.find("rule;") : method;
        text.replace(from, text.find('\n', from) - from, rule);
        return text;
    };
    at.files["odd.pb"] = with_rule("t.pb", "rule;greedy-custom");
    EXPECT_EQ(at.run(count_command, {"odd.pb"}), exit_usage);
    EXPECT_THAT(at.err.str(), StartsWith("odd.pb: line 6, column 2: "));
    at.files["odd_result.pb"] = with_rule("result.pb", "rule.method;\"\"\"luck\"\"\"");
    at.files["bad.pb"] = with_rule("t.pb", "rule.method;\"\"\"luck\"\"\"");
    EXPECT_EQ(at.run(verify_count_command, {"bad.pb", "odd_result.pb"}), exit_usage);
    EXPECT_THAT(at.err.str(), StartsWith("bad.pb: META, rule.*, line 6"));
    at.files["silent.pb"] = with_rule("t.pb", "comment;none");
    EXPECT_EQ(at.run(verify_count_command, {"silent.pb", "odd_result.pb"}), exit_usage);
    EXPECT_THAT(at.err.str(), StartsWith("odd_result.pb: META, rule.*, line "));
    EXPECT_EQ(at.run(count_command, {"partly.json"}), exit_usage);
    EXPECT_THAT(at.err.str(), StartsWith("partly.json: "));
}

TEST(Fingerprints, ArePrintedAsTheResultHasThem) {
    Desk at;
    at.keep("r.json", {"t.pb", "--json"});
    const Json result = Json::parse(at.files["r.json"]);
    ASSERT_EQ(at.run(count_command, {"t.pb"}), exit_ok);
    EXPECT_THAT(at.out.str(), HasSubstr("the ballots have the SHA-256 " + result["ballots_sha256"].get<std::string>()));
    EXPECT_THAT(at.out.str(), HasSubstr("the rule has the SHA-256 " + result["rule_sha256"].get<std::string>()));
}

TEST(Verify, FiguresOfVotersThatTheBallotsDoNotTellOfAreLeftOutAndSaidSo) {
    Desk at;
    std::string known = at.files["t.pb"].substr(0, at.files["t.pb"].find("VOTES")) + "VOTES\nvoter_id;vote;age\n";
    for (int voter = 0; voter < 40; ++voter) {
        known += fmt::format("{};{};{}\n", voter, voter % 3 == 0 ? "a" : "b,c", 20 + 20 * (voter % 2));
    }
    at.files["known.pb"] = known;
    at.keep("r.json", {"known.pb", "--json", "--explain"});
    at.keep("public.pb", {"known.pb", "--pb"});
    ASSERT_TRUE(Json::parse(at.files["r.json"])["metrics"].contains("groups"));

    EXPECT_EQ(at.run(verify_count_command, {"public.pb", "r.json"}), exit_ok) << at.out.str() << at.err.str();
    EXPECT_THAT(at.out.str(), HasSubstr("not compared, since public.pb says nothing of the voters: groups\n"));
    EXPECT_EQ(at.run(verify_count_command, {"known.pb", "r.json"}), exit_ok);
    EXPECT_THAT(at.out.str(), Not(HasSubstr("not compared")));
    Json forged = Json::parse(at.files["r.json"]);
    forged["metrics"]["groups"][0]["voters"] = 17;
    at.files["forged.json"] = forged.dump();
    EXPECT_EQ(at.run(verify_count_command, {"known.pb", "forged.json"}), exit_differs);
}

TEST(RuleNames, EveryNameThatIsPrintedIsTakenByRule) {
    Desk at;
    for (const std::string& name : counting::builtin_rules()) {
        ASSERT_EQ(at.run(count_command, {"t.pb", "--rule", name, "--json"}), exit_ok) << at.err.str();
        EXPECT_EQ(Json::parse(at.out.str())["rule"], name);
    }
    at.files["odd.toml"] =
        "method = \"equal-shares\"\ncompletion = \"add1u\"\nstep = \"0.10\"\ncomparison = \"exclusion\"\n"
        "eligibility = 7\nscore_min = 1\nfully_funded = true\nties = [\"alphabetical\"]\n";
    ASSERT_EQ(at.run(count_command, {"t.pb", "--rule", "odd.toml", "--json"}), exit_ok) << at.err.str();
    const std::string printed = Json::parse(at.out.str())["rule"];
    EXPECT_EQ(printed, "mes-cost-add1u-step-0.10+comparison-exclusion+eligibility-7-threshold-1+fully-funded");
    ASSERT_EQ(at.run(count_command, {"t.pb", "--rule", printed, "--json"}), exit_ok) << at.err.str();
    EXPECT_EQ(Json::parse(at.out.str())["rule"], printed);
}

TEST(Languages, HoldForTablesVerdictsAndWhatIf) {
    Desk at;
    at.files["t.pb"].replace(at.files["t.pb"].find("budget;1000"), 11, "budget;1000.50");
    at.keep("r.json", {"t.pb", "--json"});
    Json forged = Json::parse(at.files["r.json"]);
    forged["voters"] = 5;
    at.files["forged.json"] = forged.dump();

    ASSERT_EQ(at.run(count_command, {"t.pb", "--language", "nb", "--what-if", "budget=2000"}), exit_ok);
    EXPECT_THAT(at.out.str(), HasSubstr("greedy: 2 av 3 prosjekter, 900 av 1\u00a0000,50 NOK\n"));
    EXPECT_THAT(at.out.str(), HasSubstr("      betalt     stemmer  prosjekt\n"));
    EXPECT_THAT(at.out.str(), HasSubstr("likt: c før de andre av a b c, etter lavere kostnad"));
    EXPECT_THAT(at.out.str(),
                HasSubstr("hva om budget=2000: 1\u00a0400 av 2\u00a0000 NOK; kommer med: b; faller ut: ingen\n"));
    ASSERT_EQ(at.run(compare_command, {"t.pb", "--rules", "greedy", "--language", "nn"}), exit_ok);
    EXPECT_THAT(at.out.str(), HasSubstr("vinnarar"));
    EXPECT_THAT(at.out.str(), testing::ContainsRegex(" [01],[0-9][0-9] "));
    ASSERT_EQ(at.run(verify_count_command, {"t.pb", "r.json", "--language", "nn"}), exit_ok);
    EXPECT_THAT(at.out.str(), HasSubstr("r.json følgjer av røystesetlane etter greedy\nden andre teljinga er samd\n"));
    ASSERT_EQ(at.run(verify_count_command, {"t.pb", "forged.json", "--language", "nb"}), exit_differs);
    EXPECT_THAT(at.out.str(),
                HasSubstr("følger IKKE av stemmesedlene etter greedy\nDet første som er ulikt: hvor mange velgere som "
                          "er med\nvoters: publisert 5, stemmesedlene gir 4\n"));
    // English where none is asked for.
    ASSERT_EQ(at.run(count_command, {"t.pb", "--explain"}), exit_ok);
    EXPECT_THAT(at.out.str(), HasSubstr("greedy: 2 of 3 projects, 900 of 1000.50 NOK\n"));
    EXPECT_THAT(at.out.str(), HasSubstr("residents voted"));
    EXPECT_EQ(at.run(compare_command, {"t.pb", "--language", "se"}), exit_usage);
}

TEST(Csv, PointsAreNeverPassedOverInSilence) {
    Desk at;
    at.files["p.csv"] = "id,cost\na,100\nb,200\n";
    at.files["b.csv"] = "vote,points,weight\na|b,3|2.5,4\nb,7,2\n";
    std::vector<std::string> words = {"p.csv", "--ballots", "b.csv", "--budget", "300", "--rule", "greedy"};
    EXPECT_EQ(at.run(count_command, words), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("The table has a column points, but it is not said whether the points count."));

    words.insert(words.end(), {"--kind", "points"});
    EXPECT_EQ(at.run(count_command, words), exit_ok) << at.err.str();
    at.files["none.csv"] = "vote,points\na|b,3\n";
    std::vector<std::string> without = words;
    without[2] = "none.csv";
    EXPECT_EQ(at.run(count_command, without), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("ballots, line 2, column 2: “b” has no number of points"));
    words.back() = "approval";
    EXPECT_EQ(at.run(count_command, words), exit_ok) << at.err.str();
}

TEST(Csv, SubBudgetsAreNamedOnTheCommandLineAndNeverDropped) {
    Desk at;
    at.files["p.csv"] = "id,cost,pot\na,500,north\nb,500,south\n";
    at.files["b.csv"] = "vote\na|b\na\n";
    std::vector<std::string> words = {"p.csv", "--ballots", "b.csv", "--budget", "0", "--rule", "greedy"};
    EXPECT_EQ(at.run(count_command, words), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("“a” belongs to the pot “north”, which has no budget"));

    words.insert(words.end(), {"--pot", "north=500", "--pot", "south=499"});
    EXPECT_EQ(at.run(count_command, words), exit_ok) << at.err.str();
    EXPECT_THAT(at.out.str(), HasSubstr("1 of 2 projects, 500 of 999"));
}

}  // namespace
}  // namespace bypuls::participation::explanation
