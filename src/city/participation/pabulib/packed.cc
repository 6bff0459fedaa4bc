#include "city/participation/pabulib/packed.h"

#include <algorithm>
#include <climits>
#include <memory>

#include <zlib.h>
#include <zstd.h>

#include "city/participation/counting/refuse.h"
#include "core/check.h"

namespace bypuls::participation::pabulib {

using counting::Attempt;
using counting::refuse;

namespace {

constexpr std::string_view gzip_magic = "\x1f\x8b";
constexpr std::string_view zstd_magic = "\x28\xb5\x2f\xfd";
constexpr std::size_t piece_bytes = 256 * 1024;
constexpr int gzip_window = 15 + 16;  // zlib's way of saying gzip

std::unexpected<counting::Fault> broken() {
    return refuse(Errc::malformed, "fault.packed_broken");
}

/// What has come out so far, no more than it may be.
class Unpacked {
public:
    explicit Unpacked(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    /// Where the next piece goes. One byte of room more than there may be, so that it is seen when there is more. What
    /// was left of the room before is taken first: a file may be of many parts that hold nothing.
    char* room() {
        if (filled_ == text_.size()) {
            text_.resize(filled_ + std::min(piece_bytes, bytes_max_ - filled_ + 1));
        }
        return text_.data() + filled_;
    }
    std::size_t room_bytes() const { return text_.size() - filled_; }
    Attempt<void> keep(std::size_t bytes) {
        filled_ += bytes;
        if (filled_ > bytes_max_) {
            return refuse(Errc::exhausted, "fault.packed_huge", {{"most", std::to_string(bytes_max_ >> 20U)}});
        }
        return {};
    }
    std::string take() {
        text_.resize(filled_);
        return std::move(text_);
    }

private:
    std::size_t bytes_max_;
    std::size_t filled_ = 0;
    std::string text_;
};

/// Owns zlib's stream, so that every way out ends it.
class Inflater {
public:
    Inflater() { check(inflateInit2(&stream_, gzip_window) == Z_OK, "zlib can be started"); }
    ~Inflater() { inflateEnd(&stream_); }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    z_stream& operator*() { return stream_; }

private:
    z_stream stream_{};
};

Attempt<std::string> unpack_gzip(std::string_view packed, std::size_t bytes_max) {
    if (packed.size() > UINT_MAX) {
        return refuse(Errc::exhausted, "fault.huge");
    }
    Inflater inflater;
    z_stream& stream = *inflater;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    Unpacked out(bytes_max);
    while (true) {
        stream.next_out = reinterpret_cast<Bytef*>(out.room());
        stream.avail_out = static_cast<uInt>(out.room_bytes());
        const int outcome = inflate(&stream, Z_NO_FLUSH);
        const bool more_to_come = stream.avail_out == 0;
        TRY_DO(out.keep(out.room_bytes() - stream.avail_out));
        if (outcome == Z_STREAM_END) {
            // Zeros up to the end of a block of some tape or disk are no part of the file, as gzip has it.
            if (packed.substr(packed.size() - stream.avail_in).find_first_not_of('\0') == std::string_view::npos) {
                return out.take();
            }
            check(inflateReset(&stream) == Z_OK, "zlib can be started again");
        } else if (outcome != Z_OK || (stream.avail_in == 0 && !more_to_come)) {
            return broken();
        }
    }
}

struct ZstdFree {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

Attempt<std::string> unpack_zstd(std::string_view packed, std::size_t bytes_max) {
    const std::unique_ptr<ZSTD_DCtx, ZstdFree> context(ZSTD_createDCtx());
    check(context != nullptr, "zstd can be started");
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    Unpacked out(bytes_max);
    while (true) {
        ZSTD_outBuffer piece{out.room(), out.room_bytes(), 0};
        const std::size_t hint = ZSTD_decompressStream(context.get(), &piece, &in);
        const bool more_to_come = piece.pos == piece.size;
        TRY_DO(out.keep(piece.pos));
        if (ZSTD_isError(hint) != 0 || (hint != 0 && in.pos == in.size && !more_to_come)) {
            return broken();
        }
        if (hint == 0 && in.pos == in.size) {
            return out.take();
        }
    }
}

}  // namespace

Attempt<std::string> unpacked(std::string bytes, std::size_t bytes_max) {
    if (bytes.starts_with(gzip_magic)) {
        return unpack_gzip(bytes, bytes_max);
    }
    if (bytes.starts_with(zstd_magic)) {
        return unpack_zstd(bytes, bytes_max);
    }
    return bytes;
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
