// Any body of a webhook.
#include <cstdint>

#include "lorawan_event.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bypuls::ingest::lorawan;
    check_result(parse_tts_json({reinterpret_cast<const char*>(data), size}));
    return 0;
}
