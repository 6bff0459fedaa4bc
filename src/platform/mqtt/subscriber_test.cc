#include "platform/mqtt/subscriber.h"

#include "platform/mqtt/bridge.h"
#include "platform/mqtt/fixture_test.h"

namespace bypuls::mqtt {
namespace {

using enum PacketType;

/// The broker's end, held by the test.
class FarBroker final : public Wire {
public:
    explicit FarBroker(TestSink& sink, SubscriberOptions options = {})
        : subscriber_(with_defaults(std::move(options)), sink, clock, [] {}) {}

    void send(ByteView bytes) override { in_.insert(in_.end(), bytes.begin(), bytes.end()); }
    std::size_t unsent() const override { return 0; }
    void set_reading(bool wanted) override { reading = wanted; }
    void close() override { closed = true; }

    Connect begin() {
        closed = false;
        in_.clear();
        subscriber_.start(*this);
        return hear_a<Connect>();
    }
    void connect(bool session_present = false) {
        const auto connect = begin();
        EXPECT_FALSE(connect.clean_start);
        EXPECT_EQ(connect.client_id, "bypuls-test");
        say(Connack{.session_present = session_present});
        const auto subscribe = hear_a<Subscribe>();
        EXPECT_EQ(subscribe.requests.size(), 1U);
        say(Suback{subscribe.packet_id, {Reason::granted_qos_2}, {}});
        EXPECT_TRUE(subscriber_.status().subscribed);
    }
    void say(const Packet& packet) {
        Bytes bytes;
        encode(packet, speaks, bytes);
        subscriber_.received(bytes);
        settle();
    }
    void settle() {
        for (int i = 0; i < 5; ++i) {
            subscriber_.run_posted();
        }
    }
    void pass(Duration span) {
        clock.advance(span);
        subscriber_.tick();
        settle();
    }
    void lose() {
        subscriber_.lost();
        settle();
    }
    template <typename T>
    T hear_a() {
        const auto length = packet_length(in_);
        if (!length || !*length || **length > in_.size()) {
            ADD_FAILURE() << "nothing came";
            return T{};
        }
        const auto packet = decode(ByteView(in_).first(**length), speaks);
        in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(**length));
        const T* it = packet ? std::get_if<T>(&*packet) : nullptr;
        EXPECT_NE(it, nullptr);
        return it == nullptr ? T{} : *it;
    }
    bool heard_nothing() const { return in_.empty(); }
    SubscriberStatus status() const { return subscriber_.status(); }

    Version speaks = Version::v5;
    bool closed = false;
    bool reading = true;
    SimulatedClock clock{Instant{1'800'000'000s}};

private:
    static SubscriberOptions with_defaults(SubscriberOptions options) {
        options.client_id = "bypuls-test";
        options.subscriptions = {{.filter = "ingest/#", .qos = QoS::exactly_once}};
        return options;
    }
    Subscriber subscriber_;
    Bytes in_;
};

TEST(Subscriber, AcknowledgesWhenTheSinkHasTheMessage) {
    TestSink sink;
    sink.answer.reset();
    FarBroker broker(sink);
    broker.connect();
    broker.say(publish_of("ingest/lines", "x", QoS::at_least_once, 3));
    EXPECT_TRUE(broker.heard_nothing());
    sink.answer_next({});
    broker.settle();
    EXPECT_EQ(broker.hear_a<Acknowledgement>(), ack(puback, 3));
    EXPECT_EQ(broker.status().taken, 1U);
}

TEST(Subscriber, ExactlyOnceIsTakenOnceThroughALostConnection) {
    TestSink sink;
    FarBroker broker(sink);
    broker.connect();
    Publish once = publish_of("ingest/lines", "x", QoS::exactly_once, 3);
    broker.say(once);
    EXPECT_EQ(broker.hear_a<Acknowledgement>(), ack(pubrec, 3));
    broker.lose();
    broker.connect(true);
    once.dup = true;
    broker.say(once);
    EXPECT_EQ(broker.hear_a<Acknowledgement>(), ack(pubrec, 3));
    broker.say(ack(pubrel, 3));
    EXPECT_EQ(broker.hear_a<Acknowledgement>(), ack(pubcomp, 3));
    EXPECT_EQ(sink.arrivals.size(), 1U);
    broker.say(publish_of("ingest/lines", "y", QoS::exactly_once, 3));
    EXPECT_EQ(sink.arrivals.size(), 2U);
}

TEST(Subscriber, ABrokerThatHasForgottenUsBeginsAnew) {
    TestSink sink;
    FarBroker broker(sink);
    broker.connect();
    broker.say(publish_of("ingest/lines", "x", QoS::exactly_once, 3));
    broker.lose();
    broker.connect(false);
    broker.say(publish_of("ingest/lines", "y", QoS::exactly_once, 3));
    EXPECT_EQ(sink.arrivals.size(), 2U) << "the same number is another message";
}

TEST(Subscriber, AnIdentifierThatTheBrokerGivesToAnotherMessageHidesNothing) {
    TestSink sink;
    FarBroker broker(sink);
    broker.connect();
    broker.say(publish_of("ingest/lines", "x", QoS::exactly_once, 3));
    broker.lose();
    broker.connect(true);
    broker.say(publish_of("ingest/lines", "y", QoS::exactly_once, 3));
    EXPECT_EQ(broker.hear_a<Acknowledgement>(), ack(pubrec, 3));
    EXPECT_EQ(sink.arrivals.size(), 2U);
    EXPECT_EQ(broker.status().duplicates, 0U);
}

TEST(Subscriber, AnIdentifierThatTheBrokerGivesToAnotherMessageIsAcknowledgedForThatOneAlone) {
    for (const QoS qos : {QoS::at_least_once, QoS::exactly_once}) {
        TestSink sink;
        sink.answer.reset();
        FarBroker broker(sink);
        broker.connect();
        broker.say(publish_of("ingest/lines", "x", qos, 3));
        broker.lose();
        broker.connect(true);
        broker.say(publish_of("ingest/lines", "y", qos, 3));
        sink.answer_next({});
        broker.settle();
        EXPECT_TRUE(broker.heard_nothing()) << "the journal has x, not y";
        sink.answer_next({});
        broker.settle();
        EXPECT_EQ(broker.hear_a<Acknowledgement>(), ack(qos == QoS::at_least_once ? puback : pubrec, 3));
    }
}

TEST(Subscriber, WhatCannotBeTakenNowIsTriedAgainAndStaysUnacknowledged) {
    TestSink sink;
    sink.answer = fail(Errc::exhausted, "full");
    FarBroker broker(sink);
    broker.connect();
    broker.say(publish_of("ingest/lines", "x", QoS::at_least_once, 3));
    broker.pass(1s);
    broker.pass(1s);
    EXPECT_TRUE(broker.heard_nothing());
    EXPECT_GE(sink.arrivals.size(), 2U);
    sink.answer = Result<void>{};
    broker.pass(1s);
    EXPECT_EQ(broker.hear_a<Acknowledgement>(), ack(puback, 3));
}

TEST(Subscriber, ABrokerThatSendsMoreThanWasAskedForIsHeldBack) {
    TestSink sink;
    sink.answer.reset();
    FarBroker broker(sink, {.receive_max = 2});
    broker.connect();
    for (std::uint16_t id = 1; id <= 3; ++id) {
        broker.say(publish_of("ingest/lines", "x", QoS::at_least_once, id));
    }
    EXPECT_FALSE(broker.reading);
    sink.answer_next({});
    broker.settle();
    EXPECT_TRUE(broker.reading);
    EXPECT_FALSE(broker.closed);
}

TEST(Subscriber, WhatCannotBeReadIsAcknowledgedSinceItWouldComeForEver) {
    TestSink sink;
    sink.answer = fail(Errc::malformed, "no field");
    FarBroker broker(sink);
    broker.connect();
    broker.say(publish_of("ingest/lines", "x", QoS::at_least_once, 3));
    EXPECT_EQ(broker.hear_a<Acknowledgement>(), ack(puback, 3));
    EXPECT_EQ(broker.status().refused, 1U);
}

TEST(Subscriber, KeepsTheConnectionAliveAndGivesUpASilentBroker) {
    TestSink sink;
    FarBroker broker(sink);
    broker.connect();
    broker.pass(30s);
    broker.hear_a<Pingreq>();
    broker.say(Pingresp{});
    broker.pass(30s);
    broker.hear_a<Pingreq>();
    EXPECT_FALSE(broker.closed);
    broker.pass(10s);
    EXPECT_TRUE(broker.closed);
    EXPECT_EQ(broker.status().trouble, "the broker does not answer");
}

TEST(Subscriber, TellsWhatWasRefused) {
    TestSink sink;
    FarBroker broker(sink);
    broker.connect();
    broker.say(Suback{1, {Reason::not_authorized}, {}});
    EXPECT_THAT(broker.status().trouble, testing::HasSubstr("ingest/#: not authorized"));
}

TEST(Subscriber, ABrokerOfTheOldVersionIsAskedAgainInIt) {
    TestSink sink;
    FarBroker broker(sink);
    broker.speaks = Version::v3_1_1;
    EXPECT_EQ(broker.begin().version, Version::v5);
    broker.say(Connack{.reason = Reason::unsupported_protocol_version});
    EXPECT_TRUE(broker.closed);
    EXPECT_EQ(broker.status().trouble, "the broker does not speak MQTT 5, and will be asked in 3.1.1");
    broker.lose();
    broker.connect();
    broker.say(publish_of("ingest/lines", "x", QoS::at_least_once, 3));
    EXPECT_EQ(broker.hear_a<Acknowledgement>(), ack(puback, 3));
    EXPECT_EQ(broker.status().version, Version::v3_1_1);
    broker.lose();
    EXPECT_EQ(broker.begin().version, Version::v3_1_1) << "it is not asked twice";
}

TEST(Subscriber, ABrokerThatRefusesTheVersionInItsNewFormIsUnderstoodToo) {
    TestSink sink;
    FarBroker broker(sink);
    broker.begin();
    broker.say(Connack{.reason = Reason::unsupported_protocol_version});
    broker.speaks = Version::v3_1_1;
    EXPECT_EQ(broker.begin().version, Version::v3_1_1);
}

TEST(Subscriber, AVersionThatWasChosenIsKeptAndTheRefusalSaysWhatToDo) {
    TestSink sink;
    FarBroker broker(sink, {.version = Version::v5});
    broker.begin();
    broker.speaks = Version::v3_1_1;
    broker.say(Connack{.reason = Reason::unsupported_protocol_version});
    EXPECT_EQ(broker.status().trouble,
              "the broker does not speak MQTT 5: set the bridge's version to 3.1.1, or leave it out");
    broker.speaks = Version::v5;
    EXPECT_EQ(broker.begin().version, Version::v5);
}

TEST(Subscriber, LessThanWasAskedForIsTakenAndTold) {
    TestSink sink;
    FarBroker broker(sink);
    broker.connect();
    EXPECT_EQ(broker.status().granted, QoS::exactly_once);
    broker.say(Suback{1, {Reason::granted_qos_1}, {}});
    EXPECT_EQ(broker.status().granted, QoS::at_least_once);
    EXPECT_EQ(broker.status().trouble, "");
    broker.say(Suback{1, {Reason::success}, {}});
    EXPECT_THAT(broker.status().trouble, testing::HasSubstr("ingest/#: only QoS 0 is granted"));
}

TEST(Bridge, WaitsLongerAfterEachFailureAndNeverAllAtOnce) {
    SeededRandom random(4);
    const BridgeOptions options{.pause_min = 1s, .pause_max = 60s};
    for (std::uint32_t failures = 1; failures < 40; ++failures) {
        const auto whole = std::min<std::chrono::milliseconds>(1s * (1LL << std::min(failures - 1, 20U)), 60s);
        const auto pause = pause_after(failures, options, random);
        EXPECT_GE(pause, whole / 2);
        EXPECT_LE(pause, whole);
    }
}

}  // namespace
}  // namespace bypuls::mqtt
