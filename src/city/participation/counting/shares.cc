#include "city/participation/counting/shares.h"

#include <algorithm>

#include "city/participation/counting/shares_state.h"
#include "core/check.h"

namespace bypuls::participation::counting {

using Fixed = std::int64_t;

Shares::Shares(const Contest& contest, const Profile& profile) : state_(std::make_unique<State>(contest, profile)) {}

Shares::~Shares() = default;

bool Shares::fits(const Share& share) const {
    return state_->fits(share);
}

Result<void> Shares::widen(const Share& share) {
    return state_->widen(share);
}

namespace {

/// The projects whose price may be the lowest of this round, with what was learned on the way.
template <typename State>
struct Search {
    State& state;
    std::vector<ProjectIndex> contenders = {};  // ascending
    ProjectIndex best = 0;
    typename State::Bounds bounds = {};
    std::vector<bool> nobody_short = {};

    bool run();

private:
    void consider(ProjectIndex project, bool& any);
};

template <typename State>
void Search<State>::consider(ProjectIndex project, bool& any) {
    using Kind = typename State::Ask::Kind;
    const auto limit = any ? std::optional(std::pair(bounds.high, best)) : std::nullopt;
    const auto ask = state.ask(project, limit);
    if (ask.kind == Kind::unaffordable || (ask.kind == Kind::unsure && !state.exact_payment(project).has_value())) {
        std::erase(state.alive, project);
        return;
    }
    if (limit && state.compare_prices(state.lower[project], project, bounds.high, best) > 0) {
        return;
    }
    nobody_short[project] = ask.kind == Kind::bounded && ask.nobody_short;
    contenders.push_back(project);
    // Who may be first is enclosed; whoever looks dearer than that needs no more than the lower bound.
    if (any && state.compare_prices(ask.pay, project, bounds.pay, best) >= 0 && ask.kind == Kind::bounded) {
        return;
    }
    const auto enclosed = state.enclose(project, ask);
    if (!any || state.compare_prices(enclosed.pay, project, bounds.pay, best) < 0) {
        best = project;
        bounds = enclosed;
        any = true;
    }
}

template <typename State>
bool Search<State>::run() {
    std::vector<ProjectIndex> order = state.alive;
    std::ranges::sort(order, [&](ProjectIndex a, ProjectIndex b) {
        const auto by_price = state.compare_prices(state.lower[a], a, state.lower[b], b);
        return by_price != 0 ? by_price < 0 : a < b;
    });
    nobody_short.assign(state.lower.size(), false);
    bool any = false;
    for (const ProjectIndex project : order) {
        // A lower bound from an earlier round holds still: balances only fall, so prices only rise.
        if (any && state.compare_prices(state.lower[project], project, bounds.high, best) > 0) {
            break;
        }
        consider(project, any);
    }
    std::erase_if(contenders, [&](ProjectIndex project) {
        return project != best && state.compare_prices(state.lower[project], project, bounds.high, best) > 0;
    });
    std::ranges::sort(contenders);
    return any;
}

/// Of the contenders those with exactly the lowest price.
template <typename State>
std::vector<ProjectIndex> lowest(State& state, const std::vector<ProjectIndex>& contenders) {
    std::vector<ProjectIndex> tied;
    mpq_class low;
    for (const ProjectIndex project : contenders) {
        const auto payment = state.exact_payment(project);
        check(payment.has_value(), "a contender can be paid");
        const mpq_class price = state.price(*payment, project);
        if (tied.empty() || price < low) {
            tied = {project};
            low = price;
        } else if (price == low) {
            tied.push_back(project);
        }
    }
    return tied;
}

}  // namespace

SharesRun Shares::run(const Share& share, Money spend_max) {
    State& state = *state_;
    const Contest& contest = state.contest;
    state.begin(share);
    SharesRun run;
    while (true) {
        Search<State> search{.state = state};
        if (!search.run()) {
            return run;
        }
        SharesRun::Purchase purchase{.project = search.best};
        if (search.contenders.size() > 1) {
            const std::vector<ProjectIndex> tied = lowest(state, search.contenders);
            purchase.project = contest.judge.choose(tied);
            if (tied.size() > 1) {
                run.ties.push_back(contest.judge.describe(run.purchases.size(), tied, purchase.project));
            }
            for (const ProjectIndex other : tied) {
                // With nobody short the payment is cost over supporters, at this endowment and at every larger one.
                if (other != purchase.project && search.nobody_short[other] && search.nobody_short[purchase.project]) {
                    purchase.level.push_back(other);
                }
            }
            search.bounds = state.enclose(purchase.project, state.ask(purchase.project));
        }
        run.spent += contest.cost(purchase.project);
        if (run.spent > spend_max) {
            run.overspent = true;
            return run;
        }
        purchase.pay_high = search.bounds.high;
        state.charge(purchase.project, search.bounds);
        std::vector<bool> out(contest.election.projects.size(), false);
        out[purchase.project] = true;
        shut_out_rivals(contest, purchase.project, out);
        std::erase_if(state.alive, [&](ProjectIndex project) { return out[project]; });
        run.purchases.push_back(std::move(purchase));
    }
}

bool Shares::carry(SharesRun& low, const Share& high) {
    using Kind = State::Ask::Kind;
    State& state = *state_;
    if (!state.fits(high)) {
        return false;
    }
    state.begin(high);
    SharesRun carried = low;
    for (SharesRun::Purchase& purchase : carried.purchases) {
        const std::pair limit(purchase.pay_high, purchase.project);
        const std::vector<ProjectIndex> others = state.alive;
        for (const ProjectIndex other : others) {
            if (other == purchase.project || std::ranges::find(purchase.level, other) != purchase.level.end() ||
                state.compare_prices(state.lower[other], other, limit.first, limit.second) > 0) {
                continue;
            }
            const auto ask = state.ask(other, limit);
            if (ask.kind == Kind::unaffordable) {
                std::erase(state.alive, other);
            } else if (ask.kind == Kind::unsure ||
                       state.compare_prices(ask.low, other, limit.first, limit.second) <= 0) {
                return false;
            }
        }
        const auto ask = state.ask(purchase.project);
        if (ask.kind != Kind::bounded) {
            return false;
        }
        const auto bounds = state.enclose(purchase.project, ask);
        purchase.pay_high = bounds.high;
        state.charge(purchase.project, bounds);
        std::vector<bool> out(state.contest.election.projects.size(), false);
        out[purchase.project] = true;
        shut_out_rivals(state.contest, purchase.project, out);
        std::erase_if(state.alive, [&](ProjectIndex project) { return out[project]; });
    }
    const std::vector<ProjectIndex> rest = state.alive;
    const bool done =
        std::ranges::all_of(rest, [&](ProjectIndex project) { return state.ask(project).kind == Kind::unaffordable; });
    if (done) {
        low = std::move(carried);
    }
    return done;
}

std::vector<Round> Shares::explain(const Share& share, const SharesRun& run) {
    State& state = *state_;
    check(state.fits(share), "a run that was made can be explained");
    state.begin(share);
    std::vector<Round> rounds;
    for (const SharesRun::Purchase& purchase : run.purchases) {
        const auto ask = state.ask(purchase.project);
        check(ask.kind != State::Ask::Kind::unaffordable, "a run bought what could be paid");
        state.charge(purchase.project, state.enclose(purchase.project, ask));
        const mpq_class payment = state.exact_round(state.bought.size() - 1);
        const mpz_class cost = to_mpz(state.contest.cost(purchase.project));
        Round round;
        round.project = purchase.project;
        round.paid = state.contest.cost(purchase.project);
        round.supporters = state.contest.totals.votes[purchase.project];
        round.share = in_kroner(payment);
        round.effective_votes = to_exact(mpq_class(cost / payment));
        const mpq_class price = state.price(payment, purchase.project);
        round.price = state.contest.rule.utility == Utility::cost ? to_exact(price) : in_kroner(price);
        round.paid_all_they_had = state.bought.back().short_voters;
        round.pot = state.contest.pot;
        rounds.push_back(std::move(round));
    }
    return rounds;
}

}  // namespace bypuls::participation::counting
