#include "city/participation/explanation/distance.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <thread>

#include "city/participation/explanation/fewest.h"
#include "city/participation/explanation/guess.h"
#include "city/participation/explanation/samples.h"
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

constexpr std::int64_t part_of_sample = 2;  // since it is one of several

class Distance {
public:
    Distance(const Election& election, const counting::Rule& rule, const CountResult& result,
             const DistanceOptions& options)
        : election_(election),
          result_(result),
          options_(options),
          variant_(election, rule),
          groups_(election, result),
          guess_(election, rule, result),
          near_(nearly_won()) {}

    Result<LoserDistance> loser(ProjectIndex project) const {
        LoserDistance distance{.project = project};
        ProjectVariants variants(variant_, project);
        TRY(distance.cost_reduction, cost_reduction(project, variants));
        TRY_DO(additions(project, variants, distance));
        TRY(distance.singleton_add, singleton_add(project, variants, distance));
        TRY(distance.rivalry_reduction, rivalry_reduction(project, variants));
        return distance;
    }

    Result<WinnerMargin> winner(ProjectIndex project) const {
        WinnerMargin margin{.project = project};
        ProjectVariants variants(variant_, project);
        const auto supporters = groups_.of(project, true, true);
        const std::int64_t most = groups_.voters(supporters) - 1;
        const Enough drops_out = [&](const Voters& voters) -> Result<bool> {
            TRY(const CountResult again, variants.with_less_support(voters));
            return !again.won(project);
        };
        const InOrder whole = [&](const std::vector<std::uint32_t>& order, const SearchOptions& options) {
            const auto first_ones = [&](std::int64_t n) -> Result<Trial> {
                TRY(const bool enough, drops_out(variant_.first(n, order)));
                return Trial{.enough = enough};
            };
            return search(options, Means::support, variants, first_ones, one_order());
        };
        const auto orders = orders_to_leave(project, supporters);
        TRY(const auto found, least_of(orders, most, variants, drops_out, whole));
        OverChoices fewest;
        if (variant_.only_totals()) {
            // Who it loses makes no difference where only totals count.
            margin.margin = found.change;
            fewest.voters = variant_.first(found.change ? found.change->amount : 0, found.order);
        } else {
            variants.limit(options_.work_max);
            TRY(fewest, over_all_choices(found.change, found.order, most, drops_out));
            margin.margin = fewest.change;
        }
        if (margin.margin && margin.margin->enough) {
            variants.no_limit();  // that it is one of those that were tried
            TRY(const CountResult without, variants.with_less_support(fewest.voters));
            for (const ProjectIndex other : without.winning_set()) {
                if (!result_.won(other)) {
                    margin.instead.push_back(other);
                }
            }
        }
        return margin;
    }

private:
    using Means = Variant::Means;

    /// The losers that seem to lack fewest votes.
    std::vector<ProjectIndex> nearly_won() const {
        constexpr std::size_t few_losers = 3;
        std::vector<std::pair<std::int64_t, ProjectIndex>> losers;
        for (ProjectIndex project = 0; guess_.any() && project < election_.projects.size(); ++project) {
            if (!result_.won(project) && result_.votes[project] > 0) {
                losers.emplace_back(guess_.more_support(project, groups_.of(project, false, true)), project);
            }
        }
        std::ranges::sort(losers);
        std::vector<ProjectIndex> near;
        for (std::size_t i = 0; i < std::min(few_losers, losers.size()); ++i) {
            near.push_back(losers[i].second);
        }
        return near;
    }

    /// A winner loses by having too little, or by what its supporters no longer pay bringing in another that takes its
    /// place.
    std::vector<Guess::Order> orders_to_leave(ProjectIndex project,
                                              const std::vector<std::uint32_t>& supporters) const {
        Guess::Order as_listed{.groups = supporters, .voters = guess_.less_support(project, supporters)};
        if (variant_.only_totals()) {
            return {std::move(as_listed)};
        }
        Guess::Order most_first{.groups = groups_.of(project, true, false)};
        if (!guess_.any()) {
            return {std::move(as_listed), std::move(most_first)};
        }
        std::vector<Guess::Order> orders = {guess_.to_leave(project, supporters), std::move(as_listed),
                                            std::move(most_first)};
        for (const ProjectIndex other : near_) {
            Guess::Order both{.groups = orders.front().groups};
            std::ranges::stable_partition(both.groups, [&](std::uint32_t i) {
                const auto choices = election_.ballots[i].choices;
                return std::ranges::find(choices, other, &counting::Choice::project) != choices.end();
            });
            orders.push_back(std::move(both));
        }
        return orders;
    }

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

    /// A guess sees nothing else of a count.
    bool went_the_same_way(const CountResult& again) const {
        return again.winners == result_.winners && again.endowments == result_.endowments &&
               again.greedy_preferred == result_.greedy_preferred &&
               std::ranges::equal(again.rounds, result_.rounds, {}, &counting::Round::phase, &counting::Round::phase);
    }

    /// `guess` asks the count with the change how much more might have done.
    template <typename Next>
    Result<Trial> lost_or_won(ProjectIndex project, Result<CountResult> again, Proof proof, Next guess) const {
        if (!again) {
            return std::unexpected(again.error());
        }
        Trial trial{.enough = again->won(project)};
        trial.none_below =
            proof == Proof::by_shares && can_prove() && !std::ranges::binary_search(again->touched, project);
        if (!trial.enough && guess_.any() && went_the_same_way(*again)) {
            trial.next = [this, guess] { return guess(guess_); };
        } else if (!trial.enough && guess_.any()) {
            trial.next = [this, guess, result = std::make_shared<const CountResult>(std::move(*again))] {
                const Guess next(guess_, *result);
                return next.any() ? guess(next) : 0;
            };
        }
        return trial;
    }

    /// What is a search for whose answer will be the figure, or replaced by what holds of every choice of voters.
    enum class Aim : std::uint8_t { figure, one_of_many };
    /// That a number of voters is the fewest in one order says little of the others, so no work is spent on it; but
    /// where only totals count, one order is all of them.
    Aim one_order() const { return variant_.only_totals() ? Aim::figure : Aim::one_of_many; }

    Result<std::optional<Change>> search(SearchOptions options, Means means, const ProjectVariants& variants,
                                         const Attempt& attempt, Aim aim = Aim::figure) const {
        options.work_left = aim == Aim::figure ? variants.work_left() : nullptr;
        // A small election counts in microseconds, so that much more can be tried.
        constexpr std::size_t choices_max = 10'000;
        options.full_scan_max = static_cast<std::int64_t>(
            std::max(options.spread > 0 ? options_.full_scan_max : 0, choices_max / (election_.ballots.choices() + 1)));
        options.monotone = variant_.monotone(means);
        return search_smallest(attempt, options);
    }

    static constexpr std::int64_t few = 24;  ///< "at most 16" says little if it may as well be 11
    SearchOptions::WholeScan whole_scan(ProjectVariants& variants, std::int64_t most) const {
        return {.most = most, .work = options_.scan_work_max, .begin = [this, &variants] {
                    variants.limit(options_.scan_work_max);
                }};
    }

    /// Begins at the guess, else at another answer that may be near.
    SearchOptions from(std::int64_t guess, const std::optional<Change>& other, std::int64_t most) const {
        const bool poor = other && other->enough && guess < other->amount - other->amount / 8;
        if (guess_.any() && !poor) {
            return {.most = most, .hint = guess, .leap = 1};
        }
        return {.most = most, .hint = other && other->enough ? other->amount : 1};
    }
    std::int64_t all_voters() const { return std::max<std::int64_t>(1, result_.voters + result_.blank); }

    /// No other order of voters is better, or known.
    bool one_is_all() const { return variant_.only_totals() || !guess_.any(); }

    /// What a search comes to when the voters go in this order.
    using InOrder =
        std::function<Result<std::optional<Change>>(const std::vector<std::uint32_t>& order, const SearchOptions&)>;
    struct Least {
        std::optional<Change> change;
        std::vector<std::uint32_t> order;
    };
    /// The fewest voters that are enough in any of these orders. The first that has any voters is searched whole, those
    /// after it only for less: whether what was found less one is enough, or what is guessed; and few are all tried.
    Result<Least> least_of(const std::vector<Guess::Order>& orders, std::int64_t most, ProjectVariants& variants,
                           const Enough& enough, const InOrder& search_in) const {
        Least least;
        variants.limit(options_.work_max);
        bool first = true;
        for (const Guess::Order& order : orders) {
            if (order.groups.empty()) {
                continue;
            }
            SearchOptions options = from(order.voters, std::nullopt, most);
            if (!first) {
                const bool found = least.change && least.change->enough;
                TRY(const std::int64_t fewer,
                    any_less(found ? least.change->amount : order.voters + 1, order.groups, most, variants, enough));
                if (fewer == 0) {
                    continue;
                }
                options = {.most = fewer, .hint = fewer, .leap = 1};
            }
            options.whole_scan = whole_scan(variants, few);
            TRY(const auto change, search_in(order.groups, options));
            if (first || (change && change->enough)) {
                least = {.change = change, .order = order.groups};
            }
            first = false;
        }
        return least;
    }

    /// Fewer than `amount` of this order that are enough; 0 if none of those that are tried are.
    Result<std::int64_t> any_less(std::int64_t amount, const std::vector<std::uint32_t>& order, std::int64_t most,
                                  ProjectVariants& variants, const Enough& enough) const {
        const bool all = amount <= few && !variant_.only_totals();
        variants.limit(all ? options_.scan_work_max : options_.work_max);
        for (std::int64_t n = all ? 1 : amount - 1; n >= 1 && n < amount && n <= most; ++n) {
            const Result<bool> trial = enough(variant_.first(n, order));
            if (!trial && trial.error().code == Errc::exhausted) {
                return 0;
            }
            TRY_DO(trial);
            if (*trial) {
                return n;
            }
        }
        return 0;
    }

    /// The change that was found when voters go in one order, made true of every choice of voters as far as that can
    /// be tried: which ones are enough, and of how many it is certain that they are not.
    struct OverChoices {
        std::optional<Change> change;
        Voters voters;
    };
    Result<OverChoices> over_all_choices(const std::optional<Change>& in_order, const std::vector<std::uint32_t>& order,
                                         std::int64_t most, const Enough& enough) const {
        const bool found = in_order && in_order->enough;
        OverChoices over{.change = in_order, .voters = variant_.first(found ? in_order->amount : 0, order)};
        const std::int64_t below = found ? in_order->amount - 1 : most;
        // A count looks at every choice on every ballot some times.
        constexpr std::size_t choices_max = 200'000;
        TRY(Fewest fewest,
            fewest_voters(election_.ballots, order, below, choices_max / (election_.ballots.choices() + 10), enough));
        if (fewest.found) {
            over.voters = std::move(*fewest.found);
            over.change = Change{.amount = std::reduce(over.voters.begin(), over.voters.end()), .smallest = true};
        } else if (found) {
            over.change->smallest = fewest.all_tried == below;
        } else if (fewest.all_tried == below) {
            over.change = std::nullopt;
        } else {
            over.change = Change{.amount = fewest.all_tried, .smallest = false, .enough = false};
        }
        return over;
    }

    /// No vote can bring in what costs more than there could ever be for it.
    bool out_of_reach(ProjectIndex project) const {
        const counting::Project& wanted = election_.projects[project];
        Money most = wanted.pot.empty() ? election_.budget : 0;
        for (const counting::Pot& pot : election_.pots) {
            const bool its_own = pot.name == wanted.pot;
            const bool moved = wanted.pot.empty() && variant_.rule().left_over == counting::LeftOver::to_common;
            most += its_own || moved ? pot.budget : 0;
        }
        return wanted.cost > most && !(variant_.rule().partial_funding && wanted.partial_from);
    }

    Result<std::optional<Change>> singleton_add(ProjectIndex project, ProjectVariants& variants,
                                                const LoserDistance& found) const {
        if (out_of_reach(project)) {
            return std::nullopt;
        }
        // As many as it takes: a count does not care how many voters one ballot has. Beyond this a number says no more.
        constexpr std::int64_t times_more = 100;
        constexpr std::int64_t at_least = 1000;
        // A new voter brings about as much as one drawn at random.
        const std::optional<Change>& near =
            found.random_add && found.random_add->enough ? found.random_add : found.optimist_add;
        SearchOptions options = from(guess_.new_ballots(project), near, all_voters() * times_more + at_least);
        options.all_there_is = false;
        options.whole_scan = whole_scan(variants, static_cast<std::int64_t>(options_.scan_max));
        variants.limit(options_.work_max);
        return search(options, Means::support, variants, [&](std::int64_t n) {
            return lost_or_won(project, variants.with_new_ballots(n), Proof::none,
                               [&](const Guess& next) { return next.new_ballots(project); });
        });
    }

    Result<std::optional<Change>> rivalry_reduction(ProjectIndex project, ProjectVariants& variants) const {
        auto supporters = groups_.of(project, true, false);
        std::erase_if(supporters, [&](std::uint32_t group) { return election_.ballots[group].choices.size() == 1; });
        const std::int64_t most = groups_.voters(supporters);
        const Enough wins = [&](const Voters& voters) -> Result<bool> {
            TRY(const CountResult again, variants.with_fewer_rivals(voters));
            return again.won(project);
        };
        // Which rivals they drop matters whatever the rule.
        const InOrder whole = [&](const std::vector<std::uint32_t>& order, const SearchOptions& options) {
            const auto first_ones = [&](std::int64_t n) {
                return lost_or_won(project, variants.with_fewer_rivals(variant_.first(n, order)), Proof::none,
                                   [&](const Guess& next) { return next.fewer_rivals(project, order); });
            };
            return search(options, Means::rivals, variants, first_ones, Aim::one_of_many);
        };
        const Guess::Order as_listed{.groups = supporters, .voters = guess_.fewer_rivals(project, supporters)};
        TRY(const auto found,
            least_of({one_is_all() ? Guess::Order{} : guess_.to_leave_rivals(project, supporters), as_listed}, most,
                     variants, wins, whole));
        variants.limit(options_.work_max);
        TRY(const auto fewest, over_all_choices(found.change, supporters, most, wins));
        return fewest.change;
    }

    Result<std::optional<Change>> cost_reduction(ProjectIndex project, ProjectVariants& variants) const {
        const Money cost = election_.projects[project].cost;
        // In øre, and never down to nothing: what costs nothing is not counted.
        SearchOptions options = from(guess_.cost_reduction(project), std::nullopt, cost - 1);
        options.hint = guess_.any() ? options.hint : cost / 2;
        options.coarse = one_krone;
        variants.limit(options_.work_max);
        TRY(std::optional<Change> change, search(options, Means::cost, variants, [&](std::int64_t less) {
                return lost_or_won(project, variants.with_cost(cost - less), Proof::by_shares,
                                   [&](const Guess& next) { return next.cost_reduction(project); });
            }));
        if (!change || change->smallest || !can_prove() || !variants.can_ask_costs()) {
            return change;
        }
        variants.limit(options_.scan_work_max);
        const Result<std::optional<Money>> most =
            variants.costs_most(change->enough ? cost - change->amount + 1 : 1, cost - 1);
        if (most) {
            change = *most            ? std::optional(Change{.amount = cost - **most, .smallest = true})
                     : change->enough ? std::optional(Change{.amount = change->amount, .smallest = true})
                                      : std::nullopt;
        } else if (most.error().code != Errc::exhausted && most.error().code != Errc::conflict) {
            return std::unexpected(most.error());
        }
        return change;
    }

    /// By how much the guesses for a project turned out too small, or too large.
    struct Lesson {
        std::int64_t guessed = 0;  ///< 0: nothing is known
        std::int64_t found = 0;
        void learn(std::int64_t guess, const std::optional<Change>& change) {
            if (change && change->enough) {
                *this = {.guessed = guess, .found = change->amount};
            }
        }
    };
    /// A little below what the guess comes to with that: guesses are better from there than none is from above.
    static SearchOptions taught(std::int64_t guess, Lesson lesson, std::int64_t most) {
        const double likely = static_cast<double>(guess) * static_cast<double>(lesson.found) /
                              static_cast<double>(std::max<std::int64_t>(1, lesson.guessed));
        const auto hint = static_cast<std::int64_t>(std::min(likely, static_cast<double>(most)));
        return {.most = most, .hint = hint - hint / 128, .leap = std::max<std::int64_t>(1, hint / 64)};
    }

    Result<std::optional<Change>> add_in(const std::vector<std::uint32_t>& order, const SearchOptions& options,
                                         ProjectIndex project, ProjectVariants& variants, Aim aim = Aim::figure) const {
        const Attempt first_ones = [&](std::int64_t n) {
            return lost_or_won(project, variants.with_more_support(variant_.first(n, order)), Proof::by_shares,
                               [&](const Guess& next) { return next.more_support(project, order); });
        };
        return search(options, Means::support, variants, first_ones, aim);
    }

    enum class Thoroughly : std::uint8_t { no, yes };
    Result<std::optional<Change>> add(ProjectIndex project, ProjectVariants& variants,
                                      const std::vector<std::uint32_t>& order, Lesson& lesson,
                                      Thoroughly thoroughly) const {
        const std::int64_t guess = guess_.more_support(project, order);
        const std::int64_t most = groups_.voters(order);
        std::optional<Change> other;
        if (lesson.found > 0) {
            other = Change{.amount = lesson.found};
        }
        const bool can_be_taught = lesson.guessed > 0 && guess > 0 && guess <= most;
        SearchOptions options = can_be_taught ? taught(guess, lesson, most) : from(guess, other, most);
        if (thoroughly == Thoroughly::yes) {
            options.whole_scan = whole_scan(variants, static_cast<std::int64_t>(options_.scan_max));
        } else {
            options.spread = 0;
        }
        TRY(const auto change, add_in(order, options, project, variants));
        lesson.learn(guess, change);
        return change;
    }

    Result<void> additions(ProjectIndex project, ProjectVariants& variants, LoserDistance& distance) const {
        if (!additions_apply(election_.kind)) {
            return {};
        }
        const auto best_placed = groups_.of(project, false, true);
        const std::int64_t most = groups_.voters(best_placed);
        Lesson lesson;
        const Enough wins = [&](const Voters& voters) -> Result<bool> {
            TRY(const CountResult again, variants.with_more_support(voters));
            return again.won(project);
        };
        const InOrder whole = [&](const std::vector<std::uint32_t>& order, const SearchOptions& options) {
            return add_in(order, options, project, variants, one_order());
        };
        Guess::Order richest = one_is_all() ? Guess::Order{} : guess_.to_add(project, best_placed);
        const Guess::Order as_listed{.groups = best_placed, .voters = guess_.more_support(project, best_placed)};
        TRY(const auto found, least_of({std::move(richest), as_listed}, most, variants, wins, whole));
        distance.optimist_add = found.change;
        lesson.learn(guess_.more_support(project, found.order), found.change);
        if (variant_.only_totals()) {
            // Who adds it makes no difference where only totals count.
            distance.pessimist_add = distance.optimist_add;
            distance.random_add = distance.optimist_add;
            return {};
        }
        variants.limit(options_.work_max);
        TRY(const auto fewest, over_all_choices(found.change, best_placed, most, wins));
        distance.optimist_add = fewest.change;
        variants.limit(options_.work_max);
        TRY(distance.pessimist_add, add(project, variants, groups_.of(project, false, false), lesson, Thoroughly::yes));
        std::vector<std::uint32_t> order = groups_.of(project, false, true);
        Samples samples;
        for (std::size_t sample = 0; sample < options_.samples; ++sample) {
            SeededRandom random(options_.seed * 1000 + sample);
            for (std::size_t i = order.size(); i > 1; --i) {
                std::swap(order[i - 1], order[random.below(i)]);
            }
            variants.limit(options_.work_max / part_of_sample);
            TRY(const auto change, add(project, variants, order, lesson, Thoroughly::no));
            samples.add(change);
        }
        distance.random_add = samples.median();
        return {};
    }

    const Election& election_;
    const CountResult& result_;
    const DistanceOptions& options_;
    Variant variant_;
    Groups groups_;
    Guess guess_;
    std::vector<ProjectIndex> near_;
};

/// Does `work(i)` for every i below `size`, on some threads. Each writes to its own place, so that the outcome is the
/// same whatever their number.
template <typename Work>
void in_parallel(std::size_t size, std::size_t threads, Work work) {
    std::atomic<std::size_t> next = 0;
    const auto take_turns = [&] {
        for (std::size_t i = next++; i < size; i = next++) {
            work(i);
        }
    };
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < std::min(threads, size); ++i) {
        helpers.emplace_back(take_turns);
    }
    take_turns();
}

std::size_t threads_wanted(const DistanceOptions& options) {
    constexpr unsigned most = 8;
    return options.threads > 0 ? options.threads : std::clamp(std::thread::hardware_concurrency(), 1U, most);
}

}  // namespace

bool additions_apply(BallotKind kind) {
    return kind == BallotKind::approval || kind == BallotKind::knapsack;
}

Result<Distances> distances(const Election& election, const counting::Rule& rule, const CountResult& result,
                            const DistanceOptions& options) {
    const Distance distance(election, rule, result, options);
    std::vector<ProjectIndex> losers;
    for (ProjectIndex project = 0; project < election.projects.size(); ++project) {
        if (!result.won(project) && result.votes[project] > 0) {
            losers.push_back(project);
        }
    }
    std::vector<Result<LoserDistance>> lost(losers.size());
    std::vector<Result<WinnerMargin>> won(result.winners.size());
    in_parallel(lost.size() + won.size(), threads_wanted(options), [&](std::size_t i) {
        if (i < lost.size()) {
            lost[i] = distance.loser(losers[i]);
        } else {
            won[i - lost.size()] = distance.winner(result.winners[i - lost.size()]);
        }
    });
    Distances all;
    for (Result<LoserDistance>& loser : lost) {
        TRY_DO(loser);
        all.losers.push_back(std::move(*loser));
    }
    for (Result<WinnerMargin>& winner : won) {
        TRY_DO(winner);
        all.winners.push_back(std::move(*winner));
    }
    return all;
}

}  // namespace bypuls::participation::explanation
