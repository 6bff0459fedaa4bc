#include "platform/mqtt/codec.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/check.h"
#include "platform/mqtt/properties.h"
#include "platform/mqtt/topics.h"
#include "platform/mqtt/wire_format.h"

namespace bypuls::mqtt {
namespace {

constexpr std::uint8_t will_flag = 0x04;
constexpr std::uint8_t clean_flag = 0x02;
constexpr std::uint8_t username_flag = 0x80;
constexpr std::uint8_t password_flag = 0x40;

/// MQTT 3.1.1 §3.2.2.3, from return code 1 on.
constexpr std::array<Reason, 5> old_return_codes{Reason::unsupported_protocol_version,
                                                 Reason::client_identifier_not_valid, Reason::server_unavailable,
                                                 Reason::bad_user_name_or_password, Reason::not_authorized};

/// §2.1.3: the flags that a type must have; PUBLISH has its own.
bool flags_fit(PacketType type, std::uint8_t flags) {
    using enum PacketType;
    if (type == publish) {
        return (flags & 0x06U) != 0x06U;
    }
    return flags == (type == pubrel || type == subscribe || type == unsubscribe ? 2 : 0);
}

Decoded<QoS> qos_from(unsigned bits) {
    if (bits > 2) {
        return malformed("there is no QoS 3");
    }
    return static_cast<QoS>(bits);
}

Decoded<Reason> reason_for(PacketType type, std::uint8_t code) {
    const auto reason = static_cast<Reason>(code);
    if (!may_carry(type, reason)) {
        return broken(fmt::format("reason {:#04x} does not belong in this packet", code));
    }
    return reason;
}

Decoded<std::uint16_t> packet_id(FieldReader& in) {
    TRY(const auto id, in.u16());
    if (id == 0) {
        return broken("a packet identifier is 0");
    }
    return id;
}

Decoded<Properties> properties_of(FieldReader& in, Version version, PropertyPlace place) {
    return version == Version::v5 ? read_properties(in, place) : Decoded<Properties>{};
}

Decoded<Will> read_will(FieldReader& in, Version version, std::uint8_t flags) {
    Will will;
    TRY(will.qos, qos_from((flags >> 3U) & 3U));
    will.retain = (flags & 0x20U) != 0;
    TRY(will.properties, properties_of(in, version, PropertyPlace::will));
    TRY(will.topic, in.text());
    TRY(will.payload, in.binary());
    if (!is_topic_name(will.topic)) {
        return std::unexpected(Fault{Reason::topic_name_invalid, "the will's topic is not a topic name"});
    }
    return will;
}

Decoded<Packet> read_connect(FieldReader& in) {
    TRY(const auto protocol, in.text());
    if (protocol != "MQTT" && protocol != "MQIsdp") {
        return malformed("CONNECT does not say MQTT");
    }
    TRY(const auto level, in.u8());
    if (protocol != "MQTT" || (level != 4 && level != 5)) {
        return std::unexpected(Fault{Reason::unsupported_protocol_version,
                                     fmt::format("version {} of the protocol is not spoken", level)});
    }
    Connect connect{.version = static_cast<Version>(level)};
    TRY(const auto flags, in.u8());
    const bool has_will = (flags & will_flag) != 0;
    if ((flags & 1U) != 0 || (!has_will && (flags & 0x38U) != 0)) {
        return malformed("CONNECT has flags that are reserved, or a will's without a will");
    }
    if (connect.version == Version::v3_1_1 && (flags & password_flag) != 0 && (flags & username_flag) == 0) {
        return malformed("MQTT 3.1.1 has no password without a user name");
    }
    connect.clean_start = (flags & clean_flag) != 0;
    TRY(connect.keep_alive, in.u16());
    TRY(connect.properties, properties_of(in, connect.version, PropertyPlace::connect));
    if (connect.properties.has(PropertyId::authentication_data) &&
        !connect.properties.has(PropertyId::authentication_method)) {
        return broken("CONNECT has authentication data without a method");
    }
    TRY(connect.client_id, in.text());
    if (has_will) {
        TRY(connect.will, read_will(in, connect.version, flags));
    }
    if ((flags & username_flag) != 0) {
        TRY(connect.username, in.text());
    }
    if ((flags & password_flag) != 0) {
        TRY(connect.password, in.binary());
    }
    return connect;
}

Decoded<Packet> read_connack(FieldReader& in, Version version) {
    Connack connack;
    TRY(const auto flags, in.u8());
    TRY(const auto code, in.u8());
    if (flags > 1) {
        return malformed("CONNACK has flags that are reserved");
    }
    connack.session_present = flags == 1;
    if (version == Version::v5) {
        TRY(connack.reason, reason_for(PacketType::connack, code));
        TRY(connack.properties, read_properties(in, PropertyPlace::connack));
    } else {
        if (code > old_return_codes.size()) {
            return broken(fmt::format("there is no return code {}", code));
        }
        connack.reason = code == 0 ? Reason::success : old_return_codes.at(code - 1U);
    }
    if (connack.session_present && connack.reason != Reason::success) {
        return broken("CONNACK refuses and speaks of a session");
    }
    return connack;
}

Decoded<Packet> read_publish(FieldReader& in, Version version, std::uint8_t flags) {
    Publish publish{.dup = (flags & 8U) != 0, .retain = (flags & 1U) != 0};
    TRY(publish.qos, qos_from((flags >> 1U) & 3U));
    if (publish.dup && publish.qos == QoS::at_most_once) {
        return malformed("a PUBLISH of QoS 0 says that it is sent again");
    }
    TRY(publish.topic, in.text());
    if (publish.qos != QoS::at_most_once) {
        TRY(publish.packet_id, packet_id(in));
    }
    TRY(publish.properties, properties_of(in, version, PropertyPlace::publish));
    const bool aliased = publish.topic.empty() && publish.properties.has(PropertyId::topic_alias);
    if (publish.topic.empty() && !aliased && version == Version::v5) {
        return broken("PUBLISH has neither a topic nor an alias");
    }
    if (!aliased && !is_topic_name(publish.topic)) {
        return std::unexpected(Fault{Reason::topic_name_invalid, "the topic of a PUBLISH is not a topic name"});
    }
    publish.payload = in.rest();
    return publish;
}

Decoded<Packet> read_acknowledgement(FieldReader& in, Version version, PacketType type) {
    Acknowledgement ack{.type = type};
    TRY(ack.packet_id, packet_id(in));
    if (version == Version::v5 && in.remaining() > 0) {
        TRY(const auto code, in.u8());
        TRY(ack.reason, reason_for(type, code));
        if (in.remaining() > 0) {
            TRY(ack.properties, read_properties(in, PropertyPlace::acknowledgement));
        }
    }
    return ack;
}

Decoded<SubscriptionRequest> read_request(FieldReader& in, Version version) {
    SubscriptionRequest request;
    TRY(request.filter, in.text());
    TRY(const unsigned options, in.u8());
    TRY(request.qos, qos_from(options & 3U));
    if (version == Version::v3_1_1 ? options > 2 : (options & 0xC0U) != 0) {
        return malformed("the options of a subscription have bits that are reserved");
    }
    request.no_local = (options & 4U) != 0;
    request.retain_as_published = (options & 8U) != 0;
    const unsigned handling = (options >> 4U) & 3U;
    if (handling == 3) {
        return broken("there is no retain handling 3");
    }
    request.retain_handling = static_cast<RetainHandling>(handling);
    return request;
}

std::unexpected<Fault> too_many_filters() {
    return std::unexpected(Fault{Reason::quota_exceeded, "the packet has too many filters"});
}

Decoded<Packet> read_subscribe(FieldReader& in, Version version) {
    Subscribe subscribe;
    TRY(subscribe.packet_id, packet_id(in));
    TRY(subscribe.properties, properties_of(in, version, PropertyPlace::subscribe));
    while (in.remaining() > 0) {
        if (subscribe.requests.size() == filters_per_packet_max) {
            return too_many_filters();
        }
        TRY(auto request, read_request(in, version));
        subscribe.requests.push_back(std::move(request));
    }
    if (subscribe.requests.empty()) {
        return broken("SUBSCRIBE has no filter");
    }
    return subscribe;
}

/// SUBACK of MQTT 3.1.1 knows 0, 1, 2 and 0x80 (§3.9.3), and those mean the same in MQTT 5.
Decoded<std::vector<Reason>> read_reasons(FieldReader& in, Version version, PacketType type) {
    std::vector<Reason> reasons;
    while (in.remaining() > 0) {
        TRY(const auto code, in.u8());
        if (version == Version::v3_1_1 && code > 2 && code != 0x80) {
            return broken(fmt::format("SUBACK has no return code {}", code));
        }
        TRY(const auto reason, reason_for(type, code));
        reasons.push_back(reason);
    }
    return reasons;
}

Decoded<Packet> read_suback(FieldReader& in, Version version) {
    Suback suback;
    TRY(suback.packet_id, packet_id(in));
    TRY(suback.properties, properties_of(in, version, PropertyPlace::suback));
    TRY(suback.reasons, read_reasons(in, version, PacketType::suback));
    if (suback.reasons.empty()) {
        return broken("SUBACK has no reason");
    }
    return suback;
}

Decoded<Packet> read_unsubscribe(FieldReader& in, Version version) {
    Unsubscribe unsubscribe;
    TRY(unsubscribe.packet_id, packet_id(in));
    TRY(unsubscribe.properties, properties_of(in, version, PropertyPlace::unsubscribe));
    while (in.remaining() > 0) {
        if (unsubscribe.filters.size() == filters_per_packet_max) {
            return too_many_filters();
        }
        TRY(auto filter, in.text());
        unsubscribe.filters.push_back(std::move(filter));
    }
    if (unsubscribe.filters.empty()) {
        return broken("UNSUBSCRIBE has no filter");
    }
    return unsubscribe;
}

Decoded<Packet> read_unsuback(FieldReader& in, Version version) {
    Unsuback unsuback;
    TRY(unsuback.packet_id, packet_id(in));
    if (version == Version::v5) {
        TRY(unsuback.properties, read_properties(in, PropertyPlace::suback));
        TRY(unsuback.reasons, read_reasons(in, version, PacketType::unsuback));
        if (unsuback.reasons.empty()) {
            return broken("UNSUBACK has no reason");
        }
    }
    return unsuback;
}

template <typename T>
Decoded<Packet> read_reasoned(FieldReader& in, Version version, PacketType type, PropertyPlace place) {
    T packet;
    if (version == Version::v3_1_1) {
        return type == PacketType::auth ? broken("MQTT 3.1.1 has no AUTH") : Decoded<Packet>(packet);
    }
    if (in.remaining() > 0) {
        TRY(const auto code, in.u8());
        TRY(packet.reason, reason_for(type, code));
    }
    if (in.remaining() > 0) {
        TRY(packet.properties, read_properties(in, place));
    }
    return packet;
}

Decoded<Packet> read_body(FieldReader& in, PacketType type, std::uint8_t flags, Version version) {
    switch (type) {
        case PacketType::connect: return read_connect(in);
        case PacketType::connack: return read_connack(in, version);
        case PacketType::publish: return read_publish(in, version, flags);
        case PacketType::puback:
        case PacketType::pubrec:
        case PacketType::pubrel:
        case PacketType::pubcomp: return read_acknowledgement(in, version, type);
        case PacketType::subscribe: return read_subscribe(in, version);
        case PacketType::suback: return read_suback(in, version);
        case PacketType::unsubscribe: return read_unsubscribe(in, version);
        case PacketType::unsuback: return read_unsuback(in, version);
        case PacketType::pingreq: return Pingreq{};
        case PacketType::pingresp: return Pingresp{};
        case PacketType::disconnect: return read_reasoned<Disconnect>(in, version, type, PropertyPlace::disconnect);
        case PacketType::auth: return read_reasoned<Auth>(in, version, type, PropertyPlace::auth);
    }
    return malformed("there is no packet of type 0");
}

/// Writes the body of each packet; the header is put before it.
struct Writer {
    Version version;
    Bytes& out;
    bool new_form() const { return version == Version::v5; }

    void properties(const Properties& properties) const {
        if (new_form()) {
            write_properties(out, properties);
        }
    }

    void operator()(const Connect& packet) const;
    void operator()(const Connack& packet) const;
    void operator()(const Publish& packet) const;
    void operator()(const Acknowledgement& packet) const {
        write_u16(out, packet.packet_id);
        reasoned(packet.reason, packet.properties);
    }
    void operator()(const Subscribe& packet) const;
    void operator()(const Suback& packet) const {
        write_u16(out, packet.packet_id);
        properties(packet.properties);
        for (const Reason reason : packet.reasons) {
            write_u8(out, new_form() || !is_refusal(reason) ? static_cast<std::uint8_t>(reason) : 0x80);
        }
    }
    void operator()(const Unsubscribe& packet) const {
        write_u16(out, packet.packet_id);
        properties(packet.properties);
        for (const std::string& filter : packet.filters) {
            write_text(out, filter);
        }
    }
    void operator()(const Unsuback& packet) const {
        write_u16(out, packet.packet_id);
        properties(packet.properties);
        for (const Reason reason : packet.reasons) {
            if (new_form()) {
                write_u8(out, static_cast<std::uint8_t>(reason));
            }
        }
    }
    void operator()(const Pingreq&) const {}
    void operator()(const Pingresp&) const {}
    void operator()(const Disconnect& packet) const { reasoned(packet.reason, packet.properties); }
    void operator()(const Auth& packet) const { reasoned(packet.reason, packet.properties); }

    /// Success without properties says nothing (§3.4.2.1 and the like).
    void reasoned(Reason reason, const Properties& all) const {
        if (new_form() && (reason != Reason::success || !all.empty())) {
            write_u8(out, static_cast<std::uint8_t>(reason));
            if (!all.empty()) {
                write_properties(out, all);
            }
        }
    }
};

void Writer::operator()(const Connect& packet) const {
    write_text(out, "MQTT");
    write_u8(out, static_cast<std::uint8_t>(version));
    unsigned flags = packet.clean_start ? clean_flag : 0U;
    if (packet.will) {
        flags |= will_flag | static_cast<unsigned>(packet.will->qos) << 3U | (packet.will->retain ? 0x20U : 0U);
    }
    flags |= (packet.username ? username_flag : 0U) | (packet.password ? password_flag : 0U);
    write_u8(out, static_cast<std::uint8_t>(flags));
    write_u16(out, packet.keep_alive);
    properties(packet.properties);
    write_text(out, packet.client_id);
    if (packet.will) {
        properties(packet.will->properties);
        write_text(out, packet.will->topic);
        write_text(out, packet.will->payload);
    }
    if (packet.username) {
        write_text(out, *packet.username);
    }
    if (packet.password) {
        write_text(out, *packet.password);
    }
}

void Writer::operator()(const Connack& packet) const {
    write_u8(out, packet.session_present ? 1 : 0);
    if (new_form()) {
        write_u8(out, static_cast<std::uint8_t>(packet.reason));
        write_properties(out, packet.properties);
        return;
    }
    const auto* code = std::ranges::find(old_return_codes, packet.reason);
    const auto number = static_cast<std::uint8_t>(code - old_return_codes.begin() + 1);
    constexpr std::uint8_t server_unavailable = 3;
    write_u8(out, packet.reason == Reason::success ? 0 : code == old_return_codes.end() ? server_unavailable : number);
}

void Writer::operator()(const Publish& packet) const {
    write_text(out, packet.topic);
    if (packet.qos != QoS::at_most_once) {
        write_u16(out, packet.packet_id);
    }
    properties(packet.properties);
    write_raw(out, packet.payload);
}

void Writer::operator()(const Subscribe& packet) const {
    write_u16(out, packet.packet_id);
    properties(packet.properties);
    for (const SubscriptionRequest& request : packet.requests) {
        write_text(out, request.filter);
        unsigned options = static_cast<unsigned>(request.qos);
        if (new_form()) {
            options |= (request.no_local ? 4U : 0U) | (request.retain_as_published ? 8U : 0U) |
                       static_cast<unsigned>(request.retain_handling) << 4U;
        }
        write_u8(out, static_cast<std::uint8_t>(options));
    }
}

std::uint8_t flags_of(const Packet& packet) {
    if (const auto* publish = std::get_if<Publish>(&packet)) {
        return static_cast<std::uint8_t>((publish->dup ? 8U : 0U) | static_cast<unsigned>(publish->qos) << 1U |
                                         (publish->retain ? 1U : 0U));
    }
    const PacketType type = type_of(packet);
    return type == PacketType::pubrel || type == PacketType::subscribe || type == PacketType::unsubscribe ? 2 : 0;
}

}  // namespace

Decoded<std::optional<std::size_t>> packet_length(ByteView bytes, std::size_t bytes_max) {
    if (bytes.empty()) {
        return std::nullopt;
    }
    const auto first = std::to_integer<std::uint8_t>(bytes[0]);
    if (first >> 4U == 0 || !flags_fit(static_cast<PacketType>(first >> 4U), first & 0x0FU)) {
        return malformed(fmt::format("no packet begins with {:#04x}", first));
    }
    std::size_t length = 0;
    for (std::size_t i = 1; i < 5; ++i) {
        if (i == bytes.size()) {
            return std::nullopt;
        }
        const auto byte = std::to_integer<std::size_t>(bytes[i]);
        length |= (byte & 0x7FU) << (7 * (i - 1));
        if ((byte & 0x80U) == 0) {
            if (byte == 0 && i > 1) {
                return malformed("a packet's length is written with more bytes than it needs");
            }
            if (length + i + 1 > bytes_max) {
                return std::unexpected(Fault{Reason::packet_too_large, fmt::format("a packet of {} bytes; at most {} "
                                                                                   "are taken",
                                                                                   length + i + 1, bytes_max)});
            }
            return length + i + 1;
        }
    }
    return malformed("a packet's length has more than four bytes");
}

Decoded<Packet> decode(ByteView packet, Version version) {
    TRY(const auto length, packet_length(packet));
    check(length && *length == packet.size(), "decode() is given one whole packet");
    const auto first = std::to_integer<std::uint8_t>(packet[0]);
    std::size_t header = 2;
    while ((std::to_integer<unsigned>(packet[header - 1]) & 0x80U) != 0) {
        ++header;
    }
    FieldReader in(packet.subspan(header));
    TRY(auto read, read_body(in, static_cast<PacketType>(first >> 4U), first & 0x0FU, version));
    if (in.remaining() > 0) {
        return malformed("a packet has bytes after its end");
    }
    return read;
}

void encode(const Packet& packet, Version version, Bytes& out) {
    const auto first = static_cast<std::uint8_t>(static_cast<unsigned>(type_of(packet)) << 4U | flags_of(packet));
    // Nearly every packet is shorter than 128 bytes: its length has one byte, and the body is written in place.
    const std::size_t start = out.size();
    write_u8(out, first);
    write_u8(out, 0);
    std::visit(Writer{version, out}, packet);
    const std::size_t length = out.size() - start - 2;
    Bytes header;
    write_varint(header, static_cast<std::uint32_t>(length));
    out[start + 1] = header[0];
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(start) + 2, header.begin() + 1, header.end());
}

}  // namespace bypuls::mqtt
