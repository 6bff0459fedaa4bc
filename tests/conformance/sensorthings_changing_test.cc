#include <fmt/format.h>
#include <gmock/gmock.h>

#include "platform/publish/sensorthings/routes/batch.h"
#include "platform/publish/sensorthings/write/data_array.h"

#include "tests/conformance/world.h"

// Changing: OGC 18-088 §10, §11, §13, §14. Each test names the requirement below
// http://www.opengis.net/spec/iot_sensing/1.1/req/.
namespace bypuls::sensorthings::conformance {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class SensorThingsChanging : public testing::Test {
protected:
    std::string at(std::string_view set, std::int64_t id) { return std::string(set) + "(" + std::to_string(id) + ")"; }
    std::size_t count(std::string_view set) { return world.list(set).size(); }

    World world;
};

// req/create-update-delete/create-entity
TEST_F(SensorThingsChanging, EntitiesAreMadeAndLinkedFromTheirPaths) {
    const auto thing = world.post("Things", {{"name", "t"}, {"description", "d"}});
    EXPECT_EQ(thing.status, 201);
    EXPECT_EQ(thing.location, world.form.root + "/" + at("Things", thing.id()));
    const auto place = world.post(
        at("Things", thing.id()) + "/Locations",
        {{"name", "l"}, {"description", "d"}, {"encodingType", "application/geo+json"}, {"location", point(1, 2)}});
    EXPECT_EQ(place.status, 201) << place.error;
    EXPECT_EQ(world.list(at("Things", thing.id()) + "/Locations").size(), 1U);
    const auto stream = world.post(at("Things", thing.id()) + "/Datastreams", datastream_body("s"));
    EXPECT_EQ(stream.status, 201) << stream.error;
    const auto seen = world.post(at("Datastreams", stream.id()) + "/Observations", {{"result", 3}});
    EXPECT_EQ(seen.status, 201) << seen.error;
    EXPECT_EQ(world.get(seen.location).body["phenomenonTime"], "2026-06-15T12:00:00Z") << "the server's time";
    EXPECT_TRUE(world.get(seen.location).body["resultTime"].is_null());
}

TEST_F(SensorThingsChanging, WhatIsMissingWrongOrUnknownIsNamed) {
    const auto why = [&](const json& body) {
        const auto heard = world.post("Things", body);
        EXPECT_EQ(heard.status, 400) << body.dump();
        return heard.error;
    };
    EXPECT_THAT(why({{"name", "t"}}), HasSubstr("'description'"));
    EXPECT_THAT(why({{"name", 5}, {"description", "d"}}), HasSubstr("'name'"));
    EXPECT_THAT(why({{"name", "t"}, {"description", "d"}, {"colour", "red"}}), HasSubstr("'colour'"));
    EXPECT_THAT(why({{"name", "t"}, {"description", "d"}, {"properties", 3}}), HasSubstr("'properties'"));
    EXPECT_THAT(world.ask(http::Method::post, "Things", "{\"name\":").error, HasSubstr("byte"));
    EXPECT_THAT(world.ask(http::Method::post, "Things", R"({"properties":{"x":1e400}})").error,
                HasSubstr("a number beyond what a double holds (1.8e308): 1e400"));
    EXPECT_THAT(world.ask(http::Method::post, "Things", std::string(70, '[') + std::string(70, ']')).error,
                HasSubstr("nested deeper than 64 levels"));
    EXPECT_EQ(count("Things"), 0U);
}

TEST_F(SensorThingsChanging, TheServiceGivesIdsWhateverTheSenderCallsAnEntity) {
    json body = whole_thing();
    body["@iot.id"] = 4711;
    body["@iot.selfLink"] = "http://elsewhere.test/v1.1/Things(4711)";
    body["Datastreams@iot.navigationLink"] = "http://elsewhere.test/v1.1/Things(4711)/Datastreams";
    const auto made = world.post("Things", body);
    ASSERT_EQ(made.status, 201) << made.error;
    EXPECT_NE(made.id(), 4711) << "what another service gave out is taken as it is, with an id of ours";
    EXPECT_EQ(world.get(made.location).body["@iot.id"], made.id());
}

// RFC 7240 §4.2
TEST_F(SensorThingsChanging, WhoeverPrefersItIsAnsweredTheEntity) {
    const Ask make{.method = http::Method::post, .path = "Things", .body = whole_thing().dump(), .wants_entity = true};
    const auto made = world.service.answer(world.form, make, world.rights);
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(json::parse(made.body), world.get(made.location).body);
    Ask change{.method = http::Method::patch, .path = "Things(1)", .body = R"({"name":"new"})"};
    EXPECT_EQ(world.service.answer(world.form, change, world.rights).body, "");
    change.wants_entity = true;
    const auto changed = world.service.answer(world.form, change, world.rights);
    EXPECT_EQ(changed.status, 200);
    EXPECT_EQ(json::parse(changed.body)["name"], "new");
}

// req/create-update-delete/link-to-existing-entities
TEST_F(SensorThingsChanging, NewEntitiesLinkToThoseThatAreThere) {
    const auto first = world.add_datastream("first");
    const auto thing = world.get(at("Datastreams", first) + "/Thing").body["@iot.id"];
    const auto sensor = world.get(at("Datastreams", first) + "/Sensor").body["@iot.id"];
    const auto property = world.get(at("Datastreams", first) + "/ObservedProperty").body["@iot.id"];
    json body = datastream_body("second");
    body["Thing"] = {{"@iot.id", thing}};
    body["Sensor"] = {{"@iot.id", sensor}};
    body["ObservedProperty"] = {{"@iot.id", property}};
    const auto made = world.post("Datastreams", body);
    ASSERT_EQ(made.status, 201) << made.error;
    EXPECT_EQ(world.get(made.location + "/Sensor").body["@iot.id"], sensor);
    EXPECT_EQ(count("Sensors"), 1U);
    body["Sensor"] = {{"@iot.id", 999}};
    EXPECT_EQ(world.post("Datastreams", body).status, 400);
}

// req/create-update-delete/deep-insert
TEST_F(SensorThingsChanging, AThingIsMadeWithAllThatStandsInside) {
    json body = whole_thing();
    body["Datastreams"][0]["Observations"] =
        json::array({{{"phenomenonTime", "2026-06-01T00:00:00Z"}, {"result", 10}},
                     {{"phenomenonTime", "2026-06-02T00:00:00Z"}, {"result", 11}}});
    const auto made = world.post("Things", body);
    ASSERT_EQ(made.status, 201) << made.error;
    EXPECT_EQ(count("Observations"), 2U);
    EXPECT_EQ(count("HistoricalLocations"), 1U);
    EXPECT_EQ(count("FeaturesOfInterest"), 1U);
}

// req/create-update-delete/deep-insert-status-code
TEST_F(SensorThingsChanging, ADeepInsertIsAnsweredWithWhatWasAskedForAndItsPlace) {
    const auto made = world.post("Things", whole_thing());
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(made.location, world.form.root + "/" + at("Things", world.list("Things").at(0)["@iot.id"]));
    const auto stream = world.post(at("Things", made.id()) + "/Datastreams", datastream_body("other"));
    EXPECT_EQ(stream.status, 201) << stream.error;
    EXPECT_EQ(world.get(stream.location).body["name"], "other") << "of the datastream, not of the sensor inside";
}

TEST_F(SensorThingsChanging, ADeepInsertWithAFaultMakesNothing) {
    json body = whole_thing();
    body["Datastreams"][0].erase("Sensor");
    EXPECT_EQ(world.post("Things", body).status, 400);
    body = whole_thing();
    body["Datastreams"][0]["Observations"] = json::array({{{"result", "warm"}}});
    EXPECT_THAT(world.post("Things", body).error, HasSubstr("result"));
    body = whole_thing();
    body.erase("Locations");
    body["Datastreams"][0]["Observations"] = json::array({{{"result", 3}}});
    EXPECT_THAT(world.post("Things", body).error, HasSubstr("FeatureOfInterest"));
    body = whole_thing();
    body["Datastreams"][0]["Observations"] = json::array({{{"phenomenonTime", "2026-06-15T12:10:01Z"}, {"result", 3}}});
    EXPECT_THAT(world.post("Things", body).error, HasSubstr("more than 10 minutes after now"));
    for (const char* set : {"Things", "Locations", "Datastreams", "Sensors", "ObservedProperties", "Observations"}) {
        EXPECT_EQ(count(set), 0U) << set;
    }
}

/// What only the registry or the way in finds wrong is told of where it stands in the body, too.
TEST_F(SensorThingsChanging, AFaultSaysWhereInTheBodyItIs) {
    json body = whole_thing();
    body["Datastreams"][0]["Sensor"]["name"] = " ";
    EXPECT_EQ(world.post("Things", body).error, "Datastreams/0: Sensor: name is empty");
    body = whole_thing();
    body["Locations"][0]["location"] = {{"type", "Circle"}};
    EXPECT_EQ(world.post("Things", body).error, "Locations/0: location is not a GeoJSON geometry or feature");
    body = whole_thing();
    body["Datastreams"][0]["Observations"] = json::array({{{"result", 1}}, {{"result", "warm"}}});
    EXPECT_THAT(world.post("Things", body).error, StartsWith("Datastreams/0: Observations/1: 'result' does not fit"));
    EXPECT_EQ(world.post("Things", {{"name", ""}, {"description", ""}}).error, "name is empty");
    EXPECT_EQ(count("Things"), 0U);
}

TEST_F(SensorThingsChanging, AMemberThatStandsTwiceIsRefused) {
    for (const char* body : {R"({"name":"a","name":"b","description":""})",
                             R"({"name":"a","description":"","properties":{"x":{"y":1,"y":2}}})"}) {
        const auto heard = world.ask(http::Method::post, "Things", body);
        EXPECT_EQ(heard.status, 400);
        EXPECT_THAT(heard.error, HasSubstr("twice"));
    }
    EXPECT_EQ(world
                  .ask(http::Method::post, "Things",
                       R"({"name":"a","description":"","properties":{"x":{"y":1},"z":{"y":1}}})")
                  .status,
              201);
}

TEST_F(SensorThingsChanging, AReferenceIsNoWayToChangeWhatItLeadsTo) {
    const auto stream = world.add_datastream();
    world.observe(stream, "2026-06-15T12:00:00Z", 1);
    const std::string sensor = at("Datastreams", stream) + "/Sensor/$ref";
    EXPECT_EQ(world.del(sensor).status, 400);
    EXPECT_THAT(world.del("Things(1)/$ref").error, HasSubstr("without /$ref"));
    EXPECT_EQ(world.patch("Things(1)/$ref", {{"name", "other"}}).status, 400);
    EXPECT_EQ(world.put(sensor, {{"name", "other"}}).status, 400);
    EXPECT_EQ(world.post(at("Datastreams", stream) + "/Observations/$ref", {{"result", 2}}).status, 400);
    EXPECT_EQ(world.del("Things/$ref?$filter=true").status, 400);
    EXPECT_EQ(world.del("Things/$count?$filter=true").status, 400);
    EXPECT_EQ(world.get("Things(1)").body["name"], "water");
    EXPECT_EQ(count("Sensors"), 1U);
    EXPECT_EQ(count("Observations"), 1U);
}

// req/create-update-delete/link-to-existing-entities
TEST_F(SensorThingsChanging, AFeatureThatIsNotThereCannotBeLinkedTo) {
    const auto stream = world.add_datastream();
    const auto id = world.observe(stream, "2026-06-15T12:00:00Z", 1);
    const json nowhere = {{"@iot.id", 99}};
    const std::string rows = at("Datastreams", stream) + "/Observations";
    EXPECT_EQ(world.post(rows, {{"result", 2}, {"FeatureOfInterest", nowhere}}).status, 400);
    EXPECT_THAT(world.patch(at("Observations", id), {{"FeatureOfInterest", nowhere}}).error,
                HasSubstr("there is no FeatureOfInterest 99"));
    const auto known = world.list("FeaturesOfInterest").front()["@iot.id"];
    const auto heard =
        world.ask(http::Method::post, "CreateObservations",
                  json::array({{{"Datastream", {{"@iot.id", stream}}},
                                {"components", {"phenomenonTime", "result", "FeatureOfInterest/id"}},
                                {"dataArray", {{"2026-06-01T00:00:00Z", 2, 99}, {"2026-06-02T00:00:00Z", 3, known}}}}})
                      .dump());
    ASSERT_EQ(heard.body.size(), 2U) << heard.error;
    EXPECT_THAT(heard.body[0].get<std::string>(), HasSubstr("there is no FeatureOfInterest 99"));
    EXPECT_EQ(world.get(heard.body[1].get<std::string>()).body["result"], 3);
    EXPECT_EQ(count("Observations"), 2U);
}

TEST_F(SensorThingsChanging, AMoveThatIsRefusedLeavesTheObservationUnderItsId) {
    const auto stream = world.add_datastream();
    const auto id = world.observe(stream, "2026-06-01T00:00:00Z", 8);
    EXPECT_EQ(world.patch(at("Observations", id), {{"phenomenonTime", "2099-01-01T00:00:00Z"}}).status, 400);
    world.sink.refuses = Error{Errc::exhausted, "the disk is full"};
    EXPECT_EQ(world.patch(at("Observations", id), {{"phenomenonTime", "2026-05-01T00:00:00Z"}}).status, 503);
    world.sink.refuses.reset();
    EXPECT_EQ(world.get(at("Observations", id)).body["phenomenonTime"], "2026-06-01T00:00:00Z");
    EXPECT_EQ(world.all_ids("Observations"), std::vector{id});
}

TEST_F(SensorThingsChanging, TheMomentThatAnObservationWasMovedFromIsFreeWhenItIsGone) {
    const auto stream = world.add_datastream();
    const std::string rows = at("Datastreams", stream) + "/Observations";
    const json first{{"phenomenonTime", "2026-06-01T00:00:00Z"}, {"result", 1}};
    const auto id = world.observe(stream, "2026-06-01T00:00:00Z", 8);
    ASSERT_EQ(world.patch(at("Observations", id), {{"phenomenonTime", "2026-05-01T00:00:00Z"}}).status, 200);
    const auto taken = world.post(rows, first);
    EXPECT_EQ(taken.status, 409);
    EXPECT_THAT(taken.error, HasSubstr("moved to 2026-05-01T00:00:00Z"));
    ASSERT_EQ(world.del(at("Observations", id)).status, 200);
    const auto made = world.post(rows, first);
    ASSERT_EQ(made.status, 201) << made.error;
    EXPECT_EQ(world.get(made.location).body["result"], 1);
}

// req/create-update-delete/create-entity: FeatureOfInterest generated from the Thing's Location
TEST_F(SensorThingsChanging, AFeatureIsMadeFromWhereTheThingIs) {
    const auto stream = world.add_datastream();
    const auto first = world.observe(stream, "2026-06-15T12:00:00Z", 1);
    const auto second = world.observe(stream, "2026-06-15T12:00:01Z", 2);
    const auto feature = world.get(at("Observations", first) + "/FeatureOfInterest").body;
    EXPECT_EQ(world.get(at("Observations", second) + "/FeatureOfInterest").body["@iot.id"], feature["@iot.id"]);
    EXPECT_EQ(feature["feature"], point(10.2, 59.7));
    EXPECT_EQ(count("FeaturesOfInterest"), 1U);
}

// req/create-update-delete/historical-location-auto-creation
TEST_F(SensorThingsChanging, AMoveMakesAHistoricalLocation) {
    const auto thing = world.post("Things", whole_thing());
    world.clock.advance(std::chrono::hours{1});
    const auto place = world.post(
        "Locations",
        {{"name", "l"}, {"description", "d"}, {"encodingType", "application/geo+json"}, {"location", point(1, 2)}});
    EXPECT_EQ(world.patch(at("Things", thing.id()), {{"Locations", {{{"@iot.id", place.id()}}}}}).status, 200);
    EXPECT_EQ(world.list(at("Things", thing.id()) + "/HistoricalLocations").size(), 2U);
    EXPECT_EQ(world.list(at("Things", thing.id()) + "/Locations").at(0)["@iot.id"], place.id());
}

// req/create-update-delete/historical-location-manual-creation
TEST_F(SensorThingsChanging, AnEarlierPlaceIsTold) {
    const auto thing = world.post("Things", whole_thing());
    const auto place = world.list("Locations").at(0)["@iot.id"];
    const auto made = world.post("HistoricalLocations", {{"time", "2020-01-01T00:00:00Z"},
                                                         {"Thing", {{"@iot.id", thing.id()}}},
                                                         {"Locations", {{{"@iot.id", place}}}}});
    ASSERT_EQ(made.status, 201) << made.error;
    EXPECT_EQ(world.get(made.location).body["time"], "2020-01-01T00:00:00Z");
    EXPECT_EQ(world.patch(made.location, {{"time", "2019-01-01T00:00:00Z"}}).status, 200);
    EXPECT_EQ(world.get(made.location).body["time"], "2019-01-01T00:00:00Z");
}

// req/create-update-delete/update-entity
TEST_F(SensorThingsChanging, APatchChangesWhatItNames) {
    const auto thing = world.post("Things", whole_thing());
    EXPECT_EQ(world.patch(thing.location, {{"description", "patched"}}).status, 200);
    const auto after = world.get(thing.location).body;
    EXPECT_EQ(after["description"], "patched");
    EXPECT_EQ(after["name"], "Landfalltjern");
    EXPECT_EQ(after["properties"]["depth"], 7);
    EXPECT_EQ(world.patch(thing.location, {{"Datastreams", json::array({datastream_body("inline")})}}).status, 400);
    EXPECT_EQ(world.patch("Things(999)", {{"name", "x"}}).status, 404);
}

// req/create-update-delete/update-entity-put
TEST_F(SensorThingsChanging, APutReplacesAll) {
    const auto thing = world.post("Things", whole_thing());
    EXPECT_EQ(world.put(thing.location, {{"name", "n"}}).status, 400) << "a mandatory property is missing";
    EXPECT_EQ(world.put(thing.location, {{"name", "n"}, {"description", "d"}}).status, 200);
    const auto after = world.get(thing.location).body;
    EXPECT_EQ(after["name"], "n");
    EXPECT_FALSE(after.contains("properties"));
    EXPECT_EQ(world.list(thing.location + "/Datastreams").size(), 1U) << "relations stay";
}

// req/create-update-delete/update-entity-jsonpatch
TEST_F(SensorThingsChanging, AJsonPatchIsAppliedWholeOrNotAtAll) {
    const auto thing = world.post("Things", whole_thing());
    const auto patch = [&](const json& operations) {
        return world.ask(http::Method::patch, thing.location, operations.dump(), "application/json-patch+json").status;
    };
    EXPECT_EQ(patch(json::parse(R"([{"op":"test","path":"/properties/depth","value":7},
                                    {"op":"replace","path":"/properties/depth","value":8},
                                    {"op":"add","path":"/properties/fish","value":["perch"]}])")),
              200);
    EXPECT_EQ(world.get(thing.location).body["properties"]["depth"], 8);
    EXPECT_EQ(patch(json::parse(R"([{"op":"remove","path":"/properties/fish"},
                                    {"op":"test","path":"/name","value":"another"}])")),
              400);
    EXPECT_EQ(world.get(thing.location).body["properties"]["fish"][0], "perch");
    const auto why = [&](std::string_view operations) {
        return world.ask(http::Method::patch, thing.location, std::string(operations), "application/json-patch+json")
            .error;
    };
    EXPECT_EQ(why(R"([{"op":"remove","path":"/properties/fish"},{"op":"test","path":"/name","value":"x"}])"),
              "the patch is not applied: operation 2, test of '/name', does not hold");
    EXPECT_EQ(why(R"([{"op":"remove","path":"/properties/birds"}])"),
              "the patch is not applied: operation 1, remove of '/properties/birds', leads to what is not there");
    EXPECT_THAT(why(R"([{"op":"invent","path":"/name"}])"), HasSubstr("operation 1, invent of '/name', is none"));
    EXPECT_THAT(why(R"({"op":"remove"})"), HasSubstr("a JSON Patch is a list"));
}

// req/create-update-delete/update-entity: of an Observation
TEST_F(SensorThingsChanging, AnObservationIsCorrectedAndMovedInTimeUnderItsId) {
    const auto stream = world.add_datastream();
    const auto id = world.observe(stream, "2026-06-01T00:40:00Z", 8);
    const auto other = world.observe(stream, "2026-06-02T00:40:00Z", 9);
    EXPECT_EQ(world.patch(at("Observations", id), {{"result", 8.5}}).status, 200);
    EXPECT_EQ(world.get(at("Observations", id)).body["result"], 8.5);
    EXPECT_EQ(world.patch(at("Observations", id), {{"phenomenonTime", "2026-05-01T00:40:00Z"}}).status, 200);
    const auto moved = world.get(at("Observations", id)).body;
    EXPECT_EQ(moved["phenomenonTime"], "2026-05-01T00:40:00Z");
    EXPECT_EQ(moved["result"], 8.5);
    EXPECT_EQ(moved["@iot.id"], id);
    EXPECT_EQ(world.all_ids("Observations"), (std::vector<std::int64_t>{id, other}));
    EXPECT_EQ(world.patch(at("Observations", id), {{"phenomenonTime", "2026-06-02T00:40:00Z"}}).status, 409);
    EXPECT_EQ(world.put(at("Observations", id), {{"result", 7}, {"phenomenonTime", "2026-04-01T00:00:00Z"}}).status,
              200);
    EXPECT_EQ(world.get(at("Observations", id)).body["result"], 7);
    EXPECT_EQ(world.del(at("Observations", id)).status, 200);
    EXPECT_EQ(world.get(at("Observations", id)).status, 404);
    EXPECT_EQ(count("Observations"), 1U);
}

// req/create-update-delete/delete-entity
TEST_F(SensorThingsChanging, DeletingTakesWhatCannotBeWithoutIt) {
    const auto stream = world.add_datastream();
    world.observe(stream, "2026-06-01T00:00:00Z", 8);
    const auto thing = world.get(at("Datastreams", stream) + "/Thing").body["@iot.selfLink"].get<std::string>();
    EXPECT_EQ(world.del(thing).status, 200);
    EXPECT_EQ(world.get(thing).status, 404);
    EXPECT_EQ(count("Datastreams"), 0U);
    EXPECT_EQ(count("Observations"), 0U);
    EXPECT_EQ(count("HistoricalLocations"), 0U);
    EXPECT_EQ(count("Locations"), 1U) << "a place is there without things";
    EXPECT_EQ(world.store->count(observations::DatastreamId{stream}), 0U);
    EXPECT_EQ(world.del(thing).status, 404);
}

TEST_F(SensorThingsChanging, AFeatureGoesWithItsObservationsAndNoOthers) {
    const auto stream = world.add_datastream();
    world.observe(stream, "2026-06-01T00:00:00Z", 8);
    const json feature{
        {"name", "f"}, {"description", "f"}, {"encodingType", "application/geo+json"}, {"feature", point(1, 2)}};
    const auto named =
        world.post(at("Datastreams", stream) + "/Observations",
                   {{"phenomenonTime", "2026-06-02T00:00:00Z"}, {"result", 9}, {"FeatureOfInterest", feature}});
    ASSERT_EQ(named.status, 201) << named.error;
    const auto link = world.get(named.location + "/FeatureOfInterest").body["@iot.selfLink"].get<std::string>();
    EXPECT_EQ(world.list(link + "/Observations").size(), 1U);
    EXPECT_EQ(world.del(link).status, 200);
    EXPECT_EQ(world.get(named.location).status, 404);
    EXPECT_EQ(count("Observations"), 1U);
}

TEST_F(SensorThingsChanging, ManyAreDeletedByAFilterOnly) {
    const auto stream = world.add_datastream();
    for (int day = 1; day < 6; ++day) {
        world.observe(stream, "2026-06-0" + std::to_string(day) + "T00:00:00Z", day);
    }
    EXPECT_EQ(world.del("Observations").status, 400);
    for (const char* option : {"$top=1", "$skip=1", "$orderby=result", "$count=true", "$select=result"}) {
        EXPECT_EQ(world.del(fmt::format("Observations?$filter=result gt 3&{}", option)).status, 400) << option;
    }
    EXPECT_EQ(world.del("Observations?$filter=result gt 3").body["deleted"], 2);
    EXPECT_EQ(count("Observations"), 3U);
    EXPECT_EQ(world.del("Things?$filter=name eq 'water'").body["deleted"], 1);
    EXPECT_EQ(count("Things"), 0U);
}

// req/data-array/data-array: creating
TEST_F(SensorThingsChanging, CreateObservationsAnswersForEachRow) {
    const auto stream = world.add_datastream();
    const auto heard = world.ask(http::Method::post, "CreateObservations",
                                 json::array({{{"Datastream", {{"@iot.id", stream}}},
                                               {"components", {"phenomenonTime", "result", "parameters"}},
                                               {"dataArray@iot.count", 3},
                                               {"dataArray",
                                                {{"2026-06-01T00:00:00Z", 1.5, nullptr},
                                                 {"yesterday", 2, nullptr},
                                                 {"2026-06-02T00:00:00Z", 3, {{"depth_m", 1}}}}}}})
                                     .dump());
    ASSERT_EQ(heard.status, 201) << heard.error;
    ASSERT_EQ(heard.body.size(), 3U);
    EXPECT_EQ(world.get(heard.body[0].get<std::string>()).body["result"], 1.5);
    EXPECT_THAT(heard.body[1].get<std::string>(), testing::StartsWith("error"));
    EXPECT_EQ(world.get(heard.body[2].get<std::string>()).body["parameters"]["depth_m"], 1);
    EXPECT_EQ(count("Observations"), 2U);
    EXPECT_EQ(world.ask(http::Method::post, "CreateObservations", "{}").status, 400);
}

TEST_F(SensorThingsChanging, MoreRowsThanOneCreateObservationsTakesAreRefusedTogether) {
    const auto stream = world.add_datastream();
    std::string rows;
    for (std::size_t row = 0; row < array_rows_max; ++row) {
        rows += "[0],";
    }
    const auto post = [&](const std::string& all) {
        return world.ask(http::Method::post, "CreateObservations",
                         fmt::format(R"([{{"Datastream":{{"@iot.id":{}}},"components":["result"],"dataArray":[{}]}}])",
                                     stream, all));
    };
    const auto refused = post(rows + "[0]");
    EXPECT_EQ(refused.status, 413) << "sent again it is too much again, so it is no 503";
    EXPECT_THAT(refused.error, HasSubstr("at most 100000 rows"));
    EXPECT_EQ(count("Observations"), 0U);
    rows.pop_back();
    EXPECT_EQ(post(rows).body.size(), array_rows_max);
}

// req/batch-request/batch-request
TEST_F(SensorThingsChanging, AMultipartBatchHoldsRequestsAndChangeSets) {
    const std::string type = "multipart/mixed; boundary=b";
    const std::string text =
        "--b\r\nContent-Type: application/http\r\n\r\nGET Things?$count=true HTTP/1.1\r\n\r\n\r\n"
        "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
        "--c\r\nContent-Type: application/http\r\nContent-ID: 1\r\n\r\n"
        "POST Things HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{\"name\":\"n\",\"description\":\"d\"}\r\n"
        "--c\r\nContent-Type: application/http\r\nContent-ID: 2\r\n\r\n"
        "POST $1/Datastreams HTTP/1.1\r\nContent-Type: application/json\r\n\r\n" +
        datastream_body("in a set").dump() + "\r\n--c--\r\n--b--\r\n";
    const auto groups = batch::parse_multipart(text, type, "/sta/v1.1").value();
    ASSERT_EQ(groups.size(), 2U);
    EXPECT_FALSE(groups[0].together);
    EXPECT_EQ(world.service.answer(world.form, groups[0].parts[0].ask, world.rights).status, 200);
    ASSERT_TRUE(groups[1].together);
    std::vector<Service::Member> members;
    for (const auto& part : groups[1].parts) {
        members.push_back({part.ask, part.id});
    }
    const auto replies = world.service.change_together(world.form, members, world.rights);
    ASSERT_EQ(replies.size(), 2U) << (replies[0].error ? replies[0].error->what : "");
    EXPECT_EQ(replies[0].status, 201);
    EXPECT_EQ(world.list(replies[0].location + "/Datastreams").at(0)["name"], "in a set");
    const auto rendered = batch::render_multipart({{groups[1], replies}}, "r");
    EXPECT_THAT(rendered, HasSubstr("HTTP/1.1 201 Created\r\nLocation: " + replies[0].location));
}

TEST_F(SensorThingsChanging, AChangeSetIsMadeWholeOrNotAtAll) {
    const auto groups = batch::parse_json(
        R"({"requests":[{"id":"1","atomicityGroup":"g","method":"post","url":"Things","body":{"name":"n","description":"d"}},
                        {"id":"2","atomicityGroup":"g","method":"post","url":"Things","body":{"name":"n"}},
                        {"id":"3","method":"get","url":"/sta/v1.1/Things?$top=1"}]})",
        "/sta/v1.1");
    ASSERT_TRUE(groups) << groups.error();
    ASSERT_EQ(groups->size(), 2U);
    std::vector<Service::Member> members;
    for (const auto& part : (*groups)[0].parts) {
        members.push_back({part.ask, part.id});
    }
    const auto replies = world.service.change_together(world.form, members, world.rights);
    ASSERT_EQ(replies.size(), 1U);
    EXPECT_THAT(replies[0].error->what, HasSubstr("'description'"));
    members[1].ask.body = R"({"name":"n","description":"d","Locations":[{"name":"","description":"",
        "encodingType":"application/geo+json","location":{"type":"Point","coordinates":[10,59]}}]})";
    const auto later = world.service.change_together(world.form, members, world.rights);
    ASSERT_EQ(later.size(), 1U);
    EXPECT_EQ(later[0].error->what, "part 2: Locations/0: name is empty") << "found when all is made";
    EXPECT_EQ(count("Things"), 0U);
    EXPECT_EQ((*groups)[1].parts[0].ask.path, "Things");
}

TEST_F(SensorThingsChanging, ADatastreamOfNumbersBecomesOneOfAnything) {
    const auto stream = world.add_datastream();
    const auto id = world.observe(stream, "2026-06-01T00:00:00Z", 8);
    EXPECT_EQ(world.patch(at("Datastreams", stream), {{"observationType", om("OM_TruthObservation")}}).status, 409);
    EXPECT_EQ(world.patch(at("Datastreams", stream), {{"observationType", om("OM_Observation")}}).status, 200);
    EXPECT_EQ(world.get(at("Observations", id)).body["result"], 8);
    EXPECT_EQ(world.put(at("Observations", id), {{"result", "99"}, {"phenomenonTime", "2026-06-02T00:00:00Z"}}).status,
              200);
    EXPECT_EQ(world.get(at("Observations", id)).body["result"], "99");
}

TEST_F(SensorThingsChanging, AnyJsonIsAResultOfAnOmObservation) {
    const auto stream = world.add_datastream("any", "OM_Observation");
    int second = 0;
    for (const json& result : {json(1), json(1.23), json(true), json("fourty two"), json{{"a", 1}}, json{1, "b"}}) {
        const auto id = world.observe(stream, "2026-06-01T00:00:0" + std::to_string(second++) + "Z", result);
        EXPECT_EQ(world.get(at("Observations", id)).body["result"], result);
    }
    EXPECT_EQ(world.list("Observations?$filter=result eq 'fourty two'").size(), 1U);
    EXPECT_EQ(world.list("Observations?$filter=result lt 1.2").size(), 1U);
    EXPECT_EQ(world.list("Observations?$filter=result/a eq 1").size(), 1U);
}

}  // namespace
}  // namespace bypuls::sensorthings::conformance
