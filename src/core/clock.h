#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace bypuls {

/// A point in time, UTC, in microseconds since 1970. What is stored, compared and sent; shown in Europe/Oslo.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;

/// The half-open span [from, to).
struct Interval {
    Instant from{};
    Instant to{};

    bool contains(Instant t) const { return from <= t && t < to; }
    bool empty() const { return to <= from; }
    friend bool operator==(const Interval&, const Interval&) = default;
};

/// The clock is a guest: everything that asks for the time is handed one. Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    /// Wall-clock time; may jump.
    virtual Instant now() const = 0;
    /// For deadlines and durations; never goes backwards.
    virtual std::chrono::steady_clock::time_point steady() const = 0;
};

class SystemClock final : public Clock {
public:
    Instant now() const override;
    std::chrono::steady_clock::time_point steady() const override;
};

/// Time that passes when a test says so.
class SimulatedClock final : public Clock {
public:
    explicit SimulatedClock(Instant start) : start_(start), wall_(start.time_since_epoch().count()) {}

    Instant now() const override { return Instant{Duration{wall_.load()}}; }
    std::chrono::steady_clock::time_point steady() const override {
        return std::chrono::steady_clock::time_point{} + Duration{elapsed_.load()};
    }
    void advance(Duration span) {
        wall_ += span.count();
        elapsed_ += span.count();
    }
    /// The wall clock jumps, as after a wrong NTP answer; steady time does not.
    void jump_to(Instant t) { wall_ = t.time_since_epoch().count(); }

private:
    Instant start_;
    std::atomic<std::int64_t> wall_;
    std::atomic<std::int64_t> elapsed_{0};
};

}  // namespace bypuls
