#include "platform/ingest/pipeline/letters.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/bytes.h"

namespace bypuls::ingest::pipeline {

DeadLetter letter_about(const Message& message, Reason reason, const Why& why) {
    const bool binary = message.way == Way::chirpstack_protobuf;
    const auto shown = std::string_view(message.body).substr(0, binary ? letter_bytes_max / 2 : letter_bytes_max);
    return {.received = message.received,
            .source = std::string(source_of(message.way)),
            .reason = reason,
            .sentence = why.sentence,
            .saying = saying_of(why),
            .payload = binary ? to_hex(as_bytes(shown)) : std::string(shown),
            .payload_bytes = static_cast<std::int64_t>(message.body.size())};
}

DeadLetter letter_of_refused(const Message& message, std::span<const Refused> refused, std::size_t rejected) {
    Why why{.sentence = refused.empty() ? "" : refused.front().what, .key = "malformed"};
    if (rejected > 1) {
        why.sentence += fmt::format(" (and {} more)", rejected - 1);
    }
    why.values = {{"what", why.sentence}};
    DeadLetter letter = letter_about(message, Reason::malformed, why);
    letter.field = refused.empty() ? "" : refused.front().field;
    return letter;
}

std::int64_t checksum_of(const DeadLetter& letter) {
    Bytes all;
    for (const std::int64_t number :
         {letter.id, static_cast<std::int64_t>(letter.position.value),
          std::int64_t{letter.received.time_since_epoch().count()}, letter.line, letter.payload_bytes}) {
        put_varint(all, zigzag(number));
    }
    for (const std::string_view text :
         {std::string_view(letter.source), name_of(letter.reason), std::string_view(letter.sentence),
          std::string_view(letter.saying), std::string_view(letter.field), std::string_view(letter.device),
          std::string_view(letter.codec_version), std::string_view(letter.payload)}) {
        put_varint(all, text.size());
        const ByteView bytes = as_bytes(text);
        all.insert(all.end(), bytes.begin(), bytes.end());
    }
    return crc32c(all) + (letter.replayed ? letter_replayed : 0);
}

}  // namespace bypuls::ingest::pipeline
