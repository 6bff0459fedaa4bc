#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// The packets of MQTT 3.1.1 and MQTT 5.0 (OASIS) as values. Section numbers are those of MQTT 5.0.
namespace bypuls::mqtt {

enum class Version : std::uint8_t { v3_1_1 = 4, v5 = 5 };

/// §4.3. Ordered: the smaller of two is what both sides can do.
enum class QoS : std::uint8_t { at_most_once = 0, at_least_once = 1, exactly_once = 2 };

/// §2.1.2: the high four bits of a packet.
enum class PacketType : std::uint8_t {
    connect = 1,
    connack,
    publish,
    puback,
    pubrec,
    pubrel,
    pubcomp,
    subscribe,
    suback,
    unsubscribe,
    unsuback,
    pingreq,
    pingresp,
    disconnect,
    auth,
};

/// §2.4. `success` is also "granted QoS 0" and "normal disconnection". From 0x80 on it is a refusal.
enum class Reason : std::uint8_t {
    success = 0x00,
    granted_qos_1 = 0x01,
    granted_qos_2 = 0x02,
    disconnect_with_will = 0x04,
    no_matching_subscribers = 0x10,
    no_subscription_existed = 0x11,
    continue_authentication = 0x18,
    reauthenticate = 0x19,
    unspecified_error = 0x80,
    malformed_packet = 0x81,
    protocol_error = 0x82,
    implementation_specific_error = 0x83,
    unsupported_protocol_version = 0x84,
    client_identifier_not_valid = 0x85,
    bad_user_name_or_password = 0x86,
    not_authorized = 0x87,
    server_unavailable = 0x88,
    server_busy = 0x89,
    banned = 0x8A,
    server_shutting_down = 0x8B,
    bad_authentication_method = 0x8C,
    keep_alive_timeout = 0x8D,
    session_taken_over = 0x8E,
    topic_filter_invalid = 0x8F,
    topic_name_invalid = 0x90,
    packet_identifier_in_use = 0x91,
    packet_identifier_not_found = 0x92,
    receive_maximum_exceeded = 0x93,
    topic_alias_invalid = 0x94,
    packet_too_large = 0x95,
    message_rate_too_high = 0x96,
    quota_exceeded = 0x97,
    administrative_action = 0x98,
    payload_format_invalid = 0x99,
    retain_not_supported = 0x9A,
    qos_not_supported = 0x9B,
    use_another_server = 0x9C,
    server_moved = 0x9D,
    shared_subscriptions_not_supported = 0x9E,
    connection_rate_exceeded = 0x9F,
    maximum_connect_time = 0xA0,
    subscription_identifiers_not_supported = 0xA1,
    wildcard_subscriptions_not_supported = 0xA2,
};
/// "quota exceeded", as the standard names it; "unknown" for a number that it does not.
std::string_view name_of(Reason reason);
constexpr bool is_refusal(Reason reason) {
    return static_cast<std::uint8_t>(reason) >= 0x80;
}
/// May a packet of this type carry the reason?
bool may_carry(PacketType type, Reason reason);

/// What the other side did wrong, in the terms in which it is told.
struct Fault {
    Reason reason = Reason::malformed_packet;
    std::string what{};  ///< one English sentence

    friend bool operator==(const Fault&, const Fault&) = default;
};

/// §2.2.2.2.
enum class PropertyId : std::uint8_t {
    payload_format = 0x01,
    message_expiry = 0x02,  ///< seconds
    content_type = 0x03,
    response_topic = 0x08,
    correlation_data = 0x09,
    subscription_id = 0x0B,
    session_expiry = 0x11,  ///< seconds; session_never_expires: never
    assigned_client_id = 0x12,
    server_keep_alive = 0x13,  ///< seconds
    authentication_method = 0x15,
    authentication_data = 0x16,
    request_problem_information = 0x17,
    will_delay = 0x18,  ///< seconds
    request_response_information = 0x19,
    response_information = 0x1A,
    server_reference = 0x1C,
    reason_string = 0x1F,
    receive_maximum = 0x21,
    topic_alias_maximum = 0x22,
    topic_alias = 0x23,
    maximum_qos = 0x24,
    retain_available = 0x25,
    user_property = 0x26,
    maximum_packet_size = 0x27,
    wildcard_subscription_available = 0x28,
    subscription_identifier_available = 0x29,
    shared_subscription_available = 0x2A,
};
inline constexpr std::uint32_t session_never_expires = 0xFFFFFFFF;

/// One property: a number, a text, or for user properties a name (`text`) and a `value`.
struct Property {
    PropertyId id{};
    std::uint32_t number = 0;
    std::string text{};
    std::string value{};

    friend bool operator==(const Property&, const Property&) = default;
};

/// The properties of a packet in the order sent. MQTT 3.1.1 has none.
class Properties {
public:
    bool empty() const { return all_.empty(); }
    const std::vector<Property>& all() const { return all_; }
    bool has(PropertyId id) const { return find(id) != nullptr; }
    /// Of the first with this id.
    std::optional<std::uint32_t> number(PropertyId id) const;
    std::optional<std::string_view> text(PropertyId id) const;

    void add(Property property) { all_.push_back(std::move(property)); }
    void set(PropertyId id, std::uint32_t number);
    void set(PropertyId id, std::string_view text);
    void add_user(std::string_view name, std::string_view value);
    void remove(PropertyId id);

    friend bool operator==(const Properties&, const Properties&) = default;

private:
    const Property* find(PropertyId id) const;
    std::vector<Property> all_;
};

/// §3.1.3.2: what is to be published when the client is lost.
struct Will {
    std::string topic;
    std::string payload;
    QoS qos = QoS::at_most_once;
    bool retain = false;
    Properties properties{};

    friend bool operator==(const Will&, const Will&) = default;
};

struct Connect {
    Version version = Version::v5;
    bool clean_start = true;
    std::uint16_t keep_alive = 0;  ///< seconds; 0: none
    std::string client_id;
    std::optional<Will> will;
    std::optional<std::string> username;
    std::optional<std::string> password;
    Properties properties{};

    friend bool operator==(const Connect&, const Connect&) = default;
};

struct Connack {
    bool session_present = false;
    Reason reason = Reason::success;
    Properties properties{};

    friend bool operator==(const Connack&, const Connack&) = default;
};

struct Publish {
    bool dup = false;
    QoS qos = QoS::at_most_once;
    bool retain = false;
    std::string topic;            ///< empty when a topic alias stands for it
    std::uint16_t packet_id = 0;  ///< 0 with QoS 0, never 0 otherwise
    std::string payload;
    Properties properties{};

    friend bool operator==(const Publish&, const Publish&) = default;
};

/// PUBACK, PUBREC, PUBREL and PUBCOMP, which differ in nothing but their type.
struct Acknowledgement {
    PacketType type = PacketType::puback;
    std::uint16_t packet_id = 0;
    Reason reason = Reason::success;
    Properties properties{};

    friend bool operator==(const Acknowledgement&, const Acknowledgement&) = default;
};

/// §3.8.3.1: which retained messages a new subscription is sent.
enum class RetainHandling : std::uint8_t { send = 0, send_if_new = 1, do_not_send = 2 };

struct SubscriptionRequest {
    std::string filter;
    QoS qos = QoS::at_most_once;
    bool no_local = false;
    bool retain_as_published = false;
    RetainHandling retain_handling = RetainHandling::send;

    friend bool operator==(const SubscriptionRequest&, const SubscriptionRequest&) = default;
};

struct Subscribe {
    std::uint16_t packet_id = 0;
    std::vector<SubscriptionRequest> requests;
    Properties properties{};

    friend bool operator==(const Subscribe&, const Subscribe&) = default;
};

struct Suback {
    std::uint16_t packet_id = 0;
    std::vector<Reason> reasons;
    Properties properties{};

    friend bool operator==(const Suback&, const Suback&) = default;
};

struct Unsubscribe {
    std::uint16_t packet_id = 0;
    std::vector<std::string> filters;
    Properties properties{};

    friend bool operator==(const Unsubscribe&, const Unsubscribe&) = default;
};

struct Unsuback {
    std::uint16_t packet_id = 0;
    std::vector<Reason> reasons;  ///< none in MQTT 3.1.1
    Properties properties{};

    friend bool operator==(const Unsuback&, const Unsuback&) = default;
};

struct Pingreq {
    friend bool operator==(const Pingreq&, const Pingreq&) = default;
};
struct Pingresp {
    friend bool operator==(const Pingresp&, const Pingresp&) = default;
};

struct Disconnect {
    Reason reason = Reason::success;
    Properties properties{};

    friend bool operator==(const Disconnect&, const Disconnect&) = default;
};

struct Auth {
    Reason reason = Reason::success;
    Properties properties{};

    friend bool operator==(const Auth&, const Auth&) = default;
};

using Packet = std::variant<Connect, Connack, Publish, Acknowledgement, Subscribe, Suback, Unsubscribe, Unsuback,
                            Pingreq, Pingresp, Disconnect, Auth>;
PacketType type_of(const Packet& packet);

}  // namespace bypuls::mqtt
