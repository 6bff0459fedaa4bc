// Packed bodies: the first byte chooses the coding. Whatever comes, no more than the limit is held.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/check.h"
#include "platform/http/coding.h"

using namespace bypuls;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const http::Coding coding = data[0] % 2 == 0 ? http::Coding::gzip : http::Coding::zstd;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const http::UnpackLimits limits{.bytes_max = 256 * 1024, .ratio_max = 100};
    if (const auto unpacked = http::unpack(coding, bytes, limits)) {
        check(unpacked->size() <= limits.bytes_max, "no more than the limit is unpacked");
    }
    if (bytes.size() <= limits.bytes_max) {
        check(http::unpack(coding, http::pack(coding, bytes), {.bytes_max = limits.bytes_max, .ratio_max = 2000}) ==
                  bytes,
              "packing comes back the same");
    }
    return 0;
}
