#pragma once

#include <optional>
#include <set>
#include <string_view>

#include "core/result.h"
#include "platform/publication/plane/plane.h"
#include "platform/publish/sensorthings/model/schema.h"
#include "platform/query/expression.h"

namespace bypuls::publish {

/// A $filter of the live feed: SensorThings' grammar about an Observation, as
/// far as an event by itself can answer it.
struct LiveFilter {
    /// About `result` and `phenomenonTime`; none: nothing is asked of them.
    std::optional<query::Expression> reading;
    /// The datastreams that fit what the filter asks of `Datastream`, as they
    /// were when it came; none: nothing is.
    std::optional<std::set<publication::DatastreamId>> datastreams;

    /// Does an event's datastream and reading fit? `data` is the event's JSON.
    bool fits(std::string_view data, Instant now) const;
};

/// Reads a filter and looks up the datastreams. Parts joined by `and` ask
/// either about the reading or about its Datastream ("result gt 20 and
/// Datastream/ObservedProperty/name eq 'water_temperature'"). Errc::malformed
/// names what cannot be asked, exhausted when more than 10 000 datastreams fit.
/// Blocks.
Result<LiveFilter> read_live_filter(std::string_view text, const publication::Plane& plane);

/// A $filter of the live feed of a set of entities: about what they say of
/// themselves, which an event by itself can answer.
struct EntityFilter {
    sensorthings::Kind kind{};
    query::Expression asked;

    /// `data` is the entity in JSON. One that is told by its address alone fits.
    bool fits(std::string_view data, Instant now) const;
};

/// Errc::malformed names what cannot be asked. Pure.
Result<EntityFilter> read_entity_filter(std::string_view text, sensorthings::Kind kind);

}  // namespace bypuls::publish
