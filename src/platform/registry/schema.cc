#include "platform/registry/schema.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace bypuls::registry {
namespace {

constexpr Property id{"id", Content::id};
constexpr Property name{"name"};
constexpr Property description{"description"};
constexpr Property encoding_type{"encodingType"};
constexpr Property properties{"properties", Content::json};
constexpr Property observed_area{"observedArea", Content::json};
constexpr Property observation_type{"observationType"};

constexpr std::array thing_properties{id, name, description, properties};
constexpr std::array location_properties{
    id, name, description, encoding_type, Property{"location", Content::json}, properties};
constexpr std::array historical_location_properties{id, Property{"time", Content::instant}};
constexpr std::array sensor_properties{id, name, description, encoding_type, Property{"metadata"}, properties};
constexpr std::array observed_property_properties{id, name, Property{"definition"}, description, properties};
constexpr std::array datastream_properties{id,
                                           name,
                                           description,
                                           Property{"unitOfMeasurement", Content::json},
                                           Property{"unitOfMeasurement/name"},
                                           Property{"unitOfMeasurement/symbol"},
                                           Property{"unitOfMeasurement/definition"},
                                           observation_type,
                                           observed_area,
                                           properties};
constexpr std::array multi_datastream_properties{id,
                                                 name,
                                                 description,
                                                 Property{"unitOfMeasurements", Content::json},
                                                 observation_type,
                                                 Property{"multiObservationDataTypes", Content::json},
                                                 observed_area,
                                                 properties};
constexpr std::array feature_properties{id,        name, description, encoding_type, Property{"feature", Content::json},
                                        properties};
constexpr std::array place_properties{id, Property{"slug"}, Property{"area"}};

constexpr Navigation datastreams{"Datastreams", Kind::datastream, true};
constexpr Navigation multi_datastreams{"MultiDatastreams", Kind::multi_datastream, true};
constexpr Navigation thing{"Thing", Kind::thing};
constexpr Navigation sensor{"Sensor", Kind::sensor};
constexpr Navigation locations{"Locations", Kind::location, true};
constexpr Navigation historical_locations{"HistoricalLocations", Kind::historical_location, true};

constexpr std::array thing_navigations{locations, historical_locations, datastreams, multi_datastreams};
constexpr std::array location_navigations{Navigation{"Things", Kind::thing, true}, historical_locations};
constexpr std::array historical_location_navigations{thing, locations};
constexpr std::array stream_makers{datastreams, multi_datastreams};
constexpr std::array datastream_navigations{thing, sensor, Navigation{"ObservedProperty", Kind::observed_property}};
constexpr std::array multi_datastream_navigations{thing, sensor,
                                                  Navigation{"ObservedProperties", Kind::observed_property, true}};

// A step into JSON that every engine finds by the same bytes; other names are for the evaluator.
bool plain_name(std::string_view step) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !step.empty() && letter(step.front()) &&
           std::ranges::all_of(step, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::unexpected<Error> leads_nowhere(const query::Path& path, std::string_view why) {
    return fail(Errc::malformed, fmt::format("{}: {}", fmt::join(path.steps, "/"), why));
}

}  // namespace

std::span<const Property> properties_of(Kind kind) {
    switch (kind) {
        case Kind::thing: return thing_properties;
        case Kind::location: return location_properties;
        case Kind::historical_location: return historical_location_properties;
        case Kind::sensor: return sensor_properties;
        case Kind::observed_property: return observed_property_properties;
        case Kind::datastream: return datastream_properties;
        case Kind::multi_datastream: return multi_datastream_properties;
        case Kind::feature: return feature_properties;
        case Kind::place: return place_properties;
    }
    return {};
}

std::span<const Navigation> navigations_of(Kind kind) {
    switch (kind) {
        case Kind::thing: return thing_navigations;
        case Kind::location: return location_navigations;
        case Kind::historical_location: return historical_location_navigations;
        case Kind::sensor:
        case Kind::observed_property: return stream_makers;
        case Kind::datastream: return datastream_navigations;
        case Kind::multi_datastream: return multi_datastream_navigations;
        case Kind::feature:
        case Kind::place: break;
    }
    return {};
}

const Navigation* navigation_named(Kind kind, std::string_view wanted) {
    const auto all = navigations_of(kind);
    const auto found = std::ranges::find(all, wanted, &Navigation::name);
    return found == all.end() ? nullptr : &*found;
}

bool related(Kind a, Kind b) {
    return std::ranges::any_of(navigations_of(a), [&](const Navigation& navigation) { return navigation.to == b; });
}

bool Target::many() const {
    return std::ranges::any_of(way, &Navigation::many);
}

Result<Target> target_of(Kind kind, const query::Path& path) {
    Target target{.way = {}, .kind = kind, .name = {}, .content = Content::absent, .members = {}};
    std::size_t at = 0;
    for (; at < path.steps.size(); ++at) {
        const Navigation* next = navigation_named(target.kind, path.steps[at]);
        if (next == nullptr) {
            break;
        }
        target.way.push_back(next);
        target.kind = next->to;
    }
    if (at == path.steps.size()) {
        return leads_nowhere(path, "this leads to an entity, not to a value");
    }
    target.name = path.steps[at] == "@iot.id" ? "id" : path.steps[at];
    std::span<const std::string> rest = std::span(path.steps).subspan(at + 1);
    if (target.name == "unitOfMeasurement" && !rest.empty()) {
        target.name += "/" + rest.front();
        rest = rest.subspan(1);
    }
    const auto known = properties_of(target.kind);
    const auto property = std::ranges::find(known, target.name, &Property::name);
    if (property == known.end()) {
        return leads_nowhere(path, fmt::format("a {} has no '{}'", name_of(target.kind), target.name));
    }
    target.content = property->content;
    target.members.assign(rest.begin(), rest.end());
    const bool compared = target.content == Content::json
                              ? target.name == "properties" && !rest.empty() && std::ranges::all_of(rest, plain_name) &&
                                    rest.front() != "simulated"  // readers are told of the mark there, wherever it is
                              : rest.empty();
    if (!compared) {
        return leads_nowhere(path, "no registry compares this by itself");
    }
    return target;
}

}  // namespace bypuls::registry
