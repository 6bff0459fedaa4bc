#include "platform/publish/sensorthings/model/schema.h"

#include <algorithm>
#include <array>

#include "core/check.h"

namespace bypuls::sensorthings {
namespace {

constexpr Property name{.name = "name", .mandatory = true};
constexpr Property description{.name = "description", .mandatory = true};
constexpr Property properties_of_thing{.name = "properties", .content = Content::json};
constexpr Property properties{.name = "properties", .content = Content::json, .since_1_1 = true};
constexpr Property encoding_type{.name = "encodingType", .mandatory = true};
constexpr Property observed_area{.name = "observedArea", .content = Content::geometry, .writable = false};
constexpr Property stream_time{.name = "phenomenonTime", .content = Content::time, .writable = false};
constexpr Property stream_result_time{.name = "resultTime", .content = Content::time, .writable = false};

constexpr std::array thing{name, description, properties_of_thing};
constexpr std::array location{name, description, encoding_type,
                              Property{.name = "location", .content = Content::geometry, .mandatory = true},
                              properties};
constexpr std::array historical_location{Property{.name = "time", .content = Content::instant, .mandatory = true}};
constexpr std::array datastream{name,
                                description,
                                Property{.name = "observationType", .mandatory = true},
                                Property{.name = "unitOfMeasurement", .content = Content::json, .mandatory = true},
                                observed_area,
                                stream_time,
                                stream_result_time,
                                properties};
constexpr std::array multi_datastream{
    name,
    description,
    Property{.name = "observationType", .writable = true},
    Property{.name = "multiObservationDataTypes", .content = Content::json, .mandatory = true},
    Property{.name = "unitOfMeasurements", .content = Content::json, .mandatory = true},
    observed_area,
    stream_time,
    stream_result_time,
    properties};
constexpr std::array sensor{name, description, encoding_type,
                            Property{.name = "metadata", .content = Content::json, .mandatory = true}, properties};
constexpr std::array observed_property{name, Property{.name = "definition", .mandatory = true}, description,
                                       properties};
constexpr std::array observation{Property{.name = "phenomenonTime", .content = Content::time},
                                 Property{.name = "resultTime", .content = Content::instant},
                                 Property{.name = "result", .content = Content::result, .mandatory = true},
                                 Property{.name = "resultQuality", .content = Content::json},
                                 Property{.name = "validTime", .content = Content::time},
                                 Property{.name = "parameters", .content = Content::json}};
constexpr std::array feature{name, description, encoding_type,
                             Property{.name = "feature", .content = Content::geometry, .mandatory = true}, properties};

constexpr std::array of_thing{
    Navigation{"Locations", Kind::location, true}, Navigation{"HistoricalLocations", Kind::historical_location, true},
    Navigation{"Datastreams", Kind::datastream, true}, Navigation{"MultiDatastreams", Kind::multi_datastream, true}};
constexpr std::array of_location{Navigation{"Things", Kind::thing, true},
                                 Navigation{"HistoricalLocations", Kind::historical_location, true}};
constexpr std::array of_historical_location{Navigation{"Thing", Kind::thing, false, true},
                                            Navigation{"Locations", Kind::location, true, true}};
constexpr std::array of_datastream{Navigation{"Thing", Kind::thing, false, true},
                                   Navigation{"Sensor", Kind::sensor, false, true},
                                   Navigation{"ObservedProperty", Kind::observed_property, false, true},
                                   Navigation{"Observations", Kind::observation, true}};
constexpr std::array of_multi_datastream{Navigation{"Thing", Kind::thing, false, true},
                                         Navigation{"Sensor", Kind::sensor, false, true},
                                         Navigation{"ObservedProperties", Kind::observed_property, true, true},
                                         Navigation{"Observations", Kind::observation, true}};
constexpr std::array of_sensor{Navigation{"Datastreams", Kind::datastream, true},
                               Navigation{"MultiDatastreams", Kind::multi_datastream, true}};
// One or the other of the streams, so neither is mandatory by itself.
constexpr std::array of_observation{Navigation{"Datastream", Kind::datastream},
                                    Navigation{"MultiDatastream", Kind::multi_datastream},
                                    Navigation{"FeatureOfInterest", Kind::feature_of_interest}};
constexpr std::array of_feature{Navigation{"Observations", Kind::observation, true}};

constexpr std::array types{
    EntityType{Kind::thing, "Thing", "Things", thing, of_thing},
    EntityType{Kind::location, "Location", "Locations", location, of_location},
    EntityType{Kind::historical_location, "HistoricalLocation", "HistoricalLocations", historical_location,
               of_historical_location},
    EntityType{Kind::datastream, "Datastream", "Datastreams", datastream, of_datastream},
    EntityType{Kind::multi_datastream, "MultiDatastream", "MultiDatastreams", multi_datastream, of_multi_datastream},
    EntityType{Kind::sensor, "Sensor", "Sensors", sensor, of_sensor},
    EntityType{Kind::observed_property, "ObservedProperty", "ObservedProperties", observed_property, of_sensor},
    EntityType{Kind::observation, "Observation", "Observations", observation, of_observation},
    EntityType{Kind::feature_of_interest, "FeatureOfInterest", "FeaturesOfInterest", feature, of_feature},
};
static_assert(types.size() == kind_count);

}  // namespace

const Property* EntityType::property(std::string_view wanted) const {
    const auto found = std::ranges::find(properties, wanted, &Property::name);
    return found == properties.end() ? nullptr : &*found;
}

const Navigation* EntityType::navigation(std::string_view wanted) const {
    const auto found = std::ranges::find(navigations, wanted, &Navigation::name);
    return found == navigations.end() ? nullptr : &*found;
}

const EntityType& type_of(Kind kind) {
    const EntityType& type = types.at(static_cast<std::size_t>(kind));
    check(type.kind == kind, "types stand in the order of Kind");
    return type;
}

std::span<const EntityType> entity_types() {
    return types;
}

std::optional<Kind> kind_of_set(std::string_view set) {
    const auto found = std::ranges::find(types, set, &EntityType::set);
    return found == types.end() ? std::nullopt : std::optional(found->kind);
}

bool is_id(std::string_view step) {
    return step == "id" || step == "@iot.id";
}

bool is_self_link(std::string_view step) {
    return step == "selfLink" || step == "@iot.selfLink";
}

}  // namespace bypuls::sensorthings
