// Laws that hold for all questions: what is printed reads back the same, and the evaluator keeps to logic.
#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/time/iso8601.h"
#include "platform/query/evaluate.h"
#include "platform/query/parse.h"
#include "platform/query/testing_record.h"

namespace bypuls::query {
namespace {

using rc::Gen;

Gen<std::string> any_text() {
    return rc::gen::map(
        rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 40)), [](const std::vector<int>& parts) {
            static constexpr std::string_view alphabet[] = {"a", "B",  "'", " ", "/", "(", ")",  ",",  ";",  "å",
                                                            "0", "\\", "%", "+", "&", "€", "eq", "\n", "\"", "$"};
            std::string out;
            for (const int part : parts) {
                out += alphabet[static_cast<std::size_t>(part) % std::size(alphabet)];
            }
            return out;
        });
}

Gen<Instant> any_instant() {
    const auto first = parse_instant("0001-01-01T00:00:00Z")->time_since_epoch().count();
    const auto last = parse_instant("9999-12-31T23:59:59.999999Z")->time_since_epoch().count();
    return rc::gen::map(rc::gen::inRange(first, last), [](std::int64_t micros) { return Instant{Duration{micros}}; });
}

Gen<Value> any_value() {
    const auto value = [](auto x) { return Value{std::move(x)}; };
    return rc::gen::oneOf(
        rc::gen::just(Value{}), rc::gen::map(rc::gen::arbitrary<bool>(), value),
        rc::gen::map(rc::gen::arbitrary<std::int64_t>(), value),
        rc::gen::map(rc::gen::arbitrary<double>(), [](double x) { return Value{std::isnan(x) ? 0.5 : x}; }),
        rc::gen::map(any_text(), value), rc::gen::map(any_instant(), value),
        rc::gen::apply([](Instant a, Instant b) { return Value{Span{std::min(a, b), std::max(a, b)}}; }, any_instant(),
                       any_instant()),
        rc::gen::map(rc::gen::arbitrary<std::int64_t>(),
                     [](std::int64_t micros) {
                         return Value{Duration{std::max(micros, std::numeric_limits<std::int64_t>::min() + 1)}};
                     }),
        rc::gen::map(any_instant(), [](Instant t) { return Value{Date{std::chrono::floor<std::chrono::days>(t)}}; }),
        rc::gen::map(rc::gen::inRange<std::int64_t>(0, 86'400'000'000),
                     [](std::int64_t micros) { return Value{TimeOfDay{Duration{micros}}}; }),
        rc::gen::apply(
            [](std::int32_t x, std::int32_t y) {
                return parse_filter("geography'POINT(" + std::to_string(x / 1e6) + " " + std::to_string(y / 1e6) + ")'")
                    ->literal;
            },
            rc::gen::arbitrary<std::int32_t>(), rc::gen::arbitrary<std::int32_t>()));
}

Gen<Expression> any_path() {
    return rc::gen::apply(
        [](const std::string& first, const std::vector<std::string>& further) {
            std::vector<std::string> steps{first};
            for (const std::string& step : further) {
                // "@iot.id" comes back as "id", and a key has at least one character.
                steps.push_back(step.empty() || step == "@iot.id" ? "x" : step);
            }
            return path(steps);
        },
        rc::gen::element<std::string>("name", "Datastreams", "result", "properties", "år", "id", "order", "noted",
                                      "a-b"),
        rc::gen::resize(3, rc::gen::container<std::vector<std::string>>(rc::gen::oneOf(
                               any_text(), rc::gen::element<std::string>("and", "any", "0", "12a", "$count")))));
}

Gen<Expression> any_expression(int depth) {
    if (depth == 0) {
        return rc::gen::oneOf(rc::gen::map(any_value(), [](const Value& value) { return literal(value); }), any_path());
    }
    const auto below = rc::gen::lazy([depth] { return any_expression(depth - 1); });
    const auto binary = rc::gen::apply(
        [](int op, const Expression& a, const Expression& b) {
            constexpr Operator operators[] = {Operator::logical_or, Operator::logical_and, Operator::eq,  Operator::ne,
                                              Operator::gt,         Operator::ge,          Operator::lt,  Operator::le,
                                              Operator::add,        Operator::sub,         Operator::mul, Operator::div,
                                              Operator::mod};
            return operation(operators[op], {a, b});
        },
        rc::gen::inRange(0, 13), below, below);
    const auto unary = rc::gen::apply(
        [](bool negative, const Expression& a) {
            return operation(negative ? Operator::negate : Operator::logical_not, {a});
        },
        rc::gen::arbitrary<bool>(), below);
    const auto function = rc::gen::apply(
        [](int which, const Expression& a, const Expression& b, const Expression& c) {
            const auto name = static_cast<Function>(which);
            std::vector<Expression> arguments{a, b, c};
            arguments.resize(arity_of(name).max);
            // The parser refuses an instant here.
            if (name == Function::during && std::holds_alternative<Instant>(arguments[1].literal)) {
                arguments[1].literal = Value{};
            }
            return call(name, arguments);
        },
        rc::gen::inRange(0, static_cast<int>(Function::finishes) + 1), below, below, below);
    const auto any = rc::gen::apply(
        [](const Expression& way, const Expression& condition) {
            return Expression{
                .kind = Expression::Kind::any, .path = way.path, .variable = "x", .arguments = {condition}};
        },
        any_path(), below);
    return rc::gen::oneOf(binary, binary, unary, function, any, below);
}

void expect(bool holds) {
    EXPECT_TRUE(holds);
}

TEST(Law, WhatIsPrintedReadsBackTheSame) {
    expect(rc::check("filters", [] {
        const Expression expression = *any_expression(3);
        const std::string text = to_text(expression);
        const auto again = parse_filter(text, {.text_bytes = 1U << 20U});
        if (!again || *again != expression) {
            RC_FAIL(text + " -> " + (again ? to_text(*again) : again.error().what));
        }
    }));
}

TEST(Law, OptionsAsAQueryAreReadBackTheSame) {
    expect(rc::check("options", [] {
        Options options;
        options.filter = *any_expression(2);
        options.order = {{*any_expression(1), true}, {*any_path(), false}};
        options.select = {(*any_path()).path, (*any_path()).path};
        options.distinct = *rc::gen::arbitrary<bool>();
        options.skip_token = *any_text();
        options.top = *rc::gen::inRange<std::uint64_t>(0, 10'000);
        Options nested = options;
        options.expand = {{.navigation = "Datastreams", .options = nested}, {.navigation = "Locations", .options = {}}};
        const std::string query = to_query(options);
        const auto again = parse_options(query, {.text_bytes = 1U << 20U});
        if (!again || *again != options) {
            RC_FAIL(query + " -> " + (again ? to_query(*again) : again.error().what));
        }
    }));
}

/// Truth values of all kinds: true, false, unknown, and what is no truth value.
Gen<Expression> any_truth() {
    return rc::gen::element(literal(true), literal(false), literal(Value{}), literal(std::int64_t{5}),
                            operation(Operator::gt, {path({"number"}), literal(std::int64_t{3})}),
                            operation(Operator::eq, {path({"missing"}), literal(std::string("x"))}), path({"flag"}));
}

Value evaluated(const Expression& expression) {
    TestRecord record;
    record.properties = {{"number", std::int64_t{4}}, {"missing", Value{}}, {"flag", true}};
    return *evaluate(expression, record, Instant{});
}

TEST(Law, NotNotIsNothingAndDeMorganHolds) {
    const auto no = [](const Expression& e) { return operation(Operator::logical_not, {e}); };
    expect(rc::check("logic", [&no] {
        const Expression a = *any_truth();
        const Expression b = *any_truth();
        const Expression both = operation(Operator::logical_and, {a, b});
        const Expression either = operation(Operator::logical_or, {a, b});
        RC_ASSERT(evaluated(no(no(both))) == evaluated(both));
        RC_ASSERT(evaluated(no(both)) == evaluated(operation(Operator::logical_or, {no(a), no(b)})));
        RC_ASSERT(evaluated(no(either)) == evaluated(operation(Operator::logical_and, {no(a), no(b)})));
        RC_ASSERT(evaluated(both) == evaluated(operation(Operator::logical_and, {b, a})));
        RC_ASSERT(evaluated(either) == evaluated(operation(Operator::logical_or, {b, a})));
    }));
}

TEST(Law, ComparisonsAgreeWithOneAnother) {
    expect(rc::check("comparisons", [] {
        const Expression a = literal(*any_value());
        const Expression b = literal(*any_value());
        const auto holds = [](Operator op, const Expression& x, const Expression& y) {
            return evaluated(operation(op, {x, y})) == Value{true};
        };
        RC_ASSERT(holds(Operator::lt, a, b) == holds(Operator::gt, b, a));
        RC_ASSERT(holds(Operator::le, a, b) == holds(Operator::ge, b, a));
        RC_ASSERT(holds(Operator::eq, a, b) == holds(Operator::eq, b, a));
        RC_ASSERT(!holds(Operator::eq, a, b) || !holds(Operator::ne, a, b));
        RC_ASSERT(!holds(Operator::lt, a, b) || !holds(Operator::gt, a, b));
    }));
}

TEST(Law, TheOrderOfValuesIsOne) {
    expect(rc::check("order", [] {
        const Value a = *any_value();
        const Value b = *any_value();
        const Value c = *any_value();
        RC_ASSERT(std::is_eq(compare_for_order(a, a)));
        RC_ASSERT((compare_for_order(a, b) < 0) == (compare_for_order(b, a) > 0));
        RC_ASSERT(!(compare_for_order(a, b) <= 0 && compare_for_order(b, c) <= 0) || compare_for_order(a, c) <= 0);
    }));
}

TEST(Law, EveryQuestionHasAnAnswer) {
    expect(rc::check("any expression over a record gives a value or says why not", [] {
        TestRecord thing;
        thing.properties = {
            {"name", "buoy"}, {"result", 4.5}, {"id", std::int64_t{1}}, {"properties", Json{R"({"a":[1]})"}}};
        TestRecord stream = thing;
        thing.links["Datastreams"] = {true, {&stream, &stream}};
        const auto answer = evaluate(*any_expression(4), thing, Instant{});
        RC_ASSERT(answer || answer.error().code == Errc::malformed || answer.error().code == Errc::exhausted);
    }));
}

}  // namespace
}  // namespace bypuls::query
