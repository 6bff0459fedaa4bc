#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "platform/registry/streams.h"

namespace bypuls::sensorthings {

/// Datastreams that have readings and that the registry does not know: those whose readings are just being removed.
/// Remembers what it found, since the same many thousand datastreams are asked about at each count. Thread-safe.
class Strangers {
public:
    /// Of `having`, which are sorted. Sorted too.
    std::vector<registry::DatastreamId> among(const std::vector<registry::DatastreamId>& having,
                                              const std::shared_ptr<const registry::Streams>& known) const;

private:
    mutable std::mutex mutex_;
    mutable std::vector<registry::DatastreamId> having_;
    mutable std::shared_ptr<const registry::Streams> known_;  // kept, so that its address stays its own
    mutable std::vector<registry::DatastreamId> found_;
};

}  // namespace bypuls::sensorthings
