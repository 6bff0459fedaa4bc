#include "platform/mqtt/fixture_test.h"

namespace bypuls::mqtt {
namespace {

using enum PacketType;

TEST(Retained, ANewSubscriberIsToldTheLastAndAnEmptyOneTakesItAway) {
    Bench bench;
    auto writer = bench.join("writer");
    Publish last = publish_of("state/a", "on", QoS::at_least_once, 1);
    last.retain = true;
    writer->say(last);
    writer.reset();
    bench.start();
    auto reader = bench.join("reader");
    reader->say(subscribe_to("state/#"));
    const auto got = reader->hear_a<Publish>();
    EXPECT_EQ(got.payload, "on");
    EXPECT_TRUE(got.retain);
    reader->hear();
    writer = bench.join("writer");
    last.payload.clear();
    last.packet_id = 2;
    writer->say(last);
    EXPECT_TRUE(bench.keeper.kept.retained.empty());
}

TEST(Retained, HandlingSaysWhenItIsSent) {
    Bench bench;
    auto client = bench.join("client");
    Publish last = publish_of("state", "on");
    last.retain = true;
    client->say(last);
    client->say(Subscribe{1, {{.filter = "state", .retain_handling = RetainHandling::do_not_send}}, {}});
    EXPECT_EQ(type_of(client->hear()), suback);
    EXPECT_TRUE(client->heard_nothing());
    client->say(Subscribe{1, {{.filter = "state", .retain_handling = RetainHandling::send_if_new}}, {}});
    EXPECT_EQ(type_of(client->hear()), suback);
    EXPECT_TRUE(client->heard_nothing());
    client->say(Subscribe{1, {{.filter = "stat+", .retain_handling = RetainHandling::send_if_new}}, {}});
    EXPECT_EQ(client->hear_a<Suback>().reasons, std::vector{Reason::topic_filter_invalid});
    client->say(Subscribe{1, {{.filter = "+", .retain_handling = RetainHandling::send_if_new}}, {}});
    EXPECT_EQ(client->hear_a<Publish>().payload, "on");
}

TEST(Retained, ABoundIsToldToTheNewVersion) {
    Bench bench({.retained_messages_max = 1});
    auto client = bench.join("client");
    for (std::uint16_t id = 1; id <= 2; ++id) {
        Publish last = publish_of("state/" + std::to_string(id), "on", QoS::at_least_once, id);
        last.retain = true;
        client->say(last);
    }
    EXPECT_EQ(client->hear_a<Acknowledgement>().reason, Reason::success);
    EXPECT_EQ(client->hear_a<Acknowledgement>().reason, Reason::quota_exceeded);
}

TEST(Will, IsPublishedWhenTheClientIsLostAndNotWhenItSaysFarewell) {
    Bench bench;
    auto reader = bench.join("reader");
    reader->say(subscribe_to("gone"));
    reader->hear();
    for (const bool lost : {true, false}) {
        auto client = bench.open();
        Connect connect = Bench::connect_as("meter");
        connect.will = Will{"gone", "meter", QoS::at_most_once, false, {}};
        client->say(connect);
        if (lost) {
            client->lose();
            EXPECT_EQ(reader->hear_a<Publish>().payload, "meter");
        } else {
            client->say(Disconnect{});
            EXPECT_TRUE(reader->heard_nothing());
        }
    }
}

TEST(Will, WaitsForItsDelayAndIsForgottenWhenTheClientComesBack) {
    Bench bench;
    auto reader = bench.join("reader");
    reader->say(subscribe_to("gone"));
    reader->hear();
    Connect connect = Bench::connect_as("meter");
    connect.will = Will{"gone", "meter", QoS::at_most_once, false, {}};
    connect.will->properties.set(PropertyId::will_delay, 30);
    auto client = bench.open();
    client->say(connect);
    client->lose();
    bench.pass(20s);
    EXPECT_TRUE(reader->heard_nothing());
    client = bench.open();
    client->say(connect);
    bench.pass(20s);
    EXPECT_TRUE(reader->heard_nothing());
    client->lose();
    bench.pass(31s);
    EXPECT_EQ(reader->hear_a<Publish>().payload, "meter");
}

TEST(Will, OnATopicThatTheKeyMayNotUseIsRefused) {
    Bench bench;
    bench.gatekeeper.publish = {"ingest/#"};
    auto client = bench.open();
    Connect connect = Bench::connect_as("meter");
    connect.will = Will{"secret", "x", QoS::at_most_once, false, {}};
    client->say(connect);
    EXPECT_EQ(client->hear_a<Connack>().reason, Reason::not_authorized);
}

TEST(Sessions, EndWhenTheirTimeIsOver) {
    Bench bench;
    auto client = bench.join("meter");
    client->say(subscribe_to("news"));
    client->lose();
    EXPECT_EQ(bench.keeper.kept.sessions.size(), 1U);
    bench.pass(3601s);
    bench.pass(1s);
    EXPECT_TRUE(bench.keeper.kept.sessions.empty());
    EXPECT_TRUE(bench.keeper.kept.subscriptions.empty());
    client = bench.open();
    client->say(Bench::connect_as("meter"));
    EXPECT_FALSE(client->hear_a<Connack>().session_present);
}

TEST(Sessions, ACleanStartForgetsTheOldOne) {
    Bench bench;
    auto client = bench.join("meter");
    client->say(subscribe_to("news"));
    client->lose();
    client = bench.join("meter", Version::v5, true);
    auto writer = bench.join("writer");
    writer->say(publish_of("news", "x"));
    EXPECT_TRUE(client->heard_nothing());
}

TEST(Sessions, OfOldClientsWithoutCleanSessionAreKeptForTheLongestTime) {
    Bench bench({.session_expiry_max = 100s});
    auto client = bench.join("meter", Version::v3_1_1);
    client->lose();
    bench.pass(99s);
    EXPECT_EQ(bench.counters().sessions, 1U);
    bench.pass(2s);
    bench.pass(1s);
    EXPECT_EQ(bench.counters().sessions, 0U);
}

TEST(Subscriptions, BeyondTheKeyAreRefusedAndALesserKeyLosesThem) {
    Bench bench;
    auto client = bench.join("client");
    client->say(subscribe_to("a/#"));
    EXPECT_EQ(client->hear_a<Suback>().reasons, std::vector{Reason::granted_qos_2});
    client->lose();
    bench.gatekeeper.subscribe = {"b/#"};
    client = bench.join("client");
    client->say(subscribe_to("a/#"));
    EXPECT_EQ(client->hear_a<Suback>().reasons, std::vector{Reason::not_authorized});
    auto writer = bench.join("writer");
    writer->say(publish_of("a/1", "x"));
    EXPECT_TRUE(client->heard_nothing());
    client->say(Unsubscribe{3, {"a/#"}, {}});
    EXPECT_EQ(client->hear_a<Unsuback>().reasons, std::vector{Reason::no_subscription_existed});
}

class Numbers final : public Feed {
public:
    std::optional<std::expected<View, Fault>> look(const Principal&, std::string_view filter) override {
        if (!filter.starts_with("numbers")) {
            return std::nullopt;
        }
        if (filter.starts_with("numbers?above=")) {
            const int least = std::stoi(std::string(filter.substr(14)));
            return View{"numbers", [least](const Message& message) {
                            return std::stoi(message.payload) > least ? std::optional("<" + message.payload + ">")
                                                                      : std::nullopt;
                        }};
        }
        if (filter != "numbers") {
            return std::unexpected(Fault{Reason::topic_filter_invalid, "there is no such set"});
        }
        return View{std::string(filter), nullptr};
    }
    void wanted(std::string_view filter, bool is_wanted) override {
        is_wanted ? void(now.insert(std::string(filter))) : void(now.erase(std::string(filter)));
    }
    std::set<std::string> now;
};

TEST(Feeds, SeeWhatIsWantedRefuseWhatIsNotTheirsToGiveAndFilter) {
    Bench bench;
    Numbers numbers;
    bench.feeds = {&numbers};
    bench.start();
    auto client = bench.join("client");
    client->say(subscribe_to("numbers/x"));
    EXPECT_EQ(client->hear_a<Suback>().reasons, std::vector{Reason::topic_filter_invalid});
    client->say(subscribe_to("numbers?above=5"));
    client->hear();
    EXPECT_THAT(numbers.now, testing::ElementsAre("numbers?above=5"));
    bench.broker->publish({.topic = "numbers", .payload = "3"});
    bench.broker->publish({.topic = "numbers", .payload = "8"});
    bench.settle();
    const auto got = client->hear_a<Publish>();
    EXPECT_EQ(got.payload, "<8>");
    EXPECT_EQ(got.topic, "numbers?above=5");
    EXPECT_TRUE(client->heard_nothing());
    client->say(Disconnect{});
    bench.pass(4000s);
    bench.pass(1s);
    EXPECT_TRUE(numbers.now.empty());
}

TEST(Ending, TellsEveryoneAndWaitsForWhatIsBeingTaken) {
    Bench bench;
    bench.sink.answer.reset();
    auto client = bench.join("client");
    client->say(publish_of("ingest/lines", "x", QoS::at_least_once, 1));
    EXPECT_FALSE(bench.broker->wind_down());
    EXPECT_FALSE(client->reading);
    bench.sink.answer_next({});
    bench.settle();
    EXPECT_TRUE(bench.broker->wind_down());
    EXPECT_EQ(client->hear_a<Acknowledgement>(), ack(puback, 1));
    bench.broker->end_all();
    EXPECT_EQ(client->hear_a<Disconnect>().reason, Reason::server_shutting_down);
}

TEST(Hostile, RandomBytesAndPacketsOutOfTurnNeverTroubleTheBroker) {
    SeededRandom random(99);
    Bench bench;
    for (int round = 0; round < 300; ++round) {
        auto client = random.chance(0.5) ? bench.open() : bench.join("c" + std::to_string(random.below(5)));
        while (client->heard_nothing() == false) {
            client->hear();
        }
        for (int i = 0; i < 20 && !client->closed; ++i) {
            if (random.chance(0.2)) {
                Bytes noise(static_cast<std::size_t>(1 + random.below(40)));
                random.fill(noise);
                client->say_bytes(noise);
                continue;
            }
            const auto id = static_cast<std::uint16_t>(1 + random.below(4));
            switch (random.below(8)) {
                case 0: client->say(publish_of("news/1", "x", static_cast<QoS>(1 + random.below(2)), id)); break;
                case 1: client->say(ack(pubrel, id)); break;
                case 2: client->say(ack(pubrec, id)); break;
                case 3: client->say(ack(pubcomp, id)); break;
                case 4: client->say(ack(puback, id)); break;
                case 5: client->say(subscribe_to(random.chance(0.5) ? "news/#" : "$share/g/#")); break;
                case 6: client->say(Unsubscribe{id, {"news/#"}, {}}); break;
                default: bench.pass(1s); break;
            }
        }
        if (random.chance(0.1)) {
            client.reset();
            bench.start();
        }
    }
    bench.pass(8000s);
    bench.pass(1s);
    EXPECT_EQ(bench.counters().sessions, 0U);
    EXPECT_EQ(bench.counters().queued_bytes, 0U);
    EXPECT_EQ(bench.counters().taking_bytes, 0U);
}

}  // namespace
}  // namespace bypuls::mqtt
