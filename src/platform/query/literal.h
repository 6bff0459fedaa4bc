#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "platform/query/expression.h"
#include "platform/query/scanner.h"

namespace bypuls::query {

/// A literal of the grammar, when one begins here; nothing when something else does. Errc::malformed for one that
/// begins well and goes on badly.
Result<std::optional<Value>> take_literal(Scanner& in);

/// The literal in the grammar's words. JSON, which the grammar has no literal for, as a text.
std::string literal_text(const Value& value);

/// "P1DT2H", "-PT0.5S", "P2W": xs:dayTimeDuration, and weeks. Years and months have no fixed length and are malformed.
Result<Duration> parse_duration(std::string_view text);

}  // namespace bypuls::query
