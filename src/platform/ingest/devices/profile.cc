#include "platform/ingest/devices/profile.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/text.h"

namespace bypuls::ingest::devices {
namespace {

using nlohmann::json;

const json* step_into(const json& at, std::string_view name) {
    if (at.is_object()) {
        const auto found = at.find(name);
        return found == at.end() ? nullptr : &*found;
    }
    if (at.is_array()) {
        std::size_t index = 0;
        const auto [end, trouble] = std::from_chars(name.data(), name.data() + name.size(), index);
        const bool whole = trouble == std::errc{} && end == name.data() + name.size();
        return whole && index < at.size() ? &at[index] : nullptr;
    }
    return nullptr;
}

/// A member of that very name wins over a path, since codecs do write dots into names.
const json* find_path(const json& root, std::string_view path) {
    if (const json* whole = step_into(root, path)) {
        return whole;
    }
    const json* at = &root;
    for (const std::string_view name : split(path, '.')) {
        at = step_into(*at, name);
        if (at == nullptr) {
            return nullptr;
        }
    }
    return at;
}

std::optional<observations::Value> value_of(const json& found, double scale) {
    switch (found.type()) {
        case json::value_t::number_integer:
        case json::value_t::number_unsigned:
        case json::value_t::number_float: {
            const double value = found.get<double>() * scale;
            return std::isfinite(value) ? std::optional<observations::Value>{value} : std::nullopt;
        }
        case json::value_t::boolean: return observations::Value{found.get<bool>()};
        case json::value_t::string: return observations::Value{observations::Category{found.get<std::string>()}};
        case json::value_t::object:
        case json::value_t::array: return observations::Value{observations::Json{found.dump()}};
        default: return std::nullopt;
    }
}

Result<std::string> text_member(const json& object, const char* name, std::size_t bytes_max) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_string()) {
        return fail(Errc::malformed, fmt::format("'{}' must be a text", name));
    }
    auto text = found->get<std::string>();
    if (text.empty() || text.size() > bytes_max) {
        return fail(Errc::malformed, fmt::format("'{}' must have 1 to {} bytes", name, bytes_max));
    }
    return text;
}

Result<void> only_members(const json& object, std::span<const std::string_view> allowed) {
    for (const auto& [name, value] : object.items()) {
        if (std::ranges::find(allowed, name) == allowed.end()) {
            return fail(Errc::malformed, fmt::format("'{}' is no member here", name));
        }
    }
    return {};
}

Result<FieldRule> rule_from_json(const json& object) {
    constexpr std::array<std::string_view, 4> members{"field", "property", "unit", "scale"};
    if (!object.is_object()) {
        return fail(Errc::malformed, "each of 'fields' must be an object");
    }
    TRY_DO(only_members(object, members));
    FieldRule rule;
    TRY(rule.field, text_member(object, "field", 200));
    TRY(rule.property, text_member(object, "property", 100));
    TRY(rule.unit, text_member(object, "unit", 50));
    if (const auto scale = object.find("scale"); scale != object.end()) {
        if (!scale->is_number() || !std::isfinite(scale->get<double>()) || scale->get<double>() == 0) {
            return fail(Errc::malformed, "'scale' must be a number other than 0");
        }
        rule.scale = scale->get<double>();
    }
    return rule;
}

}  // namespace

bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

Result<std::vector<Mapped>> map_fields(const Profile& profile, std::string_view data) {
    const json root = json::parse(data, nullptr, /*allow_exceptions=*/false);
    if (!root.is_object()) {
        return fail(Errc::malformed, "the decoded payload is no JSON object");
    }
    std::vector<Mapped> mapped;
    for (std::size_t i = 0; i < profile.fields.size(); ++i) {
        const json* found = find_path(root, profile.fields[i].field);
        if (found == nullptr) {
            continue;
        }
        if (auto value = value_of(*found, profile.fields[i].scale)) {
            mapped.push_back({i, std::move(*value)});
        }
    }
    return mapped;
}

Result<Profile> profile_from_json(std::string_view id, std::string_view text) {
    constexpr std::array<std::string_view, 4> members{"name", "codec", "interval_seconds", "fields"};
    constexpr std::int64_t interval_max = 366 * 86'400;
    if (!is_id(id)) {
        return fail(Errc::malformed, "a profile's id has 1 to 64 letters, digits, _ or -");
    }
    const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) {
        return fail(Errc::malformed, "a profile is a JSON object");
    }
    TRY_DO(only_members(object, members));
    Profile profile;
    profile.id = id;
    TRY(profile.name, text_member(object, "name", 400));
    if (const auto codec = object.find("codec"); codec != object.end() && !codec->is_null()) {
        if (!codec->is_string() || !is_id(codec->get<std::string>())) {
            return fail(Errc::malformed, "'codec' must be the id of a codec, or null");
        }
        profile.codec = codec->get<std::string>();
    }
    const auto interval = object.find("interval_seconds");
    if (interval == object.end() || !interval->is_number_integer() || interval->get<std::int64_t>() < 1 ||
        interval->get<std::int64_t>() > interval_max) {
        return fail(Errc::malformed, "'interval_seconds' must be a whole number of seconds up to a year");
    }
    profile.interval = std::chrono::seconds{interval->get<std::int64_t>()};
    const auto fields = object.find("fields");
    if (fields == object.end() || !fields->is_array() || fields->size() > 100) {
        return fail(Errc::malformed, "'fields' must be a list of at most 100");
    }
    for (const json& field : *fields) {
        TRY(auto rule, rule_from_json(field));
        profile.fields.push_back(std::move(rule));
    }
    return profile;
}

std::string to_json(const Profile& profile) {
    json fields = json::array();
    for (const FieldRule& rule : profile.fields) {
        fields.push_back(
            {{"field", rule.field}, {"property", rule.property}, {"unit", rule.unit}, {"scale", rule.scale}});
    }
    json object{{"name", profile.name},
                {"codec", profile.codec.empty() ? json(nullptr) : json(profile.codec)},
                {"interval_seconds", profile.interval.count()},
                {"fields", std::move(fields)}};
    return object.dump();
}

}  // namespace bypuls::ingest::devices
