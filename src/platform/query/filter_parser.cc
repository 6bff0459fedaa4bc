#include "platform/query/filter_parser.h"

#include <array>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "core/text.h"
#include "platform/query/literal.h"

namespace bypuls::query {
namespace {

/// Operators of one precedence, all joining from the left.
using Level = std::span<const Operator>;
constexpr std::array or_level{Operator::logical_or};
constexpr std::array and_level{Operator::logical_and};
constexpr std::array equality_level{Operator::eq, Operator::ne};
constexpr std::array relational_level{Operator::gt, Operator::ge, Operator::lt, Operator::le};
constexpr std::array additive_level{Operator::add, Operator::sub};
constexpr std::array multiplicative_level{Operator::mul, Operator::div, Operator::mod};

/// "/name", "/'odd key'" or "[2]".
Result<void> take_step(Scanner& in, Path& path) {
    if (in.eat('[')) {
        const std::size_t at = in.position();
        const std::string_view index = in.take_until("]");
        if (index.empty() || index.find_first_not_of("0123456789") != std::string_view::npos || !in.eat(']')) {
            return in.fault(at, "expected a whole number and ']'");
        }
        path.steps.emplace_back(index);
        return {};
    }
    in.skip(1);
    if (in.peek() == '\'') {
        // A key that is no name, such as 'antall personer'.
        TRY(auto key, in.take_quoted());
        path.steps.push_back(std::move(key));
        return {};
    }
    const std::string_view name = in.take_name(true);
    if (name.empty()) {
        return in.expected("a name after '/'");
    }
    path.steps.emplace_back(name);
    return {};
}

/// The id has one name, whichever was used.
void canonical(Path& path) {
    if (path.steps.back() == "@iot.id") {
        path.steps.back() = "id";
    }
}

class Parser {
public:
    Parser(Scanner& in, const ParseLimits& limits, NodeBudget& budget) : in_(in), limits_(limits), budget_(budget) {}

    Result<Expression> any_expression() { return joined(or_level, &Parser::conjunction); }

private:
    using Rule = Result<Expression> (Parser::*)();

    Result<Expression> conjunction() { return joined(and_level, &Parser::negation); }
    Result<Expression> negation() {
        return in_.eat_word("not") ? prefixed(Operator::logical_not, &Parser::negation) : equality();
    }
    Result<Expression> equality() { return joined(equality_level, &Parser::relation); }
    Result<Expression> relation() { return joined(relational_level, &Parser::sum); }
    Result<Expression> sum() { return joined(additive_level, &Parser::product); }
    Result<Expression> product() { return joined(multiplicative_level, &Parser::sign); }

    Result<Expression> joined(Level level, Rule operand) {
        in_.skip_space();
        TRY(auto left, (this->*operand)());
        while (const auto op = take_operator(level)) {
            const std::size_t position = left.position - 1;  // made() counts from 1
            in_.skip_space();
            TRY(auto right, (this->*operand)());
            std::vector<Expression> arguments;
            arguments.reserve(2);
            arguments.push_back(std::move(left));
            arguments.push_back(std::move(right));
            TRY(left, made(operation(*op, std::move(arguments)), position));
        }
        return std::move(left);
    }

    std::optional<Operator> take_operator(Level level) {
        in_.skip_space();
        for (const Operator op : level) {
            if (in_.eat_word(name_of(op))) {
                return op;
            }
        }
        return std::nullopt;
    }

    Result<Expression> sign() {
        // "-5" is a number; "-" before anything else turns its sign.
        const char next = in_.peek(1);
        if (in_.peek() == '-' && !is_digit(next) && !in_.rest().starts_with("-INF")) {
            in_.skip(1);
            return prefixed(Operator::negate, &Parser::sign);
        }
        if (in_.eat_word("not")) {
            return prefixed(Operator::logical_not, &Parser::sign);
        }
        return primary();
    }

    Result<Expression> prefixed(Operator op, Rule operand) {
        const std::size_t position = in_.position();
        in_.skip_space();
        TRY(auto argument, deeper([&] { return (this->*operand)(); }));
        std::vector<Expression> arguments;
        arguments.push_back(std::move(argument));
        return made(operation(op, std::move(arguments)), position);
    }

    Result<Expression> primary() {
        const std::size_t position = in_.position();
        if (in_.eat('(')) {
            TRY(auto inner, deeper([&] { return any_expression(); }));
            if (!in_.eat(')')) {
                return in_.expected("an operator or ')'");
            }
            return std::move(inner);
        }
        TRY(auto value, take_literal(in_));
        if (value) {
            return made(literal(std::move(*value)), position);
        }
        Scanner ahead = in_;
        const std::string_view name = ahead.take_name();
        if (name.empty()) {
            return in_.expected("a value");
        }
        if (ahead.peek() == '(') {
            in_ = ahead;
            return function(name, position);
        }
        return path_or_any(position);
    }

    Result<Expression> path_or_any(std::size_t position) {
        Path steps;
        steps.steps.emplace_back(in_.take_name());
        while (in_.peek() == '/' || in_.peek() == '[') {
            Scanner ahead = in_;
            ahead.skip(1);
            const std::string_view name = ahead.take_name();
            if (in_.peek() == '/' && ahead.peek() == '(' && !name.empty()) {
                if (name != "any") {
                    return in_.fault(in_.position() + 1,
                                     fmt::format("there is no '{}(…)' over a set; any(x: …) there is", name));
                }
                in_ = ahead;
                return any(std::move(steps), position);
            }
            TRY_DO(take_step(in_, steps));
        }
        canonical(steps);
        Expression node{.kind = Expression::Kind::path, .path = std::move(steps)};
        return made(std::move(node), position);
    }

    Result<Expression> any(Path steps, std::size_t position) {
        in_.skip(1);
        in_.skip_space();
        Expression node{.kind = Expression::Kind::any, .path = std::move(steps)};
        if (in_.eat(')')) {
            return made(std::move(node), position);
        }
        node.variable = in_.take_name();
        in_.skip_space();
        if (node.variable.empty() || !in_.eat(':')) {
            return in_.expected("a variable with ':', as in any(d: d/name eq 'air')");
        }
        TRY(auto condition, deeper([&] { return any_expression(); }));
        node.arguments.push_back(std::move(condition));
        if (!in_.eat(')')) {
            return in_.expected("an operator or ')'");
        }
        return made(std::move(node), position);
    }

    Result<Expression> function(std::string_view name, std::size_t position) {
        const std::string lower = to_lower_ascii(name);
        // OData's contains(text, part) is substringof(part, text).
        const bool contains = lower == "contains";
        const auto known = contains ? Function::substringof : function_named(lower);
        if (!known) {
            return in_.fault(position, fmt::format("there is no function '{}'", name.substr(0, 40)));
        }
        in_.skip(1);
        std::vector<Expression> arguments;
        in_.skip_space();
        while (!in_.eat(')')) {
            if (!arguments.empty() && !in_.eat(',')) {
                return in_.expected("',' or ')'");
            }
            TRY(auto argument, deeper([&] { return any_expression(); }));
            arguments.push_back(std::move(argument));
        }
        const auto [min, max] = arity_of(*known);
        if (arguments.size() < min || arguments.size() > max) {
            const auto count = min == max ? fmt::format("{}", min) : fmt::format("{} or {}", min, max);
            return in_.fault(position, fmt::format("{}() takes {} argument{}, not {}", lower, count,
                                                   max == 1 ? "" : "s", arguments.size()));
        }
        if (contains) {
            std::swap(arguments[0], arguments[1]);
        }
        if (*known == Function::during && std::holds_alternative<Instant>(arguments[1].literal)) {
            return in_.fault(position, "during() asks for a span of time as its second argument, 'from/to'");
        }
        return made(call(*known, std::move(arguments)), position);
    }

    template <typename Rest>
    Result<Expression> deeper(const Rest& rest) {
        if (depth_ == limits_.depth) {
            return in_.fault(in_.position(), fmt::format("nested deeper than {}", limits_.depth));
        }
        ++depth_;
        auto result = rest();
        --depth_;
        return result;
    }

    Result<Expression> made(Expression node, std::size_t position) {
        if (budget_.left == 0) {
            return in_.fault(position, fmt::format("the question has more than {} parts", limits_.nodes));
        }
        --budget_.left;
        node.position = static_cast<std::uint32_t>(position + 1);
        return node;
    }

    Scanner& in_;
    const ParseLimits& limits_;
    NodeBudget& budget_;
    std::size_t depth_ = 0;
};

}  // namespace

Result<Expression> take_expression(Scanner& in, const ParseLimits& limits, NodeBudget& budget) {
    return Parser(in, limits, budget).any_expression();
}

Result<Path> take_path(Scanner& in) {
    Path path;
    const std::string_view first = in.take_name();
    if (first.empty()) {
        return in.expected("the name of a property or navigation link");
    }
    path.steps.emplace_back(first);
    while (in.peek() == '/' || in.peek() == '[') {
        TRY_DO(take_step(in, path));
    }
    canonical(path);
    return path;
}

Result<Expression> parse_filter(std::string_view text, const ParseLimits& limits) {
    Scanner in(text);
    if (text.size() > limits.text_bytes) {
        return fail(Errc::malformed, fmt::format("longer than {} bytes", limits.text_bytes));
    }
    if (!is_utf8(text)) {
        return fail(Errc::malformed, "not UTF-8");
    }
    NodeBudget budget{limits.nodes};
    TRY(auto expression, take_expression(in, limits, budget));
    if (!in.done()) {
        return in.expected("an operator or the end");
    }
    return std::move(expression);
}

}  // namespace bypuls::query
