#include <algorithm>

#include <fmt/format.h>

#include "core/check.h"
#include "platform/observations/blocks/merge.h"
#include "platform/observations/blocks/slow.h"

namespace bypuls::observations::blocks {

namespace {

std::size_t cost_of_all(std::span<const Arrival> rows) {
    std::size_t out = 0;
    for (const Arrival& row : rows) {
        out += cost_of(row.observation.value, false);
    }
    return out;
}

constexpr Outcome rejected(Refusal refusal) {
    return {Verdict::rejected, refusal};
}

/// Senders on several connections overtake each other by a little, all the time: their readings belong among the newest
/// rows. Which row a reading of this instant would come before there; nothing when it would move too many, or when the
/// instant may have a reading elsewhere.
std::optional<std::size_t> row_near_end(const State& state, Instant t) {
    constexpr std::size_t moved_max = 256;
    const bool elsewhere = t <= state.disk_end || (state.active && state.active->late.contains(t)) ||
                           (state.frozen && find(state.frozen->rows, t) < state.frozen->rows.size());
    if (elsewhere) {
        return std::nullopt;
    }
    if (!state.active) {
        return 0;
    }
    const auto& times = state.active->rows.times;
    const std::size_t least = times.size() - std::min(times.size(), moved_max);
    std::size_t row = times.size();
    while (row > least && times[row - 1] > t) {
        --row;
    }
    return row > least || least == 0 ? std::optional{row} : std::nullopt;
}

/// The reading of the row before, if it is of this instant.
std::optional<Observation> before(const Columns& rows, std::size_t row, Instant t) {
    return row > 0 && rows.times[row - 1] == t ? std::optional{rows.at(row - 1)} : std::nullopt;
}

}  // namespace

Result<void> BlockStore::append(std::span<const Arrival> rows, journal::Position upto, std::span<Outcome> outcomes) {
    check(rows.size() == outcomes.size(), "every row has its outcome");
    const std::lock_guard appending{append_mutex_};
    const std::uint64_t closed = frozen_upto_.value_or(settled_);
    if (upto.value <= closed || upto.value < appended_) {
        return fail(Errc::conflict, fmt::format("observations: position {} comes after {} was appended and {} settled",
                                                upto.value, appended_, closed));
    }
    // What one record says comes in whole or not at all, since the cursor cannot stand within a record. So a record
    // that is larger than all memory for new readings is taken when nothing else is there; otherwise it would wait for
    // ever.
    if (hot_bytes_ > 0 && hot_bytes_ + cost_of_all(rows) > options_.hot_bytes_max) {
        return fail(Errc::exhausted, "observations: memory for new readings is full until they have been settled");
    }
    appended_ = upto.value;
    find_states(rows);
    for (std::size_t i = 0; i < rows.size();) {
        // Neighbours in a batch are often of one datastream, or of datastreams made together; they share the lock.
        Shard& shard = shard_of(rows[i].datastream);
        const std::lock_guard lock{shard.mutex};
        for (; i < rows.size() && &shard_of(rows[i].datastream) == &shard; ++i) {
            fetch_ahead(i);
            if (const Refusal refusal = refusal_of(rows[i]); refusal != Refusal::none) {
                outcomes[i] = rejected(refusal);
            } else if (was_removed(rows[i], upto)) {
                outcomes[i] = rejected(Refusal::removed);
            } else {
                State* const known = slow_->states[i];
                State& state = known != nullptr ? *known : shard.states[rows[i].datastream];
                TRY(outcomes[i], take(state, rows[i], upto));
            }
        }
    }
    return find_usable_again();
}

// A batch touches thousands of datastreams, each somewhere else in memory. Looking them all up first, and asking for
// their buffers some rows ahead, lets the processor wait for many of them at once. No lock is needed to look: only
// append and remove change the maps and the active buffers' places, and both hold append_mutex_.
void BlockStore::find_states(std::span<const Arrival> rows) {
    auto& states = slow_->states;
    states.resize(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const DatastreamId id = rows[i].datastream;
        if (i > 0 && rows[i - 1].datastream == id) {
            states[i] = states[i - 1];
            continue;
        }
        auto& known = shard_of(id).states;
        const auto found = known.find(id);
        states[i] = found == known.end() ? nullptr : &found->second;
    }
}

void BlockStore::fetch_ahead(std::size_t row) const {
    const auto& states = slow_->states;
    const auto active = [&](std::size_t ahead) -> const Active* {
        return row + ahead < states.size() && states[row + ahead] != nullptr ? states[row + ahead]->active.get()
                                                                             : nullptr;
    };
    if (const Active* far = active(16)) {
        __builtin_prefetch(&far->rows.times);
        __builtin_prefetch(&far->rows.integers);
    }
    if (const Active* near = active(8)) {
        __builtin_prefetch(near->rows.times.data() + near->rows.times.size(), 1);
        __builtin_prefetch(near->rows.numbers.data() + near->rows.numbers.size(), 1);
        __builtin_prefetch(near->rows.integers.data() + near->rows.integers.size(), 1);
    }
}

Active& BlockStore::active_of(State& state) {
    if (!state.active) {
        state.active = std::make_unique<Active>();
        state.active->number = next_number_;
        state.active->rows.type = state.head.type;
    }
    return *state.active;
}

Result<Outcome> BlockStore::take(State& state, const Arrival& arrival, journal::Position upto) {
    const Observation& reading = arrival.observation;
    Head& head = state.head;
    if (head.count == 0) {
        head.type = type_of(reading.value);
        names_changed_ = true;
    } else if (head.type != type_of(reading.value)) {
        return rejected(Refusal::wrong_type);
    } else if (reading.time <= head.latest.time) {
        return take_late(state, arrival, upto);
    }
    active_of(state).rows.push_back(reading.time, reading.value, reading.quality);
    hot_bytes_.fetch_add(cost_of(reading.value, false), std::memory_order_relaxed);
    ++head.count;
    readings_.fetch_add(1, std::memory_order_relaxed);
    head.latest = reading;
    if (reading.quality.usable()) {
        head.usable = reading;
    }
    return Outcome{};
}

Result<Outcome> BlockStore::take_late(State& state, const Arrival& arrival, journal::Position upto) {
    const Observation& reading = arrival.observation;
    Head& head = state.head;
    if (reading.time == head.latest.time && same_value(reading.value, head.latest.value)) {
        return Outcome{Verdict::duplicate, Refusal::none};
    }
    const auto row = row_near_end(state, reading.time);
    auto older = !row           ? find_hot(state, reading.time)
                 : state.active ? before(state.active->rows, *row, reading.time)
                                : std::nullopt;
    if (!older && !row) {
        TRY(older, find_on_disk(state, arrival.datastream, reading.time));
    }
    if (older) {
        return same_value(older->value, reading.value) ? Outcome{Verdict::duplicate, Refusal::none}
                                                       : correct(state, arrival, *older, upto);
    }
    put_late(state, reading, row);
    ++head.count;
    readings_.fetch_add(1, std::memory_order_relaxed);
    if (state.oldest && reading.time < *state.oldest) {
        state.oldest = reading.time;
    }
    if (reading.quality.usable() && (!head.usable || head.usable->time < reading.time)) {
        head.usable = reading;
    }
    return Outcome{};
}

void BlockStore::put_late(State& state, const Observation& reading, std::optional<std::size_t> row) {
    if (row) {
        insert(active_of(state).rows, *row, reading);
    } else {
        active_of(state).late.emplace(reading.time, Late{reading.value, reading.quality, false});
    }
    hot_bytes_.fetch_add(cost_of(reading.value, !row), std::memory_order_relaxed);
}

Outcome BlockStore::correct(State& state, const Arrival& arrival, const Observation& older, journal::Position upto) {
    const Observation& reading = arrival.observation;
    Active& active = active_of(state);
    if (const auto late = active.late.find(reading.time); late != active.late.end()) {
        late->second.value = reading.value;
        late->second.quality = reading.quality;
    } else if (const std::size_t row = find(active.rows, reading.time); row < active.rows.size()) {
        active.rows.set(row, reading.value, reading.quality);
    } else {
        active.late.emplace(reading.time, Late{reading.value, reading.quality, true});
        ++active.corrections;
    }
    hot_bytes_.fetch_add(cost_of(reading.value, true) + cost_of(older.value, true), std::memory_order_relaxed);
    {
        const std::lock_guard lock{versions_mutex_};
        active_versions_.push_back({arrival.datastream, older, upto});
    }
    Head& head = state.head;
    if (reading.time == head.latest.time) {
        head.latest = reading;
    }
    if (reading.quality.usable()) {
        if (!head.usable || head.usable->time <= reading.time) {
            head.usable = reading;
        }
    } else if (head.usable && head.usable->time == reading.time) {
        head.usable.reset();
        slow_->usable_unknown.insert(arrival.datastream);
    }
    return Outcome{Verdict::corrected, Refusal::none};
}

Result<std::optional<Observation>> BlockStore::find_on_disk(const State& state, DatastreamId id, Instant t) {
    if (state.on_disk == 0 || t > state.disk_end) {
        return std::nullopt;
    }
    Slow& slow = *slow_;
    if (slow.id != id || slow.generation != disk_generation_ || !slow.known.contains(t)) {
        TRY_DO(slow.look(id, state.shape, t, disk_generation_, dictionaries_));
    }
    const std::size_t row = find(slow.rows, t);
    return row < slow.rows.size() ? std::optional{slow.rows.at(row)} : std::nullopt;
}

Result<void> BlockStore::Slow::look(DatastreamId wanted, const Shape& shape, Instant t, std::uint64_t now,
                                    const Dictionaries& dictionaries) {
    id = wanted;
    generation = now;
    known = {earliest_time, latest_time};
    rows.clear();
    TRY(const auto moment, reader->moment());
    {
        Walk back{*reader, id, shape, {earliest_time, t + Duration{1}}, Order::newest_first};
        TRY(const bool found, back.next());
        if (found && back.header().end >= t) {
            known = {back.header().start, back.header().end + Duration{1}};
            // A damaged block cannot say what it had. The reading is taken in, and settling puts the block aside.
            if (auto columns = blocks::open(back.header(), back.bytes(), dictionaries)) {
                rows = std::move(*columns);
            }
            return {};
        }
        known.from = found ? back.header().end + Duration{1} : earliest_time;
    }
    Walk on{*reader, id, shape, {t, latest_time}, Order::oldest_first};
    TRY(const bool found, on.next());
    known.to = found ? on.header().start : latest_time;
    return {};
}

bool BlockStore::was_removed(const Arrival& arrival, journal::Position upto) const {
    return std::ranges::any_of(removals_, [&](const Removal& removal) {
        return removal.datastream == arrival.datastream && upto <= removal.upto &&
               removal.interval.contains(arrival.observation.time);
    });
}

Result<void> BlockStore::find_usable_again() {
    for (const DatastreamId id : std::exchange(slow_->usable_unknown, {})) {
        TRY(auto usable, newest_usable(id));
        Shard& shard = shard_of(id);
        const std::lock_guard lock{shard.mutex};
        shard.states[id].head.usable = std::move(usable);
    }
    return {};
}

}  // namespace bypuls::observations::blocks
