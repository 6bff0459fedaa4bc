#pragma once

#include <map>
#include <mutex>

#include "core/clock.h"
#include "core/result.h"
#include "platform/observations/store.h"

namespace bypuls::sensorthings {

/// Times for observations that bring none (18-088 table 22: the server's own). An observation is known by its
/// datastream and its time, and ids tell milliseconds apart, so each is given a whole millisecond of its own: the
/// present one, or the next that is free where several came within it. Thread-safe.
class Stamps {
public:
    /// `store` outlives it.
    explicit Stamps(const observations::Store& store) : store_(store) {}

    /// Errc::exhausted when observations have come faster than one a millisecond for so long that the next would lie
    /// more than ahead_max after now.
    Result<Instant> next(observations::DatastreamId datastream, Instant now);

    /// Nearer than what counts as the future (Sink::ahead_max).
    static constexpr std::chrono::minutes ahead_max{5};

private:
    const observations::Store& store_;
    std::mutex mutex_;
    std::map<observations::DatastreamId, Instant> given_;  // the last, where it may still be in the way
};

}  // namespace bypuls::sensorthings
