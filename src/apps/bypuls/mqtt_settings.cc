#include "apps/bypuls/mqtt_settings.h"

#include <fmt/format.h>

#include "apps/bypuls/settings.h"
#include "core/host.h"
#include "platform/mqtt/topics.h"
#include "platform/policy/policy.h"

namespace bypuls::apps {
namespace {

using namespace std::chrono_literals;

void check_filters(const std::string& key, const std::vector<std::string>& filters,
                   std::vector<config::Fault>& faults) {
    for (const std::string& filter : filters) {
        if (!mqtt::is_topic_filter(filter)) {
            faults.push_back({0, fmt::format("{}: '{}' is no topic filter", key, filter)});
        }
    }
}

void read_rules(config::Reader& reader, MqttSettings& settings, std::vector<config::Fault>& faults) {
    for (std::size_t i = 0; i < reader.tables("mqtt.rule"); ++i) {
        const std::string at = fmt::format("mqtt.rule[{}].", i);
        ingest::TopicRule rule{.key = reader.text(at + "key", ""),
                               .publish = reader.texts(at + "publish"),
                               .subscribe = reader.texts(at + "subscribe")};
        if (rule.key.empty()) {
            faults.push_back({0, at + "key: a rule is for a key, by its name"});
        }
        check_filters(at + "publish", rule.publish, faults);
        check_filters(at + "subscribe", rule.subscribe, faults);
        settings.rules.push_back(std::move(rule));
    }
}

void read_bridges(config::Reader& reader, MqttSettings& settings, std::vector<config::Fault>& faults) {
    for (std::size_t i = 0; i < reader.tables("mqtt.bridge"); ++i) {
        const std::string at = fmt::format("mqtt.bridge[{}].", i);
        BridgeSettings bridge;
        bridge.name = reader.text(at + "name", "");
        bridge.host = reader.text(at + "host", "");
        bridge.tls = reader.flag(at + "tls", false);
        bridge.port = static_cast<std::uint16_t>(reader.integer(at + "port", bridge.tls ? 8883 : 1883, 1, 65'535));
        bridge.ca_file = reader.text(at + "ca_file", "");
        const std::string version = reader.choice(at + "version", "auto", {"auto", "5", "3.1.1"});
        if (version != "auto") {
            bridge.version = version == "5" ? mqtt::Version::v5 : mqtt::Version::v3_1_1;
        }
        bridge.client_id = reader.text(at + "client_id", "bypuls-" + bridge.name);
        bridge.username = reader.text(at + "username", "");
        bridge.password_file = reader.text(at + "password_file", "");
        bridge.kind = ingest::topic_kind_named(
                          reader.choice(at + "kind", "chirpstack", {"chirpstack", "tts", "lines", "observations"}))
                          .value_or(ingest::TopicKind::chirpstack);
        bridge.topics = reader.texts(at + "topics");
        bridge.qos = static_cast<mqtt::QoS>(reader.integer(at + "qos", 1, 1, 2));
        if (bridge.name.empty() || bridge.host.empty()) {
            faults.push_back({0, fmt::format("mqtt.bridge[{}] needs a name and a host", i)});
        }
        check_filters(at + "topics", bridge.topics, faults);
        settings.bridges.push_back(std::move(bridge));
    }
}

}  // namespace

void read_mqtt_settings(config::Reader& reader, MqttSettings& settings, std::vector<config::Fault>& faults) {
    settings.listen = reader.text("mqtt.listen", settings.listen);
    settings.tls_listen = reader.text("mqtt.tls_listen", settings.tls_listen);
    settings.tls_certificate = reader.text("mqtt.tls_certificate", settings.tls_certificate);
    settings.tls_key = reader.text("mqtt.tls_key", settings.tls_key);
    settings.plain_beyond_loopback = reader.flag("mqtt.plain_beyond_loopback", settings.plain_beyond_loopback);
    settings.open_data = reader.flag("mqtt.open_data", settings.open_data);
    settings.anonymous_topics = reader.texts("mqtt.anonymous_topics");
    settings.connections = reader.integer("mqtt.connections", settings.connections, 1, 1'000'000);
    settings.packet_bytes_max = reader.bytes("mqtt.packet", settings.packet_bytes_max, 1U << 10U, 16U << 20U);
    settings.session_expiry_max = reader.duration("mqtt.session_expiry", settings.session_expiry_max, 0ms, 24h * 365);
    check_filters("mqtt.anonymous_topics", settings.anonymous_topics, faults);
    read_rules(reader, settings, faults);
    read_bridges(reader, settings, faults);
}

std::vector<config::Fault> check_mqtt_settings(const MqttSettings& settings) {
    std::vector<config::Fault> faults;
    if (!settings.listen.empty()) {
        if (const auto address = parse_address(settings.listen); !address) {
            faults.push_back({0, "mqtt.listen: " + address.error().what});
        } else if (!is_loopback(address->host) && !settings.plain_beyond_loopback) {
            faults.push_back({0,
                              "mqtt.listen: keys would cross the network in the clear. Listen on 127.0.0.1, use "
                              "mqtt.tls_listen, or say mqtt.plain_beyond_loopback = true for a network of its own"});
        }
    }
    if (!settings.tls_listen.empty()) {
        if (const auto address = parse_address(settings.tls_listen); !address) {
            faults.push_back({0, "mqtt.tls_listen: " + address.error().what});
        }
        if (settings.tls_certificate.empty() || settings.tls_key.empty()) {
            faults.push_back({0, "mqtt.tls_listen needs mqtt.tls_certificate and mqtt.tls_key"});
        }
    }
    return faults;
}

}  // namespace bypuls::apps
