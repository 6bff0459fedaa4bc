#pragma once

#include <functional>
#include <span>
#include <vector>

#include "city/participation/counting/contest.h"

namespace bypuls::participation::counting {

/// A count with another order of tie-breaking.
struct Recount {
    std::vector<ProjectIndex> winning_set;  ///< ascending
    std::vector<Decision> decisions;
};
/// Counts with the adopted order as far as the precedences allow.
using CountAgain = std::function<Result<Recount>(std::span<const Precedence>)>;

/// Counts for each tie of the result what breaking it otherwise leads to: Tie::alternatives and Tie::explored.
/// `decisions` are those of the result's own count.
///
/// A count depends on the order of tie-breaking only through the decisions it meets. Another order makes the same
/// decisions up to one that it makes otherwise; a count in which that one, and no earlier one, is made so then meets
/// decisions of its own, and so on. Followed to the end this goes through every outcome that any order leads to, each
/// sequence of decisions once: decisions that contradict earlier ones in the same count are never tried. After a fixed
/// number of counts it gives up, nearest changes first.
Result<void> explore_ties(const std::vector<Decision>& decisions, CountResult& result, const CountAgain& count_again);

}  // namespace bypuls::participation::counting
