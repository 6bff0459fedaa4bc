#pragma once

#include <memory>

#include "apps/bypuls/settings.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "platform/database/database.h"
#include "platform/identity/identity.h"
#include "platform/identity/store.h"

namespace bypuls::apps {

/// Just what keys and accounts need of the internal plane, so that both can be changed while the town runs.
struct OpenIdentity {
    SystemClock clock;
    SystemRandom random;
    std::unique_ptr<database::Database> database;
    std::unique_ptr<identity::Store> store;
    std::unique_ptr<identity::Identity> identity;
};

/// Errc::not_found when there are none. What looks and takes back makes nothing: an empty list of a folder that was
/// misspelt would be a lie.
Result<std::unique_ptr<OpenIdentity>> open_identity(const Settings& settings);
/// Makes them when there are none, and says so: a key may be made before the town's first start.
Result<std::unique_ptr<OpenIdentity>> make_identity(const Settings& settings);

}  // namespace bypuls::apps
