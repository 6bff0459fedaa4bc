#include "platform/http/coding.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include "core/check.h"
#include "core/packing/unpack.h"
#include "core/text.h"

namespace bypuls::http {
namespace {

constexpr int gzip_window = 15 + 16;  // zlib's way of saying gzip

std::unexpected<Error> refused(packing::Fault fault, Coding coding, const UnpackLimits& limits) {
    switch (fault) {
        case packing::Fault::too_large:
            return fail(Errc::exhausted, fmt::format("body: unpacks to more than {} bytes", limits.bytes_max));
        case packing::Fault::too_dense:
            return fail(Errc::exhausted, fmt::format("body: unpacks to more than {} times its size", limits.ratio_max));
        case packing::Fault::behind:
            return fail(Errc::malformed,
                        fmt::format("body: something stands behind the end of the {} data", name_of(coding)));
        case packing::Fault::broken: break;
    }
    return fail(Errc::malformed, fmt::format("body: {} data is broken or cut", name_of(coding)));
}

struct ZstdFree {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

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
    if (coding == Coding::identity) {
        if (packed.size() > limits.bytes_max) {
            return refused(packing::Fault::too_large, coding, limits);
        }
        return std::string(packed);
    }
    const packing::Limits within{
        .bytes_max = limits.bytes_max, .ratio_max = limits.ratio_max, .zstd_window_log_max = 23};
    auto unpacked =
        coding == Coding::gzip ? packing::unpack_gzip(packed, within) : packing::unpack_zstd(packed, within);
    if (!unpacked) {
        return refused(unpacked.error(), coding, limits);
    }
    return std::move(*unpacked);
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
