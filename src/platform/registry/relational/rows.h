#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "platform/registry/registry.h"

/// How each entity lies in its table. Part of the room's inside.
///
/// A row has one member of a type that SOCI binds for each column; `each(visit)` calls visit(column, member) for all
/// but id and version; `of` and `entity` translate. Links to other tables are named by links().
namespace bypuls::registry::rows {

/// A table that holds an ordered list for each row of another: the list's owner, and what stands in it.
struct Link {
    std::string_view table;
    std::string_view owner;
    std::string_view value;
};

constexpr Link thing_locations{"registry_thing_locations", "thing", "location"};
constexpr Link historical_locations{"registry_historical_location_locations", "historical", "location"};
constexpr Link datastream_keys{"registry_datastream_keys", "datastream", "external_key"};
constexpr Link multi_datastream_keys{"registry_multi_datastream_keys", "multi_datastream", "external_key"};
constexpr Link place_things{"registry_place_things", "place", "thing"};
constexpr Link place_datastreams{"registry_place_datastreams", "place", "datastream"};

template <typename Entity>
struct Row;

template <>
struct Row<Thing> {
    static constexpr std::string_view table = "things";
    static constexpr std::string_view what = "thing";
    static constexpr std::string_view name_column = "name";
    static constexpr Kind kind = Kind::thing;

    std::string name;
    std::string description;
    std::string properties;
    std::string external_key;
    long long simulated = 0;

    template <typename Visit>
    void each(Visit&& visit) {
        visit("name", name);
        visit("description", description);
        visit("properties", properties);
        visit("external_key", external_key);
        visit("simulated", simulated);
    }
    static Row of(const Thing& thing);
    Thing entity(long long id) const;
};

template <>
struct Row<Location> {
    static constexpr std::string_view table = "locations";
    static constexpr std::string_view what = "location";
    static constexpr std::string_view name_column = "name";
    static constexpr Kind kind = Kind::location;

    std::string name;
    std::string description;
    std::string encoding_type;
    std::string geometry;
    std::string properties;

    template <typename Visit>
    void each(Visit&& visit) {
        visit("name", name);
        visit("description", description);
        visit("encoding_type", encoding_type);
        visit("geometry", geometry);
        visit("properties", properties);
    }
    static Row of(const Location& location);
    Location entity(long long id) const;
};

template <>
struct Row<HistoricalLocation> {
    static constexpr std::string_view table = "historical_locations";
    static constexpr std::string_view what = "historical location";
    static constexpr Kind kind = Kind::historical_location;

    long long thing = 0;
    long long at = 0;

    template <typename Visit>
    void each(Visit&& visit) {
        visit("thing", thing);
        visit("at", at);
    }
    static Row of(const HistoricalLocation& location);
    HistoricalLocation entity(long long id) const;
};

template <>
struct Row<Sensor> {
    static constexpr std::string_view table = "sensors";
    static constexpr std::string_view what = "sensor";
    static constexpr std::string_view name_column = "name";
    static constexpr Kind kind = Kind::sensor;

    std::string name;
    std::string description;
    std::string encoding_type;
    std::string metadata;
    std::string properties;

    template <typename Visit>
    void each(Visit&& visit) {
        visit("name", name);
        visit("description", description);
        visit("encoding_type", encoding_type);
        visit("metadata", metadata);
        visit("properties", properties);
    }
    static Row of(const Sensor& sensor);
    Sensor entity(long long id) const;
};

template <>
struct Row<ObservedProperty> {
    static constexpr std::string_view table = "observed_properties";
    static constexpr std::string_view what = "observed property";
    static constexpr std::string_view name_column = "name";
    static constexpr Kind kind = Kind::observed_property;

    std::string name;
    std::string definition;
    std::string description;
    std::string properties;

    template <typename Visit>
    void each(Visit&& visit) {
        visit("name", name);
        visit("definition", definition);
        visit("description", description);
        visit("properties", properties);
    }
    static Row of(const ObservedProperty& property);
    ObservedProperty entity(long long id) const;
};

template <>
struct Row<Datastream> {
    static constexpr std::string_view table = "datastreams";
    static constexpr std::string_view what = "datastream";
    static constexpr std::string_view name_column = "name";
    static constexpr Kind kind = Kind::datastream;

    long long thing = 0;
    long long sensor = 0;
    long long observed_property = 0;
    std::string name;
    std::string description;
    std::string unit_name;
    std::string unit_symbol;
    std::string unit_definition;
    std::string result_type;
    std::string observed_area;
    std::string properties;
    std::string access;
    long long simulated = 0;

    template <typename Visit>
    void each(Visit&& visit) {
        visit("thing", thing);
        visit("sensor", sensor);
        visit("observed_property", observed_property);
        visit("name", name);
        visit("description", description);
        visit("unit_name", unit_name);
        visit("unit_symbol", unit_symbol);
        visit("unit_definition", unit_definition);
        visit("result_type", result_type);
        visit("observed_area", observed_area);
        visit("properties", properties);
        visit("access", access);
        visit("simulated", simulated);
    }
    static Row of(const Datastream& datastream);
    Datastream entity(long long id) const;
};

template <>
struct Row<MultiDatastream> {
    static constexpr std::string_view table = "multi_datastreams";
    static constexpr std::string_view what = "multi-datastream";
    static constexpr std::string_view name_column = "name";
    static constexpr Kind kind = Kind::multi_datastream;

    long long thing = 0;
    long long sensor = 0;
    std::string name;
    std::string description;
    std::string observed_area;
    std::string properties;
    std::string access;
    long long simulated = 0;

    template <typename Visit>
    void each(Visit&& visit) {
        visit("thing", thing);
        visit("sensor", sensor);
        visit("name", name);
        visit("description", description);
        visit("observed_area", observed_area);
        visit("properties", properties);
        visit("access", access);
        visit("simulated", simulated);
    }
    static Row of(const MultiDatastream& datastream);
    MultiDatastream entity(long long id) const;
};

template <>
struct Row<FeatureOfInterest> {
    static constexpr std::string_view table = "features";
    static constexpr std::string_view what = "feature of interest";
    static constexpr std::string_view name_column = "name";
    static constexpr Kind kind = Kind::feature;

    std::string name;
    std::string description;
    std::string encoding_type;
    std::string feature;
    std::string properties;

    template <typename Visit>
    void each(Visit&& visit) {
        visit("name", name);
        visit("description", description);
        visit("encoding_type", encoding_type);
        visit("feature", feature);
        visit("properties", properties);
    }
    static Row of(const FeatureOfInterest& feature);
    FeatureOfInterest entity(long long id) const;
};

template <>
struct Row<Place> {
    static constexpr std::string_view table = "places";
    static constexpr std::string_view what = "place";
    static constexpr std::string_view name_column = "name_nb";
    static constexpr Kind kind = Kind::place;

    std::string slug;
    std::string kind_name;
    std::string season;
    long long first_month = 0;
    long long first_day = 0;
    long long last_month = 0;
    long long last_day = 0;
    Words name;
    Words description;
    double longitude = 0;
    double latitude = 0;
    long long approximate = 0;
    std::string area;
    long long published = 0;

    template <typename Visit>
    void each(Visit&& visit) {
        visit("slug", slug);
        visit("kind", kind_name);
        visit("season", season);
        visit("first_month", first_month);
        visit("first_day", first_day);
        visit("last_month", last_month);
        visit("last_day", last_day);
        visit("name_nb", name.nb);
        visit("name_nn", name.nn);
        visit("name_en", name.en);
        visit("description_nb", description.nb);
        visit("description_nn", description.nn);
        visit("description_en", description.en);
        visit("longitude", longitude);
        visit("latitude", latitude);
        visit("approximate", approximate);
        visit("area", area);
        visit("published", published);
    }
    static Row of(const Place& place);
    Place entity(long long id) const;
};

/// "registry_things"
template <typename Entity>
std::string table_of() {
    return "registry_" + std::string(Row<Entity>::table);
}

/// The counter of its ids: multi-datastreams have theirs among the datastreams'.
template <typename Entity>
constexpr std::string_view counter_of() {
    return std::is_same_v<Entity, MultiDatastream> ? Row<Datastream>::table : Row<Entity>::table;
}

}  // namespace bypuls::registry::rows
