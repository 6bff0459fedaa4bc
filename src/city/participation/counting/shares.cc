#include "city/participation/counting/shares.h"

#include <algorithm>
#include <limits>

#include "city/participation/counting/shares_state.h"
#include "core/check.h"

namespace bypuls::participation::counting {

using Fixed = std::int64_t;

Shares::Shares(const Contest& contest, const Profile& profile) : state_(std::make_unique<State>(contest, profile)) {}

Shares::Shares(const Contest& contest, Repeated& repeated) : state_(std::make_unique<State>(contest, repeated)) {}

Shares::~Shares() = default;

bool Shares::fits(const Share& share) const {
    return state_->fits(share);
}

bool Shares::go_on(const Contest& contest) {
    return state_->go_on(contest);
}

void Shares::add(std::size_t group, std::int64_t voters) {
    state_->add(group, voters);
}

void Repeated::set(std::size_t group, std::int64_t voters) {
    if (shares != nullptr) {
        shares->add(group, voters - counts[group]);
    }
    counts[group] = voters;
}

Result<void> Shares::widen(const Share& share) {
    return state_->widen(share);
}

namespace {

/// The projects whose price may be the lowest of this round, with what was learned on the way.
template <typename State>
class Search {
public:
    struct Contender {
        ProjectIndex project = 0;
        typename State::Ask ask;
    };

    explicit Search(State& state) : state_(state) {}

    /// False if nothing can be paid for.
    bool run();
    const std::vector<Contender>& contenders() const { return contenders_; }  ///< ascending
    const Contender& best() const { return best_; }
    const Contender& contender(ProjectIndex project) const {
        return *std::ranges::find(contenders_, project, &Contender::project);
    }
    /// Of the contenders those with exactly the lowest price.
    std::vector<ProjectIndex> lowest() const;

private:
    static constexpr double rounding = 1 + 0x1p-40;  // far more than the price of a bound is off
    std::optional<ProjectIndex> next() const;
    bool beyond_best(typename State::Fixed low, ProjectIndex project) const {
        return any_ && state_.compare_prices(low, project, best_.ask.high, best_.project) > 0;
    }
    double near_best() const {
        const auto high = static_cast<double>(best_.ask.high);
        return state_.by_cost() ? high / static_cast<double>(state_.contest().cost(best_.project)) : high;
    }
    void consider(ProjectIndex project);

    State& state_;
    std::vector<ProjectIndex> seen_ = {};
    std::vector<Contender> contenders_ = {};
    Contender best_ = {};
    bool any_ = false;
};

/// The project not seen yet whose bound is about the lowest, unless it is certainly beyond the best price.
template <typename State>
std::optional<ProjectIndex> Search<State>::next() const {
    double least = any_ ? near_best() * rounding : std::numeric_limits<double>::max();
    std::optional<ProjectIndex> found;
    for (const ProjectIndex project : state_.alive) {
        const double price = state_.near_price[project];
        if (price < least && std::ranges::find(seen_, project) == seen_.end()) {
            least = price;
            found = project;
        }
    }
    return found;
}

template <typename State>
void Search<State>::consider(ProjectIndex project) {
    using Kind = typename State::Ask::Kind;
    seen_.push_back(project);
    // A lower bound from an earlier round holds still: balances only fall, so prices only rise.
    if (beyond_best(state_.lower[project], project)) {
        return;
    }
    const auto ask = state_.ask(project, any_ ? std::optional(std::pair(best_.ask.high, best_.project)) : std::nullopt);
    if (ask.kind == Kind::unaffordable) {
        std::erase(state_.alive, project);
        return;
    }
    if (ask.kind == Kind::beyond) {
        return;
    }
    contenders_.push_back({project, ask});
    if (!any_ || state_.compare_prices(ask.high, project, best_.ask.high, best_.project) < 0) {
        best_ = contenders_.back();
        any_ = true;
    }
}

template <typename State>
bool Search<State>::run() {
    while (const auto project = next()) {
        consider(*project);
    }
    std::erase_if(contenders_, [&](const Contender& contender) {
        return contender.project != best_.project && beyond_best(contender.ask.low, contender.project);
    });
    std::ranges::sort(contenders_, {}, &Contender::project);
    return any_;
}

template <typename State>
std::vector<ProjectIndex> Search<State>::lowest() const {
    std::vector<ProjectIndex> tied;
    mpq_class low;
    for (const Contender& contender : contenders_) {
        const mpq_class price = state_.price(state_.exact_payment(contender.project, contender.ask), contender.project);
        if (tied.empty() || price < low) {
            tied = {contender.project};
            low = price;
        } else if (price == low) {
            tied.push_back(contender.project);
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
        run.spent += state.contest().cost(run.purchases.back().project);
        nobody_short.push_back(true);
    }
    check(run.spent <= spend_max, "what an earlier run bought first keeps within the budget");
}

SharesRun Shares::run(const Share& share, Money spend_max) {
    State& state = *state_;
    const Contest& contest = state.contest();
    state.begin(share);
    SharesRun run;
    std::vector<bool> nobody_short;
    open(run, nobody_short, spend_max);
    while (true) {
        Search<State> search(state);
        if (!search.run()) {
            break;
        }
        SharesRun::Purchase purchase{.project = search.best().project};
        if (search.contenders().size() > 1) {
            const std::vector<ProjectIndex> tied = search.lowest();
            purchase.project = contest.judge.settle(tied, run.purchases.size(), run.ties);
            // The payment is cost over the weight of those who have anything, and stays so while they are the same.
            for (const ProjectIndex other : tied) {
                const std::int64_t broke = search.contender(other).ask.broke;
                if (other != purchase.project && broke >= 0 && search.contender(purchase.project).ask.broke >= 0) {
                    purchase.level.push_back({.project = other, .broke = broke});
                }
            }
        }
        const State::Ask& ask = search.contender(purchase.project).ask;
        purchase.pay_high = ask.high;
        purchase.broke = ask.broke;
        run.spent += contest.cost(purchase.project);
        if (run.spent > spend_max) {
            run.overspent = true;
            run.overspender = purchase.project;
            run.overspending = std::move(purchase);
            break;
        }
        nobody_short.push_back(ask.nobody_short);
        state.charge(purchase.project, ask);
        state.strike(purchase.project);
        run.purchases.push_back(std::move(purchase));
    }
    if (!run.overspent) {
        state.remember_opening(nobody_short);
        state.remember_bounds();
    }
    return run;
}

Shares::Carried Shares::carry(SharesRun& low, const Share& from, const Share& high) {
    using Kind = State::Ask::Kind;
    State& state = *state_;
    if (!state.fits(high)) {
        return {};
    }
    state.begin(high);
    const Fixed fall = state.fall_to(from);
    SharesRun carried = low;
    std::vector<bool> nobody_short;
    SharesRun opening;
    open(opening, nobody_short, INT64_MAX);
    check(opening.purchases.size() <= carried.purchases.size(), "a run begins with what every richer one begins with");
    for (std::size_t round = opening.purchases.size(); round < carried.purchases.size(); ++round) {
        SharesRun::Purchase& purchase = carried.purchases[round];
        const auto ask = state.ask(purchase.project);
        check(ask.kind == Kind::enclosed, "what the poorer could pay, the richer can");
        const auto slopes = state.slopes(purchase.project, ask, fall);
        if (const Carried keeps = state.keeps_first(purchase, slopes, fall); !keeps.holds) {
            return keeps;
        }
        if (!purchase.level.empty() && purchase.broke > 0 && ask.broke != purchase.broke) {
            return {};
        }
        purchase.broke = ask.broke;
        purchase.pay_high = ask.high;
        nobody_short.push_back(ask.nobody_short);
        state.charge(purchase.project, ask, slopes);
        state.strike(purchase.project);
    }
    const std::vector<ProjectIndex> rest = state.alive;
    for (const ProjectIndex project : rest) {
        if (state.ask(project).kind != Kind::unaffordable) {
            return {.back = state.affordable_for(project, fall)};
        }
    }
    low = std::move(carried);
    state.remember_opening(nobody_short);
    state.remember_bounds();
    return {.holds = true};
}

std::vector<Asked> Shares::asked() const {
    std::vector<Asked> asked;
    for (const State::Bought& purchase : state_->bought) {
        asked.push_back(
            {.low = purchase.ask.low, .high = purchase.ask.high, .nobody_short = purchase.ask.nobody_short});
    }
    return asked;
}

std::int64_t Shares::work() const {
    return state_->work();
}

int Shares::shift() const {
    return state_->shift();
}

std::size_t Shares::length() const {
    return state_->length();
}

void Shares::assume_length(std::size_t length) {
    state_->assume_length(length);
}

bool Shares::leaves_out(ProjectIndex favoured, const SharesRun& low, const Share& high, std::span<const Asked> asked) {
    using Kind = State::Ask::Kind;
    State& state = *state_;
    if (!state.fits(high)) {
        return false;
    }
    state.begin(high);
    if (!std::ranges::binary_search(state.alive, favoured)) {
        return true;
    }
    for (std::size_t round = 0; round < low.purchases.size(); ++round) {
        const SharesRun::Purchase& purchase = low.purchases[round];
        if (state.compare_prices(state.lower[favoured], favoured, purchase.pay_high, purchase.project) <= 0) {
            const auto ask = state.ask(favoured, std::pair(purchase.pay_high, purchase.project));
            if (ask.kind == Kind::unaffordable) {
                return true;
            }
            if (state.compare_prices(ask.low, favoured, purchase.pay_high, purchase.project) <= 0) {
                return false;
            }
        }
        state.charge(purchase.project, {.kind = Kind::enclosed,
                                        .low = asked[round].low,
                                        .high = asked[round].high,
                                        .nobody_short = asked[round].nobody_short});
    }
    return state.ask(favoured).kind == Kind::unaffordable;
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
        const mpz_class cost = to_mpz(state.contest().cost(purchase.project));
        Round round;
        round.project = purchase.project;
        round.paid = state.contest().cost(purchase.project);
        round.supporters = state.contest().totals.votes[purchase.project];
        round.share = in_kroner(payment);
        round.effective_votes = to_exact(mpq_class(cost / payment));
        const mpq_class price = state.price(payment, purchase.project);
        round.price = state.contest().rule.utility == Utility::cost ? to_exact(price) : in_kroner(price);
        round.could_pay = state.voters_with_money(state.bought.size() - 1);
        round.paid_all_they_had = state.short_voters(state.bought.size() - 1);
        round.pot = state.contest().pot;
        rounds.push_back(std::move(round));
    }
    return rounds;
}

}  // namespace bypuls::participation::counting
