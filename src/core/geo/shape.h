#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

// GEOS's own type, kept out of this header.
struct GEOSGeom_t;

namespace bypuls::geo {

/// The relations of OGC 06-103r4 §6.1.15 (simple features), as SensorThings and PostGIS name them.
enum class Relation : std::uint8_t { equals, disjoint, touches, within, overlaps, crosses, intersects, contains };

/// The smallest box along the axes that holds something, in degrees.
struct Bounds {
    double west = 0;
    double south = 0;
    double east = 0;
    double north = 0;

    /// The smallest that holds both.
    Bounds with(const Bounds& other) const;
    /// RFC 7946: a polygon; of a box that is flat a line, of one that is a point a point.
    std::string geojson() const;
    friend bool operator==(const Bounds&, const Bounds&) = default;
};

/// A geometry in the plane, by GEOS. Coordinates are WGS 84 degrees, longitude first, taken as plane coordinates: a
/// distance or length is in degrees, as FROST and a PostGIS `geometry` give it, and a degree of longitude in Drammen
/// (59.7° N) is half as long on the ground as one of latitude. Heights are dropped. Immutable, so many threads may
/// read one; it may be destroyed on another thread than it was made on, but not after main.
class Shape {
public:
    /// Well-known text, "POINT (10.2 59.7)", perhaps with "SRID=4326;" in front. Errc::malformed with GEOS's reason,
    /// for coordinates that are no finite numbers, and for nesting deeper than `nesting_max`.
    static Result<Shape> from_wkt(std::string_view text);
    /// RFC 7946: a geometry, a Feature (its geometry) or a FeatureCollection (a collection).
    static Result<Shape> from_geojson(std::string_view text);

    /// Coordinates in the shortest form that reads back the same: from_wkt(s.wkt()) has the very same coordinates.
    std::string wkt() const;
    std::string geojson() const;
    bool empty() const;

    /// Errc::malformed where GEOS can not tell, which may be so for polygons that cross themselves.
    Result<bool> stands_in(Relation relation, const Shape& other) const;
    /// DE-9IM with a pattern of nine of T F * 0 1 2; Errc::malformed for another pattern.
    Result<bool> relate(const Shape& other, std::string_view pattern) const;
    /// The shortest way between the two, in degrees; Errc::malformed when one is empty.
    Result<double> distance(const Shape& other) const;
    /// Of lines, in degrees; 0 for points and polygons.
    Result<double> length() const;
    /// Nothing when it is empty.
    std::optional<Bounds> bounds() const;

    static constexpr std::size_t nesting_max = 32;  ///< brackets within brackets

private:
    struct Free {
        void operator()(GEOSGeom_t* geometry) const;
    };
    using Handle = std::unique_ptr<GEOSGeom_t, Free>;
    explicit Shape(Handle geometry) : geometry_(std::move(geometry)) {}
    static Result<Shape> checked(GEOSGeom_t* made, std::string_view form);

    Handle geometry_;
};

}  // namespace bypuls::geo
