#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/clock.h"
#include "platform/mqtt/ports.h"
#include "platform/mqtt/store.h"

namespace bypuls::mqtt {

class Connection;
class Session;

/// What a session has subscribed to.
struct Subscription {
    Session* session = nullptr;
    SubscriptionRequest request;
    std::uint32_t id = 0;                  ///< 0: none
    std::string group;                     ///< of a shared subscription
    std::string filter;                    ///< that topics are matched against: without the group, or a feed's route
    std::shared_ptr<const void> wanted{};  ///< tells a feed that somebody listens
};

/// A message of QoS 1 or 2 on its way to a client.
struct Outgoing {
    enum class State : std::uint8_t {
        waiting,   ///< not sent yet
        sent,      ///< PUBLISH was sent; PUBACK or PUBREC is awaited
        received,  ///< PUBREC has come; PUBREL goes out when that is kept
        released,  ///< PUBREL was sent; PUBCOMP is awaited
    };

    MessagePtr message;
    QoS qos = QoS::at_least_once;
    bool retain = false;
    std::vector<std::uint32_t> subscription_ids{};
    std::uint16_t packet_id = 0;
    State state = State::waiting;
    /// QoS 2 in a session that is kept: not sent before the store has it, so that a restart sends it as the same.
    bool is_kept = true;
    /// Was perhaps sent before a restart: goes out with DUP.
    bool is_repeat = false;
    /// The batch of changes in which the store first heard of it.
    std::uint64_t batch = 0;
};

/// One client's state (§4.1), as long as its session lives, connected or not: what is on its way in both directions.
/// Pure: no clock, no network. One thread.
class Session : public std::enable_shared_from_this<Session> {
public:
    Session(std::string client_id, std::string owner) : client_id_(std::move(client_id)), owner_(std::move(owner)) {}

    const std::string& client_id() const { return client_id_; }
    const std::string& owner() const { return owner_; }
    Grants grants{};  ///< as of its last connection

    // Outward: QoS 1 and 2 in the order in which they came.

    struct Bounds {
        std::size_t messages_max = 0;
        std::size_t bytes_max = 0;
    };
    /// The oldest of those that wait while there is no room for one more of this cost: to be removed first.
    std::optional<std::uint64_t> in_the_way(std::size_t cost, const Bounds& bounds) const;
    /// Its number.
    std::uint64_t add(Outgoing outgoing);
    /// As it was before a restart: waiting, or released.
    void restore(std::uint64_t number, Outgoing outgoing);
    Outgoing* find(std::uint64_t number);
    /// The next to send when fewer than `window` are on their way: it has a packet id now, and counts as sent. Nothing
    /// when none waits, the window is full, or the next one is not kept yet.
    std::optional<std::uint64_t> next(std::size_t window);
    /// Sent and not answered for good, in the order of sending: what a new connection must repeat (§4.4).
    std::vector<std::uint64_t> unanswered() const;

    /// Which one a PUBACK, a PUBCOMP, or a PUBREC that refuses, ends. Nothing for an unknown packet id.
    std::optional<std::uint64_t> ended_by(std::uint16_t packet_id, QoS qos) const;
    /// PUBREC: the number; nothing for an unknown packet id. The state is `received`, or was released before.
    std::optional<std::uint64_t> note_received(std::uint16_t packet_id);
    void remove(std::uint64_t number);

    std::size_t size() const { return outgoing_.size(); }
    std::size_t bytes() const { return bytes_; }

    // Inward: QoS 2 until PUBREL (§4.3.3).

    enum class Inward : std::uint8_t { unknown, taking, received };
    Inward inward(std::uint16_t packet_id) const;
    void set_inward(std::uint16_t packet_id, Inward state);

    // The rest is the broker's to set.

    std::map<std::string, Subscription> subscriptions{};  ///< by the filter as subscribed to
    Connection* connection = nullptr;                     ///< null: not connected
    std::uint32_t expiry = 0;                             ///< seconds; 0: ends with the connection
    std::optional<Instant> disconnected{};
    MessagePtr will{};
    std::uint32_t will_delay = 0;       ///< seconds
    std::optional<Instant> will_due{};  ///< the connection was lost
    bool is_durable() const { return expiry > 0; }

private:
    std::uint16_t free_packet_id();

    std::string client_id_;
    std::string owner_;
    std::map<std::uint64_t, Outgoing> outgoing_;
    std::unordered_map<std::uint16_t, std::uint64_t> by_packet_id_;
    std::uint64_t last_number_ = 0;
    std::uint64_t sent_up_to_ = 0;  // those above wait
    std::uint16_t last_packet_id_ = 0;
    std::size_t bytes_ = 0;
    std::map<std::uint16_t, Inward> inward_;
};

/// What a message costs in memory, roughly.
std::size_t cost_of(const Message& message);

}  // namespace bypuls::mqtt
