#include "apps/bypuls/sensorthings_mqtt.h"

#include <fmt/format.h>

namespace bypuls::apps {
namespace {

sensorthings::Updates::Parts public_parts(const SensorThings& things, const Clock& clock) {
    return {.look =
                [&things] {
                    auto look = things.public_look();
                    return sensorthings::Updates::Look{std::move(look.keeps), look.data};
                },
            .clock = clock,
            .plane = "public"};
}

sensorthings::Updates::Parts internal_parts(const SensorThings& things, const Clock& clock) {
    return {.look = [&things] { return sensorthings::Updates::Look{nullptr, things.internal()->data}; },
            .clock = clock,
            .plane = "internal"};
}

}  // namespace

SensorThingsMqtt::SensorThingsMqtt(InternalPlane& plane, const SensorThings& things, const Clock& clock)
    : plane_(plane),
      way_(plane.pipeline()),
      sink_({.write = *things.internal(), .way = way_, .clock = clock}),
      open_(public_parts(things, clock)),
      internal_(internal_parts(things, clock)),
      feed_(open_, &internal_) {}

SensorThingsMqtt::~SensorThingsMqtt() {
    stop();
}

void SensorThingsMqtt::start(mqtt::Broker& broker, const std::string& origin) {
    const auto publish = [&broker](const std::string& topic, const std::string& payload, const std::string& route) {
        // As often as the subscriber wants it.
        mqtt::Message message{.topic = topic, .payload = payload, .qos = mqtt::QoS::exactly_once};
        message.properties.set(mqtt::PropertyId::payload_format, 1);
        message.properties.set(mqtt::PropertyId::content_type, "application/json");
        return broker.publish(std::move(message), route);
    };
    open_.start(publish, origin);
    internal_.start(publish, origin);
    plane_.gate().follow([this](std::span<const observations::Arrival> passed) { open_.observed(passed); });
    plane_.listeners().follow(
        [this](std::span<const observations::Arrival> arrivals) { internal_.observed(arrivals); });
}

void SensorThingsMqtt::stop() {
    plane_.gate().follow({});
    plane_.listeners().follow({});
    open_.stop();
    internal_.stop();
}

void SensorThingsMqtt::append_metrics(std::string& out) const {
    const auto metric = [&](std::string_view name, std::string_view kind, auto value_of) {
        out += fmt::format("# TYPE bypuls_sensorthings_updates_{} {}\n", name, kind);
        for (const auto& [plane, updates] : {std::pair{"public", &open_}, std::pair{"internal", &internal_}}) {
            out += fmt::format("bypuls_sensorthings_updates_{}{{plane=\"{}\"}} {}\n", name, plane,
                               value_of(updates->counts()));
        }
    };
    metric("watched", "gauge", [](const sensorthings::UpdateCounts& c) { return c.watches; });
    metric("told_total", "counter", [](const sensorthings::UpdateCounts& c) { return c.told; });
    metric("dropped_total", "counter", [](const sensorthings::UpdateCounts& c) { return c.dropped; });
}

}  // namespace bypuls::apps
