#pragma once

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
};

/// Borders of municipalities, clipped at the coast: what none of them covers is water.
struct Basemap {
    struct Area {
        bool own = false;  ///< the town's
        std::vector<std::vector<GeoPoint>> rings;
    };
    std::vector<Area> areas;

    /// A FeatureCollection of polygons with the property `own` (RFC 7946); Errc::malformed for anything else.
    static Result<Basemap> parse(std::string_view geojson);
    bool empty() const { return areas.empty(); }
};

/// A place: its number stands on the drawing, and its name too where there is room.
struct SketchMark {
    std::string number;
    std::string name;
    std::string href;
    GeoPoint at;
};

/// The part of the map that has all marks. No name covers a mark or another name when the drawing is as wide as a phone
/// (320 px) or wider. Nothing when there is no map or no mark.
Html sketch(const words::Words& say, const Basemap& basemap, const std::vector<SketchMark>& marks);

}  // namespace bypuls::pages
