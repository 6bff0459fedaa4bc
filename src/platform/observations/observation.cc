#include "platform/observations/observation.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "core/text.h"
#include "platform/observations/flags.h"

namespace bypuls::observations {

std::string_view name_of(ResultType type) {
    switch (type) {
        case ResultType::number: return "number";
        case ResultType::integer: return "integer";
        case ResultType::boolean: return "boolean";
        case ResultType::category: return "category";
        case ResultType::json: return "json";
    }
    return "unknown";
}

bool same_value(const Value& a, const Value& b) {
    if (a.index() != b.index()) {
        return false;
    }
    if (const auto* number = std::get_if<double>(&a)) {
        return std::bit_cast<std::uint64_t>(*number) == std::bit_cast<std::uint64_t>(std::get<double>(b));
    }
    return a == b;
}

namespace {

constexpr std::int64_t exact_integers_end = std::int64_t{1} << 53;  // beyond, doubles skip integers

bool is_exact_integer(double number) {
    return number == std::trunc(number) && std::abs(number) <= static_cast<double>(exact_integers_end) &&
           !(number == 0 && std::signbit(number));
}

std::optional<Value> number_as(double number, ResultType type) {
    if (type == ResultType::integer && is_exact_integer(number)) {
        return static_cast<std::int64_t>(number);
    }
    if (type == ResultType::boolean && (number == 0 || number == 1)) {
        return number == 1;
    }
    return std::nullopt;
}

std::optional<Value> integer_as(std::int64_t integer, ResultType type) {
    if (type == ResultType::number && integer >= -exact_integers_end && integer <= exact_integers_end) {
        return static_cast<double>(integer);
    }
    if (type == ResultType::boolean && (integer == 0 || integer == 1)) {
        return integer == 1;
    }
    return std::nullopt;
}

}  // namespace

namespace {

/// Numbers, truths and words are JSON too.
std::optional<Value> json_of(const Value& value) {
    std::array<char, 40> text{};
    const auto digits = [&](auto number) {
        const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
        return Json{{text.data(), end}};
    };
    switch (type_of(value)) {
        case ResultType::number: {
            const double number = std::get<double>(value);
            return std::isfinite(number) ? std::optional<Value>{digits(number)} : std::nullopt;
        }
        case ResultType::integer: return digits(std::get<std::int64_t>(value));
        case ResultType::boolean: return Json{std::get<bool>(value) ? "true" : "false"};
        case ResultType::category: {
            Json word;
            append_json_string(word.text, std::get<Category>(value).value);
            return word;
        }
        case ResultType::json: return value;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Value> as_type(const Value& value, ResultType type) {
    if (type_of(value) == type) {
        return value;
    }
    if (type == ResultType::json) {
        return json_of(value);
    }
    switch (type_of(value)) {
        case ResultType::number: return number_as(std::get<double>(value), type);
        case ResultType::integer: return integer_as(std::get<std::int64_t>(value), type);
        case ResultType::boolean: {
            const bool truth = std::get<bool>(value);
            if (type == ResultType::number) {
                return truth ? 1.0 : 0.0;
            }
            return type == ResultType::integer ? std::optional<Value>{std::int64_t{truth}} : std::nullopt;
        }
        case ResultType::category:
        case ResultType::json: return std::nullopt;
    }
    return std::nullopt;
}

std::string to_string(Quality quality) {
    std::string out;
    for (const std::string_view name : flag_names(quality)) {
        out.append(out.empty() ? "" : ", ").append(name);
    }
    return out;
}

std::string_view sentence(Refusal refusal) {
    switch (refusal) {
        case Refusal::none: return "The reading was taken in.";
        case Refusal::wrong_type: return "The value is of another type than the datastream's earlier readings.";
        case Refusal::not_finite: return "The value is not a finite number.";
        case Refusal::time_out_of_range: return "The time lies outside the years 1700 to 2499.";
        case Refusal::text_too_long: return "The text is longer than 64 KiB.";
        case Refusal::unknown: return "The reading names no datastream.";
        case Refusal::removed: return "The reading was removed after it had come in.";
    }
    return "The reading was refused.";
}

Refusal refusal_of(const Arrival& arrival) {
    const auto& [time, value, quality] = arrival.observation;
    if (arrival.datastream.value <= 0) {
        return Refusal::unknown;
    }
    if (time < earliest_time || time >= latest_time) {
        return Refusal::time_out_of_range;
    }
    if (const auto* number = std::get_if<double>(&value); number != nullptr && !std::isfinite(*number)) {
        return Refusal::not_finite;
    }
    if (const auto* category = std::get_if<Category>(&value);
        category != nullptr && category->value.size() > text_bytes_max) {
        return Refusal::text_too_long;
    }
    if (const auto* json = std::get_if<Json>(&value); json != nullptr && json->text.size() > text_bytes_max) {
        return Refusal::text_too_long;
    }
    return Refusal::none;
}

}  // namespace bypuls::observations
