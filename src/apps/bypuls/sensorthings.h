#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "apps/bypuls/settings.h"
#include "apps/bypuls/town.h"
#include "core/async/fair_pool.h"
#include "platform/http/router.h"
#include "platform/publish/sensorthings/routes/moved.h"
#include "platform/publish/sensorthings/routes/pipeline_sink.h"
#include "platform/publish/sensorthings/routes/routes.h"

namespace bypuls::apps {

/// The SensorThings service of a town: over the public plane, and over the internal one when it runs here.
class SensorThings {
public:
    /// All outlive it. `internal` is null when only the public plane runs. Errc::forbidden when anonymous writes are
    /// asked for on an address that others can reach.
    static Result<std::unique_ptr<SensorThings>> open(const Settings& settings, InternalPlane* internal,
                                                      const publication::PlaneFiles& plane, Pool& pool,
                                                      const Clock& clock);
    /// Where MQTT is spoken, for the service root. Before routes().
    void speak_mqtt(std::vector<sensorthings::MqttDoor> doors);
    /// Valid as long as this is.
    std::vector<http::Route> routes();
    /// What anybody may read, as it is now.
    sensorthings::RouteParts::PublicLook public_look() const;
    /// Null when only the public plane runs.
    const sensorthings::WriteParts* internal() const { return internal_ ? &internal_->write : nullptr; }

private:
    /// The internal plane's service and what it stands on.
    struct Internal {
        Internal(InternalPlane& plane, std::unique_ptr<sensorthings::MovedTable> moved_observations,
                 const Clock& clock);

        std::unique_ptr<sensorthings::MovedTable> moved;
        sensorthings::PipelineSink sink;
        sensorthings::Strangers strangers;
        sensorthings::Data data;
        sensorthings::Stamps stamps;
        sensorthings::WriteParts write;
        std::unique_ptr<sensorthings::Service> service;
    };

    SensorThings(const Settings& settings, InternalPlane* internal, const publication::PlaneFiles& plane, Pool& pool,
                 const Clock& clock)
        : settings_(settings), plane_(internal), public_(plane), pool_(pool), clock_(clock) {}

    /// As many threads as the pool has, half of them for one who asks.
    static Turns::Limits turns_of(const Settings& settings) {
        const auto threads = static_cast<std::size_t>(settings.pool_threads);
        return {.all_max = threads, .each_max = std::max<std::size_t>(1, threads / 2)};
    }

    Settings settings_;
    InternalPlane* plane_;
    const publication::PlaneFiles& public_;
    Pool& pool_;
    FairPool questions_{turns_of(settings_)};
    const Clock& clock_;
    sensorthings::Strangers strangers_;  ///< of the public plane
    std::unique_ptr<Internal> internal_;
    std::vector<sensorthings::MqttDoor> doors_;
};

}  // namespace bypuls::apps
