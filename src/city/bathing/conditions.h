#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "platform/observations/columns.h"
#include "platform/observations/observation.h"
#include "platform/publication/plane/catalogue.h"

/// What is known now of a property at a place. Pure rules: no clock, no store.
namespace bypuls::bathing {

/// How sure the shown value is.
enum class State : std::uint8_t {
    fresh,      ///< the newest reading is usable and recent
    last_good,  ///< the newest reading is doubted; an earlier one is shown
    stale,      ///< nothing has come for too long; the last usable one is shown
    missing,    ///< there is nothing to show
};
std::string_view name_of(State state);

/// A usable reading older than this is history, not a condition, and is not shown as now.
constexpr std::chrono::days shown_max{30};

/// Change over the last hours, from usable readings alone.
struct Trend {
    enum class Direction : std::uint8_t { rising, steady, falling };
    Direction direction = Direction::steady;
    double change = 0;  ///< in the unit of the property
    Duration span{};
};
std::string_view name_of(Trend::Direction direction);

/// The trend at the end of `readings` (one stream's, oldest first) over the last three hours: the difference between
/// the last usable reading and the first usable one at most three hours before it. Less than `steady_below` is steady.
/// Nothing when there are fewer than two usable readings in that time.
std::optional<Trend> trend_of(const observations::Columns& readings, double steady_below);
/// What counts as no change: less than 0.3 of a degree, 2 percentage points or centimetres, 1 of the UV index.
double steady_below(std::string_view property);

struct Condition {
    publication::PublicStream stream;
    State state = State::missing;
    std::optional<observations::Observation> shown;
    std::optional<observations::Observation> newest;
    std::optional<Trend> trend;
};

/// Judges what the plane says of a stream.
Condition condition_of(const publication::PublicStream& stream, std::optional<observations::Observation> newest,
                       std::optional<observations::Observation> newest_usable, Instant now);

/// A number or integer as a double; nothing for other values.
std::optional<double> number_of(const observations::Value& value);

/// UV index classes of WHO and DSA: 0-2 low, 3-5 moderate, 6-7 high, 8-10 very high, 11 and more extreme. The index is
/// rounded to a whole number first, as DSA shows it.
enum class UvClass : std::uint8_t { low, moderate, high, very_high, extreme };
UvClass uv_class(double index);
std::string_view name_of(UvClass uv);

}  // namespace bypuls::bathing
