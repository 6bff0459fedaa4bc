#pragma once

#include <vector>

#include "core/clock.h"
#include "platform/http/router.h"
#include "platform/ingest/pipeline/pipeline.h"

namespace bypuls::ingest {

/// The largest body, which is what the parsers take; 413 beyond.
inline constexpr std::size_t body_bytes_max = 16U << 20U;

/// The ways in over HTTP: /ingest/chirpstack, /ingest/tts, /ingest/lines (also /api/v2/write) and
/// /ingest/observations, as api/openapi.yaml says. A 2xx answer means that what was accepted is on disk.
std::vector<http::Route> routes(pipeline::Pipeline& pipeline, const Clock& clock);

}  // namespace bypuls::ingest
