#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "platform/query/expression.h"

namespace bypuls::query {

/// What mindatetime() and maxdatetime() give (OData 4.0 Part 2 §5.1.1.4): the years that ISO 8601 writes with four
/// digits.
constexpr Instant earliest_instant{
    std::chrono::sys_days{std::chrono::year{1} / std::chrono::January / std::chrono::day{1}}};
constexpr Instant latest_instant =
    Instant{std::chrono::sys_days{std::chrono::year{10'000} / std::chrono::January / std::chrono::day{1}}} -
    Duration{1};

/// add sub mul div mod of two values; null where they do not fit or the result would be out of range.
Value calculate(Operator op, const Value& a, const Value& b);
Value negated(const Value& value);

/// A function over plain values, as many as it takes; null where one is of a kind it does not take.
Value apply(Function function, std::span<const Value> arguments, Instant now);

/// What stands in a JSON text behind the steps; null when nothing does, or the text is no JSON nested at most 64 deep.
Value within_json(std::string_view text, std::span<const std::string> steps);
/// Are both the same JSON?
bool same_json(std::string_view a, std::string_view b);

}  // namespace bypuls::query
