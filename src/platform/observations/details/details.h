#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
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
/// Thread-safe: one puts and freezes, one settles beside it, any number read. Reads see what waits too.
class Details final : public Companion {
public:
    struct Found {
        ObservationKey key;
        Detail detail;
        friend bool operator==(const Found&, const Found&) = default;
    };

    /// What the details of a datastream say together.
    struct Spans {
        std::optional<Interval> results;        ///< first and last result time, both included
        std::optional<Instant> phenomenon_end;  ///< the last end of a phenomenon time that is a span
        friend bool operator==(const Spans&, const Spans&) = default;
    };
    /// A feature that senders have named, and for how many observations.
    struct Named {
        std::int64_t feature = 0;
        std::uint64_t observations = 0;
        friend bool operator==(const Named&, const Named&) = default;
    };
    enum class Role : std::uint8_t {
        keeper,  ///< the one that writes; knows by itself which datastreams have none
        reader,  ///< another process writes into the same file
    };

    static const database::Component& schema();
    /// `database` is the one that the observation store settles into, migrated; null: everything stays in memory, for
    /// tests and for a store that is in memory itself.
    static std::unique_ptr<Details> open(database::Database* database, Role role = Role::keeper);

    /// Replaces what was there; an empty detail takes it away.
    void put(ObservationKey key, const Detail& detail);
    /// `told` hears of each put() from now on, on its thread and after it. Before the first put.
    void follow(std::function<void(const Found&)> told) { told_ = std::move(told); }
    /// Goes at once and for good. Errors are the database's; then nothing has gone.
    Result<void> remove(DatastreamId id, Interval interval) { return remove(id, std::span(&interval, 1)); }
    Result<void> remove(DatastreamId id, std::span<const Interval> intervals);

    /// Nothing when the observation has none; Errc::damaged when the row does not hold its checksum. What is read of
    /// many leaves such rows out, names them in the log and counts them.
    Result<std::optional<Detail>> get(ObservationKey key) const;
    /// Of one datastream, by rising time.
    Result<std::vector<Found>> range(DatastreamId id, Interval interval) const;
    /// Observations whose sender named this feature, by key, at most `limit` (1 to 100 000) beyond `after`.
    Result<std::vector<Found>> of_feature(std::int64_t feature, std::optional<ObservationKey> after,
                                          std::size_t limit) const;
    /// Does this datastream have any? Lets readers of plain datastreams pass over range().
    Result<bool> any(DatastreamId id) const;
    /// From indexes, however many there are.
    Result<Spans> spans(DatastreamId id) const;
    /// The features that observations of the datastream name, at most `limit`, by rising id.
    Result<std::vector<Named>> features(DatastreamId id, std::size_t limit) const;
    Result<std::uint64_t> count(DatastreamId id) const;
    /// Reads every row that is written, for damaged() to tell of all: how many there are.
    Result<std::uint64_t> read_all() const;
    /// Rows that were found damaged and have been neither written anew nor removed since, a thousand at most.
    std::size_t damaged() const;
    /// Gives a thousand rows of before there were checksums theirs, in a transaction of its own: is more left? A
    /// damaged page among them is told once, and ends it until the next start. Of the keeper, from any thread.
    Result<bool> maintain();
    /// Sorted. Perhaps with some that have none any more.
    Result<std::vector<DatastreamId>> datastreams() const;

    void freeze() override;
    Result<void> write(Transaction& transaction, journal::Position upto) override;
    void settled() override;
    /// Does so much wait that it is time to settle?
    bool wants_settle() const;

private:
    struct Pending {
        Detail detail;
        std::uint64_t number = 0;  ///< of the put, to tell what a settle has written from what came meanwhile
    };

    Details(database::Database* database, Role role) : database_(database), role_(role) {}
    /// A time of a detail that has a column of its own, for an index.
    struct Column {
        std::string_view name;
        std::optional<Instant> Detail::* member;
    };
    std::optional<Instant> first_kept(soci::session& sql, const Column& column, std::string_view order, DatastreamId id,
                                      const std::map<ObservationKey, Detail>& waiting) const;
    void note_damaged(ObservationKey key, const Error& why) const;
    Result<long long> seal_some(ObservationKey& upto);
    static void seal(soci::session& sql, ObservationKey key, const std::string& body);
    Result<bool> may_have(DatastreamId id) const;
    Result<std::set<DatastreamId>> look() const;
    std::map<ObservationKey, Detail> waiting(DatastreamId id) const;
    Result<void> read_spans(DatastreamId id, const std::map<ObservationKey, Detail>& waiting, Spans& spans) const;
    Result<std::map<std::int64_t, std::uint64_t>> read_features(DatastreamId id,
                                                                const std::map<ObservationKey, Detail>& waiting) const;
    std::map<ObservationKey, Detail> pending_between(ObservationKey first, ObservationKey last) const;
    Result<std::map<ObservationKey, Detail>> of_datastream(DatastreamId id, Interval interval, std::size_t limit) const;

    database::Database* database_;
    Role role_;
    std::function<void(const Found&)> told_;
    mutable std::mutex mutex_;
    /// The keeper's: once it has looked, no datastream outside these has any.
    mutable std::set<DatastreamId> may_have_;
    mutable bool looked_ = false;
    std::map<ObservationKey, Pending> pending_;
    std::uint64_t puts_ = 0;
    std::uint64_t frozen_ = 0;  // puts up to here are for the next write()
    mutable std::set<ObservationKey> damaged_;
    // Rows of before there were checksums: those up to here have theirs.
    std::mutex sealing_;
    ObservationKey sealed_upto_{DatastreamId{INT64_MIN}, Instant::min()};
    bool all_sealed_ = false;
};

}  // namespace bypuls::observations
