#pragma once

#include <vector>

#include "city/participation/recount/library.h"
#include "core/words/catalogue.h"
#include "platform/pages/page.h"

/// The bodies of the pages. Pure: what they show is handed to them.
namespace bypuls::participation::recount {

inline constexpr const char* recount_path = "/medvirkning/etterregning";
inline constexpr const char* library_path = "/medvirkning/valg";

/// Where anybody counts a vote again. Begins with `exhibit` when there is one; without script it says what to do
/// instead.
pages::Page recount_page(const words::Words& say, const Exhibit* exhibit);
/// Elections for the curious, each to be opened in the recount.
pages::Page library_page(const words::Words& say, const std::vector<Exhibit>& exhibits);

}  // namespace bypuls::participation::recount
