#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/result.h"

/// What a LoRaWAN network server tells us, in one form whichever server it was. Pure values and parsers; no I/O.
namespace bypuls::ingest::lorawan {

/// What happened to a device. ChirpStack's event names; The Things Stack's are laid onto them (see README.md).
enum class Kind : std::uint8_t { up, join, status, ack, txack, log, location, service };
std::string_view name_of(Kind kind);
/// "up", "join", ...; Errc::malformed for any other word.
Result<Kind> kind_named(std::string_view name);

enum class Network : std::uint8_t { chirpstack, tts };
std::string_view name_of(Network network);

/// The 64-bit number that a device is sold with, first byte first. LoRaWAN L2 1.0.4 §6.2.
struct DevEui {
    std::array<std::uint8_t, 8> bytes{};

    /// Sixteen hexadecimal digits, either case. Errc::malformed otherwise.
    static Result<DevEui> from_text(std::string_view hex);
    /// Sixteen lower-case digits.
    std::string to_text() const;
    friend auto operator<=>(const DevEui&, const DevEui&) = default;
};

/// The 32-bit address of a device within one session; changes when it joins anew. LoRaWAN L2 1.0.4 §6.1.
struct DevAddr {
    std::uint32_t value = 0;

    /// Eight hexadecimal digits, either case. Errc::malformed otherwise.
    static Result<DevAddr> from_text(std::string_view hex);
    std::string to_text() const;
    friend auto operator<=>(const DevAddr&, const DevAddr&) = default;
};

/// WGS 84.
struct Location {
    double latitude = 0;   ///< degrees, -90 to 90
    double longitude = 0;  ///< degrees, -180 to 180
    double altitude = 0;   ///< metres
    double accuracy = 0;   ///< metres; 0 when unknown
    std::string source;    ///< as the server says it: "GPS", "GEO_RESOLVER_TDOA", "SOURCE_REGISTRY"

    friend bool operator==(const Location&, const Location&) = default;
};

/// One gateway that heard the frame.
struct Gateway {
    std::string id;             ///< ChirpStack: 16 hex digits. TTS: the gateway's name
    std::string eui;            ///< 16 lower-case hex digits when known
    double rssi_dbm = 0;        ///< 0 when the gateway did not say
    double snr_db = 0;          ///< 0 when the gateway did not say, or the modulation has none
    std::uint32_t channel = 0;  ///< index of the channel
    std::optional<Location> location;
    std::optional<Instant> time;          ///< by the gateway's own clock (GNSS), when it has one
    std::optional<Instant> network_time;  ///< when the network server got this copy

    friend bool operator==(const Gateway&, const Gateway&) = default;
};

/// How the frame was sent.
struct Radio {
    std::uint64_t frequency_hz = 0;
    std::uint32_t data_rate = 0;         ///< index in the region's table
    std::uint32_t bandwidth_hz = 0;      ///< 0 when not LoRa
    std::uint32_t spreading_factor = 0;  ///< 5 to 12; 0 when not LoRa
    std::string coding_rate;             ///< "4/5"; empty when unknown

    friend bool operator==(const Radio&, const Radio&) = default;
};

/// A device's answer to DevStatusReq. LoRaWAN L2 1.0.4 §5.5.
struct Status {
    std::int32_t margin_db = 0;             ///< SNR margin of the last request, -32 to 31
    bool external_power = false;            ///< runs on mains
    std::optional<double> battery_percent;  ///< above 0; none when it cannot measure, or runs on mains

    friend bool operator==(const Status&, const Status&) = default;
};

/// What became of a downlink.
struct Downlink {
    std::string queue_id;       ///< the server's id of the queued item; may be empty
    std::uint32_t f_cnt = 0;    ///< downlink frame counter
    bool acknowledged = false;  ///< by the device (kind ack)
    std::string gateway_id;     ///< that sent it (kind txack)

    friend bool operator==(const Downlink&, const Downlink&) = default;
};

enum class LogLevel : std::uint8_t { info, warning, error };
std::string_view name_of(LogLevel level);

/// What the network server noticed about a device, such as UPLINK_F_CNT_RESET.
struct Log {
    LogLevel level = LogLevel::info;
    std::string code;  ///< the server's word; an unknown number stands as its digits
    std::string description;

    friend bool operator==(const Log&, const Log&) = default;
};

using Tags = std::vector<std::pair<std::string, std::string>>;

/// One message of a network server. Members that the kind does not have keep their default.
struct Event {
    Kind kind = Kind::up;
    Network network = Network::chirpstack;

    std::string tenant_id;
    std::string tenant_name;
    std::string application_id;
    std::string application_name;
    std::string device_id;  ///< TTS's name for the device within the application; empty with ChirpStack
    std::string device_name;
    std::string profile_id;
    std::string profile_name;
    DevEui dev_eui;
    Tags tags;  ///< of device and profile, in the order sent

    /// Names this processing of the frame; two copies of one frame may have two (a second key only).
    std::string deduplication_id;
    /// When the network server says it happened. ChirpStack 3 has none: then the first gateway's time, if any.
    std::optional<Instant> time;

    std::optional<DevAddr> dev_addr;
    std::string join_id;      ///< TTS's session_key_id; empty with ChirpStack
    std::uint32_t f_cnt = 0;  ///< all 32 bits, as the server inferred them
    std::uint8_t f_port = 0;  ///< 0: MAC commands alone, 1 to 223: application
    Bytes payload;            ///< FRMPayload, decrypted; at most payload_bytes_max
    bool confirmed = false;
    bool adr = false;
    bool simulated = false;  ///< TTS: sent from its console, not by a device
    Radio radio;
    std::vector<Gateway> gateways;
    std::string region;  ///< region or cluster of the server

    std::string decoded_json;     ///< what the server's own codec made of it; compact JSON, empty when none
    std::string normalized_json;  ///< TTS: normalized_payload; compact JSON, empty when none
    std::vector<std::string> codec_warnings;

    std::optional<Status> status;      ///< kind status
    std::optional<Downlink> downlink;  ///< kinds ack and txack
    std::optional<Log> log;            ///< kind log
    std::optional<Location> location;  ///< kind location
    std::string service;               ///< kinds location and service: who found it

    friend bool operator==(const Event&, const Event&) = default;
};

// Limits. What exceeds them is Errc::exhausted, before memory is spent on it.
inline constexpr std::size_t body_bytes_max = 1 << 20;  ///< a real event is 1 to 8 KiB
inline constexpr std::size_t json_depth_max = 32;
inline constexpr std::size_t gateways_max = 256;
inline constexpr std::size_t tags_max = 256;
inline constexpr std::size_t payload_bytes_max = 255;  ///< a LoRaWAN PHY payload has one length byte

/// ChirpStack 4's HTTP or MQTT integration in JSON; `event` is the query parameter. An `up` in ChirpStack 3's form
/// (applicationID, devEUI in base64) is read too. Errc::malformed names the field: "rxInfo[1].rssi: not a number";
/// duplicate keys and bytes that are not UTF-8 are malformed. Unknown members are skipped. Thread-safe.
Result<Event> parse_chirpstack_json(std::string_view event, std::string_view body);

/// The same as protobuf: package `integration` of ChirpStack 4's API. Unknown fields are skipped, as protobuf asks.
Result<Event> parse_chirpstack_protobuf(std::string_view event, ByteView body);

/// A webhook of The Things Stack 3 in JSON (ttn.lorawan.v3.ApplicationUp): the member tells the kind.
Result<Event> parse_tts_json(std::string_view body);

}  // namespace bypuls::ingest::lorawan
