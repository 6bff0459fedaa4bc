#include "platform/registry/records.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "platform/registry/schema.h"

namespace bypuls::registry {
namespace {

using query::Json;
using query::Value;
using Found = std::optional<Value>;

nlohmann::json json_of(const Unit& unit) {
    return {{"name", unit.name}, {"symbol", unit.symbol}, {"definition", unit.definition}};
}

Value json_or_null(const std::string& text) {
    return text.empty() ? Value() : Value(Json{text});
}

// Name, description and properties, which most kinds have.
template <typename Entity>
Found described(const Entity& entity, std::string_view name) {
    if (name == "name") {
        return entity.name;
    }
    if (name == "description") {
        return entity.description;
    }
    if (name == "properties") {
        return Json{entity.properties};
    }
    return std::nullopt;
}

Found property(const Thing& thing, std::string_view name) {
    return described(thing, name);
}

Found property(const Location& location, std::string_view name) {
    if (name == "encodingType") {
        return location.encoding_type;
    }
    return name == "location" ? json_or_null(location.geometry) : described(location, name);
}

Found property(const HistoricalLocation& location, std::string_view name) {
    return name == "time" ? Found(location.time) : std::nullopt;
}

Found property(const Sensor& sensor, std::string_view name) {
    if (name == "encodingType") {
        return sensor.encoding_type;
    }
    return name == "metadata" ? sensor.metadata : described(sensor, name);
}

Found property(const ObservedProperty& observed, std::string_view name) {
    return name == "definition" ? observed.definition : described(observed, name);
}

Found property(const Datastream& datastream, std::string_view name) {
    if (name == "unitOfMeasurement") {
        return Json{unit_json(datastream.unit)};
    }
    if (name == "observationType") {
        return std::string(observation_type_uri(datastream.result_type));
    }
    return name == "observedArea" ? json_or_null(datastream.observed_area) : described(datastream, name);
}

Found property(const MultiDatastream& datastream, std::string_view name) {
    if (name == "unitOfMeasurements" || name == "multiObservationDataTypes") {
        auto list = nlohmann::json::array();
        for (const Component& component : datastream.components) {
            list.push_back(name == "unitOfMeasurements" ? json_of(component.unit)
                                                        : nlohmann::json(observation_type_uri(component.result_type)));
        }
        return Json{list.dump()};
    }
    if (name == "observationType") {
        return std::string(complex_observation);
    }
    return name == "observedArea" ? json_or_null(datastream.observed_area) : described(datastream, name);
}

Found property(const FeatureOfInterest& feature, std::string_view name) {
    if (name == "encodingType") {
        return feature.encoding_type;
    }
    return name == "feature" ? json_or_null(feature.feature) : described(feature, name);
}

Found property(const Place& place, std::string_view name) {
    if (name == "slug") {
        return place.slug;
    }
    return name == "area" ? Found(place.area) : std::nullopt;
}

class EntityRecord final : public query::Record {
public:
    EntityRecord(AnyEntity entity, const Links& links) : entity_(std::move(entity)), links_(links) {}

    std::optional<Value> property(std::string_view name) const override {
        return std::visit(
            [&](const auto& entity) -> Found {
                if (name == "id" || name == "@iot.id") {
                    return Value(entity.id.value);
                }
                return registry::property(entity, name);
            },
            entity_);
    }

    Result<std::optional<Related>> navigate(std::string_view name, std::size_t limit) const override {
        const auto self = std::visit(
            [](const auto& entity) {
                return registry::Related{kind_of<std::remove_cvref_t<decltype(entity)>>, entity.id.value};
            },
            entity_);
        const Navigation* way = navigation_named(self.kind, name);
        if (way == nullptr) {
            return std::nullopt;
        }
        TRY(auto reached, links_.linked(self, way->to, limit));
        Related related{.many = way->many, .records = {}};
        for (AnyEntity& entity : reached) {
            related.records.push_back(links_.record(std::move(entity)));
        }
        return related;
    }

private:
    const AnyEntity entity_;
    const Links& links_;
};

template <typename Entity>
Result<std::vector<AnyEntity>> first_linked(const Entities<Entity>& all, const Related& of, std::size_t limit) {
    std::vector<AnyEntity> found;
    Selection selection{.of = of, .order = {}, .after = {}, .limit = std::clamp<std::size_t>(limit, 1, page_max)};
    TRY(auto page, all.select(selection));
    for (Entity& entity : page.items) {
        found.emplace_back(std::move(entity));
    }
    return found;
}

}  // namespace

std::string unit_json(const Unit& unit) {
    return json_of(unit).dump();
}

std::unique_ptr<query::Record> make_record(AnyEntity entity, const Links& links) {
    return std::make_unique<EntityRecord>(std::move(entity), links);
}

std::unique_ptr<query::Record> Links::record(AnyEntity entity) const {
    return make_record(std::move(entity), *this);
}

Result<std::vector<AnyEntity>> ViewLinks::linked(const Related& of, Kind kind, std::size_t limit) const {
    switch (kind) {
        case Kind::thing: return first_linked(view_.things(), of, limit);
        case Kind::location: return first_linked(view_.locations(), of, limit);
        case Kind::historical_location: return first_linked(view_.historical_locations(), of, limit);
        case Kind::sensor: return first_linked(view_.sensors(), of, limit);
        case Kind::observed_property: return first_linked(view_.observed_properties(), of, limit);
        case Kind::datastream: return first_linked(view_.datastreams(), of, limit);
        case Kind::multi_datastream: return first_linked(view_.multi_datastreams(), of, limit);
        case Kind::feature: return first_linked(view_.features(), of, limit);
        case Kind::place: return first_linked(view_.places(), of, limit);
    }
    return fail(Errc::malformed, "there is no such kind of entity");
}

}  // namespace bypuls::registry
