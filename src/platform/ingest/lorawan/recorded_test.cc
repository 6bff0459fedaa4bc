// Recorded events and published messages, where the shared data is at hand: every field against another JSON reader.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <zlib.h>
#include <zstd.h>

#include "core/time/iso8601.h"
#include "platform/ingest/lorawan/test_protobuf.h"
#include "platform/ingest/lorawan/uplink.h"

namespace bypuls::ingest::lorawan {
namespace {

using nlohmann::json;

std::string shared(const std::string& name) {
    const char* const folder = std::getenv("BYPULS_SHARED_DIR");
    return folder == nullptr ? std::string() : std::string(folder) + "/data/lorawan/" + name;
}

std::string read_zstd(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string packed{std::istreambuf_iterator<char>(file), {}};
    std::string out;
    ZSTD_DCtx* const context = ZSTD_createDCtx();
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    std::string piece(1 << 17, '\0');
    while (in.pos < in.size) {
        ZSTD_outBuffer next{piece.data(), piece.size(), 0};
        if (ZSTD_isError(ZSTD_decompressStream(context, &next, &in)) != 0) {
            break;
        }
        out.append(piece, 0, next.pos);
    }
    ZSTD_freeDCtx(context);
    return out;
}

std::string read_gzip(const std::string& path) {
    std::string out;
    const gzFile file = gzopen(path.c_str(), "rb");
    if (file == nullptr) {
        return out;
    }
    std::string piece(1 << 16, '\0');
    for (int count = 0; (count = gzread(file, piece.data(), static_cast<unsigned>(piece.size()))) > 0;) {
        out.append(piece, 0, static_cast<std::size_t>(count));
    }
    gzclose(file);
    return out;
}

template <typename Take>
void each_line(const std::string& text, Take take) {
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        take(std::string_view(text).substr(start, end - start));
        start = end + 1;
    }
}

std::string event_name(const json& body) {
    if (body.contains("rxInfo")) {
        return "up";
    }
    if (body.contains("code")) {
        return "log";
    }
    return body.contains("margin") ? "status" : "join";
}

Instant instant(const json& text) {
    return parse_instant(text.get<std::string>()).value();
}

Bytes bytes(const json& base64) {
    return from_base64(base64.get<std::string>()).value();
}

void expect_gateways(const Event& event, const json& rx_info) {
    ASSERT_EQ(event.gateways.size(), rx_info.size());
    for (std::size_t i = 0; i < rx_info.size(); ++i) {
        const json& rx = rx_info[i];
        const Gateway& gateway = event.gateways[i];
        EXPECT_EQ(json(gateway.id), rx.at("gatewayId"));
        EXPECT_EQ(json(gateway.eui), rx.at("gatewayId"));
        EXPECT_EQ(gateway.rssi_dbm, rx.at("rssi").get<double>());
        EXPECT_EQ(gateway.snr_db, rx.value("snr", 0.0));
        EXPECT_EQ(gateway.channel, rx.value("channel", 0U));
        EXPECT_EQ(gateway.network_time, instant(rx.at("nsTime")));
        ASSERT_EQ(gateway.location.has_value(), !rx.value("location", json::object()).empty());
        if (gateway.location) {
            EXPECT_EQ(gateway.location->latitude, rx["location"].at("latitude").get<double>());
            EXPECT_EQ(gateway.location->longitude, rx["location"].at("longitude").get<double>());
            EXPECT_EQ(gateway.location->altitude, rx["location"].at("altitude").get<double>());
        }
    }
}

void expect_uplink(const Event& event, const json& body) {
    EXPECT_EQ(event.f_cnt, body.at("fCnt").get<std::uint32_t>());
    EXPECT_EQ(event.f_port, body.at("fPort").get<unsigned>());
    EXPECT_EQ(event.confirmed, body.at("confirmed").get<bool>());
    EXPECT_EQ(event.adr, body.at("adr").get<bool>());
    EXPECT_EQ(json(to_base64(event.payload)), body.at("data"));
    EXPECT_EQ(event.radio.data_rate, body.at("dr").get<unsigned>());
    const json& lora = body.at("txInfo").at("modulation").at("lora");
    EXPECT_EQ(event.radio.frequency_hz, body["txInfo"].at("frequency").get<std::uint64_t>());
    EXPECT_EQ(event.radio.bandwidth_hz, lora.at("bandwidth").get<unsigned>());
    EXPECT_EQ(event.radio.spreading_factor, lora.at("spreadingFactor").get<unsigned>());
    EXPECT_EQ(event.radio.coding_rate, "4/5");
    EXPECT_EQ(json(event.region), body.at("regionConfigId"));
    EXPECT_EQ(event.decoded_json.empty() ? json() : json::parse(event.decoded_json), body.value("object", json()));
    expect_gateways(event, body.at("rxInfo"));
}

void expect_event(const Event& event, const json& body) {
    const json& info = body.at("deviceInfo");
    EXPECT_EQ(json(event.tenant_id), info.at("tenantId"));
    EXPECT_EQ(json(event.tenant_name), info.at("tenantName"));
    EXPECT_EQ(json(event.application_id), info.at("applicationId"));
    EXPECT_EQ(json(event.application_name), info.at("applicationName"));
    EXPECT_EQ(json(event.profile_id), info.at("deviceProfileId"));
    EXPECT_EQ(json(event.profile_name), info.at("deviceProfileName"));
    EXPECT_EQ(json(event.device_name), info.at("deviceName"));
    EXPECT_EQ(json(event.dev_eui.to_text()), info.at("devEui"));
    EXPECT_EQ(event.time, instant(body.at("time")));
    EXPECT_EQ(event.deduplication_id, body.contains("deduplicationId")
                                          ? body["deduplicationId"].get<std::string>()
                                          : body.value("context", json::object()).value("deduplication_id", ""));
    EXPECT_EQ(event.dev_addr ? event.dev_addr->to_text() : "", body.value("devAddr", ""));
    if (event.kind == Kind::up) {
        expect_uplink(event, body);
    } else if (event.kind == Kind::status) {
        const bool measured =
            !body.at("batteryLevelUnavailable").get<bool>() && !body.at("externalPowerSource").get<bool>();
        EXPECT_EQ(event.status->margin_db, body.at("margin").get<int>());
        EXPECT_EQ(event.status->external_power, body["externalPowerSource"].get<bool>());
        EXPECT_EQ(event.status->battery_percent,
                  measured ? std::optional(body.at("batteryLevel").get<double>()) : std::nullopt);
    } else if (event.kind == Kind::log) {
        EXPECT_EQ(json(event.log->code), body.at("code"));
        EXPECT_EQ(json(event.log->description), body.at("description"));
        EXPECT_EQ(event.log->level, body.at("level") == "ERROR" ? LogLevel::error : LogLevel::warning);
    }
}

TEST(Recorded, TheFortnightOfChirpstackEventsReadsWithEveryFieldRight) {
    const std::string text = read_zstd(shared("chirpstack_v4_uplinks_yellowknife_part1.jsonl.zst"));
    if (text.empty()) {
        GTEST_SKIP() << "the recorded events are not part of the repository (set BYPULS_SHARED_DIR)";
    }

    std::map<std::string, int> counts;
    each_line(text, [&](std::string_view line) {
        const json body = json::parse(line);
        const std::string name = event_name(body);
        auto event = parse_chirpstack_json(name, line);
        ASSERT_TRUE(event) << event.error() << "\n" << line;
        ASSERT_EQ(name_of(event->kind), name);
        ASSERT_NO_FATAL_FAILURE(expect_event(*event, body)) << line;
        ++counts[name];

        // The same event as protobuf reads as the same value.
        const auto again = parse_chirpstack_protobuf(name, as_bytes(to_protobuf(*event)));
        ASSERT_TRUE(again) << again.error();
        event->decoded_json.clear();
        ASSERT_EQ(*again, *event) << line;
    });

    EXPECT_EQ(counts, (std::map<std::string, int>{{"up", 9119}, {"status", 75}, {"join", 31}, {"log", 9}}));
}

TEST(Recorded, PublishedMessagesOfChirpstackAndTheThingsStackAllRead) {
    const std::string text = read_gzip(shared("network_server_payload_result_pairs.jsonl.gz"));
    if (text.empty()) {
        GTEST_SKIP() << "the published messages are not part of the repository (set BYPULS_SHARED_DIR)";
    }

    int chirpstack = 0;
    int tts = 0;
    each_line(text, [&](std::string_view line) {
        const json pair = json::parse(line);
        const json& body = pair.at("payload");
        if (pair.at("network") == "ChirpStack") {
            const auto event = parse_chirpstack_json("up", body.dump());
            ASSERT_TRUE(event) << event.error() << "\n" << pair.at("path");
            EXPECT_EQ(event->payload, bytes(body.at("data")));
            EXPECT_EQ(event->f_cnt, body.at("fCnt").get<unsigned>());
            EXPECT_EQ(event->f_port, body.at("fPort").get<unsigned>());
            EXPECT_TRUE(event->time);
            EXPECT_EQ(event->gateways.size(), body.at("rxInfo").size());
            ++chirpstack;
        } else if (body.contains("uplink_message")) {
            const auto event = parse_tts_json(body.dump());
            ASSERT_TRUE(event) << event.error() << "\n" << pair.at("path");
            const json& message = body["uplink_message"];
            EXPECT_EQ(event->payload, bytes(message.at("frm_payload")));
            EXPECT_EQ(event->f_cnt, message.at("f_cnt").get<unsigned>());
            EXPECT_EQ(event->f_port, message.at("f_port").get<unsigned>());
            EXPECT_EQ(event->radio.frequency_hz, std::stoull(message["settings"].at("frequency").get<std::string>()));
            EXPECT_EQ(event->time, instant(message.at("received_at")));
            EXPECT_EQ(event->gateways.size(), message.at("rx_metadata").size());
            ++tts;
        }
    });

    EXPECT_EQ(chirpstack, 280);
    EXPECT_EQ(tts, 374);
}

}  // namespace
}  // namespace bypuls::ingest::lorawan
