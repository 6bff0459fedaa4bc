#include "platform/query/parse.h"

#include <string>

#include <gtest/gtest.h>

#include "core/time/iso8601.h"

namespace bypuls::query {
namespace {

using namespace std::chrono_literals;

Expression parsed(std::string_view text) {
    auto expression = parse_filter(text);
    EXPECT_TRUE(expression) << text << ": " << expression.error().what;
    return expression ? std::move(*expression) : Expression{};
}

/// As the parser understood it, with a bracket wherever two operators meet.
std::string shape(const Expression& e) {
    if (e.kind != Expression::Kind::operation) {
        return to_text(e);
    }
    if (e.arguments.size() == 1) {
        return std::string(name_of(e.op)) + "(" + shape(e.arguments[0]) + ")";
    }
    return "(" + shape(e.arguments[0]) + " " + std::string(name_of(e.op)) + " " + shape(e.arguments[1]) + ")";
}

std::string shape(std::string_view text) {
    return shape(parsed(text));
}
std::string fault(std::string_view text, const ParseLimits& limits = {}) {
    const auto expression = parse_filter(text, limits);
    EXPECT_FALSE(expression) << text;
    return expression ? "" : expression.error().what;
}
Value value(std::string_view text) {
    return parsed(text).literal;
}

// The precedences of OData 4.0 Part 2 §5.1.1.9, `not` as in FROST's tests.
TEST(Filter, BindsAsTheStandardSays) {
    EXPECT_EQ(shape("a or b and c"), "(a or (b and c))");
    EXPECT_EQ(shape("a and b or c"), "((a and b) or c)");
    EXPECT_EQ(shape("a eq 1 and b ne 2"), "((a eq 1) and (b ne 2))");
    EXPECT_EQ(shape("a gt 1 eq b lt 2"), "((a gt 1) eq (b lt 2))");
    EXPECT_EQ(shape("1 add 2 mul 3"), "(1 add (2 mul 3))");
    EXPECT_EQ(shape("1 sub 2 sub 3"), "((1 sub 2) sub 3)");
    EXPECT_EQ(shape("12 div 2 mod 4"), "((12 div 2) mod 4)");
    EXPECT_EQ(shape("a add 1 gt b sub 1"), "((a add 1) gt (b sub 1))");
    EXPECT_EQ(shape("not result lt 1 and not result gt 1"), "(not((result lt 1)) and not((result gt 1)))");
    EXPECT_EQ(shape("not not a"), "not(not(a))");
    EXPECT_EQ(shape("-a mul 2"), "(-(a) mul 2)");
    EXPECT_EQ(shape("-5 mul 2"), "(-5 mul 2)");
    EXPECT_EQ(shape("(a or b) and c"), "((a or b) and c)");
    EXPECT_EQ(shape("((a))"), "a");
    EXPECT_EQ(shape("a EQ 1 AND b eq 2"), "((a eq 1) and (b eq 2))");
    EXPECT_EQ(shape(" \t a  eq\n1 "), "(a eq 1)");
    EXPECT_EQ(shape("a eq not b"), "(a eq not(b))");
}

TEST(Filter, ReadsEveryKindOfLiteral) {
    EXPECT_EQ(value("null"), Value{});
    EXPECT_EQ(value("true"), Value{true});
    EXPECT_EQ(value("false"), Value{false});
    EXPECT_EQ(value("12"), Value{std::int64_t{12}});
    EXPECT_EQ(value("-9223372036854775808"), Value{std::numeric_limits<std::int64_t>::min()});
    EXPECT_EQ(value("9223372036854775808"), Value{9223372036854775808.0});
    EXPECT_EQ(value("1.50"), Value{1.5});
    EXPECT_EQ(value("1e3"), Value{1000.0});
    EXPECT_EQ(value("-2.5E-3"), Value{-0.0025});
    EXPECT_EQ(value("-INF"), Value{-std::numeric_limits<double>::infinity()});
    EXPECT_EQ(value("'it''s Åse''s'"), Value{std::string("it's Åse's")});
    EXPECT_EQ(value("''"), Value{std::string()});
    EXPECT_EQ(value("2026-06-05"), Value{Date{std::chrono::sys_days{std::chrono::year{2026} / 6 / 5}}});
    EXPECT_EQ(value("07:59:59.5"), Value{TimeOfDay{7h + 59min + 59s + 500ms}});
    EXPECT_EQ(value("duration'P1DT2H3M4.5S'"), Value{Duration{26h + 3min + 4s + 500ms}});
    EXPECT_EQ(value("duration'-PT0.000001S'"), Value{Duration{-1us}});
    EXPECT_EQ(value("duration'P2W'"), Value{Duration{336h}});
    EXPECT_EQ(value("geography'POINT(10.2 59.7)'"), Value{Geometry{R"({"type":"Point","coordinates":[10.2,59.7]})"}});
    EXPECT_EQ(value("geometry'SRID=4326;Point(1 2)'"), Value{Geometry{R"({"type":"Point","coordinates":[1,2]})"}});
}

TEST(Filter, ReadsTimesWithAndWithoutSeconds) {
    const Instant t = *parse_instant("2026-06-05T10:00:00Z");
    EXPECT_EQ(value("2026-06-05T10:00:00Z"), Value{t});
    EXPECT_EQ(value("2026-06-05T10:00Z"), Value{t});
    EXPECT_EQ(value("2026-06-05T12:00:00.000+02:00"), Value{t});
    EXPECT_EQ(value("2026-06-05T12:00:00 02:00"), Value{t}) << "a plus that a URL turned into a space";
    EXPECT_EQ(value("2026-06-05T08:00:00-02:00"), Value{t});
    const Span span{t, t + 1h};
    EXPECT_EQ(value("2026-06-05T10:00:00Z/2026-06-05T11:00:00Z"), Value{span});
    EXPECT_EQ(value("2026-06-05T12:00:00 02:00/2026-06-05T13:00:00 02:00"), Value{span});
    EXPECT_EQ(value("2026-06-05T10:00:00Z/PT1H"), Value{span});
    EXPECT_EQ(shape("phenomenonTime gt 2026-06-05T10:00:00Z and a eq 1"),
              "((phenomenonTime gt 2026-06-05T10:00:00Z) and (a eq 1))");
    EXPECT_EQ(parse_time("2026-06-05T10:00:00Z/2026-06-05T11:00:00Z"), Value{span});
}

TEST(Filter, ReadsPaths) {
    EXPECT_EQ(parsed("Datastream/Thing/properties/owner/name").path.steps,
              (std::vector<std::string>{"Datastream", "Thing", "properties", "owner", "name"}));
    EXPECT_EQ(parsed("@iot.id").path.steps, std::vector<std::string>{"id"});
    EXPECT_EQ(parsed("Thing/@iot.id").path.steps, (std::vector<std::string>{"Thing", "id"}));
    EXPECT_EQ(parsed("properties/levels[2]/x").path.steps,
              (std::vector<std::string>{"properties", "levels", "2", "x"}));
    EXPECT_EQ(parsed("properties/0/år-nå").path.steps, (std::vector<std::string>{"properties", "0", "år-nå"}));
    EXPECT_EQ(parsed("properties/'it''s odd'").path.steps, (std::vector<std::string>{"properties", "it's odd"}));
    EXPECT_EQ(parsed("properties/eq eq 1").arguments[0].path.steps, (std::vector<std::string>{"properties", "eq"}));
    EXPECT_EQ(parsed("nullable").path.steps, std::vector<std::string>{"nullable"});
    EXPECT_EQ(parsed("Datastreams/$count gt 2").arguments[0].path.steps,
              (std::vector<std::string>{"Datastreams", "$count"}));
}

TEST(Filter, ReadsFunctions) {
    EXPECT_EQ(parsed("geo.distance(location, geography'POINT(1 2)') lt 0.5").arguments[0].function,
              Function::geo_distance);
    EXPECT_EQ(parsed("SubstringOf('a',name)").function, Function::substringof);
    EXPECT_EQ(parsed("contains(name,'a')"), parsed("substringof('a',name)"));
    EXPECT_EQ(parsed("now( )").function, Function::now);
    const Expression any = parsed("Datastreams/any(d: d/name eq 'x' and d/unitOfMeasurement/name ne 'y')");
    EXPECT_EQ(any.kind, Expression::Kind::any);
    EXPECT_EQ(any.variable, "d");
    EXPECT_EQ(any.path.steps, std::vector<std::string>{"Datastreams"});
    EXPECT_EQ(any.arguments.front().op, Operator::logical_and);
    EXPECT_EQ(parsed("Datastreams/any(d:d/name eq 'x')").variable, "d");
}

TEST(Filter, NamesWhatEveryNodeBeginsWith) {
    const Expression e = parsed("a eq 1 and length(b) gt 2");
    EXPECT_EQ(e.position, 1U);
    EXPECT_EQ(e.arguments[0].arguments[1].position, 6U);
    EXPECT_EQ(e.arguments[1].position, 12U);
    EXPECT_EQ(e.arguments[1].arguments[0].arguments[0].position, 19U);
}

TEST(Filter, FaultsSayWhereAndWhatWasExpected) {
    EXPECT_EQ(fault(""), "at 1: expected a value, found the end");
    EXPECT_EQ(fault("name eq "), "at 9: expected a value, found the end");
    EXPECT_EQ(fault("name eq )"), "at 9: expected a value, found ')'");
    EXPECT_EQ(fault("name eq 'x"), "at 9: the text that begins here has no closing quote");
    EXPECT_EQ(fault("name equals 'x'"), "at 6: expected an operator or the end, found 'equals'");
    EXPECT_EQ(fault("(a eq 1"), "at 8: expected an operator or ')', found the end");
    EXPECT_EQ(fault("a eq 1)"), "at 7: expected an operator or the end, found ')'");
    EXPECT_EQ(fault("lenth(a) eq 1"), "at 1: there is no function 'lenth'");
    EXPECT_EQ(fault("length(a,b) eq 1"), "at 1: length() takes 1 argument, not 2");
    EXPECT_EQ(fault("substring(a)"), "at 1: substring() takes 2 or 3 arguments, not 1");
    EXPECT_EQ(fault("length(a b)"), "at 10: expected ',' or ')', found 'b'");
    EXPECT_EQ(fault("1.x eq 2"), "at 1: a number is written 12, -12.5 or 1.2e3");
    EXPECT_EQ(fault("a eq 12abc"), "at 6: a number is written 12, -12.5 or 1.2e3");
    EXPECT_EQ(fault("a eq 1e999"), "at 6: this number is too large or too small");
    EXPECT_EQ(fault("a eq 2026-13-01T00:00:00Z").substr(0, 6), "at 6: ");
    EXPECT_EQ(fault("a eq 2026-06-05T10:00:00").substr(0, 6), "at 6: ");
    EXPECT_EQ(fault("a eq 2026-06-05T10:00:00Z/2026-06-05T09:00:00Z"), "at 6: the interval ends before it begins");
    EXPECT_EQ(fault("a eq duration'P1Y'").substr(0, 15), "at 14: 'P1Y' is");
    EXPECT_EQ(fault("st_within(a,geography'POINT(1')").substr(0, 12), "at 22: WKT: ");
    EXPECT_EQ(fault("Datastreams/all(d: true)"), "at 13: there is no 'all(…)' over a set; any(x: …) there is");
    EXPECT_EQ(fault("Datastreams/any(d d/name eq 1)").substr(0, 31), "at 19: expected a variable with");
    EXPECT_EQ(fault("a/ eq 1"), "at 3: expected a name after '/', found ' '");
    EXPECT_EQ(fault("a[x] eq 1"), "at 3: expected a whole number and ']'");
    EXPECT_EQ(fault("name eq 'å' ø").substr(0, 40), "at 14: expected an operator or the end, ");
    EXPECT_EQ(fault("a eq \xFF"), "not UTF-8");
}

TEST(Filter, HoldsItsBounds) {
    EXPECT_EQ(fault(std::string(65, '(') + "a" + std::string(65, ')')), "at 66: nested deeper than 64");
    EXPECT_TRUE(parse_filter(std::string(64, '(') + "a" + std::string(64, ')')));
    std::string nots;
    for (int i = 0; i < 100; ++i) {
        nots += "not ";
    }
    EXPECT_NE(fault(nots + "a").find("nested deeper"), std::string::npos);
    std::string chain = "id eq 0";
    for (int i = 1; i < 250; ++i) {
        chain += " or id eq " + std::to_string(i);
    }
    EXPECT_TRUE(parse_filter(chain));
    EXPECT_NE(fault(chain + " or id eq 1").find("more than 1000 parts"), std::string::npos);
    EXPECT_NE(fault(std::string(20'000, 'a')).find("longer than"), std::string::npos);
}

TEST(Printing, PutsBracketsWhereTheyAreNeededAlone) {
    for (const std::string_view text : {"a or b and c",
                                        "(a or b) and c",
                                        "not (a or b)",
                                        "not a eq 1",
                                        "(not a) eq 1",
                                        "1 sub (2 sub 3)",
                                        "1 sub 2 sub 3",
                                        "-a",
                                        "-(5)",
                                        "-(a add 1)",
                                        "-(-a)",
                                        "a eq 5.0",
                                        "a eq 1e+20",
                                        "length(a) gt 2",
                                        "Datastreams/any(d: d/name eq 'x')",
                                        "Datastreams/any()",
                                        "now() sub duration'P1DT0.500000S'",
                                        "properties/'odd key' eq 'it''s'",
                                        "st_within(location,geography'POINT (1 2)')",
                                        "t gt 2026-06-05T10:00:00Z/2026-06-06T10:00:00Z",
                                        "d eq 2026-06-05 and t eq 07:59:59.500"}) {
        EXPECT_EQ(to_text(parsed(text)), text);
    }
}

}  // namespace
}  // namespace bypuls::query
