#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/time/iso8601.h"
#include "platform/ingest/lorawan/uplink.h"

namespace bypuls::ingest::lorawan {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view device =
    R"("deviceInfo":{"tenantId":"t-1","tenantName":"Drammen kommune","applicationId":"a-1",
    "applicationName":"Badetemperatur","deviceProfileId":"p-1","deviceProfileName":"EM500-SWL","deviceName":"Blektjern",
    "devEui":"24E124713D392240","deviceClassEnabled":"CLASS_A","tags":{"place":"blektjern","kind":"water"}})";

std::string with_device(std::string_view rest) {
    return fmt::format("{{{},{}}}", device, rest);
}

Event parsed(std::string_view name, std::string_view body) {
    auto event = parse_chirpstack_json(name, body);
    EXPECT_TRUE(event) << event.error();
    return event ? std::move(*event) : Event{};
}

std::string fault(std::string_view name, std::string_view body) {
    const auto event = parse_chirpstack_json(name, body);
    return event ? "no fault" : event.error().what;
}

TEST(ChirpstackJson, AnUplinkKeepsFrameRadioAndGateways) {
    const Event event = parsed("up", with_device(R"("deduplicationId":"42bf","time":"2026-06-14T18:37:07.500+02:00",
        "devAddr":"0006B231","adr":true,"dr":3,"fCnt":4294967295,"fPort":85,"confirmed":true,"data":"HBkAHDA=",
        "object":{"temperature":28.0,"events":["a",null]},
        "rxInfo":[{"gatewayId":"008000000002aa4b","uplinkId":21258,"nsTime":"2026-06-14T16:37:07.581887532+00:00",
            "gwTime":"2026-06-14T16:37:07.5Z","rssi":-84,"snr":9.2,"channel":3,
            "location":{"latitude":59.744,"longitude":10.204,"altitude":160,"source":"GPS"}},
            {"gatewayId":"0080000000000001","rssi":-120}],
        "txInfo":{"frequency":868100000,"modulation":{"lora":{"bandwidth":125000,"spreadingFactor":7,"codeRate":"CR_4_5"}}},
        "regionConfigId":"eu868")"));

    EXPECT_EQ(event.kind, Kind::up);
    EXPECT_EQ(event.network, Network::chirpstack);
    EXPECT_EQ(event.tenant_name, "Drammen kommune");
    EXPECT_EQ(event.application_id, "a-1");
    EXPECT_EQ(event.profile_name, "EM500-SWL");
    EXPECT_EQ(event.device_name, "Blektjern");
    EXPECT_EQ(event.dev_eui.to_text(), "24e124713d392240");
    EXPECT_EQ(event.tags, (Tags{{"place", "blektjern"}, {"kind", "water"}}));
    EXPECT_EQ(event.deduplication_id, "42bf");
    EXPECT_EQ(event.time, parse_instant("2026-06-14T16:37:07.5Z").value());
    EXPECT_EQ(event.dev_addr, DevAddr{0x0006b231});
    EXPECT_EQ(event.f_cnt, 4294967295U);
    EXPECT_EQ(event.f_port, 85);
    EXPECT_EQ(to_hex(event.payload), "1c19001c30");
    EXPECT_TRUE(event.confirmed);
    EXPECT_TRUE(event.adr);
    EXPECT_EQ(event.radio, (Radio{868'100'000, 3, 125'000, 7, "4/5"}));
    EXPECT_EQ(event.region, "eu868");
    EXPECT_EQ(event.decoded_json, R"({"temperature":28.0,"events":["a",null]})");
    ASSERT_THAT(event.gateways, SizeIs(2));
    const Gateway& near = event.gateways[0];
    EXPECT_EQ(near.id, "008000000002aa4b");
    EXPECT_EQ(near.rssi_dbm, -84);
    EXPECT_EQ(near.snr_db, 9.2);
    EXPECT_EQ(near.channel, 3U);
    EXPECT_EQ(near.location, (Location{59.744, 10.204, 160, 0, "GPS"}));
    EXPECT_EQ(near.time, parse_instant("2026-06-14T16:37:07.5Z").value());
    EXPECT_EQ(near.network_time, parse_instant("2026-06-14T16:37:07.581887Z").value());
    EXPECT_FALSE(event.gateways[1].location);
}

TEST(ChirpstackJson, AFrameOfMacCommandsAloneHasNoPayload) {
    const Event event =
        parsed("up", with_device(R"("time":"2026-06-14T16:37:07Z","fCnt":1,"fPort":0,"data":"","object":{})"));

    EXPECT_EQ(event.f_port, 0);
    EXPECT_THAT(event.payload, IsEmpty());
    EXPECT_EQ(event.decoded_json, "{}");
}

TEST(ChirpstackJson, OtherEventsBringTheirOwnMembers) {
    const Event join = parsed("join", with_device(R"("devAddr":"003d9ba2","regionConfigId":"eu868")"));
    EXPECT_EQ(join.kind, Kind::join);
    EXPECT_EQ(join.dev_addr->to_text(), "003d9ba2");

    const Event status = parsed("status", with_device(R"("margin":-7,"batteryLevel":92.91338)"));
    EXPECT_EQ(status.status, (Status{-7, false, 92.91338}));
    const Event mains = parsed("status", with_device(R"("margin":10,"externalPowerSource":true,"batteryLevel":0)"));
    EXPECT_EQ(mains.status, (Status{10, true, std::nullopt}));
    const Event mute = parsed("status", with_device(R"("margin":10,"batteryLevelUnavailable":true,"batteryLevel":0)"));
    EXPECT_EQ(mute.status, (Status{10, false, std::nullopt}));

    const Event ack = parsed("ack", with_device(R"("queueItemId":"q","acknowledged":true,"fCntDown":12)"));
    EXPECT_EQ(ack.downlink, (Downlink{"q", 12, true, ""}));
    const Event sent =
        parsed("txack", with_device(R"("queueItemId":"q","fCntDown":13,"gatewayId":"0016c001ff10a235")"));
    EXPECT_EQ(sent.downlink, (Downlink{"q", 13, false, "0016c001ff10a235"}));

    const Event log = parsed("log", with_device(R"("level":"WARNING","code":"UPLINK_F_CNT_RESET","description":"reset",
        "context":{"deduplication_id":"c416"})"));
    EXPECT_EQ(log.log, (Log{LogLevel::warning, "UPLINK_F_CNT_RESET", "reset"}));
    EXPECT_EQ(log.deduplication_id, "c416");

    const Event place = parsed("location", with_device(R"("location":{"latitude":59.7,"longitude":10.2,"accuracy":25,
        "source":"GEO_RESOLVER_TDOA"})"));
    EXPECT_EQ(place.location, (Location{59.7, 10.2, 0, 25, "GEO_RESOLVER_TDOA"}));

    const Event service = parsed("integration", with_device(R"("integrationName":"loracloud","object":{"a":1})"));
    EXPECT_EQ(service.kind, Kind::service);
    EXPECT_EQ(service.service, "loracloud");
    EXPECT_EQ(service.decoded_json, R"({"a":1})");
}

TEST(ChirpstackJson, AnEventThatLeavesMembersOutSaysNothingOfThem) {
    EXPECT_EQ(parsed("status", with_device(R"("margin":3)")).status, (Status{3, false, std::nullopt}));
    EXPECT_EQ(parsed("status", with_device(R"("batteryLevel":0.39370078)")).status, (Status{0, false, 0.39370078}));
    for (const std::string_view impossible : {"-1", "100.5", "0", "null", "\"NaN\""}) {
        const Event event = parsed("status", with_device(fmt::format(R"("margin":3,"batteryLevel":{})", impossible)));
        EXPECT_EQ(event.status, (Status{3, false, std::nullopt})) << impossible;
    }
    EXPECT_EQ(parsed("join", with_device(R"("more":1)")).dev_addr, std::nullopt);
    EXPECT_EQ(parsed("ack", with_device(R"("more":1)")).downlink, (Downlink{"", 0, false, ""}));
    EXPECT_EQ(parsed("txack", with_device(R"("more":1)")).downlink, (Downlink{"", 0, false, ""}));
    EXPECT_EQ(parsed("log", with_device(R"("description":"reset")")).log, (Log{LogLevel::info, "", "reset"}));
}

TEST(ChirpstackJson, VersionThreesUplinksAreReadToo) {
    const Event event = parsed("up", R"({"applicationID":"123","applicationName":"app","deviceName":"garden",
        "devEUI":"AgICAgICAgI=","devAddr":"AeUl4w==","rxInfo":[{"gatewayID":"AwMDAwMDAwM=","time":"2019-11-08T13:59:25.048445Z",
        "timeSinceGPSEpoch":null,"rssi":-48,"loRaSNR":9,"channel":5}],"txInfo":{"frequency":868100000,"modulation":"LORA",
        "loRaModulationInfo":{"bandwidth":125,"spreadingFactor":11,"codeRate":"4/5"}},"dr":1,"fCnt":10,"fPort":5,
        "data":"AQ==","objectJSON":"{\"t\": 25}","tags":{"key":"value"}})");

    EXPECT_EQ(event.application_id, "123");
    EXPECT_EQ(event.dev_eui.to_text(), "0202020202020202");
    EXPECT_EQ(event.dev_addr->to_text(), "01e525e3");
    EXPECT_EQ(event.gateways[0].id, "0303030303030303");
    EXPECT_EQ(event.gateways[0].snr_db, 9);
    EXPECT_EQ(event.time, parse_instant("2019-11-08T13:59:25.048445Z").value());
    EXPECT_EQ(event.radio, (Radio{868'100'000, 1, 125'000, 11, "4/5"}));
    EXPECT_EQ(event.decoded_json, R"({"t":25})");
}

TEST(ChirpstackJson, AFaultNamesTheField) {
    EXPECT_EQ(fault("up", with_device(R"("fCnt":-1)")), "fCnt: not a whole number from 0 up");
    EXPECT_EQ(fault("up", with_device(R"("fCnt":4294967296)")), "fCnt: larger than 4294967295");
    EXPECT_EQ(fault("up", with_device(R"("fCnt":1,"fPort":256)")), "fPort: larger than 255");
    EXPECT_EQ(fault("up", with_device(R"("fCnt":1,"data":"?")")), "data: not base64");
    EXPECT_EQ(fault("up", with_device(R"("fCnt":1,"time":"yesterday")")), "time: not a time like 2026-06-01T12:00:00Z");
    EXPECT_EQ(fault("up", with_device(R"("fCnt":1,"devAddr":"xyz")")), "devAddr: not eight hexadecimal digits");
    EXPECT_EQ(fault("up", with_device(R"("rxInfo":[{},{"rssi":"strong"}])")), "rxInfo[1].rssi: not a number");
    EXPECT_EQ(fault("up", with_device(R"("rxInfo":[{},7])")), "rxInfo[1]: not an object");
    EXPECT_EQ(fault("up", with_device(R"("rxInfo":{})")), "rxInfo: not a list");
    EXPECT_EQ(fault("up", R"({"fCnt":1})"), "deviceInfo: missing");
    EXPECT_EQ(fault("up", R"({"fCnt":1,"deviceInfo":{}})"), "deviceInfo.devEui: missing");
    EXPECT_EQ(fault("up", R"({"fCnt":1,"deviceInfo":{"devEui":"12"}})"),
              "deviceInfo.devEui: a device EUI is sixteen hexadecimal digits");
    EXPECT_EQ(fault("up", with_device(R"("margin":1)")),
              "fCnt: missing, as are data and rxInfo: this is not an uplink");
    EXPECT_EQ(fault("location", with_device(R"("location":{"latitude":95})")), "location: not on the earth");
    EXPECT_EQ(fault("log", with_device(R"("margin":1)")),
              "code: missing, as is the description: this is not a log event");
    EXPECT_THAT(fault("error", with_device(R"("fCnt":1)")), HasSubstr("the event must be one of"));
}

TEST(ChirpstackJson, KeysGivenTwiceAreMalformedWhereverTheyStand) {
    EXPECT_EQ(fault("up", with_device(R"("fCnt":1,"fCnt":2)")), "fCnt: given twice");
    EXPECT_EQ(fault("up", with_device(R"("fCnt":1,"object":{"a":[0,{"b":1,"b":2}]})")), "object.a[1].b: given twice");
}

TEST(ChirpstackJson, OnlyWholeJsonInUtf8IsRead) {
    EXPECT_EQ(fault("up", ""), "the message is empty");
    EXPECT_EQ(fault("up", "[]"), "the message is not a JSON object");
    EXPECT_THAT(fault("up", "{\"fCnt\":1"), HasSubstr("the message is not JSON"));
    EXPECT_THAT(fault("up", "{} {}"), HasSubstr("the message is not JSON"));
    EXPECT_EQ(fault("up", "{\"deviceName\":\"\xff\"}"), "the message is not UTF-8");
}

TEST(ChirpstackJson, LimitsHold) {
    const std::string deep =
        with_device(R"("fCnt":1,"object":)" + std::string(100'000, '[') + std::string(100'000, ']'));
    const std::string crowded = [] {
        std::string rx;
        for (std::size_t i = 0; i <= gateways_max; ++i) {
            rx += rx.empty() ? "{}" : ",{}";
        }
        return with_device(R"("rxInfo":[)" + rx + "]");
    }();
    const std::string huge = with_device(R"("fCnt":1,"deviceName":")" + std::string(body_bytes_max, 'x') + "\"");
    const std::string long_payload = with_device(R"("data":")" + std::string(400, 'A') + "\"");

    EXPECT_EQ(parse_chirpstack_json("up", deep).error().code, Errc::exhausted);
    EXPECT_EQ(parse_chirpstack_json("up", crowded).error().code, Errc::exhausted);
    EXPECT_EQ(parse_chirpstack_json("up", huge).error().code, Errc::exhausted);
    EXPECT_EQ(parse_chirpstack_json("up", long_payload).error().code, Errc::exhausted);
}

TEST(ChirpstackJson, AGatewayThatDoesNotKnowItsPlaceHasHeardTheFrameAllTheSame) {
    const Event event =
        parsed("up", with_device(R"("rxInfo":[{"snr":"NaN","location":{"latitude":900}},{"location":{}}])"));

    EXPECT_FALSE(event.gateways[0].location);
    EXPECT_FALSE(event.gateways[1].location);
    EXPECT_EQ(event.gateways[0].snr_db, 0);
}

}  // namespace
}  // namespace bypuls::ingest::lorawan
