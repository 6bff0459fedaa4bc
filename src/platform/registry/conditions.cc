#include "platform/registry/conditions.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/text.h"
#include "platform/query/evaluate.h"

namespace bypuls::registry {
namespace {

using query::Expression;
using query::Function;
using query::Operator;
using query::Value;

std::unexpected<Error> refuse(const Expression& expression) {
    return fail(Errc::malformed, fmt::format("no registry answers '{}' by itself", query::to_text(expression)));
}

Condition constant(bool truth) {
    Condition condition;
    condition.truth = truth;
    return condition;
}

bool is_comparison(Operator op) {
    switch (op) {
        case Operator::eq:
        case Operator::ne:
        case Operator::gt:
        case Operator::ge:
        case Operator::lt:
        case Operator::le: return true;
        default: return false;
    }
}

Operator turned(Operator op) {
    switch (op) {
        case Operator::gt: return Operator::lt;
        case Operator::ge: return Operator::le;
        case Operator::lt: return Operator::gt;
        case Operator::le: return Operator::ge;
        default: return op;
    }
}

// A text that both engines hold: the registry has no others, but a question may.
bool is_text(const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr && is_utf8(*text) && text->find('\0') == std::string::npos;
}

bool is_number(const Value& value) {
    const auto* real = std::get_if<double>(&value);
    return std::holds_alternative<std::int64_t>(value) || (real != nullptr && std::isfinite(*real));
}

bool comparable(const Target& target, Operator op, const Value& literal) {
    const bool equality = op == Operator::eq || op == Operator::ne;
    if (std::holds_alternative<std::monostate>(literal)) {
        return equality;
    }
    switch (target.content) {
        case Content::id: return is_number(literal);
        case Content::text: return is_text(literal);
        case Content::instant: return std::holds_alternative<Instant>(literal);
        case Content::json:
            return is_number(literal) || is_text(literal) || (equality && std::holds_alternative<bool>(literal));
        case Content::absent: break;
    }
    return false;
}

Result<Condition> comparison_of(Kind kind, const Expression& filter) {
    const Expression* path = &filter.arguments.at(0);
    const Expression* literal = &filter.arguments.at(1);
    Operator op = filter.op;
    if (path->kind == Expression::Kind::literal) {
        std::swap(path, literal);
        op = turned(op);
    }
    if (path->kind != Expression::Kind::path || literal->kind != Expression::Kind::literal) {
        return refuse(filter);
    }
    Condition condition;
    condition.form = Condition::Form::comparison;
    TRY(condition.target, target_of(kind, path->path));
    if (!comparable(condition.target, op, literal->literal)) {
        return refuse(filter);
    }
    condition.op = op;
    condition.literal = literal->literal;
    return condition;
}

Result<Condition> text_of(Kind kind, const Expression& filter) {
    if (filter.arguments.size() != 2) {
        return refuse(filter);
    }
    // substringof('needle', path), but startswith(path, 'beginning').
    const bool needle_first = filter.function == Function::substringof;
    const Expression& path = filter.arguments.at(needle_first ? 1 : 0);
    const Expression& literal = filter.arguments.at(needle_first ? 0 : 1);
    if (path.kind != Expression::Kind::path || literal.kind != Expression::Kind::literal || !is_text(literal.literal)) {
        return refuse(filter);
    }
    Condition condition;
    condition.form = Condition::Form::text;
    condition.literal = literal.literal;
    TRY(condition.target, target_of(kind, path.path));
    if (condition.target.content != Content::text && condition.target.content != Content::json) {
        return refuse(filter);
    }
    condition.function = filter.function;
    return condition;
}

}  // namespace

Result<Condition> condition_of(Kind kind, const Expression& filter) {
    if (filter.kind == Expression::Kind::literal) {
        const auto* truth = std::get_if<bool>(&filter.literal);
        return truth == nullptr ? refuse(filter) : Result<Condition>(constant(*truth));
    }
    if (filter.kind == Expression::Kind::call) {
        const bool asked = filter.function == Function::startswith || filter.function == Function::endswith ||
                           filter.function == Function::substringof;
        return asked ? text_of(kind, filter) : refuse(filter);
    }
    if (filter.kind != Expression::Kind::operation) {
        return refuse(filter);
    }
    if (is_comparison(filter.op)) {
        return comparison_of(kind, filter);
    }
    Condition condition;
    switch (filter.op) {
        case Operator::logical_and: condition.form = Condition::Form::conjunction; break;
        case Operator::logical_or: condition.form = Condition::Form::disjunction; break;
        case Operator::logical_not: condition.form = Condition::Form::negation; break;
        default: return refuse(filter);
    }
    for (const Expression& argument : filter.arguments) {
        TRY(auto part, condition_of(kind, argument));
        condition.parts.push_back(std::move(part));
    }
    return condition;
}

Result<std::vector<Key>> keys_of(Kind kind, const std::vector<query::Order>& order) {
    std::vector<Key> keys;
    for (const query::Order& wanted : order) {
        if (wanted.by.kind != Expression::Kind::path) {
            return refuse(wanted.by);
        }
        TRY(auto target, target_of(kind, wanted.by.path));
        if (target.many()) {
            return fail(Errc::malformed,
                        fmt::format("'{}' leads to many and gives no order", query::to_text(wanted.by)));
        }
        const bool own_id = target.way.empty() && target.content == Content::id;
        keys.push_back({.target = std::move(target), .descending = wanted.descending});
        if (own_id) {
            return keys;
        }
    }
    Target id;
    id.kind = kind;
    id.name = "id";
    id.content = Content::id;
    keys.push_back({.target = std::move(id)});
    return keys;
}

Result<std::vector<Value>> place_in(const std::vector<Key>& keys, const std::vector<query::Order>& order,
                                    const Selection::After& after) {
    if (after.values.size() != order.size()) {
        return fail(Errc::malformed, "the place where the page goes on is of another order");
    }
    std::vector<Value> values(after.values.begin(),
                              after.values.begin() + static_cast<std::ptrdiff_t>(keys.size() - 1));
    values.emplace_back(after.id);
    for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
        const Content content = keys[i].target.content;
        const bool fits = content == Content::id     ? is_number(values[i])
                          : content == Content::text ? is_text(values[i])
                          : content == Content::instant
                              ? std::holds_alternative<Instant>(values[i])
                              : !std::holds_alternative<std::string>(values[i]) || is_text(values[i]);
        if (!fits) {
            return fail(Errc::malformed, "the place where the page goes on is of another order");
        }
    }
    return values;
}

bool can_select(Kind kind, const Expression& filter) {
    return condition_of(kind, filter).has_value();
}

bool can_order(Kind kind, const std::vector<query::Order>& order) {
    return keys_of(kind, order).has_value();
}

std::weak_ordering compare_keys(const Value& a, const Value& b) {
    const bool json_a = std::holds_alternative<query::Json>(a);
    const bool json_b = std::holds_alternative<query::Json>(b);
    if (json_a || json_b) {
        // Everything else that stands in JSON comes before.
        return json_a <=> json_b;
    }
    return query::compare_for_order(a, b);
}

}  // namespace bypuls::registry
