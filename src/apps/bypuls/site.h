#pragma once

#include <memory>
#include <string>

#include "apps/bypuls/settings.h"
#include "core/result.h"
#include "platform/http/files.h"
#include "platform/pages/page.h"

namespace bypuls::apps {

/// The built web app and what every page has in common.
struct Web {
    pages::Site site;
    http::StaticFiles files;
};

/// Finds the web app: as set, else `web` beside the program, else where it stands in a checkout. Errc::not_found says
/// where was looked.
Result<Web> open_web(const Settings& settings);

}  // namespace bypuls::apps
