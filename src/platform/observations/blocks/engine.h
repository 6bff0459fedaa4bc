#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "platform/observations/blocks/block_store.h"
#include "platform/observations/blocks/disk.h"
#include "platform/observations/blocks/hot.h"
#include "platform/observations/blocks/writer.h"

namespace bypuls::observations::blocks {

/// The store over blocks. How its parts stay together, also under load:
///
/// - append fills each datastream's `active` buffer. freeze turns them all into `frozen` ones; settle_frozen writes
///   these in one transaction, then drops them, while append goes on. Readers copy both buffers under the shard's lock,
///   begin a read transaction and ask it which settle it has seen; a buffer of that settle or an earlier one is in the
///   blocks already.
/// - append_mutex_ is held by append and freeze, settle_mutex_ by whoever writes to SQLite. Where both are taken,
///   settle_mutex_ is first; a shard's mutex comes after either and is never held while waiting for another.
class BlockStore final : public Store {
public:
    static Result<std::unique_ptr<Store>> open(const BlockOptions& options);

    Result<void> append(std::span<const Arrival> rows, journal::Position upto, std::span<Outcome> outcomes) override;
    bool wants_settle() const override { return hot_bytes_.load() >= options_.settle_bytes; }
    Result<void> freeze(journal::Position upto, std::span<Companion* const> companions) override;
    Result<void> settle_frozen(std::span<Companion* const> companions) override;
    journal::Position settled() const override { return {settled_.load()}; }

    std::optional<ResultType> type(DatastreamId id) const override;
    std::vector<DatastreamId> datastreams() const override;
    std::optional<Observation> latest(DatastreamId id) const override;
    std::optional<Observation> latest_usable(DatastreamId id) const override;
    std::uint64_t count(DatastreamId id) const override;
    std::uint64_t count() const override { return readings_.load(std::memory_order_relaxed); }
    Result<std::optional<Instant>> oldest(DatastreamId id) const override;

    Result<std::uint64_t> count(DatastreamId id, Interval interval) const override;
    Result<Bytes> fingerprint(DatastreamId id, Interval interval) const override;
    Result<Series> range(DatastreamId id, Interval interval, const RangeOptions& options) const override;
    Result<Aggregate> aggregate(DatastreamId id, Interval interval) const override;
    Result<std::vector<Bucket>> rollup(DatastreamId id, Interval interval, Step step) const override;
    Result<std::vector<Total>> totals(const Selection& selection, Interval interval) const override;
    Result<std::vector<Version>> versions(DatastreamId id, Instant time) const override;
    Result<std::uint64_t> remove_all(DatastreamId id, std::span<const Interval> intervals) override;
    Result<std::unique_ptr<Scan>> scan(const Selection& selection, Interval interval) const override;
    Result<bool> maintain() override;
    Statistics statistics() const override;

    explicit BlockStore(const BlockOptions& options);

    ~BlockStore() override;

private:
    struct Slow;  // what append works with

    /// Sixteen datastreams made one after another share a shard: their readings often come together.
    Shard& shard_of(DatastreamId id) const {
        return shards_[(static_cast<std::uint64_t>(id.value) / 16) % shard_count];
    }
    std::optional<Snapshot> snapshot(DatastreamId id, Interval interval, std::size_t limit, bool newest) const;
    Result<std::vector<StoredHead>> whole_heads();
    void note(const std::vector<Damage>& damaged) const;
    void note(const Header& header, const Error& error) const;

    // append.cc
    void find_states(std::span<const Arrival> rows);
    void fetch_ahead(std::size_t row) const;
    Result<Outcome> take(State& state, const Arrival& arrival, journal::Position upto);
    Result<Outcome> take_late(State& state, const Arrival& arrival, journal::Position upto);
    void put_late(State& state, const Observation& reading, std::optional<std::size_t> row);
    Outcome correct(State& state, const Arrival& arrival, const Observation& older, journal::Position upto);
    Result<std::optional<Observation>> find_on_disk(const State& state, DatastreamId id, Instant t);
    Active& active_of(State& state);
    Result<void> find_usable_again();
    bool was_removed(const Arrival& arrival, journal::Position upto) const;

    // settle.cc
    void freeze_all();
    struct Written {
        std::vector<DatastreamId> ids;
        std::vector<Shape> shapes;        // of each datastream, as are those lost
        std::vector<std::uint64_t> lost;  // readings in damaged blocks, which were put aside
        std::vector<Damage> damaged;
    };
    Result<void> write_frozen(DatastreamId id, Written& written);
    Result<void> write_rest(journal::Position upto, std::span<Companion* const> companions);
    Result<void> add_block_counts();
    void publish(const Written& written);
    bool should_merge(const Shape& shape) const;
    Result<bool> train_one_dictionary();
    Result<void> merge_some();
    Result<void> rewrite_head(StoredHead& stored);
    void lose(State& state, std::uint64_t readings);
    Result<std::uint64_t> write_removal(StoredHead& stored, std::span<const Interval> intervals, std::uint64_t on_disk);
    Result<std::uint64_t> forget_in_memory(DatastreamId id, std::span<const Interval> intervals, std::uint64_t on_disk);

    // fingerprint.cc
    Result<void> put_block(Bytes& out, const Walk& walk, Interval interval) const;

    // reads.cc
    struct Held;
    struct Part;
    static Held summed_up(DatastreamId id, Snapshot snapshot);
    Result<void> add_blocks(const Part& part, Interval interval, bool days_apart) const;
    Result<void> add_days(const Part& part, Reader& reader, Interval interval) const;
    Result<Aggregate> aggregate_rows(DatastreamId id, Interval interval) const;
    Result<void> add_block(const Header& header, ByteView bytes, Interval interval, Aggregate& into) const;
    Result<std::optional<Observation>> newest_usable(DatastreamId id) const;

    BlockOptions options_;
    mutable std::array<Shard, shard_count> shards_;
    mutable ReaderPool readers_;
    Dictionaries dictionaries_;

    std::mutex append_mutex_;
    std::uint64_t appended_ = 0;                // guarded by append_mutex_, as all of append's
    std::optional<std::uint64_t> frozen_upto_;  // what is frozen is complete up to this record, and waits to be written
    bool writing_ = false;                      // it is being written: only settle_frozen touches it
    std::vector<DatastreamId> frozen_ids_;      // sorted
    std::set<DatastreamId> removed_while_frozen_;  // what the freeze noted of their newest reading may be gone
    SettleNumber next_number_ = 1;
    std::unique_ptr<Slow> slow_;
    std::vector<Removal> removals_;
    mutable std::mutex versions_mutex_;
    std::vector<PendingVersion> active_versions_;
    std::vector<PendingVersion> frozen_versions_;
    SettleNumber frozen_versions_number_ = 0;
    SettleNumber active_versions_number_ = 1;

    std::mutex settle_mutex_;
    std::unique_ptr<Writer> writer_;  // guarded by settle_mutex_
    std::set<DatastreamId> to_merge_;
    bool checkpoint_due_ = false;

    std::atomic<std::uint64_t> settled_{0};
    std::atomic<std::uint64_t> readings_{0};  ///< of all heads
    std::atomic<std::uint64_t> hot_bytes_{0};
    std::atomic<std::uint64_t> frozen_bytes_{0};
    std::atomic<std::uint64_t> disk_generation_{0};
    std::atomic<std::int64_t> newest_day_{0};
    /// What datastreams() says, made again when it is asked and some have come or gone.
    mutable std::mutex named_mutex_;
    mutable std::vector<DatastreamId> named_;
    mutable std::atomic<bool> names_changed_{true};
    std::atomic<std::int64_t> blocks_{0};
    std::atomic<std::int64_t> day_blocks_{0};
    std::atomic<std::size_t> merges_waiting_{0};
    mutable std::mutex damage_mutex_;
    mutable std::vector<Damage> damaged_;
};

}  // namespace bypuls::observations::blocks
