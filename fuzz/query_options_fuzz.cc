// The query of a SensorThings request, still escaped: whatever parses is written and read back the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/check.h"
#include "platform/query/parse.h"

using namespace bypuls;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto options = query::parse_options(text);
    if (!options) {
        check(options.error().code == Errc::malformed && !options.error().what.empty(), "a fault is told");
        return 0;
    }
    const std::string query = query::to_query(*options);
    const auto again = query::parse_options(query, {.text_bytes = 1U << 20U, .depth = 200});
    // NaN is not equal to itself, but is written the same.
    check(again && (*again == *options || query::to_query(*again) == query),
          "options are written and read back the same");
    return 0;
}
