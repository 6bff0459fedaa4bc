#pragma once

#include <expected>
#include <string_view>

// toml++ as every room sees it: whoever reads TOML includes this header, so that its macros have one definition in the
// whole program. Without exceptions the parser answers with a result. It asserts what a text can break ("[^" begins a
// key) and then handles the very case; we want the handling.
#define TOML_EXCEPTIONS 0
#define TOML_ASSERT(expression) static_cast<void>(0)
#include <toml++/toml.h>

#include "core/config/config.h"

namespace bypuls::config {

/// Reads a TOML 1.0 text; the fault tells the first thing that is wrong, with its line. Thread-safe.
///
/// toml++ 3.3 runs into __builtin_unreachable when it meets a letter beyond ASCII where it does not expect one (its
/// test for white space, U+00A1 to U+0499), also behind a quote in the wrong place. So it is only ever given ASCII:
/// letters in quotes are handed over as escapes, and those outside quotes and comments, where TOML has none, are a
/// fault.
std::expected<toml::table, Fault> parse_toml(std::string_view text);

}  // namespace bypuls::config
