#include "core/testing/pack.h"

#include <zlib.h>
#include <zstd.h>

#include "core/check.h"

namespace bypuls {

std::string packed_with_gzip(std::string_view text) {
    constexpr int gzip_window = 15 + 16;
    z_stream stream{};
    check(deflateInit2(&stream, 9, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib can pack");
    std::string packed(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    check(deflate(&stream, Z_FINISH) == Z_STREAM_END, "there is room for what was packed");
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

std::string packed_with_zstd(std::string_view text) {
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    const std::size_t length = ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3);
    check(ZSTD_isError(length) == 0, "there is room for what was packed");
    packed.resize(length);
    return packed;
}

}  // namespace bypuls
