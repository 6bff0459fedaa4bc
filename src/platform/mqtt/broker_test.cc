#include "platform/mqtt/fixture_test.h"

namespace bypuls::mqtt {
namespace {

using enum PacketType;

TEST(Signing, WithoutAKeyNobodyGetsIn) {
    Bench bench;
    auto client = bench.open();
    Connect connect = Bench::connect_as("a");
    connect.password.reset();
    client->say(connect);
    EXPECT_EQ(client->hear_a<Connack>().reason, Reason::not_authorized);
    EXPECT_TRUE(client->closed);
    auto old = bench.open(Version::v3_1_1);
    Connect wrong = Bench::connect_as("a", Version::v3_1_1);
    wrong.password = "wrong";
    old->say(wrong);
    EXPECT_EQ(old->hear_a<Connack>().reason, Reason::bad_user_name_or_password);
    EXPECT_TRUE(old->closed);
}

TEST(Signing, WhatComesBeforeConnectEndsTheConnectionWithoutAWord) {
    Bench bench;
    auto client = bench.open();
    client->say(Pingreq{});
    EXPECT_TRUE(client->closed);
    EXPECT_TRUE(client->heard_nothing());
}

TEST(Signing, AConnectThatNeverComesWholeIsGivenUp) {
    Bench bench({.connect_time_max = 10s});
    auto client = bench.open();
    client->say_bytes(from_hex("101800").value());
    bench.pass(9s);
    EXPECT_FALSE(client->closed);
    bench.pass(2s);
    EXPECT_TRUE(client->closed);
}

TEST(Signing, AClientWithoutANameIsGivenOne) {
    Bench bench;
    auto client = bench.open();
    client->say(Bench::connect_as(""));
    EXPECT_THAT(client->hear_a<Connack>().properties.text(PropertyId::assigned_client_id).value_or(""),
                testing::StartsWith("auto-"));
}

TEST(Signing, AnothersSessionIsNotToBeHadByItsName) {
    Bench bench;
    auto mine = bench.join("meter");
    auto thief = bench.open();
    Connect connect = Bench::connect_as("meter");
    connect.password = "another";
    thief->say(connect);
    EXPECT_EQ(thief->hear_a<Connack>().reason, Reason::client_identifier_not_valid);
    EXPECT_FALSE(mine->closed);
}

TEST(Signing, ANewConnectionOfTheSameClientTakesOver) {
    Bench bench;
    auto first = bench.join("meter");
    auto second = bench.open();
    second->say(Bench::connect_as("meter"));
    EXPECT_EQ(first->hear_a<Disconnect>().reason, Reason::session_taken_over);
    EXPECT_TRUE(first->closed);
    EXPECT_TRUE(second->hear_a<Connack>().session_present);
}

TEST(Signing, ARevokedKeyEndsItsConnections) {
    Bench bench;
    auto client = bench.join("meter");
    bench.gatekeeper.revoked = "key:key";
    bench.pass(2s);
    EXPECT_EQ(client->hear_a<Disconnect>().reason, Reason::administrative_action);
}

TEST(KeepAlive, SilenceOfOneAndAHalfTimesItEndsTheConnection) {
    Bench bench;
    auto client = bench.open();
    Connect connect = Bench::connect_as("a");
    connect.keep_alive = 10;
    client->say(connect);
    client->hear();
    bench.pass(14s);
    client->say(Pingreq{});
    EXPECT_EQ(type_of(client->hear()), pingresp);
    bench.pass(14s);
    EXPECT_FALSE(client->closed);
    bench.pass(2s);
    EXPECT_EQ(client->hear_a<Disconnect>().reason, Reason::keep_alive_timeout);
}

TEST(Taking, PubackComesWhenTheSinkHasTheMessageAndNotBefore) {
    Bench bench;
    bench.sink.answer.reset();
    auto client = bench.join("meter");
    client->say(publish_of("ingest/lines", "t v=1", QoS::at_least_once, 7));
    EXPECT_TRUE(client->heard_nothing());
    ASSERT_EQ(bench.sink.arrivals.size(), 1U);
    EXPECT_EQ(bench.sink.arrivals[0].message->payload, "t v=1");
    EXPECT_EQ(bench.sink.arrivals[0].sender, "key");
    bench.sink.answer_next({});
    bench.settle();
    EXPECT_EQ(client->hear_a<Acknowledgement>(), ack(puback, 7));
}

TEST(Taking, AcknowledgementsKeepTheOrderOfThePublishes) {
    Bench bench;
    bench.sink.answer.reset();
    auto client = bench.join("meter");
    for (std::uint16_t id = 1; id <= 3; ++id) {
        client->say(publish_of("ingest/lines", "x", QoS::at_least_once, id));
    }
    std::swap(bench.sink.waiting[0], bench.sink.waiting[2]);
    bench.sink.answer_next({});
    bench.settle();
    EXPECT_TRUE(client->heard_nothing());
    bench.sink.answer_next({});
    bench.sink.answer_next({});
    bench.settle();
    for (std::uint16_t id = 1; id <= 3; ++id) {
        EXPECT_EQ(client->hear_a<Acknowledgement>().packet_id, id);
    }
}

TEST(Taking, WhatCannotBeReadIsAcknowledgedAndSaidSo) {
    Bench bench;
    bench.sink.answer = fail(Errc::malformed, "line 1: no field");
    auto client = bench.join("meter");
    client->say(publish_of("ingest/lines", "x", QoS::at_least_once, 1));
    EXPECT_EQ(client->hear_a<Acknowledgement>().reason, Reason::payload_format_invalid);
    client->say(publish_of("ingest/lines", "x", QoS::exactly_once, 2));
    const auto refused = client->hear_a<Acknowledgement>();
    EXPECT_EQ(refused.type, pubrec);
    EXPECT_EQ(refused.reason, Reason::payload_format_invalid);
    EXPECT_EQ(refused.properties.text(PropertyId::reason_string), "line 1: no field");
    auto old = bench.join("old", Version::v3_1_1);
    old->say(publish_of("ingest/lines", "x", QoS::at_least_once, 1));
    EXPECT_EQ(old->hear_a<Acknowledgement>(), ack(puback, 1));
}

TEST(Taking, AFullTownHoldsTheClientBackTriesAgainAndAcknowledgesThen) {
    Bench bench({.take_time_max = 20s});
    bench.sink.answer = fail(Errc::exhausted, "too much waits");
    auto client = bench.join("meter");
    client->say(publish_of("ingest/lines", "x", QoS::at_least_once, 1));
    EXPECT_TRUE(client->heard_nothing());
    EXPECT_FALSE(client->reading);
    const Instant first = bench.sink.arrivals[0].received;
    bench.pass(1s);
    bench.sink.answer = Result<void>{};
    bench.pass(1s);
    EXPECT_EQ(client->hear_a<Acknowledgement>(), ack(puback, 1));
    EXPECT_TRUE(client->reading);
    EXPECT_EQ(bench.sink.arrivals.back().received, first) << "its time is that of its coming";
}

TEST(Taking, ATownThatStaysFullGivesTheMessageBackUnacknowledged) {
    Bench bench({.take_time_max = 20s});
    bench.sink.answer = fail(Errc::exhausted, "too much waits");
    auto client = bench.join("meter");
    client->say(publish_of("ingest/lines", "x", QoS::exactly_once, 1));
    bench.pass(21s);
    bench.pass(1s);
    EXPECT_EQ(client->hear_a<Disconnect>().reason, Reason::quota_exceeded);
    // It comes again on the next connection, and is taken then.
    bench.sink.answer = Result<void>{};
    auto again = bench.join("meter");
    Publish repeated = publish_of("ingest/lines", "x", QoS::exactly_once, 1);
    repeated.dup = true;
    again->say(repeated);
    EXPECT_EQ(again->hear_a<Acknowledgement>(), ack(pubrec, 1));
    EXPECT_TRUE(bench.sink.arrivals.back().redelivered);
}

TEST(Taking, ExactlyOnceIsGivenToTheSinkOnceHoweverOftenItComes) {
    Bench bench;
    auto client = bench.join("meter");
    const Publish once = publish_of("ingest/lines", "x", QoS::exactly_once, 5);
    client->say(once);
    EXPECT_EQ(client->hear_a<Acknowledgement>(), ack(pubrec, 5));
    Publish again = once;
    again.dup = true;
    client->say(again);
    EXPECT_EQ(client->hear_a<Acknowledgement>(), ack(pubrec, 5));
    client->lose();
    client = bench.join("meter");
    client->say(again);
    EXPECT_EQ(client->hear_a<Acknowledgement>(), ack(pubrec, 5));
    EXPECT_EQ(bench.sink.arrivals.size(), 1U);
    client->say(ack(pubrel, 5));
    EXPECT_EQ(client->hear_a<Acknowledgement>(), ack(pubcomp, 5));
    client->say(ack(pubrel, 5));
    EXPECT_EQ(client->hear_a<Acknowledgement>(), ack(pubcomp, 5, Reason::packet_identifier_not_found));
    client->say(once);
    EXPECT_EQ(bench.sink.arrivals.size(), 2U) << "the number is free again";
}

TEST(Taking, ExactlyOnceHoldsThroughARestart) {
    Bench bench;
    auto client = bench.join("meter");
    Publish once = publish_of("ingest/lines", "x", QoS::exactly_once, 5);
    client->say(once);
    client.reset();
    bench.start();
    client = bench.join("meter");
    once.dup = true;
    client->say(once);
    EXPECT_EQ(client->hear_a<Acknowledgement>(), ack(pubrec, 5));
    EXPECT_EQ(bench.sink.arrivals.size(), 1U);
}

TEST(Taking, ARedeliveryThatComesWhileTheFirstIsBeingTakenWaitsForIt) {
    Bench bench;
    bench.sink.answer.reset();
    auto client = bench.join("meter");
    Publish once = publish_of("ingest/lines", "x", QoS::exactly_once, 5);
    client->say(once);
    client->lose();
    client = bench.join("meter");
    once.dup = true;
    client->say(once);
    EXPECT_TRUE(client->heard_nothing());
    bench.sink.answer_next({});
    bench.settle();
    EXPECT_EQ(client->hear_a<Acknowledgement>(), ack(pubrec, 5));
    EXPECT_EQ(bench.sink.arrivals.size(), 1U);
}

TEST(Taking, WhatComesFirstOnAResumedSessionMayHaveComeBefore) {
    Bench bench({.receive_max = 2});
    auto client = bench.join("meter");
    client->say(publish_of("ingest/lines", "x", QoS::at_least_once, 1));
    client->lose();
    client = bench.join("meter");
    for (std::uint16_t id = 1; id <= 3; ++id) {
        client->say(publish_of("ingest/lines", "x", QoS::at_least_once, id));
    }
    ASSERT_EQ(bench.sink.arrivals.size(), 4U);
    EXPECT_FALSE(bench.sink.arrivals[0].redelivered);
    EXPECT_TRUE(bench.sink.arrivals[1].redelivered);
    EXPECT_TRUE(bench.sink.arrivals[2].redelivered);
    EXPECT_FALSE(bench.sink.arrivals[3].redelivered) << "more than can have been under way";
}

TEST(Taking, WhatTheKeyMayNotPublishIsRefused) {
    Bench bench;
    bench.gatekeeper.publish = {"ingest/#"};
    auto client = bench.join("meter");
    client->say(publish_of("secret", "x", QoS::at_least_once, 1));
    EXPECT_EQ(client->hear_a<Acknowledgement>().reason, Reason::not_authorized);
    auto old = bench.join("old", Version::v3_1_1);
    old->say(publish_of("secret", "x", QoS::at_least_once, 1));
    EXPECT_TRUE(old->closed) << "3.1.1 has no other way to say it";
    EXPECT_EQ(bench.counters().dropped.at(static_cast<std::size_t>(Drop::not_allowed)), 2U);
}

TEST(Taking, MoreAtOnceThanAllowedEndsTheNewVersionAndHoldsTheOld) {
    Bench bench({.receive_max = 2});
    bench.sink.answer.reset();
    auto client = bench.join("a");
    auto old = bench.join("b", Version::v3_1_1);
    for (std::uint16_t id = 1; id <= 3; ++id) {
        client->say(publish_of("ingest/lines", "x", QoS::at_least_once, id));
        old->say(publish_of("ingest/lines", "x", QoS::at_least_once, id));
    }
    EXPECT_EQ(client->hear_a<Disconnect>().reason, Reason::receive_maximum_exceeded);
    EXPECT_FALSE(old->reading);
    EXPECT_FALSE(old->closed);
    while (!bench.sink.waiting.empty()) {
        bench.sink.answer_next({});
        bench.settle();
    }
    EXPECT_TRUE(old->reading);
    for (std::uint16_t id = 1; id <= 3; ++id) {
        EXPECT_EQ(old->hear_a<Acknowledgement>().packet_id, id);
    }
}

TEST(Taking, ExactlyOnceCountsAgainstTheMaximumOnceAndUntilItIsReleased) {
    Bench bench({.receive_max = 2});
    bench.sink.answer.reset();
    auto client = bench.join("a");
    client->say(publish_of("ingest/lines", "x", QoS::exactly_once, 1));
    client->say(publish_of("ingest/lines", "x", QoS::exactly_once, 2));
    EXPECT_FALSE(client->closed) << "two are allowed";
    bench.sink.answer_next({});
    bench.sink.answer_next({});
    bench.settle();
    client->hear();
    client->hear();
    client->say(publish_of("ingest/lines", "x", QoS::exactly_once, 3));
    EXPECT_EQ(client->hear_a<Disconnect>().reason, Reason::receive_maximum_exceeded) << "neither is released";
}

TEST(Taking, TopicAliasesStandForTheirTopicOnThisConnection) {
    Bench bench;
    auto client = bench.join("meter");
    Publish named = publish_of("ingest/lines", "1", QoS::at_least_once, 1);
    named.properties.set(PropertyId::topic_alias, 3);
    client->say(named);
    Publish aliased = publish_of("", "2", QoS::at_least_once, 2);
    aliased.properties.set(PropertyId::topic_alias, 3);
    client->say(aliased);
    ASSERT_EQ(bench.sink.arrivals.size(), 2U);
    EXPECT_EQ(bench.sink.arrivals[1].message->topic, "ingest/lines");
    aliased.properties.set(PropertyId::topic_alias, 4);
    client->hear();
    client->hear();
    client->say(aliased);
    EXPECT_EQ(client->hear_a<Disconnect>().reason, Reason::protocol_error);
}

TEST(Taking, APacketLargerThanAllowedEndsTheConnectionBeforeItHasCome) {
    Bench bench({.packet_bytes_max = 1024});
    auto client = bench.join("meter");
    client->say_bytes(from_hex("30ffff7f").value());
    EXPECT_EQ(client->hear_a<Disconnect>().reason, Reason::packet_too_large);
}

}  // namespace
}  // namespace bypuls::mqtt
