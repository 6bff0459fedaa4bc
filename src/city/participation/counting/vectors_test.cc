// The worked examples of equalshares.net's own data (participation.md 3.8), with exact fractions.
#include <gmock/gmock.h>

#include "city/participation/counting/count.h"
#include "city/participation/counting/prices.h"

namespace bypuls::participation::counting {
namespace {

using testing::ElementsAre;

constexpr ProjectIndex bike = 0;
constexpr ProjectIndex gym = 1;
constexpr ProjectIndex park = 2;
constexpr ProjectIndex play = 3;
constexpr ProjectIndex lib = 4;

Election example(ProjectIndex choice_of_voter_11) {
    Election election;
    election.budget = 1100 * one_krone;
    const auto add = [&](std::string id, Money kroner) {
        election.projects.push_back({.id = id, .name = id, .cost = kroner * one_krone});
    };
    add("bike", 700);
    add("gym", 400);
    add("park", 250);
    add("play", 200);
    add("lib", 100);
    const std::vector<std::vector<ProjectIndex>> approvals = {
        {bike, gym},       {bike, gym, park}, {bike, gym},         {bike, gym, park},
        {bike, gym, park}, {bike, gym},       {park, play, lib},   {play},
        {play, lib},       {park, play, lib}, {choice_of_voter_11}};
    for (const auto& approval : approvals) {
        std::vector<Choice> choices;
        for (const ProjectIndex project : approval) {
            choices.push_back({project, 1});
        }
        election.ballots.add(choices);
    }
    return election;
}

CountResult must_count(const Election& election, std::string_view name) {
    Rule rule = rule_named(name).value();
    rule.seed = "worked vectors";
    return count(election, rule).value();
}

std::vector<std::string> shares(const CountResult& result) {
    std::vector<std::string> texts;
    for (const Round& round : result.rounds) {
        texts.push_back(round.share->fraction);
    }
    return texts;
}

std::vector<std::string> effective(const CountResult& result) {
    std::vector<std::string> texts;
    for (const Round& round : result.rounds) {
        texts.push_back(round.effective_votes->fraction);
    }
    return texts;
}

std::vector<std::string> prices(const CountResult& result) {
    std::vector<std::string> texts;
    for (const Round& round : result.rounds) {
        texts.push_back(round.price->fraction);
    }
    return texts;
}

TEST(WorkedVectors, TheFirstExampleWithCostUtilities) {
    const CountResult result = must_count(example(bike), "mes-cost");

    EXPECT_THAT(result.winners, ElementsAre(bike, play, lib));
    EXPECT_THAT(effective(result), ElementsAre("7", "4", "3"));
    EXPECT_THAT(shares(result), ElementsAre("100", "50", "100/3"));
    EXPECT_EQ(result.spent, 1000 * one_krone);
    EXPECT_THAT(result.ties, ElementsAre());
}

TEST(WorkedVectors, RaisingTheSharesOfTheFirstExampleChangesNothingForThirtySteps) {
    const CountResult raised = must_count(example(bike), "mes-cost-add1");
    const CountResult until_exhaustive = must_count(example(bike), "mes-cost-add1e");

    EXPECT_THAT(raised.winners, ElementsAre(bike, play, lib));
    EXPECT_EQ(raised.endowments.at(0).share.fraction, "129");
    EXPECT_EQ(raised.endowments.at(0).raises, 29);
    EXPECT_EQ(until_exhaustive.endowments.at(0).share.fraction, "100");
    EXPECT_EQ(until_exhaustive.endowments.at(0).raises, 0);
    EXPECT_TRUE(until_exhaustive.endowments.at(0).exhaustive);
}

TEST(WorkedVectors, TheSecondExampleWithCostUtilities) {
    const CountResult result = must_count(example(gym), "mes-cost");

    EXPECT_THAT(result.winners, ElementsAre(gym, park, play));
    EXPECT_THAT(effective(result), ElementsAre("7", "70/17", "56/17"));
    EXPECT_THAT(shares(result), ElementsAre("400/7", "425/7", "425/7"));
}

TEST(WorkedVectors, RaisingTheSharesOfTheSecondExampleAddsTheLibrary) {
    const CountResult raised = must_count(example(gym), "mes-cost-add1");
    const CountResult until_exhaustive = must_count(example(gym), "mes-cost-add1e");

    EXPECT_THAT(raised.winners, ElementsAre(gym, park, play, lib));
    EXPECT_EQ(raised.spent, 950 * one_krone);
    EXPECT_EQ(raised.endowments.at(0).share.fraction, "173");
    EXPECT_THAT(until_exhaustive.winners, ElementsAre(gym, park, play, lib));
    EXPECT_EQ(until_exhaustive.spent, 950 * one_krone);
    EXPECT_EQ(until_exhaustive.endowments.at(0).share.fraction, "117");
}

TEST(WorkedVectors, CardinalityHasATieThatDecidesTheOutcomeAndSaysSo) {
    const CountResult result = must_count(example(bike), "mes-cardinality");

    EXPECT_THAT(result.winners, ElementsAre(lib, play, gym));
    EXPECT_THAT(prices(result), ElementsAre("100/3", "50", "200/3"));
    EXPECT_THAT(shares(result), ElementsAre("100/3", "50", "200/3"));
    EXPECT_EQ(result.spent, 700 * one_krone);
    ASSERT_EQ(result.ties.size(), 1U);
    EXPECT_EQ(result.ties[0].round, 1U);
    EXPECT_THAT(result.ties[0].tied, ElementsAre(park, play));
    EXPECT_EQ(result.ties[0].chosen, play);
    EXPECT_EQ(result.ties[0].broken_by, TieBreak::lower_cost);
    EXPECT_THAT(result.ties[0].alternatives, ElementsAre(ElementsAre(gym, park, play, lib)));
}

TEST(WorkedVectors, CardinalityRaised) {
    const CountResult raised = must_count(example(bike), "mes-cardinality-add1");
    const CountResult until_exhaustive = must_count(example(bike), "mes-cardinality-add1e");

    EXPECT_THAT(raised.winners, ElementsAre(lib, play, park, gym));
    EXPECT_EQ(raised.spent, 950 * one_krone);
    EXPECT_EQ(raised.endowments.at(0).share.fraction, "178");
    EXPECT_THAT(until_exhaustive.winners, ElementsAre(lib, play, park, gym));
    EXPECT_EQ(until_exhaustive.spent, 950 * one_krone);
    EXPECT_EQ(until_exhaustive.endowments.at(0).share.fraction, "109");
}

TEST(WorkedVectors, CardinalityWithItsTieBrokenTheOtherWayBuysFour) {
    // The park is listed before the playground, and stands before it in the alphabet too.
    for (const TieBreak reason : {TieBreak::listed_order, TieBreak::alphabetical}) {
        Rule rule = rule_named("mes-cardinality").value();
        rule.ties = {reason};

        const CountResult result = count(example(bike), rule).value();

        EXPECT_THAT(result.winners, ElementsAre(lib, park, gym, play));
        EXPECT_EQ(result.spent, 950 * one_krone);
        ASSERT_EQ(result.ties.size(), 1U);
        EXPECT_EQ(result.ties[0].chosen, park);
        EXPECT_THAT(result.ties[0].alternatives, ElementsAre(ElementsAre(gym, play, lib)));
    }
}

using Sets = std::vector<std::vector<ProjectIndex>>;

/// Every winning set that some order of the ties leads to.
Sets outcomes(const Election& election, std::string_view name) {
    Rule rule = rule_named(name).value();
    rule.seed = "unit elections";
    return all_outcomes(election, rule).value();
}

Election with_costs(Money budget, const std::vector<Money>& costs, const Sets& approvals) {
    Election election;
    election.budget = budget;
    for (const Money cost : costs) {
        const std::string id = "p" + std::to_string(election.projects.size());
        election.projects.push_back({.id = id, .name = id, .cost = cost});
    }
    for (const auto& approval : approvals) {
        std::vector<Choice> choices;
        for (const ProjectIndex project : approval) {
            choices.push_back({project, 1});
        }
        election.ballots.add(choices);
    }
    return election;
}

TEST(UnitElections, OfFourProjectsThatNearlyCostTheSameAreBoughtAsTheReferenceToolsSay) {
    // participation.md 6, point 4: costs 1, 0.9, 2 and 1.09, a budget of 4, four voters.
    const Election election = with_costs(400, {100, 90, 200, 109}, {{0}, {1, 2, 3}, {1, 2, 3}, {2}});

    EXPECT_EQ(outcomes(election, "mes-cardinality"), (Sets{{0, 1, 3}}));
    EXPECT_EQ(outcomes(election, "mes-cost"), (Sets{{0, 2}}));
    // The shares are raised by a tenth at a time until nothing more fits.
    EXPECT_EQ(outcomes(election, "mes-cost-add1e-step-0.10"), (Sets{{0, 1, 2}}));
    EXPECT_EQ(outcomes(election, "mes-cardinality-add1e-step-0.10"), (Sets{{0, 1, 3}}));
    for (const char* name : {"mes-cardinality", "mes-cost", "mes-cost-add1e-step-0.10"}) {
        const Rule rule = rule_named(name).value();
        EXPECT_EQ(disagreement(election, must_count(election, name), count_plainly(election, rule).value()),
                  std::nullopt);
    }
}

TEST(UnitElections, WithEverythingLevelLeadToEveryOutcomeThereIs) {
    // Two voters who want all of it: costs 1, 3, 2 and 1, a budget of 3.
    const Election election = with_costs(300, {100, 300, 200, 100}, {{0, 1, 2, 3}, {0, 1, 2, 3}});

    EXPECT_EQ(outcomes(election, "greedy"), (Sets{{0, 2}, {0, 3}, {1}, {2, 3}}));
    EXPECT_EQ(outcomes(election, "greedy-per-cost"), (Sets{{0, 3}}));
    EXPECT_EQ(outcomes(election, "max-welfare"), (Sets{{0, 2}, {0, 3}, {2, 3}}));
}

TEST(WorkedVectors, SequentialPhragmenStopsAtTheBikePath) {
    const CountResult first = must_count(example(bike), "phragmen");
    const CountResult second = must_count(example(gym), "phragmen");

    EXPECT_THAT(first.winners, ElementsAre(lib, park, play, gym));
    EXPECT_THAT(shares(first), ElementsAre("100/3", "190/3", "90", "295/3"));
    EXPECT_THAT(second.winners, ElementsAre(lib, gym, play, park));
    EXPECT_THAT(shares(second), ElementsAre("100/3", "400/7", "75", "800/7"));
}

TEST(WorkedVectors, SequentialPhragmenWouldBuyTheBikePathAtALoadOf1290Sevenths) {
    Election election = example(bike);
    election.budget = 1650 * one_krone;  // loads do not depend on it

    const CountResult result = must_count(election, "phragmen");

    EXPECT_THAT(result.winners, ElementsAre(lib, park, play, gym, bike));
    EXPECT_THAT(shares(result), ElementsAre("100/3", "190/3", "90", "295/3", "1290/7"));
}

/// What each voter has left, in kroner: for each a project is added that she alone chooses and nobody can pay.
std::vector<std::string> left_over(ProjectIndex choice_of_voter_11) {
    Election election = example(choice_of_voter_11);
    const Ballots ballots = election.ballots;
    election.ballots = {};
    const auto real = static_cast<ProjectIndex>(election.projects.size());
    for (ProjectIndex voter = 0; voter < ballots.size(); ++voter) {
        const std::string id = "castle " + std::to_string(voter + 1);
        election.projects.push_back({.id = id, .name = id, .cost = 1'000'000 * one_krone});
        std::vector<Choice> choices(ballots[voter].choices.begin(), ballots[voter].choices.end());
        choices.push_back({real + voter, 1});
        election.ballots.add(choices);
    }
    const Rule rule = rule_named("mes-cost").value();
    const CountResult result = count(election, rule).value();
    std::vector<std::string> left;
    const PriceSystem system = price_systems(election, rule, result).at(0);
    for (const PriceSystem::Left& one : system.left) {
        if (one.project >= real) {
            left.push_back(one.left.fraction);
        }
    }
    return left;
}

TEST(WorkedVectors, WhatEveryVoterHasLeft) {
    EXPECT_THAT(left_over(bike), ElementsAre("0", "0", "0", "0", "0", "0", "50/3", "50", "50/3", "50/3", "0"));
    EXPECT_THAT(left_over(gym),
                ElementsAre("300/7", "0", "300/7", "0", "0", "300/7", "0", "275/7", "275/7", "0", "300/7"));
}

TEST(WorkedVectors, RaisingEndsWhereEachVoterCouldPayForEverythingAlone) {
    // Of two projects that exclude each other only one is ever bought, so no raise overspends.
    Election election;
    election.budget = 275 * one_krone;
    election.projects = {{.id = "hall", .name = "", .cost = 270 * one_krone},
                         {.id = "bench", .name = "", .cost = 8 * one_krone}};
    election.exclusive = {{0, 1}};
    election.ballots.add(std::vector<Choice>{{0, 1}}, 3);
    election.ballots.add(std::vector<Choice>{{0, 1}, {1, 1}});
    election.ballots.add(std::vector<Choice>{{1, 1}});

    const CountResult result = must_count(election, "mes-cost-add1");

    EXPECT_EQ(result.endowments.at(0).share.fraction, "278");
    EXPECT_EQ(result.endowments.at(0).raises, 223);
}

TEST(WorkedVectors, LacknerAndSkowronsRunningExample) {
    // Multi-Winner Voting with Approval Preferences (2022), example 2.1: seven candidates, twelve voters, four seats.
    Election election;
    election.budget = 4 * one_krone;
    for (const char* id : {"a", "b", "c", "d", "e", "f", "g"}) {
        election.projects.push_back({.id = id, .name = id, .cost = one_krone});
    }
    const std::vector<std::pair<int, std::vector<ProjectIndex>>> profile = {
        {3, {0, 1}}, {3, {0, 2}}, {2, {0, 3}}, {1, {1, 2, 5}}, {1, {4}}, {1, {5}}, {1, {6}}};
    for (const auto& [count, approvals] : profile) {
        std::vector<Choice> choices;
        for (const ProjectIndex project : approvals) {
            choices.push_back({project, 1});
        }
        election.ballots.add(choices, count);
    }

    EXPECT_THAT(must_count(election, "phragmen").winning_set(), ElementsAre(0, 1, 2, 3));
    EXPECT_THAT(must_count(election, "mes-cardinality").winning_set(), ElementsAre(0));
}

}  // namespace
}  // namespace bypuls::participation::counting
