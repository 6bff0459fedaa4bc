#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace bypuls::http {

/// Content codings (RFC 9110 §8.4.1, RFC 8878).
enum class Coding : std::uint8_t { identity, gzip, zstd };

std::string_view name_of(Coding coding);

/// What a reader's Accept-Encoding prefers among what we offer: zstd, then gzip, unless its weights say otherwise.
/// Pure.
Coding accepted_coding(std::string_view accept_encoding);
/// Content-Encoding of a request: empty and "identity" are identity. Errc::malformed for anything we do not unpack.
Result<Coding> coding_of(std::string_view content_encoding);

struct UnpackLimits {
    std::size_t bytes_max = 8U << 20U;
    /// Counts once more than 1 MiB has come out.
    std::size_t ratio_max = 100;
};

/// Errc::exhausted when a limit is passed (nothing beyond it is held), malformed when the data is broken, cut or has
/// something behind its end. Pure.
Result<std::string> unpack(Coding coding, std::string_view packed, const UnpackLimits& limits);

/// Quick packing for what is made while the reader waits.
std::string pack(Coding coding, std::string_view bytes);
/// Thorough packing for what is packed once and sent often.
std::string pack_tight(Coding coding, std::string_view bytes);

/// Packs a stream piece by piece.
class Packer {
public:
    virtual ~Packer() = default;
    /// What of the packed stream is ready; may be empty.
    virtual std::string push(std::string_view bytes) = 0;
    virtual std::string finish() = 0;
};
/// Null for identity.
std::unique_ptr<Packer> make_packer(Coding coding);

}  // namespace bypuls::http
