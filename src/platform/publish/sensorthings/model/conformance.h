#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace bypuls::sensorthings {

/// What a service offers beside reading.
struct Offers {
    bool changes = false;  ///< to those who may
    bool mqtt = false;
};

/// URIs of the requirements of 18-088 that the service fulfils, for the service root, and of those extensions of
/// FROST's that its clients look for there.
std::vector<std::string_view> conformance(Offers offers);

/// The two of MQTT, which the service root has settings for.
std::span<const std::string_view> mqtt_requirements();

}  // namespace bypuls::sensorthings
