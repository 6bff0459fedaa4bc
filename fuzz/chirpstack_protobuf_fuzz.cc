// The first byte picks the event's name, the rest is the body.
#include <cstdint>

#include "lorawan_event.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bypuls::ingest::lorawan;
    if (size > 0) {
        const std::string_view body{reinterpret_cast<const char*>(data) + 1, size - 1};
        check_result(parse_chirpstack_protobuf(name_of(static_cast<Kind>(data[0] % 8)), bypuls::as_bytes(body)));
    }
    return 0;
}
