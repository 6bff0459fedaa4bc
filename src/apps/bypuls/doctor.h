#pragma once

#include "apps/bypuls/settings.h"
#include "apps/bypuls/verify.h"
#include "core/clock.h"

namespace bypuls::apps {

/// Looks at the machine and the data folder as `serve` would need them. Writes one small file into the folder and
/// takes it away again; changes nothing else. Works beside a running town.
std::vector<Finding> examine(const Settings& settings, const Clock& clock);

}  // namespace bypuls::apps
