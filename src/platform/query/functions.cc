#include "platform/query/functions.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <unicode/bytestream.h>
#include <unicode/casemap.h>

#include "core/check.h"
#include "core/geo/shape.h"
#include "core/text.h"
#include "platform/query/compare.h"

namespace bypuls::query {
namespace {

// ---- texts; a character is a Unicode code point ----

bool begins_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

std::int64_t characters(std::string_view text) {
    return std::ranges::count_if(text, begins_character);
}

/// The text without its first characters; all of it for none or fewer.
std::string_view without_first(std::string_view text, std::int64_t count) {
    std::size_t at = 0;
    for (; count > 0 && at < text.size(); --count) {
        ++at;
        while (at < text.size() && !begins_character(text[at])) {
            ++at;
        }
    }
    return text.substr(at);
}

std::string cased(std::string_view text, bool upper) {
    std::string out;
    UErrorCode error = U_ZERO_ERROR;
    icu::StringByteSink<std::string> sink(&out);
    const icu::StringPiece piece(text.data(), static_cast<int32_t>(text.size()));
    // No locale: the same everywhere, without Turkish dotless i.
    if (upper) {
        icu::CaseMap::utf8ToUpper("", 0, piece, sink, nullptr, error);
    } else {
        icu::CaseMap::utf8ToLower("", 0, piece, sink, nullptr, error);
    }
    return out;
}

Value text_function(Function function, std::string_view a, std::string_view b) {
    switch (function) {
        case Function::substringof: return b.find(a) != std::string_view::npos;
        case Function::startswith: return a.starts_with(b);
        case Function::endswith: return a.ends_with(b);
        case Function::length: return characters(a);
        case Function::indexof: {
            const auto at = a.find(b);
            return at == std::string_view::npos ? std::int64_t{-1} : characters(a.substr(0, at));
        }
        case Function::tolower: return cased(a, false);
        case Function::toupper: return cased(a, true);
        case Function::trim: return std::string(trim(a));
        case Function::concat: return std::string(a).append(b);
        default: return {};
    }
}

Value texts(Function function, std::span<const Value> arguments) {
    const auto* a = std::get_if<std::string>(&arguments.front());
    const auto* b = std::get_if<std::string>(&arguments.back());
    return a != nullptr && b != nullptr ? text_function(function, *a, *b) : Value{};
}

Value substring(std::span<const Value> arguments) {
    const auto* text = std::get_if<std::string>(&arguments[0]);
    const auto* from = std::get_if<std::int64_t>(&arguments[1]);
    const auto* length = arguments.size() == 3 ? std::get_if<std::int64_t>(&arguments[2]) : nullptr;
    if (text == nullptr || from == nullptr || (arguments.size() == 3 && length == nullptr)) {
        return {};
    }
    const std::string_view rest = without_first(*text, *from);
    if (length == nullptr) {
        return std::string(rest);
    }
    return std::string(rest.substr(0, rest.size() - without_first(rest, *length).size()));
}

// ---- dates and times, in UTC ----

/// The begin of a time, as the functions of dates take it.
std::optional<Instant> instant_of(const Value& value) {
    const auto ends = ends_of(value);
    return ends ? std::optional(ends->from) : std::nullopt;
}

Value part_of_day(Function function, Duration since_midnight) {
    const auto micros = since_midnight.count();
    const auto seconds = micros / 1'000'000;
    switch (function) {
        case Function::hour: return seconds / 3600;
        case Function::minute: return seconds / 60 % 60;
        case Function::second: return seconds % 60;
        case Function::fractionalseconds: return static_cast<double>(micros % 1'000'000) / 1e6;
        case Function::time: return TimeOfDay{since_midnight};
        default: return {};
    }
}

Value dates(Function function, const Value& argument) {
    if (const auto* time = std::get_if<TimeOfDay>(&argument)) {
        return part_of_day(function, time->since_midnight);
    }
    const auto instant = instant_of(argument);
    if (!instant) {
        return {};
    }
    const auto day = std::chrono::floor<std::chrono::days>(*instant);
    const std::chrono::year_month_day civil{day};
    switch (function) {
        case Function::year: return std::int64_t{static_cast<int>(civil.year())};
        case Function::month: return std::int64_t{static_cast<unsigned>(civil.month())};
        case Function::day: return std::int64_t{static_cast<unsigned>(civil.day())};
        case Function::date: return Date{day};
        case Function::totaloffsetminutes: return std::int64_t{0};
        default: return part_of_day(function, *instant - day);
    }
}

bool relation_of_times(Function function, const Ends& a, const Ends& b) {
    const bool same_instant = a.instant && b.instant && a.from == b.from;
    switch (function) {
        case Function::meets: return a.to == b.from || a.from == b.to;
        case Function::during: return b.from <= a.from && (a.instant ? a.from < b.to : a.to <= b.to);
        case Function::overlaps:
            return same_instant || (b.from < a.to && a.from < b.to) ||
                   (a.instant && b.from <= a.from && a.from < b.to) || (b.instant && a.from <= b.from && b.from < a.to);
        case Function::starts: return a.from == b.from;
        case Function::finishes: return a.to == b.to;
        default: return false;
    }
}

Value times(Function function, const Value& a, const Value& b) {
    const auto left = ends_of(a);
    const auto right = ends_of(b);
    if (!left || !right || (function == Function::during && right->instant)) {
        return {};
    }
    if (function == Function::before || function == Function::after) {
        return holds(function == Function::before ? Operator::lt : Operator::gt, Value{Span{left->from, left->to}},
                     Value{Span{right->from, right->to}});
    }
    return relation_of_times(function, *left, *right);
}

// ---- numbers ----

Value rounded(Function function, const Value& argument) {
    const auto* real = std::get_if<double>(&argument);
    if (real == nullptr) {
        return std::holds_alternative<std::int64_t>(argument) ? argument : Value{};
    }
    switch (function) {
        case Function::round: return std::round(*real);  // halves away from zero, as OData has it
        case Function::floor: return std::floor(*real);
        default: return std::ceil(*real);
    }
}

// ---- geometry ----

std::optional<geo::Shape> shape_of(const Value& value) {
    const auto* geometry = std::get_if<Geometry>(&value);
    const auto* json = std::get_if<Json>(&value);
    if (geometry == nullptr && json == nullptr) {
        return std::nullopt;
    }
    auto shape = geo::Shape::from_geojson(geometry != nullptr ? geometry->geojson : json->text);
    return shape ? std::optional(std::move(*shape)) : std::nullopt;
}

template <typename T>
Value known(Result<T> answer) {
    // GEOS cannot tell, as for a border that crosses itself: unknown.
    return answer ? Value{*answer} : Value{};
}

std::optional<geo::Relation> relation_named_by(Function function) {
    switch (function) {
        case Function::st_equals: return geo::Relation::equals;
        case Function::st_disjoint: return geo::Relation::disjoint;
        case Function::st_touches: return geo::Relation::touches;
        case Function::st_within: return geo::Relation::within;
        case Function::st_overlaps: return geo::Relation::overlaps;
        case Function::st_crosses: return geo::Relation::crosses;
        case Function::geo_intersects:
        case Function::st_intersects: return geo::Relation::intersects;
        case Function::st_contains: return geo::Relation::contains;
        default: return std::nullopt;
    }
}

Value geometry(Function function, std::span<const Value> arguments) {
    const auto a = shape_of(arguments[0]);
    if (!a) {
        return {};
    }
    if (function == Function::geo_length) {
        return known(a->length());
    }
    const auto b = shape_of(arguments[1]);
    if (!b) {
        return {};
    }
    if (function == Function::geo_distance) {
        return known(a->distance(*b));
    }
    if (function == Function::st_relate) {
        const auto* pattern = std::get_if<std::string>(&arguments[2]);
        return pattern != nullptr ? known(a->relate(*b, *pattern)) : Value{};
    }
    return known(a->stands_in(*relation_named_by(function), *b));
}

}  // namespace

Value apply(Function function, std::span<const Value> arguments, Instant now) {
    check(arguments.size() >= arity_of(function).min && arguments.size() <= arity_of(function).max,
          "a function has as many arguments as it takes");
    switch (function) {
        case Function::substring: return substring(arguments);
        case Function::year:
        case Function::month:
        case Function::day:
        case Function::hour:
        case Function::minute:
        case Function::second:
        case Function::fractionalseconds:
        case Function::date:
        case Function::time:
        case Function::totaloffsetminutes: return dates(function, arguments[0]);
        case Function::now: return now;
        case Function::mindatetime: return earliest_instant;
        case Function::maxdatetime: return latest_instant;
        case Function::round:
        case Function::floor:
        case Function::ceiling: return rounded(function, arguments[0]);
        case Function::before:
        case Function::after:
        case Function::meets:
        case Function::during:
        case Function::overlaps:
        case Function::starts:
        case Function::finishes: return times(function, arguments[0], arguments[1]);
        case Function::geo_distance:
        case Function::geo_length:
        case Function::st_relate: return geometry(function, arguments);
        default: return relation_named_by(function) ? geometry(function, arguments) : texts(function, arguments);
    }
}

}  // namespace bypuls::query
