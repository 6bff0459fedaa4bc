#include "platform/live/hub.h"

#include <thread>

#include <gmock/gmock.h>

#include "platform/http/raw_client.h"
#include "platform/http/server.h"

namespace bypuls::live {
namespace {

using http::RawClient;
using testing::HasSubstr;
using testing::Not;

class LiveHub : public testing::Test {
protected:
    void start(HubOptions options = {}) {
        hub_ = std::make_unique<Hub>(options);
        router_.get("/live", [this](http::Request& request) -> Task<http::Response> {
            std::vector<std::string> topics;
            for (const auto topic : request.query.all("topic")) {
                topics.emplace_back(topic);
            }
            co_return hub_->subscribe(request, std::move(topics)).response;
        });
        auto server = http::start_server(router_, {.tick = std::chrono::milliseconds{5}});
        ASSERT_TRUE(server) << server.error().what;
        server_ = std::move(*server);
    }

    RawClient listen(const std::string& topics, const std::string& last_event_id = {}) {
        RawClient client(server_->port());
        client.send("GET /live?" + topics + " HTTP/1.1\r\nHost: a\r\n" +
                    (last_event_id.empty() ? "" : "Last-Event-ID: " + last_event_id + "\r\n") + "\r\n");
        client.receive_until("retry: 3000\n\n");
        return client;
    }

    http::Router router_;
    std::unique_ptr<Hub> hub_;
    std::unique_ptr<http::Server> server_;
};

std::string last_id_in(const std::string& text) {
    const auto at = text.rfind("id: ") + 4;
    return text.substr(at, text.find('\n', at) - at);
}

TEST_F(LiveHub, TellsListenersWhatHappensOnTheirTopics) {
    start();
    RawClient client = listen("topic=bading&topic=luft");

    hub_->publish("bading", "reading", "{\"temp\":18.5}");
    hub_->publish("vann", "", "not for this one");
    hub_->publish("luft", "", "two\nlines");

    const std::string seen = client.receive_until("data: lines\n\n");
    EXPECT_THAT(seen, HasSubstr("event: reading\ndata: {\"temp\":18.5}\n\n"));
    EXPECT_THAT(seen, HasSubstr("data: two\ndata: lines\n\n"));
    EXPECT_THAT(seen, Not(HasSubstr("not for this one")));
}

TEST_F(LiveHub, ResumesAfterTheLastEventSeen) {
    start();
    std::string id;
    {
        RawClient client = listen("topic=a&topic=b");
        hub_->publish("a", "", "first");
        id = last_id_in(client.receive_until("data: first\n\n"));
    }
    hub_->publish("b", "", "second");
    hub_->publish("a", "", "third");

    RawClient again = listen("topic=a&topic=b", id);
    const std::string seen = again.receive_until("data: third\n\n");
    EXPECT_THAT(seen, HasSubstr("data: second\n\n"));
    EXPECT_THAT(seen, Not(HasSubstr("data: first")));
    EXPECT_THAT(seen, Not(HasSubstr("event: reset")));
}

TEST_F(LiveHub, AListenerLostBeforeAnythingHappensMissesNothing) {
    start();
    hub_->publish("a", "", "before");
    std::string id;
    {
        RawClient client(server_->port());
        client.send("GET /live?topic=a HTTP/1.1\r\nHost: a\r\n\r\n");
        id = last_id_in(client.receive_until("retry: 3000\n\n"));
    }
    hub_->publish("a", "", "meanwhile");
    RawClient again = listen("topic=a", id);
    const std::string seen = again.receive_until("data: meanwhile\n\n");
    EXPECT_THAT(seen, Not(HasSubstr("data: before")));
    EXPECT_THAT(seen, Not(HasSubstr("event: reset")));
}

TEST_F(LiveHub, TellsAListenerThatItsPlaceIsLost) {
    start({.events_per_topic_max = 4});
    const std::string early = hub_->last_event_id();
    for (int i = 0; i < 10; ++i) {
        hub_->publish("a", "", std::to_string(i));
    }
    for (const std::string& place :
         {early, std::string("dead-3"), std::string("nonsense"), std::string("99999999999")}) {
        RawClient client = listen("topic=a", place);
        EXPECT_THAT(client.receive_until("data: {}\n\n"), HasSubstr("event: reset")) << place;
    }
    RawClient fresh = listen("topic=a");
    hub_->publish("a", "", "now");
    EXPECT_THAT(fresh.receive_until("data: now\n\n"), Not(HasSubstr("reset")));
}

TEST_F(LiveHub, WhatIsForgottenIsToldAsAResetToWhoListensAndToWhoWasAway) {
    start();
    std::string away;
    {
        RawClient client(server_->port());
        client.send("GET /live?topic=b HTTP/1.1\r\nHost: a\r\n\r\n");
        away = last_id_in(client.receive_until("retry: 3000\n\n"));
    }
    RawClient client = listen("topic=a");
    hub_->publish("a", "", "first");
    const std::string seen = last_id_in(client.receive_until("data: first\n\n"));
    hub_->forget("a");
    hub_->forget("b");
    EXPECT_TRUE(client.receive_until_closed()) << "it is dropped";
    EXPECT_THAT(listen("topic=a", seen).receive_until("data: {}\n\n"), HasSubstr("event: reset"));
    EXPECT_THAT(listen("topic=b", away).receive_until("data: {}\n\n"), HasSubstr("event: reset"));
    RawClient fresh = listen("topic=a");
    hub_->publish("a", "", "now");
    EXPECT_THAT(fresh.receive_until("data: now\n\n"), Not(HasSubstr("reset")));
}

TEST_F(LiveHub, BreathesWhileNothingHappens) {
    start({.heartbeat = std::chrono::milliseconds{10}});
    RawClient client = listen("topic=silent");
    EXPECT_THAT(client.receive_until(": still here\n\n"), HasSubstr(": still here"));
    EXPECT_THAT(client.receive_until(": still here\n\n"), HasSubstr(": still here"));
}

TEST_F(LiveHub, DropsAReaderThatFallsBehindAndServesTheOthers) {
    start({.events_per_topic_max = 64, .event_bytes_max = 64 * 1024});
    RawClient stuck = listen("topic=a");
    RawClient reader = listen("topic=a");
    const std::string large(60'000, 'x');

    // The stuck reader's socket takes some megabytes; then its place falls out of the ring.
    for (int i = 0; hub_->counters().dropped_as_slow == 0 && i < 100'000; ++i) {
        hub_->publish("a", "", large + std::to_string(i));
        const std::string seen = reader.receive_until(std::to_string(i) + "\n\n");
        ASSERT_THAT(seen, HasSubstr("x" + std::to_string(i) + "\n"));
        if (i % 200 == 199) {
            // Reads a little, so that its stream looks again.
            while (stuck.receive_until("data: ").empty() && hub_->counters().dropped_as_slow == 0) {
            }
        }
    }
    EXPECT_EQ(hub_->counters().dropped_as_slow, 1U);
    hub_->publish("a", "", "after");
    EXPECT_THAT(reader.receive_until("data: after\n\n"), HasSubstr("after"));
}

TEST_F(LiveHub, NoticesThatAListenerHasLeft) {
    start();
    {
        RawClient client = listen("topic=a");
        EXPECT_EQ(hub_->counters().subscribers, 1U);
    }
    while (hub_->counters().subscribers > 0) {
        std::this_thread::yield();
    }
    EXPECT_EQ(hub_->counters().topics, 0U) << "a topic that nobody needs is forgotten";
}

TEST_F(LiveHub, ReachesAThousandListeners) {
    start();
    std::vector<RawClient> listeners;
    for (int i = 0; i < 1000; ++i) {
        listeners.push_back(listen("topic=a"));
    }
    hub_->publish("a", "", "to all");
    for (RawClient& listener : listeners) {
        ASSERT_THAT(listener.receive_until("data: to all\n\n"), HasSubstr("to all"));
    }
    EXPECT_EQ(server_->counters().streams_open, 1000U);
}

TEST_F(LiveHub, TakesPublishersFromManyThreads) {
    start({.events_per_topic_max = 1000});
    RawClient client = listen("topic=a");
    std::vector<std::thread> publishers;
    for (int thread = 0; thread < 4; ++thread) {
        publishers.emplace_back([&] {
            for (int i = 0; i < 100; ++i) {
                hub_->publish("a", "", "x");
            }
        });
    }
    for (std::thread& publisher : publishers) {
        publisher.join();
    }
    hub_->publish("a", "", "end");
    const std::string seen = client.receive_until("data: end\n\n");
    std::size_t events = 0;
    for (auto at = seen.find("data: x\n"); at != std::string::npos; at = seen.find("data: x\n", at + 1)) {
        ++events;
    }
    EXPECT_EQ(events, 400U);
}

TEST_F(LiveHub, KeepsItsBounds) {
    start({.topics_max = 2, .event_bytes_max = 10, .subscribers_max = 1});
    RawClient first = listen("topic=a");
    RawClient second(server_->port());
    EXPECT_EQ(second.exchange("GET /live?topic=a").status, 503);
    hub_->publish("b", "", "1");
    hub_->publish("c", "", "one topic too many");
    hub_->publish("a", "", "more than ten bytes");
    hub_->publish("a", "evil\ndata: x", "1");
    EXPECT_EQ(hub_->counters().refused, 3U);
    EXPECT_EQ(hub_->counters().published, 1U);
}

TEST_F(LiveHub, EndsItsStreamsWhenTheServerStops) {
    start();
    RawClient client = listen("topic=a");
    server_->stop(std::chrono::seconds{20});
    EXPECT_TRUE(client.receive_until_closed().has_value());
    EXPECT_EQ(hub_->counters().subscribers, 0U);
}

}  // namespace
}  // namespace bypuls::live
