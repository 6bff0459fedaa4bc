#pragma once

#include <string>

#include "core/files.h"
#include "core/result.h"

namespace bypuls {

/// Makes the folder and every folder above it that is not there yet, and syncs each into the one that holds it: else a
/// power cut takes a new folder with all that was synced in it. One that is there is synced into the one that holds it
/// too, since whoever made it may have been stopped before; not where that one is closed to this user.
Result<void> ensure_folder(FileSystem& files, const std::string& folder);

}  // namespace bypuls
