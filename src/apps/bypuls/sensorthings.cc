#include "apps/bypuls/sensorthings.h"

#include "core/log.h"
#include "platform/policy/policy.h"

namespace bypuls::apps {

SensorThings::Internal::Internal(InternalPlane& plane, std::unique_ptr<sensorthings::MovedTable> moved_observations,
                                 const Clock& clock)
    : moved(std::move(moved_observations)),
      sink(plane.pipeline()),
      data{plane.registry(), plane.store(), &plane.details(), moved.get()},
      write{data, plane.registry(), sink, moved.get(), clock},
      service({.data = data, .clock = clock, .write = &write}) {}

Result<std::unique_ptr<SensorThings>> SensorThings::open(const Settings& settings, InternalPlane* internal,
                                                         const publication::PlaneFiles& plane, Pool& pool,
                                                         const Clock& clock) {
    if (settings.anonymous_writes && !policy::is_loopback(settings.listen.host)) {
        return fail(Errc::forbidden,
                    "--anonymous-writes lets everyone change everything, so it needs an address of this machine alone, "
                    "such as --listen 127.0.0.1:8080");
    }
    std::unique_ptr<SensorThings> opened(new SensorThings(settings, internal, plane, pool, clock));
    if (internal != nullptr) {
        TRY(auto moved, sensorthings::MovedTable::open(&internal->database()));
        opened->internal_ = std::make_unique<Internal>(*internal, std::move(moved), clock);
    }
    if (settings.anonymous_writes) {
        log::warning("sensorthings",
                     "ANONYMOUS WRITES ARE ON: whoever reaches this address reads and changes the internal plane");
    }
    return opened;
}

std::vector<http::Route> SensorThings::routes() const {
    return sensorthings::routes(
        {.public_plane =
             [this] {
                 struct Held {
                     std::shared_ptr<const registry::View> registry;
                     std::shared_ptr<const observations::Store> store;
                 };
                 auto held = std::make_shared<const Held>(Held{public_.registry(), public_.readings()});
                 return sensorthings::RouteParts::PublicLook{.keeps = held, .data = {*held->registry, *held->store}};
             },
         .internal = internal_ ? &internal_->service : nullptr,
         .sink = internal_ ? &internal_->sink : nullptr,
         .identity = plane_ == nullptr ? nullptr : &plane_->identity(),
         .pool = pool_,
         .clock = clock_,
         .origin = settings_.origin,
         .anonymous_writes = settings_.anonymous_writes});
}

}  // namespace bypuls::apps
