#include "apps/demo/live_feed.h"

#include "core/log.h"
#include "platform/http/client.h"

namespace bypuls::demo {

LiveFeed::LiveFeed(const Plan& plan, const Simulator& simulator, const Clock& clock, LiveOptions options)
    : plan_(plan),
      simulator_(simulator),
      clock_(clock),
      options_(std::move(options)),
      // Each start is a new join, with an address of its own, so that its frame counts are nobody else's.
      session_(static_cast<std::uint32_t>(clock.now().time_since_epoch() / std::chrono::seconds{1})),
      thread_([this] { run(); }) {}

LiveFeed::~LiveFeed() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void LiveFeed::run() {
    const auto pause = options_.round / static_cast<std::int64_t>(std::max<std::size_t>(1, plan_.devices.size()));
    for (std::uint32_t f_cnt = 0;; ++f_cnt) {
        for (const PlannedDevice& device : plan_.devices) {
            std::unique_lock lock(mutex_);
            if (wake_.wait_for(lock, f_cnt == 0 ? std::chrono::milliseconds{50} : pause,
                               [this] { return stopping_; })) {
                return;
            }
            lock.unlock();
            const Instant now = clock_.now();
            for (const Uplink& event : simulator_.live_events(device, now, session_, f_cnt)) {
                send(device, event);
            }
            for (const Uplink& uplink : simulator_.live(device, now, session_, f_cnt)) {
                send(device, uplink);
            }
        }
    }
}

void LiveFeed::send(const PlannedDevice& device, const Uplink& uplink) {
    http::Headers headers;
    headers.set("Content-Type", "application/json");
    headers.set("Authorization", "Bearer " + options_.token);
    const std::string url = options_.url + "?event=" + std::string(ingest::lorawan::name_of(uplink.kind));
    const auto answer = http::fetch({.method = http::Method::post, .url = url, .headers = headers, .body = uplink.body},
                                    {.deadline = std::chrono::seconds{5}, .reach = http::Reach::anywhere});
    if (answer && answer->status / 100 == 2) {
        sent_ += 1;
        return;
    }
    failed_ += 1;
    log::warning("demo", "a simulated event was not taken in",
                 {{"device", device.name}, {"why", answer ? std::to_string(answer->status) : answer.error().what}});
}

}  // namespace bypuls::demo
