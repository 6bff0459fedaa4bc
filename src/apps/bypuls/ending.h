#pragma once

#include <atomic>
#include <csignal>
#include <future>
#include <stop_token>
#include <thread>

namespace bypuls::apps {

/// Blocks the signals that end the program, in this thread and those it starts, so that sigwait() gets them, and lets
/// a closed connection be an error instead of an end. To be called before any thread is started.
sigset_t ending_signals();

/// After the first signal: another one ends the program at once, for whoever does not want to wait until it has
/// stopped. What was acknowledged is in the journal. For the main thread.
void end_at_next_signal();

/// Waits for them on a thread of its own, so that long work may ask whether to go on. Make it before other threads.
class EndingWatch {
public:
    EndingWatch();
    ~EndingWatch();
    EndingWatch(const EndingWatch&) = delete;
    EndingWatch& operator=(const EndingWatch&) = delete;

    /// Stop is asked for when the first signal comes.
    std::stop_token asked() const { return asked_.get_token(); }
    /// Blocks until it has come; which it was.
    int wait();

private:
    void watch(const sigset_t& signals);

    std::stop_source asked_;
    std::promise<int> came_;
    std::shared_future<int> signal_{came_.get_future()};
    std::atomic<bool> over_{false};
    std::thread thread_;
};

}  // namespace bypuls::apps
