#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/clock.h"

/// What a radio device really sent, and what somebody recorded of it and sent again. Judges what became of the frames
/// by what docs/decisions/0020-frames-that-come-again.md promises; knows nothing of how the ledger tells them apart.
namespace bypuls::simulation {

/// A frame as it was delivered for the first time. Copies of it are not told.
struct Heard {
    std::uint32_t f_cnt = 0;
    std::uint32_t value = 0;
    Instant time{};  ///< its stamp, by which it is known: no two have the same
    Instant at{};    ///< when it was delivered
    std::size_t count =
        0;  ///< how many times the device had been restarted when it sent this; of a recording, the original
    bool recording = false;  ///< sent again by somebody else
    bool stored_at_once = false;
};

/// How the program has it, by stamps.
struct Kept {
    std::map<Instant, std::uint32_t> readings;
    std::map<Instant, std::string> letters;  ///< reasons of dead letters that wait
};

/// One session of one device.
class Truth {
public:
    /// `punctual`: frames of the device come in the order in which they were sent.
    explicit Truth(bool punctual) : punctual_(punctual) {}

    /// The device counts from 0 again, in the session that it had.
    void restarted(Instant at) { begins_.push_back(at); }
    void heard(Heard frame);

    /// Sentences that say what is not as it must be. Looks at what is this session's alone.
    std::vector<std::string> faults(const Kept& kept, Instant now);

    /// All that came since a while before `now`, as it came, and where it is: a line each.
    std::string story(Instant now) const;

    /// Frames of which it could be shown that they had to be stored.
    std::size_t borne_out() const { return borne_out_; }
    /// Recordings that stand among the readings, within what decision 20 accepts.
    std::size_t taken_in() const { return taken_in_; }
    /// Frames and recordings that are readings.
    std::size_t stored() const;

private:
    struct Entry {
        Heard frame;
        bool was_next = false;  ///< a recording that was just the next of the new count when it came
        bool is_stored = false;
        bool is_accepted = false;
    };
    /// The count whose frames the program must take for those of the device by now.
    struct Standing {
        std::size_t count = 0;
        std::int64_t top = -1;  ///< the highest number that it has come to
    };

    std::size_t count_at(Instant time) const;
    bool is_next(const Heard& recording) const;
    bool fits(const Entry& recording) const;
    bool is_forgotten(const Heard& recording) const;
    bool is_one_of_many(const Heard& recording) const;
    bool may_be_recording(const Entry& entry) const;
    bool is_telling(const Heard& frame) const;
    std::string reason_fault(const Entry& entry, const std::string& reason) const;
    bool is_disturbed(std::size_t count) const;
    const Heard* last_telling(std::size_t count) const;
    std::int64_t top_of(std::size_t count) const;
    bool stands_after(const Standing& before, std::size_t count) const;
    Standing standing() const;
    bool is_crowded_out(const Heard& frame, std::size_t stood) const;
    void must_be_stored(std::size_t count, std::size_t stood, Instant now, std::vector<std::string>& faults);

    bool punctual_;
    std::vector<Instant> begins_;
    std::vector<Entry> all_;  // as they were delivered
    std::size_t borne_out_ = 0;
    std::size_t taken_in_ = 0;
};

}  // namespace bypuls::simulation
