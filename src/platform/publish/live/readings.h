#pragma once

#include <set>
#include <vector>

#include "core/async/task.h"
#include "core/clock.h"
#include "platform/http/router.h"
#include "platform/live/hub.h"
#include "platform/publication/plane/plane.h"

/// Published readings as they come, as server-sent events.
namespace bypuls::publish {

/// What the feed is given. All of it is public; all of it outlives the routes.
struct LiveParts {
    const publication::Plane& plane;
    live::Hub& hub;
    const Clock& clock;
    Pool& pool;
};

/// Datastreams that one listener may name; more is 400. Whoever wants more listens to the whole set.
constexpr std::size_t live_datastreams_max = 50;

/// GET /live. With `?datastream=12&datastream=13` the readings of these datastreams, with `?set=Observations` all that
/// are published: an event `observation` for the newest reading of a datastream, first those known now. A datastream
/// that is not published is 404, as if it were not there. Without either, `places` answers: conditions by place.
http::Route live_route(const LiveParts& parts, http::Handler places);

/// Tells those who listen that these streams have new readings. History being loaded is no news. Thread-safe.
void announce_readings(const LiveParts& parts, const std::set<publication::DatastreamId>& streams);

}  // namespace bypuls::publish
