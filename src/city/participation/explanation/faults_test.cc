// What is wrong with a file, a rule or an option, and what differs, in the reader's language.
#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "city/participation/explanation/command_line.h"
#include "city/participation/explanation/play_money.h"
#include "city/participation/pabulib/packed.h"
#include "core/testing/pack.h"

namespace bypuls::participation::explanation {
namespace {

using counting::Fault;
using counting::Finding;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::array languages = {words::Language::nb, words::Language::nn, words::Language::en};

words::Words in(words::Language language) {
    return {words::Catalogue::built_in(), language};
}

const std::string head = "META\nkey;value\nbudget;9\nvote_type;approval\n";
const std::string projects = "PROJECTS\nproject_id;cost\na;3\nb;4\n";
const std::string votes = "VOTES\nvoter_id;vote\n1;a\n";

std::string with_projects(std::string_view columns, std::string_view rows) {
    return fmt::format("{}PROJECTS\nproject_id;cost{}\n{}\n{}", head, columns, rows, votes);
}

std::string with_votes(std::string_view columns, std::string_view rows, std::string_view kind = "approval") {
    return fmt::format("META\nkey;value\nbudget;9\nvote_type;{}\n{}VOTES\nvoter_id;vote{}\n{}\n", kind, projects,
                       columns, rows);
}

/// Everything that the readers refuse, once for each of what they say.
class Refused {
public:
    template <typename Value>
    void add(const counting::Attempt<Value>& answer) {
        ASSERT_FALSE(answer.has_value()) << "after " << (all.empty() ? "nothing" : all.back().what);
        all.push_back(answer.error());
    }

    void files() {
        std::string many = head + "PROJECTS\n";
        for (int column = 0; column <= 1000; ++column) {
            many += "c;";
        }
        for (const std::string& text :
             {std::string("hello"), std::string("META\nkey;value\n"), head + projects + projects,
              with_projects("", "a;\"3"), with_projects("", "a;3;4"), many + "d\n"}) {
            add(pabulib::parse(text));
        }
        add(pabulib::parse(std::string_view("", UINT32_MAX)));  // refused before it is looked at
        for (const std::string& text : {"META\nkey;value\n" + projects + votes,
                                        with_projects("", "a;x"),
                                        with_projects("", "a;99999999999999"),
                                        with_projects("", "a;1.234"),
                                        with_votes("", "1;a", "loud"),
                                        head + "PROJECTS\nproject;price\na;1\n" + votes,
                                        head + projects + "VOTES\nvoter_id\n1\n",
                                        with_votes("", "1;a", "cumulative"),
                                        with_projects("", "a;3\na;4"),
                                        with_projects(";selected", "a;3;5"),
                                        with_projects(";votes", "a;3;x"),
                                        with_projects(";score", "a;3;x"),
                                        with_votes(";points", "1;a;x", "cumulative"),
                                        with_votes(";points", "1;a;1,2", "cumulative"),
                                        with_votes("", "1;c"),
                                        with_votes(";weight", "1;a;0"),
                                        with_votes("", "1;a,b", "choose-1"),
                                        head + "pots;north\n" + projects + votes,
                                        with_projects(";pot", "a;3;north"),
                                        with_projects(";partial_from", "a;3;4"),
                                        with_projects(";exclusive", "a;3;g")}) {
            add(pabulib::read_election(pabulib::parse(text).value()));
        }
        for (const std::string_view meta :
             {"", "rule;greedy-custom\n", "rule;greedy-exclusive\n", "rule;greedy-threshold\n",
              "rule;greedy\nmin_project_score_threshold;x\n", "rule;greedy\nrule.method;\"\"\"phragmen\"\"\"\n"}) {
            add(pabulib::rule_of(pabulib::parse(fmt::format("{}{}{}{}", head, meta, projects, votes)).value()));
        }
    }

    void tables() {
        const auto csv = [&](std::string_view of_projects, std::string_view of_ballots,
                             std::optional<counting::BallotKind> kind = std::nullopt) {
            add(pabulib::read_csv({.projects = of_projects, .ballots = of_ballots, .budget = 900, .kind = kind}));
        };
        const std::string_view fine = "id,cost\na,3\n";
        csv("", "vote\n");
        csv("id\na\n", "vote\n");
        csv(fine, "choice\na\n");
        csv(fine, "vote,points\na,1\n");
        csv(fine, "vote,points\na,0\n", counting::BallotKind::points);
        csv(fine, "vote\na|a\n");
        csv(fine, "vote,weight\na,x\n");
        const std::string_view rest = R"("budget": "9", "kind": "approval", "projects": [{"id": "a", "cost": "3"}])";
        for (const std::string& text :
             {std::string("{"), std::string(R"({"budget": "1", "budget": "2"})"), std::string("[]"),
              std::string(R"({"budget": 9})"), std::string(R"({"budget": "9", "kind": "loud"})"),
              std::string(R"({"surprising": 1})"), std::string(R"({"budgett": 1})"), fmt::format("{{{}}}", rest),
              fmt::format(R"({{{}, "ranking_length": 0}})", rest), fmt::format(R"({{{}, "min_length": 0}})", rest),
              fmt::format(R"({{{}, "max_length": 0}})", rest), fmt::format(R"({{{}, "pots": [1]}})", rest),
              std::string(R"({"budget": "9", "kind": "approval", "projects": [1]})"),
              fmt::format(R"({{{}, "ballots": [1]}})", rest),
              fmt::format(R"({{{}, "ballots": [{{"choices": ["b"]}}]}})", rest),
              fmt::format(R"({{{}, "ballots": [{{"choices": ["a"], "points": [1]}}]}})", rest),
              std::string(R"({"budget": "9", "kind": "points", "projects": [{"id": "a", "cost": "3"}],
                              "ballots": [{"choices": ["a"], "points": []}]})"),
              fmt::format(R"({{{}, "ballots": [], "exclusive": [1]}})", rest)}) {
            add(pabulib::read_json(text));
        }
    }

    void rules() {
        for (const std::string_view text :
             {"method =", "misfit = \"skip\"", "method = \"luck\"", "method = \"greedy\"\nscore_min = \"x\"",
              "method = \"greedy\"\nfully_funded = 1", "method = \"greedy\"\nstep = 1", "method = \"greedy\"\nties = 1",
              "method = \"greedy\"\nties = [\"lot\", \"lot\"]", "method = \"greedy\"\nseed = 1",
              "method = \"greedy\"\nties = [\"more-votes\"]\nseed = \"1\"", "method = \"greedy\"\noverrun = \"skip\"",
              "method = \"greedy\"\nsomewhat = 3", "method = \"greedy\"\nmisfitt = \"skip\""}) {
            add(counting::parse_rule(text));
        }
        add(counting::rule_named("something-else"));
        add(counting::rule_named("gredy"));
    }

    void elections() {
        const auto add_invalid = [&](auto spoil) {
            counting::Election election;
            election.budget = 900;
            election.projects = {{.id = "a", .name = "", .cost = 300}};
            spoil(election);
            add(counting::validate(election));
        };
        using counting::Election;
        const std::vector<counting::Choice> first = {{0, 1}};
        add_invalid([](Election& e) { e.budget = -1; });
        add_invalid([](Election& e) { e.pots = {{.name = "", .budget = 1}}; });
        add_invalid([](Election& e) { e.pots = {{.name = "n", .budget = -1}}; });
        add_invalid([](Election& e) { e.pots = {{.name = "n", .budget = counting::money_max}}; });
        add_invalid([](Election& e) { e.projects[0].cost = -1; });
        add_invalid([](Election& e) { e.projects[0].pot = "south"; });
        add_invalid([](Election& e) { e.points_per_one = 3; });
        add_invalid([](Election& e) {
            for (int i = 0; i < 10'000; ++i) {
                e.projects.push_back({.id = std::to_string(i), .name = "", .cost = 1});
            }
        });
        add_invalid([&](Election& e) { e.ballots.add(first, 100'000'001); });
        add_invalid([&](Election& e) { e.ballots.add(std::vector<counting::Choice>{{0, 7}}, 1); });
        add_invalid([&](Election& e) {
            e.kind = counting::BallotKind::choose_one;
            e.projects.push_back({.id = "b", .name = "", .cost = 1});
            e.ballots.add(std::vector<counting::Choice>{{0, 1}, {1, 1}}, 1);
        });
    }

    void commands() {
        const Usage usage{.text = "count FILE",
                          .details = "",
                          .files = 1,
                          .options = {"--language", "--kind", "--pot", "--json", "--pb", "--keep-voters", "--keep-meta",
                                      "--what-if", "--min-length", "--invalid-ballots"}};
        for (const std::vector<std::string>& words :
             std::vector<std::vector<std::string>>{{"--language", "fr"},
                                                   {"--kind", "loud"},
                                                   {"--pot", "north"},
                                                   {"--loud"},
                                                   {"--kind"},
                                                   {"--min-length", "none"},
                                                   {"--invalid-ballots", "burn"},
                                                   {"a.pb", "--json", "--pb"},
                                                   {"a.pb", "--keep-voters"},
                                                   {"a.pb", "--keep-meta"}}) {
            add(read_arguments(words, usage));
        }
        std::ostringstream out;
        const Surroundings around{
            .read_file = [](const std::string& path) -> Result<std::string> { return fail(Errc::not_found, path); },
            .out = out,
            .err = out};
        add(load("none.pb", {}, around));
        add(load("projects.csv", {}, around));
        const Arguments csv = {.ballots = "ballots.csv", .budget = 900};
        Arguments length = csv;
        length.max_length = 2;
        Arguments strict = csv;
        strict.invalid = pabulib::InvalidBallots::refuse;
        add(load("projects.csv", length, around));
        add(load("projects.csv", strict, around));
        add(load("a.pb", strict, around));
        add(parse_what_if({}, "moon=full", [](std::string_view name) { return counting::rule_named(name); }));
        add(pabulib::unpacked("\x1f\x8b and no more"));
        const std::string text(100, '0');
        add(pabulib::unpacked(packed_with_zstd(text), text.size() - 1));
        add(read_result("[]"));
        add(read_result(R"({"format": "bypuls-count-1"})"));
    }

    std::vector<Fault> all;
};

Refused refused() {
    Refused refused;
    refused.files();
    refused.tables();
    refused.rules();
    refused.elections();
    refused.commands();
    return refused;
}

/// True if something was not put in, or there is no such message, which then stands in brackets.
bool is_unfinished(const std::string& text) {
    static const std::regex parameter_or_key(R"(\{[a-z_]+\}|\[(fault|remark|recount|command)\.)");
    return std::regex_search(text, parameter_or_key);
}

TEST(Faults, AreToldInEveryLanguageWithEverythingPutIn) {
    for (const Fault& fault : refused().all) {
        std::set<std::string> told;
        for (const words::Language language : languages) {
            const std::string text = fault.in(in(language));
            EXPECT_FALSE(is_unfinished(text)) << text;
            told.insert(text);
        }
        EXPECT_EQ(told.size(), languages.size()) << fault.what;
        EXPECT_EQ(fault.what, fault.in(in(words::Language::en)));
    }
}

TEST(Faults, EverySentenceIsSaidOfSomething) {
    std::set<std::string, std::less<>> said;
    for (const Fault& fault : refused().all) {
        for (const Finding& finding : fault.findings) {
            said.emplace(finding.key);
        }
    }
    for (const std::string_view key : words::Catalogue::built_in().keys()) {
        const bool place = key.starts_with("fault.place") || key.starts_with("fault.table_");
        if (!place && (key.starts_with("fault.") || key.starts_with("command.fault_"))) {
            EXPECT_TRUE(said.contains(key)) << key;
        }
    }
}

TEST(Faults, HaveTheirPlaceInTheReadersLanguage) {
    const auto fault = [](const auto& answer, words::Language language) { return answer.error().in(in(language)); };
    const auto document = pabulib::parse(with_votes("", "1;c")).value();
    EXPECT_EQ(fault(pabulib::read_election(document), words::Language::nb),
              "linje 11, kolonne 2: Det finnes ikke noe prosjekt «c».");
    EXPECT_EQ(fault(pabulib::read_csv({.projects = "id,cost\na,3\n", .ballots = "vote\nz\n"}), words::Language::nn),
              "røystesetlane, linje 2, kolonne 1: Det finst ikkje noko prosjekt «z».");
    EXPECT_EQ(fault(pabulib::read_json(R"({"budget": "x"})"), words::Language::nb),
              "election.budget: «x» er ikke et beløp.");
    EXPECT_EQ(fault(counting::parse_rule("method = \"greedy\"\nstep = 1\nutility = \"luck\"\n"), words::Language::nn),
              "linje 3, kolonne 11: utility må vere ein av desse: cost, cardinality, points.\n"
              "linje 2, kolonne 8: step må vere eit beløp i hermeteikn, som \"1\" eller \"0.50\".");
}

TEST(Remarks, AreToldInEveryLanguageWithEverythingPutInAndEachIsMade) {
    std::set<std::string, std::less<>> said;
    const auto look = [&](const std::string& text) {
        const pabulib::Reading reading = pabulib::read_election(pabulib::parse(text).value()).value();
        for (const Finding& remark : reading.remarks) {
            said.emplace(remark.key);
            std::set<std::string> told;
            for (const words::Language language : languages) {
                const std::string text_of_it = remark.in(in(language));
                told.insert(text_of_it);
                EXPECT_FALSE(is_unfinished(text_of_it)) << text_of_it;
            }
            EXPECT_EQ(told.size(), languages.size()) << remark.in_english();
        }
    };
    const std::string two = projects + "VOTES\nvoter_id;vote;points\n1;a,b,b;1,2,2\n1;a;7\n";
    const auto with = [&](std::string_view meta, std::string_view kind = "approval") {
        return fmt::format("META\nkey;value\nbudget;5\nvote_type;{}\n{}{}", kind, meta, two);
    };
    look(with("fully_funded;maybe\nnum_votes;7\nmin_length;two\n"));
    look(with("fully_funded;1\nmax_length;1\nmax_sum_cost;6\n"));
    look(with("min_length;2\nmax_length;0\n"));
    look(with("max_length;1\ninvalid_ballots;refuse\n"));
    look(with("max_points;3\n", "cumulative"));
    look(with("", "knapsack"));
    std::string dear = with("invalid_ballots;refuse\n", "knapsack");
    for (int voter = 0; voter < 30; ++voter) {
        dear += "1;a,b;1,1\n";
    }
    look(dear);
    std::string many = with("max_length;1\n", "knapsack");
    for (int voter = 0; voter < 30; ++voter) {
        many += "1;a,b;1,1\n";
    }
    look(many);
    many.replace(many.find("max_length"), 0, "invalid_ballots;refuse\n");
    look(many);
    said.emplace("remark.not_utf8");  // of the command's file; see below
    for (const std::string_view key : words::Catalogue::built_in().keys()) {
        EXPECT_TRUE(!key.starts_with("remark.") || said.contains(key)) << key;
    }
}

/// Commands with files that stand beside them.
struct Shelf {
    std::map<std::string, std::string> files = {};
    std::ostringstream out = {};
    std::ostringstream err = {};

    int run(int (*command)(std::span<const std::string>, const Surroundings&), const std::vector<std::string>& words) {
        out.str("");
        err.str("");
        return command(words, {.read_file = [this](const std::string& path) -> Result<std::string> {
                                   const auto at = files.find(path);
                                   return at == files.end() ? Result<std::string>(fail(Errc::not_found, path))
                                                            : at->second;
                               },
                               .out = out,
                               .err = err});
    }
};

TEST(Faults, OfACommandAreInTheLanguageThatIsAskedFor) {
    Shelf at;
    at.files["wrong.pb"] = with_votes("", "1;c");
    at.files["rule.toml"] = "method = \"luck\"\n";
    at.files["fine.pb"] = head + projects + votes;

    EXPECT_EQ(at.run(count_command, {"wrong.pb", "--language", "nb"}), exit_usage);
    EXPECT_EQ(at.err.str(), "wrong.pb: linje 11, kolonne 2: Det finnes ikke noe prosjekt «c».\n");
    EXPECT_EQ(at.run(count_command, {"wrong.pb"}), exit_usage);
    EXPECT_EQ(at.err.str(), "wrong.pb: line 11, column 2: There is no project “c”.\n");
    EXPECT_EQ(at.run(compare_command, {"none.pb", "--language", "nn"}), exit_usage);
    EXPECT_EQ(at.err.str(), "none.pb: Fila finst ikkje.\n");
    EXPECT_EQ(at.run(count_command, {"fine.pb", "--language", "nb", "--rule", "rule.toml"}), exit_usage);
    EXPECT_THAT(at.err.str(), testing::StartsWith("rule.toml: linje 1, kolonne 10: method må være en av disse: "));
    EXPECT_EQ(at.run(count_command, {"fine.pb", "--language", "nb"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("Filen sier ikke hvilken regel som gjelder."));
    EXPECT_EQ(at.run(count_command, {"fine.pb", "--loud", "--language", "nn"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("Det finst ikkje noko val som heiter «--loud»."));
    EXPECT_EQ(at.run(verify_count_command, {"fine.pb", "fine.pb", "--language", "nb"}), exit_usage);
    EXPECT_THAT(at.err.str(), testing::StartsWith("fine.pb: filen har ingen kolonne"));
}

TEST(Faults, OptionsThatWouldRefuseNoBallotAreRefused) {
    Shelf at;
    at.files["fine.pb"] = head + "rule;greedy\n" + projects + votes;
    at.files["fine.json"] =
        R"({"budget": "9", "kind": "approval", "projects": [{"id": "a", "cost": "3"}], "ballots": []})";
    at.files["p.csv"] = "id,cost\na,3\nb,4\n";
    at.files["b.csv"] = "vote\na\na|b\n";
    const auto said = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"--rule", "greedy"});
        const int code = at.run(count_command, words);
        EXPECT_EQ(code == exit_ok, at.out.str() != "") << at.err.str();
        return at.err.str();
    };
    const std::vector<std::string> csv = {"p.csv", "--ballots", "b.csv", "--budget", "9"};
    const auto with_csv = [&](const std::vector<std::string>& more) {
        std::vector<std::string> words = csv;
        words.insert(words.end(), more.begin(), more.end());
        return said(words);
    };

    for (const std::string file : {"fine.pb", "fine.json"}) {
        for (const std::vector<std::string>& option : std::vector<std::vector<std::string>>{
                 {"--min-length", "1"}, {"--max-length", "1"}, {"--invalid-ballots", "count"}}) {
            EXPECT_THAT(said({file, option[0], option[1]}),
                        testing::StartsWith(file + ": " + option[0] + " is for votes as CSV."));
        }
        EXPECT_EQ(said({file}), "");
    }
    EXPECT_THAT(with_csv({"--max-length", "1"}),
                HasSubstr("--max-length says something only with --invalid-ballots refuse."));
    EXPECT_THAT(with_csv({"--min-length", "1", "--invalid-ballots", "count"}),
                HasSubstr("--min-length says something only with --invalid-ballots refuse."));
    EXPECT_THAT(with_csv({"--invalid-ballots", "refuse"}), HasSubstr("needs --min-length or --max-length."));
    EXPECT_EQ(with_csv({"--invalid-ballots", "count"}), "");
    EXPECT_THAT(with_csv({"--invalid-ballots", "refuse", "--max-length", "1"}),
                HasSubstr("the ballot is against max_length and is not counted"));
}

TEST(Remarks, OfACommandAreInTheLanguageThatIsAskedForAndPublishedInEnglish) {
    Shelf at;
    at.files["odd.pb"] = head + "rule;greedy\nmax_length;1\ndescription;\xC5s\n" + projects + votes + "2;a,b\n";

    ASSERT_EQ(at.run(count_command, {"odd.pb", "--json", "--language", "nn"}), exit_ok) << at.err.str();
    EXPECT_EQ(at.err.str(),
              "odd.pb: fila er ikkje UTF-8 og er lesen som Windows-1252, så nokre bokstavar kan vere feil\n"
              "odd.pb: linje 15: 2 prosjekt der max_length er 1 prosjekt; talt som publisert\n");
    EXPECT_EQ(nlohmann::json::parse(at.out.str())["remarks"][1],
              "line 15: 2 projects where max_length is 1 project; counted as published");
}

TEST(WhatDiffers, IsToldInWordsForEveryMemberOfAResult) {
    const nlohmann::json schema =
        nlohmann::json::parse(slurp(data_path("../../../docs/formats/count-result.schema.json")));
    for (const auto& [member, of] : schema.at("properties").items()) {
        const auto difference =
            first_mismatch(fmt::format("{{\"{}\": 1}}", member), fmt::format("{{\"{}\": 2}}", member)).value();
        ASSERT_TRUE(difference.has_value()) << member;
        EXPECT_NE(difference->what.key, "command.differs_unknown") << member;
        for (const words::Language language : languages) {
            const std::string text = difference->what.in(in(language));
            EXPECT_FALSE(is_unfinished(text)) << text;
        }
    }
}

TEST(WhatDiffers, IsToldInTheLanguageThatIsAskedFor) {
    Shelf at;
    at.files["t.pb"] = head + "rule;greedy\n" + projects + votes;
    ASSERT_EQ(at.run(count_command, {"t.pb", "--json"}), exit_ok) << at.err.str();
    nlohmann::json forged = nlohmann::json::parse(at.out.str());
    forged["rounds"][0]["paid"] = "2";
    at.files["forged.json"] = forged.dump();
    ASSERT_EQ(at.run(count_command, {"t.pb", "--pb"}), exit_ok);
    std::string published = at.out.str();
    published.replace(published.find("budget;9"), 8, "budget;8");
    at.files["forged.pb"] = published;

    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "forged.json", "--language", "nb"}), exit_differs);
    EXPECT_THAT(at.out.str(), HasSubstr("Det første som er ulikt: rundene, nummer 1\n"
                                        "rounds[0].paid: publisert \"2\", stemmesedlene gir \"3\"\n"));
    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "forged.json"}), exit_differs);
    EXPECT_THAT(at.out.str(), HasSubstr("The first thing that differs: the rounds, number 1\n"
                                        "rounds[0].paid: published \"2\", the ballots give \"3\"\n"));
    EXPECT_EQ(at.run(verify_count_command, {"t.pb", "forged.pb", "--language", "nn"}), exit_differs);
    EXPECT_THAT(at.out.str(), AllOf(HasSubstr("Det første som er ulikt: budget i META\n"),
                                    HasSubstr("META, budget: publisert 8, røystesetlane gir 9\n")));
}

TEST(WhatIsPublished, LeavesOutKeysOfMetaThatNobodyKnowsUnlessItIsAskedTo) {
    Shelf at;
    at.files["t.pb"] =
        head + "rule;greedy\nComment;as it was\ncounted_by;Kari Nordmann\nX-note;12345\n" + projects + votes;

    ASSERT_EQ(at.run(count_command, {"t.pb", "--pb", "--language", "nb"}), exit_ok) << at.err.str();
    EXPECT_THAT(at.out.str(), AllOf(HasSubstr("Comment;as it was\n"), HasSubstr("rule;greedy\n"),
                                    Not(HasSubstr("Kari")), Not(HasSubstr("12345"))));
    EXPECT_THAT(at.err.str(), AllOf(HasSubstr("ikke skrevet"), HasSubstr("counted_by, X-note"),
                                    HasSubstr("--keep-meta"), Not(HasSubstr("Kari"))));
    ASSERT_EQ(at.run(count_command, {"t.pb", "--pb", "--keep-meta"}), exit_ok);
    EXPECT_THAT(at.out.str(), HasSubstr("counted_by;Kari Nordmann\nX-note;12345\n"));
    EXPECT_EQ(at.err.str(), "");
}

}  // namespace
}  // namespace bypuls::participation::explanation
