// What each rule does not promise: the smallest elections known here in which it fails. They are the reason why a
// council must choose, and why the explanations never halve a gap blindly.

#include <gmock/gmock.h>

#include "city/participation/counting/count.h"

namespace bypuls::participation::counting {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Projects a, b, c … at these costs in kroner; a ballot is the letters of the projects it names.
Election vote(const std::vector<Money>& costs, Money budget, const std::vector<std::string>& ballots) {
    Election election;
    election.budget = budget * one_krone;
    for (const Money cost : costs) {
        const auto letter = static_cast<char>('a' + election.projects.size());
        election.projects.push_back({.id = std::string(1, letter), .name = "", .cost = cost * one_krone});
    }
    for (const std::string& ballot : ballots) {
        std::vector<Choice> choices;
        for (const char letter : ballot) {
            choices.push_back({static_cast<ProjectIndex>(letter - 'a'), 1});
        }
        election.ballots.add(choices);
    }
    return election;
}

/// The winners' letters in order of purchase. Without a seed, so that nothing here hangs on a lot.
std::string winners(const Election& election, const std::string& rule) {
    const CountResult result = count(election, rule_named(rule).value()).value();
    std::string letters;
    for (const ProjectIndex winner : result.winners) {
        letters += static_cast<char>('a' + winner);
    }
    return letters;
}

std::vector<std::string> many(int first, const std::string& of_first, int second, const std::string& of_second) {
    std::vector<std::string> ballots(static_cast<std::size_t>(first), of_first);
    ballots.insert(ballots.end(), static_cast<std::size_t>(second), of_second);
    return ballots;
}

TEST(GreedyFails, FiftyOnePercentTakeAll) {
    const Election election = vote({50, 49, 20}, 100, many(51, "ab", 49, "c"));

    EXPECT_EQ(winners(election, "greedy"), "ba");
    EXPECT_EQ(winners(election, "mes-cost"), "bc");
    EXPECT_EQ(winners(election, "mes-cardinality"), "cb");
}

TEST(EqualSharesFails, MoneyIsLeftThatCouldPayForAProject) {
    const Election election = vote({2}, 2, {"a", ""});
    Rule everyone = rule_named("mes-cost").value();
    everyone.electorate = Electorate::everyone;

    const CountResult result = count(election, everyone).value();

    EXPECT_THAT(result.winners, IsEmpty());
    EXPECT_FALSE(result.endowments.at(0).exhaustive);
    everyone.completion = Completion::util;
    EXPECT_THAT(count(election, everyone).value().winners, ElementsAre(0));
}

TEST(EqualSharesFails, AWinnerDropsOutWhenTheBudgetGrows) {
    const std::vector<std::string> ballots = {"b", "a", "abc"};

    EXPECT_EQ(winners(vote({3, 6, 1}, 4, ballots), "mes-cost"), "c");
    EXPECT_EQ(winners(vote({3, 6, 1}, 5, ballots), "mes-cost"), "a");
}

TEST(EqualSharesFails, AVoterGainsByHidingAChoice) {
    const std::vector<Money> costs = {5, 5, 3};

    // The first voter would have b and c; naming b, she pays for it and has nothing left for c.
    EXPECT_EQ(winners(vote(costs, 9, {"abc", "b", "b", "b", "ac"}), "mes-cost"), "b");
    EXPECT_EQ(winners(vote(costs, 9, {"ac", "b", "b", "b", "ac"}), "mes-cost"), "bc");
    EXPECT_EQ(winners(vote({3, 5}, 9, {"b", "a", "ab"}), "mes-cardinality"), "a");
    EXPECT_EQ(winners(vote({3, 5}, 9, {"b", "a", "b"}), "mes-cardinality"), "ba");
}

TEST(RaisedSharesFail, AWinnerLosesByBecomingCheaper) {
    const std::vector<std::string> ballots = {"b", "a", "ab", "a"};

    // For 4 it leaves enough that the first raise buys b too, which is more than there is; without a raise it is too
    // dear.
    EXPECT_EQ(winners(vote({5, 3}, 5, ballots), "mes-cost-add1"), "a");
    EXPECT_EQ(winners(vote({4, 3}, 5, ballots), "mes-cost-add1"), "");
}

TEST(RaisedSharesFail, AWinnerLosesByGainingASupporter) {
    const std::vector<Money> costs = {3, 4, 4, 1};

    EXPECT_EQ(winners(vote(costs, 8, {"bc", "b", "bcd", "b", "abcd"}), "mes-cost-add1"), "bc");
    EXPECT_EQ(winners(vote(costs, 8, {"bc", "bc", "bcd", "b", "abcd"}), "mes-cost-add1"), "bd");
}

TEST(PhragmenFails, ItStopsEarlyAtAnExpensiveProject) {
    const Election election = vote({1, 9, 4}, 9, {"ab", "ab", "ab", "ab", "ab", "c"});

    EXPECT_EQ(winners(election, "phragmen"), "a");
    EXPECT_EQ(winners(election, "phragmen-skip"), "ac");
}

TEST(PhragmenFails, AVoterGainsByHidingAChoice) {
    const std::vector<Money> costs = {5, 3, 1, 2};

    EXPECT_EQ(winners(vote(costs, 10, {"bc", "d", "ad", "acd"}), "phragmen"), "cda");
    EXPECT_EQ(winners(vote(costs, 10, {"b", "d", "ad", "acd"}), "phragmen"), "dcb");
}

}  // namespace
}  // namespace bypuls::participation::counting
