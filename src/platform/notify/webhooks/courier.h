#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "platform/notify/webhooks/follower.h"
#include "platform/notify/webhooks/sender.h"

namespace bypuls::webhooks {

/// A thread that puts what a follower gathered and lets a sender send whatever is due, until it is destroyed: then it
/// ends after the requests that are under way, at most their deadline. A fault of the outbox is logged and tried again.
class Courier {
public:
    /// Both outlive it.
    Courier(Follower& follower, Sender& sender);
    ~Courier();
    Courier(const Courier&) = delete;
    Courier& operator=(const Courier&) = delete;

    /// It is about to be destroyed: begins nothing new, so that what is under way ends while others stop.
    void expect_stop() { thread_.request_stop(); }
    /// Something new may be due. Without it the courier looks once a second.
    void wake();

private:
    void run(const std::stop_token& stop);

    Follower& follower_;
    Sender& sender_;
    std::mutex mutex_;
    std::condition_variable_any woken_;
    bool wake_ = false;
    std::jthread thread_;  // last, so that what it uses is there
};

}  // namespace bypuls::webhooks
