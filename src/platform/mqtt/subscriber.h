#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "platform/mqtt/codec.h"
#include "platform/mqtt/connection.h"
#include "platform/mqtt/mailbox.h"
#include "platform/mqtt/message.h"
#include "platform/mqtt/ports.h"

namespace bypuls::mqtt {

struct SubscriberOptions {
    /// Nothing: 5, and from then on 3.1.1 when the broker answers that it does not speak 5 (MQTT 3.1.1, §3.1.2.2).
    std::optional<Version> version{};
    /// The broker keeps our place under this name, so it must be ours alone and always the same.
    std::string client_id;
    std::optional<std::string> username{};
    std::optional<std::string> password{};
    std::vector<SubscriptionRequest> subscriptions;
    /// How long the broker is asked to keep what we have not taken, when we are away.
    std::chrono::seconds session_expiry = std::chrono::days{7};
    std::chrono::seconds keep_alive{30};
    /// CONNACK, SUBACK and PINGRESP; the connection is given up beyond.
    std::chrono::milliseconds answer_time_max{10'000};
    /// Publishes that may be on their way to us unacknowledged.
    std::uint16_t receive_max = 100;
    /// A larger packet ends the connection: the broker is told beforehand, in MQTT 5.
    std::size_t packet_bytes_max = 1U << 20U;
    /// How long to wait before a message that could not be taken is tried again.
    std::chrono::milliseconds retry_delay{500};
    /// In Arrival::sender: whose messages they are.
    std::string sender;
};

struct SubscriberStatus {
    bool subscribed = false;
    std::string trouble;  ///< why not, or what was refused; empty when all is well
    Version version = Version::v5;
    /// The least that the broker has granted to a subscription: it may be less than was asked for (§3.9.3).
    std::optional<QoS> granted{};
    std::uint64_t connections = 0;
    std::uint64_t taken = 0;       ///< acknowledged after the sink had them
    std::uint64_t refused = 0;     ///< acknowledged though the sink could not use them
    std::uint64_t duplicates = 0;  ///< QoS 2 that had been taken before
    std::uint64_t ignored = 0;     ///< topics that the sink does not take
};

/// The client's side of MQTT for one who only takes: connects without a clean start, subscribes, and acknowledges each
/// message when the sink has it. The rules without a network; one thread, except status().
class Subscriber final : public Listener {
public:
    /// `wake` is called from any thread when there is something for run_posted().
    Subscriber(SubscriberOptions options, Sink& sink, const Clock& clock, std::function<void()> wake);
    ~Subscriber() override;

    /// The network is there: says CONNECT.
    void start(Wire& wire);
    void received(ByteView bytes) override;
    void drained() override {}
    void lost() override;
    void tick();
    void run_posted() { mailbox_->run(); }
    /// Says DISCONNECT; what has not been acknowledged comes again.
    void leave();
    bool is_connected() const { return wire_ != nullptr; }
    /// The broker has granted what was asked for.
    bool is_subscribed() const { return state_ == State::subscribed; }

    /// Thread-safe.
    SubscriberStatus status() const;
    /// For the network: it could not even be reached.
    void note_trouble(std::string why);

private:
    using TimePoint = std::chrono::steady_clock::time_point;
    enum class State : std::uint8_t { away, connecting, subscribing, subscribed };
    struct Taking {
        Arrival arrival;
        std::uint32_t content = 0;
        std::uint64_t session = 0;
        std::optional<TimePoint> again;
    };
    struct Pending {
        std::uint16_t packet_id = 0;
        std::uint32_t content = 0;
        QoS qos = QoS::at_least_once;
        std::optional<Reason> reason;
    };

    void read_packets();
    Decoded<Packet> read(ByteView packet) const;
    void take(Packet packet);
    void take_connack(const Connack& connack);
    void take_suback(const Suback& suback);
    void take_publish(Publish publish);
    void attempt(const std::shared_ptr<Taking>& taking);
    void taken(const std::shared_ptr<Taking>& taking, const Result<void>& result);
    void flush_acknowledgements();
    /// Reads no more from a broker that sends more at once than it was asked to (MQTT 3.1.1 cannot be asked).
    void pace();
    void send(const Packet& packet);
    void give_up(std::string why);
    void count(std::uint64_t SubscriberStatus::* what);

    const SubscriberOptions options_;
    Sink& sink_;
    const Clock& clock_;
    std::shared_ptr<Mailbox> mailbox_;
    Version version_;
    Wire* wire_ = nullptr;
    State state_ = State::away;
    Bytes in_;
    bool reading_ = true;
    TimePoint last_sent_;
    std::optional<TimePoint> answer_due_;
    std::deque<Pending> pending_;  // in the order in which they are to be acknowledged
    std::vector<std::shared_ptr<Taking>> again_;
    std::uint64_t session_ = 0;  // grows when the broker has forgotten us
    // By packet identifier, with a checksum of topic and payload: there are brokers that give the identifier of a
    // message that still waits to another when the connection comes back (aedes does).
    std::map<std::uint16_t, std::uint32_t> taking_;  // QoS 2 given to the sink
    std::map<std::uint16_t, std::uint32_t> had_;     // QoS 2 taken, PUBREL not yet seen
    Stamps stamps_;
    mutable std::mutex status_mutex_;
    SubscriberStatus status_;
};

}  // namespace bypuls::mqtt
