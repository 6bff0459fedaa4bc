#include <algorithm>
#include <limits>
#include <thread>

#include "platform/observations/blocks/engine.h"
#include "platform/observations/blocks/merge.h"

namespace bypuls::observations::blocks {

namespace {

constexpr std::size_t everything = std::numeric_limits<std::size_t>::max() / 2;
constexpr std::size_t scan_rows = 65'536;
constexpr std::size_t many_datastreams = 256;  // from here on, all day blocks are walked at once

bool inside(const Header& header, Interval interval) {
    return interval.contains(header.start) && interval.contains(header.end);
}

/// Row numbers of an interval.
std::pair<std::size_t, std::size_t> bounds(const Columns& columns, Interval interval) {
    const auto from = std::ranges::lower_bound(columns.times, interval.from) - columns.times.begin();
    const auto to = std::ranges::lower_bound(columns.times, interval.to) - columns.times.begin();
    return {static_cast<std::size_t>(from), static_cast<std::size_t>(std::max(from, to))};
}

/// Gathers blocks as a walk meets them, oldest or newest first, into rows that stand oldest first. At most `rows_max`
/// are expected, none after `last`.
class Gathered {
public:
    Gathered(ResultType type, Order order, std::size_t rows_max, Instant last)
        : order_(order), rows_max_(rows_max), last_(last) {
        rows_.type = type;
    }

    void add(Columns block, Interval interval) {
        const auto [from, to] = bounds(block, interval);
        size_ += to - from;
        if (order_ == Order::oldest_first) {
            if (rows_.empty()) {
                rows_.reserve(expected(block, interval));
            }
            rows_.append(block, from, to);
        } else {
            pieces_.push_back({std::move(block), from, to});
        }
    }
    std::size_t size() const { return size_; }
    Columns take() {
        for (; !pieces_.empty(); pieces_.pop_back()) {
            rows_.append(pieces_.back().block, pieces_.back().from, pieces_.back().to);
        }
        return std::move(rows_);
    }

private:
    /// How many rows there will be if they go on as they begin: growing by doubling would copy each of them twice.
    std::size_t expected(const Columns& first, Interval interval) const {
        const double span = static_cast<double>((first.times.back() - first.times.front()).count()) + 1;
        const auto whole = static_cast<double>((std::min(interval.to, last_) - first.times.front()).count());
        const double rows = static_cast<double>(first.size()) * (1.02 * std::max(whole, 0.0) / span + 1);
        return static_cast<std::size_t>(std::min(rows, static_cast<double>(rows_max_)));
    }

    struct Piece {
        Columns block;
        std::size_t from;
        std::size_t to;
    };
    Order order_;
    std::size_t rows_max_;
    Instant last_;
    Columns rows_;
    std::vector<Piece> pieces_;
    std::size_t size_ = 0;
};

/// Cuts to the page and puts it in the order that was asked for.
void finish_page(Series& series, const RangeOptions& options) {
    Columns& rows = series.columns;
    series.more = rows.size() > options.limit;
    if (series.more) {
        const bool newest = options.order == Order::newest_first;
        Columns page{.type = rows.type};
        const std::size_t from = newest ? rows.size() - options.limit : 0;
        page.append(rows, from, from + options.limit);
        rows = std::move(page);
    }
    if (options.order == Order::newest_first) {
        rows.reverse();
    }
}

}  // namespace

Result<Series> BlockStore::range(DatastreamId id, Interval interval, const RangeOptions& options) const {
    const bool newest = options.order == Order::newest_first;
    if (options.after) {
        (newest ? interval.to : interval.from) =
            newest ? std::min(interval.to, *options.after) : std::max(interval.from, *options.after + Duration{1});
    }
    Series out;
    const std::size_t wanted = std::min(options.limit, everything) + 1;
    auto held = snapshot(id, interval, wanted, newest);
    if (!held || interval.empty()) {
        return out;
    }
    TRY(const auto reader, readers_.lease());
    TRY(const auto moment, reader->moment());
    TRY(const SettleNumber seen, reader->settle_number());
    held->settle_upto(seen);
    Gathered gathered{held->head.type, options.order, std::min<std::size_t>(wanted, held->head.count),
                      held->head.latest.time};
    Walk walk{*reader, id, held->shape, interval, options.order};
    while (gathered.size() < wanted) {
        TRY(const bool more, walk.next());
        if (!more) {
            break;
        }
        auto block = blocks::open(walk.header(), walk.bytes(), dictionaries_);
        if (block) {
            gathered.add(std::move(*block), interval);
        } else {
            note(walk.header(), block.error());
            out.damaged.push_back({walk.header().start, walk.header().end + Duration{1}});
        }
    }
    const Columns hot = held->rows();
    out.columns = gathered.take();
    if (!hot.empty()) {
        out.columns = overlay(out.columns, hot);
    }
    finish_page(out, options);
    return out;
}

/// The header of the oldest block tells, and what is in memory; once known it is kept, until something is removed.
Result<std::optional<Instant>> BlockStore::oldest(DatastreamId id) const {
    constexpr Interval always{earliest_time, latest_time};
    Shard& shard = shard_of(id);
    const auto generation = disk_generation_.load();
    std::optional<Snapshot> held;
    {
        const std::lock_guard lock{shard.mutex};
        const auto state = shard.states.find(id);
        if (state == shard.states.end() || state->second.head.count == 0) {
            return std::nullopt;
        }
        if (state->second.oldest) {
            return state->second.oldest;
        }
        held = snapshot_of(state->second, always, 1, false);
    }
    TRY(const auto reader, readers_.lease());
    TRY(const auto moment, reader->moment());
    TRY(const SettleNumber seen, reader->settle_number());
    held->settle_upto(seen);
    const Columns hot = held->rows();
    std::optional<Instant> found = hot.empty() ? std::nullopt : std::optional(hot.times.front());
    Walk walk{*reader, id, held->shape, always, Order::oldest_first};
    TRY(const bool on_disk, walk.next());
    if (on_disk) {
        if (!verify(walk.header(), walk.bytes())) {
            return Store::oldest(id);  // the oldest that can be read
        }
        found = std::min(found.value_or(walk.header().start), walk.header().start);
    }
    const std::lock_guard lock{shard.mutex};
    const auto state = shard.states.find(id);
    if (state != shard.states.end() && state->second.head.count == held->head.count &&
        generation == disk_generation_.load()) {
        state->second.oldest = found;
    }
    return found;
}

Result<std::uint64_t> BlockStore::count(DatastreamId id, Interval interval) const {
    auto held = snapshot(id, interval, everything, false);
    if (!held || interval.empty()) {
        return 0;
    }
    TRY(const auto reader, readers_.lease());
    TRY(const auto moment, reader->moment());
    TRY(const SettleNumber seen, reader->settle_number());
    held->settle_upto(seen);
    const Columns hot = held->rows();
    std::uint64_t out = hot.size();
    Walk walk{*reader, id, held->shape, interval, Order::oldest_first};
    for (;;) {
        TRY(const bool more, walk.next());
        if (!more) {
            return out;
        }
        const Header& header = walk.header();
        if (inside(header, interval) && !held->corrects()) {
            if (auto sound = verify(header, walk.bytes()); !sound) {
                note(header, sound.error());
                return std::unexpected(std::move(sound.error()));
            }
            out += header.count;
            continue;
        }
        const auto block = blocks::open(header, walk.bytes(), dictionaries_);
        if (!block) {
            note(header, block.error());
            return std::unexpected(block.error());
        }
        const auto [from, to] = bounds(*block, interval);
        for (std::size_t row = from; row < to; ++row) {
            out += find(hot, block->times[row]) == hot.size() ? 1U : 0U;
        }
    }
}

Result<void> BlockStore::add_block(const Header& header, ByteView bytes, Interval interval, Aggregate& into) const {
    if (inside(header, interval)) {
        if (auto sound = verify(header, bytes); !sound) {
            note(header, sound.error());
            return sound;
        }
        into.add(header.usable);
        return {};
    }
    const auto block = blocks::open(header, bytes, dictionaries_);
    if (!block) {
        note(header, block.error());
        return std::unexpected(block.error());
    }
    into.add(aggregate_of(view(header.datastream, *block, interval)));
    return {};
}

Result<Aggregate> BlockStore::aggregate_rows(DatastreamId id, Interval interval) const {
    Aggregate out;
    RangeOptions page{.order = Order::oldest_first, .limit = scan_rows, .after = {}};
    for (;;) {
        TRY(const Series series, range(id, interval, page));
        if (!series.damaged.empty()) {
            return fail(Errc::damaged, "observations: a block in the interval is damaged");
        }
        out.add(aggregate_of(view(id, series.columns, 0, series.columns.size())));
        if (!series.more) {
            return out;
        }
        page.after = series.columns.times.back();
    }
}

Result<Aggregate> BlockStore::aggregate(DatastreamId id, Interval interval) const {
    auto held = snapshot(id, interval, everything, false);
    if (!held || interval.empty()) {
        return Aggregate{};
    }
    if (held->corrects()) {
        return aggregate_rows(id, interval);
    }
    TRY(const auto reader, readers_.lease());
    TRY(const auto moment, reader->moment());
    TRY(const SettleNumber seen, reader->settle_number());
    held->settle_upto(seen);
    const Columns hot = held->rows();
    Aggregate out = aggregate_of(view(id, hot, 0, hot.size()));
    Walk walk{*reader, id, held->shape, interval, Order::oldest_first};
    for (;;) {
        TRY(const bool more, walk.next());
        if (!more) {
            return out;
        }
        TRY_DO(add_block(walk.header(), walk.bytes(), interval, out));
    }
}

Result<std::vector<Bucket>> BlockStore::rollup(DatastreamId id, Interval interval, Step step) const {
    Rollup rollup{step};
    std::vector<Interval> damaged;
    RangeOptions page{.order = Order::oldest_first, .limit = scan_rows, .after = {}};
    for (;;) {
        TRY(const Series series, range(id, interval, page));
        rollup.add(view(id, series.columns, 0, series.columns.size()));
        damaged.insert(damaged.end(), series.damaged.begin(), series.damaged.end());
        if (!series.more) {
            break;
        }
        page.after = series.columns.times.back();
    }
    auto out = rollup.take();
    std::erase_if(out, [&](const Bucket& bucket) {
        return std::ranges::any_of(
            damaged, [&](Interval hole) { return hole.from < bucket.span.to && bucket.span.from < hole.to; });
    });
    return out;
}

/// What memory adds to one datastream's total.
struct BlockStore::Held {
    DatastreamId id;
    Snapshot snapshot;  // emptied of its rows once they are summed up
    Aggregate frozen;
    Aggregate active;
};

BlockStore::Held BlockStore::summed_up(DatastreamId id, Snapshot snapshot) {
    Held out{.id = id, .snapshot = std::move(snapshot), .frozen = {}, .active = {}};
    Snapshot& held = out.snapshot;
    if (held.corrects()) {
        return out;  // will be read row by row
    }
    out.frozen = aggregate_of(view(id, held.frozen, 0, held.frozen.size()));
    out.active = aggregate_of(view(id, held.active, 0, held.active.size()));
    return out;
}

/// Some of the totals, which one reader makes in one moment.
struct BlockStore::Part {
    std::span<Held> held;
    std::span<Total> totals;  // of the same datastreams
};

// Months are read datastream by datastream. Where there are many, their days lie better together day by day.
Result<void> BlockStore::add_blocks(const Part& part, Interval interval, bool days_apart) const {
    TRY(const auto reader, readers_.lease());
    TRY(const auto moment, reader->moment());
    TRY(const SettleNumber seen, reader->settle_number());
    for (std::size_t i = 0; i < part.held.size(); ++i) {
        Held& held = part.held[i];
        Aggregate& values = part.totals[i].values;
        if (held.snapshot.corrects()) {
            continue;
        }
        if (seen < held.snapshot.frozen_number) {
            values.add(held.frozen);
        }
        if (seen < held.snapshot.active_number) {
            values.add(held.active);
        }
        held.snapshot.settle_upto(seen);
        Walk walk{*reader, held.id, days_apart ? Shape{} : held.snapshot.shape, interval, Order::oldest_first};
        for (;;) {
            TRY(const bool more, walk.next());
            if (!more) {
                break;
            }
            TRY_DO(add_block(walk.header(), walk.bytes(), interval, values));
        }
    }
    return days_apart ? add_days(part, *reader, interval) : Result<void>();
}

Result<void> BlockStore::add_days(const Part& part, Reader& reader, Interval interval) const {
    DayWalk days{reader, interval};
    std::size_t place = 0;
    for (;;) {
        TRY(const bool more, days.next());
        if (!more) {
            return {};
        }
        // Each day's blocks come by datastream, as the totals stand.
        const DatastreamId id = days.header().datastream;
        if (id < part.held.front().id || part.held.back().id < id) {
            continue;
        }
        place = part.held[place].id <= id ? place : 0;
        while (part.held[place].id < id) {
            ++place;
        }
        if (part.held[place].id == id && !part.held[place].snapshot.corrects()) {
            TRY_DO(add_block(days.header(), days.bytes(), interval, part.totals[place].values));
        }
    }
}

Result<std::vector<Total>> BlockStore::totals(const Selection& selection, Interval interval) const {
    std::vector<DatastreamId> ids = selection.ids ? *selection.ids : datastreams();
    std::ranges::sort(ids);
    ids.erase(std::ranges::unique(ids).begin(), ids.end());
    if (interval.empty()) {
        return std::vector<Total>{};
    }
    std::vector<Held> all;
    std::vector<Total> out;
    all.reserve(ids.size());
    out.reserve(ids.size());
    for (const DatastreamId id : ids) {
        if (auto held = snapshot(id, interval, everything, false)) {
            all.push_back(summed_up(id, std::move(*held)));
            out.push_back({id, {}});
        }
    }
    if (all.size() < many_datastreams) {
        TRY_DO(add_blocks({all, out}, interval, false));
    } else {
        // Two halves side by side: all of a town's meters are the longest question that is asked here.
        const std::size_t half = all.size() / 2;
        const Part first{std::span{all}.first(half), std::span{out}.first(half)};
        const Part second{std::span{all}.subspan(half), std::span{out}.subspan(half)};
        Result<void> other;
        std::jthread beside{[&] { other = add_blocks(second, interval, true); }};
        const auto own = add_blocks(first, interval, true);
        beside.join();
        TRY_DO(own);
        TRY_DO(other);
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].snapshot.corrects()) {
            TRY(out[i].values, aggregate_rows(all[i].id, interval));
        }
    }
    std::erase_if(out, [](const Total& total) { return total.values.empty(); });
    return out;
}

Result<std::vector<Version>> BlockStore::versions(DatastreamId id, Instant time) const {
    const auto known = type(id);
    if (!known) {
        return std::vector<Version>{};
    }
    std::vector<Version> frozen;
    std::vector<Version> active;
    SettleNumber frozen_number = 0;
    SettleNumber active_number = 0;
    {
        const std::lock_guard lock{versions_mutex_};
        const auto pick = [&](const std::vector<PendingVersion>& pending, std::vector<Version>& into) {
            for (const PendingVersion& version : pending) {
                if (version.datastream == id && version.older.time == time) {
                    into.push_back({version.older, version.replaced_by});
                }
            }
        };
        pick(frozen_versions_, frozen);
        pick(active_versions_, active);
        frozen_number = frozen_versions_number_;
        active_number = active_versions_number_;
    }
    TRY(const auto reader, readers_.lease());
    TRY(const auto moment, reader->moment());
    TRY(const SettleNumber seen, reader->settle_number());
    TRY(auto out, reader->versions(id, time, *known));
    if (seen < frozen_number) {
        out.insert(out.end(), frozen.begin(), frozen.end());
    }
    if (seen < active_number) {
        out.insert(out.end(), active.begin(), active.end());
    }
    return out;
}

Result<std::optional<Observation>> BlockStore::newest_usable(DatastreamId id) const {
    RangeOptions page{.order = Order::newest_first, .limit = 256, .after = {}};
    for (;;) {
        TRY(const Series series, range(id, {earliest_time, latest_time}, page));
        for (std::size_t row = 0; row < series.columns.size(); ++row) {
            if (series.columns.quality_of(row).usable()) {
                return series.columns.at(row);
            }
        }
        if (!series.more) {
            return std::nullopt;
        }
        page.after = series.columns.times.back();
        page.limit = std::min<std::size_t>(page.limit * 2, scan_rows);
    }
}

namespace {

class BlockScan final : public Scan {
public:
    BlockScan(const BlockStore& store, std::vector<DatastreamId> ids, Interval interval)
        : store_(store), ids_(std::move(ids)), interval_(interval) {}

    Result<std::optional<ColumnView>> next() override {
        while (at_ < ids_.size()) {
            const DatastreamId id = ids_[at_];
            TRY(series_, store_.range(id, interval_, page_));
            for (const Interval& span : series_.damaged) {
                damaged_.push_back({id, span, "observations: a block is damaged"});
            }
            if (series_.more) {
                page_.after = series_.columns.times.back();
            } else {
                page_.after.reset();
                ++at_;
            }
            if (!series_.columns.empty()) {
                return view(id, series_.columns, 0, series_.columns.size());
            }
        }
        return std::nullopt;
    }

    std::span<const Damage> damaged() const override { return damaged_; }

private:
    const BlockStore& store_;
    std::vector<DatastreamId> ids_;
    Interval interval_;
    RangeOptions page_{.order = Order::oldest_first, .limit = scan_rows, .after = {}};
    std::size_t at_ = 0;
    Series series_;
    std::vector<Damage> damaged_;
};

}  // namespace

Result<std::unique_ptr<Scan>> BlockStore::scan(const Selection& selection, Interval interval) const {
    std::vector<DatastreamId> ids = selection.ids ? *selection.ids : datastreams();
    std::ranges::sort(ids);
    ids.erase(std::ranges::unique(ids).begin(), ids.end());
    return std::make_unique<BlockScan>(*this, std::move(ids), interval);
}

}  // namespace bypuls::observations::blocks
