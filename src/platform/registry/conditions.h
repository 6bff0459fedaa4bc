#pragma once

#include <vector>

#include "platform/query/expression.h"
#include "platform/registry/schema.h"
#include "platform/registry/selection.h"

/// Filters and orders that a registry answers by itself, with every path resolved: what can_select() and can_order()
/// accept, ready to be compiled.
namespace bypuls::registry {

struct Condition {
    enum class Form : std::uint8_t {
        constant,     ///< `truth`
        conjunction,  ///< all of `parts`
        disjunction,  ///< any of `parts`
        negation,     ///< not `parts.front()`
        comparison,   ///< `target` `op` `literal`
        text          ///< `function`(target, literal): startswith, endswith; substringof: target contains literal
    };

    Form form = Form::constant;
    bool truth = true;
    std::vector<Condition> parts;
    Target target;
    query::Operator op = query::Operator::eq;
    query::Function function = query::Function::startswith;
    query::Value literal;  ///< null, bool, int64, double, string or Instant, as the target can be compared with
};

/// Errc::malformed, with the reason, for what no registry answers by itself.
Result<Condition> condition_of(Kind kind, const query::Expression& filter);

struct Key {
    Target target;
    bool descending = false;
};

/// The order's keys and, unless it is among them, the rising id at the end; what would follow the id decides nothing
/// and is left out. The same errors.
Result<std::vector<Key>> keys_of(Kind kind, const std::vector<query::Order>& order);

/// The values of a place in such an order, one for each of `keys`. Errc::malformed when they do not fit.
Result<std::vector<query::Value>> place_in(const std::vector<Key>& keys, const std::vector<query::Order>& order,
                                           const Selection::After& after);

}  // namespace bypuls::registry
