#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "platform/observations/blocks/disk.h"
#include "platform/observations/blocks/head.h"

/// The blocks as rows of SQLite, for writing. One writer, inside transactions of its caller.
namespace bypuls::observations::blocks {

struct Removal {
    DatastreamId datastream;
    Interval interval;
    journal::Position upto;  ///< rows of records up to here are meant
};

struct PendingVersion {
    DatastreamId datastream;
    Observation older;
    journal::Position replaced_by;
};

class Writer {
public:
    static Result<std::unique_ptr<Writer>> open(const std::string& path, Dictionaries& dictionaries, int level);

    Result<void> begin() { return begin_.run(); }
    Result<void> commit();
    /// Also after a failed commit.
    void rollback();

    struct Heads {
        std::vector<StoredHead> whole;
        std::vector<DatastreamId> damaged;  ///< the row's checksum does not hold
    };
    Result<Heads> heads();
    /// Makes damaged rows anew from the blocks, and rows that are missing. Which they were.
    Result<std::vector<DatastreamId>> mend_heads();
    Result<std::vector<Removal>> removals();
    Result<std::int64_t> meta(Meta key) { return reader_->meta(key); }
    Result<void> set_meta(Meta key, std::int64_t value);

    /// What an operation changed besides blocks.
    struct Change {
        std::uint64_t lost = 0;  ///< readings in damaged blocks, which were put aside
        std::vector<Damage> damaged;
    };

    /// Puts rows where they belong, over what is there. Updates the shape.
    Result<Change> put(DatastreamId id, Shape& shape, const Columns& rows);
    /// Moves the days before `day` into month blocks.
    Result<Change> merge(DatastreamId id, Shape& shape, std::int64_t day);
    /// Takes readings out of the blocks: how many. Damaged blocks that touch the interval go whole.
    Result<std::uint64_t> remove(DatastreamId id, const Shape& shape, std::span<const Interval> intervals);

    Result<void> put_head(const StoredHead& stored);
    /// `lost`: as many readings of it were put aside.
    Result<void> put_shape(DatastreamId id, const Shape& shape, std::uint64_t lost);
    Result<void> remove_head(DatastreamId id);
    /// Reads what is newest, and newest of what is usable, from the blocks; `usable` must be empty. False when no block
    /// can be read.
    Result<bool> find_newest(StoredHead& stored);
    Result<void> put_version(const PendingVersion& version);
    Result<void> put_removal(const Removal& removal);
    Result<void> forget_removals(journal::Position upto);
    Result<void> put_dictionary(std::uint32_t id, std::uint8_t kind, ByteView bytes);

    /// Reads inside the writer's own transaction.
    Reader& reader() { return *reader_; }
    Connection& connection() { return reader_->connection(); }
    /// Blocks added and removed since the last call.
    std::int64_t take_block_delta(Tier tier);
    /// Payloads of new month blocks of kinds that have no dictionary yet, until there are enough to train one.
    std::vector<std::vector<Bytes>>& samples() { return samples_; }

private:
    struct Neighbours {
        Columns rows;
        std::vector<Header> headers;
    };
    Result<void> prepare();
    Result<void> check_meta();
    Result<void> mend_head(DatastreamId id);
    Result<void> put_all_aside(const StoredHead& stored);
    Result<void> put_span(Tier tier, DatastreamId id, Interval span, const Columns& rows, Change& change);
    Result<Neighbours> take_neighbours(Tier tier, DatastreamId id, Interval span, const Columns& rows, Change& change);
    Result<void> insert(Tier tier, DatastreamId id, const Columns& rows);
    Result<void> insert_one(Tier tier, const Header& header, ByteView bytes);
    Result<void> erase(Tier tier, const Header& header);
    Result<void> put_aside(const Header& header, ByteView bytes, const std::string& what, Change& change);
    Result<void> put_months(DatastreamId id, const Columns& rows, Change& change);
    void keep_sample(const Columns& rows, const Bytes& payload);

    Dictionaries* dictionaries_ = nullptr;
    int level_ = 9;
    std::unique_ptr<Reader> reader_;
    bool meta_changed_ = false;
    Statement begin_;
    Statement commit_;
    Statement set_meta_;
    Statement insert_month_;
    Statement insert_day_;
    Statement erase_month_;
    Statement erase_day_;
    Statement put_aside_;
    Statement put_head_;
    Statement get_head_;
    Statement remove_head_;
    Statement put_version_;
    Statement put_removal_;
    Statement forget_removals_;
    Statement put_dictionary_;
    std::int64_t month_delta_ = 0;
    std::int64_t day_delta_ = 0;
    std::vector<std::vector<Bytes>> samples_ = std::vector<std::vector<Bytes>>(16);
};

/// As many samples of one kind train a dictionary.
constexpr std::size_t samples_wanted = 2000;

}  // namespace bypuls::observations::blocks
