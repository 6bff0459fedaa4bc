#include "platform/observations/blocks/disk.h"

#include <algorithm>

#include <fmt/format.h>

#include "platform/observations/blocks/head.h"

namespace bypuls::observations::blocks {

namespace {

constexpr std::int64_t schema_version = 2;
constexpr std::int64_t application_id = 0x42506F62;  // "BPob", shown by file(1)

constexpr auto reader_wait = std::chrono::seconds{10};

/// A block covers at most one month of Oslo time, the longest of which has 31 days and an hour.
constexpr auto block_span_max = std::chrono::hours{31 * 24 + 1};

// `unusable`, `lead` and `tail` are nearly always 0 and null minima and maxima those of a meter that only rises: SQLite
// keeps 0 and null in no bytes at all.
constexpr const char* schema_1 = R"(
CREATE TABLE meta (key INTEGER PRIMARY KEY, value INTEGER NOT NULL);
INSERT INTO meta VALUES (1, 0), (2, 0), (3, 0), (4, 0);
CREATE TABLE dictionary (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE datastream (id INTEGER PRIMARY KEY, type INTEGER NOT NULL, count INTEGER NOT NULL,
  merged_upto INTEGER NOT NULL, fresh_from INTEGER NOT NULL, fresh_to INTEGER NOT NULL,
  latest_time INTEGER NOT NULL, latest_value, latest_quality INTEGER NOT NULL,
  usable_time INTEGER, usable_value, usable_quality INTEGER);
CREATE TABLE month_block (datastream INTEGER NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL,
  count INTEGER NOT NULL, unusable INTEGER NOT NULL, sum REAL, min REAL, max REAL, first REAL, last REAL,
  lead INTEGER NOT NULL, tail INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (datastream, start)) WITHOUT ROWID;
CREATE TABLE day_block (day INTEGER NOT NULL, datastream INTEGER NOT NULL, start INTEGER NOT NULL,
  length INTEGER NOT NULL, count INTEGER NOT NULL, unusable INTEGER NOT NULL, sum REAL, min REAL, max REAL, first REAL,
  last REAL, lead INTEGER NOT NULL, tail INTEGER NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY (day, datastream, start)) WITHOUT ROWID;
CREATE TABLE damaged_block (datastream INTEGER NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL,
  count INTEGER NOT NULL, bytes BLOB NOT NULL, what TEXT NOT NULL);
CREATE TABLE version (datastream INTEGER NOT NULL, time INTEGER NOT NULL, sequence INTEGER NOT NULL, value,
  quality INTEGER NOT NULL, replaced_by INTEGER NOT NULL, PRIMARY KEY (datastream, time, sequence)) WITHOUT ROWID;
CREATE TABLE removal (datastream INTEGER NOT NULL, from_time INTEGER NOT NULL, to_time INTEGER NOT NULL,
  upto INTEGER NOT NULL);
)";

std::int64_t micros(Instant t) {
    return t.time_since_epoch().count();
}
Instant instant(std::int64_t value) {
    return Instant{Duration{value}};
}

}  // namespace

namespace {

/// Version 2: each row of `datastream` has a checksum, and `meta` has one. What an earlier version wrote is believed.
Result<void> add_checksums(Connection& connection) {
    TRY(const std::int64_t version, connection.integer("PRAGMA user_version"));
    if (version >= 2) {
        return {};  // another program has been quicker
    }
    TRY_DO(connection.execute("ALTER TABLE datastream ADD COLUMN checksum INTEGER"));
    TRY(Statement all, connection.prepare(fmt::format("SELECT {} FROM datastream", head_columns)));
    TRY(Statement put, connection.prepare("UPDATE datastream SET checksum = ?2 WHERE id = ?1"));
    std::vector<std::pair<std::int64_t, std::uint32_t>> sums;
    for (;;) {
        TRY(const bool row, all.step());
        if (!row) {
            break;
        }
        if (const auto stored = read_head_unchecked(all)) {
            sums.emplace_back(stored->id.value, checksum_of(*stored));
        }
    }
    for (const auto& [id, sum] : sums) {
        TRY_DO(put.bind(1, id).bind(2, std::int64_t{sum}).run());
    }
    TRY(const std::int64_t sum, meta_checksum(connection));
    return connection.execute(
        fmt::format("INSERT OR REPLACE INTO meta VALUES (5, {}); PRAGMA user_version = 2", sum).c_str());
}

}  // namespace

Result<std::int64_t> meta_checksum(Connection& connection) {
    TRY(Statement all, connection.prepare("SELECT key, value FROM meta WHERE key < 5 ORDER BY key"));
    Bytes bytes;
    for (;;) {
        TRY(const bool row, all.step());
        if (!row) {
            return std::int64_t{crc32c(bytes)};
        }
        put_u64(bytes, static_cast<std::uint64_t>(all.integer(0)));
        put_u64(bytes, static_cast<std::uint64_t>(all.integer(1)));
    }
}

const char* const block_columns = "start, length, count, unusable, sum, min, max, first, last, lead, tail, bytes";

Result<void> migrate(Connection& connection) {
    TRY(const std::int64_t version, connection.integer("PRAGMA user_version"));
    if (version > schema_version) {
        return fail(Errc::conflict, fmt::format("the observations were written by a newer version of the program "
                                                "(schema {}, this one knows {})",
                                                version, schema_version));
    }
    if (version < 1) {
        TRY_DO(connection.execute(
            "PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL"));
        TRY_DO(connection.execute(
            fmt::format("BEGIN IMMEDIATE; {} PRAGMA application_id = {}; PRAGMA user_version = 1; COMMIT", schema_1,
                        application_id)
                .c_str()));
    }
    if (version < schema_version) {
        TRY_DO(connection.execute("BEGIN IMMEDIATE"));
        TRY_DO(add_checksums(connection));
        TRY_DO(connection.execute("COMMIT"));
    }
    return {};
}

Value read_value(const Statement& statement, int column, ResultType type) {
    switch (type) {
        case ResultType::number: return statement.number(column);
        case ResultType::integer: return statement.integer(column);
        case ResultType::boolean: return statement.integer(column) != 0;
        case ResultType::category: return Category{std::string{as_text(statement.bytes(column))}};
        case ResultType::json: return Json{std::string{as_text(statement.bytes(column))}};
    }
    return {};
}

void bind_value(Statement& statement, int index, const Value& value) {
    switch (type_of(value)) {
        case ResultType::number: statement.bind(index, std::get<double>(value)); break;
        case ResultType::integer: statement.bind(index, std::get<std::int64_t>(value)); break;
        case ResultType::boolean: statement.bind(index, std::int64_t{std::get<bool>(value)}); break;
        case ResultType::category: statement.bind(index, as_bytes(std::get<Category>(value).value)); break;
        case ResultType::json: statement.bind(index, as_bytes(std::get<Json>(value).text)); break;
    }
}

Header read_header(const Statement& row, DatastreamId id) {
    Header out{.datastream = id, .start = instant(row.integer(0))};
    out.end = out.start + Duration{row.integer(1)};
    out.count = static_cast<std::uint64_t>(row.integer(2));
    Aggregate& usable = out.usable;
    usable.count = out.count - std::min(out.count, static_cast<std::uint64_t>(row.integer(3)));
    if (usable.count > 0) {
        usable.sum = row.number(4);
        usable.first = row.number(7);
        usable.last = row.number(8);
        usable.min = row.null(5) ? usable.first : row.number(5);
        usable.max = row.null(6) ? usable.last : row.number(6);
        usable.first_time = out.start + Duration{row.integer(9)};
        usable.last_time = out.end - Duration{row.integer(10)};
    }
    return out;
}

// --- Reader ----------------------------------------------------------------------------------------------------------

Result<std::unique_ptr<Reader>> Reader::open(const std::string& path, std::size_t cache_bytes) {
    auto out = std::make_unique<Reader>();
    TRY(out->connection_, Connection::open(path, Connection::Mode::read));
    TRY_DO(out->connection_.execute(fmt::format("PRAGMA cache_size = -{}", cache_bytes / 1024).c_str()));
    const auto blocks = [](std::string_view table, std::string_view where) {
        return fmt::format("SELECT {} FROM {} WHERE {}", block_columns, table, where);
    };
    constexpr std::string_view month =
        "datastream = ?1 AND start >= ?2 AND start < ?3 AND start + length >= ?4 ORDER BY start";
    constexpr std::string_view day =
        "day = ?5 AND datastream = ?1 AND start < ?3 AND start + length >= ?4 ORDER BY start";
    Connection& connection = out->connection_;
    TRY(out->begin_, connection.prepare("BEGIN"));
    TRY(out->end_, connection.prepare("COMMIT"));
    TRY(out->meta_, connection.prepare("SELECT value FROM meta WHERE key = ?1"));
    TRY(out->versions_, connection.prepare("SELECT value, quality, replaced_by FROM version WHERE datastream = ?1 AND "
                                           "time = ?2 ORDER BY sequence"));
    TRY(out->months_up_, connection.prepare(blocks("month_block", month)));
    TRY(out->months_down_, connection.prepare(blocks("month_block", fmt::format("{} DESC", month))));
    TRY(out->days_up_, connection.prepare(blocks("day_block", day)));
    TRY(out->days_down_, connection.prepare(blocks("day_block", fmt::format("{} DESC", day))));
    TRY(out->days_all_,
        connection.prepare(fmt::format("SELECT {}, datastream FROM day_block WHERE day BETWEEN ?1 AND ?2 "
                                       "AND start < ?3 AND start + length >= ?4",
                                       block_columns)));
    return out;
}

Result<Reader::Moment> Reader::moment() {
    TRY_DO(begin_.run());
    return Moment{*this};
}

Reader::Moment::~Moment() {
    if (reader_ != nullptr && !reader_->end_.run()) {
        std::ignore = reader_->connection_.execute("ROLLBACK");
    }
}

Result<std::int64_t> Reader::meta(Meta key) {
    const Using use{meta_};
    meta_.bind(1, static_cast<std::int64_t>(key));
    TRY(const bool row, meta_.step());
    return row ? meta_.integer(0) : 0;
}

Result<std::vector<Version>> Reader::versions(DatastreamId id, Instant time, ResultType type) {
    const Using use{versions_};
    versions_.bind(1, id.value).bind(2, micros(time));
    std::vector<Version> out;
    for (;;) {
        TRY(const bool row, versions_.step());
        if (!row) {
            return out;
        }
        const Quality quality{static_cast<std::uint8_t>(versions_.integer(1))};
        out.push_back(
            {{time, read_value(versions_, 0, type), quality}, {static_cast<std::uint64_t>(versions_.integer(2))}});
    }
}

// --- walks -----------------------------------------------------------------------------------------------------------

Walk::Walk(Reader& reader, DatastreamId id, const Shape& shape, Interval interval, Order order)
    : reader_(reader), id_(id), interval_(interval), order_(order) {
    interval_.from = std::max(interval_.from, earliest_time);
    interval_.to = std::min(interval_.to, latest_time);
    if (interval_.empty()) {
        months_left_ = false;
        return;
    }
    const std::int64_t first = std::max(shape.fresh_from, day_of(interval_.from));
    const std::int64_t last = std::min(shape.fresh_to, day_of(interval_.to - Duration{1}));
    const bool any = shape.has_days() && first <= last;
    if (order == Order::oldest_first) {
        day_ = any ? first : 0;
        day_end_ = any ? last + 1 : 0;
    } else {
        day_ = any ? last : 0;
        day_end_ = any ? first - 1 : 0;
    }
}

Walk::~Walk() {
    if (at_ != nullptr) {
        at_->reset();
    }
}

Statement* Walk::open_months() {
    months_left_ = false;
    Statement& statement = order_ == Order::oldest_first ? reader_.months_up_ : reader_.months_down_;
    statement.bind(1, id_.value).bind(2, micros(interval_.from - block_span_max));
    statement.bind(3, micros(interval_.to)).bind(4, micros(interval_.from));
    return &statement;
}

Statement* Walk::open_day(std::int64_t day) {
    Statement& statement = order_ == Order::oldest_first ? reader_.days_up_ : reader_.days_down_;
    statement.bind(1, id_.value).bind(3, micros(interval_.to)).bind(4, micros(interval_.from)).bind(5, day);
    return &statement;
}

Statement* Walk::advance() {
    if (at_ != nullptr) {
        at_->reset();
        at_ = nullptr;
    }
    // Month blocks are older than day blocks, always.
    if (order_ == Order::oldest_first && months_left_) {
        return open_months();
    }
    if (day_ != day_end_) {
        Statement* statement = open_day(day_);
        day_ += order_ == Order::oldest_first ? 1 : -1;
        return statement;
    }
    return months_left_ ? open_months() : nullptr;
}

Result<bool> Walk::next() {
    for (;;) {
        if (at_ != nullptr) {
            TRY(const bool row, at_->step());
            if (row) {
                header_ = read_header(*at_, id_);
                return true;
            }
        }
        at_ = advance();
        if (at_ == nullptr) {
            return false;
        }
    }
}

ByteView Walk::bytes() const {
    return at_->bytes(11);
}

DayWalk::DayWalk(Reader& reader, Interval interval) : statement_(reader.days_all_) {
    statement_.bind(1, day_of(interval.from)).bind(2, day_of(interval.to - Duration{1}));
    statement_.bind(3, micros(interval.to)).bind(4, micros(interval.from));
}

DayWalk::~DayWalk() {
    statement_.reset();
}

Result<bool> DayWalk::next() {
    TRY(const bool row, statement_.step());
    if (row) {
        header_ = read_header(statement_, DatastreamId{statement_.integer(12)});
    }
    return row;
}

ByteView DayWalk::bytes() const {
    return statement_.bytes(11);
}

// --- ReaderPool ------------------------------------------------------------------------------------------------------

ReaderPool::Lease::~Lease() {
    if (reader_) {
        {
            const std::lock_guard lock{pool_->mutex_};
            pool_->idle_.push_back(std::move(reader_));
        }
        pool_->returned_.notify_one();
    }
}

Result<ReaderPool::Lease> ReaderPool::lease() {
    std::unique_lock lock{mutex_};
    const auto free = [this] { return !idle_.empty() || opened_ < readers_max_; };
    if (!returned_.wait_for(lock, reader_wait, free)) {
        return fail(Errc::timed_out, "observations: all connections for reading are busy");
    }
    if (!idle_.empty()) {
        auto reader = std::move(idle_.back());
        idle_.pop_back();
        return Lease{*this, std::move(reader)};
    }
    ++opened_;
    lock.unlock();
    auto reader = Reader::open(path_, cache_bytes_);
    if (!reader) {
        lock.lock();
        --opened_;
        return std::unexpected(std::move(reader.error()));
    }
    return Lease{*this, std::move(*reader)};
}

}  // namespace bypuls::observations::blocks
