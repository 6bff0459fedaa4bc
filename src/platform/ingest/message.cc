#include "platform/ingest/message.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace bypuls::ingest {
namespace {

constexpr std::uint8_t plain_version = 1;
constexpr std::uint8_t keyed_version = 2;  // a flag and the key stand before the sender
constexpr std::uint8_t refused_version = 3;

constexpr std::array<std::pair<Reason, std::string_view>, 13> reasons{{
    {Reason::none, "none"},
    {Reason::malformed, "malformed"},
    {Reason::unknown_device, "unknown_device"},
    {Reason::no_profile, "no_profile"},
    {Reason::codec_failed, "codec_failed"},
    {Reason::nothing_mapped, "nothing_mapped"},
    {Reason::frame_conflict, "frame_conflict"},
    {Reason::future, "future"},
    {Reason::unknown_series, "unknown_series"},
    {Reason::wrong_type, "wrong_type"},
    {Reason::out_of_range, "out_of_range"},
    {Reason::key_conflict, "key_conflict"},
    {Reason::frame_repeated, "frame_repeated"},
}};

void put_text(Bytes& out, std::string_view text) {
    put_varint(out, text.size());
    const ByteView bytes = as_bytes(text);
    out.insert(out.end(), bytes.begin(), bytes.end());
}

Result<std::string> read_text(ByteReader& in) {
    TRY(const auto length, in.varint());
    if (length > in.remaining()) {
        return fail(Errc::malformed, "a kept message ends too early");
    }
    TRY(const auto bytes, in.take(static_cast<std::size_t>(length)));
    return std::string(as_text(bytes));
}

bool known(std::uint8_t way) {
    return way >= static_cast<std::uint8_t>(Way::chirpstack_json) &&
           way <= static_cast<std::uint8_t>(Way::sensorthings);
}

}  // namespace

std::string_view source_of(Way way) {
    switch (way) {
        case Way::chirpstack_json:
        case Way::chirpstack_protobuf: return "chirpstack";
        case Way::tts_json: return "tts";
        case Way::lines: return "lines";
        case Way::batch_json:
        case Way::batch_ndjson: return "observations";
        case Way::sensorthings: return "sensorthings";
    }
    return "unknown";
}

bool is_history(const Message& message) {
    return (message.way == Way::batch_json || message.way == Way::batch_ndjson) && message.detail == history_detail;
}

bool is_publish(const Message& message) {
    return !message.key.empty() && !message.key.starts_with(request_prefix) && message.replay_of == 0;
}

Bytes encode(const Message& message) {
    Bytes out;
    out.reserve(message.body.size() + message.sender.size() + message.detail.size() + 32);
    const bool keyed = !message.key.empty() || message.redelivered;
    out.push_back(std::byte{keyed ? keyed_version : plain_version});
    out.push_back(static_cast<std::byte>(message.way));
    put_varint(out, message.replay_of);
    if (keyed) {
        out.push_back(std::byte{message.redelivered ? std::uint8_t{1} : std::uint8_t{0}});
        put_text(out, message.key);
    }
    put_text(out, message.sender);
    put_text(out, message.detail);
    put_text(out, message.body);
    return out;
}

Result<Message> decode(ByteView payload, Instant received) {
    ByteReader in(payload);
    TRY(const auto version, in.u8());
    if (version != plain_version && version != keyed_version) {
        return fail(Errc::malformed,
                    fmt::format("a kept message has format {}, which this program does not know", version));
    }
    TRY(const auto way, in.u8());
    if (!known(way)) {
        return fail(Errc::malformed, fmt::format("a kept message came in a way {} that is not known", way));
    }
    Message message;
    message.way = static_cast<Way>(way);
    message.received = received;
    TRY(message.replay_of, in.varint());
    if (version == keyed_version) {
        TRY(const auto redelivered, in.u8());
        if (redelivered > 1) {
            return fail(Errc::malformed, "a kept message has flags that are not known");
        }
        message.redelivered = redelivered == 1;
        TRY(message.key, read_text(in));
    }
    TRY(message.sender, read_text(in));
    TRY(message.detail, read_text(in));
    TRY(message.body, read_text(in));
    if (in.remaining() != 0) {
        return fail(Errc::malformed, "a kept message has bytes after its end");
    }
    return message;
}

Bytes encode(const RefusedMessage& refused) {
    Bytes out;
    out.push_back(std::byte{refused_version});
    put_varint(out, refused.body_bytes);
    put_text(out, refused.sentence);
    const Bytes message = encode(refused.message);
    out.insert(out.end(), message.begin(), message.end());
    return out;
}

Result<RefusedMessage> decode_refused(ByteView payload, Instant received) {
    ByteReader in(payload);
    TRY(const auto version, in.u8());
    if (version != refused_version) {
        return fail(Errc::malformed,
                    fmt::format("a refused message has format {}, which this program does not know", version));
    }
    RefusedMessage refused;
    TRY(refused.body_bytes, in.varint());
    TRY(refused.sentence, read_text(in));
    TRY(const auto rest, in.take(in.remaining()));
    TRY(refused.message, decode(rest, received));
    return refused;
}

std::string_view name_of(Reason reason) {
    for (const auto& [known_reason, name] : reasons) {
        if (known_reason == reason) {
            return name;
        }
    }
    return "none";
}

Result<Reason> reason_named(std::string_view name) {
    for (const auto& [reason, known_name] : reasons) {
        if (known_name == name) {
            return reason;
        }
    }
    return fail(Errc::malformed, fmt::format("there is no reason '{}'", name));
}

Counts& Counts::operator+=(const Counts& other) {
    received += other.received;
    stored += other.stored;
    duplicate += other.duplicate;
    quarantined += other.quarantined;
    rejected += other.rejected;
    damaged += other.damaged;
    return *this;
}

}  // namespace bypuls::ingest
