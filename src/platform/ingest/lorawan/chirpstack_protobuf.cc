#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>
#include <protozero/pbf_reader.hpp>

#include "platform/ingest/lorawan/protobuf_struct.h"
#include "platform/ingest/lorawan/uplink.h"
#include "platform/ingest/lorawan/words.h"

// Field numbers are those of ChirpStack 4's api/proto: integration/integration.proto, gw/gw.proto, common/common.proto.
namespace bypuls::ingest::lorawan {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;
using protozero::tag_and_type;

constexpr auto varint = pbf_wire_type::varint;
constexpr auto bytes_type = pbf_wire_type::length_delimited;
constexpr auto fixed32 = pbf_wire_type::fixed32;
constexpr auto fixed64 = pbf_wire_type::fixed64;

/// Carries a fault up to the boundary, beside protozero's own exceptions.
struct BadMessage {
    Error error;
};

[[noreturn]] void wrong(std::string_view path, std::string_view sentence, Errc code = Errc::malformed) {
    throw BadMessage{{code, fmt::format("{}: {}", path, sentence)}};
}

std::string text_of(pbf_reader& from, std::string_view path) {
    const auto view = from.get_view();
    const std::string_view text{view.data(), view.size()};
    if (!is_utf8(text)) {
        wrong(path, "not UTF-8");
    }
    return std::string(text);
}

/// A float as its shortest decimal: 9.2f is 9.2, as the same server's JSON says it.
double decimal_of(float value) {
    return std::isfinite(value) ? std::strtod(fmt::format("{}", value).c_str(), nullptr) : 0.0;
}

double finite(double value) {
    return std::isfinite(value) ? value : 0.0;
}

/// google.protobuf.Timestamp.
Instant time_of(pbf_reader message, std::string_view path) {
    std::int64_t seconds = 0;
    std::int32_t nanos = 0;
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(1, varint): seconds = message.get_int64(); break;
            case tag_and_type(2, varint): nanos = message.get_int32(); break;
            default: message.skip();
        }
    }
    constexpr std::int64_t year_1 = -62'135'596'800;
    constexpr std::int64_t year_10000 = 253'402'300'800;
    if (seconds < year_1 || seconds >= year_10000 || nanos < 0 || nanos > 999'999'999) {
        wrong(path, "not a time between the years 1 and 9999");
    }
    return Instant{Duration{seconds * 1'000'000 + nanos / 1'000}};
}

std::pair<std::string, std::string> pair_of(pbf_reader message, std::string_view path) {
    std::pair<std::string, std::string> pair;
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(1, bytes_type): pair.first = text_of(message, path); break;
            case tag_and_type(2, bytes_type): pair.second = text_of(message, path); break;
            default: message.skip();
        }
    }
    return pair;
}

/// integration.DeviceInfo.
void read_device(pbf_reader message, Event& event) {
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(1, bytes_type): event.tenant_id = text_of(message, "deviceInfo.tenantId"); break;
            case tag_and_type(2, bytes_type): event.tenant_name = text_of(message, "deviceInfo.tenantName"); break;
            case tag_and_type(3, bytes_type):
                event.application_id = text_of(message, "deviceInfo.applicationId");
                break;
            case tag_and_type(4, bytes_type):
                event.application_name = text_of(message, "deviceInfo.applicationName");
                break;
            case tag_and_type(5, bytes_type): event.profile_id = text_of(message, "deviceInfo.deviceProfileId"); break;
            case tag_and_type(6, bytes_type):
                event.profile_name = text_of(message, "deviceInfo.deviceProfileName");
                break;
            case tag_and_type(7, bytes_type): event.device_name = text_of(message, "deviceInfo.deviceName"); break;
            case tag_and_type(8, bytes_type): {
                const auto eui = DevEui::from_text(text_of(message, "deviceInfo.devEui"));
                if (!eui) {
                    wrong("deviceInfo.devEui", eui.error().what);
                }
                event.dev_eui = *eui;
                break;
            }
            case tag_and_type(9, bytes_type):
                if (event.tags.size() == tags_max) {
                    wrong("deviceInfo.tags", fmt::format("more than {} entries", tags_max), Errc::exhausted);
                }
                event.tags.push_back(pair_of(message.get_message(), "deviceInfo.tags"));
                break;
            default: message.skip();
        }
    }
}

/// common.Location.
Location location_of(pbf_reader message) {
    constexpr std::array<std::string_view, 7> sources{
        "", "GPS", "CONFIG", "GEO_RESOLVER_TDOA", "GEO_RESOLVER_RSSI", "GEO_RESOLVER_GNSS", "GEO_RESOLVER_WIFI"};
    Location location;
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(1, fixed64): location.latitude = message.get_double(); break;
            case tag_and_type(2, fixed64): location.longitude = message.get_double(); break;
            case tag_and_type(3, fixed64): location.altitude = finite(message.get_double()); break;
            case tag_and_type(4, varint): {
                const std::uint32_t source = message.get_uint32();
                location.source = source < sources.size() ? std::string(sources[source]) : std::to_string(source);
                break;
            }
            case tag_and_type(5, fixed32): location.accuracy = decimal_of(message.get_float()); break;
            default: message.skip();
        }
    }
    return location;
}

/// gw.UplinkRxInfo.
Gateway gateway_of(pbf_reader message) {
    Gateway gateway;
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(1, bytes_type): gateway.id = to_lower_ascii(text_of(message, "rxInfo.gatewayId")); break;
            case tag_and_type(3, bytes_type): gateway.time = time_of(message.get_message(), "rxInfo.gwTime"); break;
            case tag_and_type(17, bytes_type):
                gateway.network_time = time_of(message.get_message(), "rxInfo.nsTime");
                break;
            case tag_and_type(6, varint): gateway.rssi_dbm = message.get_int32(); break;
            case tag_and_type(7, fixed32): gateway.snr_db = decimal_of(message.get_float()); break;
            case tag_and_type(8, varint): gateway.channel = message.get_uint32(); break;
            case tag_and_type(12, bytes_type): gateway.location = location_of(message.get_message()); break;
            default: message.skip();
        }
    }
    gateway.eui = DevEui::from_text(gateway.id) ? gateway.id : std::string();
    if (gateway.location && !is_known(*gateway.location)) {
        gateway.location.reset();
    }
    return gateway;
}

/// gw.LoraModulationInfo.
void read_lora(pbf_reader message, Radio& radio) {
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(1, varint): radio.bandwidth_hz = message.get_uint32(); break;
            case tag_and_type(2, varint): radio.spreading_factor = message.get_uint32(); break;
            case tag_and_type(3, bytes_type):
                radio.coding_rate = coding_rate_of(text_of(message, "txInfo.modulation.lora.codeRateLegacy"));
                break;
            case tag_and_type(5, varint):
                radio.coding_rate = coding_rate_of(std::to_string(message.get_uint32()));
                break;
            default: message.skip();
        }
    }
    if (radio.spreading_factor > 12) {
        wrong("txInfo.modulation.lora.spreadingFactor", "larger than 12");
    }
}

/// gw.UplinkTxInfo with gw.Modulation.
void read_radio(pbf_reader message, Radio& radio) {
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(1, varint): radio.frequency_hz = message.get_uint32(); break;
            case tag_and_type(2, bytes_type): {
                pbf_reader modulation = message.get_message();
                while (modulation.next(3, bytes_type)) {
                    read_lora(modulation.get_message(), radio);
                }
                break;
            }
            default: message.skip();
        }
    }
}

void read_address(pbf_reader& message, Event& event) {
    const std::string text = text_of(message, "devAddr");
    const auto address = DevAddr::from_text(text);
    if (!text.empty() && !address) {
        wrong("devAddr", "not eight hexadecimal digits");
    }
    event.dev_addr = text.empty() ? std::nullopt : std::optional(*address);
}

std::string object_of(pbf_reader message) {
    auto json = struct_to_json(std::move(message));
    if (!json) {
        throw BadMessage{json.error()};
    }
    return std::move(*json);
}

/// integration.UplinkEvent.
void read_up(pbf_reader message, Event& event) {
    bool is_uplink = false;
    while (message.next()) {
        is_uplink = is_uplink || (message.tag() >= 5 && message.tag() <= 16);
        switch (message.tag_and_type()) {
            case tag_and_type(4, bytes_type): read_address(message, event); break;
            case tag_and_type(5, varint): event.adr = message.get_bool(); break;
            case tag_and_type(6, varint): event.radio.data_rate = message.get_uint32(); break;
            case tag_and_type(7, varint): event.f_cnt = message.get_uint32(); break;
            case tag_and_type(8, varint): {
                const std::uint32_t port = message.get_uint32();
                if (port > 255) {
                    wrong("fPort", "larger than 255");
                }
                event.f_port = static_cast<std::uint8_t>(port);
                break;
            }
            case tag_and_type(9, varint): event.confirmed = message.get_bool(); break;
            case tag_and_type(10, bytes_type): {
                const auto data = message.get_view();
                if (data.size() > payload_bytes_max) {
                    wrong("data", fmt::format("longer than {} bytes", payload_bytes_max), Errc::exhausted);
                }
                const ByteView view = as_bytes({data.data(), data.size()});
                event.payload.assign(view.begin(), view.end());
                break;
            }
            case tag_and_type(11, bytes_type): event.decoded_json = object_of(message.get_message()); break;
            case tag_and_type(12, bytes_type):
                if (event.gateways.size() == gateways_max) {
                    wrong("rxInfo", fmt::format("more than {} entries", gateways_max), Errc::exhausted);
                }
                event.gateways.push_back(gateway_of(message.get_message()));
                break;
            case tag_and_type(13, bytes_type): read_radio(message.get_message(), event.radio); break;
            case tag_and_type(16, bytes_type): event.region = text_of(message, "regionConfigId"); break;
            default: message.skip();
        }
    }
    if (!is_uplink) {
        wrong("fCnt", "missing, as are data and rxInfo: this is not an uplink");
    }
}

/// integration.JoinEvent.
void read_join(pbf_reader message, Event& event) {
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(4, bytes_type): read_address(message, event); break;
            case tag_and_type(7, bytes_type): event.region = text_of(message, "regionConfigId"); break;
            default: message.skip();
        }
    }
}

/// integration.StatusEvent.
void read_status(pbf_reader message, Event& event) {
    Status status;
    bool unavailable = false;
    double battery = 0;
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(5, varint): status.margin_db = message.get_int32(); break;
            case tag_and_type(6, varint): status.external_power = message.get_bool(); break;
            case tag_and_type(7, varint): unavailable = message.get_bool(); break;
            case tag_and_type(8, fixed32): battery = decimal_of(message.get_float()); break;
            default: message.skip();
        }
    }
    if (status.margin_db < -128 || status.margin_db > 127) {
        wrong("margin", "not between -128 and 127");
    }
    if (!unavailable && !status.external_power) {
        status.battery_percent = battery_of(battery);
    }
    event.status = status;
}

/// integration.AckEvent and integration.TxAckEvent, which number the same things differently.
void read_downlink(pbf_reader message, Event& event) {
    const bool is_ack = event.kind == Kind::ack;
    Downlink downlink;
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(4, bytes_type): downlink.queue_id = text_of(message, "queueItemId"); break;
            case tag_and_type(5, varint):
                if (is_ack) {
                    downlink.acknowledged = message.get_bool();
                } else {
                    downlink.f_cnt = message.get_uint32();
                }
                break;
            case tag_and_type(6, varint):
                if (is_ack) {
                    downlink.f_cnt = message.get_uint32();
                } else {
                    message.skip();
                }
                break;
            case tag_and_type(6, bytes_type):
                if (is_ack) {
                    message.skip();
                } else {
                    downlink.gateway_id = text_of(message, "gatewayId");
                }
                break;
            default: message.skip();
        }
    }
    event.downlink = downlink;
}

std::string log_code(std::uint32_t number) {
    constexpr std::array<std::string_view, 12> codes{"UNKNOWN",
                                                     "DOWNLINK_PAYLOAD_SIZE",
                                                     "UPLINK_CODEC",
                                                     "DOWNLINK_CODEC",
                                                     "OTAA",
                                                     "UPLINK_F_CNT_RESET",
                                                     "UPLINK_MIC",
                                                     "UPLINK_F_CNT_RETRANSMISSION",
                                                     "DOWNLINK_GATEWAY",
                                                     "RELAY_NEW_END_DEVICE",
                                                     "F_CNT_DOWN",
                                                     "EXPIRED"};
    return number < codes.size() ? std::string(codes[number]) : std::to_string(number);
}

/// integration.LogEvent: the only one whose time and device have other numbers.
void read_log(pbf_reader message, Event& event) {
    Log log{.level = LogLevel::info, .code = log_code(0), .description = {}};
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(1, bytes_type): event.time = time_of(message.get_message(), "time"); break;
            case tag_and_type(2, bytes_type): read_device(message.get_message(), event); break;
            case tag_and_type(3, varint): log.level = log_level_of(std::to_string(message.get_uint32())); break;
            case tag_and_type(4, varint): log.code = log_code(message.get_uint32()); break;
            case tag_and_type(5, bytes_type): log.description = text_of(message, "description"); break;
            case tag_and_type(6, bytes_type): {
                auto [key, value] = pair_of(message.get_message(), "context");
                if (key == "deduplication_id") {
                    event.deduplication_id = std::move(value);
                }
                break;
            }
            default: message.skip();
        }
    }
    event.log = std::move(log);
}

/// integration.LocationEvent.
void read_location(pbf_reader message, Event& event) {
    while (message.next(4, bytes_type)) {
        event.location = location_of(message.get_message());
    }
    if (!event.location || !on_earth(*event.location)) {
        wrong("location", event.location ? "not on the earth" : "missing");
    }
}

/// integration.IntegrationEvent.
void read_service(pbf_reader message, Event& event) {
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(4, bytes_type): event.service = text_of(message, "integrationName"); break;
            case tag_and_type(6, bytes_type): event.decoded_json = object_of(message.get_message()); break;
            default: message.skip();
        }
    }
}

/// Fields 1 to 3, which all events but the log have in common. An ack of a gateway has a number for its id.
void read_common(pbf_reader message, Event& event) {
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(1, bytes_type): event.deduplication_id = text_of(message, "deduplicationId"); break;
            case tag_and_type(2, bytes_type): event.time = time_of(message.get_message(), "time"); break;
            case tag_and_type(3, bytes_type): read_device(message.get_message(), event); break;
            default: message.skip();
        }
    }
}

void read_event(const pbf_reader& message, Event& event) {
    if (event.kind != Kind::log) {
        read_common(message, event);
    }
    switch (event.kind) {
        case Kind::up: read_up(message, event); break;
        case Kind::join: read_join(message, event); break;
        case Kind::status: read_status(message, event); break;
        case Kind::ack:
        case Kind::txack: read_downlink(message, event); break;
        case Kind::log: read_log(message, event); break;
        case Kind::location: read_location(message, event); break;
        case Kind::service: read_service(message, event); break;
    }
    if (event.dev_eui == DevEui{}) {
        wrong("deviceInfo.devEui", "missing");
    }
}

}  // namespace

Result<Event> parse_chirpstack_protobuf(std::string_view event_name, ByteView body) {
    Event event;
    TRY(event.kind, chirpstack_kind(event_name));
    event.network = Network::chirpstack;
    if (body.size() > body_bytes_max) {
        return fail(Errc::exhausted, fmt::format("the message is larger than {} bytes", body_bytes_max));
    }
    const std::string_view text = as_text(body);
    try {
        read_event(pbf_reader{text.data(), text.size()}, event);
    } catch (const BadMessage& bad) {
        return std::unexpected(bad.error);
    } catch (const protozero::exception& broken) {
        return fail(Errc::malformed, fmt::format("the message is not protobuf: {}", broken.what()));
    }
    return event;
}

}  // namespace bypuls::ingest::lorawan
