#pragma once

#include <functional>
#include <optional>

#include "city/participation/explanation/distance.h"

namespace bypuls::participation::explanation {

/// What a change of some size leads to.
struct Trial {
    bool enough = false;
    /// No smaller change is enough either: the rule left no trace of it. Only with what can be proved so.
    bool none_below = false;
    /// Where not enough: how much might be, judging by how this count went; 0 or null: no idea.
    std::function<std::int64_t()> next = nullptr;
};
using Attempt = std::function<Result<Trial>(std::int64_t)>;

struct SearchOptions {
    std::int64_t most = 0;           ///< amounts from 1 to this are tried
    std::int64_t full_scan_max = 0;  ///< so many unproved smaller amounts are all tried
    bool monotone = false;           ///< more of the change never hurts
    std::int64_t hint = 1;           ///< where to begin
    std::int64_t leap = 0;           ///< by how much the hint is likely to be off; 0: by a sixteenth
    bool all_there_is = true;        ///< there is no amount beyond `most`, so that none is enough if none of these is
    std::int64_t coarse = 1;         ///< where too many smaller amounts are unproved, the multiples of this are tried
    /// What every trial counts down; null: nothing. As many smaller amounts as it will do for are all tried. A trial
    /// that ends with Errc::exhausted ends the search with what is known by then.
    const std::int64_t* work_left = nullptr;
    std::int64_t spread = 3;  ///< of unproved smaller amounts too many to try, how many are, evenly spread; 0: none
    /// Few smaller amounts are worth more work than a search has: where those that are unproved are no more than `most`
    /// and, judged by the trials that failed, will do with `work`, `begin` is called, which puts so much at disposal,
    /// and all are tried.
    struct WholeScan {
        std::int64_t most = 0;
        std::int64_t work = 0;
        std::function<void()> begin = nullptr;
    };
    WholeScan whole_scan = {};
};

/// The smallest amount that is enough, or an amount of which it is not known to be the smallest; or up to which amount
/// none is enough; nothing if there is none for certain. Goes from guess to guess, else leaps away from the hint, until
/// the answer is enclosed, and closes the gap by guesses and by halves. Since more need not be better, what lies below
/// is then tried too, unless a trial has proved that it fails: all of it if that is little, else the nearest and an
/// even spread. Errors are those of the trials, Errc::exhausted excepted.
Result<std::optional<Change>> search_smallest(const Attempt& attempt, const SearchOptions& options);

}  // namespace bypuls::participation::explanation
