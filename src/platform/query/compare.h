#pragma once

#include <optional>

#include "platform/query/expression.h"

namespace bypuls::query {

/// A span, or an instant as one that ends when it begins.
struct Ends {
    Instant from{};
    Instant to{};
    bool instant = false;
};
/// Of an instant, a span, a date (its day), or a text that is one of them; nothing for others.
std::optional<Ends> ends_of(const Value& value);

/// One of eq ne gt ge lt le, by the rules of evaluate(). Both sides are there, or it is false.
bool holds(Operator op, const Value& a, const Value& b);

/// A number of either kind, exact for both: long double has at least 64 bits of mantissa where we run.
std::optional<long double> number_of(const Value& value);

}  // namespace bypuls::query
