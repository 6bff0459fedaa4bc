#include "platform/ingest/routes/idempotency_key.h"

#include <algorithm>

namespace bypuls::ingest {
namespace {

std::unexpected<Error> bad() {
    return fail(Errc::malformed,
                "Idempotency-Key: expected 1 to 255 visible ASCII characters in quotation marks, such as "
                "\"8e03978e-40d5-43e8-bc93-6894a57f9324\"");
}

/// What stands between the quotation marks, where a backslash goes before each of itself and of them.
Result<std::string> unquoted(std::string_view text) {
    std::string key;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '\\';
        i += escape ? 1 : 0;
        if (i == text.size() || (text[i] == '"' && !escape) || (escape && text[i] != '"' && text[i] != '\\')) {
            return bad();
        }
        key += text[i];
    }
    return key;
}

bool is_visible(char c) {
    return c > ' ' && c <= '~';
}

}  // namespace

Result<std::string> parse_idempotency_key(std::string_view text) {
    const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
    std::string key(text);
    if (quoted) {
        TRY(key, unquoted(text.substr(1, text.size() - 2)));
    } else if (text.contains('"')) {
        return bad();
    }
    if (key.empty() || key.size() > idempotency_key_bytes_max || !std::ranges::all_of(key, is_visible)) {
        return bad();
    }
    return key;
}

}  // namespace bypuls::ingest
