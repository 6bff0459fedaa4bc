#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"

namespace bypuls::observations {

/// What SensorThings knows of an observation beyond its time, result and quality (18-088 §8.2.7). Most observations
/// have none of it: a sensor's reading is of an instant, of the thing's own place, and says no more.
struct Detail {
    /// The phenomenon time is a span from the observation's time to here; never before it.
    std::optional<Instant> phenomenon_end{};
    /// When the result was made. None: nobody said, which SensorThings shows as null.
    std::optional<Instant> result_time{};
    std::optional<Interval> valid_time{};
    std::string result_quality{};  ///< JSON of any kind, or empty
    std::string parameters{};      ///< a JSON object, or empty
    /// The FeatureOfInterest that the sender named; 0: that of the thing's location at the time.
    std::int64_t feature = 0;

    bool empty() const { return *this == Detail{}; }
    friend bool operator==(const Detail&, const Detail&) = default;
};

/// Longer details are refused.
constexpr std::size_t detail_bytes_max = 16U << 10U;

/// One JSON object with the members that are set: "phenomenonTimeEnd", "resultTime", "validTime" ("from/to", both
/// ends), "resultQuality", "parameters", "featureOfInterest".
std::string to_json(const Detail& detail);
/// Errc::malformed names the member; exhausted beyond detail_bytes_max.
Result<Detail> detail_from_json(std::string_view text);

}  // namespace bypuls::observations
