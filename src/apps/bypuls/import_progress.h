#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/result.h"
#include "platform/ingest/csv/reader.h"

namespace bypuls::apps {

/// How far an import has come: written after each acknowledged batch, and enough to go on from there.
struct ImportProgress {
    std::string what;  ///< fingerprint of file, map and target; another import does not go on from here
    ingest::csv::Position position;
    std::uint64_t rejects = 0;       ///< rows that could not be read, so far
    std::uint64_t reject_bytes = 0;  ///< length of the reject file then
};

/// File, map and target as one short text. The file is known by its first bytes, since a logger's file grows.
std::string import_fingerprint(std::string_view beginning, std::string_view map, std::string_view target);

/// Nothing when there is no file. Errc::malformed when it is not a progress file, Errc::conflict when it is another
/// import's.
Result<std::optional<ImportProgress>> read_progress(const std::string& path, std::string_view what);
Result<void> write_progress(const std::string& path, const ImportProgress& progress);

}  // namespace bypuls::apps
