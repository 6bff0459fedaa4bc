#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "platform/observations/details/details.h"
#include "platform/registry/registry.h"
#include "platform/registry/relational/relational_registry.h"

/// What of the registry is public.
namespace bypuls::publication {

/// Of a JSON object the member "public" and no other: {"public": …}, or {} when there is none. Nothing is public by
/// accident.
std::string public_properties(std::string_view properties);

// Without external keys, and with public_properties(). Names and descriptions pass.
registry::Thing public_part(registry::Thing thing);
registry::Location public_part(registry::Location location);
registry::Sensor public_part(registry::Sensor sensor);
registry::ObservedProperty public_part(registry::ObservedProperty property);
registry::Datastream public_part(registry::Datastream datastream);
registry::MultiDatastream public_part(registry::MultiDatastream datastream);
registry::FeatureOfInterest public_part(registry::FeatureOfInterest feature);

/// The datastreams and multi-datastreams of class public with their things, sensors and observed properties, where the
/// things are and were, and the features of interest of these places, which are made where they are missing, since
/// nobody can make them on the public side; and the features that observations of these datastreams name, which
/// `details` knows (null: none do). Errc::not_found when something goes while it is read; try again.
Result<registry::Copy> public_copy(registry::Registry& registry, const observations::Details* details = nullptr);

}  // namespace bypuls::publication
