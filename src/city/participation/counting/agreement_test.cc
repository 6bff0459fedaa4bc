// The fast rules against the plain ones, on many small elections; and what must hold for every count.
// BYPULS_COUNTING_INSTANCES=100000 is the long form.
#include <algorithm>
#include <cstdlib>
#include <numeric>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "city/participation/counting/count.h"
#include "core/random.h"

namespace bypuls::participation::counting {
namespace {

/// A small election in which ties, exclusive groups, pots, free and unsupported projects all happen.
/// Costs are of some kroner each, or of some øre for rules that go by øre.
Election random_election(Random& random, BallotKind kind, bool by_oere = false) {
    Election election;
    election.kind = kind;
    const auto projects = static_cast<ProjectIndex>(1 + random.below(6));
    const std::int64_t scale = by_oere ? 7 : random.chance(0.5) ? one_krone : 37;
    for (ProjectIndex p = 0; p < projects; ++p) {
        const auto cost = random.chance(0.03) ? 0 : static_cast<Money>(1 + random.below(8)) * scale;
        election.projects.push_back({.id = fmt::format("p{}", p), .name = "", .cost = cost});
        if (cost > 1 && random.chance(0.2)) {
            election.projects.back().partial_from =
                1 + static_cast<Money>(random.below(static_cast<std::uint64_t>(cost)));
        }
    }
    election.budget = static_cast<Money>(random.below(25)) * scale;
    if (projects > 2 && random.chance(0.15)) {
        election.exclusive.push_back({0, 2});
    }
    if (random.chance(0.1)) {
        election.pots.push_back({.name = "north", .budget = static_cast<Money>(random.below(12)) * scale});
        for (Project& project : election.projects) {
            project.pot = random.chance(0.5) ? "north" : "";
        }
    }
    const auto voters = 1 + random.below(7);
    for (std::uint64_t v = 0; v < voters; ++v) {
        std::vector<Choice> choices;
        std::vector<ProjectIndex> order(projects);
        std::iota(order.begin(), order.end(), 0U);
        for (std::size_t i = order.size(); i > 1; --i) {
            std::swap(order[i - 1], order[random.below(i)]);
        }
        const auto length = kind == BallotKind::choose_one ? random.below(2) : random.below(projects + 1U);
        for (std::uint64_t i = 0; i < length; ++i) {
            std::int64_t value = 1;
            if (kind == BallotKind::points) {
                value = 1 + static_cast<std::int64_t>(random.below(4));
            } else if (kind == BallotKind::ranking) {
                value = static_cast<std::int64_t>(i) + 1;
            }
            choices.push_back({order[i], value});
        }
        election.ballots.add(choices, 1 + static_cast<std::int64_t>(random.below(3)));
    }
    return election;
}

Rule random_rule(Random& random, const std::string& name) {
    Rule rule = rule_named(name).value();
    rule.seed = "agreement";
    rule.electorate = random.chance(0.5) ? Electorate::everyone : Electorate::with_choice;
    rule.left_over = random.chance(0.5) ? LeftOver::to_common : LeftOver::saved;
    rule.score_min = random.chance(0.1) ? 3 : 0;
    rule.whole_endowment = random.chance(0.1);
    rule.fully_funded = random.chance(0.2);
    rule.step = random.chance(0.3) ? 20 : one_krone;
    if (rule.comparison != Comparison::none && random.chance(0.5)) {
        rule.comparison = Comparison::exclusion;
    }
    if (random.chance(0.2)) {
        rule.ties = {TieBreak::lot};
    }
    return rule;
}

std::string describe(const Election& election, const Rule& rule) {
    std::string text = fmt::format("{} budget {} {}\n", name_of(rule), election.budget, name_of(election.kind));
    for (const Project& project : election.projects) {
        text += fmt::format("  {} costs {} from '{}'\n", project.id, project.cost, project.pot);
    }
    for (std::size_t i = 0; i < election.ballots.size(); ++i) {
        text += fmt::format("  {} times", election.ballots[i].count);
        for (const Choice& choice : election.ballots[i].choices) {
            text += fmt::format(" p{}:{}", choice.project, choice.value);
        }
        text += "\n";
    }
    return text + print_rule(rule);
}

/// The projects of every tie; those between free projects aside, as PlainOutcome::ties has them.
std::vector<std::vector<ProjectIndex>> tied(const Election& election, const CountResult& result) {
    std::vector<std::vector<ProjectIndex>> sets;
    for (const Tie& tie : result.ties) {
        if (election.projects[tie.chosen].cost > 0) {
            sets.push_back(tie.tied);
        }
    }
    std::ranges::sort(sets);
    return sets;
}

class Agreement : public testing::TestWithParam<std::string> {};

TEST_P(Agreement, TheFastCountIsThePlainCount) {
    const char* wanted = std::getenv("BYPULS_COUNTING_INSTANCES");
    const int instances = wanted != nullptr ? std::atoi(wanted) : 1000;
    SeededRandom random(20260401);
    for (int i = 0; i < instances; ++i) {
        const auto kind = static_cast<BallotKind>(random.below(5));
        const Election election = random_election(random, kind, GetParam().contains("add-opt"));
        const Rule rule = random_rule(random, GetParam());

        const auto fast = count(election, rule);
        const auto plain = count_plainly(election, rule);

        ASSERT_TRUE(fast && plain) << (fast ? plain.error() : fast.error()) << "\n" << describe(election, rule);
        // Winners, order, money; of Equal Shares, Phragmén and maximin support every payment and price.
        ASSERT_EQ(disagreement(election, *fast, *plain), std::nullopt) << describe(election, rule);
        if (rule.method != Method::knapsack && rule.method != Method::max_welfare) {
            ASSERT_EQ(tied(election, *fast), plain->ties) << describe(election, rule);
        }
    }
}

/// The same election with ballots in another order, split up, and projects listed in another order.
Election shuffled(const Election& election, Random& random, std::vector<ProjectIndex>& place) {
    Election other = election;
    place.resize(election.projects.size());
    std::iota(place.begin(), place.end(), 0U);
    for (std::size_t i = place.size(); i > 1; --i) {
        std::swap(place[i - 1], place[random.below(i)]);
    }
    for (std::size_t p = 0; p < place.size(); ++p) {
        other.projects[place[p]] = election.projects[p];
    }
    for (auto& group : other.exclusive) {
        for (ProjectIndex& project : group) {
            project = place[project];
        }
    }
    other.ballots = {};
    for (std::size_t i = election.ballots.size(); i > 0; --i) {
        std::vector<Choice> choices;
        for (const Choice& choice : election.ballots[i - 1].choices) {
            choices.push_back({place[choice.project], choice.value});
        }
        for (std::int64_t n = 0; n < election.ballots[i - 1].count; ++n) {
            other.ballots.add(choices);
        }
    }
    if (random.chance(0.5)) {
        other.ballots.group();
    }
    return other;
}

TEST_P(Agreement, TheOrderOfBallotsAndProjectsLeavesNoTrace) {
    SeededRandom random(7);
    for (int i = 0; i < 200; ++i) {
        const Election election = random_election(random, static_cast<BallotKind>(random.below(5)));
        Rule rule = random_rule(random, GetParam());
        std::vector<ProjectIndex> place;
        const Election other = shuffled(election, random, place);

        const CountResult first = count(election, rule).value();
        const CountResult second = count(other, rule).value();

        std::vector<ProjectIndex> moved;
        for (const ProjectIndex winner : first.winners) {
            moved.push_back(place[winner]);
        }
        if (!election.pots.empty() ||
            std::ranges::any_of(election.projects, [](const Project& p) { return p.cost == 0; })) {
            std::ranges::sort(moved);
            ASSERT_EQ(moved, second.winning_set()) << describe(election, rule);
        } else {
            ASSERT_EQ(moved, second.winners) << describe(election, rule);
        }
        for (std::size_t r = 0; r < first.rounds.size() && election.pots.empty(); ++r) {
            if (first.rounds[r].phase == Phase::rule) {
                ASSERT_EQ(first.rounds[r].share, second.rounds[r].share) << describe(election, rule);
            }
        }
    }
}

/// With and without a seed, so that counts fail where only a lot could decide; the electorate and thresholds differ.
TEST(CountByEach, IsWhatOneCountAfterTheOtherGives) {
    SeededRandom random(11);
    int failed = 0;
    for (int i = 0; i < 300; ++i) {
        const Election election = random_election(random, static_cast<BallotKind>(random.below(5)), true);
        std::vector<Rule> rules;
        for (const std::string& name : builtin_rules()) {
            rules.push_back(random_rule(random, name));
            if (random.chance(0.3)) {
                rules.back().seed.clear();
            }
        }

        const auto together = count_by_each(election, rules, {}, 1 + random.below(3));

        ASSERT_EQ(together.size(), rules.size());
        for (std::size_t r = 0; r < rules.size(); ++r) {
            const auto alone = count(election, rules[r]);
            ASSERT_EQ(alone.has_value(), together[r].has_value()) << describe(election, rules[r]);
            if (alone) {
                ASSERT_EQ(*alone, *together[r]) << describe(election, rules[r]);
            } else {
                ++failed;
                ASSERT_EQ(alone.error().what, together[r].error().what) << describe(election, rules[r]);
            }
        }
    }
    EXPECT_GT(failed, 0);
}

TEST(CountByEach, SaysOfAnImpossibleElectionWhatCountSays) {
    Election election;
    election.budget = -1;
    const std::vector rules(2, rule_named("greedy").value());
    const auto results = count_by_each(election, rules, {}, 2);
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(results[1].error().what, count(election, rules[1]).error().what);
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
    std::string name = info.param;
    std::ranges::replace_if(name, [](char c) { return c == '-' || c == '+'; }, '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Rules, Agreement, testing::ValuesIn(builtin_rules()), test_name);

}  // namespace
}  // namespace bypuls::participation::counting
