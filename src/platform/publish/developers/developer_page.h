#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/words/catalogue.h"
#include "platform/pages/page.h"
#include "platform/publish/developers/examples.h"

/// The page for those who build on the town's data. Pure: what it shows is handed to it.
namespace bypuls::publish::developers {

inline constexpr const char* page_path = "/utviklere";

/// Limits of the ways in, which are the internal plane's to know: this room cannot name it.
struct WriteLimits {
    std::size_t created_rows_max = 0;         ///< rows of one CreateObservations
    std::size_t batch_parts_max = 0;          ///< requests of one batch
    std::size_t sensorthings_bytes_max = 0;   ///< of one request's body
    std::size_t ingest_bytes_max = 0;         ///< of one below /ingest
    std::size_t webhook_waiting_max = 0;      ///< messages that wait for one webhook
    std::chrono::seconds webhook_deadline{};  ///< within which a receiver answers
};

struct PageModel {
    Filling filling;
    WriteLimits writing;
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
