#include <chrono>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/time/iso8601.h"

#include "tests/conformance/world.h"

// Pages: OGC 18-088 §9.3.3.2 to §9.3.3.4 and §9.3.3.7. Each test names the requirement below
// http://www.opengis.net/spec/iot_sensing/1.1/req/ and holds each sentence of it.
namespace bypuls::sensorthings::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int page_max = 10'000;
constexpr int page_default = 100;

class SensorThingsPaging : public testing::Test {
protected:
    SensorThingsPaging() {
        datastream = world.add_datastream("water");
        world.add_datastream("air");
        for (int hour = 0; hour < 5; ++hour) {
            world.observe(datastream, fmt::format("2026-06-15T0{}:00:00Z", hour), 10 + hour);
        }
    }

    /// Readings of the second datastream, one a second, with 0, 1, 2 … for results.
    std::string observe_many(int count) {
        const std::string stream = world.list("Datastreams?$filter=name eq 'air'").at(0).at("@iot.selfLink");
        json rows = json::array();
        const Instant begin = parse_instant("2026-06-14T00:00:00Z").value();
        for (int i = 0; i < count; ++i) {
            rows.push_back({format_instant(begin + std::chrono::seconds{i}), i});
        }
        const Heard made =
            world.post("CreateObservations", {{{"Datastream", {{"@iot.selfLink", stream}, {"@iot.id", id_in(stream)}}},
                                               {"components", {"phenomenonTime", "result"}},
                                               {"dataArray", std::move(rows)}}});
        EXPECT_EQ(made.status, 201) << made.error;
        return stream + "/Observations";
    }
    static std::int64_t id_in(const std::string& link) { return std::stoll(link.substr(link.rfind('(') + 1)); }

    std::vector<int> results(const std::string& address) {
        std::vector<int> found;
        for (const json& one : world.list(address)) {
            found.push_back(one.at("result").get<int>());
        }
        return found;
    }
    bool goes_on(const std::string& address) { return world.get(address).body.contains("@iot.nextLink"); }

    void expect_refused(std::string_view option, std::initializer_list<const char*> values) {
        for (const char* value : values) {
            const Heard heard = world.get(fmt::format("Observations?{}={}", option, value));
            EXPECT_EQ(heard.status, 400) << option << "=" << value;
            EXPECT_THAT(heard.error, testing::HasSubstr(std::string(option))) << value;
        }
    }

    World world;
    std::int64_t datastream = 0;
};

// req/request-data/top
TEST_F(SensorThingsPaging, TopGivesSoManyAndNeverMore) {
    EXPECT_THAT(results("Observations?$top=2"), ElementsAre(10, 11));
    EXPECT_THAT(results("Observations?$top=9"), ElementsAre(10, 11, 12, 13, 14)) << "what there is";
    EXPECT_THAT(results("Observations?$top=0"), IsEmpty());
    EXPECT_THAT(results("Observations?$top=2&$orderby=result desc"), ElementsAre(14, 13));
    EXPECT_EQ(world.list("Things?$top=1"), world.list("Things?$top=1")) << "a stable order where none was asked for";
    EXPECT_EQ(world.list("Things?$top=1").at(0), world.list("Things").at(0));
    expect_refused("$top", {"-1", "1.5", "two", ""});
    // Beyond what one answer may hold the service's own limit counts.
    const std::string many = observe_many(page_max + 1);
    const Heard first = world.get(many + "?$top=20000&$select=result");
    EXPECT_THAT(first.body["value"], SizeIs(page_max));
    const Heard last = world.get(first.body["@iot.nextLink"].get<std::string>());
    EXPECT_EQ(last.body["value"], (json{{{"result", page_max}}}));
}

// req/request-data/skip
TEST_F(SensorThingsPaging, SkipBeginsBehindSoMany) {
    EXPECT_THAT(results("Observations?$skip=3"), ElementsAre(13, 14));
    EXPECT_THAT(results("Observations?$skip=0"), SizeIs(5));
    EXPECT_THAT(results("Observations?$skip=5"), IsEmpty());
    EXPECT_THAT(results("Observations?$skip=99"), IsEmpty());
    EXPECT_THAT(results("Observations?$skip=1&$orderby=result desc"), ElementsAre(13, 12, 11, 10));
    EXPECT_THAT(results("Observations?$skip=1&$top=2"), ElementsAre(11, 12));
    EXPECT_THAT(results("Observations?$top=2&$skip=1"), ElementsAre(11, 12)) << "skipped first, whatever stands first";
    EXPECT_EQ(world.list("Things?$skip=1").at(0), world.list("Things").at(1)) << "of a stable order";
    const Heard page = world.get("Observations?$top=2&$skip=1");
    EXPECT_THAT(results(page.body["@iot.nextLink"]), ElementsAre(13, 14)) << "skipped once, not on each page";
    expect_refused("$skip", {"-1", "1.5", "two", ""});
}

// req/request-data/count
TEST_F(SensorThingsPaging, CountTellsHowManyThereAreOnAllPages) {
    const auto count = [&](const std::string& query) { return world.get(query).body.value("@iot.count", -1); };
    EXPECT_EQ(count("Observations?$count=true"), 5);
    EXPECT_EQ(count("Observations?$count=true&$top=2&$skip=1"), 5) << "whatever is cut off";
    EXPECT_EQ(count("Observations?$count=true&$top=0"), 5);
    EXPECT_EQ(count("Observations?$count=true&$skip=99"), 5);
    EXPECT_EQ(count("Observations?$count=true&$filter=result gt 12"), 2) << "of what the filter leaves";
    EXPECT_EQ(count("Things?$count=true&$expand=Datastreams"), 2) << "not of what is inside";
    EXPECT_EQ(count("Observations?$count=false"), -1);
    EXPECT_EQ(count("Observations"), -1);
    const json stream =
        world.list("Datastreams?$filter=name eq 'water'&$expand=Observations($count=true;$top=1)").at(0);
    EXPECT_EQ(stream["Observations@iot.count"], 5) << "inside an expand, of that set";
    const Heard page = world.get("Observations?$count=true&$top=2");
    EXPECT_EQ(count(page.body["@iot.nextLink"]), 5) << "on each page";
    expect_refused("$count", {"yes", "1", ""});
}

// req/request-data/pagination
TEST_F(SensorThingsPaging, APartHasALinkToTheNextAndTheLastHasNone) {
    EXPECT_TRUE(goes_on("Observations?$top=4"));
    EXPECT_FALSE(goes_on("Observations?$top=5")) << "nothing is left";
    EXPECT_FALSE(goes_on("Observations?$skip=99"));
    const std::string many = observe_many(2 * page_default + 50);
    std::vector<int> sizes;
    std::vector<int> seen;
    // The link is followed as it is: it says for itself what was asked for.
    std::string next = many + "?$select=result&$filter=result ge 10&$orderby=result desc";
    while (!next.empty()) {
        const Heard page = world.get(next);
        sizes.push_back(static_cast<int>(page.body["value"].size()));
        for (const json& one : page.body["value"]) {
            EXPECT_THAT(one, SizeIs(1)) << one.dump();
            seen.push_back(one["result"].get<int>());
        }
        next = page.body.value("@iot.nextLink", "");
    }
    EXPECT_THAT(sizes, ElementsAre(page_default, page_default, 40));
    std::vector<int> wanted;
    for (int result = 2 * page_default + 49; result >= 10; --result) {
        wanted.push_back(result);
    }
    EXPECT_EQ(seen, wanted);
}

}  // namespace
}  // namespace bypuls::sensorthings::conformance
