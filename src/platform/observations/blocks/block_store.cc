#include "platform/observations/blocks/block_store.h"

#include <algorithm>
#include <filesystem>

#include "core/log.h"
#include "core/time/iso8601.h"
#include "platform/observations/blocks/slow.h"

namespace bypuls::observations {

Result<std::unique_ptr<Store>> open_block_store(const BlockOptions& options) {
    return blocks::BlockStore::open(options);
}

namespace blocks {

namespace {

constexpr std::size_t damage_listed_max = 1'000;  // more are counted by nobody: the file is past saving

}  // namespace

BlockStore::BlockStore(const BlockOptions& options)
    : options_(options), readers_(options.path, options.readers_max, options.cache_bytes_per_reader) {}

BlockStore::~BlockStore() = default;

Result<std::unique_ptr<Store>> BlockStore::open(const BlockOptions& options) {
    auto out = std::make_unique<BlockStore>(options);
    TRY(out->writer_, Writer::open(options.path, out->dictionaries_, options.compression_level));
    out->slow_ = std::make_unique<Slow>();
    TRY(out->slow_->reader, Reader::open(options.path, 1U << 20U));
    Writer& writer = *out->writer_;
    TRY(const std::int64_t cursor, writer.meta(Meta::cursor));
    TRY(const std::int64_t number, writer.meta(Meta::settle_number));
    TRY(const std::int64_t blocks, writer.meta(Meta::blocks));
    TRY(const std::int64_t day_blocks, writer.meta(Meta::day_blocks));
    TRY(out->removals_, writer.removals());
    TRY(auto heads, out->whole_heads());
    out->settled_ = static_cast<std::uint64_t>(cursor);
    out->appended_ = out->settled_;
    out->next_number_ = number + 1;
    out->active_versions_number_ = number + 1;
    out->blocks_ = blocks;
    out->day_blocks_ = day_blocks;
    for (const StoredHead& stored : heads) {
        out->newest_day_ = std::max(out->newest_day_.load(), day_of(stored.head.latest.time));
    }
    for (StoredHead& stored : heads) {
        if (out->should_merge(stored.shape)) {
            out->to_merge_.insert(stored.id);
        }
        State& state = out->shard_of(stored.id).states[stored.id];
        out->readings_ += stored.head.count;
        state.on_disk = stored.head.count;
        state.disk_end = stored.head.latest.time;
        state.shape = stored.shape;
        state.head = std::move(stored.head);
    }
    out->merges_waiting_ = out->to_merge_.size();
    return out;
}

/// The rows beside the blocks as they should be, mended where they were damaged.
Result<std::vector<StoredHead>> BlockStore::whole_heads() {
    TRY(auto heads, writer_->heads());
    if (heads.damaged.empty()) {
        return std::move(heads.whole);
    }
    if (!options_.mend) {
        for (const DatastreamId id : heads.damaged) {
            damaged_.push_back({id, {earliest_time, latest_time}, "the row with its newest readings is damaged"});
        }
        return std::move(heads.whole);
    }
    const auto mend = [&]() -> Result<std::vector<DatastreamId>> {
        TRY_DO(writer_->begin());
        TRY(auto mended, writer_->mend_heads());
        TRY_DO(writer_->commit());
        return mended;
    };
    const auto mended = mend();
    if (!mended) {
        writer_->rollback();
        return std::unexpected(mended.error());
    }
    for (const DatastreamId id : *mended) {
        log::warning("observations", "a datastream's newest readings were damaged and are read from its blocks again",
                     {{"file", options_.path}, {"datastream", std::to_string(id.value)}});
    }
    TRY(heads, writer_->heads());
    return std::move(heads.whole);
}

std::optional<Snapshot> BlockStore::snapshot(DatastreamId id, Interval interval, std::size_t limit, bool newest) const {
    const Shard& shard = shard_of(id);
    const std::lock_guard lock{shard.mutex};
    const auto state = shard.states.find(id);
    if (state == shard.states.end() || state->second.head.count == 0) {
        return std::nullopt;
    }
    return snapshot_of(state->second, interval, limit, newest);
}

namespace {

template <typename Answer>
auto ask(const Shard& shard, DatastreamId id, Answer answer) -> decltype(answer(std::declval<const Head&>())) {
    const std::lock_guard lock{shard.mutex};
    const auto state = shard.states.find(id);
    if (state == shard.states.end() || state->second.head.count == 0) {
        return {};
    }
    return answer(state->second.head);
}

}  // namespace

std::optional<ResultType> BlockStore::type(DatastreamId id) const {
    return ask(shard_of(id), id, [](const Head& head) { return std::optional{head.type}; });
}

std::optional<Observation> BlockStore::latest(DatastreamId id) const {
    return ask(shard_of(id), id, [](const Head& head) { return std::optional{head.latest}; });
}

std::optional<Observation> BlockStore::latest_usable(DatastreamId id) const {
    return ask(shard_of(id), id, [](const Head& head) { return head.usable; });
}

std::uint64_t BlockStore::count(DatastreamId id) const {
    return ask(shard_of(id), id, [](const Head& head) { return head.count; });
}

std::vector<DatastreamId> BlockStore::datastreams() const {
    const std::lock_guard naming{named_mutex_};
    if (!names_changed_.exchange(false)) {
        return named_;
    }
    std::vector<DatastreamId> out;
    for (const Shard& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        for (const auto& [id, state] : shard.states) {
            if (state.head.count > 0) {
                out.push_back(id);
            }
        }
    }
    std::ranges::sort(out);
    named_ = out;
    return out;
}

void BlockStore::note(const std::vector<Damage>& damaged) const {
    const std::lock_guard lock{damage_mutex_};
    for (const Damage& damage : damaged) {
        const bool known = std::ranges::any_of(damaged_, [&](const Damage& other) {
            return other.datastream == damage.datastream && other.span == damage.span;
        });
        if (!known && damaged_.size() < damage_listed_max) {
            damaged_.push_back(damage);
            log::warning("observations", "a block is damaged and is not served",
                         {{"file", options_.path},
                          {"datastream", std::to_string(damage.datastream.value)},
                          {"from", format_instant(damage.span.from)},
                          {"to", format_instant(damage.span.to)},
                          {"why", damage.what}});
        }
    }
}

void BlockStore::note(const Header& header, const Error& error) const {
    note({{header.datastream, {header.start, header.end + Duration{1}}, error.what}});
}

Statistics BlockStore::statistics() const {
    Statistics out;
    for (const Shard& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        for (const auto& [id, state] : shard.states) {
            out.datastreams += state.head.count > 0 ? 1U : 0U;
            out.readings += state.head.count;
            out.readings_in_memory += own_rows(state);
        }
    }
    out.bytes_in_memory = hot_bytes_;
    out.blocks = static_cast<std::uint64_t>(blocks_ + day_blocks_);
    out.blocks_to_merge = static_cast<std::uint64_t>(day_blocks_.load());
    for (const char* suffix : {"", "-wal", "-shm"}) {
        std::error_code absent;
        const auto size = std::filesystem::file_size(options_.path + suffix, absent);
        out.bytes_on_disk += absent ? 0 : size;
    }
    const std::lock_guard lock{damage_mutex_};
    out.damaged = damaged_;
    return out;
}

}  // namespace blocks
}  // namespace bypuls::observations
