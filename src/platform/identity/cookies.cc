#include <fmt/format.h>

#include "core/text.h"
#include "platform/identity/identity.h"

namespace bypuls::identity {
namespace {

std::string_view name_for(Transport transport) {
    return transport == Transport::secure ? "__Host-bypuls" : "bypuls-local";
}

std::string cookie(std::string_view value, Transport transport, long long age_seconds) {
    // Lax, so that a link in an e-mail to a staff page finds the person signed in; changes need the CSRF token anyway.
    return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}", name_for(transport), value, age_seconds,
                       transport == Transport::secure ? "; Secure" : "");
}

}  // namespace

std::string session_cookie(std::string_view token, Transport transport, std::chrono::seconds age_max) {
    return cookie(token, transport, age_max.count());
}

std::string expired_session_cookie(Transport transport) {
    return cookie("", transport, 0);
}

std::optional<std::string_view> session_token_of(std::string_view header, Transport transport) {
    const std::string_view name = name_for(transport);
    while (!header.empty()) {
        const auto end = header.find(';');
        const auto pair = trim(header.substr(0, end));
        header = end == std::string_view::npos ? std::string_view{} : header.substr(end + 1);
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == name && equals + 1 < pair.size()) {
            return pair.substr(equals + 1);
        }
    }
    return std::nullopt;
}

std::optional<std::string_view> token_of(std::string_view authorization) {
    const auto text = trim(authorization);
    const auto space = text.find(' ');
    if (space == std::string_view::npos) {
        return std::nullopt;
    }
    const auto scheme = text.substr(0, space);
    if (!equal_ignoring_ascii_case(scheme, "bearer") && !equal_ignoring_ascii_case(scheme, "token")) {
        return std::nullopt;
    }
    const auto token = trim(text.substr(space + 1));
    return token.empty() ? std::nullopt : std::optional(token);
}

}  // namespace bypuls::identity
