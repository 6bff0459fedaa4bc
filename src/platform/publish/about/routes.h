#pragma once

#include <vector>

#include "platform/http/router.h"
#include "platform/pages/page.h"
#include "platform/publication/plane/plane.h"

namespace bypuls::publish::about {

/// GET /kontakt, /tilgjengelighet, /personvern and /kilder, for everyone. The references outlive the routes.
std::vector<http::Route> routes(const pages::Site& site, const publication::Plane& plane);

}  // namespace bypuls::publish::about
