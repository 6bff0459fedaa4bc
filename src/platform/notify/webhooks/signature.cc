#include "platform/notify/webhooks/signature.h"

#include <array>

#include <fmt/format.h>
#include <sodium.h>

#include "core/text.h"

namespace bypuls::webhooks {
namespace {

constexpr std::string_view prefix = "whsec_";
constexpr std::size_t secret_bytes_min = 24;
constexpr std::size_t secret_bytes_max = 64;
constexpr std::size_t secret_bytes_new = 32;

std::int64_t seconds_of(Instant t) {
    return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}

const unsigned char* raw(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Secret Secret::random(Random& random) {
    Bytes bytes(secret_bytes_new);
    random.fill(bytes);
    return Secret(std::move(bytes));
}

Result<Secret> Secret::parse(std::string_view text) {
    const auto bytes =
        text.starts_with(prefix) ? from_base64(text.substr(prefix.size())) : Result<Bytes>(fail(Errc::malformed, ""));
    if (!bytes || bytes->size() < secret_bytes_min || bytes->size() > secret_bytes_max) {
        return fail(Errc::malformed, "a webhook's secret is 'whsec_' and 24 to 64 bytes in base64");
    }
    return Secret(*bytes);
}

std::string Secret::text() const {
    return std::string(prefix) + to_base64(bytes_);
}

std::string signature_of(const Secret& secret, std::string_view id, Instant sent, std::string_view body) {
    const std::string head = fmt::format("{}.{}.", id, seconds_of(sent));
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
    crypto_auth_hmacsha256_state state;
    const ByteView key = secret.bytes();
    crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(key.data()), key.size());
    crypto_auth_hmacsha256_update(&state, raw(head), head.size());
    crypto_auth_hmacsha256_update(&state, raw(body), body.size());
    crypto_auth_hmacsha256_final(&state, mac.data());
    return "v1," + to_base64(std::as_bytes(std::span(mac)));
}

Result<void> verify_signature(const Secret& secret, std::string_view id, Instant sent, std::string_view body,
                              std::string_view header, Instant now, std::chrono::seconds tolerance) {
    if (sent > now + tolerance || sent < now - tolerance) {
        return fail(Errc::forbidden, "the message was signed too long ago, or a clock is wrong");
    }
    const std::string wanted = signature_of(secret, id, sent, body);
    for (const std::string_view given : split(header, ' ')) {
        if (given.size() == wanted.size() && sodium_memcmp(given.data(), wanted.data(), wanted.size()) == 0) {
            return {};
        }
    }
    return fail(Errc::forbidden, "the signature does not fit the message");
}

}  // namespace bypuls::webhooks
