#include "city/bathing/conditions.h"

#include <array>
#include <cmath>

namespace bypuls::bathing {

using namespace std::chrono_literals;

std::string_view name_of(State state) {
    constexpr std::array<std::string_view, 4> names{"fresh", "last_good", "stale", "missing"};
    return names.at(static_cast<std::size_t>(state));
}

std::string_view name_of(Trend::Direction direction) {
    constexpr std::array<std::string_view, 3> names{"rising", "steady", "falling"};
    return names.at(static_cast<std::size_t>(direction));
}

std::string_view name_of(UvClass uv) {
    constexpr std::array<std::string_view, 5> names{"low", "moderate", "high", "very_high", "extreme"};
    return names.at(static_cast<std::size_t>(uv));
}

std::optional<double> number_of(const observations::Value& value) {
    if (const auto* number = std::get_if<double>(&value)) {
        return *number;
    }
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        return static_cast<double>(*integer);
    }
    return std::nullopt;
}

double steady_below(std::string_view property) {
    if (property == "humidity" || property == "snow_depth") {
        return 2.0;
    }
    return property == "uv_index" ? 1.0 : 0.3;
}

std::optional<Trend> trend_of(const observations::Columns& readings, double steady_below) {
    constexpr Duration span_max = 3h;
    std::optional<std::size_t> last;
    std::optional<std::size_t> first;
    for (std::size_t i = readings.size(); i-- > 0;) {
        if (!readings.quality_of(i).usable() || !number_of(readings.value(i))) {
            continue;
        }
        if (!last) {
            last = i;
        } else if (readings.times[*last] - readings.times[i] <= span_max) {
            first = i;
        } else {
            break;
        }
    }
    if (!last || !first) {
        return std::nullopt;
    }
    Trend trend{.change = *number_of(readings.value(*last)) - *number_of(readings.value(*first)),
                .span = readings.times[*last] - readings.times[*first]};
    // 5.0 − 5.3 is a hair less than 0.3 in binary.
    constexpr double hair = 1e-6;
    if (std::abs(trend.change) >= steady_below - hair) {
        trend.direction = trend.change > 0 ? Trend::Direction::rising : Trend::Direction::falling;
    }
    return trend;
}

Condition condition_of(const publication::PublicStream& stream, std::optional<observations::Observation> newest,
                       std::optional<observations::Observation> newest_usable, Instant now) {
    Condition condition{.stream = stream, .newest = std::move(newest)};
    if (!newest_usable || !number_of(newest_usable->value) || now - newest_usable->time > shown_max) {
        return condition;
    }
    const bool old = now - newest_usable->time > stream.stale_after;
    const bool doubted = condition.newest && condition.newest->time > newest_usable->time;
    condition.state = old ? State::stale : doubted ? State::last_good : State::fresh;
    condition.shown = std::move(newest_usable);
    return condition;
}

UvClass uv_class(double index) {
    const double whole = std::round(index);
    if (whole < 3) {
        return UvClass::low;
    }
    if (whole < 6) {
        return UvClass::moderate;
    }
    if (whole < 8) {
        return UvClass::high;
    }
    return whole < 11 ? UvClass::very_high : UvClass::extreme;
}

}  // namespace bypuls::bathing
