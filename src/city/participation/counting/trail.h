#pragma once

#include <cstddef>
#include <vector>

#include "city/participation/counting/shares.h"

namespace bypuls::participation::counting {

/// How Equal Shares came from the first endowment to the last that kept within the budget: stage after stage, each of
/// one endowment or of a span over which the purchases are the same.
///
/// A count with the same voters in which one project is cheaper, or chosen by more of them, goes the same way until
/// that project is first bought: whoever has not been charged for it has what she had. So it is enough to ask that one
/// project, stage by stage, until it might be bought, and to count from there.
struct Trail {
    struct Stage {
        Share low;
        Share high;
        SharesRun run;             ///< as it was at `low`
        std::vector<Asked> asked;  ///< for each purchase, at `high`
        int shift = 0;             ///< of the fixed point
        std::int64_t raises = 0;   ///< up to `high`
        std::vector<bool> touched;
    };
    /// Later ones are not kept, since steps of an øre can be a million.
    std::size_t length = 0;  ///< entrants that the longest ballot may name
    static constexpr std::size_t stages_max = 4'096;
    std::vector<Stage> stages;  ///< empty: nothing can be gone over
};

}  // namespace bypuls::participation::counting
