#include "platform/identity/model.h"

#include <array>
#include <utility>

#include "core/text.h"

namespace bypuls::identity {
namespace {

constexpr std::array<std::pair<Scope, std::string_view>, 3> scope_names{
    {{Scope::ingest, "ingest"}, {Scope::read, "read"}, {Scope::admin, "admin"}}};

}  // namespace

std::string to_string(Scopes scopes) {
    std::string out;
    for (const auto& [scope, name] : scope_names) {
        if (scopes.has(scope)) {
            out += out.empty() ? "" : ",";
            out += name;
        }
    }
    return out;
}

Result<Scopes> parse_scopes(std::string_view text) {
    std::uint8_t bits = 0;
    for (const auto part : split(text, ',')) {
        const auto word = trim(part);
        bool known = false;
        for (const auto& [scope, name] : scope_names) {
            if (word == name) {
                bits = static_cast<std::uint8_t>(bits | static_cast<std::uint8_t>(scope));
                known = true;
            }
        }
        if (!known) {
            return fail(Errc::malformed, "scope '" + std::string(word) + "' is none of ingest, read, admin");
        }
    }
    return Scopes::from_bits(bits);
}

}  // namespace bypuls::identity
