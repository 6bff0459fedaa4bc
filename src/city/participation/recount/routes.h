#pragma once

#include <vector>

#include "platform/http/router.h"
#include "platform/pages/page.h"

namespace bypuls::participation::recount {

/// /medvirkning, which leads to the recount; /medvirkning/etterregning (`?valg=` begins with an election of the
/// library); /medvirkning/valg; and the library's files, /medvirkning/valg/{slug}.pb and .json. For everyone. The site
/// must outlive them.
std::vector<http::Route> routes(const pages::Site& site);

}  // namespace bypuls::participation::recount
