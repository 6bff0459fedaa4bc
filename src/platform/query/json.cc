#include <charconv>
#include <limits>

#include <nlohmann/json.hpp>

#include "platform/query/functions.h"

namespace bypuls::query {
namespace {

using nlohmann::json;

/// The library compares and writes by recursion, so what is nested deeper is not looked into.
constexpr int depth_max = 64;

std::optional<json> read(std::string_view text) {
    bool too_deep = false;
    auto read = json::parse(
        text,
        [&too_deep](int depth, json::parse_event_t, const json&) {
            too_deep = too_deep || depth > depth_max;
            return !too_deep;
        },
        false);
    if (read.is_discarded() || too_deep) {
        return std::nullopt;
    }
    return read;
}

const json* step_into(const json& at, const std::string& step) {
    if (at.is_object()) {
        const auto found = at.find(step);
        return found == at.end() ? nullptr : &*found;
    }
    if (!at.is_array()) {
        return nullptr;
    }
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
    const bool good = error == std::errc{} && end == step.data() + step.size() && index < at.size();
    return good ? &at[index] : nullptr;
}

Value value_of(const json& at) {
    switch (at.type()) {
        case json::value_t::boolean: return at.get<bool>();
        case json::value_t::number_integer: return at.get<std::int64_t>();
        case json::value_t::number_unsigned: {
            const auto number = at.get<std::uint64_t>();
            return number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
                       ? Value{static_cast<std::int64_t>(number)}
                       : Value{static_cast<double>(number)};
        }
        case json::value_t::number_float: return at.get<double>();
        case json::value_t::string: return at.get<std::string>();
        case json::value_t::object:
        case json::value_t::array: return Json{at.dump(-1, ' ', false, json::error_handler_t::replace)};
        default: return {};
    }
}

}  // namespace

Value within_json(std::string_view text, std::span<const std::string> steps) {
    const auto whole = read(text);
    const json* at = whole ? &*whole : nullptr;
    for (const std::string& step : steps) {
        if (at == nullptr) {
            break;
        }
        at = step_into(*at, step);
    }
    return at == nullptr ? Value{} : value_of(*at);
}

bool same_json(std::string_view a, std::string_view b) {
    const auto left = read(a);
    const auto right = read(b);
    return left && right && *left == *right;
}

}  // namespace bypuls::query
