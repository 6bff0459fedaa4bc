// What files say beyond Pabulib's own columns, and what is said of files that are not quite right.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <rapidcheck.h>

#include "city/participation/pabulib/pabulib.h"

namespace bypuls::participation::pabulib {
namespace {

using counting::BallotKind;
using counting::Rule;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string file(std::string_view meta, std::string_view projects, std::string_view votes,
                 std::string_view kind = "approval") {
    return fmt::format("META\nkey;value\nbudget;100\nvote_type;{}\n{}PROJECTS\n{}VOTES\n{}", kind, meta, projects,
                       votes);
}

constexpr std::string_view two = "project_id;cost\na;60\nb;50\n";

Reading read(const std::string& text) {
    return read_election(parse(text).value()).value();
}

TEST(Limits, EachIsHeldAgainstEveryBallot) {
    const auto remark = [](std::string_view meta, std::string_view votes, std::string_view kind) {
        const Reading reading = read(file(meta, two, votes, kind));
        return reading.remarks.empty() ? std::string() : reading.remarks.front().in_english();
    };
    const std::string both = "voter_id;vote\nv7;a,b\n";
    const std::string points = "voter_id;vote;points\nv7;a,b;3,1\n";

    EXPECT_EQ(remark("max_length;1\n", both, "approval"),
              "line 12: 2 projects where max_length is 1 project; counted as published");
    EXPECT_EQ(remark("min_length;3\n", both, "ordinal"),
              "line 12: 2 projects where min_length is 3 projects; counted as published");
    EXPECT_EQ(remark("max_sum_cost;109.50\n", both, "approval"),
              "line 12: 110 NOK where max_sum_cost is 109.50 NOK; counted as published");
    EXPECT_EQ(remark("min_sum_cost;111\n", both, "approval"),
              "line 12: 110 NOK where min_sum_cost is 111 NOK; counted as published");
    EXPECT_EQ(remark("", both, "knapsack"), "line 11: 110 NOK where the budget is 100 NOK; counted as published");
    EXPECT_EQ(remark("max_sum_points;3\n", points, "cumulative"),
              "line 12: 4 points where max_sum_points is 3 points; counted as published");
    EXPECT_EQ(remark("min_sum_points;5\n", points, "cumulative"),
              "line 12: 4 points where min_sum_points is 5 points; counted as published");
    EXPECT_EQ(remark("max_points;2\n", points, "cumulative"),
              "line 12: 3 points where max_points is 2 points; counted as published");
    EXPECT_EQ(remark("min_points;1.5\n", "voter_id;vote;points\nv7;a,b;3,1.25\n", "cumulative"),
              "line 12: 1.25 points where min_points is 1.5 points; counted as published");
    EXPECT_EQ(remark("max_length;two\n", both, "approval"),
              "META: max_length is 'two', which is not a number; no ballot is held against it");
    EXPECT_EQ(remark("max_length;2\nmin_length;1\n", both + "v8;\n", "approval"), "");
}

TEST(Limits, ABallotAgainstThemIsCountedAsPublishedAndManyAreSummedUp) {
    std::string votes = "voter_id;vote\n";
    for (int voter = 0; voter < 25; ++voter) {
        votes += fmt::format("{};a,b\n", voter);
    }
    const Reading reading = read(file("max_length;1\n", two, votes));

    EXPECT_EQ(reading.election.ballots.total(), 25);
    ASSERT_EQ(reading.remarks.size(), 21U);
    EXPECT_EQ(reading.remarks.back().in_english(), "and 5 more ballots against max_length");
}

TEST(Limits, ASecondChoiceWhereOneMayBeChosenHasItsPlace) {
    const auto reading = read_election(parse(file("", two, "voter_id;vote\n1;a\n2;a,b\n", "choose-1")).value());
    EXPECT_EQ(reading.error().what, "line 12, column 2: The ballot names several projects where one is allowed.");
}

TEST(FullFunding, MetaSaysThatEverythingIsFundedWhateverTheMethodWouldLeave) {
    // Equal Shares alone buys nothing here: b's one voter has 1/3 of the money.
    const std::string text = "budget;100\nvote_type;approval\nrule;equalshares\n";
    const std::string rest = "PROJECTS\nproject_id;cost\na;50\nb;50\nVOTES\nvoter_id;vote\n1;b\n2;a\n3;a\n";
    const Document without = parse("META\nkey;value\n" + text + rest).value();
    const Document with = parse("META\nkey;value\nfully_funded;1\n" + text + rest).value();
    const counting::Election election = read_election(with).value().election;

    EXPECT_EQ(count(election, rule_of(without).value()).value().winners.size(), 1U);
    const auto result = count(election, rule_of(with).value()).value();
    EXPECT_EQ(result.rule, "mes-cost+fully-funded");
    EXPECT_THAT(result.winners, ElementsAre(0, 1));
    EXPECT_EQ(result.rounds[0].phase, counting::Phase::fund_all);
}

TEST(FullFunding, AClaimThatTheCostsBelieIsRemarkedUpon) {
    const Reading reading = read(file("fully_funded;1\n", two, "voter_id;vote\n1;a\n"));
    ASSERT_EQ(reading.remarks.size(), 1U);
    EXPECT_EQ(reading.remarks[0].in_english(),
              "META says fully_funded is 1, but the projects together cost more than the budget");
}

TEST(FileRule, ExclusiveWithoutGroupsAndThresholdWithoutOneNameNoCompleteRule) {
    const auto rule = [](std::string_view meta, std::string_view projects) {
        return rule_of(parse(file(meta, projects, "voter_id;vote\n")).value());
    };
    EXPECT_THAT(rule("rule;greedy-exclusive\n", two).error().what, HasSubstr("is not complete"));
    EXPECT_THAT(rule("rule;greedy-threshold\n", two).error().what, HasSubstr("is not complete"));
    EXPECT_THAT(rule("rule;greedy\nmin_project_score_threshold;many\n", two).error().what,
                HasSubstr("“many”, which is not a whole number"));
    EXPECT_EQ(name_of(rule("rule;greedy-exclusive\n", "project_id;cost;exclusive\na;60;x\nb;50;x\n").value()),
              "greedy");
    EXPECT_EQ(name_of(rule("rule;mes-cost-add1\n", two).value()), "mes-cost-add1");
}

TEST(FileRule, AnyRuleWrittenIntoAFileIsReadBack) {
    EXPECT_TRUE(rc::check([] {
        const auto names = counting::builtin_rules();
        Rule rule = counting::rule_named(*rc::gen::elementOf(names)).value();
        rule.electorate = *rc::gen::element(counting::Electorate::everyone, counting::Electorate::with_choice);
        rule.score_min = *rc::gen::inRange<std::int64_t>(0, 3);
        rule.fully_funded = *rc::gen::arbitrary<bool>();
        rule.seed = *rc::gen::element<std::string>("", "4711", "a \"drawn\"\nlot; ø");
        Document document =
            parse(file(*rc::gen::element<std::string>("rule;greedy\n", "rule;unknown\nfully_funded;1\n", ""), two,
                       "voter_id;vote\n"))
                .value();
        set_rule(document, rule);
        const Document again = parse(print(document)).value();
        RC_ASSERT(rule_of(again).value() == rule);
        set_rule(document, rule_of(parse(file("rule;greedy-no-skip\n", two, "voter_id;vote\n")).value()).value());
        RC_ASSERT(name_of(rule_of(document).value()).starts_with("greedy-stop"));
    }));
}

TEST(FileRule, AWholeRuleMustBeTheOneThatIsNamed) {
    const Document document =
        parse(file("rule;greedy\nrule.method;\"\"\"phragmen\"\"\"\n", two, "voter_id;vote\n")).value();
    EXPECT_EQ(rule_of(document).error().what,
              "line 5, column 2: META says the rule is “greedy”, but the keys that begin with “rule.” describe "
              "“phragmen”.");
}

TEST(FileRule, FaultsOfTheRuleHaveTheLineAndColumnOfTheFile) {
    const auto fault = [](std::string_view meta) {
        return rule_of(parse(file(meta, two, "voter_id;vote\n")).value()).error().what;
    };
    EXPECT_THAT(fault("rule;greedy-custom\n"), HasSubstr("line 5, column 2: The file calls its rule “greedy-custom”."));
    EXPECT_THAT(fault("comment;x\nrule;greedy-threshold\n"),
                HasSubstr("line 6, column 2: The rule “greedy-threshold” is not complete."));
    EXPECT_THAT(fault("rule;greedy\nmin_project_score_threshold;many\n"),
                HasSubstr("line 6, column 2: min_project_score_threshold is “many”"));
    EXPECT_THAT(fault("rule;greedy\nrule.method;\"\"\"greedy\"\"\"\ncomment;x\nrule.misfit;\"\"\"jump\"\"\"\n"),
                HasSubstr("line 8, column 13: misfit is one of skip, stop"));
}

TEST(FileRule, ANameThatTellsMoreThanABuiltInRulesIsReadAndWrittenInFullToo) {
    const Rule rule =
        rule_of(parse(file("rule;mes-cost-add1-step-0.10-threshold-2+fully-funded\n", two, "voter_id;vote\n")).value())
            .value();
    EXPECT_EQ(rule.step, 10);
    EXPECT_EQ(rule.score_min, 2);
    EXPECT_TRUE(rule.fully_funded);
    Document document = parse(file("", two, "voter_id;vote\n")).value();
    set_rule(document, rule);
    EXPECT_EQ(document.meta_value("rule"), "mes-cost-add1-step-0.10-threshold-2+fully-funded");
    EXPECT_EQ(document.meta_value("rule.step"), "\"0.10\"");
    EXPECT_EQ(rule_of(document).value(), rule);
}

TEST(Writing, PotsGroupsAndPartsSurviveTheRoundTrip) {
    const counting::Election election = read_json(R"({"budget": "5", "kind": "points", "points_per_one": 4,
            "pots": [{"name": "s, \"ør\"; =", "budget": "7.50"}, {"name": "n", "budget": "0"}],
            "projects": [{"id": "a", "cost": "3", "pot": "n"}, {"id": "b", "cost": "6", "partial_from": "2.50"},
                         {"id": "c", "cost": "4"}, {"id": "d", "cost": "0"}],
            "exclusive": [["d", "c"], ["a", "b"], ["b", "c"]],
            "ballots": [{"choices": ["a", "b"], "points": [5, 1], "count": 3}, {"choices": []}]})")
                                            .value();

    const Document document = to_document(election);
    const counting::Election again = read_election(parse(print(document)).value()).value().election;

    EXPECT_EQ(again.pots, election.pots);
    EXPECT_EQ(again.projects, election.projects);
    EXPECT_THAT(again.exclusive,
                testing::UnorderedElementsAre(ElementsAre(0, 1), ElementsAre(1, 2), ElementsAre(2, 3)));
    EXPECT_EQ(to_document(again), document);
    for (const char* name : {"greedy", "mes-points-add1u", "phragmen"}) {
        Rule rule = counting::rule_named(name).value();
        rule.seed = "writing";
        const auto first = count(election, rule).value();
        const auto second = count(again, rule).value();
        EXPECT_EQ(second.winners, first.winners);
        EXPECT_EQ(counting::format_points(second.scores[0], again.points_per_one), "3.75");
        EXPECT_EQ(counting::format_points(first.scores[0], election.points_per_one), "3.75");
    }
}

TEST(Json, AKeyNobodyKnowsIsRefusedWithItsPath) {
    const auto fault = [](std::string_view json) { return read_json(json).error().what; };

    EXPECT_EQ(fault(R"({"budgett": "1", "budget": "1"})"), "budgett: There is no such key. Did you mean “budget”?");
    EXPECT_EQ(fault(R"({"budget": "1", "kind": "approval", "exclusiv": [["a","b"]]})"),
              "exclusiv: There is no such key. Did you mean “exclusive”?");
    EXPECT_EQ(fault(R"({"budget": "1", "kind": "approval", "projects": [{"id": "a", "cost": "1", "pott": "n"}]})"),
              "projects[0].pott: There is no such key. Did you mean “pot”?");
    EXPECT_THAT(fault(R"({"budget": "1", "kind": "approval", "projects": [{"id": "a", "cost": "1"}],
                          "ballots": [{"choices": ["a"], "weight": 5}]})"),
                HasSubstr("ballots[0].weight: There is no such key"));
    EXPECT_THAT(fault(R"({"budget": "1", "kind": "approval", "pots": [{"name": "n", "budget": "1", "cost": "1"}]})"),
                HasSubstr("pots[0].cost"));
    // 59 letters and one of two bytes: sixty, and none of them cut.
    const std::string sixty = std::string(59, 'x') + "å";
    EXPECT_EQ(fault(fmt::format(R"({{"{}åå": "1"}})", sixty)), sixty + ": There is no such key.");
    EXPECT_EQ(fault(R"({"budget": "1", "budget": "2"})"), "The key “budget” stands twice in one object.");
}

TEST(Json, FaultsHaveLineAndColumnOrAPath) {
    const auto fault = [](std::string_view json) { return read_json(json).error().what; };

    EXPECT_THAT(fault("{\"budget\": \"100\",\n \"projects\": [ {\"id\": \"a\" \"cost\": \"3\"}]}"),
                HasSubstr("line 2, column 32: This is not JSON"));
    EXPECT_EQ(fault(R"({"budget": "x", "kind": "approval"})"), "election.budget: “x” is not an amount of money.");
    EXPECT_EQ(fault(R"({"budget": "1", "kind": "approval", "projects": [{"id": "a", "cost": "3x"}]})"),
              "projects[0].cost: “3x” is not an amount of money.");
    EXPECT_EQ(fault(R"({"budget": "1", "kind": "approval", "projects": [], "ballots": [{"choices": ["b"]}]})"),
              "ballots[0].choices[0]: This names no project of the election.");
}

TEST(Csv, ATableThatCannotBeReadSaysOnWhichOfItsLines) {
    EXPECT_EQ(read_csv({.projects = "id,cost\n\"a,5\n", .ballots = "vote\n"}).error().what,
              "projects, line 2, column 1: A field begins with a quotation mark and never ends.");
    EXPECT_THAT(read_csv({.projects = "id,cost\na,5,6\n", .ballots = "vote\n"}).error().what,
                HasSubstr("projects, line 2, column 1: The row has 3 fields and the header 2."));
    EXPECT_EQ(read_csv({.projects = "", .ballots = "vote\n"}).error().what,
              "projects, line 1, column 1: The table is empty.");
    EXPECT_EQ(read_csv({.projects = "id;cost\nVOTES;5\n", .ballots = "vote\nVOTES\n"}).value().projects[0].id, "VOTES");
}

TEST(Csv, PotsGroupsAndDecimalsOfPointsAreRead) {
    const counting::Election election = read_csv({.projects = "id,cost,pot,exclusive\na,5,n,x|y\nb,4,n,y\nc,3,,x\n",
                                                  .ballots = "vote,points\na|b,1.5|2\n",
                                                  .kind = BallotKind::points,
                                                  .pots = {{.name = "n", .budget = 900}}})
                                            .value();

    EXPECT_EQ(election.projects[0].pot, "n");
    EXPECT_THAT(election.exclusive, ElementsAre(ElementsAre(0, 2), ElementsAre(0, 1)));
    EXPECT_EQ(election.points_per_one, 1000);
    EXPECT_EQ(election.ballots[0].choices[0].value, 1500);
}

TEST(Decode, Utf8StaysAndTheRestIsWindows1252) {
    EXPECT_EQ(decode("Ås").text, "Ås");
    EXPECT_FALSE(decode("Ås").converted);
    EXPECT_EQ(decode("\xC5s \x80 \x81 \x9F").text, "Ås € \xC2\x81 Ÿ");
    EXPECT_TRUE(decode("\xC5s").converted);
}

constexpr const char* limited =
    "META\nkey;value\nbudget;9\nvote_type;approval\nmin_length;2\nmax_length;2\ninvalid_ballots;{}\n"
    "PROJECTS\nproject_id;cost\na;3\nb;4\nc;5\nVOTES\nvoter_id;vote\n1;a,b\n2;a,b,c\n3;\n4;c\n5;b,c\n";

TEST(InvalidBallots, AreCountedAsPublishedUnlessTheElectionRefusesThem) {
    const Reading counted = read_election(parse(fmt::format(limited, "count")).value()).value();
    const Reading refused = read_election(parse(fmt::format(limited, "refuse")).value()).value();

    EXPECT_EQ(counted.election.ballots.total(), 5);
    ASSERT_EQ(counted.remarks.size(), 2U);
    EXPECT_EQ(counted.remarks[0].in_english(),
              "line 16: 3 projects where max_length is 2 projects; counted as published");
    // A blank ballot is blank, not too short.
    EXPECT_EQ(refused.election.ballots.total(), 3);
    ASSERT_EQ(refused.remarks.size(), 2U);
    EXPECT_EQ(refused.remarks[0].in_english(), "line 16: the ballot is against max_length and is not counted");
    EXPECT_EQ(refused.remarks[1].in_english(), "line 18: the ballot is against min_length and is not counted");
}

TEST(InvalidBallots, AreRefusedByWhoeverCountsWhatIsPublishedToo) {
    const Document document = parse(fmt::format(limited, "refuse")).value();
    const Reading reading = read_election(document).value();

    const Publication publication = for_publication(document, reading.election);
    const Reading again = read_election(parse(print(publication.document)).value()).value();

    EXPECT_THAT(publication.left_out_meta, testing::IsEmpty());
    EXPECT_EQ(to_document(again.election), to_document(reading.election));
}

TEST(InvalidBallots, AreToldTwentyOfEachAndThenTheirNumber) {
    std::string text = fmt::format(limited, "refuse");
    for (int i = 0; i < 30; ++i) {
        text += std::to_string(10 + i) + ";a\n";
    }
    const Reading reading = read_election(parse(text).value()).value();

    EXPECT_EQ(reading.election.ballots.total(), 3);
    EXPECT_EQ(reading.remarks.size(), 20U + 1 + 1);
    EXPECT_EQ(reading.remarks.back().in_english(), "and 11 more ballots against min_length are not counted");
}

TEST(InvalidBallots, AreRefusedInJsonAndCsvToo) {
    const std::string json =
        R"({"budget":"9","kind":"approval","projects":[{"id":"a","cost":"3"},{"id":"b","cost":"4"}],"max_length":1,)"
        R"("invalid_ballots":"refuse","ballots":[{"choices":["a"],"count":2},{"choices":["a","b"],"count":7}]})";
    std::vector<counting::Finding> remarks;
    EXPECT_EQ(read_json(json, &remarks).value().ballots.total(), 2);
    ASSERT_EQ(remarks.size(), 1U);
    EXPECT_THAT(remarks[0].in_english(),
                testing::AllOf(testing::HasSubstr("ballots[1]"),
                               testing::HasSubstr("the ballot is against max_length and is not counted")));
    std::string as_published = json;
    as_published.replace(as_published.find("refuse"), 6, "count");
    EXPECT_EQ(read_json(as_published).value().ballots.total(), 9);

    CsvElection csv{.projects = "id,cost\na,3\nb,4\n",
                    .ballots = "vote\na|b\nb\n",
                    .budget = 900,
                    .max_length = 1,
                    .invalid = InvalidBallots::refuse};
    remarks.clear();
    EXPECT_EQ(read_csv(csv, &remarks).value().ballots.total(), 1);
    EXPECT_EQ(remarks.size(), 1U);
    csv.invalid = InvalidBallots::count;
    EXPECT_EQ(read_csv(csv).value().ballots.total(), 2);
}

TEST(InvalidBallots, AreNeitherCountedNorRefusedByAnotherWord) {
    const auto read = read_election(parse(fmt::format(limited, "maybe")).value());

    ASSERT_FALSE(read.has_value());
    EXPECT_THAT(read.error().what, testing::HasSubstr("invalid_ballots is “maybe”, but can only be count or refuse."));
    EXPECT_FALSE(read_json(R"({"budget":"9","kind":"approval","projects":[],"invalid_ballots":"maybe","ballots":[]})")
                     .has_value());
}

}  // namespace
}  // namespace bypuls::participation::pabulib
