// Elections that nobody should hold and somebody will: nothing to spend, nobody voting, numbers at the edge.
#include <algorithm>

#include <gmock/gmock.h>

#include "city/participation/counting/count.h"

namespace bypuls::participation::counting {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

void vote(Election& election, const std::vector<ProjectIndex>& projects, std::int64_t times = 1) {
    std::vector<Choice> choices;
    for (const ProjectIndex project : projects) {
        choices.push_back({project, 1});
    }
    election.ballots.add(choices, times);
}

Election with_costs(const std::vector<Money>& costs, Money budget) {
    Election election;
    election.budget = budget;
    for (const Money cost : costs) {
        election.projects.push_back({.id = "p" + std::to_string(election.projects.size()), .name = "", .cost = cost});
    }
    return election;
}

Rule named(const std::string& name) {
    Rule rule = rule_named(name).value();
    rule.seed = "hostile";
    return rule;
}

class EveryRule : public testing::TestWithParam<std::string> {
protected:
    CountResult counted(const Election& election) const { return count(election, named(GetParam())).value(); }
};

TEST_P(EveryRule, WithoutMoneyBuysNothingButWhatIsFree) {
    Election election = with_costs({100, 0}, 0);
    vote(election, {0, 1}, 3);

    EXPECT_THAT(counted(election).winners, ElementsAre(1));
}

TEST_P(EveryRule, WithoutBallotsBuysNothing) {
    EXPECT_THAT(counted(with_costs({100, 0}, 1000)).winners, IsEmpty());
    EXPECT_THAT(counted(with_costs({}, 1000)).winners, IsEmpty());
}

TEST_P(EveryRule, WithOnlyBlankBallotsBuysNothing) {
    Election election = with_costs({100}, 1000);
    vote(election, {}, 5);

    const CountResult result = counted(election);

    EXPECT_THAT(result.winners, IsEmpty());
    EXPECT_EQ(result.blank, 5);
}

TEST_P(EveryRule, LeavesOutWhatCostsMoreThanThereIs) {
    Election election = with_costs({1001}, 1000);
    vote(election, {0}, 5);

    EXPECT_THAT(counted(election).winners, IsEmpty());
}

TEST_P(EveryRule, CountsTheLargestAmountsThereAre) {
    Election election = with_costs({money_max, money_max - 1, money_max / 2}, money_max);
    vote(election, {0, 1, 2}, 40'000'000);
    vote(election, {2}, 59'000'000);

    const CountResult result = counted(election);

    EXPECT_LE(result.spent, money_max);
}

TEST_P(EveryRule, OfTwoFreeProjectsThatExcludeEachOtherTakesTheOneWithMoreVotes) {
    Election election = with_costs({0, 0, 100}, 100);
    election.exclusive = {{0, 1}};
    vote(election, {0, 1, 2}, 2);
    vote(election, {1}, 1);

    const CountResult result = counted(election);

    EXPECT_TRUE(result.won(1));
    EXPECT_FALSE(result.won(0));
    EXPECT_THAT(result.ties, IsEmpty());
}

TEST_P(EveryRule, LeavesOutAFreeProjectBelowTheSmallestScoreAndSaysWhy) {
    Election election = with_costs({0, 0}, 100);
    vote(election, {0}, 2);
    vote(election, {0, 1}, 1);
    Rule rule = named(GetParam());
    rule.score_min = 2;

    const CountResult result = count(election, rule).value();

    EXPECT_THAT(result.winners, ElementsAre(0));
    EXPECT_THAT(result.excluded, ElementsAre(Excluded{1, Excluded::Why::below_score}));
    EXPECT_THAT(count_plainly(election, rule).value().winners, ElementsAre(0));
}

TEST_P(EveryRule, SaysWhichWinnerShutOutALoserThatTookPart) {
    Election election = with_costs({80, 15, 90, 20}, 100);
    election.exclusive = {{0, 1}, {1, 3}};
    vote(election, {0}, 9);
    vote(election, {1}, 8);
    vote(election, {2}, 1);  // excludes nothing, and lacks money

    const CountResult result = counted(election);

    ASSERT_NE(result.won(0), result.won(1));
    const ProjectIndex winner = result.won(0) ? 0 : 1;
    // The last has no votes: it never took part, and that is why it lost.
    EXPECT_THAT(result.shut_out, ElementsAre(ShutOut{.project = 1 - winner, .by = winner}));
    EXPECT_THAT(result.excluded, Contains(Excluded{3, Excluded::Why::no_support}));
}

TEST_P(EveryRule, SaysThatItLeavesOutFundingInPart) {
    Election election = with_costs({60, 70, 80}, 100);
    election.projects[1].partial_from = 10;
    election.projects[0].partial_from = 10;
    vote(election, {0}, 9);
    vote(election, {0, 1}, 4);
    vote(election, {2}, 1);

    const CountResult result = counted(election);

    if (GetParam() == "knapsack-partial") {
        EXPECT_EQ(result.rounds.back().paid, 40);
        EXPECT_THAT(result.partial_left_out, IsEmpty());
        return;
    }
    for (const ProjectIndex project : {0U, 1U}) {
        EXPECT_EQ(std::ranges::count(result.partial_left_out, project), result.won(project) ? 0 : 1);
    }
    EXPECT_EQ(std::ranges::count(result.partial_left_out, 2U), 0);
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
    std::string name = info.param;
    std::ranges::replace_if(name, [](char c) { return c == '-' || c == '+'; }, '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Rules, EveryRule, testing::ValuesIn(builtin_rules()), test_name);

TEST(Ties, BetweenFreeProjectsThatExcludeEachOtherAreTold) {
    Election election = with_costs({0, 0}, 100);
    election.exclusive = {{0, 1}};
    vote(election, {0, 1});
    Rule without_seed = rule_named("greedy").value();

    const CountResult result = count(election, named("greedy")).value();

    ASSERT_EQ(result.ties.size(), 1U);
    EXPECT_THAT(result.ties[0].tied, ElementsAre(0, 1));
    EXPECT_EQ(result.ties[0].broken_by, TieBreak::lot);
    EXPECT_EQ(count(election, without_seed).error().code, Errc::conflict);
}

TEST(Ties, BetweenSetsWithTheSameScoreAreToldWithTheOther) {
    Election election = with_costs({60, 60}, 100);
    vote(election, {0}, 2);
    vote(election, {1}, 2);

    const CountResult result = count(election, named("max-welfare")).value();

    ASSERT_EQ(result.ties.size(), 1U);
    EXPECT_THAT(result.ties[0].tied, UnorderedElementsAre(0, 1));
    ASSERT_EQ(result.ties[0].alternatives.size(), 1U);
    EXPECT_NE(result.ties[0].alternatives[0], result.winning_set());
}

TEST(Ties, OfSetsWithTheSameScoreTheOrderOfTiesChoosesSoThatTheSameMoneyIsLeft) {
    // Both {0, 2} and {2, 5} have four votes in the north. What they leave decides whether 1 can be paid.
    Election election = with_costs({222, 148, 148, 148, 111, 111}, 74);
    election.pots = {{.name = "north", .budget = 370}};
    for (const ProjectIndex project : {0U, 2U, 5U}) {
        election.projects[project].pot = "north";
    }
    vote(election, {1, 2, 3}, 3);
    vote(election, {0, 1, 4});
    vote(election, {4}, 2);
    vote(election, {1, 5});
    Rule rule = named("max-welfare");
    rule.left_over = LeftOver::to_common;

    const CountResult result = count(election, rule).value();

    EXPECT_THAT(result.winners, ElementsAre(2, 5, 1));
    EXPECT_EQ(count_plainly(election, rule).value().winners, result.winners);
    ASSERT_EQ(result.ties.size(), 1U);
    EXPECT_THAT(result.ties[0].tied, ElementsAre(0, 5));
    EXPECT_EQ(result.ties[0].chosen, 5U);
    EXPECT_EQ(result.ties[0].broken_by, TieBreak::lower_cost);
}

TEST(Ties, BetweenSetsThatOnlyALotCouldBreakStopTheCountWithoutASeed) {
    Election election = with_costs({60, 60, 70}, 100);
    vote(election, {0, 2}, 2);
    vote(election, {1}, 2);
    const Rule without_seed = rule_named("max-welfare").value();

    EXPECT_EQ(count(election, without_seed).error().code, Errc::conflict);
    vote(election, {1});
    EXPECT_THAT(count(election, without_seed).value().winners, ElementsAre(1));
}

TEST(Ties, AllOutcomesHoldEverySetWithTheGreatestScore) {
    Election election = with_costs({60, 60, 40, 40}, 100);
    vote(election, {0, 1, 2, 3}, 2);

    const auto outcomes = all_outcomes(election, named("max-welfare")).value();

    EXPECT_THAT(outcomes, ElementsAre(ElementsAre(0, 2), ElementsAre(0, 3), ElementsAre(1, 2), ElementsAre(1, 3),
                                      ElementsAre(2, 3)));
}

TEST(Ties, OfThoseGivenUpTheOneThatTheOrderWouldChooseLastGoesFirst) {
    // Neither can be paid from its own supporters' shares, both are as far from it, and both cost the same: the order
    // of the list decides. The second is given up first; the first is then the last given up, and the first taken back.
    Election election = with_costs({60, 60}, 100);
    vote(election, {0});
    vote(election, {1});
    Rule rule = named("cstv-ge-ewt");
    rule.ties = {TieBreak::listed_order};

    EXPECT_THAT(count(election, rule).value().winners, ElementsAre(0));
}

TEST(Validation, PotsMayNotHoldMoreThanThereCanBe) {
    Election election = with_costs({100}, money_max);
    election.pots = {{.name = "north", .budget = 1}};

    EXPECT_THAT(validate(election).error().what, HasSubstr("The budgets of all pots together"));
}

}  // namespace
}  // namespace bypuls::participation::counting
