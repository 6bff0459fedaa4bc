#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "platform/http/router.h"
#include "platform/pages/page.h"

namespace bypuls::apps {

/// What /healthz, /readyz and the status page tell: a name, whether it holds, and a sentence.
using Checks = std::function<std::vector<pages::HealthCheck>()>;
/// Appends metrics in Prometheus' text format 0.0.4.
using Metrics = std::function<void(std::string&)>;

/// /healthz, /readyz, /metrics and /status.
std::vector<http::Route> operator_routes(const pages::Site& site, Checks checks, Metrics metrics);

}  // namespace bypuls::apps
