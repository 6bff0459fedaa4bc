#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "platform/observations/observation.h"

/// The flags of a reading by name, as they stand in the API, in files and in messages.
namespace bypuls::observations {

/// "range", "spike", "stuck", "gap", "late", "clock", "estimated", "manual": those that are set, in this order.
std::vector<std::string_view> flag_names(Quality quality);
std::optional<Quality::Flag> flag_named(std::string_view name);

}  // namespace bypuls::observations
