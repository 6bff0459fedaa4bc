#include "platform/notify/webhooks/outbox.h"

namespace bypuls::webhooks {

database::Component Outbox::component() {
    return {.name = "webhooks",
            .migrations = {
                {.number = 1,
                 .name = "subscriptions and messages",
                 .statements =
                     {
                         "CREATE TABLE webhooks_state (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL)",
                         "INSERT INTO webhooks_state (name, value) VALUES ('position', 0), ('subscriptions', 0), "
                         "('messages', 0)",
                         "CREATE TABLE webhooks_subscriptions (id BIGINT NOT NULL PRIMARY KEY, url TEXT NOT NULL, "
                         "description TEXT NOT NULL, datastreams TEXT NOT NULL, places TEXT NOT NULL, secret TEXT NOT "
                         "NULL, active BIGINT NOT NULL CHECK (active IN (0, 1)), created BIGINT NOT NULL, refused "
                         "BIGINT NOT NULL)",
                         "CREATE TABLE webhooks_messages (id BIGINT NOT NULL PRIMARY KEY, subscription BIGINT NOT NULL "
                         "REFERENCES webhooks_subscriptions (id) ON DELETE CASCADE, event TEXT NOT NULL, body TEXT NOT "
                         "NULL, datastream BIGINT NOT NULL, at BIGINT NOT NULL, created BIGINT NOT NULL, next_attempt "
                         "BIGINT NOT NULL, attempts BIGINT NOT NULL, fault TEXT NOT NULL, dead BIGINT NOT NULL CHECK "
                         "(dead IN (0, 1)), UNIQUE (subscription, event))",
                         "CREATE INDEX webhooks_messages_readings ON webhooks_messages (datastream, at)",
                         "CREATE INDEX webhooks_messages_waiting ON webhooks_messages (subscription, dead, id)",
                     }},
                {.number = 2,
                 .name = "an account of what became of messages",
                 .statements =
                     {
                         "INSERT INTO webhooks_state (name, value) VALUES ('delivered', 0), ('forgotten', 0), "
                         "('retried', 0), ('given_up', 0)",
                         "INSERT INTO webhooks_state (name, value) SELECT 'taken', COUNT(*) FROM webhooks_messages",
                         "INSERT INTO webhooks_state (name, value) SELECT 'refused', coalesce(CAST(SUM(refused) AS "
                         "BIGINT), 0) FROM webhooks_subscriptions",
                     }},
                // What failed before this has a sentence and no reason.
                {.number = 3,
                 .name = "the last attempts, and reasons",
                 .statements = {
                     "INSERT INTO webhooks_state (name, value) VALUES ('attempts', 0)",
                     "CREATE TABLE webhooks_attempts (id BIGINT NOT NULL PRIMARY KEY, subscription BIGINT NOT NULL, "
                     "event TEXT NOT NULL, datastream BIGINT NOT NULL, reading_at BIGINT NOT NULL, at BIGINT NOT "
                     "NULL, status BIGINT NOT NULL, reason TEXT NOT NULL, fault TEXT NOT NULL)",
                     "CREATE INDEX webhooks_attempts_last ON webhooks_attempts (subscription, id)",
                     "CREATE INDEX webhooks_attempts_readings ON webhooks_attempts (datastream, reading_at)",
                     "ALTER TABLE webhooks_messages ADD COLUMN status BIGINT NOT NULL DEFAULT 0",
                     "ALTER TABLE webhooks_messages ADD COLUMN reason TEXT NOT NULL DEFAULT ''",
                 }}}};
}

}  // namespace bypuls::webhooks
