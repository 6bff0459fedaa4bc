#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/clock.h"

namespace bypuls::identity {

/// A token bucket for each name: `burst` attempts at once, then one for every `refill`. Thread-safe, bounded.
///
/// The name is an account and an address together, so nobody can lock another out by guessing at their account.
class Throttle {
public:
    Throttle(const Clock& clock, std::size_t burst, std::chrono::milliseconds refill, std::size_t names_max = 10'000);

    /// Zero when the attempt may go on (and one token is taken), otherwise how long until the next token.
    std::chrono::milliseconds attempt(std::string_view name);
    /// A success: the bucket is full again.
    void forgive(std::string_view name);

private:
    using Steady = std::chrono::steady_clock::time_point;

    void make_room(Steady now);

    const Clock& clock_;
    const std::size_t burst_;
    const std::chrono::milliseconds refill_;
    const std::size_t names_max_;
    std::mutex mutex_;
    // The moment at which the bucket is full again says how many tokens it holds now.
    std::unordered_map<std::string, Steady> full_at_;
};

}  // namespace bypuls::identity
