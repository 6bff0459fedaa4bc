#pragma once

#include "city/participation/counting/count.h"
#include "city/participation/counting/profile.h"

namespace bypuls::participation::counting {

struct Kept;
struct Repeated;

/// What a count can be given that others have found out; null: nothing.
struct Given {
    Kept* kept = nullptr;
    Repeated* repeated = nullptr;
};

/// One count of a valid election with these totals.
Result<CountResult> count_valid(const Election& election, const Rule& rule, const Totals& totals,
                                const CountOptions& options, Given given);

}  // namespace bypuls::participation::counting
