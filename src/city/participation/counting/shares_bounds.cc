// What one run of Equal Shares teaches the next, with a slightly larger endowment.
#include <algorithm>

#include "city/participation/counting/shares_state.h"

namespace bypuls::participation::counting {

/// A payment is bounded from below by any set of voters thought to be poor: (cost - what they have) / weight of the
/// others. With the same purchases or more behind it, another endowment and other payments, those voters have more by
/// the rise of the endowment and by what each purchase they support has become cheaper, at most. So a bound of one run
/// holds in the next when it is lowered by that much.
void Shares::State::note_bound(Bound bound) {
    bound.round = static_cast<std::uint32_t>(bought.size());
    std::uint32_t& last = last_bound_[slot_of(bound.project)];
    if (last < bounds_.size() && bounds_[last].project == bound.project && bounds_[last].round == bound.round) {
        bounds_[last] = bound;
        return;
    }
    last = static_cast<std::uint32_t>(bounds_.size());
    bounds_.push_back(bound);
}

void Shares::State::remember_bounds() {
    before_.endowment = endowment_fixed_;
    before_.shift = shift_;
    before_.paid.clear();
    for (const Bought& purchase : bought) {
        before_.paid.push_back({.project = purchase.project, .high = purchase.pay + purchase.slack});
    }
    std::swap(before_.bounds, bounds_);
    bounds_.clear();
    // None of these has been carried over into what goes on.
    drops_.clear();
    bounds_seen_ = before_.bounds.size();
}

void Shares::State::carry_bounds_over() {
    while (true) {
        while (bounds_seen_ < before_.bounds.size() && before_.bounds[bounds_seen_].round <= drops_.size()) {
            carry_over(before_.bounds[bounds_seen_++]);
        }
        if (bounds_seen_ == before_.bounds.size()) {
            return;
        }
        const Before::Paid& next = before_.paid[drops_.size()];
        const std::uint32_t round = round_of_[next.project];
        if (round >= bought.size()) {
            return;
        }
        drops_.push_back(std::max<Fixed>(0, next.high - (bought[round].pay - bought[round].slack)));
    }
}

void Shares::State::carry_over(Bound bound) {
    constexpr Wide much = Wide{1} << 120;  // beyond which nothing is left of a bound
    const ProjectIndex project = bound.project;
    if (!std::ranges::binary_search(alive, project) || (!bound.unaffordable && bound.low <= lower[project])) {
        return;
    }
    const Slot slot = slot_of(project);
    Cheaper& cheaper = cheaper_[slot];
    for (; cheaper.rounds < bound.round; ++cheaper.rounds) {
        const Slot other = slot_of(before_.paid[cheaper.rounds].project);
        const Fixed drop = drops_[cheaper.rounds];
        cheaper.drops = std::min<Wide>(much, cheaper.drops + drop);
        cheaper.saved =
            together_.empty()
                ? much
                : std::min(much, cheaper.saved + static_cast<Wide>(together_[purses_.slots() * slot + other]) * drop);
    }
    const bool few = cheaper.drops < fixed_max / purses_.weight_max();
    const Wide saved = std::min(cheaper.saved, few ? cheaper.drops * purses_.weight_max() * bound.poor : much);
    // Endowments are rounded down to fixed numbers, so that the rise may be one more.
    const Wide more =
        saved + std::max<Wide>(0, static_cast<Wide>(endowment_fixed_) - before_.endowment + 1) * bound.poor;
    if (bound.unaffordable) {
        bound.money += more;
        if (bound.money < cost_fixed(project)) {
            std::erase(alive, project);
            note_bound(bound);
        }
        return;
    }
    bound.low -= ceil_div(more, bound.rich);
    if (bound.low > lower[project]) {
        set_lower(project, bound.low);
        note_bound(bound);
    }
}

/// Where there are so many projects that the table would be large, every supporter of one is taken to support the
/// other.
void Shares::State::count_together() {
    constexpr std::size_t slots_max = 1'024;
    const std::size_t slots = purses_.slots();
    if (slots > slots_max) {
        return;
    }
    together_.assign(slots * slots, 0);
    for (std::size_t slot = 0; slot < slots; ++slot) {
        std::int64_t* both = together_.data() + slots * slot;
        for (const Purses::Block& block : purses_.blocks(static_cast<Slot>(slot))) {
            const Slot* choice = purses_.choices() + block.choice;
            for (std::uint32_t row = block.row; row < block.row + block.rows; ++row) {
                const std::int64_t voters = purses_.voters()[row];
                for (std::uint32_t i = 0; i < block.length; ++i) {
                    const auto at = static_cast<std::size_t>(choice - purses_.choices());
                    both[*choice++] += voters * (purses_.ones() ? 1 : purses_.choice_weights()[at]);
                }
            }
        }
    }
}

}  // namespace bypuls::participation::counting
