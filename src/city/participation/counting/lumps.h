#pragma once

// For shares*.cc only.
#include <cstdint>
#include <span>
#include <vector>

#include "city/participation/counting/purses.h"

namespace bypuls::participation::counting {

/// Supporters of one entrant whose ballots name the same other ones of those that are foreseen.
struct LumpedRow {
    std::int64_t voters = 0;
    std::uint32_t weight = 1;  ///< what each gives the entrant
    Purses::Slot slot = 0;     ///< of the entrant
    /// So many choices; where there are Purses::beside_max or more, the entrant itself may be among them.
    std::uint32_t length = 0;
    std::size_t from = 0;  ///< where they begin
};

/// Ballots put together that a count by Equal Shares cannot tell apart, with numbers of voters that may change.
///
/// What a voter has left depends only on which of her choices have been bought. So where it is foreseen which may be,
/// supporters of a project whose ballots agree on those are one row.
class Lumps {
public:
    using Slot = Purses::Slot;

    /// `foreseen` by project; `counts` by ballot group of the profile.
    Lumps(std::span<const ProjectIndex> entrants, const Profile& profile, std::span<const std::int64_t> counts,
          const std::vector<bool>& foreseen);

    /// Adds so many voters, perhaps fewer than none, to a ballot group, and calls `changed` with each of its rows and
    /// the row's number.
    template <typename Changed>
    void add(std::size_t group, std::int64_t voters, Changed changed) {
        for (std::size_t i = first_of_group_[group]; i < first_of_group_[group + 1]; ++i) {
            LumpedRow& row = rows_[row_of_[i]];
            const bool had_any = row.voters != 0;
            row.voters += voters;
            const bool has_any = row.voters != 0;
            with_voters_[row.slot] += (has_any ? 1U : 0U) - (had_any ? 1U : 0U);
            changed(row, row_of_[i]);
        }
    }

    std::size_t slots() const { return first_of_slot_.size() - 1; }
    std::size_t rows() const { return rows_.size(); }
    /// Of an entrant, by length.
    std::span<const LumpedRow> rows(Slot slot) const {
        return std::span(rows_).subspan(first_of_slot_[slot], first_of_slot_[slot + 1U] - first_of_slot_[slot]);
    }
    /// Of those rows, how many have any voters.
    std::size_t with_voters(Slot slot) const { return with_voters_[slot]; }
    struct Named {
        std::span<const Slot> slots;
        std::span<const std::uint32_t> weights;
    };
    /// What the ballots of a row name.
    Named named(const LumpedRow& row) const {
        const Choices& all = row.length < Purses::beside_max ? short_ : long_;
        return {.slots = std::span(all.slots).subspan(row.from, row.length),
                .weights = std::span(all.weights).subspan(row.from, row.length)};
    }
    // The choices of short rows one after the other, and those of long ones, each once for all of its rows.
    const std::vector<Slot>& short_choices() const { return short_.slots; }
    const std::vector<std::uint32_t>& short_weights() const { return short_.weights; }
    const std::vector<Slot>& long_choices() const { return long_.slots; }
    const std::vector<std::uint32_t>& long_weights() const { return long_.weights; }

    // Of whole ballots, foreseen or not.
    std::uint32_t weight_max() const { return weight_max_; }
    std::size_t length_max() const { return length_max_; }

private:
    struct Choices {
        std::vector<Slot> slots;
        std::vector<std::uint32_t> weights;
        void push_back(Slot slot, std::uint32_t weight) {
            slots.push_back(slot);
            weights.push_back(weight);
        }
    };
    struct Draft;
    struct History;
    std::vector<History> put_together(const Profile& profile, const std::vector<std::uint32_t>& slot_of,
                                      const std::vector<bool>& foreseen, std::vector<std::uint32_t>& history_of);
    void sort_rows(std::size_t slots, const std::vector<Draft>& drafts, const std::vector<History>& histories);

    std::vector<LumpedRow> rows_;
    std::vector<std::uint32_t> first_of_slot_;
    std::vector<std::uint32_t> with_voters_;  ///< by slot
    Choices short_;
    Choices long_;
    std::vector<std::uint32_t> row_of_;  ///< of each entrant on each ballot
    std::vector<std::size_t> first_of_group_{0};
    std::uint32_t weight_max_ = 1;
    std::size_t length_max_ = 0;
};

}  // namespace bypuls::participation::counting
