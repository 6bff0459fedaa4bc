#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The examples of the page for developers, filled with what the town has. tests/town/developers.ts takes each of them
/// out of the served page and runs it, so they are the only ones of their kind.
namespace bypuls::publish::developers {

/// Where MQTT is spoken.
struct MqttDoor {
    std::string host;
    std::uint16_t port = 0;
    bool tls = false;
};

/// What stands in the examples. None of it may hold what a shell would read as more than text; see is_plain().
struct Filling {
    std::string origin = "http://localhost";  ///< as the reader reached us, without a slash at the end
    std::int64_t datastream = 1;              ///< a published one
    std::string place = "landfalltjern";      ///< slug of a published place
    std::string property = "water_temperature";
    std::optional<MqttDoor> mqtt = {};
    /// Makes a key, where the reader runs the town; empty: the reader has to ask for one.
    std::string key_command = {};
};

/// Letters, digits and ".:-_/[]@" alone.
bool is_plain(std::string_view text);

struct Example {
    std::string_view id;        ///< "latest"; data-example in the page
    std::string_view language;  ///< "bash", "python", "r", "javascript", "powerquery"
    std::string_view label;     ///< the language's own name: "curl", "Power Query M"
    std::string_view code;      ///< with @origin@ and the like
    /// The same as an address of ours that a reader may open; empty when it is no GET that ends.
    std::string_view path = {};
};

/// check() that there is one.
const Example& example(std::string_view id);
/// A template with the town's values in it.
std::string filled(std::string_view text, const Filling& filling);

}  // namespace bypuls::publish::developers
