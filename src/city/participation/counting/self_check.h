#pragma once

#include "city/participation/counting/result.h"

namespace bypuls::participation::counting {

/// Goes through a finished count by separate exact arithmetic: no pot overspent, no project twice, no two of an
/// exclusive group, no winner without support; for Equal Shares with exact rounds the payments sum to the costs to the
/// last fraction and nobody pays more than she has. What fails is our mistake and ends the program.
void self_check(const Election& election, const Rule& rule, const CountResult& result);

}  // namespace bypuls::participation::counting
