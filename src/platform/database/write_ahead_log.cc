#include "platform/database/write_ahead_log.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>

namespace bypuls::database {
namespace {

constexpr std::size_t header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;
constexpr std::uint32_t magic_little = 0x377F0682;  // the checksums add little-endian words
constexpr std::uint32_t magic_big = 0x377F0683;     // or big-endian ones
constexpr std::size_t index_header_bytes = 48;
constexpr std::size_t index_moved_at = 2 * index_header_bytes;
constexpr std::uint32_t page_bytes_min = 512;
constexpr std::uint32_t page_bytes_max = 65536;
constexpr int looks_max = 5;

using Salts = std::array<std::byte, 8>;

struct Sums {
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    friend bool operator==(const Sums&, const Sums&) = default;
};

std::uint32_t word(const std::byte* at, std::endian order) {
    std::uint32_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return order == std::endian::native ? value : std::byteswap(value);
}

std::uint32_t big(ByteView bytes, std::size_t at) {
    return word(bytes.data() + at, std::endian::big);
}

Sums sums_at(ByteView bytes, std::size_t at) {
    return {big(bytes, at), big(bytes, at + 4)};
}

Salts salts_at(ByteView bytes, std::size_t at) {
    Salts salts{};
    std::ranges::copy(bytes.subspan(at, salts.size()), salts.begin());
    return salts;
}

/// §4.2; a multiple of eight bytes.
Sums add(Sums sums, ByteView bytes, std::endian order) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
        sums.first += word(bytes.data() + at, order) + sums.second;
        sums.second += word(bytes.data() + at + 4, order) + sums.first;
    }
    return sums;
}

bool is_page_size(std::uint32_t bytes) {
    return bytes >= page_bytes_min && bytes <= page_bytes_max && std::has_single_bit(bytes);
}

/// How a log is to be read, as its header says or as it has to be guessed.
struct Manner {
    std::uint32_t page_bytes = 0;
    std::endian order = std::endian::little;
    Salts salts{};
};

struct Frame {
    Bytes bytes;

    std::uint32_t page() const { return big(bytes, 0); }
    bool commits() const { return big(bytes, 4) != 0; }
    Salts salts() const { return salts_at(bytes, 8); }
    Sums stored() const { return sums_at(bytes, 16); }
    Sums added(Sums before, std::endian order) const {
        return add(add(before, ByteView(bytes).first(8), order), ByteView(bytes).subspan(frame_header_bytes), order);
    }
    bool holds(Sums before, const Manner& manner) const {
        return page() != 0 && salts() == manner.salts && added(before, manner.order) == stored();
    }
};

class LogScan {
public:
    LogScan(const File& log, const std::optional<LogIndex>& index) : log_(log), index_(index) {}

    Result<LogReport> run() {
        header_.resize(header_bytes);
        TRY(const std::size_t got, log_.read_at(0, header_));
        if (got < header_bytes) {
            return LogReport{.state = got == 0 ? LogReport::State::whole : LogReport::State::torn};
        }
        const std::uint32_t magic = big(header_, 0);
        manner_ = {.page_bytes = big(header_, 8),
                   .order = magic == magic_big ? std::endian::big : std::endian::little,
                   .salts = salts_at(header_, 16)};
        const bool holds = (magic == magic_little || magic == magic_big) && is_page_size(manner_.page_bytes) &&
                           add({}, ByteView(header_).first(24), manner_.order) == sums_at(header_, 24);
        return holds ? walk() : walk_without_header();
    }

private:
    std::uint64_t offset_of(std::uint64_t frame) const {
        return header_bytes + (frame - 1) * (frame_header_bytes + manner_.page_bytes);
    }

    /// Frames count from 1. False at the end of the file.
    Result<bool> read(std::uint64_t number, Frame& into) const {
        into.bytes.resize(frame_header_bytes + manner_.page_bytes);
        TRY(const std::size_t got, log_.read_at(offset_of(number), into.bytes));
        return got == into.bytes.size();
    }

    Result<LogReport> walk() {
        LogReport report;
        Sums sums = sums_at(header_, 24);
        Frame frame;
        std::uint64_t number = 1;
        bool any = false;
        for (;; ++number) {
            TRY(any, read(number, frame));
            if (!any || !frame.holds(sums, manner_)) {
                break;
            }
            sums = frame.stored();
            report.frames = frame.commits() ? number : report.frames;
        }
        report.bad_offset = offset_of(number);
        const bool known = index_ && index_->salts == manner_.salts && index_->page_bytes == manner_.page_bytes;
        if (known && index_->frames > report.frames) {
            report.lost = index_->frames - report.frames;
            report.state = LogReport::State::damaged;
            return report;
        }
        if (number - 1 > report.frames || (any && frame.salts() == manner_.salts)) {
            report.state = LogReport::State::torn;
        }
        if (any) {
            TRY_DO(look_beyond(number, sums, std::move(frame), known && index_->frames == report.frames, report));
        }
        return report;
    }

    /// What stands behind the bad frame; `all_read`: the index says that nothing committed does. A frame that was
    /// written after a commit proves that the commit had been synced, and so acknowledged: SQLite begins no transaction
    /// before. What no commit follows may be left from a transaction that was rolled back or never finished, and a
    /// single one at the end may have been torn.
    Result<void> look_beyond(std::uint64_t bad, Sums before, Frame frame, bool all_read, LogReport& report) const {
        std::uint64_t whole = 0;
        bool commit = false;
        bool follows = false;
        // The bad frame's own sum may be what is damaged, so the first one behind it is held against both.
        Sums other = frame.added(before, manner_.order);
        for (std::uint64_t number = bad + 1;; ++number) {
            const bool after_commit = frame.commits();
            const Sums stored = frame.stored();
            TRY(const bool any, read(number, frame));
            if (!any) {
                break;
            }
            if (frame.holds(stored, manner_) || frame.holds(other, manner_)) {
                ++whole;
                follows = follows || after_commit;
                commit = commit || frame.commits();
            }
            other = stored;
        }
        if (follows || (commit && !all_read)) {
            report.state = follows ? LogReport::State::damaged : LogReport::State::in_doubt;
            report.lost = whole + 1;
        }
        return {};
    }

    /// SQLite takes such a log for empty. It writes and syncs the header before the first frame, so frames that hold
    /// among themselves say that the header was damaged afterwards.
    Result<LogReport> walk_without_header() {
        LogReport report;
        for (std::uint32_t bytes = page_bytes_min; bytes <= page_bytes_max; bytes *= 2) {
            for (const std::endian order : {std::endian::little, std::endian::big}) {
                manner_.page_bytes = bytes;
                manner_.order = order;
                TRY(const std::uint64_t whole, frames_that_hold());
                report.lost = std::max(report.lost, whole);
            }
        }
        report.state = report.lost > 0 ? LogReport::State::damaged : LogReport::State::torn;
        return report;
    }

    /// From the first frame on, in the manner that is being tried.
    Result<std::uint64_t> frames_that_hold() {
        Frame frame;
        TRY(bool any, read(1, frame));
        if (!any) {
            return 0;
        }
        manner_.salts = frame.salts();
        const Sums header = add({}, ByteView(header_).first(24), manner_.order);
        std::uint64_t whole = frame.holds(sums_at(header_, 24), manner_) || frame.holds(header, manner_) ? 1 : 0;
        for (std::uint64_t number = 2;; ++number) {
            const Sums before = frame.stored();
            TRY(any, read(number, frame));
            if (!any || !frame.holds(before, manner_)) {
                return whole;
            }
            whole = number;
        }
    }

    const File& log_;
    const std::optional<LogIndex>& index_;
    Bytes header_;
    Manner manner_;
};

/// Nothing when there is no such file.
Result<std::unique_ptr<File>> open_if_there(FileSystem& files, const std::string& path) {
    auto file = files.open(path, OpenMode::read);
    if (!file && file.error().code == Errc::not_found) {
        return nullptr;
    }
    return file;
}

Result<std::optional<LogIndex>> index_of(FileSystem& files, const std::string& path) {
    TRY(const auto file, open_if_there(files, path + "-shm"));
    if (!file) {
        return std::nullopt;
    }
    Bytes bytes(index_moved_at + 4);
    TRY(const std::size_t got, file->read_at(0, bytes));
    return read_log_index(ByteView(bytes).first(got));
}

}  // namespace

std::optional<LogIndex> read_log_index(ByteView bytes) {
    if (bytes.size() < index_moved_at + 4 ||
        !std::ranges::equal(bytes.first(index_header_bytes), bytes.subspan(index_header_bytes, index_header_bytes))) {
        return std::nullopt;
    }
    // In the machine's own order, but for the salts, which stand as they do in the log.
    const auto native = [&](std::size_t at) { return word(bytes.data() + at, std::endian::native); };
    const bool initialised = bytes[12] != std::byte{0};
    if (!initialised || add({}, bytes.first(40), std::endian::native) != Sums{native(40), native(44)}) {
        return std::nullopt;
    }
    std::uint16_t page = 0;
    std::memcpy(&page, bytes.data() + 14, sizeof page);
    // 65536 does not fit, and is written as 1.
    return LogIndex{.salts = salts_at(bytes, 32),
                    .page_bytes = page == 1 ? page_bytes_max : page,
                    .frames = native(16),
                    .moved = native(index_moved_at)};
}

Result<LogReport> scan_log(const File& log, const std::optional<LogIndex>& index) {
    return LogScan(log, index).run();
}

Result<LogReport> look_at_log(FileSystem& files, const std::string& path) {
    LogReport report;
    for (int look = 0; look < looks_max; ++look) {
        // First the index: what it counts is in the log by then, unless that has been begun anew since.
        TRY(const auto index, index_of(files, path));
        TRY(const auto log, open_if_there(files, path + "-wal"));
        if (log) {
            TRY(report, scan_log(*log, index));
        } else {
            report = {};
            // Whoever closes a database removes the index before the log.
            if (index && index->frames > index->moved) {
                report = {.state = LogReport::State::damaged, .lost = index->frames - index->moved};
            }
        }
        // Under another process's hands a log may be begun anew while it is read; damage is the same at every look.
        TRY(const auto again, index_of(files, path));
        if (report.lost == 0 || again == index) {
            return report;
        }
    }
    return LogReport{};  // who writes to it that busily has read it
}

std::string sentence_of(const LogReport& report, const std::string& path) {
    const std::string log = path + "-wal";
    switch (report.state) {
        case LogReport::State::whole: return {};
        case LogReport::State::torn:
            return fmt::format("{} ends in a transaction that was never finished, and is passed over", log);
        case LogReport::State::in_doubt:
            return fmt::format(
                "{}: its last transaction does not hold, from byte {} on ({} pages). The power went while it was "
                "written, or it has been damaged since: the last change may be undone",
                log, report.bad_offset, report.lost);
        case LogReport::State::damaged: break;
    }
    return report.bad_offset == 0 && report.frames == 0
               ? fmt::format("{} is gone or its header is damaged, and with it {} pages of committed changes", log,
                             report.lost)
               : fmt::format(
                     "{} is damaged at byte {}: of its committed changes {} pages can be read, and {} behind them are "
                     "lost",
                     log, report.bad_offset, report.frames, report.lost);
}

}  // namespace bypuls::database
