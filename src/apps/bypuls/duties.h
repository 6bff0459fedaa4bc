#pragma once

#include <vector>

#include "apps/bypuls/settings.h"
#include "platform/pages/page.h"

namespace bypuls::apps {

/// What the law asks a Norwegian town to publish and its configuration does not say, as warnings for staff: the
/// declaration of accessibility (the regulation on universal design of ICT), and how to reach the data protection
/// officer (GDPR art. 13 (1)(b) and 37 (7)). Empty when all is said.
std::vector<pages::HealthCheck> duties_of(const Settings& settings);

}  // namespace bypuls::apps
