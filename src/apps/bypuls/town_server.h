#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "apps/bypuls/mqtt_plane.h"
#include "apps/bypuls/sensorthings.h"
#include "apps/bypuls/sensorthings_mqtt.h"
#include "apps/bypuls/site.h"
#include "apps/bypuls/town.h"
#include "platform/publish/live/entities.h"

namespace bypuls::apps {

/// A running town: the planes that were asked for, the server in front of them, and the second hand.
class Town {
public:
    /// Between opening and serving, for `demo`: the town's places, devices and history are laid here.
    using Prepare = std::function<Result<void>(InternalPlane&)>;

    static Result<std::unique_ptr<Town>> open(const Settings& settings, const Prepare& prepare = {});
    /// Stops taking requests, finishes those in flight, settles, and closes.
    ~Town();

    const http::Server& server() const { return *server_; }
    /// Null when only the public plane runs.
    InternalPlane* internal() { return internal_.get(); }
    /// Null when no MQTT is spoken.
    MqttPlane* mqtt() { return mqtt_.get(); }
    publication::PlaneFiles& plane() { return *plane_; }
    /// A code for the first account, when there is none yet; else empty.
    const std::string& setup_code() const { return setup_code_; }

private:
    explicit Town(const Settings& settings) : settings_(settings) {}
    Result<void> start(const Prepare& prepare);
    void add_routes();
    void follow_entities();
    void keep_ticking();
    void published(const std::set<publication::DatastreamId>& streams);
    std::vector<pages::HealthCheck> checks() const;
    std::vector<pages::HealthCheck> staff_checks() const;
    void metrics(std::string& out) const;

    Settings settings_;
    SystemClock clock_;
    SystemRandom random_;
    // It stops first and is taken down last: threads of the parts below may still be letting go of its loops.
    std::unique_ptr<http::Server> server_;
    // The same for handlers, the first of which may run before it is set.
    std::atomic<const http::Server*> serving_ = nullptr;
    std::unique_ptr<Pool> pool_;
    live::Hub hub_;
    std::unique_ptr<Web> web_;
    std::unique_ptr<publication::PlaneFiles> plane_;
    std::unique_ptr<InternalPlane> internal_;
    std::unique_ptr<SensorThings> sensorthings_;
    std::unique_ptr<SensorThingsMqtt> sensorthings_mqtt_;
    std::unique_ptr<MqttPlane> mqtt_;  // ends before what it sends to
    std::string setup_code_;
    http::Router router_;

    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::unique_ptr<publish::EntityNews> entity_news_;
    std::thread ticker_;
};

}  // namespace bypuls::apps
