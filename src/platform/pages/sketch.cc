#include "platform/pages/sketch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace bypuls::pages {
namespace {

using nlohmann::json;

// Units of the drawing, which is as wide as a phone; style.css draws letters smaller where it is wider.
constexpr double width = 320;
constexpr double height_min = 220;
constexpr double height_max = 380;
constexpr double margin = 34;
constexpr double mark_radius = 11;
constexpr double letter_height = 13;
constexpr double line_height = 16;
constexpr double smallest_span = 0.01;  // degrees: a single place is not drawn on its doorstep

struct Spot {
    double x = 0;
    double y = 0;
};

struct Box {
    double left = 0;
    double top = 0;
    double right = 0;
    double bottom = 0;

    bool meets(const Box& other) const {
        return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
    }
};

/// From degrees to the drawing: a plane, which a municipality nearly is.
struct View {
    double west = 0;
    double north = 0;
    double scale_x = 1;
    double scale_y = 1;
    double height = height_min;

    Spot operator()(GeoPoint at) const { return {(at.longitude - west) * scale_x, (north - at.latitude) * scale_y}; }
};

View view_of(const std::vector<SketchMark>& marks) {
    GeoPoint low = marks.front().at;
    GeoPoint high = low;
    for (const SketchMark& mark : marks) {
        low = {std::min(low.longitude, mark.at.longitude), std::min(low.latitude, mark.at.latitude)};
        high = {std::max(high.longitude, mark.at.longitude), std::max(high.latitude, mark.at.latitude)};
    }
    const GeoPoint middle{(low.longitude + high.longitude) / 2, (low.latitude + high.latitude) / 2};
    const double shrink = std::cos(middle.latitude * std::numbers::pi / 180);
    const double across = std::max(high.longitude - low.longitude, smallest_span);
    const double along = std::max(high.latitude - low.latitude, smallest_span);
    const double scale_y = std::min((width - 2 * margin) / (across * shrink), (height_max - 2 * margin) / along);
    const double height = std::clamp(along * scale_y + 2 * margin, height_min, height_max);
    return {.west = middle.longitude - width / 2 / (scale_y * shrink),
            .north = middle.latitude + height / 2 / scale_y,
            .scale_x = scale_y * shrink,
            .scale_y = scale_y,
            .height = height};
}

/// The ring within the half plane where `inside` is not negative (Sutherland and Hodgman, 1974).
template <typename Inside>
std::vector<Spot> cut(const std::vector<Spot>& ring, Inside inside) {
    std::vector<Spot> kept;
    for (std::size_t i = 0; i < ring.size(); ++i) {
        const Spot from = ring[i == 0 ? ring.size() - 1 : i - 1];
        const Spot to = ring[i];
        const double before = inside(from);
        const double after = inside(to);
        if ((before < 0) != (after < 0)) {
            const double share = before / (before - after);
            kept.push_back({from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share});
        }
        if (after >= 0) {
            kept.push_back(to);
        }
    }
    return kept;
}

/// Without points that nobody can tell from the one before, so that the finest survey makes no longer a page.
std::vector<Spot> thinned(const std::vector<Spot>& ring) {
    constexpr double apart_min = 0.6;
    std::vector<Spot> kept;
    for (const Spot at : ring) {
        if (kept.empty() || std::hypot(at.x - kept.back().x, at.y - kept.back().y) >= apart_min) {
            kept.push_back(at);
        }
    }
    return kept.size() < 3 ? std::vector<Spot>{} : kept;
}

/// What of an area is seen, with its edge outside of the drawing, so that no border is drawn there.
std::string path_of(const Basemap::Area& area, const View& view) {
    constexpr double beyond = 4;
    std::string path;
    for (const Basemap::Ring& border : area.rings) {
        std::vector<Spot> ring;
        for (const GeoPoint& point : border.points) {
            ring.push_back(view(point));
        }
        ring = cut(ring, [](Spot at) { return at.x + beyond; });
        ring = cut(ring, [](Spot at) { return width + beyond - at.x; });
        ring = cut(ring, [](Spot at) { return at.y + beyond; });
        ring = thinned(cut(ring, [&](Spot at) { return view.height + beyond - at.y; }));
        for (std::size_t i = 0; i < ring.size(); ++i) {
            path += fmt::format("{}{:.1f} {:.1f}", i == 0 ? "M" : "L", ring[i].x, ring[i].y);
        }
        path += ring.empty() ? "" : "Z";
    }
    return path;
}

Box around(Spot at) {
    return {at.x - mark_radius - 1, at.y - mark_radius - 1, at.x + mark_radius + 1, at.y + mark_radius + 1};
}

bool is_free(const Box& box, const std::vector<Box>& taken, double height) {
    return box.left >= 2 && box.top >= 2 && box.right <= width - 2 && box.bottom <= height - 2 &&
           std::ranges::none_of(taken, [&](const Box& other) { return box.meets(other); });
}

/// Where the mark stands: at its place, or as near as there is room.
Spot free_spot(Spot place, const std::vector<Box>& taken, double height) {
    for (double away = 0; away <= 6 * mark_radius; away += mark_radius) {
        for (int turn = 0; turn < 8; ++turn) {
            const double angle = turn * std::numbers::pi / 4;
            const Spot at{place.x + away * std::cos(angle), place.y + away * std::sin(angle)};
            if (is_free(around(at), taken, height)) {
                return at;
            }
        }
    }
    return place;
}

struct Label {
    Box box;
    const char* anchor = "start";
    double x = 0;
};

/// How wide a name is at most, in the widest type that stands in for Inter (DejaVu Sans, bold).
double width_of(std::string_view name) {
    double em = 0;
    for (const char letter : name) {
        if ((static_cast<unsigned char>(letter) & 0xC0U) == 0x80U) {
            continue;  // of a letter that has been counted
        }
        const bool narrow = std::string_view("ijltfrI .-'").contains(letter);
        const bool wide = std::string_view("mwMW").contains(letter);
        em += narrow ? 0.5 : wide ? 1.1 : 0.75;
    }
    return em * letter_height;
}

/// Right of the mark, left of it, below or above it; nothing when no side is free.
std::optional<Label> label_of(std::string_view name, Spot mark, const std::vector<Box>& taken, double height) {
    const double wide = width_of(name);
    const double near = mark_radius + 4;
    const double top = mark.y - line_height / 2;
    // Above and below, a name that would be cut off moves inwards.
    const double centre =
        std::clamp(mark.x, std::min(wide / 2 + 2, width / 2), std::max(width - 2 - wide / 2, width / 2));
    const auto centred = [&](double upper) {
        return Label{{centre - wide / 2, upper, centre + wide / 2, upper + line_height}, "middle", centre};
    };
    const std::array<Label, 4> sides{
        Label{{mark.x + near, top, mark.x + near + wide, top + line_height}, "start", mark.x + near},
        Label{{mark.x - near - wide, top, mark.x - near, top + line_height}, "end", mark.x - near},
        centred(mark.y + near - 2), centred(mark.y - near + 2 - line_height)};
    const auto* const found =
        std::ranges::find_if(sides, [&](const Label& label) { return is_free(label.box, taken, height); });
    return found == sides.end() ? std::nullopt : std::optional(*found);
}

std::string coordinate(double value) {
    return fmt::format("{:.1f}", value);
}

Html marks_of(const std::vector<SketchMark>& marks, const View& view) {
    std::vector<Box> taken;
    std::vector<Spot> spots;
    for (const SketchMark& mark : marks) {
        spots.push_back(free_spot(view(mark.at), taken, view.height));
        taken.push_back(around(spots.back()));
    }
    Html drawn;
    for (std::size_t i = 0; i < marks.size(); ++i) {
        const Spot at = spots[i];
        const auto label = label_of(marks[i].name, at, taken, view.height);
        Html name = html("<title>{}</title>", marks[i].name);
        if (label) {
            taken.push_back(label->box);
            name =
                html(R"(<text class="bp-sketch-name" x="{}" y="{}" text-anchor="{}">{}</text>)", coordinate(label->x),
                     coordinate((label->box.top + label->box.bottom) / 2), label->anchor, marks[i].name);
        }
        drawn += html(
            R"(<a href="{}"><circle cx="{}" cy="{}" r="{}"/><text class="bp-sketch-number" x="{}" y="{}">{}</text>{}</a>
)",
            marks[i].href, coordinate(at.x), coordinate(at.y), coordinate(mark_radius), coordinate(at.x),
            coordinate(at.y), marks[i].number, name);
    }
    return drawn;
}

/// Ten metres apart or more: a border is no survey here.
double rounded(double degrees) {
    return std::round(degrees * 1e4) / 1e4;
}

/// null where there is none.
const json& member(const json& object, const char* key) {
    static const json none;
    const auto at = object.is_object() ? object.find(key) : object.end();
    return at == object.end() ? none : *at;
}

bool is_type(const json& object, std::string_view type) {
    const json& given = member(object, "type");
    return given.is_string() && given.get_ref<const std::string&>() == type;
}

std::unexpected<Error> wrong(std::string what) {
    return fail(Errc::malformed, std::move(what));
}

Result<std::vector<GeoPoint>> ring_of(const json& coordinates) {
    if (!coordinates.is_array()) {
        return wrong("a ring of its coordinates is no list of points");
    }
    std::vector<GeoPoint> ring;
    for (const json& point : coordinates) {
        if (!point.is_array() || point.size() < 2 || !point[0].is_number() || !point[1].is_number()) {
            return wrong("a point of its coordinates is not a longitude and a latitude");
        }
        const GeoPoint at{rounded(point[0].get<double>()), rounded(point[1].get<double>())};
        if (std::abs(at.longitude) > 180 || std::abs(at.latitude) > 90) {
            return wrong(fmt::format("{} {} is no longitude and latitude in degrees (WGS 84)", point[0].dump(),
                                     point[1].dump()));
        }
        if (ring.empty() || ring.back() != at) {
            ring.push_back(at);
        }
    }
    return ring;
}

Result<Basemap::Area> area_of(const json& geometry, bool own) {
    Basemap::Area area{.own = own, .rings = {}};
    const bool many = is_type(geometry, "MultiPolygon");
    if (!many && !is_type(geometry, "Polygon")) {
        const json& type = member(geometry, "type");
        return wrong(type.is_string() ? fmt::format("its geometry is a {}, and neither Polygon nor MultiPolygon",
                                                    type.get_ref<const std::string&>())
                                      : "it has no geometry with a type");
    }
    const json& coordinates = member(geometry, "coordinates");
    const json one = many ? json() : json::array({coordinates});
    if (!coordinates.is_array()) {
        return wrong("its geometry has no list of coordinates");
    }
    for (const json& polygon : many ? coordinates : one) {
        if (!polygon.is_array()) {
            return wrong("a polygon of its coordinates is no list of rings");
        }
        bool hole = false;
        for (const json& ring : polygon) {
            TRY(auto points, ring_of(ring));
            if (points.size() > 3) {  // the last is the first
                area.rings.push_back({std::move(points), hole});
            } else if (!hole) {
                break;  // smaller than ten metres, and so is what it has inside
            }
            hole = true;
        }
    }
    return area;
}

Result<Basemap> basemap_of(const json& document) {
    Basemap basemap;
    if (!document.is_object()) {
        return wrong("it is no JSON object");
    }
    if (is_type(document, "Polygon") || is_type(document, "MultiPolygon")) {
        TRY(basemap.areas.emplace_back(), area_of(document, true));
        return basemap;
    }
    const bool single = is_type(document, "Feature");
    const json one = single ? json::array({document}) : json();
    const json& features = single ? one : member(document, "features");
    if (!features.is_array()) {
        return wrong("it has no list of features");
    }
    for (std::size_t i = 0; i < features.size(); ++i) {
        const auto geometry = features[i].is_object() ? features[i].find("geometry") : features[i].end();
        if (geometry != features[i].end() && geometry->is_null()) {
            continue;  // a feature that is nowhere: RFC 7946, 3.2
        }
        auto area = area_of(member(features[i], "geometry"), member(member(features[i], "properties"), "own") == true);
        if (!area) {
            return wrong(fmt::format("feature {} of {}: {}", i + 1, features.size(), area.error().what));
        }
        basemap.areas.push_back(std::move(*area));
    }
    const bool some_own = std::ranges::any_of(basemap.areas, &Basemap::Area::own);
    for (Basemap::Area& area : basemap.areas) {
        area.own = area.own || !some_own;
    }
    return basemap;
}

}  // namespace

Result<Basemap> Basemap::parse(std::string_view geojson) {
    auto basemap = basemap_of(json::parse(geojson, nullptr, false));
    if (basemap) {
        std::erase_if(basemap->areas, [](const Area& area) { return area.rings.empty(); });
        if (std::ranges::none_of(basemap->areas, &Area::own)) {
            basemap = wrong("it has no polygon of the town's own");
        }
    }
    return basemap ? std::move(basemap)
                   : fail(Errc::malformed, fmt::format("the map is no GeoJSON of polygons: {}", basemap.error().what));
}

bool Basemap::has_neighbours() const {
    return !std::ranges::all_of(areas, &Area::own);
}

std::string Basemap::geojson() const {
    json features = json::array();
    for (const Area& area : areas) {
        json polygons = json::array();
        for (const Ring& ring : area.rings) {
            json points = json::array();
            for (const GeoPoint& point : ring.points) {
                points.push_back({point.longitude, point.latitude});
            }
            if (!ring.hole) {
                polygons.push_back(json::array());
            }
            polygons.back().push_back(std::move(points));
        }
        features.push_back({{"type", "Feature"},
                            {"properties", {{"own", area.own}}},
                            {"geometry", {{"type", "MultiPolygon"}, {"coordinates", std::move(polygons)}}}});
    }
    return json{{"type", "FeatureCollection"}, {"features", std::move(features)}}.dump();
}

Html sketch(const words::Words& say, const Basemap& basemap, std::string_view source,
            const std::vector<SketchMark>& marks) {
    if (marks.empty()) {
        return {};
    }
    const View view = view_of(marks);
    Html land;
    for (const Basemap::Area& area : basemap.areas) {
        if (const std::string path = path_of(area, view); !path.empty()) {
            land += html("<path class=\"{}\" d=\"{}\"/>\n", area.own ? "bp-sketch-town" : "bp-sketch-land", path);
        }
    }
    const std::string height = coordinate(view.height);
    const std::string borders = basemap.empty() ? "" : " " + say("parts.map_borders", {{"source", source}});
    return html(R"(<figure class="bp-sketch"><svg viewBox="0 0 320 {}" role="group" aria-label="{}">
<rect class="{}" width="320" height="{}"/>
{}{}</svg>
<figcaption class="bp-quiet">{}{}</figcaption></figure>
)",
                height, say("parts.map_of_places"), basemap.has_neighbours() ? "bp-sketch-water" : "bp-sketch-around",
                height, land, marks_of(marks, view), say("parts.map_numbers"), borders);
}

Html Sketches::draw(const words::Words& say, const std::vector<SketchMark>& marks) {
    const std::lock_guard lock(mutex_);
    Kept& kept = kept_[say.language()];
    if (kept.drawing.empty() || kept.marks != marks) {
        kept = {marks, sketch(say, basemap_, source_, marks)};
        ++drawn_;
    }
    return kept.drawing;
}

std::size_t Sketches::drawn() const {
    const std::lock_guard lock(mutex_);
    return drawn_;
}

}  // namespace bypuls::pages
