#include "core/bytes.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace bypuls {
namespace {

constexpr std::array<std::uint32_t, 256> crc_table = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78U : 0U);
        }
        table[i] = crc;
    }
    return table;
}();

std::uint32_t crc32c_portable(ByteView bytes, std::uint32_t crc) {
    for (const std::byte b : bytes) {
        crc = (crc >> 8) ^ crc_table[(crc ^ static_cast<std::uint32_t>(b)) & 0xFFU];
    }
    return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(ByteView bytes, std::uint32_t crc) {
    std::uint64_t wide = crc;
    while (bytes.size() >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), 8);
        wide = _mm_crc32_u64(wide, word);
        bytes = bytes.subspan(8);
    }
    crc = static_cast<std::uint32_t>(wide);
    for (const std::byte b : bytes) {
        crc = _mm_crc32_u8(crc, static_cast<unsigned char>(b));
    }
    return crc;
}
#endif

int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_digit(char c) {
    const auto at = base64_alphabet.find(c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

template <typename T>
void put_fixed(Bytes& out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        out.push_back(static_cast<std::byte>(value >> (8 * i)));
    }
}

template <typename T>
Result<T> read_fixed(Result<ByteView> bytes) {
    if (!bytes) {
        return std::unexpected(bytes.error());
    }
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        value |= static_cast<T>(static_cast<T>((*bytes)[i]) << (8 * i));
    }
    return value;
}

}  // namespace

std::uint32_t crc32c(ByteView bytes, std::uint32_t seed) {
#if defined(__x86_64__)
    static const bool hardware = __builtin_cpu_supports("sse4.2") != 0;
    if (hardware) {
        return ~crc32c_sse42(bytes, ~seed);
    }
#endif
    return ~crc32c_portable(bytes, ~seed);
}

Result<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) {
        return fail(Errc::malformed, "hex text has an odd number of digits");
    }
    Bytes out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) {
            return fail(Errc::malformed, "hex text has a character that is no hex digit at " + std::to_string(i));
        }
        out.push_back(static_cast<std::byte>(high * 16 + low));
    }
    return out;
}

std::string to_hex(ByteView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const std::byte b : bytes) {
        out += digits[static_cast<std::size_t>(b >> 4)];
        out += digits[static_cast<std::size_t>(b & std::byte{15})];
    }
    return out;
}

Result<Bytes> from_base64(std::string_view text) {
    while (!text.empty() && text.back() == '=') {
        text.remove_suffix(1);
    }
    if (text.size() % 4 == 1) {
        return fail(Errc::malformed, "base64 text has an impossible length");
    }
    Bytes out;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t buffer = 0;
    int bits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int digit = base64_digit(text[i]);
        if (digit < 0) {
            return fail(Errc::malformed, "base64 text has a character outside its alphabet at " + std::to_string(i));
        }
        buffer = (buffer << 6) | static_cast<std::uint32_t>(digit);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out.push_back(static_cast<std::byte>(buffer >> bits));
        }
    }
    return out;
}

std::string to_base64(ByteView bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        const std::size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
        for (std::size_t j = 0; j < 3; ++j) {
            group = (group << 8) | (j < count ? static_cast<std::uint32_t>(bytes[i + j]) : 0U);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            out += j <= count ? base64_alphabet[(group >> (18 - 6 * j)) & 63U] : '=';
        }
    }
    return out;
}

std::string to_base64url(ByteView bytes) {
    std::string out = to_base64(bytes);
    while (!out.empty() && out.back() == '=') {
        out.pop_back();
    }
    for (char& c : out) {
        c = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    return out;
}

void put_u32(Bytes& out, std::uint32_t value) {
    put_fixed(out, value);
}

void put_u64(Bytes& out, std::uint64_t value) {
    put_fixed(out, value);
}

void put_varint(Bytes& out, std::uint64_t value) {
    while (value >= 0x80U) {
        out.push_back(static_cast<std::byte>(value | 0x80U));
        value >>= 7;
    }
    out.push_back(static_cast<std::byte>(value));
}

Result<std::uint8_t> ByteReader::u8() {
    TRY(const auto bytes, take(1));
    return static_cast<std::uint8_t>(bytes[0]);
}

Result<std::uint32_t> ByteReader::u32() {
    return read_fixed<std::uint32_t>(take(4));
}

Result<std::uint64_t> ByteReader::u64() {
    return read_fixed<std::uint64_t>(take(8));
}

Result<std::uint64_t> ByteReader::varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        TRY(const auto byte, u8());
        if (shift == 63 && byte > 1) {
            return fail(Errc::malformed, "a variable-length number does not fit in 64 bits");
        }
        value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
        if ((byte & 0x80U) == 0) {
            return value;
        }
    }
    return fail(Errc::malformed, "a variable-length number does not end");
}

Result<ByteView> ByteReader::take(std::size_t count) {
    if (count > remaining()) {
        return fail(Errc::malformed, "the bytes end too early");
    }
    const ByteView taken = bytes_.subspan(at_, count);
    at_ += count;
    return taken;
}

}  // namespace bypuls
