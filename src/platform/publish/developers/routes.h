#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/async/task.h"
#include "platform/http/router.h"
#include "platform/pages/page.h"
#include "platform/publication/plane/plane.h"
#include "platform/publish/developers/developer_page.h"
#include "platform/publish/developers/examples.h"

namespace bypuls::publish::developers {

/// What the page is made of. References outlive the routes.
struct Parts {
    const pages::Site& site;
    const publication::Plane& plane;
    Pool& pool;
    std::function<std::vector<pages::HealthCheck>()> checks;
    WriteLimits writing;
    bool keys_here = true;  ///< the internal plane runs in this process
    std::optional<MqttDoor> mqtt = {};
    std::string key_command = {};  ///< see Filling
};

/// GET /utviklere, for everyone.
http::Route route(Parts parts);

}  // namespace bypuls::publish::developers
