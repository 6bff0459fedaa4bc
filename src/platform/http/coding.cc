#include "platform/http/coding.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include "core/check.h"
#include "core/text.h"

namespace bypuls::http {
namespace {

constexpr std::size_t piece_bytes = 64 * 1024;
constexpr std::size_t ratio_counts_from = 1U << 20U;
constexpr int gzip_window = 15 + 16;  // zlib's way of saying gzip

Result<void> within_limits(std::size_t unpacked, std::size_t packed, const UnpackLimits& limits) {
    if (unpacked > limits.bytes_max) {
        return fail(Errc::exhausted, fmt::format("body: unpacks to more than {} bytes", limits.bytes_max));
    }
    if (unpacked > ratio_counts_from && unpacked / std::max<std::size_t>(packed, 1) > limits.ratio_max) {
        return fail(Errc::exhausted, fmt::format("body: unpacks to more than {} times its size", limits.ratio_max));
    }
    return {};
}

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

Result<std::string> unpack_gzip(std::string_view packed, const UnpackLimits& limits) {
    Inflater inflater;
    z_stream& stream = *inflater;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    std::string out;
    while (true) {
        const std::size_t before = out.size();
        out.resize(before + piece_bytes);
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
        stream.avail_out = piece_bytes;
        const int outcome = inflate(&stream, Z_NO_FLUSH);
        out.resize(before + piece_bytes - stream.avail_out);
        TRY_DO(within_limits(out.size(), packed.size(), limits));
        if (outcome == Z_STREAM_END) {
            break;
        }
        if (outcome != Z_OK || (stream.avail_in == 0 && stream.avail_out > 0)) {
            return fail(Errc::malformed, "body: gzip data is broken or cut");
        }
    }
    if (stream.avail_in > 0) {
        return fail(Errc::malformed, "body: something stands behind the end of the gzip data");
    }
    return out;
}

struct ZstdFree {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

Result<std::string> unpack_zstd(std::string_view packed, const UnpackLimits& limits) {
    const std::unique_ptr<ZSTD_DCtx, ZstdFree> context(ZSTD_createDCtx());
    check(context != nullptr, "zstd can be started");
    ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, 23);  // RFC 8878 §3.1.1.1.2: 8 MiB is what all support
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    std::string out;
    std::size_t hint = 1;
    while (hint != 0) {
        const std::size_t before = out.size();
        out.resize(before + piece_bytes);
        ZSTD_outBuffer piece{out.data() + before, piece_bytes, 0};
        hint = ZSTD_decompressStream(context.get(), &piece, &in);
        out.resize(before + piece.pos);
        if (ZSTD_isError(hint) != 0 || (hint != 0 && in.pos == in.size && piece.pos < piece.size)) {
            return fail(Errc::malformed, "body: zstd data is broken or cut");
        }
        TRY_DO(within_limits(out.size(), packed.size(), limits));
    }
    if (in.pos < in.size) {
        return fail(Errc::malformed, "body: something stands behind the end of the zstd data");
    }
    return out;
}

class GzipPacker final : public Packer {
public:
    explicit GzipPacker(int level) {
        check(deflateInit2(&stream_, level, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) == Z_OK,
              "zlib can be started");
    }
    ~GzipPacker() override { deflateEnd(&stream_); }
    GzipPacker(const GzipPacker&) = delete;
    GzipPacker& operator=(const GzipPacker&) = delete;

    std::string push(std::string_view bytes) override { return run(bytes, Z_NO_FLUSH); }
    std::string finish() override { return run({}, Z_FINISH); }

private:
    std::string run(std::string_view bytes, int flush) {
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        stream_.avail_in = static_cast<uInt>(bytes.size());
        std::string out;
        do {
            const std::size_t before = out.size();
            out.resize(before + std::max<std::size_t>(4096, bytes.size() / 4));
            stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
            stream_.avail_out = static_cast<uInt>(out.size() - before);
            check(deflate(&stream_, flush) != Z_STREAM_ERROR, "zlib's stream is in order");
            out.resize(out.size() - stream_.avail_out);
        } while (stream_.avail_out == 0);
        return out;
    }

    z_stream stream_{};
};

class ZstdPacker final : public Packer {
public:
    /// Told the size of all that will come, zstd makes its tables no larger than that needs.
    explicit ZstdPacker(int level, std::optional<std::size_t> size = std::nullopt) : context_(ZSTD_createCCtx()) {
        check(context_ != nullptr, "zstd can be started");
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
        // Browsers refuse windows above 8 MiB (RFC 9659).
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, 21);
        if (size) {
            ZSTD_CCtx_setPledgedSrcSize(context_.get(), *size);
        }
    }

    std::string push(std::string_view bytes) override { return run(bytes, ZSTD_e_continue); }
    std::string finish() override { return run({}, ZSTD_e_end); }

private:
    std::string run(std::string_view bytes, ZSTD_EndDirective end) {
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        std::string out;
        while (true) {
            const std::size_t before = out.size();
            out.resize(before + std::max<std::size_t>(4096, bytes.size() / 4));
            ZSTD_outBuffer piece{out.data() + before, out.size() - before, 0};
            const std::size_t left = ZSTD_compressStream2(context_.get(), &piece, &in, end);
            check(ZSTD_isError(left) == 0, "zstd's stream is in order");
            out.resize(before + piece.pos);
            if (end == ZSTD_e_end ? left == 0 : in.pos == in.size) {
                return out;
            }
        }
    }

    std::unique_ptr<ZSTD_CCtx, ZstdFree> context_;
};

std::string pack_with(Packer& packer, std::string_view bytes) {
    std::string out = packer.push(bytes);
    out += packer.finish();
    return out;
}

struct Offer {
    Coding coding = Coding::identity;
    double weight = 0;
};

double quality_of(std::string_view parameters) {
    parameters = trim(parameters);
    if (!parameters.starts_with("q=") || parameters.size() < 3) {
        return 1;
    }
    parameters.remove_prefix(2);
    const auto digit = [&](std::size_t at) { return at < parameters.size() ? parameters[at] - '0' : 0; };
    const double weight = digit(0) + (parameters.size() > 2 ? digit(2) / 10.0 + digit(3) / 100.0 : 0);
    return std::clamp(weight, 0.0, 1.0);
}

}  // namespace

std::string_view name_of(Coding coding) {
    switch (coding) {
        case Coding::identity: return "identity";
        case Coding::gzip: return "gzip";
        case Coding::zstd: return "zstd";
    }
    return "identity";
}

Coding accepted_coding(std::string_view accept_encoding) {
    Offer best;
    for (const std::string_view range : split(accept_encoding, ',')) {
        const auto semicolon = range.find(';');
        const std::string_view name = trim(range.substr(0, semicolon));
        Offer offer{.coding = Coding::identity,
                    .weight = semicolon == std::string_view::npos ? 1 : quality_of(range.substr(semicolon + 1))};
        if (equal_ignoring_ascii_case(name, "zstd")) {
            offer.coding = Coding::zstd;
        } else if (equal_ignoring_ascii_case(name, "gzip") || equal_ignoring_ascii_case(name, "x-gzip")) {
            offer.coding = Coding::gzip;
        } else {
            continue;
        }
        const bool preferred = offer.weight == best.weight && offer.coding == Coding::zstd;
        if (offer.weight > 0 && (offer.weight > best.weight || preferred)) {
            best = offer;
        }
    }
    return best.coding;
}

Result<Coding> coding_of(std::string_view content_encoding) {
    content_encoding = trim(content_encoding);
    if (content_encoding.empty() || equal_ignoring_ascii_case(content_encoding, "identity")) {
        return Coding::identity;
    }
    if (equal_ignoring_ascii_case(content_encoding, "gzip") || equal_ignoring_ascii_case(content_encoding, "x-gzip")) {
        return Coding::gzip;
    }
    if (equal_ignoring_ascii_case(content_encoding, "zstd")) {
        return Coding::zstd;
    }
    return fail(Errc::malformed, "Content-Encoding: only gzip and zstd are unpacked, and only one of them");
}

Result<std::string> unpack(Coding coding, std::string_view packed, const UnpackLimits& limits) {
    switch (coding) {
        case Coding::gzip: return unpack_gzip(packed, limits);
        case Coding::zstd: return unpack_zstd(packed, limits);
        case Coding::identity: break;
    }
    TRY_DO(within_limits(packed.size(), packed.size(), limits));
    return std::string(packed);
}

std::string pack(Coding coding, std::string_view bytes) {
    const auto packer = make_packer(coding);
    return packer == nullptr ? std::string(bytes) : pack_with(*packer, bytes);
}

std::string pack_tight(Coding coding, std::string_view bytes) {
    switch (coding) {
        case Coding::gzip: {
            GzipPacker packer(9);
            return pack_with(packer, bytes);
        }
        case Coding::zstd: {
            ZstdPacker packer(17, bytes.size());
            return pack_with(packer, bytes);
        }
        case Coding::identity: break;
    }
    return std::string(bytes);
}

std::unique_ptr<Packer> make_packer(Coding coding) {
    switch (coding) {
        case Coding::gzip: return std::make_unique<GzipPacker>(4);
        case Coding::zstd: return std::make_unique<ZstdPacker>(3);
        case Coding::identity: break;
    }
    return nullptr;
}

}  // namespace bypuls::http
