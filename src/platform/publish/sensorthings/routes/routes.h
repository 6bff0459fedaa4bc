#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/async/fair_pool.h"
#include "platform/http/router.h"
#include "platform/identity/identity.h"
#include "platform/publish/sensorthings/routes/pipeline_sink.h"
#include "platform/publish/sensorthings/routes/service.h"

namespace bypuls::sensorthings {

/// The largest body of a request; 413 beyond.
inline constexpr std::size_t body_bytes_max = 32U << 20U;

/// The services behind one address: anonymous readers are answered from what is public; whoever brings a key or session
/// that may read the internal plane, from that one.
struct RouteParts {
    /// A look at the public plane that stays valid while it is held; the public files may be replaced meanwhile.
    struct PublicLook {
        std::shared_ptr<const void> keeps;
        Data data;
    };
    std::function<PublicLook()> public_plane;
    const Service* internal = nullptr;       ///< null: only the public plane runs
    PipelineSink* sink = nullptr;            ///< with `internal`: the way in for single observations
    identity::Identity* identity = nullptr;  ///< null: nobody can be told from anybody
    Pool& pool;                              ///< for changes: never behind what others ask
    FairPool& questions;                     ///< for what is asked
    const Clock& clock;
    std::string origin;             ///< "https://data.town.no"; empty: as the request calls us
    bool anonymous_writes = false;  ///< for suites and tutorials on the machine itself: everybody may everything
    std::vector<MqttDoor> mqtt{};   ///< empty: none is spoken
    ReadLimits limits{};
};

/// /sta/v1.1/… and, in the form of 1.0, /sta/v1.0/….
std::vector<http::Route> routes(RouteParts parts);

}  // namespace bypuls::sensorthings
