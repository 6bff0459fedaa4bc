#pragma once

#include <vector>

#include "core/words/catalogue.h"
#include "platform/publish/search/search.h"

namespace bypuls::participation::recount {

/// What the search finds of this room: the recount, its library, and each election there.
std::vector<publish::search::Entry> searchable(const words::Words& say);

}  // namespace bypuls::participation::recount
