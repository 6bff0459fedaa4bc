CREATE TABLE IF NOT EXISTS schema_migrations (component TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL, PRIMARY KEY (component, number));
CREATE TABLE devices_profile (id TEXT PRIMARY KEY, definition TEXT NOT NULL);
CREATE TABLE devices_codec (id TEXT NOT NULL, version BIGINT NOT NULL, name TEXT NOT NULL, script TEXT NOT NULL, saved BIGINT NOT NULL, PRIMARY KEY (id, version));
CREATE TABLE devices_device (dev_eui TEXT PRIMARY KEY, name TEXT NOT NULL, profile TEXT NOT NULL, thing BIGINT NOT NULL, place TEXT NOT NULL, adopted BIGINT NOT NULL);
CREATE TABLE devices_datastream (dev_eui TEXT NOT NULL REFERENCES devices_device (dev_eui), field TEXT NOT NULL, datastream BIGINT NOT NULL, PRIMARY KEY (dev_eui, field));
INSERT INTO schema_migrations VALUES ('devices', 1, 'profiles, codecs and devices', 'ad81cc2e', 1795701617134791);
-- What a town of this version has besides.
INSERT INTO devices_profile VALUES ('water-temperature', '{"codec":"dragino-lds01","fields":[{"field":"TempC","property":"water_temperature","scale":1.0,"unit":"Cel"}],"interval_seconds":1200,"name":"Badetermometer"}');
INSERT INTO devices_codec VALUES ('dragino-lds01', 1, 'Dragino', 'function decodeUplink(input) { return {data: {}}; }', 1772438400000000);
INSERT INTO devices_codec VALUES ('dragino-lds01', 2, 'Dragino', 'function decodeUplink(input) { return {data: {TempC: input.bytes[0]}}; }', 1772438400000000);
INSERT INTO devices_device VALUES ('70b3d57ed0001234', 'Bøye Landfalltjern', 'water-temperature', 41, 'landfalltjern', 1772438400000000);
INSERT INTO devices_datastream VALUES ('70b3d57ed0001234', 'TempC', 12);
