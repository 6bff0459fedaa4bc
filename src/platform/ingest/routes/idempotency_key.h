#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace bypuls::ingest {

constexpr std::size_t idempotency_key_bytes_max = 255;

/// The key in an Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header-07 §2.1): a string of structured
/// fields (RFC 9651 §3.3.3), `"8e03978e-40d5-43e8-bc93-6894a57f9324"`. Without quotation marks, as many clients write
/// it, the text itself is the key. Errc::malformed says what a key looks like.
Result<std::string> parse_idempotency_key(std::string_view text);

}  // namespace bypuls::ingest
