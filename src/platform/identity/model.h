#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"

namespace bypuls::identity {

using AccountId = Id<struct AccountTag>;
using SessionId = Id<struct SessionTag>;
using ApiKeyId = Id<struct ApiKeyTag>;

/// What a key or a person may do. Each is granted by itself; `admin` does not imply the others.
enum class Scope : std::uint8_t {
    ingest = 1U << 0U,  ///< send readings
    read = 1U << 1U,    ///< read the internal plane
    admin = 1U << 2U,   ///< change devices, codecs, tokens and accounts
};

class Scopes {
public:
    constexpr Scopes() = default;
    constexpr Scopes(std::initializer_list<Scope> scopes) {
        for (const Scope scope : scopes) {
            bits_ = static_cast<std::uint8_t>(bits_ | static_cast<std::uint8_t>(scope));
        }
    }
    static constexpr Scopes from_bits(std::uint8_t bits) {
        Scopes scopes;
        scopes.bits_ = bits & 7U;
        return scopes;
    }
    constexpr bool has(Scope scope) const { return (bits_ & static_cast<std::uint8_t>(scope)) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr std::uint8_t bits() const { return bits_; }
    friend constexpr bool operator==(Scopes, Scopes) = default;

private:
    std::uint8_t bits_ = 0;
};

/// "ingest,read"
std::string to_string(Scopes scopes);
/// Reads the same; Errc::malformed names the scope that does not exist. At least one is required.
Result<Scopes> parse_scopes(std::string_view text);

/// A key for a machine. Its secret is shown once and kept only as SHA-256.
struct ApiKey {
    ApiKeyId id{};
    std::string name;    ///< what it is for, in the operator's words
    std::string prefix;  ///< the part of the token that tells it from others and is no secret
    Scopes scopes;
    Instant created{};
    std::optional<Instant> expires;
    std::optional<Instant> last_used;  ///< to the minute
    std::optional<Instant> revoked;

    friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

/// A person who signs in.
struct Account {
    AccountId id{};
    std::string email;  ///< as written; compared without regard to ASCII case
    std::string name;
    Scopes scopes;
    Instant created{};
    std::optional<Instant> last_login;
    std::optional<Instant> disabled;

    friend bool operator==(const Account&, const Account&) = default;
};

/// One sign-in. The id that the browser holds is another, of 256 bits, of which only SHA-256 is kept.
struct Session {
    SessionId id{};
    AccountId account{};
    Instant created{};
    Instant last_seen{};  ///< to the minute
    std::string address;  ///< where it signed in from, so that the person can tell sessions apart

    friend bool operator==(const Session&, const Session&) = default;
};

/// Who is asking.
struct Principal {
    enum class Kind : std::uint8_t { api_key, person };

    Kind kind = Kind::api_key;
    std::int64_t id = 0;  ///< of the key or the account
    std::string name;
    Scopes scopes;
    std::optional<SessionId> session;  ///< of a person

    bool may(Scope scope) const { return scopes.has(scope); }
    friend bool operator==(const Principal&, const Principal&) = default;
};

}  // namespace bypuls::identity
