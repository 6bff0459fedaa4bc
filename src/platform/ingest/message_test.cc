#include "platform/ingest/message.h"

#include <gmock/gmock.h>

namespace bypuls::ingest {
namespace {

using namespace std::chrono_literals;

Message sample() {
    return {.way = Way::lines,
            .sender = "gateway at Åssiden",
            .detail = "s",
            .received = Instant{5s},
            .replay_of = 7,
            .body = std::string("water t=1 \0", 11)};
}

TEST(Message, WhatIsKeptReadsBackTheSame) {
    EXPECT_EQ(decode(encode(sample()), Instant{5s}).value(), sample());
}

Message keyed() {
    Message message = sample();
    message.key = "gateway/17";
    message.redelivered = true;
    return message;
}

TEST(Message, AKeyIsKeptAndWithoutOneTheFormIsTheOldOne) {
    EXPECT_EQ(decode(encode(keyed()), Instant{5s}).value(), keyed());
    EXPECT_EQ(encode(sample())[0], std::byte{1});
    EXPECT_EQ(encode(keyed())[0], std::byte{2});
}

TEST(Message, AnyCutOrExtraByteIsRefused) {
    for (const Bytes& each : {encode(sample()), encode(keyed())}) {
        for (std::size_t length = 0; length < each.size(); ++length) {
            EXPECT_FALSE(decode(ByteView(each).first(length), Instant{}).has_value()) << length;
        }
    }
    const Bytes whole = encode(sample());
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_FALSE(decode(ByteView(whole).first(length), Instant{}).has_value()) << length;
    }
    Bytes longer = whole;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(decode(longer, Instant{}).has_value());
}

TEST(Message, ARefusedOneIsKeptWithWhyAndAnyCutOfItIsRefused) {
    const RefusedMessage refused{.message = keyed(), .body_bytes = 70'000, .sentence = "line 1: no field"};
    const Bytes whole = encode(refused);
    EXPECT_EQ(decode_refused(whole, Instant{5s}).value(), refused);
    EXPECT_FALSE(decode(whole, Instant{5s}).has_value()) << "to a program that does not know it, it is no message";
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_FALSE(decode_refused(ByteView(whole).first(length), Instant{}).has_value()) << length;
    }
}

TEST(Message, APublishIsWhatMayComeAgainAndIsNoRequest) {
    EXPECT_FALSE(is_publish(keyed())) << "it is tried again by a person";
    Message publish = keyed();
    publish.replay_of = 0;
    EXPECT_TRUE(is_publish(publish));
    publish.key = std::string(request_prefix) + "gateway/17";
    EXPECT_FALSE(is_publish(publish));
    publish.key.clear();
    EXPECT_FALSE(is_publish(publish)) << "QoS 0 is not answered";
}

TEST(Message, EveryReasonHasANameOfItsOwn) {
    for (int i = 0; i <= static_cast<int>(Reason::out_of_range); ++i) {
        const auto reason = static_cast<Reason>(i);
        EXPECT_EQ(reason_named(name_of(reason)).value(), reason);
    }
    EXPECT_FALSE(reason_named("because").has_value());
}

}  // namespace
}  // namespace bypuls::ingest
