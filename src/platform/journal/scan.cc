#include "platform/journal/scan.h"

#include <algorithm>
#include <array>

namespace bypuls::journal {
namespace {

constexpr std::uint64_t read_ahead = 256U << 10U;

std::array<std::byte, 4> bytes_of(std::uint32_t value) {
    std::array<std::byte, 4> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::byte>(value >> (8 * i));
    }
    return bytes;
}

}  // namespace

Result<ByteView> Window::at(const File& file, std::uint64_t offset, std::uint64_t count, std::uint64_t bytes_max) {
    if (offset >= bytes_max) {
        return ByteView{};
    }
    count = std::min(count, bytes_max - offset);
    if (offset < base_ || offset + count > base_ + buffer_.size()) {
        const auto wanted = std::min(std::max(count, read_ahead), bytes_max - offset);
        Bytes fresh(wanted);
        TRY(const auto got, file.read_at(offset, fresh));
        fresh.resize(got);
        buffer_ = std::move(fresh);
        base_ = offset;
        count = std::min<std::uint64_t>(count, got);
    }
    return ByteView{buffer_}.subspan(offset - base_, count);
}

Result<bool> SegmentScan::try_record(const File& file, std::uint64_t offset, Position end, std::uint64_t bytes,
                                     Position wanted, Step& step) {
    TRY(const auto head, window_.at(file, offset, record_header_bytes, bytes));
    const auto header = parse_record_header(head, marker_);
    if (!header || header->position < expected_ || header->last() >= end ||
        header->position.value - expected_.value > (offset - offset_) / record_header_bytes) {
        return false;
    }
    step.header = *header;
    step.offset = offset;
    if (header->body_bytes() > bytes - offset - record_header_bytes) {
        return false;
    }
    TRY(const auto body, window_.at(file, offset + record_header_bytes, header->body_bytes(), bytes));
    const auto places = header->record_bytes() / record_header_bytes;
    if (header->last().value - header->position.value >= places) {
        return false;
    }
    if (header->hole || header->position < wanted) {
        step.record = {.position = header->position};
        return body.size() == header->body_bytes() && crc32c(body) == header->body_crc;
    }
    auto record = parse_record_body(*header, body);
    if (record) {
        step.record = std::move(*record);
    }
    return record.has_value();
}

Result<bool> SegmentScan::find_next(const File& file, Position end, std::uint64_t bytes, Position wanted, Step& step) {
    const auto marker = bytes_of(marker_);
    for (std::uint64_t at = offset_ + alignment; at + record_header_bytes <= bytes;) {
        TRY(const auto view, window_.at(file, at, read_ahead, bytes));
        if (view.size() < record_header_bytes) {
            return false;
        }
        std::uint64_t skipped = 0;
        while (skipped + record_header_bytes <= view.size() &&
               !std::ranges::equal(view.subspan(skipped, marker.size()), marker)) {
            skipped += alignment;
        }
        at += skipped;
        if (skipped + record_header_bytes > view.size()) {
            continue;
        }
        TRY(const bool found, try_record(file, at, end, bytes, wanted, step));
        if (found) {
            return true;
        }
        at += alignment;
    }
    return false;
}

Result<SegmentScan::Step> SegmentScan::next(const File& file, Position end, std::uint64_t bytes, Position wanted) {
    Step step{.offset = offset_};
    if (expected_ >= end) {
        return step;
    }
    TRY(bool found, try_record(file, offset_, end, bytes, wanted, step));
    if (!found) {
        TRY(found, find_next(file, end, bytes, wanted, step));
    }
    if (found && step.header.position == expected_) {
        step.kind = step.header.hole ? Kind::hole : Kind::record;
        step.gap_first = expected_;
        step.gap_last = step.header.last();
        offset_ = step.offset + step.header.record_bytes();
        expected_ = step.gap_last.next();
        return step;
    }
    // Damage: told by itself, and the record behind it with the next call.
    const Position next_whole = found ? step.header.position : end;
    Step gap{.offset = offset_};
    if (!found && end == open_end) {
        return gap;
    }
    gap.kind = Kind::gap;
    gap.gap_first = expected_;
    gap.gap_last = {next_whole.value - 1};
    expected_ = next_whole;
    offset_ = found ? step.offset : bytes;
    return gap;
}

}  // namespace bypuls::journal
