#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/words/catalogue.h"
#include "platform/pages/html.h"

/// A small drawing of places on the town's map, as SVG in the page itself: seen before and without script, and without
/// a library of maps. Pure.
namespace bypuls::pages {

/// A position in WGS 84.
struct GeoPoint {
    double longitude = 0;
    double latitude = 0;
    friend bool operator==(const GeoPoint&, const GeoPoint&) = default;
};

/// The town's border, and its neighbours' where they are known: borders clipped at the coast, so that what none of them
/// covers is water. Without neighbours nobody knows what is water, and all around is land.
struct Basemap {
    struct Ring {
        std::vector<GeoPoint> points;
        bool hole = false;  ///< in the ring before it that is none
        friend bool operator==(const Ring&, const Ring&) = default;
    };
    struct Area {
        bool own = false;  ///< the town's
        std::vector<Ring> rings;
        friend bool operator==(const Area&, const Area&) = default;
    };
    std::vector<Area> areas;

    /// GeoJSON of polygons in degrees (RFC 7946): a FeatureCollection, where the property `own` tells the town from its
    /// neighbours, or is left out where there are none; a Feature or a geometry is the town's. Positions are rounded to
    /// ten metres. Errc::malformed for anything else, with what is wrong.
    static Result<Basemap> parse(std::string_view geojson);
    bool empty() const { return areas.empty(); }
    bool has_neighbours() const;
    /// A FeatureCollection with the property `own`, for maps in the browser.
    std::string geojson() const;
};

/// A place: its number stands on the drawing, and its name too where there is room.
struct SketchMark {
    std::string number;
    std::string name;
    std::string href;
    GeoPoint at;
    friend bool operator==(const SketchMark&, const SketchMark&) = default;
};

/// The part of the map that has all marks. No name covers a mark or another name when the drawing is as wide as a phone
/// (320 px) or wider. Without a map the places stand alone, north up; nothing when there is no place. `source` is who
/// drew the borders: "Kartverket, CC BY 4.0".
Html sketch(const words::Words& say, const Basemap& basemap, std::string_view source,
            const std::vector<SketchMark>& marks);

/// Draws, and keeps the last drawing in each language, since pages are asked for far more often than their places
/// change. What a theme changes is left to the style sheet. Thread-safe.
class Sketches {
public:
    /// Both outlive it.
    Sketches(const Basemap& basemap, const std::string& source) : basemap_(basemap), source_(source) {}

    Html draw(const words::Words& say, const std::vector<SketchMark>& marks);
    /// How often something had to be drawn.
    std::size_t drawn() const;

private:
    struct Kept {
        std::vector<SketchMark> marks;
        Html drawing;
    };
    const Basemap& basemap_;
    const std::string& source_;
    mutable std::mutex mutex_;
    std::map<words::Language, Kept> kept_;
    std::size_t drawn_ = 0;
};

}  // namespace bypuls::pages
