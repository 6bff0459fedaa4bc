#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "platform/ingest/lorawan/uplink.h"
#include "platform/journal/journal.h"

namespace bypuls::ingest::pipeline {

/// What a network server told of a device that is no frame: its battery, that it joined, what became of a downlink,
/// what the server noticed. Members that the kind does not have keep their default.
struct DeviceEvent {
    struct Spot {
        double latitude = 0;   ///< degrees north, WGS 84
        double longitude = 0;  ///< degrees east
        friend bool operator==(const Spot&, const Spot&) = default;
    };
    static constexpr std::size_t code_max = 64;          ///< code points; what is beyond is left out
    static constexpr std::size_t description_max = 300;  ///< code points

    std::string dev_eui;
    std::string name;  ///< tells it from the device's others, and is the same when it is delivered again
    lorawan::Kind kind = lorawan::Kind::status;
    journal::Position position;  ///< of the message that brought it
    Instant time{};              ///< when it happened; of receipt when nobody says, or when its stamp lies ahead

    std::optional<lorawan::Status> status;   ///< kind status
    std::optional<lorawan::LogLevel> level;  ///< kind log
    std::string code;                        ///< log: the server's word. location and service: who found it
    std::string description;                 ///< log, in the server's language
    std::optional<bool> acknowledged;        ///< kind ack
    std::string gateway;                     ///< that sent the downlink (kind txack)
    std::optional<Spot> spot;                ///< kind location
    std::string dev_addr;                    ///< that the device was given (kind join)

    friend bool operator==(const DeviceEvent&, const DeviceEvent&) = default;
};

/// The beginning of a server's text, without what looks like a key of LoRaWAN: 16 bytes or more in hexadecimal digits,
/// in one or in groups, or in base64. Pure.
std::string short_text(std::string_view text, std::size_t code_points_max);

/// What is kept of an event; who it is of and when it came is the caller's. Pure. Texts are short_text().
DeviceEvent kept_of(const lorawan::Event& event);

}  // namespace bypuls::ingest::pipeline
