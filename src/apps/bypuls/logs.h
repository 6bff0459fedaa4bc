#pragma once

#include <string>
#include <vector>

#include "apps/bypuls/settings.h"
#include "core/result.h"

namespace bypuls::apps {

/// The SQLite files of a town, as "internal/registry.db", sorted.
std::vector<std::string> databases_of(const std::string& data);

/// Looks at the write-ahead logs of the town's databases before this process opens any of them, since SQLite silently
/// drops what it finds damaged in one. With Planes::public_only those of the public plane alone, and nothing is
/// changed.
///
/// Errc::damaged names every log that has lost acknowledged changes, how much, and what to do. A log that `accept_loss`
/// names is put aside under another name and given up instead; so is, with a warning, one whose last transaction is in
/// doubt.
Result<void> mind_logs(const std::string& data, Planes planes = Planes::both,
                       const std::vector<std::string>& accept_loss = {});

}  // namespace bypuls::apps
