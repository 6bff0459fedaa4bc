#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/time/iso8601.h"
#include "platform/ingest/lorawan/uplink.h"

namespace bypuls::ingest::lorawan {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

std::string webhook(std::string_view rest) {
    return fmt::format(
        R"({{"end_device_ids":{{"device_id":"landfalltjern","application_ids":{{"application_id":"bathing"}},
        "dev_eui":"A81758FFFE04B1C1","join_eui":"70B3D57ED0000000","dev_addr":"260B3F7A"}},
        "correlation_ids":["as:up:01H","gs:uplink:01J"],"received_at":"2026-06-12T08:43:11.357207831Z",{}}})",
        rest);
}

Event parsed(std::string_view body) {
    auto event = parse_tts_json(body);
    EXPECT_TRUE(event) << event.error();
    return event ? std::move(*event) : Event{};
}

std::string fault(std::string_view body) {
    const auto event = parse_tts_json(body);
    return event ? "no fault" : event.error().what;
}

TEST(TtsJson, AnUplinkKeepsFrameRadioAndGateways) {
    const Event event =
        parsed(webhook(R"("uplink_message":{"session_key_id":"AZMAo/hlRtkqumRZxr4evA==","f_port":50,"f_cnt":7,
        "frm_payload":"AQEd","decoded_payload":{"temperature":28.5},"decoded_payload_warnings":["old"],
        "normalized_payload":[{"water":{"temperature":28.5}}],"confirmed":true,
        "rx_metadata":[{"gateway_ids":{"gateway_id":"bragernes","eui":"24E124FFFEF24699"},"time":"2026-06-12T08:43:11.141155Z",
            "rssi":-91,"channel_rssi":-91,"snr":12.8,"location":{"latitude":59.7,"longitude":10.2,"altitude":15,
            "source":"SOURCE_REGISTRY"},"channel_index":7,"received_at":"2026-06-12T08:43:11.140320562Z"}],
        "settings":{"data_rate":{"lora":{"bandwidth":125000,"spreading_factor":10,"coding_rate":"4/5"}},"frequency":"867900000"},
        "received_at":"2026-06-12T08:43:11.151969423Z","version_ids":{"brand_id":"elsys","model_id":"ems"},
        "network_ids":{"net_id":"000013","tenant_id":"drammen","cluster_id":"eu1"},"attributes":{"place":"landfalltjern"}})"));

    EXPECT_EQ(event.kind, Kind::up);
    EXPECT_EQ(event.network, Network::tts);
    EXPECT_EQ(event.device_id, "landfalltjern");
    EXPECT_EQ(event.application_id, "bathing");
    EXPECT_EQ(event.tenant_id, "drammen");
    EXPECT_EQ(event.region, "eu1");
    EXPECT_EQ(event.profile_name, "elsys/ems");
    EXPECT_EQ(event.dev_eui.to_text(), "a81758fffe04b1c1");
    EXPECT_EQ(event.dev_addr, DevAddr{0x260b3f7a});
    EXPECT_EQ(event.deduplication_id, "gs:uplink:01J");
    EXPECT_EQ(event.join_id, "AZMAo/hlRtkqumRZxr4evA==");
    EXPECT_EQ(event.time, parse_instant("2026-06-12T08:43:11.151969Z").value());
    EXPECT_EQ(event.f_port, 50);
    EXPECT_EQ(event.f_cnt, 7U);
    EXPECT_EQ(to_hex(event.payload), "01011d");
    EXPECT_TRUE(event.confirmed);
    EXPECT_FALSE(event.simulated);
    EXPECT_EQ(event.radio, (Radio{867'900'000, 0, 125'000, 10, "4/5"}));
    EXPECT_EQ(event.decoded_json, R"({"temperature":28.5})");
    EXPECT_EQ(event.normalized_json, R"([{"water":{"temperature":28.5}}])");
    EXPECT_THAT(event.codec_warnings, ElementsAre("old"));
    EXPECT_EQ(event.tags, (Tags{{"place", "landfalltjern"}}));
    ASSERT_THAT(event.gateways, SizeIs(1));
    EXPECT_EQ(event.gateways[0].id, "bragernes");
    EXPECT_EQ(event.gateways[0].eui, "24e124fffef24699");
    EXPECT_EQ(event.gateways[0].snr_db, 12.8);
    EXPECT_EQ(event.gateways[0].location, (Location{59.7, 10.2, 15, 0, "SOURCE_REGISTRY"}));
    EXPECT_EQ(event.gateways[0].time, parse_instant("2026-06-12T08:43:11.141155Z").value());
}

TEST(TtsJson, EmptyMembersAreLeftOutByTheServerAndMeanZero) {
    const Event event = parsed(webhook(R"("uplink_message":{"rx_metadata":[{}],"settings":{}},"simulated":true)"));

    EXPECT_EQ(event.f_cnt, 0U);
    EXPECT_EQ(event.f_port, 0);
    EXPECT_TRUE(event.simulated);
    EXPECT_EQ(event.time, parse_instant("2026-06-12T08:43:11.357207Z").value());
}

TEST(TtsJson, ANormalizedUplinkIsTheSameFrame) {
    const Event event = parsed(webhook(R"("uplink_normalized":{"f_port":1,"f_cnt":9,"frm_payload":"AQ==",
        "normalized_payload":{"air":{"temperature":3.5}}})"));

    EXPECT_EQ(event.kind, Kind::up);
    EXPECT_EQ(event.f_cnt, 9U);
    EXPECT_EQ(event.normalized_json, R"({"air":{"temperature":3.5}})");
}

TEST(TtsJson, OtherMessagesAreLaidOntoTheSameKinds) {
    const Event join = parsed(webhook(R"("join_accept":{"session_key_id":"k","received_at":"2026-06-12T08:00:00Z"})"));
    EXPECT_EQ(join.kind, Kind::join);
    EXPECT_EQ(join.join_id, "k");
    EXPECT_EQ(join.time, parse_instant("2026-06-12T08:00:00Z").value());

    EXPECT_EQ(parsed(webhook(R"("downlink_ack":{"f_cnt":4,"correlation_ids":["my-id"]})")).downlink,
              (Downlink{"my-id", 4, true, ""}));
    EXPECT_EQ(parsed(webhook(R"("downlink_nack":{"f_cnt":4})")).downlink, (Downlink{"", 4, false, ""}));
    EXPECT_EQ(parsed(webhook(R"("downlink_sent":{"f_cnt":4})")).kind, Kind::txack);
    EXPECT_EQ(parsed(webhook(R"("downlink_queued":{"f_port":4})")).log->code, "downlink_queued");
    EXPECT_EQ(parsed(webhook(R"("downlink_queue_invalidated":{"last_f_cnt_down":3})")).downlink->f_cnt, 3U);

    const Event failed =
        parsed(webhook(R"("downlink_failed":{"downlink":{"f_cnt":8},"error":{"namespace":"pkg/networkserver",
        "name":"application_downlink_too_long","message_format":"too long"}})"));
    EXPECT_EQ(failed.log, (Log{LogLevel::error, "downlink_failed:application_downlink_too_long", "too long"}));
    EXPECT_EQ(failed.downlink->f_cnt, 8U);

    const Event solved = parsed(webhook(R"("location_solved":{"service":"lora-cloud","location":{"latitude":59.7,
        "longitude":10.2,"accuracy":25,"source":"SOURCE_LORA_TDOA"}})"));
    EXPECT_EQ(solved.location, (Location{59.7, 10.2, 0, 25, "SOURCE_LORA_TDOA"}));
    EXPECT_EQ(solved.service, "lora-cloud");

    const Event service = parsed(webhook(R"("service_data":{"service":"x","data":{"a":[1]}})"));
    EXPECT_EQ(service.kind, Kind::service);
    EXPECT_EQ(service.decoded_json, R"({"a":[1]})");
}

TEST(TtsJson, AFaultNamesTheField) {
    EXPECT_EQ(fault(webhook(R"("uplink_message":{"f_port":"one"})")),
              "uplink_message.f_port: not a whole number from 0 up");
    EXPECT_EQ(fault(webhook(R"("uplink_message":{"rx_metadata":[{"gateway_ids":{"eui":5}}]})")),
              "uplink_message.rx_metadata[0].gateway_ids.eui: not a text");
    EXPECT_EQ(fault(webhook(R"("uplink_message":{"settings":{"frequency":"868 MHz"}})")),
              "uplink_message.settings.frequency: not a whole number from 0 up");
    EXPECT_EQ(fault(webhook(R"("uplink_message":{},"join_accept":{})")),
              "uplink_message: not alone: a webhook carries one message");
    EXPECT_EQ(fault(webhook(R"("something_new":{})")), "uplink_message: missing, as are all other kinds of message");
    EXPECT_EQ(fault(R"({"end_device_ids":{"device_id":"a"},"uplink_message":{}})"), "end_device_ids.dev_eui: missing");
    EXPECT_EQ(fault("{}"), "end_device_ids: missing");
    EXPECT_EQ(fault(webhook(R"("location_solved":{"location":{"latitude":-91}})")),
              "location_solved.location: not on the earth");
}

}  // namespace
}  // namespace bypuls::ingest::lorawan
