#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bypuls {

/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);
/// Bytes of the well-formed UTF-8 sequence at the start of `text`, 1 to 4; 0 where there is none. Not for an empty
/// text.
std::size_t utf8_sequence(std::string_view text);

/// Without ASCII white space at either end.
std::string_view trim(std::string_view text);
/// ASCII only; other bytes stay.
std::string to_lower_ascii(std::string_view text);
bool equal_ignoring_ascii_case(std::string_view a, std::string_view b);
/// As much of a text as says what it is: at most so many code points, and no part of one.
std::string_view beginning(std::string_view text, std::size_t code_points_max);
std::vector<std::string_view> split(std::string_view text, char separator);

/// Appends text as a JSON string with quotes. Bytes that are not UTF-8 become U+FFFD, so the result always parses.
void append_json_string(std::string& out, std::string_view text);

/// For HTML text and attribute values in double quotes.
std::string escape_html(std::string_view text);

/// Levenshtein distance, for "did you mean" in the faults of configuration and commands.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace bypuls
