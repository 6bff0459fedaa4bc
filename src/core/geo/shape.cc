#include "core/geo/shape.h"

#define GEOS_USE_ONLY_R_API
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <geos_c.h>

#include "core/check.h"
#include "core/text.h"

namespace bypuls::geo {
namespace {

/// GEOS's state of one thread, with the last thing it complained of.
class Context {
public:
    Context() : handle_(GEOS_init_r()) {
        check(handle_ != nullptr, "GEOS has memory for its state");
        GEOSContext_setErrorMessageHandler_r(handle_, &Context::told, this);
    }
    ~Context() { GEOS_finish_r(handle_); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    GEOSContextHandle_t handle() const { return handle_; }
    std::string take_complaint() { return std::exchange(complaint_, {}); }

private:
    static void told(const char* message, void* self) { static_cast<Context*>(self)->complaint_ = message; }

    GEOSContextHandle_t handle_;
    std::string complaint_;
};

Context& context() {
    thread_local Context own;
    return own;
}

GEOSContextHandle_t handle() {
    return context().handle();
}

std::unexpected<Error> complaint(std::string_view about) {
    constexpr std::size_t shown_max = 200;
    std::string told = context().take_complaint();
    // "ParseException: Expected word but encountered ')'": the class is GEOS's own business.
    if (const auto colon = told.find("Exception: "); colon != std::string::npos) {
        told.erase(0, colon + std::string_view("Exception: ").size());
    }
    if (told.size() > shown_max) {
        told.resize(shown_max);
    }
    return fail(Errc::malformed, fmt::format("{}: {}", about, told.empty() ? "not understood" : told));
}

/// GEOS reads nested collections by recursion, so depth is bounded before it sees them.
bool nests_deeper(std::string_view text, std::size_t most) {
    std::size_t depth = 0;
    for (const char c : text) {
        if (c == '(' || c == '[' || c == '{') {
            if (++depth > most) {
                return true;
            }
        } else if ((c == ')' || c == ']' || c == '}') && depth > 0) {
            --depth;
        }
    }
    return false;
}

/// Both text forms of a geometry differ in brackets, names and the place of commas alone.
struct Style {
    bool geojson = false;
    std::string_view open;
    std::string_view close;
    std::string_view between;
};
constexpr Style wkt_style{false, "(", ")", " "};
constexpr Style geojson_style{true, "[", "]", ","};

struct TypeName {
    std::string_view wkt;
    std::string_view geojson;
};

TypeName name_of_type(int type) {
    switch (type) {
        case GEOS_POINT: return {"POINT", "Point"};
        case GEOS_LINESTRING: return {"LINESTRING", "LineString"};
        case GEOS_LINEARRING: return {"LINESTRING", "LineString"};
        case GEOS_POLYGON: return {"POLYGON", "Polygon"};
        case GEOS_MULTIPOINT: return {"MULTIPOINT", "MultiPoint"};
        case GEOS_MULTILINESTRING: return {"MULTILINESTRING", "MultiLineString"};
        case GEOS_MULTIPOLYGON: return {"MULTIPOLYGON", "MultiPolygon"};
        default: return {"GEOMETRYCOLLECTION", "GeometryCollection"};
    }
}

class Writer {
public:
    explicit Writer(const Style& style) : style_(style) {}

    void geometry(const GEOSGeometry* shape) {
        const int type = GEOSGeomTypeId_r(handle(), shape);
        const auto [wkt, geojson] = name_of_type(type);
        const bool collection = type == GEOS_GEOMETRYCOLLECTION;
        if (style_.geojson) {
            out_ += fmt::format(R"({{"type":"{}","{}":)", geojson, collection ? "geometries" : "coordinates");
        } else {
            out_ += wkt;
            out_ += ' ';
        }
        if (!style_.geojson && GEOSisEmpty_r(handle(), shape) == 1) {
            out_ += "EMPTY";
        } else if (collection) {
            list(GEOSGetNumGeometries_r(handle(), shape),
                 [&](int i) { geometry(GEOSGetGeometryN_r(handle(), shape, i)); });
        } else {
            coordinates(shape, type);
        }
        if (style_.geojson) {
            out_ += '}';
        }
    }

    std::string take() { return std::move(out_); }

private:
    template <typename Each>
    void list(int count, const Each& each) {
        out_ += style_.open;
        for (int i = 0; i < count; ++i) {
            if (i > 0) {
                out_ += style_.geojson ? "," : ", ";
            }
            each(i);
        }
        out_ += style_.close;
    }

    void coordinates(const GEOSGeometry* shape, int type) {
        if (GEOSisEmpty_r(handle(), shape) == 1) {
            out_ += style_.geojson ? "[]" : "EMPTY";
        } else if (type == GEOS_POINT) {
            out_ += style_.geojson ? "" : style_.open;
            position(GEOSGeom_getCoordSeq_r(handle(), shape), 0);
            out_ += style_.geojson ? "" : style_.close;
        } else if (type == GEOS_LINESTRING || type == GEOS_LINEARRING) {
            positions(GEOSGeom_getCoordSeq_r(handle(), shape));
        } else if (type == GEOS_POLYGON) {
            list(1 + GEOSGetNumInteriorRings_r(handle(), shape), [&](int i) {
                const GEOSGeometry* ring =
                    i == 0 ? GEOSGetExteriorRing_r(handle(), shape) : GEOSGetInteriorRingN_r(handle(), shape, i - 1);
                positions(GEOSGeom_getCoordSeq_r(handle(), ring));
            });
        } else {
            list(GEOSGetNumGeometries_r(handle(), shape), [&](int i) {
                const GEOSGeometry* part = GEOSGetGeometryN_r(handle(), shape, i);
                coordinates(part, GEOSGeomTypeId_r(handle(), part));
            });
        }
    }

    void positions(const GEOSCoordSequence* sequence) {
        unsigned size = 0;
        GEOSCoordSeq_getSize_r(handle(), sequence, &size);
        list(static_cast<int>(size), [&](int i) { position(sequence, static_cast<unsigned>(i)); });
    }

    void position(const GEOSCoordSequence* sequence, unsigned i) {
        double x = 0;
        double y = 0;
        GEOSCoordSeq_getXY_r(handle(), sequence, i, &x, &y);
        out_ += fmt::format("{}{}{}{}{}", style_.geojson ? "[" : "", x, style_.between, y, style_.geojson ? "]" : "");
    }

    const Style& style_;
    std::string out_;
};

bool finite(const GEOSGeometry* shape) {
    if (GEOSisEmpty_r(handle(), shape) == 1) {
        return true;
    }
    std::array<double, 4> bounds{};
    GEOSGeom_getXMin_r(handle(), shape, &bounds[0]);
    GEOSGeom_getXMax_r(handle(), shape, &bounds[1]);
    GEOSGeom_getYMin_r(handle(), shape, &bounds[2]);
    GEOSGeom_getYMax_r(handle(), shape, &bounds[3]);
    for (const double bound : bounds) {
        if (!std::isfinite(bound)) {
            return false;
        }
    }
    return true;
}

std::string_view without_srid(std::string_view text) {
    const auto semicolon = text.find(';');
    if (semicolon != std::string_view::npos && equal_ignoring_ascii_case(text.substr(0, 5), "SRID=")) {
        text.remove_prefix(semicolon + 1);
    }
    return trim(text);
}

Result<bool> answered(char answer, std::string_view question) {
    // GEOS's predicates give 0, 1, or 2 for an exception.
    if (answer == 2) {
        return complaint(question);
    }
    return answer == 1;
}

}  // namespace

void Shape::Free::operator()(GEOSGeom_t* geometry) const {
    GEOSGeom_destroy_r(handle(), geometry);
}

Result<Shape> Shape::checked(GEOSGeom_t* made, std::string_view form) {
    Handle owned(made);
    if (!owned) {
        return complaint(form);
    }
    if (!finite(owned.get())) {
        return fail(Errc::malformed, fmt::format("{}: a coordinate is not a finite number", form));
    }
    return Shape(std::move(owned));
}

Result<Shape> Shape::from_wkt(std::string_view text) {
    const std::string bare(without_srid(text));
    if (nests_deeper(bare, nesting_max)) {
        return fail(Errc::malformed, fmt::format("WKT: nested deeper than {}", nesting_max));
    }
    context().take_complaint();
    GEOSWKTReader* reader = GEOSWKTReader_create_r(handle());
    GEOSGeometry* made = GEOSWKTReader_read_r(handle(), reader, bare.c_str());
    GEOSWKTReader_destroy_r(handle(), reader);
    return checked(made, "WKT");
}

Result<Shape> Shape::from_geojson(std::string_view text) {
    if (nests_deeper(text, nesting_max)) {
        return fail(Errc::malformed, fmt::format("GeoJSON: nested deeper than {}", nesting_max));
    }
    context().take_complaint();
    const std::string terminated(text);
    GEOSGeoJSONReader* reader = GEOSGeoJSONReader_create_r(handle());
    GEOSGeometry* made = GEOSGeoJSONReader_readGeometry_r(handle(), reader, terminated.c_str());
    GEOSGeoJSONReader_destroy_r(handle(), reader);
    return checked(made, "GeoJSON");
}

std::string Shape::wkt() const {
    Writer writer(wkt_style);
    writer.geometry(geometry_.get());
    return writer.take();
}

std::string Shape::geojson() const {
    Writer writer(geojson_style);
    writer.geometry(geometry_.get());
    return writer.take();
}

bool Shape::empty() const {
    return GEOSisEmpty_r(handle(), geometry_.get()) == 1;
}

Result<bool> Shape::stands_in(Relation relation, const Shape& other) const {
    const GEOSContextHandle_t h = handle();
    const GEOSGeometry* a = geometry_.get();
    const GEOSGeometry* b = other.geometry_.get();
    context().take_complaint();
    switch (relation) {
        case Relation::equals: return answered(GEOSEquals_r(h, a, b), "equals");
        case Relation::disjoint: return answered(GEOSDisjoint_r(h, a, b), "disjoint");
        case Relation::touches: return answered(GEOSTouches_r(h, a, b), "touches");
        case Relation::within: return answered(GEOSWithin_r(h, a, b), "within");
        case Relation::overlaps: return answered(GEOSOverlaps_r(h, a, b), "overlaps");
        case Relation::crosses: return answered(GEOSCrosses_r(h, a, b), "crosses");
        case Relation::intersects: return answered(GEOSIntersects_r(h, a, b), "intersects");
        case Relation::contains: return answered(GEOSContains_r(h, a, b), "contains");
    }
    check(false, "a relation is one of the eight");
    return false;
}

Result<bool> Shape::relate(const Shape& other, std::string_view pattern) const {
    if (pattern.size() != 9 || pattern.find_first_not_of("TtFf*012") != std::string_view::npos) {
        return fail(Errc::malformed, "relate: a pattern is nine of T F * 0 1 2, such as 'T********'");
    }
    context().take_complaint();
    return answered(GEOSRelatePattern_r(handle(), geometry_.get(), other.geometry_.get(), std::string(pattern).c_str()),
                    "relate");
}

Result<double> Shape::distance(const Shape& other) const {
    if (empty() || other.empty()) {
        return fail(Errc::malformed, "distance: one of the geometries is empty");
    }
    double degrees = 0;
    context().take_complaint();
    if (GEOSDistance_r(handle(), geometry_.get(), other.geometry_.get(), &degrees) != 1) {
        return complaint("distance");
    }
    return degrees;
}

namespace {

/// GEOS counts the border of a polygon too, but 18-088 and OData mean lines alone, as PostGIS does.
std::optional<double> length_of_lines(const GEOSGeometry* geometry) {
    switch (GEOSGeomTypeId_r(handle(), geometry)) {
        case GEOS_POLYGON:
        case GEOS_MULTIPOLYGON: return 0;
        case GEOS_GEOMETRYCOLLECTION: {
            double sum = 0;
            for (int i = 0; i < GEOSGetNumGeometries_r(handle(), geometry); ++i) {
                const auto part = length_of_lines(GEOSGetGeometryN_r(handle(), geometry, i));
                if (!part) {
                    return std::nullopt;
                }
                sum += *part;
            }
            return sum;
        }
        default: break;
    }
    double degrees = 0;
    return GEOSLength_r(handle(), geometry, &degrees) == 1 ? std::optional(degrees) : std::nullopt;
}

}  // namespace

Result<double> Shape::length() const {
    context().take_complaint();
    const auto degrees = length_of_lines(geometry_.get());
    if (!degrees) {
        return complaint("length");
    }
    return *degrees;
}

std::optional<Bounds> Shape::bounds() const {
    Bounds found;
    const auto* geometry = geometry_.get();
    const bool known = GEOSisEmpty_r(handle(), geometry) == 0 &&
                       GEOSGeom_getXMin_r(handle(), geometry, &found.west) == 1 &&
                       GEOSGeom_getYMin_r(handle(), geometry, &found.south) == 1 &&
                       GEOSGeom_getXMax_r(handle(), geometry, &found.east) == 1 &&
                       GEOSGeom_getYMax_r(handle(), geometry, &found.north) == 1;
    return known ? std::optional(found) : std::nullopt;
}

Bounds Bounds::with(const Bounds& other) const {
    return {std::min(west, other.west), std::min(south, other.south), std::max(east, other.east),
            std::max(north, other.north)};
}

std::string Bounds::geojson() const {
    const bool flat = west == east || south == north;
    if (west == east && south == north) {
        return fmt::format(R"({{"type":"Point","coordinates":[{},{}]}})", west, south);
    }
    if (flat) {
        return fmt::format(R"({{"type":"LineString","coordinates":[[{},{}],[{},{}]]}})", west, south, east, north);
    }
    // RFC 7946 §3.1.6: the ring runs counterclockwise.
    return fmt::format(R"({{"type":"Polygon","coordinates":[[[{0},{1}],[{2},{1}],[{2},{3}],[{0},{3}],[{0},{1}]]]}})",
                       west, south, east, north);
}

}  // namespace bypuls::geo
