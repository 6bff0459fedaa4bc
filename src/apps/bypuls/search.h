#pragma once

#include "platform/http/router.h"
#include "platform/pages/page.h"
#include "platform/publication/plane/plane.h"

namespace bypuls::apps {

/// The search over what every public room of the town has. The references outlive the route.
http::Route search_route(const pages::Site& site, const publication::Plane& plane);

}  // namespace bypuls::apps
