#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json_members.h"
#include "core/text.h"
#include "platform/registry/model.h"

namespace bypuls::registry {
namespace {

constexpr std::size_t key_bytes_max = 500;
constexpr std::size_t slug_bytes_max = 63;
constexpr std::size_t links_max = 1000;

Result<void> check_text(std::string_view field, std::string_view text, std::size_t bytes_max) {
    if (text.size() > bytes_max) {
        return fail(Errc::malformed, fmt::format("{} is longer than {} bytes", field, bytes_max));
    }
    // Neither engine keeps a NUL inside a text.
    if (!is_utf8(text) || text.find('\0') != std::string_view::npos) {
        return fail(Errc::malformed, fmt::format("{} is not UTF-8 text", field));
    }
    return {};
}

Result<void> check_required(std::string_view field, std::string_view text, std::size_t bytes_max) {
    if (trim(text).empty()) {
        return fail(Errc::malformed, fmt::format("{} is empty", field));
    }
    return check_text(field, text, bytes_max);
}

// Refused is what engines and readers take differently: a member that stands twice, and the character U+0000.
Result<void> check_object(std::string_view field, std::string_view text) {
    TRY_DO(check_text(field, text, json_bytes_max));
    using Event = nlohmann::json::parse_event_t;
    TwiceNamed twice;
    bool nul = false;
    const auto json = nlohmann::json::parse(
        text,
        [&](int /*depth*/, Event event, nlohmann::json& part) {
            twice.see(event, part);
            nul = nul || (part.is_string() && part.get_ref<const std::string&>().find('\0') != std::string::npos);
            return true;
        },
        false);
    if (!json.is_object()) {
        return fail(Errc::malformed, fmt::format("{} is not a JSON object", field));
    }
    if (twice.found()) {
        return fail(Errc::malformed, fmt::format("{} has the member '{}' twice", field, *twice.found()));
    }
    return nul ? fail(Errc::malformed, fmt::format("{} holds the character U+0000", field)) : Result<void>{};
}

// RFC 7946 §3.1; a Feature may stand where a geometry may (18-088 §8.2.2).
Result<void> check_geometry(std::string_view field, std::string_view encoding_type, std::string_view text) {
    TRY_DO(check_object(field, text));
    if (encoding_type != "application/geo+json" && encoding_type != "application/vnd.geo+json") {
        return {};
    }
    const auto json = nlohmann::json::parse(text, nullptr, false);
    const auto type = json.value("type", nlohmann::json());
    static const std::set<std::string> types{
        "Point",        "MultiPoint",         "LineString", "MultiLineString",  "Polygon",
        "MultiPolygon", "GeometryCollection", "Feature",    "FeatureCollection"};
    if (!type.is_string() || !types.contains(type.get<std::string>())) {
        return fail(Errc::malformed, fmt::format("{} is not a GeoJSON geometry or feature", field));
    }
    return {};
}

template <typename Entity>
Result<void> check_described(const Entity& entity) {
    TRY_DO(check_required("name", entity.name, name_bytes_max));
    TRY_DO(check_text("description", entity.description, description_bytes_max));
    return check_object("properties", entity.properties);
}

Result<void> check_words(std::string_view field, const Words& words, std::size_t bytes_max) {
    TRY_DO(check_text(fmt::format("{}.nb", field), words.nb, bytes_max));
    TRY_DO(check_text(fmt::format("{}.nn", field), words.nn, bytes_max));
    return check_text(fmt::format("{}.en", field), words.en, bytes_max);
}

Result<void> check_slug(std::string_view slug) {
    const bool plain =
        std::ranges::all_of(slug, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
    if (slug.empty() || slug.size() > slug_bytes_max || !plain || slug.starts_with('-') || slug.ends_with('-')) {
        return fail(Errc::malformed,
                    fmt::format("slug '{}' is not 1 to {} of a-z, 0-9 and inner hyphens", slug, slug_bytes_max));
    }
    return {};
}

bool is_day(MonthDay day) {
    constexpr std::array<std::uint8_t, 12> days{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return day.month >= 1 && day.month <= 12 && day.day >= 1 && day.day <= days[day.month - 1U];
}

template <typename IdType>
Result<void> check_links(std::string_view field, const std::vector<IdType>& links) {
    if (links.size() > links_max) {
        return fail(Errc::exhausted, fmt::format("{} has more than {} links", field, links_max));
    }
    const std::set<IdType> once(links.begin(), links.end());
    if (once.size() != links.size()) {
        return fail(Errc::malformed, fmt::format("{} names something twice", field));
    }
    return {};
}

Result<void> check_unit(const Unit& unit) {
    TRY_DO(check_text("unit name", unit.name, name_bytes_max));
    TRY_DO(check_text("unit symbol", unit.symbol, name_bytes_max));
    return check_text("unit definition", unit.definition, name_bytes_max);
}

// What holds for a stream of single values and of several.
template <typename AnyStream>
Result<void> check_stream(const AnyStream& datastream) {
    if (!datastream.observed_area.empty()) {
        TRY_DO(check_geometry("observed area", "application/geo+json", datastream.observed_area));
    }
    if (datastream.external_keys.size() > external_keys_max) {
        return fail(Errc::malformed, fmt::format("a datastream has at most {} external keys", external_keys_max));
    }
    std::set<std::string_view> keys;
    for (const auto& key : datastream.external_keys) {
        TRY_DO(check_required("external key", key, key_bytes_max));
        if (!keys.insert(key).second) {
            return fail(Errc::malformed, fmt::format("external key '{}' stands twice", key));
        }
    }
    return {};
}

}  // namespace

Result<void> validate(const Thing& thing) {
    TRY_DO(check_described(thing));
    TRY_DO(check_links("locations", thing.locations));
    return check_text("external key", thing.external_key, key_bytes_max);
}

Result<void> validate(const Location& location) {
    TRY_DO(check_described(location));
    TRY_DO(check_required("encoding type", location.encoding_type, name_bytes_max));
    return check_geometry("location", location.encoding_type, location.geometry);
}

Result<void> validate(const Sensor& sensor) {
    TRY_DO(check_described(sensor));
    TRY_DO(check_required("encoding type", sensor.encoding_type, name_bytes_max));
    return check_text("metadata", sensor.metadata, json_bytes_max);
}

Result<void> validate(const ObservedProperty& property) {
    TRY_DO(check_described(property));
    return check_text("definition", property.definition, name_bytes_max);
}

Result<void> validate(const HistoricalLocation& location) {
    return check_links("locations", location.locations);
}

Result<void> validate(const Datastream& datastream) {
    TRY_DO(check_described(datastream));
    TRY_DO(check_unit(datastream.unit));
    return check_stream(datastream);
}

Result<void> validate(const MultiDatastream& datastream) {
    TRY_DO(check_described(datastream));
    if (datastream.components.empty() || datastream.components.size() > components_max) {
        return fail(Errc::malformed, fmt::format("a multi-datastream has 1 to {} components", components_max));
    }
    for (const auto& component : datastream.components) {
        TRY_DO(check_unit(component.unit));
    }
    return check_stream(datastream);
}

Result<void> validate(const FeatureOfInterest& feature) {
    TRY_DO(check_described(feature));
    TRY_DO(check_required("encoding type", feature.encoding_type, name_bytes_max));
    return check_geometry("feature", feature.encoding_type, feature.feature);
}

Result<void> validate(const Place& place) {
    TRY_DO(check_slug(place.slug));
    TRY_DO(check_required("name.nb", place.name.nb, name_bytes_max));
    TRY_DO(check_words("name", place.name, name_bytes_max));
    TRY_DO(check_words("description", place.description, description_bytes_max));
    TRY_DO(check_text("area", place.area, name_bytes_max));
    if (!is_day(place.season.first) || !is_day(place.season.last)) {
        return fail(Errc::malformed, "season: that is not a day of the year");
    }
    if (!std::isfinite(place.longitude) || !std::isfinite(place.latitude) || std::abs(place.longitude) > 180 ||
        std::abs(place.latitude) > 90) {
        return fail(Errc::malformed, "position: longitude is within -180..180 and latitude within -90..90 degrees");
    }
    TRY_DO(check_links("things", place.things));
    return check_links("datastreams", place.datastreams);
}

}  // namespace bypuls::registry
