#include "tests/simulation/truth.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/time/iso8601.h"

namespace bypuls::simulation {
namespace {

using namespace std::chrono_literals;

/// Frames are remembered for seven days, and nobody here sends one again as late as that.
constexpr Duration remembered = 6 * 24h;
/// Of the counts before the one that a device is in, so many are remembered.
constexpr std::size_t counts_back = 4;
/// Of one number that waits, so many.
constexpr std::ptrdiff_t aside_of_one_number = 4;

std::string text_of(const Heard& frame) {
    return fmt::format("{} {} of count {}, saying {}, stamped {}", frame.recording ? "the recording of" : "frame",
                       frame.f_cnt, frame.count, frame.value, format_instant(frame.time));
}

/// They cannot both be of one count.
bool contradict(const Heard& one, const Heard& other) {
    return one.f_cnt == other.f_cnt || (one.f_cnt < other.f_cnt) != (one.time < other.time);
}

}  // namespace

void Truth::heard(Heard frame) {
    const bool next = frame.recording && is_next(frame);
    all_.push_back({.frame = frame, .was_next = next, .is_stored = frame.stored_at_once});
}

std::size_t Truth::count_at(Instant time) const {
    return static_cast<std::size_t>(std::ranges::upper_bound(begins_, time) - begins_.begin());
}

/// Is it just the next, of the count that the device is in or, while that has not been borne out, of those since the
/// one that has? Where recordings were taken in, its own frames may go on beside them or have begun anew.
bool Truth::is_next(const Heard& recording) const {
    const std::size_t now = count_at(recording.time);
    for (std::size_t count = standing().count; count <= now; ++count) {
        std::int64_t newest = -1;
        std::int64_t own = -1;
        std::int64_t since = -1;  // of its own, and the recordings after them
        for (const Entry& entry : all_) {
            const std::size_t of = entry.frame.recording ? count_at(entry.frame.time) : entry.frame.count;
            if (of < count || !entry.is_stored) {
                continue;
            }
            const std::int64_t number = entry.frame.f_cnt;
            newest = std::max(newest, number);
            own = entry.frame.recording ? own : std::max(own, number);
            since = entry.frame.recording ? std::max(since, number) : own;
        }
        if (recording.count < count && (recording.f_cnt == newest + 1 || recording.f_cnt == since + 1)) {
            return true;
        }
    }
    return false;
}

/// Does it stand, by number and time, where a frame of its count or a later one would that was lost on the air, or
/// waits? Held against what has been taken in of that count; since recordings were taken in as the next, of what came
/// after them.
bool Truth::fits(const Entry& recording) const {
    const Heard& it = recording.frame;
    Instant begins = Instant::min();
    for (const Entry& entry : all_) {
        if (entry.frame.recording && entry.was_next && entry.is_stored && entry.frame.time < it.time) {
            begins = std::max(begins, entry.frame.time);
        }
    }
    for (std::size_t count = it.count; count <= begins_.size(); ++count) {
        bool has_begun = false;
        const bool contradicted = std::ranges::any_of(all_, [&](const Entry& entry) {
            const Heard& other = entry.frame;
            if (other.recording || other.count > count || !entry.is_stored || other.time <= begins) {
                return false;
            }
            if (other.count < count) {
                return other.time > it.time;  // the count before went on
            }
            has_begun = true;
            return contradict(other, it);
        });
        if (has_begun && !contradicted) {
            return true;
        }
    }
    return false;
}

/// Is it of more counts ago than are remembered? A restart begins one at most, and so do recordings that were taken in,
/// since the device's own frames then bear out that it begins anew.
bool Truth::is_forgotten(const Heard& recording) const {
    const Instant since = recording.count == 0 ? Instant::min() : begins_[recording.count - 1];
    std::size_t counts = count_at(recording.time) - recording.count;
    bool goes_on = false;  // a run of them
    for (const Entry& entry : all_) {
        const bool taken_in = entry.frame.recording && entry.is_stored && entry.frame.time < recording.time;
        counts += taken_in && !goes_on && entry.frame.time > since ? 1 : 0;
        goes_on = entry.frame.recording && (taken_in || goes_on);
    }
    return counts > counts_back;
}

/// Did what it was recorded from stand aside with more of its number than are remembered?
bool Truth::is_one_of_many(const Heard& recording) const {
    const auto stood_aside = [&](const Entry& entry) {
        return entry.frame.f_cnt == recording.f_cnt && !entry.frame.stored_at_once;
    };
    const bool original = std::ranges::any_of(all_, [&](const Entry& entry) {
        return stood_aside(entry) && !entry.frame.recording && entry.frame.count == recording.count;
    });
    const auto many = std::ranges::count_if(all_, [&](const Entry& entry) {
        return stood_aside(entry) && entry.frame.at < recording.at && recording.at - entry.frame.at < 7 * 24h;
    });
    return original && many > aside_of_one_number;
}

/// The limits that decision 20 accepts.
bool Truth::may_be_recording(const Entry& entry) const {
    return entry.was_next || fits(entry) || is_forgotten(entry.frame) || is_one_of_many(entry.frame);
}

/// Has no earlier count said the same under that number?
bool Truth::is_telling(const Heard& frame) const {
    return std::ranges::none_of(all_, [&](const Entry& entry) {
        return entry.frame.count < frame.count && entry.frame.f_cnt == frame.f_cnt && entry.frame.value == frame.value;
    });
}

/// Why a letter about it is wrong; empty when it is right.
std::string Truth::reason_fault(const Entry& entry, const std::string& reason) const {
    const Heard& frame = entry.frame;
    if (punctual_ && !frame.recording && frame.count == 0) {
        return "before the device was ever restarted";
    }
    const auto with = [&](bool same) {
        return std::ranges::any_of(all_, [&](const Entry& other) {
            return other.frame.time != frame.time && other.frame.f_cnt == frame.f_cnt &&
                   (other.frame.value == frame.value) == same;
        });
    };
    if (reason == "frame_repeated") {
        return with(true) ? "" : "though nothing like it was ever sent";
    }
    if (reason == "frame_conflict") {
        return with(false) ? "" : "though no other payload was ever sent under its number";
    }
    return "which it is no case of";
}

/// By recordings that were taken for its frames, so that those may be taken for conflicts.
bool Truth::is_disturbed(std::size_t count) const {
    return std::ranges::any_of(all_, [&](const Entry& entry) {
        return entry.frame.recording && entry.is_stored && count_at(entry.frame.time) == count;
    });
}

const Heard* Truth::last_telling(std::size_t count) const {
    const Heard* last = nullptr;
    for (const Entry& entry : all_) {
        if (!entry.frame.recording && entry.frame.count == count && (count == 0 || is_telling(entry.frame))) {
            last = &entry.frame;
        }
    }
    return last;
}

/// The highest number that it has come to. Frames at its end that say nothing new may wait, if one was lost before
/// them, and nothing shows then that it went on.
std::int64_t Truth::top_of(std::size_t count) const {
    const Heard* const last = last_telling(count);
    std::int64_t top = last == nullptr ? -1 : std::int64_t{last->f_cnt};
    for (const Entry& entry : all_) {
        if (!entry.frame.recording && entry.frame.count == count && entry.is_stored) {
            top = std::max<std::int64_t>(top, entry.frame.f_cnt);
        }
    }
    return top;
}

/// Have two frames of it come that say something new, not beyond the count that stood?
bool Truth::stands_after(const Standing& before, std::size_t count) const {
    int telling = 0;
    for (const Entry& entry : all_) {
        const Heard& frame = entry.frame;
        if (!frame.recording && frame.count == count && is_telling(frame)) {
            if (frame.f_cnt > before.top) {
                return telling >= 2;
            }
            ++telling;
        }
    }
    return telling >= 2;
}

Truth::Standing Truth::standing() const {
    Standing stands{.count = 0, .top = top_of(0)};
    for (std::size_t count = 1; count <= begins_.size(); ++count) {
        if (stands_after(stands, count)) {
            stands = {.count = count, .top = top_of(count)};
        }
    }
    return stands;
}

/// Is there one in its row already, and not both can be: a recording that fits, or one of a count that was not borne
/// out before the device was restarted once more? Then decision 20 accepts that it waits.
bool Truth::is_crowded_out(const Heard& frame, std::size_t stood) const {
    return std::ranges::any_of(all_, [&](const Entry& entry) {
        const Heard& other = entry.frame;
        if (!entry.is_stored) {
            return false;
        }
        return other.recording ? contradict(other, frame) && count_at(other.time) >= stood
                               : other.count > stood && other.count < frame.count && other.f_cnt >= frame.f_cnt;
    });
}

/// All of a count that is borne out, after that which stood, up to its last frame that says something new.
void Truth::must_be_stored(std::size_t count, std::size_t stood, Instant now, std::vector<std::string>& faults) {
    const Heard* const last = last_telling(count);
    for (const Entry& entry : all_) {
        const Heard& frame = entry.frame;
        if (frame.recording || frame.count != count || last == nullptr || frame.f_cnt > last->f_cnt ||
            last->at - frame.at > remembered || now - frame.at > remembered) {
            continue;
        }
        borne_out_ += 1;
        if (!entry.is_stored && !is_crowded_out(frame, stood)) {
            faults.push_back(text_of(frame) + " waits, though its count has been borne out by " + text_of(*last));
        }
    }
}

std::string Truth::story(Instant now) const {
    std::string story;
    for (const Entry& entry : all_) {
        if (entry.frame.at > now - 8 * 24h) {
            story += fmt::format(
                "\n  {}: {}{}", entry.is_stored ? "stored" : "waits ", text_of(entry.frame),
                entry.frame.at - entry.frame.time < 1min ? "" : ", delivered " + format_instant(entry.frame.at));
        }
    }
    return story;
}

std::size_t Truth::stored() const {
    return static_cast<std::size_t>(std::ranges::count(all_, true, &Entry::is_stored));
}

std::vector<std::string> Truth::faults(const Kept& kept, Instant now) {
    std::vector<std::string> faults;
    taken_in_ = borne_out_ = 0;
    for (Entry& entry : all_) {
        const Heard& frame = entry.frame;
        const auto reading = kept.readings.find(frame.time);
        const auto letter = kept.letters.find(frame.time);
        entry.is_stored = reading != kept.readings.end();
        if (entry.is_stored && reading->second != frame.value) {
            faults.push_back(fmt::format("{} is stored as {}", text_of(frame), reading->second));
        }
        if (entry.is_stored && letter != kept.letters.end()) {
            faults.push_back(fmt::format("{} is stored and waits, {}", text_of(frame), letter->second));
        }
        if (!entry.is_stored && letter == kept.letters.end()) {
            faults.push_back(text_of(frame) + " is gone");
        }
        if (!entry.is_stored && letter != kept.letters.end()) {
            const std::string wrong = reason_fault(entry, letter->second);
            if (!wrong.empty()) {
                faults.push_back(fmt::format("{} waits as {}, {}", text_of(frame), letter->second, wrong));
            }
        }
    }
    for (Entry& entry : all_) {
        if (entry.frame.recording && entry.is_stored) {
            taken_in_ += 1;
            entry.is_accepted = entry.is_accepted || may_be_recording(entry);  // as things stood when it was taken in
            if (!entry.is_accepted) {
                faults.push_back(text_of(entry.frame) + " is stored as a reading");
            }
        }
    }
    if (!punctual_) {
        return faults;
    }
    Standing stands{.count = 0, .top = top_of(0)};
    must_be_stored(0, 0, now, faults);
    for (std::size_t count = 1; count <= begins_.size(); ++count) {
        if (stands_after(stands, count)) {
            if (!is_disturbed(count)) {
                must_be_stored(count, stands.count, now, faults);
            }
            stands = {.count = count, .top = top_of(count)};
        }
    }
    return faults;
}

}  // namespace bypuls::simulation
