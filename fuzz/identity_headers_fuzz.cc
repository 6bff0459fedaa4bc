// What a stranger can write into a request: cookies, the Authorization header, scopes, passwords.

#include <cstdint>

#include "core/check.h"
#include "platform/identity/identity.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bypuls;
    using namespace bypuls::identity;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto inside = [&](std::string_view part) {
        return part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size();
    };
    for (const auto transport : {Transport::secure, Transport::plain}) {
        if (const auto token = session_token_of(text, transport)) {
            check(inside(*token) && !token->empty() && token->find(';') == std::string_view::npos,
                  "a cookie's value is a part of the header");
        }
    }
    if (const auto token = token_of(text)) {
        check(inside(*token) && !token->empty(), "a token is a part of the header");
    }
    if (const auto scopes = parse_scopes(text)) {
        check(parse_scopes(to_string(*scopes)) == scopes, "scopes are read back as they are written");
    }
    if (check_password(text, "ola.nordmann@drammen.example")) {
        check(size >= password_characters_min && size <= password_bytes_max, "an accepted password has its length");
    }
    return 0;
}
