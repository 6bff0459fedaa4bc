#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "city/bathing/conditions.h"
#include "city/bathing/water_quality.h"

/// What a neighbour would say of it, as the end of a message's key. Pure.
namespace bypuls::bathing {

/// Of one condition, `bathing.advice.<…>`: "icy", "cold", "fresh", "warm" of water, "snow" and "no_snow" of a track,
/// "unknown" when there is nothing recent to say it from; nothing of other properties. It speaks of warmth alone:
/// whether the water is clean is what caution_of() says.
std::optional<std::string_view> advice_of(const Condition& condition);

/// A sample older than this says nothing of the water of today.
constexpr std::chrono::days sample_speaks_max{45};

/// What the samples warn of, `bathing.caution.<…>`: "not_acceptable" or "less_good" by the newest sample while it
/// speaks, else "poor" by the class of four seasons; nothing when neither warns. `samples` are newest first.
std::optional<std::string_view> caution_of(const std::vector<Sample>& samples, bool coastal, Instant now);

}  // namespace bypuls::bathing
