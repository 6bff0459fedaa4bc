// What a rule's text may say, and what its name tells.
#include <functional>

#include <gmock/gmock.h>

#include "city/participation/counting/count.h"

namespace bypuls::participation::counting {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string fault(std::string_view toml) {
    return parse_rule(toml).error().what;
}

TEST(RuleText, AChoiceThatTheMethodNeverAsksAboutIsRefusedWithItsPlace) {
    EXPECT_EQ(fault("method = \"greedy\"\ncompletion = \"add1\"\n"),
              "line 2, column 14: completion only means something where method is equal-shares. Leave it out.");
    EXPECT_THAT(fault("method = \"greedy\"\nutility = \"points\"\n"), HasSubstr("utility only means something"));
    EXPECT_THAT(fault("method = \"phragmen\"\nmisfit = \"stop\"\n"), HasSubstr("misfit"));
    EXPECT_THAT(fault("method = \"equal-shares\"\noverrun = \"skip\"\n"), HasSubstr("overrun"));
    EXPECT_THAT(fault("method = \"equal-shares\"\ncompletion = \"util\"\nstep = \"2\"\n"), HasSubstr("step"));
    EXPECT_THAT(fault("method = \"greedy\"\nranking_top = 3\n"), HasSubstr("where ranking is approval"));
    // As the rule in full has it: what stands for none.
    EXPECT_TRUE(parse_rule("method = \"greedy\"\ncompletion = \"none\"\nutility = \"cost\"\n").has_value());
}

TEST(RuleText, ASeedIsForALotThatIsAmongTheTies) {
    EXPECT_EQ(
        fault("method = \"greedy\"\nties = [\"more-votes\"]\nseed = \"abc\"\n"),
        "line 3, column 8: A seed is for drawing the lot, and \"lot\" is not among ties. Add it there, or leave out "
        "the seed.");
    EXPECT_EQ(fault("method = \"greedy\"\nties = [\"lot\", \"lot\"]\n"),
              "line 2, column 16: “lot” stands twice among ties. Each reason decides once.");
}

TEST(RuleText, WhatIsNotTomlHasLineAndColumn) {
    EXPECT_THAT(fault("method = equal-shares\n"), HasSubstr("line 1, column "));
    EXPECT_THAT(fault("method = \"greedy\"\nmethod = \"greedy\"\n"), HasSubstr("line 2"));
    EXPECT_THAT(fault("method = \"greedy\"\nå = 1\n"),
                AllOf(HasSubstr("line 2, column 1: "), HasSubstr("letters beyond a to z")));
}

TEST(RuleText, ATieThatNoReasonBreaksIsNotBlamedOnTheSeed) {
    Election election;
    election.budget = 100;
    election.projects = {{.id = "a", .name = "", .cost = 100}, {.id = "b", .name = "", .cost = 100}};
    const std::vector<Choice> both = {{0, 1}, {1, 1}};
    election.ballots.add(both);
    Rule rule = rule_named("greedy").value();
    EXPECT_THAT(count(election, rule).error().what, HasSubstr("the rule has no seed to draw it by"));
    rule.ties = {TieBreak::lower_cost};
    EXPECT_THAT(count(election, rule).error().what, HasSubstr("its ties need \"lot\" and a seed"));
}

TEST(RuleName, TellsEveryValueThatIsNotABuiltInRules) {
    const auto name = [](std::string_view toml) { return name_of(parse_rule(toml).value()); };
    const std::string shares = "method = \"equal-shares\"\n";

    EXPECT_EQ(name(shares + "completion = \"add1\"\nstep = \"0.10\"\n"), "mes-cost-add1-step-0.10");
    EXPECT_EQ(name(shares + "eligibility = 7\nscore_min = 2\n"), "mes-cost+eligibility-7-threshold-2");
    EXPECT_EQ(name(shares + "eligibility = 3\n"), "mes-cost+eligibility");
    EXPECT_EQ(name(shares + "whole_endowment = true\n"), "mes-cost+whole-shares");
    EXPECT_EQ(name("method = \"greedy\"\neligibility = 2\n"), "greedy+eligibility-2");
    EXPECT_EQ(name("method = \"phragmen\"\nranking = \"approval\"\nranking_top = 2\n"), "phragmen+top-2");
    EXPECT_EQ(name("method = \"greedy\"\nleft_over = \"to-common\"\n"), "greedy+left-over-to-common");
    EXPECT_EQ(name("method = \"cumulative-transfer\"\nutility = \"cardinality\"\n"), "cstv-ge-ewt+cardinality");
    EXPECT_EQ(name("method = \"knapsack\"\nfully_funded = true\n"), "knapsack-discrete+fully-funded");
}

TEST(RuleName, EveryNameThatAResultMayPrintIsReadBack) {
    const std::vector<std::function<void(Rule&)>> changes = {
        [](Rule&) {},
        [](Rule& rule) { rule.score_min = 20; },
        [](Rule& rule) { rule.eligibility = 3; },
        [](Rule& rule) { rule.eligibility = 7; },
        [](Rule& rule) { rule.ranking = RankingScore::approval; },
        [](Rule& rule) { rule.ranking = RankingScore::approval, rule.ranking_top = 3; },
        [](Rule& rule) { rule.left_over = LeftOver::to_common; },
        [](Rule& rule) { rule.fully_funded = true; },
        [](Rule& rule) { rule.step = raises_by_steps(rule.completion) ? 10 : rule.step; },
        [](Rule& rule) { rule.whole_endowment = rule.method == Method::equal_shares; },
        [](Rule& rule) {
            rule.comparison = rule.method == Method::equal_shares ? Comparison::exclusion : Comparison::none;
        },
        [](Rule& rule) {
            rule.utility = rule.method == Method::cumulative_transfer ? Utility::cardinality : rule.utility;
        },
    };
    for (const std::string& name : builtin_rules()) {
        for (const auto& first : changes) {
            for (const auto& second : changes) {
                Rule rule = rule_named(name).value();
                first(rule);
                second(rule);
                const auto read = rule_named(name_of(rule));
                ASSERT_TRUE(read.has_value()) << name_of(rule);
                EXPECT_EQ(*read, rule) << name_of(rule);
            }
        }
    }
    // Each rule has one name.
    for (const char* name : {"mes-cost-add1-step-1", "mes-cost-step-2", "greedy-threshold-007", "greedy-threshold-0",
                             "greedy+whole-shares", "mes-cost-add1-step-0", "mes-cost-add1-step--1", "phragmen+top-",
                             "greedy+fully-funded+fully-funded", "phragmen+cardinality", "", "+eligibility"}) {
        EXPECT_FALSE(rule_named(name).has_value()) << name;
    }
}

TEST(PlainCount, SaysWhenItGivesUpAndCanBeginWhereTheRaisesEnded) {
    Election election;
    election.budget = 1000;
    for (int i = 0; i < 6; ++i) {
        election.projects.push_back({.id = std::string(1, static_cast<char>('a' + i)), .name = "", .cost = 31 + i});
        const std::vector<Choice> own = {{static_cast<ProjectIndex>(i), 1}};
        election.ballots.add(own, 30);
    }
    election.budget = 100;
    Rule rule = rule_named("mes-cost-add1").value();
    rule.step = 1;
    rule.seed = "plain";
    const CountResult result = count(election, rule).value();

    EXPECT_EQ(count_plainly(election, rule, {.work_max = 3}).error().code, Errc::exhausted);
    const PlainOutcome whole = count_plainly(election, rule).value();
    const PlainOutcome last = count_plainly(election, rule, {.raise_from = &result}).value();
    EXPECT_EQ(disagreement(election, result, whole), std::nullopt);
    EXPECT_EQ(disagreement(election, result, last), std::nullopt);
    CountResult forged = result;
    forged.endowments[0].share.fraction = "1/7";
    EXPECT_THAT(disagreement(election, forged, whole).value_or(""), HasSubstr("endowments[0]: 1/7 against"));
    if (!forged.rounds.empty()) {
        forged.rounds[0].share = Exact{.fraction = "5/3", .value = 1.67};
        EXPECT_THAT(disagreement(election, forged, whole).value_or(""),
                    HasSubstr("rounds[0] ('a'), share: 5/3 against"));
    }
}

}  // namespace
}  // namespace bypuls::participation::counting
