#include "platform/mqtt/codec.h"

#include <string>

#include <gmock/gmock.h>

#include "core/random.h"

namespace bypuls::mqtt {
namespace {

Bytes encoded(const Packet& packet, Version version) {
    Bytes out;
    encode(packet, version, out);
    return out;
}

Decoded<Packet> decoded_hex(std::string_view hex, Version version = Version::v5) {
    return decode(from_hex(hex).value(), version);
}

/// Random packets that the version can express.
class PacketMaker {
public:
    PacketMaker(std::uint64_t seed, Version version) : random_(seed), version_(version) {}

    Packet make(PacketType type) {
        using enum PacketType;
        switch (type) {
            case connect: return make_connect();
            case connack:
                return Connack{.session_present = false,
                               .reason = one_of({Reason::success, Reason::not_authorized, Reason::server_unavailable,
                                                 Reason::bad_user_name_or_password}),
                               .properties = properties({PropertyId::receive_maximum, PropertyId::maximum_qos,
                                                         PropertyId::assigned_client_id, PropertyId::reason_string,
                                                         PropertyId::session_expiry, PropertyId::server_keep_alive})};
            case publish: return make_publish();
            case puback:
            case pubrec:
                return Acknowledgement{type, id(), reason({Reason::success, Reason::quota_exceeded}),
                                       properties({PropertyId::reason_string})};
            case pubrel:
            case pubcomp:
                return Acknowledgement{type, id(), reason({Reason::success, Reason::packet_identifier_not_found}),
                                       properties({PropertyId::reason_string})};
            case subscribe: return make_subscribe();
            case suback:
                return Suback{id(),
                              {one_of({Reason::success, Reason::granted_qos_1, Reason::granted_qos_2}),
                               Reason::unspecified_error},
                              properties({PropertyId::reason_string})};
            case unsubscribe: return Unsubscribe{id(), {topic(), "a/#"}, properties({})};
            case unsuback:
                return Unsuback{id(),
                                version_ == Version::v5 ? std::vector{Reason::success, Reason::no_subscription_existed}
                                                        : std::vector<Reason>{},
                                properties({PropertyId::reason_string})};
            case pingreq: return Pingreq{};
            case pingresp: return Pingresp{};
            case disconnect:
                return Disconnect{reason({Reason::success, Reason::server_shutting_down, Reason::quota_exceeded}),
                                  properties({PropertyId::reason_string, PropertyId::server_reference})};
            case auth:
                return Auth{reason({Reason::success, Reason::continue_authentication, Reason::reauthenticate}),
                            properties({PropertyId::authentication_method, PropertyId::authentication_data})};
        }
        return Pingreq{};
    }

private:
    std::uint16_t id() { return static_cast<std::uint16_t>(1 + random_.below(65'535)); }
    std::string text() {
        constexpr std::string_view letters = "abcæøå/ \n€";
        std::string out;
        for (std::uint64_t i = random_.below(6); i > 0; --i) {
            out += std::string(letters.substr(0, 3));
            out += "æ€";
        }
        return out;
    }
    std::string binary() {
        std::string out(static_cast<std::size_t>(random_.below(300)), '\0');
        random_.fill(std::as_writable_bytes(std::span(out)));
        return out;
    }
    std::string topic() { return "by/" + std::to_string(random_.below(1000)) + "/ø"; }
    template <typename T>
    T one_of(std::initializer_list<T> values) {
        return *(values.begin() + static_cast<std::ptrdiff_t>(random_.below(values.size())));
    }
    Reason reason(std::initializer_list<Reason> values) {
        return version_ == Version::v5 ? one_of(values) : Reason::success;
    }
    Properties properties(std::initializer_list<PropertyId> ids) {
        Properties made;
        if (version_ == Version::v3_1_1) {
            return made;
        }
        for (const PropertyId property : ids) {
            using enum PropertyId;
            if (random_.chance(0.5)) {
                continue;
            }
            if (property == response_topic) {
                made.set(property, topic());
            } else if (property == correlation_data || property == authentication_data) {
                made.set(property, binary());
            } else if (property == content_type || property == reason_string || property == assigned_client_id ||
                       property == server_reference || property == authentication_method) {
                made.set(property, text());
            } else {
                made.set(property, static_cast<std::uint32_t>(1));
            }
        }
        while (random_.chance(0.3)) {
            made.add_user(text(), text());
        }
        return made;
    }
    Packet make_connect() {
        Connect packet{
            .version = version_, .clean_start = random_.chance(0.5), .keep_alive = id(), .client_id = text()};
        if (random_.chance(0.5)) {
            packet.will = Will{topic(), binary(), static_cast<QoS>(random_.below(3)), random_.chance(0.5),
                               properties({PropertyId::will_delay, PropertyId::content_type})};
        }
        if (random_.chance(0.5)) {
            packet.username = text();
            packet.password = binary();
        }
        packet.properties = properties({PropertyId::session_expiry, PropertyId::receive_maximum,
                                        PropertyId::maximum_packet_size, PropertyId::topic_alias_maximum});
        return packet;
    }
    Packet make_publish() {
        Publish packet{.qos = static_cast<QoS>(random_.below(3)), .retain = random_.chance(0.5), .topic = topic()};
        if (packet.qos != QoS::at_most_once) {
            packet.packet_id = id();
            packet.dup = random_.chance(0.5);
        }
        packet.payload = binary();
        packet.properties =
            properties({PropertyId::payload_format, PropertyId::message_expiry, PropertyId::content_type,
                        PropertyId::response_topic, PropertyId::correlation_data, PropertyId::topic_alias});
        return packet;
    }
    Packet make_subscribe() {
        Subscribe packet{.packet_id = id(), .properties = properties({PropertyId::subscription_id})};
        for (std::uint64_t i = 0; i < 1 + random_.below(4); ++i) {
            SubscriptionRequest request{.filter = topic() + "/+", .qos = static_cast<QoS>(random_.below(3))};
            if (version_ == Version::v5) {
                request.no_local = random_.chance(0.5);
                request.retain_as_published = random_.chance(0.5);
                request.retain_handling = static_cast<RetainHandling>(random_.below(3));
            }
            packet.requests.push_back(std::move(request));
        }
        return packet;
    }

    SeededRandom random_;
    Version version_;
};

class EveryVersion : public testing::TestWithParam<Version> {};
INSTANTIATE_TEST_SUITE_P(Codec, EveryVersion, testing::Values(Version::v3_1_1, Version::v5));

TEST_P(EveryVersion, EachOfTheFifteenPacketsComesBackTheSame) {
    PacketMaker maker(7, GetParam());
    for (unsigned type = 1; type <= 15; ++type) {
        if (GetParam() == Version::v3_1_1 && type == 15) {
            continue;  // AUTH is new in MQTT 5
        }
        for (int i = 0; i < 500; ++i) {
            const Packet packet = maker.make(static_cast<PacketType>(type));
            const Bytes bytes = encoded(packet, GetParam());
            ASSERT_EQ(packet_length(bytes).value(), bytes.size());
            const auto back = decode(bytes, GetParam());
            ASSERT_TRUE(back.has_value()) << type << ": " << back.error().what;
            ASSERT_EQ(*back, packet) << type;
        }
    }
}

TEST_P(EveryVersion, APacketCutAnywhereOrWithABitTurnedIsAFaultOrAnotherPacketButNeverTrouble) {
    PacketMaker maker(11, GetParam());
    SeededRandom random(12);
    for (unsigned type = 1; type <= 14; ++type) {
        for (int i = 0; i < 100; ++i) {
            Bytes bytes = encoded(maker.make(static_cast<PacketType>(type)), GetParam());
            for (std::size_t cut = 0; cut + 1 < std::min<std::size_t>(bytes.size(), 64); ++cut) {
                const auto length = packet_length(ByteView(bytes).first(cut));
                ASSERT_TRUE(length.has_value());
                ASSERT_TRUE(!*length || **length > cut);
            }
            const auto at = static_cast<std::size_t>(random.below(bytes.size()));
            bytes[at] ^= static_cast<std::byte>(1U << random.below(8));
            const auto length = packet_length(bytes);
            if (length && *length && **length <= bytes.size()) {
                std::ignore = decode(ByteView(bytes).first(**length), GetParam());
            }
        }
    }
}

TEST(Codec, ReadsAConnectByteForByte) {
    const auto packet = decoded_hex("101900044d51545405c2000a05110000000a000161000175000170");
    ASSERT_TRUE(packet.has_value()) << packet.error().what;
    Connect wanted{.version = Version::v5, .clean_start = true, .keep_alive = 10, .client_id = "a"};
    wanted.username = "u";
    wanted.password = "p";
    wanted.properties.set(PropertyId::session_expiry, 10);
    EXPECT_EQ(std::get<Connect>(*packet), wanted);
}

TEST(Codec, ALengthIsKnownBeforeTheRestHasCome) {
    EXPECT_EQ(packet_length(from_hex("30").value()).value(), std::nullopt);
    EXPECT_EQ(packet_length(from_hex("3080").value()).value(), std::nullopt);
    EXPECT_EQ(packet_length(from_hex("308001").value()).value(), 131U);
    EXPECT_EQ(packet_length(from_hex("30ffffff7f").value()).value(), packet_bytes_limit);
    EXPECT_EQ(packet_length(from_hex("30ffffff7f").value(), 1024).error().reason, Reason::packet_too_large);
    EXPECT_EQ(packet_length(from_hex("30ffffffff").value()).error().reason, Reason::malformed_packet);
    EXPECT_EQ(packet_length(from_hex("308000").value()).error().reason, Reason::malformed_packet);
}

TEST(Codec, WhatIsNoMqttIsSeenAtTheFirstByte) {
    for (const std::string_view hex : {"47" /* GET */, "16" /* TLS */, "00", "0f", "61", "36"}) {
        EXPECT_EQ(packet_length(from_hex(hex).value()).error().reason, Reason::malformed_packet) << hex;
    }
}

struct Wrong {
    std::string_view hex;
    Reason reason;
    Version version = Version::v5;
};

TEST(Codec, SaysWhatIsWrong) {
    const Wrong cases[] = {
        {"100c00044d515454060200000000", Reason::unsupported_protocol_version},
        {"100e00064d514973647003020000"
         "0000",
         Reason::unsupported_protocol_version},
        {"100d00044d5154540503000000"
         "0000",
         Reason::malformed_packet},                    // a reserved flag
        {"300400012300", Reason::topic_name_invalid},  // "#"
        {"30020000", Reason::malformed_packet},        // no properties
        {"3003000000", Reason::protocol_error},        // neither topic nor alias
        {"320600016100"
         "0000",
         Reason::protocol_error},  // packet identifier 0
        {"38040001"
         "6100",
         Reason::malformed_packet},                            // DUP with QoS 0
        {"300a00016106230001230001", Reason::protocol_error},  // an alias twice
        {"300700016103230000", Reason::protocol_error},        // alias 0
        {"3006000161020201", Reason::malformed_packet},        // a property that ends too early
        {"3009000161051100000001", Reason::protocol_error},    // a property of another packet
        {"30060001610201"
         "02",
         Reason::protocol_error},                                           // payload format 2
        {"3005000161017f", Reason::malformed_packet},                       // no such property
        {"30040001c000", Reason::malformed_packet},                         // not UTF-8
        {"820600010000016103", Reason::malformed_packet, Version::v3_1_1},  // longer than it says
        {"8206000100016103", Reason::malformed_packet, Version::v3_1_1},    // QoS 3
        {"82020001", Reason::protocol_error, Version::v3_1_1},              // no filter
        {"40030001"
         "99"
         "00",
         Reason::malformed_packet},                             // bytes after the end
        {"4003000192", Reason::protocol_error},                 // a reason of PUBREL
        {"f0021800", Reason::protocol_error, Version::v3_1_1},  // AUTH is new
    };
    for (const Wrong& wrong : cases) {
        const Bytes bytes = from_hex(wrong.hex).value();
        const auto length = packet_length(bytes);
        if (!length) {
            EXPECT_EQ(length.error().reason, wrong.reason) << wrong.hex;
        } else if (*length && **length == bytes.size()) {
            const auto packet = decode(bytes, wrong.version);
            ASSERT_FALSE(packet.has_value()) << wrong.hex;
            EXPECT_EQ(packet.error().reason, wrong.reason) << wrong.hex << ": " << packet.error().what;
        }
    }
}

TEST(Codec, MorePropertiesThanAnyoneNeedsAreRefused) {
    Publish publish{.topic = "a"};
    for (std::size_t i = 0; i <= properties_max; ++i) {
        publish.properties.add_user("a", "b");
    }
    const auto back = decode(encoded(publish, Version::v5), Version::v5);
    ASSERT_FALSE(back.has_value());
    EXPECT_EQ(back.error().reason, Reason::quota_exceeded);
}

TEST(Codec, ARefusalInTheOldVersionTakesTheNearestCode) {
    EXPECT_EQ(to_hex(encoded(Connack{.reason = Reason::not_authorized}, Version::v3_1_1)), "20020005");
    EXPECT_EQ(to_hex(encoded(Connack{.reason = Reason::quota_exceeded}, Version::v3_1_1)), "20020003");
    EXPECT_EQ(to_hex(encoded(Suback{.packet_id = 1, .reasons = {Reason::not_authorized}}, Version::v3_1_1)),
              "9003000180");
}

TEST(Reasons, HaveNamesAndKnowTheirPackets) {
    EXPECT_EQ(name_of(Reason::quota_exceeded), "quota exceeded");
    EXPECT_EQ(name_of(static_cast<Reason>(0x7F)), "unknown");
    EXPECT_TRUE(may_carry(PacketType::pubcomp, Reason::packet_identifier_not_found));
    EXPECT_FALSE(may_carry(PacketType::puback, Reason::packet_identifier_not_found));
    EXPECT_TRUE(may_carry(PacketType::suback, Reason::success));
}

}  // namespace
}  // namespace bypuls::mqtt
