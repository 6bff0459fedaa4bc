#pragma once

#include <vector>

#include "core/words/catalogue.h"
#include "platform/publish/search/search.h"

namespace bypuls::publish::about {

/// What the search finds of the pages that every town has: those behind the footer's links. Pure.
std::vector<search::Entry> searchable(const words::Words& say);

}  // namespace bypuls::publish::about
