#include "platform/journal/committer.h"

#include <algorithm>
#include <future>
#include <utility>

#include <fmt/format.h>

#include "platform/journal/format.h"

namespace bypuls::journal {

Journal::Committer::Committer(Recovered recovered, const RecoveryReport& report, Options options, Clock& clock)
    : options_(std::move(options)), shelf_(std::move(recovered.shelf)), writer_(*shelf_, options_, clock) {
    shelf_->records_damaged = report.records_damaged;
    writer_.note_recovered(report);
    if (recovered.active) {
        writer_.go_on(std::move(*recovered.active));
    }
    if (options_.mode == Mode::background) {
        thread_ = std::thread([this] { run(); });
    }
}

Journal::Committer::~Committer() {
    if (thread_.joinable()) {
        {
            const std::lock_guard lock(queue_mutex_);
            closing_ = true;
        }
        came_.notify_all();
        thread_.join();
    }
}

void Journal::Committer::append(std::span<const Entry> entries, Completion done) {
    auto waiting = encode(entries);
    if (waiting) {
        waiting->done = std::move(done);
        if (options_.mode == Mode::inline_commit) {
            std::vector<Waiting> alone;
            alone.push_back(std::move(*waiting));
            return commit(std::move(alone));
        }
        const auto queued = enqueue(*waiting);
        if (queued) {
            return;
        }
        done = std::move(waiting->done);
        waiting = std::unexpected(queued.error());
    }
    writer_.note_refused(entries.size());
    done(std::unexpected(waiting.error()));
}

Result<Position> Journal::Committer::append_and_wait(std::span<const Entry> entries) {
    auto waiting = encode(entries);
    if (!waiting) {
        writer_.note_refused(entries.size());
        return std::unexpected(waiting.error());
    }
    const auto bytes = waiting->bytes.size();
    if (options_.mode == Mode::inline_commit || take_turn(bytes)) {
        auto first = write(waiting->bytes, waiting->records);
        end_turn(bytes);
        return first;
    }
    std::promise<Result<Position>> promise;
    auto kept = promise.get_future();
    waiting->done = [&promise](Result<Position> first) { promise.set_value(std::move(first)); };
    if (const auto queued = enqueue(*waiting); !queued) {
        writer_.note_refused(entries.size());
        return std::unexpected(queued.error());
    }
    return kept.get();
}

/// Whether the caller may write by itself: nobody else waits or was there lately, so handing over to the journal's
/// thread and back would only cost time.
bool Journal::Committer::take_turn(std::uint64_t bytes) {
    const std::lock_guard lock(queue_mutex_);
    if (committing_ || closing_ || !queue_.empty() || writers_expected_ > 1) {
        return false;
    }
    committing_ = true;
    unwritten_bytes_ += bytes;
    return true;
}

void Journal::Committer::end_turn(std::uint64_t bytes) {
    if (options_.mode == Mode::inline_commit) {
        return;
    }
    const std::lock_guard lock(queue_mutex_);
    committing_ = false;
    unwritten_bytes_ -= bytes;
    if (!queue_.empty() || closing_) {
        came_.notify_one();
    }
}

Result<Journal::Committer::Waiting> Journal::Committer::encode(std::span<const Entry> entries) const {
    if (entries.empty()) {
        return fail(Errc::malformed, "nothing to keep");
    }
    std::uint64_t bytes = 0;
    for (const Entry& entry : entries) {
        if (entry.payload.size() > std::min<std::uint64_t>(options_.record_bytes_max, payload_bytes_cap)) {
            return fail(Errc::malformed, fmt::format("a payload of {} bytes is larger than the {} the journal takes",
                                                     entry.payload.size(), options_.record_bytes_max));
        }
        if (entry.source.size() > source_bytes_max) {
            return fail(Errc::malformed,
                        fmt::format("a source of {} bytes is longer than {}", entry.source.size(), source_bytes_max));
        }
        bytes += record_header_bytes + entry.source.size() + entry.payload.size() + alignment;
    }
    if (bytes > std::min<std::uint64_t>(options_.queue_bytes_max, UINT32_MAX)) {
        return fail(Errc::malformed, fmt::format("a batch of {} bytes is larger than the {} that may wait for the disk",
                                                 bytes, options_.queue_bytes_max));
    }
    Waiting waiting{.bytes = {}, .records = entries.size(), .done = {}};
    waiting.bytes.reserve(bytes);
    for (const Entry& entry : entries) {
        encode_entry(waiting.bytes, entry);
    }
    return waiting;
}

/// Takes `waiting` only on success.
Result<void> Journal::Committer::enqueue(Waiting& waiting) {
    const std::lock_guard lock(queue_mutex_);
    if (closing_) {
        return fail(Errc::unavailable, "the journal is closing");
    }
    if (unwritten_bytes_ + waiting.bytes.size() > options_.queue_bytes_max) {
        return fail(Errc::exhausted, fmt::format("{} bytes wait for the disk already", unwritten_bytes_));
    }
    queue_bytes_ += waiting.bytes.size();
    unwritten_bytes_ += waiting.bytes.size();
    queue_.push_back(std::move(waiting));
    if (queue_.size() == 1 || has_gathered()) {
        came_.notify_one();
    }
    return {};
}

bool Journal::Committer::has_gathered() const {
    return closing_ || queue_.size() >= writers_expected_ || queue_bytes_ >= options_.flush_bytes;
}

void Journal::Committer::run() {
    for (;;) {
        auto group = take_group();
        if (group.empty()) {
            return;
        }
        commit(std::move(group));
    }
}

/// Waits for work; nothing when the journal closes and all is done.
std::vector<Journal::Committer::Waiting> Journal::Committer::take_group() {
    std::unique_lock lock(queue_mutex_);
    came_.wait(lock, [this] { return !committing_ && (closing_ || !queue_.empty()); });
    // Writers that were served together come back together: give them a moment, instead of a sync for the first alone.
    came_.wait_for(lock, options_.flush_delay, [this] { return has_gathered(); });
    committing_ = true;
    std::vector<Waiting> group;
    std::uint64_t bytes = 0;
    while (!queue_.empty() && (group.empty() || bytes + queue_.front().bytes.size() <= options_.flush_bytes)) {
        bytes += queue_.front().bytes.size();
        group.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    queue_bytes_ -= bytes;
    writers_expected_ = std::max<std::size_t>(1, group.size());
    return group;
}

void Journal::Committer::commit(std::vector<Waiting> group) {
    Bytes joined;
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
    for (const Waiting& waiting : group) {
        records += waiting.records;
        bytes += waiting.bytes.size();
    }
    if (group.size() == 1) {
        joined = std::move(group.front().bytes);
    } else {
        joined.reserve(bytes);
        for (const Waiting& waiting : group) {
            joined.insert(joined.end(), waiting.bytes.begin(), waiting.bytes.end());
        }
    }
    auto first = write(joined, records);
    end_turn(bytes);
    for (Waiting& waiting : group) {
        waiting.done(first);
        if (first) {
            first->value += waiting.records;
        }
    }
}

/// One commit; the position of its first record.
Result<Position> Journal::Committer::write(std::span<std::byte> bytes, std::uint64_t records) {
    const std::lock_guard lock(disk_mutex_);
    auto first = writer_.commit(bytes, records);
    if (!first) {
        writer_.note_refused(records);
    } else if (options_.on_commit) {
        options_.on_commit({first->value + records - 1});
    }
    return first;
}

Result<void> Journal::Committer::start_new_segment() {
    const std::lock_guard lock(disk_mutex_);
    return writer_.start_new_segment();
}

Result<void> Journal::Committer::release_before(Position keep_from) {
    const std::lock_guard lock(release_mutex_);
    Result<void> done;
    while (const auto segment = shelf_->oldest_before(keep_from)) {
        done = shelf_->files().remove(shelf_->path(segment->name));
        if (!done && done.error().code != Errc::not_found) {
            break;
        }
        done = {};
        shelf_->remove(segment->first);
        release_unsynced_ = true;
    }
    if (release_unsynced_) {
        TRY_DO(shelf_->files().sync_folder(shelf_->folder()));
        release_unsynced_ = false;
    }
    return done;
}

Health Journal::Committer::health() const {
    Health health = writer_.health();
    health.records_damaged = shelf_->records_damaged;
    health.segments = shelf_->count();
    health.bytes_kept = shelf_->bytes();
    const std::lock_guard lock(queue_mutex_);
    health.queue_bytes = unwritten_bytes_;
    return health;
}

}  // namespace bypuls::journal
