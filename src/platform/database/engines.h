#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "platform/database/database.h"

namespace bypuls::database {

/// The two kinds of Database; part of the room's inside.
Result<std::unique_ptr<Database>> open_sqlite(const Settings& settings, const std::string& path);
Result<std::unique_ptr<Database>> open_postgresql(const Settings& settings);

}  // namespace bypuls::database
