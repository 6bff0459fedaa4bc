#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "platform/ingest/pipeline/projection.h"
#include "platform/notify/webhooks/outbox.h"

namespace bypuls::webhooks {

/// How a datastream is known to the public.
struct PublishedAs {
    std::string place;     ///< slug
    std::string property;  ///< "water_temperature"
    std::string unit;      ///< UCUM, "Cel"
};

struct FollowerOptions {
    /// `source` of the events: the town's own address.
    std::string source = "https://localhost";
    /// Older readings are history being brought in, not news.
    std::chrono::hours news_age_max{24};
};

/// Makes an event of every new published reading that somebody wants, and puts it into the outbox. Only what is
/// published leaves the house, so a webhook is one more reader of the public plane.
///
/// Events are gathered in memory and put together, so that a fast stream costs few transactions. They are in the outbox
/// before the journal lets go of their records: what could not be put is tried again before each settle, which waits
/// until it is. An event's id is made of its record's position, so that records applied again after a crash make no
/// second event. applied() on the pipeline's thread; the others from any.
class Follower final : public ingest::pipeline::Listener {
public:
    /// Nothing for a datastream that is not published.
    using Published = std::function<std::optional<PublishedAs>(DatastreamId)>;

    static Result<std::unique_ptr<Follower>> open(Outbox& outbox, Published published, FollowerOptions options);

    /// Sees new and changed subscriptions. To be called after a change and every now and then.
    Result<void> refresh();

    /// Puts what has been gathered. To be called every second or so.
    Result<void> flush();

    void applied(std::span<const observations::Arrival> arrivals, journal::Position position,
                 Instant received) override;
    Result<void> before_settle(journal::Position upto) override;
    /// What waits or was given up and tells of these readings is not sent any more.
    Result<void> removed(DatastreamId id, std::span<const Interval> intervals) override;

private:
    /// With so many gathered, applied() puts them itself, and so slows the pipeline rather than fill memory.
    static constexpr std::size_t gathered_max = 10'000;

    Follower(Outbox& outbox, Published published, FollowerOptions options, journal::Position put)
        : outbox_(outbox), published_(std::move(published)), options_(std::move(options)), put_(put) {}
    void gather(const observations::Arrival& arrival, const PublishedAs& as, journal::Position position,
                std::vector<NewMessage>& into, const std::vector<Subscription>& subscriptions) const;

    Outbox& outbox_;
    Published published_;
    FollowerOptions options_;
    std::mutex putting_;  // held over a whole put, so that one comes after another; taken before mutex_
    mutable std::mutex mutex_;
    journal::Position put_;                                           // up to which records are in the outbox
    std::vector<NewMessage> gathered_;                                // not yet in the outbox
    journal::Position gathered_upto_;                                 // the record of the newest of them
    std::shared_ptr<const std::vector<Subscription>> subscriptions_;  // never null
};

}  // namespace bypuls::webhooks
