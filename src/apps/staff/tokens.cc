// API keys for machines.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "apps/staff/acts.h"
#include "core/text.h"
#include "core/time/iso8601.h"
#include "platform/policy/policy.h"

namespace bypuls::staff {
namespace {

json token_json(const identity::ApiKey& key) {
    json scopes = json::array();
    const std::string words = identity::to_string(key.scopes);
    for (const auto scope : split(words, ',')) {
        scopes.push_back(scope);
    }
    return {{"id", fmt::to_string(key.id.value)},   {"name", key.name},
            {"scopes", std::move(scopes)},          {"created", format_instant(key.created)},
            {"expires", time_or_null(key.expires)}, {"last_used", time_or_null(key.last_used)},
            {"revoked", time_or_null(key.revoked)}};
}

identity::Scopes scopes_of(Form& form, const identity::Principal* who) {
    const json given = form.any("scopes");
    std::string words;
    bool texts = given.is_array() && !given.empty() && given.size() <= 3;
    for (const json& scope : given) {
        texts = texts && scope.is_string();
        words += texts ? (words.empty() ? "" : ",") + scope.get<std::string>() : "";
    }
    const auto scopes = identity::parse_scopes(texts ? words : "");
    if (!scopes) {
        form.fault("scopes", Said{"Må være ett eller flere av ingest, read og admin.",
                                  "Må vere eitt eller fleire av ingest, read og admin.",
                                  "Must be one or more of ingest, read and admin."});
        return {};
    }
    if (who == nullptr || (scopes->bits() & ~who->scopes.bits()) != 0) {
        form.fault("scopes", Said{"Du kan ikke gi mer tilgang enn du har selv.",
                                  "Du kan ikkje gje meir tilgang enn du har sjølv.",
                                  "You cannot give more access than you have."});
    }
    return *scopes;
}

std::optional<Instant> expiry_of(Form& form, Instant now) {
    const json given = form.any("expires");
    if (given.is_null()) {
        return std::nullopt;
    }
    const auto time = given.is_string() ? parse_instant(given.get<std::string>()) : fail(Errc::malformed, "");
    if (!time || *time <= now) {
        form.fault("expires", Said{"Må være et tidspunkt fram i tid.", "Må vere eit tidspunkt fram i tid.",
                                   "Must be a time in the future."});
        return std::nullopt;
    }
    return *time;
}

}  // namespace

Answer list_tokens(Room& room, const http::Request& /*request*/) {
    TRY(auto keys, room.parts.identity.keys());
    std::ranges::sort(keys, std::greater{}, &identity::ApiKey::id);
    json items = json::array();
    for (const auto& key : keys) {
        items.push_back(token_json(key));
    }
    return answer({{"items", std::move(items)}});
}

Answer create_token(Room& room, const http::Request& request) {
    Form form(request);
    const std::string name = form.line("name", 1, 100);
    const auto scopes = scopes_of(form, policy::who(request));
    const auto expires = expiry_of(form, room.parts.clock.now());
    if (auto refusal = form.refusal()) {
        return *std::move(refusal);
    }
    TRY(const auto made, room.parts.identity.create_key(name, scopes, expires));
    json shown = token_json(made.key);
    shown["secret"] = made.token;
    return answer(shown, 201);
}

Answer revoke_token(Room& room, const http::Request& request) {
    const auto text = request.path_parameter("id");
    identity::ApiKeyId id;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), id.value);
    if (fault != std::errc{} || end != text.data() + text.size()) {
        return http::problem(request, 404, "not-found");
    }
    TRY_DO(room.parts.identity.revoke_key(id));
    return http::no_content();
}

}  // namespace bypuls::staff
