// What the ledger remembers of radio frames and other events of devices, for same_frame.h to rule on.
#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <soci/soci.h>

#include "core/time/iso8601.h"
#include "platform/ingest/pipeline/ledger.h"

namespace bypuls::ingest::pipeline {
namespace {

/// A counter that the server saw fall, in a frame that the device's key has signed.
constexpr std::string_view counter_reset = "UPLINK_F_CNT_RESET";

/// What a server says of its own accord may stand several times in what it tells of one frame.
std::string said_of(const lorawan::Event& event) {
    const std::string_view said = event.kind == lorawan::Kind::log && event.log ? std::string_view(event.log->code)
                                  : event.kind == lorawan::Kind::location || event.kind == lorawan::Kind::service
                                      ? std::string_view(event.service)
                                      : std::string_view();
    return short_text(said, DeviceEvent::code_max);
}

/// What tells one event of a device from another: the radio session for frames, the server's own id for the rest.
std::string session_name(const lorawan::Event& event, journal::Position position) {
    if (event.kind == lorawan::Kind::up && event.dev_addr) {
        return event.dev_addr->to_text();
    }
    if (event.kind == lorawan::Kind::up && !event.join_id.empty()) {
        return event.join_id;
    }
    const std::string kind(lorawan::name_of(event.kind));
    const std::string said = said_of(event);
    if (!event.deduplication_id.empty()) {
        return kind + ":" + event.deduplication_id + (said.empty() ? "" : ":" + said);
    }
    const std::string queued = event.downlink ? event.downlink->queue_id : "";
    std::string name =
        fmt::format("{}:{}:{}", kind, event.time ? format_instant(*event.time) : "", queued.empty() ? said : queued);
    if (event.kind != lorawan::Kind::up && !event.time && queued.empty()) {
        name += fmt::format("@{}", position.value);  // nothing tells it from the next of its kind
    }
    return name;
}

/// More than a week of one frame a minute. What is beyond stays in quarantine.
constexpr std::size_t repeated_max = 12'000;

/// The newest so many, when there are more.
void leave_newest(std::vector<RadioFrame>& frames) {
    if (frames.size() > repeated_max) {
        std::ranges::sort(frames, [](const RadioFrame& one, const RadioFrame& other) {
            return std::pair(one.received, one.position) > std::pair(other.received, other.position);
        });
        frames.resize(repeated_max);
    }
}

Instant instant(long long micros) {
    return Instant{Duration{micros}};
}

}  // namespace

Result<Ledger::Seen> Ledger::see_frame(const lorawan::Event& event, Instant received, journal::Position position,
                                       Spots spots) {
    const std::lock_guard lock(mutex_);
    const bool stamped = event.time && *event.time >= clocks_are_set;
    FrameKey key{.dev_eui = event.dev_eui.to_text(),
                 .session = session_name(event, position),
                 .f_cnt = event.f_cnt,
                 .f_port = event.f_port};
    const RadioFrame frame{.f_cnt = event.f_cnt,
                           .f_port = event.f_port,
                           .payload_crc = crc32c(event.payload),
                           .time = stamped ? *event.time : received,
                           .received = received,
                           .position = position};
    return event.kind == lorawan::Kind::up ? see_uplink(event, std::move(key), frame)
                                           : see_other_event(event, std::move(key), frame, spots);
}

Result<Ledger::Seen> Ledger::see_uplink(const lorawan::Event& event, FrameKey key, const RadioFrame& frame) {
    TRY(RadioSession * session, session_of(key.dev_eui + "/" + key.session));
    const FrameMemory memory{.reach = retention_.frames_seen,
                             .find =
                                 [&](std::int64_t epoch) {
                                     key.epoch = epoch;
                                     return find_frame(key);
                                 },
                             .repeated = [&](std::int64_t epoch, Instant after) -> Result<std::vector<RadioFrame>> {
                                 std::vector<RadioFrame> all;
                                 for (std::int64_t shelf = 0; shelf < shelves; ++shelf) {
                                     key.epoch = repeated_of(epoch, shelf);
                                     TRY(const auto frames, repeated_frames(key, after));
                                     all.insert(all.end(), frames.begin(), frames.end());
                                 }
                                 leave_newest(all);
                                 return all;
                             },
                             .reset_said = [&]() -> Result<Instant> {
                                 TRY(const RadioSession* device, session_of(event.dev_eui.to_text() + "/"));
                                 return device->reset_said;
                             }};
    TRY(const Ruling ruling, rule_on(frame, *session, memory));
    key.epoch = ruling.epoch;
    for (const auto& [kind, waited] : ruling.with) {
        FrameKey also = key;
        also.f_cnt = waited.f_cnt;
        also.f_port = waited.f_port;
        TRY_DO(make_room_for(also, waited));
        pending_.frames_seen.insert_or_assign(std::move(also), waited);
        if (kind != WaitingFrame::Kind::stored) {
            pending_.due.push_back(waited.position);
            due_.insert(waited.position);
        }
    }
    if (ruling.seen == Seen::conflict) {
        key.epoch = repeated_of(ruling.epoch, shelf_of_conflicts);
    }
    if (ruling.seen != Seen::duplicate) {
        pending_.frames_seen.insert_or_assign(std::move(key), frame);
    }
    return ruling.seen;
}

/// One that was held up may have been taken for a frame of this count, and has its number: a recording of it is to be
/// known all the same.
Result<void> Ledger::make_room_for(FrameKey key, const RadioFrame& frame) {
    TRY(const auto before, find_frame(key));
    if (before && before->payload_crc != frame.payload_crc) {
        key.epoch = repeated_of(key.epoch, shelf_of_conflicts);
        pending_.frames_seen.insert_or_assign(std::move(key), *before);
    }
    return {};
}

/// Events that are no frames are known by the server's own id of them.
Result<Ledger::Seen> Ledger::see_other_event(const lorawan::Event& event, FrameKey key, const RadioFrame& frame,
                                             Spots spots) {
    TRY(const auto before, find_frame(key));
    if (before && before->position != frame.position && before->received >= frame.received - retention_.frames_seen) {
        return Seen::duplicate;
    }
    pending_.frames_seen.insert_or_assign(key, frame);
    const bool says_reset = event.log && event.log->code == counter_reset;
    if (says_reset || event.kind == lorawan::Kind::join) {
        // A join makes a session of its own, but nothing keeps a server from giving out the same address again.
        const std::string name = says_reset || !event.dev_addr ? "" : event.dev_addr->to_text();
        TRY(RadioSession * session, session_of(key.dev_eui + "/" + name));
        session->reset_said = std::max(session->reset_said, frame.heard());
        session->received = std::max(session->received, frame.received);
    }
    note_event(event, key, frame, spots);
    return Seen::fresh;
}

Result<std::optional<RadioFrame>> Ledger::find_frame(const FrameKey& key) const {
    for (const Pending* waiting : {&pending_, &frozen_}) {
        if (const auto found = waiting->frames_seen.find(key); found != waiting->frames_seen.end()) {
            return found->second;
        }
    }
    return database_.read("looking up a frame", [&](soci::session& sql) -> Result<std::optional<RadioFrame>> {
        const long long epoch = key.epoch;
        const long long f_cnt = key.f_cnt;
        const long long f_port = key.f_port;
        long long crc = 0;
        long long time = 0;
        long long received = 0;
        long long position = 0;
        sql << "SELECT payload_crc, time, received, position FROM ingest_frame_seen WHERE dev_eui = :dev_eui AND "
               "session = :session AND epoch = :epoch AND f_cnt = :f_cnt AND f_port = :f_port",
            soci::use(key.dev_eui, "dev_eui"), soci::use(key.session, "session"), soci::use(epoch, "epoch"),
            soci::use(f_cnt, "f_cnt"), soci::use(f_port, "f_port"), soci::into(crc), soci::into(time),
            soci::into(received), soci::into(position);
        if (!sql.got_data()) {
            return std::nullopt;
        }
        return RadioFrame{.f_cnt = key.f_cnt,
                          .f_port = key.f_port,
                          .payload_crc = crc,
                          .time = instant(time),
                          .received = instant(received),
                          .position = {static_cast<std::uint64_t>(position)}};
    });
}

/// Those of the key's session and epoch that came after that, whatever number.
Result<std::vector<RadioFrame>> Ledger::repeated_frames(const FrameKey& key, Instant after) const {
    std::map<std::pair<std::int64_t, std::int64_t>, RadioFrame> found;  // by number and port
    const auto read = database_.read("looking up repeated frames", [&](soci::session& sql) -> Result<void> {
        const long long epoch = key.epoch;
        const long long received = after.time_since_epoch().count();
        const soci::rowset<soci::row> rows =
            (sql.prepare << "SELECT f_cnt, f_port, payload_crc, time, received, position FROM ingest_frame_seen WHERE "
                            "dev_eui = :dev_eui AND session = :session AND epoch = :epoch AND received > :received "
                            "ORDER BY received DESC LIMIT "
                         << repeated_max,
             soci::use(key.dev_eui, "dev_eui"), soci::use(key.session, "session"), soci::use(epoch, "epoch"),
             soci::use(received, "received"));
        for (const soci::row& row : rows) {
            const auto number = [&](std::size_t column) { return row.get<long long>(column); };
            found[{number(0), number(1)}] = {.f_cnt = number(0),
                                             .f_port = number(1),
                                             .payload_crc = number(2),
                                             .time = instant(number(3)),
                                             .received = instant(number(4)),
                                             .position = {static_cast<std::uint64_t>(number(5))}};
        }
        return {};
    });
    if (!read) {
        return std::unexpected(read.error());
    }
    for (const Pending* waiting : {&frozen_, &pending_}) {
        FrameKey first = key;
        first.f_cnt = first.f_port = std::numeric_limits<std::int64_t>::min();
        for (auto frame = waiting->frames_seen.lower_bound(first); frame != waiting->frames_seen.end(); ++frame) {
            const auto& [its, value] = *frame;
            if (its.dev_eui != key.dev_eui || its.session != key.session || its.epoch != key.epoch) {
                break;
            }
            if (value.received > after) {
                found[{its.f_cnt, its.f_port}] = value;
            } else {
                found.erase({its.f_cnt, its.f_port});
            }
        }
    }
    std::vector<RadioFrame> frames;
    for (const auto& [number, frame] : found) {
        frames.push_back(frame);
    }
    return frames;
}

/// As it stands now; to be moved on in place.
Result<RadioSession*> Ledger::session_of(const std::string& session_key) {
    auto pending = pending_.sessions.find(session_key);
    if (pending == pending_.sessions.end()) {
        const auto frozen = frozen_.sessions.find(session_key);
        auto kept = frozen == frozen_.sessions.end() ? read_session(session_key) : Result<RadioSession>(frozen->second);
        if (!kept) {
            return std::unexpected(std::move(kept).error());
        }
        pending = pending_.sessions.emplace(session_key, std::move(*kept)).first;
    }
    return &pending->second;
}

Result<RadioSession> Ledger::read_session(const std::string& session_key) const {
    const auto slash = session_key.find('/');
    const std::string dev_eui = session_key.substr(0, slash);
    const std::string session = session_key.substr(slash + 1);
    return database_.read("looking up a radio session", [&](soci::session& sql) -> Result<RadioSession> {
        soci::row row;
        sql << "SELECT epoch, last_time, f_cnt, since, reset_said, received, odd_f_cnt, odd_time, waiting FROM "
               "ingest_session WHERE dev_eui = :dev_eui AND session = :session",
            soci::use(dev_eui, "dev_eui"), soci::use(session, "session"), soci::into(row);
        if (!sql.got_data()) {
            return RadioSession{};
        }
        const auto number = [&](std::size_t column) { return row.get<long long>(column); };
        TRY(auto waiting, waiting_from_text(row.get<std::string>(8)));
        return RadioSession{.epoch = number(0),
                            .f_cnt = number(2),
                            .last_time = instant(number(1)),
                            .since = instant(number(3)),
                            .reset_said = instant(number(4)),
                            .received = instant(number(5)),
                            .odd_f_cnt = number(6),
                            .odd_time = instant(number(7)),
                            .waiting = std::move(waiting)};
    });
}

std::vector<journal::Position> Ledger::take_due() {
    const std::lock_guard lock(mutex_);
    const std::set<journal::Position> due = std::exchange(due_, {});
    return {due.begin(), due.end()};
}

void Ledger::give_back_due(journal::Position position) {
    const std::lock_guard lock(mutex_);
    due_.insert(position);
}

void Ledger::forget_due(journal::Position position) {
    const std::lock_guard lock(mutex_);
    forget_due_locked(position);
}

void Ledger::forget_due_locked(journal::Position position) {
    due_.erase(position);
    std::erase(pending_.due, position);
    pending_.not_due.push_back(position);
}

}  // namespace bypuls::ingest::pipeline
