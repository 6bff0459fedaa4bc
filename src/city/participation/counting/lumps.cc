#include "city/participation/counting/lumps.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <unordered_map>

namespace bypuls::participation::counting {
namespace {

constexpr std::uint32_t nowhere = UINT32_MAX;

}  // namespace

/// What a ballot names of those foreseen.
struct Lumps::History {
    std::vector<Slot> slots;
    std::vector<std::uint32_t> weights;
};

struct Lumps::Draft {
    Slot slot = 0;
    std::uint32_t weight = 1;
    std::uint32_t history = 0;
    std::uint32_t own = nowhere;  ///< where in the history the entrant itself is; nowhere: it is not
    std::int64_t voters = 0;
};

/// The histories there are, and which each group has.
std::vector<Lumps::History> Lumps::put_together(const Profile& profile, const std::vector<std::uint32_t>& slot_of,
                                                const std::vector<bool>& foreseen,
                                                std::vector<std::uint32_t>& history_of) {
    std::vector<History> histories;
    std::unordered_map<std::u32string, std::uint32_t> known;
    std::u32string key;
    History history;
    first_of_group_.reserve(profile.groups() + 1);
    history_of.reserve(profile.groups());
    for (std::size_t group = 0; group < profile.groups(); ++group) {
        key.clear();
        history.slots.clear();
        history.weights.clear();
        std::size_t length = 0;
        for (const Wish& wish : profile.wishes(group)) {
            const std::uint32_t slot = slot_of[wish.project];
            if (slot == nowhere) {
                continue;
            }
            ++length;
            weight_max_ = std::max(weight_max_, wish.weight);
            if (foreseen[wish.project]) {
                history.slots.push_back(static_cast<Slot>(slot));
                history.weights.push_back(wish.weight);
                key += {static_cast<char32_t>(slot), static_cast<char32_t>(wish.weight)};
            }
        }
        length_max_ = std::max(length_max_, length);
        first_of_group_.push_back(first_of_group_.back() + length);
        const auto [at, fresh] = known.try_emplace(key, static_cast<std::uint32_t>(histories.size()));
        history_of.push_back(at->second);
        if (fresh) {
            histories.push_back(history);
        }
    }
    return histories;
}

Lumps::Lumps(std::span<const ProjectIndex> entrants, const Profile& profile, std::span<const std::int64_t> counts,
             const std::vector<bool>& foreseen) {
    std::vector<std::uint32_t> slot_of(profile.projects(), nowhere);
    for (std::uint32_t slot = 0; slot < entrants.size(); ++slot) {
        slot_of[entrants[slot]] = slot;
    }
    std::vector<std::uint32_t> history_of;
    const std::vector<History> histories = put_together(profile, slot_of, foreseen, history_of);
    row_of_.resize(first_of_group_.back());
    // Group after group of one history, so that its rows are found by their entrant alone.
    std::vector<std::uint32_t> order(profile.groups());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order, {}, [&](std::uint32_t group) { return history_of[group]; });
    std::vector<Draft> drafts;
    std::vector<std::uint32_t> latest(entrants.size(), nowhere);  // draft of each entrant
    for (const std::uint32_t group : order) {
        std::size_t at = first_of_group_[group];
        std::uint32_t own = 0;  // so many foreseen ones come before
        for (const Wish& wish : profile.wishes(group)) {
            const std::uint32_t slot = slot_of[wish.project];
            if (slot == nowhere) {
                continue;
            }
            const std::uint32_t draft = latest[slot];
            if (draft == nowhere || drafts[draft].history != history_of[group] || drafts[draft].weight != wish.weight) {
                latest[slot] = static_cast<std::uint32_t>(drafts.size());
                drafts.push_back({.slot = static_cast<Slot>(slot),
                                  .weight = wish.weight,
                                  .history = history_of[group],
                                  .own = foreseen[wish.project] ? own : nowhere});
            }
            own += foreseen[wish.project] ? 1 : 0;
            drafts[latest[slot]].voters += counts[group];
            row_of_[at++] = latest[slot];
        }
    }
    sort_rows(entrants.size(), drafts, histories);
}

/// By entrant, and by how many others there are, as Purses keeps them.
void Lumps::sort_rows(std::size_t slots, const std::vector<Draft>& drafts, const std::vector<History>& histories) {
    const auto others = [&](std::uint32_t i) {
        return histories[drafts[i].history].slots.size() - (drafts[i].own == nowhere ? 0 : 1);
    };
    constexpr unsigned place_bits = 32;
    constexpr unsigned slot_bits = 16;
    std::vector<std::uint64_t> order(drafts.size());
    for (std::uint32_t i = 0; i < drafts.size(); ++i) {
        order[i] = (((std::uint64_t{drafts[i].slot} << slot_bits) | others(i)) << place_bits) | i;
    }
    std::ranges::sort(order);
    std::vector<std::size_t> shared(histories.size(), SIZE_MAX);  // where those that are long begin
    std::vector<std::uint32_t> row_of_draft(drafts.size());
    first_of_slot_.assign(slots + 1, 0);
    with_voters_.assign(slots, 0);
    rows_.reserve(drafts.size());
    for (const std::uint64_t key : order) {
        const auto i = static_cast<std::uint32_t>(key);
        const Draft& draft = drafts[i];
        const History& history = histories[draft.history];
        LumpedRow row{.voters = draft.voters, .weight = draft.weight, .slot = draft.slot};
        with_voters_[draft.slot] += draft.voters != 0 ? 1 : 0;
        if (others(i) < Purses::beside_max) {
            row.length = static_cast<std::uint32_t>(others(i));
            row.from = short_.slots.size();
            for (std::size_t k = 0; k < history.slots.size(); ++k) {
                if (k != draft.own) {
                    short_.push_back(history.slots[k], history.weights[k]);
                }
            }
        } else {
            std::size_t& from = shared[draft.history];
            if (from == SIZE_MAX) {
                from = long_.slots.size();
                for (std::size_t k = 0; k < history.slots.size(); ++k) {
                    long_.push_back(history.slots[k], history.weights[k]);
                }
            }
            row.length = static_cast<std::uint32_t>(history.slots.size());
            row.from = from;
        }
        row_of_draft[i] = static_cast<std::uint32_t>(rows_.size());
        rows_.push_back(row);
        ++first_of_slot_[draft.slot + 1U];
    }
    for (std::size_t slot = 0; slot < slots; ++slot) {
        first_of_slot_[slot + 1] += first_of_slot_[slot];
    }
    for (std::uint32_t& row : row_of_) {
        row = row_of_draft[row];
    }
}

}  // namespace bypuls::participation::counting
