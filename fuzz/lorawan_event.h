#pragma once

#include "core/check.h"
#include "core/text.h"
#include "platform/ingest/lorawan/uplink.h"

namespace bypuls::ingest::lorawan {

/// What holds for every event that a parser gives, whatever bytes it came from.
inline void check_event(const Event& event) {
    check(event.payload.size() <= payload_bytes_max, "the payload is bounded");
    check(event.gateways.size() <= gateways_max && event.tags.size() <= tags_max, "the lists are bounded");
    check(is_utf8(event.device_name) && is_utf8(event.decoded_json) && is_utf8(event.normalized_json), "text is UTF-8");
    check(event.radio.spreading_factor <= 12, "spreading factors end at 12");
    check(event.status.has_value() == (event.kind == Kind::status), "a status event has a status");
    check(event.location.has_value() == (event.kind == Kind::location), "a location event has a location");
    check(event.log.has_value() == (event.kind == Kind::log), "a log event has a log");
    check(DevEui::from_text(event.dev_eui.to_text()).value() == event.dev_eui, "a device EUI survives its text");
}

inline void check_result(const Result<Event>& event) {
    if (event) {
        check_event(*event);
    } else {
        check(event.error().code == Errc::malformed || event.error().code == Errc::exhausted, "input is at fault");
        check(is_utf8(event.error().what) && !event.error().what.empty(), "the fault is a sentence");
    }
}

}  // namespace bypuls::ingest::lorawan
