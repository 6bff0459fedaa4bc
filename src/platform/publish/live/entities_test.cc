#include "platform/publish/live/entities.h"

#include <gmock/gmock.h>

#include "platform/observations/memory/memory_store.h"
#include "platform/publish/live/fixture_test.h"
#include "platform/registry/memory.h"

namespace bypuls::publish {
namespace {

using http::RawClient;
using testing::HasSubstr;
using testing::Not;

class LiveEntities : public LiveTest {
protected:
    RawClient listening(const std::string& query, const std::string& last_event_id = {}) {
        RawClient client = listen(query, last_event_id);
        client.receive_until("retry: 3000\n\n");
        return client;
    }
    registry::ThingId make_thing(const std::string& name, const std::string& properties = "{}") {
        return registry_->things().create({.name = name, .description = "d", .properties = properties}).value();
    }
    void tell() { ASSERT_TRUE(news_.tell()); }

    std::unique_ptr<registry::Registry> registry_ = registry::make_memory_registry(clock_);
    std::unique_ptr<observations::Store> store_ = observations::make_memory_store();
    EntityNews news_{{.look = [this] { return EntityNews::Look{nullptr, {*registry_, *store_}}; },
                      .hub = hub_,
                      .clock = clock_,
                      .root = "http://town.test/sta/v1.1"}};
};

std::string last_id_in(const std::string& text) {
    const auto at = text.rfind("id: ") + 4;
    return text.substr(at, text.find('\n', at) - at);
}

TEST_F(LiveEntities, AreToldWhenMadeAndChangedAsAGetShowsThemAndWhenRemoved) {
    RawClient client = listening("set=Things");
    const auto id = make_thing("Tjern");
    ASSERT_TRUE(registry_->sensors().create({.name = "s", .metadata = "m"}));
    tell();
    EXPECT_THAT(
        client.receive_until("\"}\n\n"),
        HasSubstr("event: thing\ndata: {\"@iot.id\":1,\"@iot.selfLink\":\"http://town.test/sta/v1.1/Things(1)\","
                  "\"name\":\"Tjern\""));
    auto thing = registry_->things().get(id).value();
    thing.name = "Landfalltjern";
    ASSERT_TRUE(registry_->things().update(thing));
    tell();
    const auto changed = client.receive_until("\"}\n\n");
    EXPECT_THAT(changed, HasSubstr("Landfalltjern"));
    EXPECT_THAT(changed, Not(HasSubstr("sensor"))) << "it is of another set";
    ASSERT_TRUE(registry_->things().remove(id));
    tell();
    EXPECT_THAT(client.receive_until("}\n\n"), HasSubstr("event: removed\ndata: {\"@iot.id\":1}\n\n"));
}

TEST_F(LiveEntities, ResumeAfterTheLastEventSeen) {
    std::string id;
    {
        RawClient client = listening("set=Things");
        make_thing("first");
        tell();
        id = last_id_in(client.receive_until("\"}\n\n"));
    }
    make_thing("second");
    tell();
    RawClient again = listening("set=Things", id);
    const auto seen = again.receive_until("\"}\n\n");
    EXPECT_THAT(seen, HasSubstr("second"));
    EXPECT_THAT(seen, Not(HasSubstr("first")));
    EXPECT_THAT(seen, Not(HasSubstr("reset")));
}

TEST_F(LiveEntities, AFilterAsksWhatTheySayOfThemselves) {
    RawClient client = listening(
        "set=Things&$filter=properties/public/depth%20gt%205%20and%20startswith(name,'deep')%20and%20id%20lt%209");
    make_thing("deep and shallow", R"({"public":{"depth":2}})");
    make_thing("deep", R"({"public":{"depth":7}})");
    tell();
    const auto seen = client.receive_until("\"}\n\n");
    EXPECT_THAT(seen, HasSubstr("\"deep\""));
    EXPECT_THAT(seen, Not(HasSubstr("shallow")));

    RawClient times = listening("set=HistoricalLocations&$filter=time%20gt%202026-07-05T10:30:00Z");
    const auto thing = make_thing("moves");
    const auto place = registry_->locations().create(
        {.name = "l", .description = "d", .geometry = R"({"type":"Point","coordinates":[1,2]})"});
    ASSERT_TRUE(place);
    for (const char* time : {"2026-07-05T10:00:00Z", "2026-07-05T11:00:00Z"}) {
        ASSERT_TRUE(registry_->historical_locations().create(
            {.thing = thing, .time = parse_instant(time).value(), .locations = {*place}}));
    }
    tell();
    const auto later = times.receive_until("11:00:00Z");
    EXPECT_THAT(later, HasSubstr("event: historicalLocation"));
    EXPECT_THAT(later, Not(HasSubstr("10:00:00Z")));
    for (const std::string filter : {"Datastreams/id%20eq%201", "colour%20eq%201", "name%20eq",
                                     "Datastreams/any(d:d/id%20eq%201)", "Datastreams/$count%20gt%201"}) {
        EXPECT_THAT(listen("set=Things&$filter=" + filter).receive_until("\r\n"), HasSubstr("400")) << filter;
    }
}

TEST_F(LiveEntities, MoreAtOnceThanCanBeToldIsAReset) {
    RawClient client = listening("set=Things");
    make_thing("first");
    tell();
    const std::string id = last_id_in(client.receive_until("\"}\n\n"));
    for (std::size_t i = 0; i <= told_at_once_max; ++i) {
        make_thing("one of many");
    }
    tell();
    EXPECT_EQ(client.receive_until_closed().value_or("open").find("one of many"), std::string::npos);
    EXPECT_THAT(listen("set=Things", id).receive_until("data: {}\n\n"), HasSubstr("event: reset"));
}

TEST_F(LiveEntities, OneThatIsTooLargeIsToldByItsAddressWhateverIsAsked) {
    RawClient client = listening("set=Locations&$filter=name%20eq%20'none'");
    std::string corners;
    for (int i = 0; i < 8'000; ++i) {
        corners += "[10.12345,59.12345],";
    }
    const std::string shape = R"({"type":"LineString","coordinates":[)" + corners + "[10,59]]}";
    ASSERT_TRUE(registry_->locations().create({.name = "long", .description = "d", .geometry = shape}));
    tell();
    EXPECT_THAT(client.receive_until("}\n\n"),
                HasSubstr("data: {\"@iot.id\":1,\"@iot.selfLink\":\"http://town.test/sta/v1.1/Locations(1)\"}"));
}

}  // namespace
}  // namespace bypuls::publish
