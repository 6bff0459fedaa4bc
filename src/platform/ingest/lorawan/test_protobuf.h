#pragma once

#include <chrono>
#include <string>

#include <protozero/pbf_writer.hpp>

#include "platform/ingest/lorawan/uplink.h"

namespace bypuls::ingest::lorawan {

// For tests: the other direction, written from the same .proto files.

inline std::string timestamp(Instant t) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(t);
    std::string out;
    protozero::pbf_writer writer(out);
    writer.add_int64(1, seconds.time_since_epoch().count());
    writer.add_int32(2, static_cast<std::int32_t>((t - seconds).count() * 1000));
    return out;
}

inline std::string pair_message(const std::pair<std::string, std::string>& pair) {
    std::string out;
    protozero::pbf_writer writer(out);
    writer.add_string(1, pair.first);
    writer.add_string(2, pair.second);
    return out;
}

inline std::string device_info(const Event& event) {
    std::string out;
    protozero::pbf_writer writer(out);
    writer.add_string(1, event.tenant_id);
    writer.add_string(2, event.tenant_name);
    writer.add_string(3, event.application_id);
    writer.add_string(4, event.application_name);
    writer.add_string(5, event.profile_id);
    writer.add_string(6, event.profile_name);
    writer.add_string(7, event.device_name);
    writer.add_string(8, event.dev_eui.to_text());
    for (const auto& tag : event.tags) {
        writer.add_message(9, pair_message(tag));
    }
    return out;
}

inline std::string location_message(const Location& location) {
    std::string out;
    protozero::pbf_writer writer(out);
    writer.add_double(1, location.latitude);
    writer.add_double(2, location.longitude);
    writer.add_double(3, location.altitude);
    writer.add_enum(4, location.source == "GPS" ? 1 : location.source == "GEO_RESOLVER_TDOA" ? 3 : 0);
    writer.add_float(5, static_cast<float>(location.accuracy));
    return out;
}

inline std::string rx_info(const Gateway& gateway) {
    std::string out;
    protozero::pbf_writer writer(out);
    writer.add_string(1, gateway.id);
    if (gateway.time) {
        writer.add_message(3, timestamp(*gateway.time));
    }
    writer.add_int32(6, static_cast<std::int32_t>(gateway.rssi_dbm));
    writer.add_float(7, static_cast<float>(gateway.snr_db));
    writer.add_uint32(8, gateway.channel);
    if (gateway.location) {
        writer.add_message(12, location_message(*gateway.location));
    }
    if (gateway.network_time) {
        writer.add_message(17, timestamp(*gateway.network_time));
    }
    return out;
}

inline std::string tx_info(const Radio& radio) {
    std::string lora;
    protozero::pbf_writer lora_writer(lora);
    lora_writer.add_uint32(1, radio.bandwidth_hz);
    lora_writer.add_uint32(2, radio.spreading_factor);
    lora_writer.add_enum(5, radio.coding_rate == "4/5" ? 1 : 0);
    std::string modulation;
    protozero::pbf_writer(modulation).add_message(3, lora);
    std::string out;
    protozero::pbf_writer writer(out);
    writer.add_uint32(1, static_cast<std::uint32_t>(radio.frequency_hz));
    writer.add_message(2, modulation);
    return out;
}

inline std::string log_event(const Event& event) {
    std::string out;
    protozero::pbf_writer writer(out);
    if (event.time) {
        writer.add_message(1, timestamp(*event.time));
    }
    writer.add_message(2, device_info(event));
    writer.add_enum(3, static_cast<std::int32_t>(event.log->level));
    writer.add_enum(4, event.log->code == "UPLINK_F_CNT_RESET"            ? 5
                       : event.log->code == "UPLINK_F_CNT_RETRANSMISSION" ? 7
                       : event.log->code == "DOWNLINK_GATEWAY"            ? 8
                                                                          : 0);
    writer.add_string(5, event.log->description);
    if (!event.deduplication_id.empty()) {
        writer.add_message(6, pair_message({"deduplication_id", event.deduplication_id}));
    }
    return out;
}

inline void add_uplink(const Event& event, protozero::pbf_writer& writer) {
    writer.add_bool(5, event.adr);
    writer.add_uint32(6, event.radio.data_rate);
    writer.add_uint32(7, event.f_cnt);
    writer.add_uint32(8, event.f_port);
    writer.add_bool(9, event.confirmed);
    writer.add_bytes(10, as_text(event.payload).data(), event.payload.size());
    for (const Gateway& gateway : event.gateways) {
        writer.add_message(12, rx_info(gateway));
    }
    writer.add_message(13, tx_info(event.radio));
    writer.add_string(16, event.region);
}

inline void add_downlink(const Event& event, protozero::pbf_writer& writer) {
    writer.add_string(4, event.downlink->queue_id);
    if (event.kind == Kind::ack) {
        writer.add_bool(5, event.downlink->acknowledged);
        writer.add_uint32(6, event.downlink->f_cnt);
    } else {
        writer.add_uint32(5, event.downlink->f_cnt);
        writer.add_string(6, event.downlink->gateway_id);
    }
}

/// All but the decoded object.
inline std::string to_protobuf(const Event& event) {
    if (event.kind == Kind::log) {
        return log_event(event);
    }
    std::string out;
    protozero::pbf_writer writer(out);
    if (event.kind != Kind::txack) {
        writer.add_string(1, event.deduplication_id);
    } else {
        writer.add_uint32(1, 4711);
    }
    if (event.time) {
        writer.add_message(2, timestamp(*event.time));
    }
    writer.add_message(3, device_info(event));
    if (event.dev_addr) {
        writer.add_string(4, event.dev_addr->to_text());
    }
    if (event.kind == Kind::up) {
        add_uplink(event, writer);
    } else if (event.kind == Kind::join) {
        writer.add_string(7, event.region);
    } else if (event.status) {
        writer.add_int32(5, event.status->margin_db);
        writer.add_bool(6, event.status->external_power);
        writer.add_bool(7, !event.status->battery_percent && !event.status->external_power);
        writer.add_float(8, static_cast<float>(event.status->battery_percent.value_or(0)));
    } else if (event.downlink) {
        add_downlink(event, writer);
    } else if (event.location) {
        writer.add_message(4, location_message(*event.location));
    }
    return out;
}

}  // namespace bypuls::ingest::lorawan
