#pragma once

#include <optional>
#include <string>
#include <variant>

#include "platform/observations/details/detail.h"
#include "platform/observations/observation.h"
#include "platform/publish/sensorthings/model/observation_id.h"
#include "platform/publish/sensorthings/model/schema.h"
#include "platform/query/expression.h"
#include "platform/registry/model.h"

namespace bypuls::sensorthings {

/// An observation with all that is known of it.
struct Reading {
    ObservationPlace place{};
    std::int64_t id = 0;
    bool multi = false;  ///< of a MultiDatastream
    observations::Value value{};
    observations::Detail detail{};
};

using Entity = std::variant<registry::Thing, registry::Location, registry::HistoricalLocation, registry::Datastream,
                            registry::MultiDatastream, registry::Sensor, registry::ObservedProperty,
                            registry::FeatureOfInterest, Reading>;

Kind kind_of(const Entity& entity);
std::int64_t id_of(const Entity& entity);

/// The registry's name of a kind. check() that it is no observation.
registry::Kind registry_kind(Kind kind);

/// What the entity itself says of a property; nothing where the service computes it from observations
/// (Session::value_of knows those too).
std::optional<query::Value> own_value(const Entity& entity, std::string_view property);

/// No property of the model: own_value() of it is the result's text, as it stands in JSON but for the quotes of a text.
constexpr std::string_view result_as_text = "result@text";

/// The result of an observation as filters compare it: by its type; of JSON, scalars by theirs.
query::Value result_value(const observations::Value& value);
void append_result(std::string& out, const observations::Value& value);

/// phenomenonTime: an instant, or a span when the detail has its end.
query::Value phenomenon_time(Instant time, const observations::Detail& detail);

std::string unit_json(const registry::Unit& unit);

}  // namespace bypuls::sensorthings
