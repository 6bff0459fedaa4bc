#pragma once

#include <set>
#include <vector>

#include "core/async/task.h"
#include "core/clock.h"
#include "platform/http/router.h"
#include "platform/live/hub.h"
#include "platform/pages/page.h"
#include "platform/publication/plane/plane.h"

/// Bathing places in summer, ski tracks in winter: what it is like there now, and how it has been.
namespace bypuls::bathing {

/// What the room is given. All of it is public; all of it outlives the routes.
struct Parts {
    const publication::Plane& plane;
    const pages::Site& site;
    live::Hub& hub;
    const Clock& clock;
    Pool& pool;
};

/// The pages (/, /bading, /bading/{slug}, …), the API under /api/v1/places, as api/openapi.yaml says.
std::vector<http::Route> routes(Parts parts);

/// /live for places: conditions as they change, of all places or of `?place=slug`.
http::Handler live_handler(Parts parts);

/// Tells those who listen on /live that these streams have new readings. Thread-safe.
void announce(const Parts& parts, const std::set<publication::DatastreamId>& streams);

}  // namespace bypuls::bathing
