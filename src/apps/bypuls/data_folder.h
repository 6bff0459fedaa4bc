#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace bypuls::apps {

/// Is there a file or folder? Errc::forbidden, saying what to do, when whoever runs the program may not look.
Result<bool> is_there(const std::string& path);

/// What to do about a damaged file that holds what nothing else does.
constexpr std::string_view restore_remedy =
    "`bypuls verify` tells what else is, and `bypuls restore` brings back the last backup, into a new folder";

/// Errc::not_found when no town has been started on this folder.
Result<void> check_holds_town(const std::string& data);
/// Errc::not_found when there is no registry with keys: they may be made before a town's first start.
Result<void> check_holds_keys(const std::string& data);

/// Makes the folder of what is not public, and closes it to everybody but the account that runs the town (mode 0700),
/// also when it was made before.
Result<void> make_internal_folder(const std::string& folder);

}  // namespace bypuls::apps
