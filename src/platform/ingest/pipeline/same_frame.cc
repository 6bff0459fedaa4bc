#include "platform/ingest/pipeline/same_frame.h"

#include <algorithm>
#include <compare>
#include <cstdlib>
#include <utility>

#include <nlohmann/json.hpp>

namespace bypuls::ingest::pipeline {
namespace {

using namespace std::chrono_literals;
using Kind = WaitingFrame::Kind;

/// Copies of one frame, by other gateways and servers, are stamped within seconds, and one that is delivered again
/// keeps its stamp. Beyond this the same frame again is a recording, or of a count that begins anew.
constexpr Duration copies_within = 10min;
/// Of two frames of one count that follow one another. More may be lost on the way, but not many.
constexpr std::int64_t gap_max = 64;
/// Each is a week or less; more within the week are not looked at.
constexpr std::int64_t epochs_back = 4;
/// Of one number, so that a step of a row looks at no more than gap_max times as many, whatever was sent: as many as
/// are remembered under two ports.
constexpr std::size_t alike_max = 2 * shelves;

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

bool is_copy(const RadioFrame& one, const RadioFrame& other) {
    return apart(one.time, other.time) <= copies_within;
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
    auto& all = session.waiting;
    if (std::ranges::any_of(all, [&](const WaitingFrame& waiting) { return is_same(waiting.frame, frame); })) {
        return;
    }
    if (all.size() == RadioSession::waiting_max) {
        const auto stored = std::ranges::find(all, Kind::stored, &WaitingFrame::kind);
        all.erase(stored == all.end() ? all.begin() : stored);
    }
    all.push_back({kind, frame});
}

/// What was heard up to then is no evidence of another count any more.
void stop_waiting(RadioSession& session, Instant heard) {
    if (session.odd_time <= heard) {
        session.odd_f_cnt = RadioSession::none;
        session.odd_time = {};
    }
    std::erase_if(session.waiting, [heard](const WaitingFrame& waiting) { return waiting.frame.heard() <= heard; });
}

/// All that was put aside since the count last went on, whatever for.
Result<std::vector<WaitingFrame>> put_aside(const RadioSession& session, const FrameMemory& memory) {
    std::vector<WaitingFrame> all = session.waiting;
    TRY(const auto repeated, memory.repeated(session.epoch, session.last_time));
    for (const RadioFrame& frame : repeated) {
        if (frame.heard() > session.last_time) {
            all.push_back({Kind::copy, frame});
        }
    }
    return all;
}

/// Those of `all`, on one side of `frame`, that may stand in a row to it: nearest first, and of one number no more than
/// `alike_max`, the last of them the first in `all`.
std::vector<WaitingFrame> side_of(const RadioFrame& frame, std::vector<WaitingFrame> all, bool from_below) {
    const auto is_before = [&](auto one, auto other) { return from_below ? one < other : one > other; };
    std::erase_if(all, [&](const WaitingFrame& other) {
        return !is_before(other.frame.f_cnt, frame.f_cnt) || !is_before(other.frame.heard(), frame.heard());
    });
    std::ranges::reverse(all);
    std::ranges::stable_sort(all, [&](const WaitingFrame& one, const WaitingFrame& other) {
        return is_before(one.frame.f_cnt, other.frame.f_cnt);
    });
    std::vector<WaitingFrame> side;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (i + alike_max >= all.size() || all[i + alike_max].frame.f_cnt != all[i].frame.f_cnt) {
            side.push_back(all[i]);
        }
    }
    return side;
}

/// Those of `all`, on one side of `frame`, that come to it one after the other: nearest first. Recordings may lie
/// between the frames of a count, and some may even stand in a row. So of all rows it is the one with most frames that
/// are no copies, of those the one with most frames, and of those the one with fewest numbers that lack. Of two with
/// one number it is the first in `all`.
std::vector<WaitingFrame> row_to(const RadioFrame& frame, std::vector<WaitingFrame> all, bool from_below) {
    // Each weighs more than all that may lack of the next: up to gap_max for each of some 12 000 frames.
    constexpr std::int64_t copy = 1LL << 22;
    constexpr std::int64_t no_copy = 1LL << 44;
    const auto side = side_of(frame, std::move(all), from_below);
    struct Step {
        std::int64_t weight = 0;
        std::size_t from = 0;  // 0: the row begins here; else one more than where it comes from
    };
    std::vector<Step> steps;
    const auto step_to = [&](const RadioFrame& next) {
        Step best;
        for (std::size_t i = steps.size(); i-- > 0 && std::abs(next.f_cnt - side[i].frame.f_cnt) <= gap_max;) {
            const std::int64_t lacking = std::abs(next.f_cnt - side[i].frame.f_cnt) - 1;
            const std::int64_t weight = steps[i].weight - lacking;
            if ((best.from == 0 || weight > best.weight) && follow(side[i].frame, next)) {
                best = {weight, i + 1};
            }
        }
        return best;
    };
    for (const WaitingFrame& next : side) {
        Step step = step_to(next.frame);
        step.weight += next.kind == Kind::copy ? copy : no_copy;
        steps.push_back(step);
    }
    std::vector<WaitingFrame> row;
    for (std::size_t at = step_to(frame).from; at != 0; at = steps[at - 1].from) {
        row.push_back(side[at - 1]);
    }
    return row;
}

/// Those that lead up to `frame` one after the other, and those that go on from it.
std::vector<WaitingFrame> chain_of(const std::vector<WaitingFrame>& all, const RadioFrame& frame) {
    auto chain = row_to(frame, all, true);
    const auto onward = row_to(frame, all, false);
    chain.insert(chain.end(), onward.begin(), onward.end());
    return chain;
}

/// The count has begun anew, and `frame` is the newest that says so, with those that it is in a chain with.
Ruling begin_anew(const RadioFrame& frame, RadioSession& session, Instant said, std::vector<WaitingFrame> chain) {
    Ruling ruling{.seen = Seen::fresh, .epoch = ++session.epoch, .with = std::move(chain)};
    session.since = session.last_time;
    session.f_cnt = frame.f_cnt;
    session.last_time = std::max(frame.heard(), said);
    for (const WaitingFrame& waiting : ruling.with) {
        session.f_cnt = std::max(session.f_cnt, waiting.frame.f_cnt);
        session.last_time = std::max(session.last_time, waiting.frame.heard());
    }
    stop_waiting(session, Instant::max());
    return ruling;
}

/// A new frame whose number is not beyond those before it. None: it does not show yet that the count began anew.
Result<std::optional<Ruling>> fall_back(Kind kind, const RadioFrame& frame, RadioSession& session,
                                        const FrameMemory& memory) {
    // Nobody can send a recorded join again, and before one there is nothing of the session.
    if (session.reset_said > session.last_time) {
        return begin_anew(frame, session, session.reset_said, {});
    }
    // What repeats an earlier frame says nothing: whoever has recorded a frame can send it again, and the network
    // server says of such a one, too, that the count begins anew.
    if (kind == Kind::copy) {
        return std::nullopt;
    }
    TRY(const Instant said, memory.reset_said());
    const bool has_odd = session.odd_f_cnt != RadioSession::none;
    if (said > session.last_time || has_odd) {
        TRY(auto all, put_aside(session, memory));
        auto chain = chain_of(all, frame);
        const auto is_odd = [&](const WaitingFrame& waiting) {
            return waiting.kind != Kind::copy && waiting.frame.f_cnt == session.odd_f_cnt;
        };
        const bool borne_out =
            has_odd && (follow(session.odd_f_cnt, session.odd_time, frame) || std::ranges::any_of(chain, is_odd));
        if (said > session.last_time || borne_out) {
            return begin_anew(frame, session, said > session.last_time ? said : Instant{}, std::move(chain));
        }
    }
    if (frame.f_cnt != session.odd_f_cnt) {
        session.odd_f_cnt = frame.f_cnt;
        session.odd_time = frame.heard();
    }
    let_wait(session, kind, frame);
    return std::nullopt;
}

/// A new frame beyond those before it: the count goes on.
Result<Ruling> go_on(const RadioFrame& frame, RadioSession& session, const FrameMemory& memory) {
    Ruling ruling{.seen = Seen::fresh, .epoch = session.epoch, .with = {}};
    if (session.epoch > 0 && frame.f_cnt > session.f_cnt + 1) {
        // They are like frames of an earlier count, but this one goes on from them with what that never had.
        TRY(auto all, put_aside(session, memory));
        std::erase_if(all, [&](const WaitingFrame& waiting) {
            return waiting.kind != Kind::copy || waiting.frame.f_cnt <= session.f_cnt ||
                   waiting.frame.f_cnt >= frame.f_cnt;
        });
        ruling.with = chain_of(all, frame);
    }
    // One that was held up explains nothing that was heard after it.
    stop_waiting(session, frame.heard());
    session.f_cnt = frame.f_cnt;
    session.last_time = frame.heard();
    return ruling;
}

/// One that an earlier count has, too, or that was put aside: what is sent again may be a recording of that.
/// `is_known`: its number is remembered in its own count.
Result<std::optional<RadioFrame>> find_like(const RadioFrame& frame, bool is_known, const RadioSession& session,
                                            const FrameMemory& memory) {
    for (std::int64_t epoch = session.epoch - 1; epoch >= std::max<std::int64_t>(0, session.epoch - epochs_back);
         --epoch) {
        TRY(auto before, find(memory, epoch, frame));
        if (before && before->payload_crc == frame.payload_crc) {
            return before;
        }
    }
    const bool goes_on = frame.f_cnt > session.f_cnt;
    if (!is_known && goes_on && (session.epoch == 0 || frame.f_cnt == session.f_cnt + 1)) {
        return std::nullopt;  // nothing with such a number was put aside; or it would not matter
    }
    for (std::int64_t epoch = session.epoch; epoch >= std::max<std::int64_t>(0, session.epoch - epochs_back); --epoch) {
        for (std::int64_t shelf = 0; shelf <= shelf_of_conflicts; ++shelf) {
            TRY(auto aside, find(memory, repeated_of(epoch, shelf), frame));
            const bool is_itself = aside && shelf == shelf_of_conflicts && aside->position == frame.position;
            if (aside && aside->payload_crc == frame.payload_crc && !is_itself) {
                return aside;
            }
        }
    }
    return std::nullopt;
}

/// What a shelf has for the number of a frame, from what may best make room for it.
enum class Use : std::uint8_t {
    itself,
    like_it,  ///< of no new count any more, since the count has gone on
    none,
    done,  ///< likewise, with another payload: a recording of it will not be known
    waits,
};
struct Shelf {
    Use use = Use::waits;
    std::int64_t at = shelves - 1;
    friend auto operator<=>(const Shelf&, const Shelf&) = default;
};

Use use_of(const std::optional<RadioFrame>& aside, const RadioFrame& frame, const RadioSession& session) {
    if (!aside) {
        return Use::none;
    }
    if (aside->position == frame.position) {
        return Use::itself;
    }
    const bool waits = aside->heard() > session.last_time;
    return waits ? Use::waits : is_same(*aside, frame) ? Use::like_it : Use::done;
}

/// It is like one that came before, and not taken for a new one.
Result<Ruling> rule_on_copy(const RadioFrame& frame, const RadioFrame& before, const RadioSession& session,
                            const FrameMemory& memory) {
    Ruling ruling{.seen = Seen::duplicate, .epoch = session.epoch, .with = {}};
    if (before.position != frame.position && is_copy(frame, before)) {
        return ruling;
    }
    // It may be a mere copy of one that was put aside.
    Shelf shelf;
    for (const std::int64_t epoch : {session.epoch, session.epoch - 1}) {
        for (std::int64_t at = 0; at < shelves; ++at) {
            TRY(const auto aside, epoch < 0 ? std::nullopt : find(memory, repeated_of(epoch, at), frame));
            if (aside && aside->position != frame.position && is_same(*aside, frame) && is_copy(frame, *aside)) {
                return ruling;
            }
            if (epoch == session.epoch) {
                const Use use = use_of(aside, frame, session);
                shelf = use == Use::waits ? shelf : std::min(shelf, {use, at});
            }
        }
    }
    ruling.seen = Seen::repeated;
    ruling.epoch = repeated_of(session.epoch, shelf.at);
    return ruling;
}

/// Its number is remembered in its own count.
Result<Ruling> rule_on_known(const RadioFrame& frame, const RadioFrame& before, bool may_fall_back,
                             RadioSession& session, const FrameMemory& memory) {
    std::optional<RadioFrame> same = before;
    if (before.payload_crc != frame.payload_crc) {
        TRY(same, find_like(frame, true, session, memory));
    }
    const bool falls_back = may_fall_back && frame.heard() > session.last_time && frame.f_cnt <= session.f_cnt;
    if (falls_back && (!same || !is_copy(frame, *same))) {
        TRY(auto anew, fall_back(same ? Kind::copy : Kind::conflict, frame, session, memory));
        if (anew) {
            return std::move(*anew);
        }
    }
    return same ? rule_on_copy(frame, *same, session, memory)
                : Ruling{.seen = Seen::conflict, .epoch = session.epoch, .with = {}};
}

/// Its number is new in this count, and an earlier one has it with the same payload. None: it belongs to this.
Result<std::optional<Ruling>> rule_on_like(const RadioFrame& frame, const RadioFrame& before, RadioSession& session,
                                           const FrameMemory& memory) {
    const bool newer = frame.heard() > session.last_time;
    const bool is_next = newer && frame.f_cnt == session.f_cnt + 1;
    const bool was_held_up = !newer && frame.f_cnt < session.f_cnt;
    if (!is_copy(frame, before)) {
        if (is_next || was_held_up) {
            return std::nullopt;
        }
        if (newer && frame.f_cnt <= session.f_cnt) {
            TRY(auto anew, fall_back(Kind::copy, frame, session, memory));
            if (anew) {
                return anew;
            }
        }
    }
    TRY(auto copy, rule_on_copy(frame, before, session, memory));
    return copy;
}

/// Is it what was put aside as a conflict? Copies are known by what they are copies of, and last no longer than that.
Result<std::optional<Ruling>> rule_on_put_aside(const RadioFrame& frame, const RadioSession& session,
                                                const FrameMemory& memory) {
    for (const auto& [kind, waiting] : session.waiting) {
        if (kind != Kind::conflict || !is_same(waiting, frame)) {
            continue;
        }
        if (waiting.position == frame.position) {
            return Ruling{.seen = Seen::conflict, .epoch = session.epoch, .with = {}};
        }
        TRY(auto copy, rule_on_copy(frame, waiting, session, memory));
        return copy;
    }
    return std::nullopt;
}

}  // namespace

Result<Ruling> rule_on(const RadioFrame& frame, RadioSession& session, const FrameMemory& memory) {
    session.received = std::max(session.received, frame.received);
    std::erase_if(session.waiting,
                  [&](const WaitingFrame& waiting) { return waiting.frame.received < frame.received - memory.reach; });
    TRY(auto aside, rule_on_put_aside(frame, session, memory));
    if (aside) {
        return std::move(*aside);
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
    TRY(const auto like, find_like(frame, false, session, memory));
    if (like) {
        TRY(auto ruling, rule_on_like(frame, *like, session, memory));
        if (ruling) {
            return std::move(*ruling);
        }
    }
    if (frame.f_cnt > session.f_cnt && frame.heard() >= session.last_time) {
        return go_on(frame, session, memory);
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
    constexpr std::int64_t kinds_ever = 3;  // 2 and 3 were copies, when they waited here
    const auto all = nlohmann::json::parse(text, nullptr, false);
    if (!all.is_array() || all.size() > RadioSession::waiting_max) {
        return damaged();
    }
    for (const auto& row : all) {
        constexpr std::size_t columns = 7;
        const bool numbers = row.is_array() && row.size() == columns &&
                             std::ranges::all_of(row, [](const auto& value) { return value.is_number_integer(); });
        const auto kind = numbers ? row[0].get<std::int64_t>() : -1;
        if (kind < 0 || kind > kinds_ever) {
            return damaged();
        }
        if (kind > static_cast<std::int64_t>(Kind::conflict)) {
            continue;
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
