#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/random.h"

namespace bypuls::identity {

using Digest = std::array<std::byte, 32>;

/// SHA-256 (FIPS 180-4). For secrets of 128 random bits and more, which need no slow hash.
Digest sha256(std::string_view text);
/// HMAC-SHA-256 (RFC 2104).
Digest hmac(std::string_view key, std::string_view text);
std::string to_hex(const Digest& digest);

/// Takes the same time whatever the contents; the lengths are not secret.
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// `count` random bytes as base64url without padding.
std::string random_token(Random& random, std::size_t count);
/// `count` characters of Crockford's base32 (5 bits each, without I, L, O and U), which a person can read aloud.
std::string random_code(Random& random, std::size_t count);

/// A name that a person gave: 1 to `bytes_max` bytes of UTF-8 without control characters, not only white space.
bool is_name(std::string_view text, std::size_t bytes_max);

struct DigestHash {
    std::size_t operator()(const Digest& digest) const noexcept;
};

}  // namespace bypuls::identity
