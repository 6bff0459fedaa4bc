#include "platform/ingest/pipeline/same_frame.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace bypuls::ingest::pipeline {
namespace {

using namespace std::chrono_literals;
using Kind = WaitingFrame::Kind;

/// Copies of one frame, by other gateways and servers, come within seconds and are stamped so. Beyond this the same
/// frame again is worth a second look.
constexpr Duration copies_within = 1h;
/// Of two frames of one count that follow one another. More may be lost on the way, but not many.
constexpr std::int64_t gap_max = 64;
/// Each is a week or less; more within the week are not looked at.
constexpr std::int64_t epochs_back = 4;

Duration apart(Instant a, Instant b) {
    return a < b ? b - a : a - b;
}

/// Do both numbers and times say that one comes some frames after the other?
bool follow(std::int64_t f_cnt, Instant heard, const RadioFrame& frame) {
    const std::int64_t steps = frame.f_cnt - f_cnt;
    return (steps > 0 && steps <= gap_max && frame.heard() > heard) ||
           (steps < 0 && steps >= -gap_max && frame.heard() < heard);
}

bool follow(const RadioFrame& one, const RadioFrame& other) {
    return follow(one.f_cnt, one.heard(), other);
}

Result<std::optional<RadioFrame>> find(const FrameMemory& memory, std::int64_t epoch, const RadioFrame& frame) {
    TRY(auto found, memory.find(epoch));
    const bool forgotten = found && found->received < frame.received - memory.reach;
    return forgotten ? std::nullopt : std::move(found);
}

bool is_same(const RadioFrame& one, const RadioFrame& other) {
    return one.same_number(other) && one.payload_crc == other.payload_crc;
}

/// Once, however many copies come.
void let_wait(RadioSession& session, Kind kind, const RadioFrame& frame) {
    if (std::ranges::any_of(session.waiting,
                            [&](const WaitingFrame& waiting) { return is_same(waiting.frame, frame); })) {
        return;
    }
    if (session.waiting.size() == RadioSession::waiting_max) {
        session.waiting.erase(session.waiting.begin());
    }
    session.waiting.push_back({kind, frame});
}

/// Nothing that waits is explained by another count any more.
void stop_waiting(RadioSession& session) {
    session.odd_f_cnt = RadioSession::none;
    session.odd_time = {};
    session.waiting.clear();
}

/// A frame that has the same number as one before it in the same count would contradict that.
bool has_number(const Ruling& ruling, const RadioFrame& frame) {
    return std::ranges::any_of(ruling.with,
                               [&](const WaitingFrame& waiting) { return waiting.frame.same_number(frame); });
}

/// The count has begun anew, and `frame` is the newest that says so.
Ruling begin_anew(const RadioFrame& frame, RadioSession& session, Instant said) {
    Ruling ruling{.seen = Seen::fresh, .epoch = ++session.epoch, .with = {}};
    session.since = session.last_time;
    session.f_cnt = frame.f_cnt;
    session.last_time = std::max(frame.heard(), said);
    for (const WaitingFrame& waiting : session.waiting) {
        if (waiting.kind == Kind::ahead || !follow(waiting.frame, frame) || has_number(ruling, waiting.frame)) {
            continue;
        }
        ruling.with.push_back(waiting);
        session.f_cnt = std::max(session.f_cnt, waiting.frame.f_cnt);
        session.last_time = std::max(session.last_time, waiting.frame.heard());
    }
    stop_waiting(session);
    return ruling;
}

/// A new frame whose number is not beyond those before it. None: it does not show yet that the count began anew.
Result<std::optional<Ruling>> fall_back(Kind kind, const RadioFrame& frame, RadioSession& session,
                                        const FrameMemory& memory) {
    TRY(Instant said, memory.reset_said());
    said = std::max(said, session.reset_said);
    if (said > session.last_time) {
        return begin_anew(frame, session, said);
    }
    // What repeats an earlier frame says nothing: whoever has recorded a frame can send it again.
    if (kind != Kind::copy) {
        if (session.odd_f_cnt != RadioSession::none && follow(session.odd_f_cnt, session.odd_time, frame)) {
            return begin_anew(frame, session, Instant{});
        }
        if (frame.f_cnt != session.odd_f_cnt) {
            session.odd_f_cnt = frame.f_cnt;
            session.odd_time = frame.heard();
        }
    }
    let_wait(session, kind, frame);
    return std::nullopt;
}

/// A new frame beyond those before it: the count goes on.
Ruling go_on(const RadioFrame& frame, RadioSession& session) {
    Ruling ruling{.seen = Seen::fresh, .epoch = session.epoch, .with = {}};
    for (const WaitingFrame& waiting : session.waiting) {
        // They are like frames of an earlier count, but this one goes on from them with what that never had.
        if (waiting.kind == Kind::ahead && waiting.frame.f_cnt > session.f_cnt && waiting.frame.f_cnt < frame.f_cnt &&
            follow(waiting.frame, frame) && !has_number(ruling, waiting.frame)) {
            ruling.with.push_back(waiting);
        }
    }
    stop_waiting(session);
    session.f_cnt = frame.f_cnt;
    session.last_time = frame.heard();
    return ruling;
}

/// One that an earlier count has, too.
Result<std::optional<RadioFrame>> find_like(const RadioFrame& frame, const RadioSession& session,
                                            const FrameMemory& memory) {
    for (std::int64_t epoch = session.epoch - 1; epoch >= std::max<std::int64_t>(0, session.epoch - epochs_back);
         --epoch) {
        TRY(auto before, find(memory, epoch, frame));
        if (before && before->payload_crc == frame.payload_crc) {
            return before;
        }
    }
    return std::nullopt;
}

/// Its number is remembered in its own count.
Result<Ruling> rule_on_known(const RadioFrame& frame, const RadioFrame& before, bool may_fall_back,
                             RadioSession& session, const FrameMemory& memory) {
    std::optional<RadioFrame> same = before;
    if (before.payload_crc != frame.payload_crc) {
        TRY(same, find_like(frame, session, memory));
    }
    const bool falls_back = may_fall_back && frame.heard() > session.last_time && frame.f_cnt <= session.f_cnt;
    if (falls_back && (!same || apart(frame.time, same->time) > copies_within)) {
        TRY(auto anew, fall_back(same ? Kind::copy : Kind::conflict, frame, session, memory));
        if (anew) {
            return std::move(*anew);
        }
    }
    return Ruling{.seen = same ? Seen::duplicate : Seen::conflict, .epoch = session.epoch, .with = {}};
}

/// Its number is new in this count, and an earlier one has it with the same payload. None: it belongs to this.
Result<std::optional<Ruling>> rule_on_like(const RadioFrame& frame, const RadioFrame& before, RadioSession& session,
                                           const FrameMemory& memory) {
    const Ruling duplicate{.seen = Seen::duplicate, .epoch = session.epoch, .with = {}};
    if (apart(frame.time, before.time) <= copies_within) {
        return duplicate;
    }
    const bool newer = frame.heard() > session.last_time;
    const bool is_next = newer && frame.f_cnt == session.f_cnt + 1;
    const bool was_held_up = !newer && frame.f_cnt < session.f_cnt;
    if (is_next || was_held_up) {
        return std::nullopt;
    }
    if (newer && frame.f_cnt > session.f_cnt) {
        let_wait(session, Kind::ahead, frame);
    } else if (newer) {
        TRY(auto anew, fall_back(Kind::copy, frame, session, memory));
        if (anew) {
            return anew;
        }
    }
    return duplicate;
}

}  // namespace

Result<Ruling> rule_on(const RadioFrame& frame, RadioSession& session, const FrameMemory& memory) {
    session.received = std::max(session.received, frame.received);
    std::erase_if(session.waiting,
                  [&](const WaitingFrame& waiting) { return waiting.frame.received < frame.received - memory.reach; });
    // What was put aside is known too. Copies are known by what they are copies of, and last no longer than that.
    for (const WaitingFrame& waiting : session.waiting) {
        if (waiting.kind == Kind::conflict && is_same(waiting.frame, frame)) {
            const bool itself = waiting.frame.position == frame.position;
            return Ruling{.seen = itself ? Seen::conflict : Seen::duplicate, .epoch = session.epoch, .with = {}};
        }
    }
    // Held up on its way since before the count began anew.
    const bool of_before = session.epoch > 0 && frame.time <= session.since;
    const std::int64_t epoch = of_before ? session.epoch - 1 : session.epoch;
    const Ruling fresh{.seen = Seen::fresh, .epoch = epoch, .with = {}};
    TRY(const auto before, find(memory, epoch, frame));
    if (before) {
        return before->position == frame.position ? fresh : rule_on_known(frame, *before, !of_before, session, memory);
    }
    if (of_before) {
        return fresh;
    }
    TRY(const auto like, find_like(frame, session, memory));
    if (like) {
        TRY(auto ruling, rule_on_like(frame, *like, session, memory));
        if (ruling) {
            return std::move(*ruling);
        }
    }
    if (frame.f_cnt > session.f_cnt && frame.heard() >= session.last_time) {
        return go_on(frame, session);
    }
    if (frame.f_cnt < session.f_cnt && frame.heard() > session.last_time) {
        TRY(auto anew, fall_back(Kind::stored, frame, session, memory));
        if (anew) {
            return std::move(*anew);
        }
    }
    return fresh;
}

std::string to_text(const std::vector<WaitingFrame>& waiting) {
    if (waiting.empty()) {
        return {};
    }
    auto all = nlohmann::json::array();
    for (const auto& [kind, frame] : waiting) {
        all.push_back({static_cast<int>(kind), frame.f_cnt, frame.f_port, frame.payload_crc,
                       frame.time.time_since_epoch().count(), frame.received.time_since_epoch().count(),
                       frame.position.value});
    }
    return all.dump();
}

Result<std::vector<WaitingFrame>> waiting_from_text(std::string_view text) {
    std::vector<WaitingFrame> waiting;
    if (text.empty()) {
        return waiting;
    }
    const auto damaged = [] { return fail(Errc::damaged, "the frames that wait in a radio session cannot be read"); };
    const auto all = nlohmann::json::parse(text, nullptr, false);
    if (!all.is_array() || all.size() > RadioSession::waiting_max) {
        return damaged();
    }
    for (const auto& row : all) {
        constexpr std::size_t columns = 7;
        const bool numbers = row.is_array() && row.size() == columns &&
                             std::ranges::all_of(row, [](const auto& value) { return value.is_number_integer(); });
        const auto kind = numbers ? row[0].get<std::int64_t>() : -1;
        if (kind < 0 || kind > static_cast<std::int64_t>(Kind::ahead)) {
            return damaged();
        }
        const auto number = [&](std::size_t column) { return row[column].get<std::int64_t>(); };
        waiting.push_back({static_cast<Kind>(kind),
                           {.f_cnt = number(1),
                            .f_port = number(2),
                            .payload_crc = number(3),
                            .time = Instant{Duration{number(4)}},
                            .received = Instant{Duration{number(5)}},
                            .position = {static_cast<std::uint64_t>(number(6))}}});
    }
    return waiting;
}

}  // namespace bypuls::ingest::pipeline
