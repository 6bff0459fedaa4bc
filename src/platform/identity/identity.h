#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "platform/identity/model.h"
#include "platform/identity/passwords.h"
#include "platform/identity/store.h"

namespace bypuls::identity {

struct Settings {
    std::chrono::seconds session_idle_max = std::chrono::hours(8);
    std::chrono::seconds session_age_max = std::chrono::hours(24);
    std::chrono::seconds setup_code_age_max = std::chrono::hours(24);
    /// A key revoked by another process stops working here after at most this long; one revoked here, at once.
    std::chrono::seconds key_recheck = std::chrono::seconds(5);
    std::size_t login_burst = 5;  ///< wrong passwords per account and address before waiting
    std::chrono::seconds login_refill = std::chrono::seconds(30);
    std::size_t address_burst = 30;  ///< attempts per address, whatever the account
    std::chrono::seconds address_refill = std::chrono::seconds(5);
    HashCost hash_cost = HashCost::moderate();
    std::size_t hashes_parallel_max = 1;
    std::chrono::milliseconds hash_wait_max{5000};
};

/// A token that is seen this once.
struct NewApiKey {
    ApiKey key;
    std::string token;  ///< byp_<prefix>_<secret>
};

struct NewSession {
    Session session;
    Account account;
    std::string token;       ///< for the cookie
    std::string csrf_token;  ///< for the forms and the script
};

/// How the request came, which decides the cookie. `secure` is TLS, our own or a trusted proxy's.
enum class Transport : std::uint8_t { secure, plain };

/// What a request brings to say who is asking; empty when absent. Views of the request's own text.
struct Credentials {
    std::string_view authorization{};  ///< the Authorization header: "Bearer …" or "Token …"
    std::string_view cookie{};         ///< the Cookie header
    std::string_view csrf_token{};     ///< X-CSRF-Token, or the form's field
    /// POST, PUT, PATCH and DELETE change something: with a cookie they need the CSRF token.
    bool changes_something = false;
    Transport transport = Transport::secure;
};

/// Who is asking, and who may. Thread-safe. Everything but authenticate() with an API key that was seen before may
/// block, on storage or on a password hash.
class Identity {
public:
    /// All outlive it. `random` is thread-safe and, outside tests, SystemRandom.
    Identity(Store& store, const Clock& clock, Random& random, Settings settings = {});
    ~Identity();

    // API keys

    Result<NewApiKey> create_key(std::string_view name, Scopes scopes, std::optional<Instant> expires = std::nullopt);
    Result<std::vector<ApiKey>> keys() const;
    Result<void> revoke_key(ApiKeyId id);

    // Accounts

    /// For the log of the first start: a code that makes the first account, once, within setup_code_age_max. An
    /// earlier one stops working. Errc::conflict when there is an account.
    Result<std::string> issue_setup_code();
    /// Errc::forbidden for a wrong, used or expired code, conflict when there is an account already, malformed for a
    /// password or address we do not accept, exhausted when `address` has tried too often.
    Result<Account> create_first_account(std::string_view setup_code, std::string_view email, std::string_view name,
                                         std::string_view password, std::string_view address);
    /// By someone who may: the program's own command line, or a person with Scope::admin.
    Result<Account> create_account(std::string_view email, std::string_view name, std::string_view password,
                                   Scopes scopes);
    Result<std::vector<Account>> accounts() const;
    /// Ends the account's sessions.
    Result<void> set_password(AccountId id, std::string_view password);
    /// Ends the account's sessions.
    Result<void> disable_account(AccountId id);
    Result<void> remove_account(AccountId id);

    // Sessions

    /// Errc::forbidden, the same for an unknown account, a wrong password and a disabled account; exhausted, saying for
    /// how long to wait, when there were too many attempts from `address`; unavailable when too busy.
    Result<NewSession> log_in(std::string_view email, std::string_view password, std::string_view address);
    /// Ends the session that the cookie names; no error when there is none.
    Result<void> log_out(const Credentials& credentials);
    Result<std::vector<Session>> sessions(AccountId account) const;
    Result<void> end_session(SessionId id);

    /// Who is asking? Errc::not_found when the request brings nothing; forbidden, in the same words whatever the
    /// reason, when what it brings is wrong, expired or revoked, or when the CSRF token is missing. An Authorization
    /// header is used before a cookie.
    Result<Principal> authenticate(const Credentials& credentials);
    /// The session's CSRF token, for a page that is being rendered; Errc::not_found without a session cookie.
    Result<std::string> csrf_token(const Credentials& credentials) const;

    /// To be called every minute: writes down when keys and sessions were last used, deletes sessions that have ended
    /// by time, and codes that have expired.
    Result<void> maintain();

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

/// The token of "Bearer x" or "Token x" (RFC 6750 §2.1; scheme in any case). Nothing when it is another scheme.
std::optional<std::string_view> token_of(std::string_view authorization);

/// The Set-Cookie text for a session, and the one that takes it away.
///
/// Over TLS the name begins with `__Host-`, which browsers accept only with Secure, Path=/ and no Domain (RFC 6265bis
/// §4.1.3.2). Over plain HTTP, which we serve to people on the machine itself only, browsers differ on whether Secure
/// cookies work on localhost, so the name is plain and the attribute absent.
std::string session_cookie(std::string_view token, Transport transport, std::chrono::seconds age_max);
std::string expired_session_cookie(Transport transport);
/// The session's token in a Cookie header, under the name that fits the transport. Nothing when there is none.
std::optional<std::string_view> session_token_of(std::string_view cookie, Transport transport);

}  // namespace bypuls::identity
