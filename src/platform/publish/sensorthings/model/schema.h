#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace bypuls::sensorthings {

/// The entity types of 18-088 §8.2. A MultiDatastream (§11) is a registry's datastream with several components.
enum class Kind : std::uint8_t {
    thing,
    location,
    historical_location,
    datastream,
    multi_datastream,
    sensor,
    observed_property,
    observation,
    feature_of_interest,
};
constexpr std::size_t kind_count = 9;

/// What a property holds, which decides how it is written, compared and parsed.
enum class Content : std::uint8_t {
    text,
    instant,   ///< an instant, or null
    time,      ///< an instant or a span, or null
    json,      ///< any JSON
    geometry,  ///< JSON that is a GeoJSON geometry where the encoding says so
    result,    ///< of an observation: by the datastream's type
};

struct Property {
    std::string_view name;
    Content content = Content::text;
    bool mandatory = false;  ///< to be given on creation
    bool writable = true;    ///< false: made by the service
    bool since_1_1 = false;  ///< not shown by the 1.0 form
};

struct Navigation {
    std::string_view name;  ///< "Datastreams", "Thing"
    Kind target;
    bool many = false;
    bool mandatory = false;  ///< to be given on creation, by link or inline
};

struct EntityType {
    Kind kind;
    std::string_view name;  ///< "Thing"
    std::string_view set;   ///< "Things"
    std::span<const Property> properties;
    std::span<const Navigation> navigations;

    const Property* property(std::string_view name) const;
    const Navigation* navigation(std::string_view name) const;
};

const EntityType& type_of(Kind kind);
/// In the order in which the service root names them.
std::span<const EntityType> entity_types();
std::optional<Kind> kind_of_set(std::string_view set);

/// The step of a path that means the id: "id" or "@iot.id".
bool is_id(std::string_view step);
bool is_self_link(std::string_view step);

}  // namespace bypuls::sensorthings
