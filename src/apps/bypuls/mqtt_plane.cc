#include "apps/bypuls/mqtt_plane.h"

#include <fmt/format.h>

#include "apps/bypuls/data_folder.h"
#include "core/files.h"
#include "core/log.h"
#include "core/text.h"
#include "platform/database/whole.h"
#include "platform/ingest/mqtt/pipeline_sink.h"

namespace bypuls::apps {
namespace {

constexpr std::chrono::seconds grace{5};
constexpr int ticks_between_refreshes = 5;
/// At a file of which a page did not hold, whether it is whole by now.
constexpr int ticks_between_looks = 3600;

Result<void> add_door(const std::string& text, bool tls, const MqttSettings& settings,
                      std::vector<mqtt::ListenOn>& doors) {
    if (text.empty()) {
        return {};
    }
    TRY(const Address address, parse_address(text));
    mqtt::ListenOn door{.address = address.host, .port = address.port};
    if (tls) {
        door.certificate_chain = settings.tls_certificate;
        door.private_key = settings.tls_key;
    }
    doors.push_back(std::move(door));
    return {};
}

}  // namespace

Result<std::unique_ptr<MqttPlane>> MqttPlane::open(const Settings& settings, InternalPlane& plane, Clock& clock,
                                                   Random& random, MqttExtra extra) {
    std::unique_ptr<MqttPlane> opened(new MqttPlane(settings, plane, clock, random));
    TRY_DO(opened->start(std::move(extra)));
    return opened;
}

Result<void> MqttPlane::start(MqttExtra extra) {
    if (!settings_.mqtt.listen.empty() || !settings_.mqtt.tls_listen.empty()) {
        auto started = start_server(std::move(extra));
        if (!started && !(settings_.mqtt.may_be_taken && started.error().code == Errc::unavailable)) {
            const bool is_taken = started.error().code == Errc::unavailable;
            return fail(
                started.error().code,
                started.error().what + (is_taken ? "; --mqtt-listen ADDRESS:PORT chooses another, or none" : ""));
        }
        if (!started) {
            trouble_ = started.error().what;
            log::warning("mqtt", "no MQTT: the port is taken", {{"why", trouble_}});
        }
    }
    return start_bridges();
}

Result<void> MqttPlane::start_server(MqttExtra extra) {
    const MqttSettings& mqtt = settings_.mqtt;
    TRY(database_, database::open_whole({.url = "sqlite:" + settings_.internal_folder() + "/mqtt.db"}, restore_remedy));
    TRY_DO(database::migrate(*database_, {mqtt::mqtt_component()}, clock_));
    store_ = mqtt::make_relational_store(*database_);
    TRY(auto kept, store_->load());
    sink_ = std::make_unique<ingest::PipelineSink>(plane_.pipeline());
    ingest::GatekeeperOptions keys{.rules = mqtt.rules, .anonymous = mqtt.anonymous_topics};
    if (mqtt.open_data) {
        const auto& open = ingest::sensorthings_filters();
        keys.anonymous.insert(keys.anonymous.end(), open.begin(), open.end());
    }
    gatekeeper_ = std::make_unique<ingest::KeyGatekeeper>(plane_.identity(), clock_, std::move(keys));
    TRY_DO(gatekeeper_->refresh());
    keeper_ = mqtt::make_keeper(*store_);
    mqtt::ServerOptions options;
    options.limits.connections_max = static_cast<std::size_t>(mqtt.connections);
    options.limits.packet_bytes_max = mqtt.packet_bytes_max;
    options.limits.session_expiry_max = std::chrono::duration_cast<std::chrono::seconds>(mqtt.session_expiry_max);
    TRY_DO(add_door(mqtt.listen, false, mqtt, options.listen));
    TRY_DO(add_door(mqtt.tls_listen, true, mqtt, options.listen));
    extra.sinks.push_back(sink_.get());
    TRY(server_, mqtt::start_server({.gatekeeper = *gatekeeper_,
                                     .sinks = std::move(extra.sinks),
                                     .feeds = std::move(extra.feeds),
                                     .keeper = keeper_.get(),
                                     .clock = clock_,
                                     .random = random_},
                                    std::move(kept), std::move(options)));
    for (const std::uint16_t port : server_->ports()) {
        log::info("mqtt", "listening", {{"port", std::to_string(port)}});
    }
    return {};
}

Result<void> MqttPlane::start_bridges() {
    for (const BridgeSettings& wanted : settings_.mqtt.bridges) {
        Fetching fetching{.name = wanted.name};
        fetching.sink = wanted.topics.empty() ? std::make_unique<ingest::PipelineSink>(plane_.pipeline())
                                              : std::make_unique<ingest::PipelineSink>(plane_.pipeline(), wanted.kind);
        mqtt::BridgeOptions options{.host = wanted.host,
                                    .port = wanted.port,
                                    .tls = wanted.tls,
                                    .ca_file = wanted.ca_file,
                                    .subscriber = {.version = wanted.version,
                                                   .client_id = wanted.client_id,
                                                   .subscriptions = {},
                                                   // What is larger than a message may be is refused with a dead
                                                   // letter; closing the connection would bring it back for ever.
                                                   .packet_bytes_max = 32U << 20U,
                                                   .sender = wanted.name}};
        if (!wanted.username.empty()) {
            options.subscriber.username = wanted.username;
        }
        if (!wanted.password_file.empty()) {
            TRY(const std::string password, read_text_file(wanted.password_file));
            options.subscriber.password = trim(password);
        }
        const auto topics = wanted.topics.empty() ? ingest::filters_of(wanted.kind) : wanted.topics;
        for (const std::string& topic : topics) {
            options.subscriber.subscriptions.push_back({.filter = topic, .qos = wanted.qos});
        }
        TRY(fetching.bridge, mqtt::start_bridge(std::move(options), *fetching.sink, clock_, random_));
        fetching_.push_back(std::move(fetching));
    }
    return {};
}

MqttPlane::~MqttPlane() {
    fetching_.clear();
    if (server_) {
        server_->stop(grace);
    }
}

std::vector<sensorthings::MqttDoor> MqttPlane::doors() const {
    std::vector<sensorthings::MqttDoor> doors;
    if (!server_) {
        return doors;
    }
    const auto add = [&](const std::string& text, bool tls) {
        if (const auto address = parse_address(text)) {
            doors.push_back({.address = address->host, .port = server_->ports().at(doors.size()), .tls = tls});
        }
    };
    add(settings_.mqtt.listen, false);
    add(settings_.mqtt.tls_listen, true);
    return doors;
}

void MqttPlane::tick() {
    ++ticks_;
    if (ticks_ % ticks_between_looks == 0 && database_ != nullptr && database_->damaged_page()) {
        if (const auto whole = database_->verify(); !whole) {
            log::warning("mqtt", "the sessions' file is damaged", {{"why", whole.error().what}});
        }
    }
    if (gatekeeper_ == nullptr || ticks_ % ticks_between_refreshes != 0) {
        return;
    }
    if (const auto fresh = gatekeeper_->refresh(); !fresh) {
        log::warning("mqtt", "revoked keys could not be looked at", {{"why", fresh.error().what}});
    }
}

void MqttPlane::append_metrics(std::string& out) const {
    if (server_) {
        mqtt::append_metrics(out, server_->broker().counters());
    }
    if (fetching_.empty()) {
        return;
    }
    const auto metric = [&](std::string_view name, std::string_view kind, auto value_of) {
        out += fmt::format("# TYPE bypuls_mqtt_bridge_{} {}\n", name, kind);
        for (const Fetching& each : fetching_) {
            out += fmt::format("bypuls_mqtt_bridge_{}{{bridge=\"{}\"}} {}\n", name, each.name,
                               value_of(each.bridge->status()));
        }
    };
    metric("up", "gauge", [](const mqtt::SubscriberStatus& s) { return s.subscribed ? 1 : 0; });
    out += "# TYPE bypuls_mqtt_bridge_info gauge\n";
    for (const Fetching& each : fetching_) {
        const mqtt::SubscriberStatus status = each.bridge->status();
        out += fmt::format("bypuls_mqtt_bridge_info{{bridge=\"{}\",version=\"{}\",qos=\"{}\"}} 1\n", each.name,
                           status.version == mqtt::Version::v5 ? "5" : "3.1.1",
                           status.granted ? fmt::to_string(static_cast<int>(*status.granted)) : "");
    }
    metric("connections_total", "counter", [](const mqtt::SubscriberStatus& s) { return s.connections; });
    metric("taken_total", "counter", [](const mqtt::SubscriberStatus& s) { return s.taken; });
    metric("refused_total", "counter", [](const mqtt::SubscriberStatus& s) { return s.refused; });
    metric("duplicates_total", "counter", [](const mqtt::SubscriberStatus& s) { return s.duplicates; });
    metric("ignored_total", "counter", [](const mqtt::SubscriberStatus& s) { return s.ignored; });
}

std::vector<pages::HealthCheck> MqttPlane::checks() const {
    using State = pages::HealthCheck::State;
    std::vector<pages::HealthCheck> checks;
    if (server_ || !trouble_.empty()) {
        checks.push_back(
            {"mqtt", trouble_.empty() ? State::ok : State::warning, trouble_.empty() ? "" : "port_taken", trouble_});
    }
    for (const Fetching& each : fetching_) {
        const auto status = each.bridge->status();
        const bool well = status.subscribed && status.trouble.empty();
        checks.push_back({"mqtt bridge " + each.name, well ? State::ok : State::warning, well ? "" : "not_connected",
                          status.trouble});
    }
    return checks;
}

}  // namespace bypuls::apps
