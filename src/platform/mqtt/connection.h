#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "platform/mqtt/codec.h"
#include "platform/mqtt/ports.h"
#include "platform/mqtt/session.h"

namespace bypuls::mqtt {

class Broker;
/// The network under a connection. Called on the broker's thread; nothing here waits.
class Wire {
public:
    virtual ~Wire() = default;
    /// Takes all of it, to be sent in order.
    virtual void send(ByteView bytes) = 0;
    /// Taken and not yet sent.
    virtual std::size_t unsent() const = 0;
    /// False: what comes stays in the network until true.
    virtual void set_reading(bool wanted) = 0;
    /// Sends what it has, within the wire's own deadline, and ends. Connection::lost() follows, later.
    virtual void close() = 0;
};

/// Who hears what comes over a wire. After lost() the wire is not used any more.
class Listener {
public:
    virtual ~Listener() = default;
    virtual void received(ByteView bytes) = 0;
    /// Everything that was sent has gone.
    virtual void drained() = 0;
    virtual void lost() = 0;
};

struct Peer {
    std::string address;
    bool tls = false;
};

/// One network connection from accept to close: the protocol's rules in the order of packets. Made by Broker::accept().
class Connection final : public Listener {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    Connection(Broker& broker, Wire& wire, Peer peer, std::uint64_t id);
    ~Connection() override;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // From the network.

    /// What has come. Reads packets as long as it may; the rest waits inside.
    void received(ByteView bytes) override;
    /// The network has taken everything that was sent.
    void drained() override;
    /// The network is gone. The wire is not used any more.
    void lost() override;

    // From the broker.

    std::uint64_t id() const { return id_; }
    Session* session() const { return session_; }
    Session* release_session() { return std::exchange(session_, nullptr); }
    const Principal& principal() const { return principal_; }
    TimePoint deadline() const { return deadline_; }
    /// The deadline has passed.
    void expire();
    void admitted(std::expected<Principal, Fault> answer);
    /// Tells the client, where that is possible, and ends the connection.
    void end(const Fault& fault);
    /// A message of QoS 0, or one for a view. Dropped when the client is too slow.
    void send_now(const Outgoing& outgoing);
    /// Sends what waits in the session as far as the client's window goes.
    void pump();
    /// What became of a publish.
    void settle(std::uint64_t ticket, const Fault& outcome);
    /// The same for QoS 2, whose packet id outlives the connection that it came on.
    void settle_exactly_once(std::uint16_t packet_id, const Fault& outcome);
    void send(const Packet& packet);
    /// The same with a sentence, for clients that want one and as far as they take packets.
    template <typename Answer>
    void send(Answer answer, std::string_view why);
    /// Holds back reading while the broker has too much to take, and goes on.
    void hold();
    void go_on();
    /// Something else that reading depends on has changed.
    void look_again();
    bool is_open() const { return state_ == State::open; }

private:
    enum class State : std::uint8_t { waiting, authenticating, open, closed };
    enum class Sent : bool { no, yes };
    /// A publish of QoS 1 or 2 that is being taken. Acknowledgements go out in the order of the publishes (§4.6).
    struct Pending {
        std::uint16_t packet_id = 0;
        QoS qos = QoS::at_least_once;
        std::optional<Fault> outcome;  ///< nothing: not yet
    };

    void read_packets();
    bool may_read() const;
    void take(Packet packet);
    void take_connect(Connect connect);
    void take_publish(Publish publish);
    void take_acknowledgement(const Acknowledgement& ack);
    void take_pubrel(const Acknowledgement& ack);
    void take_subscribe(const Subscribe& subscribe);
    void take_unsubscribe(const Unsubscribe& unsubscribe);
    void take_disconnect(const Disconnect& disconnect);
    Decoded<void> resolve_alias(Publish& publish);
    Decoded<void> check_connect(const Connect& connect) const;
    Connack greeting(bool session_present) const;
    void resume();
    /// No: it has expired, or is larger than the client takes; counted.
    Sent send_publish(const Outgoing& outgoing, bool again);
    std::optional<Publish> publish_for(const Outgoing& outgoing) const;
    void shorten_topic(Publish& publish);
    void flush_acknowledgements();
    void acknowledge(const Pending& pending);
    void refuse_connect(const Fault& fault);
    void close();
    void rest_deadline();

    Broker& broker_;
    Wire& wire_;
    const Peer peer_;
    const std::uint64_t id_;
    State state_ = State::waiting;
    Version version_ = Version::v3_1_1;
    Bytes in_;  // the beginning of a packet that has not come whole, or what waits while nothing may be read
    TimePoint deadline_;
    std::chrono::milliseconds keep_alive_{0};  // with the grace of §3.1.2.10; 0: none
    Connect connect_;                          // until the client is let in
    Principal principal_;
    Session* session_ = nullptr;
    std::deque<Pending> pending_;
    std::uint64_t first_ticket_ = 1;  // of pending_'s first
    bool resumed_ = false;            // the session was there when this connection began
    std::uint32_t publishes_ = 0;     // of QoS 1 and 2 on this connection
    std::size_t unreleased_ = 0;      // QoS 2: PUBREC sent here, PUBREL not yet come
    bool held_ = false;
    bool reading_ = true;
    bool in_read_packets_ = false;
    std::size_t send_max_ = 0;
    std::size_t packet_bytes_max_ = packet_bytes_limit;  // that the client takes
    bool wants_problems_ = true;                         // reason strings
    std::uint16_t aliases_out_max_ = 0;
    std::unordered_map<std::string, std::uint16_t> aliases_out_;
    std::unordered_map<std::uint16_t, std::string> aliases_in_;
};

}  // namespace bypuls::mqtt
