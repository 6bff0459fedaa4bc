#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "platform/observations/columns.h"
#include "platform/observations/store.h"

/// What is in memory: the newest readings of each datastream, not yet in a block, and what is known about its whole.
namespace bypuls::observations::blocks {

/// Which attempt to settle will move a buffer to disk. A reader whose transaction shows that this attempt, or a later
/// one, has committed must not count the buffer again.
using SettleNumber = std::int64_t;

/// Where a datastream's readings lie on disk: month blocks before `merged_upto`, day blocks from there on.
struct Shape {
    Instant merged_upto = earliest_time;
    std::int64_t fresh_from = 0;  ///< first UTC day (since 1970) with day blocks
    std::int64_t fresh_to = -1;   ///< last one; before fresh_from when there are none

    bool has_days() const { return fresh_from <= fresh_to; }
    friend bool operator==(const Shape&, const Shape&) = default;
};

/// What is answered without looking.
struct Head {
    ResultType type = ResultType::number;
    std::uint64_t count = 0;
    Observation latest;
    std::optional<Observation> usable;
};

struct Late {
    Value value;
    Quality quality;
    bool corrects = false;  ///< replaces a reading that lies further down
};

/// Where new readings go.
struct Active {
    SettleNumber number = 0;
    Columns rows;                  ///< those that came in order, or nearly
    std::map<Instant, Late> late;  ///< the others
    std::size_t corrections = 0;   ///< how many of `late` replace a reading that lies further down
};

/// What a settle is moving to disk. Readers still see it here until that has committed.
struct Frozen {
    SettleNumber number = 0;
    Columns rows;
    std::vector<Instant> corrections;  ///< the rows that replace a reading on disk
    Head head;                         ///< as of the freeze: what disk will hold
};

struct State {
    Head head;
    Shape shape;
    std::uint64_t on_disk = 0;         ///< readings in blocks
    Instant disk_end = earliest_time;  ///< no block has a later reading; there need be none at this time
    /// Of all readings, once somebody has asked.
    mutable std::optional<Instant> oldest;
    std::unique_ptr<Active> active;
    std::unique_ptr<Frozen> frozen;
};

/// Some datastreams under one lock. Many shards, so that readers and the writer seldom meet.
struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<DatastreamId, State> states;
};

constexpr std::size_t shard_count = 256;

/// What memory held of one datastream when a read began.
struct Snapshot {
    Head head;
    Shape shape;
    Columns frozen;
    Columns active;
    SettleNumber frozen_number = 0;
    SettleNumber active_number = 0;
    bool frozen_corrects = false;  ///< some of the rows replace readings on disk
    bool active_corrects = false;

    bool corrects() const { return frozen_corrects || active_corrects; }

    /// Forgets what disk has by now, and widens the shape to where it has gone.
    void settle_upto(SettleNumber on_disk);
    /// Both together.
    Columns rows() const;
};

std::int64_t day_of(Instant t);
Instant start_of(std::int64_t day);

/// At most `limit` rows of each buffer from one end of the interval. The caller holds the shard's lock.
Snapshot snapshot_of(const State& state, Interval interval, std::size_t limit, bool newest);

/// Moves the active rows under the frozen ones, which exist only after a failed settle.
void freeze(State& state, SettleNumber number);

/// Removes rows of the intervals from both buffers: how many were readings of their own and not corrections.
std::uint64_t remove_hot(State& state, std::span<const Interval> intervals);

/// How many readings of their own the buffers hold.
std::uint64_t own_rows(const State& state);

/// The current reading of an instant if memory has it.
std::optional<Observation> find_hot(const State& state, Instant t);

/// Bytes that a reading takes in memory, about.
std::size_t cost_of(const Value& value, bool late);

}  // namespace bypuls::observations::blocks
