#include "core/geo/shape.h"

#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace bypuls::geo {
namespace {

Shape wkt(std::string_view text) {
    auto shape = Shape::from_wkt(text);
    EXPECT_TRUE(shape) << shape.error().what;
    return std::move(*shape);
}

TEST(Shape, BothTextFormsReadBackTheSame) {
    for (const std::string_view text :
         {"POINT (10.2045 59.7439)", "LINESTRING (0.1 0.2, 0.30000000000000004 1e-12)",
          "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 2 1, 2 2, 1 1))", "MULTIPOINT ((1 2), (3 4))",
          "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3))", "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))",
          "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1))", "POINT EMPTY"}) {
        const Shape shape = wkt(text);
        EXPECT_EQ(shape.wkt(), text);
        if (!shape.empty()) {
            const auto again = Shape::from_geojson(shape.geojson());
            ASSERT_TRUE(again) << again.error().what;
            EXPECT_EQ(again->wkt(), text);
        }
    }
}

TEST(Shape, GeoJsonIsAsRfc7946WritesIt) {
    EXPECT_EQ(wkt("POINT(10.2 59.7)").geojson(), R"({"type":"Point","coordinates":[10.2,59.7]})");
    EXPECT_EQ(wkt("POLYGON((0 0,1 0,1 1,0 0))").geojson(),
              R"({"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]})");
    EXPECT_EQ(wkt("GEOMETRYCOLLECTION(POINT(1 2))").geojson(),
              R"({"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]}]})");
}

TEST(Shape, AFeatureIsItsGeometryAndAnSridIsPassedOver) {
    const auto feature = Shape::from_geojson(
        R"({"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[10.2,59.7]}})");
    ASSERT_TRUE(feature) << feature.error().what;
    EXPECT_TRUE(*feature->stands_in(Relation::equals, wkt("SRID=4326;Point(10.2 59.7)")));
}

TEST(Shape, TheEightRelationsAreThoseOfSimpleFeatures) {
    const Shape square = wkt("POLYGON((0 0,4 0,4 4,0 4,0 0))");
    const Shape inside = wkt("POINT(1 1)");
    const Shape corner = wkt("POINT(4 4)");
    const Shape shifted = wkt("POLYGON((2 2,6 2,6 6,2 6,2 2))");
    const Shape through = wkt("LINESTRING(-1 2,5 2)");
    EXPECT_TRUE(*square.stands_in(Relation::equals, wkt("POLYGON((4 4,0 4,0 0,4 0,4 4))")));
    EXPECT_TRUE(*square.stands_in(Relation::disjoint, wkt("POINT(9 9)")));
    EXPECT_TRUE(*corner.stands_in(Relation::touches, square));
    EXPECT_TRUE(*inside.stands_in(Relation::within, square));
    EXPECT_FALSE(*corner.stands_in(Relation::within, square));
    EXPECT_TRUE(*square.stands_in(Relation::overlaps, shifted));
    EXPECT_TRUE(*through.stands_in(Relation::crosses, square));
    EXPECT_TRUE(*square.stands_in(Relation::intersects, corner));
    EXPECT_TRUE(*square.stands_in(Relation::contains, inside));
    EXPECT_TRUE(*inside.relate(square, "T*F**F***"));
    EXPECT_FALSE(*corner.relate(square, "T*F**F***"));
    EXPECT_EQ(inside.relate(square, "T*F").error().code, Errc::malformed);
}

TEST(Shape, DistanceAndLengthAreInDegrees) {
    EXPECT_DOUBLE_EQ(*wkt("POINT(0 0)").distance(wkt("POINT(3 4)")), 5);
    EXPECT_DOUBLE_EQ(*wkt("LINESTRING(0 0,3 4,3 5)").length(), 6);
    EXPECT_DOUBLE_EQ(*wkt("POINT(0 0)").length(), 0);
    EXPECT_DOUBLE_EQ(*wkt("POLYGON((0 0,1 0,1 1,0 0))").length(), 0);
    EXPECT_DOUBLE_EQ(*wkt("GEOMETRYCOLLECTION(LINESTRING(0 0,0 2),POLYGON((0 0,1 0,1 1,0 0)),POINT(1 1))").length(), 2);
    EXPECT_EQ(wkt("POINT EMPTY").distance(wkt("POINT(3 4)")).error().code, Errc::malformed);
}

TEST(Shape, WhatIsNoGeometryIsMalformedAndSaysWhy) {
    std::string deep;
    for (std::size_t i = 0; i < 5000; ++i) {
        deep += "GEOMETRYCOLLECTION(";
    }
    for (const std::string& text : {std::string("POINT(1"), std::string("PIONT(1 2)"), std::string(), deep,
                                    std::string("POLYGON((0 0,1 1))"), std::string("POINT(1 1e999)")}) {
        const auto shape = Shape::from_wkt(text);
        ASSERT_FALSE(shape) << text;
        EXPECT_EQ(shape.error().code, Errc::malformed);
        EXPECT_TRUE(shape.error().what.starts_with("WKT: ")) << shape.error().what;
    }
    for (const std::string_view text :
         {"", "{}", "[]", "{\"type\":\"Point\"}", "{\"type\":\"Point\",\"coordinates\":[]",
          "{\"type\":\"Point\",\"coordinates\":[\"a\",1]}"}) {
        EXPECT_EQ(Shape::from_geojson(text).error().code, Errc::malformed) << text;
    }
}

TEST(Shape, BoundsHoldAllOfIt) {
    EXPECT_EQ(wkt("POINT(1 2)").bounds()->geojson(), R"({"type":"Point","coordinates":[1,2]})");
    EXPECT_EQ(wkt("LINESTRING(1 2,3 2)").bounds()->geojson(), R"({"type":"LineString","coordinates":[[1,2],[3,2]]})");
    EXPECT_EQ(wkt("LINESTRING(1 5,3 2)").bounds(), (Bounds{1, 2, 3, 5}));
    EXPECT_EQ(wkt("POINT(10.25 59.5)").bounds()->with({10, 60, 10, 60}).geojson(),
              R"({"type":"Polygon","coordinates":[[[10,59.5],[10.25,59.5],[10.25,60],[10,60],[10,59.5]]]})");
    EXPECT_FALSE(wkt("POINT EMPTY").bounds());
    EXPECT_TRUE(Shape::from_geojson(wkt("LINESTRING(1 5,3 2)").bounds()->geojson()).has_value());
}

TEST(Shape, MayBeMadeOnOneThreadAndUsedAndDestroyedOnAnother) {
    Shape shape = wkt("POINT(1 2)");
    std::string seen;
    std::thread([moved = std::move(shape), &seen] { seen = moved.wkt(); }).join();
    EXPECT_EQ(seen, "POINT (1 2)");
}

}  // namespace
}  // namespace bypuls::geo
