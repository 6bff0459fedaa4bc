// Any bytes as a batch: groups are never empty lists of nothing, and paths are below the service's root.
#include <cstdint>

#include "core/check.h"
#include "platform/publish/sensorthings/routes/batch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bypuls;
    using namespace bypuls::sensorthings;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    for (const auto& groups : {batch::parse_multipart(text, "multipart/mixed; boundary=b", "/sta/v1.1"),
                               batch::parse_json(text, "/sta/v1.1")}) {
        if (!groups) {
            continue;
        }
        for (const auto& group : *groups) {
            for (const auto& part : group.parts) {
                check(!part.ask.path.starts_with('/'), "a path is below the root");
            }
        }
    }
    return 0;
}
