#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace bypuls {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

inline ByteView as_bytes(std::string_view text) {
    return std::as_bytes(std::span{text.data(), text.size()});
}
inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// CRC-32C (Castagnoli, RFC 3720 §B.4), as used in the journal and the blocks. `seed` continues an earlier sum.
std::uint32_t crc32c(ByteView bytes, std::uint32_t seed = 0);

/// Upper- or lower-case, even number of digits.
Result<Bytes> from_hex(std::string_view text);
std::string to_hex(ByteView bytes);

/// RFC 4648 §4 (standard alphabet). Padding may be absent; white space may not be there.
Result<Bytes> from_base64(std::string_view text);
std::string to_base64(ByteView bytes);
/// RFC 4648 §5 without padding, for tokens in headers and URLs.
std::string to_base64url(ByteView bytes);

/// Little-endian fixed-width and LEB128 writing, for formats of our own.
void put_u32(Bytes& out, std::uint32_t value);
void put_u64(Bytes& out, std::uint64_t value);
void put_varint(Bytes& out, std::uint64_t value);

constexpr std::uint64_t zigzag(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

/// Reads the same, never past the end.
class ByteReader {
public:
    explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

    std::size_t remaining() const { return bytes_.size() - at_; }
    std::size_t position() const { return at_; }
    Result<std::uint8_t> u8();
    Result<std::uint32_t> u32();
    Result<std::uint64_t> u64();
    /// At most ten bytes; an eleventh, or bits beyond 64, are malformed.
    Result<std::uint64_t> varint();
    Result<ByteView> take(std::size_t count);

private:
    ByteView bytes_;
    std::size_t at_ = 0;
};

}  // namespace bypuls
