#include "platform/mqtt/fixture_test.h"

namespace bypuls::mqtt {
namespace {

using enum PacketType;

TEST(Delivery, EachQosReachesTheSubscriberAsTheSmallerOfBoth) {
    Bench bench;
    auto reader = bench.join("reader");
    auto writer = bench.join("writer");
    for (const QoS granted : {QoS::at_most_once, QoS::at_least_once, QoS::exactly_once}) {
        reader->say(subscribe_to("news/+", granted));
        EXPECT_EQ(reader->hear_a<Suback>().reasons, std::vector{static_cast<Reason>(granted)});
        for (const QoS sent : {QoS::at_most_once, QoS::at_least_once, QoS::exactly_once}) {
            writer->say(publish_of("news/1", "x", sent, sent == QoS::at_most_once ? 0 : 1));
            const auto got = reader->hear_a<Publish>();
            EXPECT_EQ(got.qos, std::min(granted, sent));
            if (got.qos == QoS::at_least_once) {
                reader->say(ack(puback, got.packet_id));
            } else if (got.qos == QoS::exactly_once) {
                reader->say(ack(pubrec, got.packet_id));
                EXPECT_EQ(reader->hear_a<Acknowledgement>(), ack(pubrel, got.packet_id));
                reader->say(ack(pubcomp, got.packet_id));
            }
            if (sent == QoS::exactly_once) {
                writer->say(ack(pubrel, 1));
            }
        }
    }
    EXPECT_EQ(bench.counters().queued_bytes, 0U);
    EXPECT_TRUE(bench.keeper.kept.messages.empty());
}

TEST(Delivery, AnOfflineSessionGetsWhatItMissedInOrderAlsoAfterARestart) {
    Bench bench;
    auto reader = bench.join("reader");
    reader->say(subscribe_to("news/#"));
    reader.reset();
    auto writer = bench.join("writer");
    for (std::uint16_t i = 1; i <= 3; ++i) {
        writer->say(publish_of("news", std::to_string(i), QoS::at_least_once, i));
        EXPECT_EQ(writer->hear_a<Acknowledgement>(), ack(puback, i));
    }
    writer.reset();
    bench.start();
    reader = bench.open();
    reader->say(Bench::connect_as("reader"));
    EXPECT_TRUE(reader->hear_a<Connack>().session_present);
    for (int i = 1; i <= 3; ++i) {
        const auto got = reader->hear_a<Publish>();
        EXPECT_EQ(got.payload, std::to_string(i));
        reader->say(ack(puback, got.packet_id));
    }
    EXPECT_TRUE(bench.keeper.kept.messages.empty());
}

TEST(Delivery, ThePublisherOfAKeptMessageIsAcknowledgedWhenTheStoreHasIt) {
    Bench bench;
    auto reader = bench.join("reader");
    reader->say(subscribe_to("news"));
    auto writer = bench.join("writer");
    bench.keeper.holding = true;
    writer->say(publish_of("news", "x", QoS::at_least_once, 1));
    EXPECT_TRUE(writer->heard_nothing());
    bench.keeper.release();
    bench.settle();
    EXPECT_EQ(writer->hear_a<Acknowledgement>(), ack(puback, 1));
}

TEST(Delivery, AStoreThatFailsHoldsAcknowledgementsBackUntilItWorks) {
    Bench bench;
    auto reader = bench.join("reader");
    reader->say(subscribe_to("news"));
    auto writer = bench.join("writer");
    bench.keeper.failing = true;
    writer->say(publish_of("news", "x", QoS::at_least_once, 1));
    EXPECT_TRUE(writer->heard_nothing());
    EXPECT_EQ(bench.counters().commit_failures, 1U);
    bench.keeper.failing = false;
    bench.pass(2s);
    EXPECT_EQ(writer->hear_a<Acknowledgement>(), ack(puback, 1));
}

TEST(Delivery, ExactlyOnceGoesOnWhereItWasAfterARestart) {
    Bench bench;
    auto reader = bench.join("reader");
    reader->say(subscribe_to("news"));
    reader->hear();
    auto writer = bench.join("writer");
    writer->say(publish_of("news", "a", QoS::exactly_once, 1));
    writer->say(publish_of("news", "b", QoS::exactly_once, 2));
    const auto first = reader->hear_a<Publish>();
    const auto second = reader->hear_a<Publish>();
    reader->say(ack(pubrec, first.packet_id));
    reader.reset();
    writer.reset();
    bench.start();
    reader = bench.open();
    reader->say(Bench::connect_as("reader"));
    reader->hear();
    EXPECT_EQ(reader->hear_a<Acknowledgement>(), ack(pubrel, first.packet_id));
    const auto again = reader->hear_a<Publish>();
    EXPECT_EQ(again.packet_id, second.packet_id);
    EXPECT_TRUE(again.dup);
}

TEST(Delivery, AClientsReceiveMaximumBoundsWhatIsOnItsWay) {
    Bench bench;
    auto reader = bench.open();
    Connect connect = Bench::connect_as("reader");
    connect.properties.set(PropertyId::receive_maximum, 2);
    reader->say(connect);
    reader->hear();
    reader->say(subscribe_to("news", QoS::at_least_once));
    reader->hear();
    auto writer = bench.join("writer");
    for (std::uint16_t i = 1; i <= 5; ++i) {
        writer->say(publish_of("news", std::to_string(i), QoS::at_least_once, i));
    }
    const auto first = reader->hear_a<Publish>();
    EXPECT_EQ(reader->hear_a<Publish>().payload, "2");
    EXPECT_TRUE(reader->heard_nothing());
    reader->say(ack(puback, first.packet_id));
    EXPECT_EQ(reader->hear_a<Publish>().payload, "3");
    EXPECT_TRUE(reader->heard_nothing());
}

TEST(Delivery, AFullQueueLetsTheOldestGoAndCountsIt) {
    Bench bench({.queue_messages_max = 3});
    auto reader = bench.join("reader");
    reader->say(subscribe_to("news"));
    reader->lose();
    auto writer = bench.join("writer");
    for (std::uint16_t i = 1; i <= 5; ++i) {
        writer->say(publish_of("news", std::to_string(i), QoS::at_least_once, i));
    }
    EXPECT_EQ(bench.counters().dropped.at(static_cast<std::size_t>(Drop::queue_full)), 2U);
    reader = bench.join("reader");
    EXPECT_EQ(reader->hear_a<Publish>().payload, "3");
}

TEST(Delivery, ASlowReaderLosesQosZeroAndKeepsTheRest) {
    Bench bench;
    auto reader = bench.join("reader");
    reader->say(subscribe_to("news"));
    reader->hear();
    reader->stuck = 10U << 20U;
    auto writer = bench.join("writer");
    writer->say(publish_of("news", "lost"));
    writer->say(publish_of("news", "kept", QoS::at_least_once, 1));
    EXPECT_TRUE(reader->heard_nothing());
    EXPECT_EQ(bench.counters().dropped.at(static_cast<std::size_t>(Drop::slow_reader)), 1U);
    reader->stuck = 0;
    reader->connection().drained();
    EXPECT_EQ(reader->hear_a<Publish>().payload, "kept");
}

TEST(Delivery, OverlappingSubscriptionsGiveOneCopyWithAllTheirIdentifiers) {
    Bench bench;
    auto reader = bench.join("reader");
    Subscribe first = subscribe_to("news/#", QoS::at_most_once);
    first.properties.set(PropertyId::subscription_id, 7);
    reader->say(first);
    Subscribe second = subscribe_to("+/1", QoS::at_least_once);
    second.properties.set(PropertyId::subscription_id, 8);
    reader->say(second);
    reader->hear();
    reader->hear();
    auto writer = bench.join("writer");
    writer->say(publish_of("news/1", "x", QoS::exactly_once, 1));
    const auto got = reader->hear_a<Publish>();
    EXPECT_EQ(got.qos, QoS::at_least_once);
    std::vector<std::uint32_t> ids;
    for (const Property& property : got.properties.all()) {
        ids.push_back(property.number);
    }
    EXPECT_THAT(ids, testing::UnorderedElementsAre(7, 8));
    EXPECT_TRUE(reader->heard_nothing());
}

TEST(Delivery, OptionsOfASubscriptionAreKept) {
    Bench bench;
    auto client = bench.join("client");
    client->say(Subscribe{
        .packet_id = 1, .requests = {{.filter = "a", .no_local = true}, {.filter = "b", .retain_as_published = true}}});
    client->hear();
    client->say(publish_of("a", "own"));
    EXPECT_TRUE(client->heard_nothing());
    Publish retained = publish_of("b", "x");
    retained.retain = true;
    client->say(retained);
    EXPECT_TRUE(client->hear_a<Publish>().retain);
}

TEST(Delivery, RequestAndResponseTravelWithTheMessage) {
    Bench bench;
    auto client = bench.join("client");
    client->say(subscribe_to("ask"));
    client->hear();
    Publish question = publish_of("ask", "?");
    question.properties.set(PropertyId::response_topic, "answers/1");
    question.properties.set(PropertyId::correlation_data, "42");
    question.properties.set(PropertyId::content_type, "text/plain");
    question.properties.add_user("who", "me");
    client->say(question);
    EXPECT_EQ(client->hear_a<Publish>().properties, question.properties);
}

TEST(Delivery, SharedSubscribersTakeTurnsAndAnOfflineOneIsPassedOver) {
    Bench bench;
    auto one = bench.join("one");
    auto two = bench.join("two");
    one->say(subscribe_to("$share/g/jobs/+", QoS::at_least_once));
    two->say(subscribe_to("$share/g/jobs/+", QoS::at_least_once));
    one->hear();
    two->hear();
    auto writer = bench.join("writer");
    for (std::uint16_t i = 1; i <= 4; ++i) {
        writer->say(publish_of("jobs/x", std::to_string(i), QoS::at_least_once, i));
    }
    EXPECT_EQ(one->hear_a<Publish>().payload, "1");
    EXPECT_EQ(one->hear_a<Publish>().payload, "3");
    EXPECT_EQ(two->hear_a<Publish>().payload, "2");
    two->lose();
    writer->say(publish_of("jobs/x", "5", QoS::at_least_once, 5));
    writer->say(publish_of("jobs/x", "6", QoS::at_least_once, 6));
    EXPECT_EQ(one->hear_a<Publish>().payload, "5");
    EXPECT_EQ(one->hear_a<Publish>().payload, "6");
}

TEST(Delivery, WhatHasExpiredIsNotSentAndTheRestTellsHowLongItIsGood) {
    Bench bench;
    auto reader = bench.join("reader");
    reader->say(subscribe_to("news"));
    reader->lose();
    auto writer = bench.join("writer");
    Publish brief = publish_of("news", "brief", QoS::at_least_once, 1);
    brief.properties.set(PropertyId::message_expiry, 5);
    Publish longer = publish_of("news", "longer", QoS::at_least_once, 2);
    longer.properties.set(PropertyId::message_expiry, 60);
    writer->say(brief);
    writer->say(longer);
    bench.pass(10s);
    reader = bench.join("reader");
    const auto got = reader->hear_a<Publish>();
    EXPECT_EQ(got.payload, "longer");
    EXPECT_EQ(got.properties.number(PropertyId::message_expiry), 50U);
    EXPECT_TRUE(reader->heard_nothing());
}

TEST(Delivery, APacketLargerThanTheClientTakesIsLeftOut) {
    Bench bench;
    auto reader = bench.open();
    Connect connect = Bench::connect_as("reader");
    connect.properties.set(PropertyId::maximum_packet_size, 100);
    reader->say(connect);
    reader->hear();
    reader->say(subscribe_to("news"));
    reader->hear();
    auto writer = bench.join("writer");
    writer->say(publish_of("news", std::string(200, 'x'), QoS::at_least_once, 1));
    writer->say(publish_of("news", "small", QoS::at_least_once, 2));
    EXPECT_EQ(reader->hear_a<Publish>().payload, "small");
    EXPECT_EQ(bench.counters().dropped.at(static_cast<std::size_t>(Drop::too_large)), 1U);
}

TEST(Delivery, LongTopicsAreShortenedForAClientThatAllowsIt) {
    Bench bench;
    auto reader = bench.open();
    Connect connect = Bench::connect_as("reader");
    connect.properties.set(PropertyId::topic_alias_maximum, 1);
    reader->say(connect);
    reader->hear();
    reader->say(subscribe_to("#", QoS::at_most_once));
    reader->hear();
    auto writer = bench.join("writer");
    writer->say(publish_of("a/long/topic", "1"));
    writer->say(publish_of("a/long/topic", "2"));
    EXPECT_EQ(reader->hear_a<Publish>().topic, "a/long/topic");
    EXPECT_EQ(reader->hear_a<Publish>().topic, "");
}

}  // namespace
}  // namespace bypuls::mqtt
