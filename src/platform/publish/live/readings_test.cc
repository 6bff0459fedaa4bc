#include "platform/publish/live/readings.h"

#include <map>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/time/iso8601.h"
#include "platform/http/raw_client.h"
#include "platform/http/server.h"

namespace bypuls::publish {
namespace {

using http::RawClient;
using publication::DatastreamId;
using testing::HasSubstr;
using testing::Not;

/// A plane that has published two datastreams of one place, and nothing else.
class TestPlane final : public publication::Plane {
public:
    TestPlane() {
        auto made = std::make_shared<publication::Catalogue>();
        publication::PublicPlace place{.slug = "tjern"};
        for (const std::int64_t id : {12, 13}) {
            place.streams.push_back({.id = DatastreamId{id}, .property = "water_temperature", .unit = "Cel"});
        }
        made->places = {place};
        catalogue_ = std::move(made);
    }
    void read(std::int64_t id, Instant time, double value) {
        latest_[DatastreamId{id}] = {.time = time, .value = value};
    }

    std::shared_ptr<const publication::Catalogue> catalogue() const override { return catalogue_; }
    std::shared_ptr<const registry::View> registry() const override { return nullptr; }
    std::optional<observations::Observation> latest(DatastreamId id) const override {
        const auto found = latest_.find(id);
        return found == latest_.end() ? std::nullopt : std::optional(found->second);
    }
    std::optional<observations::Observation> latest_usable(DatastreamId id) const override { return latest(id); }
    std::uint64_t count(DatastreamId) const override { return 0; }
    Result<observations::Series> range(DatastreamId, Interval, const observations::RangeOptions&) const override {
        return observations::Series{};
    }
    Result<std::vector<observations::Bucket>> rollup(DatastreamId, Interval, observations::Step) const override {
        return std::vector<observations::Bucket>{};
    }
    Result<observations::Aggregate> aggregate(DatastreamId, Interval) const override {
        return observations::Aggregate{};
    }

private:
    std::shared_ptr<const publication::Catalogue> catalogue_;
    std::map<DatastreamId, observations::Observation> latest_;
};

class LiveReadings : public testing::Test {
protected:
    LiveReadings() {
        plane_.read(12, clock_.now(), 18.5);
        router_.add(live_route(parts_, [](http::Request&) -> Task<http::Response> { co_return http::text("places"); }));
        server_ = http::start_server(router_, {.tick = std::chrono::milliseconds{5}}).value();
    }

    RawClient listen(const std::string& query, const std::string& last_event_id = {}) {
        RawClient client(server_->port());
        client.send("GET /live?" + query + " HTTP/1.1\r\nHost: a\r\n" +
                    (last_event_id.empty() ? "" : "Last-Event-ID: " + last_event_id + "\r\n") + "\r\n");
        return client;
    }
    void read(std::int64_t id, double value) {
        plane_.read(id, clock_.now(), value);
        announce_readings(parts_, {DatastreamId{id}});
    }

    SimulatedClock clock_{*parse_instant("2026-07-05T10:00:00Z")};
    TestPlane plane_;
    live::Hub hub_;
    Pool pool_{1};
    LiveParts parts_{plane_, hub_, clock_, pool_};
    http::Router router_;
    std::unique_ptr<http::Server> server_;
};

TEST_F(LiveReadings, BeginWithWhatIsKnownAndGoOnWithWhatComes) {
    RawClient client = listen("datastream=12");
    EXPECT_THAT(client.receive_until("18.5,\"usable\":true}\n\n"), HasSubstr(R"(event: observation
data: {"datastream":12,"phenomenonTime":"2026-07-05T10:00:00Z","quality":"","result":18.5,)"));
    client.receive_until("retry: 3000\n\n");
    read(13, 1.5);
    read(12, 19.25);
    const std::string seen = client.receive_until("19.25,\"usable\":true}\n\n");
    EXPECT_THAT(seen, HasSubstr("id: "));
    EXPECT_THAT(seen, Not(HasSubstr("\"datastream\":13")));
}

TEST_F(LiveReadings, OfSeveralDatastreamsAndOfTheWholeSet) {
    for (const std::string query : {"datastream=12&datastream=13&datastream=12", "set=Observations"}) {
        RawClient client = listen(query);
        client.receive_until("retry: 3000\n\n");
        read(12, 20.5);
        read(13, 21.5);
        const std::string seen = client.receive_until("21.5,\"usable\":true}\n\n");
        EXPECT_THAT(seen, HasSubstr("20.5,\"usable\":true}\n\n")) << query;
    }
}

TEST_F(LiveReadings, ResumeAfterTheLastEventSeen) {
    std::string id;
    {
        RawClient client = listen("datastream=12");
        client.receive_until("retry: 3000\n\n");
        read(12, 20.5);
        const std::string seen = client.receive_until("20.5,\"usable\":true}\n\n");
        const auto at = seen.rfind("id: ") + 4;
        id = seen.substr(at, seen.find('\n', at) - at);
    }
    read(12, 21.5);
    read(12, 22.5);
    RawClient again = listen("datastream=12", id);
    again.receive_until("retry: 3000\n\n");
    read(12, 23.5);
    const std::string seen = again.receive_until("23.5,\"usable\":true}\n\n");
    EXPECT_THAT(seen, HasSubstr("21.5,"));
    EXPECT_THAT(seen, HasSubstr("22.5,"));
    EXPECT_THAT(seen, Not(HasSubstr("20.5,")));
}

TEST_F(LiveReadings, WhatIsNotPublishedIsNotThere) {
    EXPECT_THAT(listen("datastream=14").receive_until("\r\n"), HasSubstr("404"));
    EXPECT_THAT(listen("datastream=x").receive_until("\r\n"), HasSubstr("400"));
    EXPECT_THAT(listen("set=Things").receive_until("\r\n"), HasSubstr("400"));
    std::string many;
    for (int i = 0; i < 51; ++i) {
        many += "&datastream=12";
    }
    EXPECT_THAT(listen(many.substr(1)).receive_until("\r\n"), HasSubstr("400"));
}

TEST_F(LiveReadings, HistoryBeingLoadedIsNoNews) {
    RawClient client = listen("datastream=12");
    client.receive_until("retry: 3000\n\n");
    plane_.read(12, clock_.now() - std::chrono::hours{7}, 5.5);
    announce_readings(parts_, {DatastreamId{12}});
    read(12, 19.5);
    EXPECT_THAT(client.receive_until("19.5,\"usable\":true}\n\n"), Not(HasSubstr("5.5,\"usable\":true}\n\ndata")));
    EXPECT_EQ(hub_.counters().published, 2U);
}

TEST_F(LiveReadings, WithoutADatastreamPlacesAnswer) {
    EXPECT_THAT(listen("place=tjern").receive_until("places"), HasSubstr("200"));
}

}  // namespace
}  // namespace bypuls::publish
