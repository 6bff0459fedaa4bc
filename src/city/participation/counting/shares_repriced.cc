// Runs of Equal Shares that only differ in what one project costs.
#include <algorithm>

#include "city/participation/counting/shares_state.h"
#include "core/check.h"

namespace bypuls::participation::counting {

void Shares::State::reprice(const Contest& contest, ProjectIndex project) {
    contest_ = &contest;
    if (!lower_at_first_.empty()) {
        bound_at_first(project);
    }
    opening_.clear();
    // What is known of the others does not go by what this one costs, but by what was paid for it.
    std::erase_if(before_.bounds, [&](const Bound& bound) { return bound.project == project && !bound.unaffordable; });
}

void Shares::reprice(const Contest& contest, ProjectIndex project) {
    state_->reprice(contest, project);
}

/// As in carry(), with the claim that a project which costs less asks no more, by unit of utility too: what supporters
/// pay together grows more slowly than what each is asked.
bool Shares::holds_when_cheaper(const SharesRun& low, const Share& high, ProjectIndex favoured, Money cost,
                                Money spend_max) {
    using Kind = State::Ask::Kind;
    State& state = *state_;
    const Contest& contest = state.contest();
    if (!state.fits(high)) {
        return false;
    }
    state.begin(high);
    // Prices as compare_prices() has them, but that of the favoured as it was.
    const auto beyond = [&](std::int64_t ask, ProjectIndex other, const SharesRun::Purchase& purchase) {
        const Money its_cost = purchase.project == favoured ? cost : contest.cost(purchase.project);
        return state.by_cost() ? static_cast<__int128>(ask) * its_cost >
                                     static_cast<__int128>(purchase.pay_high) * contest.cost(other)
                               : ask > purchase.pay_high;
    };
    const auto comes_first = [&](const SharesRun::Purchase& purchase) {
        const std::vector<ProjectIndex> others = state.alive;
        for (const ProjectIndex other : others) {
            if (other == purchase.project) {
                continue;
            }
            const auto level = std::ranges::find(purchase.level, other, &SharesRun::Level::project);
            if (level != purchase.level.end()) {
                if (other == favoured || purchase.project == favoured ||
                    (level->broke > 0 && state.ask(other).broke != level->broke)) {
                    return false;
                }
                continue;
            }
            if (beyond(state.lower[other], other, purchase)) {
                continue;
            }
            const auto ask = state.ask(other);
            if (ask.kind == Kind::unaffordable) {
                std::erase(state.alive, other);
            } else if (!beyond(ask.low, other, purchase)) {
                return false;
            }
        }
        return purchase.level.empty() || purchase.broke <= 0 || state.ask(purchase.project).broke == purchase.broke;
    };
    Money spent = 0;
    for (const SharesRun::Purchase& purchase : low.purchases) {
        if (!comes_first(purchase)) {
            return false;
        }
        const auto ask = state.ask(purchase.project);
        check(ask.kind == Kind::enclosed, "what the poorer could pay, the richer can");
        spent += contest.cost(purchase.project);
        state.charge(purchase.project, ask);
        state.strike(purchase.project);
    }
    if (low.overspent) {
        return spent + contest.cost(low.overspending.project) > spend_max && comes_first(low.overspending);
    }
    const std::vector<ProjectIndex> rest = state.alive;
    const bool done =
        std::ranges::all_of(rest, [&](ProjectIndex project) { return state.ask(project).kind == Kind::unaffordable; });
    if (done) {
        state.remember_bounds();
    }
    return done;
}

}  // namespace bypuls::participation::counting
