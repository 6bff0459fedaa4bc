#pragma once

#include <functional>
#include <vector>

#include "apps/bypuls/mqtt_plane.h"
#include "apps/bypuls/settings.h"
#include "core/async/task.h"
#include "platform/http/router.h"
#include "platform/pages/page.h"
#include "platform/publication/plane/plane.h"

namespace bypuls::apps {

/// The page for developers, with what this town listens on. `mqtt` may be null; the references outlive the route.
http::Route developers_route(const Settings& settings, const pages::Site& site, const publication::Plane& plane,
                             Pool& pool, const MqttPlane* mqtt,
                             std::function<std::vector<pages::HealthCheck>()> checks);

}  // namespace bypuls::apps
