#include "platform/identity/api_keys.h"

#include <algorithm>
#include <mutex>

#include <fmt/format.h>

#include "core/text.h"

namespace bypuls::identity {
namespace {

constexpr std::size_t prefix_characters = 10;  // 50 random bits: told apart, not secret
constexpr std::size_t secret_bytes = 32;
constexpr std::size_t secret_characters = 43;
constexpr std::size_t known_max = 10'000;  // beyond, keys are looked up each time
constexpr std::size_t key_name_bytes_max = 200;

// One sentence for every reason, so that a guesser learns nothing.
std::unexpected<Error> refused() {
    return fail(Errc::forbidden, "the API key is unknown, expired or revoked");
}

/// The prefix of "byp_<prefix>_<secret>"; empty when the token has another form.
std::string_view prefix_of(std::string_view token) {
    constexpr std::string_view start = "byp_";
    if (token.size() != start.size() + prefix_characters + 1 + secret_characters || !token.starts_with(start) ||
        token[start.size() + prefix_characters] != '_') {
        return {};
    }
    const auto prefix = token.substr(start.size(), prefix_characters);
    const bool plain =
        std::ranges::all_of(prefix, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
    return plain ? prefix : std::string_view{};
}

Instant to_the_minute(Instant t) {
    return std::chrono::floor<std::chrono::minutes>(t);
}

}  // namespace

struct ApiKeys::Known {
    ApiKeyId id;
    std::string name;
    Scopes scopes;
    std::optional<Instant> expires;
    std::chrono::steady_clock::time_point checked;
    std::atomic<std::int64_t> last_used{0};  // microseconds since 1970
    std::atomic<std::int64_t> saved_use{0};

    bool is_expired(Instant now) const { return expires && *expires <= now; }
};

ApiKeys::ApiKeys(Store& store, const Clock& clock, Random& random, std::chrono::seconds recheck)
    : store_(store), clock_(clock), random_(random), recheck_(recheck) {}

Result<NewApiKey> ApiKeys::create(std::string_view name, Scopes scopes, std::optional<Instant> expires) {
    if (!is_name(name, key_name_bytes_max)) {
        return fail(Errc::malformed,
                    fmt::format("an API key has a name of 1 to {} bytes of UTF-8", key_name_bytes_max));
    }
    if (scopes.empty()) {
        return fail(Errc::malformed, "an API key has at least one scope");
    }
    const Instant now = clock_.now();
    if (expires && *expires <= now) {
        return fail(Errc::malformed, "an API key expires in the future");
    }
    KeptApiKey kept{.key = {.name = std::string(trim(name)),
                            .prefix = to_lower_ascii(random_code(random_, prefix_characters)),
                            .scopes = scopes,
                            .created = now,
                            .expires = expires}};
    std::string token = "byp_" + kept.key.prefix + "_" + random_token(random_, secret_bytes);
    kept.secret = sha256(token);
    TRY(kept.key.id, store_.add_key(kept));
    return NewApiKey{kept.key, std::move(token)};
}

Result<void> ApiKeys::revoke(ApiKeyId id) {
    TRY_DO(store_.revoke_key(id, clock_.now()));
    const std::unique_lock lock(mutex_);
    ++revocations_;
    std::erase_if(known_, [&](const auto& entry) { return entry.second->id == id; });
    return {};
}

std::shared_ptr<ApiKeys::Known> ApiKeys::find_known(const Digest& digest) const {
    // Finding by the digest compares in varying time, but nobody can steer SHA-256 towards a digest they do not know.
    const std::shared_lock lock(mutex_);
    const auto found = known_.find(digest);
    return found == known_.end() || clock_.steady() - found->second->checked >= recheck_ ? nullptr : found->second;
}

Result<std::shared_ptr<ApiKeys::Known>> ApiKeys::look_up(std::string_view token, const Digest& digest) {
    const auto prefix = prefix_of(token);
    if (prefix.empty()) {
        return refused();
    }
    std::uint64_t revocations_before = 0;
    {
        const std::shared_lock lock(mutex_);
        revocations_before = revocations_;
    }
    const auto kept = store_.key_with_prefix(prefix);
    const bool absent = !kept && kept.error().code == Errc::not_found;
    if (!kept && !absent) {
        return std::unexpected(kept.error());
    }
    const bool matches = !absent && equal_in_constant_time(as_text(kept->secret), as_text(digest));
    const std::unique_lock lock(mutex_);
    if (!matches || kept->key.revoked) {
        known_.erase(digest);
        return refused();
    }
    auto known = std::make_shared<Known>();
    known->id = kept->key.id;
    known->name = kept->key.name;
    known->scopes = kept->key.scopes;
    known->expires = kept->key.expires;
    known->checked = clock_.steady();
    const auto before = known_.find(digest);
    const std::int64_t used = before != known_.end() ? before->second->last_used.load()
                              : kept->key.last_used  ? kept->key.last_used->time_since_epoch().count()
                                                     : 0;
    known->last_used = used;
    known->saved_use = before != known_.end() ? before->second->saved_use.load() : used;
    // A key revoked here since we read it must not be remembered as good.
    if (revocations_ == revocations_before && (before != known_.end() || known_.size() < known_max)) {
        known_[digest] = known;
    }
    return known;
}

Result<Principal> ApiKeys::check(std::string_view token) {
    const Digest digest = sha256(token);
    auto known = find_known(digest);
    if (!known) {
        TRY(known, look_up(token, digest));
    }
    const Instant now = clock_.now();
    if (known->is_expired(now)) {
        return refused();
    }
    known->last_used.store(to_the_minute(now).time_since_epoch().count(), std::memory_order_relaxed);
    return Principal{.kind = Principal::Kind::api_key,
                     .id = known->id.value,
                     .name = known->name,
                     .scopes = known->scopes,
                     .session = std::nullopt};
}

Result<void> ApiKeys::save_uses() {
    std::vector<std::shared_ptr<Known>> used;
    {
        const std::shared_lock lock(mutex_);
        for (const auto& [digest, known] : known_) {
            if (known->last_used != known->saved_use) {
                used.push_back(known);
            }
        }
    }
    for (const auto& known : used) {
        const std::int64_t at = known->last_used;
        TRY_DO(store_.set_key_used(known->id, Instant{Duration{at}}));
        known->saved_use = at;
    }
    return {};
}

}  // namespace bypuls::identity
