#include "city/participation/explanation/distance.h"

#include <algorithm>
#include <functional>
#include <numeric>

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

/// Tells whether a change of this size is enough.
using Enough = std::function<Result<bool>(std::int64_t)>;

/// The smallest amount from 1 to `most` that is enough. Leaps upward until one is, halves the gap, and then, since more
/// need not be better, tries what lies below: all of it if that is little, else the nearest and an even spread.
class Search {
public:
    Search(Enough enough, std::int64_t most, std::size_t full_scan_max, bool monotone)
        : enough_(std::move(enough)),
          most_(most),
          full_scan_max_(static_cast<std::int64_t>(full_scan_max)),
          monotone_(monotone) {}

    Result<std::optional<Change>> smallest() {
        if (most_ < 1) {
            return std::nullopt;
        }
        std::int64_t low = 0;
        std::int64_t high = 1;
        while (true) {
            TRY(const bool done, enough_(high));
            if (done) {
                break;
            }
            if (high == most_) {
                return std::nullopt;
            }
            low = high;
            high = std::min(most_, high * 2);
        }
        TRY(high, halve(low, high));
        if (monotone_) {
            return Change{.amount = high, .smallest = true};
        }
        return look_below(high);
    }

private:
    Result<std::int64_t> halve(std::int64_t low, std::int64_t high) {
        while (high - low > 1) {
            const std::int64_t middle = low + (high - low) / 2;
            TRY(const bool done, enough_(middle));
            (done ? high : low) = middle;
        }
        return high;
    }

    Result<std::optional<Change>> look_below(std::int64_t found) {
        if (found <= full_scan_max_) {
            for (std::int64_t amount = 1; amount < found; ++amount) {
                TRY(const bool done, enough_(amount));
                if (done) {
                    return Change{.amount = amount, .smallest = true};
                }
            }
            return Change{.amount = found, .smallest = true};
        }
        constexpr std::int64_t nearest = 4;
        constexpr std::int64_t spread = 12;
        std::vector<std::int64_t> tries;
        for (std::int64_t i = 2; i <= nearest; ++i) {
            tries.push_back(found - i);
        }
        for (std::int64_t i = 1; i < spread; ++i) {
            tries.push_back(found * i / spread);
        }
        std::ranges::sort(tries);
        for (const std::int64_t amount : tries) {
            TRY(const bool done, enough_(amount));
            if (done) {
                return Change{.amount = amount, .smallest = false};
            }
        }
        return Change{.amount = found, .smallest = false};
    }

    Enough enough_;
    std::int64_t most_ = 0;
    std::int64_t full_scan_max_ = 0;
    bool monotone_ = false;
};

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
        TRY(distance.singleton_add, search(all_voters(), [this, project](std::int64_t n) {
                return won(project, variant_.with_new_ballots(project, n));
            }));
        TRY_DO(additions(project, distance));
        const auto supporters = groups_.of(project, true, false);
        TRY(distance.rivalry_reduction, search(groups_.voters(supporters), [&](std::int64_t n) {
                return won(project, variant_.with_fewer_rivals(project, n, supporters));
            }));
        return distance;
    }

    Result<WinnerMargin> winner(ProjectIndex project) {
        WinnerMargin margin{.project = project};
        const auto supporters = groups_.of(project, true, true);
        TRY(margin.margin, search(groups_.voters(supporters) - 1, [&](std::int64_t n) -> Result<bool> {
                TRY(const bool still, won(project, variant_.with_less_support(project, n, supporters)));
                return !still;
            }));
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
    static Result<bool> won(ProjectIndex project, const Result<CountResult>& again) {
        if (!again) {
            return std::unexpected(again.error());
        }
        return again->won(project);
    }

    Result<std::optional<Change>> search(std::int64_t most, Enough enough) const {
        return Search(std::move(enough), most, options_.full_scan_max, variant_.monotone()).smallest();
    }

    std::int64_t all_voters() const { return std::max<std::int64_t>(1, result_.voters + result_.blank); }

    Result<std::optional<Change>> cost_reduction(ProjectIndex project) const {
        const Money cost = election_.projects[project].cost;
        // Whole kroner, and never down to nothing: what costs nothing is not counted.
        TRY(auto change, search((cost - 1) / one_krone, [&](std::int64_t kroner) {
                return won(project, variant_.with_cost(project, cost - kroner * one_krone));
            }));
        if (change) {
            change->amount *= one_krone;
        }
        return change;
    }

    Result<void> additions(ProjectIndex project, LoserDistance& distance) {
        if (election_.kind != BallotKind::approval && election_.kind != BallotKind::knapsack) {
            return {};
        }
        const auto add = [&](const std::vector<std::uint32_t>& order) {
            return search(groups_.voters(order),
                          [&](std::int64_t n) { return won(project, variant_.with_more_support(project, n, order)); });
        };
        TRY(distance.optimist_add, add(groups_.of(project, false, true)));
        if (variant_.only_totals()) {
            // Who adds it makes no difference where only totals count.
            distance.pessimist_add = distance.optimist_add;
            distance.random_add = distance.optimist_add;
            return {};
        }
        TRY(distance.pessimist_add, add(groups_.of(project, false, false)));
        std::vector<std::uint32_t> order = groups_.of(project, false, true);
        std::vector<std::int64_t> found;
        bool smallest = true;
        for (std::size_t sample = 0; sample < options_.samples; ++sample) {
            SeededRandom random(options_.seed * 1000 + sample);
            for (std::size_t i = order.size(); i > 1; --i) {
                std::swap(order[i - 1], order[random.below(i)]);
            }
            TRY(const auto change, add(order));
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
