// The rows of `datastream` as a writer reads, writes and mends them.
#include <algorithm>
#include <string>
#include <utility>

#include "platform/observations/blocks/seal.h"
#include "platform/observations/blocks/writer.h"

namespace bypuls::observations::blocks {
namespace {

std::int64_t micros(Instant t) {
    return t.time_since_epoch().count();
}

}  // namespace

Result<Writer::Heads> Writer::heads() {
    TRY(Statement all, connection().prepare("SELECT " + std::string(head_columns) + " FROM datastream ORDER BY id"));
    Heads out;
    for (;;) {
        TRY(const bool row, all.step());
        if (!row) {
            return out;
        }
        if (auto stored = read_head(all)) {
            out.whole.push_back(std::move(*stored));
        } else {
            out.damaged.push_back({all.integer(0)});
        }
    }
}

Result<void> Writer::put_head(const StoredHead& stored) {
    const Head& head = stored.head;
    put_head_.bind(1, stored.id.value).bind(2, static_cast<std::int64_t>(head.type));
    put_head_.bind(3, static_cast<std::int64_t>(head.count)).bind(4, micros(stored.shape.merged_upto));
    put_head_.bind(5, stored.shape.fresh_from).bind(6, stored.shape.fresh_to);
    put_head_.bind(7, micros(head.latest.time)).bind(9, std::int64_t{head.latest.quality.bits()});
    bind_value(put_head_, 8, head.latest.value);
    if (head.usable) {
        put_head_.bind(10, micros(head.usable->time)).bind(12, std::int64_t{head.usable->quality.bits()});
        bind_value(put_head_, 11, head.usable->value);
    } else {
        put_head_.bind_null(10).bind_null(11).bind_null(12);
    }
    return put_head_.bind(13, std::int64_t{checksum_of(stored)}).run();
}

Result<void> Writer::put_shape(DatastreamId id, const Shape& shape, std::uint64_t lost) {
    std::optional<StoredHead> stored;
    {
        const Using use{get_head_};
        get_head_.bind(1, id.value);
        TRY(const bool row, get_head_.step());
        if (!row) {
            return {};
        }
        stored = read_head(get_head_);
    }
    if (stored) {
        stored->shape = shape;
        stored->head.count -= std::min(stored->head.count, lost);
        return put_head(*stored);
    }
    return mend_head(id);
}

Result<void> Writer::remove_head(DatastreamId id) {
    return remove_head_.bind(1, id.value).run();
}

Result<bool> Writer::find_newest(StoredHead& stored) {
    Walk walk{*reader_, stored.id, stored.shape, {earliest_time, latest_time}, Order::newest_first};
    bool newest = true;
    while (!stored.head.usable) {
        TRY(const bool more, walk.next());
        if (!more) {
            break;
        }
        const auto columns = blocks::open(walk.header(), walk.bytes(), *dictionaries_);
        if (!columns) {
            continue;
        }
        if (std::exchange(newest, false)) {
            stored.head.type = columns->type;
            stored.head.latest = columns->at(columns->size() - 1);
        }
        for (std::size_t row = columns->size(); row-- > 0 && !stored.head.usable;) {
            if (columns->quality_of(row).usable()) {
                stored.head.usable = columns->at(row);
            }
        }
    }
    return !newest;
}

Result<void> Writer::mend_head(DatastreamId id) {
    StoredHead stored{.id = id, .head = {}, .shape = {}};
    TRY(Statement days, connection().prepare("SELECT count(*), min(day), max(day), sum(count) FROM day_block WHERE "
                                             "datastream = ?1"));
    TRY_DO(days.bind(1, id.value).step());
    TRY(Statement months,
        connection().prepare("SELECT count(*), max(start + length), sum(count) FROM month_block WHERE "
                             "datastream = ?1"));
    TRY_DO(months.bind(1, id.value).step());
    // Month blocks are older than day blocks, always, and days are moved whole.
    if (days.integer(0) > 0) {
        stored.shape = {start_of(days.integer(1)), days.integer(1), days.integer(2)};
    } else if (months.integer(0) > 0) {
        stored.shape.merged_upto = start_of(day_of(Instant{Duration{months.integer(1)}}) + 1);
    }
    const std::int64_t count = days.integer(3) + months.integer(2);
    if (count <= 0) {
        return remove_head(id);
    }
    stored.head.count = static_cast<std::uint64_t>(count);
    TRY(const bool readable, find_newest(stored));
    if (readable) {
        return put_head(stored);
    }
    TRY_DO(put_all_aside(stored));
    return remove_head(id);
}

/// None of its blocks can be read.
Result<void> Writer::put_all_aside(const StoredHead& stored) {
    Change change;
    std::vector<Header> aside;
    {
        Walk walk{*reader_, stored.id, stored.shape, {earliest_time, latest_time}, Order::oldest_first};
        for (;;) {
            TRY(const bool more, walk.next());
            if (!more) {
                break;
            }
            TRY_DO(put_aside(walk.header(), walk.bytes(), "neither it nor what is known of it can be read", change));
            aside.push_back(walk.header());
        }
    }
    for (const Header& header : aside) {
        TRY_DO(erase(header.start < stored.shape.merged_upto ? Tier::month : Tier::day, header));
    }
    return {};
}

Result<std::vector<DatastreamId>> Writer::mend_heads() {
    TRY(const Heads found, heads());
    std::vector<DatastreamId> mend = found.damaged;
    // The number itself may be what was damaged: then blocks stand without a row.
    TRY(Statement blocks,
        connection().prepare("SELECT datastream FROM month_block UNION SELECT datastream FROM day_block "
                             "EXCEPT SELECT id FROM datastream"));
    for (;;) {
        TRY(const bool row, blocks.step());
        if (!row) {
            break;
        }
        mend.push_back({blocks.integer(0)});
    }
    for (const DatastreamId id : mend) {
        TRY_DO(mend_head(id));
    }
    return mend;
}

}  // namespace bypuls::observations::blocks
