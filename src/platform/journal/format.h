#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/result.h"
#include "platform/journal/journal.h"

/// The bytes of a segment, docs/formats/journal.md. Pure: no file, no clock.
namespace bypuls::journal {

inline constexpr std::uint32_t format_version = 1;
/// Two copies of the segment's header, the second in a sector of its own.
inline constexpr std::uint64_t header_copy_offset = 4096;
inline constexpr std::size_t segment_header_bytes = 48;
/// Where the first record begins.
inline constexpr std::uint64_t records_offset = 4608;
inline constexpr std::size_t record_header_bytes = 40;
inline constexpr std::size_t source_bytes_max = 255;
inline constexpr std::uint64_t payload_bytes_cap = 256U << 20U;
/// Records begin at multiples of this.
inline constexpr std::uint64_t alignment = 8;

struct SegmentHeader {
    /// Begins every record of the segment. Chosen at random, so that a payload which holds the image of a record cannot
    /// be taken for one after damage.
    std::uint32_t marker = 0;
    Position first{};  ///< of the first record to be written here; ends what counts of the segment before
    Instant created{};

    friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};

struct RecordHeader {
    Position position{};
    Instant received{};
    std::uint32_t body_crc = 0;
    std::uint32_t payload_bytes = 0;
    std::uint32_t commit_bytes_before = 0;  ///< from the first record of the same commit to this one
    std::uint8_t source_bytes = 0;
    std::uint8_t type = 0;
    /// Not a record, but the place of those from `position` to `hole_last`, which recovery found torn.
    bool hole = false;
    Position hole_last{};

    Position last() const { return hole ? hole_last : position; }
    /// Source and payload, padded to the alignment.
    std::uint64_t body_bytes() const {
        const std::uint64_t bare = std::uint64_t{source_bytes} + payload_bytes;
        return (bare + alignment - 1) / alignment * alignment;
    }
    std::uint64_t record_bytes() const { return record_header_bytes + body_bytes(); }

    friend bool operator==(const RecordHeader&, const RecordHeader&) = default;
};

/// "00000000000000000042.log" for the segment that begins at 42; names sort as positions do.
std::string segment_name(Position first);
/// The position in such a name; nothing for any other name.
std::optional<Position> position_of_name(std::string_view name);

/// The file's first `records_offset` bytes.
Bytes encode_segment_header(const SegmentHeader& header);
/// One copy, `segment_header_bytes` long. Errc::damaged when the checksum fails, Errc::malformed for another version.
Result<SegmentHeader> parse_segment_header(ByteView copy);

/// Appends header, source, payload and padding. The header is completed by seal_record() when its place is known.
/// The entry must obey the limits.
void encode_entry(Bytes& out, const Entry& entry);
/// The length of the record that encode_entry() put at the beginning of `record`.
std::size_t encoded_record_bytes(ByteView record);
/// Completes the record that begins `record`.
void seal_record(std::span<std::byte> record, std::uint32_t marker, Position position,
                 std::uint32_t commit_bytes_before);

/// Makes the bytes of `place`, at least a header long and a multiple of the alignment, a hole. What lay there is kept
/// but for the header.
void encode_hole(std::span<std::byte> place, std::uint32_t marker, Position first, Position last,
                 std::uint32_t commit_bytes_before);

/// Errc::damaged unless the bytes begin with the marker and the header's own checksum holds.
Result<RecordHeader> parse_record_header(ByteView bytes, std::uint32_t marker);
/// The record, given its header and its body of body_bytes(). Errc::damaged when the checksum fails.
Result<Record> parse_record_body(const RecordHeader& header, ByteView body);

}  // namespace bypuls::journal
