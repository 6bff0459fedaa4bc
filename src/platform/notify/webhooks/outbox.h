#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/database/database.h"
#include "platform/database/migrations.h"
#include "platform/journal/journal.h"
#include "platform/notify/webhooks/subscription.h"

namespace bypuls::webhooks {

using MessageId = Id<struct WebhookMessageTag>;

struct NewMessage {
    SubscriptionId subscription{};
    std::string event_id;  ///< the same for the same event, whenever it is put again
    std::string body;      ///< a CloudEvent
    DatastreamId datastream{};
    Instant time{};  ///< of the reading that it tells of
};

/// Why a message was not received.
struct Failure {
    /// What programs and translations go by: "answered" (with a status that does not say received), or the name_of()
    /// what http::fetch failed with; empty on messages that failed before this was kept.
    std::string reason;
    int status = 0;         ///< what the target answered; 0: it did not
    std::string what = {};  ///< a sentence in English; no secret and no body

    friend bool operator==(const Failure&, const Failure&) = default;
};

/// One event on its way to one target.
struct Message {
    MessageId id{};
    SubscriptionId subscription{};
    std::string event_id;
    std::string body;
    Instant created{};
    Instant next_attempt{};
    int attempts = 0;      ///< that have failed
    Failure failure = {};  ///< of the last attempt
};

/// One time that a message was sent, or tried.
struct Attempt {
    std::string event_id;
    Instant at{};
    int status = 0;                                 ///< what the target answered; 0: it did not
    std::optional<Failure> failure = std::nullopt;  ///< nothing: it was received
};
constexpr std::size_t attempts_kept = 20;  ///< of one subscription; older ones are forgotten

struct OutboxOptions {
    bool plain_http = false;
    /// Waiting messages of one subscription; one more is refused and counted in Subscription::refused, so that a target
    /// that is down for weeks costs a bounded amount of disk. At one message an hour for each of 100 streams, four
    /// days.
    std::size_t waiting_max = 10'000;
    /// Dead letters are forgotten after this.
    std::chrono::days dead_kept{30};
};

/// Subscriptions and their messages, on either engine. What was put is on disk when put() returns, together with the
/// journal's position up to which events have been made, so that a restart makes each event once and loses none.
/// Everything blocks; thread-safe.
class Outbox {
public:
    static database::Component component();

    /// Both outlive the outbox. The component has been migrated.
    Outbox(database::Database& database, const Clock& clock, OutboxOptions options = {})
        : database_(database), clock_(clock), options_(options) {}

    /// Errc::malformed as validate(); exhausted beyond subscriptions_max.
    Result<SubscriptionId> subscribe(const NewSubscription& subscription);
    /// With its messages. Errc::not_found.
    Result<void> unsubscribe(SubscriptionId id);
    /// A subscription that is not active keeps what waits, and is sent nothing. Errc::not_found.
    Result<void> set_active(SubscriptionId id, bool active);
    /// By rising id.
    Result<std::vector<Subscription>> subscriptions();

    /// Up to which of the journal's records events have been made.
    Result<journal::Position> position();
    /// Adds the messages and moves the position, as one. A message that is there already gets the new body; those of
    /// subscriptions that are gone are passed over. Nothing at all happens when the position is not beyond the one that
    /// is kept.
    Result<void> put(std::span<const NewMessage> messages, journal::Position upto);

    /// The oldest waiting message of every active subscription whose time has come, at most `limit`, longest due first.
    /// One message of a target at a time keeps their order.
    Result<std::vector<Message>> due(std::size_t limit);
    /// Until when due() will have nothing; nothing when there is nothing to wait for.
    Result<std::optional<Instant>> next_due();

    /// What became of an attempt. A message that is gone is passed over.
    Result<void> delivered(MessageId id, int status);
    Result<void> put_off(MessageId id, Instant next_attempt, const Failure& failure);
    Result<void> give_up(MessageId id, const Failure& failure);
    /// The last attempts, newest first.
    Result<std::vector<Attempt>> attempts(SubscriptionId subscription);

    /// Oldest first, at most `limit`.
    Result<std::vector<Message>> dead_letters(SubscriptionId subscription, std::size_t limit);
    /// A dead letter waits again, with all its attempts before it. Errc::not_found.
    Result<void> revive(MessageId id);
    /// Removes all that tells of readings which have been deleted: waiting, dead, and that it was ever sent. How many
    /// messages.
    Result<std::size_t> forget(DatastreamId datastream, std::span<const Interval> intervals);
    /// Removes dead letters older than OutboxOptions::dead_kept. How many.
    Result<std::size_t> forget_dead();

private:
    database::Database& database_;
    const Clock& clock_;
    OutboxOptions options_;
};

}  // namespace bypuls::webhooks
