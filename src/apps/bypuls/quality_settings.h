#pragma once

#include "core/config/config.h"
#include "platform/ingest/quality/quality.h"

namespace bypuls::apps {

/// Reads the `[[quality.rule]]` of a configuration over the rules that are there: what a rule does not say stays as it
/// was, and a property without a rule gets one. Faults are told to the reader.
/// docs/operate/configuration.md lists what may stand in one.
void read_quality_settings(config::Reader& reader, ingest::quality::Rules& rules);

}  // namespace bypuls::apps
