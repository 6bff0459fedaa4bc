#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "apps/demo/simulator.h"
#include "core/clock.h"

namespace bypuls::demo {

struct LiveOptions {
    std::string url;    ///< of /ingest/chirpstack
    std::string token;  ///< with the scope ingest
    /// Each device sends once in this time: faster than real ones, so that a visitor sees something happen.
    std::chrono::milliseconds round{60'000};
};

/// The devices go on sending, over HTTP, as a network server would. One thread; stops within a request.
class LiveFeed {
public:
    /// All outlive it.
    LiveFeed(const Plan& plan, const Simulator& simulator, const Clock& clock, LiveOptions options);
    ~LiveFeed();
    LiveFeed(const LiveFeed&) = delete;
    LiveFeed& operator=(const LiveFeed&) = delete;

    std::uint64_t sent() const { return sent_; }
    std::uint64_t failed() const { return failed_; }

private:
    void run();
    void send(const PlannedDevice& device, const Uplink& uplink);

    const Plan& plan_;
    const Simulator& simulator_;
    const Clock& clock_;
    LiveOptions options_;
    std::uint32_t session_;
    std::atomic<std::uint64_t> sent_{0};
    std::atomic<std::uint64_t> failed_{0};
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace bypuls::demo
