#include "city/bathing/advice.h"

namespace bypuls::bathing {

std::optional<std::string_view> advice_of(const Condition& condition) {
    const std::string_view property = condition.stream.property;
    if (property != "water_temperature" && property != "snow_depth") {
        return std::nullopt;
    }
    const auto value = condition.shown ? number_of(condition.shown->value) : std::nullopt;
    if (!value || condition.state == State::missing || condition.state == State::stale) {
        return "unknown";
    }
    if (property == "snow_depth") {
        return *value >= 20 ? "snow" : "no_snow";
    }
    // Cold shock is likely for the unaccustomed below 15 °C and at its worst from 10 °C down (Tipton 1989); 18 °C is
    // what most call pleasant.
    return *value < 10 ? "icy" : *value < 15 ? "cold" : *value < 18 ? "fresh" : "warm";
}

std::optional<std::string_view> caution_of(const std::vector<Sample>& samples, bool coastal, Instant now) {
    if (samples.empty()) {
        return std::nullopt;
    }
    const auto fhi = now - samples.front().time <= sample_speaks_max ? fhi_class(samples.front()) : std::nullopt;
    if (fhi == FhiClass::not_acceptable) {
        return "not_acceptable";
    }
    if (fhi == FhiClass::less_good) {
        return "less_good";
    }
    if (eu_class(samples, coastal).eu == EuClass::poor) {
        return "poor";
    }
    return std::nullopt;
}

}  // namespace bypuls::bathing
