#include "platform/ingest/mqtt/topics.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "platform/ingest/mqtt/gatekeeper.h"
#include "platform/mqtt/topics.h"

namespace bypuls::ingest {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

mqtt::Arrival arrival(std::string topic, std::string payload, std::uint16_t packet_id = 0) {
    auto message = std::make_shared<mqtt::Message>();
    message->topic = std::move(topic);
    message->payload = std::move(payload);
    message->publisher = "gateway/1";
    return {.message = message, .sender = "our gateway", .packet_id = packet_id, .received = Instant{Duration{5}}};
}

TEST(IngestTopics, AreThoseOfTheNetworkServersAndOurOwn) {
    EXPECT_EQ(kind_of("application/17/device/0102030405060708/event/up"), TopicKind::chirpstack);
    EXPECT_EQ(kind_of("v3/town@ttn/devices/pond-1/up"), TopicKind::tts);
    EXPECT_EQ(kind_of("v3/town@ttn/devices/pond-1/location/solved"), TopicKind::tts);
    EXPECT_EQ(kind_of("ingest/lines"), TopicKind::lines);
    EXPECT_EQ(kind_of("ingest/observations"), TopicKind::observations);
    for (const std::string_view other : {"application/17/device/01/command/down", "v3/town@ttn/devices/x/down/push",
                                         "ingest", "ingest/lines/s/more", "news"}) {
        EXPECT_EQ(kind_of(other), std::nullopt) << other;
    }
}

TEST(IngestTopics, BecomeTheMessagesThatHttpMakes) {
    const auto json = message_from(TopicKind::chirpstack, arrival("application/1/device/2/event/join", "{}"));
    EXPECT_EQ(json.way, Way::chirpstack_json);
    EXPECT_EQ(json.detail, "join");
    EXPECT_EQ(json.sender, "our gateway");
    EXPECT_EQ(json.received, Instant{Duration{5}});
    EXPECT_EQ(json.key, "") << "QoS 0 does not come again";
    const auto protobuf = message_from(TopicKind::chirpstack, arrival("application/1/device/2/event/up", "\n\x03yyy"));
    EXPECT_EQ(protobuf.way, Way::chirpstack_protobuf);
    EXPECT_EQ(message_from(TopicKind::lines, arrival("ingest/lines", "x")).detail, "ns");
    EXPECT_EQ(message_from(TopicKind::lines, arrival("ingest/lines/s", "x")).detail, "s");
    EXPECT_EQ(message_from(TopicKind::lines, arrival("meters/7", "x")).detail, "ns");
    auto batch = arrival("ingest/observations", "{}");
    EXPECT_EQ(message_from(TopicKind::observations, batch).way, Way::batch_json);
    auto lines = std::make_shared<mqtt::Message>(*batch.message);
    lines->properties.set(mqtt::PropertyId::content_type, "application/x-ndjson");
    batch.message = lines;
    EXPECT_EQ(message_from(TopicKind::observations, batch).way, Way::batch_ndjson);
}

TEST(IngestTopics, GiveWhatMayComeAgainAKey) {
    auto again = arrival("ingest/lines", "x", 17);
    again.redelivered = true;
    const auto message = message_from(TopicKind::lines, again);
    EXPECT_EQ(message.key, "gateway/1/17");
    EXPECT_TRUE(message.redelivered);
}

identity::Principal key(identity::Scopes scopes) {
    return {.id = 12, .name = "pond-1", .scopes = scopes};
}

bool covered(const std::vector<std::string>& filters, std::string_view what) {
    return std::ranges::any_of(filters, [&](const std::string& filter) { return mqtt::covers(filter, what); });
}

TEST(Rights, FollowTheScopesOfTheKey) {
    using identity::Scope;
    const auto sender = principal_of(key({Scope::ingest}), {.client_id = "c"}, {});
    EXPECT_EQ(sender.owner, "key:12");
    EXPECT_TRUE(covered(sender.publish, "application/1/device/2/event/up"));
    EXPECT_FALSE(covered(sender.publish, "news"));
    EXPECT_TRUE(covered(sender.subscribe, "application/+/device/+/command/+"));
    EXPECT_FALSE(covered(sender.subscribe, "ingest/lines"));
    // SensorThings' topics are everyone's; which plane answers, and what may be added, the grants say.
    EXPECT_TRUE(covered(sender.publish, "v1.1/Datastreams(1)/Observations"));
    EXPECT_TRUE(covered(sender.subscribe, "v1.0/Things"));
    EXPECT_EQ(sender.grants, (mqtt::Grants{.observe = true}));
    const auto reader = principal_of(key({Scope::read}), {.client_id = "c"}, {});
    EXPECT_THAT(reader.publish, IsEmpty());
    EXPECT_TRUE(covered(reader.subscribe, "#"));
    EXPECT_EQ(reader.grants, (mqtt::Grants{.read = true}));
    const auto admin = principal_of(key({Scope::admin}), {.client_id = "c"}, {});
    EXPECT_TRUE(covered(admin.publish, "news"));
    EXPECT_EQ(admin.grants, (mqtt::Grants{.read = true, .observe = true, .change = true}));
}

TEST(Rights, ARuleNarrowsAKeyToItsOwnTopics) {
    const GatekeeperOptions options{
        .rules = {{.key = "pond-1", .publish = {"meters/{client}/#"}, .subscribe = {"commands/{key}"}}}};
    const auto device = principal_of(key({identity::Scope::ingest}), {.client_id = "m7"}, options);
    EXPECT_THAT(device.publish, ElementsAre("meters/m7/#"));
    EXPECT_THAT(device.subscribe, ElementsAre("commands/pond-1"));
    EXPECT_EQ(device.grants, (mqtt::Grants{.observe = true}));
    for (const std::string_view reaching : {"#", "+", "a/b", ""}) {
        const auto stranger =
            principal_of(key({identity::Scope::ingest}), {.client_id = std::string(reaching)}, options);
        EXPECT_THAT(stranger.publish, IsEmpty()) << reaching;
    }
    const auto reader = principal_of(key({identity::Scope::read}), {.client_id = "m7"}, options);
    EXPECT_THAT(reader.publish, IsEmpty()) << "a rule gives no scope";
}

}  // namespace
}  // namespace bypuls::ingest
