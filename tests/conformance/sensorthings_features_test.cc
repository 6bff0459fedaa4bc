#include <gmock/gmock.h>

#include "core/time/iso8601.h"

#include "tests/conformance/world.h"

// What observations are about that name no FeatureOfInterest, and what is told later of where their things were: OGC
// 18-088 §8.2.3, §8.2.8, §10.2.1.3, table 24.
namespace bypuls::sensorthings::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SensorThingsFeatures : public testing::Test {
protected:
    SensorThingsFeatures() {
        stream = world.add_datastream();
        thing = world.list("Things").at(0)["@iot.id"];
        shore = world.list("Locations").at(0)["@iot.id"];
        pier = world
                   .post("Locations", {{"name", "pier"},
                                       {"description", "d"},
                                       {"encodingType", "application/geo+json"},
                                       {"location", point(11, 60)}})
                   .id();
    }
    static std::string at(std::string_view set, std::int64_t id) {
        return std::string(set) + "(" + std::to_string(id) + ")";
    }
    std::int64_t observe(const std::string& time) { return world.observe(stream, "2026-06-15T" + time + ":00Z", 4); }
    json was_there(const std::string& time, std::int64_t location) {
        return {{"time", "2026-06-15T" + time + ":00Z"},
                {"Thing", {{"@iot.id", thing}}},
                {"Locations", {{{"@iot.id", location}}}}};
    }
    /// The one feature that an observation is about, by whichever way it is asked for.
    std::int64_t about(std::int64_t observation) {
        const auto there = world.get(at("Observations", observation) + "/FeatureOfInterest");
        EXPECT_EQ(there.status, 200) << there.error;
        const auto expanded = world.get(at("Observations", observation) + "?$expand=FeatureOfInterest").body;
        if (there.status != 200 || !expanded.contains("FeatureOfInterest")) {
            ADD_FAILURE() << expanded.dump();
            return 0;
        }
        EXPECT_EQ(expanded["FeatureOfInterest"], there.body);
        const auto feature = there.body["@iot.id"].get<std::int64_t>();
        for (const auto& [address, why] : std::vector<std::pair<std::string, std::string>>{
                 {at("FeaturesOfInterest", feature) + "/Observations", "back"},
                 {"Observations?$filter=FeatureOfInterest/id eq " + std::to_string(feature), "filtered"}}) {
            EXPECT_THAT(world.all_ids(address), testing::Contains(observation)) << why;
        }
        return feature;
    }
    json area() { return world.get(at("Datastreams", stream)).body["observedArea"]; }

    World world;
    std::int64_t stream = 0;
    std::int64_t thing = 0;
    std::int64_t shore = 0;
    std::int64_t pier = 0;
};

// req/datamodel/feature-of-interest/relations: whatever becomes of the Location that it was made from
TEST_F(SensorThingsFeatures, ADeletedLocationLeavesItsFeatureToWhatWasObservedThere) {
    const auto first = observe("12:00");
    const auto feature = about(first);
    const json before = area();
    ASSERT_FALSE(before.is_null());

    EXPECT_EQ(world.del(at("Locations", shore)).status, 200);

    EXPECT_TRUE(world.list("HistoricalLocations").empty());
    EXPECT_EQ(about(first), feature);
    EXPECT_EQ(area(), before);
    EXPECT_THAT(world
                    .post(at("Datastreams", stream) + "/Observations",
                          {{"phenomenonTime", "2026-06-15T12:01:00Z"}, {"result", 4}})
                    .error,
                HasSubstr("'FeatureOfInterest'"));

    world.clock.advance(std::chrono::minutes{5});
    EXPECT_EQ(world.patch(at("Things", thing), {{"Locations", {{{"@iot.id", pier}}}}}).status, 200);
    const auto second = observe("12:05");
    EXPECT_NE(about(second), feature);
    EXPECT_EQ(about(first), feature);
    EXPECT_EQ(world.get(at("Observations", second) + "/FeatureOfInterest").body["feature"], point(11, 60));

    EXPECT_EQ(world.del(at("FeaturesOfInterest", feature)).status, 200);
    EXPECT_THAT(world.all_ids("Observations"), ElementsAre(second)) << "what was about it goes with it";
}

// req/create-update-delete/historical-location-manual-creation: what was observed before it was told stays as it was
TEST_F(SensorThingsFeatures, AnEarlierPlaceToldLaterIsThatOfWhatIsObservedFromThenOn) {
    const auto first = observe("11:30");
    const auto feature = about(first);

    ASSERT_EQ(world.post("HistoricalLocations", was_there("11:00", pier)).status, 201);

    EXPECT_EQ(about(first), feature);
    const auto second = observe("11:45");
    EXPECT_EQ(world.get(at("Observations", second) + "/FeatureOfInterest").body["name"], "pier");
    EXPECT_EQ(about(first), feature);
    EXPECT_EQ(world.list("Observations?$filter=FeatureOfInterest/name eq 'pier'").size(), 1U);
    EXPECT_EQ(about(observe("12:00")), feature);
}

TEST_F(SensorThingsFeatures, AHistoricalLocationThatIsChangedOrDeletedLeavesWhatWasObserved) {
    const auto earlier = world.post("HistoricalLocations", was_there("11:00", pier));
    ASSERT_EQ(earlier.status, 201) << earlier.error;
    const auto first = observe("11:30");
    const auto there = about(first);
    const auto second = observe("12:00");
    const auto here = about(second);

    EXPECT_EQ(world.patch(earlier.location, {{"time", "2026-06-15T11:45:00Z"}}).status, 200);
    EXPECT_EQ(about(first), there);
    EXPECT_EQ(world.patch(earlier.location, {{"Locations", {{{"@iot.id", shore}}}}}).status, 200);
    EXPECT_EQ(about(first), there);
    for (const auto& one : world.list("HistoricalLocations")) {
        EXPECT_EQ(world.del(at("HistoricalLocations", one["@iot.id"])).status, 200);
        EXPECT_EQ(about(first), there);
        EXPECT_EQ(about(second), here);
    }
    EXPECT_EQ(world.list("Observations?$orderby=FeatureOfInterest/id").size(), 2U);
}

// req/datamodel/historical-location/relations: one or more Locations
TEST_F(SensorThingsFeatures, AHistoricalLocationNeedsALocation) {
    const auto refused = [&](const Heard& heard) {
        EXPECT_EQ(heard.status, 400);
        EXPECT_THAT(heard.error, HasSubstr("'Locations' is needed"));
    };
    const auto before = world.list("HistoricalLocations");
    json nowhere = was_there("11:00", pier);
    nowhere["Locations"] = json::array();
    refused(world.post("HistoricalLocations", nowhere));
    nowhere.erase("Locations");
    refused(world.post("HistoricalLocations", nowhere));
    nowhere.erase("Thing");
    refused(world.post(at("Things", thing) + "/HistoricalLocations", nowhere));
    const auto deep =
        world.post("Things", {{"name", "t"}, {"description", "d"}, {"HistoricalLocations", json::array({nowhere})}});
    refused(deep);
    EXPECT_THAT(deep.error, HasSubstr("HistoricalLocations/0"));
    const std::string known = at("HistoricalLocations", before.at(0)["@iot.id"]);
    for (const auto& emptied : {world.patch(known, {{"Locations", json::array()}}),
                                world.put(known, {{"time", "2026-06-15T11:00:00Z"}, {"Locations", json::array()}})}) {
        EXPECT_EQ(emptied.status, 400);
        EXPECT_THAT(emptied.error, HasSubstr("'Locations' is empty"));
    }
    EXPECT_EQ(world.list("HistoricalLocations"), before);
    EXPECT_EQ(world.list("Things").size(), 1U);

    nowhere["Thing"] = {{"@iot.id", thing}};
    EXPECT_EQ(world.post(at("Locations", pier) + "/HistoricalLocations", nowhere).status, 201)
        << "the path names the Location";
    EXPECT_EQ(world.put(known, {{"time", "2026-06-15T12:00:00Z"}}).status, 200) << "it keeps those it has";
}

TEST_F(SensorThingsFeatures, WhatIsObservedWhereTheThingWasNowhereNeedsAFeature) {
    // No client can say so any more.
    ASSERT_TRUE(world.registry->move({thing}, {}, parse_instant("2026-06-15T10:00:00Z").value()));
    const std::string rows = at("Datastreams", stream) + "/Observations";
    const auto made = world.list("FeaturesOfInterest").size();
    for (const char* time : {"2026-06-15T11:00:00Z", "2026-06-15T09:00:00Z"}) {
        json body{{"phenomenonTime", time}, {"result", 4}};
        const auto refused = world.post(rows, body);
        EXPECT_EQ(refused.status, 400);
        EXPECT_THAT(refused.error, HasSubstr(std::string("had no Location at ") + time));
        EXPECT_TRUE(world.list(rows).empty());
        EXPECT_EQ(world.list("FeaturesOfInterest").size(), made);
    }
    const json named{
        {"name", "f"}, {"description", "f"}, {"encodingType", "application/geo+json"}, {"feature", point(1, 2)}};
    EXPECT_EQ(
        world.post(rows, {{"phenomenonTime", "2026-06-15T11:00:00Z"}, {"result", 4}, {"FeatureOfInterest", named}})
            .status,
        201);
    EXPECT_EQ(world.get(at("Observations", observe("12:00")) + "/FeatureOfInterest").body["feature"],
              point(10.2, 59.7));
}

}  // namespace
}  // namespace bypuls::sensorthings::conformance
