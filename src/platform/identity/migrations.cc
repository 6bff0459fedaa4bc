#include "platform/identity/store.h"

namespace bypuls::identity {

database::Component identity_component() {
    return {"identity",
            {{1,
              "keys, accounts, sessions and the set-up code",
              {"CREATE TABLE identity_counters (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL)",
               "INSERT INTO identity_counters (name, value) VALUES ('key', 0), ('account', 0), ('session', 0)",
               "CREATE TABLE identity_api_keys ("
               "id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, prefix TEXT NOT NULL UNIQUE, "
               "secret TEXT NOT NULL CHECK (length(secret) = 64), scopes BIGINT NOT NULL, created BIGINT NOT NULL, "
               "expires BIGINT, last_used BIGINT, revoked BIGINT)",
               "CREATE TABLE identity_accounts ("
               "id BIGINT NOT NULL PRIMARY KEY, email TEXT NOT NULL, email_key TEXT NOT NULL UNIQUE, "
               "name TEXT NOT NULL, scopes BIGINT NOT NULL, password_hash TEXT NOT NULL, created BIGINT NOT NULL, "
               "last_login BIGINT, disabled BIGINT)",
               "CREATE TABLE identity_sessions ("
               "id BIGINT NOT NULL PRIMARY KEY, token TEXT NOT NULL UNIQUE CHECK (length(token) = 64), "
               "account BIGINT NOT NULL REFERENCES identity_accounts (id) ON DELETE CASCADE, "
               "created BIGINT NOT NULL, last_seen BIGINT NOT NULL, address TEXT NOT NULL)",
               "CREATE INDEX identity_sessions_by_account ON identity_sessions (account)",
               "CREATE TABLE identity_setup_codes ("
               "id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1), code TEXT NOT NULL, expires BIGINT NOT NULL)"}}}};
}

}  // namespace bypuls::identity
