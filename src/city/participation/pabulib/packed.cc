#include "city/participation/pabulib/packed.h"

#include "city/participation/counting/refuse.h"
#include "core/packing/unpack.h"

namespace bypuls::participation::pabulib {

using counting::Attempt;
using counting::refuse;

namespace {

constexpr std::string_view gzip_magic = "\x1f\x8b";
constexpr std::string_view zstd_magic = "\x28\xb5\x2f\xfd";
constexpr std::string_view skippable_rest = "\x2a\x4d\x18";  // after 0x50 to 0x5f

/// It may begin with a frame that is to be skipped (RFC 8878 §3.1.2).
bool is_zstd(std::string_view bytes) {
    return bytes.starts_with(zstd_magic) || (bytes.size() > skippable_rest.size() && bytes[0] >= 0x50 &&
                                             bytes[0] <= 0x5f && bytes.substr(1).starts_with(skippable_rest));
}

}  // namespace

Attempt<std::string> unpacked(std::string bytes, std::size_t bytes_max) {
    const bool gzip = bytes.starts_with(gzip_magic);
    if (!gzip && !is_zstd(bytes)) {
        return bytes;
    }
    const packing::Limits limits{.bytes_max = bytes_max, .many_parts = true};
    auto text = gzip ? packing::unpack_gzip(bytes, limits) : packing::unpack_zstd(bytes, limits);
    if (text) {
        return std::move(*text);
    }
    if (text.error() == packing::Fault::too_large) {
        return refuse(Errc::exhausted, "fault.packed_huge", {{"most", std::to_string(bytes_max >> 20U)}});
    }
    return refuse(Errc::malformed, "fault.packed_broken");
}

std::string_view without_packing(std::string_view path) {
    for (const std::string_view ending : {".gz", ".zst"}) {
        if (path.ends_with(ending)) {
            path.remove_suffix(ending.size());
            break;
        }
    }
    return path;
}

}  // namespace bypuls::participation::pabulib
