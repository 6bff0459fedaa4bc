#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/bypuls/settings.h"
#include "apps/bypuls/town.h"
#include "platform/mqtt/bridge.h"
#include "platform/mqtt/server.h"
#include "platform/pages/page.h"
#include "platform/publish/sensorthings/read/reader.h"

namespace bypuls::apps {

/// The sinks and feeds of other rooms; they come before anything is served.
struct MqttExtra {
    std::vector<mqtt::Sink*> sinks{};
    std::vector<mqtt::Feed*> feeds{};
};

/// MQTT of a running town: its broker with the sessions it keeps, and the bridges to others. Ends before the plane.
class MqttPlane {
public:
    static Result<std::unique_ptr<MqttPlane>> open(const Settings& settings, InternalPlane& plane, Clock& clock,
                                                   Random& random, MqttExtra extra = {});
    /// Stops taking messages in, acknowledges those under way, and tells the clients.
    ~MqttPlane();

    /// Every second: keys that were revoked end their connections.
    void tick();
    /// Null when the town only fetches from others, or when the port was taken.
    mqtt::Broker* broker() { return server_ ? &server_->broker() : nullptr; }
    /// Of mqtt.listen and mqtt.tls_listen, those that are set.
    std::vector<std::uint16_t> ports() const { return server_ ? server_->ports() : std::vector<std::uint16_t>{}; }
    /// The same with what is behind each.
    std::vector<sensorthings::MqttDoor> doors() const;
    void append_metrics(std::string& out) const;
    std::vector<pages::HealthCheck> checks() const;

private:
    MqttPlane(const Settings& settings, InternalPlane& plane, Clock& clock, Random& random)
        : settings_(settings), plane_(plane), clock_(clock), random_(random) {}
    Result<void> start(MqttExtra extra);
    Result<void> start_server(MqttExtra extra);
    Result<void> start_bridges();

    struct Fetching {
        std::string name;
        std::unique_ptr<mqtt::Sink> sink;
        std::unique_ptr<mqtt::Bridge> bridge;  // ends first
    };

    Settings settings_;
    InternalPlane& plane_;
    Clock& clock_;
    Random& random_;
    std::unique_ptr<database::Database> database_;
    std::unique_ptr<mqtt::Store> store_;
    std::unique_ptr<mqtt::Sink> sink_;
    std::unique_ptr<ingest::KeyGatekeeper> gatekeeper_;
    std::unique_ptr<mqtt::Keeper> keeper_;
    std::unique_ptr<mqtt::Server> server_;
    std::vector<Fetching> fetching_;
    std::string trouble_;
    int ticks_ = 0;
};

}  // namespace bypuls::apps
