#include "city/participation/explanation/distance.h"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <set>

#include <gmock/gmock.h>

#include "city/participation/explanation/play_money.h"
#include "city/participation/explanation/search.h"
#include "core/random.h"

namespace bypuls::participation::explanation {
namespace {

using counting::CountResult;
using counting::Election;
using counting::ProjectIndex;
using counting::Rule;
using testing::ElementsAre;

TEST(Distances, GreedyLosersKnowExactlyWhatTheyLacked) {
    const Election election = play_money();
    const Rule rule = named("greedy");
    const CountResult result = count(election, rule).value();
    ASSERT_THAT(result.winners, ElementsAre(0, 1));  // bike 700 with 7, gym 400 with 6: all 1100 spent

    const Distances all = distances(election, rule, result).value();

    ASSERT_EQ(all.losers.size(), 3U);
    // The park (250, 5 votes) gets in by passing the gym: 6 votes and cheaper, so it is level and goes first.
    EXPECT_EQ(all.losers[0].singleton_add->amount, 1);
    EXPECT_TRUE(all.losers[0].singleton_add->smallest);
    EXPECT_EQ(all.losers[0].optimist_add->amount, 1);
    // The playground (200, 4 votes) needs two more to be level with the gym.
    EXPECT_EQ(all.losers[1].singleton_add->amount, 2);
    EXPECT_FALSE(all.losers[1].cost_reduction.has_value());
    // The bike path drops out when the gym and the rest go before it.
    EXPECT_EQ(all.winners[0].project, 0U);
    ASSERT_TRUE(all.winners[0].margin);
}

/// The first amount that works, found by trying them all.
template <typename Try>
std::optional<std::int64_t> by_trying(std::int64_t most, Try attempt) {
    for (std::int64_t n = 1; n <= most; ++n) {
        if (attempt(n)) {
            return n;
        }
    }
    return std::nullopt;
}

/// What is told of a change against the smallest amount that trying finds.
void expect_smallest(const std::optional<Change>& told, const std::optional<std::int64_t>& tried) {
    if (!tried) {
        EXPECT_TRUE(!told || !told->enough || !told->smallest);
    } else if (!told) {
        ADD_FAILURE() << "it is said to be impossible, but " << *tried << " is enough";
    } else if (!told->enough) {
        EXPECT_LT(told->amount, *tried);
    } else if (told->smallest) {
        EXPECT_EQ(told->amount, *tried);
    } else {
        EXPECT_GE(told->amount, *tried);
    }
}

TEST(Search, FindsTheSmallestFromAnyHintAndSaysWhenItIsNotSure) {
    for (const std::int64_t hint : {1, 7, 40, 99, 500}) {
        const auto search = [&](const Attempt& attempt, std::int64_t scan) {
            return search_smallest(attempt, {.most = 100, .full_scan_max = scan, .hint = hint}).value();
        };
        const auto from_40 = [](std::int64_t n) -> Result<Trial> { return Trial{.enough = n >= 40}; };
        const auto from_40_proved = [](std::int64_t n) -> Result<Trial> { return Trial{n >= 40, n < 40}; };
        const auto an_island_at_3 = [](std::int64_t n) -> Result<Trial> { return Trial{.enough = n == 3 || n >= 40}; };
        const auto from_3_to_9 = [](std::int64_t n) -> Result<Trial> { return Trial{.enough = n >= 3 && n <= 9}; };
        const auto never = [](std::int64_t) -> Result<Trial> { return Trial{}; };

        EXPECT_EQ(search(from_40, 100), (Change{.amount = 40, .smallest = true})) << hint;
        EXPECT_EQ(search(from_40, 5), (Change{.amount = 40, .smallest = false})) << hint;
        EXPECT_EQ(search(from_40_proved, 0), (Change{.amount = 40, .smallest = true})) << hint;
        EXPECT_EQ(search(an_island_at_3, 100), (Change{.amount = 3, .smallest = true})) << hint;
        EXPECT_EQ(search(from_3_to_9, 100), (Change{.amount = 3, .smallest = true})) << hint;
        EXPECT_EQ(search(never, 100), std::nullopt) << hint;
    }
}

TEST(Search, EndsWithWhatIsKnownWhenTheWorkIsDone) {
    const auto from_40 = [](std::int64_t work, bool proved) {
        std::int64_t left = work;
        const Attempt attempt = [&](std::int64_t n) -> Result<Trial> {
            if (--left < 0) {
                return fail(Errc::exhausted, "no work left");
            }
            return Trial{.enough = n >= 40, .none_below = proved && n < 40};
        };
        return search_smallest(attempt, {.most = 100, .hint = 30, .work_left = &left}).value();
    };

    // Nothing is tried but the hint.
    EXPECT_EQ(from_40(1, false), (Change{.amount = 0, .smallest = false, .enough = false}));
    EXPECT_EQ(from_40(1, true), (Change{.amount = 30, .smallest = false, .enough = false}));
    // With a little more something is found that is enough, and with much all that is less is tried.
    EXPECT_EQ(from_40(12, false), (Change{.amount = 40, .smallest = false}));
    EXPECT_EQ(from_40(200, false), (Change{.amount = 40, .smallest = true}));
}

TEST(Search, TriesNoAmountTwiceAndKnowsWhatHasFailedSideBySide) {
    const auto from_3 = [](std::int64_t n) { return n >= 3; };
    const auto only_7_and_8 = [](std::int64_t n) { return n == 7 || n == 8; };
    const auto never = [](std::int64_t) { return false; };
    for (const std::int64_t scan : {0, 5, 100}) {
        for (const std::int64_t hint : {1, 2, 8, 40, 100}) {
            for (const std::function<bool(std::int64_t)>& enough :
                 {std::function<bool(std::int64_t)>(from_3), {only_7_and_8}, {never}}) {
                std::vector<std::int64_t> tried;
                const Attempt attempt = [&](std::int64_t n) -> Result<Trial> {
                    tried.push_back(n);
                    return Trial{.enough = enough(n)};
                };

                const auto found = search_smallest(attempt, {.most = 100, .full_scan_max = scan, .hint = hint}).value();

                const std::set<std::int64_t> once(tried.begin(), tried.end());
                EXPECT_EQ(once.size(), tried.size()) << scan << " " << hint;
                // What was tried tells how much is certain.
                std::int64_t failed = 0;
                while (once.contains(failed + 1) && !enough(failed + 1)) {
                    ++failed;
                }
                if (found && found->enough) {
                    EXPECT_EQ(found->smallest, found->amount == failed + 1) << scan << " " << hint;
                } else {
                    EXPECT_EQ(found, failed == 100 ? std::nullopt : std::optional(Change{failed, false, false}));
                }
            }
        }
    }
}

TEST(Search, TriesFewSmallerAmountsWithMoreWorkThanItHad) {
    struct Outcome {
        std::optional<Change> found;
        int begun = 0;
    };
    const auto search = [](std::int64_t most, std::int64_t work) {
        std::int64_t left = 50;
        Outcome outcome;
        const Attempt attempt = [&](std::int64_t n) -> Result<Trial> {
            left -= 2;
            return left < 0 ? Result<Trial>(fail(Errc::exhausted, "no work left")) : Trial{.enough = n >= 40};
        };
        SearchOptions options{.most = 100, .hint = 40, .work_left = &left};
        options.whole_scan = {.most = most, .work = work, .begin = [&] {
                                  left = work;
                                  ++outcome.begun;
                              }};
        outcome.found = search_smallest(attempt, options).value();
        return outcome;
    };

    EXPECT_EQ(search(40, 200).found, (Change{.amount = 40, .smallest = true}));
    EXPECT_EQ(search(40, 200).begun, 1);
    // Too many, or too much work: it is not begun.
    EXPECT_EQ(search(20, 200).found, (Change{.amount = 40, .smallest = false}));
    EXPECT_EQ(search(20, 200).begun, 0);
    EXPECT_EQ(search(40, 60).found, (Change{.amount = 40, .smallest = false}));
    EXPECT_EQ(search(40, 60).begun, 0);
}

TEST(Search, TellsWhatItTriedBeforeTheWorkWasDone) {
    // One is tried after the other from below, until there is no work left: then all those have failed.
    std::int64_t left = 60;
    const Attempt never = [&](std::int64_t) -> Result<Trial> {
        return --left < 0 ? Result<Trial>(fail(Errc::exhausted, "no work left")) : Trial{};
    };

    const auto found = search_smallest(never, {.most = 100, .full_scan_max = 100, .hint = 90}).value();

    ASSERT_TRUE(found && !found->enough);
    EXPECT_GE(found->amount, 50);
}

TEST(Distances, OfOneOrderLeaveTheWorkToThoseOfEveryChoice) {
    const Election election = play_money();
    const Rule rule = named("mes-cost-add1");

    const Distances all = distances(election, rule, count(election, rule).value(), {.work_max = 16'000}).value();

    for (const LoserDistance& loser : all.losers) {
        EXPECT_TRUE(!loser.optimist_add || loser.optimist_add->smallest) << loser.project;
        EXPECT_TRUE(!loser.rivalry_reduction || loser.rivalry_reduction->smallest) << loser.project;
    }
    for (const WinnerMargin& winner : all.winners) {
        EXPECT_TRUE(!winner.margin || winner.margin->smallest) << winner.project;
    }
}

TEST(Distances, WithLittleWorkSayOnlyWhatTheyKnow) {
    const Election election = play_money();
    for (const std::string& name : {"greedy", "mes-cost", "mes-cost-add1", "phragmen"}) {
        const Rule rule = named(name);
        const CountResult result = count(election, rule).value();
        const Distances all = distances(election, rule, result).value();

        for (const std::int64_t work : {0, 300, 3'000, 30'000}) {
            const Distances some = distances(election, rule, result, {.work_max = work}).value();

            ASSERT_EQ(some.losers.size(), all.losers.size());
            for (std::size_t i = 0; i < all.losers.size(); ++i) {
                const auto agrees = [&](const std::optional<Change>& known, const std::optional<Change>& less) {
                    if (!known || !known->smallest || !less) {
                        return;  // nothing certain to compare with
                    }
                    if (!less->enough) {
                        EXPECT_LT(less->amount, known->amount) << name << " " << work;
                    } else if (less->smallest) {
                        EXPECT_EQ(less->amount, known->amount) << name << " " << work;
                    } else {
                        EXPECT_GE(less->amount, known->amount) << name << " " << work;
                    }
                };
                agrees(all.losers[i].cost_reduction, some.losers[i].cost_reduction);
                agrees(all.losers[i].singleton_add, some.losers[i].singleton_add);
                agrees(all.losers[i].optimist_add, some.losers[i].optimist_add);
                agrees(all.losers[i].pessimist_add, some.losers[i].pessimist_add);
                agrees(all.losers[i].rivalry_reduction, some.losers[i].rivalry_reduction);
            }
        }
    }
}

TEST(Distances, AreTheSameOnAnyNumberOfThreads) {
    const Election election = play_money();
    const Rule rule = named("mes-cost-add1");
    const CountResult result = count(election, rule).value();

    const Distances one = distances(election, rule, result, {.threads = 1}).value();

    EXPECT_EQ(distances(election, rule, result, {.threads = 4}).value(), one);
    EXPECT_FALSE(one.losers.empty());
}

/// A small vote, and its ballots one by one as sets of projects: what the searches below change by hand.
struct SmallVote {
    Election election;
    std::vector<std::vector<ProjectIndex>> ballots;

    explicit SmallVote(Random& random) {
        election.budget = 100 * (5 + static_cast<std::int64_t>(random.below(15)));
        for (int p = 0; p < 5; ++p) {
            election.projects.push_back({.id = std::string(1, static_cast<char>('a' + p)),
                                         .name = "",
                                         .cost = 100 * (1 + static_cast<std::int64_t>(random.below(9)))});
        }
        for (int v = 0; v < 8; ++v) {
            std::vector<ProjectIndex> ballot;
            for (ProjectIndex p = 0; p < 5; ++p) {
                if (random.chance(0.4)) {
                    ballot.push_back(p);
                }
            }
            ballots.push_back(std::move(ballot));
        }
        std::ranges::sort(ballots);
        election = with(ballots);
    }

    Election with(const std::vector<std::vector<ProjectIndex>>& changed) const {
        Election other = election;
        other.ballots = {};
        for (const std::vector<ProjectIndex>& ballot : changed) {
            std::vector<counting::Choice> choices;
            for (const ProjectIndex project : ballot) {
                choices.push_back({project, 1});
            }
            other.ballots.add(choices);
        }
        return other;
    }

    /// Counted by the second implementation, so that nothing is shared with what is tested.
    bool wins(const std::vector<std::vector<ProjectIndex>>& changed, const Rule& rule, ProjectIndex project) const {
        const auto outcome = count_plainly(with(changed), rule).value();
        return std::ranges::find(outcome.winners, project) != outcome.winners.end();
    }

    bool chose(std::size_t ballot, ProjectIndex project) const {
        return std::ranges::find(ballots[ballot], project) != ballots[ballot].end();
    }
};

TEST(Distances, AreWhatTryingEverythingFinds) {
    SeededRandom random(99);
    for (int i = 0; i < 90; ++i) {
        const SmallVote vote(random);
        const Election& election = vote.election;
        constexpr std::array rules = {"mes-cost-add1", "greedy", "mes-cardinality-add1e"};
        const Rule rule = named(rules[static_cast<std::size_t>(i) % rules.size()]);
        const CountResult result = count(election, rule).value();
        const Distances all = distances(election, rule, result).value();
        for (const LoserDistance& loser : all.losers) {
            const auto alone = by_trying(200, [&](std::int64_t n) {
                Election more = election;
                const std::vector<counting::Choice> one = {{loser.project, 1}};
                more.ballots.add(one, n);
                return count(more, rule).value().won(loser.project);
            });
            expect_smallest(loser.singleton_add, alone);
            const auto oere = by_trying(election.projects[loser.project].cost - 1, [&](std::int64_t less) {
                Election cheaper = election;
                cheaper.projects[loser.project].cost -= less;
                return count(cheaper, rule, {.explore_ties = false, .self_check = false}).value().won(loser.project);
            });
            expect_smallest(loser.cost_reduction, oere);
        }
    }
}

constexpr std::array rules_searched = {"mes-cost", "mes-cost-add1",  "mes-cardinality-add1e",
                                       "phragmen", "mes-cost-add1u", "greedy-per-cost"};

std::optional<std::int64_t> amount_of(const std::optional<Change>& change) {
    return change && change->enough ? std::optional(change->amount) : std::nullopt;
}

enum class Among : std::uint8_t { who_chose_it, who_did_not };

/// For how many voters `change` must be made so that the loser wins, when those go first who have most: found by trying
/// every number. What is found must be what `told` says, for `at_least` losers and more.
template <typename Told, typename Change>
void compare_with_trying(std::uint64_t seed, Among among, Told told, Change change, int at_least) {
    SeededRandom random(seed);
    int found = 0;
    for (int i = 0; i < 120; ++i) {
        const SmallVote vote(random);
        const Rule rule = named(rules_searched[static_cast<std::size_t>(i) % rules_searched.size()]);
        const CountResult result = count(vote.election, rule).value();
        const Distances all = distances(vote.election, rule, result).value();
        for (const LoserDistance& loser : all.losers) {
            std::vector<std::size_t> order;
            for (std::size_t ballot = 0; ballot < vote.ballots.size(); ++ballot) {
                if (vote.chose(ballot, loser.project) == (among == Among::who_chose_it)) {
                    order.push_back(ballot);
                }
            }
            std::ranges::stable_sort(order, std::greater{}, [&](std::size_t ballot) {
                return std::ranges::count_if(vote.ballots[ballot], [&](ProjectIndex p) { return result.won(p); });
            });
            const auto fewest = by_trying(static_cast<std::int64_t>(order.size()), [&](std::int64_t n) {
                auto changed = vote.ballots;
                for (std::int64_t k = 0; k < n; ++k) {
                    change(changed[order[static_cast<std::size_t>(k)]], loser.project);
                }
                return vote.wins(changed, rule, loser.project);
            });
            EXPECT_EQ(amount_of(told(loser)), fewest) << name_of(rule) << " " << i;
            found += fewest ? 1 : 0;
        }
    }
    EXPECT_GT(found, at_least);
}

TEST(Distances, ThePessimistsVotersAreThoseWhoHaveMostAndAreFoundByTryingEverything) {
    compare_with_trying(
        411, Among::who_did_not, [](const LoserDistance& loser) { return loser.pessimist_add; },
        [](std::vector<ProjectIndex>& ballot, ProjectIndex project) { ballot.push_back(project); }, 100);
}

enum class Wanted : std::uint8_t { to_win, to_drop_out };

/// The fewest of these ballots that must change, over every choice of them, found by trying them all with the second
/// implementation.
template <typename Change>
std::optional<std::int64_t> by_trying_all(const SmallVote& vote, const Rule& rule, ProjectIndex project,
                                          const std::vector<std::size_t>& pool, std::int64_t most, Wanted wanted,
                                          Change change) {
    std::optional<std::int64_t> fewest;
    for (std::uint32_t mask = 1; mask < (1U << pool.size()); ++mask) {
        const std::int64_t many = std::popcount(mask);
        if (many > most || (fewest && many >= *fewest)) {
            continue;
        }
        auto changed = vote.ballots;
        for (std::size_t i = 0; i < pool.size(); ++i) {
            if ((mask >> i & 1U) != 0) {
                change(changed[pool[i]], project);
            }
        }
        if (vote.wins(changed, rule, project) == (wanted == Wanted::to_win)) {
            fewest = many;
        }
    }
    return fewest;
}

TEST(Distances, FewestMeansWhicheverVotersTheyAre) {
    SeededRandom random(20261126);
    int fewer = 0;
    for (int i = 0; i < 48; ++i) {
        const SmallVote vote(random);
        const Rule rule = named(rules_searched[static_cast<std::size_t>(i) % rules_searched.size()]);
        const CountResult result = count(vote.election, rule).value();
        const Distances all = distances(vote.election, rule, result).value();
        const auto pool = [&](ProjectIndex project, Among among) {
            std::vector<std::size_t> ballots;
            for (std::size_t ballot = 0; ballot < vote.ballots.size(); ++ballot) {
                if (vote.chose(ballot, project) == (among == Among::who_chose_it)) {
                    ballots.push_back(ballot);
                }
            }
            return ballots;
        };
        for (const LoserDistance& loser : all.losers) {
            const auto more = by_trying_all(vote, rule, loser.project, pool(loser.project, Among::who_did_not), 8,
                                            Wanted::to_win, [](auto& ballot, ProjectIndex p) { ballot.push_back(p); });
            EXPECT_EQ(amount_of(loser.optimist_add), more) << name_of(rule) << " " << i;
            EXPECT_TRUE(!loser.optimist_add || loser.optimist_add->smallest);
            const auto alone = by_trying_all(vote, rule, loser.project, pool(loser.project, Among::who_chose_it), 8,
                                             Wanted::to_win, [](auto& ballot, ProjectIndex p) { ballot = {p}; });
            EXPECT_EQ(amount_of(loser.rivalry_reduction), alone) << name_of(rule) << " " << i;
        }
        for (const WinnerMargin& winner : all.winners) {
            const auto supporters = pool(winner.project, Among::who_chose_it);
            const auto less = by_trying_all(vote, rule, winner.project, supporters, std::ssize(supporters) - 1,
                                            Wanted::to_drop_out, [](auto& b, ProjectIndex p) { std::erase(b, p); });
            EXPECT_EQ(amount_of(winner.margin), less) << name_of(rule) << " " << i;
            EXPECT_TRUE(!winner.margin || winner.margin->smallest);
            fewer += less ? 1 : 0;
        }
    }
    EXPECT_GT(fewer, 20);
}

TEST(Distances, WhoWouldWinInsteadIsWhoWinsWhenItDropsOut) {
    const Election election = play_money();
    const Rule rule = named("mes-cost-add1");
    const CountResult result = count(election, rule).value();
    const Distances all = distances(election, rule, result).value();
    for (const WinnerMargin& winner : all.winners) {
        ASSERT_TRUE(winner.margin && winner.margin->enough);
        // Some choice of so many supporters leads to just these, counted by the second implementation.
        bool found = false;
        std::vector<std::size_t> ballots;
        std::vector<std::vector<counting::Choice>> single;
        for (std::size_t i = 0; i < election.ballots.size(); ++i) {
            for (std::int64_t n = 0; n < election.ballots[i].count; ++n) {
                const auto choices = election.ballots[i].choices;
                if (std::ranges::find(choices, winner.project, &counting::Choice::project) != choices.end()) {
                    ballots.push_back(single.size());
                }
                single.emplace_back(choices.begin(), choices.end());
            }
        }
        for (std::uint32_t mask = 1; mask < (1U << ballots.size()) && !found; ++mask) {
            if (std::popcount(mask) != winner.margin->amount) {
                continue;
            }
            auto changed = single;
            for (std::size_t i = 0; i < ballots.size(); ++i) {
                if ((mask >> i & 1U) != 0) {
                    std::erase_if(changed[ballots[i]],
                                  [&](const counting::Choice& choice) { return choice.project == winner.project; });
                }
            }
            Election other = election;
            other.ballots = {};
            for (const auto& ballot : changed) {
                other.ballots.add(ballot);
            }
            std::vector<ProjectIndex> fresh = count_plainly(other, rule).value().winners;
            std::ranges::sort(fresh);
            const bool out = std::ranges::find(fresh, winner.project) == fresh.end();
            std::erase_if(fresh, [&](ProjectIndex p) { return result.won(p); });
            found = out && fresh == winner.instead;
        }
        EXPECT_TRUE(found) << winner.project;
    }
}

/// The town of the audit's small files: projects by their costs in øre, and who chose what.
Election small_town(counting::Money budget, const std::vector<counting::Money>& costs,
                    const std::vector<std::vector<ProjectIndex>>& votes) {
    Election election;
    election.budget = budget;
    for (std::size_t p = 0; p < costs.size(); ++p) {
        election.projects.push_back({.id = std::string(1, static_cast<char>('a' + p)), .name = "", .cost = costs[p]});
    }
    for (const auto& vote : votes) {
        std::vector<counting::Choice> choices;
        for (const ProjectIndex project : vote) {
            choices.push_back({project, 1});
        }
        election.ballots.add(choices);
    }
    return election;
}

TEST(Distances, MoreNewBallotsThanThereAreVotersMayBeWhatIsMissing) {
    const Election election = small_town(10'000, {9'000, 2'000}, {{0}, {1}, {1}, {1}});
    const Rule rule = named("mes-cost");
    const CountResult result = count(election, rule).value();
    const auto needed = by_trying(200, [&](std::int64_t n) {
        Election more = election;
        const std::vector<counting::Choice> one = {{0, 1}};
        more.ballots.add(one, n);
        const std::vector<ProjectIndex> winners = count_plainly(more, rule).value().winners;
        return std::ranges::find(winners, 0U) != winners.end();
    });
    ASSERT_GT(needed.value(), 4);

    const Distances all = distances(election, rule, result).value();

    ASSERT_EQ(all.losers.size(), 1U);
    EXPECT_EQ(all.losers[0].singleton_add, (Change{.amount = *needed, .smallest = true}));
}

TEST(Distances, ACostOfLessThanAKroneIsFoundToTheOere) {
    const Election election = small_town(100, {90, 20}, {{0}, {1}, {1}, {1}});
    const Rule rule = named("mes-cost");
    const CountResult result = count(election, rule).value();

    const Distances all = distances(election, rule, result).value();

    ASSERT_EQ(all.losers.size(), 1U);
    EXPECT_EQ(all.losers[0].cost_reduction, (Change{.amount = 65, .smallest = true}));  // 25 øre is one voter's share
}

TEST(Distances, WhatCostsMoreThanTheBudgetNoVoteCanBringIn) {
    const Election election = small_town(10'000, {20'000, 2'000}, {{0}, {1}});
    const Rule rule = named("mes-cost-add1");
    const CountResult result = count(election, rule).value();

    EXPECT_EQ(distances(election, rule, result).value().losers[0].singleton_add, std::nullopt);
}

TEST(Distances, RandomAddIsWhatSomeOrderOfTheVotersNeeds) {
    SeededRandom random(413);
    int told = 0;
    for (int i = 0; i < 180; ++i) {
        const SmallVote vote(random);
        const Rule rule = named(rules_searched[static_cast<std::size_t>(i) % rules_searched.size()]);
        const CountResult result = count(vote.election, rule).value();
        const Distances all = distances(vote.election, rule, result, {.samples = 31}).value();
        for (const LoserDistance& loser : all.losers) {
            std::vector<std::size_t> others;
            for (std::size_t ballot = 0; ballot < vote.ballots.size(); ++ballot) {
                if (!vote.chose(ballot, loser.project)) {
                    others.push_back(ballot);
                }
            }
            if (others.size() > 4) {
                continue;  // too many orders
            }
            // For every order of the voters the first number that is enough; a sample is one of these.
            std::set<std::int64_t> possible;
            std::ranges::sort(others);
            do {
                auto changed = vote.ballots;
                std::int64_t enough = INT64_MAX;
                for (std::size_t n = 0; n < others.size() && enough == INT64_MAX; ++n) {
                    changed[others[n]].push_back(loser.project);
                    enough = vote.wins(changed, rule, loser.project) ? static_cast<std::int64_t>(n) + 1 : enough;
                }
                possible.insert(enough);
            } while (std::ranges::next_permutation(others).found);
            const auto found = amount_of(loser.random_add);
            EXPECT_TRUE(possible.contains(found.value_or(INT64_MAX)))
                << name_of(rule) << " " << i << " " << found.value_or(-1);
            told += found && possible.size() > 1 ? 1 : 0;
        }
    }
    EXPECT_GT(told, 5);
}

}  // namespace
}  // namespace bypuls::participation::explanation
