#include "platform/registry/relational/relations.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/check.h"
#include "platform/registry/relational/rows.h"

namespace bypuls::registry::rows {
namespace {

struct Pair {
    Kind a;
    Kind b;
    Relation relation;
};

constexpr std::array relations{
    Pair{Kind::thing, Kind::location, {"registry_thing_locations", "thing", "location"}},
    Pair{Kind::thing, Kind::historical_location, {"registry_historical_locations", "thing", "id"}},
    Pair{Kind::location,
         Kind::historical_location,
         {"registry_historical_location_locations", "location", "historical"}},
    Pair{Kind::thing, Kind::datastream, {"registry_datastreams", "thing", "id"}},
    Pair{Kind::sensor, Kind::datastream, {"registry_datastreams", "sensor", "id"}},
    Pair{Kind::observed_property, Kind::datastream, {"registry_datastreams", "observed_property", "id"}},
    Pair{Kind::thing, Kind::multi_datastream, {"registry_multi_datastreams", "thing", "id"}},
    Pair{Kind::sensor, Kind::multi_datastream, {"registry_multi_datastreams", "sensor", "id"}},
    Pair{Kind::observed_property,
         Kind::multi_datastream,
         {"registry_components", "observed_property", "multi_datastream"}},
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> columns{{
    {"name", "name"},
    {"description", "description"},
    {"definition", "definition"},
    {"encodingType", "encoding_type"},
    {"metadata", "metadata"},
    {"unitOfMeasurement/name", "unit_name"},
    {"unitOfMeasurement/symbol", "unit_symbol"},
    {"unitOfMeasurement/definition", "unit_definition"},
    {"slug", "slug"},
    {"area", "area"},
}};

}  // namespace

std::string_view table_of(Kind kind) {
    switch (kind) {
        case Kind::thing: return "registry_things";
        case Kind::location: return "registry_locations";
        case Kind::historical_location: return "registry_historical_locations";
        case Kind::sensor: return "registry_sensors";
        case Kind::observed_property: return "registry_observed_properties";
        case Kind::datastream: return "registry_datastreams";
        case Kind::multi_datastream: return "registry_multi_datastreams";
        case Kind::feature: return "registry_features";
        case Kind::place: return "registry_places";
    }
    check(false, "every kind has its table");
    return {};
}

Relation relation_of(Kind from, Kind to) {
    for (const auto& [a, b, relation] : relations) {
        if (a == from && b == to) {
            return relation;
        }
        if (a == to && b == from) {
            return {relation.table, relation.to, relation.from};
        }
    }
    check(false, "only kinds that are linked are asked for");
    return {};
}

std::string_view column_of(std::string_view property) {
    const auto* found = std::ranges::find(columns, property, &std::pair<std::string_view, std::string_view>::first);
    check(found != columns.end(), "every text property has its column");
    return found->second;
}

}  // namespace bypuls::registry::rows
