#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "platform/database/database.h"
#include "platform/database/migrations.h"
#include "platform/mqtt/ports.h"

namespace bypuls::mqtt {

struct KeptSession {
    std::string client_id;
    std::string owner;
    Grants grants{};
    std::uint32_t expiry = 0;             ///< seconds after the connection's end
    std::optional<Instant> disconnected;  ///< nothing: it was connected
    MessagePtr will;
    std::uint32_t will_delay = 0;  ///< seconds

    friend bool operator==(const KeptSession& a, const KeptSession& b);
};

struct KeptSubscription {
    SubscriptionRequest request;
    std::uint32_t id = 0;  ///< 0: none

    friend bool operator==(const KeptSubscription&, const KeptSubscription&) = default;
};

/// A message that waits for a client, or is on its way to it.
struct KeptMessage {
    MessagePtr message;
    QoS qos = QoS::at_least_once;
    bool retain = false;
    std::vector<std::uint32_t> subscription_ids;
    std::uint16_t packet_id = 0;  ///< 0: not sent yet
    bool released = false;        ///< QoS 2: the client has it, and was sent PUBREL

    friend bool operator==(const KeptMessage& a, const KeptMessage& b);
};

/// What outlives a restart: client id, then what belongs to it.
struct Kept {
    std::map<std::string, KeptSession> sessions;
    std::map<std::pair<std::string, std::string>, KeptSubscription> subscriptions;  ///< by filter
    std::map<std::pair<std::string, std::uint64_t>, KeptMessage> messages;          ///< in the order of sending
    std::set<std::pair<std::string, std::uint16_t>> received;  ///< QoS 2: packet ids whose PUBREL has not come
    std::map<std::string, MessagePtr> retained;
};

/// Changes that belong together. What is made and taken back before it was written leaves nothing.
struct Changes {
    std::set<std::string> removed_sessions;  ///< with all that is theirs; before everything below
    std::map<std::string, KeptSession> sessions;
    std::map<std::pair<std::string, std::string>, std::optional<KeptSubscription>> subscriptions;
    std::map<std::pair<std::string, std::uint64_t>, std::optional<KeptMessage>> messages;
    std::map<std::pair<std::string, std::uint16_t>, bool> received;
    std::map<std::string, MessagePtr> retained;  ///< null: removed

    bool empty() const {
        return removed_sessions.empty() && sessions.empty() && subscriptions.empty() && messages.empty() &&
               received.empty() && retained.empty();
    }
    void remove_session(const std::string& client_id);
    /// Puts `later` on top of these.
    void merge(Changes later);
};

/// What must be kept so that sessions and retained messages outlive a restart. Blocks; one thread at a time.
class Store {
public:
    virtual ~Store() = default;
    virtual Result<Kept> load() = 0;
    /// All or nothing, on disk when it returns.
    virtual Result<void> apply(const Changes& changes) = 0;
};

/// The tables, for database::migrate().
database::Component mqtt_component();
/// `database` has been migrated and outlives the store.
std::unique_ptr<Store> make_relational_store(database::Database& database);

/// Applies changes without holding up the broker. One commit at a time.
class Keeper {
public:
    using Done = std::move_only_function<void(Result<void>)>;

    virtual ~Keeper() = default;
    /// `done` is called once, from any thread. The changes outlive the call of it.
    virtual void commit(std::shared_ptr<const Changes> changes, Done done) = 0;
};
/// On a thread of its own, joined by the destructor after the last commit.
std::unique_ptr<Keeper> make_keeper(Store& store);

}  // namespace bypuls::mqtt
