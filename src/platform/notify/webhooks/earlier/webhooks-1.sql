CREATE TABLE IF NOT EXISTS schema_migrations (component TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL, PRIMARY KEY (component, number));
CREATE TABLE webhooks_state (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL);
CREATE TABLE webhooks_subscriptions (id BIGINT NOT NULL PRIMARY KEY, url TEXT NOT NULL, description TEXT NOT NULL, datastreams TEXT NOT NULL, places TEXT NOT NULL, secret TEXT NOT NULL, active BIGINT NOT NULL CHECK (active IN (0, 1)), created BIGINT NOT NULL, refused BIGINT NOT NULL);
CREATE TABLE webhooks_messages (id BIGINT NOT NULL PRIMARY KEY, subscription BIGINT NOT NULL REFERENCES webhooks_subscriptions (id) ON DELETE CASCADE, event TEXT NOT NULL, body TEXT NOT NULL, datastream BIGINT NOT NULL, at BIGINT NOT NULL, created BIGINT NOT NULL, next_attempt BIGINT NOT NULL, attempts BIGINT NOT NULL, fault TEXT NOT NULL, dead BIGINT NOT NULL CHECK (dead IN (0, 1)), UNIQUE (subscription, event));
INSERT INTO schema_migrations VALUES ('webhooks', 1, 'subscriptions and messages', '17e07f24', 1795701612643070);
INSERT INTO webhooks_state VALUES ('position', 0);
INSERT INTO webhooks_state VALUES ('subscriptions', 0);
INSERT INTO webhooks_state VALUES ('messages', 0);
CREATE INDEX webhooks_messages_readings ON webhooks_messages (datastream, at);
CREATE INDEX webhooks_messages_waiting ON webhooks_messages (subscription, dead, id);
-- What a town of this version has besides.
INSERT INTO webhooks_subscriptions VALUES (7, 'https://example.org/hook', 'Kart og plan', '12,13', 'landfalltjern', 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=', 1, 1777636800000000, 2);
INSERT INTO webhooks_subscriptions VALUES (8, 'https://example.org/off', '', '12', '', 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=', 0, 1777636800000000, 0);
INSERT INTO webhooks_messages VALUES (3, 7, 'given-up', '{"id":"given-up"}', 12, 1777636800000000, 1777636800000000, 1777636800000000, 16, 'no answer', 1);
INSERT INTO webhooks_messages VALUES (4, 7, 'waits', '{"id":"waits"}', 12, 1777636800000000, 1777636800000000, 1777636800000000, 1, 'the target answered 500', 0);
UPDATE webhooks_state SET value = 8 WHERE name = 'subscriptions';
UPDATE webhooks_state SET value = 4 WHERE name = 'messages';
UPDATE webhooks_state SET value = 118 WHERE name = 'position';
