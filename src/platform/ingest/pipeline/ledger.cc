#include "platform/ingest/pipeline/ledger.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <soci/soci.h>

#include "platform/ingest/pipeline/prepare.h"

namespace bypuls::ingest::pipeline {
namespace {

constexpr std::size_t row_bytes = 300;
constexpr std::size_t letters_waiting_max = 20'000;

std::size_t bytes_of(const DeadLetter& letter) {
    return row_bytes + letter.payload.size() + letter.sentence.size() + letter.saying.size();
}

}  // namespace

const database::Component& Ledger::schema() {
    static const database::Component component{
        "ingest",
        {{1,
          "frames, dead letters, unknown devices, raw messages and the account",
          {"CREATE TABLE ingest_frame_seen (dev_eui TEXT NOT NULL, session TEXT NOT NULL, epoch BIGINT NOT NULL, "
           "f_cnt BIGINT NOT NULL, f_port BIGINT NOT NULL, payload_crc BIGINT NOT NULL, time BIGINT NOT NULL, "
           "position BIGINT NOT NULL, PRIMARY KEY (dev_eui, session, epoch, f_cnt, f_port))",
           "CREATE INDEX ingest_frame_seen_time ON ingest_frame_seen (time)",
           "CREATE TABLE ingest_session (dev_eui TEXT NOT NULL, session TEXT NOT NULL, epoch BIGINT NOT NULL, "
           "last_time BIGINT NOT NULL, PRIMARY KEY (dev_eui, session))",
           "CREATE TABLE ingest_dead_letter (id BIGINT PRIMARY KEY, position BIGINT NOT NULL, received BIGINT NOT "
           "NULL, "
           "source TEXT NOT NULL, reason TEXT NOT NULL, sentence TEXT NOT NULL, field TEXT NOT NULL, "
           "device TEXT NOT NULL, line BIGINT NOT NULL, codec_version TEXT NOT NULL, payload TEXT NOT NULL, "
           "payload_bytes BIGINT NOT NULL, replayed BIGINT NOT NULL)",
           "CREATE INDEX ingest_dead_letter_device ON ingest_dead_letter (device, replayed, position)",
           "CREATE INDEX ingest_dead_letter_received ON ingest_dead_letter (received)",
           "CREATE TABLE ingest_unknown_device (dev_eui TEXT PRIMARY KEY, name_hint TEXT NOT NULL, "
           "profile_hint TEXT NOT NULL, source TEXT NOT NULL, first_seen BIGINT NOT NULL, last_seen BIGINT NOT NULL, "
           "frames BIGINT NOT NULL)",
           "CREATE TABLE ingest_last_frame (dev_eui TEXT NOT NULL, position BIGINT NOT NULL, time BIGINT NOT NULL, "
           "f_cnt BIGINT NOT NULL, f_port BIGINT NOT NULL, payload_hex TEXT NOT NULL, rssi DOUBLE PRECISION NOT NULL, "
           "snr DOUBLE PRECISION NOT NULL, gateways BIGINT NOT NULL, decoded TEXT NOT NULL, outcome TEXT NOT NULL, "
           "PRIMARY KEY (dev_eui, position))",
           "CREATE TABLE ingest_count (source TEXT PRIMARY KEY, received BIGINT NOT NULL, stored BIGINT NOT NULL, "
           "duplicate BIGINT NOT NULL, quarantined BIGINT NOT NULL, rejected BIGINT NOT NULL)"},
          {"CREATE TABLE ingest_raw (first_position BIGINT PRIMARY KEY, last_position BIGINT NOT NULL, "
           "last_received BIGINT NOT NULL, chunk BLOB NOT NULL)"},
          {"CREATE TABLE ingest_raw (first_position BIGINT PRIMARY KEY, last_position BIGINT NOT NULL, "
           "last_received BIGINT NOT NULL, chunk BYTEA NOT NULL)"}},
         {2,
          "messages that may be delivered again",
          {"CREATE TABLE ingest_key_seen (sender TEXT NOT NULL, key TEXT NOT NULL, crc BIGINT NOT NULL, "
           "number BIGINT NOT NULL, position BIGINT NOT NULL, received BIGINT NOT NULL, PRIMARY KEY (sender, key))",
           "CREATE INDEX ingest_key_seen_number ON ingest_key_seen (sender, number)",
           "CREATE INDEX ingest_key_seen_received ON ingest_key_seen (received)"}},
         {3,
          "frames are remembered by when they came",
          {"ALTER TABLE ingest_frame_seen ADD COLUMN received BIGINT NOT NULL DEFAULT 0",
           "UPDATE ingest_frame_seen SET received = time", "DROP INDEX ingest_frame_seen_time",
           "CREATE INDEX ingest_frame_seen_received ON ingest_frame_seen (received)"}},
         {4,
          "letters say why in each language, and damaged records have their account",
          {"ALTER TABLE ingest_dead_letter ADD COLUMN saying TEXT NOT NULL DEFAULT ''",
           "ALTER TABLE ingest_count ADD COLUMN damaged BIGINT NOT NULL DEFAULT 0"}},
         // Letters of before have none for as long as they last.
         {5, "letters have a checksum", {"ALTER TABLE ingest_dead_letter ADD COLUMN checksum BIGINT"}},
         {6,
          "a counter begins anew only where that is borne out",
          {"ALTER TABLE ingest_session ADD COLUMN f_cnt BIGINT NOT NULL DEFAULT -1",
           "ALTER TABLE ingest_session ADD COLUMN since BIGINT NOT NULL DEFAULT 0",
           "ALTER TABLE ingest_session ADD COLUMN reset_said BIGINT NOT NULL DEFAULT 0",
           "ALTER TABLE ingest_session ADD COLUMN received BIGINT NOT NULL DEFAULT 0",
           "ALTER TABLE ingest_session ADD COLUMN odd_f_cnt BIGINT NOT NULL DEFAULT -1",
           "ALTER TABLE ingest_session ADD COLUMN odd_time BIGINT NOT NULL DEFAULT 0",
           "ALTER TABLE ingest_session ADD COLUMN waiting TEXT NOT NULL DEFAULT ''",
           // Of events that are no frames, each had one of its own.
           "DELETE FROM ingest_session WHERE session LIKE '%:%'",
           "UPDATE ingest_session SET f_cnt = COALESCE((SELECT MAX(seen.f_cnt) FROM ingest_frame_seen AS seen WHERE "
           "seen.dev_eui = ingest_session.dev_eui AND seen.session = ingest_session.session AND "
           "seen.epoch = ingest_session.epoch), -1)",
           "UPDATE ingest_session SET received = COALESCE((SELECT MAX(seen.received) FROM ingest_frame_seen AS seen "
           "WHERE seen.dev_eui = ingest_session.dev_eui AND seen.session = ingest_session.session), last_time)",
           "CREATE INDEX ingest_session_received ON ingest_session (received)",
           "CREATE TABLE ingest_due (position BIGINT PRIMARY KEY)"}},
         {7,
          "events of devices that are no frames",
          {"CREATE TABLE ingest_device_event (dev_eui TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, "
           "position BIGINT NOT NULL, time BIGINT NOT NULL, battery_percent DOUBLE PRECISION, external_power BIGINT, "
           "margin_db BIGINT, level TEXT, code TEXT NOT NULL, description TEXT NOT NULL, acknowledged BIGINT, "
           "gateway TEXT NOT NULL, latitude DOUBLE PRECISION, longitude DOUBLE PRECISION, dev_addr TEXT NOT NULL, "
           "PRIMARY KEY (dev_eui, name))",
           "CREATE INDEX ingest_device_event_newest ON ingest_device_event (dev_eui, kind, time)",
           "CREATE INDEX ingest_device_event_time ON ingest_device_event (time)"}}}};
    return component;
}

Result<std::unique_ptr<Ledger>> Ledger::open(database::Database& database, const Clock& clock, Retention retention) {
    std::unique_ptr<Ledger> ledger(new Ledger(database, clock, retention));
    TRY_DO(ledger->load());
    return ledger;
}

Result<void> Ledger::load() {
    return database_.read("loading the account of what came in", [&](soci::session& sql) -> Result<void> {
        const soci::rowset<soci::row> rows =
            (sql.prepare
             << "SELECT source, received, stored, duplicate, quarantined, rejected, damaged FROM ingest_count");
        for (const soci::row& row : rows) {
            const auto number = [&](std::size_t column) {
                return static_cast<std::uint64_t>(row.get<long long>(column));
            };
            counts_[row.get<std::string>(0)] = {.received = number(1),
                                                .stored = number(2),
                                                .duplicate = number(3),
                                                .quarantined = number(4),
                                                .rejected = number(5),
                                                .damaged = number(6)};
        }
        long long newest = 0;
        sql << "SELECT COALESCE(MAX(id), 0) FROM ingest_dead_letter", soci::into(newest);
        next_letter_ = newest + 1;
        const soci::rowset<long long> due = (sql.prepare << "SELECT position FROM ingest_due ORDER BY position");
        for (const long long position : due) {
            due_.insert({static_cast<std::uint64_t>(position)});
        }
        return {};
    });
}

Result<std::int64_t> Ledger::last_key_number(const std::string& sender) const {
    if (const auto frozen = frozen_.keys.find(sender); frozen != frozen_.keys.end()) {
        return frozen->second.last_number;
    }
    return database_.read("counting a sender's messages", [&](soci::session& sql) -> Result<std::int64_t> {
        long long last = 0;
        sql << "SELECT COALESCE(MAX(number), 0) FROM ingest_key_seen WHERE sender = :sender", soci::use(sender),
            soci::into(last);
        return last;
    });
}

Result<std::optional<Ledger::SeenKey>> Ledger::find_key(const std::string& sender, const std::string& key) const {
    for (const Pending* waiting : {&pending_, &frozen_}) {
        if (const auto keys = waiting->keys.find(sender); keys != waiting->keys.end()) {
            if (const auto found = keys->second.seen.find(key); found != keys->second.seen.end()) {
                return found->second;
            }
        }
    }
    return database_.read("looking for a message that came before",
                          [&](soci::session& sql) -> Result<std::optional<SeenKey>> {
                              long long crc = 0;
                              long long number = 0;
                              long long position = 0;
                              long long received = 0;
                              sql << "SELECT crc, number, position, received FROM ingest_key_seen WHERE "
                                     "sender = :sender AND key = :key",
                                  soci::use(sender, "sender"), soci::use(key, "key"), soci::into(crc),
                                  soci::into(number), soci::into(position), soci::into(received);
                              if (!sql.got_data()) {
                                  return std::nullopt;
                              }
                              return SeenKey{.crc = crc,
                                             .number = number,
                                             .position = {static_cast<std::uint64_t>(position)},
                                             .received = Instant{Duration{received}}};
                          });
}

std::int64_t Ledger::keys_kept(std::string_view sender) {
    return sender.starts_with(bridge_prefix)    ? keys_per_bridge
           : sender.starts_with(request_prefix) ? keys_per_requester
                                                : keys_per_sender;
}

Result<Ledger::Seen> Ledger::see_key(const Message& message, journal::Position position) {
    const std::lock_guard lock(mutex_);
    const auto slash = message.key.rfind('/');
    const std::string sender = message.key.substr(0, slash);
    const std::string key = slash == std::string::npos ? "" : message.key.substr(slash + 1);
    auto pending = pending_.keys.find(sender);
    if (pending == pending_.keys.end()) {
        TRY(const std::int64_t last, last_key_number(sender));
        pending = pending_.keys.emplace(sender, Keys{.last_number = last, .seen = {}}).first;
    }
    Keys& keys = pending->second;
    const auto crc = static_cast<std::int64_t>(crc32c(as_bytes(message.body)));
    if (message.redelivered) {
        TRY(const auto before, find_key(sender, key));
        if (before && before->position == position) {
            return Seen::fresh;  // this very record, looked at again
        }
        if (before && before->number > keys.last_number - keys_kept(sender)) {
            if (before->crc == crc) {
                return Seen::duplicate;
            }
            if (sender.starts_with(request_prefix)) {
                return Seen::conflict;
            }
        }
    }
    keys.seen.insert_or_assign(
        key, SeenKey{.crc = crc, .number = ++keys.last_number, .position = position, .received = message.received});
    return Seen::fresh;
}

void Ledger::add_dead_letter(DeadLetter letter) {
    const std::lock_guard lock(mutex_);
    if (has_room_locked(1)) {
        keep_locked(std::move(letter));
    }
}

void Ledger::keep_dead_letter(DeadLetter letter) {
    const std::lock_guard lock(mutex_);
    keep_locked(std::move(letter));
}

void Ledger::keep_locked(DeadLetter letter) {
    letter.id = next_letter_++;
    if (letter.payload.size() > letter_bytes_max) {
        letter.payload.resize(letter_bytes_max);
    }
    pending_.bytes += bytes_of(letter);
    pending_.letters.push_back(std::move(letter));
}

bool Ledger::has_room_locked(std::size_t letters) const {
    return pending_.letters.size() + frozen_.letters.size() + letters <= letters_waiting_max;
}

bool Ledger::has_room(std::size_t letters) const {
    const std::lock_guard lock(mutex_);
    return has_room_locked(letters);
}

void Ledger::note_unknown_device(UnknownDevice device) {
    const std::lock_guard lock(mutex_);
    note_unknown_device(pending_, std::move(device));
}

void Ledger::note_unknown_device(Pending& into, UnknownDevice device) {
    const auto [found, added] = into.unknown.try_emplace(device.dev_eui, device);
    if (!added) {
        found->second.frames += device.frames;
        found->second.first_seen = std::min(found->second.first_seen, device.first_seen);
        found->second.last_seen = std::max(found->second.last_seen, device.last_seen);
        found->second.name_hint = std::move(device.name_hint);
        found->second.profile_hint = std::move(device.profile_hint);
    }
}

void Ledger::note_frame(Frame frame) {
    const std::lock_guard lock(mutex_);
    pending_.bytes += row_bytes + frame.decoded.size();
    const std::string dev_eui = frame.dev_eui;
    std::deque<Frame> one;
    one.push_back(std::move(frame));
    note_frames(pending_, dev_eui, std::move(one));
}

void Ledger::note_frames(Pending& into, const std::string& dev_eui, std::deque<Frame> frames) const {
    auto& last = into.last_frames[dev_eui];
    std::ranges::move(frames, std::back_inserter(last));
    while (last.size() > retention_.last_frames) {
        last.pop_front();
    }
}

void Ledger::keep_raw(journal::Position position, const Message& message) {
    const std::lock_guard lock(mutex_);
    const auto& newest = pending_.raw.empty() ? frozen_.raw : pending_.raw;
    if (newest.empty() || newest.back().position < position) {
        pending_.raw.push_back({position, message.received, encode(message)});
        pending_.bytes += row_bytes + message.body.size();
    }
}

void Ledger::count(std::string_view source, const Counts& counts) {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(source);
    (found == counts_.end() ? counts_[std::string(source)] : found->second) += counts;
}

void Ledger::mark_replayed(journal::Position position) {
    const std::lock_guard lock(mutex_);
    pending_.replayed.push_back(position);
    forget_due_locked(position);
}

void Ledger::forget_unknown_device(std::string_view dev_eui) {
    const std::lock_guard lock(mutex_);
    pending_.unknown.erase(std::string(dev_eui));
    pending_.forgotten.emplace_back(dev_eui);
}

bool Ledger::wants_settle() const {
    constexpr std::size_t pending_bytes_max = 32U << 20U;
    const std::lock_guard lock(mutex_);
    return pending_.bytes > pending_bytes_max || pending_.letters.size() > letters_waiting_max / 2;
}

bool Ledger::waiting() const {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(std::array{&pending_, &frozen_}, [](const Pending* waiting) {
        return !waiting->letters.empty() || !waiting->forgotten.empty();
    });
}

std::map<std::string, Counts, std::less<>> Ledger::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

}  // namespace bypuls::ingest::pipeline
