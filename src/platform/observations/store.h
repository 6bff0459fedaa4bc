#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/result.h"
#include "platform/journal/journal.h"
#include "platform/observations/columns.h"
#include "platform/observations/observation.h"
#include "platform/observations/rollup.h"

namespace bypuls::observations {

/// A database transaction that the store has open, lent to others who keep rows beside the observations. The SQL is
/// what SQLite and PostgreSQL both understand, with values as $1, $2, …
class Transaction {
public:
    using Bound = std::variant<std::monostate, std::int64_t, double, std::string_view, ByteView>;
    using Row = std::span<const Bound>;

    virtual ~Transaction() = default;
    virtual Result<void> execute(std::string_view sql, std::span<const Bound> values = {}) = 0;
    /// Calls `visit` for each row; the row's text and bytes live until it returns.
    virtual Result<void> query(std::string_view sql, std::span<const Bound> values,
                               const std::function<void(Row)>& visit) = 0;
};

/// Whoever must have rows written in the very transaction that moves the journal's cursor: dead letters, frame
/// counters, other projections.
class Companion {
public:
    virtual ~Companion() = default;
    /// What there is now, and no more, belongs to the records up to the cursor: the next write() writes it, together
    /// with what an earlier one could not. Called by Store::freeze.
    virtual void freeze() {}
    /// Called once in each settle, by its thread. A failure rolls everything back: readings stay in memory and the
    /// cursor where it was.
    virtual Result<void> write(Transaction& transaction, journal::Position upto) = 0;
    /// What write() wrote is on disk.
    virtual void settled() {}
};

enum class Order : std::uint8_t { oldest_first, newest_first };

struct RangeOptions {
    Order order = Order::oldest_first;
    std::size_t limit = 100'000;
    /// The key of paging: the time of the last row seen. Rows beyond it in `order` follow.
    std::optional<Instant> after;
};

/// A page of readings, in the order that was asked for.
struct Series {
    Columns columns;
    bool more = false;              ///< the limit was reached and rows follow
    std::vector<Interval> damaged;  ///< spans whose stored bytes failed their checksum; their readings are missing here
};

/// An older value of an instant that was corrected.
struct Version {
    Observation observation;
    journal::Position replaced_by;  ///< where in the journal the correction came from
};

/// Which datastreams: those named, or all.
struct Selection {
    std::optional<std::vector<DatastreamId>> ids;

    static Selection all() { return {}; }
    static Selection of(std::vector<DatastreamId> wanted) { return {std::move(wanted)}; }
};

struct Total {
    DatastreamId datastream;
    Aggregate values;
    friend bool operator==(const Total&, const Total&) = default;
};

/// Stored bytes that fail their checksum or do not decode. Never served.
struct Damage {
    DatastreamId datastream;
    Interval span;  ///< from the first reading to just after the last, as the block's header says
    std::string what;
};

struct Statistics {
    std::uint64_t datastreams = 0;
    std::uint64_t readings = 0;
    std::uint64_t readings_in_memory = 0;
    std::uint64_t bytes_in_memory = 0;
    std::uint64_t blocks = 0;
    std::uint64_t blocks_to_merge = 0;  ///< small ones that maintain() will put together
    std::uint64_t bytes_on_disk = 0;
    std::vector<Damage> damaged;  ///< found so far, at most 1 000
};

/// A walk through many datastreams: by id, then oldest first. One thread at a time; any number of walks side by side.
class Scan {
public:
    virtual ~Scan() = default;
    /// The next run of rows, all of one datastream, or nothing at the end. The spans live until the next call.
    virtual Result<std::optional<ColumnView>> next() = 0;
    /// What had to be left out so far.
    virtual std::span<const Damage> damaged() const = 0;
};

/// Keeps what the sensors saw, over the journal: newest readings in memory, older ones where they last.
///
/// Writing the same instant of a datastream again with the same value changes nothing, so everything may be sent
/// again; another value is a correction, and the older is kept as a version. The store does not read the journal.
/// After opening it, the pipeline appends again what the journal holds from settled() + 1 on.
///
/// Thread-safe: any number of readers beside one who writes. append, freeze and remove exclude one another, as do
/// settle_frozen and remove; append goes on beside settle_frozen. Readers wait for none of them longer than a row
/// takes. A reader sees each reading once, also while it settles. Errc::unavailable when the storage cannot be reached,
/// Errc::exhausted when the disk is full.
class Store {
public:
    virtual ~Store() = default;

    /// Takes in rows that came from the journal's record at `upto`, and says for each what became of it.
    /// `outcomes` is as long as `rows`. Errc::exhausted when memory is full: nothing was taken in; settle, then append
    /// the same again (alone too much: once nothing waits). Errc::conflict when `upto` is not after settled(), nor
    /// after what is frozen.
    virtual Result<void> append(std::span<const Arrival> rows, journal::Position upto, std::span<Outcome> outcomes) = 0;

    /// Is so much in memory that it is time to settle?
    virtual bool wants_settle() const = 0;

    /// The first half of a settle, which is quick: what has been appended so far, and what the companions have, is what
    /// the next settle_frozen() moves. `upto` is a record all of whose rows have been appended: Errc::conflict when it
    /// lies before the last append, or while a settle_frozen() is under way.
    virtual Result<void> freeze(journal::Position upto, std::span<Companion* const> companions) = 0;
    /// The second half, from any thread: moves what is frozen from memory to where it lasts and writes the cursor and
    /// what the companions keep, in one transaction; the journal may be cut up to the cursor afterwards. `companions`
    /// are those of the freeze. After a failure nothing has changed on disk, and a freeze() must come before the next
    /// attempt, as it must before the first: Errc::conflict.
    virtual Result<void> settle_frozen(std::span<Companion* const> companions) = 0;
    /// Both.
    Result<void> settle(journal::Position upto, std::span<Companion* const> companions = {}) {
        TRY_DO(freeze(upto, companions));
        return settle_frozen(companions);
    }
    /// The cursor of the last settle.
    virtual journal::Position settled() const = 0;

    virtual std::optional<ResultType> type(DatastreamId id) const = 0;
    /// Sorted.
    virtual std::vector<DatastreamId> datastreams() const = 0;

    /// Newest reading by its own time, from memory.
    virtual std::optional<Observation> latest(DatastreamId id) const = 0;
    /// Newest reading that is usable, from memory.
    virtual std::optional<Observation> latest_usable(DatastreamId id) const = 0;
    /// All readings, from memory.
    virtual std::uint64_t count(DatastreamId id) const = 0;
    /// All readings of all datastreams: a running total, as quick as a look at one datastream.
    virtual std::uint64_t count() const = 0;
    /// The time of the oldest reading, usable or not.
    virtual Result<std::optional<Instant>> oldest(DatastreamId id) const {
        TRY(const Series first, range(id, {earliest_time, latest_time}, {.limit = 1}));
        return first.columns.empty() ? std::nullopt : std::optional(first.columns.times.front());
    }

    /// All readings in the interval, usable or not.
    virtual Result<std::uint64_t> count(DatastreamId id, Interval interval) const = 0;
    /// Bytes by which the readings of the interval are known: others as soon as one of them is new, corrected, marked
    /// or removed, and the same after a restart. That they move on disk may give others too, so unlike ones prove
    /// nothing. Blocks tell theirs without being opened.
    virtual Result<Bytes> fingerprint(DatastreamId id, Interval interval) const;
    virtual Result<Series> range(DatastreamId id, Interval interval, const RangeOptions& options = {}) const = 0;
    /// Errc::damaged when a block in the interval cannot be read: half a sum is no sum.
    virtual Result<Aggregate> aggregate(DatastreamId id, Interval interval) const = 0;
    /// Steps that a damaged block touches are left out; statistics() names it.
    virtual Result<std::vector<Bucket>> rollup(DatastreamId id, Interval interval, Step step) const = 0;
    /// One aggregate for each datastream that has usable readings there, by id. Months are quickest.
    virtual Result<std::vector<Total>> totals(const Selection& selection, Interval interval) const = 0;

    /// Older values of one instant, oldest first; empty when it was never corrected.
    virtual Result<std::vector<Version>> versions(DatastreamId id, Instant time) const = 0;

    /// Deletes readings and their versions for good: returns how many readings. Holds at once and after a crash too:
    /// rows of the interval that the journal replays from before the removal are rejected with Refusal::removed.
    Result<std::uint64_t> remove(DatastreamId id, Interval interval) {
        return interval.empty() ? Result<std::uint64_t>(0) : remove_all(id, {&interval, 1});
    }
    /// The same for many intervals, by rising time and apart: all go together, or none when it fails.
    virtual Result<std::uint64_t> remove_all(DatastreamId id, std::span<const Interval> intervals) = 0;

    virtual Result<std::unique_ptr<Scan>> scan(const Selection& selection, Interval interval) const = 0;

    /// A bounded piece of housekeeping, such as merging small blocks: returns whether more is left. Safe to leave off
    /// anywhere and to call from any thread.
    virtual Result<bool> maintain() = 0;

    virtual Statistics statistics() const = 0;
};

}  // namespace bypuls::observations
