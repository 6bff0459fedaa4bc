#include "platform/identity/secrets.h"

#include <algorithm>
#include <cstring>

#include <sodium.h>

#include "core/check.h"
#include "core/text.h"

namespace bypuls::identity {
namespace {

const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

void ensure_sodium() {
    static const bool ready = sodium_init() >= 0;
    check(ready, "libsodium starts");
}

}  // namespace

Digest sha256(std::string_view text) {
    ensure_sodium();
    Digest digest;
    crypto_hash_sha256(reinterpret_cast<unsigned char*>(digest.data()), octets(text), text.size());
    return digest;
}

Digest hmac(std::string_view key, std::string_view text) {
    ensure_sodium();
    Digest digest;
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, octets(key), key.size());
    crypto_auth_hmacsha256_update(&state, octets(text), text.size());
    crypto_auth_hmacsha256_final(&state, reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

std::string to_hex(const Digest& digest) {
    return bypuls::to_hex(ByteView(digest));
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_token(Random& random, std::size_t count) {
    Bytes bytes(count);
    random.fill(bytes);
    std::string token = to_base64url(bytes);
    sodium_memzero(bytes.data(), bytes.size());
    return token;
}

std::string random_code(Random& random, std::size_t count) {
    constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    std::string code;
    code.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        code.push_back(alphabet[random.below(alphabet.size())]);
    }
    return code;
}

bool is_name(std::string_view text, std::size_t bytes_max) {
    const bool printable =
        std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7F; });
    return printable && text.size() <= bytes_max && is_utf8(text) && !trim(text).empty();
}

std::size_t DigestHash::operator()(const Digest& digest) const noexcept {
    // Whoever chooses the input cannot choose the digest.
    std::size_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
}

}  // namespace bypuls::identity
