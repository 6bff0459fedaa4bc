#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "platform/query/expression.h"

/// JSON as the service writes it: straight into the answer, without a tree.
namespace bypuls::sensorthings::json {

/// How instants are written. Both are ISO 8601 in UTC; suites and clients of 1.0 compare the longer one as text.
enum class TimeForm : std::uint8_t {
    shortest,      ///< "2026-06-01T12:00:00Z", with a fraction only when there is one
    milliseconds,  ///< "2026-06-01T12:00:00.000Z"
};

void append_integer(std::string& out, std::int64_t value);
/// The shortest decimal that reads back as the same double. The value is finite.
void append_number(std::string& out, double value);
/// Without quotes.
void append_instant(std::string& out, Instant t, TimeForm form);
/// In quotes.
void append_instant_text(std::string& out, Instant t, TimeForm form);
void append_span_text(std::string& out, const query::Span& span, TimeForm form);
/// Any value of the query language, with null for none.
void append_value(std::string& out, const query::Value& value, TimeForm form);

/// What stands at a path inside JSON text, as JSON text: {"a":{"b":1}} at a/b is 1; array elements by number. Nothing
/// when the path leads nowhere.
template <typename Steps>
std::optional<std::string> inside(std::string_view text, const Steps& steps);
std::optional<std::string> step_inside(std::string_view text, std::string_view step);

template <typename Steps>
std::optional<std::string> inside(std::string_view text, const Steps& steps) {
    std::optional<std::string> found{std::string(text)};
    for (const auto& step : steps) {
        found = step_inside(*found, step);
        if (!found) {
            return std::nullopt;
        }
    }
    return found;
}

/// JSON text as the value that filters compare: numbers, texts and booleans by themselves, null as null, the rest as
/// JSON.
query::Value value_of(std::string_view text);

}  // namespace bypuls::sensorthings::json
