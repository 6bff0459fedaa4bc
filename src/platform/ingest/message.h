#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/result.h"

namespace bypuls::ingest {

/// How a message came in. The numbers stand in the journal and are never reused.
enum class Way : std::uint8_t {
    chirpstack_json = 1,
    chirpstack_protobuf = 2,
    tts_json = 3,
    lines = 4,
    batch_json = 5,
    batch_ndjson = 6,
    sensorthings = 7,  ///< rows as in batch_json, made of what came to the SensorThings service
};

/// The source of metrics and dead letters: "chirpstack", "tts", "lines", "observations", "sensorthings".
std::string_view source_of(Way way);

/// What was received, as it is kept in the journal: enough to decode it again without asking anyone.
struct Message {
    Way way = Way::chirpstack_json;
    std::string sender;  ///< name of the API key it came with
    /// ChirpStack: the event's name; lines: the precision; batches: "history" or empty; otherwise empty.
    std::string detail;
    Instant received{};           ///< when it came; also the time of lines and rows that carry none
    std::uint64_t replay_of = 0;  ///< position of the message that this one tries again; 0: none
    std::string body;             ///< unpacked, byte for byte
    /// Names the message among the last ones of its sender, where the same may be delivered again: "client/17", by
    /// MQTT's client and packet identifiers. Empty: it stands for itself.
    std::string key{};
    bool redelivered = false;  ///< the sender says that it may have come before

    friend bool operator==(const Message&, const Message&) = default;
};

/// The detail of a batch of readings that were taken long ago and are brought in now, so that none of them is late.
constexpr std::string_view history_detail = "history";
bool is_history(const Message& message);

/// Begins the key of what a bridge fetched, as mqtt::Subscriber names it.
constexpr std::string_view bridge_prefix = "bridge:";
/// Begins the key of a request that came with an Idempotency-Key: another content under it is a conflict, where a
/// packet identifier is only used anew.
constexpr std::string_view request_prefix = "http:";

/// A publish of QoS 1 or 2: its sender is told yes or no to the whole of it, reads no reasons, and lets go of it once
/// it is answered, whatever the answer. So what becomes of it must be on disk before. False for one that is tried
/// again.
bool is_publish(const Message& message);

/// What the journal calls its records.
constexpr std::uint8_t message_record = 1;
constexpr std::uint8_t refused_record = 2;

/// The journal's payload of a message, with varint lengths: version 1, or 2 when it has a key. docs/formats/message.md
Bytes encode(const Message& message);
/// Errc::malformed for anything encode() does not write. `received` is the journal's.
Result<Message> decode(ByteView payload, Instant received);

/// A message of which nothing could be used, kept so that its dead letter outlives the moment.
struct RefusedMessage {
    Message message;               ///< with no more of its body than letters show
    std::uint64_t body_bytes = 0;  ///< of the whole
    std::string sentence;          ///< why, in English

    friend bool operator==(const RefusedMessage&, const RefusedMessage&) = default;
};

/// The journal's payload of a refused message: version 3.
Bytes encode(const RefusedMessage& refused);
/// Errc::malformed for anything encode() does not write.
Result<RefusedMessage> decode_refused(ByteView payload, Instant received);

/// Why a unit (a frame, a line, a row) was not stored. The codes are stable: they are searched for and counted.
enum class Reason : std::uint8_t {
    none,
    malformed,       ///< rejected: does not follow its format
    unknown_device,  ///< quarantined: nobody has adopted the device
    no_profile,      ///< quarantined: the device's profile or codec is missing
    codec_failed,    ///< quarantined: the codec could not decode the payload
    nothing_mapped,  ///< quarantined: decoded, but no field of it is in the device's profile
    frame_conflict,  ///< quarantined: the same radio frame came before with another payload
    future,          ///< quarantined: stamped more than ten minutes ahead
    unknown_series,  ///< quarantined: no datastream has this name, and the key may not make one
    wrong_type,      ///< quarantined: not the datastream's type of value
    out_of_range,    ///< quarantined: a time or value that cannot be kept
    key_conflict,    ///< quarantined: the same Idempotency-Key came before with another content
    frame_repeated,  ///< quarantined: the same radio frame came before, and this is stamped long after it
};

/// "unknown_device", as in URLs, metrics and message files.
std::string_view name_of(Reason reason);
Result<Reason> reason_named(std::string_view name);

/// What became of the units of a source. The conservation law: received = stored + duplicate + quarantined + rejected
/// + damaged + in flight, always.
struct Counts {
    std::uint64_t received = 0;
    std::uint64_t stored = 0;
    std::uint64_t duplicate = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t rejected = 0;
    /// Records of the journal that the disk no longer gives, one unit each, since what they held cannot be told. Only
    /// of the source "journal".
    std::uint64_t damaged = 0;

    Counts& operator+=(const Counts& other);
    /// Received and not yet in one of the others.
    std::uint64_t in_flight() const { return received - stored - duplicate - quarantined - rejected - damaged; }
    friend bool operator==(const Counts&, const Counts&) = default;
};

}  // namespace bypuls::ingest
