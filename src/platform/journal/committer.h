#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "core/bytes.h"
#include "core/clock.h"
#include "platform/journal/journal.h"
#include "platform/journal/recovery.h"
#include "platform/journal/shelf.h"
#include "platform/journal/writer.h"

namespace bypuls::journal {

/// The queue before the disk and the thread that empties it: everyone who came while one sync ran shares the next.
class Journal::Committer {
public:
    Committer(Recovered recovered, const RecoveryReport& report, Options options, Clock& clock);
    ~Committer();
    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;

    void append(std::span<const Entry> entries, Completion done);
    Result<Position> append_and_wait(std::span<const Entry> entries);
    Result<void> start_new_segment();
    Result<void> release_before(Position keep_from);
    Health health() const;
    const std::shared_ptr<Shelf>& shelf() const { return shelf_; }
    bool on_own_thread() const { return std::this_thread::get_id() == thread_.get_id(); }

private:
    /// One append() that waits for the disk.
    struct Waiting {
        Bytes bytes;
        std::uint64_t records = 0;
        Completion done;
    };

    Result<Waiting> encode(std::span<const Entry> entries) const;
    Result<void> enqueue(Waiting& waiting);
    void run();
    std::vector<Waiting> take_group();
    bool take_turn(std::uint64_t bytes);
    void end_turn(std::uint64_t bytes);
    bool has_gathered() const;
    void commit(std::vector<Waiting> group);
    Result<Position> write(std::span<std::byte> bytes, std::uint64_t records);

    Options options_;
    std::shared_ptr<Shelf> shelf_;

    std::mutex disk_mutex_;  ///< held while writing; never while holding queue_mutex_
    Writer writer_;
    std::mutex release_mutex_;
    bool release_unsynced_ = false;  ///< files were removed and the folder not synced since

    mutable std::mutex queue_mutex_;
    std::condition_variable came_;
    std::deque<Waiting> queue_;
    std::uint64_t queue_bytes_ = 0;      ///< in queue_
    std::uint64_t unwritten_bytes_ = 0;  ///< in queue_ and in the commit going on
    std::size_t writers_expected_ = 1;   ///< as many as the last commit served
    bool committing_ = false;
    bool closing_ = false;
    std::thread thread_;
};

}  // namespace bypuls::journal
