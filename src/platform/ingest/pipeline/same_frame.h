#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/journal/journal.h"

/// When is a radio frame the same frame as one that came before? docs/concepts/data-path.md tells the rule, and
/// docs/decisions/0020-frames-that-come-again.md why it is so. Pure: what is remembered is handed in.
namespace bypuls::ingest::pipeline {

enum class Seen : std::uint8_t {
    fresh,
    duplicate,
    conflict,  ///< the same number came before with another payload
    repeated,  ///< the same number and payload came before, and this is stamped too long after to be a mere copy
};

/// A stamp from before this is that of a clock nobody has set, which counts from 1970 or from GPS time's 1980.
constexpr Instant clocks_are_set{std::chrono::sys_days{std::chrono::year{2000} / 1 / 1}};

/// A frame of one radio session.
struct RadioFrame {
    std::int64_t f_cnt = 0;
    std::int64_t f_port = 0;
    std::int64_t payload_crc = 0;
    Instant time{};  ///< its stamp
    Instant received{};
    journal::Position position{};

    /// A stamp that lies ahead is no time at which anything was heard.
    Instant heard() const { return std::min(time, received); }
    /// The same counter and port: within a count there is one such frame.
    bool same_number(const RadioFrame& other) const { return f_cnt == other.f_cnt && f_port == other.f_port; }
    friend bool operator==(const RadioFrame&, const RadioFrame&) = default;
};

/// A frame that may turn out to be of a count that has begun anew.
struct WaitingFrame {
    enum class Kind : std::uint8_t {
        stored,    ///< its number was not remembered, so it was taken
        conflict,  ///< its number was remembered with another payload
        copy,      ///< its number was remembered with the same payload; these wait among the repeated frames
    };
    Kind kind = Kind::stored;
    RadioFrame frame;
    friend bool operator==(const WaitingFrame&, const WaitingFrame&) = default;
};

/// Where a device's counter stands within one radio session.
struct RadioSession {
    static constexpr std::int64_t none = -1;

    std::int64_t epoch = 0;              ///< how many times the count has begun anew
    std::int64_t f_cnt = none;           ///< of the newest frame that went on from those before
    Instant last_time = Instant::min();  ///< when that was heard
    Instant since{};                     ///< what is stamped up to then is of the epoch before
    Instant reset_said{};                ///< when the network server last said that the count begins anew
    Instant received{};                  ///< the newest message of the session
    /// The newest frame that no count so far explains.
    std::int64_t odd_f_cnt = none;
    Instant odd_time{};
    /// None of them a copy. At most waiting_max, oldest first; what has been stored makes room first.
    std::vector<WaitingFrame> waiting;

    static constexpr std::size_t waiting_max = 64;
    friend bool operator==(const RadioSession&, const RadioSession&) = default;
};

/// Repeated frames are remembered beside those of an epoch, as if they were of epochs of their own: so many of one
/// number, since a recording that comes after the true frame, or before it, must not take its place.
constexpr std::int64_t shelves = 4;
/// Beside those: the newest conflict of a number, so that a recording of it says nothing new.
constexpr std::int64_t shelf_of_conflicts = shelves;
constexpr std::int64_t repeated_of(std::int64_t epoch, std::int64_t shelf = 0) {
    return -1 - epoch - (shelf << 40);
}

/// What is remembered of a session's frames.
struct FrameMemory {
    Duration reach{};  ///< what was received longer ago is forgotten
    /// The frame with the number of the one that is ruled on, in that epoch.
    std::function<Result<std::optional<RadioFrame>>(std::int64_t epoch)> find;
    /// The newest of those that were ruled to be Seen::repeated in that epoch and came after this.
    std::function<Result<std::vector<RadioFrame>>(std::int64_t epoch, Instant received)> repeated;
    /// When the network server last said of the device, whatever the session, that the count begins anew.
    std::function<Result<Instant>()> reset_said;
};

struct Ruling {
    Seen seen = Seen::fresh;
    std::int64_t epoch = 0;          ///< under which the frame is to be remembered, unless it is a duplicate
    std::vector<WaitingFrame> with;  ///< belong to that epoch too, as is clear now
};

/// What to make of a frame. Moves the session on. Ruling on the same message again (same position) says the same.
/// Errors are those of the memory, and leave the session as good as it was.
Result<Ruling> rule_on(const RadioFrame& frame, RadioSession& session, const FrameMemory& memory);

/// The waiting frames as text, for one column.
std::string to_text(const std::vector<WaitingFrame>& waiting);
/// Errc::damaged for what to_text() does not write.
Result<std::vector<WaitingFrame>> waiting_from_text(std::string_view text);

}  // namespace bypuls::ingest::pipeline
