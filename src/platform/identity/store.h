#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/database/database.h"
#include "platform/database/migrations.h"
#include "platform/identity/model.h"
#include "platform/identity/secrets.h"

namespace bypuls::identity {

struct KeptApiKey {
    ApiKey key;
    Digest secret{};  ///< SHA-256 of the whole token
};

struct KeptAccount {
    Account account;
    std::string password_hash;
};

struct KeptSession {
    Session session;
    Digest token{};  ///< SHA-256 of what the browser holds
};

struct KeptCode {
    Digest code{};
    Instant expires{};
};

/// What must be kept to know who asks. Thread-safe; blocks. No secret is kept that could be used if it were read.
class Store {
public:
    virtual ~Store() = default;

    /// Errc::conflict when the prefix is taken. The id is given by the store, here and below.
    virtual Result<ApiKeyId> add_key(const KeptApiKey& key) = 0;
    virtual Result<KeptApiKey> key_with_prefix(std::string_view prefix) const = 0;
    /// Newest first.
    virtual Result<std::vector<ApiKey>> keys() const = 0;
    /// Errc::not_found when there is none; a revoked one stays as it was.
    virtual Result<void> revoke_key(ApiKeyId id, Instant now) = 0;
    virtual Result<void> set_key_used(ApiKeyId id, Instant last_used) = 0;

    /// Errc::conflict when the e-mail address is taken.
    virtual Result<AccountId> add_account(const KeptAccount& account) = 0;
    /// The set-up code and the first account change places in one transaction: Errc::conflict when there is an account
    /// already, forbidden when the code is another, used or expired.
    virtual Result<AccountId> add_first_account(const KeptAccount& account, const Digest& code, Instant now) = 0;
    virtual Result<KeptAccount> account(AccountId id) const = 0;
    virtual Result<KeptAccount> account_with_email(std::string_view email) const = 0;
    virtual Result<std::vector<Account>> accounts() const = 0;
    /// Errc::not_found; the sessions of a disabled account, or of one with a new password, end in the same transaction.
    virtual Result<void> set_password(AccountId id, const std::string& password_hash) = 0;
    /// The same password in a newer hash; sessions go on.
    virtual Result<void> rehash_password(AccountId id, const std::string& password_hash) = 0;
    virtual Result<void> disable_account(AccountId id, Instant now) = 0;
    /// The person's data, sessions included.
    virtual Result<void> remove_account(AccountId id) = 0;

    /// Replaces the one that may be there.
    virtual Result<void> set_setup_code(const KeptCode& code) = 0;

    /// Sets the account's last_login too. Errc::not_found when the account is gone or disabled.
    virtual Result<SessionId> add_session(const KeptSession& session) = 0;
    /// With the account, so that one read tells who is asking.
    virtual Result<std::pair<Session, Account>> session_with_token(const Digest& token) const = 0;
    virtual Result<void> set_session_seen(SessionId id, Instant last_seen) = 0;
    virtual Result<std::vector<Session>> sessions(AccountId account) const = 0;
    virtual Result<void> remove_session(SessionId id) = 0;
    /// Those not seen since `last_seen_before` or begun before `created_before`, and expired set-up codes. Returns how
    /// many sessions went.
    virtual Result<std::size_t> purge(Instant last_seen_before, Instant created_before, Instant now) = 0;
};

/// The tables, for database::migrate().
database::Component identity_component();

/// `database` has been migrated and outlives the store.
std::unique_ptr<Store> make_relational_store(database::Database& database);

}  // namespace bypuls::identity
