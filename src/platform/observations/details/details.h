#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "platform/database/migrations.h"
#include "platform/observations/details/detail.h"
#include "platform/observations/store.h"

namespace bypuls::observations {

/// The key of an observation.
struct ObservationKey {
    DatastreamId datastream;
    Instant time{};
    friend auto operator<=>(const ObservationKey&, const ObservationKey&) = default;
};

/// Details of observations beside any store of them, for the few that have some. New ones wait in memory and are
/// written in the transaction that moves the journal's cursor, so that they are there exactly when their readings are.
///
/// Thread-safe: one puts, any number read. Reads see what waits too.
class Details final : public Companion {
public:
    struct Found {
        ObservationKey key;
        Detail detail;
        friend bool operator==(const Found&, const Found&) = default;
    };

    static const database::Component& schema();
    /// `database` is the one that the observation store settles into, migrated; null: everything stays in memory, for
    /// tests and for a store that is in memory itself.
    static std::unique_ptr<Details> open(database::Database* database);

    /// Replaces what was there; an empty detail takes it away.
    void put(ObservationKey key, const Detail& detail);
    /// Goes at once and for good. Errors are the database's; then nothing has gone.
    Result<void> remove(DatastreamId id, Interval interval);

    /// Nothing when the observation has none.
    Result<std::optional<Detail>> get(ObservationKey key) const;
    /// Of one datastream, by rising time.
    Result<std::vector<Found>> range(DatastreamId id, Interval interval) const;
    /// Observations whose sender named this feature, by key, at most `limit` (1 to 100 000) beyond `after`.
    Result<std::vector<Found>> of_feature(std::int64_t feature, std::optional<ObservationKey> after,
                                          std::size_t limit) const;
    /// Does this datastream have any? Lets readers of plain datastreams pass over range().
    Result<bool> any(DatastreamId id) const;

    Result<void> write(Transaction& transaction, journal::Position upto) override;
    /// After a settle that succeeded: what it wrote is no longer pending.
    void settled();
    /// Does so much wait that it is time to settle?
    bool wants_settle() const;

private:
    struct Pending {
        Detail detail;
        std::uint64_t number = 0;  ///< of the put, to tell what a settle has written from what came meanwhile
    };

    explicit Details(database::Database* database) : database_(database) {}
    std::map<ObservationKey, Detail> pending_between(ObservationKey first, ObservationKey last) const;
    Result<std::map<ObservationKey, Detail>> of_datastream(DatastreamId id, Interval interval, std::size_t limit) const;

    database::Database* database_;
    mutable std::mutex mutex_;
    std::map<ObservationKey, Pending> pending_;
    std::uint64_t puts_ = 0;
    std::uint64_t written_ = 0;  // puts up to here were in the last write()
};

}  // namespace bypuls::observations
