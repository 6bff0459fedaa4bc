#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "platform/observations/blocks/codec.h"
#include "platform/observations/blocks/seal.h"

// Bytes that decode as a block survive the round trip; no bytes do harm, neither as payload nor as sealed block.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bypuls;
    using namespace bypuls::observations::blocks;
    const ByteView bytes = std::as_bytes(std::span{data, size});
    if (const auto columns = decode(bytes)) {
        const auto again = decode(encode(*columns));
        check(again && *again == *columns, "a decoded block survives the round trip");
    }
    const Dictionaries none;
    const Header header{.datastream = {1}, .start = {}, .end = {}, .count = 1, .usable = {}};
    check(!open(header, bytes, none) || size > 8, "what opens is no accident");
    return 0;
}
