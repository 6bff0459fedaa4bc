#pragma once

// For shares*.cc only.
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "city/participation/counting/lumps.h"
#include "city/participation/counting/purses.h"

namespace bypuls::participation::counting {

/// Supporters of an entrant put together by which of their choices have been bought, which is all that says what they
/// have left. At most times that are few, so that hundreds of rows become some dozens; and runs that follow one another
/// buy much the same. Only where every weight is 1.
class Folds {
public:
    using Slot = Purses::Slot;

    /// As Purses lays them out, numbered from 0; perhaps some without voters.
    struct Rows {
        std::vector<Purses::Block> blocks;
        std::vector<std::uint32_t> voters;
        std::vector<Slot> choices;
    };

    /// The rows are others, or the entrants.
    void forget(std::size_t slots);
    /// The same lumps have other voters.
    void recount() { ++voters_stamp_; }

    void begin() {
        bought_ = 0;
        known_ = true;
    }
    void buy(Slot slot);
    /// The supporters of an entrant that has not been bought, from the lumps if there are any; null: the rows as they
    /// are will do.
    const Rows* rows(Slot slot, const Purses& purses, const Lumps* lumps);
    /// How many are remembered, those included that have not been looked at often enough to be put together.
    std::size_t kept() const;

private:
    struct Fold {
        Rows rows;
        std::vector<std::uint32_t> row_of;  ///< by row of what was folded
        std::uint64_t voters_stamp = 0;
        std::uint32_t looks = 0;
        bool useless = false;
    };
    template <typename ForEach>
    void put_together(Fold& fold, std::size_t rows, ForEach for_each);
    void lay_out(Fold& fold, const std::vector<std::uint64_t>& kinds) const;

    std::vector<std::uint64_t> bit_of_;  ///< by slot; 0: none yet
    std::vector<Slot> slot_of_bit_;
    std::uint64_t bought_ = 0;
    bool known_ = true;  ///< all that has been bought has a bit
    std::uint64_t voters_stamp_ = 1;
    std::vector<std::unordered_map<std::uint64_t, Fold>> folds_;  ///< by slot and what has been bought
    std::size_t numbers_kept_ = 0;
};

}  // namespace bypuls::participation::counting
