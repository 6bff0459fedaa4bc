#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "platform/observations/blocks/hot.h"
#include "platform/observations/blocks/seal.h"
#include "platform/observations/blocks/sqlite.h"

/// The blocks as rows of SQLite, for reading. Format and tables: docs/formats/block.md.
namespace bypuls::observations::blocks {

/// Blocks of a month of Oslo time, by datastream; and of a UTC day, by day, where small ones wait to be merged.
enum class Tier : std::uint8_t { month, day };

/// Keys of the table `meta`.
enum class Meta : std::int64_t { cursor = 1, settle_number = 2, blocks = 3, day_blocks = 4, checksum = 5 };

/// Creates the tables, or brings an older file up to date.
Result<void> migrate(Connection& connection);

/// CRC-32C of the other rows of `meta`.
Result<std::int64_t> meta_checksum(Connection& connection);

/// The columns of a block from `start` to `bytes`, as a Walk selects and a Writer inserts them.
extern const char* const block_columns;

/// One connection for reading with its statements.
class Reader {
public:
    static Result<std::unique_ptr<Reader>> open(const std::string& path, std::size_t cache_bytes);

    /// All that is read until the end of the scope is of one moment.
    class Moment {
    public:
        explicit Moment(Reader& reader) : reader_(&reader) {}
        Moment(Moment&& other) noexcept : reader_(std::exchange(other.reader_, nullptr)) {}
        Moment& operator=(Moment&&) = delete;
        ~Moment();

    private:
        Reader* reader_;
    };
    Result<Moment> moment();
    Result<std::int64_t> meta(Meta key);
    /// The first settle number whose rows this moment lacks, minus one.
    Result<SettleNumber> settle_number() { return meta(Meta::settle_number); }

    Result<std::vector<Version>> versions(DatastreamId id, Instant time, ResultType type);
    Connection& connection() { return connection_; }

private:
    friend class Walk;
    friend class DayWalk;
    Connection connection_;
    Statement begin_;
    Statement end_;
    Statement meta_;
    Statement versions_;
    Statement months_up_;
    Statement months_down_;
    Statement days_up_;
    Statement days_down_;
    Statement days_all_;
};

/// The blocks of one datastream that have readings in an interval, in order of time. Needs a Moment.
class Walk {
public:
    Walk(Reader& reader, DatastreamId id, const Shape& shape, Interval interval, Order order);
    ~Walk();
    Walk(const Walk&) = delete;
    Walk& operator=(const Walk&) = delete;

    Result<bool> next();
    const Header& header() const { return header_; }
    /// Until next().
    ByteView bytes() const;

private:
    Statement* open_months();
    Statement* open_day(std::int64_t day);
    /// The statement for the next part of the way, or null at the end.
    Statement* advance();

    Reader& reader_;
    DatastreamId id_;
    Interval interval_;
    Order order_;
    std::int64_t day_ = 0;
    std::int64_t day_end_ = 0;
    bool months_left_ = true;
    Statement* at_ = nullptr;
    Header header_;
};

/// All day blocks of some days, of all datastreams, day by day. Needs a Moment.
class DayWalk {
public:
    DayWalk(Reader& reader, Interval interval);
    ~DayWalk();
    DayWalk(const DayWalk&) = delete;
    DayWalk& operator=(const DayWalk&) = delete;

    Result<bool> next();
    const Header& header() const { return header_; }
    ByteView bytes() const;

private:
    Statement& statement_;
    Header header_;
};

/// Connections for reading, opened when needed. Thread-safe.
class ReaderPool {
public:
    ReaderPool(std::string path, std::size_t readers_max, std::size_t cache_bytes)
        : path_(std::move(path)), readers_max_(readers_max), cache_bytes_(cache_bytes) {}

    class Lease {
    public:
        Lease(ReaderPool& pool, std::unique_ptr<Reader> reader) : pool_(&pool), reader_(std::move(reader)) {}
        Lease(Lease&&) = default;
        Lease& operator=(Lease&&) = delete;
        ~Lease();
        Reader& operator*() const { return *reader_; }
        Reader* operator->() const { return reader_.get(); }

    private:
        ReaderPool* pool_;
        std::unique_ptr<Reader> reader_;
    };
    /// Waits while all are in use. Errc::timed_out after ten seconds.
    Result<Lease> lease();

private:
    std::string path_;
    std::size_t readers_max_;
    std::size_t cache_bytes_;
    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<Reader>> idle_;
    std::size_t opened_ = 0;
};

/// The value of a column as a datastream of this type holds it, and the other way.
Value read_value(const Statement& statement, int column, ResultType type);
void bind_value(Statement& statement, int index, const Value& value);

Header read_header(const Statement& statement, DatastreamId id);

}  // namespace bypuls::observations::blocks
