#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "platform/ingest/mqtt/gatekeeper.h"
#include "platform/ingest/mqtt/topics.h"
#include "platform/mqtt/packets.h"

namespace bypuls::apps {

/// One `[[mqtt.bridge]]`: another broker whose messages are fetched.
struct BridgeSettings {
    std::string name;
    std::string host;
    std::uint16_t port = 1883;
    bool tls = false;
    std::string ca_file;
    std::optional<mqtt::Version> version;  ///< nothing: 5, or 3.1.1 with a broker that does not speak 5
    std::string client_id;
    std::string username;
    std::string password_file;
    ingest::TopicKind kind = ingest::TopicKind::chirpstack;
    std::vector<std::string> topics;  ///< empty: those of the kind
    mqtt::QoS qos = mqtt::QoS::at_least_once;
};

/// `[mqtt]`: the program's own broker, and those it fetches from.
struct MqttSettings {
    std::string listen;      ///< "127.0.0.1:1883"; empty: no listener
    std::string tls_listen;  ///< "0.0.0.0:8883"; empty: none
    std::string tls_certificate;
    std::string tls_key;
    bool plain_beyond_loopback = false;
    /// The demonstration goes on without MQTT when the port is taken.
    bool may_be_taken = false;
    /// A client without a key may be told of what everybody may read over HTTP.
    bool open_data = true;
    std::vector<std::string> anonymous_topics;
    std::int64_t connections = 16'384;
    std::uint64_t packet_bytes_max = 1U << 20U;
    std::chrono::milliseconds session_expiry_max = std::chrono::days{7};
    std::vector<ingest::TopicRule> rules;
    std::vector<BridgeSettings> bridges;

    bool is_on() const { return !listen.empty() || !tls_listen.empty() || !bridges.empty(); }
};

/// Reads `[mqtt]` over the settings; what the reader itself cannot see goes to `faults`.
void read_mqtt_settings(config::Reader& reader, MqttSettings& settings, std::vector<config::Fault>& faults);
/// What is wrong with them together; also after the command line had its say.
std::vector<config::Fault> check_mqtt_settings(const MqttSettings& settings);

}  // namespace bypuls::apps
