#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/bytes.h"
#include "core/files.h"
#include "core/result.h"

/// SQLite's write-ahead log (`-wal`), read by ourselves: sqlite.org/fileformat2.html §4 and sqlite.org/walformat.html.
///
/// SQLite takes a log over up to the first frame that does not hold and says nothing of the rest. Nearly always the
/// rest is a transaction that was being written when the program or the power went: nobody was told that it was kept.
/// But a bit that turned over in the middle undoes what was acknowledged. The two can be told apart by what stands
/// behind the bad frame.
namespace bypuls::database {

/// What the index beside a log (`-shm`) says of it. SQLite counts a frame there only once it is committed and synced.
struct LogIndex {
    std::array<std::byte, 8> salts{};  ///< which log is meant: a new one has new salts
    std::uint32_t page_bytes = 0;
    std::uint32_t frames = 0;  ///< that are committed
    std::uint32_t moved = 0;   ///< of these, how many are in the database's file as well

    friend bool operator==(const LogIndex&, const LogIndex&) = default;
};

/// Nothing when it is too short or its two copies or their checksum do not hold: then it tells nothing.
std::optional<LogIndex> read_log_index(ByteView bytes);

struct LogReport {
    enum class State : std::uint8_t {
        whole,     ///< or empty
        torn,      ///< ends in a transaction that was never acknowledged: normal after a power cut
        in_doubt,  ///< its last transaction does not hold: the power went while it was written, or it was damaged since
        damaged,   ///< committed transactions cannot be read
    };
    State state = State::whole;
    std::uint64_t frames = 0;      ///< up to the last commit that SQLite takes over
    std::uint64_t bad_offset = 0;  ///< of the first byte of what does not hold
    std::uint64_t lost = 0;        ///< frames that were committed, or seem to have been, and are passed over
};

/// Reads a log from its first to its last byte. Errors are those of reading.
Result<LogReport> scan_log(const File& log, const std::optional<LogIndex>& index);

/// Looks at the log of the database in `path`, also while another process writes it. Before this process opens the
/// database, since SQLite completes the loss when it does, and since closing a file drops the locks that SQLite holds
/// on it (POSIX).
Result<LogReport> look_at_log(FileSystem& files, const std::string& path);

/// "PATH-wal is damaged at byte 8272: …"; empty for State::whole.
std::string sentence_of(const LogReport& report, const std::string& path);

}  // namespace bypuls::database
