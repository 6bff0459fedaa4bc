// Ties are never silent: whatever another order of tie-breaking would have changed is reported, and nothing else.
#include <algorithm>
#include <numeric>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "city/participation/counting/count.h"
#include "core/random.h"

namespace bypuls::participation::counting {
namespace {

using Sets = std::set<std::vector<ProjectIndex>>;

constexpr std::array<std::string_view, 4> letters = {"a", "b", "c", "d"};

/// Four projects of few different costs and few voters, so that nearly everything is tied.
Election level_election(Random& random) {
    Election election;
    election.kind = random.chance(0.7) ? BallotKind::approval : static_cast<BallotKind>(random.below(5));
    constexpr std::array<std::array<Money, 2>, 3> costs = {{{2000, 2000}, {2000, 3000}, {1000, 2000}}};
    const auto& pair = costs[random.below(costs.size())];
    Money all = 0;
    for (const std::string_view letter : letters) {
        election.projects.push_back({.id = std::string(letter), .name = "", .cost = pair[random.below(2)]});
        all += election.projects.back().cost;
    }
    if (random.chance(0.1)) {
        election.projects[random.below(4)].cost = 0;
        election.projects[random.below(4)].cost = 0;
    }
    election.budget = 2000 + static_cast<Money>(random.below(static_cast<std::uint64_t>(all - 2000) / 100)) * 100;
    if (random.chance(0.2)) {
        election.exclusive.push_back({0, 2});
        election.exclusive.push_back({1, 2});
    }
    if (random.chance(0.1)) {
        election.pots.push_back({.name = "north", .budget = 3000});
        election.projects[0].pot = "north";
        election.projects[1].pot = "north";
    }
    const auto voters = 2 + random.below(5);
    for (std::uint64_t v = 0; v < voters; ++v) {
        std::vector<Choice> choices;
        const auto first = static_cast<ProjectIndex>(random.below(4));
        const std::uint64_t length = election.kind == BallotKind::choose_one ? 1 : 1 + random.below(3);
        for (std::uint64_t i = 0; i < length; ++i) {
            const auto place = static_cast<std::int64_t>(i) + 1;
            choices.push_back(
                {(first + static_cast<ProjectIndex>(i)) % 4, election.kind == BallotKind::ranking ? place : 1});
        }
        election.ballots.add(choices);
    }
    return election;
}

/// The outcomes under every order of the projects.
Sets outcomes_of_every_order(Election election, const Rule& rule) {
    std::array<std::size_t, letters.size()> order = {0, 1, 2, 3};
    Sets outcomes;
    do {
        for (std::size_t p = 0; p < order.size(); ++p) {
            election.projects[p].id = letters[order[p]];
        }
        outcomes.insert(count(election, rule, {.explore_ties = false}).value().winning_set());
    } while (std::ranges::next_permutation(order).found);
    return outcomes;
}

class Ties : public testing::TestWithParam<std::string> {};

TEST_P(Ties, TellOfEveryOutcomeThatAnotherOrderLeadsTo) {
    SeededRandom random(20261126);
    int decided = 0;
    for (int i = 0; i < 400; ++i) {
        const Election election = level_election(random);
        Rule rule = rule_named(GetParam()).value();
        rule.ties = {TieBreak::alphabetical};
        rule.electorate = random.chance(0.5) ? Electorate::everyone : Electorate::with_choice;
        rule.left_over = random.chance(0.5) ? LeftOver::to_common : LeftOver::saved;
        if (rule.comparison != Comparison::none && random.chance(0.5)) {
            rule.comparison = Comparison::exclusion;
        }

        const CountResult result = count(election, rule).value();

        Sets told = {result.winning_set()};
        for (const Tie& tie : result.ties) {
            ASSERT_TRUE(tie.explored);
            told.insert(tie.alternatives.begin(), tie.alternatives.end());
        }
        const Sets outcomes = outcomes_of_every_order(election, rule);
        if (rule.method == Method::max_welfare) {
            // Of sets that are equally good one is told of.
            ASSERT_EQ(told.size() > 1, outcomes.size() > 1) << i;
            ASSERT_TRUE(std::ranges::includes(outcomes, told)) << i;
        } else {
            ASSERT_EQ(told, outcomes) << i << " " << name_of(rule) << print_rule(rule);
        }
        decided += outcomes.size() > 1 ? 1 : 0;
    }
    EXPECT_GT(decided, 10);
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
    std::string name = info.param;
    std::ranges::replace_if(name, [](char c) { return c == '-' || c == '+'; }, '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Rules, Ties, testing::ValuesIn(builtin_rules()), test_name);

Election election_of(Money kroner, const std::vector<Money>& costs,
                     const std::vector<std::vector<ProjectIndex>>& votes) {
    Election election;
    election.budget = kroner * one_krone;
    for (std::size_t p = 0; p < costs.size(); ++p) {
        election.projects.push_back(
            {.id = std::string(1, static_cast<char>('a' + p)), .name = "", .cost = costs[p] * one_krone});
    }
    for (const std::vector<ProjectIndex>& vote : votes) {
        std::vector<Choice> choices;
        for (const ProjectIndex project : vote) {
            choices.push_back({project, 1});
        }
        election.ballots.add(choices);
    }
    return election;
}

TEST(Ties, ThatTwoMustBeBrokenOtherwiseTogetherAreFound) {
    // Any of four fits, then one more: the second tie only comes up among those left by the first.
    const Election election = election_of(20, {10, 10, 10, 10}, {{0}, {1}, {2}, {3}});
    Rule rule = rule_named("greedy").value();
    rule.ties = {TieBreak::alphabetical};

    const CountResult result = count(election, rule).value();

    ASSERT_EQ(result.ties.size(), 2U);
    EXPECT_EQ(result.ties[0].alternatives.size(), 5U);  // every other pair
    EXPECT_EQ(result.ties[1].alternatives.size(), 2U);
}

TEST(Ties, TooManyToBeCountedAreSaidToBeSo) {
    std::vector<std::vector<ProjectIndex>> votes;
    for (ProjectIndex project = 0; project < 26; ++project) {
        votes.push_back({project});
    }
    const Election election = election_of(100, std::vector<Money>(26, 10), votes);
    Rule rule = rule_named("greedy").value();
    rule.ties = {TieBreak::alphabetical};

    const CountResult result = count(election, rule).value();

    ASSERT_EQ(result.ties.size(), 10U);
    EXPECT_FALSE(result.ties[0].explored);
    EXPECT_FALSE(result.ties[0].alternatives.empty());
}

TEST(Ties, AmongThoseWhoAllFitDecideNothingAndAreToldAllTheSame) {
    const Election election = election_of(30, {10, 10, 10}, {{0}, {1}, {2}});
    Rule rule = rule_named("greedy").value();
    rule.ties = {TieBreak::alphabetical};

    const CountResult result = count(election, rule).value();

    ASSERT_EQ(result.ties.size(), 2U);
    for (const Tie& tie : result.ties) {
        EXPECT_TRUE(tie.explored);
        EXPECT_THAT(tie.alternatives, testing::IsEmpty());
    }
}

}  // namespace
}  // namespace bypuls::participation::counting
