#include "city/participation/counting/count.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <thread>
#include <tuple>

#include <fmt/format.h>

#include "city/participation/counting/kept.h"
#include "city/participation/counting/one_count.h"
#include "city/participation/counting/self_check.h"
#include "city/participation/counting/tie_exploration.h"
#include "core/check.h"

namespace bypuls::participation::counting {
namespace {

/// Everything, where the rule funds all that fits together and it does. Never with two that exclude each other.
std::optional<Outcome> everything(const Contest& contest) {
    const bool excluding =
        std::ranges::any_of(contest.entrants, [&](ProjectIndex project) { return !contest.rivals(project).empty(); });
    if (!contest.rule.fully_funded || excluding || contest.cost_of(contest.entrants) > contest.budget) {
        return std::nullopt;
    }
    Outcome outcome;
    fill_by_score(contest, outcome);
    for (Round& round : outcome.rounds) {
        round.phase = Phase::fund_all;
    }
    return outcome;
}

Result<Outcome> count_contest(const Contest& contest) {
    if (auto all = everything(contest)) {
        return std::move(*all);
    }
    switch (contest.rule.method) {
        case Method::greedy: return count_greedy(contest);
        case Method::knapsack: return count_knapsack(contest);
        case Method::max_welfare: return count_max_welfare(contest);
        case Method::equal_shares: return count_equal_shares(contest);
        case Method::phragmen: return count_phragmen(contest);
        case Method::maximin_support: return count_maximin_support(contest);
        case Method::cumulative_transfer: return count_cumulative_transfer(contest);
    }
    return Outcome{};
}

Result<void> validate_rule(const Rule& rule) {
    if (rule.step < 1 || rule.step > money_max) {
        return fail(Errc::malformed, "the step by which shares are raised must be positive");
    }
    if (rule.score_min < 0 || rule.eligibility < 0 || rule.eligibility > 1'000'000 || rule.ranking_top < 0) {
        return fail(Errc::malformed, "thresholds and lengths cannot be negative");
    }
    return {};
}

std::int64_t voters_in_pot(const Election& election, const Rule& rule, const Totals& totals, std::string_view pot) {
    if (election.pots.empty() || rule.electorate == Electorate::everyone) {
        return totals.voters;
    }
    std::int64_t voters = 0;
    for (std::size_t i = 0; i < election.ballots.size(); ++i) {
        const BallotView ballot = election.ballots[i];
        const bool chose = std::ranges::any_of(ballot.choices, [&](const Choice& choice) {
            return election.projects[choice.project].pot == pot && score_of(election, rule, choice) > 0;
        });
        voters += chose ? ballot.count : 0;
    }
    return voters;
}

/// A whole count: the pots one after the other, then the common budget.
class Counting {
public:
    Counting(const Election& election, const Rule& rule, const CountOptions& options, TieJudge& judge,
             const Totals& totals, Given given = {})
        : election_(election), rule_(rule), options_(options), judge_(judge), totals_(totals), given_(given) {}

    Result<CountResult> run();

private:
    Result<void> count_pot(std::string_view pot, Money budget);
    std::vector<ProjectIndex> entrants(const Totals& totals, std::string_view pot, Money budget);
    void take_free_projects();
    void add_ties_on_the_way(std::size_t decided, Outcome& outcome) const;
    void append(Outcome outcome);

    const Election& election_;
    const Rule& rule_;
    const CountOptions& options_;
    TieJudge& judge_;
    const Totals& totals_;
    Given given_;
    CountResult result_;
    Money left_over_ = 0;
};

/// Most votes first. That matters only where two exclude each other, and only between those is a tie one. A threshold
/// of support holds for them too: what people did not want is not built for being free.
void Counting::take_free_projects() {
    const Contest contest{
        .election = election_, .rule = rule_, .totals = totals_, .judge = judge_, .options = options_, .entrants = {}};
    std::vector<ProjectIndex> left;
    for (ProjectIndex project = 0; project < election_.projects.size(); ++project) {
        if (election_.projects[project].cost == 0 && totals_.votes[project] > 0 &&
            totals_.scores[project] >= rule_.score_min * election_.points_per_one) {
            left.push_back(project);
        }
    }
    std::ranges::sort(left, [&](ProjectIndex a, ProjectIndex b) {
        return totals_.votes[a] != totals_.votes[b] ? totals_.votes[a] > totals_.votes[b] : judge_.before(a, b);
    });
    while (!left.empty()) {
        // Those that exclude one another, directly or through a third.
        std::vector<ProjectIndex> tied = {left.front()};
        for (std::size_t i = 0; i < tied.size(); ++i) {
            for (const ProjectIndex rival : contest.rivals(tied[i])) {
                if (std::ranges::find(left, rival) != left.end() && std::ranges::find(tied, rival) == tied.end() &&
                    totals_.votes[rival] == totals_.votes[left.front()]) {
                    tied.push_back(rival);
                }
            }
        }
        std::ranges::sort(tied);
        const ProjectIndex chosen = judge_.settle(tied, result_.rounds.size(), result_.ties);
        Round round;
        round.project = chosen;
        round.phase = Phase::free;
        round.supporters = totals_.votes[chosen];
        round.pot = election_.projects[chosen].pot;
        result_.rounds.push_back(std::move(round));
        std::vector<bool> out(election_.projects.size(), false);
        out[chosen] = true;
        shut_out_rivals(contest, chosen, out);
        std::erase_if(left, [&](ProjectIndex project) { return out[project]; });
    }
}

std::vector<ProjectIndex> Counting::entrants(const Totals& totals, std::string_view pot, Money budget) {
    std::vector<ProjectIndex> entrants;
    for (ProjectIndex project = 0; project < election_.projects.size(); ++project) {
        if (election_.projects[project].pot != pot) {
            continue;
        }
        const Money cost = election_.projects[project].cost;
        if (totals.votes[project] == 0) {
            result_.excluded.push_back({project, Excluded::Why::no_support});
        } else if (totals.scores[project] < rule_.score_min * election_.points_per_one) {
            result_.excluded.push_back({project, Excluded::Why::below_score});
        } else if (static_cast<__int128>(totals.votes[project]) * rule_.eligibility * budget <
                   static_cast<__int128>(cost) * totals.voters * (rule_.eligibility > 0 ? 1 : 0)) {
            result_.excluded.push_back({project, Excluded::Why::not_eligible});
        } else if (cost > 0) {
            entrants.push_back(project);
        }
    }
    return entrants;
}

/// Those the judge has met after the first `decided` and that are not in the outcome's own count.
void Counting::add_ties_on_the_way(std::size_t decided, Outcome& outcome) const {
    const std::size_t own = outcome.ties.size();
    for (std::size_t i = decided; i < judge_.decisions().size(); ++i) {
        const Decision& decision = judge_.decisions()[i];
        const auto end = outcome.ties.begin() + static_cast<std::ptrdiff_t>(own);
        if (!decision.instead_of.empty() ||
            std::ranges::find(outcome.ties.begin(), end, decision.tied, &Tie::tied) != end) {
            continue;
        }
        outcome.ties.push_back(judge_.describe(decision.round, decision.tied, decision.chosen));
        outcome.ties.back().on_the_way = true;
        outcome.ties.back().explored = !decision.matters;
    }
}

void Counting::append(Outcome outcome) {
    const std::size_t before = result_.rounds.size();
    for (Tie& tie : outcome.ties) {
        tie.round += before;
        result_.ties.push_back(std::move(tie));
    }
    result_.rounds.insert(result_.rounds.end(), outcome.rounds.begin(), outcome.rounds.end());
    if (outcome.endowment) {
        result_.endowments.push_back(*outcome.endowment);
    }
    result_.touched.insert(result_.touched.end(), outcome.touched.begin(), outcome.touched.end());
    result_.greedy_preferred = result_.greedy_preferred || outcome.greedy_preferred;
}

Result<void> Counting::count_pot(std::string_view pot, Money budget) {
    Totals totals = totals_;
    totals.voters = voters_in_pot(election_, rule_, totals_, pot);
    Contest contest{.election = election_,
                    .rule = rule_,
                    .totals = totals,
                    .judge = judge_,
                    .options = options_,
                    .entrants = entrants(totals, pot, budget),
                    .budget = budget,
                    .pot = std::string(pot),
                    .kept = given_.kept,
                    .repeated = given_.repeated};
    // A project shut out by one that another pot has bought can no longer be built.
    std::vector<bool> out(election_.projects.size(), false);
    for (const Round& round : result_.rounds) {
        shut_out_rivals(contest, round.project, out);
    }
    std::erase_if(contest.entrants, [&](ProjectIndex project) { return out[project]; });
    const std::size_t decided = judge_.decisions().size();
    TRY(Outcome outcome, count_contest(contest));
    add_ties_on_the_way(decided, outcome);
    check(outcome.spent <= budget, "a rule keeps within the budget");
    result_.spent += outcome.spent;
    left_over_ += budget - outcome.spent;
    append(std::move(outcome));
    return {};
}

Result<CountResult> Counting::run() {
    result_.rule = name_of(rule_);
    result_.voters = totals_.voters;
    result_.blank = totals_.blank;
    result_.votes = totals_.votes;
    result_.scores = totals_.scores;
    take_free_projects();
    for (const Pot& pot : election_.pots) {
        TRY_DO(count_pot(pot.name, pot.budget));
        result_.budget += pot.budget;
    }
    const Money moved = rule_.left_over == LeftOver::to_common ? left_over_ : 0;
    TRY_DO(count_pot("", election_.budget + moved));
    result_.budget += election_.budget;
    for (const Round& round : result_.rounds) {
        result_.winners.push_back(round.project);
    }
    std::ranges::sort(result_.excluded, {}, &Excluded::project);
    std::ranges::sort(result_.touched);
    const auto twice = std::ranges::unique(result_.touched);
    result_.touched.erase(twice.begin(), twice.end());
    return std::move(result_);
}

/// Of the losers that took part, those with a rival among the winners.
std::vector<ShutOut> shut_out_by_winners(const Election& election, const CountResult& result) {
    std::vector<std::optional<ProjectIndex>> by(election.exclusive.empty() ? 0 : election.projects.size());
    for (const ProjectIndex winner : by.empty() ? std::vector<ProjectIndex>() : result.winners) {
        for (const auto& group : election.exclusive) {
            if (std::ranges::find(group, winner) == group.end()) {
                continue;
            }
            for (const ProjectIndex other : group) {
                by[other] = other == winner ? by[other] : by[other].value_or(winner);
            }
        }
    }
    std::vector<ShutOut> shut_out;
    for (ProjectIndex project = 0; project < by.size(); ++project) {
        if (by[project] && std::ranges::find(result.excluded, project, &Excluded::project) == result.excluded.end()) {
            shut_out.push_back({.project = project, .by = *by[project]});
        }
    }
    return shut_out;
}

/// Of the losers that took part and could still be built, those that may be funded in part, where the rule never does.
std::vector<ProjectIndex> partial_left_out(const Election& election, const Rule& rule, const CountResult& result) {
    std::vector<ProjectIndex> left_out;
    if (rule.method == Method::knapsack && rule.partial_funding) {
        return left_out;
    }
    for (ProjectIndex project = 0; project < election.projects.size(); ++project) {
        if (election.projects[project].partial_from && !result.won(project) &&
            std::ranges::find(result.excluded, project, &Excluded::project) == result.excluded.end() &&
            std::ranges::find(result.shut_out, project, &ShutOut::project) == result.shut_out.end()) {
            left_out.push_back(project);
        }
    }
    return left_out;
}

std::string ids(const Election& election, const std::vector<ProjectIndex>& projects) {
    std::string text;
    for (const ProjectIndex project : projects) {
        text += fmt::format("{}'{}'", text.empty() ? "" : ", ", election.projects[project].id);
    }
    return text;
}

}  // namespace

Result<CountResult> count_valid(const Election& election, const Rule& rule, const Totals& totals,
                                const CountOptions& options, Given given) {
    TRY_DO(validate_rule(rule));
    TieJudge judge(election, rule, totals);
    TRY(CountResult result, Counting(election, rule, options, judge, totals, given).run());
    result.shut_out = shut_out_by_winners(election, result);
    result.partial_left_out = partial_left_out(election, rule, result);
    if (!judge.unbroken().empty()) {
        const bool lot = std::ranges::find(rule.ties, TieBreak::lot) != rule.ties.end();
        return fail(Errc::conflict,
                    fmt::format("{} are tied and {}", ids(election, judge.unbroken()),
                                lot ? "only a lot can decide; the rule has no seed to draw it by"
                                    : "none of the rule's reasons tells them apart; its ties need \"lot\" and a seed"));
    }
    if (options.explore_ties) {
        const CountOptions quick{
            .explore_ties = false, .exact_rounds = false, .self_check = false, .progress = nullptr};
        TRY_DO(explore_ties(judge.decisions(), result, [&](std::span<const Precedence> order) -> Result<Recount> {
            TieJudge other(election, rule, totals);
            other.obey(order);
            TRY(const CountResult again, Counting(election, rule, quick, other, totals).run());
            return Recount{.winning_set = again.winning_set(), .decisions = other.decisions()};
        }));
    }
    if (options.self_check) {
        self_check(election, rule, result);
    }
    return result;
}

namespace {

/// Rules by what they could share, those that take longest first.
std::vector<std::vector<std::size_t>> families(const Election& election, std::span<const Rule> rules) {
    std::map<std::tuple<int, int, int>, std::vector<std::size_t>> families;
    enum : std::uint8_t { smallest_steps, maximin, other_shares, alone };
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const Rule& rule = rules[i];
        const bool shares = rule.method == Method::equal_shares;
        // Without points on the ballots, those utilities are the same.
        const bool same = weights_for(election, rule) == Profile::Weights::ones && rule.utility == Utility::points;
        const Utility utility = same ? Utility::cardinality : rule.utility;
        const int each = shares || rule.method == Method::maximin_support ? 0 : static_cast<int>(i);
        const int kind = shares ? (rule.completion == Completion::add_opt ? smallest_steps : other_shares)
                         : rule.method == Method::maximin_support ? maximin
                                                                  : alone;
        families[{kind, shares ? static_cast<int>(utility) : 0, each}].push_back(i);
    }
    std::vector<std::vector<std::size_t>> in_order;
    for (auto& [key, members] : families) {
        in_order.push_back(std::move(members));
    }
    return in_order;
}

}  // namespace

Kept::Key Kept::key(const Contest& contest) {
    return {.pot = contest.pot,
            .budget = contest.budget,
            .voters = contest.totals.voters,
            .entrants = contest.entrants,
            .ties = contest.rule.ties,
            .seed = contest.rule.seed,
            .ranking = contest.rule.ranking,
            .ranking_top = contest.rule.ranking_top};
}

Result<CountResult> count(const Election& election, const Rule& rule, const CountOptions& options) {
    TRY_DO(validate(election));
    return count_valid(election, rule, totals_of(election, rule), options, {});
}

std::vector<Result<CountResult>> count_by_each(const Election& election, std::span<const Rule> rules,
                                               const CountOptions& options, std::size_t threads) {
    std::vector<Result<CountResult>> results(rules.size());
    if (const auto valid = validate(election); !valid) {
        std::ranges::fill(results, std::unexpected(valid.error()));
        return results;
    }
    const auto tasks = families(election, rules);
    std::atomic<std::size_t> next = 0;
    const auto take_turns = [&] {
        for (std::size_t i = next++; i < tasks.size(); i = next++) {
            Kept kept;
            for (const std::size_t rule : tasks[i]) {
                results[rule] =
                    count_valid(election, rules[rule], totals_of(election, rules[rule]), options, {.kept = &kept});
            }
        }
    };
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < std::min(threads, tasks.size()); ++i) {
        others.emplace_back(take_turns);
    }
    take_turns();
    others.clear();
    return results;
}

namespace {

Result<void> each_way(const Election& election, const Rule& rule, const CountOptions& options, std::size_t max,
                      const std::function<void(const CountResult&)>& visit) {
    TRY_DO(validate(election));
    TRY_DO(validate_rule(rule));
    const Totals totals = totals_of(election, rule);
    std::vector<std::size_t> script;
    for (std::size_t runs = 0;; ++runs) {
        if (runs == max) {
            return fail(Errc::exhausted, fmt::format("there are more than {} ways to break the ties", max));
        }
        TieJudge judge(election, rule, totals);
        judge.follow(script);
        TRY(const CountResult result, Counting(election, rule, options, judge, totals).run());
        visit(result);
        // The next script in the order of an odometer whose wheels have the widths just met.
        script.resize(judge.widths().size(), 0);
        while (!script.empty() && script.back() + 1 == judge.widths()[script.size() - 1]) {
            script.pop_back();
        }
        if (script.empty()) {
            return {};
        }
        ++script.back();
    }
}

}  // namespace

Result<void> each_outcome(const Election& election, const Rule& rule,
                          const std::function<void(const CountResult&)>& visit, std::size_t max) {
    return each_way(election, rule, {.explore_ties = false, .self_check = false, .progress = nullptr}, max, visit);
}

Result<std::vector<std::vector<ProjectIndex>>> all_outcomes(const Election& election, const Rule& rule,
                                                            std::size_t max) {
    const CountOptions quick{.explore_ties = false, .exact_rounds = false, .self_check = false, .progress = nullptr};
    std::set<std::vector<ProjectIndex>> outcomes;
    TRY_DO(each_way(election, rule, quick, max,
                    [&](const CountResult& result) { outcomes.insert(result.winning_set()); }));
    return std::vector(outcomes.begin(), outcomes.end());
}

}  // namespace bypuls::participation::counting
