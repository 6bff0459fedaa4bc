#include "platform/query/compare.h"

#include <cmath>
#include <limits>

#include "platform/query/evaluate.h"
#include "platform/query/functions.h"
#include "platform/query/parse.h"

namespace bypuls::query {
namespace {

// Every whole number must come through exactly; x86-64 has 64 bits, AArch64 has 113.
static_assert(std::numeric_limits<long double>::digits >= 64);

bool holds(Operator op, std::partial_ordering order) {
    switch (op) {
        case Operator::eq: return order == 0;
        case Operator::ne: return order != 0;
        case Operator::gt: return order > 0;
        case Operator::ge: return order >= 0;
        case Operator::lt: return order < 0;
        case Operator::le: return order <= 0;
        default: return false;
    }
}

/// FROST's rules for times of which one may last; see evaluate().
bool holds(Operator op, const Ends& a, const Ends& b) {
    if (a.instant && b.instant) {
        return holds(op, std::partial_ordering(a.from <=> b.from));
    }
    const auto ended = [](const Ends& first, const Ends& second) { return first.to <= second.from; };
    const auto not_later = [&](const Ends& first, const Ends& second) {
        return !first.instant && !second.instant ? first.from <= second.from && first.to <= second.to
                                                 : ended(first, second);
    };
    // An instant before a span must be before its begin; a span before an instant may end with it, for its end is open.
    const auto before = [&](const Ends& first, const Ends& second) {
        return first.instant ? first.from < second.from : ended(first, second);
    };
    const bool same = a.from == b.from && a.to == b.to && a.instant == b.instant;
    switch (op) {
        case Operator::eq: return same;
        case Operator::ne: return !same;
        case Operator::lt: return before(a, b);
        case Operator::gt: return before(b, a);
        case Operator::le: return not_later(a, b);
        case Operator::ge: return not_later(b, a);
        default: return false;
    }
}

/// A text beside a time of day or a date is read as one; the grammar's own words for literals decide.
template <typename T>
std::optional<T> read_as(const Value& value) {
    if (const auto* same = std::get_if<T>(&value)) {
        return *same;
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        if (const auto literal = parse_filter(*text);
            literal && literal->kind == Expression::Kind::literal && std::holds_alternative<T>(literal->literal)) {
            return std::get<T>(literal->literal);
        }
    }
    return std::nullopt;
}

template <typename T>
std::optional<bool> both(Operator op, const Value& a, const Value& b) {
    if (!std::holds_alternative<T>(a) && !std::holds_alternative<T>(b)) {
        return std::nullopt;
    }
    const auto left = read_as<T>(a);
    const auto right = read_as<T>(b);
    return left && right && holds(op, std::partial_ordering(*left <=> *right));
}

bool is_time(const Value& value) {
    return std::holds_alternative<Instant>(value) || std::holds_alternative<Span>(value);
}

bool times_hold(Operator op, const Value& a, const Value& b) {
    // A date beside an instant asks for the instant's day.
    const auto* left_date = std::get_if<Date>(&a);
    const auto* right_date = std::get_if<Date>(&b);
    const auto* left = std::get_if<Instant>(&a);
    const auto* right = std::get_if<Instant>(&b);
    if (left_date != nullptr && right != nullptr) {
        return holds(op, std::partial_ordering(left_date->day <=> std::chrono::floor<std::chrono::days>(*right)));
    }
    if (left != nullptr && right_date != nullptr) {
        return holds(op, std::partial_ordering(std::chrono::floor<std::chrono::days>(*left) <=> right_date->day));
    }
    const auto first = ends_of(a);
    const auto second = ends_of(b);
    return first && second && holds(op, *first, *second);
}

bool json_holds(Operator op, const Value& a, const Value& b) {
    const auto* left = std::get_if<Json>(&a);
    const auto* right = std::get_if<Json>(&b);
    if (left == nullptr || right == nullptr || (op != Operator::eq && op != Operator::ne)) {
        return false;
    }
    return same_json(left->text, right->text) == (op == Operator::eq);
}

/// Null first, then by type.
int rank(const Value& value) {
    struct Rank {
        int operator()(std::monostate) const { return 0; }
        int operator()(bool) const { return 1; }
        int operator()(std::int64_t) const { return 2; }
        int operator()(double) const { return 2; }
        int operator()(const std::string&) const { return 3; }
        int operator()(Instant) const { return 4; }
        int operator()(const Span&) const { return 4; }
        int operator()(Date) const { return 5; }
        int operator()(TimeOfDay) const { return 6; }
        int operator()(Duration) const { return 7; }
        int operator()(const Geometry&) const { return 8; }
        int operator()(const Json&) const { return 9; }
    };
    return std::visit(Rank{}, value);
}

std::weak_ordering order_numbers(long double a, long double b) {
    // What is no number stands before all numbers, so that the order is one.
    if (std::isnan(a) || std::isnan(b)) {
        return std::isnan(b) <=> std::isnan(a);
    }
    return a < b ? std::weak_ordering::less : a > b ? std::weak_ordering::greater : std::weak_ordering::equivalent;
}

}  // namespace

std::optional<Ends> ends_of(const Value& value) {
    if (const auto* instant = std::get_if<Instant>(&value)) {
        return Ends{*instant, *instant, true};
    }
    if (const auto* span = std::get_if<Span>(&value)) {
        return Ends{span->from, span->to, span->from == span->to};
    }
    if (const auto* date = std::get_if<Date>(&value)) {
        return Ends{Instant{date->day}, Instant{date->day + std::chrono::days{1}}, false};
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        if (const auto time = parse_time(*text)) {
            return ends_of(*time);
        }
    }
    return std::nullopt;
}

std::optional<long double> number_of(const Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        return static_cast<long double>(*integer);
    }
    if (const auto* real = std::get_if<double>(&value)) {
        return static_cast<long double>(*real);
    }
    return std::nullopt;
}

bool holds(Operator op, const Value& a, const Value& b) {
    if (const auto left = number_of(a)) {
        const auto right = number_of(b);
        return right && holds(op, *left <=> *right);
    }
    const auto* left_text = std::get_if<std::string>(&a);
    const auto* right_text = std::get_if<std::string>(&b);
    if (left_text != nullptr && right_text != nullptr) {
        return holds(op, std::partial_ordering(*left_text <=> *right_text));
    }
    if (is_time(a) || is_time(b)) {
        return times_hold(op, a, b);
    }
    for (const auto& answer : {both<Date>(op, a, b), both<TimeOfDay>(op, a, b), both<Duration>(op, a, b)}) {
        if (answer) {
            return *answer;
        }
    }
    if (std::holds_alternative<bool>(a) && std::holds_alternative<bool>(b)) {
        return holds(op, std::partial_ordering(std::get<bool>(a) <=> std::get<bool>(b)));
    }
    return json_holds(op, a, b);
}

std::weak_ordering compare_for_order(const Value& a, const Value& b) {
    if (const int left = rank(a), right = rank(b); left != right) {
        return left <=> right;
    }
    if (const auto left = number_of(a)) {
        return order_numbers(*left, *number_of(b));
    }
    if (is_time(a)) {
        const Ends left = *ends_of(a);
        const Ends right = *ends_of(b);
        return left.from != right.from ? left.from <=> right.from : left.to <=> right.to;
    }
    return std::visit(
        [&b](const auto& left) -> std::weak_ordering {
            using T = std::decay_t<decltype(left)>;
            const auto* right = std::get_if<T>(&b);
            if constexpr (std::is_same_v<T, Geometry>) {
                return left.geojson <=> right->geojson;
            } else if constexpr (std::is_same_v<T, Json>) {
                return left.text <=> right->text;
            } else if constexpr (std::is_same_v<T, std::monostate> || std::is_same_v<T, double> ||
                                 std::is_same_v<T, std::int64_t> || std::is_same_v<T, Span> ||
                                 std::is_same_v<T, Instant>) {
                return std::weak_ordering::equivalent;  // null; numbers and times were answered above
            } else {
                return left <=> *right;
            }
        },
        a);
}

}  // namespace bypuls::query
