#include "platform/query/evaluate.h"

#include <string>

#include <gtest/gtest.h>

#include "core/time/iso8601.h"
#include "platform/query/parse.h"
#include "platform/query/testing_record.h"

namespace bypuls::query {
namespace {

Instant at(std::string_view text) {
    return *parse_instant(text);
}
const Instant now_in_tests = at("2026-06-05T12:30:15.25Z");

Value value_of(std::string_view text, const Record& record = TestRecord{}) {
    const auto expression = parse_filter(text);
    EXPECT_TRUE(expression) << text << ": " << expression.error().what;
    if (!expression) {
        return {};
    }
    const auto value = evaluate(*expression, record, now_in_tests);
    EXPECT_TRUE(value) << text << ": " << value.error().what;
    return value ? *value : Value{};
}

bool is_true(std::string_view text, const Record& record = TestRecord{}) {
    return value_of(text, record) == Value{true};
}
bool is_false(std::string_view text, const Record& record = TestRecord{}) {
    return value_of(text, record) == Value{false};
}
bool is_null(std::string_view text, const Record& record = TestRecord{}) {
    return value_of(text, record) == Value{};
}

Value text(std::string_view of) {
    return Value{std::string(of)};
}
Value whole(std::int64_t number) {
    return Value{number};
}

// The examples of 18-088 table 24 and OData 4.0 Part 2 §5.1.1.4, on a company of their kind.
TestRecord company() {
    TestRecord record;
    record.properties["CompanyName"] = "Alfreds Futterkiste";
    record.properties["City"] = "Berlin";
    record.properties["Country"] = "Germany";
    record.properties["BirthDate"] = at("1980-12-08T01:00:00Z");
    record.properties["Freight"] = 32.5;
    return record;
}

TEST(StringFunction, AnswersAsTheStandardsExamples) {
    const TestRecord record = company();
    EXPECT_TRUE(is_true("substringof('Alfreds',CompanyName)", record));
    EXPECT_TRUE(is_false("substringof('Bergs',CompanyName)", record));
    EXPECT_TRUE(is_true("contains(CompanyName,'Alfreds')", record));
    EXPECT_TRUE(is_true("endswith(CompanyName,'Futterkiste')", record));
    EXPECT_TRUE(is_true("startswith(CompanyName,'Alfr')", record));
    EXPECT_TRUE(is_true("length(CompanyName) eq 19", record));
    EXPECT_TRUE(is_true("indexof(CompanyName,'lfreds') eq 1", record));
    EXPECT_TRUE(is_true("indexof(CompanyName,'zz') eq -1", record));
    EXPECT_TRUE(is_true("substring(CompanyName,1) eq 'lfreds Futterkiste'", record));
    EXPECT_TRUE(is_true("substring(CompanyName,1,2) eq 'lf'", record));
    EXPECT_TRUE(is_true("tolower(CompanyName) eq 'alfreds futterkiste'", record));
    EXPECT_TRUE(is_true("toupper(CompanyName) eq 'ALFREDS FUTTERKISTE'", record));
    EXPECT_TRUE(is_true("trim(' Alfreds Futterkiste\t') eq CompanyName", record));
    EXPECT_TRUE(is_true("concat(concat(City,', '), Country) eq 'Berlin, Germany'", record));
}

TEST(StringFunction, CountsCharactersAndKnowsNorwegianLetters) {
    EXPECT_EQ(value_of("length('Strømsø')"), whole(7));
    EXPECT_EQ(value_of("indexof('Strømsø','sø')"), whole(5));
    EXPECT_EQ(value_of("substring('Strømsø',3,2)"), text("øm"));
    EXPECT_EQ(value_of("toupper('blåbær på Ås')"), text("BLÅBÆR PÅ ÅS"));
    EXPECT_EQ(value_of("tolower('ÆØÅ')"), text("æøå"));
    EXPECT_EQ(value_of("substring('abc',5)"), text(""));
    EXPECT_EQ(value_of("substring('abc',-1)"), text("abc"));
    EXPECT_EQ(value_of("substring('abc',1,100)"), text("bc"));
}

TEST(DateFunction, AnswersInUtc) {
    const TestRecord record = company();
    EXPECT_TRUE(is_true("year(BirthDate) eq 1980", record));
    EXPECT_TRUE(is_true("month(BirthDate) eq 12", record));
    EXPECT_TRUE(is_true("day(BirthDate) eq 8", record));
    EXPECT_TRUE(is_true("hour(BirthDate) eq 1", record));
    EXPECT_TRUE(is_true("minute(2026-06-05T12:30:15.25Z) eq 30"));
    EXPECT_TRUE(is_true("second(2026-06-05T12:30:15.25Z) eq 15"));
    EXPECT_TRUE(is_true("fractionalseconds(2026-06-05T12:30:15.25Z) eq 0.25"));
    EXPECT_TRUE(is_true("date(2026-06-05T12:30:15Z) eq 2026-06-05"));
    EXPECT_TRUE(is_true("time(2026-06-05T12:30:15Z) eq 12:30:15"));
    EXPECT_TRUE(is_true("hour(2026-06-05T00:30:00+02:00) eq 22"));
    EXPECT_TRUE(is_true("totaloffsetminutes(2026-06-05T00:30:00+02:00) eq 0"));
    EXPECT_TRUE(is_true("now() eq 2026-06-05T12:30:15.25Z"));
    EXPECT_TRUE(is_true("mindatetime() eq 0001-01-01T00:00:00Z"));
    EXPECT_TRUE(is_true("maxdatetime() eq 9999-12-31T23:59:59.999999Z"));
    EXPECT_TRUE(is_true("year('2015-06-05T00:00:00Z') eq 2015"));
    EXPECT_TRUE(is_true("year(2015-06-05T00:00:00Z/2016-06-05T00:00:00Z) eq 2015"));
    EXPECT_TRUE(is_null("year(5)"));
}

TEST(MathFunction, RoundsHalvesAwayFromZero) {
    EXPECT_TRUE(is_true("round(Freight) eq 33", company()));
    EXPECT_TRUE(is_true("round(-32.5) eq -33"));
    EXPECT_TRUE(is_true("floor(Freight) eq 32", company()));
    EXPECT_TRUE(is_true("ceiling(Freight) eq 33", company()));
    EXPECT_TRUE(is_true("floor(-32.5) eq -33"));
    EXPECT_EQ(value_of("round(7)"), whole(7));
    EXPECT_TRUE(is_null("round('7.1')"));
}

TEST(Arithmetic, IsThatOfNumbersWhateverTheirKind) {
    EXPECT_EQ(value_of("2 add 3 mul 4"), whole(14));
    EXPECT_EQ(value_of("(2 add 3) mul 4"), whole(20));
    EXPECT_EQ(value_of("10 sub 3 sub 2"), whole(5));
    EXPECT_EQ(value_of("7 mod 3"), whole(1));
    EXPECT_EQ(value_of("-7 mod 3"), whole(-1));
    EXPECT_EQ(value_of("6 div 3"), whole(2));
    EXPECT_EQ(value_of("7 div 2"), Value{3.5});
    EXPECT_TRUE(is_null("7 div 0"));
    EXPECT_TRUE(is_null("7.5 mod 0"));
    EXPECT_TRUE(is_true("9223372036854775807 add 1 gt 9223372036854775807"));
    EXPECT_EQ(value_of("-9223372036854775808 div -1"), Value{9223372036854775808.0});
    EXPECT_EQ(value_of("-9223372036854775808 mod -1"), whole(0));
    EXPECT_EQ(value_of("-(5)"), whole(-5));
    EXPECT_TRUE(is_true("9007199254740993 ne 9007199254740992.0"));
    EXPECT_TRUE(is_true("5 eq 5.0"));
    EXPECT_TRUE(is_null("'a' add 1"));
}

TEST(Arithmetic, OfTimesGivesTimesAndDurations) {
    EXPECT_TRUE(is_true("2026-06-05T00:00:00Z add duration'P1D' eq 2026-06-06T00:00:00Z"));
    EXPECT_TRUE(is_true("2026-06-05T00:00:00Z sub duration'PT1H30M' eq 2026-06-04T22:30:00Z"));
    EXPECT_TRUE(is_true("2026-06-05T01:00:00Z sub 2026-06-05T00:00:00Z eq duration'PT1H'"));
    EXPECT_TRUE(is_true("duration'PT1H' mul 2.5 eq duration'PT2H30M'"));
    EXPECT_TRUE(is_true("duration'P1D' div 24 eq duration'PT1H'"));
    EXPECT_TRUE(
        is_true("2026-06-05T00:00:00Z/2026-06-06T00:00:00Z add duration'P1D' eq "
                "2026-06-06T00:00:00Z/2026-06-07T00:00:00Z"));
    EXPECT_TRUE(is_true("2026-06-06 sub 2026-06-05 eq duration'P1D'"));
    EXPECT_TRUE(is_null("maxdatetime() add duration'P100000000D'"));
}

TEST(Null, IsEqualToNullAloneAndComparisonsWithTheUnknownAreFalse) {
    TestRecord record;
    record.properties["missing"] = Value{};
    record.properties["there"] = "x";
    EXPECT_TRUE(is_true("missing eq null", record));
    EXPECT_TRUE(is_false("missing ne null", record));
    EXPECT_TRUE(is_true("there ne null", record));
    EXPECT_TRUE(is_true("null eq null"));
    EXPECT_TRUE(is_false("missing eq 'x'", record));
    EXPECT_TRUE(is_false("missing ne 'x'", record));
    EXPECT_TRUE(is_false("missing lt 5", record));
    EXPECT_TRUE(is_false("missing gt null", record));
    EXPECT_TRUE(is_false("there gt 5", record));
    EXPECT_TRUE(is_false("there ne 5", record));
    EXPECT_TRUE(is_false("'5' eq 5"));
}

// OData 4.0 Part 2 §5.1.1.1.7 to .9 with its tables.
TEST(Logic, IsThreeValued) {
    EXPECT_TRUE(is_true("true and true"));
    EXPECT_TRUE(is_false("true and false"));
    EXPECT_TRUE(is_null("null and true"));
    EXPECT_TRUE(is_false("null and false"));
    EXPECT_TRUE(is_null("null and null"));
    EXPECT_TRUE(is_true("null or true"));
    EXPECT_TRUE(is_null("null or false"));
    EXPECT_TRUE(is_null("not null"));
    EXPECT_TRUE(is_false("not true"));
    EXPECT_TRUE(is_null("not 5"));
}

TEST(Json, IsWalkedIntoAndItsNumbersAreNumbers) {
    TestRecord record;
    record.properties["properties"] =
        Json{R"({"owner":{"name":"Drammen"},"levels":[1,2.5,"x"],"on":true,"when":"2026-01-01T00:00:00Z","@iot.id":7,)"
             R"("odd key":1,"none":null,"big":18446744073709551615})"};
    EXPECT_TRUE(is_true("properties/owner/name eq 'Drammen'", record));
    EXPECT_TRUE(is_true("properties/levels[0] eq 1.0", record));
    EXPECT_TRUE(is_true("properties/levels/1 gt 2", record));
    EXPECT_TRUE(is_true("properties/levels[9] eq null", record));
    EXPECT_TRUE(is_true("properties/on", record));
    EXPECT_TRUE(is_true("properties/when lt now()", record));
    EXPECT_TRUE(is_true("properties/'odd key' eq 1", record));
    EXPECT_TRUE(is_true("properties/none eq null", record));
    EXPECT_TRUE(is_true("properties/big gt 9223372036854775807", record));
    EXPECT_TRUE(is_true("properties/owner eq properties/owner", record));
    EXPECT_TRUE(is_false("properties/owner eq 'Drammen'", record));
    EXPECT_TRUE(is_true("properties/owner/name/deeper eq null", record));
}

TEST(Json, NestedWithoutEndIsNotLookedInto) {
    TestRecord record;
    record.properties["properties"] = Json{"{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}"};
    EXPECT_TRUE(is_true("properties/a eq null", record));
    EXPECT_TRUE(is_false("properties eq properties", record));
}

struct Town {
    TestRecord air, water, empty_thing, thing, observation;
    Town() {
        air.properties = {{"name", "air"}, {"value", std::int64_t{10}}, {"properties", Json{R"({"a":1})"}}};
        water.properties = {{"name", "water"}, {"value", std::int64_t{20}}, {"properties", Json{"{}"}}};
        thing.properties = {{"name", "buoy"}};
        thing.links["Datastreams"] = {true, {&air, &water}};
        empty_thing.links["Datastreams"] = {true, {}};
        observation.links["Thing"] = {false, {&thing}};
        observation.links["FeatureOfInterest"] = {false, {}};
    }
};

TEST(Navigation, ThroughManyIsTrueForAny) {
    const Town town;
    EXPECT_TRUE(is_true("Datastreams/name eq 'air'", town.thing));
    EXPECT_TRUE(is_true("Datastreams/name eq 'water'", town.thing));
    EXPECT_TRUE(is_false("Datastreams/name eq 'noise'", town.thing));
    EXPECT_TRUE(is_true("Datastreams/name ne 'air'", town.thing));
    EXPECT_TRUE(is_false("not (Datastreams/name eq 'air')", town.thing));
    EXPECT_TRUE(is_true("not (Datastreams/properties/a eq 2)", town.thing));
    EXPECT_TRUE(is_true("startswith(Datastreams/name,'w')", town.thing));
    EXPECT_TRUE(is_true("Datastreams/value mul 2 eq 40", town.thing));
    EXPECT_TRUE(is_true("Thing/Datastreams/name eq 'air'", town.observation));
    EXPECT_TRUE(is_false("Datastreams/name eq 'air'", town.empty_thing));
    EXPECT_TRUE(is_true("Datastreams/$count eq 2", town.thing));
    EXPECT_TRUE(is_true("Datastreams/$count eq 0", town.empty_thing));
}

TEST(Navigation, ToNothingIsNull) {
    EXPECT_TRUE(is_true("FeatureOfInterest/name eq null", Town{}.observation));
}

TEST(Navigation, AnyAsksAllConditionsOfTheSameEntity) {
    const Town town;
    EXPECT_TRUE(is_true("Datastreams/name eq 'air' and Datastreams/value eq 20", town.thing));
    EXPECT_TRUE(is_false("Datastreams/any(d: d/name eq 'air' and d/value eq 20)", town.thing));
    EXPECT_TRUE(is_true("Datastreams/any(d: d/name eq 'water' and d/value eq 20 and name eq 'buoy')", town.thing));
    EXPECT_TRUE(is_true("Datastreams/any()", town.thing));
    EXPECT_TRUE(is_false("Datastreams/any()", town.empty_thing));
    EXPECT_TRUE(is_true("Thing/Datastreams/any(d: d/name eq 'air')", town.observation));
    EXPECT_TRUE(is_true("Datastreams/any(d: Datastreams/any(e: d/value gt e/value))", town.thing));
}

TEST(Navigation, ThatLeadsNowhereIsMalformedAndTooFarIsExhausted) {
    const Town town;
    const auto failing = [](std::string_view text, const Record& record, const EvaluateLimits& limits = {}) {
        return evaluate(*parse_filter(text), record, now_in_tests, limits).error();
    };
    EXPECT_EQ(failing("colour eq 'red'", town.thing),
              (Error{Errc::malformed, "at 1: there is no 'colour' in 'colour'"}));
    EXPECT_EQ(failing("name eq 'x' or 1 eq Datastreams/colour", town.thing).what,
              "at 21: there is no 'colour' in 'Datastreams/colour'");
    EXPECT_EQ(failing("Datastreams eq 1", town.thing).what, "at 1: 'Datastreams' leads to an entity, not to a value");
    EXPECT_EQ(failing("Datastreams/name eq 'x'", town.thing, {.related = 1}).code, Errc::exhausted);
    EXPECT_EQ(failing("Datastreams/any(d: true)", town.thing, {.related = 1}).code, Errc::exhausted);
}

TEST(GeometryFunction, AnswersByGeosInDegrees) {
    TestRecord record;
    record.properties["location"] = Json{R"({"type":"Point","coordinates":[10.2,59.7]})"};
    record.properties["area"] =
        Geometry{R"({"type":"Polygon","coordinates":[[[10,59],[11,59],[11,60],[10,60],[10,59]]]})"};
    EXPECT_TRUE(is_true("st_within(location, geography'POLYGON((10 59,11 59,11 60,10 60,10 59))')", record));
    EXPECT_TRUE(is_true("st_contains(area, location)", record));
    EXPECT_TRUE(is_true("st_equals(location, geometry'POINT(10.2 59.7)')", record));
    EXPECT_TRUE(is_true("st_disjoint(location, geography'POINT(0 0)')", record));
    EXPECT_TRUE(is_true("st_intersects(area, geography'LINESTRING(9 59.5,12 59.5)')", record));
    EXPECT_TRUE(is_true("geo.intersects(area, geography'LINESTRING(9 59.5,12 59.5)')", record));
    EXPECT_TRUE(is_true("st_crosses(geography'LINESTRING(9 59.5,12 59.5)', area)", record));
    EXPECT_TRUE(is_true("st_touches(geography'POINT(10 59)', area)", record));
    EXPECT_TRUE(is_true("st_overlaps(area, geography'POLYGON((10.5 59.5,12 59.5,12 61,10.5 59.5))')", record));
    EXPECT_TRUE(is_true("st_relate(location, area, 'T*F**F***')", record));
    EXPECT_TRUE(is_null("st_relate(location, area, 'nonsense')", record));
    EXPECT_TRUE(is_true("geo.distance(location, geography'POINT(10.2 58.7)') eq 1", record));
    EXPECT_TRUE(is_true("geo.length(geography'LINESTRING(0 0,3 4)') eq 5"));
    EXPECT_TRUE(is_true("area/coordinates/0/0/1 eq 59", record));
    EXPECT_TRUE(is_null("st_within('POINT(1 1)', area)", record));
}

TEST(OrderOfValues, NullIsFirstAndNumbersAreOneKind) {
    EXPECT_EQ(compare_for_order(Value{}, Value{false}), std::weak_ordering::less);
    EXPECT_EQ(compare_for_order(whole(2), Value{2.0}), std::weak_ordering::equivalent);
    EXPECT_EQ(compare_for_order(whole(3), Value{2.5}), std::weak_ordering::greater);
    EXPECT_EQ(compare_for_order(text("a"), text("b")), std::weak_ordering::less);
    EXPECT_EQ(compare_for_order(whole(9), text("1")), std::weak_ordering::less);
    EXPECT_EQ(compare_for_order(Value{at("2026-01-01T00:00:00Z")},
                                Value{Span{at("2026-01-01T00:00:00Z"), at("2026-01-02T00:00:00Z")}}),
              std::weak_ordering::less);
}

TEST(Conjuncts, ComeApartAndTogetherAgain) {
    const auto filter = *parse_filter("a eq 1 and (b eq 2 or c eq 3) and d eq 4");
    const auto parts = conjuncts(filter);
    ASSERT_EQ(parts.size(), 3U);
    EXPECT_EQ(to_text(*parts[1]), "b eq 2 or c eq 3");
    EXPECT_EQ(conjunction(parts), filter);
    EXPECT_EQ(conjunction({}), std::nullopt);
}

}  // namespace
}  // namespace bypuls::query
