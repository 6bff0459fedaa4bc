#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "platform/publish/sensorthings/routes/service.h"

namespace bypuls::sensorthings {

/// The usual POST of one observation, told apart without touching storage, so that the loop can send it on by itself:
/// thousands a second share an fsync, where each would otherwise hold a thread of the pool while it waits.
///
/// It takes what links to a datastream and names no feature, for things whose feature is known to be there, and what
/// has a time only when that is later than the newest reading's. Everything else, faults included, is the service's to
/// answer. Thread-safe.
class QuickObservations {
public:
    /// What `data` refers to outlives it, and the others do.
    QuickObservations(const Data& data, Stamps& stamps, const Clock& clock)
        : registry_(data.registry), store_(data.store), moved_(data.moved), stamps_(stamps), clock_(clock) {}

    struct Taken {
        std::string rows;  ///< for the way in
        std::int64_t id = 0;
        Instant received{};  ///< what has no time is of then
    };
    /// Nothing: ask the service. `received`: when it came; absent, now.
    std::optional<Taken> take(const Ask& ask, std::optional<Instant> received = std::nullopt) const;
    /// The service has answered an observation, so the feature of its thing is there. Blocks.
    void learn(const Ask& ask);

private:
    /// The feature of a thing is known for observations from a time on, as long as the registry stays as it is.
    struct Known {
        registry::Version version = 0;
        Instant from{};
    };

    const registry::View& registry_;
    const observations::Store& store_;
    const MovedObservations* moved_;
    Stamps& stamps_;
    const Clock& clock_;
    mutable std::mutex mutex_;
    std::map<registry::ThingId, Known> known_;
};

}  // namespace bypuls::sensorthings
