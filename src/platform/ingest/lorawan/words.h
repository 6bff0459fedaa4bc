#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/text.h"
#include "platform/ingest/lorawan/uplink.h"

// The network servers' words for things, common to their JSON and protobuf.
namespace bypuls::ingest::lorawan {

/// The query parameter `event`: ChirpStack says "integration" where we say service.
Result<Kind> chirpstack_kind(std::string_view event_name);
/// "CR_4_5", "4/5" or the number 1 become "4/5"; what is not known stays as it is.
std::string coding_rate_of(std::string_view word);
/// By name or number; anything unknown is information.
LogLevel log_level_of(std::string_view word);
/// Eight hexadecimal digits, or four bytes in base64 as ChirpStack 3 has them.
std::optional<DevAddr> dev_addr_of(std::string_view text);
/// A key for an error: it comes from outside, so at most 64 bytes of it, cut between characters.
std::string_view shortened(std::string_view key);
/// A level that a device can have told: above 0, which LoRaWAN L2 1.0.4 §5.5 keeps for mains, to 100 percent.
std::optional<double> battery_of(double percent);
bool on_earth(const Location& location);
/// Servers send an empty location, or 0° 0°, for a gateway that nobody has placed.
bool is_known(const Location& location);

}  // namespace bypuls::ingest::lorawan
