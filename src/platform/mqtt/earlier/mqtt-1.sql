CREATE TABLE IF NOT EXISTS schema_migrations (component TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL, PRIMARY KEY (component, number));
CREATE TABLE mqtt_sessions (client_id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, expiry BIGINT NOT NULL, disconnected BIGINT, will TEXT NOT NULL, will_delay BIGINT NOT NULL);
CREATE TABLE mqtt_subscriptions (client_id TEXT NOT NULL REFERENCES mqtt_sessions (client_id) ON DELETE CASCADE, filter TEXT NOT NULL, options BIGINT NOT NULL, subscription_id BIGINT NOT NULL, PRIMARY KEY (client_id, filter));
CREATE TABLE mqtt_messages (client_id TEXT NOT NULL REFERENCES mqtt_sessions (client_id) ON DELETE CASCADE, number BIGINT NOT NULL, qos BIGINT NOT NULL, retain BIGINT NOT NULL, subscription_ids TEXT NOT NULL, packet_id BIGINT NOT NULL, released BIGINT NOT NULL, message TEXT NOT NULL, PRIMARY KEY (client_id, number));
CREATE TABLE mqtt_received (client_id TEXT NOT NULL REFERENCES mqtt_sessions (client_id) ON DELETE CASCADE, packet_id BIGINT NOT NULL, PRIMARY KEY (client_id, packet_id));
CREATE TABLE mqtt_retained (topic TEXT NOT NULL PRIMARY KEY, message TEXT NOT NULL);
INSERT INTO schema_migrations VALUES ('mqtt', 1, 'sessions, their subscriptions and messages, and retained messages', 'a483f7d6', 1795701611189389);
-- What a town of this version has besides.
INSERT INTO mqtt_sessions VALUES ('display-torget', 'key:12', 86400, 1780308000000000, 'AMCV+kFmBwAOZGlzcGxheS10b3JnZXQyFQAMdG93bi9kaXNwbGF5AAEAZ29uZQ==', 5);
INSERT INTO mqtt_subscriptions VALUES ('display-torget', 'town/water/#', 25, 3);
INSERT INTO mqtt_messages VALUES ('display-torget', 40, 1, 0, '3', 17, 0, 'AMCV+kFmBwAAMiEAGHRvd24vd2F0ZXIvbGFuZGZhbGx0amVybgABADE5LjQ=');
INSERT INTO mqtt_messages VALUES ('display-torget', 41, 2, 1, '', 18, 1, 'AMCV+kFmBwAGbcOlbGVyMh0AFHRvd24vd2F0ZXIvYmxla3RqZXJuAAEAMTguMQ==');
INSERT INTO mqtt_received VALUES ('display-torget', 99);
INSERT INTO mqtt_retained VALUES ('town/water/landfalltjern', 'AMCV+kFmBwAAMyEAGHRvd24vd2F0ZXIvbGFuZGZhbGx0amVybgABADE5LjQ=');
