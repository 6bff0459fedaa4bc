#include "platform/journal/recovery.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/folders.h"
#include "platform/journal/scan.h"

namespace bypuls::journal {
namespace {

constexpr std::size_t gaps_max = 100;
constexpr std::size_t notes_max = 100;

/// A segment's file as its name and headers tell it.
struct Found {
    std::string name;
    SegmentHeader header{};
    bool readable = true;
    std::uint64_t size = 0;
    std::vector<std::string> notes{};
};

/// Bytes that lie before whole records of the same commit and are none themselves.
struct Torn {
    Position first;
    Position last;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
};

/// What reading the newest segment through tells.
struct Tail {
    Position end;              ///< one past its last record
    std::uint64_t bytes = 0;   ///< behind its last whole record
    std::uint64_t commit = 0;  ///< where its last commit begins
    std::vector<Torn> torn;    ///< within the last commit
};

std::string path_of(const std::string& folder, const std::string& name) {
    return folder + "/" + name;
}

void note(RecoveryReport& report, std::string sentence) {
    if (report.notes.size() < notes_max) {
        report.notes.push_back(std::move(sentence));
    }
}

void add_gap(RecoveryReport& report, std::uint64_t& count, Gap gap) {
    if (gap.last < gap.first) {
        return;
    }
    count += gap.last.value - gap.first.value + 1;
    if (report.gaps.size() < gaps_max) {
        report.gaps.push_back(std::move(gap));
    }
}

/// The marker that the first record bears, when the header that should tell it is lost.
std::optional<std::uint32_t> marker_of_first_record(ByteView record, Position first) {
    ByteReader reader(record);
    const auto marker = reader.u32();
    if (!marker) {
        return std::nullopt;
    }
    const auto header = parse_record_header(record, *marker);
    return header && header->position == first ? std::optional{*marker} : std::nullopt;
}

Result<Found> look_at(FileSystem& files, const std::string& folder, const std::string& name) {
    TRY(const auto file, files.open(path_of(folder, name), OpenMode::read));
    Found found{.name = name};
    TRY(found.size, file->size());
    Bytes head(records_offset + record_header_bytes);
    TRY(const auto got, file->read_at(0, head));
    head.resize(got);
    const auto named = position_of_name(name);
    std::optional<SegmentHeader> header;
    for (const std::uint64_t offset : {std::uint64_t{0}, header_copy_offset}) {
        const auto copy = parse_segment_header(ByteView{head}.subspan(std::min<std::size_t>(offset, head.size())));
        if (copy) {
            header = header ? header : *copy;
        } else if (copy.error().code == Errc::malformed && offset + segment_header_bytes <= head.size()) {
            return fail(copy.error(), path_of(folder, name));
        } else {
            found.notes.push_back(
                fmt::format("{}: a copy of the segment's header at byte {} is damaged", name, offset));
        }
    }
    if (header) {
        found.header = *header;
        if (header->first != *named) {
            found.notes.push_back(fmt::format("{}: holds the segment that begins at {}", name, header->first.value));
        }
        return found;
    }
    found.header.first = *named;
    const auto records = ByteView{head}.subspan(std::min<std::size_t>(records_offset, head.size()));
    const auto marker = marker_of_first_record(records, *named);
    found.readable = marker.has_value();
    found.header.marker = marker.value_or(0);
    return found;
}

Result<std::vector<Found>> look_at_all(FileSystem& files, const std::string& folder, RecoveryReport& report) {
    TRY(const auto names, files.list(folder));
    std::vector<Found> all;
    for (const auto& name : names) {
        if (!position_of_name(name)) {
            note(report, name + ": not a segment, left alone");
            continue;
        }
        TRY(auto found, look_at(files, folder, name));
        all.push_back(std::move(found));
    }
    std::ranges::sort(all, {}, [](const Found& found) { return found.header.first; });
    const auto twice = std::ranges::adjacent_find(all, {}, [](const Found& found) { return found.header.first; });
    if (twice != all.end()) {
        return fail(Errc::damaged, fmt::format("{}: {} and {} both begin at position {}; move the copy away", folder,
                                               twice->name, std::next(twice)->name, twice->header.first.value));
    }
    for (const auto& found : all) {
        report.bytes += found.size;
    }
    report.segments = all.size();
    return all;
}

/// Reads a segment through. Whole records and gaps go into the report.
Result<Tail> read_through(FileSystem& files, const std::string& folder, const Found& found, Position end,
                          RecoveryReport& report) {
    TRY(const auto file, files.open(path_of(folder, found.name), OpenMode::read));
    SegmentScan scan(found.header.marker, found.header.first);
    std::vector<Torn> torn;
    Tail tail{.end = found.header.first, .bytes = records_offset, .commit = records_offset, .torn = {}};
    for (;;) {
        // No payload is wanted: everything lies before the end of all positions.
        TRY(const auto step, scan.next(*file, end, found.size, SegmentScan::open_end));
        if (step.kind == SegmentScan::Kind::end) {
            break;
        }
        if (step.kind == SegmentScan::Kind::gap) {
            torn.push_back({.first = step.gap_first,
                            .last = step.gap_last,
                            .offset = step.offset,
                            .bytes = scan.offset() - step.offset});
            continue;
        }
        if (step.kind == SegmentScan::Kind::hole) {
            continue;  // reported when it was found, and to each reader
        }
        ++report.records;
        tail.end = step.header.position.next();
        tail.bytes = scan.offset();
        const std::uint64_t before = step.header.commit_bytes_before;
        tail.commit = before <= step.offset - records_offset ? step.offset - before : records_offset;
    }
    for (const Torn& place : torn) {
        const bool in_doubt = end == SegmentScan::open_end && place.offset >= tail.commit;
        add_gap(report, in_doubt ? report.records_in_doubt : report.records_damaged,
                {.first = place.first,
                 .last = place.last,
                 .file = found.name,
                 .offset = place.offset,
                 .what = in_doubt ? "in the last commit: torn before it was acknowledged, or damaged since"
                                  : "damaged or missing"});
        if (in_doubt) {
            tail.torn.push_back(place);
        }
    }
    return tail;
}

/// Whether nothing but zeros stands from `offset` on: written ahead, or never written.
Result<bool> only_zeros(const File& file, std::uint64_t offset, std::uint64_t size) {
    Window window;
    while (offset < size) {
        TRY(const auto view, window.at(file, offset, 64U << 10U, size));
        if (view.empty() || std::ranges::any_of(view, [](std::byte b) { return b != std::byte{0}; })) {
            return view.empty();
        }
        offset += view.size();
    }
    return true;
}

/// Makes certain that what was found is on disk, not merely in the system's memory after a sync that failed: the bytes
/// that may be in doubt (header and last commit) are written again, the torn end is cut, and all of it synced.
Result<OpenSegment> make_durable(FileSystem& files, const std::string& folder, const Found& found, const Tail& tail,
                                 RecoveryReport& report) {
    const auto path = path_of(folder, found.name);
    TRY(auto file, files.open(path, OpenMode::write));
    TRY_DO(file->write_at(0, encode_segment_header(found.header)));
    Bytes last(tail.bytes - tail.commit);
    TRY(const auto got, file->read_at(tail.commit, last));
    if (got != last.size()) {
        return fail(Errc::unavailable, path + ": shrank while it was read");
    }
    // Told now, so that no later opening takes the tear for damage.
    for (const Torn& torn : tail.torn) {
        const auto before = torn.offset - tail.commit;
        encode_hole(std::span{last}.subspan(before, torn.bytes), found.header.marker, torn.first, torn.last,
                    static_cast<std::uint32_t>(before));
    }
    TRY_DO(file->write_at(tail.commit, last));
    TRY(const bool whole, only_zeros(*file, tail.bytes, found.size));
    if (found.size > tail.bytes) {
        TRY_DO(file->truncate(tail.bytes));
    }
    TRY_DO(file->sync());
    report.bytes -= found.size - std::min(found.size, tail.bytes);
    if (!whole) {
        report.cuts.push_back({.file = found.name, .offset = tail.bytes, .bytes = found.size - tail.bytes});
        report.bytes_cut += found.size - tail.bytes;
    }
    return OpenSegment{.file = std::move(file),
                       .name = found.name,
                       .marker = found.header.marker,
                       .end = tail.bytes,
                       .written_ahead = 0};
}

/// Takes away a newest segment whose creation was interrupted, so that no record can ever have been in it.
Result<void> drop_never_begun(FileSystem& files, const std::string& folder, std::vector<Found>& all,
                              RecoveryReport& report) {
    while (!all.empty() && !all.back().readable) {
        TRY(const auto file, files.open(path_of(folder, all.back().name), OpenMode::read));
        TRY(const bool never_begun, only_zeros(*file, records_offset, all.back().size));
        if (!never_begun) {
            return {};
        }
        TRY_DO(files.remove(path_of(folder, all.back().name)));
        if (all.back().size > 0) {
            report.cuts.push_back({.file = all.back().name, .offset = 0, .bytes = all.back().size});
        }
        report.bytes_cut += all.back().size;
        report.bytes -= all.back().size;
        --report.segments;
        all.pop_back();
    }
    return {};
}

Segment to_segment(const Found& found, Position end, std::uint64_t bytes) {
    return {.name = found.name,
            .marker = found.header.marker,
            .readable = found.readable,
            .first = found.header.first,
            .end = end,
            .bytes = bytes};
}

/// How many records can have stood in a segment that cannot be read: none of their positions may be given again.
Position past_unreadable(const Found& found) {
    return {found.header.first.value + (found.size - std::min(found.size, records_offset)) / record_header_bytes};
}

}  // namespace

Result<Recovered> recover(FileSystem& files, const std::string& folder, Position highest_seen, RecoveryReport& report) {
    TRY_DO(ensure_folder(files, folder));
    TRY(auto all, look_at_all(files, folder, report));
    TRY_DO(drop_never_begun(files, folder, all, report));
    Recovered recovered{.shelf = std::make_shared<Shelf>(files, folder), .active = {}};
    Shelf& shelf = *recovered.shelf;
    for (const Found& found : all) {
        shelf.add(to_segment(found, found.header.first, found.size));
        std::ranges::for_each(found.notes, [&](const std::string& sentence) { note(report, sentence); });
    }
    if (!all.empty() && all.back().readable) {
        TRY(const auto tail, read_through(files, folder, all.back(), SegmentScan::open_end, report));
        TRY(recovered.active, make_durable(files, folder, all.back(), tail, report));
        shelf.grow(tail.end, tail.bytes);
    } else if (!all.empty()) {
        const auto end = past_unreadable(all.back());
        add_gap(report, report.records_damaged,
                {.first = all.back().header.first,
                 .last = {end.value - 1},
                 .file = all.back().name,
                 .offset = 0,
                 .what = "the segment's header is lost; at most these records were in it"});
        shelf.grow(end, all.back().size);
    }
    TRY_DO(files.sync_folder(folder));
    if (highest_seen >= shelf.next()) {
        note(report, fmt::format("a reader has seen position {}, but the journal ends at {}: records are missing",
                                 highest_seen.value, shelf.next().value - 1));
        shelf.set_next(highest_seen.next());
        recovered.active.reset();
    }
    report.first = shelf.first();
    report.last = {shelf.next().value - 1};
    return recovered;
}

Result<RecoveryReport> verify(FileSystem& files, const std::string& folder) {
    RecoveryReport report;
    TRY(const auto all, look_at_all(files, folder, report));
    report.first = all.empty() ? Position{1} : all.front().header.first;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const bool newest = i + 1 == all.size();
        const Position end = newest ? SegmentScan::open_end : all[i + 1].header.first;
        std::ranges::for_each(all[i].notes, [&](const std::string& sentence) { note(report, sentence); });
        if (!all[i].readable) {
            const Position last = newest ? past_unreadable(all[i]) : end;
            add_gap(report, report.records_damaged,
                    {.first = all[i].header.first,
                     .last = {last.value - 1},
                     .file = all[i].name,
                     .offset = 0,
                     .what = "the segment's header is lost"});
            report.last = {last.value - 1};
            continue;
        }
        TRY(const auto tail, read_through(files, folder, all[i], end, report));
        report.last = {(newest ? tail.end : end).value - 1};
        TRY(const auto file, files.open(path_of(folder, all[i].name), OpenMode::read));
        TRY(const bool whole, only_zeros(*file, tail.bytes, all[i].size));
        if (newest && !whole) {
            report.cuts.push_back({.file = all[i].name, .offset = tail.bytes, .bytes = all[i].size - tail.bytes});
            report.bytes_cut += all[i].size - tail.bytes;
        }
    }
    return report;
}

std::string RecoveryReport::summary() const {
    std::string out =
        fmt::format("{} segments, {} bytes, positions {} to {}", segments, bytes, first.value, last.value);
    for (const Cut& cut : cuts) {
        out += fmt::format("; cut {} bytes of {} at {}", cut.bytes, cut.file, cut.offset);
    }
    if (records_damaged > 0) {
        out += fmt::format("; {} records damaged or missing", records_damaged);
    }
    if (records_in_doubt > 0) {
        out += fmt::format("; {} records in doubt", records_in_doubt);
    }
    for (const Gap& gap : gaps) {
        out +=
            fmt::format("; {} to {} in {} at {}: {}", gap.first.value, gap.last.value, gap.file, gap.offset, gap.what);
    }
    for (const std::string& sentence : notes) {
        out += "; " + sentence;
    }
    return out;
}

}  // namespace bypuls::journal
