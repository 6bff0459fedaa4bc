#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace bypuls::mqtt {

/// Work that other threads bring to the one that owns it. Held by those who answer later, so that who answers when the
/// owner is gone answers into the void. Thread-safe.
class Mailbox {
public:
    using Work = std::move_only_function<void()>;

    /// `wake` is called when the first of several comes.
    explicit Mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}

    void post(Work work) {
        const std::lock_guard lock(mutex_);
        if (is_open_) {
            work_.push_back(std::move(work));
            if (work_.size() == 1) {
                wake_();
            }
        }
    }
    /// The owner's alone.
    void run() {
        std::vector<Work> work;
        {
            const std::lock_guard lock(mutex_);
            work.swap(work_);
        }
        for (Work& each : work) {
            each();
        }
    }
    void close() {
        std::vector<Work> dropped;
        const std::lock_guard lock(mutex_);
        is_open_ = false;
        dropped.swap(work_);
    }

private:
    std::mutex mutex_;
    std::vector<Work> work_;
    std::function<void()> wake_;
    bool is_open_ = true;
};

}  // namespace bypuls::mqtt
