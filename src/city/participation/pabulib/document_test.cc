#include "city/participation/pabulib/document.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <rapidcheck.h>

#include "city/participation/pabulib/pabulib.h"

namespace bypuls::participation::pabulib {
namespace {

using counting::BallotKind;
using counting::Choice;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view small =
    "META\nkey;value\nbudget;100\nvote_type;approval\nrule;greedy\nPROJECTS\nproject_id;cost;name\na;60;Slide\nb;40.50;"
    "\"Swing; \"\"big\"\"\"\n"
    "VOTES\nvoter_id;vote\n1;a,b\n2;\n3;b\n";

TEST(Document, ReadsWhatCitiesPublish) {
    const Document document = parse(small).value();

    EXPECT_EQ(document.meta_value("Budget"), "100");
    EXPECT_EQ(document.projects.at(1, 2), "Swing; \"big\"");
    EXPECT_EQ(document.votes.rows(), 3U);
    EXPECT_EQ(document.votes.at(1, 1), "");
    EXPECT_EQ(parse(print(document)).value(), document);
}

TEST(Document, TakesByteOrderMarksLineEndingsShortRowsAndBlankLines) {
    const Document document = parse(
                                  "\xEF\xBB\xBFMETA;;\r\nkey;value\r\ncomment;one;two\r\n\r\nPROJECTS\r\nProject_ID;"
                                  "cost\r\na\r\n\r\nVOTES\r\nvoter_id;vote\r\n")
                                  .value();

    EXPECT_EQ(document.meta_value("comment"), "one;two");
    EXPECT_EQ(document.projects.column("project_id"), 0U);
    EXPECT_EQ(document.projects.at(0, 1), "");
    EXPECT_EQ(document.projects.line(0), 7U);
}

TEST(Document, ABlankLineBeforeAHeaderDoesNotHideWhatPartsItsFields) {
    const Document document =
        parse("META\nkey;value\nPROJECTS\n\nproject_id,cost\na,1\nVOTES\n \r\nvoter_id,vote\n1,a\n").value();

    EXPECT_THAT(document.projects.columns, ElementsAre("project_id", "cost"));
    EXPECT_EQ(document.votes.at(0, 1), "a");
    EXPECT_EQ(parse(print(document)).value(), document);
}

TEST(Document, SaysWhereAFileIsWrong) {
    EXPECT_EQ(parse("hello").error().what,
              "line 1, column 1: The file begins with “hello”. A .pb file begins with META, PROJECTS or VOTES.");
    EXPECT_THAT(parse("PROJECTS\nproject_id;cost\na;\"1\n").error().what,
                HasSubstr("line 3, column 3: A field begins with a quotation mark and never ends."));
    EXPECT_THAT(parse("PROJECTS\nproject_id;cost\na;1;2\n").error().what,
                HasSubstr("line 3, column 1: The row has 3 fields and the header 2."));
    EXPECT_THAT(parse("META\nkey;value\n").error().what, HasSubstr("without the section PROJECTS"));
}

TEST(Document, WhateverIsPrintedIsReadBack) {
    EXPECT_TRUE(rc::check(
        [](const std::vector<std::pair<std::string, std::string>>& cells, const std::vector<std::string>& values) {
            Document document;
            document.projects.columns = {"project_id", "cost"};
            document.votes.columns = {"voter_id", "vote"};
            for (const std::string& value : values) {
                document.meta.emplace_back("k", value);
            }
            for (const auto& [a, b] : cells) {
                document.projects.add_cell("p" + a);
                document.projects.add_cell(b);
                document.projects.end_row();
            }
            RC_ASSERT(parse(print(document)).value() == document);
        }));
}

TEST(Election, IsReadWithItsKindCostsAndBallots) {
    const Reading reading = read_election(parse(small).value()).value();

    EXPECT_EQ(reading.election.kind, BallotKind::approval);
    EXPECT_EQ(reading.election.projects[1].cost, 4050);
    EXPECT_EQ(reading.election.ballots.total(), 3);
    EXPECT_FALSE(reading.published.present);
}

TEST(Election, FaultsHaveLineAndColumn) {
    const auto fault = [](std::string_view text) { return read_election(parse(text).value()).error().what; };
    const std::string head = "META\nkey;value\nbudget;1\nvote_type;approval\nPROJECTS\nproject_id;cost;selected\n";

    EXPECT_EQ(fault(head + "a;x;0\nVOTES\nvoter_id;vote\n"), "line 7, column 2: “x” is not an amount of money.");
    EXPECT_EQ(fault(head + "a;1;7\nVOTES\nvoter_id;vote\n"),
              "line 7, column 3: selected is “7”, but can only be 0, 1 or 2.");
    EXPECT_EQ(fault(head + "a;1;1\nVOTES\nvoter_id;vote\n1;a\n2;c\n"), "line 11, column 2: There is no project “c”.");
}

TEST(Election, FaultsOfMetaHaveLineAndColumnToo) {
    const auto fault = [](std::string_view meta) {
        const std::string rest = "PROJECTS\nproject_id;cost\na;1\nVOTES\nvoter_id;vote\n";
        return read_election(parse(fmt::format("META\nkey;value\n{}{}", meta, rest)).value()).error().what;
    };

    EXPECT_EQ(
        fault("budget;1\n\nvote_type;loud\n"),
        "line 5, column 2: vote_type is “loud”, and not approval, choose-1, cumulative, scoring, ordinal or knapsack.");
    EXPECT_EQ(fault("comment;\"two\nlines\"\nbudget;much\nvote_type;approval\n"),
              "line 5, column 2: “much” is not an amount of money.");
    EXPECT_EQ(fault("vote_type;approval\nbudget;1.234\n"),
              "line 4, column 2: “1.234” is not an amount in whole hundredths.");
    EXPECT_THAT(fault("budget;1\nvote_type;approval\npots;north\n"),
                testing::StartsWith("line 5, column 2: pots in META is not a list of sub-budgets such as"));
    EXPECT_THAT(fault("budget;1\nvote_type;approval\npots;\"[{\"\"name\"\":\"\"n\"\",\"\"budget\"\":\"\"x\"\"}]\"\n"),
                HasSubstr("line 5, column 2: “x” is not an amount of money."));
    const auto pots = [&](std::string_view first, std::string_view second) {
        return fault(
            fmt::format("budget;1\nvote_type;approval\npots;[{{\"name\":\"{}\",\"budget\":\"1\"}},"
                        "{{\"name\":\"{}\",\"budget\":\"2\"}}]\n",
                        first, second));
    };
    EXPECT_THAT(pots("north", "north"), testing::StartsWith("line 5, column 2: ")) << pots("north", "north");
    EXPECT_THAT(pots("north", "north"), HasSubstr("“north”"));
    EXPECT_THAT(pots("north", ""), testing::StartsWith("line 5, column 2: "));
    EXPECT_EQ(fault("vote_type;approval\n"), "META has no budget, which is needed.");
    EXPECT_EQ(fault("budget;1\n"), "META has no vote_type, which is needed.");
}

TEST(Document, IsNamedByItsFirstLettersWhereItIsNone) {
    std::string letters;
    for (int i = 0; i < 41; ++i) {
        letters += "𝓑";  // four bytes, and two units of UTF-16
    }
    EXPECT_THAT(parse(letters).error().what, HasSubstr(letters.substr(0, 160)));
    EXPECT_THAT(parse(letters).error().what, testing::Not(HasSubstr(letters)));
}

TEST(Document, KnowsTheLinesOfMetaWhenEntriesComeAndGo) {
    Document document = parse(small).value();
    document.set_meta("rule.method", "\"greedy\"");
    document.set_meta("note", "added");
    document.remove_meta("rule.");

    EXPECT_EQ(told(document.meta_place("rule")), "line 5, column 2");
    EXPECT_EQ(told(document.meta_place("note")), "META, note");
    EXPECT_EQ(told(document.meta_place("nowhere")), "META, nowhere");
    EXPECT_EQ(parse(print(document)).value(), document);
}

TEST(Election, ARuleNameWithoutADefinitionIsRefusedWithASentence) {
    Document document = parse(small).value();
    EXPECT_EQ(name_of(rule_of(document).value()), "greedy");
    document.set_meta("rule", "greedy-custom");
    EXPECT_EQ(rule_of(document).error().code, Errc::not_found);
    EXPECT_THAT(rule_of(document).error().what, HasSubstr("greedy-custom"));
}

TEST(Election, AResultIsWrittenIntoTheColumnSelected) {
    const Document before = parse(small).value();
    const counting::Election election = read_election(before).value().election;
    const counting::Rule rule = rule_of(before).value();
    counting::CountResult result = count(election, rule).value();

    const Document document = with_result(before, election, rule, result);

    EXPECT_THAT(document.projects.columns, ElementsAre("project_id", "cost", "name", "selected"));
    EXPECT_EQ(read_election(document).value().published.winners, result.winners);
    result.rounds.clear();
    EXPECT_EQ(with_result(document, election, rule, result).projects.at(1, 3), "0");
}

TEST(Tables, CsvIsReadAsAnElection) {
    const counting::Election election =
        read_csv({.projects = "id,cost,name,exclusive\na,60,Slide,x\nb,40,\"Swing, big\",x\n",
                  .ballots = "vote,points,weight\na|b,3|1,2\nb,5,\n",
                  .budget = 10000,
                  .kind = BallotKind::points})
            .value();

    EXPECT_EQ(election.projects[1].name, "Swing, big");
    EXPECT_THAT(election.exclusive, ElementsAre(ElementsAre(0, 1)));
    EXPECT_EQ(election.ballots.total(), 3);
    EXPECT_THAT(election.ballots[0].choices, ElementsAre(Choice{0, 3}, Choice{1, 1}));
    EXPECT_THAT(
        read_csv({.projects = "id,cost\na,60\n", .ballots = "vote\na\nz\n", .budget = 1, .kind = BallotKind::approval})
            .error()
            .what,
        "ballots, line 3, column 1: There is no project “z”.");
}

TEST(Tables, JsonSurvivesTheRoundTrip) {
    counting::Election election = read_election(parse(small).value()).value().election;
    election.pots = {{.name = "north", .budget = 500}};
    election.projects[0].pot = "north";
    election.projects[1].partial_from = 100;
    election.exclusive = {{0, 1}};

    const counting::Election again = read_json(print_json(election)).value();

    EXPECT_EQ(print_json(again), print_json(election));
    EXPECT_EQ(again.projects, election.projects);
    EXPECT_THAT(read_json("{}").error().what, HasSubstr("budget"));
    EXPECT_THAT(read_json("[]").error().what, HasSubstr("JSON object"));
}

}  // namespace
}  // namespace bypuls::participation::pabulib
