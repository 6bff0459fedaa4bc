#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "core/clock.h"
#include "core/files.h"
#include "core/random.h"
#include "platform/journal/journal.h"
#include "platform/journal/shelf.h"

namespace bypuls::journal {

/// The segment being written. `end` is behind the last record known to be durable.
struct OpenSegment {
    std::unique_ptr<File> file;
    std::string name;
    std::uint32_t marker = 0;
    std::uint64_t end = 0;
    std::uint64_t written_ahead = 0;  ///< where the zeros behind the records end, if there are any
};

/// Writes and syncs commits, one at a time; opens, seals and replaces segments. Not thread-safe, except health().
///
/// The rule that everything rests on: a commit is written only after the sync of the one before succeeded. So of any
/// segment only its last commit can be in doubt, and a segment whose sync failed is never written again: the next one
/// begins at the first position that was not acknowledged, and by that ends it.
class Writer {
public:
    Writer(Shelf& shelf, const Options& options, Clock& clock);

    /// Goes on in a segment that recovery has made durable.
    void go_on(OpenSegment segment) { active_ = std::move(segment); }

    /// Writes the encoded records in `bytes` as one commit. The position of the first, when all are durable.
    Result<Position> commit(std::span<std::byte> bytes, std::uint64_t records);
    Result<void> start_new_segment();

    /// Without what the queue and the shelf know.
    Health health() const;
    void note_refused(std::uint64_t records);
    void note_recovered(const RecoveryReport& report);

private:
    Result<void> make_room(std::uint64_t bytes);
    Result<void> create_segment();
    Result<std::unique_ptr<File>> create_file(const std::string& name);
    void seal_records(std::span<std::byte> bytes, Position first) const;
    Result<void> write(ByteView bytes);
    void write_ahead(std::uint64_t end);
    Result<void> sync(File& file);
    void close_segment();
    /// No further record goes into the segment being written.
    void give_up_segment();
    void note_failure(const Error& error, bool fatal);
    void tell_change(const Health& health) const;
    void note_commit(std::uint64_t records, std::uint64_t bytes);

    Shelf& shelf_;
    const Options& options_;
    Clock& clock_;
    SystemRandom system_random_;
    std::optional<OpenSegment> active_;
    Bytes zeros_;

    mutable std::mutex health_mutex_;
    Health health_;
    std::string past_failure_;
};

}  // namespace bypuls::journal
