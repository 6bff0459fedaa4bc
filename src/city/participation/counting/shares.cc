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
    std::vector<typename State::Ask> asks = {};  // by project; of contenders

    bool run();

private:
    void consider(ProjectIndex project, bool& any);
};

template <typename State>
void Search<State>::consider(ProjectIndex project, bool& any) {
    using Kind = typename State::Ask::Kind;
    const auto ask = state.ask(project, any ? std::optional(std::pair(asks[best].high, best)) : std::nullopt);
    if (ask.kind == Kind::unaffordable) {
        std::erase(state.alive, project);
        return;
    }
    if (ask.kind == Kind::beyond) {
        return;
    }
    asks[project] = ask;
    contenders.push_back(project);
    if (!any || state.compare_prices(ask.high, project, asks[best].high, best) < 0) {
        best = project;
        any = true;
    }
}

template <typename State>
bool Search<State>::run() {
    const std::vector<ProjectIndex>& order = state.cheapest_first();
    asks.resize(state.lower.size());
    bool any = false;
    for (const ProjectIndex project : order) {
        // A lower bound from an earlier round holds still: balances only fall, so prices only rise.
        if (any && state.compare_prices(state.lower[project], project, asks[best].high, best) > 0) {
            break;
        }
        consider(project, any);
    }
    std::erase_if(contenders, [&](ProjectIndex project) {
        return project != best && state.compare_prices(asks[project].low, project, asks[best].high, best) > 0;
    });
    std::ranges::sort(contenders);
    return any;
}

/// Of the contenders those with exactly the lowest price.
template <typename State>
std::vector<ProjectIndex> lowest(const Search<State>& search) {
    std::vector<ProjectIndex> tied;
    mpq_class low;
    for (const ProjectIndex project : search.contenders) {
        const mpq_class price = search.state.price(search.state.exact_payment(project, search.asks[project]), project);
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

/// Buys what every richer run begins with.
void Shares::open(SharesRun& run, std::vector<bool>& nobody_short, Money spend_max) {
    State& state = *state_;
    if (!state.opening_holds()) {
        return;
    }
    const auto asks = state.buy_opening();
    for (std::size_t round = 0; round < asks.size(); ++round) {
        run.purchases.push_back({.project = state.opening()[round], .pay_high = asks[round].high});
        run.spent += state.contest.cost(run.purchases.back().project);
        nobody_short.push_back(true);
    }
    check(run.spent <= spend_max, "what an earlier run bought first keeps within the budget");
}

SharesRun Shares::run(const Share& share, Money spend_max) {
    State& state = *state_;
    const Contest& contest = state.contest;
    state.begin(share);
    SharesRun run;
    std::vector<bool> nobody_short;
    open(run, nobody_short, spend_max);
    while (true) {
        Search<State> search{.state = state};
        if (!search.run()) {
            break;
        }
        SharesRun::Purchase purchase{.project = search.best};
        if (search.contenders.size() > 1) {
            const std::vector<ProjectIndex> tied = lowest(search);
            purchase.project = contest.judge.choose(tied);
            if (tied.size() > 1) {
                run.ties.push_back(contest.judge.describe(run.purchases.size(), tied, purchase.project));
            }
            for (const ProjectIndex other : tied) {
                // With nobody short the payment is cost over supporters, at this endowment and at every larger one.
                if (other != purchase.project && search.asks[other].nobody_short &&
                    search.asks[purchase.project].nobody_short) {
                    purchase.level.push_back(other);
                }
            }
        }
        run.spent += contest.cost(purchase.project);
        if (run.spent > spend_max) {
            run.overspent = true;
            run.overspender = purchase.project;
            break;
        }
        const State::Ask& ask = search.asks[purchase.project];
        purchase.pay_high = ask.high;
        nobody_short.push_back(ask.nobody_short);
        state.charge(purchase.project, ask);
        state.strike(purchase.project);
        run.purchases.push_back(std::move(purchase));
    }
    if (!run.overspent) {
        state.remember_opening(nobody_short);
    }
    return run;
}

bool Shares::carry(SharesRun& low, const Share& high) {
    using Kind = State::Ask::Kind;
    State& state = *state_;
    if (!state.fits(high)) {
        return false;
    }
    state.begin(high);
    SharesRun carried = low;
    std::vector<bool> nobody_short;
    SharesRun opening;
    open(opening, nobody_short, INT64_MAX);
    check(opening.purchases.size() <= carried.purchases.size(), "a run begins with what every richer one begins with");
    for (std::size_t round = opening.purchases.size(); round < carried.purchases.size(); ++round) {
        SharesRun::Purchase& purchase = carried.purchases[round];
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
            } else if (state.compare_prices(ask.low, other, limit.first, limit.second) <= 0) {
                return false;
            }
        }
        const auto ask = state.ask(purchase.project);
        check(ask.kind == Kind::enclosed, "what the poorer could pay, the richer can");
        purchase.pay_high = ask.high;
        nobody_short.push_back(ask.nobody_short);
        state.charge(purchase.project, ask);
        state.strike(purchase.project);
    }
    const std::vector<ProjectIndex> rest = state.alive;
    const bool done =
        std::ranges::all_of(rest, [&](ProjectIndex project) { return state.ask(project).kind == Kind::unaffordable; });
    if (done) {
        low = std::move(carried);
        state.remember_opening(nobody_short);
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
        check(ask.kind == State::Ask::Kind::enclosed, "a run bought what could be paid");
        state.charge(purchase.project, ask);
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
        round.paid_all_they_had = state.short_voters(state.bought.size() - 1);
        round.pot = state.contest.pot;
        rounds.push_back(std::move(round));
    }
    return rounds;
}

}  // namespace bypuls::participation::counting
