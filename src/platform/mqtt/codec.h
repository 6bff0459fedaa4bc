#pragma once

#include <cstddef>
#include <expected>
#include <optional>

#include "core/bytes.h"
#include "platform/mqtt/packets.h"

/// MQTT on the wire: bytes in, packets out, and back. Pure.
namespace bypuls::mqtt {

/// A value, or what the sender did wrong.
template <typename T>
using Decoded = std::expected<T, Fault>;

/// The largest packet that the standard can express (§1.5.5).
inline constexpr std::size_t packet_bytes_limit = 268'435'460;

// What one packet may hold, so that memory does not grow far beyond the bytes that came. Quota exceeded beyond.
inline constexpr std::size_t properties_max = 256;
inline constexpr std::size_t filters_per_packet_max = 1024;

/// How long the packet is that `bytes` begin with, header included; nothing when too few have come to tell.
///  - malformed_packet: the first byte begins no packet, or the length has more than four bytes
///  - packet_too_large: longer than `bytes_max`, known as soon as the length is, before the rest has come
Decoded<std::optional<std::size_t>> packet_length(ByteView bytes, std::size_t bytes_max = packet_bytes_limit);

/// Reads one whole packet, as long as packet_length() said. A CONNECT tells its own version; `version` is for all
/// others. Everything the standard calls malformed or a protocol error within one packet is a Fault:
///  - malformed_packet: reserved bits, lengths that do not fit, text that is not UTF-8 or holds U+0000, trailing bytes
///  - protocol_error: a property twice or where it does not belong, a value out of its range, a missing payload
///  - unsupported_protocol_version: a CONNECT of another version
///  - topic_name_invalid: a wildcard in the topic of a PUBLISH, a will or a response topic, or an empty one
///  - quota_exceeded: more properties or filters than the limits above
/// Filters are not judged here: a bad one has its own answer in SUBACK.
Decoded<Packet> decode(ByteView packet, Version version);

/// Appends the packet. Texts must be at most 65 535 bytes. What the version cannot say is left out: properties and
/// reasons in MQTT 3.1.1, where a refusing CONNACK takes the nearest of its five return codes.
void encode(const Packet& packet, Version version, Bytes& out);

}  // namespace bypuls::mqtt
