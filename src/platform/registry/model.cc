#include "platform/registry/model.h"

#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/text.h"

namespace bypuls::registry {
namespace {

template <typename Enum, std::size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Names<Access, 3> access_names{
    {{Access::open, "public"}, {Access::internal, "internal"}, {Access::restricted, "restricted"}}};

constexpr Names<Kind, 9> kind_names{{{Kind::thing, "thing"},
                                     {Kind::location, "location"},
                                     {Kind::historical_location, "historical location"},
                                     {Kind::sensor, "sensor"},
                                     {Kind::observed_property, "observed property"},
                                     {Kind::datastream, "datastream"},
                                     {Kind::feature, "feature of interest"},
                                     {Kind::place, "place"},
                                     {Kind::multi_datastream, "multi-datastream"}}};

constexpr Names<PlaceKind, 7> place_kind_names{{{PlaceKind::bathing, "bathing"},
                                                {PlaceKind::ski, "ski"},
                                                {PlaceKind::air, "air"},
                                                {PlaceKind::water, "water"},
                                                {PlaceKind::weather, "weather"},
                                                {PlaceKind::traffic, "traffic"},
                                                {PlaceKind::other, "other"}}};

constexpr Names<Season::Kind, 3> season_kind_names{
    {{Season::Kind::summer, "summer"}, {Season::Kind::winter, "winter"}, {Season::Kind::all_year, "all-year"}}};

constexpr Names<ResultType, 5> result_type_names{{{ResultType::number, "number"},
                                                  {ResultType::integer, "integer"},
                                                  {ResultType::boolean, "boolean"},
                                                  {ResultType::category, "category"},
                                                  {ResultType::json, "json"}}};

constexpr Names<ResultType, 5> observation_types{
    {{ResultType::number, "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"},
     {ResultType::integer, "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_CountObservation"},
     {ResultType::boolean, "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_TruthObservation"},
     {ResultType::category, "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_CategoryObservation"},
     {ResultType::json, "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Observation"}}};

template <typename Enum, std::size_t N>
std::string_view name_in(const Names<Enum, N>& names, Enum wanted) {
    for (const auto& [value, name] : names) {
        if (value == wanted) {
            return name;
        }
    }
    return "unknown";
}

template <typename Enum, std::size_t N>
std::optional<Enum> value_in(const Names<Enum, N>& names, std::string_view wanted) {
    for (const auto& [value, name] : names) {
        if (name == wanted) {
            return value;
        }
    }
    return std::nullopt;
}

}  // namespace

const std::string& Words::in(std::string_view language) const {
    const std::string& wanted = language == "nn" ? nn : language == "en" ? en : nb;
    return wanted.empty() ? nb : wanted;
}

bool Season::contains(MonthDay day) const {
    if (kind == Kind::all_year) {
        return true;
    }
    return first <= last ? first <= day && day <= last : first <= day || day <= last;
}

std::string_view name_of(Kind kind) {
    return name_in(kind_names, kind);
}
std::string_view name_of(Access access) {
    return name_in(access_names, access);
}
std::string_view name_of(PlaceKind kind) {
    return name_in(place_kind_names, kind);
}
std::string_view name_of(Season::Kind kind) {
    return name_in(season_kind_names, kind);
}
std::optional<Access> access_named(std::string_view name) {
    return value_in(access_names, name);
}
std::optional<PlaceKind> place_kind_named(std::string_view name) {
    return value_in(place_kind_names, name);
}
std::optional<Season::Kind> season_kind_named(std::string_view name) {
    return value_in(season_kind_names, name);
}
std::optional<ResultType> result_type_named(std::string_view name) {
    return value_in(result_type_names, name);
}
std::string_view observation_type_uri(ResultType type) {
    return name_in(observation_types, type);
}
std::optional<ResultType> result_type_of_uri(std::string_view uri) {
    return value_in(observation_types, uri);
}

}  // namespace bypuls::registry
