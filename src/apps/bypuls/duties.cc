#include "apps/bypuls/duties.h"

namespace bypuls::apps {

std::vector<pages::HealthCheck> duties_of(const Settings& settings) {
    using State = pages::HealthCheck::State;
    std::vector<pages::HealthCheck> open;
    if (settings.demonstration) {
        return open;  // nobody's town
    }
    if (settings.accessibility_statement.empty()) {
        open.push_back({"accessibility", State::warning, "no_accessibility_statement", ""});
    }
    if (settings.privacy_contact.empty()) {
        open.push_back({"privacy", State::warning, "no_privacy_contact", ""});
    }
    return open;
}

}  // namespace bypuls::apps
