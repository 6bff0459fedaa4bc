CREATE TABLE IF NOT EXISTS schema_migrations (component TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL, PRIMARY KEY (component, number));
CREATE TABLE observation_detail (datastream BIGINT NOT NULL, time BIGINT NOT NULL, feature BIGINT, body TEXT NOT NULL, PRIMARY KEY (datastream, time));
INSERT INTO schema_migrations VALUES ('observation', 1, 'details', '55c3f176', 1795701617751165);
CREATE INDEX observation_detail_feature ON observation_detail (feature, datastream, time) WHERE feature IS NOT NULL;
-- What a town of this version has besides.
INSERT INTO observation_detail VALUES (12, 1780315200000000, 900, '{"featureOfInterest":900,"parameters":{"depth_m":0.5},"phenomenonTimeEnd":"2026-06-01T13:00:00Z","resultTime":"2026-06-01T14:00:00Z"}');
INSERT INTO observation_detail VALUES (12, 1780318800000000, NULL, '{"parameters":{"depth_m":0.4}}');
INSERT INTO observation_detail VALUES (12, 1780318860000000, NULL, '{"resultTime":"2026-06-01T13:59:59.9999Z"}');
