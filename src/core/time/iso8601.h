#pragma once

#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"

namespace bypuls {

/// Reads an RFC 3339 date-time (ISO 8601 profile): "2026-11-22T06:14:05.123456Z", "+01:00", "+0100", lower-case t and
/// z, a space for T, any number of fraction digits (beyond microseconds they are cut), and a leap second 60, which
/// becomes the next second. A zone is required: a time without one is malformed, not guessed. Years 0001 to 9999.
Result<Instant> parse_instant(std::string_view text);

/// The shortest exact form in UTC: "2026-11-22T06:14:05Z", with milli- or microseconds only when there are any.
std::string format_instant(Instant t);

/// "from/to", each an instant. SensorThings 18-088 §8.2 time intervals.
Result<Interval> parse_interval(std::string_view text);

}  // namespace bypuls
