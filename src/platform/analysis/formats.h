#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/analysis/analysis.h"

namespace bypuls::analysis {

/// How an answer is written.
enum class Format : std::uint8_t {
    table,  ///< aligned, for people; keeps at most `table_rows_max` rows and says how many more there were
    csv,    ///< RFC 4180 with a header; NULL is an empty field, an empty text is ""
    json,   ///< one JSON object a line
};

constexpr std::size_t table_rows_max = 1000;

std::optional<Format> format_named(std::string_view name);

/// Takes the next piece of the text.
using Write = std::function<Result<void>(std::string_view)>;

std::unique_ptr<Sink> make_sink(Format format, Write write);

}  // namespace bypuls::analysis
