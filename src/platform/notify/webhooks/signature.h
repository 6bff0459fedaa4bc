#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"

namespace bypuls::webhooks {

/// What sender and receiver share (Standard Webhooks, "Signature scheme"): 24 to 64 bytes, written "whsec_" and base64.
class Secret {
public:
    static Secret random(Random& random);
    /// Errc::malformed without saying what stood there.
    static Result<Secret> parse(std::string_view text);
    std::string text() const;
    ByteView bytes() const { return bytes_; }

private:
    explicit Secret(Bytes bytes) : bytes_(std::move(bytes)) {}
    Bytes bytes_;
};

/// The value of `webhook-signature`: "v1," and base64 of HMAC-SHA256 over "id.seconds.body".
std::string signature_of(const Secret& secret, std::string_view id, Instant sent, std::string_view body);

/// What a receiver does, for tests and for events that we are sent. Compared in constant time; `header` may hold
/// several signatures, parted by spaces, while a secret is being changed. Errc::forbidden when none fits or `sent` is
/// further from `now` than `tolerance`.
Result<void> verify_signature(const Secret& secret, std::string_view id, Instant sent, std::string_view body,
                              std::string_view header, Instant now,
                              std::chrono::seconds tolerance = std::chrono::minutes{5});

}  // namespace bypuls::webhooks
