// Any bytes as a resource path and as a $skiptoken: a path that is read ends somewhere, a token reads as itself.
#include <cstdint>

#include "core/check.h"
#include "platform/publish/sensorthings/model/path.h"
#include "platform/publish/sensorthings/read/token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bypuls;
    using namespace bypuls::sensorthings;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto path = parse_path(text)) {
        check(!path->steps.empty(), "a path begins with a set");
        check(path->property.empty() || path->last().single(), "a property is of one entity");
    }
    if (const auto end = page_end_from(text)) {
        const auto again = page_end_from(to_token(*end));
        check(again && again->place == end->place, "a token reads as itself");
    }
    return 0;
}
