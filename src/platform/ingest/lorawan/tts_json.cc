#include <array>
#include <cmath>

#include "platform/ingest/lorawan/json_fields.h"
#include "platform/ingest/lorawan/uplink.h"
#include "platform/ingest/lorawan/words.h"

namespace bypuls::ingest::lorawan {
namespace {

constexpr std::uint64_t u32_max = 0xffffffff;

void read_device(const JsonFields& body, Event& event) {
    const auto ids = body.object("end_device_ids");
    if (!ids) {
        body.wrong("end_device_ids", "missing");
        return;
    }
    event.device_id = ids->text("device_id");
    event.device_name = event.device_id;
    if (const auto application = ids->object("application_ids")) {
        event.application_id = application->text("application_id");
        event.application_name = event.application_id;
    }
    const auto eui = DevEui::from_text(ids->text("dev_eui"));
    if (eui) {
        event.dev_eui = *eui;
    } else {
        ids->wrong("dev_eui", ids->has("dev_eui") ? eui.error().what : "missing");
    }
    if (const std::string address = ids->text("dev_addr"); !address.empty()) {
        event.dev_addr = dev_addr_of(address);
        if (!event.dev_addr) {
            ids->wrong("dev_addr", "not eight hexadecimal digits");
        }
    }
}

/// Correlation ids say which part of the server gave them; the gateway server's names the frame.
std::string frame_id(const JsonFields& body) {
    for (const std::string& id : body.texts("correlation_ids", 256)) {
        if (id.starts_with("gs:uplink:")) {
            return id;
        }
    }
    return {};
}

std::optional<Location> read_location(const JsonFields& from) {
    const auto place = from.object("location");
    if (!place) {
        return std::nullopt;
    }
    return Location{.latitude = place->number("latitude"),
                    .longitude = place->number("longitude"),
                    .altitude = place->number("altitude"),
                    .accuracy = place->number("accuracy"),
                    .source = place->word("source")};
}

Gateway read_gateway(const JsonFields& rx) {
    Gateway gateway;
    if (const auto ids = rx.object("gateway_ids")) {
        gateway.id = ids->text("gateway_id");
        gateway.eui = to_lower_ascii(ids->text("eui"));
    }
    gateway.rssi_dbm = rx.number("rssi");
    gateway.snr_db = rx.number("snr");
    gateway.channel = static_cast<std::uint32_t>(rx.whole("channel_index", u32_max));
    gateway.location = read_location(rx);
    if (gateway.location && !is_known(*gateway.location)) {
        gateway.location.reset();
    }
    gateway.time = rx.time(rx.has("gps_time") ? "gps_time" : "time");
    gateway.network_time = rx.time("received_at");
    return gateway;
}

void read_radio(const JsonFields& message, Event& event) {
    const auto settings = message.object("settings");
    if (!settings) {
        return;
    }
    Radio& radio = event.radio;
    radio.frequency_hz = settings->whole("frequency", UINT64_MAX);
    radio.data_rate = static_cast<std::uint32_t>(settings->whole("data_rate_index", u32_max));
    radio.coding_rate = coding_rate_of(settings->text("coding_rate"));
    const auto rate = settings->object("data_rate");
    const auto lora = rate ? rate->object("lora") : std::nullopt;
    if (lora) {
        radio.bandwidth_hz = static_cast<std::uint32_t>(lora->whole("bandwidth", u32_max));
        radio.spreading_factor = static_cast<std::uint32_t>(lora->whole("spreading_factor", 12));
        if (lora->has("coding_rate")) {
            radio.coding_rate = coding_rate_of(lora->text("coding_rate"));
        }
    }
}

/// The Device Repository's names: "milesight-iot/em310-udl".
void read_profile(const JsonFields& message, Event& event) {
    if (const auto version = message.object("version_ids")) {
        event.profile_name = version->text("brand_id") + "/" + version->text("model_id");
        event.profile_id = event.profile_name;
        if (event.profile_name == "/") {
            event.profile_id.clear();
            event.profile_name.clear();
        }
    }
    if (const auto network = message.object("network_ids")) {
        event.tenant_id = network->text("tenant_id");
        event.tenant_name = event.tenant_id;
        event.region = network->text("cluster_id");
    }
    event.tags = message.pairs("attributes", tags_max);
}

void read_time(const JsonFields& message, Event& event) {
    if (const auto heard = message.time("received_at")) {
        event.time = heard;
    }
}

void read_up(const JsonFields& message, Event& event) {
    event.kind = Kind::up;
    event.join_id = message.text("session_key_id");
    event.f_port = static_cast<std::uint8_t>(message.whole("f_port", 255));
    event.f_cnt = static_cast<std::uint32_t>(message.whole("f_cnt", u32_max));
    event.payload = message.base64("frm_payload", payload_bytes_max);
    event.confirmed = message.flag("confirmed");
    event.decoded_json = message.json("decoded_payload");
    event.normalized_json = message.json("normalized_payload");
    event.codec_warnings = message.texts("decoded_payload_warnings", 64);
    message.each_object("rx_metadata", gateways_max,
                        [&](const JsonFields& rx) { event.gateways.push_back(read_gateway(rx)); });
    read_radio(message, event);
    read_profile(message, event);
    read_time(message, event);
}

void read_join(const JsonFields& message, Event& event) {
    event.kind = Kind::join;
    event.join_id = message.text("session_key_id");
    event.tags = message.pairs("attributes", tags_max);
    read_time(message, event);
}

Downlink read_downlink(const JsonFields& message) {
    Downlink downlink;
    downlink.f_cnt = static_cast<std::uint32_t>(message.whole("f_cnt", u32_max));
    const auto ids = message.texts("correlation_ids", 256);
    downlink.queue_id = ids.empty() ? std::string() : ids.front();
    return downlink;
}

void read_ack(const JsonFields& message, Event& event) {
    event.kind = Kind::ack;
    event.downlink = read_downlink(message);
    event.downlink->acknowledged = true;
}

void read_nack(const JsonFields& message, Event& event) {
    event.kind = Kind::ack;
    event.downlink = read_downlink(message);
}

void read_sent(const JsonFields& message, Event& event) {
    event.kind = Kind::txack;
    event.downlink = read_downlink(message);
}

void read_queued(const JsonFields& message, Event& event) {
    event.kind = Kind::log;
    event.downlink = read_downlink(message);
    event.log = Log{.level = LogLevel::info, .code = "downlink_queued", .description = {}};
}

void read_invalidated(const JsonFields& message, Event& event) {
    event.kind = Kind::log;
    event.downlink = Downlink{};
    event.downlink->f_cnt = static_cast<std::uint32_t>(message.whole("last_f_cnt_down", u32_max));
    event.log = Log{.level = LogLevel::warning, .code = "downlink_queue_invalidated", .description = {}};
}

void read_failed(const JsonFields& message, Event& event) {
    event.kind = Kind::log;
    event.log = Log{.level = LogLevel::error, .code = "downlink_failed", .description = {}};
    if (const auto downlink = message.object("downlink")) {
        event.downlink = read_downlink(*downlink);
    }
    if (const auto error = message.object("error")) {
        event.log->description = error->text("message_format");
        if (const std::string name = error->text("name"); !name.empty()) {
            event.log->code += ":" + name;
        }
    }
}

void read_solved(const JsonFields& message, Event& event) {
    event.kind = Kind::location;
    event.service = message.text("service");
    event.location = read_location(message);
    if (!event.location) {
        message.wrong("location", "missing");
    } else if (!on_earth(*event.location)) {
        message.wrong("location", "not on the earth");
    }
}

void read_service(const JsonFields& message, Event& event) {
    event.kind = Kind::service;
    event.service = message.text("service");
    event.decoded_json = message.json("data");
}

struct Member {
    std::string_view name;
    void (*read)(const JsonFields&, Event&);
};

constexpr std::array members{
    Member{"uplink_message", read_up},
    Member{"uplink_normalized", read_up},
    Member{"join_accept", read_join},
    Member{"downlink_ack", read_ack},
    Member{"downlink_nack", read_nack},
    Member{"downlink_sent", read_sent},
    Member{"downlink_failed", read_failed},
    Member{"downlink_queued", read_queued},
    Member{"downlink_queue_invalidated", read_invalidated},
    Member{"location_solved", read_solved},
    Member{"service_data", read_service},
};

void read_event(const JsonFields& body, Event& event) {
    read_device(body, event);
    event.deduplication_id = frame_id(body);
    event.time = body.time("received_at");
    event.simulated = body.flag("simulated");
    std::size_t found = 0;
    for (const Member& member : members) {
        if (const auto message = body.object(member.name)) {
            ++found;
            member.read(*message, event);
        }
    }
    if (found != 1) {
        body.wrong("uplink_message", found == 0 ? "missing, as are all other kinds of message"
                                                : "not alone: a webhook carries one message");
    }
}

}  // namespace

Result<Event> parse_tts_json(std::string_view body) {
    Event event;
    event.network = Network::tts;
    TRY_DO(read_json_object(body, [&](const JsonFields& fields) { read_event(fields, event); }));
    return event;
}

}  // namespace bypuls::ingest::lorawan
