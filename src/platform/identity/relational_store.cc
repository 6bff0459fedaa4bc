#include <fmt/format.h>
#include <soci/soci.h>

#include "core/text.h"
#include "platform/identity/store.h"

namespace bypuls::identity {
namespace {

long long micros(Instant t) {
    return t.time_since_epoch().count();
}

Instant instant(long long value) {
    return Instant{Duration{value}};
}

/// A moment that may be absent, as SOCI reads and writes it.
struct Moment {
    long long value = 0;
    soci::indicator state = soci::i_null;

    Moment() = default;
    explicit Moment(const std::optional<Instant>& t) {
        if (t) {
            value = micros(*t);
            state = soci::i_ok;
        }
    }
    std::optional<Instant> get() const { return state == soci::i_ok ? std::optional(instant(value)) : std::nullopt; }
};

Result<Digest> digest_of(const std::string& hex) {
    TRY(const auto bytes, from_hex(hex));
    Digest digest{};
    if (bytes.size() != digest.size()) {
        return fail(Errc::damaged, "identity: a stored digest has the wrong length");
    }
    std::ranges::copy(bytes, digest.begin());
    return digest;
}

long long next_id(soci::session& sql, const std::string& kind) {
    long long id = 0;
    sql << "UPDATE identity_counters SET value = value + 1 WHERE name = :kind RETURNING value", soci::use(kind),
        soci::into(id);
    return id;
}

/// The columns of one row of identity_api_keys, in the order of key_columns.
struct KeyRow {
    static constexpr std::string_view columns =
        "id, name, prefix, secret, scopes, created, expires, last_used, revoked";
    long long id = 0;
    std::string name;
    std::string prefix;
    std::string secret;
    long long scopes = 0;
    long long created = 0;
    Moment expires;
    Moment last_used;
    Moment revoked;

    ApiKey key() const {
        return {.id = ApiKeyId{id},
                .name = name,
                .prefix = prefix,
                .scopes = Scopes::from_bits(static_cast<std::uint8_t>(scopes)),
                .created = instant(created),
                .expires = expires.get(),
                .last_used = last_used.get(),
                .revoked = revoked.get()};
    }
    template <typename Statement>
    auto into(Statement&& statement) {
        return statement, soci::into(id), soci::into(name), soci::into(prefix), soci::into(secret), soci::into(scopes),
               soci::into(created), soci::into(expires.value, expires.state),
               soci::into(last_used.value, last_used.state), soci::into(revoked.value, revoked.state);
    }
};

struct AccountRow {
    static constexpr std::string_view columns =
        "a.id, a.email, a.name, a.scopes, a.password_hash, a.created, "
        "a.last_login, a.disabled";
    long long id = 0;
    std::string email;
    std::string name;
    long long scopes = 0;
    std::string password_hash;
    long long created = 0;
    Moment last_login;
    Moment disabled;

    Account account() const {
        return {.id = AccountId{id},
                .email = email,
                .name = name,
                .scopes = Scopes::from_bits(static_cast<std::uint8_t>(scopes)),
                .created = instant(created),
                .last_login = last_login.get(),
                .disabled = disabled.get()};
    }
    template <typename Statement>
    auto into(Statement&& statement) {
        return statement, soci::into(id), soci::into(email), soci::into(name), soci::into(scopes),
               soci::into(password_hash), soci::into(created), soci::into(last_login.value, last_login.state),
               soci::into(disabled.value, disabled.state);
    }
};

struct SessionRow {
    static constexpr std::string_view columns = "s.id, s.account, s.created, s.last_seen, s.address";
    long long id = 0;
    long long account = 0;
    long long created = 0;
    long long last_seen = 0;
    std::string address;

    Session session() const {
        return {.id = SessionId{id},
                .account = AccountId{account},
                .created = instant(created),
                .last_seen = instant(last_seen),
                .address = address};
    }
    template <typename Statement>
    auto into(Statement&& statement) {
        return statement, soci::into(id), soci::into(account), soci::into(created), soci::into(last_seen),
               soci::into(address);
    }
};

std::unexpected<Error> no_such(std::string_view what) {
    return fail(Errc::not_found, fmt::format("there is no such {}", what));
}

AccountId insert_account(soci::session& sql, const KeptAccount& kept) {
    const auto& account = kept.account;
    const long long id = next_id(sql, "account");
    const std::string email_key = to_lower_ascii(account.email);
    const long long scopes = account.scopes.bits();
    const long long created = micros(account.created);
    sql << "INSERT INTO identity_accounts (id, email, email_key, name, scopes, password_hash, created) "
           "VALUES (:id, :email, :email_key, :name, :scopes, :hash, :created)",
        soci::use(id), soci::use(account.email), soci::use(email_key), soci::use(account.name), soci::use(scopes),
        soci::use(kept.password_hash), soci::use(created);
    return AccountId{id};
}

long long count_accounts(soci::session& sql) {
    long long count = 0;
    sql << "SELECT count(*) FROM identity_accounts", soci::into(count);
    return count;
}

/// Runs one statement that names a row by id; Errc::not_found when it touched none.
template <typename... Uses>
Result<void> change_one(soci::session& sql, std::string_view what, const std::string& text, Uses&&... uses) {
    soci::statement statement = ((sql.prepare << text), ..., std::forward<Uses>(uses));
    statement.execute(true);
    if (statement.get_affected_rows() == 0) {
        return no_such(what);
    }
    return {};
}

class RelationalStore final : public Store {
public:
    explicit RelationalStore(database::Database& database) : database_(database) {}

    Result<ApiKeyId> add_key(const KeptApiKey& kept) override;
    Result<KeptApiKey> key_with_prefix(std::string_view prefix) const override;
    Result<std::vector<ApiKey>> keys() const override;
    Result<void> revoke_key(ApiKeyId id, Instant now) override;
    Result<void> set_key_used(ApiKeyId id, Instant last_used) override;
    Result<AccountId> add_account(const KeptAccount& account) override;
    Result<AccountId> add_first_account(const KeptAccount& account, const Digest& code, Instant now) override;
    Result<KeptAccount> account(AccountId id) const override;
    Result<KeptAccount> account_with_email(std::string_view email) const override;
    Result<std::vector<Account>> accounts() const override;
    Result<void> set_password(AccountId id, const std::string& password_hash) override;
    Result<void> rehash_password(AccountId id, const std::string& password_hash) override;
    Result<void> disable_account(AccountId id, Instant now) override;
    Result<void> remove_account(AccountId id) override;
    Result<void> set_setup_code(const KeptCode& code) override;
    Result<SessionId> add_session(const KeptSession& session) override;
    Result<std::pair<Session, Account>> session_with_token(const Digest& token) const override;
    Result<void> set_session_seen(SessionId id, Instant last_seen) override;
    Result<std::vector<Session>> sessions(AccountId account) const override;
    Result<void> remove_session(SessionId id) override;
    Result<std::size_t> purge(Instant last_seen_before, Instant created_before, Instant now) override;

private:
    database::Database& database_;
};

// --- API keys

Result<ApiKeyId> RelationalStore::add_key(const KeptApiKey& kept) {
    return database_.write("API key", [&](soci::session& sql) -> Result<ApiKeyId> {
        const auto& key = kept.key;
        const long long id = next_id(sql, "key");
        const std::string secret = to_hex(kept.secret);
        const long long scopes = key.scopes.bits();
        const long long created = micros(key.created);
        Moment expires(key.expires);
        sql << "INSERT INTO identity_api_keys (id, name, prefix, secret, scopes, created, expires) "
               "VALUES (:id, :name, :prefix, :secret, :scopes, :created, :expires)",
            soci::use(id), soci::use(key.name), soci::use(key.prefix), soci::use(secret), soci::use(scopes),
            soci::use(created), soci::use(expires.value, expires.state);
        return ApiKeyId{id};
    });
}

Result<KeptApiKey> RelationalStore::key_with_prefix(std::string_view prefix) const {
    return database_.read("API key", [&](soci::session& sql) -> Result<KeptApiKey> {
        const std::string wanted(prefix);
        KeyRow row;
        row.into((sql << fmt::format("SELECT {} FROM identity_api_keys WHERE prefix = :prefix", KeyRow::columns),
                  soci::use(wanted)));
        if (!sql.got_data()) {
            return no_such("API key");
        }
        TRY(const Digest secret, digest_of(row.secret));
        return KeptApiKey{row.key(), secret};
    });
}

Result<std::vector<ApiKey>> RelationalStore::keys() const {
    return database_.read("API keys", [&](soci::session& sql) -> Result<std::vector<ApiKey>> {
        KeyRow row;
        soci::statement rows = row.into(
            (sql.prepare << fmt::format("SELECT {} FROM identity_api_keys ORDER BY id DESC", KeyRow::columns)));
        std::vector<ApiKey> keys;
        rows.execute();
        while (rows.fetch()) {
            keys.push_back(row.key());
        }
        return keys;
    });
}

Result<void> RelationalStore::revoke_key(ApiKeyId id, Instant now) {
    return database_.write("API key", [&](soci::session& sql) {
        const long long at = micros(now);
        const long long key = id.value;
        return change_one(sql, "API key",
                          "UPDATE identity_api_keys SET revoked = coalesce(revoked, :at) WHERE id = :id", soci::use(at),
                          soci::use(key));
    });
}

Result<void> RelationalStore::set_key_used(ApiKeyId id, Instant last_used) {
    return database_.write("API key", [&](soci::session& sql) {
        const long long at = micros(last_used);
        const long long key = id.value;
        return change_one(sql, "API key", "UPDATE identity_api_keys SET last_used = :at WHERE id = :id", soci::use(at),
                          soci::use(key));
    });
}

// --- accounts

Result<AccountId> RelationalStore::add_account(const KeptAccount& kept) {
    return database_.write("account",
                           [&](soci::session& sql) -> Result<AccountId> { return insert_account(sql, kept); });
}

Result<AccountId> RelationalStore::add_first_account(const KeptAccount& kept, const Digest& code, Instant now) {
    return database_.write("account", [&](soci::session& sql) -> Result<AccountId> {
        const std::string presented = to_hex(code);
        const long long at = micros(now);
        soci::statement used = (sql.prepare << "DELETE FROM identity_setup_codes WHERE code = :code AND expires > :at",
                                soci::use(presented), soci::use(at));
        used.execute(true);
        if (used.get_affected_rows() == 0) {
            return fail(Errc::forbidden, "the set-up code is wrong, used or expired");
        }
        // Taking the id locks the counter's row, so that of two who come at once the second sees the first's account.
        const AccountId id = insert_account(sql, kept);
        if (count_accounts(sql) != 1) {
            return fail(Errc::conflict, "there is an account already");
        }
        return id;
    });
}

Result<KeptAccount> RelationalStore::account(AccountId id) const {
    return database_.read("account", [&](soci::session& sql) -> Result<KeptAccount> {
        const long long wanted = id.value;
        AccountRow row;
        row.into((sql << fmt::format("SELECT {} FROM identity_accounts a WHERE a.id = :id", AccountRow::columns),
                  soci::use(wanted)));
        if (!sql.got_data()) {
            return no_such("account");
        }
        return KeptAccount{row.account(), row.password_hash};
    });
}

Result<KeptAccount> RelationalStore::account_with_email(std::string_view email) const {
    return database_.read("account", [&](soci::session& sql) -> Result<KeptAccount> {
        const std::string wanted = to_lower_ascii(email);
        AccountRow row;
        row.into(
            (sql << fmt::format("SELECT {} FROM identity_accounts a WHERE a.email_key = :email", AccountRow::columns),
             soci::use(wanted)));
        if (!sql.got_data()) {
            return no_such("account");
        }
        return KeptAccount{row.account(), row.password_hash};
    });
}

Result<std::vector<Account>> RelationalStore::accounts() const {
    return database_.read("accounts", [&](soci::session& sql) -> Result<std::vector<Account>> {
        AccountRow row;
        soci::statement rows = row.into(
            (sql.prepare << fmt::format("SELECT {} FROM identity_accounts a ORDER BY a.id", AccountRow::columns)));
        std::vector<Account> accounts;
        rows.execute();
        while (rows.fetch()) {
            accounts.push_back(row.account());
        }
        return accounts;
    });
}

Result<void> RelationalStore::set_password(AccountId id, const std::string& password_hash) {
    return database_.write("account", [&](soci::session& sql) -> Result<void> {
        const long long account = id.value;
        TRY_DO(change_one(sql, "account", "UPDATE identity_accounts SET password_hash = :hash WHERE id = :id",
                          soci::use(password_hash), soci::use(account)));
        sql << "DELETE FROM identity_sessions WHERE account = :account", soci::use(account);
        return {};
    });
}

Result<void> RelationalStore::rehash_password(AccountId id, const std::string& password_hash) {
    return database_.write("account", [&](soci::session& sql) {
        const long long account = id.value;
        return change_one(sql, "account", "UPDATE identity_accounts SET password_hash = :hash WHERE id = :id",
                          soci::use(password_hash), soci::use(account));
    });
}

Result<void> RelationalStore::disable_account(AccountId id, Instant now) {
    return database_.write("account", [&](soci::session& sql) -> Result<void> {
        const long long account = id.value;
        const long long at = micros(now);
        TRY_DO(change_one(sql, "account",
                          "UPDATE identity_accounts SET disabled = coalesce(disabled, :at) WHERE id = :id",
                          soci::use(at), soci::use(account)));
        sql << "DELETE FROM identity_sessions WHERE account = :account", soci::use(account);
        return {};
    });
}

Result<void> RelationalStore::remove_account(AccountId id) {
    return database_.write("account", [&](soci::session& sql) {
        const long long account = id.value;
        return change_one(sql, "account", "DELETE FROM identity_accounts WHERE id = :id", soci::use(account));
    });
}

Result<void> RelationalStore::set_setup_code(const KeptCode& code) {
    return database_.write("set-up code", [&](soci::session& sql) -> Result<void> {
        if (count_accounts(sql) > 0) {
            return fail(Errc::conflict, "there is an account already, so no set-up code is needed");
        }
        const std::string digest = to_hex(code.code);
        const long long expires = micros(code.expires);
        sql << "INSERT INTO identity_setup_codes (id, code, expires) VALUES (1, :code, :expires) "
               "ON CONFLICT (id) DO UPDATE SET code = excluded.code, expires = excluded.expires",
            soci::use(digest), soci::use(expires);
        return {};
    });
}

// --- sessions

Result<SessionId> RelationalStore::add_session(const KeptSession& kept) {
    return database_.write("session", [&](soci::session& sql) -> Result<SessionId> {
        const auto& session = kept.session;
        const long long account = session.account.value;
        const long long created = micros(session.created);
        const long long last_seen = micros(session.last_seen);
        TRY_DO(change_one(sql, "account",
                          "UPDATE identity_accounts SET last_login = :at WHERE id = :id AND disabled IS NULL",
                          soci::use(created), soci::use(account)));
        const long long id = next_id(sql, "session");
        const std::string token = to_hex(kept.token);
        sql << "INSERT INTO identity_sessions (id, token, account, created, last_seen, address) "
               "VALUES (:id, :token, :account, :created, :last_seen, :address)",
            soci::use(id), soci::use(token), soci::use(account), soci::use(created), soci::use(last_seen),
            soci::use(session.address);
        return SessionId{id};
    });
}

Result<std::pair<Session, Account>> RelationalStore::session_with_token(const Digest& token) const {
    return database_.read("session", [&](soci::session& sql) -> Result<std::pair<Session, Account>> {
        const std::string wanted = to_hex(token);
        SessionRow session;
        AccountRow account;
        account.into(session.into(
            (sql << fmt::format("SELECT {}, {} FROM identity_sessions s JOIN identity_accounts a ON a.id = s.account "
                                "WHERE s.token = :token",
                                SessionRow::columns, AccountRow::columns),
             soci::use(wanted))));
        if (!sql.got_data()) {
            return no_such("session");
        }
        return std::pair{session.session(), account.account()};
    });
}

Result<void> RelationalStore::set_session_seen(SessionId id, Instant last_seen) {
    return database_.write("session", [&](soci::session& sql) {
        const long long session = id.value;
        const long long at = micros(last_seen);
        return change_one(sql, "session", "UPDATE identity_sessions SET last_seen = :at WHERE id = :id", soci::use(at),
                          soci::use(session));
    });
}

Result<std::vector<Session>> RelationalStore::sessions(AccountId account) const {
    return database_.read("sessions", [&](soci::session& sql) -> Result<std::vector<Session>> {
        const long long wanted = account.value;
        SessionRow row;
        soci::statement rows =
            row.into((sql.prepare << fmt::format(
                          "SELECT {} FROM identity_sessions s WHERE s.account = :account ORDER BY s.id DESC",
                          SessionRow::columns),
                      soci::use(wanted)));
        std::vector<Session> sessions;
        rows.execute();
        while (rows.fetch()) {
            sessions.push_back(row.session());
        }
        return sessions;
    });
}

Result<void> RelationalStore::remove_session(SessionId id) {
    return database_.write("session", [&](soci::session& sql) {
        const long long session = id.value;
        return change_one(sql, "session", "DELETE FROM identity_sessions WHERE id = :id", soci::use(session));
    });
}

Result<std::size_t> RelationalStore::purge(Instant last_seen_before, Instant created_before, Instant now) {
    return database_.write("sessions", [&](soci::session& sql) -> Result<std::size_t> {
        const long long seen = micros(last_seen_before);
        const long long created = micros(created_before);
        const long long at = micros(now);
        soci::statement ended =
            (sql.prepare << "DELETE FROM identity_sessions WHERE last_seen < :seen OR created < :created",
             soci::use(seen), soci::use(created));
        ended.execute(true);
        sql << "DELETE FROM identity_setup_codes WHERE expires <= :at", soci::use(at);
        return static_cast<std::size_t>(ended.get_affected_rows());
    });
}

}  // namespace

std::unique_ptr<Store> make_relational_store(database::Database& database) {
    return std::make_unique<RelationalStore>(database);
}

}  // namespace bypuls::identity
