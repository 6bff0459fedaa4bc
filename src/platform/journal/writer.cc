#include "platform/journal/writer.h"

#include <algorithm>
#include <tuple>

#include "core/log.h"

namespace bypuls::journal {
namespace {

void count_sync(SyncTimes& times, std::chrono::steady_clock::duration taken) {
    const auto us = static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::microseconds>(taken).count()));
    const auto bucket = std::ranges::lower_bound(SyncTimes::upper_us, us) - SyncTimes::upper_us.begin();
    ++times.counts[static_cast<std::size_t>(bucket)];
    times.sum_us += us;
}

}  // namespace

Writer::Writer(Shelf& shelf, const Options& options, Clock& clock)
    : shelf_(shelf), options_(options), clock_(clock), zeros_(options.write_ahead_bytes) {}

Result<Position> Writer::commit(std::span<std::byte> bytes, std::uint64_t records) {
    if (const auto room = make_room(bytes.size()); !room) {
        note_failure(room.error(), room.error().code != Errc::exhausted);
        return std::unexpected(room.error());
    }
    const Position first = shelf_.next();
    seal_records(bytes, first);
    TRY_DO(write(bytes));
    write_ahead(active_->end + bytes.size());
    if (const auto synced = sync(*active_->file); !synced) {
        // Whether the bytes are on disk cannot be known any more, and asking again would only seem to help: the system
        // has forgotten that they are due.
        note_failure(synced.error(), true);
        give_up_segment();
        return fail(Errc::unavailable, synced.error().what);
    }
    active_->end += bytes.size();
    shelf_.grow({first.value + records}, active_->end);
    note_commit(records, bytes.size());
    return first;
}

Result<void> Writer::make_room(std::uint64_t bytes) {
    // When the system does not know how much is free, writing will tell.
    if (const auto free = shelf_.files().free_bytes(shelf_.folder()); free && *free < options_.reserve_bytes + bytes) {
        return fail(Errc::exhausted, shelf_.folder() + ": the disk is full, " + std::to_string(*free) +
                                         " bytes are left and " + std::to_string(options_.reserve_bytes) +
                                         " are kept in reserve");
    }
    if (active_ && active_->end > records_offset && active_->end + bytes > options_.segment_bytes) {
        close_segment();
    }
    return active_ ? Result<void>{} : create_segment();
}

Result<void> Writer::start_new_segment() {
    if (active_ && active_->end == records_offset) {
        return {};
    }
    close_segment();
    const auto created = create_segment();
    if (!created) {
        note_failure(created.error(), created.error().code != Errc::exhausted);
    }
    return created;
}

Result<void> Writer::create_segment() {
    Random& random = options_.random != nullptr ? *options_.random : system_random_;
    const SegmentHeader header{
        .marker = static_cast<std::uint32_t>(random.next()), .first = shelf_.next(), .created = clock_.now()};
    const auto name = segment_name(header.first);
    TRY(auto file, create_file(name));
    TRY_DO(file->write_at(0, encode_segment_header(header)));
    TRY_DO(sync(*file));
    TRY_DO(shelf_.files().sync_folder(shelf_.folder()));
    shelf_.add(
        {.name = name, .marker = header.marker, .first = header.first, .end = header.first, .bytes = records_offset});
    active_ = OpenSegment{
        .file = std::move(file), .name = name, .marker = header.marker, .end = records_offset, .written_ahead = 0};
    return {};
}

Result<std::unique_ptr<File>> Writer::create_file(const std::string& name) {
    auto file = shelf_.files().open(shelf_.path(name), OpenMode::create);
    if (file || file.error().code != Errc::conflict) {
        return file;
    }
    // Left by an attempt that failed, or sealed before its first commit: no acknowledged record can be in a segment
    // that begins where the next record will be.
    shelf_.remove_if_empty(name);
    TRY_DO(shelf_.files().remove(shelf_.path(name)));
    return shelf_.files().open(shelf_.path(name), OpenMode::create);
}

void Writer::seal_records(std::span<std::byte> bytes, Position first) const {
    for (std::size_t at = 0; at < bytes.size();) {
        const auto size = encoded_record_bytes(bytes.subspan(at));
        seal_record(bytes.subspan(at), active_->marker, first, static_cast<std::uint32_t>(at));
        first = first.next();
        at += size;
    }
}

Result<void> Writer::write(ByteView bytes) {
    const auto written = active_->file->write_at(active_->end, bytes);
    if (written) {
        return {};
    }
    // A full disk leaves what is durable intact: take the remains away and go on here when there is space again.
    const bool disk_full = written.error().code == Errc::exhausted;
    note_failure(written.error(), !disk_full);
    if (!disk_full || !active_->file->truncate(active_->end)) {
        give_up_segment();
    }
    return std::unexpected(written.error());
}

/// Keeps zeros behind the records. If that fails the next sync takes longer, and no more.
void Writer::write_ahead(std::uint64_t end) {
    if (end <= active_->written_ahead) {
        return;
    }
    active_->written_ahead = end;
    const auto room = std::max(options_.segment_bytes, end) - end;
    const auto zeros = ByteView{zeros_}.first(std::min<std::size_t>(zeros_.size(), room));
    if (zeros.empty()) {
        return;
    }
    if (active_->file->write_at(end, zeros)) {
        active_->written_ahead = end + zeros.size();
    } else {
        std::ignore = active_->file->truncate(end);  // leaves what space there is to the records
    }
}

Result<void> Writer::sync(File& file) {
    const auto begun = clock_.steady();
    auto synced = file.sync();
    const std::lock_guard lock(health_mutex_);
    count_sync(health_.sync_times, clock_.steady() - begun);
    return synced;
}

void Writer::give_up_segment() {
    // So that nothing refused is found at the next opening. It may fail as well; then the next segment's first position
    // still ends this one.
    std::ignore = active_->file->truncate(active_->end);
    active_.reset();
}

void Writer::close_segment() {
    if (active_ && active_->written_ahead > active_->end) {
        std::ignore = active_->file->truncate(active_->end);  // the zeros; harmless if they stay
    }
    active_.reset();
}

void Writer::note_failure(const Error& error, bool fatal) {
    Health now;
    bool changed = false;
    {
        const std::lock_guard lock(health_mutex_);
        changed = health_.accepting;
        ++health_.failures;
        health_.accepting = false;
        health_.disk_full = error.code == Errc::exhausted;
        if (fatal) {
            health_.ok = false;
            past_failure_ =
                "the disk failed (" + error.what + "); nothing unsaved was acknowledged, but check the disk";
        }
        health_.reason = error.what;
        now = health_;
    }
    if (changed) {
        tell_change(now);
    }
}

void Writer::note_commit(std::uint64_t records, std::uint64_t bytes) {
    Health now;
    bool changed = false;
    {
        const std::lock_guard lock(health_mutex_);
        changed = !health_.accepting;
        health_.accepting = true;
        health_.disk_full = false;
        health_.reason = past_failure_;
        ++health_.commits;
        health_.records_appended += records;
        health_.bytes_appended += bytes;
        if (changed) {
            now = health_;
        }
    }
    if (changed) {
        tell_change(now);
    }
}

void Writer::tell_change(const Health& health) const {
    if (options_.on_change) {
        options_.on_change(health);
    } else if (health.accepting) {
        log::info("journal", "writing again");
    } else {
        log::error("journal", "cannot write", {{"reason", health.reason}});
    }
}

void Writer::note_refused(std::uint64_t records) {
    const std::lock_guard lock(health_mutex_);
    health_.records_refused += records;
}

void Writer::note_recovered(const RecoveryReport& report) {
    const std::lock_guard lock(health_mutex_);
    health_.bytes_cut = report.bytes_cut;
}

Health Writer::health() const {
    const std::lock_guard lock(health_mutex_);
    return health_;
}

}  // namespace bypuls::journal
