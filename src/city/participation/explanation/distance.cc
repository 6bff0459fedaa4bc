#include "city/participation/explanation/distance.h"

#include <algorithm>
#include <numeric>

#include "city/participation/explanation/search.h"
#include "city/participation/explanation/variant.h"
#include "core/random.h"

namespace bypuls::participation::explanation {

using counting::BallotKind;
using counting::CountResult;
using counting::Election;
using counting::Money;
using counting::one_krone;
using counting::ProjectIndex;

namespace {

/// Ballot groups by how much of what they chose is funded.
class Groups {
public:
    Groups(const Election& election, const CountResult& result)
        : election_(election), funded_(election.ballots.size(), 0) {
        std::vector<int> won(election.projects.size(), 0);
        for (const ProjectIndex winner : result.winners) {
            won[winner] = 1;
        }
        for (std::size_t i = 0; i < election.ballots.size(); ++i) {
            for (const counting::Choice& choice : election.ballots[i].choices) {
                funded_[i] += won[choice.project];
            }
        }
    }

    /// Those who chose (or did not choose) the project; with the fewest funded choices first, or the most.
    std::vector<std::uint32_t> of(ProjectIndex project, bool supporters, bool fewest_first) const {
        std::vector<std::uint32_t> groups;
        for (std::uint32_t i = 0; i < election_.ballots.size(); ++i) {
            const auto choices = election_.ballots[i].choices;
            const bool chose = std::ranges::find(choices, project, &counting::Choice::project) != choices.end();
            if (chose == supporters) {
                groups.push_back(i);
            }
        }
        std::ranges::stable_sort(groups, {}, [&](std::uint32_t i) { return fewest_first ? funded_[i] : -funded_[i]; });
        return groups;
    }

    std::int64_t voters(const std::vector<std::uint32_t>& groups) const {
        std::int64_t sum = 0;
        for (const std::uint32_t group : groups) {
            sum += election_.ballots[group].count;
        }
        return sum;
    }

private:
    const Election& election_;
    std::vector<int> funded_;
};

class Distance {
public:
    Distance(const Election& election, const counting::Rule& rule, const CountResult& result,
             const DistanceOptions& options)
        : election_(election),
          result_(result),
          options_(options),
          variant_(election, rule),
          groups_(election, result) {}

    Result<LoserDistance> loser(ProjectIndex project) {
        LoserDistance distance{.project = project};
        TRY(distance.cost_reduction, cost_reduction(project));
        TRY_DO(additions(project, distance));
        TRY(distance.singleton_add,
            search({.most = all_voters(), .hint = hint(distance.optimist_add)}, [&](std::int64_t n) {
                return lost_or_won(project, variant_.with_new_ballots(project, n), Proof::none);
            }));
        const auto supporters = groups_.of(project, true, false);
        TRY(distance.rivalry_reduction, search({.most = groups_.voters(supporters)}, [&](std::int64_t n) {
                return lost_or_won(project, variant_.with_fewer_rivals(project, n, supporters), Proof::none);
            }));
        return distance;
    }

    Result<WinnerMargin> winner(ProjectIndex project) {
        WinnerMargin margin{.project = project};
        const auto supporters = groups_.of(project, true, true);
        const auto drops_out = [&](std::int64_t n) -> Result<Trial> {
            TRY(const CountResult again, variant_.with_less_support(project, n, supporters));
            return Trial{.enough = !again.won(project)};
        };
        TRY(margin.margin, search({.most = groups_.voters(supporters) - 1}, drops_out));
        if (margin.margin) {
            TRY(const CountResult without, variant_.with_less_support(project, margin.margin->amount, supporters));
            for (const ProjectIndex other : without.winning_set()) {
                if (!result_.won(other)) {
                    margin.instead.push_back(other);
                }
            }
        }
        return margin;
    }

private:
    /// What can be said of smaller changes of a kind when the rule left no trace of this one.
    enum class Proof : std::uint8_t {
        none,
        /// They leave none either. With the same voters and any given share, a project that is cheaper, or has more
        /// supporters, asks no more, and until it is bought everybody else has paid the same. So if it is not bought
        /// with any of the shares tried, it is not with less of the change; and neither changes anything.
        by_shares,
    };

    bool can_prove() const {
        const counting::Rule& rule = variant_.rule();
        const bool only_shares =
            rule.completion == counting::Completion::none || rule.completion == counting::Completion::add1 ||
            rule.completion == counting::Completion::add1e || rule.completion == counting::Completion::add_opt;
        const bool same_voters = rule.electorate == counting::Electorate::everyone || result_.blank == 0;
        return rule.method == counting::Method::equal_shares && only_shares && same_voters &&
               rule.comparison == counting::Comparison::none && election_.pots.empty();
    }

    Result<Trial> lost_or_won(ProjectIndex project, const Result<CountResult>& again, Proof proof) const {
        if (!again) {
            return std::unexpected(again.error());
        }
        const bool proved =
            proof == Proof::by_shares && can_prove() && !std::ranges::binary_search(again->touched, project);
        return Trial{.enough = again->won(project), .none_below = proved};
    }

    Result<std::optional<Change>> search(SearchOptions options, const Attempt& attempt) const {
        // A small election counts in microseconds, so that much more can be tried.
        constexpr std::size_t choices_max = 10'000;
        options.full_scan_max = static_cast<std::int64_t>(
            std::max(options_.full_scan_max, choices_max / (election_.ballots.choices() + 1)));
        options.monotone = variant_.monotone();
        return search_smallest(attempt, options);
    }

    static std::int64_t hint(const std::optional<Change>& other) { return other ? other->amount : 1; }
    std::int64_t all_voters() const { return std::max<std::int64_t>(1, result_.voters + result_.blank); }

    Result<std::optional<Change>> cost_reduction(ProjectIndex project) const {
        const Money cost = election_.projects[project].cost;
        // Whole kroner, and never down to nothing: what costs nothing is not counted.
        TRY(auto change,
            search({.most = (cost - 1) / one_krone, .hint = cost / one_krone / 2}, [&](std::int64_t kroner) {
                return lost_or_won(project, variant_.with_cost(project, cost - kroner * one_krone), Proof::by_shares);
            }));
        if (change) {
            change->amount *= one_krone;
        }
        return change;
    }

    Result<std::optional<Change>> add(ProjectIndex project, const std::vector<std::uint32_t>& order,
                                      SearchOptions options) const {
        options.most = groups_.voters(order);
        return search(options, [&](std::int64_t n) {
            return lost_or_won(project, variant_.with_more_support(project, n, order), Proof::by_shares);
        });
    }

    Result<void> additions(ProjectIndex project, LoserDistance& distance) {
        if (election_.kind != BallotKind::approval && election_.kind != BallotKind::knapsack) {
            return {};
        }
        TRY(distance.optimist_add, add(project, groups_.of(project, false, true), {}));
        if (variant_.only_totals()) {
            // Who adds it makes no difference where only totals count.
            distance.pessimist_add = distance.optimist_add;
            distance.random_add = distance.optimist_add;
            return {};
        }
        TRY(distance.pessimist_add,
            add(project, groups_.of(project, false, false), {.hint = hint(distance.optimist_add)}));
        std::vector<std::uint32_t> order = groups_.of(project, false, true);
        std::vector<std::int64_t> found;
        bool smallest = true;
        std::int64_t near = hint(distance.optimist_add);
        for (std::size_t sample = 0; sample < options_.samples; ++sample) {
            SeededRandom random(options_.seed * 1000 + sample);
            for (std::size_t i = order.size(); i > 1; --i) {
                std::swap(order[i - 1], order[random.below(i)]);
            }
            TRY(const auto change, add(project, order, {.hint = near, .spread = 0}));
            near = change ? change->amount : near;
            found.push_back(change ? change->amount : INT64_MAX);
            smallest = smallest && (!change || change->smallest);
        }
        std::ranges::sort(found);
        if (!found.empty() && found[found.size() / 2] != INT64_MAX) {
            distance.random_add = Change{.amount = found[found.size() / 2], .smallest = smallest};
        }
        return {};
    }

    const Election& election_;
    const CountResult& result_;
    const DistanceOptions& options_;
    Variant variant_;
    Groups groups_;
};

}  // namespace

Result<Distances> distances(const Election& election, const counting::Rule& rule, const CountResult& result,
                            const DistanceOptions& options) {
    Distance distance(election, rule, result, options);
    Distances all;
    for (ProjectIndex project = 0; project < election.projects.size(); ++project) {
        if (!result.won(project) && result.votes[project] > 0) {
            TRY(LoserDistance loser, distance.loser(project));
            all.losers.push_back(loser);
        }
    }
    for (const ProjectIndex project : result.winners) {
        TRY(WinnerMargin margin, distance.winner(project));
        all.winners.push_back(std::move(margin));
    }
    return all;
}

}  // namespace bypuls::participation::explanation
