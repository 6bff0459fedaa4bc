#include "platform/identity/identity.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "core/log.h"
#include "core/text.h"
#include "platform/identity/api_keys.h"
#include "platform/identity/throttle.h"

namespace bypuls::identity {
namespace {

constexpr std::size_t session_token_bytes = 32;
constexpr std::size_t session_token_characters = 43;
constexpr std::size_t setup_code_characters = 26;  // 130 bits
constexpr std::size_t email_bytes_max = 254;       // RFC 5321 §4.5.3.1.3, less the angle brackets
constexpr std::size_t account_name_bytes_max = 200;
constexpr std::size_t address_bytes_max = 64;

Result<void> check_person(std::string_view email, std::string_view name) {
    const auto at = email.find('@');
    const bool printable = std::ranges::all_of(email, [](char c) { return static_cast<unsigned char>(c) > ' '; });
    if (email.size() > email_bytes_max || !printable || !is_utf8(email) || at == 0 || at == std::string_view::npos ||
        at + 1 == email.size()) {
        return fail(Errc::malformed, "that is not an e-mail address");
    }
    if (!is_name(name, account_name_bytes_max)) {
        return fail(Errc::malformed,
                    fmt::format("an account has a name of 1 to {} bytes of UTF-8", account_name_bytes_max));
    }
    return {};
}

/// As it was printed, whatever case and hyphens it was typed with, and with the letters that Crockford's base32 leaves
/// out read as the digits they look like.
std::string typed_code(std::string_view text) {
    std::string code;
    for (const char c : text) {
        const char upper = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        if (upper == 'O') {
            code.push_back('0');
        } else if (upper == 'I' || upper == 'L') {
            code.push_back('1');
        } else if (upper != '-' && upper != ' ') {
            code.push_back(upper);
        }
    }
    return code;
}

std::string printed_code(std::string_view code) {
    std::string out;
    for (std::size_t i = 0; i < code.size(); ++i) {
        if (i > 0 && i % 5 == 0) {
            out.push_back('-');
        }
        out.push_back(code[i]);
    }
    return out;
}

std::unexpected<Error> wrong_login() {
    return fail(Errc::forbidden, "the e-mail address or the password is wrong");
}

std::unexpected<Error> no_session() {
    return fail(Errc::forbidden, "the session has ended; sign in again");
}

// Bound to the session without being kept: only who holds the cookie's value can make it, and it does not give it away.
std::string csrf_token_for(std::string_view session_token) {
    return to_base64url(hmac(session_token, "bypuls csrf 1"));
}

Result<void> let_through(Throttle& throttle, std::string_view name) {
    const auto wait = throttle.attempt(name);
    if (wait.count() > 0) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
        return fail(Errc::exhausted, fmt::format("too many attempts; wait {} seconds", seconds));
    }
    return {};
}

}  // namespace

struct Identity::Inside {
    Inside(Store& store_in, const Clock& clock_in, Random& random_in, Settings settings_in)
        : store(store_in),
          clock(clock_in),
          random(random_in),
          settings(settings_in),
          api_keys(store, clock, random, settings.key_recheck),
          hasher(settings.hash_cost, settings.hashes_parallel_max, settings.hash_wait_max),
          by_account(clock, settings.login_burst, settings.login_refill),
          by_address(clock, settings.address_burst, settings.address_refill) {}

    Store& store;
    const Clock& clock;
    Random& random;
    const Settings settings;
    ApiKeys api_keys;
    PasswordHasher hasher;
    Throttle by_account;
    Throttle by_address;

    Result<NewSession> begin_session(const Account& account, std::string_view address);
    Result<std::pair<Session, Account>> live_session(std::string_view token) const;
    Result<Principal> check_session(std::string_view token, const Credentials& credentials);
    Result<KeptAccount> prepare(std::string_view email, std::string_view name, std::string_view password,
                                Scopes scopes);
};

Result<NewSession> Identity::Inside::begin_session(const Account& account, std::string_view address) {
    const Instant now = clock.now();
    const std::string token = random_token(random, session_token_bytes);
    KeptSession kept{.session = {.account = account.id,
                                 .created = now,
                                 .last_seen = now,
                                 .address = std::string(address.substr(0, address_bytes_max))},
                     .token = sha256(token)};
    TRY(kept.session.id, store.add_session(kept));
    NewSession begun{.session = kept.session, .account = account, .token = token, .csrf_token = csrf_token_for(token)};
    begun.account.last_login = now;
    return begun;
}

Result<std::pair<Session, Account>> Identity::Inside::live_session(std::string_view token) const {
    if (token.size() != session_token_characters) {
        return no_session();
    }
    auto found = store.session_with_token(sha256(token));
    if (!found && found.error().code == Errc::not_found) {
        return no_session();
    }
    if (!found) {
        return found;
    }
    const Instant now = clock.now();
    const auto& [session, account] = *found;
    if (account.disabled || now - session.last_seen >= settings.session_idle_max ||
        now - session.created >= settings.session_age_max) {
        return no_session();
    }
    return found;
}

Result<Principal> Identity::Inside::check_session(std::string_view token, const Credentials& credentials) {
    TRY(const auto found, live_session(token));
    const auto& [session, account] = found;
    if (credentials.changes_something && !equal_in_constant_time(credentials.csrf_token, csrf_token_for(token))) {
        return fail(Errc::forbidden, "the request does not carry the session's CSRF token; load the page again");
    }
    const Instant now = clock.now();
    if (now - session.last_seen >= std::chrono::minutes(1)) {
        // A full disk must not sign people out; the session only looks older than it is.
        if (const auto seen = store.set_session_seen(session.id, now); !seen) {
            log::warning("identity", "a session's last use was not written", {{"reason", seen.error().what}});
        }
    }
    return Principal{.kind = Principal::Kind::person,
                     .id = account.id.value,
                     .name = account.name,
                     .scopes = account.scopes,
                     .session = session.id};
}

Result<KeptAccount> Identity::Inside::prepare(std::string_view email, std::string_view name, std::string_view password,
                                              Scopes scopes) {
    TRY_DO(check_person(email, name));
    TRY_DO(check_password(password, email));
    TRY(std::string hash, hasher.hash(password));
    return KeptAccount{.account = {.email = std::string(email),
                                   .name = std::string(trim(name)),
                                   .scopes = scopes,
                                   .created = clock.now()},
                       .password_hash = std::move(hash)};
}

Identity::Identity(Store& store, const Clock& clock, Random& random, Settings settings)
    : inside_(std::make_unique<Inside>(store, clock, random, settings)) {}

Identity::~Identity() = default;

Result<NewApiKey> Identity::create_key(std::string_view name, Scopes scopes, std::optional<Instant> expires) {
    return inside_->api_keys.create(name, scopes, expires);
}

Result<std::vector<ApiKey>> Identity::keys() const {
    return inside_->store.keys();
}

Result<void> Identity::revoke_key(ApiKeyId id) {
    return inside_->api_keys.revoke(id);
}

Result<std::string> Identity::issue_setup_code() {
    const std::string code = random_code(inside_->random, setup_code_characters);
    TRY_DO(inside_->store.set_setup_code(
        {.code = sha256(code), .expires = inside_->clock.now() + inside_->settings.setup_code_age_max}));
    return printed_code(code);
}

Result<Account> Identity::create_first_account(std::string_view setup_code, std::string_view email,
                                               std::string_view name, std::string_view password,
                                               std::string_view address) {
    TRY_DO(let_through(inside_->by_address, address));
    TRY(KeptAccount kept, inside_->prepare(email, name, password, {Scope::ingest, Scope::read, Scope::admin}));
    TRY(kept.account.id, inside_->store.add_first_account(kept, sha256(typed_code(setup_code)), inside_->clock.now()));
    log::info("identity", "the first account was created", {{"account", fmt::to_string(kept.account.id.value)}});
    return kept.account;
}

Result<Account> Identity::create_account(std::string_view email, std::string_view name, std::string_view password,
                                         Scopes scopes) {
    TRY(KeptAccount kept, inside_->prepare(email, name, password, scopes));
    TRY(kept.account.id, inside_->store.add_account(kept));
    log::info("identity", "an account was created", {{"account", fmt::to_string(kept.account.id.value)}});
    return kept.account;
}

Result<std::vector<Account>> Identity::accounts() const {
    return inside_->store.accounts();
}

Result<void> Identity::set_password(AccountId id, std::string_view password) {
    TRY(const auto kept, inside_->store.account(id));
    TRY_DO(check_password(password, kept.account.email));
    TRY(const auto hash, inside_->hasher.hash(password));
    return inside_->store.set_password(id, hash);
}

Result<void> Identity::disable_account(AccountId id) {
    return inside_->store.disable_account(id, inside_->clock.now());
}

Result<void> Identity::remove_account(AccountId id) {
    return inside_->store.remove_account(id);
}

Result<NewSession> Identity::log_in(std::string_view email, std::string_view password, std::string_view address) {
    TRY_DO(let_through(inside_->by_address, address));
    if (email.size() > email_bytes_max || password.size() > password_bytes_max) {
        return wrong_login();
    }
    const std::string account_and_address = to_lower_ascii(email) + "\n" + std::string(address);
    TRY_DO(let_through(inside_->by_account, account_and_address));
    const auto kept = inside_->store.account_with_email(email);
    if (!kept) {
        if (kept.error().code != Errc::not_found) {
            return std::unexpected(kept.error());
        }
        TRY_DO(inside_->hasher.pretend(password));
        log::warning("identity", "sign-in failed", {{"account", "unknown"}, {"address", std::string(address)}});
        return wrong_login();
    }
    const AccountId id = kept->account.id;
    TRY(const bool right, inside_->hasher.verify(password, kept->password_hash));
    if (!right || kept->account.disabled) {
        log::warning("identity", "sign-in failed",
                     {{"account", fmt::to_string(id.value)}, {"address", std::string(address)}});
        return wrong_login();
    }
    inside_->by_account.forgive(account_and_address);
    if (inside_->hasher.is_outdated(kept->password_hash)) {
        TRY(const auto hash, inside_->hasher.hash(password));
        TRY_DO(inside_->store.rehash_password(id, hash));
    }
    log::info("identity", "signed in", {{"account", fmt::to_string(id.value)}});
    return inside_->begin_session(kept->account, address);
}

Result<void> Identity::log_out(const Credentials& credentials) {
    const auto token = session_token_of(credentials.cookie, credentials.transport);
    if (!token) {
        return {};
    }
    const auto found = inside_->store.session_with_token(sha256(*token));
    const auto removed = found ? inside_->store.remove_session(found->first.id) : std::unexpected(found.error());
    if (!removed && removed.error().code != Errc::not_found) {
        return removed;
    }
    return {};
}

Result<std::vector<Session>> Identity::sessions(AccountId account) const {
    return inside_->store.sessions(account);
}

Result<void> Identity::end_session(SessionId id) {
    return inside_->store.remove_session(id);
}

Result<Principal> Identity::authenticate(const Credentials& credentials) {
    if (!credentials.authorization.empty()) {
        const auto token = token_of(credentials.authorization);
        if (!token) {
            return fail(Errc::forbidden, "the Authorization header is neither 'Bearer' nor 'Token' with an API key");
        }
        return inside_->api_keys.check(*token);
    }
    const auto token = session_token_of(credentials.cookie, credentials.transport);
    if (!token) {
        return fail(Errc::not_found, "the request brings neither an API key nor a session");
    }
    return inside_->check_session(*token, credentials);
}

Result<std::string> Identity::csrf_token(const Credentials& credentials) const {
    const auto token = session_token_of(credentials.cookie, credentials.transport);
    if (!token) {
        return fail(Errc::not_found, "the request brings no session");
    }
    TRY_DO(inside_->live_session(*token));
    return csrf_token_for(*token);
}

Result<void> Identity::maintain() {
    TRY_DO(inside_->api_keys.save_uses());
    const Instant now = inside_->clock.now();
    TRY_DO(
        inside_->store.purge(now - inside_->settings.session_idle_max, now - inside_->settings.session_age_max, now));
    return {};
}

}  // namespace bypuls::identity
