#include "platform/publish/sensorthings/read/entity.h"

#include <nlohmann/json.hpp>

#include "core/check.h"
#include "core/text.h"
#include "platform/publish/sensorthings/read/json.h"

namespace bypuls::sensorthings {
namespace {

using query::Value;
using Found = std::optional<Value>;

Value json_or_null(const std::string& text) {
    return text.empty() ? Value{} : Value{query::Json{text}};
}

/// GeoJSON can be compared as a geometry; any other encoding is only JSON.
Value place_value(const std::string& text) {
    return text.empty() ? Value{} : Value{query::Geometry{text}};
}

/// What was made for demonstration says so in its properties: nobody measured it.
template <typename T>
std::string properties_of(const T& entity) {
    if constexpr (requires { entity.simulated; }) {
        if (entity.simulated) {
            auto told = nlohmann::ordered_json::parse(entity.properties, nullptr, false);
            if (!told.is_object()) {
                told = nlohmann::ordered_json::object();
            }
            told["simulated"] = true;
            return told.dump();
        }
    }
    return entity.properties;
}

template <typename T>
Found named_value(const T& entity, std::string_view property) {
    if (property == "name") {
        return entity.name;
    }
    if (property == "description") {
        return entity.description;
    }
    if (property == "properties") {
        return json_or_null(properties_of(entity));
    }
    return std::nullopt;
}

std::string units_json(const registry::MultiDatastream& stream) {
    std::string out = "[";
    for (const auto& component : stream.components) {
        out += out.size() > 1 ? "," : "";
        out += unit_json(component.unit);
    }
    return out + "]";
}

std::string types_json(const registry::MultiDatastream& stream) {
    std::string out = "[";
    for (const auto& component : stream.components) {
        out += out.size() > 1 ? "," : "";
        append_json_string(out, registry::observation_type_uri(component.result_type));
    }
    return out + "]";
}

struct OwnValue {
    std::string_view property;

    Found operator()(const registry::Thing& thing) const { return named_value(thing, property); }
    Found operator()(const registry::Location& location) const {
        if (property == "encodingType") {
            return location.encoding_type;
        }
        return property == "location" ? place_value(location.geometry) : named_value(location, property);
    }
    Found operator()(const registry::HistoricalLocation& location) const {
        return property == "time" ? Found(location.time) : std::nullopt;
    }
    Found operator()(const registry::Datastream& stream) const {
        if (property == "observationType") {
            return std::string(registry::observation_type_uri(stream.result_type));
        }
        return property == "unitOfMeasurement" ? query::Json{unit_json(stream.unit)} : named_value(stream, property);
    }
    Found operator()(const registry::MultiDatastream& stream) const {
        if (property == "observationType") {
            return std::string("http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation");
        }
        if (property == "multiObservationDataTypes") {
            return query::Json{types_json(stream)};
        }
        return property == "unitOfMeasurements" ? query::Json{units_json(stream)} : named_value(stream, property);
    }
    Found operator()(const registry::Sensor& sensor) const {
        if (property == "encodingType") {
            return sensor.encoding_type;
        }
        return property == "metadata" ? Found(sensor.metadata) : named_value(sensor, property);
    }
    Found operator()(const registry::ObservedProperty& observed) const {
        return property == "definition" ? Found(observed.definition) : named_value(observed, property);
    }
    Found operator()(const registry::FeatureOfInterest& feature) const {
        if (property == "encodingType") {
            return feature.encoding_type;
        }
        return property == "feature" ? place_value(feature.feature) : named_value(feature, property);
    }
    Found operator()(const Reading& reading) const {
        const auto& detail = reading.detail;
        if (property == "result") {
            return result_value(reading.value);
        }
        if (property == result_as_text) {
            Value value = result_value(reading.value);
            if (std::holds_alternative<std::string>(value)) {
                return value;
            }
            std::string text;
            append_result(text, reading.value);
            return text;
        }
        if (property == "phenomenonTime") {
            return phenomenon_time(reading.place.time, detail);
        }
        if (property == "resultTime") {
            return detail.result_time ? Value{*detail.result_time} : Value{};
        }
        if (property == "validTime") {
            return detail.valid_time ? Value{query::Span{detail.valid_time->from, detail.valid_time->to}} : Value{};
        }
        if (property == "resultQuality") {
            return detail.result_quality.empty() ? Value{} : json::value_of(detail.result_quality);
        }
        return property == "parameters" ? Found(json_or_null(detail.parameters)) : std::nullopt;
    }
};

struct AppendResult {
    std::string& out;

    void operator()(double value) const { json::append_number(out, value); }
    void operator()(std::int64_t value) const { json::append_integer(out, value); }
    void operator()(bool value) const { out += value ? "true" : "false"; }
    void operator()(const observations::Category& value) const { append_json_string(out, value.value); }
    void operator()(const observations::Json& value) const { out += value.text; }
};

}  // namespace

Kind kind_of(const Entity& entity) {
    constexpr std::array kinds{
        Kind::thing,  Kind::location,          Kind::historical_location, Kind::datastream, Kind::multi_datastream,
        Kind::sensor, Kind::observed_property, Kind::feature_of_interest, Kind::observation};
    return kinds.at(entity.index());
}

std::int64_t id_of(const Entity& entity) {
    return std::visit(
        [](const auto& one) -> std::int64_t {
            if constexpr (std::is_same_v<std::decay_t<decltype(one)>, Reading>) {
                return one.id;
            } else {
                return one.id.value;
            }
        },
        entity);
}

registry::Kind registry_kind(Kind kind) {
    switch (kind) {
        case Kind::thing: return registry::Kind::thing;
        case Kind::location: return registry::Kind::location;
        case Kind::historical_location: return registry::Kind::historical_location;
        case Kind::datastream: return registry::Kind::datastream;
        case Kind::multi_datastream: return registry::Kind::multi_datastream;
        case Kind::sensor: return registry::Kind::sensor;
        case Kind::observed_property: return registry::Kind::observed_property;
        case Kind::feature_of_interest: return registry::Kind::feature;
        case Kind::observation: break;
    }
    check(false, "observations are not the registry's");
    return registry::Kind::thing;
}

std::optional<query::Value> own_value(const Entity& entity, std::string_view property) {
    return std::visit(OwnValue{property}, entity);
}

query::Value result_value(const observations::Value& value) {
    switch (observations::type_of(value)) {
        case observations::ResultType::number: return std::get<double>(value);
        case observations::ResultType::integer: return std::get<std::int64_t>(value);
        case observations::ResultType::boolean: return std::get<bool>(value);
        case observations::ResultType::category: return std::get<observations::Category>(value).value;
        case observations::ResultType::json: return json::value_of(std::get<observations::Json>(value).text);
    }
    return {};
}

void append_result(std::string& out, const observations::Value& value) {
    std::visit(AppendResult{out}, value);
}

query::Value phenomenon_time(Instant time, const observations::Detail& detail) {
    return detail.phenomenon_end ? query::Value{query::Span{time, *detail.phenomenon_end}} : query::Value{time};
}

std::string unit_json(const registry::Unit& unit) {
    const auto text_or_null = [](std::string& out, const std::string& text) {
        if (text.empty()) {
            out += "null";  // 18-088 §8.2.4: a stream without a unit has null here
        } else {
            append_json_string(out, text);
        }
    };
    std::string out = R"({"name":)";
    text_or_null(out, unit.name);
    out += R"(,"symbol":)";
    text_or_null(out, unit.symbol);
    out += R"(,"definition":)";
    text_or_null(out, unit.definition);
    return out + "}";
}

}  // namespace bypuls::sensorthings
