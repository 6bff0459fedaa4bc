#pragma once

#include <functional>
#include <vector>

#include "core/async/task.h"
#include "core/random.h"
#include "platform/http/router.h"
#include "platform/notify/webhooks/outbox.h"

namespace bypuls::webhooks {

struct RouteParts {
    Outbox& outbox;
    Random& random;  ///< for secrets: the operating system's, which any thread may ask
    Pool& pool;
    /// Told after every change, on the pool.
    std::function<void()> changed;
};

/// /api/v1/webhooks for those who may administer: list, make, switch on and off, remove; the last deliveries; dead
/// letters and trying them again. A secret is shown once, when it is made.
std::vector<http::Route> routes(RouteParts parts);

}  // namespace bypuls::webhooks
