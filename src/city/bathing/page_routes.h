#pragma once

#include <vector>

#include "city/bathing/routes.h"

namespace bypuls::bathing {

/// The pages that residents read: the front page, the list of places, each place, and how it is measured.
std::vector<http::Route> page_routes(const Parts& parts);

}  // namespace bypuls::bathing
