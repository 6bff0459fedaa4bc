#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/bypuls/settings.h"
#include "core/result.h"
#include "platform/ingest/csv/map.h"

namespace bypuls::apps {

/// What became of the readings that were handed over.
struct Delivered {
    std::uint64_t accepted = 0;  ///< on disk there; what became of them is told below, where it is known
    std::uint64_t rejected = 0;  ///< refused at once
    std::uint64_t stored = 0;
    std::uint64_t duplicate = 0;
    std::uint64_t quarantined = 0;  ///< kept as dead letters, such as those of a datastream that is not there
    bool is_final = false;          ///< stored, duplicate and quarantined are known
};

/// Where imported readings go. One thread.
class ImportTarget {
public:
    virtual ~ImportTarget() = default;
    /// One batch, a row of JSON a line. When it returns a value, the batch is on disk.
    virtual Result<void> send(std::string rows) = 0;
    /// Waits until all is applied.
    virtual Result<Delivered> finish() = 0;
    /// For the progress file: two targets of one name are one.
    virtual std::string name() const = 0;
};

/// The town in a data folder that no program runs on. Makes datastreams that are missing, at a thing of the name
/// `create`; Errc::not_found, with their names, when it is empty, and when there is no town. Errc::malformed,
/// with each column and both units, when the map's unit is not the datastream's own; a column without a unit is in
/// that.
Result<std::unique_ptr<ImportTarget>> open_folder_target(const Settings& settings, const ingest::csv::Map& map,
                                                         const std::string& create);
/// A running town. A batch that it has no room for is sent again a few times. Errc::malformed as above when the map's
/// unit is not the datastream's own. A key that may not read cannot compare them: then `warn` is told so.
Result<std::unique_ptr<ImportTarget>> open_server_target(std::string origin, std::string key,
                                                         const ingest::csv::Map& map,
                                                         const std::function<void(std::string_view)>& warn);

}  // namespace bypuls::apps
