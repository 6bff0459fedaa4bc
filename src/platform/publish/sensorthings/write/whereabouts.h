#pragma once

#include <span>
#include <string>
#include <string_view>

#include "platform/observations/store.h"
#include "platform/registry/registry.h"

/// Where things were, as far as changes ask.
namespace bypuls::sensorthings {

/// 18-088 §8.2.3, req/datamodel/historical-location/relations: one or more.
constexpr std::string_view needs_locations =
    "'Locations' is needed, as a link or inside: a HistoricalLocation says where its Thing was";

/// Why there is no feature for what was observed then.
std::string no_feature_at(Instant time);

/// What registry::ObservedDuring asks, told by a store.
Result<Interval> observed_within(const observations::Store& store,
                                 std::span<const observations::DatastreamId> datastreams, Interval within);

/// Is there a feature for what was observed of the thing then, or a place to make one from? Errc::not_found when there
/// is no such thing.
Result<bool> was_somewhere(const registry::View& registry, registry::ThingId thing, Instant time);

}  // namespace bypuls::sensorthings
