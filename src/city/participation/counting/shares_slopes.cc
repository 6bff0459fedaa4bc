// How far payments rise as the endowment falls: what lets a leap end close to where the purchases change.
#include <algorithm>

#include "city/participation/counting/shares_state.h"

namespace bypuls::participation::counting {
namespace {

using Fixed = std::int64_t;
using Wide = __int128;

// Beyond these a slope is as good as none; sums of one voter's stay within 63 bits.
constexpr std::int64_t slope_max = std::int64_t{1} << 44;
constexpr std::int64_t steepest_max = std::int64_t{1} << 60;
constexpr Fixed far_below = fixed_max / 64;
constexpr Fixed lag_max = fixed_max / 4;

Wide risen(std::int64_t slope, Fixed fall) {
    return (static_cast<Wide>(slope) * fall) >> slope_bits;  // rounded down
}

}  // namespace

Shares::State::Fixed Shares::State::fall_to(const Share& least) const {
    return endowment_fixed_ - static_cast<Fixed>((least.numerator << shift_) / least.denominator) + 1;
}

Shares::State::Fixed Shares::State::Slopes::least_after(Fixed fall) const {
    return static_cast<Fixed>(std::min<Wide>(fixed_max, low + risen(least, fall)));
}

Shares::State::Fixed Shares::State::Slopes::most_after(Fixed fall) const {
    return most ? static_cast<Fixed>(std::min<Wide>(fixed_max, high + risen(*most, fall) + 1)) : fixed_max;
}

template <bool ones>
Shares::State::Climb Shares::State::climb_of(const Ask& ask, Fixed fall, std::int64_t guess) const {
    Climb climb;
    const auto rich_from = static_cast<Fixed>(std::min<Wide>(fixed_max, ask.high + risen(guess, fall) + 2));
    const Wide most_of_all = risen(steepest_, fall) + 1;
    for (const Purses::Block& block : view_.blocks) {
        for (std::size_t i = 0; i < block.rows; ++i) {
            const std::size_t row = block.row + i;
            const auto voters = static_cast<std::int64_t>(view_.voters[row]);
            const std::int64_t weight = ones ? 1 : view_.weights[row];
            const Fixed balance = balances_[row - view_.from];
            const Wide sure = static_cast<Wide>(balance) - error_;
            const Wide rich = static_cast<Wide>(rich_from) * weight;
            // What is certain needs no closer look.
            if (sure >= rich + most_of_all) {
                climb.rich += voters * weight;
                continue;
            }
            const Wide has = static_cast<Wide>(balance) + error_ + lag_;
            if (has <= 0) {
                climb.poor_weight += voters * weight;
                continue;
            }
            const std::size_t from = block.choice + i * block.length;
            Slope own{.least = straight, .most = straight};
            for (std::size_t k = from; k < from + block.length; ++k) {
                const Slope& of_choice = slopes_[view_.choices[k]];
                const std::int64_t times = ones ? 1 : view_.choice_weights[k];
                own.least += of_choice.least * times;
                own.most += of_choice.most * times;
            }
            if (has < static_cast<Wide>(ask.low) * weight) {
                climb.poor_money += has * voters;
                climb.poor_weight += voters * weight;
                // Whoever comes to nothing on the way has no more than if she went there straight.
                const bool lasts = has >= risen(own.least, fall) + 1;
                climb.poor_rise += (lasts ? Wide{own.least} : (has << slope_bits) / fall) * voters;
            }
            if (sure >= rich + risen(own.most, fall) + 1) {
                climb.rich += voters * weight;
            } else if (sure > 0) {
                climb.drawn += static_cast<Wide>(own.most) * voters;
            }
        }
    }
    return climb;
}

Shares::State::Slopes Shares::State::slopes(ProjectIndex project, const Ask& ask, Fixed fall) {
    constexpr int guesses = 3;
    const Slot slot = slot_of(project);
    Slopes slopes{.low = ask.low, .high = ask.high};
    if (in_view_ != slot) {
        purses_.ones() ? read<true>(slot, ask.low, 2) : read<false>(slot, ask.low, 2);
    }
    for (int i = 0; i < guesses; ++i) {
        work_ += static_cast<std::int64_t>(view_.rows);
        std::int64_t& guess = slope_guess_[slot];
        const Climb climb = purses_.ones() ? climb_of<true>(ask, fall, guess) : climb_of<false>(ask, fall, guess);
        const std::int64_t others = weights_[slot] - climb.poor_weight;
        // Payments only rise on the way, so a level line from the ask is never wrong; one that begins far below it is
        // worth nothing, and would need more bits.
        const Fixed low = others > 0 ? floor_div(cost_fixed(project) - climb.poor_money, others) : -fixed_max;
        if (low >= ask.low - far_below) {
            slopes.low = low;
            slopes.least = std::min(floor_div(climb.poor_rise, others), slope_max / purses_.weight_max());
        }
        // What the arbiter found is sharper than the balances that the upper line goes by.
        if (climb.rich == 0 || steep_ || ask.exact) {
            return slopes;
        }
        const std::int64_t most = ceil_div(climb.drawn, climb.rich);
        if (most > slope_max) {
            return slopes;
        }
        const std::int64_t guessed = guess;
        guess = most + most / 4 + 1;
        if (most <= guessed) {
            slopes.most = most;
            return slopes;
        }
    }
    return slopes;
}

/// Where the lines of two prices meet, of which the first is above at the end of the way.
double Shares::State::meeting(const Slopes& first, ProjectIndex p, const Slopes& second, ProjectIndex q,
                              Fixed fall) const {
    const double per_p = by_cost_ ? 1 / static_cast<double>(contest_->cost(p)) : 1;
    const double per_q = by_cost_ ? 1 / static_cast<double>(contest_->cost(q)) : 1;
    const double apart = static_cast<double>(first.high) * per_p - static_cast<double>(second.low) * per_q;
    const double nearer =
        (static_cast<double>(second.least) * per_q - static_cast<double>(first.most.value_or(0)) * per_p) / straight;
    const double back = apart / nearer / static_cast<double>(fall);
    return back > 0 && back < 1 ? back : 0;
}

/// Whether a rival that is dearer at the end of the way is so all the way.
bool Shares::State::apart(const Slopes& first, const SharesRun::Purchase& purchase, const Slopes& rival,
                          ProjectIndex other, Fixed fall) const {
    const ProjectIndex project = purchase.project;
    const auto dearer = [&](Fixed after, Fixed than) {
        return compare_prices(rival.least_after(after), other, than, project) > 0;
    };
    if (dearer(fall, first.most_after(fall))) {
        return true;  // straight lines that are apart at both ends are apart between them
    }
    // From where the rival asks more than the purchase did at the beginning, it does so to the beginning.
    const double per_unit =
        by_cost_ ? static_cast<double>(contest_->cost(other)) / static_cast<double>(contest_->cost(project)) : 1;
    const double missing = static_cast<double>(purchase.pay_high) * per_unit - static_cast<double>(rival.low);
    const double after = missing / static_cast<double>(rival.least) * straight * (1 + 0x1p-30) + 2;
    if (!(after > 0 && after < static_cast<double>(fall))) {
        return false;
    }
    const auto turn = static_cast<Fixed>(after);
    return dearer(turn, purchase.pay_high) && dearer(turn, first.most_after(turn));
}

double Shares::State::affordable_for(ProjectIndex project, Fixed fall) {
    const Slot slot = slot_of(project);
    purses_.ones() ? read<true>(slot, 0, 0) : read<false>(slot, 0, 0);
    const Ask all{.kind = Ask::Kind::enclosed, .low = fixed_max, .high = fixed_max};
    const Climb climb = purses_.ones() ? climb_of<true>(all, fall, 0) : climb_of<false>(all, fall, 0);
    const double back = static_cast<double>(climb.poor_money - cost_fixed(project)) /
                        static_cast<double>(climb.poor_rise) * straight / static_cast<double>(fall);
    return back > 0 && back < 1 ? back : 0;
}

Shares::Carried Shares::State::keeps_first(const SharesRun::Purchase& purchase, const Slopes& slopes, Fixed fall) {
    using Kind = Ask::Kind;
    const ProjectIndex first = purchase.project;
    // Both bounds hold all the way: what it was for the smallest endowment, and what it can have risen to.
    const Fixed dearest = std::min(purchase.pay_high, slopes.most_after(fall));
    const std::vector<ProjectIndex> others = alive;
    for (const ProjectIndex other : others) {
        if (other == first || compare_prices(lower[other], other, dearest, first) > 0) {
            continue;
        }
        const auto level = std::ranges::find(purchase.level, other, &SharesRun::Level::project);
        if (level != purchase.level.end()) {
            // Whoever is broke with more was with less.
            if (level->broke > 0 && ask(other).broke != level->broke) {
                return {};
            }
            continue;
        }
        const Ask asked = ask(other, std::pair(dearest, first));
        if (asked.kind == Kind::unaffordable) {
            std::erase(alive, other);
            continue;
        }
        if (compare_prices(asked.low, other, dearest, first) > 0) {
            continue;
        }
        if (!slopes.most) {
            return {};
        }
        // Straight lines that are apart at both ends are apart between them.
        const Slopes rival = this->slopes(other, asked, fall);
        if (compare_prices(rival.low, other, slopes.high, first) <= 0) {
            return {.back = meeting(slopes, first, rival, other, fall)};
        }
        if (!apart(slopes, purchase, rival, other, fall)) {
            return {};
        }
    }
    return {.holds = true};
}

void Shares::State::charge(ProjectIndex project, const Ask& ask, const Slopes& slopes) {
    charge(project, ask);
    if (refreshed_) {
        // Payments are sharper than the bounds that the slopes begin at.
        std::ranges::fill(slopes_, Slope{});
        lag_ = 0;
        steepest_ = straight;
        steep_ = true;
        return;
    }
    const Wide steeper = steepest_ + static_cast<Wide>(slopes.most.value_or(0)) * purses_.weight_max();
    steep_ = steep_ || !slopes.most || steeper > steepest_max;
    steepest_ = steep_ ? steepest_ : static_cast<std::int64_t>(steeper);
    const Wide behind = lag_ + static_cast<Wide>(std::max<Fixed>(0, ask.low - slopes.low)) * purses_.weight_max();
    const bool follows = behind <= lag_max;  // else the payment is only known not to fall
    lag_ = follows ? static_cast<Fixed>(behind) : lag_;
    slopes_[slot_of(project)] = {.least = follows ? slopes.least : 0, .most = steep_ ? 0 : *slopes.most};
}

}  // namespace bypuls::participation::counting
