#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace bypuls {

/// Decodes %XX (RFC 3986 §2.1). Errc::malformed on an escape that is cut or not hexadecimal. `plus_is_space` as in
/// forms and queries.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// Everything outside RFC 3986 §2.3 (unreserved) becomes %XX, but for the characters in `kept`: for building links.
std::string percent_encode(std::string_view text, std::string_view kept = {});

}  // namespace bypuls
