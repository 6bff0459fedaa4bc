#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/async/task.h"
#include "core/clock.h"
#include "core/words/catalogue.h"
#include "platform/http/files.h"
#include "platform/http/router.h"
#include "platform/identity/identity.h"
#include "platform/ingest/codecs/tally.h"
#include "platform/ingest/devices/device_book.h"
#include "platform/ingest/pipeline/ledger.h"
#include "platform/ingest/pipeline/pipeline.h"
#include "platform/ingest/quality/quality.h"
#include "platform/observations/store.h"
#include "platform/pages/page.h"
#include "platform/registry/registry.h"

/// What the staff pages do: sign-in, the inbox of unknown devices, devices and profiles, dead letters, codecs, data
/// quality, tokens and health. Every act is a call of api/openapi.yaml under /api/v1/staff.
namespace bypuls::staff {

/// All outlive the routes.
struct Parts {
    identity::Identity& identity;
    registry::Registry& registry;
    ingest::devices::DeviceBook& devices;
    ingest::codecs::Tally& decoder;
    ingest::pipeline::Ledger& ledger;
    ingest::pipeline::Pipeline& pipeline;
    const observations::Store& store;
    const http::StaticFiles& files;  ///< the built web app, with staff.html
    Pool& pool;
    const Clock& clock;
    std::function<std::vector<pages::HealthCheck>()> checks;
    std::string version;  ///< of the program
    const ingest::quality::Rules& rules = ingest::quality::Rules::shipped();
    /// The town's own wording, where it has one.
    const words::Catalogue& messages = words::Catalogue::built_in();
};

/// Reading needs `read`, changing needs `admin`; only the page itself, set-up and sign-in are for `anyone`.
std::vector<http::Route> routes(Parts parts);

}  // namespace bypuls::staff
