#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <protozero/pbf_writer.hpp>

#include "core/random.h"
#include "core/time/iso8601.h"
#include "platform/ingest/lorawan/test_protobuf.h"
#include "platform/ingest/lorawan/uplink.h"

namespace bypuls::ingest::lorawan {
namespace {

using protozero::pbf_writer;
using testing::HasSubstr;

Event sample_uplink() {
    Event event;
    event.tenant_id = "t-1";
    event.tenant_name = "Drammen kommune";
    event.application_id = "a-1";
    event.application_name = "Badetemperatur";
    event.profile_id = "p-1";
    event.profile_name = "EM500-SWL";
    event.device_name = "Blåtjern";
    event.dev_eui = DevEui::from_text("24e124713d392240").value();
    event.tags = {{"place", "blektjern"}};
    event.deduplication_id = "42bf";
    event.time = parse_instant("2026-06-14T16:37:07.5Z").value();
    event.dev_addr = DevAddr{0x0006b231};
    event.f_cnt = 4294967295;
    event.f_port = 85;
    event.payload = from_hex("1c19001c30").value();
    event.confirmed = true;
    event.adr = true;
    event.radio = {868'100'000, 3, 125'000, 7, "4/5"};
    event.region = "eu868";
    Gateway gateway;
    gateway.id = gateway.eui = "008000000002aa4b";
    gateway.rssi_dbm = -84;
    gateway.snr_db = 9.2;
    gateway.channel = 3;
    gateway.location = Location{59.744, 10.204, 160, 2.5, "GPS"};
    gateway.time = parse_instant("2026-06-14T16:37:07.4Z").value();
    gateway.network_time = parse_instant("1969-12-31T23:59:59.581887Z").value();
    event.gateways = {gateway, gateway};
    return event;
}

Event parsed(std::string_view name, const std::string& body) {
    auto event = parse_chirpstack_protobuf(name, as_bytes(body));
    EXPECT_TRUE(event) << event.error();
    return event ? std::move(*event) : Event{};
}

std::string fault(std::string_view name, const std::string& body) {
    const auto event = parse_chirpstack_protobuf(name, as_bytes(body));
    return event ? "no fault" : event.error().what;
}

TEST(ChirpstackProtobuf, AnUplinkKeepsFrameRadioAndGateways) {
    const Event sent = sample_uplink();

    EXPECT_EQ(parsed("up", to_protobuf(sent)), sent);
}

TEST(ChirpstackProtobuf, OtherEventsBringTheirOwnMembers) {
    Event base = sample_uplink();
    base.f_cnt = 0;
    base.f_port = 0;
    base.payload.clear();
    base.confirmed = base.adr = false;
    base.radio = {};
    base.gateways.clear();

    Event join = base;
    join.kind = Kind::join;
    EXPECT_EQ(parsed("join", to_protobuf(join)), join);

    base.dev_addr.reset();
    base.region.clear();
    Event status = base;
    status.kind = Kind::status;
    status.status = Status{-7, false, 92.91338};
    EXPECT_EQ(parsed("status", to_protobuf(status)), status);
    status.status = Status{31, true, std::nullopt};
    EXPECT_EQ(parsed("status", to_protobuf(status)), status);
    Event without_level = status;
    without_level.status = Status{31, false, 0.0};  // neither a level, nor that there is none
    status.status = Status{31, false, std::nullopt};
    EXPECT_EQ(parsed("status", to_protobuf(without_level)), status);

    Event ack = base;
    ack.kind = Kind::ack;
    ack.downlink = Downlink{"q", 12, true, ""};
    EXPECT_EQ(parsed("ack", to_protobuf(ack)), ack);
    Event sent = base;
    sent.kind = Kind::txack;
    sent.deduplication_id.clear();
    sent.downlink = Downlink{"q", 12, false, "0016c001ff10a235"};
    EXPECT_EQ(parsed("txack", to_protobuf(sent)), sent);

    Event log = base;
    log.kind = Kind::log;
    log.log = Log{LogLevel::warning, "UPLINK_F_CNT_RESET", "reset"};
    EXPECT_EQ(parsed("log", to_protobuf(log)), log);

    Event place = base;
    place.kind = Kind::location;
    place.location = Location{59.7, 10.2, 0, 25, "GEO_RESOLVER_TDOA"};
    EXPECT_EQ(parsed("location", to_protobuf(place)), place);
}

/// A google.protobuf.Value written by `write`, as the member `a` of an uplink's object.
template <typename Write>
std::string with_object(Write write) {
    std::string value;
    pbf_writer value_writer(value);
    write(value_writer);
    std::string entry;
    pbf_writer entry_writer(entry);
    entry_writer.add_string(1, "a");
    entry_writer.add_message(2, value);
    std::string object;
    pbf_writer(object).add_message(1, entry);
    std::string body = to_protobuf(sample_uplink());
    pbf_writer(body).add_message(11, object);
    return body;
}

TEST(ChirpstackProtobuf, TheDecodedObjectBecomesJson) {
    const auto json = [](auto write) { return parsed("up", with_object(write)).decoded_json; };

    EXPECT_EQ(json([](pbf_writer& value) { value.add_double(2, 28); }), R"({"a":28})");
    EXPECT_EQ(json([](pbf_writer& value) { value.add_double(2, -1.5); }), R"({"a":-1.5})");
    EXPECT_EQ(json([](pbf_writer& value) { value.add_double(2, NAN); }), R"({"a":null})");
    EXPECT_EQ(json([](pbf_writer& value) { value.add_string(3, "\"å\""); }), R"({"a":"\"å\""})");
    EXPECT_EQ(json([](pbf_writer& value) { value.add_bool(4, true); }), R"({"a":true})");
    EXPECT_EQ(json([](pbf_writer& value) { value.add_enum(1, 0); }), R"({"a":null})");
    EXPECT_EQ(json([](pbf_writer&) {}), R"({"a":null})");
    EXPECT_EQ(json([](pbf_writer& value) {
                  std::string one;
                  pbf_writer(one).add_double(2, 1);
                  std::string list;
                  pbf_writer list_writer(list);
                  list_writer.add_message(1, one);
                  list_writer.add_message(1, one);
                  value.add_message(6, list);
              }),
              R"({"a":[1,1]})");
}

TEST(ChirpstackProtobuf, ObjectsNestedWithoutEndAreRefused) {
    std::string value;
    pbf_writer(value).add_bool(4, true);
    for (int depth = 0; depth < 1000; ++depth) {
        std::string list;
        pbf_writer(list).add_message(1, value);
        value.clear();
        pbf_writer(value).add_message(6, list);
    }
    const std::string body = with_object([&](pbf_writer& writer) {
        std::string list;
        pbf_writer(list).add_message(1, value);
        writer.add_message(6, list);
    });

    EXPECT_EQ(parse_chirpstack_protobuf("up", as_bytes(body)).error().code, Errc::exhausted);
}

TEST(ChirpstackProtobuf, FieldsOfLaterVersionsAreSkipped) {
    std::string body = to_protobuf(sample_uplink());
    pbf_writer writer(body);
    writer.add_string(900, "new");
    writer.add_double(901, 1);
    writer.add_string(7, "the counter, as text");  // another type than ours: unknown, too

    EXPECT_EQ(parsed("up", body), sample_uplink());
}

TEST(ChirpstackProtobuf, AFaultNamesTheField) {
    Event event = sample_uplink();
    event.dev_eui = {};
    std::string port = to_protobuf(sample_uplink());
    pbf_writer(port).add_uint32(8, 256);
    std::string address = to_protobuf(sample_uplink());
    pbf_writer(address).add_string(4, "xyz");
    std::string name = to_protobuf(sample_uplink());
    pbf_writer(name).add_string(1, "\xff");
    std::string payload = to_protobuf(sample_uplink());
    pbf_writer(payload).add_bytes(10, std::string(256, 'x'));

    EXPECT_EQ(fault("up", port), "fPort: larger than 255");
    EXPECT_EQ(fault("up", address), "devAddr: not eight hexadecimal digits");
    EXPECT_EQ(fault("up", name), "deduplicationId: not UTF-8");
    EXPECT_EQ(fault("up", payload), "data: longer than 255 bytes");
    EXPECT_EQ(fault("join", ""), "deviceInfo.devEui: missing");
    EXPECT_THAT(fault("up", ""), HasSubstr("this is not an uplink"));
    EXPECT_THAT(fault("error", to_protobuf(event)), HasSubstr("the event must be one of"));
    EXPECT_THAT(fault("up", "{\"json\":1}"), HasSubstr("the message is not protobuf"));
}

TEST(ChirpstackProtobuf, CutOrChangedBytesNeverCrash) {
    const std::string whole = to_protobuf(sample_uplink());
    SeededRandom random(1);
    std::size_t refused = 0;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        refused += parse_chirpstack_protobuf("up", as_bytes(whole.substr(0, size))) ? 0 : 1;
        std::string changed = whole;
        changed[random.below(whole.size())] = static_cast<char>(random.below(256));
        std::ignore = parse_chirpstack_protobuf("up", as_bytes(changed));
    }

    EXPECT_GT(refused, whole.size() / 2);
}

}  // namespace
}  // namespace bypuls::ingest::lorawan
