#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>

#include "core/clock.h"
#include "core/random.h"
#include "platform/identity/identity.h"
#include "platform/identity/store.h"

namespace bypuls::identity {

/// Makes and checks API keys; those seen lately are known without asking the store. Thread-safe. Part of the room's
/// inside.
class ApiKeys {
public:
    ApiKeys(Store& store, const Clock& clock, Random& random, std::chrono::seconds recheck);

    Result<NewApiKey> create(std::string_view name, Scopes scopes, std::optional<Instant> expires);
    Result<void> revoke(ApiKeyId id);
    Result<Principal> check(std::string_view token);
    /// Writes down when each was last used.
    Result<void> save_uses();

private:
    struct Known;

    std::shared_ptr<Known> find_known(const Digest& digest) const;
    Result<std::shared_ptr<Known>> look_up(std::string_view token, const Digest& digest);

    Store& store_;
    const Clock& clock_;
    Random& random_;
    const std::chrono::seconds recheck_;
    mutable std::shared_mutex mutex_;
    std::unordered_map<Digest, std::shared_ptr<Known>, DigestHash> known_;
    std::uint64_t revocations_ = 0;
};

}  // namespace bypuls::identity
