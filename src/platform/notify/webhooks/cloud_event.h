#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"

namespace bypuls::webhooks {

/// CloudEvents 1.0.2 in its structured JSON form (JSON event format §3), the body of `application/cloudevents+json`.
struct CloudEvent {
    std::string id;      ///< source and id together name the event; a repeated delivery repeats both
    std::string source;  ///< a URI reference: "https://bypuls.drammen.kommune.no"
    std::string type;    ///< "no.bypuls.observation"
    std::string subject = {};
    std::optional<Instant> time = std::nullopt;
    /// JSON; empty for an event without data.
    std::string data = {};
    /// Extension attributes with text values: lower-case letters and digits, 1 to 20 of them.
    std::map<std::string, std::string> extensions = {};

    friend bool operator==(const CloudEvent&, const CloudEvent&) = default;
};

constexpr std::string_view cloud_event_media_type = "application/cloudevents+json";
/// §5.2 asks every part of the way to forward this much; more is malformed.
constexpr std::size_t cloud_event_bytes_max = 64U << 10U;

/// check() that id, source and type are there.
std::string to_json(const CloudEvent& event);
/// Errc::malformed names the attribute that is missing or wrong. `data` comes back without white space; data in base64
/// is refused, since we say nothing that is not JSON.
Result<CloudEvent> cloud_event_from_json(std::string_view text);

}  // namespace bypuls::webhooks
