#include "city/participation/counting/lumps.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <unordered_map>

namespace bypuls::participation::counting {
namespace {

constexpr std::uint32_t nowhere = UINT32_MAX;

}  // namespace

/// The history of each group; those that are the same have the same number.
std::vector<std::uint32_t> Lumps::put_together(const Profile& profile, const std::vector<std::uint32_t>& slot_of,
                                               const std::vector<bool>& foreseen) {
    std::vector<std::uint32_t> history_of(profile.groups());
    std::unordered_map<std::u32string, std::uint32_t> known;
    std::u32string key;
    for (std::size_t group = 0; group < profile.groups(); ++group) {
        key.clear();
        std::size_t length = 0;
        const std::size_t from = histories_.size();
        for (const Wish& wish : profile.wishes(group)) {
            if (slot_of[wish.project] == nowhere) {
                continue;
            }
            ++length;
            weight_max_ = std::max(weight_max_, wish.weight);
            if (foreseen[wish.project]) {
                const auto slot = static_cast<Purses::Slot>(slot_of[wish.project]);
                histories_.push_back({.slot = slot, .weight = wish.weight});
                key += static_cast<char32_t>(slot);
                if (wish.weight != 1) {
                    // No slot is that large, so that what follows it is read as the weight.
                    key += {static_cast<char32_t>(nowhere), static_cast<char32_t>(wish.weight)};
                }
            }
        }
        length_max_ = std::max(length_max_, length);
        const auto [at, fresh] = known.try_emplace(key, static_cast<std::uint32_t>(first_of_history_.size() - 1));
        history_of[group] = at->second;
        if (fresh) {
            first_of_history_.push_back(static_cast<std::uint32_t>(histories_.size()));
        } else {
            histories_.resize(from);
        }
    }
    return history_of;
}

Lumps::Lumps(std::span<const ProjectIndex> entrants, const Profile& profile, std::span<const std::int64_t> counts,
             const std::vector<bool>& foreseen)
    : slots_(entrants.size()) {
    std::vector<std::uint32_t> slot_of(profile.projects(), nowhere);
    for (std::uint32_t slot = 0; slot < entrants.size(); ++slot) {
        slot_of[entrants[slot]] = slot;
    }
    const std::vector<std::uint32_t> history_of = put_together(profile, slot_of, foreseen);
    for (std::size_t group = 0; group < profile.groups(); ++group) {
        const auto wishes = profile.wishes(group);
        const auto in_contest =
            std::ranges::count_if(wishes, [&](const Wish& w) { return slot_of[w.project] != nowhere; });
        first_of_group_.push_back(first_of_group_.back() + static_cast<std::size_t>(in_contest));
    }
    row_of_.resize(first_of_group_.back());
    // Group after group of one history, so that its rows are found by their entrant alone.
    std::vector<std::uint32_t> order(profile.groups());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order, {}, [&](std::uint32_t group) { return history_of[group]; });
    std::vector<std::uint32_t> latest(slots_, nowhere);  // row of each entrant
    for (const std::uint32_t group : order) {
        std::size_t at = first_of_group_[group];
        std::uint32_t own = 0;  // so many foreseen ones come before
        for (const Wish& wish : profile.wishes(group)) {
            const std::uint32_t slot = slot_of[wish.project];
            if (slot == nowhere) {
                continue;
            }
            const Taken entrant{.slot = static_cast<Purses::Slot>(slot), .weight = wish.weight};
            const bool here = latest[slot] != nowhere && rows_[latest[slot]].history == history_of[group] &&
                              rows_[latest[slot]].entrant == entrant;
            if (!here) {
                latest[slot] = static_cast<std::uint32_t>(rows_.size());
                rows_.push_back(
                    {.entrant = entrant, .history = history_of[group], .own = foreseen[wish.project] ? own : nowhere});
            }
            own += foreseen[wish.project] ? 1 : 0;
            rows_[latest[slot]].voters += counts[group];
            row_of_[at++] = latest[slot];
        }
    }
}

}  // namespace bypuls::participation::counting
