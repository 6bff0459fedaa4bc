#pragma once

#include <memory>
#include <string>

#include <gmock/gmock.h>

#include "core/time/iso8601.h"
#include "platform/http/raw_client.h"
#include "platform/http/server.h"
#include "platform/publish/live/readings.h"
#include "platform/publish/live/test_plane.h"

namespace bypuls::publish {

/// /live on a server of its own, and clients that listen to it.
class LiveTest : public testing::Test {
protected:
    LiveTest() {
        router_.add(live_route(parts_, [](http::Request&) -> Task<http::Response> { co_return http::text("places"); }));
        server_ = http::start_server(router_, {.tick = std::chrono::milliseconds{5}}).value();
    }

    http::RawClient listen(const std::string& query, const std::string& last_event_id = {}) {
        http::RawClient client(server_->port());
        client.send("GET /live?" + query + " HTTP/1.1\r\nHost: a\r\n" +
                    (last_event_id.empty() ? "" : "Last-Event-ID: " + last_event_id + "\r\n") + "\r\n");
        return client;
    }

    SimulatedClock clock_{*parse_instant("2026-07-05T10:00:00Z")};
    TestPlane plane_;
    live::Hub hub_;
    Pool pool_{1};
    LiveParts parts_{plane_, hub_, clock_, pool_};
    http::Router router_;
    std::unique_ptr<http::Server> server_;
};

}  // namespace bypuls::publish
