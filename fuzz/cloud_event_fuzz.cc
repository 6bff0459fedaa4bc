// An event that somebody sent: whatever is read is written and read back the same.
#include "platform/notify/webhooks/cloud_event.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/check.h"

using namespace bypuls;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto event = webhooks::cloud_event_from_json({reinterpret_cast<const char*>(data), size});
    if (!event) {
        check(event.error().code == Errc::malformed && !event.error().what.empty(), "a fault is told");
        return 0;
    }
    const std::string text = webhooks::to_json(*event);
    // Escapes may make what is written longer than an event may be.
    if (text.size() <= webhooks::cloud_event_bytes_max) {
        const auto again = webhooks::cloud_event_from_json(text);
        check(again && *again == *event, "an event is written and read back the same");
    }
    return 0;
}
