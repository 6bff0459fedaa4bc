#include <algorithm>

#include <fmt/format.h>

#include "platform/observations/blocks/merge.h"
#include "platform/observations/blocks/slow.h"

namespace bypuls::observations::blocks {

namespace {

constexpr std::int64_t days_before_merge = 8;
constexpr std::int64_t days_before_merge_of_silent = 40;
constexpr std::size_t merges_at_once = 256;  // a call of maintain() holds the writer for some 20 ms
constexpr std::size_t dictionary_bytes = 8U << 10U;
constexpr std::int64_t vacuum_pages = 256;

/// Lends the writer's transaction to companions.
class Lent final : public Transaction {
public:
    explicit Lent(Connection& connection) : connection_(connection) {}

    Result<void> execute(std::string_view sql, std::span<const Bound> values) override {
        TRY(Statement* const statement, bound(sql, values));
        return statement->run();
    }

    Result<void> query(std::string_view sql, std::span<const Bound> values,
                       const std::function<void(Row)>& visit) override {
        TRY(Statement* const statement, bound(sql, values));
        const Using use{*statement};
        std::vector<Bound> row;
        for (;;) {
            TRY(const bool more, statement->step());
            if (!more) {
                return {};
            }
            row.clear();
            for (int column = 0; column < statement->columns(); ++column) {
                row.push_back(value_of(*statement, column));
            }
            visit(row);
        }
    }

private:
    static Bound value_of(const Statement& row, int column) {
        switch (row.kind(column)) {
            case Statement::Kind::integer: return row.integer(column);
            case Statement::Kind::number: return row.number(column);
            case Statement::Kind::text: return row.text(column);
            case Statement::Kind::bytes: return row.bytes(column);
            case Statement::Kind::null: return std::monostate{};
        }
        return std::monostate{};
    }

    Result<Statement*> bound(std::string_view sql, std::span<const Bound> values) {
        auto found = statements_.find(sql);
        if (found == statements_.end()) {
            TRY(Statement statement, connection_.prepare(sql));
            found = statements_.emplace(std::string{sql}, std::move(statement)).first;
        }
        Statement& statement = found->second;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const int index = statement.parameter(fmt::format("${}", i + 1));
            if (index == 0) {
                return fail(Errc::malformed, fmt::format("the statement has no ${}", i + 1));
            }
            std::visit(
                [&](const auto& value) {
                    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
                        statement.bind_null(index);
                    } else {
                        statement.bind(index, value);
                    }
                },
                values[i]);
        }
        return &statement;
    }

    Connection& connection_;
    std::map<std::string, Statement, std::less<>> statements_;
};

}  // namespace

// --- settle ----------------------------------------------------------------------------------------------------------

Result<void> BlockStore::freeze(journal::Position upto, std::span<Companion* const> companions) {
    const std::lock_guard appending{append_mutex_};
    if (writing_ || upto.value < appended_ || upto.value < settled_) {
        return fail(Errc::conflict, fmt::format("observations: cannot settle up to {}, since {} has been appended{}",
                                                upto.value, appended_, writing_ ? " and a settle is under way" : ""));
    }
    freeze_all();
    frozen_upto_ = upto.value;
    for (Companion* const companion : companions) {
        companion->freeze();
    }
    return {};
}

Result<void> BlockStore::settle_frozen(std::span<Companion* const> companions) {
    const std::lock_guard settling{settle_mutex_};
    journal::Position upto;
    {
        const std::lock_guard appending{append_mutex_};
        if (!frozen_upto_) {
            return fail(Errc::conflict, "observations: nothing is frozen to be settled");
        }
        upto = {*frozen_upto_};
        writing_ = true;
    }
    Written written;
    const auto write = [&]() -> Result<void> {
        TRY_DO(writer_->begin());
        for (const DatastreamId id : frozen_ids_) {
            TRY_DO(write_frozen(id, written));
        }
        TRY_DO(write_rest(upto, companions));
        return writer_->commit();
    };
    const auto done = write();
    if (done) {
        publish(written);
    } else {
        writer_->rollback();
    }
    {
        const std::lock_guard appending{append_mutex_};
        writing_ = false;
        frozen_upto_.reset();
        if (!done) {
            return done;
        }
        settled_ = upto.value;
        appended_ = std::max(appended_, upto.value);
        std::erase_if(removals_, [&](const Removal& removal) { return removal.upto <= upto; });
    }
    checkpoint_due_ = true;
    for (Companion* const companion : companions) {
        companion->settled();
    }
    return {};
}

void BlockStore::freeze_all() {
    const SettleNumber number = next_number_++;
    std::vector<DatastreamId>& ids = frozen_ids_;
    ids.clear();
    removed_while_frozen_.clear();
    for (Shard& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        for (auto& [id, state] : shard.states) {
            blocks::freeze(state, number);
            if (state.frozen) {
                ids.push_back(id);
                newest_day_ = std::max(newest_day_.load(), day_of(state.head.latest.time));
            }
        }
    }
    const std::lock_guard lock{versions_mutex_};
    frozen_versions_.insert(frozen_versions_.end(), active_versions_.begin(), active_versions_.end());
    active_versions_.clear();
    frozen_versions_number_ = number;
    active_versions_number_ = next_number_;
    frozen_bytes_ = hot_bytes_.load();
    std::ranges::sort(ids);  // neighbours on disk are written together
}

Result<void> BlockStore::write_frozen(DatastreamId id, Written& written) {
    const Frozen* frozen = nullptr;
    StoredHead stored{.id = id, .head = {}, .shape = {}};
    {
        const Shard& shard = shard_of(id);
        const std::lock_guard lock{shard.mutex};
        const auto state = shard.states.find(id);
        if (state == shard.states.end() || !state->second.frozen) {
            return {};  // all of it was removed since
        }
        frozen = state->second.frozen.get();  // nobody else changes it while writing_ stands
        stored.shape = state->second.shape;
        stored.head = frozen->head;
        stored.head.count = state->second.on_disk + frozen->rows.size() - frozen->corrections.size();
    }
    std::uint64_t lost = 0;
    if (!frozen->rows.empty()) {
        TRY(const Writer::Change change, writer_->put(id, stored.shape, frozen->rows));
        lost = change.lost;
        stored.head.count -= std::min(stored.head.count, lost);
        written.damaged.insert(written.damaged.end(), change.damaged.begin(), change.damaged.end());
    }
    if (removed_while_frozen_.contains(id)) {
        stored.head.usable.reset();
        TRY_DO(rewrite_head(stored));
    } else {
        TRY_DO(writer_->put_head(stored));
    }
    written.ids.push_back(id);
    written.shapes.push_back(stored.shape);
    written.lost.push_back(lost);
    return {};
}

Result<void> BlockStore::write_rest(journal::Position upto, std::span<Companion* const> companions) {
    for (const PendingVersion& version : frozen_versions_) {
        TRY_DO(writer_->put_version(version));
    }
    TRY_DO(writer_->forget_removals(upto));
    TRY_DO(writer_->set_meta(Meta::cursor, static_cast<std::int64_t>(upto.value)));
    TRY_DO(writer_->set_meta(Meta::settle_number, frozen_versions_number_));
    TRY_DO(add_block_counts());
    Lent transaction{writer_->connection()};
    for (Companion* const companion : companions) {
        TRY_DO(companion->write(transaction, upto));
    }
    return {};
}

Result<void> BlockStore::add_block_counts() {
    // The counters in memory follow the file: whoever calls this commits next, and a rollback is followed by a reload.
    TRY(const std::int64_t blocks, writer_->meta(Meta::blocks));
    TRY(const std::int64_t day_blocks, writer_->meta(Meta::day_blocks));
    const std::int64_t blocks_now = blocks + writer_->take_block_delta(Tier::month);
    const std::int64_t day_blocks_now = day_blocks + writer_->take_block_delta(Tier::day);
    TRY_DO(writer_->set_meta(Meta::blocks, blocks_now));
    TRY_DO(writer_->set_meta(Meta::day_blocks, day_blocks_now));
    blocks_ = blocks_now;
    day_blocks_ = day_blocks_now;
    return {};
}

void BlockStore::publish(const Written& written) {
    const auto& ids = written.ids;
    ++disk_generation_;
    note(written.damaged);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        Shard& shard = shard_of(ids[i]);
        {
            const std::lock_guard lock{shard.mutex};
            State& state = shard.states.at(ids[i]);
            state.disk_end = std::max(state.disk_end, state.frozen->head.latest.time);
            state.on_disk += state.frozen->rows.size() - state.frozen->corrections.size();
            state.on_disk -= std::min(state.on_disk, written.lost[i]);
            lose(state, written.lost[i]);
            state.shape = written.shapes[i];
            state.frozen.reset();
        }
        if (should_merge(written.shapes[i])) {
            to_merge_.insert(ids[i]);
        }
    }
    merges_waiting_ = to_merge_.size();
    hot_bytes_ -= frozen_bytes_.load();
    const std::lock_guard lock{versions_mutex_};
    frozen_versions_.clear();
}

/// Of damaged blocks.
void BlockStore::lose(State& state, std::uint64_t readings) {
    const std::uint64_t lost = std::min(state.head.count, readings);
    state.head.count -= lost;
    readings_ -= lost;
    if (lost > 0) {
        state.oldest.reset();
        names_changed_ = true;
    }
}

// --- housekeeping ----------------------------------------------------------------------------------------------------

bool BlockStore::should_merge(const Shape& shape) const {
    return shape.fresh_to - shape.fresh_from >= days_before_merge ||
           (shape.fresh_from < shape.fresh_to && newest_day_ - shape.fresh_from >= days_before_merge_of_silent);
}

Result<bool> BlockStore::maintain() {
    const std::lock_guard settling{settle_mutex_};
    TRY(const bool trained, train_one_dictionary());
    if (trained) {
        return true;
    }
    if (!to_merge_.empty()) {
        TRY_DO(merge_some());
        return true;
    }
    TRY(const std::int64_t free, writer_->connection().integer("PRAGMA freelist_count"));
    TRY(const std::int64_t pages, writer_->connection().integer("PRAGMA page_count"));
    if (free > vacuum_pages / 4 && free > pages / 32) {
        TRY_DO(writer_->connection().execute(fmt::format("PRAGMA incremental_vacuum({})", vacuum_pages).c_str()));
        checkpoint_due_ = true;
        return true;
    }
    if (std::exchange(checkpoint_due_, false)) {
        // A reader in the middle of a walk only means that the file is shortened another time.
        std::ignore = writer_->connection().execute("PRAGMA wal_checkpoint(TRUNCATE)");
        std::ignore = writer_->connection().execute("PRAGMA shrink_memory");
    }
    return false;
}

Result<bool> BlockStore::train_one_dictionary() {
    auto& samples = writer_->samples();
    const auto ready = std::ranges::find_if(samples, [](const auto& kind) { return kind.size() >= samples_wanted; });
    if (ready == samples.end()) {
        return false;
    }
    const auto kind = static_cast<std::uint8_t>(ready - samples.begin());
    const std::vector<Bytes> payloads = std::exchange(*ready, {});
    const Bytes dictionary = train_dictionary(payloads, dictionary_bytes);
    if (dictionary.empty()) {
        return false;  // too much alike to learn from; new samples gather
    }
    const std::uint32_t id = dictionaries_.next_id();
    TRY_DO(writer_->put_dictionary(id, kind, dictionary));  // on disk before the first block that needs it
    dictionaries_.add(id, kind, dictionary);
    return true;
}

Result<void> BlockStore::merge_some() {
    std::vector<DatastreamId> ids;
    Written written;
    const auto write = [&]() -> Result<void> {
        TRY_DO(writer_->begin());
        for (auto next = to_merge_.begin(); next != to_merge_.end() && ids.size() < merges_at_once; ++next) {
            const Shard& shard = shard_of(*next);
            Shape shape;
            {
                const std::lock_guard lock{shard.mutex};
                const auto state = shard.states.find(*next);
                if (state == shard.states.end()) {
                    continue;
                }
                shape = state->second.shape;
            }
            TRY(const Writer::Change change, writer_->merge(*next, shape, shape.fresh_to));
            TRY_DO(writer_->put_shape(*next, shape, change.lost));
            ids.push_back(*next);
            written.shapes.push_back(shape);
            written.lost.push_back(change.lost);
            written.damaged.insert(written.damaged.end(), change.damaged.begin(), change.damaged.end());
        }
        TRY_DO(add_block_counts());
        return writer_->commit();
    };
    if (auto done = write(); !done) {
        writer_->rollback();
        return done;
    }
    ++disk_generation_;
    note(written.damaged);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        Shard& shard = shard_of(ids[i]);
        const std::lock_guard lock{shard.mutex};
        State& state = shard.states.at(ids[i]);
        state.shape = written.shapes[i];
        state.on_disk -= std::min(state.on_disk, written.lost[i]);
        lose(state, written.lost[i]);
        to_merge_.erase(ids[i]);
    }
    if (ids.empty()) {
        to_merge_.clear();  // they were all removed
    }
    merges_waiting_ = to_merge_.size();
    checkpoint_due_ = true;
    return {};
}

// --- removal ---------------------------------------------------------------------------------------------------------

Result<std::uint64_t> BlockStore::remove_all(DatastreamId id, std::span<const Interval> intervals) {
    const std::lock_guard settling{settle_mutex_};
    const std::lock_guard appending{append_mutex_};
    Shard& shard = shard_of(id);
    StoredHead stored{.id = id, .head = {}, .shape = {}};
    std::uint64_t on_disk = 0;
    {
        const std::lock_guard lock{shard.mutex};
        const auto state = shard.states.find(id);
        if (state == shard.states.end() || intervals.empty()) {
            return 0;
        }
        stored.head.type = state->second.head.type;
        stored.shape = state->second.shape;
        on_disk = state->second.on_disk;
    }
    // Zeroes over what was there, also where SQLite would not need to touch the page.
    TRY_DO(writer_->connection().execute("PRAGMA secure_delete = ON"));
    const auto removed = write_removal(stored, intervals, on_disk);
    if (!removed) {
        writer_->rollback();
    }
    std::ignore = writer_->connection().execute("PRAGMA secure_delete = FAST");
    if (!removed) {
        return removed;
    }
    if (appended_ > settled_) {
        for (const Interval& interval : intervals) {
            removals_.push_back({id, interval, {appended_}});
        }
    }
    ++disk_generation_;
    checkpoint_due_ = true;
    TRY(const std::uint64_t from_memory, forget_in_memory(id, intervals, stored.head.count));
    removed_while_frozen_.insert(id);
    return *removed + from_memory;
}

/// In one transaction, with what replaying the journal must know of it.
Result<std::uint64_t> BlockStore::write_removal(StoredHead& stored, std::span<const Interval> intervals,
                                                std::uint64_t on_disk) {
    TRY_DO(writer_->begin());
    TRY(const auto removed, writer_->remove(stored.id, stored.shape, intervals));
    stored.head.count = on_disk - std::min(on_disk, removed);
    TRY_DO(rewrite_head(stored));
    if (appended_ > settled_) {
        for (const Interval& interval : intervals) {
            TRY_DO(writer_->put_removal({stored.id, interval, {appended_}}));
        }
    }
    TRY_DO(add_block_counts());
    TRY_DO(writer_->commit());
    return removed;
}

Result<void> BlockStore::rewrite_head(StoredHead& stored) {
    if (stored.head.count == 0) {
        return writer_->remove_head(stored.id);
    }
    TRY(const bool readable, writer_->find_newest(stored));
    return readable ? writer_->put_head(stored) : writer_->remove_head(stored.id);
}

Result<std::uint64_t> BlockStore::forget_in_memory(DatastreamId id, std::span<const Interval> intervals,
                                                   std::uint64_t on_disk) {
    {
        const std::lock_guard lock{versions_mutex_};
        const auto gone = [&](const PendingVersion& version) {
            return version.datastream == id && within(intervals, version.older.time);
        };
        std::erase_if(active_versions_, gone);
        std::erase_if(frozen_versions_, gone);
    }
    Shard& shard = shard_of(id);
    std::uint64_t removed = 0;
    {
        const std::lock_guard lock{shard.mutex};
        State& state = shard.states.at(id);
        removed = remove_hot(state, intervals);
        state.oldest.reset();
        state.on_disk = on_disk;
        readings_ -= state.head.count;
        state.head.count = on_disk + own_rows(state);
        readings_ += state.head.count;
        if (state.head.count == 0) {
            names_changed_ = true;
            shard.states.erase(id);
            return removed;
        }
    }
    TRY(const Series newest,
        range(id, {earliest_time, latest_time}, {.order = Order::newest_first, .limit = 1, .after = {}}));
    TRY(auto usable, newest_usable(id));
    const std::lock_guard lock{shard.mutex};
    Head& head = shard.states.at(id).head;
    if (!newest.columns.empty()) {
        head.latest = newest.columns.at(0);
    }
    head.usable = std::move(usable);
    return removed;
}

}  // namespace bypuls::observations::blocks
