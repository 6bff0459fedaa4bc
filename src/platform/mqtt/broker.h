#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/clock.h"
#include "core/random.h"
#include "platform/mqtt/connection.h"
#include "platform/mqtt/mailbox.h"
#include "platform/mqtt/message.h"
#include "platform/mqtt/ports.h"
#include "platform/mqtt/session.h"
#include "platform/mqtt/store.h"
#include "platform/mqtt/topics.h"

namespace bypuls::mqtt {

/// Why a message did not reach someone.
enum class Drop : std::uint8_t {
    slow_reader,  ///< QoS 0 and too much unsent
    queue_full,   ///< the oldest made room, or all queues together are full
    expired,
    too_large,    ///< for what the client said it takes
    not_taken,    ///< QoS 0 that the sink could not take now
    not_allowed,  ///< a publish that the key may not make
    count_,
};
std::string_view name_of(Drop drop);

/// A moment's reading. All but the first group only grow.
struct Counters {
    std::uint64_t connections = 0;
    std::uint64_t sessions = 0;
    std::uint64_t subscriptions = 0;
    std::uint64_t retained = 0;
    std::uint64_t queued_bytes = 0;
    std::uint64_t taking_bytes = 0;

    std::uint64_t connections_accepted = 0;
    std::uint64_t connections_refused = 0;    ///< not let in, whatever the reason
    std::array<std::uint64_t, 3> received{};  ///< publishes, by QoS
    std::array<std::uint64_t, 3> sent{};
    std::uint64_t duplicates = 0;  ///< QoS 2 publishes that had come before
    std::array<std::uint64_t, static_cast<std::size_t>(Drop::count_)> dropped{};
    std::uint64_t faults = 0;  ///< connections ended for what the client did
    std::uint64_t commit_failures = 0;
};
/// Prometheus text format 0.0.4.
void append_metrics(std::string& out, const Counters& counters);

/// Sessions, subscriptions, retained messages, and the way between them. No network and no clock of its own: one thread
/// calls it, except where said otherwise; in a test, the test does.
class Broker {
public:
    struct Parts {
        Gatekeeper& gatekeeper;
        std::vector<Sink*> sinks{};
        std::vector<Feed*> feeds{};
        Keeper* keeper = nullptr;  ///< null: nothing outlives the program
        const Clock& clock;
        Random& random;
        /// Called from any thread when there is something for run_posted().
        std::function<void()> wake = [] {};
    };

    Broker(Parts parts, Limits limits);
    ~Broker();
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;

    /// What outlived the last run; before the first accept().
    void restore(Kept kept);

    /// A new connection. The wire outlives it.
    std::unique_ptr<Connection> accept(Wire& wire, Peer peer);
    /// Deadlines, expiries, second attempts. Every 100 ms or so.
    void tick();
    /// What other threads have brought.
    void run_posted();
    /// Hands changes to the keeper. After each of the calls above and of Connection's.
    void flush();
    /// Nothing more is read; what is being taken is finished. True when nothing is left.
    bool wind_down();
    /// Ends every connection with server_shutting_down.
    void end_all();

    /// Publishes as the program itself. Thread-safe; delivered on the broker's thread, and refused without a word when
    /// the bounds of retained messages or queues say so (counted). `message.publisher` is left empty. With a `route`,
    /// to the subscriptions of a feed's view that have it, and to nobody else. False: too much waits to be delivered
    /// (Limits::publishing_bytes_max), and this was not taken.
    bool publish(Message message, std::string route = {});
    /// Feeds may come after the broker, before the first accept().
    void add_feed(Feed& feed) { parts_.feeds.push_back(&feed); }
    void add_sink(Sink& sink) { parts_.sinks.push_back(&sink); }
    /// As of the last tick. Thread-safe.
    Counters counters() const;

    const Limits& limits() const { return limits_; }

private:
    friend class Connection;
    struct Taking;
    /// The members of a shared subscription (§4.8.2), served in turn.
    struct Group {
        std::vector<Subscription*> members;
        std::size_t next = 0;
    };
    struct Target {
        Subscription* subscription = nullptr;
        Group* group = nullptr;
        friend bool operator==(const Target&, const Target&) = default;
    };
    using Work = Mailbox::Work;

    Connection* connection(std::uint64_t id);
    void count(Drop drop) { ++live_.dropped.at(static_cast<std::size_t>(drop)); }
    void show_counters();

    // Sessions: broker_sessions.cc.
    void authenticate(Connection& connection, Credentials credentials);
    /// The session for a CONNECT; the bool tells whether it was there.
    std::expected<std::pair<Session*, bool>, Fault> open_session(Connection& connection, const Connect& connect);
    std::expected<void, Fault> take_over(Session& session, const Principal& principal);
    void set_expiry(Session& session, const Principal& principal, std::uint32_t seconds);
    void leave(Connection& connection);
    void end_session(Session& session);
    void publish_will(Session& session);
    void tend_sessions();
    void tend_connections();

    // Subscriptions: broker_subscriptions.cc.
    std::expected<QoS, Fault> subscribe(Session& session, const Principal& principal,
                                        const SubscriptionRequest& request, std::uint32_t id);
    void judge_again(Session& session, const Principal& principal);
    Reason unsubscribe(Session& session, const std::string& filter);
    std::expected<Subscription, Fault> judge(Session& session, const Principal& principal,
                                             const SubscriptionRequest& request, std::uint32_t id);
    void enlist(Subscription& subscription);
    void delist(Subscription& subscription);

    // Taking in: broker_taking.cc.
    void take(Connection& connection, std::uint64_t ticket, Publish publish);
    void attempt(const std::shared_ptr<Taking>& taking);
    void taken(const std::shared_ptr<Taking>& taking, const Result<void>& result);
    void finish(const std::shared_ptr<Taking>& taking, Fault outcome);
    void settle(const Taking& taking, const Fault& outcome);
    void give_up(const Taking& taking, Errc why);
    void ended(const Taking& taking);
    Sink* sink_for(std::string_view topic) const;

    // Giving out: broker_delivery.cc.
    /// How many sessions it went to.
    std::size_t route(const MessagePtr& message) { return route(message, message->topic); }
    std::size_t route(const MessagePtr& message, std::string_view by);
    void deliver(Session& session, Outgoing outgoing);
    std::size_t deliver_merged(std::vector<Subscription*>& hits, const MessagePtr& message);
    static Subscription* member_of(Group& group);
    /// False: there is no room for it.
    bool retain(const MessagePtr& message);
    void drop_retained(const std::string& topic);
    void send_retained(const Subscription& subscription);
    void make_room(Session& session, std::size_t cost);
    void message_ended(Session& session, std::uint64_t number);

    // What is kept: broker_keeping.cc.
    void keep_session(const Session& session);
    void keep_message(Session& session, std::uint64_t number);
    void keep_received(const Session& session, std::uint16_t packet_id, bool received);
    bool keeps(const Session& session) const { return parts_.keeper != nullptr && session.is_durable(); }
    /// Runs `then` when every change so far is kept; at once when there is none.
    void after_commit(Work then);
    /// The same with the session, if it still lives by then; at once when it is not kept.
    void after_commit_of(Session& session, std::move_only_function<void(Session&)> then);
    void commit_ended(const Result<void>& result);

    Parts parts_;
    const Limits limits_;

    std::uint64_t last_connection_ = 0;
    std::unordered_map<std::uint64_t, Connection*> connections_;
    std::map<std::string, std::shared_ptr<Session>, std::less<>> sessions_;
    FilterTree<Target> filters_;
    std::map<std::string, Group, std::less<>> groups_;  // by "group/filter"
    std::map<std::string, MessagePtr, std::less<>> retained_;
    std::size_t retained_bytes_ = 0;
    std::size_t queued_bytes_ = 0;
    std::size_t taking_bytes_ = 0;
    std::vector<std::shared_ptr<Taking>> again_;  // to be tried again at the next tick
    std::vector<std::uint64_t> held_;             // connections that may read again when there is room
    std::size_t takings_ = 0;
    Stamps stamps_;
    bool winding_down_ = false;

    std::shared_ptr<Changes> changes_ = std::make_shared<Changes>();
    std::vector<Work> after_changes_;  // wait for changes_
    std::uint64_t changes_made_ = 0;
    std::uint64_t batch_ = 1;              // of changes_
    std::shared_ptr<Changes> committing_;  // null: none
    std::vector<Work> after_committing_;
    std::chrono::steady_clock::time_point commit_again_{};  // after a failure
    std::chrono::steady_clock::time_point next_tending_{};

    std::atomic<std::size_t> publishing_bytes_{0};  // of publish(), not yet delivered
    std::shared_ptr<Mailbox> mailbox_;              // what others hold to answer us, even when we are gone

    Counters live_;
    mutable std::mutex shown_mutex_;
    Counters shown_;
};

}  // namespace bypuls::mqtt
