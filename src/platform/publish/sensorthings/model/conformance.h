#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace bypuls::sensorthings {

/// URIs of the requirements of 18-088 that the service fulfils, for the service root. With MQTT those of §12 and §13.
std::vector<std::string_view> conformance(bool mqtt);

/// The two of MQTT, which the service root has settings for.
std::span<const std::string_view> mqtt_requirements();

}  // namespace bypuls::sensorthings
