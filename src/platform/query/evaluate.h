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
    struct Related;

    virtual ~Record() = default;

    /// What stands at the path's first step: a plain value, JSON (the evaluator goes on into it with the rest), or
    /// nothing when this kind of entity has no such property.
    virtual std::optional<Value> property(std::string_view name) const = 0;
    /// The entities that a navigation leads to, at most `limit`; nothing when there is no such navigation.
    virtual Result<std::optional<Related>> navigate(std::string_view name, std::size_t limit) const = 0;
};

struct Record::Related {
    bool many = false;  ///< a set, as Datastreams; false: one entity or none, as Thing
    std::vector<std::unique_ptr<Record>> records;
};

struct EvaluateLimits {
    std::size_t related = 1000;  ///< entities that one path may lead to; Errc::exhausted beyond
};

/// The value of an expression for a record. Every store's answer must be what this gives.
///
/// null is what is unknown: a property that is absent, an argument of the wrong type, a number divided by 0.
///  - eq ne gt ge lt le are false when a side is null or the two cannot be compared, so `ne` is not the opposite of
///  `eq`;
///    but with the literal null, eq asks whether the other side is null and ne whether it is not.
///  - and, or, not are three-valued (OData 4.0 Part 2 §5.1.1.1.7 to .9); what is no truth value counts as null.
///  - Numbers compare as numbers whatever their type; a string that looks like a number is a string. A string
///    beside an instant, span, date or time of day is read as one. Texts compare by their bytes.
///  - Instants and spans [from, to), as FROST's tests have them: lt and before() ask that the left has ended when the
///    right begins, gt and after() the reverse; le of two spans that neither end of the left is later, else as lt with
///    the bounds allowed to meet; eq that both ends are the same, so a span never equals an instant.
///  - A path through a set of entities stands for all values at its end: a comparison or function that gives a truth
///    value is true when it is so for any of them, and else false, as SQL's EXISTS.
///  - substring and indexof count characters from 0 (OData; 18-088's example agrees).
///  - Dates are in UTC. Geometry is plane and in degrees, see geo::Shape.
///
/// Errc::malformed for a path that leads nowhere on this kind of record, with the path. `now` is the clock's.
Result<Value> evaluate(const Expression& expression, const Record& record, Instant now,
                       const EvaluateLimits& limits = {});

/// Is the filter true (and not false or null) for the record?
Result<bool> matches(const Expression& filter, const Record& record, Instant now, const EvaluateLimits& limits = {});

/// The order of two values for $orderby: null first, then by type, numbers as numbers, texts by their bytes, spans by
/// their begin and then their end.
std::weak_ordering compare_for_order(const Value& a, const Value& b);

/// The parts of a filter that are joined by `and` at the top.
std::vector<const Expression*> conjuncts(const Expression& filter);
/// The parts joined again; nothing for none.
std::optional<Expression> conjunction(const std::vector<const Expression*>& parts);

}  // namespace bypuls::query
