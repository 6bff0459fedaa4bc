#pragma once

#include <functional>
#include <optional>
#include <span>

#include "city/participation/explanation/variant.h"

namespace bypuls::participation::explanation {

/// Whether it is enough that these change their ballots.
using Enough = std::function<Result<bool>(const Voters&)>;

struct Fewest {
    std::optional<Voters> found;  ///< no fewer are enough, whichever they are
    std::int64_t all_tried = 0;   ///< every choice of so many voters was tried, and of every smaller number
};

/// The fewest voters of these ballot groups who are enough, over all ways to choose them; voters with the same ballot
/// are alike. Looks for `most` at most, and only at numbers of voters that it can try whole within `trials_max` counts.
/// A count that ends with Errc::exhausted ends the search.
Result<Fewest> fewest_voters(const counting::Ballots& ballots, std::span<const std::uint32_t> groups, std::int64_t most,
                             std::size_t trials_max, const Enough& enough);

}  // namespace bypuls::participation::explanation
