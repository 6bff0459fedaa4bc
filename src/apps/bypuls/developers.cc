#include "apps/bypuls/developers.h"

#include <fmt/format.h>

#include "core/host.h"
#include "platform/ingest/routes/routes.h"
#include "platform/notify/webhooks/outbox.h"
#include "platform/notify/webhooks/sender.h"
#include "platform/publish/developers/routes.h"
#include "platform/publish/sensorthings/routes/batch.h"
#include "platform/publish/sensorthings/routes/routes.h"
#include "platform/publish/sensorthings/write/data_array.h"

namespace bypuls::apps {
namespace {

using publish::developers::MqttDoor;

std::string host_of_origin(const std::string& origin) {
    return origin.empty() ? "localhost" : std::string(host_in(origin));
}

/// The encrypted door when there is one; none when the port was taken.
std::optional<MqttDoor> door_of(const Settings& settings, const MqttPlane* mqtt) {
    const auto ports = mqtt == nullptr ? std::vector<std::uint16_t>{} : mqtt->ports();
    if (ports.empty()) {
        return std::nullopt;
    }
    const bool tls = !settings.mqtt.tls_listen.empty();
    const auto listen = parse_address(tls ? settings.mqtt.tls_listen : settings.mqtt.listen);
    const bool everywhere = !listen || listen->host == "0.0.0.0" || listen->host == "::";
    return MqttDoor{
        .host = everywhere ? host_of_origin(settings.origin) : listen->host, .port = ports.back(), .tls = tls};
}

}  // namespace

http::Route developers_route(const Settings& settings, const pages::Site& site, const publication::Plane& plane,
                             Pool& pool, const MqttPlane* mqtt,
                             std::function<std::vector<pages::HealthCheck>()> checks) {
    // Who tries the demonstration has the program and its folder at hand, and makes the key that a town would give.
    const bool at_hand = settings.demonstration && publish::developers::is_plain(settings.data);
    return publish::developers::route(
        {.site = site,
         .plane = plane,
         .pool = pool,
         .checks = std::move(checks),
         .writing = {.created_rows_max = sensorthings::array_rows_max,
                     .batch_parts_max = sensorthings::batch::parts_max,
                     .sensorthings_bytes_max = sensorthings::body_bytes_max,
                     .ingest_bytes_max = ingest::body_bytes_max,
                     .webhook_waiting_max = webhooks::OutboxOptions{}.waiting_max,
                     .webhook_deadline = std::chrono::floor<std::chrono::seconds>(webhooks::SenderOptions{}.deadline)},
         .keys_here = settings.planes == Planes::both,
         .mqtt = door_of(settings, mqtt),
         .key_command = at_hand ? fmt::format("build/release/bypuls token create --data {} --scope read,ingest,admin "
                                              "--name test",
                                              settings.data)
                                : ""});
}

}  // namespace bypuls::apps
