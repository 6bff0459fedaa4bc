// What the host reads from a worker that a codec may have taken over, and what the worker reads from the host.
#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "platform/ingest/codecs/protocol.h"

using namespace bypuls;
using namespace bypuls::ingest::codecs;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes = std::as_bytes(std::span(data, size));
    if (const auto answer = read_answer(bytes)) {
        Bytes again;
        put(again, *answer);
        const auto second = read_answer(ByteView(again).subspan(frame_header_size));
        check(second && second->decoded == answer->decoded && second->tired == answer->tired,
              "an answer survives the way");
    }
    if (const auto request = read_request(bytes)) {
        Bytes again;
        put(again, request->slot, request->source, request->drop, request->uplinks);
        check(read_request(ByteView(again).subspan(frame_header_size)).has_value(), "a request survives the way");
    }
    (void)read_setup(bytes);
    return 0;
}
