#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace bypuls::packing {

/// What of a packed text is taken.
struct Limits {
    std::size_t bytes_max = 0;  ///< no more may come out; of what does, one byte more is held
    /// Times its packed size, which counts once more than 1 MiB has come out.
    std::size_t ratio_max = SIZE_MAX;
    /// The window that zstd may ask for is 2 to the power of this (RFC 8878 §3.1.1.1.2: 23 is what all support).
    int zstd_window_log_max = 27;
    /// Several packed one after the other are one text, as of a file; and zeros behind gzip are no part of it.
    bool many_parts = false;
};

enum class Fault : std::uint8_t {
    broken,     ///< or cut
    too_large,  ///< beyond bytes_max
    too_dense,  ///< beyond ratio_max
    behind,     ///< something stands behind its end
};

/// RFC 1952. Pure.
std::expected<std::string, Fault> unpack_gzip(std::string_view packed, const Limits& limits);
/// RFC 8878. Pure.
std::expected<std::string, Fault> unpack_zstd(std::string_view packed, const Limits& limits);

}  // namespace bypuls::packing
