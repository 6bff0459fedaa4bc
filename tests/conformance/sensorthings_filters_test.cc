#include <algorithm>

#include <gmock/gmock.h>

#include "core/time/iso8601.h"

#include "tests/conformance/world.h"

// Filters: OGC 18-088 §9.3.3.5. The grammar and the functions by themselves are under test in platform/query; here they
// find entities.
namespace bypuls::sensorthings::conformance {
namespace {

class SensorThingsFilters : public testing::Test {
protected:
    SensorThingsFilters() {
        water = world.add_datastream("water");
        air = world.add_datastream("air");
        for (int hour = 0; hour < 10; ++hour) {
            const std::string time = "2026-06-15T0" + std::to_string(hour) + ":00:00Z";
            world.observe(water, time, hour);
            world.observe(air, time, 20.5 - hour);
        }
    }
    std::size_t found(const std::string& filter, const std::string& set = "Observations") {
        const auto heard = world.get(set + "?$count=true&$top=1000&$filter=" + filter);
        EXPECT_EQ(heard.status, 200) << filter << ": " << heard.error;
        if (heard.status != 200) {
            return 0;
        }
        EXPECT_EQ(heard.body["@iot.count"], heard.body["value"].size()) << filter;
        return heard.body["value"].size();
    }

    std::string of_water() const { return "Datastreams(" + std::to_string(water) + ")/Observations"; }

    World world;
    std::int64_t water = 0;
    std::int64_t air = 0;
};

// req/request-data/filter
TEST_F(SensorThingsFilters, OnlyWhatTheExpressionIsTrueOfIsThere) {
    EXPECT_EQ(found("result eq 3"), 1U);
    EXPECT_EQ(world.list("Observations?$filter=result eq 3").at(0)["result"], 3);
    EXPECT_EQ(found("result gt 3 and result lt 2"), 0U) << "true of none";
    EXPECT_EQ(found("result ge 0"), 20U) << "true of all";
    EXPECT_EQ(found("resultTime lt 2030-01-01T00:00:00Z"), 0U) << "neither true nor false of what is null";
    EXPECT_EQ(found("result gt 7", of_water()), 2U) << "of the collection that the path names";
    const auto inside = world.list("Datastreams?$orderby=name desc&$expand=Observations($filter=result gt 7)");
    EXPECT_EQ(inside.at(0)["Observations"].size(), 2U) << "of what is expanded";
    EXPECT_EQ(inside.at(1)["Observations"].size(), 10U);
    EXPECT_EQ(found("result"), 0U) << "a number is not true";
    EXPECT_EQ(world.get("Things?$filter=name").status, 400) << "a text never is";
    EXPECT_EQ(world.get("Observations?$filter=result gt").status, 400);
    EXPECT_EQ(world.get("Observations?$filter=colour eq 3").status, 400);
}

// req/request-data/built-in-filter-operations
TEST_F(SensorThingsFilters, EveryOperatorByItselfAndInItsRank) {
    const std::vector<std::pair<const char*, std::vector<int>>> wanted{
        {"result eq 3", {3}},
        {"result ne 3", {0, 1, 2, 4, 5, 6, 7, 8, 9}},
        {"result gt 6", {7, 8, 9}},
        {"result ge 6", {6, 7, 8, 9}},
        {"result lt 2", {0, 1}},
        {"result le 2", {0, 1, 2}},
        {"result gt 2 and result lt 5", {3, 4}},
        {"result lt 2 or result gt 8", {0, 1, 9}},
        {"not (result ge 2)", {0, 1}},
        {"result add 1 eq 8", {7}},
        {"result sub 1 eq 2", {3}},
        {"result mul 2 eq 8", {4}},
        {"result div 2 ge 4", {8, 9}},
        {"result mod 4 eq 3", {3, 7}},
        {"result add 1 mul 2 eq 8", {6}},
        {"(result add 1) mul 2 eq 8", {3}},
        {"result eq 1 or result eq 2 and result gt 1", {1, 2}},
        {"(result eq 1 or result eq 2) and result gt 1", {2}},
        {"not (result lt 8) and result ne 9", {8}},
        {"result sub 3 sub 2 eq 1", {6}},
    };
    for (const auto& [filter, results] : wanted) {
        std::vector<int> seen;
        for (const auto& one : world.list(of_water() + "?$filter=" + std::string(filter))) {
            seen.push_back(one["result"].get<int>());
        }
        EXPECT_EQ(seen, results) << filter;
    }
}

// req/request-data/built-in-query-functions
TEST_F(SensorThingsFilters, FunctionsOfTextsDatesAndNumbers) {
    EXPECT_EQ(found("startswith(name,'wa')", "Datastreams"), 1U);
    EXPECT_EQ(found("endswith(name,'r')", "Datastreams"), 2U);
    EXPECT_EQ(found("substringof('ate',name)", "Datastreams"), 1U);
    EXPECT_EQ(found("length(name) eq 3", "Datastreams"), 1U);
    EXPECT_EQ(found("toupper(name) eq 'AIR'", "Datastreams"), 1U);
    EXPECT_EQ(found("hour(phenomenonTime) ge 8"), 4U);
    EXPECT_EQ(found("round(result) eq 3"), 1U);
    EXPECT_EQ(found("year(phenomenonTime) eq 2026"), 20U);
    EXPECT_EQ(found("phenomenonTime lt now()"), 20U);
}

TEST_F(SensorThingsFilters, PlacesInAndOutOfAnArea) {
    const std::string area = "geography'POLYGON((10 59,11 59,11 60,10 60,10 59))'";
    EXPECT_EQ(found("st_within(location," + area + ")", "Locations"), 2U);
    EXPECT_EQ(found("st_within(Locations/location," + area + ")", "Things"), 2U);
    EXPECT_EQ(found("geo.distance(location,geography'POINT(10.2 59.7)') lt 0.1", "Locations"), 2U);
    EXPECT_EQ(found("st_disjoint(location," + area + ")", "Locations"), 0U);
}

TEST_F(SensorThingsFilters, OverNavigationAndIntoJson) {
    EXPECT_EQ(found("Datastream/Thing/name eq 'air'"), 10U);
    EXPECT_EQ(found("Datastream/id eq " + std::to_string(air) + " and result lt 12"), 1U);
    EXPECT_EQ(found("Datastreams/name eq 'air'", "Things"), 1U);
    EXPECT_EQ(found("properties/owner/name eq 'Drammen'", "Things"), 2U);
    EXPECT_EQ(found("properties/depth gt 7", "Things"), 0U);
    EXPECT_EQ(found("FeatureOfInterest/id gt 0"), 20U);
    EXPECT_EQ(found("unitOfMeasurement/symbol eq '°C'", "Datastreams"), 2U);
    EXPECT_EQ(found("Datastreams/any(d:d/name eq 'air')", "Things"), 1U);
}

// 18-088 §9.3.3.5.1: along every relation, so also from an entity down into its observations. water has 0 to 9,
// air 20.5 down to 11.5, one an hour from midnight.
TEST_F(SensorThingsFilters, DownIntoObservations) {
    EXPECT_EQ(found("Observations/result gt 15", "Datastreams"), 1U);
    EXPECT_EQ(found("Observations/result gt 5", "Datastreams"), 2U);
    EXPECT_EQ(found("Observations/result gt 25", "Datastreams"), 0U);
    EXPECT_EQ(found("Observations/result gt 25 or name eq 'air'", "Datastreams"), 1U);
    EXPECT_EQ(found("not (Observations/result gt 15)", "Datastreams"), 1U);
    EXPECT_EQ(found("Datastreams/Observations/result gt 15", "Things"), 1U);
    EXPECT_EQ(found("Datastreams/Observations/result lt 1", "Sensors"), 1U);
    EXPECT_EQ(found("Observations/result eq 0", "FeaturesOfInterest"), 1U);
    EXPECT_EQ(found("Observations/Datastream/name eq 'air'", "FeaturesOfInterest"), 1U);
    EXPECT_EQ(found("Observations/any(o:o/result gt 15)", "Datastreams"), 1U);
    EXPECT_EQ(found("Observations/any()", "Datastreams"), 2U);
    EXPECT_EQ(found("Datastreams/any(d:d/Observations/result gt 15 and d/name eq 'water')", "Things"), 0U);
    EXPECT_EQ(found("Observations/$count eq 10", "Datastreams"), 2U);
    EXPECT_EQ(found("Observations/$count gt 10 and Observations/result gt 5", "Datastreams"), 0U);
    EXPECT_EQ(found("Datastream/Observations/result gt 15"), 10U);
    EXPECT_EQ(found("Observations/result gt properties/limit", "Datastreams"), 0U);
}

// `not` is about all that a path leads to, wherever it stands. One thing has a datastream from 0 to 9 and one from 110
// to 119.
TEST_F(SensorThingsFilters, NotSaysThatThereIsNoSuchObservation) {
    json both = whole_thing("both");
    both["Datastreams"] = {datastream_body("low"), datastream_body("high")};
    ASSERT_EQ(world.post("Things", both).status, 201);
    for (const auto& stream : world.list("Things?$filter=name eq 'both'&$expand=Datastreams").at(0)["Datastreams"]) {
        for (int hour = 0; hour < 10; ++hour) {
            world.observe(stream["@iot.id"].get<std::int64_t>(), "2026-06-14T0" + std::to_string(hour) + ":00:00Z",
                          stream["name"] == "low" ? hour : 110 + hour);
        }
    }
    const auto holds = [&](const std::string& filter) {
        return found("name eq 'both' and (" + filter + ")", "Things") == 1;
    };
    const std::string high = "(Datastreams/Observations/result gt 100)";
    const std::string none = "(Datastreams/Observations/result gt 200)";
    EXPECT_FALSE(holds("not " + high));
    EXPECT_TRUE(holds("not " + none));
    EXPECT_FALSE(holds("id gt 0 and not " + high));
    EXPECT_FALSE(holds("(id gt 0 and not " + high + ") or false"));
    EXPECT_TRUE(holds("(id gt 0 and not " + none + ") or false"));
    EXPECT_FALSE(holds("not " + high + " and Datastreams/Observations/result lt 5"));
    EXPECT_TRUE(holds("not " + none + " and Datastreams/Observations/result lt 5"));
    EXPECT_TRUE(holds("not (not " + high + ")"));
    EXPECT_FALSE(holds(high + " eq false"));
    EXPECT_TRUE(holds(none + " eq false"));
    EXPECT_EQ(found("not " + high, "Things"), 2U);
}

// What is so whatever there is, is so where there is nothing; and of other relations each condition stands by itself.
TEST_F(SensorThingsFilters, WhatIsTrueOfNothingIsSoWithoutObservations) {
    json none = whole_thing("none");
    none["Datastreams"] = {datastream_body("t"), datastream_body("u")};
    ASSERT_EQ(world.post("Things", none).status, 201);
    const std::string here = "Thing/name eq 'none' and ";
    EXPECT_EQ(found(here + "not (id gt 0 and (Observations/result gt 1 or true))", "Datastreams"), 0U);
    EXPECT_EQ(found(here + "(id lt 0 or (id gt 0 and (2 gt 1 or Observations/result gt 1)))", "Datastreams"), 2U);
    EXPECT_EQ(found(here + "(id lt 0 or (id gt 0 and (2 gt 1 and Observations/result gt 1)))", "Datastreams"), 0U);
    const auto stream = world.list("Things?$filter=name eq 'none'&$expand=Datastreams").at(0)["Datastreams"].at(0);
    world.observe(stream["@iot.id"].get<std::int64_t>(), "2026-06-14T00:00:00Z", 7);
    const std::string other = stream["name"] == "t" ? "'u'" : "'t'";
    const std::string two = "(Datastreams/name eq " + other + " and Datastreams/Observations/result eq 7)";
    EXPECT_EQ(found("name eq 'none' and " + two, "Things"), 1U);
    EXPECT_EQ(found("id lt 0 or (name eq 'none' and (Datastreams/name eq 'x' or " + two + "))", "Things"), 1U);
}

// Conditions along one relation are about one observation: 18-088's own example asks for a resultTime between two.
TEST_F(SensorThingsFilters, ConditionsOnObservationsMeetInOne) {
    EXPECT_EQ(found("Observations/result gt 18 and Observations/phenomenonTime ge 2026-06-15T05:00:00Z", "Datastreams"),
              0U);
    EXPECT_EQ(found("Observations/result gt 18 and Observations/phenomenonTime ge 2026-06-15T02:00:00Z", "Datastreams"),
              1U);
    const auto feature = world.list("FeaturesOfInterest").at(0)["@iot.id"].get<std::int64_t>();
    EXPECT_EQ(found("Datastreams/Observations/FeatureOfInterest/id eq " + std::to_string(feature) +
                        " and Datastreams/Observations/phenomenonTime ge 2026-06-15T00:00:00Z and "
                        "Datastreams/Observations/phenomenonTime le 2026-06-15T01:00:00Z",
                    "Things"),
              1U);
}

TEST_F(SensorThingsFilters, GoingDownIsLimitedToo) {
    ReadLimits limits;
    limits.rows_looked_at = 10;
    const Service careful({.data = world.data, .clock = world.clock, .write = nullptr, .limits = limits});
    const auto reply =
        careful.answer(world.form, {.path = "Datastreams", .query = {{"$filter", "Observations/result gt 1000"}}}, {});
    ASSERT_TRUE(reply.error);
    EXPECT_EQ(reply.error->code, Errc::exhausted);
}

/// A path to what an observation has none of gives null, as any absent property does.
TEST_F(SensorThingsFilters, AnObservationOfOneKindOfDatastreamHasNoneOfTheOther) {
    const json number = om("OM_Measurement");
    const json unit = datastream_body("u")["unitOfMeasurement"];
    const auto made =
        world.post("MultiDatastreams", {{"name", "wind"},
                                        {"description", ""},
                                        {"multiObservationDataTypes", {number}},
                                        {"unitOfMeasurements", {unit}},
                                        {"Thing", {{"@iot.id", 1}}},
                                        {"Sensor", datastream_body("s")["Sensor"]},
                                        {"ObservedProperties", {datastream_body("p")["ObservedProperty"]}}});
    ASSERT_EQ(made.status, 201) << made.error;
    ASSERT_EQ(world.post(made.location + "/Observations", {{"result", {1}}}).status, 201);
    EXPECT_EQ(found("Datastream/id eq null"), 1U);
    EXPECT_EQ(found("MultiDatastream/id eq null"), 20U);
    EXPECT_EQ(found("not (Datastream/id gt 0)"), 1U);
    EXPECT_EQ(found("not (MultiDatastream/id gt 0)"), 20U);
    EXPECT_EQ(found("Datastream/id eq null and result eq 3"), 0U);
    EXPECT_EQ(found("Datastream/name ne null"), 20U);
}

TEST_F(SensorThingsFilters, AnAnyInsideAnAny) {
    EXPECT_EQ(found("Datastreams/any(d: d/Observations/any(o: o/result gt 20))", "Things"), 1U);
    EXPECT_EQ(found("Datastreams/any(d: d/name eq 'air' and d/Observations/any(o: o/result eq 20.5 and d/id gt 0))",
                    "Things"),
              1U);
    EXPECT_EQ(found("Datastreams/any(d: d/Thing/Locations/any(d: d/name eq 'shore') and d/name eq 'air')", "Things"),
              1U);
    EXPECT_THAT(world.get("Things?$filter=Datastreams/any(d: d/Observation/any(o: o/result gt 20))").error,
                testing::HasSubstr("Datastream has no 'Observation'"));
}

TEST_F(SensorThingsFilters, TimesAsInstantsAndAsTexts) {
    EXPECT_EQ(found("phenomenonTime gt 2026-06-15T08:00:00Z"), 2U);
    EXPECT_EQ(found("phenomenonTime ge 2026-06-15T08:00:00Z"), 4U);
    EXPECT_EQ(found("phenomenonTime lt '2026-06-15T01:00:00.000Z'"), 2U);
    EXPECT_EQ(found("phenomenonTime eq 2026-06-15T01:00:00Z"), 2U);
    EXPECT_EQ(found("phenomenonTime gt 2026-06-15T02:00:00Z and phenomenonTime le 2026-06-15T04:00:00Z"), 4U);
    EXPECT_EQ(found("2026-06-15T08:00:00Z lt phenomenonTime"), 2U);
    EXPECT_EQ(found("during(phenomenonTime,2026-06-15T00:00:00Z/2026-06-15T03:00:00Z)"), 6U);
}

// As OGC's suite for 1.0 asks it: what is compared with a text is compared as a text.
TEST_F(SensorThingsFilters, AResultIsATextToATextAndANumberToANumber) {
    world.clock.advance(std::chrono::hours{24 * 16});
    world.observe(water, "2026-07-01T00:00:00Z", 100);
    EXPECT_EQ(found("result eq 100"), 1U);
    EXPECT_EQ(found("result eq '100'"), 1U);
    EXPECT_EQ(found("'100' eq result"), 1U);
    EXPECT_EQ(found("result gt 99"), 1U);
    EXPECT_EQ(found("result gt '99' and phenomenonTime ge 2026-07-01T00:00:00Z"), 0U);
    EXPECT_EQ(found("not (result gt '99') and phenomenonTime ge 2026-07-01T00:00:00Z"), 1U);
    EXPECT_EQ(found("Observations/result eq '100'", "Datastreams"), 1U);
    const auto next = world.get("Observations?$top=1&$filter=result ge '0'").body["@iot.nextLink"].get<std::string>();
    EXPECT_EQ(next.find("result@text"), std::string::npos) << next;
}

TEST_F(SensorThingsFilters, OneObservationByItsId) {
    const auto id = world.observe(water, "2026-06-15T11:00:00Z", 99);
    EXPECT_EQ(found("id eq " + std::to_string(id)), 1U);
    EXPECT_EQ(found("@iot.id eq " + std::to_string(id) + " and result lt 5"), 0U);
    EXPECT_EQ(found("id eq 5"), 0U);
}

TEST_F(SensorThingsFilters, AFilterInsideAnExpand) {
    const auto streams = world.list("Datastreams?$expand=Observations($filter=result gt 7;$count=true)&$orderby=id");
    EXPECT_EQ(streams.at(0)["Observations@iot.count"], 2);
    EXPECT_EQ(streams.at(1)["Observations@iot.count"], 10);
}

TEST_F(SensorThingsFilters, WhatCostsTooMuchIsRefusedWithASentence) {
    ReadLimits limits;
    limits.rows_looked_at = 10;
    const Service careful({.data = world.data, .clock = world.clock, .write = nullptr, .limits = limits});
    const auto reply =
        careful.answer(world.form, {.path = "Observations", .query = {{"$filter", "result mul 2 gt 1000"}}}, {});
    ASSERT_TRUE(reply.error);
    EXPECT_EQ(reply.error->code, Errc::exhausted);
    EXPECT_THAT(reply.error->what, testing::HasSubstr("narrow"));
}

/// Two probes at the same shore, one of which is carried to the pier at noon, and one observation of another lake.
class ObservationsOfFeatures : public testing::Test {
protected:
    ObservationsOfFeatures() {
        carried = world.add_datastream("carried");
        still = world.add_datastream("still");
        world.clock.advance(std::chrono::hours{36});
        const auto thing = world.list("Things?$filter=name eq 'carried'").at(0).at("@iot.id").get<std::int64_t>();
        observe_hours(carried, 10, 14);
        observe_hours(still, 10, 12);
        const auto pier = world.post("Locations", {{"name", "pier"},
                                                   {"description", "d"},
                                                   {"encodingType", "application/geo+json"},
                                                   {"location", point(11, 60)}});
        EXPECT_EQ(world
                      .post("HistoricalLocations", {{"time", "2026-06-16T12:00:00Z"},
                                                    {"Thing", {{"@iot.id", thing}}},
                                                    {"Locations", {{{"@iot.id", pier.id()}}}}})
                      .status,
                  201);
        observe_hours(carried, 14, 16);  // makes the pier a feature
        const auto named = world.post("Datastreams(" + std::to_string(still) + ")/Observations",
                                      {{"phenomenonTime", "2026-06-16T12:00:00Z"},
                                       {"result", 3},
                                       {"FeatureOfInterest",
                                        {{"name", "another lake"},
                                         {"description", "d"},
                                         {"encodingType", "application/geo+json"},
                                         {"feature", point(20, 60)}}}});
        EXPECT_EQ(named.status, 201) << named.error;
    }
    void observe_hours(std::int64_t stream, int from, int to) {
        for (int hour = from; hour < to; ++hour) {
            world.observe(stream, "2026-06-16T" + std::to_string(hour) + ":00:00Z", hour);
        }
    }
    std::int64_t feature(const std::string& name, int nth = 0) {
        return world.list("FeaturesOfInterest?$orderby=id&$filter=name eq '" + name + "'")
            .at(static_cast<std::size_t>(nth))
            .at("@iot.id")
            .get<std::int64_t>();
    }
    std::vector<std::int64_t> where(const std::string& filter) {
        const auto ids = world.all_ids("Observations?$orderby=id&$filter=" + filter);
        for (const char* way : {"&$top=2", "&$top=1&$orderby=phenomenonTime desc"}) {
            auto paged = world.all_ids("Observations?$filter=" + filter + way);
            std::ranges::sort(paged);
            EXPECT_EQ(paged, ids) << filter << way;
        }
        EXPECT_EQ(world.get("Observations?$count=true&$top=0&$filter=" + filter).body["@iot.count"], ids.size())
            << filter;
        return ids;
    }
    /// What each observation says of itself.
    std::vector<std::int64_t> about(const std::vector<std::int64_t>& features) {
        std::vector<std::int64_t> ids;
        for (const auto& one : world.list("Observations?$expand=FeatureOfInterest($select=id)&$orderby=id")) {
            if (std::ranges::find(features, one.at("FeatureOfInterest").at("@iot.id").get<std::int64_t>()) !=
                features.end()) {
                ids.push_back(one.at("@iot.id").get<std::int64_t>());
            }
        }
        return ids;
    }

    World world;
    std::int64_t carried = 0;
    std::int64_t still = 0;
};

TEST_F(ObservationsOfFeatures, AreThoseThatWereMadeThereAndThoseThatNameIt) {
    const auto shore = feature("shore");
    const auto other_shore = feature("shore", 1);
    const auto pier = feature("pier");
    const auto lake = feature("another lake");

    EXPECT_EQ(about({shore}).size(), 4U) << "what was observed before it was known to be elsewhere, too";
    EXPECT_EQ(about({other_shore}).size(), 2U);
    EXPECT_EQ(about({pier}).size(), 2U) << "from 14 to 16";
    EXPECT_EQ(about({lake}).size(), 1U);
    for (const auto one : {shore, other_shore, pier, lake}) {
        const auto id = std::to_string(one);
        EXPECT_EQ(where("FeatureOfInterest/id eq " + id), about({one}));
        EXPECT_EQ(world.all_ids("FeaturesOfInterest(" + id + ")/Observations?$orderby=id"), about({one}));
        const auto expanded = world.get("FeaturesOfInterest(" + id + ")?$expand=Observations($count=true;$top=1)").body;
        EXPECT_EQ(expanded["Observations@iot.count"], about({one}).size());
        EXPECT_EQ(expanded["Observations"].size(), 1U);
    }
}

TEST_F(ObservationsOfFeatures, AFilterOfFeaturesIsThatOfEachObservationsFeature) {
    const std::vector all{feature("shore"), feature("shore", 1), feature("pier"), feature("another lake")};
    EXPECT_EQ(where("st_within(FeatureOfInterest/feature,geography'POLYGON((10 59,12 59,12 61,10 61,10 59))')"),
              about({all[0], all[1], all[2]}));
    EXPECT_EQ(where("FeatureOfInterest/name eq 'shore' and FeatureOfInterest/id ne " + std::to_string(all[0])),
              about({all[1]}));
    EXPECT_EQ(where("FeatureOfInterest/name eq 'shore' or FeatureOfInterest/name eq 'pier'"),
              about({all[0], all[1], all[2]}));
    EXPECT_EQ(where("not (FeatureOfInterest/name eq 'shore')"), about({all[2], all[3]}));
    EXPECT_EQ(where("FeatureOfInterest/name eq 'pier' and result ge 14").size(), 2U);
    EXPECT_EQ(where("FeatureOfInterest/name eq 'pier' and phenomenonTime lt 2026-06-16T15:00:00Z").size(), 1U);
    EXPECT_EQ(where("FeatureOfInterest/name eq 'pier' and FeatureOfInterest/name eq 'shore'").size(), 0U);
    EXPECT_EQ(where("FeatureOfInterest/id eq null").size(), 0U);
    EXPECT_EQ(where("FeatureOfInterest/name eq 'pier' or true").size(), 9U);
    EXPECT_EQ(where("FeatureOfInterest/name eq 'nowhere'").size(), 0U);
}

TEST_F(ObservationsOfFeatures, TheyAreOrderedByTheirFeatures) {
    std::vector<std::string> names;
    for (const auto& one :
         world.list("Observations?$orderby=FeatureOfInterest/name,phenomenonTime&$expand=FeatureOfInterest")) {
        names.push_back(one["FeatureOfInterest"]["name"]);
    }
    EXPECT_EQ(names.size(), 9U);
    EXPECT_TRUE(std::ranges::is_sorted(names));
    EXPECT_EQ(names.front(), "another lake");
}

TEST_F(ObservationsOfFeatures, OfAThingThatMovesAllTheTimeEachIsAskedFor) {
    const auto thing = world.list("Things?$filter=name eq 'carried'").at(0).at("@iot.id").get<std::int64_t>();
    const registry::LocationId shore{world.list("Locations?$filter=name eq 'shore'").at(0).at("@iot.id")};
    std::vector<registry::Write> moves;
    for (std::size_t i = 0; i <= registry::stays_max; ++i) {
        moves.emplace_back(registry::Create{registry::HistoricalLocation{
            .thing = {thing},
            .time = parse_instant("2026-06-17T00:00:00Z").value() + std::chrono::seconds{i},
            .locations = {shore}}});
    }
    ASSERT_TRUE(world.registry->apply(moves));
    EXPECT_EQ(where("FeatureOfInterest/name eq 'pier'"), about({feature("pier")}));
    EXPECT_EQ(where("FeatureOfInterest/name eq 'shore'").size(), 6U);
}

}  // namespace
}  // namespace bypuls::sensorthings::conformance
