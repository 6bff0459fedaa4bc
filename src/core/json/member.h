#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// One member of an object that is kept as JSON text, such as the free properties of an entity. Nothing when the text
/// is no object, or the member is absent or of another type. Pure.
namespace bypuls::json {

std::optional<std::int64_t> integer_member(std::string_view object, std::string_view name);
std::optional<std::string> text_member(std::string_view object, std::string_view name);

}  // namespace bypuls::json
