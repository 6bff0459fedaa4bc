#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/mqtt/packets.h"

/// What the broker asks of those around it: who may in, where publishes go, who else publishes.
namespace bypuls::mqtt {

/// An application message on its way to subscribers: shared by all of them, never changed.
struct Message {
    std::string topic;
    std::string payload;
    QoS qos = QoS::at_most_once;
    bool retain = false;
    /// Those that go on to subscribers (§3.3.2.3): format, content type, response topic, correlation, user properties.
    Properties properties{};
    std::string publisher{};           ///< client id; empty: the program itself
    Instant expires = Instant::max();  ///< not sent after this

    friend bool operator==(const Message&, const Message&) = default;
};
using MessagePtr = std::shared_ptr<const Message>;

/// What a CONNECT brings to say who is asking.
struct Credentials {
    std::string client_id;
    std::optional<std::string> username;
    std::optional<std::string> password;
    std::string address;  ///< of the network peer
    bool tls = false;
};

/// What a client may do with the town's data, for sinks and feeds whose topics alone do not tell.
struct Grants {
    bool read = false;     ///< also what is not public
    bool observe = false;  ///< add observations
    bool change = false;   ///< everything

    friend bool operator==(const Grants&, const Grants&) = default;
};

/// Who a client is, and what it may do.
struct Principal {
    std::string owner;                   ///< stable: "key:12". Another owner may not take over a session
    std::string name;                    ///< for people and the journal
    std::vector<std::string> publish;    ///< filters of topics that it may publish to
    std::vector<std::string> subscribe;  ///< filters that cover what it may subscribe to
    bool may_keep_session = true;        ///< false: its session ends with its connection
    Grants grants{};

    friend bool operator==(const Principal&, const Principal&) = default;
};

/// Do the principal's filters cover this one, shared or not?
bool may_subscribe(const Principal& principal, std::string_view filter);

class Gatekeeper {
public:
    using Answer = std::move_only_function<void(std::expected<Principal, Fault>)>;

    virtual ~Gatekeeper() = default;
    /// Answers once, from any thread, at once or later; the client waits, and nothing more of it is read. A Fault's
    /// reason must be one that CONNACK may carry.
    virtual void authenticate(Credentials credentials, Answer answer) = 0;
    /// Asked every few seconds on the broker's thread; false ends the connection: the key was revoked. Must not block.
    virtual bool still_admits(const Principal& principal) const = 0;
};

/// A publish that a sink is to take.
struct Arrival {
    MessagePtr message;
    std::string sender;           ///< the principal's name
    Grants grants{};              ///< the principal's
    std::uint16_t packet_id = 0;  ///< 0: QoS 0
    bool redelivered = false;     ///< DUP: the client may have sent it before
    Instant received{};           ///< the same for every attempt
};

/// Takes publishes to topics of its own into the town. Its word is what PUBACK and PUBREC stand for.
class Sink {
public:
    using Done = std::move_only_function<void(Result<void>)>;

    virtual ~Sink() = default;
    /// On the broker's thread; must not block.
    virtual bool takes(std::string_view topic) const = 0;
    /// `done` is called once, from any thread:
    ///  - success: it is on disk. The client is acknowledged, then subscribers of the topic get it
    ///  - malformed: sending it again will not help; acknowledged all the same, in MQTT 5 with payload_format_invalid
    ///    and the error's sentence
    ///  - forbidden, not_found, conflict: acknowledged with not_authorized, topic_name_invalid, or
    ///    implementation_specific_error, and the sentence
    ///  - anything else: not now. It is tried again for a while; then the client is disconnected without an
    ///    acknowledgement and keeps its message
    virtual void take(const Arrival& arrival, Done done) = 0;
    /// Do subscribers of the topic get the publish as it came, and is it retained if the client asks for it? No: what
    /// becomes of it is told by a feed.
    virtual bool passes_on() const { return true; }
};

/// A part of the town that publishes what is wanted, such as `v1.1/Datastreams(1)/Observations?$filter=result gt 5`. It
/// judges subscriptions to what is its own. On the broker's thread.
class Feed {
public:
    /// How a subscription is served.
    struct View {
        /// What reaches it: publishes by this route (Broker::publish) and no others. No topic of a client when it
        /// begins with U+0000.
        std::string route;
        /// Let go when the subscription ends, so that the feed knows what is still wanted.
        std::shared_ptr<const void> wanted;
    };

    virtual ~Feed() = default;
    /// Nothing: not one of the feed's. Else the feed says whether the principal may have it, whose `subscribe` it heeds
    /// (may_subscribe), and a Fault's reason is one that SUBACK may carry. Asked again whenever a session is resumed.
    /// `filter` may not be a valid topic filter. Must not block.
    virtual std::optional<std::expected<View, Fault>> look(const Principal& principal, std::string_view filter) = 0;
};

/// Bounds of what strangers may make the broker hold. Each says what happens at the limit.
struct Limits {
    /// Newcomers beyond are turned away before CONNECT, after the one that has been silent longest before its own
    /// CONNECT was let go.
    std::size_t connections_max = 16'384;
    /// From the first byte to a whole CONNECT, and for being let in; closed beyond.
    std::chrono::milliseconds connect_time_max{10'000};
    /// DISCONNECT packet_too_large beyond.
    std::size_t packet_bytes_max = 1U << 20U;
    /// Publishes of QoS 1 and 2 from one client that are not yet acknowledged. MQTT 5: DISCONNECT
    /// receive_maximum_exceeded; 3.1.1, which cannot be told: nothing more is read until some are.
    std::uint16_t receive_max = 256;
    /// Publishes being taken, from all clients together: nothing more is read from those who send.
    std::size_t taking_bytes_max = 64U << 20U;
    /// Publishes of the program itself that wait to be delivered; Broker::publish refuses beyond.
    std::size_t publishing_bytes_max = 16U << 20U;
    /// A publish that cannot be taken now is tried again this long; then DISCONNECT quota_exceeded, unacknowledged.
    std::chrono::milliseconds take_time_max{20'000};
    /// Publishes of QoS 1 and 2 on their way to one client at once; fewer when it asks for fewer.
    std::uint16_t send_max = 128;
    /// Waiting for one client; the oldest that was not yet sent is dropped beyond, and counted.
    std::size_t queue_messages_max = 1'000;  ///< 60 000 at most
    std::size_t queue_bytes_max = 4U << 20U;
    /// Waiting for all clients together: nothing more is queued, and counted as dropped.
    std::size_t queues_bytes_max = 256U << 20U;
    /// Unsent bytes on a connection above which QoS 0 is dropped and QoS 1 and 2 wait in the queue.
    std::size_t unsent_bytes_max = 256U << 10U;
    /// A connection with unsent bytes that takes none for this long is closed.
    std::chrono::milliseconds send_time_max{30'000};
    /// With and without a connection; CONNACK quota_exceeded beyond.
    std::size_t sessions_max = 100'000;
    /// A session that asks for longer is kept this long.
    std::chrono::seconds session_expiry_max = std::chrono::days{7};
    /// SUBACK quota_exceeded beyond.
    std::size_t subscriptions_per_session_max = 1'000;
    /// Beyond, a message is delivered but not retained: PUBACK quota_exceeded.
    std::size_t retained_messages_max = 100'000;
    std::size_t retained_bytes_max = 64U << 20U;
    /// Topics that a client may shorten to a number.
    std::uint16_t topic_aliases_max = 32;
    std::size_t client_id_bytes_max = 256;
};

}  // namespace bypuls::mqtt
