#pragma once

#include <stop_token>

#include "apps/demo/plan.h"
#include "apps/demo/simulator.h"
#include "core/clock.h"
#include "core/result.h"
#include "platform/ingest/devices/device_book.h"
#include "platform/ingest/pipeline/pipeline.h"
#include "platform/observations/store.h"
#include "platform/registry/registry.h"

namespace bypuls::demo {

/// What was made; all 0 when the town was there already.
struct Laid {
    std::size_t things = 0;
    std::size_t datastreams = 0;
    std::size_t places = 0;
    std::size_t devices = 0;
    std::size_t codecs = 0;

    friend bool operator==(const Laid&, const Laid&) = default;
};

/// Makes what the plan has and the registry and the device book do not; leaves alone what is there, also when a person
/// changed it. Everything is marked as simulated. Blocks.
Result<Laid> lay(const Plan& plan, registry::Registry& registry, ingest::devices::DeviceBook& devices);

struct HistoryParts {
    const registry::Registry& registry;
    const observations::Store& store;
    ingest::pipeline::Pipeline& pipeline;
    /// Asked to stop, feeding fails with Errc::unavailable between two messages; the next start feeds what is missing.
    std::stop_token stop = {};
};

/// Sends the devices' past through the pipeline, as ChirpStack messages that came when they were sent; after a start
/// with history, only what is missing since. Blocks until all of it has been applied. How many frames were sent.
Result<std::size_t> feed_history(const Plan& plan, const Simulator& simulator, const HistoryParts& parts, Instant now);

/// Sends the water samples as one batch, after the history, since they are what tells the next start that it is whole:
/// feeding again what an interrupted start fed changes nothing. Blocks likewise. How many samples were sent.
Result<std::size_t> feed_samples(const Simulator& simulator, const HistoryParts& parts, Instant now);

}  // namespace bypuls::demo
