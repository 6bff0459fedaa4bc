// A key that is read is within its bounds, and reads as itself.
#include "platform/ingest/routes/idempotency_key.h"

#include <cstdint>

#include "core/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto key = bypuls::ingest::parse_idempotency_key(text);
    if (key) {
        bypuls::check(!key->empty() && key->size() <= bypuls::ingest::idempotency_key_bytes_max, "a key has a bound");
        std::string quoted = "\"";
        for (const char c : *key) {
            quoted += c == '"' || c == '\\' ? "\\" : "";
            quoted += c;
        }
        const auto again = bypuls::ingest::parse_idempotency_key(quoted + "\"");
        bypuls::check(again && *again == *key, "a key survives the round trip");
    }
    return 0;
}
