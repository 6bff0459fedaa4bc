#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "platform/query/expression.h"
#include "platform/registry/model.h"

/// What filters and orders may name of each kind of entity: the properties and navigations of 18-088 §8.2 that the
/// registry keeps. What comes from readings (phenomenonTime, Observations) is not here.
namespace bypuls::registry {

enum class Content : std::uint8_t {
    id,
    text,
    instant,
    json,    ///< any JSON; filters look into `properties` alone
    absent,  ///< no such property
};

struct Property {
    std::string_view name;
    Content content = Content::text;
};

struct Navigation {
    std::string_view name;  ///< "Datastreams", "Thing"
    Kind to;
    bool many = false;
};

/// The id is named "id" or "@iot.id".
std::span<const Property> properties_of(Kind kind);
std::span<const Navigation> navigations_of(Kind kind);
const Navigation* navigation_named(Kind kind, std::string_view name);
/// Are the two kinds linked?
bool related(Kind a, Kind b);

/// Where a path of a filter leads.
struct Target {
    std::vector<const Navigation*> way;  ///< from the kind that was asked
    Kind kind = Kind::thing;             ///< whose property it is
    /// "name"; of a unit the member too: "unitOfMeasurement/symbol".
    std::string name;
    Content content = Content::absent;
    std::vector<std::string> members;  ///< steps into `properties`

    bool many() const;
};

/// Errc::malformed for a path that leads nowhere from this kind, or to what no registry compares, with the path.
Result<Target> target_of(Kind kind, const query::Path& path);

}  // namespace bypuls::registry
