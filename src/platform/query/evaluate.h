#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/query/expression.h"

namespace bypuls::query {

/// An entity as the evaluator sees it. Errors are those of the store behind a navigation.
class Record {
public:
    virtual ~Record() = default;

    /// What stands at the path's first step: a plain value, JSON (the evaluator goes on into it with the rest), or
    /// nothing when this kind of entity has no such property.
    virtual std::optional<Value> property(std::string_view name) const = 0;
    /// The entities that a navigation leads to, at most `limit`; nothing when there is no such navigation. A path
    /// through many is true when it is for any of them, as FROST has it.
    virtual Result<std::optional<std::vector<std::unique_ptr<Record>>>> navigate(std::string_view name,
                                                                                 std::size_t limit) const = 0;
};

struct EvaluateLimits {
    std::size_t related = 1000;  ///< entities that one navigation may lead to; Errc::exhausted beyond
};

/// The value of an expression for a record. null where a part is unknown or of the wrong type for its operator:
/// comparisons with null are false, except eq and ne with the literal null; three-valued and, or, not as OData 4.0
/// Part 2 §5.1.1.1. Numbers compare as numbers whatever their type; a string that looks like a number does not.
/// Instants compare with spans as 18-088 §9.3.3.5 and FROST do: before its begin, after its end.
/// Errc::malformed for a path that leads nowhere on this kind of record, with the path. `now` is the clock's.
Result<Value> evaluate(const Expression& expression, const Record& record, Instant now,
                       const EvaluateLimits& limits = {});

/// Is the filter true (and not false or null) for the record?
Result<bool> matches(const Expression& filter, const Record& record, Instant now, const EvaluateLimits& limits = {});

/// The order of two values for $orderby: null first, then by type, numbers as numbers, texts by their bytes.
std::weak_ordering compare_for_order(const Value& a, const Value& b);

/// The parts of a filter that are joined by `and` at the top.
std::vector<const Expression*> conjuncts(const Expression& filter);
/// The parts joined again; nothing for none.
std::optional<Expression> conjunction(const std::vector<const Expression*>& parts);

}  // namespace bypuls::query
