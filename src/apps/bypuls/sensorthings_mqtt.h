#pragma once

#include <string>

#include "apps/bypuls/mqtt_plane.h"
#include "apps/bypuls/sensorthings.h"
#include "platform/publish/sensorthings/mqtt/feed.h"
#include "platform/publish/sensorthings/mqtt/observation_sink.h"
#include "platform/publish/sensorthings/mqtt/updates.h"

namespace bypuls::apps {

/// The SensorThings MQTT extension of a town: observations in, news of both planes out.
class SensorThingsMqtt {
public:
    /// All outlive it. `things` has an internal plane.
    SensorThingsMqtt(InternalPlane& plane, const SensorThings& things, const Clock& clock);
    ~SensorThingsMqtt();

    /// For the broker.
    MqttExtra extra() { return {.sinks = {&sink_}, .feeds = {&feed_}}; }
    /// Begins to tell what is new, with links to `origin`. The broker lives until stop() has returned.
    void start(mqtt::Broker& broker, const std::string& origin);
    /// Tells no more. Idempotent.
    void stop();
    void append_metrics(std::string& out) const;

private:
    InternalPlane& plane_;
    sensorthings::PipelineWay way_;
    sensorthings::ObservationSink sink_;
    sensorthings::Updates open_;
    sensorthings::Updates internal_;
    sensorthings::UpdateFeed feed_;
};

}  // namespace bypuls::apps
