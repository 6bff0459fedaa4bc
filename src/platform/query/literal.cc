#include "platform/query/literal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/geo/shape.h"
#include "core/time/iso8601.h"
#include "platform/query/parse.h"

namespace bypuls::query {
namespace {

using namespace std::chrono_literals;

bool digits_then(std::string_view text, std::size_t digits, char then) {
    return text.size() > digits && text[digits] == then && std::ranges::all_of(text.substr(0, digits), is_digit);
}

bool begins_date(std::string_view text) {
    return digits_then(text, 4, '-');
}
bool begins_time_of_day(std::string_view text) {
    return digits_then(text, 2, ':');
}

Result<Date> parse_date(std::string_view text) {
    // The rules for days are those of instants.
    TRY(const auto midnight, parse_instant(fmt::format("{}T00:00:00Z", text)));
    return Date{std::chrono::floor<std::chrono::days>(midnight)};
}

Result<TimeOfDay> parse_time_of_day(std::string_view text) {
    const auto t = parse_instant(fmt::format("1970-01-01T{}Z", text));
    if (!t || t->time_since_epoch() >= 24h) {
        return fail(Errc::malformed, fmt::format("'{}' is no time of day like 07:59:59.5", text));
    }
    return TimeOfDay{t->time_since_epoch()};
}

/// In a URL '+' is a space, so "+01:00" is often sent as " 01:00". Nothing else can stand there.
bool lost_plus(std::string_view time, std::string_view after) {
    const auto t = time.find_first_of("Tt");
    return t != std::string_view::npos && time.find_first_of("Zz+-", t) == std::string_view::npos &&
           after.size() >= 5 && after[0] == ' ' && is_digit(after[1]) && is_digit(after[2]) &&
           (after[3] == ':' ? after.size() >= 6 && is_digit(after[4]) && is_digit(after[5])
                            : is_digit(after[3]) && is_digit(after[4]));
}

/// One end of a time: all that could belong to it, with a plus put back.
std::string take_time_text(Scanner& in) {
    const auto take_run = [&in] {
        const auto rest = in.rest();
        const auto end = std::ranges::find_if_not(
            rest, [](char c) { return c == '+' || c == ':' || (in_name(c) && c != '@' && c != '$'); });
        const auto run = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
        in.skip(run.size());
        return run;
    };
    std::string text(take_run());
    if (lost_plus(text, in.rest())) {
        in.skip(1);
        text += '+';
        text += take_run();
    }
    return text;
}

Result<Value> take_time(Scanner& in) {
    const std::size_t from = in.position();
    std::string text = take_time_text(in);
    // A date without a time is not followed by "/": no span of the grammar begins so.
    if (text.find_first_of("Tt") != std::string::npos && in.peek() == '/' &&
        (is_digit(in.peek(1)) || in.peek(1) == 'P')) {
        in.skip(1);
        text += '/';
        text += take_time_text(in);
    }
    auto value = parse_time(text);
    if (!value) {
        return in.fault(from, value.error().what);
    }
    return std::move(*value);
}

Result<Value> take_time_of_day(Scanner& in) {
    const std::size_t from = in.position();
    const auto rest = in.rest();
    const auto end = std::ranges::find_if_not(rest, [](char c) { return is_digit(c) || c == ':' || c == '.'; });
    const auto text = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    const auto value = parse_time_of_day(text);
    if (!value || in_name(end == rest.end() ? '\0' : *end)) {
        return in.fault(from, fmt::format("'{}' is no time of day like 07:59:59.5", text));
    }
    in.skip(text.size());
    return *value;
}

Result<Value> take_number(Scanner& in) {
    const std::size_t from = in.position();
    const auto rest = in.rest();
    std::size_t size = rest.front() == '-' ? 1 : 0;
    const auto digits = [&] {
        const std::size_t first = size;
        while (size < rest.size() && is_digit(rest[size])) {
            ++size;
        }
        return size > first;
    };
    bool whole = true;
    bool good = digits();
    if (good && size < rest.size() && rest[size] == '.') {
        whole = false;
        ++size;
        good = digits();
    }
    if (good && size < rest.size() && (rest[size] == 'e' || rest[size] == 'E')) {
        whole = false;
        ++size;
        size += size < rest.size() && (rest[size] == '+' || rest[size] == '-') ? 1 : 0;
        good = digits();
    }
    if (!good || (size < rest.size() && in_name(rest[size]))) {
        return in.fault(from, "a number is written 12, -12.5 or 1.2e3");
    }
    in.skip(size);
    const char* const begin = rest.data();
    std::int64_t integer = 0;
    if (whole && std::from_chars(begin, begin + size, integer).ec == std::errc{}) {
        return integer;
    }
    double real = 0;
    const auto [end, error] = std::from_chars(begin, begin + size, real);
    if (error != std::errc{}) {
        return in.fault(from, "this number is too large or too small");
    }
    return real;
}

Result<Value> take_geometry(Scanner& in) {
    const std::size_t from = in.position();
    TRY(const auto text, in.take_quoted());
    const auto shape = geo::Shape::from_wkt(text);
    if (!shape) {
        return in.fault(from, shape.error().what);
    }
    return Geometry{shape->geojson()};
}

Result<Value> take_duration(Scanner& in) {
    const std::size_t from = in.position();
    TRY(const auto text, in.take_quoted());
    const auto duration = parse_duration(text);
    if (!duration) {
        return in.fault(from, duration.error().what);
    }
    return *duration;
}

/// duration'…', geography'…', geometry'…': a name with a quote right behind.
bool eat_prefix(Scanner& in, std::string_view name) {
    if (in.peek(name.size()) != '\'' || !in.rest().starts_with(name)) {
        return false;
    }
    in.skip(name.size());
    return true;
}

bool eat_constant(Scanner& in, std::string_view name) {
    // "null/x" and "true(…)" are no constants.
    const char after = in.peek(name.size());
    if (!in.rest().starts_with(name) || in_name(after) || after == '/' || after == '(') {
        return false;
    }
    in.skip(name.size());
    return true;
}

std::optional<Value> take_constant(Scanner& in) {
    if (eat_constant(in, "null")) {
        return Value{};
    }
    if (eat_constant(in, "true")) {
        return true;
    }
    if (eat_constant(in, "false")) {
        return false;
    }
    if (eat_constant(in, "INF")) {
        return std::numeric_limits<double>::infinity();
    }
    if (eat_constant(in, "-INF")) {
        return -std::numeric_limits<double>::infinity();
    }
    if (eat_constant(in, "NaN")) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    return std::nullopt;
}

std::string duration_text(Duration duration) {
    // The smallest duration has no opposite, so the magnitude is unsigned.
    const auto count = duration.count();
    const std::uint64_t micros = count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
    const std::uint64_t seconds = micros / 1'000'000;
    std::string out = fmt::format("{}P", count < 0 ? "-" : "");
    if (seconds >= 86400) {
        out += fmt::format("{}D", seconds / 86400);
    }
    const std::array<std::pair<std::uint64_t, char>, 2> parts{{{seconds / 3600 % 24, 'H'}, {seconds / 60 % 60, 'M'}}};
    std::string time;
    for (const auto& [amount, unit] : parts) {
        time += amount > 0 ? fmt::format("{}{}", amount, unit) : "";
    }
    if (micros % 1'000'000 != 0) {
        time += fmt::format("{}.{:06}S", seconds % 60, micros % 1'000'000);
    } else if (seconds % 60 != 0 || seconds == 0) {
        time += fmt::format("{}S", seconds % 60);
    }
    return time.empty() ? out : out + 'T' + time;
}

std::string double_text(double number) {
    if (std::isnan(number)) {
        return "NaN";
    }
    if (std::isinf(number)) {
        return number < 0 ? "-INF" : "INF";
    }
    std::string text = fmt::format("{}", number);
    // 5.0 stays a double when it is read again.
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        out += c;
        if (c == '\'') {
            out += c;
        }
    }
    return out + '\'';
}

std::string date_text(Date date) {
    return format_instant(Instant{date.day}).substr(0, 10);
}

std::string time_of_day_text(TimeOfDay time) {
    std::string text = format_instant(Instant{time.since_midnight}).substr(11);
    text.pop_back();
    return text;
}

struct LiteralText {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool truth) const { return truth ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(double number) const { return double_text(number); }
    std::string operator()(const std::string& text) const { return quoted(text); }
    std::string operator()(Instant t) const { return format_instant(t); }
    std::string operator()(const Span& span) const { return format_instant(span.from) + '/' + format_instant(span.to); }
    std::string operator()(Duration duration) const { return "duration'" + duration_text(duration) + '\''; }
    std::string operator()(Date date) const { return date_text(date); }
    std::string operator()(TimeOfDay time) const { return time_of_day_text(time); }
    std::string operator()(const Geometry& geometry) const {
        const auto shape = geo::Shape::from_geojson(geometry.geojson);
        return "geography" + quoted(shape ? shape->wkt() : geometry.geojson);
    }
    std::string operator()(const Json& json) const { return quoted(json.text); }
};

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
    const auto refuse = [text] {
        return fail(Errc::malformed, fmt::format("'{}' is no duration like P1DT2H30M or PT0.5S (no years and months)",
                                                 text.substr(0, 40)));
    };
    Scanner in(text);
    const bool negative = in.eat('-');
    if (!in.eat('P')) {
        return refuse();
    }
    constexpr std::string_view units = "WDHMS";
    constexpr std::array<std::int64_t, 5> unit_seconds{604800, 86400, 3600, 60, 1};
    std::size_t next = 0;  // units come in this order
    bool time = false;
    bool any = false;
    std::int64_t micros = 0;
    while (!in.done()) {
        if (!time && in.eat('T')) {
            time = true;
            any = false;
            next = std::max<std::size_t>(next, 2);
        }
        const std::string_view digits = in.take_until("WDHMS.");
        std::int64_t amount = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), amount);
        if (digits.empty() || digits.front() == '-' || error != std::errc{} || end != digits.data() + digits.size()) {
            return refuse();
        }
        std::int64_t fraction = 0;
        if (in.eat('.')) {
            const std::string_view decimals = in.take_until("S");
            if (decimals.empty() || !std::ranges::all_of(decimals, is_digit) || in.peek() != 'S') {
                return refuse();
            }
            std::int64_t weight = 100'000;
            for (const char c : decimals) {
                fraction += weight * (c - '0');
                weight /= 10;
            }
        }
        const std::size_t unit = in.done() ? units.size() : units.find(in.peek());
        if (unit >= units.size() || unit < next || (unit >= 2) != time) {
            return refuse();
        }
        in.skip(1);
        next = unit + 1;
        any = true;
        std::int64_t part = 0;
        if (__builtin_mul_overflow(amount, unit_seconds[unit] * 1'000'000, &part) ||
            __builtin_add_overflow(micros, part, &micros) || __builtin_add_overflow(micros, fraction, &micros)) {
            return fail(Errc::malformed, "this duration is too long");
        }
    }
    if (!any) {
        return refuse();
    }
    return Duration{negative ? -micros : micros};
}

Result<Value> parse_time(std::string_view text) {
    if (const auto slash = text.find('/'); slash != std::string_view::npos) {
        const auto to_text = text.substr(slash + 1);
        if (to_text.starts_with('P')) {
            TRY(const auto from, parse_instant(text.substr(0, slash)));
            TRY(const auto length, parse_duration(to_text));
            std::int64_t to = 0;
            if (__builtin_add_overflow(from.time_since_epoch().count(), length.count(), &to)) {
                return fail(Errc::malformed, "this span is too long");
            }
            return Span{from, Instant{Duration{to}}};
        }
        TRY(const auto interval, parse_interval(text));
        return Span{interval.from, interval.to};
    }
    if (begins_date(text) && text.size() == 10) {
        TRY(const auto date, parse_date(text));
        return date;
    }
    TRY(const auto instant, parse_instant(text));
    return instant;
}

Result<std::optional<Value>> take_literal(Scanner& in) {
    const auto wrap = [](Result<Value> value) -> Result<std::optional<Value>> {
        if (!value) {
            return std::unexpected(std::move(value.error()));
        }
        return std::move(*value);
    };
    if (in.peek() == '\'') {
        TRY(auto text, in.take_quoted());
        return Value{std::move(text)};
    }
    if (is_digit(in.peek()) || (in.peek() == '-' && is_digit(in.peek(1)))) {
        return wrap(begins_date(in.rest())          ? take_time(in)
                    : begins_time_of_day(in.rest()) ? take_time_of_day(in)
                                                    : take_number(in));
    }
    if (eat_prefix(in, "duration")) {
        return wrap(take_duration(in));
    }
    if (eat_prefix(in, "geography") || eat_prefix(in, "geometry")) {
        return wrap(take_geometry(in));
    }
    return take_constant(in);
}

std::string literal_text(const Value& value) {
    return std::visit(LiteralText{}, value);
}

}  // namespace bypuls::query
