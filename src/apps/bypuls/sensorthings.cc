#include "apps/bypuls/sensorthings.h"

#include "core/host.h"
#include "core/log.h"
#include "platform/policy/policy.h"

namespace bypuls::apps {

SensorThings::Internal::Internal(InternalPlane& plane, std::unique_ptr<sensorthings::MovedTable> moved_observations,
                                 const Clock& clock)
    : moved(std::move(moved_observations)),
      sink(plane.pipeline()),
      data{plane.registry(), plane.store(), &plane.details(), moved.get(), &strangers},
      stamps(plane.store()),
      write{data, plane.registry(), sink, stamps, moved.get(), clock},
      service(std::make_unique<sensorthings::Service>(
          sensorthings::Service::Parts{.data = data, .clock = clock, .write = &write})) {}

Result<std::unique_ptr<SensorThings>> SensorThings::open(const Settings& settings, InternalPlane* internal,
                                                         const publication::PlaneFiles& plane, Pool& pool,
                                                         const Clock& clock) {
    if (settings.anonymous_writes && !is_loopback(settings.listen.host)) {
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

void SensorThings::speak_mqtt(std::vector<sensorthings::MqttDoor> doors) {
    doors_ = std::move(doors);
    if (internal_) {
        auto parts = internal_->service->parts();
        parts.mqtt = doors_;
        internal_->service = std::make_unique<sensorthings::Service>(std::move(parts));
    }
}

sensorthings::RouteParts::PublicLook SensorThings::public_look() const {
    struct Held {
        std::shared_ptr<const registry::View> registry;
        std::shared_ptr<const observations::Store> store;
        std::shared_ptr<const observations::Details> details;
    };
    auto held = std::make_shared<const Held>(Held{public_.registry(), public_.readings(), public_.details()});
    return {.keeps = held, .data = {*held->registry, *held->store, held->details.get(), nullptr, &strangers_}};
}

std::vector<http::Route> SensorThings::routes() {
    return sensorthings::routes({.public_plane = [this] { return public_look(); },
                                 .internal = internal_ ? internal_->service.get() : nullptr,
                                 .sink = internal_ ? &internal_->sink : nullptr,
                                 .identity = plane_ == nullptr ? nullptr : &plane_->identity(),
                                 .pool = pool_,
                                 .questions = questions_,
                                 .clock = clock_,
                                 .origin = settings_.origin,
                                 .anonymous_writes = settings_.anonymous_writes,
                                 .mqtt = doors_});
}

}  // namespace bypuls::apps
