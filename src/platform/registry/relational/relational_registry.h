#pragma once

#include <memory>

#include "core/clock.h"
#include "platform/database/database.h"
#include "platform/database/migrations.h"
#include "platform/registry/registry.h"

namespace bypuls::registry {

/// The tables, for database::migrate().
database::Component registry_component();

/// The registry in a database that registry_component() has been migrated in. Reads all datastreams once, for
/// streams(). `database` and `clock` outlive it.
Result<std::unique_ptr<Registry>> open_relational_registry(database::Database& database, const Clock& clock);

}  // namespace bypuls::registry
