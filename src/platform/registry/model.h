#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "platform/observations/observation.h"

/// The things of the city that measure and what they measure, in the words of OGC SensorThings 1.1 (18-088 §8.2).
/// All JSON is kept as text; all positions are WGS 84, longitude first, as RFC 7946.
namespace bypuls::registry {

using observations::DatastreamId;
using observations::ResultType;
using ThingId = Id<struct ThingTag>;
using LocationId = Id<struct LocationTag>;
using HistoricalLocationId = Id<struct HistoricalLocationTag>;
using SensorId = Id<struct SensorTag>;
using ObservedPropertyId = Id<struct ObservedPropertyTag>;
using FeatureId = Id<struct FeatureTag>;
using PlaceId = Id<struct PlaceTag>;

/// The kinds of entities. Their numbers are stored; a new one comes last.
enum class Kind : std::uint8_t {
    thing,
    location,
    historical_location,
    sensor,
    observed_property,
    datastream,
    feature,
    place,
    multi_datastream
};

/// Bounds of every text in the model; longer is malformed.
constexpr std::size_t name_bytes_max = 500;
constexpr std::size_t description_bytes_max = 20'000;
constexpr std::size_t json_bytes_max = 256U << 10U;
constexpr std::size_t external_keys_max = 16;
constexpr std::size_t components_max = 100;

/// Something in the physical world that can be identified and measured: a buoy, a meter, a ski track (§8.2.1).
struct Thing {
    ThingId id{};
    std::string name;
    std::string description;
    std::string properties = "{}";  ///< a JSON object
    /// What the thing is called outside, such as its DevEUI. Unique among things when not empty.
    std::string external_key;
    bool simulated = false;  ///< pages that show it say so
    /// Where it is now. Set on create and by Registry::move; update leaves it alone.
    std::vector<LocationId> locations;

    friend bool operator==(const Thing&, const Thing&) = default;
};

/// §8.2.2
struct Location {
    LocationId id{};
    std::string name;
    std::string description;
    std::string encoding_type = "application/geo+json";
    std::string geometry;           ///< a JSON object; GeoJSON when encoding_type says so
    std::string properties = "{}";  ///< a JSON object

    friend bool operator==(const Location&, const Location&) = default;
};

/// Where a thing has been since `time`, until the next one (§8.2.3).
struct HistoricalLocation {
    HistoricalLocationId id{};
    ThingId thing{};
    Instant time{};
    std::vector<LocationId> locations;

    friend bool operator==(const HistoricalLocation&, const HistoricalLocation&) = default;
};

/// §8.2.5
struct Sensor {
    SensorId id{};
    std::string name;
    std::string description;
    std::string encoding_type = "text/html";
    std::string metadata;  ///< a URL or text, as encoding_type says
    std::string properties = "{}";

    friend bool operator==(const Sensor&, const Sensor&) = default;
};

/// §8.2.6
struct ObservedProperty {
    ObservedPropertyId id{};
    std::string name;
    std::string definition;  ///< a URI
    std::string description;
    std::string properties = "{}";

    friend bool operator==(const ObservedProperty&, const ObservedProperty&) = default;
};

struct Unit {
    std::string name;        ///< "degree Celsius"
    std::string symbol;      ///< "°C"
    std::string definition;  ///< UCUM, "Cel"

    friend bool operator==(const Unit&, const Unit&) = default;
};

/// Who may see a datastream. Nothing is public by accident: the default is internal.
enum class Access : std::uint8_t {
    open,        ///< "public": anyone; passes the publication gate
    internal,    ///< employees
    restricted,  ///< employees with the purpose; may be personal data
};

/// §8.2.4
struct Datastream {
    DatastreamId id{};
    ThingId thing{};
    SensorId sensor{};
    ObservedPropertyId observed_property{};
    std::string name;
    std::string description;
    Unit unit{};
    ResultType result_type = ResultType::number;
    std::string observed_area;      ///< a GeoJSON geometry, or empty
    std::string properties = "{}";  ///< a JSON object
    Access access = Access::internal;
    bool simulated = false;
    /// What its readings are called where they come from: "70B3D57ED0001234/temp", "weather,site=3:wind". Each is
    /// unique among all datastreams.
    std::vector<std::string> external_keys;

    friend bool operator==(const Datastream&, const Datastream&) = default;
};

/// One of the values that every reading of a multi-datastream has: what it is of, its unit and its type.
struct Component {
    ObservedPropertyId observed_property{};
    Unit unit{};
    ResultType result_type = ResultType::number;

    friend bool operator==(const Component&, const Component&) = default;
};

/// A stream whose readings are several values at once, such as wind speed and direction (the MultiDatastream extension,
/// §8.2.9). It has its id among the datastreams' and its readings in the same store, each a JSON array with one value
/// for each component, in order; everything else keeps the two apart.
struct MultiDatastream {
    DatastreamId id{};
    ThingId thing{};
    SensorId sensor{};
    std::string name;
    std::string description;
    std::vector<Component> components;  ///< 1 to components_max; a property may stand more than once
    std::string observed_area;          ///< a GeoJSON geometry, or empty
    std::string properties = "{}";      ///< a JSON object
    Access access = Access::internal;
    bool simulated = false;
    std::vector<std::string> external_keys;  ///< unique among those of datastreams too

    friend bool operator==(const MultiDatastream&, const MultiDatastream&) = default;
};

/// §8.2.8
struct FeatureOfInterest {
    FeatureId id{};
    std::string name;
    std::string description;
    std::string encoding_type = "application/geo+json";
    std::string feature;  ///< a JSON object; GeoJSON when encoding_type says so
    std::string properties = "{}";

    friend bool operator==(const FeatureOfInterest&, const FeatureOfInterest&) = default;
};

/// A text that residents read, in the languages of the town. An empty one falls back to bokmål.
struct Words {
    std::string nb;
    std::string nn;
    std::string en;

    const std::string& in(std::string_view language) const;
    friend bool operator==(const Words&, const Words&) = default;
};

enum class PlaceKind : std::uint8_t { bathing, ski, air, water, weather, traffic, other };

/// A day of the year, whatever the year.
struct MonthDay {
    std::uint8_t month = 1;
    std::uint8_t day = 1;

    friend auto operator<=>(const MonthDay&, const MonthDay&) = default;
};

/// The part of the year in which a place is in use, both days included. A winter's begins before it ends.
struct Season {
    enum class Kind : std::uint8_t { summer, winter, all_year };

    Kind kind = Kind::all_year;
    MonthDay first{1, 1};
    MonthDay last{12, 31};

    bool contains(MonthDay day) const;
    friend bool operator==(const Season&, const Season&) = default;
};

/// A spot that residents know by name and that has conditions: a bathing place, a ski track.
struct Place {
    PlaceId id{};
    /// In the URL and on the QR poster at the shore: a-z, 0-9 and hyphens, at most 63. Never changes, and is never
    /// given to another place, even after this one is gone.
    std::string slug;
    PlaceKind kind = PlaceKind::other;
    Season season{};
    Words name{};
    Words description{};
    double longitude = 0;      ///< degrees, WGS 84
    double latitude = 0;       ///< degrees, WGS 84
    bool approximate = false;  ///< the position is near, not exact; maps say so
    std::string area;          ///< the part of the municipality, in its own name: "Strømsø"
    bool published = false;    ///< residents see it
    std::vector<ThingId> things;
    /// What its page shows, most important first.
    std::vector<DatastreamId> datastreams;

    friend bool operator==(const Place&, const Place&) = default;
};

/// One entity of whatever kind.
using AnyEntity = std::variant<Thing, Location, HistoricalLocation, Sensor, ObservedProperty, Datastream,
                               MultiDatastream, FeatureOfInterest, Place>;

template <typename Entity>
inline constexpr Kind kind_of = Kind::thing;
template <>
inline constexpr Kind kind_of<Location> = Kind::location;
template <>
inline constexpr Kind kind_of<HistoricalLocation> = Kind::historical_location;
template <>
inline constexpr Kind kind_of<Sensor> = Kind::sensor;
template <>
inline constexpr Kind kind_of<ObservedProperty> = Kind::observed_property;
template <>
inline constexpr Kind kind_of<Datastream> = Kind::datastream;
template <>
inline constexpr Kind kind_of<MultiDatastream> = Kind::multi_datastream;
template <>
inline constexpr Kind kind_of<FeatureOfInterest> = Kind::feature;
template <>
inline constexpr Kind kind_of<Place> = Kind::place;

std::string_view name_of(Kind kind);      ///< "thing", "observed property": for sentences
std::string_view name_of(Access access);  ///< "public", "internal", "restricted"
std::string_view name_of(PlaceKind kind);
std::string_view name_of(Season::Kind kind);
std::optional<Access> access_named(std::string_view name);
std::optional<PlaceKind> place_kind_named(std::string_view name);
std::optional<Season::Kind> season_kind_named(std::string_view name);
std::optional<ResultType> result_type_named(std::string_view name);

/// The observationType of every multi-datastream (§8.2.9).
constexpr std::string_view complex_observation =
    "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation";

/// The observationType of 18-088 §8.2.4, table 12, that stands for a type of result, and back. OM_Observation is JSON.
std::string_view observation_type_uri(ResultType type);
std::optional<ResultType> result_type_of_uri(std::string_view uri);

/// Is everything within its bounds and of the right form? Errc::malformed names the field. References to other
/// entities are the registry's to check.
Result<void> validate(const Thing& thing);
Result<void> validate(const Location& location);
Result<void> validate(const HistoricalLocation& location);
Result<void> validate(const Sensor& sensor);
Result<void> validate(const ObservedProperty& property);
Result<void> validate(const Datastream& datastream);
Result<void> validate(const MultiDatastream& datastream);
Result<void> validate(const FeatureOfInterest& feature);
Result<void> validate(const Place& place);

}  // namespace bypuls::registry
