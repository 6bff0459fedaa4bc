CREATE TABLE IF NOT EXISTS schema_migrations (component TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL, PRIMARY KEY (component, number));
CREATE TABLE observation_detail (datastream BIGINT NOT NULL, time BIGINT NOT NULL, feature BIGINT, body TEXT NOT NULL, result_time BIGINT, phenomenon_end BIGINT, PRIMARY KEY (datastream, time));
INSERT INTO schema_migrations VALUES ('observation', 1, 'details', '55c3f176', 1795701617751165);
INSERT INTO schema_migrations VALUES ('observation', 2, 'what the details of a datastream say together', '3c901c9e', 1795701618315332);
INSERT INTO observation_detail VALUES (12, 1780315200000000, 900, '{"featureOfInterest":900,"parameters":{"depth_m":0.5},"phenomenonTimeEnd":"2026-06-01T13:00:00Z","resultTime":"2026-06-01T14:00:00Z"}', 1780322400000000, 1780318800000000);
INSERT INTO observation_detail VALUES (12, 1780318800000000, NULL, '{"parameters":{"depth_m":0.4}}', NULL, NULL);
CREATE INDEX observation_detail_feature ON observation_detail (feature, datastream, time) WHERE feature IS NOT NULL;
CREATE INDEX observation_detail_result ON observation_detail (datastream, result_time) WHERE result_time IS NOT NULL;
CREATE INDEX observation_detail_end ON observation_detail (datastream, phenomenon_end) WHERE phenomenon_end IS NOT NULL;
CREATE INDEX observation_detail_named ON observation_detail (datastream, feature) WHERE feature IS NOT NULL;
-- What a town of this version has besides.
INSERT INTO observation_detail VALUES (12, 1780322400000000, NULL, '{"resultTime":"2026-06-01T15:00:00Z"}', 1780326000000000, NULL);
INSERT INTO observation_detail VALUES (12, 1780318860000000, NULL, '{"resultTime":"2026-06-01T13:59:59.9999Z"}', 1780322400999900, NULL);
