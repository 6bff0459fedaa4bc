#include "city/participation/counting/shares_state.h"

#include <algorithm>
#include <bit>

#include "core/check.h"

namespace bypuls::participation::counting {
namespace {

constexpr std::uint32_t never = UINT32_MAX;
constexpr int headroom_bits = 61;

int bits(unsigned __int128 value) {
    const auto high = static_cast<std::uint64_t>(value >> 64);
    return static_cast<int>(high != 0 ? 64 + std::bit_width(high) : std::bit_width(static_cast<std::uint64_t>(value)));
}

}  // namespace

Shares::State::State(const Contest& contest, const Profile& profile)
    : contest_(&contest), entrants_(contest.entrants), purses_(contest, profile) {
    take_stock();
    folds_.forget(purses_.slots());
}

Shares::State::State(const Contest& contest, Repeated& repeated)
    : contest_(&contest), entrants_(contest.entrants), repeated_(&repeated) {
    lumps_.emplace(entrants_, repeated.profile, repeated.counts, repeated.foreseen);
    purses_ = Purses(*lumps_);
    take_stock();
    folds_.forget(purses_.slots());
}

/// Takes in the contest and the purses.
void Shares::State::take_stock() {
    by_cost_ = contest_->rule.utility == Utility::cost;
    length_ = purses_.length_max();
    slot_of_.assign(contest_->election.projects.size(), 0);
    weights_.assign(purses_.slots(), 0);
    voters_.assign(purses_.slots(), 0);
    guess_.resize(purses_.slots(), 0);
    std::size_t most = 0;
    for (std::size_t i = 0; i < purses_.slots(); ++i) {
        const auto slot = static_cast<Slot>(i);
        slot_of_[entrants_[slot]] = slot;
        const std::size_t from = purses_.first_row(slot);
        const std::size_t rows = purses_.rows(slot);
        for (std::size_t row = from; row < from + rows; ++row) {
            weights_[slot] += std::int64_t{purses_.voters()[row]} * (purses_.ones() ? 1U : purses_.weights()[row]);
            voters_[slot] += purses_.voters()[row];
        }
        most = std::max(most, rows);
    }
    balances_.resize(most);
    close_.resize(most + 1);
    round_of_.resize(contest_->election.projects.size(), never);
    pay_.resize(purses_.slots(), 0);
}

bool Shares::State::go_on(const Contest& contest) {
    if (contest.entrants != entrants_) {
        return false;
    }
    contest_ = &contest;
    length_ = purses_.length_max();
    folds_.recount();
    // All that was learned is of other voters, but for where to look first.
    lower_at_first_.clear();
    opening_.clear();
    before_ = {};
    return true;
}

/// The rows stay where they are, and so does what is summed over them.
void Shares::State::add(std::size_t group, std::int64_t voters) {
    lumps_->add(group, voters, [&](const LumpedRow& row, std::size_t number) {
        purses_.set_voters(number, row.voters);
        weights_[row.slot] += voters * row.weight;
        voters_[row.slot] += voters;
        if (!together_.empty()) {
            const Lumps::Named others = lumps_->named(row);
            std::int64_t* const both = together_.data() + (purses_.slots() * row.slot);
            for (std::size_t i = 0; i < others.slots.size(); ++i) {
                both[others.slots[i]] += voters * others.weights[i];
            }
        }
    });
}

/// Lets the rows tell who supports this one too, from now on.
void Shares::State::foresee(ProjectIndex project) {
    repeated_->foreseen[project] = true;
    lumps_.emplace(entrants_, repeated_->profile, repeated_->counts, repeated_->foreseen);
    purses_ = Purses(*lumps_);
    const std::size_t length = length_;
    take_stock();
    length_ = length;
    together_.clear();
    folds_.forget(purses_.slots());
    for (const Bought& purchase : bought) {
        folds_.buy(slot_of(purchase.project));
    }
}

void Shares::State::assume_length(std::size_t length) {
    length_ = std::max(length_, length);
}

/// What must fit a fixed number: a balance from which every project on the longest ballot has been paid in full.
Shares::State::Wide Shares::State::needed(const Share& share) const {
    return (share.numerator / share.denominator + 1) * static_cast<Wide>(length_ + 2);
}

bool Shares::State::fits(const Share& share) const {
    return shift_ > 0 && bits(static_cast<unsigned __int128>(needed(share))) + shift_ <= headroom_bits;
}

Result<void> Shares::State::widen(const Share& share) {
    constexpr int shift_max = 44;
    const int most = bits(static_cast<unsigned __int128>(needed(share)));
    if (most + 1 > headroom_bits) {
        return fail(Errc::exhausted, "the share of each voter has grown beyond ten thousand billion kroner");
    }
    // Two bits to spare, so that shares can grow fourfold before this is called again.
    const int shift = std::clamp(headroom_bits - 2 - most, 1, shift_max);
    if (shift != shift_) {
        std::ranges::fill(guess_, 0);
    }
    shift_ = shift;
    lower_at_first_.clear();
    return {};
}

void Shares::State::begin(const Share& share) {
    endowment_fixed_ = static_cast<Fixed>((share.numerator << shift_) / share.denominator);
    share_ = share;
    endowment_.reset();
    error_ = 1;
    error_max_ = std::max<Fixed>(64, endowment_fixed_ >> 12);
    for (const Bought& purchase : bought) {
        round_of_[purchase.project] = never;
        pay_[slot_of(purchase.project)] = 0;
    }
    bought.clear();
    folds_.begin();
    slopes_.assign(purses_.slots(), {});
    slope_guess_.resize(purses_.slots(), 0);
    lag_ = 0;
    steepest_ = straight;
    steep_ = false;
    refreshed_ = false;
    in_view_.reset();
    if (lower_at_first_.empty()) {
        bound_at_first();
    }
    lower = lower_at_first_;
    near_price = near_at_first_;
    alive.clear();
    for (std::size_t slot = 0; slot < entrants_.size(); ++slot) {
        if (endowment_fixed_ >= enough_at_first_[slot]) {
            alive.push_back(entrants_[slot]);
        }
    }
    bounds_.clear();
    drops_.clear();
    bounds_seen_ = 0;
    last_bound_.assign(entrants_.size(), 0);
    if (before_.shift != shift_) {
        before_ = {};
    }
    if (before_.bounds.empty()) {
        return;
    }
    if (together_.empty()) {
        count_together();
    }
    cheaper_.assign(entrants_.size(), {});
    carry_bounds_over();
}

/// What is known before anything is bought, with whatever endowment.
void Shares::State::bound_at_first() {
    lower.assign(contest_->election.projects.size(), 0);
    near_price.assign(contest_->election.projects.size(), 0);
    lower_at_first_ = lower;
    near_at_first_ = near_price;
    enough_at_first_.resize(entrants_.size());
    for (const ProjectIndex project : entrants_) {
        bound_at_first(project);
    }
}

void Shares::State::bound_at_first(ProjectIndex project) {
    const Slot slot = slot_of(project);
    set_lower(project, floor_div(cost_fixed(project), weights_[slot]));
    lower_at_first_[project] = lower[project];
    near_at_first_[project] = near_price[project];
    // Whoever has more than all of this is bounded by what there is, so that the bounds below fit.
    enough_at_first_[slot] = ceil_div(cost_fixed(project), voters_[slot]) - 1;
}

std::strong_ordering Shares::State::compare_prices(Fixed a, ProjectIndex p, Fixed b, ProjectIndex q) const {
    if (!by_cost_) {
        return a <=> b;
    }
    return static_cast<Wide>(a) * contest_->cost(q) <=> static_cast<Wide>(b) * contest_->cost(p);
}

mpq_class Shares::State::price(const mpq_class& payment, ProjectIndex project) const {
    return by_cost_ ? mpq_class(payment / to_mpz(contest_->cost(project))) : payment;
}

void Shares::State::set_window(Fixed pay, Fixed slack) {
    constexpr int sixteenth = 4;
    const Fixed half = std::max(pay >> sixteenth, slack) + 64;
    window_low_ = pay - half;
    window_high_ = pay + half;
    sifted_ = {};
}

template <bool ones>
[[gnu::always_inline]] inline void Shares::State::sift(Sifted& sifted, Fixed balance, std::size_t row) {
    const auto voters = static_cast<std::int64_t>(view_.voters[row]);
    const std::int64_t weight = ones ? 1 : view_.weights[row];
    const Fixed money = std::max<Fixed>(balance, 0);
    const std::int64_t live = balance > -error_ ? voters : 0;
    bool poor = false;
    bool close = false;
    if constexpr (ones) {
        poor = balance < window_low_ - error_;
        close = !poor && balance <= window_high_ + error_;
    } else {
        poor = balance < static_cast<Wide>(window_low_) * weight - error_;
        close = !poor && balance <= static_cast<Wide>(window_high_) * weight + error_;
    }
    close_[sifted.close] = static_cast<std::uint32_t>(row - view_.from);
    sifted.close += close ? 1 : 0;
    const std::int64_t mask = -static_cast<std::int64_t>(poor);
    Pass& pass = sifted.pass;
    pass.total += static_cast<Wide>(money) * voters;
    pass.live += live;
    pass.poor_sum += static_cast<Wide>(money & mask) * voters;
    pass.poor_live += live & mask;
    pass.poor_weight += (voters * weight) & mask;
}

/// Chooses the rows to be read.
void Shares::State::look_at(Slot slot) {
    constexpr std::int64_t each_look = 64;
    const Lumps* const lumps = lumps_ ? &*lumps_ : nullptr;
    const Folds::Rows* const folded = purses_.ones() ? folds_.rows(slot, purses_, lumps) : nullptr;
    if (folded != nullptr) {
        view_ = {.blocks = folded->blocks,
                 .from = 0,
                 .rows = folded->voters.size(),
                 .voters = folded->voters.data(),
                 .choices = folded->choices.data()};
    } else {
        view_ = {.blocks = purses_.blocks(slot),
                 .from = purses_.first_row(slot),
                 .rows = purses_.rows(slot),
                 .voters = purses_.voters(),
                 .weights = purses_.weights(),
                 .choices = purses_.choices(),
                 .choice_weights = purses_.choice_weights()};
    }
    const std::size_t rows = lumps != nullptr && folded == nullptr ? lumps->with_voters(slot) : view_.rows;
    work_ += each_look + static_cast<std::int64_t>(rows);
}

template <bool ones, int length>
void Shares::State::read_block(const Purses::Block& block) {
    const std::uint32_t choices = length >= 0 ? static_cast<std::uint32_t>(length) : block.length;
    const Slot* choice = view_.choices + block.choice;
    const std::uint32_t* weight = ones ? nullptr : view_.choice_weights + block.choice;
    Sifted sifted = sifted_;  // one of its own, which can be kept in registers
    for (std::size_t row = block.row; row < std::size_t{block.row} + block.rows; ++row) {
        Fixed balance = endowment_fixed_;
        if constexpr (ones) {
            for (std::uint32_t k = 0; k < choices; ++k) {
                balance -= pay_[choice[k]];
            }
        } else {
            Wide wide = balance;
            for (std::uint32_t k = 0; k < choices; ++k) {
                wide -= static_cast<Wide>(pay_[choice[k]]) * weight[k];
            }
            balance = static_cast<Fixed>(std::max<Wide>(wide, -fixed_max));
            weight += choices;
        }
        choice += choices;
        balances_[row - view_.from] = balance;
        sift<ones>(sifted, balance, row);
    }
    sifted_ = sifted;
}

template <bool ones>
void Shares::State::read(Slot slot, Fixed pay, Fixed slack) {
    look_at(slot);
    in_view_ = slot;
    set_window(pay, slack);
    for (const Purses::Block& block : view_.blocks) {
        if (block.rows == 0) {
            continue;
        }
        // Short ballots are most, and a loop of known length is quicker.
        switch (block.length) {
            case 0: read_block<ones, 0>(block); break;
            case 1: read_block<ones, 1>(block); break;
            case 2: read_block<ones, 2>(block); break;
            case 3: read_block<ones, 3>(block); break;
            case 4: read_block<ones, 4>(block); break;
            default: read_block<ones, -1>(block); break;
        }
    }
}

template <bool ones>
void Shares::State::sift_again(Fixed pay, Fixed slack) {
    set_window(pay, slack);
    Sifted sifted;
    for (std::size_t i = 0; i < view_.rows; ++i) {
        sift<ones>(sifted, balances_[i], view_.from + i);
    }
    sifted_ = sifted;
}

template <bool ones>
Shares::State::Pass Shares::State::split(Fixed pay, Fixed slack) {
    if (pay - slack < window_low_ || pay + slack > window_high_) {
        sift_again<ones>(pay, slack);
    }
    Pass pass = sifted_.pass;
    for (std::size_t i = 0; i < sifted_.close; ++i) {
        const Fixed balance = balances_[close_[i]];
        const std::size_t row = view_.from + close_[i];
        const auto voters = static_cast<std::int64_t>(view_.voters[row]);
        const std::int64_t weight = ones ? 1 : view_.weights[row];
        const Wide full = static_cast<Wide>(pay) * weight;
        const Wide margin = error_ + static_cast<Wide>(slack) * weight;
        const bool poor = balance < full - margin;
        pass.poor_sum += poor ? static_cast<Wide>(std::max<Fixed>(balance, 0)) * voters : 0;
        pass.poor_live += poor && balance > -error_ ? voters : 0;
        pass.poor_weight += poor ? voters * weight : 0;
        pass.near += !poor && balance <= full + margin ? voters : 0;
    }
    return pass;
}

bool Shares::State::settle(Ask& ask, Slot slot, const Pass& pass, Fixed& pay, Fixed& slack) {
    const std::int64_t rich = weights_[slot] - pass.poor_weight;
    const Wide doubt = static_cast<Wide>(pass.poor_live) * error_;
    const Wide near = static_cast<Wide>(pass.near) * 2 * (error_ + static_cast<Wide>(slack) * purses_.weight_max());
    const Wide rest = cost_fixed(contest_->entrants[slot]) - pass.poor_sum;
    // For any set of voters thought to be poor, this is a lower bound: the true payment is the largest of them.
    const Fixed low = floor_div(rest - doubt, rich);
    if (low > ask.low) {
        ask.low = low;
        note_bound({.project = contest_->entrants[slot], .low = low, .poor = pass.poor_weight, .rich = rich});
    }
    ask.nobody_short = pass.poor_weight == 0 && pass.near == 0;
    ask.broke = pass.poor_live == 0 && pass.near == 0 ? pass.poor_weight : -1;
    // With a payment anywhere within the slack the poor pay all they have and the rich in full, and those too close to
    // tell no less than that by twice the margin. So if that much covers the cost, the payment is no more.
    const Fixed high = ceil_div(rest + doubt + near, rich);
    if (high >= pay - slack && high <= pay + slack) {
        ask.high = std::max(high, ask.low);
        return true;
    }
    const Fixed next = std::max(ask.low, ceil_div(rest, rich));
    const Fixed wanted = ceil_div(doubt + near, rich);
    slack = std::min(std::max<Fixed>(2, wanted + 1), error_max_);
    pay = next;
    return false;
}

Shares::State::Ask Shares::State::ask(ProjectIndex project, std::optional<std::pair<Fixed, ProjectIndex>> enough) {
    constexpr int looks_max = 64;
    const Slot slot = slot_of(project);
    const bool ones = purses_.ones();
    const Wide cost = cost_fixed(project);
    Ask ask{.kind = Ask::Kind::enclosed, .low = lower[project]};
    Fixed pay = std::max(ask.low, guess_[slot]);
    Fixed slack = 2;
    const auto split_at = [&] { return ones ? split<true>(pay, slack) : split<false>(pay, slack); };
    ones ? read<true>(slot, pay, slack) : read<false>(slot, pay, slack);
    Pass pass = split_at();
    const Wide doubt = static_cast<Wide>(pass.live) * error_;
    if (pass.total + doubt < cost) {
        ask.kind = Ask::Kind::unaffordable;
        note_bound({.project = project, .unaffordable = true, .poor = voters_[slot], .money = pass.total + doubt});
        return ask;
    }
    if (pass.total - doubt < cost) {
        return ask_exactly(project);
    }
    for (int looks = 0; looks < looks_max; ++looks) {
        if (pass.poor_weight == weights_[slot]) {
            if (pay <= ask.low) {
                return ask_exactly(project);
            }
            pay = ask.low;  // the guess was too high
        } else if (settle(ask, slot, pass, pay, slack)) {
            set_lower(project, ask.low);
            guess_[slot] = ask.high;
            return ask;
        }
        set_lower(project, ask.low);
        if (enough && compare_prices(ask.low, project, enough->first, enough->second) > 0) {
            guess_[slot] = pay;
            ask.kind = Ask::Kind::beyond;
            return ask;
        }
        pass = split_at();
    }
    return ask_exactly(project);
}

void Shares::State::charge(ProjectIndex project, const Ask& ask) {
    check(ask.kind == Ask::Kind::enclosed, "what is bought has its payment enclosed");
    if (repeated_ != nullptr && !repeated_->foreseen[project]) {
        foresee(project);
    }
    in_view_.reset();
    const Fixed pay = ask.low + (ask.high - ask.low) / 2;
    const Fixed slack = ask.high - pay;
    pay_[slot_of(project)] = pay;
    error_ =
        static_cast<Fixed>(std::min<Wide>(fixed_max / 4, error_ + static_cast<Wide>(slack) * purses_.weight_max()));
    folds_.buy(slot_of(project));
    round_of_[project] = static_cast<std::uint32_t>(bought.size());
    bought.push_back({.project = project, .pay = pay, .slack = slack, .ask = ask});
    if (error_ > error_max_) {
        refresh();
    }
    carry_bounds_over();
}

void Shares::State::strike(ProjectIndex project) {
    if (contest_->election.exclusive.empty()) {
        const auto at = std::ranges::lower_bound(alive, project);
        if (at != alive.end() && *at == project) {
            alive.erase(at);
        }
        return;
    }
    std::vector<bool> out(contest_->election.projects.size(), false);
    out[project] = true;
    shut_out_rivals(*contest_, project, out);
    std::erase_if(alive, [&](ProjectIndex other) { return out[other]; });
}

void Shares::State::remember_opening(const std::vector<bool>& nobody_short) {
    // Prices if nobody is ever short: the least that a project can ask, at any endowment.
    const auto always_cheaper = [&](ProjectIndex a, ProjectIndex b) {
        const auto of_a = static_cast<Wide>(by_cost_ ? 1 : contest_->cost(a)) * weights_[slot_of(b)];
        const auto of_b = static_cast<Wide>(by_cost_ ? 1 : contest_->cost(b)) * weights_[slot_of(a)];
        return of_a < of_b;
    };
    opening_.clear();
    opening_share_ = share_;
    std::vector<bool> out(contest_->election.projects.size(), false);
    for (std::size_t round = 0; round < bought.size() && nobody_short[round]; ++round) {
        const ProjectIndex project = bought[round].project;
        out[project] = true;
        const bool cheapest = std::ranges::all_of(
            contest_->entrants, [&](ProjectIndex other) { return out[other] || always_cheaper(project, other); });
        if (!cheapest) {
            return;
        }
        shut_out_rivals(*contest_, project, out);
        opening_.push_back(project);
    }
}

std::vector<Shares::State::Ask> Shares::State::buy_opening() {
    std::vector<Ask> asks;
    for (const ProjectIndex project : opening_) {
        const Wide cost = cost_fixed(project);
        const std::int64_t weight = weights_[slot_of(project)];
        const Ask ask{.kind = Ask::Kind::enclosed,
                      .low = floor_div(cost, weight),
                      .high = ceil_div(cost, weight),
                      .nobody_short = true};
        charge(project, ask);
        strike(project);
        asks.push_back(ask);
    }
    return asks;
}

}  // namespace bypuls::participation::counting
