#include "platform/publish/sensorthings/write/stamps.h"

#include <algorithm>

namespace bypuls::sensorthings {
namespace {

constexpr std::size_t given_max = 10'000;
constexpr std::chrono::milliseconds tick{1};

}  // namespace

Result<Instant> Stamps::next(observations::DatastreamId datastream, Instant now) {
    const Instant present = std::chrono::floor<std::chrono::milliseconds>(now);
    const std::lock_guard lock(mutex_);
    if (given_.size() >= given_max) {
        std::erase_if(given_, [&](const auto& one) { return one.second < present; });
    }
    Instant stamp = present;
    // A clock that was set back makes what was given before it lie far ahead, and no longer in the way.
    const auto last = given_.find(datastream);
    if (last != given_.end() && last->second >= stamp && last->second - stamp <= ahead_max) {
        stamp = last->second + tick;
    }
    // One that came with a time of its own, or before the program started anew.
    const auto newest = store_.latest(datastream);
    while (newest && newest->time >= stamp && stamp - present <= ahead_max &&
           store_.count(datastream, Interval{stamp, stamp + tick}).value_or(0) > 0) {
        stamp += tick;
    }
    if (stamp - present > ahead_max) {
        return fail(Errc::exhausted,
                    "observations without a time come faster than one a millisecond; send 'phenomenonTime'");
    }
    given_.insert_or_assign(datastream, stamp);
    return stamp;
}

}  // namespace bypuls::sensorthings
