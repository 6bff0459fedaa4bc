#pragma once

// For the reader of Pabulib files only.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "city/participation/counting/election.h"
#include "city/participation/pabulib/document.h"

namespace bypuls::participation::pabulib {

/// What META says a ballot may hold (pabulib.org/format: min_length, max_length, min_sum_cost, max_sum_cost,
/// min_points, max_points, min_sum_points, max_sum_points). A ballot against it is counted as published, since the town
/// did, and remarked upon. A blank ballot is blank, not too short.
class BallotLimits {
public:
    /// Adds a remark for each limit that is not a number. Without max_sum_cost, a knapsack ballot keeps to the budget.
    BallotLimits(const Document& document, const counting::Election& election, std::vector<counting::Finding>& remarks);

    /// Remarks upon a ballot; of each kind the first twenty.
    void look(const counting::Place& place, std::span<const counting::Choice> choices);
    /// Says how many more there were.
    void finish();

private:
    enum class What : std::uint8_t { length, cost, points, points_each };
    struct Limit {
        std::string name;  ///< empty: the budget
        What what = What::length;
        bool at_most = true;
        std::int64_t value = 0;  ///< projects, øre, or points in the election's parts of a point
        std::int64_t broken = 0;
    };
    void add(std::string_view name, What what, bool at_most);
    /// What a ballot has of it; of single points the one farthest out.
    std::int64_t of(const Limit& limit, std::span<const counting::Choice> choices) const;
    counting::Finding told(const Limit& limit, std::int64_t has) const;

    const Document& document_;
    const counting::Election& election_;
    std::vector<counting::Finding>& remarks_;
    std::vector<Limit> limits_;
};

}  // namespace bypuls::participation::pabulib
