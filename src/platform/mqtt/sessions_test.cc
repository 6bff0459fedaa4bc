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
    std::optional<std::expected<View, Fault>> look(const Principal& principal, std::string_view filter) override {
        if (!filter.starts_with("numbers")) {
            return std::nullopt;
        }
        if (!filter.starts_with("numbers?above=")) {
            return std::unexpected(Fault{Reason::topic_filter_invalid, "there is no such set"});
        }
        auto wanted = std::make_shared<int>();
        now.emplace_back(filter, wanted);
        return View{route_of(principal, filter), wanted};
    }
    static std::string route_of(const Principal& principal, std::string_view filter) {
        return std::string(1, '\0') + (principal.grants.read ? "inside/" : "outside/") + std::string(filter);
    }
    std::size_t still_wanted() const {
        return static_cast<std::size_t>(
            std::ranges::count_if(now, [](const auto& each) { return !each.second.expired(); }));
    }
    std::vector<std::pair<std::string, std::weak_ptr<int>>> now;
};

TEST(Feeds, RefuseWhatIsNotTheirsToGiveAndPublishToTheirOwnSubscribersAlone) {
    Bench bench;
    Numbers numbers;
    bench.feeds = {&numbers};
    bench.start();
    auto client = bench.join("client");
    client->say(subscribe_to("numbers/x"));
    const auto refused = client->hear_a<Suback>();
    EXPECT_EQ(refused.reasons, std::vector{Reason::topic_filter_invalid});
    EXPECT_EQ(refused.properties.text(PropertyId::reason_string), "there is no such set");
    auto everything = bench.join("everything");
    everything->say(subscribe_to("#"));
    everything->hear();
    client->say(subscribe_to("numbers?above=5"));
    client->hear();
    EXPECT_EQ(numbers.still_wanted(), 1U);
    const std::string route = Numbers::route_of({}, "numbers?above=5");
    bench.broker->publish({.topic = "numbers?above=5", .payload = "8"}, route);
    bench.broker->publish({.topic = "numbers?above=5", .payload = "9"}, Numbers::route_of({}, "numbers?above=6"));
    everything->say(publish_of("numbers?above=5", "not the feed's"));
    bench.settle();
    const auto got = client->hear_a<Publish>();
    EXPECT_EQ(got.payload, "8");
    EXPECT_EQ(got.topic, "numbers?above=5");
    EXPECT_TRUE(client->heard_nothing());
    EXPECT_EQ(everything->hear_a<Publish>().payload, "not the feed's");
    EXPECT_TRUE(everything->heard_nothing());
    client->say(Disconnect{});
    bench.pass(4000s);
    bench.pass(1s);
    EXPECT_EQ(numbers.still_wanted(), 0U);
}

TEST(Feeds, ASessionWhoseKeySeesLessNowGetsNothingOfWhatItSawThen) {
    Bench bench;
    Numbers numbers;
    bench.feeds = {&numbers};
    bench.gatekeeper.grants = {.read = true};
    bench.start();
    auto client = bench.join("client");
    client->say(subscribe_to("numbers?above=5", QoS::at_least_once));
    client->hear();
    const auto publish = [&](bool inside) {
        bench.broker->publish(
            {.topic = "numbers?above=5", .payload = inside ? "inside" : "outside", .qos = QoS::at_least_once},
            Numbers::route_of({.grants = {.read = inside}}, "numbers?above=5"));
        bench.settle();
    };
    client.reset();
    publish(true);
    // After a restart, too, it is known whose view a session had.
    bench.start();
    publish(true);
    publish(false);

    bench.gatekeeper.grants = {};
    client = bench.open();
    client->say(Bench::connect_as("client"));
    EXPECT_FALSE(client->hear_a<Connack>().session_present);
    EXPECT_TRUE(client->heard_nothing());

    bench.gatekeeper.grants = {.read = true};
    client->say(subscribe_to("numbers?above=5", QoS::at_least_once));
    client->hear();
    client.reset();
    client = bench.open();
    client->say(Bench::connect_as("client"));
    EXPECT_TRUE(client->hear_a<Connack>().session_present);
    publish(false);
    EXPECT_TRUE(client->heard_nothing());
    publish(true);
    EXPECT_EQ(client->hear_a<Publish>().payload, "inside");
}

TEST(Sinks, KeepWhatIsTheirsToThemselvesAndSayWhatIsWrongInASentence) {
    Bench bench;
    bench.sink.passing_on = false;
    bench.gatekeeper.grants = {.observe = true};
    auto reader = bench.join("reader");
    reader->say(subscribe_to("#"));
    reader->hear();
    auto client = bench.join("client");
    Publish publish = publish_of("ingest/lines", "x", QoS::at_least_once, 1);
    publish.retain = true;
    client->say(publish);
    EXPECT_EQ(client->hear_a<Acknowledgement>(), ack(puback, 1));
    EXPECT_TRUE(bench.sink.arrivals.back().grants.observe);
    EXPECT_TRUE(reader->heard_nothing());
    EXPECT_EQ(bench.counters().retained, 0U);

    const auto told = [&](TestClient& who, QoS qos, std::string what) {
        bench.sink.answer = fail(Errc::malformed, std::move(what));
        who.say(publish_of("ingest/lines", "x", qos, 2));
        const auto answer = who.hear_a<Acknowledgement>();
        EXPECT_EQ(answer.reason, Reason::payload_format_invalid);
        return std::string(answer.properties.text(PropertyId::reason_string).value_or("nothing"));
    };
    EXPECT_EQ(told(*client, QoS::at_least_once, "there is no result"), "there is no result");
    EXPECT_EQ(told(*client, QoS::exactly_once, "there is no result"), "there is no result");
    // What came from a client may be anything; what goes out is valid MQTT.
    EXPECT_EQ(told(*client, QoS::at_least_once, std::string("no\xFF \0", 5)), "no? ?");
    const std::string cut = told(*client, QoS::at_least_once, std::string(511, 'a') + "\u00e5");
    EXPECT_EQ(cut, std::string(511, 'a'));

    auto terse = bench.open();
    Connect connect = Bench::connect_as("terse");
    connect.properties.set(PropertyId::request_problem_information, 0);
    terse->say(connect);
    terse->hear();
    EXPECT_EQ(told(*terse, QoS::at_least_once, "there is no result"), "nothing");
    auto small = bench.open();
    connect = Bench::connect_as("small");
    connect.properties.set(PropertyId::maximum_packet_size, 64);
    small->say(connect);
    small->hear();
    EXPECT_EQ(told(*small, QoS::at_least_once, std::string(100, 'a')), "nothing");
    EXPECT_EQ(told(*small, QoS::at_least_once, "short"), "short");
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
