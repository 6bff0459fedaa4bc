#include "platform/ingest/pipeline/device_event.h"

#include <algorithm>

#include "core/text.h"

namespace bypuls::ingest::pipeline {
namespace {

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// A server's sentence of trouble at a join may quote what it was given.
std::string without_keys(std::string_view text) {
    constexpr std::ptrdiff_t key_digits = 32;
    std::string safe;
    for (auto at = text.begin(); at != text.end();) {
        const auto end = std::find_if_not(at, text.end(), is_hex);
        if (end == at) {
            safe += *at++;
            continue;
        }
        safe += end - at < key_digits ? std::string_view(at, end) : "…";
        at = end;
    }
    return safe;
}

std::string short_text(std::string_view text, std::size_t code_points_max) {
    return std::string(beginning(without_keys(text), code_points_max));
}

}  // namespace

DeviceEvent kept_of(const lorawan::Event& event) {
    using lorawan::Kind;
    DeviceEvent kept{.kind = event.kind};
    switch (event.kind) {
        case Kind::up: break;
        case Kind::status: kept.status = event.status; break;
        case Kind::join: kept.dev_addr = event.dev_addr ? event.dev_addr->to_text() : ""; break;
        case Kind::ack:
            if (event.downlink) {
                kept.acknowledged = event.downlink->acknowledged;
            }
            break;
        case Kind::txack:
            if (event.downlink) {
                kept.gateway = short_text(event.downlink->gateway_id, DeviceEvent::code_max);
            }
            break;
        case Kind::log:
            if (event.log) {
                kept.level = event.log->level;
                kept.code = short_text(event.log->code, DeviceEvent::code_max);
                kept.description = short_text(event.log->description, DeviceEvent::description_max);
            }
            break;
        case Kind::location:
            if (event.location) {
                kept.spot = DeviceEvent::Spot{event.location->latitude, event.location->longitude};
            }
            kept.code = short_text(event.service, DeviceEvent::code_max);
            break;
        case Kind::service: kept.code = short_text(event.service, DeviceEvent::code_max); break;
    }
    return kept;
}

}  // namespace bypuls::ingest::pipeline
