#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/bypuls/settings.h"
#include "core/result.h"
#include "platform/http/files.h"
#include "platform/http/router.h"
#include "platform/pages/page.h"

namespace bypuls::apps {

/// The built web app and what every page has in common.
struct Web {
    pages::Site site;
    http::StaticFiles files;
    /// The town's own border, as maps in the browser fetch it; none when it is the shipped one, or there is none.
    std::vector<http::Route> routes = {};
};

/// Finds the web app: as set, else `web` beside the program, else where it stands in a checkout. Errc::not_found says
/// where was looked. Errc::malformed when `map.boundary` is no border.
Result<Web> open_web(const Settings& settings);

}  // namespace bypuls::apps
