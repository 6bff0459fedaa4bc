// A count that goes along the way of another is the count from the beginning.
#include "city/participation/explanation/variant.h"

#include <algorithm>
#include <array>

#include <gmock/gmock.h>

#include "city/participation/explanation/play_money.h"
#include "core/random.h"

namespace bypuls::participation::explanation {
namespace {

using counting::Choice;
using counting::CountResult;
using counting::Election;
using counting::ProjectIndex;
using counting::Rule;

struct Size {
    int projects = 8;
    int voters = 40;
    std::size_t longest = 4;
};

/// Ballots of one to `longest` projects, the first of them the popular ones, and every tenth blank.
Election drawn(Random& random, Size size) {
    Election election;
    counting::Money total = 0;
    for (int p = 0; p < size.projects; ++p) {
        const auto cost = static_cast<counting::Money>(100 * (10 + random.below(90)));
        election.projects.push_back({.id = "p" + std::to_string(p), .name = "", .cost = cost});
        total += cost;
    }
    election.budget = total / static_cast<counting::Money>(2 + random.below(3));
    for (int v = 0; v < size.voters; ++v) {
        std::vector<Choice> choices;
        const std::size_t length = random.chance(0.1) ? 0 : 1 + random.below(size.longest);
        while (choices.size() < length) {
            const double u = random.unit();
            const auto project = static_cast<ProjectIndex>(u * u * size.projects);
            if (std::ranges::find(choices, project, &Choice::project) == choices.end()) {
                choices.push_back({project, 1});
            }
        }
        election.ballots.add(choices);
    }
    election.ballots.group();
    return election;
}

Election with_support(const Election& election, ProjectIndex project, const Voters& voters) {
    Election changed = election;
    changed.ballots = {};
    for (std::size_t i = 0; i < election.ballots.size(); ++i) {
        const counting::BallotView ballot = election.ballots[i];
        std::vector<Choice> choices(ballot.choices.begin(), ballot.choices.end());
        if (ballot.count > voters[i]) {
            changed.ballots.add(choices, ballot.count - voters[i]);
        }
        choices.push_back({project, 1});
        if (voters[i] > 0) {
            changed.ballots.add(choices, voters[i]);
        }
    }
    return changed;
}

/// Everything but ties, of which those on a way that was gone over are not told.
void expect_same(const CountResult& variant, const Election& changed, const Rule& rule) {
    CountResult plain =
        count(changed, rule, {.explore_ties = false, .exact_rounds = false, .self_check = false}).value();
    plain.ties = variant.ties;
    EXPECT_EQ(variant, plain) << name_of(rule);
}

std::int64_t votes_for(const Election& election, ProjectIndex project) {
    std::int64_t votes = 0;
    for (std::size_t i = 0; i < election.ballots.size(); ++i) {
        const counting::BallotView ballot = election.ballots[i];
        const bool chose = std::ranges::find(ballot.choices, project, &Choice::project) != ballot.choices.end();
        votes += chose ? ballot.count : 0;
    }
    return votes;
}

constexpr std::array rules_with_shares = {"mes-cost",       "mes-cost-add1",         "mes-cost-add1e",
                                          "mes-cost-add1u", "mes-cardinality-add1e", "mes-cardinality-add1",
                                          "mes-cost-util",  "mes-cardinality-add1eu"};

TEST(Variant, WithACheaperOrBetterSupportedProjectIsTheCountFromTheBeginning) {
    SeededRandom random(20261127);
    int bought = 0;
    int along = 0;
    for (int i = 0; i < 400; ++i) {
        const Election election = drawn(random, {.projects = 4 + static_cast<int>(random.below(8)), .voters = 40});
        Rule rule = named(rules_with_shares[static_cast<std::size_t>(i) % rules_with_shares.size()]);
        rule.electorate = random.chance(0.5) ? counting::Electorate::everyone : counting::Electorate::with_choice;
        const Variant variant(election, rule);
        for (ProjectIndex project = 0; project < election.projects.size(); ++project) {
            Election cheaper = election;
            counting::Money& cost = cheaper.projects[project].cost;
            cost -= static_cast<counting::Money>(random.below(static_cast<std::uint64_t>(cost)));
            const CountResult with_cost = variant.with_cost(project, cost).value();
            expect_same(with_cost, cheaper, rule);

            Voters voters(election.ballots.size(), 0);
            for (std::size_t g = 0; g < voters.size(); ++g) {
                const auto choices = election.ballots[g].choices;
                const bool chose = std::ranges::find(choices, project, &Choice::project) != choices.end();
                const auto most = static_cast<std::uint64_t>(election.ballots[g].count);
                voters[g] = chose || random.chance(0.7) ? 0 : static_cast<std::int64_t>(random.below(most + 1));
            }
            const CountResult with_support_too = variant.with_more_support(project, voters).value();
            expect_same(with_support_too, with_support(election, project, voters), rule);
            bought += with_cost.won(project) || with_support_too.won(project) ? 1 : 0;
            along += with_cost.won(project) ? 0 : 1;
        }
    }
    EXPECT_GT(bought, 300);
    EXPECT_GT(along, 300);
}

/// Fills each entry with as many of the group's voters as chance has it; only of those who chose the project, or who
/// did not.
Voters some_voters(Random& random, const Election& election, ProjectIndex project, bool chose_it) {
    Voters voters(election.ballots.size(), 0);
    for (std::size_t g = 0; g < voters.size(); ++g) {
        const auto choices = election.ballots[g].choices;
        const bool chose = std::ranges::find(choices, project, &Choice::project) != choices.end();
        const auto most = static_cast<std::uint64_t>(election.ballots[g].count);
        voters[g] = chose == chose_it && random.chance(0.6) ? static_cast<std::int64_t>(random.below(most + 1)) : 0;
    }
    return voters;
}

Election with_points(Random& random, const Election& election) {
    Election points = election;
    points.kind = counting::BallotKind::points;
    points.ballots = {};
    for (std::size_t i = 0; i < election.ballots.size(); ++i) {
        const counting::BallotView ballot = election.ballots[i];
        std::vector<Choice> choices(ballot.choices.begin(), ballot.choices.end());
        for (Choice& choice : choices) {
            choice.value = 1 + static_cast<std::int64_t>(random.below(5));
        }
        points.ballots.add(choices, ballot.count);
    }
    points.ballots.group();
    return points;
}

constexpr std::array rules_of_many_kinds = {"mes-cost",
                                            "mes-cost-add1",
                                            "mes-cost-add1e",
                                            "mes-cost-add1u",
                                            "mes-cardinality-add1",
                                            "mes-points-add1",
                                            "mes-cardinality-add1eu",
                                            "mes-cost-add1+comparison",
                                            "mes-cost-add1+comparison+eligibility",
                                            "phragmen",
                                            "greedy"};

TEST(Variant, OneOfManyCountsOfAProjectIsTheCountFromTheBeginning) {
    SeededRandom random(20261128);
    int different = 0;
    for (int i = 0; i < 300; ++i) {
        // Now and then ballots that name more than are kept beside each row.
        const bool long_ballots = i % 20 == 19;
        Election election = long_ballots
                                ? drawn(random, {.projects = 34, .voters = 25, .longest = 32})
                                : drawn(random, {.projects = 4 + static_cast<int>(random.below(9)), .voters = 60});
        if (random.chance(0.2)) {
            election.exclusive = {{0, 1}};
        }
        if (random.chance(0.3)) {
            election = with_points(random, election);
        }
        Rule rule = named(rules_of_many_kinds[static_cast<std::size_t>(i) % rules_of_many_kinds.size()]);
        rule.electorate = random.chance(0.5) ? counting::Electorate::everyone : counting::Electorate::with_choice;
        const Variant variant(election, rule);
        const auto plain = count(election, rule).value();
        const auto project = static_cast<ProjectIndex>(random.below(election.projects.size()));
        ProjectVariants variants(variant, project);
        for (int change = 0; change < 12; ++change) {
            const auto with_it = some_voters(random, election, project, true);
            const auto others = some_voters(random, election, project, false);
            const auto cost = static_cast<counting::Money>(1 + random.below(10'000));
            const auto extra = static_cast<std::int64_t>(1 + random.below(40));
            const auto expect_likewise = [&](const Result<CountResult>& one_of_many, const Result<CountResult>& alone) {
                ASSERT_EQ(one_of_many.has_value(), alone.has_value());
                CountResult same = *alone;
                same.ties = one_of_many->ties;
                EXPECT_EQ(*one_of_many, same) << name_of(rule) << " " << i;
                different += one_of_many->winning_set() != plain.winning_set() ? 1 : 0;
            };
            switch (random.below(election.kind == counting::BallotKind::points ? 4 : 5)) {
                case 0: expect_likewise(variants.with_cost(cost), variant.with_cost(project, cost)); break;
                case 1:
                    expect_likewise(variants.with_new_ballots(extra), variant.with_new_ballots(project, extra));
                    break;
                case 2:
                    expect_likewise(variants.with_fewer_rivals(with_it), variant.with_fewer_rivals(project, with_it));
                    break;
                case 3:
                    expect_likewise(variants.with_less_support(with_it), variant.with_less_support(project, with_it));
                    break;
                default:
                    expect_likewise(variants.with_more_support(others), variant.with_more_support(project, others));
            }
        }
    }
    EXPECT_GT(different, 300);
}

/// Money in øre, so that every cost can be tried.
Election small_change(Random& random, Size size) {
    Election election = drawn(random, size);
    election.budget /= 100;
    for (counting::Project& project : election.projects) {
        project.cost /= 100;
    }
    return election;
}

constexpr std::array rules_asked_for_costs = {"mes-cost-add1", "mes-cost", "mes-cardinality-add1", "mes-points-add1"};

Rule asked_for_costs(Random& random, std::size_t i, counting::Money step) {
    Rule rule = named(rules_asked_for_costs[i % rules_asked_for_costs.size()]);
    rule.electorate = random.chance(0.7) ? counting::Electorate::everyone : counting::Electorate::with_choice;
    rule.step = step;
    rule.score_min = random.chance(0.3) ? static_cast<std::int64_t>(1 + random.below(4)) : 0;
    rule.whole_endowment = random.chance(0.2);
    rule.fully_funded = random.chance(0.2);
    return rule;
}

/// What it wins with, of all costs up to its own: counted by the second implementation.
std::vector<bool> costs_tried(const Election& election, const Rule& rule, ProjectIndex project) {
    std::vector<bool> wins{false};
    Election cheaper = election;
    for (counting::Money cost = 1; cost <= election.projects[project].cost; ++cost) {
        cheaper.projects[project].cost = cost;
        const auto winners = count_plainly(cheaper, rule).value().winners;
        wins.push_back(std::ranges::find(winners, project) != winners.end());
    }
    return wins;
}

std::optional<counting::Money> largest(const std::vector<bool>& wins, counting::Money cheap, counting::Money dear) {
    for (counting::Money cost = dear; cost >= cheap; --cost) {
        if (wins[static_cast<std::size_t>(cost)]) {
            return cost;
        }
    }
    return std::nullopt;
}

TEST(Variants, TheLargestCostWithWhichAProjectWinsIsWhatTryingEveryCostFinds) {
    SeededRandom random(1711);
    int found = 0;
    for (std::size_t i = 0; i < 40; ++i) {
        Election election = small_change(random, {.projects = 5, .voters = 9, .longest = 3});
        // So that every rule meets both.
        if (i / 4 % 2 == 1) {
            election = with_points(random, election);
        }
        const Rule rule = asked_for_costs(random, i, 1 + static_cast<counting::Money>(random.below(5)));
        const Variant variant(election, rule);
        const auto project = static_cast<ProjectIndex>(random.below(election.projects.size()));
        const counting::Money cost = election.projects[project].cost;
        if (votes_for(election, project) == 0) {
            continue;
        }
        ProjectVariants variants(variant, project);
        ASSERT_TRUE(variants.can_ask_costs());
        const std::vector<bool> wins = costs_tried(election, rule, project);
        for (int range = 0; range < 12; ++range) {
            const auto dear =
                range == 0 ? cost : 1 + static_cast<counting::Money>(random.below(static_cast<std::uint64_t>(cost)));
            const auto cheap =
                range == 0 ? 1 : 1 + static_cast<counting::Money>(random.below(static_cast<std::uint64_t>(dear)));

            const auto most = variants.costs_most(cheap, dear);

            ASSERT_TRUE(most) << i;
            EXPECT_EQ(*most, largest(wins, cheap, dear)) << name_of(rule) << " " << i << " " << cheap << " " << dear;
            found += *most ? 1 : 0;
        }
        // It is counted as before.
        Election cheaper = election;
        cheaper.projects[project].cost = 1 + cost / 2;
        expect_same(variants.with_cost(1 + cost / 2).value(), cheaper, rule);
    }
    EXPECT_GT(found, 60);
}

TEST(Variants, AProjectThatDoesNotTakePartWinsAtNoCost) {
    Election election = {.budget = 1000};
    for (const counting::Money cost : {300, 400}) {
        election.projects.push_back({.id = "p" + std::to_string(cost), .name = "", .cost = cost});
    }
    election.ballots.add(std::array{Choice{0, 1}}, 9);
    election.ballots.add(std::array{Choice{1, 1}}, 3);
    election.ballots.group();
    for (const bool fully_funded : {false, true}) {
        Rule rule = named("mes-cost-add1");
        rule.score_min = 4;
        rule.fully_funded = fully_funded;
        const Variant variant(election, rule);
        ProjectVariants variants(variant, 1);

        EXPECT_EQ(variants.costs_most(1, 400).value(), std::nullopt);
    }
}

TEST(Variants, NoLargerCostThanTheLargestTurnsOutToWin) {
    SeededRandom random(1712);
    int found = 0;
    for (std::size_t i = 0; i < 24; ++i) {
        Election election = drawn(random, {.projects = 7, .voters = 60, .longest = 4});
        if (i / 4 % 2 == 1) {
            election = with_points(random, election);
        }
        const Rule rule = asked_for_costs(random, i, 25);
        const CountResult result = count(election, rule).value();
        const Variant variant(election, rule);
        for (ProjectIndex project = 0; project < election.projects.size(); ++project) {
            if (result.won(project) || result.votes[project] == 0) {
                continue;
            }
            ProjectVariants variants(variant, project);
            const counting::Money cost = election.projects[project].cost;

            const auto most = variants.costs_most(1, cost).value();

            Election cheaper = election;
            const auto wins = [&](counting::Money with) {
                cheaper.projects[project].cost = with;
                return count(cheaper, rule, {.explore_ties = false, .self_check = false}).value().won(project);
            };
            EXPECT_TRUE(!most || wins(*most)) << i;
            for (int sample = 0; sample < 40; ++sample) {
                const counting::Money above = most.value_or(0) + 1;
                const counting::Money left = cost - above;
                if (left > 0) {
                    // Many of them near.
                    const double u = random.unit();
                    EXPECT_FALSE(wins(above + static_cast<counting::Money>(u * u * u * static_cast<double>(left))))
                        << i;
                }
            }
            found += most ? 1 : 0;
        }
    }
    EXPECT_GT(found, 15);
}

TEST(Variants, CostsEndWithTheWorkThatTheyAreGiven) {
    SeededRandom random(1713);
    const Election election = drawn(random, {});
    const Rule rule = named("mes-cost-add1");
    const CountResult result = count(election, rule).value();
    const Variant variant(election, rule);
    for (ProjectIndex project = 0; project < election.projects.size(); ++project) {
        if (result.won(project) || result.votes[project] == 0) {
            continue;
        }
        ProjectVariants variants(variant, project);
        variants.limit(600);
        const auto most = variants.costs_most(1, election.projects[project].cost);
        EXPECT_TRUE(!most && most.error().code == Errc::exhausted);
        variants.no_limit();
        expect_same(variants.with_cost(election.projects[project].cost).value(), election, rule);
    }
}

}  // namespace
}  // namespace bypuls::participation::explanation
