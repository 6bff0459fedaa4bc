#pragma once

#include <functional>
#include <vector>

#include "platform/http/router.h"
#include "platform/pages/page.h"
#include "platform/publish/search/search.h"

namespace bypuls::publish::search {

/// What can be found, in a language: asked for at every search, so it is what is published now. Called from handlers;
/// must not wait.
using Entries = std::function<std::vector<Entry>(words::Language)>;

/// GET /sok?q=, for everyone. The program writes nowhere what is searched for, and caches are asked not to keep the
/// answer. A query that is too long is answered 400, with the page. `site` outlives the route.
http::Route route(const pages::Site& site, Entries entries);

}  // namespace bypuls::publish::search
