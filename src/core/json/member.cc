#include "core/json/member.h"

#include <nlohmann/json.hpp>

namespace bypuls::json {
namespace {

template <typename Value, typename Is>
std::optional<Value> member(std::string_view object, std::string_view name, Is is) {
    const auto parsed = nlohmann::json::parse(object, nullptr, /*allow_exceptions=*/false);
    if (!parsed.is_object()) {
        return std::nullopt;
    }
    const auto found = parsed.find(name);
    return found != parsed.end() && is(*found) ? std::optional(found->template get<Value>()) : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> integer_member(std::string_view object, std::string_view name) {
    // Beyond 63 bits nlohmann keeps it unsigned, and reading it signed would turn it negative.
    return member<std::int64_t>(object, name, [](const nlohmann::json& value) {
        return value.is_number_integer() &&
               (!value.is_number_unsigned() || value.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX));
    });
}

std::optional<std::string> text_member(std::string_view object, std::string_view name) {
    return member<std::string>(object, name, [](const nlohmann::json& value) { return value.is_string(); });
}

}  // namespace bypuls::json
