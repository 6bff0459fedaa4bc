#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "city/participation/explanation/distance.h"

namespace bypuls::participation::explanation {

/// One change in several orders of voters, of which the median is wanted.
class Samples {
public:
    void add(const std::optional<Change>& change) {
        const bool enough = change && change->enough;
        at_most_.push_back(enough ? change->amount : INT64_MAX);
        // What is below the smallest is not enough, nor what a search that found none has ruled out.
        const std::int64_t bound = enough   ? (change->smallest ? change->amount : 1)
                                   : change ? change->amount + 1
                                            : INT64_MAX;
        at_least_.push_back(bound);
    }

    std::optional<Change> median() {
        if (at_most_.empty()) {
            return std::nullopt;
        }
        const auto middle = static_cast<std::ptrdiff_t>(at_most_.size() / 2);
        std::ranges::nth_element(at_most_, at_most_.begin() + middle);
        std::ranges::nth_element(at_least_, at_least_.begin() + middle);
        const std::int64_t most = at_most_[static_cast<std::size_t>(middle)];
        const std::int64_t least = at_least_[static_cast<std::size_t>(middle)];
        if (most != INT64_MAX) {
            return Change{.amount = most, .smallest = least == most};
        }
        if (least != INT64_MAX) {
            return Change{.amount = least - 1, .smallest = false, .enough = false};
        }
        return std::nullopt;
    }

private:
    std::vector<std::int64_t> at_most_;
    std::vector<std::int64_t> at_least_;
};

}  // namespace bypuls::participation::explanation
