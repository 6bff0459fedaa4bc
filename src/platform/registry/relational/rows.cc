#include "platform/registry/relational/rows.h"

namespace bypuls::registry::rows {
namespace {

Instant instant(long long micros) {
    return Instant{Duration{micros}};
}

MonthDay month_day(long long month, long long day) {
    return {static_cast<std::uint8_t>(month), static_cast<std::uint8_t>(day)};
}

}  // namespace

Row<Thing> Row<Thing>::of(const Thing& thing) {
    return {.name = thing.name,
            .description = thing.description,
            .properties = thing.properties,
            .external_key = thing.external_key,
            .simulated = thing.simulated ? 1 : 0};
}

Thing Row<Thing>::entity(long long id) const {
    return {.id = ThingId{id},
            .name = name,
            .description = description,
            .properties = properties,
            .external_key = external_key,
            .simulated = simulated != 0,
            .locations = {}};
}

Row<Location> Row<Location>::of(const Location& location) {
    return {.name = location.name,
            .description = location.description,
            .encoding_type = location.encoding_type,
            .geometry = location.geometry,
            .properties = location.properties};
}

Location Row<Location>::entity(long long id) const {
    return {.id = LocationId{id},
            .name = name,
            .description = description,
            .encoding_type = encoding_type,
            .geometry = geometry,
            .properties = properties};
}

Row<HistoricalLocation> Row<HistoricalLocation>::of(const HistoricalLocation& location) {
    return {.thing = location.thing.value, .at = location.time.time_since_epoch().count()};
}

HistoricalLocation Row<HistoricalLocation>::entity(long long id) const {
    return {.id = HistoricalLocationId{id}, .thing = ThingId{thing}, .time = instant(at), .locations = {}};
}

Row<Sensor> Row<Sensor>::of(const Sensor& sensor) {
    return {.name = sensor.name,
            .description = sensor.description,
            .encoding_type = sensor.encoding_type,
            .metadata = sensor.metadata,
            .properties = sensor.properties};
}

Sensor Row<Sensor>::entity(long long id) const {
    return {.id = SensorId{id},
            .name = name,
            .description = description,
            .encoding_type = encoding_type,
            .metadata = metadata,
            .properties = properties};
}

Row<ObservedProperty> Row<ObservedProperty>::of(const ObservedProperty& property) {
    return {.name = property.name,
            .definition = property.definition,
            .description = property.description,
            .properties = property.properties};
}

ObservedProperty Row<ObservedProperty>::entity(long long id) const {
    return {.id = ObservedPropertyId{id},
            .name = name,
            .definition = definition,
            .description = description,
            .properties = properties};
}

Row<Datastream> Row<Datastream>::of(const Datastream& datastream) {
    return {.thing = datastream.thing.value,
            .sensor = datastream.sensor.value,
            .observed_property = datastream.observed_property.value,
            .name = datastream.name,
            .description = datastream.description,
            .unit_name = datastream.unit.name,
            .unit_symbol = datastream.unit.symbol,
            .unit_definition = datastream.unit.definition,
            .result_type = std::string(observations::name_of(datastream.result_type)),
            .observed_area = datastream.observed_area,
            .properties = datastream.properties,
            .access = std::string(name_of(datastream.access)),
            .simulated = datastream.simulated ? 1 : 0};
}

Datastream Row<Datastream>::entity(long long id) const {
    return {.id = DatastreamId{id},
            .thing = ThingId{thing},
            .sensor = SensorId{sensor},
            .observed_property = ObservedPropertyId{observed_property},
            .name = name,
            .description = description,
            .unit = {.name = unit_name, .symbol = unit_symbol, .definition = unit_definition},
            .result_type = result_type_named(result_type).value_or(ResultType::json),
            .observed_area = observed_area,
            .properties = properties,
            // What we cannot read is shown to fewer, not to more.
            .access = access_named(access).value_or(Access::restricted),
            .simulated = simulated != 0,
            .external_keys = {}};
}

Row<MultiDatastream> Row<MultiDatastream>::of(const MultiDatastream& datastream) {
    return {.thing = datastream.thing.value,
            .sensor = datastream.sensor.value,
            .name = datastream.name,
            .description = datastream.description,
            .observed_area = datastream.observed_area,
            .properties = datastream.properties,
            .access = std::string(name_of(datastream.access)),
            .simulated = datastream.simulated ? 1 : 0};
}

MultiDatastream Row<MultiDatastream>::entity(long long id) const {
    return {.id = DatastreamId{id},
            .thing = ThingId{thing},
            .sensor = SensorId{sensor},
            .name = name,
            .description = description,
            .components = {},
            .observed_area = observed_area,
            .properties = properties,
            .access = access_named(access).value_or(Access::restricted),
            .simulated = simulated != 0,
            .external_keys = {}};
}

Row<FeatureOfInterest> Row<FeatureOfInterest>::of(const FeatureOfInterest& feature) {
    return {.name = feature.name,
            .description = feature.description,
            .encoding_type = feature.encoding_type,
            .feature = feature.feature,
            .properties = feature.properties};
}

FeatureOfInterest Row<FeatureOfInterest>::entity(long long id) const {
    return {.id = FeatureId{id},
            .name = name,
            .description = description,
            .encoding_type = encoding_type,
            .feature = feature,
            .properties = properties};
}

Row<Place> Row<Place>::of(const Place& place) {
    return {.slug = place.slug,
            .kind_name = std::string(name_of(place.kind)),
            .season = std::string(name_of(place.season.kind)),
            .first_month = place.season.first.month,
            .first_day = place.season.first.day,
            .last_month = place.season.last.month,
            .last_day = place.season.last.day,
            .name = place.name,
            .description = place.description,
            .longitude = place.longitude,
            .latitude = place.latitude,
            .approximate = place.approximate ? 1 : 0,
            .area = place.area,
            .published = place.published ? 1 : 0};
}

Place Row<Place>::entity(long long id) const {
    return {.id = PlaceId{id},
            .slug = slug,
            .kind = place_kind_named(kind_name).value_or(PlaceKind::other),
            .season = {.kind = season_kind_named(season).value_or(Season::Kind::all_year),
                       .first = month_day(first_month, first_day),
                       .last = month_day(last_month, last_day)},
            .name = name,
            .description = description,
            .longitude = longitude,
            .latitude = latitude,
            .approximate = approximate != 0,
            .area = area,
            .published = published != 0,
            .things = {},
            .datastreams = {}};
}

}  // namespace bypuls::registry::rows
