#include "platform/ingest/lorawan/json_fields.h"
#include "platform/ingest/lorawan/uplink.h"
#include "platform/ingest/lorawan/words.h"

namespace bypuls::ingest::lorawan {
namespace {

constexpr std::uint64_t u32_max = 0xffffffff;

/// Sixteen hexadecimal digits; ChirpStack 3 writes the eight bytes in base64.
std::string eui_text(const JsonFields& from, std::string_view key) {
    const std::string written = from.text(key);
    if (written.size() == 16) {
        return to_lower_ascii(written);
    }
    const auto bytes = from_base64(written);
    return bytes && bytes->size() == 8 ? to_hex(*bytes) : written;
}

void read_dev_eui(const JsonFields& from, std::string_view key, Event& event) {
    const auto eui = DevEui::from_text(eui_text(from, key));
    if (!eui) {
        from.wrong(key, from.has(key) ? eui.error().what : "missing");
        return;
    }
    event.dev_eui = *eui;
}

void read_device(const JsonFields& body, Event& event) {
    if (const auto info = body.object("deviceInfo")) {
        event.tenant_id = info->text("tenantId");
        event.tenant_name = info->text("tenantName");
        event.application_id = info->text("applicationId");
        event.application_name = info->text("applicationName");
        event.profile_id = info->text("deviceProfileId");
        event.profile_name = info->text("deviceProfileName");
        event.device_name = info->text("deviceName");
        event.tags = info->pairs("tags", tags_max);
        read_dev_eui(*info, "devEui", event);
    } else if (body.has("devEUI")) {  // ChirpStack 3
        event.application_id = body.word("applicationID");
        event.application_name = body.text("applicationName");
        event.profile_id = body.text("deviceProfileID");
        event.profile_name = body.text("deviceProfileName");
        event.device_name = body.text("deviceName");
        event.tags = body.pairs("tags", tags_max);
        read_dev_eui(body, "devEUI", event);
    } else {
        body.wrong("deviceInfo", "missing");
    }
}

std::optional<Location> read_location(const JsonFields& from) {
    const auto place = from.object("location");
    if (!place) {
        return std::nullopt;
    }
    Location location{.latitude = place->number("latitude"),
                      .longitude = place->number("longitude"),
                      .altitude = place->number("altitude"),
                      .accuracy = place->number("accuracy"),
                      .source = place->word("source")};
    return location;
}

Gateway read_gateway(const JsonFields& rx) {
    Gateway gateway;
    gateway.id = eui_text(rx, rx.has("gatewayId") ? "gatewayId" : "gatewayID");
    gateway.eui = DevEui::from_text(gateway.id) ? gateway.id : std::string();
    gateway.rssi_dbm = rx.number("rssi");
    gateway.snr_db = rx.number(rx.has("snr") ? "snr" : "loRaSNR");
    gateway.channel = static_cast<std::uint32_t>(rx.whole("channel", u32_max));
    gateway.location = read_location(rx);
    if (gateway.location && !is_known(*gateway.location)) {
        gateway.location.reset();  // a gateway that does not know where it stands has heard the frame all the same
    }
    gateway.time = rx.time(rx.has("gwTime") ? "gwTime" : "time");
    gateway.network_time = rx.time("nsTime");
    return gateway;
}

void read_lora(const JsonFields& lora, std::uint32_t bandwidth_unit_hz, Radio& radio) {
    radio.bandwidth_hz = static_cast<std::uint32_t>(lora.whole("bandwidth", u32_max / 1000)) * bandwidth_unit_hz;
    radio.spreading_factor = static_cast<std::uint32_t>(lora.whole("spreadingFactor", 12));
    radio.coding_rate = coding_rate_of(lora.word("codeRate"));
}

void read_radio(const JsonFields& body, Event& event) {
    event.radio.data_rate = static_cast<std::uint32_t>(body.whole("dr", u32_max));
    const auto tx = body.object("txInfo");
    if (!tx) {
        return;
    }
    event.radio.frequency_hz = tx->whole("frequency", u32_max);
    if (const auto old = tx->object("loRaModulationInfo")) {  // ChirpStack 3, in kHz
        read_lora(*old, 1000, event.radio);
    } else if (const auto modulation = tx->object("modulation")) {
        if (const auto lora = modulation->object("lora")) {
            read_lora(*lora, 1, event.radio);
        }
    }
}

/// ChirpStack 3 sends what the codec gave as JSON inside a text.
std::string decoded_json(const JsonFields& body) {
    const std::string inner = body.text("objectJSON");
    if (inner.empty()) {
        return body.json("object");
    }
    JsonDocument document;
    if (const auto read = document.read(inner); !read) {
        body.wrong("objectJSON", read.error().what, read.error().code);
        return {};
    }
    return simdjson::minify(document.root());
}

void read_up(const JsonFields& body, Event& event) {
    if (!body.has("fCnt") && !body.has("data") && !body.has("rxInfo")) {
        body.wrong("fCnt", "missing, as are data and rxInfo: this is not an uplink");
    }
    event.adr = body.flag("adr");
    event.f_cnt = static_cast<std::uint32_t>(body.whole("fCnt", u32_max));
    event.f_port = static_cast<std::uint8_t>(body.whole("fPort", 255));
    event.confirmed = body.flag("confirmed");
    event.payload = body.base64("data", payload_bytes_max);
    event.decoded_json = decoded_json(body);
    event.region = body.text("regionConfigId");
    read_radio(body, event);
    body.each_object("rxInfo", gateways_max, [&](const JsonFields& rx) { event.gateways.push_back(read_gateway(rx)); });
}

void read_status(const JsonFields& body, Event& event) {
    Status status;
    const double margin = body.number("margin");
    if (!(margin >= -128 && margin <= 127)) {
        body.wrong("margin", "not between -128 and 127");
        return;
    }
    status.margin_db = static_cast<std::int32_t>(margin);
    status.external_power = body.flag("externalPowerSource");
    if (!body.flag("batteryLevelUnavailable") && !status.external_power) {
        status.battery_percent = battery_of(body.number("batteryLevel"));
    }
    event.status = status;
}

void read_log(const JsonFields& body, Event& event) {
    if (!body.has("code") && !body.has("description")) {
        body.wrong("code", "missing, as is the description: this is not a log event");
    }
    event.log = Log{
        .level = log_level_of(body.word("level")), .code = body.word("code"), .description = body.text("description")};
    if (const auto context = body.object("context")) {
        event.deduplication_id = context->text("deduplication_id");
    }
}

void read_location_event(const JsonFields& body, Event& event) {
    event.location = read_location(body);
    if (!event.location) {
        body.wrong("location", "missing");
    } else if (!on_earth(*event.location)) {
        body.wrong("location", "not on the earth");
    }
}

void read_downlink(const JsonFields& body, Event& event) {
    event.downlink = Downlink{.queue_id = body.text("queueItemId"),
                              .f_cnt = static_cast<std::uint32_t>(body.whole("fCntDown", u32_max)),
                              .acknowledged = body.flag("acknowledged"),
                              .gateway_id = body.text("gatewayId")};
}

void read_event(const JsonFields& body, Event& event) {
    read_device(body, event);
    event.deduplication_id = body.text("deduplicationId");
    event.time = body.time(body.has("time") ? "time" : "publishedAt");
    if (const std::string address = body.text("devAddr"); !address.empty()) {
        event.dev_addr = dev_addr_of(address);
        if (!event.dev_addr) {
            body.wrong("devAddr", "not eight hexadecimal digits");
        }
    }
    switch (event.kind) {
        case Kind::up: read_up(body, event); break;
        case Kind::join: event.region = body.text("regionConfigId"); break;
        case Kind::status: read_status(body, event); break;
        case Kind::ack:
        case Kind::txack: read_downlink(body, event); break;
        case Kind::log: read_log(body, event); break;
        case Kind::location: read_location_event(body, event); break;
        case Kind::service:
            event.service = body.text("integrationName");
            event.decoded_json = body.json("object");
            break;
    }
    if (!event.time && !event.gateways.empty()) {
        event.time = event.gateways.front().time;
    }
}

}  // namespace

Result<Event> parse_chirpstack_json(std::string_view event_name, std::string_view body) {
    Event event;
    TRY(event.kind, chirpstack_kind(event_name));
    event.network = Network::chirpstack;
    TRY_DO(read_json_object(body, [&](const JsonFields& fields) { read_event(fields, event); }));
    return event;
}

}  // namespace bypuls::ingest::lorawan
