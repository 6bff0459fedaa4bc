#include "platform/notify/webhooks/courier.h"

#include "core/log.h"

namespace bypuls::webhooks {

Courier::Courier(Follower& follower, Sender& sender)
    : follower_(follower), sender_(sender), thread_([this](const std::stop_token& stop) { run(stop); }) {}

Courier::~Courier() {
    thread_.request_stop();
    woken_.notify_all();
}

void Courier::wake() {
    {
        const std::lock_guard lock(mutex_);
        wake_ = true;
    }
    woken_.notify_all();
}

void Courier::run(const std::stop_token& stop) {
    constexpr std::chrono::seconds look_again{1};
    while (!stop.stop_requested()) {
        const auto put = follower_.flush();
        const auto sent = put ? sender_.send_due() : std::unexpected(put.error());
        if (!sent) {
            log::warning("webhooks", "the outbox does not answer", {{"fault", sent.error().what}});
        } else if (sent->delivered > 0) {
            continue;  // the next of the same target may be due at once
        }
        std::unique_lock lock(mutex_);
        woken_.wait_for(lock, stop, look_again, [this] { return wake_; });
        wake_ = false;
    }
}

}  // namespace bypuls::webhooks
