#include <algorithm>
#include <map>

#include "city/participation/counting/contest.h"
#include "city/participation/counting/interval.h"
#include "city/participation/counting/rational.h"
#include "core/check.h"

namespace bypuls::participation::counting {
namespace {

template <typename Number>
Number whole(std::int64_t value);
template <>
mpq_class whole(std::int64_t value) {
    return mpq_class(to_mpz(value));
}
template <>
Interval whole(std::int64_t value) {
    return Interval(value);
}

mpq_class times(const mpq_class& a, std::int64_t n) {
    return a * to_mpz(n);
}

std::optional<std::strong_ordering> compare(const mpq_class& a, const mpq_class& b) {
    return cmp(a, b) <=> 0;
}

/// Cumulative vote transfer. Every voter splits one share of the budget over her choices in proportion to her points.
/// The bits of exact numbers may double with each purchase, so the count is made with intervals, and with rational
/// numbers only where those cannot tell two values apart.
template <typename Number>
class Transfers {
public:
    explicit Transfers(const Contest& contest)
        : contest_(contest),
          profile_(contest.election, contest.rule, weights_for(contest.election, contest.rule)),
          open_(profile_.projects(), false) {
        for (const ProjectIndex project : contest.entrants) {
            open_[project] = true;
        }
        const Number share =
            whole<Number>(contest.budget) / whole<Number>(std::max<std::int64_t>(1, contest.totals.voters));
        for (std::size_t group = 0; group < profile_.groups(); ++group) {
            std::int64_t weight = 0;
            for (const Wish& wish : profile_.wishes(group)) {
                weight += open_[wish.project] ? wish.weight : 0;
            }
            weights_.push_back(weight);
            rates_.push_back(weight > 0 ? Number(share / whole<Number>(weight)) : Number());
        }
    }

    /// Nothing if the numbers could not decide something that mattered.
    std::optional<Outcome> count();

private:
    using Values = std::map<ProjectIndex, Number>;
    Number support(ProjectIndex project) const;
    Number measure(ProjectIndex project, const Number& support) const {
        const Number cost = whole<Number>(contest_.cost(project));
        return contest_.rule.excess == Excess::greatest_excess ? Number(support - cost) : Number(support / cost);
    }
    /// Whether a is at least b; false, and remembered, where the numbers cannot tell.
    bool reaches(const Number& a, const Number& b) {
        const auto order = compare(a, b);
        undecided_ = undecided_ || !order;
        return order && *order >= 0;
    }
    /// Of what is not negative.
    bool is_zero(const Number& a) { return reaches(Number(), a); }
    enum class Wanted : std::uint8_t { greatest, least, worst };
    /// The project with the greatest value or the least. Of those tied the first by the adopted order, but the last
    /// where the worst is looked for, since that one is given up. Nothing where the numbers cannot tell.
    std::optional<ProjectIndex> decide(Outcome& outcome, const Values& by, Wanted wanted);
    void fund(Outcome& outcome, ProjectIndex project, Phase phase);
    /// Takes the project off the ballots; `kept` of each voter's gift to it goes to her other open projects.
    void close(ProjectIndex project, const Number& kept);
    Values needs();
    bool transfer_to_nearest(Outcome& outcome);
    void take_back(Outcome& outcome);

    const Contest& contest_;
    Profile profile_;
    std::vector<bool> open_;
    // Whatever happens, a voter's gifts stay in proportion to her weights: all are taken from alike.
    std::vector<Number> rates_;          ///< per group: what each of its voters gives for a unit of weight
    std::vector<std::int64_t> weights_;  ///< per group: of its open projects
    /// Per supporter of the project that takes from its supporters' other gifts: hers to it, which is kept apart.
    std::map<std::uint32_t, Number> apart_;
    std::vector<ProjectIndex> eliminated_;
    bool undecided_ = false;
};

template <typename Number>
Number Transfers<Number>::support(ProjectIndex project) const {
    Number sum;
    for (const Supporter& supporter : profile_.supporters(project)) {
        sum += times(rates_[supporter.group], supporter.count() * supporter.weight);
    }
    return sum;
}

template <typename Number>
std::optional<ProjectIndex> Transfers<Number>::decide(Outcome& outcome, const Values& by, Wanted wanted) {
    const auto better = [&](const Number& a, const Number& b) {
        return wanted == Wanted::greatest ? compare(a, b) : compare(b, a);
    };
    auto best = by.begin();
    for (auto at = by.begin(); at != by.end(); ++at) {
        const auto order = better(at->second, best->second);
        best = order && *order > 0 ? at : best;
    }
    std::vector<ProjectIndex> tied;
    for (const auto& [project, value] : by) {
        const auto order = project == best->first ? std::strong_ordering::equal : better(value, best->second);
        if (!order || *order > 0) {
            undecided_ = true;
            return std::nullopt;
        }
        if (*order == 0) {
            tied.push_back(project);
        }
    }
    return contest_.judge.settle(tied, outcome.rounds.size(), outcome.ties, {.last = wanted == Wanted::worst});
}

template <typename Number>
void Transfers<Number>::close(ProjectIndex project, const Number& kept) {
    open_[project] = false;
    const bool nothing_kept = is_zero(kept);
    for (const Supporter& supporter : profile_.supporters(project)) {
        Number& rate = rates_[supporter.group];
        std::int64_t& weight = weights_[supporter.group];
        weight -= supporter.weight;
        const auto apart = apart_.empty() ? apart_.end() : apart_.find(supporter.group);
        Number others = times(rate, weight);
        if (apart != apart_.end()) {
            others += apart->second;
        }
        if (nothing_kept || is_zero(others)) {
            continue;
        }
        const Number grow = whole<Number>(1) + times(rate, supporter.weight) * kept / others;
        rate *= grow;
        if (apart != apart_.end()) {
            apart->second *= grow;
        }
    }
}

template <typename Number>
void Transfers<Number>::fund(Outcome& outcome, ProjectIndex project, Phase phase) {
    Round round;
    round.project = project;
    round.phase = phase;
    round.paid = contest_.cost(project);
    round.supporters = contest_.totals.votes[project];
    round.pot = contest_.pot;
    outcome.spent += round.paid;
    outcome.rounds.push_back(std::move(round));
    for (const ProjectIndex rival : contest_.rivals(project)) {
        if (open_[rival]) {
            close(rival, whole<Number>(1));
        }
    }
}

/// Of the open projects that their supporters could pay for: which part of their other gifts it would take.
template <typename Number>
Transfers<Number>::Values Transfers<Number>::needs() {
    Values needs;
    for (const ProjectIndex project : contest_.entrants) {
        if (!open_[project]) {
            continue;
        }
        Number own;
        Number others;
        for (const Supporter& supporter : profile_.supporters(project)) {
            const Number& rate = rates_[supporter.group];
            own += times(rate, supporter.count() * supporter.weight);
            others += times(rate, supporter.count() * (weights_[supporter.group] - supporter.weight));
        }
        const Number cost = whole<Number>(contest_.cost(project));
        if (!is_zero(others) && reaches(own + others, cost)) {
            needs[project] = (cost - own) / others;
        }
    }
    return needs;
}

template <typename Number>
bool Transfers<Number>::transfer_to_nearest(Outcome& outcome) {
    const Values parts = needs();
    if (parts.empty() || undecided_) {
        return false;
    }
    const auto chosen = decide(outcome, parts, Wanted::least);
    if (!chosen) {
        return false;
    }
    const Number kept = whole<Number>(1) - parts.at(*chosen);
    open_[*chosen] = false;
    for (const Supporter& supporter : profile_.supporters(*chosen)) {
        apart_[supporter.group] = times(rates_[supporter.group], supporter.weight);
        weights_[supporter.group] -= supporter.weight;
        rates_[supporter.group] *= kept;
    }
    fund(outcome, *chosen, Phase::rule);
    apart_.clear();
    return true;
}

/// Of those given up the last first, what still fits.
template <typename Number>
void Transfers<Number>::take_back(Outcome& outcome) {
    for (auto at = eliminated_.rbegin(); at != eliminated_.rend(); ++at) {
        const std::vector<ProjectIndex> rivals = contest_.rivals(*at);
        const std::vector<ProjectIndex> winners = outcome.winners();
        const bool shut_out =
            std::ranges::any_of(rivals, [&](ProjectIndex r) { return std::ranges::find(winners, r) != winners.end(); });
        if (!shut_out && outcome.spent + contest_.cost(*at) <= contest_.budget) {
            fund(outcome, *at, Phase::reverse);
        }
    }
}

template <typename Number>
std::optional<Outcome> Transfers<Number>::count() {
    Outcome outcome;
    while (!undecided_) {
        Values enough;
        Values all;
        Values supports;
        for (const ProjectIndex project : contest_.entrants) {
            if (open_[project]) {
                supports[project] = support(project);
                all[project] = measure(project, supports[project]);
                if (reaches(supports[project], whole<Number>(contest_.cost(project)))) {
                    enough[project] = all[project];
                }
            }
        }
        if (all.empty()) {
            take_back(outcome);
            return outcome;
        }
        if (undecided_) {
            break;
        }
        if (!enough.empty()) {
            if (const auto chosen = decide(outcome, enough, Wanted::greatest)) {
                const Number kept = whole<Number>(1) - whole<Number>(contest_.cost(*chosen)) / supports[*chosen];
                fund(outcome, *chosen, Phase::rule);
                close(*chosen, kept);
            }
            continue;
        }
        if (contest_.rule.shortfall == Shortfall::eliminate_with_transfers || !transfer_to_nearest(outcome)) {
            if (const auto worst = undecided_ ? std::nullopt : decide(outcome, all, Wanted::worst)) {
                eliminated_.push_back(*worst);
                close(*worst, whole<Number>(1));
            }
        }
    }
    return std::nullopt;
}

}  // namespace

Result<Outcome> count_cumulative_transfer(const Contest& contest) {
    // While outcomes are enumerated each decision must be asked for once.
    if (!contest.judge.scripted()) {
        if (auto outcome = Transfers<Interval>(contest).count()) {
            return std::move(*outcome);
        }
    }
    auto outcome = Transfers<mpq_class>(contest).count();
    check(outcome.has_value(), "rational numbers tell everything apart");
    return std::move(*outcome);
}

}  // namespace bypuls::participation::counting
