#include "platform/ingest/codecs/cpu_watch.h"

#include <algorithm>
#include <cstdint>

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "core/check.h"

namespace bypuls::ingest::codecs {
namespace {

std::int64_t now_ns(clockid_t clock) {
    timespec t{};
    check(clock_gettime(clock, &t) == 0, "a live thread has a CPU clock");
    return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

CpuWatch::CpuWatch(std::chrono::microseconds limit, std::function<void()> overrun)
    : limit_(limit), allowed_ns_(limit_.count()), overrun_(std::move(overrun)) {
    check(pthread_getcpuclockid(pthread_self(), &clock_) == 0, "a live thread has a CPU clock");
    watcher_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

/// The watched thread's clock stands still while it waits for the watcher, so the watcher is woken by a signal: its
/// sleep ends early and it sees the stop.
CpuWatch::~CpuWatch() {
    watcher_.request_stop();
    while (begun_ns_.load() != -2) {
        pthread_kill(watcher_.native_handle(), SIGURG);
        sched_yield();
    }
}

void CpuWatch::begin(int times) {
    allowed_ns_.store(limit_.count() * times, std::memory_order_relaxed);
    begun_ns_.store(now_ns(CLOCK_THREAD_CPUTIME_ID), std::memory_order_relaxed);
}

void CpuWatch::end() {
    begun_ns_.store(-1, std::memory_order_relaxed);
}

bool CpuWatch::over() const {
    const auto begun = begun_ns_.load(std::memory_order_relaxed);
    return begun >= 0 && now_ns(clock_) - begun >= allowed_ns_.load(std::memory_order_relaxed);
}

void CpuWatch::watch(const std::stop_token& stop) {
    struct sigaction nothing{};
    nothing.sa_handler = [](int) {};
    sigaction(SIGURG, &nothing, nullptr);
    while (!stop.stop_requested()) {
        const auto begun = begun_ns_.load(std::memory_order_relaxed);
        const auto now = now_ns(clock_);
        const auto allowed = allowed_ns_.load(std::memory_order_relaxed);
        // While idle it looks again after one limit, so that a short spell after a long one is not overslept.
        std::int64_t until = now + limit_.count();
        if (begun >= 0 && now - begun >= allowed) {
            overrun_();
            until = now + limit_.count() / 5;
        } else if (begun >= 0) {
            until = std::min(until, begun + allowed);
        }
        const timespec wake{.tv_sec = until / 1'000'000'000, .tv_nsec = until % 1'000'000'000};
        clock_nanosleep(clock_, TIMER_ABSTIME, &wake, nullptr);
    }
    begun_ns_.store(-2);
}

}  // namespace bypuls::ingest::codecs
