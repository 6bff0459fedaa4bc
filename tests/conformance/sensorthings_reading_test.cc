#include <gmock/gmock.h>

#include "core/time/iso8601.h"

#include "tests/conformance/world.h"

// Reading: OGC 18-088 §8, §9. Each test names the requirement below http://www.opengis.net/spec/iot_sensing/1.1/req/.
namespace bypuls::sensorthings::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SensorThingsReading : public testing::Test {
protected:
    SensorThingsReading() {
        datastream = world.add_datastream("water");
        thing = world.get("Datastreams(" + std::to_string(datastream) + ")/Thing").body["@iot.id"].get<std::int64_t>();
        for (int hour = 0; hour < 5; ++hour) {
            world.observe(datastream, "2026-06-15T0" + std::to_string(hour) + ":00:00Z", 10 + hour);
        }
    }

    std::string at(std::string_view set, std::int64_t id) { return std::string(set) + "(" + std::to_string(id) + ")"; }

    void expect_members(const json& entity, std::initializer_list<const char*> names) {
        for (const char* name : names) {
            EXPECT_TRUE(entity.contains(name)) << name << " in " << entity.dump();
        }
    }

    World world;
    std::int64_t datastream = 0;
    std::int64_t thing = 0;
};

// req/datamodel/entity-control-information/common-control-information
TEST_F(SensorThingsReading, EntitiesHaveControlInformation) {
    const auto one = world.get(at("Things", thing));
    EXPECT_EQ(one.body["@iot.id"], thing);
    EXPECT_EQ(one.body["@iot.selfLink"], world.form.root + "/" + at("Things", thing));
    EXPECT_EQ(world.get(one.body["@iot.selfLink"].get<std::string>()).body, one.body);
    for (const char* link : {"Locations", "HistoricalLocations", "Datastreams", "MultiDatastreams"}) {
        EXPECT_EQ(world.get(one.body[std::string(link) + "@iot.navigationLink"].get<std::string>()).status, 200)
            << link;
    }
}

// req/datamodel/thing/properties
// req/datamodel/thing/relations
TEST_F(SensorThingsReading, AThingHasItsPropertiesAndRelations) {
    const auto one = world.get(at("Things", thing)).body;
    EXPECT_EQ(one["name"], "water");
    EXPECT_EQ(one["description"], "a small lake");
    EXPECT_EQ(one["properties"]["owner"]["name"], "Drammen");
    // 18-088 table 2: Locations, HistoricalLocations and Datastreams, which lead back to the thing.
    const auto whole =
        world.get(at("Things", thing) + "?$expand=Locations,HistoricalLocations,Datastreams,MultiDatastreams");
    EXPECT_EQ(whole.body["Datastreams"].at(0)["@iot.id"], datastream);
    EXPECT_TRUE(whole.body["MultiDatastreams"].empty());
    for (const char* relation : {"Locations", "HistoricalLocations", "Datastreams"}) {
        const auto related = world.list(one[std::string(relation) + "@iot.navigationLink"].get<std::string>());
        ASSERT_EQ(related.size(), 1U) << relation;
        EXPECT_EQ(whole.body[relation].at(0)["@iot.id"], related[0]["@iot.id"]) << relation;
        const auto self = related[0]["@iot.selfLink"].get<std::string>();
        const auto back =
            std::string(relation) == "Locations" ? world.list(self + "/Things").at(0) : world.get(self + "/Thing").body;
        EXPECT_EQ(back["@iot.id"], thing) << relation;
    }
}

// req/datamodel/location/properties
// req/datamodel/location/relations
TEST_F(SensorThingsReading, ALocationHasItsPropertiesAndRelations) {
    const auto one = world.list(at("Things", thing) + "/Locations").at(0);
    EXPECT_EQ(one["encodingType"], "application/geo+json");
    EXPECT_EQ(one["location"], point(10.2, 59.7));
    const auto self = one["@iot.selfLink"].get<std::string>();
    EXPECT_EQ(world.list(self + "/Things").at(0)["@iot.id"], thing);
    EXPECT_EQ(world.list(self + "/HistoricalLocations").size(), 1U);
}

// req/datamodel/historical-location/properties
// req/datamodel/historical-location/relations
TEST_F(SensorThingsReading, AHistoricalLocationHasItsPropertiesAndRelations) {
    const auto one = world.list(at("Things", thing) + "/HistoricalLocations").at(0);
    EXPECT_EQ(one["time"], "2026-06-15T12:00:00Z");
    const auto self = one["@iot.selfLink"].get<std::string>();
    EXPECT_EQ(world.get(self + "/Thing").body["@iot.id"], thing);
    EXPECT_EQ(world.list(self + "/Locations").size(), 1U);
}

// req/datamodel/datastream/properties
// req/datamodel/datastream/relations
TEST_F(SensorThingsReading, ADatastreamHasItsPropertiesAndRelations) {
    const auto one = world.get(at("Datastreams", datastream)).body;
    EXPECT_EQ(one["observationType"], om("OM_Measurement"));
    EXPECT_EQ(one["unitOfMeasurement"]["symbol"], "°C");
    EXPECT_EQ(one["phenomenonTime"], "2026-06-15T00:00:00Z/2026-06-15T04:00:00Z");
    EXPECT_EQ(one["observedArea"], point(10.2, 59.7));
    for (const char* relation : {"Thing", "Sensor", "ObservedProperty", "Observations"}) {
        EXPECT_EQ(world.get(at("Datastreams", datastream) + "/" + relation).status, 200) << relation;
    }
}

// req/datamodel/datastream/properties: observedArea is the box around the features that observations are about, and
// phenomenonTime and resultTime run from the first to the last.
TEST_F(SensorThingsReading, ADatastreamSpansItsObservationsInPlaceAndTime) {
    const auto self = at("Datastreams", datastream);
    ASSERT_EQ(world
                  .post(at("Things", thing) + "/Locations", {{"name", "south"},
                                                             {"description", "d"},
                                                             {"encodingType", "application/geo+json"},
                                                             {"location", point(10.4, 59.6)}})
                  .status,
              201);
    EXPECT_EQ(world.get(self).body["observedArea"], point(10.2, 59.7)) << "nothing was observed there yet";
    world.clock.advance(std::chrono::hours{48});
    ASSERT_EQ(world.post(self + "/Observations", {{"phenomenonTime", "2026-06-16T00:00:00Z"}, {"result", 1}}).status,
              201);
    EXPECT_EQ(
        world.get(self).body["observedArea"],
        json::parse(
            R"({"type":"Polygon","coordinates":[[[10.2,59.6],[10.4,59.6],[10.4,59.7],[10.2,59.7],[10.2,59.6]]]})"));
    const json elsewhere = {
        {"name", "f"}, {"description", "d"}, {"encodingType", "application/geo+json"}, {"feature", point(11, 60)}};
    ASSERT_EQ(world
                  .post(self + "/Observations", {{"phenomenonTime", "2026-06-17T00:00:00Z/2026-06-17T12:00:00Z"},
                                                 {"resultTime", "2026-06-18T00:00:00Z"},
                                                 {"result", 1},
                                                 {"FeatureOfInterest", elsewhere}})
                  .status,
              201);
    const auto one = world.get(self).body;
    EXPECT_EQ(one["observedArea"]["coordinates"][0][2], json::parse("[11,60]"));
    EXPECT_EQ(one["phenomenonTime"], "2026-06-15T00:00:00Z/2026-06-17T12:00:00Z");
    EXPECT_EQ(one["resultTime"], "2026-06-18T00:00:00Z/2026-06-18T00:00:00Z");
    EXPECT_EQ(world.list("Datastreams?$filter=st_intersects(observedArea,geography'POINT(10.9 59.9)')").size(), 1U);
    EXPECT_EQ(world.list("Datastreams?$filter=st_intersects(observedArea,geography'POINT(12 59.9)')").size(), 0U);
}

// req/datamodel/sensor/properties
// req/datamodel/sensor/relations
TEST_F(SensorThingsReading, ASensorHasItsPropertiesAndRelations) {
    const auto one = world.get(at("Datastreams", datastream) + "/Sensor").body;
    expect_members(one, {"name", "description", "encodingType", "metadata", "Datastreams@iot.navigationLink",
                         "MultiDatastreams@iot.navigationLink"});
    EXPECT_EQ(world.list(one["@iot.selfLink"].get<std::string>() + "/Datastreams").size(), 1U);
}

// req/datamodel/observed-property/properties
// req/datamodel/observed-property/relations
TEST_F(SensorThingsReading, AnObservedPropertyHasItsPropertiesAndRelations) {
    const auto one = world.get(at("Datastreams", datastream) + "/ObservedProperty").body;
    expect_members(one, {"name", "description", "definition", "Datastreams@iot.navigationLink"});
    EXPECT_EQ(world.list(one["@iot.selfLink"].get<std::string>() + "/Datastreams").size(), 1U);
}

// req/datamodel/observation/properties
// req/datamodel/observation/relations
TEST_F(SensorThingsReading, AnObservationHasItsPropertiesAndRelations) {
    const auto made = world.post(at("Datastreams", datastream) + "/Observations",
                                 {{"phenomenonTime", "2026-06-14T10:00:00Z/2026-06-14T11:00:00Z"},
                                  {"resultTime", "2026-06-14T11:05:00Z"},
                                  {"validTime", "2026-06-14T11:00:00Z/2026-06-14T12:00:00Z"},
                                  {"result", 19.25},
                                  {"resultQuality", {{"nameOfMeasure", "precision"}}},
                                  {"parameters", {{"depth_m", 0.5}}}});
    ASSERT_EQ(made.status, 201) << made.error;
    const auto one = world.get(made.location).body;
    EXPECT_EQ(one["phenomenonTime"], "2026-06-14T10:00:00Z/2026-06-14T11:00:00Z");
    EXPECT_EQ(one["resultTime"], "2026-06-14T11:05:00Z");
    EXPECT_EQ(one["validTime"], "2026-06-14T11:00:00Z/2026-06-14T12:00:00Z");
    EXPECT_EQ(one["result"], 19.25);
    EXPECT_EQ(one["resultQuality"]["nameOfMeasure"], "precision");
    EXPECT_EQ(one["parameters"]["depth_m"], 0.5);
    EXPECT_EQ(world.get(made.location + "/Datastream").body["@iot.id"], datastream);
    EXPECT_EQ(world.get(made.location + "/FeatureOfInterest").body["feature"], point(10.2, 59.7));
    EXPECT_EQ(world.get(made.location + "/MultiDatastream").status, 404);
}

// req/datamodel/feature-of-interest/properties
// req/datamodel/feature-of-interest/relations
TEST_F(SensorThingsReading, AFeatureOfInterestHasItsPropertiesAndRelations) {
    const auto one = world.list("FeaturesOfInterest").at(0);
    expect_members(one, {"name", "description", "encodingType", "feature"});
    EXPECT_EQ(world.list(one["@iot.selfLink"].get<std::string>() + "/Observations").size(), 5U);
}

// req/resource-path/resource-path-to-entities
TEST_F(SensorThingsReading, EveryUsageOfResourcePathsIsAnswered) {
    EXPECT_EQ(world.get("").body["value"].size(), 9U);
    EXPECT_EQ(world.get("Things").status, 200);
    EXPECT_EQ(world.get(at("Things", thing)).status, 200);
    EXPECT_EQ(world.get(at("Things", thing) + "/name").body, (json{{"name", "water"}}));
    EXPECT_EQ(world.get(at("Things", thing) + "/name/$value").text, "water");
    EXPECT_EQ(world.get(at("Things", thing) + "/properties/owner/name").body, (json{{"name", "Drammen"}}));
    EXPECT_EQ(world.get(at("Things", thing) + "/properties/owner/name/$value").text, "Drammen");
    EXPECT_EQ(world.list(at("Things", thing) + "/Datastreams").size(), 1U);
    EXPECT_EQ(world.list(at("Things", thing) + "/" + at("Datastreams", datastream) + "/Observations").size(), 5U);
    EXPECT_EQ(world.get(at("Datastreams", datastream) + "/Thing").body["@iot.id"], thing);
    EXPECT_EQ(world.list(at("Things", thing) + "/Datastreams/$ref").at(0),
              (json{{"@iot.selfLink", world.form.root + "/" + at("Datastreams", datastream)}}));
    EXPECT_EQ(world.get("Observations/$count").text, "5");
}

// req/request-data/status-code
TEST_F(SensorThingsReading, WhatIsNotThereIs404) {
    const auto other = world.add_datastream("other");
    EXPECT_EQ(world.get("Things(999999)").status, 404);
    EXPECT_EQ(world.get("Observations(1)").status, 404);
    EXPECT_EQ(world.get("Thing").status, 404);
    EXPECT_EQ(world.get(at("Things", thing) + "/nam").status, 404);
    EXPECT_EQ(world.get(at("Things", thing) + "/" + at("Datastreams", other)).status, 404) << "another thing's";
    EXPECT_THAT(world.get(at("Things", thing) + "/nam").error, HasSubstr("'nam'"));
}

// req/request-data/query-status-code
TEST_F(SensorThingsReading, AQueryThatMakesNoSenseIs400) {
    const std::vector<std::pair<const char*, const char*>> questions{
        {"$filter=name eq 'x' and nam eq 'y'", "$filter: at 17: Thing has no 'nam'; it has id, name,"},
        {"$filter=name eq", "$filter: at 8: expected "},
        {"$filter=Datastreams/any(d: d/nam eq 1)", "$filter: at 20: Datastream has no 'nam'"},
        {"$orderby=name,nam", "$orderby: at 6: Thing has no 'nam'"},
        {"$select=name, nam", "$select: at 7: Thing has no 'nam'"},
        {"$select=name/inside", "$select: at 1: 'name' of Thing has nothing inside"},
        {"$expand=Observations",
         "$expand: at 1: 'Observations' is no link of a Thing to other entities; those are Loc"},
        {"$expand=Datastreams,nam", "$expand: at 13: 'nam' is no link"},
        {"$expand=Datastreams($top=1;$select=nam)", "$expand=Datastreams: $select: at 28: Datastream has no 'nam'"},
        {"$expand=Datastreams($expand=Thing/nam)", "$expand=Thing: $expand: at 27: 'nam' is no link"},
        {"$top=-1", "$top: at 1: expected a whole number"},
        {"$top=x", "$top: at 1: expected a whole number"},
        {"$skip=-1", "$skip: at 1: expected a whole number"},
        {"$count=maybe", "$count: at 1: expected true or false"},
        {"$what=1", "$what: there is no such option"},
        {"$skiptoken=xyz", "$skiptoken"},
        {"$resultFormat=dataArray", "dataArray"},
        {"$resultFormat=xml", "$resultFormat: at 1: expected dataArray"},
        {"$orderby=name,Datastreams/name", "$orderby: at 6: 'Datastreams/name' leads to many and gives no order"},
        {"$orderby=length(Locations/name)", "$orderby: at 8: 'Locations/name' leads to many"},
        {"$filter=name", "$filter: at 1: a filter is a condition, true or false, which 'name' is not"},
        {"$filter=1", "$filter: at 1: a filter is a condition"},
        {"$filter=name eq 'x' or length(name)", "$filter: at 16: a filter is a condition"},
        {"$filter=not (id add 1)", "$filter: at 6: a filter is a condition"},
        {"$filter=Datastreams/any(d: d/name)", "$filter: at 20: a filter is a condition"},
        {"$filter=st_within(Locations/location,geography'POINT(10')", "$filter: at 39: WKT: Expected number"},
    };
    for (const auto& [query, why] : questions) {
        const auto heard = world.get("Things?" + std::string(query));
        EXPECT_EQ(heard.status, 400) << query;
        EXPECT_THAT(heard.error, HasSubstr(why)) << query;
    }
    EXPECT_EQ(world.get(at("Things", thing) + "?$filter=name eq 'x'").status, 400) << "one entity is not filtered";
    EXPECT_EQ(world.get(at("Things", thing) + "?$resultFormat=csv").status, 400) << "nor is it a table";
    EXPECT_EQ(world.get("Things?$filter=properties/open").status, 200) << "it may be true";
}

// req/request-data/select
TEST_F(SensorThingsReading, SelectGivesWhatWasAskedFor) {
    EXPECT_EQ(world.list("Things?$select=name").at(0), (json{{"name", "water"}}));
    EXPECT_EQ(world.list("Things?$select=id,name").at(0), (json{{"@iot.id", thing}, {"name", "water"}}));
    EXPECT_EQ(world.list("Things?$select=properties/owner/name,properties/depth").at(0),
              (json{{"properties", {{"owner", {{"name", "Drammen"}}}, {"depth", 7}}}}));
    const auto links = world.list("Things?$select=Datastreams").at(0);
    EXPECT_TRUE(links.contains("Datastreams@iot.navigationLink"));
    EXPECT_EQ(links.size(), 1U);
    // Deep into JSON, as FROST has it; into another entity by $expand alone, where the standard says what is shown of
    // it.
    EXPECT_THAT(world.get("Datastreams?$select=name,Thing/name").error,
                HasSubstr("$select: at 6: 'Thing' is another entity; what is shown of it is said where it is expanded: "
                          "$expand=Thing($select=name)"));
    EXPECT_EQ(world.list("Datastreams?$select=name&$expand=Thing($select=name)").at(0),
              (json{{"name", "water"}, {"Thing", {{"name", "water"}}}}));
}

// req/request-data/filter
TEST_F(SensorThingsReading, ATextBesideANumberIsReadAsFrostReadsIt) {
    EXPECT_EQ(world.list("Observations?$filter=result eq '12'").size(),
              world.list("Observations?$filter=result eq 12").size());
}

/// Each look at it is half a minute later.
class SlowClock final : public Clock {
public:
    Instant now() const override { return parse_instant("2026-06-15T12:00:00Z").value(); }
    std::chrono::steady_clock::time_point steady() const override {
        looked_ += std::chrono::seconds{30};
        return std::chrono::steady_clock::time_point{looked_};
    }

private:
    mutable std::chrono::steady_clock::duration looked_{};
};

TEST_F(SensorThingsReading, AQuestionThatTakesTooLongEndsAndSaysHowToAskForLess) {
    json rows = json::array();
    for (int i = 0; i < 4000; ++i) {
        rows.push_back({format_instant(parse_instant("2026-05-01T00:00:00Z").value() + std::chrono::minutes{i}), i});
    }
    world.ask(http::Method::post, "CreateObservations",
              json::array({{{"Datastream", {{"@iot.id", datastream}}},
                            {"components", {"phenomenonTime", "result"}},
                            {"dataArray", rows}}})
                  .dump());
    const SlowClock clock;
    const Service service({.data = world.data, .clock = clock});
    const Ask ask{.path = "Observations", .query = {{"$filter", "second(phenomenonTime) gt 58"}}};
    const auto reply = service.answer(world.form, ask, {});
    ASSERT_TRUE(reply.error);
    EXPECT_EQ(reply.status, asked_too_much) << "asking again does not help, so it is no 503";
    EXPECT_THAT(reply.error->what, HasSubstr("takes longer than 20 s; narrow it"));
}

TEST_F(SensorThingsReading, AQuestionThatLooksAtTooMuchEndsAndSaysHowToAskForLess) {
    const Service service({.data = world.data, .clock = world.clock, .limits = {.rows_looked_at = 3}});
    const auto reply = service.answer(
        world.form, {.path = "Observations", .query = {{"$filter", "second(phenomenonTime) gt 58"}}}, {});
    ASSERT_TRUE(reply.error);
    EXPECT_EQ(reply.status, asked_too_much);
    EXPECT_THAT(reply.error->what, HasSubstr("narrow it by Datastream"));
}

// req/request-data/expand
TEST_F(SensorThingsReading, ExpandPutsEntitiesInsideWithTheirOwnOptionsAndPages) {
    const auto one = world
                         .get(at("Things", thing) +
                              "?$select=name&$expand=Datastreams($select=name;$expand=Observations($top=2;$orderby="
                              "phenomenonTime desc;$select=result;$count=true)),Locations")
                         .body;
    const auto& stream = one["Datastreams"][0];
    EXPECT_EQ(stream["Observations"], (json::parse(R"([{"result":14},{"result":13}])")));
    EXPECT_EQ(stream["Observations@iot.count"], 5);
    EXPECT_EQ(one["Locations"].size(), 1U);
    const auto next = world.get(stream["Observations@iot.nextLink"].get<std::string>()).body;
    EXPECT_EQ(next["value"], (json::parse(R"([{"result":12},{"result":11}])")));
    EXPECT_EQ(world.get(next["@iot.nextLink"].get<std::string>()).body["value"], (json::parse(R"([{"result":10}])")));
    const auto up = world.list("Observations?$top=1&$expand=Datastream/Thing,FeatureOfInterest").at(0);
    EXPECT_EQ(up["Datastream"]["Thing"]["@iot.id"], thing);
    EXPECT_TRUE(up["FeatureOfInterest"].contains("feature"));
}

// req/request-data/orderby
TEST_F(SensorThingsReading, OrderbySortsByPathsBothWays) {
    const auto results = [&](std::string_view query) {
        std::vector<int> found;
        for (const auto& one : world.list("Observations?$select=result&" + std::string(query))) {
            found.push_back(one["result"].get<int>());
        }
        return found;
    };
    EXPECT_THAT(results("$orderby=phenomenonTime desc"), ElementsAre(14, 13, 12, 11, 10));
    EXPECT_THAT(results("$orderby=result desc"), ElementsAre(14, 13, 12, 11, 10));
    EXPECT_THAT(results("$orderby=result mod 2,result desc"), ElementsAre(14, 12, 10, 13, 11));
    // Of result times that are all unknown none comes first, so readings come as they lie.
    world.observe(world.add_datastream("air"), "2026-06-15T02:30:00Z", 99);
    EXPECT_THAT(results("$orderby=resultTime"), ElementsAre(10, 11, 12, 13, 14, 99));
    EXPECT_THAT(results("$orderby=resultTime desc"), ElementsAre(99, 14, 13, 12, 11, 10));
    EXPECT_THAT(results("$orderby=phenomenonTime"), ElementsAre(10, 11, 12, 99, 13, 14));
    EXPECT_EQ(world.list("Datastreams?$orderby=Thing/name").at(0)["name"], "air");
    EXPECT_EQ(world.list("Datastreams?$orderby=name desc").at(0)["name"], "water");
}

// req/request-data/order: filter, then count, order, skip, top, expand, select.
TEST_F(SensorThingsReading, OptionsAreEvaluatedInTheStandardsOrder) {
    const auto page =
        world.get("Observations?$top=1&$skip=1&$orderby=result desc&$filter=result lt 13&$count=true&$select=result")
            .body;
    EXPECT_EQ(page["@iot.count"], 3);
    EXPECT_EQ(page["value"], (json::parse(R"([{"result":11}])")));
}

// req/data-array/data-array: reading
TEST_F(SensorThingsReading, DataArrayHasRowsBelowTheirDatastream) {
    const auto page =
        world.get("Observations?$resultFormat=dataArray&$select=id,phenomenonTime,result&$top=2&$count=true").body;
    const auto& group = page["value"][0];
    EXPECT_EQ(group["Datastream@iot.navigationLink"], world.form.root + "/" + at("Datastreams", datastream));
    EXPECT_EQ(group["components"], (json{"id", "phenomenonTime", "result"}));
    EXPECT_EQ(group["dataArray@iot.count"], 2);
    EXPECT_EQ(group["dataArray"][1][1], "2026-06-15T01:00:00Z");
    EXPECT_EQ(group["dataArray"][1][2], 11);
    EXPECT_EQ(page["@iot.count"], 5);
    EXPECT_TRUE(page.contains("@iot.nextLink"));
}

TEST_F(SensorThingsReading, CsvAndGeoJsonAreGivenToo) {
    const auto csv = world.get("Observations?$resultFormat=CSV&$select=phenomenonTime,result&$top=2");
    EXPECT_EQ(csv.text, "phenomenonTime,result\r\n2026-06-15T00:00:00Z,10\r\n2026-06-15T01:00:00Z,11\r\n");
    EXPECT_FALSE(csv.next.empty());
    const auto map = world.get("Things?$resultFormat=GeoJSON").body;
    EXPECT_EQ(map["type"], "FeatureCollection");
    EXPECT_EQ(map["features"][0]["geometry"], point(10.2, 59.7));
    EXPECT_EQ(map["features"][0]["properties"]["name"], "water");
}

TEST_F(SensorThingsReading, ACellThatASpreadsheetWouldRunIsDisarmed) {
    json thing_body = whole_thing("=HYPERLINK(\"http://evil\")");
    ASSERT_EQ(world.post("Things", thing_body).status, 201);
    EXPECT_THAT(world.get("Things?$resultFormat=CSV&$select=name").text,
                HasSubstr("\"'=HYPERLINK(\"\"http://evil\"\")\""));
}

TEST_F(SensorThingsReading, DistinctLeavesRepetitionsOut) {
    world.observe(datastream, "2026-06-15T06:00:00Z", 14);
    EXPECT_EQ(world.list("Observations?$select=distinct:result").size(), 5U);
    // Pages, what is skipped and what is counted are of values.
    for (const std::string& order : {"", "&$orderby=result desc", "&$orderby=phenomenonTime desc"}) {
        std::vector<json> values;
        std::string address = "Observations?$select=distinct:result&$top=2&$count=true" + order;
        for (int page = 0; page < 3; ++page) {
            const auto heard = world.get(address);
            ASSERT_EQ(heard.status, 200) << heard.error;
            EXPECT_EQ(heard.body["@iot.count"], 5);
            for (const json& one : heard.body["value"]) {
                values.push_back(one["result"]);
            }
            EXPECT_EQ(heard.body.contains("@iot.nextLink"), page < 2) << address;
            address = heard.body.value("@iot.nextLink", "");
        }
        std::ranges::sort(values);
        EXPECT_EQ(json(values), (json{10, 11, 12, 13, 14})) << order;
    }
    EXPECT_EQ(world.list("Observations?$select=distinct:result&$skip=3").size(), 2U);
    EXPECT_EQ(world.get("Observations/$count?$select=distinct:result").text, "5");
    world.add_datastream("another");
    EXPECT_TRUE(world.get("Things?$select=distinct:name&$top=1").body.contains("@iot.nextLink"));
    EXPECT_THAT(world.get("Datastreams?$expand=Observations($resultFormat=csv)").error,
                HasSubstr("stands outside of $expand"));
}

TEST_F(SensorThingsReading, TheRootNamesWhatIsImplemented) {
    const auto root = world.get("").body;
    EXPECT_THAT(root["serverSettings"]["conformance"].dump(), HasSubstr("req/request-data/filter"));
    EXPECT_THAT(root["serverSettings"]["conformance"].dump(), testing::Not(HasSubstr("mqtt")));
}

// OGC 15-078r6: the same service in the form of 1.0.
TEST_F(SensorThingsReading, TheFormOf1_0HasItsOwnRootAndTimes) {
    world.form = {.root = "http://town.test/sta/v1.0", .v1_0 = true};
    const auto root = world.get("").body;
    EXPECT_FALSE(root.contains("serverSettings"));
    EXPECT_EQ(root["value"].size(), 8U);
    const auto one = world.list("Observations").at(0);
    EXPECT_EQ(one["phenomenonTime"], "2026-06-15T00:00:00.000Z");
    EXPECT_TRUE(one["resultTime"].is_null());
    const std::string path = at("Observations", one["@iot.id"].get<std::int64_t>()) + "/resultTime";
    EXPECT_EQ(world.get(path).body, (json{{"resultTime", nullptr}}));
    EXPECT_EQ(world.get(path + "/$value").text, "null");
    EXPECT_THAT(one["@iot.selfLink"].get<std::string>(), HasSubstr("/sta/v1.0/"));
}

TEST_F(SensorThingsReading, WhatIsSimulatedSaysSo) {
    auto made = world.registry->datastreams().get(registry::DatastreamId{datastream}).value();
    made.properties = R"({"depth":2})";
    made.simulated = true;
    ASSERT_TRUE(world.registry->datastreams().update(made));
    const auto self = at("Datastreams", datastream);
    EXPECT_EQ(world.get(self).body["properties"], (json{{"depth", 2}, {"simulated", true}}));
    EXPECT_EQ(world.get(self + "/properties/simulated").body, (json{{"simulated", true}}));
    EXPECT_EQ(world.list("Datastreams?$filter=properties/simulated eq true").size(), 1U);
    EXPECT_EQ(world.list("Observations?$filter=Datastream/properties/simulated eq true").size(), 5U);
    EXPECT_EQ(world.patch(self, {{"properties", {{"depth", 3}}}}).status, 200);
    EXPECT_EQ(world.get(self).body["properties"], (json{{"depth", 3}, {"simulated", true}})) << "the mark stays";
}

TEST_F(SensorThingsReading, WhoeverMayNotChangeThingsIsTold) {
    world.rights = {};
    EXPECT_EQ(world.post("Things", whole_thing()).status, 403);
    EXPECT_EQ(world.del(at("Things", thing)).status, 403);
    world.rights = {.change = false, .observe = true};
    EXPECT_EQ(world.post("Things", whole_thing()).status, 403);
    EXPECT_EQ(world.post(at("Datastreams", datastream) + "/Observations", {{"result", 3}}).status, 201);
    EXPECT_EQ(world
                  .post(at("Datastreams", datastream) + "/Observations", {{"result", 3},
                                                                          {"phenomenonTime", "2026-06-01T00:00:00Z"},
                                                                          {"FeatureOfInterest",
                                                                           {{"name", "f"},
                                                                            {"description", "f"},
                                                                            {"encodingType", "application/geo+json"},
                                                                            {"feature", point(1, 2)}}}})
                  .status,
              403)
        << "a key for readings makes no features";
}

}  // namespace
}  // namespace bypuls::sensorthings::conformance
