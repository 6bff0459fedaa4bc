#pragma once

#include <atomic>
#include <chrono>

#include "platform/http/server.h"

namespace bypuls::http {

/// The server's counters while they are being counted. Every member is thread-safe by itself; a reading is not a moment
/// frozen, which a scrape does not need.
struct Counting {
    std::atomic<std::uint64_t> connections_open{0};
    std::atomic<std::uint64_t> requests_in_flight{0};
    std::atomic<std::uint64_t> streams_open{0};
    std::atomic<std::uint64_t> bodies_bytes{0};
    std::atomic<std::uint64_t> connections_accepted{0};
    std::array<std::atomic<std::uint64_t>, 6> requests_by_class{};
    std::atomic<std::uint64_t> bytes_received{0};
    std::atomic<std::uint64_t> bytes_sent{0};
    std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Rejection::count_)> rejected{};
    std::array<std::atomic<std::uint64_t>, latency_bounds_us.size() + 1> latency{};
    std::atomic<std::uint64_t> latency_sum_us{0};

    void count(Rejection reason) { ++rejected[static_cast<std::size_t>(reason)]; }
    void count_response(int status, std::chrono::steady_clock::duration taken);
    Counters read() const;
};

/// Adds while it lives.
class Held {
public:
    explicit Held(std::atomic<std::uint64_t>& counter, std::uint64_t amount = 1) : counter_(counter), amount_(amount) {
        counter_ += amount;
    }
    ~Held() { counter_ -= amount_; }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    void grow_to(std::uint64_t amount) {
        counter_ += amount - amount_;
        amount_ = amount;
    }

private:
    std::atomic<std::uint64_t>& counter_;
    std::uint64_t amount_;
};

}  // namespace bypuls::http
