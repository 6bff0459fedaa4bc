#pragma once

// For shares*.cc only.
#include <cstdint>
#include <span>
#include <vector>

#include "city/participation/counting/purses.h"

namespace bypuls::participation::counting {

/// Ballots put together that a count by Equal Shares cannot tell apart, with numbers of voters that may change.
///
/// What a voter has left depends only on which of her choices have been bought. So where it is foreseen which may be,
/// supporters of a project whose ballots name the same of those are one row.
class Lumps {
public:
    using Taken = Purses::Taken;

    struct Row {
        Taken entrant;
        std::uint32_t history = 0;
        std::uint32_t own = UINT32_MAX;  ///< where in the history the entrant itself is; beyond it: nowhere
        std::int64_t voters = 0;
    };

    /// `foreseen` by project; `counts` by ballot group of the profile.
    Lumps(std::span<const ProjectIndex> entrants, const Profile& profile, std::span<const std::int64_t> counts,
          const std::vector<bool>& foreseen);

    /// Adds so many voters, perhaps fewer than none, to a ballot group.
    void add(std::size_t group, std::int64_t voters) {
        for (std::size_t i = first_of_group_[group]; i < first_of_group_[group + 1]; ++i) {
            rows_[row_of_[i]].voters += voters;
        }
    }

    std::size_t slots() const { return slots_; }
    std::span<const Row> rows() const { return rows_; }
    std::span<const Taken> history(std::size_t i) const {
        return std::span(histories_).subspan(first_of_history_[i], first_of_history_[i + 1] - first_of_history_[i]);
    }
    // Of whole ballots, foreseen or not.
    std::uint32_t weight_max() const { return weight_max_; }
    std::size_t length_max() const { return length_max_; }

private:
    std::vector<std::uint32_t> put_together(const Profile& profile, const std::vector<std::uint32_t>& slot_of,
                                            const std::vector<bool>& foreseen);

    std::size_t slots_ = 0;
    std::vector<Taken> histories_;
    std::vector<std::uint32_t> first_of_history_{0};
    std::vector<Row> rows_;
    std::vector<std::uint32_t> row_of_;  ///< of each entrant on each ballot
    std::vector<std::size_t> first_of_group_{0};
    std::uint32_t weight_max_ = 1;
    std::size_t length_max_ = 0;
};

}  // namespace bypuls::participation::counting
