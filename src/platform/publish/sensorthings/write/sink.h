#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/observations/observation.h"
#include "platform/publish/sensorthings/read/data.h"

namespace bypuls::sensorthings {

/// The way in for observations: journal first, then applied, then told.
class Sink {
public:
    struct Refusal {
        std::size_t row = 0;  ///< from 0
        std::string what;

        /// Without the row in front, for whoever sent one alone.
        std::string_view of_itself() const {
            const std::string prefix = "row " + std::to_string(row) + ": ";
            return std::string_view(what).substr(what.starts_with(prefix) ? prefix.size() : 0);
        }
    };
    virtual ~Sink() = default;

    /// How far after its receipt a reading may be stamped. The way in refuses what is further ahead; whoever makes
    /// other things together with it looks before.
    static constexpr Duration ahead_max = std::chrono::minutes{10};

    /// Rows as platform/ingest/observations reads them: [{"datastream":1,"time":…,"value":…,"details":{…}}, …]. Blocks
    /// until they are on disk and can be read; the rows that were not taken are told.
    virtual Result<std::vector<Refusal>> submit(std::string rows, Instant received) = 0;
    /// Rows in the place of all that the datastream has, for a datastream whose type has changed. They are on disk
    /// before anything goes. Blocks.
    virtual Result<void> rewrite(observations::DatastreamId id, std::string rows, Instant received) = 0;
    /// For good, all of the intervals or none; they are by rising time and apart. Returns how many. Blocks.
    virtual Result<std::uint64_t> remove(observations::DatastreamId id, std::span<const Interval> intervals) = 0;
};

/// Where observations are noted that change their time and keep their id.
class MovedKeeper : public MovedObservations {
public:
    /// Durable when it returns. Errc::exhausted when there are too many.
    virtual Result<void> note(std::int64_t id, const ObservationPlace& place) = 0;
};

}  // namespace bypuls::sensorthings
