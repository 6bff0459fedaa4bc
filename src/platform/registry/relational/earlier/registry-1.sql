CREATE TABLE IF NOT EXISTS schema_migrations (component TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL, PRIMARY KEY (component, number));
CREATE TABLE registry_counters (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL);
CREATE TABLE registry_removals (kind BIGINT NOT NULL, id BIGINT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (kind, id));
INSERT INTO schema_migrations VALUES ('registry', 1, 'counters and removals', '2fa61f82', 1795701624203381);
INSERT INTO registry_counters VALUES ('version', 0);
INSERT INTO registry_counters VALUES ('things', 0);
INSERT INTO registry_counters VALUES ('locations', 0);
INSERT INTO registry_counters VALUES ('historical_locations', 0);
INSERT INTO registry_counters VALUES ('sensors', 0);
INSERT INTO registry_counters VALUES ('observed_properties', 0);
INSERT INTO registry_counters VALUES ('datastreams', 0);
INSERT INTO registry_counters VALUES ('features', 0);
INSERT INTO registry_counters VALUES ('places', 0);
CREATE INDEX registry_removals_version ON registry_removals (version);
-- What a town of this version has besides.
INSERT INTO registry_removals VALUES (7, 4, 3);
UPDATE registry_counters SET value = 3 WHERE name = 'version';
UPDATE registry_counters SET value = 4 WHERE name = 'places';
