#pragma once

#include <vector>

#include "core/words/catalogue.h"
#include "platform/publication/plane/catalogue.h"
#include "platform/publish/search/search.h"

namespace bypuls::bathing {

/// What the search finds of this room: the places, the pages around them, and each place's history as data. Pure.
std::vector<publish::search::Entry> searchable(const words::Words& say, const publication::Catalogue& catalogue);

}  // namespace bypuls::bathing
