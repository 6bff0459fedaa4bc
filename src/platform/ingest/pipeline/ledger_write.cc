// What the ledger writes in the transaction that moves the journal's cursor.
#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <utility>

#include <zstd.h>

#include "platform/ingest/pipeline/ledger.h"
#include "platform/ingest/pipeline/letters.h"

namespace bypuls::ingest::pipeline {
namespace {

using Bound = observations::Transaction::Bound;

std::int64_t micros(Instant t) {
    return t.time_since_epoch().count();
}
std::int64_t number(journal::Position position) {
    return static_cast<std::int64_t>(position.value);
}

template <typename... Values>
Result<void> put(observations::Transaction& transaction, std::string_view sql, const Values&... values) {
    const std::array<Bound, sizeof...(Values)> bound{Bound{values}...};
    return transaction.execute(sql, bound);
}

/// Messages one after another: position and receive time as differences from the one before, length, bytes.
Result<Bytes> compress(const Bytes& plain) {
    const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
    if (context == nullptr) {
        return fail(Errc::exhausted, "compressing raw messages: no memory");
    }
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, 3);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);  // unpacking looks at it where it is there
    Bytes out(ZSTD_compressBound(plain.size()));
    const std::size_t size = ZSTD_compress2(context.get(), out.data(), out.size(), plain.data(), plain.size());
    if (ZSTD_isError(size) != 0) {
        return fail(Errc::exhausted, std::string("compressing raw messages: ") + ZSTD_getErrorName(size));
    }
    out.resize(size);
    return out;
}

}  // namespace

void Ledger::freeze() {
    const std::lock_guard lock(mutex_);
    add_later(frozen_, std::exchange(pending_, {}));
    frozen_counts_ = counts_;
}

void Ledger::add_later(Pending& into, Pending later) const {
    for (auto& [key, seen] : later.frames_seen) {
        into.frames_seen.insert_or_assign(key, seen);
    }
    for (auto& [name, session] : later.sessions) {
        into.sessions.insert_or_assign(name, session);
    }
    for (auto& [sender, keys] : later.keys) {
        Keys& known = into.keys[sender];
        known.last_number = keys.last_number;
        keys.seen.merge(known.seen);
        known.seen = std::move(keys.seen);
    }
    std::ranges::move(later.letters, std::back_inserter(into.letters));
    for (std::string& dev_eui : later.forgotten) {
        into.unknown.erase(dev_eui);
        into.forgotten.push_back(std::move(dev_eui));
    }
    for (auto& [dev_eui, device] : later.unknown) {
        note_unknown_device(into, std::move(device));
    }
    for (auto& [dev_eui, frames] : later.last_frames) {
        note_frames(into, dev_eui, std::move(frames));
    }
    std::ranges::move(later.events, std::back_inserter(into.events));
    std::ranges::move(later.raw, std::back_inserter(into.raw));
    std::ranges::move(later.replayed, std::back_inserter(into.replayed));
    for (const journal::Position position : later.not_due) {
        std::erase(into.due, position);
        into.not_due.push_back(position);
    }
    std::ranges::move(later.due, std::back_inserter(into.due));
    into.bytes += later.bytes;
}

void Ledger::settled() {
    const std::lock_guard lock(mutex_);
    frozen_ = {};
    for (const std::int64_t letter : std::exchange(purged_, {})) {
        damaged_.erase(letter);
    }
}

Result<void> Ledger::write(observations::Transaction& transaction, journal::Position /*upto*/) {
    TRY_DO(write_frames(transaction));
    TRY_DO(write_events(transaction));
    TRY_DO(write_keys(transaction));
    TRY_DO(write_letters(transaction));
    TRY_DO(write_devices(transaction));
    TRY_DO(write_raw(transaction));
    TRY_DO(write_counts(transaction));
    return purge(transaction);
}

Result<void> Ledger::write_frames(observations::Transaction& transaction) const {
    for (const auto& [key, seen] : frozen_.frames_seen) {
        // The row may be there: a message is looked at again when memory was full and had to settle in between.
        TRY_DO(
            put(transaction,
                "INSERT INTO ingest_frame_seen (dev_eui, session, epoch, f_cnt, f_port, payload_crc, time, received, "
                "position) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (dev_eui, session, epoch, f_cnt, "
                "f_port) DO UPDATE SET payload_crc = excluded.payload_crc, time = excluded.time, "
                "received = excluded.received, position = excluded.position",
                std::string_view(key.dev_eui), std::string_view(key.session), key.epoch, key.f_cnt, key.f_port,
                seen.payload_crc, micros(seen.time), micros(seen.received), number(seen.position)));
    }
    TRY_DO(write_sessions(transaction));
    for (const journal::Position position : frozen_.not_due) {
        TRY_DO(put(transaction, "DELETE FROM ingest_due WHERE position = $1", number(position)));
    }
    for (const journal::Position position : frozen_.due) {
        TRY_DO(put(transaction, "INSERT INTO ingest_due (position) VALUES ($1) ON CONFLICT (position) DO NOTHING",
                   number(position)));
    }
    return {};
}

Result<void> Ledger::write_sessions(observations::Transaction& transaction) const {
    for (const auto& [name, session] : frozen_.sessions) {
        const auto slash = name.find('/');
        const std::string waiting = to_text(session.waiting);
        TRY_DO(
            put(transaction,
                "INSERT INTO ingest_session (dev_eui, session, epoch, last_time, f_cnt, since, reset_said, received, "
                "odd_f_cnt, odd_time, waiting) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
                "ON CONFLICT (dev_eui, session) DO UPDATE SET epoch = excluded.epoch, "
                "last_time = excluded.last_time, f_cnt = excluded.f_cnt, since = excluded.since, "
                "reset_said = excluded.reset_said, received = excluded.received, odd_f_cnt = excluded.odd_f_cnt, "
                "odd_time = excluded.odd_time, waiting = excluded.waiting",
                std::string_view(name).substr(0, slash), std::string_view(name).substr(slash + 1), session.epoch,
                micros(session.last_time), session.f_cnt, micros(session.since), micros(session.reset_said),
                micros(session.received), session.odd_f_cnt, micros(session.odd_time), std::string_view(waiting)));
    }
    return {};
}

Result<void> Ledger::write_keys(observations::Transaction& transaction) const {
    for (const auto& [sender, keys] : frozen_.keys) {
        const std::int64_t forgotten = keys.last_number - keys_kept(sender);
        for (const auto& [key, seen] : keys.seen) {
            if (seen.number <= forgotten) {
                continue;
            }
            TRY_DO(put(transaction,
                       "INSERT INTO ingest_key_seen (sender, key, crc, number, position, received) "
                       "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (sender, key) DO UPDATE SET crc = excluded.crc, "
                       "number = excluded.number, position = excluded.position, received = excluded.received",
                       std::string_view(sender), std::string_view(key), seen.crc, seen.number, number(seen.position),
                       micros(seen.received)));
        }
        TRY_DO(put(transaction, "DELETE FROM ingest_key_seen WHERE sender = $1 AND number <= $2",
                   std::string_view(sender), forgotten));
    }
    return {};
}

Result<void> Ledger::write_letters(observations::Transaction& transaction) const {
    for (const DeadLetter& letter : frozen_.letters) {
        TRY_DO(put(transaction,
                   "INSERT INTO ingest_dead_letter (id, position, received, source, reason, sentence, field, device, "
                   "line, codec_version, payload, payload_bytes, replayed, saying, checksum) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
                   letter.id, number(letter.position), micros(letter.received), std::string_view(letter.source),
                   name_of(letter.reason), std::string_view(letter.sentence), std::string_view(letter.field),
                   std::string_view(letter.device), letter.line, std::string_view(letter.codec_version),
                   std::string_view(letter.payload), letter.payload_bytes, std::int64_t{letter.replayed ? 1 : 0},
                   std::string_view(letter.saying), checksum_of(letter)));
    }
    for (const journal::Position position : frozen_.replayed) {
        TRY_DO(put(transaction,
                   "UPDATE ingest_dead_letter SET checksum = checksum + $2, replayed = 1 WHERE position = $1 AND "
                   "replayed = 0",
                   number(position), letter_replayed));
    }
    return {};
}

Result<void> Ledger::write_devices(observations::Transaction& transaction) const {
    for (const std::string& dev_eui : frozen_.forgotten) {
        TRY_DO(put(transaction, "DELETE FROM ingest_unknown_device WHERE dev_eui = $1", std::string_view(dev_eui)));
    }
    for (const auto& [dev_eui, device] : frozen_.unknown) {
        TRY_DO(
            put(transaction,
                "INSERT INTO ingest_unknown_device (dev_eui, name_hint, profile_hint, source, first_seen, last_seen, "
                "frames) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (dev_eui) DO UPDATE SET "
                "name_hint = excluded.name_hint, profile_hint = excluded.profile_hint, last_seen = excluded.last_seen, "
                "frames = ingest_unknown_device.frames + excluded.frames",
                std::string_view(dev_eui), std::string_view(device.name_hint), std::string_view(device.profile_hint),
                std::string_view(device.source), micros(device.first_seen), micros(device.last_seen), device.frames));
    }
    for (const auto& [dev_eui, frames] : frozen_.last_frames) {
        for (const Frame& frame : frames) {
            TRY_DO(put(
                transaction,
                "INSERT INTO ingest_last_frame (dev_eui, position, time, f_cnt, f_port, payload_hex, rssi, snr, "
                "gateways, decoded, outcome) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
                "ON CONFLICT (dev_eui, position) DO UPDATE SET decoded = excluded.decoded, outcome = excluded.outcome",
                std::string_view(dev_eui), number(frame.position), micros(frame.time), frame.f_cnt, frame.f_port,
                std::string_view(frame.payload_hex), frame.rssi_dbm, frame.snr_db, frame.gateways,
                std::string_view(frame.decoded), std::string_view(frame.outcome)));
        }
        TRY_DO(put(transaction,
                   "DELETE FROM ingest_last_frame WHERE dev_eui = $1 AND position NOT IN (SELECT position FROM "
                   "ingest_last_frame WHERE dev_eui = $1 ORDER BY position DESC LIMIT $2)",
                   std::string_view(dev_eui), static_cast<std::int64_t>(retention_.last_frames)));
    }
    return {};
}

Result<void> Ledger::write_raw(observations::Transaction& transaction) const {
    if (frozen_.raw.empty()) {
        return {};
    }
    Bytes plain;
    std::uint64_t position = 0;
    std::int64_t received = 0;
    Instant last_received = frozen_.raw.front().received;
    for (const Raw& raw : frozen_.raw) {
        put_varint(plain, raw.position.value - position);
        put_varint(plain, zigzag(micros(raw.received) - received));
        put_varint(plain, raw.payload.size());
        plain.insert(plain.end(), raw.payload.begin(), raw.payload.end());
        position = raw.position.value;
        received = micros(raw.received);
        last_received = std::max(last_received, raw.received);
    }
    TRY(const Bytes chunk, compress(plain));
    return put(transaction,
               "INSERT INTO ingest_raw (first_position, last_position, last_received, chunk) VALUES ($1, $2, $3, $4)",
               number(frozen_.raw.front().position), number(frozen_.raw.back().position), micros(last_received),
               ByteView(chunk));
}

Result<void> Ledger::write_counts(observations::Transaction& transaction) const {
    for (const auto& [source, counts] : frozen_counts_) {
        TRY_DO(put(transaction,
                   "INSERT INTO ingest_count (source, received, stored, duplicate, quarantined, rejected, "
                   "damaged) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (source) DO UPDATE SET received = "
                   "excluded.received, "
                   "stored = excluded.stored, duplicate = excluded.duplicate, quarantined = excluded.quarantined, "
                   "rejected = excluded.rejected, damaged = excluded.damaged",
                   std::string_view(source), static_cast<std::int64_t>(counts.received),
                   static_cast<std::int64_t>(counts.stored), static_cast<std::int64_t>(counts.duplicate),
                   static_cast<std::int64_t>(counts.quarantined), static_cast<std::int64_t>(counts.rejected),
                   static_cast<std::int64_t>(counts.damaged)));
    }
    return {};
}

Result<void> Ledger::purge(observations::Transaction& transaction) {
    const Instant now = clock_.now();
    TRY_DO(put(transaction, "DELETE FROM ingest_frame_seen WHERE received < $1", micros(now - retention_.frames_seen)));
    TRY_DO(put(transaction, "DELETE FROM ingest_session WHERE received < $1", micros(now - retention_.frames_seen)));
    TRY_DO(put(transaction, "DELETE FROM ingest_key_seen WHERE received < $1", micros(now - retention_.frames_seen)));
    TRY_DO(purge_events(transaction, now));
    TRY_DO(purge_letters(transaction, now));
    return put(transaction, "DELETE FROM ingest_raw WHERE last_received < $1", micros(now - retention_.raw_messages));
}

/// A part of them, larger than what one settle writes.
Result<void> Ledger::purge_letters(observations::Transaction& transaction, Instant now) {
    constexpr std::int64_t letters_at_once = 25'000;
    std::int64_t newest = 0;
    {
        const std::lock_guard lock(mutex_);
        purged_.clear();  // of a settle that failed
        newest = next_letter_ - 1;
    }
    if (!frozen_.letters.empty()) {
        newest = frozen_.letters.back().id;
    }
    std::vector<std::int64_t> purged;
    const auto note = [&](observations::Transaction::Row row) { purged.push_back(std::get<std::int64_t>(row[0])); };
    // Their numbers have no holes, so that those beyond the newest so many are told by their numbers.
    const std::array<Bound, 2> beyond{newest - retention_.dead_letters_max, letters_at_once};
    TRY_DO(
        transaction.query("DELETE FROM ingest_dead_letter WHERE id IN (SELECT id FROM ingest_dead_letter WHERE "
                          "id <= $1 ORDER BY id LIMIT $2) RETURNING id",
                          beyond, note));
    const std::array<Bound, 2> old{micros(now - retention_.dead_letters), letters_at_once};
    TRY_DO(
        transaction.query("DELETE FROM ingest_dead_letter WHERE id IN (SELECT id FROM ingest_dead_letter WHERE "
                          "received < $1 ORDER BY received LIMIT $2) RETURNING id",
                          old, note));
    const std::lock_guard lock(mutex_);
    purged_ = std::move(purged);
    return {};
}

}  // namespace bypuls::ingest::pipeline
