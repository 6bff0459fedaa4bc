#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

namespace bypuls::ingest::codecs {

/// Watches the CPU time of the thread that made it and calls `overrun`, from a thread of its own, when a spell of work
/// has used more than the limit; again at every further fifth of the limit until the spell ends. The watcher sleeps on
/// the watched thread's CPU clock, so an idle or waiting thread costs nothing.
class CpuWatch {
public:
    CpuWatch(std::chrono::microseconds limit, std::function<void()> overrun);
    ~CpuWatch();
    CpuWatch(const CpuWatch&) = delete;
    CpuWatch& operator=(const CpuWatch&) = delete;

    /// Both from the watched thread only. A spell may have `times` the limit: loading a codec is our work as much as
    /// the codec's, and a busy machine's caches and page faults count as CPU time too.
    void begin(int times = 1);
    void end();
    /// True when the spell under way has used its time. From any thread.
    bool over() const;

private:
    void watch(const std::stop_token& stop);

    const std::chrono::nanoseconds limit_;
    std::atomic<std::int64_t> allowed_ns_;  ///< for the spell under way
    std::function<void()> overrun_;
    clockid_t clock_{};
    std::atomic<std::int64_t> begun_ns_{-1};  ///< -1: no spell
    std::jthread watcher_;
};

}  // namespace bypuls::ingest::codecs
