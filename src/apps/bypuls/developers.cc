#include "apps/bypuls/developers.h"

#include <fmt/format.h>

#include "platform/publish/developers/routes.h"

namespace bypuls::apps {
http::Route developers_route(const Settings& settings, const pages::Site& site, const publication::Plane& plane,
                             Pool& pool, std::function<std::vector<pages::HealthCheck>()> checks) {
    // Who tries the demonstration has the program and its folder at hand, and makes the key that a town would give.
    const bool at_hand = settings.demonstration && publish::developers::is_plain(settings.data);
    return publish::developers::route(
        {.site = site,
         .plane = plane,
         .pool = pool,
         .checks = std::move(checks),
         .keys_here = settings.planes == Planes::both,
         .key_command = at_hand ? fmt::format("build/release/bypuls token create --data {} --scope read,ingest,admin "
                                              "--name test",
                                              settings.data)
                                : ""});
}

}  // namespace bypuls::apps
