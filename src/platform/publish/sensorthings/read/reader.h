#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/publish/sensorthings/model/path.h"
#include "platform/publish/sensorthings/read/data.h"
#include "platform/publish/sensorthings/read/session.h"
#include "platform/query/expression.h"
#include "platform/query/parse.h"

namespace bypuls::sensorthings {

struct Answer {
    int status = 200;  ///< 204: the property has no value
    std::string media_type = "application/json";
    std::string body;
    std::string next;  ///< the next page's address, for forms that have no place for it; empty: none
};

/// Where a path leads: the entity that its last step names, or the set.
struct Resolved {
    Kind kind = Kind::thing;
    std::optional<Origin> of;              ///< of a set below the root
    std::shared_ptr<const Entity> entity;  ///< null for a set
    std::string path;                      ///< the shortest way there, for links: "Things(1)/Datastreams"
};

/// Goes along the path. Errc::not_found names the step where nothing is; every step must be linked to the one before.
Result<Resolved> resolve(Session& session, const ResourcePath& path);

/// Answers a GET: everything of 18-088 §9. Blocks; from any thread. Errc::not_found for a path that leads nowhere,
/// malformed for options that make no sense there, and where (`places` come from their parsing); exhausted for what
/// costs too much.
Result<Answer> read(const Data& data, const Clock& clock, const Form& form, const ResourcePath& path,
                    query::Options options, const ReadLimits& limits = {}, const query::Places& places = {});

/// A port on which MQTT is spoken.
struct MqttDoor {
    std::string address;  ///< that it listens on: "127.0.0.1", "0.0.0.0"
    std::uint16_t port = 0;
    bool tls = false;
};

/// Addresses of MQTT for whoever calls the service by this name: "mqtt://data.town.no:1883". A door that only the
/// machine itself can go through is told to those who are on it.
std::vector<std::string> mqtt_endpoints(const Form& form, std::span<const MqttDoor> doors);

/// The service root (18-088 §9.1, §9.2.1). `changes`: there are those who may change things here.
std::string service_root(const Form& form, bool changes, std::span<const MqttDoor> doors);

}  // namespace bypuls::sensorthings
