#include "apps/bypuls/ending.h"

namespace bypuls::apps {

sigset_t ending_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signals;
}

EndingWatch::EndingWatch() {
    const sigset_t signals = ending_signals();
    thread_ = std::thread([this, signals] { watch(signals); });
}

EndingWatch::~EndingWatch() {
    over_ = true;
    thread_.join();
}

void EndingWatch::watch(const sigset_t& signals) {
    // Wakes now and then, since nothing but a signal wakes it otherwise and the program may end without one.
    constexpr timespec look_again{.tv_sec = 0, .tv_nsec = 100'000'000};
    while (!over_) {
        const int signal = sigtimedwait(&signals, nullptr, &look_again);
        if (signal > 0) {
            came_.set_value(signal);
            asked_.request_stop();
            return;
        }
    }
}

int EndingWatch::wait() {
    return signal_.get();
}

}  // namespace bypuls::apps
