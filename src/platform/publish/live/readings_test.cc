#include "platform/publish/live/readings.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "platform/publish/live/fixture_test.h"
#include "platform/registry/memory.h"

namespace bypuls::publish {
namespace {

using http::RawClient;
using publication::DatastreamId;
using testing::HasSubstr;
using testing::Not;

class LiveReadings : public LiveTest {
protected:
    LiveReadings() { plane_.read(12, clock_.now(), 18.5); }

    void read(std::int64_t id, double value) {
        plane_.read(id, clock_.now(), value);
        announce_readings(parts_, {DatastreamId{id}});
    }
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
    const std::string greeting = again.receive_until("retry: 3000\n\n");
    EXPECT_THAT(greeting, Not(HasSubstr("event:"))) << "the newest would come before what was missed, and twice";
    read(12, 23.5);
    const std::string seen = again.receive_until("23.5,\"usable\":true}\n\n");
    EXPECT_THAT(seen, HasSubstr("21.5,"));
    EXPECT_THAT(seen, HasSubstr("22.5,"));
    EXPECT_THAT(seen, Not(HasSubstr("20.5,")));
}

TEST_F(LiveReadings, AFilterLeavesWhatFits) {
    RawClient client = listen(
        "datastream=12&$filter=result%20gt%2019%20and%"
        "20phenomenonTime%20ge%202026-01-01T00:00:00Z");
    EXPECT_THAT(client.receive_until("retry: 3000\n\n"), Not(HasSubstr("18.5")));
    read(12, 20.5);
    read(12, 10.5);
    read(12, 21.5);
    const std::string seen = client.receive_until("21.5,\"usable\":true}\n\n");
    EXPECT_THAT(seen, HasSubstr("20.5,"));
    EXPECT_THAT(seen, Not(HasSubstr("10.5,")));
}

TEST_F(LiveReadings, AFilterByDatastreamIsAboutTheWholeSet) {
    plane_.registry_ = registry::make_memory_registry(clock_);
    auto& registry = *plane_.registry_;
    const auto thing = registry.things().create({.name = "Tjern"}).value();
    const auto sensor = registry.sensors().create({.name = "s", .metadata = "m"}).value();
    const auto property = registry.observed_properties().create({.name = "p", .definition = "d"}).value();
    for (int i = 1; i <= 13; ++i) {
        ASSERT_TRUE(registry.datastreams().create({.thing = thing,
                                                   .sensor = sensor,
                                                   .observed_property = property,
                                                   .name = i == 13 ? "deep" : "shore",
                                                   .description = "d"}));
    }
    RawClient client = listen(
        "set=Observations&$filter=Datastream/"
        "name%20eq%20'deep'%20and%20result%20lt%2010");
    client.receive_until("retry: 3000\n\n");
    read(12, 5.5);
    read(13, 15.5);
    read(13, 6.5);
    const std::string seen = client.receive_until("6.5,\"usable\":true}\n\n");
    EXPECT_THAT(seen, Not(HasSubstr("\"datastream\":12")));
    EXPECT_THAT(seen, Not(HasSubstr("15.5")));
}

// What the filter passed over neither comes back nor makes a reader that was
// away load everything anew.
TEST_F(LiveReadings, AFilterResumesExactlyAfterTheLastEventSeen) {
    const std::string query = "datastream=12&$filter=result%20gt%2019";
    std::string id;
    {
        RawClient client = listen(query);
        client.receive_until("retry: 3000\n\n");
        read(12, 20.5);
        client.receive_until("20.5,\"usable\":true}\n\n");
        read(12, 0.5);
        const std::string seen = client.receive_until("\n\n");
        EXPECT_THAT(seen, HasSubstr("id: ")) << "the place moves past what was passed over";
        EXPECT_THAT(seen, Not(HasSubstr("data")));
        const auto at = seen.find("id: ") + 4;
        id = seen.substr(at, seen.find('\n', at) - at);
    }
    for (const double value : {1.5, 21.5, 2.5, 22.5}) {
        read(12, value);
    }
    RawClient again = listen(query, id);
    again.receive_until("retry: 3000\n\n");
    read(12, 23.5);
    const std::string seen = again.receive_until("23.5,\"usable\":true}\n\n");
    EXPECT_THAT(seen, testing::ContainsRegex("21\\.5(.|\n)*22\\.5"));
    for (const std::string absent : {"20.5", "\"result\":1.5", "\"result\":2.5", "reset"}) {
        EXPECT_THAT(seen, Not(HasSubstr(absent))) << absent;
    }
}

TEST_F(LiveReadings, AFilterThatCannotBeAskedLiveIsRefusedWithASentence) {
    plane_.registry_ = registry::make_memory_registry(clock_);
    for (const std::string filter :
         {"result%20gt", "colour%20eq%201", "FeatureOfInterest/id%20eq%201",
          "result%20gt%201%20or%20Datastream/id%20eq%2012", "Datastream/Observations/result%20gt%201"}) {
        EXPECT_THAT(listen("datastream=12&$filter=" + filter).receive_until("\r\n"), HasSubstr("400")) << filter;
    }
}

TEST_F(LiveReadings, WhatIsNotPublishedIsNotThere) {
    EXPECT_THAT(listen("datastream=14").receive_until("\r\n"), HasSubstr("404"));
    EXPECT_THAT(listen("datastream=x").receive_until("\r\n"), HasSubstr("400"));
    EXPECT_THAT(listen("set=Nothing").receive_until("\r\n"), HasSubstr("400"));
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
