#include "apps/demo/live_feed.h"

#include <map>
#include <set>

#include <gmock/gmock.h>

#include "platform/http/server.h"

namespace bypuls::demo {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Ge;
using testing::Le;

/// Stands where /ingest/chirpstack does, and reads what comes as the real one reads it.
class Listener {
public:
    Listener() {
        router_.add({.method = http::Method::post,
                     .pattern = "/ingest/chirpstack",
                     .handler = [this](http::Request& request) -> Task<http::Response> { co_return take(request); }});
        server_ = http::start_server(router_).value();
    }
    std::string url() const { return server_->origin() + "/ingest/chirpstack"; }

    /// The frames of each device by their count, and how often each came, once `frames` messages have come. A feed that
    /// has stopped is a failure and no endless wait.
    std::map<std::string, std::map<std::uint32_t, int>> after(std::size_t frames) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(came_.wait_for(lock, 5min, [&] { return messages_ >= frames; }))
            << "only " << messages_ << " messages came";
        return heard_;
    }
    /// The other events of each device.
    using Told = std::map<ingest::lorawan::Kind, int>;
    std::map<std::string, Told> told() {
        const std::lock_guard lock(mutex_);
        return told_;
    }
    std::size_t refused() {
        const std::lock_guard lock(mutex_);
        return refused_;
    }

private:
    http::Response take(const http::Request& request) {
        const auto event =
            ingest::lorawan::parse_chirpstack_json(request.query.get("event").value_or(""), request.body);
        const std::lock_guard lock(mutex_);
        messages_ += 1;
        if (!event || request.header("authorization") != "Bearer the-key") {
            refused_ += 1;
        } else if (event->kind != ingest::lorawan::Kind::up) {
            told_[event->dev_eui.to_text()][event->kind] += 1;
        } else {
            heard_[event->dev_eui.to_text()][event->f_cnt] += 1;
        }
        came_.notify_all();
        return {.status = 204};
    }

    http::Router router_;
    std::mutex mutex_;
    std::condition_variable came_;
    std::size_t messages_ = 0;
    std::size_t refused_ = 0;
    std::map<std::string, std::map<std::uint32_t, int>> heard_;
    std::map<std::string, Told> told_;
    std::unique_ptr<http::Server> server_;
};

TEST(LiveFeed, SendsOverHttpWithFramesLostAndDoubled) {
    const Plan plan = shipped_plan().value();
    const Simulator simulator(plan, 7);
    const SimulatedClock clock{Instant{1'795'000'000s}};
    Listener listener;
    constexpr std::size_t messages = 3000;
    std::map<std::string, std::map<std::uint32_t, int>> heard;
    {
        const LiveFeed feed(plan, simulator, clock, {.url = listener.url(), .token = "the-key", .round = 0ms});
        heard = listener.after(messages);
        EXPECT_EQ(feed.failed(), 0U);
    }
    EXPECT_EQ(listener.refused(), 0U);
    ASSERT_EQ(heard.size(), plan.devices.size());
    for (const auto& [device, frames] : heard) {
        EXPECT_EQ(listener.told()[device],
                  (Listener::Told{{ingest::lorawan::Kind::join, 1}, {ingest::lorawan::Kind::status, 1}}));
    }
    std::size_t lost = 0;
    std::size_t doubled = 0;
    for (const auto& [device, frames] : heard) {
        lost += frames.rbegin()->first + 1 - frames.size();
        doubled += static_cast<std::size_t>(std::ranges::count_if(frames, [](const auto& f) { return f.second == 2; }));
    }
    EXPECT_THAT(lost, AllOf(Ge(messages / 200), Le(messages / 33)));
    EXPECT_THAT(doubled, AllOf(Ge(messages / 300), Le(messages / 50)));
}

}  // namespace
}  // namespace bypuls::demo
