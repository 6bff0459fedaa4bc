#include <algorithm>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/conformance/world.h"

// OGC 18-088 §9.3.3.5.2, req/request-data/built-in-filter-operations and req/request-data/built-in-query-functions:
// each operator of table 23 and each function of table 24, with those that FROST's users know from OData, asked of the
// service.
namespace bypuls::sensorthings::conformance {
namespace {

/// A thing in Drammen, named as texts want it, with one reading of 2.6 at 2026-06-03T04:05:06.250Z.
class SensorThingsFunctions : public testing::Test {
protected:
    void SetUp() override {
        json thing = whole_thing("Ås badeplass");
        thing["properties"] = {{"depth", 7}, {"open", true}, {"levels", {1, 2, 3}}};
        thing["Locations"][0]["location"] = {{"type", "Point"}, {"coordinates", {10.2, 59.74}}};
        const auto made = world_.post("Things", thing);
        ASSERT_EQ(made.status, 201) << made.error;
        stream_ = world_.list(made.location + "/Datastreams").at(0)["@iot.id"].get<std::int64_t>();
        world_.observe(stream_, "2026-06-03T04:05:06.250Z", 2.6);
        const auto spanning =
            world_.post(fmt::format("Datastreams({})/Observations", stream_),
                        {{"phenomenonTime", "2026-06-10T10:00:00Z/2026-06-10T12:00:00Z"}, {"result", 100}});
        ASSERT_EQ(spanning.status, 201) << spanning.error;
        road_ = location("road", R"({"type":"LineString","coordinates":[[10.0,59.0],[10.0,60.0]]})");
        field_ = location("field", R"({"type":"Polygon","coordinates":[[[10,59],[11,59],[11,60],[10,60],[10,59]]]})");
    }

    std::string location(const char* name, const char* geometry) {
        const auto made = world_.post("Locations", {{"name", name},
                                                    {"description", ""},
                                                    {"encodingType", "application/geo+json"},
                                                    {"location", json::parse(geometry)}});
        EXPECT_EQ(made.status, 201) << made.error;
        return made.location;
    }

    /// Is the condition true of the one entity of the set that `which` names?
    bool holds(std::string_view set, std::string_view which, std::string condition) {
        if (const auto plus = condition.find('+'); plus != std::string::npos) {
            condition.replace(plus, 1, "%2B");
        }
        const auto heard = world_.get(fmt::format("{}?$filter={} and ({})&$count=true", set, which, condition));
        EXPECT_EQ(heard.status, 200) << condition << ": " << heard.error;
        return heard.status == 200 && heard.body["@iot.count"] == 1;
    }

    void expect_each(std::string_view set, std::string_view which, const std::vector<std::string>& conditions) {
        for (const std::string& condition : conditions) {
            EXPECT_TRUE(holds(set, which, condition)) << condition;
            EXPECT_FALSE(holds(set, which, "not (" + condition + ")")) << condition;
        }
    }

    World world_;
    std::int64_t stream_ = 0;
    std::string road_;
    std::string field_;
};

// req/request-data/built-in-filter-operations
TEST_F(SensorThingsFunctions, OperatorsCompareJoinAndCalculate) {
    expect_each("Things", "id gt 0",
                {"properties/depth eq 7", "properties/depth ne 8", "properties/depth gt 6", "properties/depth ge 7",
                 "properties/depth lt 8", "properties/depth le 7", "properties/depth gt 6 and properties/open",
                 "properties/depth gt 8 or properties/open", "not (properties/depth gt 8)",
                 "properties/depth add 1 eq 8", "properties/depth sub 1 eq 6", "properties/depth mul 2 eq 14",
                 "properties/depth div 2 eq 3.5", "properties/depth mod 4 eq 3", "-properties/depth eq -7",
                 "properties/levels[1] eq 2", "properties/absent eq null", "properties/depth ne null"});
    // Precedence: unary, then mul div mod, add sub, gt ge lt le, eq ne, and, or (OData 4.0 Part 2 §5.1.1.9).
    expect_each("Things", "id gt 0",
                {"1 add 2 mul 3 eq 7", "(1 add 2) mul 3 eq 9", "1 lt 2 eq true", "true or false and false",
                 "not false and true", "8 div 2 div 2 eq 2", "2 sub 1 sub 1 eq 0"});
}

// req/request-data/built-in-query-functions
TEST_F(SensorThingsFunctions, TextsAreTakenApartAndJoined) {
    expect_each("Things", "id gt 0",
                {"substringof('bade',name)", "contains(name,'bade')", "startswith(name,'Ås')", "endswith(name,'plass')",
                 "length(name) eq 12", "indexof(name,'bade') eq 3", "indexof(name,'not there') eq -1",
                 "substring(name,3) eq 'badeplass'", "substring(name,3,4) eq 'bade'", "substring(name,99) eq ''",
                 "tolower(name) eq 'ås badeplass'", "toupper(name) eq 'ÅS BADEPLASS'", "trim(' x ') eq 'x'",
                 "concat(name,'!') eq 'Ås badeplass!'",
                 "concat(concat(name,', '),'Drammen') eq 'Ås badeplass, Drammen'", "'o''hare' eq 'o''hare'"});
}

// req/request-data/built-in-query-functions
TEST_F(SensorThingsFunctions, TimesAreTakenApart) {
    expect_each("Observations", "result lt 50",
                {"year(phenomenonTime) eq 2026", "month(phenomenonTime) eq 6", "day(phenomenonTime) eq 3",
                 "hour(phenomenonTime) eq 4", "minute(phenomenonTime) eq 5", "second(phenomenonTime) eq 6",
                 "fractionalseconds(phenomenonTime) eq 0.25", "date(phenomenonTime) eq 2026-06-03",
                 "date(phenomenonTime) lt 2026-06-04", "time(phenomenonTime) eq 04:05:06.25",
                 "time(phenomenonTime) gt 04:05:06", "totaloffsetminutes(phenomenonTime) eq 0",
                 "phenomenonTime lt now()", "phenomenonTime gt mindatetime()", "phenomenonTime lt maxdatetime()",
                 "phenomenonTime gt now() sub duration'P30D'", "phenomenonTime add duration'PT1H' gt phenomenonTime",
                 "phenomenonTime eq 2026-06-03T06:05:06.25+02:00"});
    // Dates of another zone are that zone's: 23.30 UTC is tomorrow in Oslo; functions of dates tell UTC.
    world_.observe(stream_, "2026-06-04T01:30:00+02:00", 3);
    EXPECT_TRUE(holds("Observations", "result eq 3", "date(phenomenonTime) eq 2026-06-03"));
}

// req/request-data/built-in-query-functions
TEST_F(SensorThingsFunctions, TimesLieBesideOneAnother) {
    expect_each("Observations", "result gt 50",
                {"before(phenomenonTime,2026-06-10T12:00:00Z)", "after(phenomenonTime,2026-06-10T09:00:00Z)",
                 "meets(phenomenonTime,2026-06-10T12:00:00Z/2026-06-10T13:00:00Z)",
                 "during(phenomenonTime,2026-06-10T00:00:00Z/2026-06-11T00:00:00Z)",
                 "overlaps(phenomenonTime,2026-06-10T11:00:00Z/2026-06-10T13:00:00Z)",
                 "starts(phenomenonTime,2026-06-10T10:00:00Z/2026-06-10T14:00:00Z)",
                 "finishes(phenomenonTime,2026-06-10T08:00:00Z/2026-06-10T12:00:00Z)",
                 "not during(phenomenonTime,2026-06-10T10:30:00Z/2026-06-11T00:00:00Z)",
                 "not overlaps(phenomenonTime,2026-06-10T12:00:00Z/2026-06-10T13:00:00Z)"});
}

// req/request-data/built-in-query-functions
TEST_F(SensorThingsFunctions, NumbersAreRounded) {
    expect_each("Observations", "result lt 50",
                {"round(result) eq 3", "floor(result) eq 2", "ceiling(result) eq 3", "round(-2.5) eq -3",
                 "round(result mul 10) eq 26"});
}

// req/request-data/built-in-query-functions
TEST_F(SensorThingsFunctions, PlacesAreMeasured) {
    const std::string here = "name eq 'shore'";
    expect_each("Locations", here,
                {"geo.distance(location,geography'POINT(10.2 59.64)') gt 0.09",
                 "geo.distance(location,geography'POINT(10.2 59.64)') lt 0.11",
                 "geo.distance(location,geography'POINT(10.2 59.74)') eq 0",
                 "geo.intersects(location,geography'POLYGON((10 59,11 59,11 60,10 60,10 59))')"});
    expect_each("Locations", "name eq 'road'", {"geo.length(location) eq 1"});
}

// req/request-data/built-in-query-functions
TEST_F(SensorThingsFunctions, PlacesLieBesideOneAnother) {
    const std::string field = "geography'POLYGON((10 59,11 59,11 60,10 60,10 59))'";
    expect_each("Locations", "name eq 'shore'",
                {"st_equals(location,geography'POINT(10.2 59.74)')", "st_disjoint(location,geography'POINT(10 59)')",
                 "st_within(location," + field + ")", "st_intersects(location," + field + ")",
                 "st_relate(location," + field + ",'T*F**F***')", "not st_touches(location," + field + ")"});
    expect_each("Locations", "name eq 'road'",
                {"st_touches(location," + field + ")", "st_crosses(location,geography'LINESTRING(9 59.5,11 59.5)')",
                 "not st_within(location," + field + ")"});
    expect_each("Locations", "name eq 'field'",
                {"st_contains(location,geography'POINT(10.5 59.5)')",
                 "st_overlaps(location,geography'POLYGON((10.5 59.5,12 59.5,12 61,10.5 61,10.5 59.5))')",
                 "st_equals(location,geography'POLYGON((11 59,11 60,10 60,10 59,11 59))')"});
}

/// With an argument of another kind the value is unknown, as null is, and equals nothing; too few or too many arguments
/// are refused.
TEST_F(SensorThingsFunctions, WhatDoesNotFitIsUnknownOrRefused) {
    for (const char* unknown :
         {"length(properties/depth) eq 1", "year(name) eq 2026", "round(name) eq 1",
          "st_within(name,geography'POINT(1 1)')", "properties/depth div 0 eq 1", "substring(name,'x') eq 'y'"}) {
        EXPECT_FALSE(holds("Things", "id gt 0", unknown)) << unknown;
    }
    for (const char* refused : {"length() eq 1", "length(name,name) eq 1", "now(1) eq 1", "st_relate(name,name)",
                                "nothing(name) eq 1", "concat(name) eq 'x'"}) {
        EXPECT_EQ(world_.get(fmt::format("Things?$filter={}", refused)).status, 400) << refused;
    }
}

}  // namespace
}  // namespace bypuls::sensorthings::conformance
