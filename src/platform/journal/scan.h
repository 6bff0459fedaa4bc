#pragma once

#include <cstdint>
#include <string>

#include "core/bytes.h"
#include "core/files.h"
#include "core/result.h"
#include "platform/journal/format.h"
#include "platform/journal/journal.h"

namespace bypuls::journal {

/// A view into a file that reads ahead, so that small records cost no system call each.
class Window {
public:
    /// `count` bytes at `offset`; fewer where `bytes_max` (what may be looked at) or the file ends. Valid until the
    /// next call.
    Result<ByteView> at(const File& file, std::uint64_t offset, std::uint64_t count, std::uint64_t bytes_max);

private:
    Bytes buffer_;
    std::uint64_t base_ = 0;
};

/// Walks through the records of one segment and finds its way past damage.
///
/// A record is accepted when it begins with the segment's marker, both checksums hold, and its position is one that
/// fits there: at least the one expected, and no more beyond it than records could have stood in the bytes passed over.
class SegmentScan {
public:
    /// No limit known: the segment being recovered, where whatever follows the last whole record is a torn end.
    static constexpr Position open_end{~0ULL};

    enum class Kind : std::uint8_t {
        record,
        gap,   ///< damaged or missing
        hole,  ///< found torn by an earlier recovery
        end,
    };
    struct Step {
        Kind kind = Kind::end;
        Record record{};           ///< for a record at or after `wanted`; else only its header is filled in
        RecordHeader header{};     ///< of the record
        std::uint64_t offset = 0;  ///< where the record, the gap, or what follows the last whole record begins
        Position gap_last{};       ///< the last position of the gap or hole; its first is Step::gap_first
        Position gap_first{};
    };

    SegmentScan(std::uint32_t marker, Position first) : marker_(marker), expected_(first) {}

    /// The next thing in `file` before position `end`, looking at its first `bytes` bytes. On an error of the disk the
    /// scan stays where it is. Bodies of records before `wanted` are checked but not copied.
    Result<Step> next(const File& file, Position end, std::uint64_t bytes, Position wanted = {});

    Position expected() const { return expected_; }
    std::uint64_t offset() const { return offset_; }

private:
    Result<bool> try_record(const File& file, std::uint64_t offset, Position end, std::uint64_t bytes, Position wanted,
                            Step& step);
    Result<bool> find_next(const File& file, Position end, std::uint64_t bytes, Position wanted, Step& step);

    std::uint32_t marker_;
    Position expected_;
    std::uint64_t offset_ = records_offset;
    Window window_;
};

}  // namespace bypuls::journal
