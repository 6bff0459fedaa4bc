#include "core/packing/unpack.h"

#include <algorithm>
#include <climits>
#include <memory>
#include <optional>

#include <zlib.h>
#include <zstd.h>

#include "core/check.h"

namespace bypuls::packing {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024;
constexpr std::size_t ratio_counts_from = 1U << 20U;
constexpr int gzip_window = 15 + 16;  // zlib's way of saying gzip

/// What has come out so far, no more than it may be.
class Unpacked {
public:
    Unpacked(const Limits& limits, std::size_t packed_bytes)
        : limits_(limits), packed_bytes_(std::max<std::size_t>(packed_bytes, 1)) {}

    /// Where the next piece goes. One byte of room more than there may be, so that it is seen when there is more. What
    /// was left of the room before is taken first: a file may be of many parts that hold nothing.
    char* room() {
        if (filled_ == text_.size()) {
            text_.resize(filled_ + std::min(piece_bytes, limits_.bytes_max - filled_ + 1));
        }
        return text_.data() + filled_;
    }
    std::size_t room_bytes() const { return text_.size() - filled_; }
    std::optional<Fault> keep(std::size_t bytes) {
        filled_ += bytes;
        if (filled_ > limits_.bytes_max) {
            return Fault::too_large;
        }
        if (filled_ > ratio_counts_from && filled_ / packed_bytes_ > limits_.ratio_max) {
            return Fault::too_dense;
        }
        return std::nullopt;
    }
    std::string take() {
        text_.resize(filled_);
        return std::move(text_);
    }

private:
    const Limits& limits_;
    std::size_t packed_bytes_;
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

/// Gives the stream more once it has used up what it had, of which it takes no more than UINT_MAX bytes at a time.
void feed(z_stream& stream, std::string_view& left) {
    if (stream.avail_in == 0) {
        const std::string_view next = left.substr(0, UINT_MAX);
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(next.data()));
        stream.avail_in = static_cast<uInt>(next.size());
        left.remove_prefix(next.size());
    }
}

struct ZstdFree {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

std::expected<std::string, Fault> unpack_gzip(std::string_view packed, const Limits& limits) {
    Inflater inflater;
    z_stream& stream = *inflater;
    std::string_view left = packed;
    Unpacked out(limits, packed.size());
    while (true) {
        feed(stream, left);
        stream.next_out = reinterpret_cast<Bytef*>(out.room());
        stream.avail_out = static_cast<uInt>(out.room_bytes());
        const int outcome = inflate(&stream, Z_NO_FLUSH);
        const bool more_to_come = stream.avail_out == 0;
        if (const auto fault = out.keep(out.room_bytes() - stream.avail_out)) {
            return std::unexpected(*fault);
        }
        const std::string_view behind = packed.substr(packed.size() - left.size() - stream.avail_in);
        if (outcome == Z_STREAM_END) {
            // Zeros up to the end of a block of some tape or disk, as gzip has it.
            if (behind.empty() || (limits.many_parts && behind.find_first_not_of('\0') == std::string_view::npos)) {
                return out.take();
            }
            if (!limits.many_parts) {
                return std::unexpected(Fault::behind);
            }
            check(inflateReset(&stream) == Z_OK, "zlib can be started again");
        } else if (outcome != Z_OK || (behind.empty() && !more_to_come)) {
            return std::unexpected(Fault::broken);
        }
    }
}

std::expected<std::string, Fault> unpack_zstd(std::string_view packed, const Limits& limits) {
    const std::unique_ptr<ZSTD_DCtx, ZstdFree> context(ZSTD_createDCtx());
    check(context != nullptr, "zstd can be started");
    check(ZSTD_isError(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, limits.zstd_window_log_max)) == 0,
          "zstd knows windows of that size");
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    Unpacked out(limits, packed.size());
    while (true) {
        ZSTD_outBuffer piece{out.room(), out.room_bytes(), 0};
        const std::size_t hint = ZSTD_decompressStream(context.get(), &piece, &in);
        const bool more_to_come = piece.pos == piece.size;
        if (const auto fault = out.keep(piece.pos)) {
            return std::unexpected(*fault);
        }
        if (ZSTD_isError(hint) != 0 || (hint != 0 && in.pos == in.size && !more_to_come)) {
            return std::unexpected(Fault::broken);
        }
        if (hint == 0 && in.pos == in.size) {
            return out.take();
        }
        if (hint == 0 && !limits.many_parts) {
            return std::unexpected(Fault::behind);
        }
    }
}

}  // namespace bypuls::packing
