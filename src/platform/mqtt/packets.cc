#include "platform/mqtt/packets.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace bypuls::mqtt {
namespace {

constexpr std::uint16_t mask(std::initializer_list<PacketType> types) {
    std::uint16_t bits = 0;
    for (const PacketType type : types) {
        bits = static_cast<std::uint16_t>(bits | (1U << static_cast<unsigned>(type)));
    }
    return bits;
}

using enum PacketType;
constexpr std::uint16_t first_acks = mask({puback, pubrec});
constexpr std::uint16_t last_acks = mask({pubrel, pubcomp});
constexpr std::uint16_t answers = mask({connack, puback, pubrec, suback, unsuback, disconnect});

struct Row {
    Reason reason;
    std::string_view name;
    std::uint16_t packets;
};

// §2.4, table 2-6.
constexpr std::array<Row, 43> rows{{
    {Reason::success, "success", mask({connack, puback, pubrec, pubrel, pubcomp, suback, unsuback, auth, disconnect})},
    {Reason::granted_qos_1, "granted QoS 1", mask({suback})},
    {Reason::granted_qos_2, "granted QoS 2", mask({suback})},
    {Reason::disconnect_with_will, "disconnect with will message", mask({disconnect})},
    {Reason::no_matching_subscribers, "no matching subscribers", first_acks},
    {Reason::no_subscription_existed, "no subscription existed", mask({unsuback})},
    {Reason::continue_authentication, "continue authentication", mask({auth})},
    {Reason::reauthenticate, "re-authenticate", mask({auth})},
    {Reason::unspecified_error, "unspecified error", answers},
    {Reason::malformed_packet, "malformed packet", mask({connack, disconnect})},
    {Reason::protocol_error, "protocol error", mask({connack, disconnect})},
    {Reason::implementation_specific_error, "implementation specific error", answers},
    {Reason::unsupported_protocol_version, "unsupported protocol version", mask({connack})},
    {Reason::client_identifier_not_valid, "client identifier not valid", mask({connack})},
    {Reason::bad_user_name_or_password, "bad user name or password", mask({connack})},
    {Reason::not_authorized, "not authorized", answers},
    {Reason::server_unavailable, "server unavailable", mask({connack})},
    {Reason::server_busy, "server busy", mask({connack, disconnect})},
    {Reason::banned, "banned", mask({connack})},
    {Reason::server_shutting_down, "server shutting down", mask({disconnect})},
    {Reason::bad_authentication_method, "bad authentication method", mask({connack, disconnect})},
    {Reason::keep_alive_timeout, "keep alive timeout", mask({disconnect})},
    {Reason::session_taken_over, "session taken over", mask({disconnect})},
    {Reason::topic_filter_invalid, "topic filter invalid", mask({suback, unsuback, disconnect})},
    {Reason::topic_name_invalid, "topic name invalid", mask({connack, puback, pubrec, disconnect})},
    {Reason::packet_identifier_in_use, "packet identifier in use", mask({puback, pubrec, suback, unsuback})},
    {Reason::packet_identifier_not_found, "packet identifier not found", last_acks},
    {Reason::receive_maximum_exceeded, "receive maximum exceeded", mask({disconnect})},
    {Reason::topic_alias_invalid, "topic alias invalid", mask({disconnect})},
    {Reason::packet_too_large, "packet too large", mask({connack, disconnect})},
    {Reason::message_rate_too_high, "message rate too high", mask({disconnect})},
    {Reason::quota_exceeded, "quota exceeded", mask({connack, puback, pubrec, suback, disconnect})},
    {Reason::administrative_action, "administrative action", mask({disconnect})},
    {Reason::payload_format_invalid, "payload format invalid", mask({connack, puback, pubrec, disconnect})},
    {Reason::retain_not_supported, "retain not supported", mask({connack, disconnect})},
    {Reason::qos_not_supported, "QoS not supported", mask({connack, disconnect})},
    {Reason::use_another_server, "use another server", mask({connack, disconnect})},
    {Reason::server_moved, "server moved", mask({connack, disconnect})},
    {Reason::shared_subscriptions_not_supported, "shared subscriptions not supported", mask({suback, disconnect})},
    {Reason::connection_rate_exceeded, "connection rate exceeded", mask({connack, disconnect})},
    {Reason::maximum_connect_time, "maximum connect time", mask({disconnect})},
    {Reason::subscription_identifiers_not_supported, "subscription identifiers not supported",
     mask({suback, disconnect})},
    {Reason::wildcard_subscriptions_not_supported, "wildcard subscriptions not supported", mask({suback, disconnect})},
}};

const Row* row_of(Reason reason) {
    const auto* found = std::ranges::find(rows, reason, &Row::reason);
    return found == rows.end() ? nullptr : found;
}

}  // namespace

std::string_view name_of(Reason reason) {
    const Row* row = row_of(reason);
    return row == nullptr ? "unknown" : row->name;
}

bool may_carry(PacketType type, Reason reason) {
    if (reason == Reason::success) {
        return type != connect && type != publish && type != subscribe && type != unsubscribe;
    }
    const Row* row = row_of(reason);
    return row != nullptr && (row->packets & (1U << static_cast<unsigned>(type))) != 0;
}

const Property* Properties::find(PropertyId id) const {
    const auto found = std::ranges::find(all_, id, &Property::id);
    return found == all_.end() ? nullptr : &*found;
}

std::optional<std::uint32_t> Properties::number(PropertyId id) const {
    const Property* property = find(id);
    return property == nullptr ? std::nullopt : std::optional(property->number);
}

std::optional<std::string_view> Properties::text(PropertyId id) const {
    const Property* property = find(id);
    return property == nullptr ? std::nullopt : std::optional<std::string_view>(property->text);
}

void Properties::set(PropertyId id, std::uint32_t number) {
    remove(id);
    all_.push_back({.id = id, .number = number});
}

void Properties::set(PropertyId id, std::string_view text) {
    remove(id);
    all_.push_back({.id = id, .text = std::string(text)});
}

void Properties::add_user(std::string_view name, std::string_view value) {
    all_.push_back({.id = PropertyId::user_property, .text = std::string(name), .value = std::string(value)});
}

void Properties::remove(PropertyId id) {
    std::erase_if(all_, [id](const Property& property) { return property.id == id; });
}

PacketType type_of(const Packet& packet) {
    struct Visitor {
        PacketType operator()(const Connect&) const { return connect; }
        PacketType operator()(const Connack&) const { return connack; }
        PacketType operator()(const Publish&) const { return publish; }
        PacketType operator()(const Acknowledgement& ack) const { return ack.type; }
        PacketType operator()(const Subscribe&) const { return subscribe; }
        PacketType operator()(const Suback&) const { return suback; }
        PacketType operator()(const Unsubscribe&) const { return unsubscribe; }
        PacketType operator()(const Unsuback&) const { return unsuback; }
        PacketType operator()(const Pingreq&) const { return pingreq; }
        PacketType operator()(const Pingresp&) const { return pingresp; }
        PacketType operator()(const Disconnect&) const { return disconnect; }
        PacketType operator()(const Auth&) const { return auth; }
    };
    return std::visit(Visitor{}, packet);
}

}  // namespace bypuls::mqtt
