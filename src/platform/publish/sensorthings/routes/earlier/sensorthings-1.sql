CREATE TABLE IF NOT EXISTS schema_migrations (component TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL, PRIMARY KEY (component, number));
CREATE TABLE sensorthings_moved (id BIGINT NOT NULL PRIMARY KEY, datastream BIGINT NOT NULL, time BIGINT NOT NULL);
INSERT INTO schema_migrations VALUES ('sensorthings', 1, 'moved observations', '7cb0c576', 1795701616695206);
-- What a town of this version has besides.
INSERT INTO sensorthings_moved VALUES (8000123, 12, 1780315200000000);
