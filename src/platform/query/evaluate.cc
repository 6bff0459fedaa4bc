#include "platform/query/evaluate.h"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "platform/query/compare.h"
#include "platform/query/functions.h"

namespace bypuls::query {
namespace {

/// What an expression stands for: one value, or all values at the end of a path through a set.
class Answer {
public:
    explicit Answer(Value one) : one_(std::move(one)) {}
    explicit Answer(std::vector<Value> all) : all_(std::move(all)), many_(true) {}

    bool many() const { return many_; }
    std::span<const Value> values() const { return many_ ? std::span<const Value>(all_) : std::span(&one_, 1); }
    /// As a truth value: for many, whether it is so for any.
    std::optional<bool> truth() const {
        if (!many_) {
            const auto* truth = std::get_if<bool>(&one_);
            return truth != nullptr ? std::optional(*truth) : std::nullopt;
        }
        for (const Value& value : all_) {
            if (value == Value{true}) {
                return true;
            }
        }
        return false;
    }
    /// For an order: the first.
    Value first() && { return !many_ ? std::move(one_) : all_.empty() ? Value{} : std::move(all_.front()); }

private:
    Value one_;
    std::vector<Value> all_;
    bool many_ = false;
};

/// The variables of any(…) around an expression, the innermost first.
struct Scope {
    const std::string& variable;
    const Record& record;
    const Scope* outer;
};

bool is_null_literal(const Expression& e) {
    return e.kind == Expression::Kind::literal && std::holds_alternative<std::monostate>(e.literal);
}

Value truth_value(std::optional<bool> truth) {
    return truth ? Value{*truth} : Value{};
}

class Evaluator {
public:
    Evaluator(const Record& root, Instant now, const EvaluateLimits& limits)
        : root_(root), now_(now), limits_(limits) {}

    Result<Answer> answer(const Expression& e, const Scope* scope) {
        switch (e.kind) {
            case Expression::Kind::literal: return Answer(e.literal);
            case Expression::Kind::path: return values_at(e, scope);
            case Expression::Kind::call: return called(e, scope);
            case Expression::Kind::any: return any(e, scope);
            case Expression::Kind::operation: break;
        }
        switch (e.op) {
            case Operator::logical_and:
            case Operator::logical_or: return joined(e, scope);
            case Operator::logical_not: {
                TRY(const auto operand, answer(e.arguments.front(), scope));
                const auto truth = operand.truth();
                return Answer(truth_value(truth ? std::optional(!*truth) : std::nullopt));
            }
            case Operator::negate:
                return over_all(e, scope, false, [](std::span<const Value> values) { return negated(values[0]); });
            case Operator::add:
            case Operator::sub:
            case Operator::mul:
            case Operator::div:
            case Operator::mod:
                return over_all(e, scope, false,
                                [&e](std::span<const Value> values) { return calculate(e.op, values[0], values[1]); });
            default: return compared(e, scope);
        }
    }

private:
    /// What is certain after the left side ends the matter, so that a cheap condition in front spares a dear one.
    Result<Answer> joined(const Expression& e, const Scope* scope) {
        const bool decisive = e.op == Operator::logical_or;
        TRY(const auto first, answer(e.arguments.front(), scope));
        const auto left = first.truth();
        if (left == decisive) {
            return Answer(Value{decisive});
        }
        TRY(const auto second, answer(e.arguments.back(), scope));
        const auto right = second.truth();
        if (right == decisive) {
            return Answer(Value{decisive});
        }
        return Answer(left && right ? Value{!decisive} : Value{});
    }

    Result<Answer> compared(const Expression& e, const Scope* scope) {
        // With the literal null, eq and ne ask whether the other side is there.
        const bool left_null = is_null_literal(e.arguments.front());
        const bool right_null = is_null_literal(e.arguments.back());
        if ((left_null || right_null) && (e.op == Operator::eq || e.op == Operator::ne)) {
            const auto& other = left_null ? e.arguments.back() : e.arguments.front();
            TRY(const auto asked, answer(other, scope));
            bool found = false;
            for (const Value& value : asked.values()) {
                found = found || std::holds_alternative<std::monostate>(value) == (e.op == Operator::eq);
            }
            return Answer(Value{found});
        }
        return over_all(e, scope, true,
                        [&e](std::span<const Value> values) { return Value{holds(e.op, values[0], values[1])}; });
    }

    Result<Answer> called(const Expression& e, const Scope* scope) {
        return over_all(e, scope, is_truth_function(e.function),
                        [&](std::span<const Value> values) { return apply(e.function, values, now_); });
    }

    /// A function of the arguments' values, for every combination when there are many; reduced to whether it is true
    /// for any when it gives a truth value.
    template <typename Function>
    Result<Answer> over_all(const Expression& e, const Scope* scope, bool truth, const Function& function) {
        std::vector<Answer> arguments;
        arguments.reserve(e.arguments.size());
        bool many = false;
        std::size_t combinations = 1;
        for (const Expression& argument : e.arguments) {
            TRY(auto values, answer(argument, scope));
            many = many || values.many();
            combinations *= values.values().size();
            if (combinations > std::max(combinations_max, limits_.related)) {
                return fail(Errc::exhausted, fmt::format("at {}: more than {} combinations of related values",
                                                         e.position, combinations_max));
            }
            arguments.push_back(std::move(values));
        }
        std::vector<Value> results;
        std::vector<Value> chosen(arguments.size());
        for (std::size_t combination = 0; combination < combinations; ++combination) {
            std::size_t rest = combination;
            for (std::size_t i = 0; i < arguments.size(); ++i) {
                const auto values = arguments[i].values();
                chosen[i] = values[rest % values.size()];
                rest /= values.size();
            }
            results.push_back(function(std::span<const Value>(chosen)));
        }
        if (!many) {
            return Answer(std::move(results.front()));
        }
        Answer all(std::move(results));
        return truth ? Answer(Value{*all.truth()}) : std::move(all);
    }

    Result<Answer> any(const Expression& e, const Scope* scope) {
        const auto [start, steps] = start_of(e.path, scope);
        bool found = false;
        std::size_t seen = 0;
        TRY_DO(each_entity(*start, steps, e, seen, [&](const Record& record) -> Result<void> {
            if (found || e.arguments.empty()) {
                found = true;
                return {};
            }
            const Scope inner{e.variable, record, scope};
            TRY(const auto condition, answer(e.arguments.front(), &inner));
            found = condition.truth() == true;
            return {};
        }));
        return Answer(Value{found});
    }

    using Steps = std::span<const std::string>;

    std::pair<const Record*, Steps> start_of(const Path& path, const Scope* scope) const {
        for (; scope != nullptr; scope = scope->outer) {
            if (path.steps.front() == scope->variable && path.steps.size() > 1) {
                return {&scope->record, Steps(path.steps).subspan(1)};
            }
        }
        return {&root_, Steps(path.steps)};
    }

    Result<Answer> values_at(const Expression& e, const Scope* scope) {
        const auto [start, steps] = start_of(e.path, scope);
        std::vector<Value> values;
        std::size_t seen = 0;
        bool many = false;
        TRY_DO(gather(*start, steps, e, values, many, seen));
        if (many) {
            return Answer(std::move(values));
        }
        return Answer(values.empty() ? Value{} : std::move(values.front()));
    }

    Result<void> gather(const Record& record, Steps steps, const Expression& e, std::vector<Value>& values, bool& many,
                        std::size_t& seen) {
        if (auto property = record.property(steps.front())) {
            values.push_back(steps.size() == 1 ? std::move(*property) : into(*property, steps.subspan(1)));
            return {};
        }
        TRY(const auto related, followed(record, steps, e, seen));
        if (steps.size() == 2 && steps[1] == "$count") {
            values.emplace_back(static_cast<std::int64_t>(related.records.size()));
            return {};
        }
        many = many || related.many;
        for (const auto& next : related.records) {
            TRY_DO(gather(*next, steps.subspan(1), e, values, many, seen));
        }
        return {};
    }

    template <typename Visit>
    Result<void> each_entity(const Record& record, Steps steps, const Expression& e, std::size_t& seen,
                             const Visit& visit) {
        if (steps.empty()) {
            return visit(record);
        }
        TRY(const auto related, followed(record, steps, e, seen, 0));
        for (const auto& next : related.records) {
            TRY_DO(each_entity(*next, steps.subspan(1), e, seen, visit));
        }
        return {};
    }

    /// Follows the first step; `beyond` steps must be left after it.
    Result<Record::Related> followed(const Record& record, Steps steps, const Expression& e, std::size_t& seen,
                                     std::size_t beyond = 1) {
        TRY(auto related, record.navigate(steps.front(), limits_.related - seen + 1));
        if (!related) {
            return fail(Errc::malformed,
                        fmt::format("at {}: there is no '{}' in '{}'", e.position, steps.front(), to_text(e.path)));
        }
        if (steps.size() <= beyond) {
            return fail(Errc::malformed,
                        fmt::format("at {}: '{}' leads to an entity, not to a value", e.position, to_text(e.path)));
        }
        seen += related->records.size();
        if (seen > limits_.related) {
            return fail(Errc::exhausted, fmt::format("at {}: '{}' leads to more than {} entities", e.position,
                                                     to_text(e.path), limits_.related));
        }
        return std::move(*related);
    }

    static Value into(const Value& value, Steps steps) {
        if (const auto* json = std::get_if<Json>(&value)) {
            return within_json(json->text, steps);
        }
        if (const auto* geometry = std::get_if<Geometry>(&value)) {
            return within_json(geometry->geojson, steps);
        }
        return {};
    }

    static constexpr std::size_t combinations_max = 100'000;

    const Record& root_;
    Instant now_;
    const EvaluateLimits& limits_;
};

void collect(const Expression& e, std::vector<const Expression*>& out) {
    if (e.kind == Expression::Kind::operation && e.op == Operator::logical_and) {
        collect(e.arguments.front(), out);
        collect(e.arguments.back(), out);
    } else {
        out.push_back(&e);
    }
}

}  // namespace

Result<Value> evaluate(const Expression& expression, const Record& record, Instant now, const EvaluateLimits& limits) {
    TRY(auto answer, Evaluator(record, now, limits).answer(expression, nullptr));
    return std::move(answer).first();
}

Result<bool> matches(const Expression& filter, const Record& record, Instant now, const EvaluateLimits& limits) {
    TRY(const auto answer, Evaluator(record, now, limits).answer(filter, nullptr));
    return answer.truth() == true;
}

std::vector<const Expression*> conjuncts(const Expression& filter) {
    std::vector<const Expression*> out;
    collect(filter, out);
    return out;
}

std::optional<Expression> conjunction(const std::vector<const Expression*>& parts) {
    std::optional<Expression> out;
    for (const Expression* part : parts) {
        out = out ? operation(Operator::logical_and, {std::move(*out), *part}) : *part;
    }
    return out;
}

}  // namespace bypuls::query
