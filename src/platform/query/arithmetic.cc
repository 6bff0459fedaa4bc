#include <cmath>
#include <limits>

#include "platform/query/compare.h"
#include "platform/query/functions.h"

namespace bypuls::query {
namespace {

Value whole(Operator op, std::int64_t a, std::int64_t b) {
    std::int64_t out = 0;
    switch (op) {
        case Operator::add:
            return __builtin_add_overflow(a, b, &out) ? Value{static_cast<double>(a) + static_cast<double>(b)} : out;
        case Operator::sub:
            return __builtin_sub_overflow(a, b, &out) ? Value{static_cast<double>(a) - static_cast<double>(b)} : out;
        case Operator::mul:
            return __builtin_mul_overflow(a, b, &out) ? Value{static_cast<double>(a) * static_cast<double>(b)} : out;
        case Operator::div:
            if (b == 0) {
                return {};
            }
            // A result of 3 and one of 3.0 are the same number, so nothing is cut off because both look whole.
            return b != -1 && a % b == 0 ? Value{a / b} : Value{static_cast<double>(a) / static_cast<double>(b)};
        case Operator::mod: return b == 0 ? Value{} : b == -1 ? Value{std::int64_t{0}} : Value{a % b};
        default: return {};
    }
}

Value real(Operator op, double a, double b) {
    switch (op) {
        case Operator::add: return a + b;
        case Operator::sub: return a - b;
        case Operator::mul: return a * b;
        case Operator::div: return b == 0 ? Value{} : Value{a / b};
        case Operator::mod: return b == 0 ? Value{} : Value{std::fmod(a, b)};
        default: return {};
    }
}

double double_of(const Value& value) {
    return static_cast<double>(*number_of(value));
}

/// Within the years that can be written, 0001 to 9999.
std::optional<Instant> moved(Instant t, Duration by) {
    std::int64_t out = 0;
    if (__builtin_add_overflow(t.time_since_epoch().count(), by.count(), &out)) {
        return std::nullopt;
    }
    const Instant to{Duration{out}};
    return earliest_instant <= to && to <= latest_instant ? std::optional(to) : std::nullopt;
}

std::optional<Duration> turned(Duration duration) {
    if (duration == Duration::min()) {
        return std::nullopt;
    }
    return -duration;
}

/// A time later by a duration: of an instant, a span, or a date (a date still; OData 4.0 Part 2 §5.1.1.2.1).
Value later(const Value& time, Duration by) {
    if (const auto* instant = std::get_if<Instant>(&time)) {
        const auto to = moved(*instant, by);
        return to ? Value{*to} : Value{};
    }
    if (const auto* span = std::get_if<Span>(&time)) {
        const auto from = moved(span->from, by);
        const auto to = moved(span->to, by);
        return from && to ? Value{Span{*from, *to}} : Value{};
    }
    if (const auto* date = std::get_if<Date>(&time)) {
        const auto to = moved(Instant{date->day}, by);
        return to ? Value{Date{std::chrono::floor<std::chrono::days>(*to)}} : Value{};
    }
    if (const auto* duration = std::get_if<Duration>(&time)) {
        std::int64_t out = 0;
        return __builtin_add_overflow(duration->count(), by.count(), &out) ? Value{} : Value{Duration{out}};
    }
    return {};
}

Value difference(const Value& a, const Value& b) {
    std::int64_t out = 0;
    if (std::holds_alternative<Instant>(a) && std::holds_alternative<Instant>(b)) {
        return __builtin_sub_overflow(std::get<Instant>(a).time_since_epoch().count(),
                                      std::get<Instant>(b).time_since_epoch().count(), &out)
                   ? Value{}
                   : Value{Duration{out}};
    }
    if (std::holds_alternative<Date>(a) && std::holds_alternative<Date>(b)) {
        return Duration{std::get<Date>(a).day - std::get<Date>(b).day};
    }
    return {};
}

/// A duration so many times; null when that is no duration any more.
Value scaled(Duration duration, long double by) {
    const long double micros = std::roundl(static_cast<long double>(duration.count()) * by);
    constexpr long double bound = 9'223'372'036'854'775'807.0L;
    return std::isfinite(micros) && std::fabs(micros) < bound ? Value{Duration{static_cast<std::int64_t>(micros)}}
                                                              : Value{};
}

Value calculate_times(Operator op, const Value& a, const Value& b) {
    const auto* left = std::get_if<Duration>(&a);
    const auto* right = std::get_if<Duration>(&b);
    if (op == Operator::add && right != nullptr) {
        return later(a, *right);
    }
    if (op == Operator::add && left != nullptr) {
        return later(b, *left);
    }
    if (op == Operator::sub && right != nullptr) {
        const auto back = turned(*right);
        return back ? later(a, *back) : Value{};
    }
    if (op == Operator::sub) {
        return difference(a, b);
    }
    const auto factor = number_of(left != nullptr ? b : a);
    if (op == Operator::mul && (left != nullptr || right != nullptr) && factor) {
        return scaled(left != nullptr ? *left : *right, *factor);
    }
    if (op == Operator::div && left != nullptr && factor && *factor != 0) {
        return scaled(*left, 1 / *factor);
    }
    return {};
}

}  // namespace

Value calculate(Operator op, const Value& a, const Value& b) {
    const auto* left = std::get_if<std::int64_t>(&a);
    const auto* right = std::get_if<std::int64_t>(&b);
    if (left != nullptr && right != nullptr) {
        return whole(op, *left, *right);
    }
    if (number_of(a) && number_of(b)) {
        return real(op, double_of(a), double_of(b));
    }
    return calculate_times(op, a, b);
}

Value negated(const Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        return *integer == std::numeric_limits<std::int64_t>::min() ? Value{-static_cast<double>(*integer)}
                                                                    : Value{-*integer};
    }
    if (const auto* number = std::get_if<double>(&value)) {
        return -*number;
    }
    if (const auto* duration = std::get_if<Duration>(&value)) {
        const auto back = turned(*duration);
        return back ? Value{*back} : Value{};
    }
    return {};
}

}  // namespace bypuls::query
