#include "platform/observations/blocks/writer.h"

#include <algorithm>

#include <fmt/format.h>

#include "platform/observations/blocks/codec.h"
#include "platform/observations/blocks/merge.h"

namespace bypuls::observations::blocks {

namespace {

// SQLite keeps rows of a WITHOUT ROWID table up to a quarter of the page in place and spends a page of its own
// on the rest of a longer one. Blocks stay below that.
constexpr std::size_t block_bytes_max = 3900;
constexpr std::size_t block_bytes_full = 2900;  // a new reading after such a block begins a block of its own
constexpr std::size_t block_rows_max = 4096;
constexpr std::size_t block_rows_min = 32;  // large texts are not split further
constexpr std::size_t block_text_max = 1U << 20U;
constexpr int day_level = 1;  // day blocks are soon written again
constexpr std::int64_t days_at_once_max = 8;

std::int64_t micros(Instant t) {
    return t.time_since_epoch().count();
}

std::size_t text_bytes(const Columns& rows) {
    std::size_t out = 0;
    for (const std::string& text : rows.texts) {
        out += text.size();
    }
    return out;
}

Columns slice(const Columns& rows, std::size_t from, std::size_t to) {
    Columns out{.type = rows.type};
    out.append(rows, from, to);
    return out;
}

std::size_t row_at(const Columns& rows, Instant t) {
    return static_cast<std::size_t>(std::ranges::lower_bound(rows.times, t) - rows.times.begin());
}

Interval day_span(std::int64_t day) {
    return {start_of(day), start_of(day + 1)};
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::open(const std::string& path, Dictionaries& dictionaries, int level) {
    auto out = std::make_unique<Writer>();
    out->dictionaries_ = &dictionaries;
    out->level_ = level;
    {
        TRY(Connection connection, Connection::open(path, Connection::Mode::write));
        TRY_DO(migrate(connection));
    }
    TRY(out->reader_, Reader::open(path, 32U << 20U));
    TRY_DO(
        out->connection().execute("PRAGMA query_only = OFF; PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST; "
                                  "PRAGMA journal_size_limit = 67108864"));
    TRY_DO(out->prepare());
    TRY_DO(out->check_meta());
    TRY(Statement all, out->connection().prepare("SELECT id, kind, bytes FROM dictionary ORDER BY id"));
    for (;;) {
        TRY(const bool row, all.step());
        if (!row) {
            return out;
        }
        dictionaries.add(static_cast<std::uint32_t>(all.integer(0)), static_cast<std::uint8_t>(all.integer(1)),
                         all.bytes(2));
    }
}

Result<void> Writer::prepare() {
    Connection& db = connection();
    const std::string columns = block_columns;
    TRY(begin_, db.prepare("BEGIN IMMEDIATE"));
    TRY(commit_, db.prepare("COMMIT"));
    TRY(set_meta_, db.prepare("UPDATE meta SET value = ?2 WHERE key = ?1"));
    TRY(insert_month_,
        db.prepare(fmt::format("INSERT INTO month_block (datastream, {}) VALUES (?13, ?1, ?2, ?3, ?4, ?5, "
                               "?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                               columns)));
    TRY(insert_day_,
        db.prepare(fmt::format("INSERT INTO day_block (day, datastream, {}) VALUES (?14, ?13, ?1, ?2, ?3, ?4, "
                               "?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                               columns)));
    TRY(erase_month_, db.prepare("DELETE FROM month_block WHERE datastream = ?1 AND start = ?2"));
    TRY(erase_day_, db.prepare("DELETE FROM day_block WHERE datastream = ?1 AND start = ?2 AND day = ?3"));
    TRY(put_aside_, db.prepare("INSERT INTO damaged_block VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
    TRY(put_head_,
        db.prepare(
            "INSERT OR REPLACE INTO datastream VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"));
    TRY(get_head_, db.prepare(fmt::format("SELECT {} FROM datastream WHERE id = ?1", head_columns)));
    TRY(remove_head_, db.prepare("DELETE FROM datastream WHERE id = ?1"));
    TRY(put_version_, db.prepare("INSERT INTO version SELECT ?1, ?2, coalesce(max(sequence), 0) + 1, ?3, ?4, ?5 "
                                 "FROM version WHERE datastream = ?1 AND time = ?2"));
    TRY(put_removal_, db.prepare("INSERT INTO removal VALUES (?1, ?2, ?3, ?4)"));
    TRY(forget_removals_, db.prepare("DELETE FROM removal WHERE upto <= ?1"));
    TRY(put_dictionary_, db.prepare("INSERT INTO dictionary VALUES (?1, ?2, ?3)"));
    return {};
}

Result<void> Writer::commit() {
    if (std::exchange(meta_changed_, false)) {
        TRY(const std::int64_t sum, meta_checksum(connection()));
        TRY_DO(set_meta_.bind(1, static_cast<std::int64_t>(Meta::checksum)).bind(2, sum).run());
    }
    return commit_.run();
}

/// A cursor that is too far on would have the journal's newest records passed over, and thrown away.
Result<void> Writer::check_meta() {
    TRY(const std::int64_t stored, meta(Meta::checksum));
    TRY(const std::int64_t sum, meta_checksum(connection()));
    return stored == sum
               ? Result<void>{}
               : fail(Errc::damaged, "observations database: the row that says up to where the journal has settled");
}

void Writer::rollback() {
    commit_.reset();
    meta_changed_ = false;
    month_delta_ = 0;
    day_delta_ = 0;
    if (connection().in_transaction()) {
        std::ignore = connection().execute("ROLLBACK");
    }
}

// --- small tables ----------------------------------------------------------------------------------------------------

Result<std::vector<Removal>> Writer::removals() {
    TRY(Statement all, connection().prepare("SELECT datastream, from_time, to_time, upto FROM removal"));
    std::vector<Removal> out;
    for (;;) {
        TRY(const bool row, all.step());
        if (!row) {
            return out;
        }
        const Interval interval{Instant{Duration{all.integer(1)}}, Instant{Duration{all.integer(2)}}};
        out.push_back({DatastreamId{all.integer(0)}, interval, {static_cast<std::uint64_t>(all.integer(3))}});
    }
}

Result<void> Writer::set_meta(Meta key, std::int64_t value) {
    meta_changed_ = true;
    return set_meta_.bind(1, static_cast<std::int64_t>(key)).bind(2, value).run();
}

Result<void> Writer::put_version(const PendingVersion& version) {
    put_version_.bind(1, version.datastream.value).bind(2, micros(version.older.time));
    bind_value(put_version_, 3, version.older.value);
    put_version_.bind(4, std::int64_t{version.older.quality.bits()});
    return put_version_.bind(5, static_cast<std::int64_t>(version.replaced_by.value)).run();
}

Result<void> Writer::put_removal(const Removal& removal) {
    put_removal_.bind(1, removal.datastream.value).bind(2, micros(removal.interval.from));
    return put_removal_.bind(3, micros(removal.interval.to))
        .bind(4, static_cast<std::int64_t>(removal.upto.value))
        .run();
}

Result<void> Writer::forget_removals(journal::Position upto) {
    return forget_removals_.bind(1, static_cast<std::int64_t>(upto.value)).run();
}

Result<void> Writer::put_dictionary(std::uint32_t id, std::uint8_t kind, ByteView bytes) {
    return put_dictionary_.bind(1, std::int64_t{id}).bind(2, std::int64_t{kind}).bind(3, bytes).run();
}

std::int64_t Writer::take_block_delta(Tier tier) {
    return std::exchange(tier == Tier::month ? month_delta_ : day_delta_, 0);
}

// --- blocks ----------------------------------------------------------------------------------------------------------

Result<Writer::Change> Writer::put(DatastreamId id, Shape& shape, const Columns& rows) {
    Change change;
    const std::int64_t last_day = day_of(rows.times.back());
    if (last_day - day_of(rows.times.front()) >= days_at_once_max && shape.fresh_to < last_day) {
        // A whole history at once: only its newest day is still growing.
        TRY(change, merge(id, shape, last_day));
        shape.merged_upto = std::max(shape.merged_upto, start_of(last_day));
    }
    const std::size_t old = row_at(rows, shape.merged_upto);
    if (old > 0) {
        TRY_DO(put_months(id, slice(rows, 0, old), change));
    }
    for (std::size_t from = old; from < rows.size();) {
        const std::int64_t day = day_of(rows.times[from]);
        const std::size_t to = row_at(rows, start_of(day + 1));
        const bool whole = from == 0 && to == rows.size();
        TRY_DO(put_span(Tier::day, id, day_span(day), whole ? rows : slice(rows, from, to), change));
        shape.fresh_from = shape.has_days() ? std::min(shape.fresh_from, day) : day;
        shape.fresh_to = std::max(shape.fresh_to, day);
        from = to;
    }
    return change;
}

Result<void> Writer::put_months(DatastreamId id, const Columns& rows, Change& change) {
    for (std::size_t from = 0; from < rows.size();) {
        const Interval month = bucket_of(rows.times[from], Step::month);
        const std::size_t to = row_at(rows, month.to);
        TRY_DO(put_span(Tier::month, id, month, slice(rows, from, to), change));
        from = to;
    }
    return {};
}

Result<Writer::Change> Writer::merge(DatastreamId id, Shape& shape, std::int64_t day) {
    Change change;
    if (!shape.has_days() || shape.fresh_from >= day) {
        return change;
    }
    Shape all_days = shape;
    all_days.fresh_to = std::min(shape.fresh_to, day - 1);
    const Interval span{start_of(shape.fresh_from), start_of(day)};
    Columns rows;
    std::vector<Header> taken;
    {
        Walk walk{*reader_, id, all_days, span, Order::oldest_first};
        for (;;) {
            TRY(const bool more, walk.next());
            if (!more) {
                break;
            }
            if (walk.header().start < shape.merged_upto) {
                continue;  // a month block's row before the days
            }
            auto columns = blocks::open(walk.header(), walk.bytes(), *dictionaries_);
            if (columns) {
                rows = overlay(rows, *columns);
            } else {
                TRY_DO(put_aside(walk.header(), walk.bytes(), columns.error().what, change));
            }
            taken.push_back(walk.header());
        }
    }
    for (const Header& header : taken) {
        TRY_DO(erase(Tier::day, header));
    }
    TRY_DO(put_months(id, rows, change));
    shape.merged_upto = start_of(day);
    shape.fresh_from = day;  // beyond fresh_to when no day is left
    return change;
}

Result<std::uint64_t> Writer::remove(DatastreamId id, const Shape& shape, std::span<const Interval> intervals) {
    const Interval hull{intervals.front().from, intervals.back().to};
    struct Touched {
        Header header;
        Tier tier;
        Columns kept;
    };
    std::vector<Touched> touched;
    std::uint64_t removed = 0;
    {
        Walk walk{*reader_, id, shape, hull, Order::oldest_first};
        for (;;) {
            TRY(const bool more, walk.next());
            if (!more) {
                break;
            }
            const auto concerns = [&](const Interval& interval) {
                return interval.from <= walk.header().end && walk.header().start < interval.to;
            };
            if (std::ranges::none_of(intervals, concerns)) {
                continue;
            }
            const auto columns = blocks::open(walk.header(), walk.bytes(), *dictionaries_);
            Touched& block = touched.emplace_back();
            block.header = walk.header();
            block.tier = walk.header().start < shape.merged_upto ? Tier::month : Tier::day;
            // What a damaged block holds cannot be told apart, and what should be gone must not stay.
            block.kept = columns ? without(*columns, intervals) : Columns{};
            removed += walk.header().count - block.kept.size();
        }
    }
    for (const Touched& block : touched) {
        TRY_DO(erase(block.tier, block.header));
        if (!block.kept.empty()) {
            TRY_DO(insert(block.tier, id, block.kept));
        }
    }
    const auto erase_between = [&](std::string_view sql) -> Result<void> {
        TRY(Statement statement, connection().prepare(sql));
        for (const Interval& interval : intervals) {
            TRY_DO(statement.bind(1, id.value).bind(2, micros(interval.from)).bind(3, micros(interval.to)).run());
        }
        return {};
    };
    TRY_DO(erase_between("DELETE FROM version WHERE datastream = ?1 AND time >= ?2 AND time < ?3"));
    TRY_DO(erase_between("DELETE FROM damaged_block WHERE datastream = ?1 AND start + length >= ?2 AND start < ?3"));
    return removed;
}

Result<Writer::Neighbours> Writer::take_neighbours(Tier tier, DatastreamId id, Interval span, const Columns& rows,
                                                   Change& change) {
    const Instant first = rows.times.front();
    const Instant last = rows.times.back();
    Shape only_this;  // months only, or just this day
    only_this.fresh_from = tier == Tier::day ? day_of(span.from) : 0;
    only_this.fresh_to = tier == Tier::day ? only_this.fresh_from : -1;
    Neighbours out{.rows = {.type = rows.type}, .headers = {}};
    Walk walk{*reader_, id, only_this, {span.from, last + Duration{1}}, Order::newest_first};
    for (;;) {
        TRY(const bool more, walk.next());
        // Walks see both tiers; a block belongs to the span that its first reading is in.
        if (!more || walk.header().start < span.from) {
            return out;
        }
        const bool apart = walk.header().end < first;
        if (apart && (walk.bytes().size() >= block_bytes_full || walk.header().count >= block_rows_max / 2)) {
            return out;
        }
        auto columns = blocks::open(walk.header(), walk.bytes(), *dictionaries_);
        if (columns) {
            out.rows = overlay(out.rows, *columns);
        } else {
            TRY_DO(put_aside(walk.header(), walk.bytes(), columns.error().what, change));
        }
        out.headers.push_back(walk.header());
        if (apart) {
            return out;
        }
    }
}

Result<void> Writer::put_span(Tier tier, DatastreamId id, Interval span, const Columns& rows, Change& change) {
    TRY(const Neighbours old, take_neighbours(tier, id, span, rows, change));
    for (const Header& header : old.headers) {
        TRY_DO(erase(tier, header));
    }
    return old.rows.empty() ? insert(tier, id, rows) : insert(tier, id, overlay(old.rows, rows));
}

Result<void> Writer::insert(Tier tier, DatastreamId id, const Columns& rows) {
    std::size_t parts = (rows.size() + block_rows_max - 1) / block_rows_max;
    if (parts == 1 && (rows.size() == 1 || text_bytes(rows) <= block_text_max)) {
        const Header header = header_of(id, rows);
        const Bytes payload = encode(rows);
        const Bytes bytes = seal(header, payload, *dictionaries_, tier == Tier::day ? day_level : level_);
        if (bytes.size() <= block_bytes_max || rows.size() <= block_rows_min) {
            if (tier == Tier::month) {
                keep_sample(rows, payload);
            }
            return insert_one(tier, header, bytes);
        }
        parts = bytes.size() / block_bytes_max + 1;
    }
    parts = std::clamp<std::size_t>(parts, 2, rows.size());
    for (std::size_t i = 0; i < parts; ++i) {
        TRY_DO(insert(tier, id, slice(rows, i * rows.size() / parts, (i + 1) * rows.size() / parts)));
    }
    return {};
}

Result<void> Writer::insert_one(Tier tier, const Header& header, ByteView bytes) {
    Statement& row = tier == Tier::month ? insert_month_ : insert_day_;
    const Aggregate& usable = header.usable;
    row.bind(1, micros(header.start)).bind(2, (header.end - header.start).count());
    row.bind(3, static_cast<std::int64_t>(header.count))
        .bind(4, static_cast<std::int64_t>(header.count - usable.count));
    if (usable.count > 0) {
        row.bind(5, usable.sum).bind(8, usable.first).bind(9, usable.last);
        usable.min == usable.first ? row.bind_null(6) : row.bind(6, usable.min);
        usable.max == usable.last ? row.bind_null(7) : row.bind(7, usable.max);
        row.bind(10, (usable.first_time - header.start).count()).bind(11, (header.end - usable.last_time).count());
    } else {
        for (const int index : {5, 6, 7, 8, 9}) {
            row.bind_null(index);
        }
        row.bind(10, std::int64_t{0}).bind(11, std::int64_t{0});
    }
    row.bind(12, bytes).bind(13, header.datastream.value);
    if (tier == Tier::day) {
        row.bind(14, day_of(header.start));
    }
    ++(tier == Tier::month ? month_delta_ : day_delta_);
    return row.run();
}

Result<void> Writer::erase(Tier tier, const Header& header) {
    Statement& row = tier == Tier::month ? erase_month_ : erase_day_;
    row.bind(1, header.datastream.value).bind(2, micros(header.start));
    if (tier == Tier::day) {
        row.bind(3, day_of(header.start));
    }
    --(tier == Tier::month ? month_delta_ : day_delta_);
    return row.run();
}

Result<void> Writer::put_aside(const Header& header, ByteView bytes, const std::string& what, Change& change) {
    put_aside_.bind(1, header.datastream.value).bind(2, micros(header.start));
    put_aside_.bind(3, (header.end - header.start).count()).bind(4, static_cast<std::int64_t>(header.count));
    put_aside_.bind(5, bytes).bind(6, std::string_view{what});
    change.lost += header.count;
    change.damaged.push_back({header.datastream, {header.start, header.end + Duration{1}}, what});
    return put_aside_.run();
}

void Writer::keep_sample(const Columns& rows, const Bytes& payload) {
    const Kind kind{rows.type, is_regular(payload)};
    auto& samples = samples_[kind.code()];
    if (samples.size() < samples_wanted && rows.size() >= block_rows_min && payload.size() <= 2 * block_bytes_max &&
        !dictionaries_->has_kind(kind.code())) {
        samples.push_back(payload);
    }
}

}  // namespace bypuls::observations::blocks
