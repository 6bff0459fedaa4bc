#include "apps/bypuls/ending.h"

namespace bypuls::apps {

namespace {

sigset_t both_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

}  // namespace

sigset_t ending_signals() {
    const sigset_t signals = both_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signals;
}

void end_at_next_signal() {
    const sigset_t signals = both_signals();
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

EndingWatch::EndingWatch() {
    const sigset_t signals = ending_signals();
    thread_ = std::thread([this, signals] { watch(signals); });
}

EndingWatch::~EndingWatch() {
    over_ = true;
    // Of this thread alone, which is the only one that waits for it; without a signal it would wait for ever. One that
    // has seen its signal is over already, and is told nothing.
    pthread_kill(thread_.native_handle(), SIGTERM);
    thread_.join();
}

void EndingWatch::watch(const sigset_t& signals) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (!over_) {
        came_.set_value(signal);
        asked_.request_stop();
    }
}

int EndingWatch::wait() {
    return signal_.get();
}

}  // namespace bypuls::apps
