#include <fmt/format.h>

#include "platform/registry/relational/relational_registry.h"

namespace bypuls::registry {
namespace {

// `version` is the registry's version at which the row last changed.

const std::vector<std::string> counters{
    "CREATE TABLE registry_counters (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL)",
    "INSERT INTO registry_counters (name, value) VALUES ('version', 0), ('things', 0), ('locations', 0), "
    "('historical_locations', 0), ('sensors', 0), ('observed_properties', 0), ('datastreams', 0), ('features', 0), "
    "('places', 0)",
    "CREATE TABLE registry_removals (kind BIGINT NOT NULL, id BIGINT NOT NULL, version BIGINT NOT NULL, "
    "PRIMARY KEY (kind, id))",
    "CREATE INDEX registry_removals_version ON registry_removals (version)",
};

const std::vector<std::string> entities{
    "CREATE TABLE registry_things (id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, "
    "properties TEXT NOT NULL, external_key TEXT NOT NULL, simulated BIGINT NOT NULL, version BIGINT NOT NULL)",
    "CREATE UNIQUE INDEX registry_things_key ON registry_things (external_key) WHERE external_key <> ''",
    "CREATE TABLE registry_locations (id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, "
    "encoding_type TEXT NOT NULL, geometry TEXT NOT NULL, properties TEXT NOT NULL, version BIGINT NOT NULL, "
    "feature BIGINT NOT NULL DEFAULT 0)",
    "CREATE TABLE registry_historical_locations (id BIGINT NOT NULL PRIMARY KEY, "
    "thing BIGINT NOT NULL REFERENCES registry_things (id) ON DELETE CASCADE, at BIGINT NOT NULL, "
    "version BIGINT NOT NULL)",
    "CREATE INDEX registry_historical_locations_thing ON registry_historical_locations (thing, at)",
    "CREATE TABLE registry_sensors (id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, "
    "encoding_type TEXT NOT NULL, metadata TEXT NOT NULL, properties TEXT NOT NULL, version BIGINT NOT NULL)",
    "CREATE TABLE registry_observed_properties (id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, "
    "definition TEXT NOT NULL, description TEXT NOT NULL, properties TEXT NOT NULL, version BIGINT NOT NULL)",
    "CREATE TABLE registry_datastreams (id BIGINT NOT NULL PRIMARY KEY, "
    "thing BIGINT NOT NULL REFERENCES registry_things (id) ON DELETE CASCADE, "
    "sensor BIGINT NOT NULL REFERENCES registry_sensors (id) ON DELETE CASCADE, "
    "observed_property BIGINT NOT NULL REFERENCES registry_observed_properties (id) ON DELETE CASCADE, "
    "name TEXT NOT NULL, description TEXT NOT NULL, unit_name TEXT NOT NULL, unit_symbol TEXT NOT NULL, "
    "unit_definition TEXT NOT NULL, result_type TEXT NOT NULL, observed_area TEXT NOT NULL, properties TEXT NOT NULL, "
    "access TEXT NOT NULL CHECK (access IN ('public', 'internal', 'restricted')), simulated BIGINT NOT NULL, "
    "version BIGINT NOT NULL)",
    "CREATE INDEX registry_datastreams_thing ON registry_datastreams (thing)",
    "CREATE INDEX registry_datastreams_sensor ON registry_datastreams (sensor)",
    "CREATE INDEX registry_datastreams_property ON registry_datastreams (observed_property)",
    "CREATE TABLE registry_features (id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, "
    "encoding_type TEXT NOT NULL, feature TEXT NOT NULL, properties TEXT NOT NULL, version BIGINT NOT NULL)",
    "CREATE TABLE registry_places (id BIGINT NOT NULL PRIMARY KEY, slug TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, "
    "season TEXT NOT NULL, first_month BIGINT NOT NULL, first_day BIGINT NOT NULL, last_month BIGINT NOT NULL, "
    "last_day BIGINT NOT NULL, name_nb TEXT NOT NULL, name_nn TEXT NOT NULL, name_en TEXT NOT NULL, "
    "description_nb TEXT NOT NULL, description_nn TEXT NOT NULL, description_en TEXT NOT NULL, "
    "longitude DOUBLE PRECISION NOT NULL, latitude DOUBLE PRECISION NOT NULL, approximate BIGINT NOT NULL, "
    "area TEXT NOT NULL, published BIGINT NOT NULL, version BIGINT NOT NULL)",
    // Every slug that ever was, since a poster on a wall outlives its place.
    "CREATE TABLE registry_slugs (slug TEXT NOT NULL PRIMARY KEY)",
};

const std::vector<std::string> links{
    "CREATE TABLE registry_thing_locations (thing BIGINT NOT NULL REFERENCES registry_things (id) ON DELETE CASCADE, "
    "location BIGINT NOT NULL REFERENCES registry_locations (id) ON DELETE CASCADE, position BIGINT NOT NULL, "
    "PRIMARY KEY (thing, location))",
    "CREATE INDEX registry_thing_locations_location ON registry_thing_locations (location)",
    "CREATE TABLE registry_historical_location_locations ("
    "historical BIGINT NOT NULL REFERENCES registry_historical_locations (id) ON DELETE CASCADE, "
    "location BIGINT NOT NULL REFERENCES registry_locations (id) ON DELETE CASCADE, position BIGINT NOT NULL, "
    "PRIMARY KEY (historical, location))",
    "CREATE INDEX registry_historical_location_locations_location "
    "ON registry_historical_location_locations (location)",
    "CREATE TABLE registry_datastream_keys (external_key TEXT NOT NULL PRIMARY KEY, "
    "datastream BIGINT NOT NULL REFERENCES registry_datastreams (id) ON DELETE CASCADE, position BIGINT NOT NULL)",
    "CREATE INDEX registry_datastream_keys_datastream ON registry_datastream_keys (datastream)",
    "CREATE TABLE registry_place_things (place BIGINT NOT NULL REFERENCES registry_places (id) ON DELETE CASCADE, "
    "thing BIGINT NOT NULL REFERENCES registry_things (id) ON DELETE CASCADE, position BIGINT NOT NULL, "
    "PRIMARY KEY (place, thing))",
    "CREATE INDEX registry_place_things_thing ON registry_place_things (thing)",
    "CREATE TABLE registry_place_datastreams (place BIGINT NOT NULL REFERENCES registry_places (id) ON DELETE CASCADE, "
    "datastream BIGINT NOT NULL REFERENCES registry_datastreams (id) ON DELETE CASCADE, position BIGINT NOT NULL, "
    "PRIMARY KEY (place, datastream))",
    "CREATE INDEX registry_place_datastreams_datastream ON registry_place_datastreams (datastream)",
};

const std::vector<std::string> lookups{
    "CREATE INDEX registry_things_name ON registry_things (name)",
    "CREATE INDEX registry_things_version ON registry_things (version)",
    "CREATE INDEX registry_locations_name ON registry_locations (name)",
    "CREATE INDEX registry_locations_version ON registry_locations (version)",
    "CREATE INDEX registry_historical_locations_version ON registry_historical_locations (version)",
    "CREATE INDEX registry_sensors_name ON registry_sensors (name)",
    "CREATE INDEX registry_sensors_version ON registry_sensors (version)",
    "CREATE INDEX registry_observed_properties_name ON registry_observed_properties (name)",
    "CREATE INDEX registry_observed_properties_version ON registry_observed_properties (version)",
    "CREATE INDEX registry_datastreams_name ON registry_datastreams (name)",
    "CREATE INDEX registry_datastreams_version ON registry_datastreams (version)",
    "CREATE INDEX registry_features_name ON registry_features (name)",
    "CREATE INDEX registry_features_version ON registry_features (version)",
    "CREATE INDEX registry_places_name ON registry_places (name_nb)",
    "CREATE INDEX registry_places_version ON registry_places (version)",
};

const std::vector<std::string> multi_datastreams{
    "CREATE TABLE registry_multi_datastreams (id BIGINT NOT NULL PRIMARY KEY, "
    "thing BIGINT NOT NULL REFERENCES registry_things (id) ON DELETE CASCADE, "
    "sensor BIGINT NOT NULL REFERENCES registry_sensors (id) ON DELETE CASCADE, "
    "name TEXT NOT NULL, description TEXT NOT NULL, observed_area TEXT NOT NULL, properties TEXT NOT NULL, "
    "access TEXT NOT NULL CHECK (access IN ('public', 'internal', 'restricted')), simulated BIGINT NOT NULL, "
    "version BIGINT NOT NULL)",
    "CREATE INDEX registry_multi_datastreams_thing ON registry_multi_datastreams (thing, id)",
    "CREATE INDEX registry_multi_datastreams_sensor ON registry_multi_datastreams (sensor, id)",
    "CREATE INDEX registry_multi_datastreams_version ON registry_multi_datastreams (version)",
    "CREATE INDEX registry_multi_datastreams_name ON registry_multi_datastreams (name, id)",
    "CREATE TABLE registry_components ("
    "multi_datastream BIGINT NOT NULL REFERENCES registry_multi_datastreams (id) ON DELETE CASCADE, "
    "position BIGINT NOT NULL, "
    "observed_property BIGINT NOT NULL REFERENCES registry_observed_properties (id) ON DELETE CASCADE, "
    "unit_name TEXT NOT NULL, unit_symbol TEXT NOT NULL, unit_definition TEXT NOT NULL, result_type TEXT NOT NULL, "
    "PRIMARY KEY (multi_datastream, position))",
    "CREATE INDEX registry_components_property ON registry_components (observed_property, multi_datastream)",
    "CREATE TABLE registry_multi_datastream_keys (external_key TEXT NOT NULL PRIMARY KEY, "
    "multi_datastream BIGINT NOT NULL REFERENCES registry_multi_datastreams (id) ON DELETE CASCADE, "
    "position BIGINT NOT NULL)",
    "CREATE INDEX registry_multi_datastream_keys_owner ON registry_multi_datastream_keys (multi_datastream)",
};

// Which feature of interest stands for a location since when, 0 when nobody has asked for one. The first begins with
// the first time that an observation may have.
const std::vector<std::string> location_features{
    "CREATE TABLE registry_location_features ("
    "location BIGINT NOT NULL REFERENCES registry_locations (id) ON DELETE CASCADE, since BIGINT NOT NULL, "
    "feature BIGINT NOT NULL, PRIMARY KEY (location, since))",
    "CREATE INDEX registry_location_features_feature ON registry_location_features (feature)",
    "INSERT INTO registry_location_features (location, since, feature) "
    "SELECT id, -8520336000000000, feature FROM registry_locations",
    "ALTER TABLE registry_locations DROP COLUMN feature",
};

// What was observed of a thing within a time stayed about a feature when another place of the thing was told later.
// Those of a thing do not overlap.
const std::vector<std::string> kept_features{
    "CREATE TABLE registry_kept_features (thing BIGINT NOT NULL REFERENCES registry_things (id) ON DELETE CASCADE, "
    "since BIGINT NOT NULL, until BIGINT NOT NULL, "
    "feature BIGINT NOT NULL REFERENCES registry_features (id) ON DELETE CASCADE, PRIMARY KEY (thing, since))",
    "CREATE INDEX registry_kept_features_feature ON registry_kept_features (feature)",
};

// A page of a question is read along an index: by id within an owner, by name and id within all.
const std::vector<std::string> pages{
    "DROP INDEX registry_datastreams_thing",
    "CREATE INDEX registry_datastreams_thing ON registry_datastreams (thing, id)",
    "DROP INDEX registry_datastreams_sensor",
    "CREATE INDEX registry_datastreams_sensor ON registry_datastreams (sensor, id)",
    "DROP INDEX registry_datastreams_property",
    "CREATE INDEX registry_datastreams_property ON registry_datastreams (observed_property, id)",
    "CREATE INDEX registry_historical_locations_at ON registry_historical_locations (at, id)",
};

std::vector<std::string> name_indexes(std::string_view form) {
    std::vector<std::string> statements;
    for (const std::string_view table :
         {"things", "locations", "sensors", "observed_properties", "datastreams", "features"}) {
        statements.push_back(fmt::format(fmt::runtime(form), table));
    }
    return statements;
}

database::Migration pages_migration() {
    database::Migration migration{.number = 7, .name = "pages along an index", .statements = pages};
    for (const auto& statement : name_indexes("DROP INDEX registry_{0}_name")) {
        migration.sqlite_only.push_back(statement);
    }
    for (const auto& statement : name_indexes("CREATE INDEX registry_{0}_name ON registry_{0} (name, id)")) {
        migration.sqlite_only.push_back(statement);
    }
    // Its own order of texts is the server's locale, which finds by name; questions order by bytes.
    migration.postgresql_only =
        name_indexes("CREATE INDEX registry_{0}_name_bytes ON registry_{0} (name COLLATE \"C\", id)");
    return migration;
}

}  // namespace

database::Component registry_component() {
    return {"registry",
            {{1, "counters and removals", counters},
             {2, "things, what they measure, and places", entities},
             {3, "links between them", links},
             {4, "lookups by name and version", lookups},
             {5, "multi-datastreams", multi_datastreams},
             {6, "features of locations through time", location_features},
             pages_migration(),
             {8, "features that were kept", kept_features}}};
}

}  // namespace bypuls::registry
