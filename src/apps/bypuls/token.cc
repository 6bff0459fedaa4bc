#include <iostream>

#include <fmt/format.h>

#include "apps/bypuls/commands.h"
#include "apps/bypuls/open_identity.h"
#include "core/text.h"
#include "core/time/iso8601.h"

namespace bypuls::apps {
namespace {

int trouble(const Error& error) {
    std::cerr << error.what << "\n";
    return error.code == Errc::malformed ? exit_arguments : exit_failed;
}

std::string when(const std::optional<Instant>& t) {
    return t ? format_instant(*t) : "-";
}

std::string json_line(const identity::ApiKey& key, std::string_view token) {
    std::string out = fmt::format(R"({{"id":{},"name":)", key.id.value);
    append_json_string(out, key.name);
    out += fmt::format(R"(,"prefix":"{}","scopes":"{}","created":"{}","expires":{},"last_used":{},"revoked":{})",
                       key.prefix, identity::to_string(key.scopes), format_instant(key.created),
                       key.expires ? fmt::format("\"{}\"", format_instant(*key.expires)) : "null",
                       key.last_used ? fmt::format("\"{}\"", format_instant(*key.last_used)) : "null",
                       key.revoked ? fmt::format("\"{}\"", format_instant(*key.revoked)) : "null");
    if (!token.empty()) {
        out += fmt::format(R"(,"token":"{}")", token);
    }
    return out + "}";
}

}  // namespace

int token_create(const Settings& settings, const TokenArguments& arguments) {
    const auto scopes = identity::parse_scopes(arguments.scopes);
    if (!scopes) {
        return trouble(scopes.error());
    }
    std::optional<Instant> expires;
    if (!arguments.expires.empty()) {
        const auto read = parse_instant(arguments.expires);
        if (!read) {
            return trouble(read.error());
        }
        expires = *read;
    }
    const auto opened = make_identity(settings);
    if (!opened) {
        return trouble(opened.error());
    }
    const auto made = (*opened)->identity->create_key(arguments.name, *scopes, expires);
    if (!made) {
        return trouble(made.error());
    }
    if (arguments.json) {
        std::cout << json_line(made->key, made->token) << "\n";
        return exit_ok;
    }
    std::cout << fmt::format("Key {} '{}' may: {}. Keep it now, it is not shown again:\n{}\n", made->key.id.value,
                             made->key.name, identity::to_string(made->key.scopes), made->token);
    return exit_ok;
}

int token_list(const Settings& settings, const TokenArguments& arguments) {
    const auto opened = open_identity(settings);
    if (!opened) {
        return trouble(opened.error());
    }
    const auto found = (*opened)->identity->keys();
    if (!found) {
        return trouble(found.error());
    }
    for (const identity::ApiKey& key : *found) {
        if (arguments.json) {
            std::cout << json_line(key, "") << "\n";
        } else {
            std::cout << fmt::format("{:>4}  {:<30} {:<18} last used {:<20} {}\n", key.id.value, key.name,
                                     identity::to_string(key.scopes), when(key.last_used),
                                     key.revoked ? "revoked" : "");
        }
    }
    return exit_ok;
}

int token_revoke(const Settings& settings, const TokenArguments& arguments) {
    const auto opened = open_identity(settings);
    if (!opened) {
        return trouble(opened.error());
    }
    const auto revoked = (*opened)->identity->revoke_key({arguments.id});
    if (!revoked) {
        return trouble(revoked.error());
    }
    std::cout << fmt::format("Key {} no longer opens anything.\n", arguments.id);
    return exit_ok;
}

}  // namespace bypuls::apps
