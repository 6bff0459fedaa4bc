#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/words/catalogue.h"
#include "platform/pages/page.h"
#include "platform/publish/developers/examples.h"

/// The page for those who build on the town's data. Pure: what it shows is handed to it.
namespace bypuls::publish::developers {

inline constexpr const char* page_path = "/utviklere";

struct PageModel {
    Filling filling;
    bool anything_published = true;          ///< else the examples name a datastream and a place that are not there yet
    bool simulated = false;                  ///< some of what is published was measured by nobody
    bool keys_here = true;                   ///< the internal plane runs here: keys, sending and MQTT mean something
    std::vector<std::string> licences = {};  ///< URIs, of what is published
    std::string contact = {};                ///< mailto: or https:, where keys are asked for; may be empty
    std::string owner = {};
    pages::HealthCheck::State state = pages::HealthCheck::State::ok;  ///< the worst of the service's parts
};

pages::Page developer_page(const words::Words& say, const PageModel& model);

}  // namespace bypuls::publish::developers
