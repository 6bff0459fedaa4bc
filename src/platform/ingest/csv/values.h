#pragma once

#include <optional>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"
#include "core/time/oslo.h"
#include "platform/ingest/csv/map.h"
#include "platform/ingest/csv/reader.h"

// Cells into values, as the map declares them. A fault is a sentence without the place: "'abc' is not a number".
namespace bypuls::ingest::csv {

Result<Value> read_value(std::string_view cell, ValueType type, const Map& map);
/// `last` is the time of the record before, for Doubled::in_order.
Result<Instant> read_time(std::string_view cell, const Map& map, const Zone& zone, std::optional<Instant> last);
bool is_missing(std::string_view cell, const Map& map);

/// Patterns are of %Y %m %d %H %M %S %f %y %z %%. Digits may be fewer than usual ("1.6.2024"), never more; %f is a
/// fraction of any length, %z is Z or an offset.
/// Errc::malformed when the pattern has an unknown letter, or lacks year, month or day.
Result<void> check_pattern(std::string_view pattern);

}  // namespace bypuls::ingest::csv
