#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/files.h"
#include "core/random.h"
#include "core/result.h"

/// The log that makes "acknowledged" mean "on disk": everything that comes in is written here and synced before anyone
/// is told that it arrived. Format: docs/formats/journal.md.
namespace bypuls::journal {

/// The number of a record: 1 for the first, growing by one, never used twice, whatever is released. 0 is before all.
struct Position {
    std::uint64_t value = 0;

    Position next() const { return {value + 1}; }
    friend auto operator<=>(const Position&, const Position&) = default;
};

/// What is to be kept. Views need to live until append() returns.
struct Entry {
    std::uint8_t type = 0;      ///< the caller's own code for what the payload is
    std::string_view source{};  ///< who sent it: at most 255 bytes
    Instant received{};         ///< when it came
    ByteView payload{};         ///< at most Options::record_bytes_max
};

/// What was kept.
struct Record {
    Position position{};
    std::uint8_t type = 0;
    std::string source{};
    Instant received{};
    Bytes payload{};

    friend bool operator==(const Record&, const Record&) = default;
};

enum class Mode : std::uint8_t {
    background,     ///< a thread of the journal's own writes and syncs; appending never blocks
    inline_commit,  ///< append() writes, syncs and completes before it returns; for simulation and single-threaded
                    ///< tools
};

/// Records that are known to have been there and cannot be served.
struct Gap {
    Position first{};
    Position last{};
    std::string file{};
    std::uint64_t offset = 0;  ///< where in the file the damage begins
    std::string what{};

    friend bool operator==(const Gap&, const Gap&) = default;
};

/// Bytes after the last whole record, taken away at opening: what was being written when the power went.
struct Cut {
    std::string file{};
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;

    friend bool operator==(const Cut&, const Cut&) = default;
};

/// What open() found. Lists are bounded; the counts are complete.
struct RecoveryReport {
    std::uint64_t segments = 0;
    std::uint64_t records = 0;  ///< whole records in the segments that were read through
    std::uint64_t bytes = 0;    ///< of all segments
    Position first;
    Position last;
    std::vector<Cut> cuts;
    std::uint64_t bytes_cut = 0;
    std::vector<Gap> gaps;              ///< at most 100
    std::uint64_t records_damaged = 0;  ///< positions missing or damaged
    /// Missing inside the very last commit, before records of it that are whole: torn by a power cut and never
    /// acknowledged, or damaged since; the bytes cannot tell which. Listed in `gaps`, not counted as damaged.
    std::uint64_t records_in_doubt = 0;
    std::vector<std::string> notes;  ///< other things an operator should know, one sentence each

    /// Nothing was cut, damaged or noted.
    bool clean() const { return cuts.empty() && gaps.empty() && notes.empty(); }
    /// "3 segments with 41 records up to 41; cut 118 bytes at …": for the log.
    std::string summary() const;
};

/// Time that fdatasync took. `upper_us[i]` is the inclusive upper bound of `counts[i]`; the last count has no bound.
struct SyncTimes {
    static constexpr std::array<std::uint64_t, 12> upper_us{100,    250,    500,     1'000,   2'500,     5'000,
                                                            10'000, 25'000, 100'000, 250'000, 1'000'000, 5'000'000};
    std::array<std::uint64_t, upper_us.size() + 1> counts{};
    std::uint64_t sum_us = 0;
};

/// For /healthz and /metrics. Counters start at zero when the journal is opened.
struct Health {
    /// False from a failed write or sync until restart: a disk that failed once is not trusted, even if it goes on.
    bool ok = true;
    /// Whether the last attempt to write succeeded.
    bool accepting = true;
    /// The disk is full: HTTP 507. Ends by itself.
    bool disk_full = false;
    /// One sentence when anything above is not as it should be.
    std::string reason;

    std::uint64_t records_appended = 0;
    std::uint64_t bytes_appended = 0;  ///< as written, headers included
    std::uint64_t commits = 0;
    std::uint64_t records_refused = 0;  ///< not acknowledged, for whatever reason
    std::uint64_t failures = 0;         ///< failed writes and syncs
    std::uint64_t records_damaged = 0;  ///< found damaged or missing by recovery and readers; each reader counts
    std::uint64_t bytes_cut = 0;        ///< by recovery
    std::uint64_t queue_bytes = 0;      ///< waiting now
    std::uint64_t segments = 0;
    std::uint64_t bytes_kept = 0;
    SyncTimes sync_times;
};

struct Options {
    /// A segment that has grown to this is closed and a new one begun.
    std::uint64_t segment_bytes = 64U << 20U;
    /// A commit takes at most this much (a single larger record or batch excepted).
    std::size_t flush_bytes = 4U << 20U;
    /// How long a commit may wait for as many writers as the last one served. A lone writer never waits.
    Duration flush_delay = std::chrono::milliseconds{2};
    /// Bytes that may wait for the disk; above it append() refuses with Errc::exhausted (HTTP 503 with Retry-After).
    std::size_t queue_bytes_max = 64U << 20U;
    /// A larger payload is refused with Errc::malformed (HTTP 413). At most 256 MiB.
    std::size_t record_bytes_max = 16U << 20U;
    /// Zeros written ahead of the records, so that a sync need not record a new file size as well: on many disks that
    /// halves its time. Taken back when the segment is closed. 0 for none.
    std::uint64_t write_ahead_bytes = 1U << 20U;
    /// Space left free on the disk, so that what empties the journal still has room to work. When free space falls
    /// below, appending gives Errc::exhausted (HTTP 507) until there is space again.
    std::uint64_t reserve_bytes = 16U << 20U;
    /// The highest position that any reader has stored in its cursor. New records are numbered above it even if the end
    /// of the journal was lost, so that no reader can mistake a new record for one it has seen.
    Position highest_seen{};
    Mode mode = Mode::background;
    /// Chooses the segments' markers; null for the operating system's generator.
    Random* random = nullptr;
    /// Called after every successful commit with the last durable position, in order, by the thread that committed and
    /// before the completions. Must not block, throw or use the journal.
    std::function<void(Position)> on_commit{};
    /// Called when writing begins to fail and when it works again, under the same rules. If not set, the log is told.
    std::function<void(const Health&)> on_change{};
};

class Shelf;
struct Segment;
class Reader;

/// A folder of segments and the one writer of them. Thread-safe. Only one Journal may have a folder open.
class Journal {
public:
    /// Told once: the position, or why the entry is not kept.
    ///  - exhausted: the queue or the disk is full (Health::disk_full says which); worth trying again later
    ///  - unavailable: the disk failed, or the journal is closing; worth trying again, perhaps elsewhere
    ///  - malformed: the entry is too large; sending it again will not help
    using Completion = std::move_only_function<void(Result<Position>)>;

    /// Commits what was accepted, then closes. No completion is left uncalled.
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    /// Keeps one entry. `done` runs after fdatasync, on the journal's thread, in the order of positions; it must not
    /// block or throw. When the entry is refused at once it runs on the calling thread before append() returns.
    void append(const Entry& entry, Completion done);
    /// Keeps several entries under consecutive positions and one sync; `done` gets the first position. A power cut
    /// before the completion may keep any prefix of them.
    void append(std::span<const Entry> entries, Completion done);
    /// Blocks until the entry is kept or refused; a lone caller does the writing itself. Not to be called from a
    /// completion.
    Result<Position> append_and_wait(const Entry& entry);
    Result<Position> append_and_wait(std::span<const Entry> entries);

    /// The position of the oldest record still held; last().next() when there is none.
    Position first() const;
    /// The newest durable position ever given; 0 when none.
    Position last() const;
    /// On disk, all segments.
    std::uint64_t bytes() const;

    /// Starts at `from` or, when that has been released, at the oldest record held, with the gap reported.
    /// Errc::conflict when `from` lies beyond last().next(): then the journal has lost what the reader had seen.
    Result<Reader> read_from(Position from) const;

    /// Removes the segments whose every record lies before `keep_from`. The segment being written stays.
    Result<void> release_before(Position keep_from);
    /// Closes the segment being written, if it has records, so that release_before() can remove it.
    Result<void> start_new_segment();

    Health health() const;

private:
    friend Result<std::unique_ptr<Journal>> open(FileSystem& files, std::string folder, Options options, Clock& clock,
                                                 RecoveryReport& report);
    class Committer;
    explicit Journal(std::unique_ptr<Committer> committer);
    std::unique_ptr<Committer> committer_;
};

/// Opens or creates the journal in `folder` and recovers it: a torn end is cut at the last whole record, what was
/// written last is made durable before anyone can read it, damage elsewhere is reported and stays readable around.
/// Only the newest segment is read through; verify() reads everything. `files` and `clock` must outlive the journal.
/// Errors are those of the file system; the journal is then unchanged or as recoverable as before.
Result<std::unique_ptr<Journal>> open(FileSystem& files, std::string folder, Options options, Clock& clock,
                                      RecoveryReport& report);

/// Reads every record of every segment and changes nothing. The journal may be open meanwhile; its newest records then
/// count only as far as they were on disk.
Result<RecoveryReport> verify(FileSystem& files, const std::string& folder);

/// A cursor over the durable records, in order. One thread at a time; may be moved between threads, and may go on while
/// others append and release. Outlives the journal if need be.
class Reader {
public:
    /// The next record, or nothing when the reader has caught up (ask again later). A damaged record is passed over,
    /// see take_gaps(). Errc::unavailable when the disk cannot be read: the reader stays where it is.
    Result<std::optional<Record>> next();
    /// The position that next() will look for: what a projection stores as its cursor.
    Position position() const { return position_; }
    /// What was passed over since the last call, oldest first; at most 100, the newest dropped.
    std::vector<Gap> take_gaps();

    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) noexcept;
    ~Reader();

private:
    friend class Journal;
    struct Place;
    Reader(std::shared_ptr<Shelf> shelf, Position from);
    Result<bool> find_place();
    void pass_over_segment(const Segment& segment, std::string what);
    void pass_over(Position until, std::uint64_t offset, std::string file, std::string what);

    std::shared_ptr<Shelf> shelf_;
    Position position_;
    std::vector<Gap> gaps_;
    std::unique_ptr<Place> place_;
};

}  // namespace bypuls::journal
