#include "platform/notify/webhooks/courier.h"

#include <future>

#include <gtest/gtest.h>

#include "platform/database/testing/test_database.h"

namespace bypuls::webhooks {
namespace {

using namespace std::chrono_literals;

TEST(Courier, PutsAndSendsWhatComesWhileItRuns) {
    const SimulatedClock clock{Instant{1'700'000'000s}};
    SeededRandom random{1};
    const auto place = database::TestDatabase::make(database::Engine::sqlite).value();
    const auto database = place.open();
    ASSERT_TRUE(database::migrate(*database, {Outbox::component()}, clock));
    Outbox outbox(*database, clock);
    ASSERT_TRUE(outbox.subscribe({.url = "https://a.example",
                                  .description = "",
                                  .wanted = {.places = {"tjern"}},
                                  .secret = Secret::random(random)}));
    const auto published = [](DatastreamId) { return std::optional(PublishedAs{"tjern", "water_temperature", "Cel"}); };
    const auto follower = Follower::open(outbox, published, {}).value();
    std::promise<void> second;
    int seen = 0;
    Sender sender({outbox, clock, random, [&](const http::FetchRequest& request, const http::FetchOptions&) {
                       EXPECT_TRUE(request.headers.get("webhook-id")->starts_with(++seen == 1 ? "1-7-" : "2-7-"));
                       if (seen == 2) {
                           second.set_value();
                       }
                       return Result<http::FetchResponse>({.status = 200, .headers = {}, .body = {}});
                   }});
    {
        Courier courier(*follower, sender);
        const std::vector<observations::Arrival> reading{{DatastreamId{7}, {.time = clock.now(), .value = 1.0}}};
        follower->applied(reading, {1}, clock.now());
        follower->applied(reading, {2}, clock.now());
        courier.wake();
        second.get_future().wait();
    }
    EXPECT_EQ(outbox.subscriptions()->front().waiting, 0U);
}

}  // namespace
}  // namespace bypuls::webhooks
