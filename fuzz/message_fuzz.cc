// A kept message that can be read is written back byte for byte, unless its varints were longer than need be.
#include "platform/ingest/message.h"

#include <cstdint>
#include <span>

#include "core/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto message = bypuls::ingest::decode(std::as_bytes(std::span{data, size}), bypuls::Instant{});
    if (message) {
        const auto again = bypuls::ingest::decode(bypuls::ingest::encode(*message), bypuls::Instant{});
        bypuls::check(again && *again == *message, "a kept message survives the round trip");
    }
    return 0;
}
