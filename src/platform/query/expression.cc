#include "platform/query/expression.h"

#include <array>
#include <utility>

#include "core/check.h"

namespace bypuls::query {
namespace {

constexpr std::array operator_names = {
    std::pair{Operator::logical_or, std::string_view("or")},
    std::pair{Operator::logical_and, std::string_view("and")},
    std::pair{Operator::logical_not, std::string_view("not")},
    std::pair{Operator::eq, std::string_view("eq")},
    std::pair{Operator::ne, std::string_view("ne")},
    std::pair{Operator::gt, std::string_view("gt")},
    std::pair{Operator::ge, std::string_view("ge")},
    std::pair{Operator::lt, std::string_view("lt")},
    std::pair{Operator::le, std::string_view("le")},
    std::pair{Operator::add, std::string_view("add")},
    std::pair{Operator::sub, std::string_view("sub")},
    std::pair{Operator::mul, std::string_view("mul")},
    std::pair{Operator::div, std::string_view("div")},
    std::pair{Operator::mod, std::string_view("mod")},
    std::pair{Operator::negate, std::string_view("-")},
};

struct Signature {
    Function function;
    std::string_view name;
    Arity arity;
};

constexpr std::array signatures = {
    Signature{Function::substringof, "substringof", {2, 2}},
    Signature{Function::endswith, "endswith", {2, 2}},
    Signature{Function::startswith, "startswith", {2, 2}},
    Signature{Function::length, "length", {1, 1}},
    Signature{Function::indexof, "indexof", {2, 2}},
    Signature{Function::substring, "substring", {2, 3}},
    Signature{Function::tolower, "tolower", {1, 1}},
    Signature{Function::toupper, "toupper", {1, 1}},
    Signature{Function::trim, "trim", {1, 1}},
    Signature{Function::concat, "concat", {2, 2}},
    Signature{Function::year, "year", {1, 1}},
    Signature{Function::month, "month", {1, 1}},
    Signature{Function::day, "day", {1, 1}},
    Signature{Function::hour, "hour", {1, 1}},
    Signature{Function::minute, "minute", {1, 1}},
    Signature{Function::second, "second", {1, 1}},
    Signature{Function::fractionalseconds, "fractionalseconds", {1, 1}},
    Signature{Function::date, "date", {1, 1}},
    Signature{Function::time, "time", {1, 1}},
    Signature{Function::totaloffsetminutes, "totaloffsetminutes", {1, 1}},
    Signature{Function::now, "now", {0, 0}},
    Signature{Function::mindatetime, "mindatetime", {0, 0}},
    Signature{Function::maxdatetime, "maxdatetime", {0, 0}},
    Signature{Function::round, "round", {1, 1}},
    Signature{Function::floor, "floor", {1, 1}},
    Signature{Function::ceiling, "ceiling", {1, 1}},
    Signature{Function::geo_distance, "geo.distance", {2, 2}},
    Signature{Function::geo_length, "geo.length", {1, 1}},
    Signature{Function::geo_intersects, "geo.intersects", {2, 2}},
    Signature{Function::st_equals, "st_equals", {2, 2}},
    Signature{Function::st_disjoint, "st_disjoint", {2, 2}},
    Signature{Function::st_touches, "st_touches", {2, 2}},
    Signature{Function::st_within, "st_within", {2, 2}},
    Signature{Function::st_overlaps, "st_overlaps", {2, 2}},
    Signature{Function::st_crosses, "st_crosses", {2, 2}},
    Signature{Function::st_intersects, "st_intersects", {2, 2}},
    Signature{Function::st_contains, "st_contains", {2, 2}},
    Signature{Function::st_relate, "st_relate", {3, 3}},
    Signature{Function::before, "before", {2, 2}},
    Signature{Function::after, "after", {2, 2}},
    Signature{Function::meets, "meets", {2, 2}},
    Signature{Function::during, "during", {2, 2}},
    Signature{Function::overlaps, "overlaps", {2, 2}},
    Signature{Function::starts, "starts", {2, 2}},
    Signature{Function::finishes, "finishes", {2, 2}},
};

const Signature& signature_of(Function function) {
    for (const Signature& signature : signatures) {
        if (signature.function == function) {
            return signature;
        }
    }
    check(false, "every function has a signature");
    return signatures.front();
}

}  // namespace

std::string_view name_of(Operator op) {
    for (const auto& [known, name] : operator_names) {
        if (known == op) {
            return name;
        }
    }
    check(false, "every operator has a name");
    return {};
}

std::string_view name_of(Function function) {
    return signature_of(function).name;
}

bool is_truth_function(Function function) {
    switch (function) {
        case Function::substringof:
        case Function::endswith:
        case Function::startswith:
        case Function::geo_intersects:
        case Function::st_equals:
        case Function::st_disjoint:
        case Function::st_touches:
        case Function::st_within:
        case Function::st_overlaps:
        case Function::st_crosses:
        case Function::st_intersects:
        case Function::st_contains:
        case Function::st_relate:
        case Function::before:
        case Function::after:
        case Function::meets:
        case Function::during:
        case Function::overlaps:
        case Function::starts:
        case Function::finishes: return true;
        default: return false;
    }
}

Arity arity_of(Function function) {
    return signature_of(function).arity;
}

std::optional<Function> function_named(std::string_view name) {
    for (const Signature& signature : signatures) {
        if (signature.name == name) {
            return signature.function;
        }
    }
    // OData 4.0's name for it with the arguments the other way about is left out: 18-088 has substringof alone.
    return std::nullopt;
}

Expression literal(Value value) {
    return {.kind = Expression::Kind::literal, .literal = std::move(value)};
}

Expression path(std::vector<std::string> steps) {
    return {.kind = Expression::Kind::path, .path = {std::move(steps)}};
}

Expression operation(Operator op, std::vector<Expression> arguments) {
    return {.kind = Expression::Kind::operation, .op = op, .arguments = std::move(arguments)};
}

Expression call(Function function, std::vector<Expression> arguments) {
    return {.kind = Expression::Kind::call, .function = function, .arguments = std::move(arguments)};
}

Options::Options() = default;
Options::~Options() = default;
Options::Options(const Options&) = default;
Options::Options(Options&&) noexcept = default;
Options& Options::operator=(const Options&) = default;
Options& Options::operator=(Options&&) noexcept = default;
bool Options::operator==(const Options& other) const = default;

}  // namespace bypuls::query
