#include "platform/pages/sketch.h"

#include <cmath>
#include <cstdlib>
#include <regex>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/files.h"

namespace bypuls::pages {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kartverket = "Kartverket, CC BY 4.0";
const words::Words say(words::Catalogue::built_in(), words::Language::nb);

Basemap shipped() {
    const std::string file = std::string(std::getenv("BYPULS_SOURCE_DIR")) + "/web/public/basemap/drammen.geojson";
    return Basemap::parse(read_text_file(file).value()).value();
}

const std::vector<SketchMark> places{{"1", "Blektjern", "/bading/blektjern", {10.222, 59.727}},
                                     {"2", "Landfalltjern", "/bading/landfalltjern", {10.196, 59.762}},
                                     {"3", "Vannverksdammen", "/bading/vannverksdammen", {10.213, 59.756}},
                                     {"4", "Stordammen", "/bading/stordammen", {10.135, 59.714}},
                                     {"5", "Sota fjordpark", "/bading/sota-fjordpark", {10.262, 59.729}},
                                     {"6", "Bragernes strand", "/bading/bragernes-strand", {10.201, 59.7415}},
                                     {"7", "Konnerud skispor", "/bading/konnerud-skispor", {10.148, 59.718}}};

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++found;
    }
    return found;
}

TEST(Sketch, HasANumberForEachPlaceAndNamesWhereThereIsRoom) {
    const std::string drawn = sketch(say, shipped(), kartverket, places).text();
    EXPECT_EQ(count(drawn, "bp-sketch-number"), places.size());
    EXPECT_GE(count(drawn, "bp-sketch-name"), 5U);
    EXPECT_THAT(drawn, HasSubstr("<a href=\"/bading/landfalltjern\">"));
    EXPECT_THAT(drawn, HasSubstr("bp-sketch-town"));
    EXPECT_THAT(drawn, HasSubstr("Kartverket, CC BY 4.0"));
    EXPECT_THAT(drawn, Not(HasSubstr("style=")));
    EXPECT_LT(drawn.size(), 8'000U) << "it is cut to what is seen";
}

TEST(Sketch, MarksAtOnePlaceDoNotCoverOneAnother) {
    const std::vector<SketchMark> same(4, places.front());
    const std::string drawn = sketch(say, shipped(), kartverket, same).text();
    const std::regex circle(R"re(cx="([0-9.]+)" cy="([0-9.]+)")re");
    std::vector<std::pair<double, double>> centres;
    for (auto found = std::sregex_iterator(drawn.begin(), drawn.end(), circle); found != std::sregex_iterator();
         ++found) {
        centres.emplace_back(std::stod((*found)[1]), std::stod((*found)[2]));
    }
    ASSERT_EQ(centres.size(), 4U);
    for (std::size_t i = 0; i < centres.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            EXPECT_GE(std::hypot(centres[i].first - centres[j].first, centres[i].second - centres[j].second), 21.9);
        }
    }
}

TEST(Sketch, WithoutAMapThePlacesStandAlone) {
    const std::string drawn = sketch(say, {}, kartverket, places).text();
    EXPECT_EQ(count(drawn, "bp-sketch-number"), places.size());
    EXPECT_EQ(count(drawn, "<path"), 0U);
    EXPECT_THAT(drawn, Not(HasSubstr("bp-sketch-water"))) << "nobody knows what is water there";
    EXPECT_THAT(drawn, Not(HasSubstr("Kartverket"))) << "who drew nothing is not named";
    EXPECT_TRUE(sketch(say, shipped(), kartverket, {}).empty()) << "no places, no drawing";
}

TEST(Sketch, ABorderWithoutNeighboursIsDrawnAndWhatLiesAroundIsLand) {
    const auto own = Basemap::parse(
        R"({"type":"Polygon","coordinates":[[[10.1,59.7],[10.3,59.7],[10.3,59.75],[10.1,59.75],[10.1,59.7]]]})");
    ASSERT_TRUE(own) << own.error();
    const std::string drawn = sketch(say, *own, "Kommunen", places).text();
    EXPECT_EQ(count(drawn, "bp-sketch-town"), 1U);
    EXPECT_THAT(drawn, HasSubstr("bp-sketch-around"));
    EXPECT_THAT(drawn, HasSubstr("Kommunegrenser: Kommunen."));
}

TEST(Sketch, AFineSurveyMakesNoLongerADrawing) {
    Basemap fine;
    fine.areas.push_back({.own = true, .rings = {Basemap::Ring{}}});
    constexpr int points = 50'000;
    for (int i = 0; i <= points; ++i) {
        const double angle = i * 2 * 3.14159265 / points;
        fine.areas[0].rings[0].points.push_back({10.2 + 0.04 * std::cos(angle), 59.74 + 0.02 * std::sin(angle)});
    }
    const std::string drawn = sketch(say, fine, kartverket, places).text();
    EXPECT_EQ(count(drawn, "bp-sketch-town"), 1U);
    EXPECT_LT(drawn.size(), 20'000U);
}

TEST(Sketches, DrawAnewOnlyWhatHasChanged) {
    const Basemap map = shipped();
    const std::string source = kartverket;
    Sketches sketches(map, source);
    const words::Words english(words::Catalogue::built_in(), words::Language::en);
    const std::string first = sketches.draw(say, places).text();
    EXPECT_EQ(first, sketch(say, map, source, places).text());
    EXPECT_EQ(sketches.draw(say, places).text(), first);
    EXPECT_EQ(sketches.drawn(), 1U);
    EXPECT_NE(sketches.draw(english, places).text(), first);
    EXPECT_EQ(sketches.draw(say, places).text(), first) << "each language keeps its own";
    EXPECT_EQ(sketches.drawn(), 2U);

    auto moved = places;
    moved[1].at.latitude += 0.01;
    EXPECT_NE(sketches.draw(say, moved).text(), first);
    EXPECT_EQ(sketches.drawn(), 3U);
}

TEST(Basemap, ReadsWhatItWrites) {
    const Basemap map = shipped();
    const auto again = Basemap::parse(map.geojson());
    ASSERT_TRUE(again) << again.error();
    EXPECT_TRUE(map.has_neighbours());
    EXPECT_EQ(again->areas, map.areas);
    // An island with a lake, and another one.
    const auto islands = Basemap::parse(
        R"({"type":"MultiPolygon","coordinates":[[[[5,60],[6,60],[6,61],[5,60]],[[5.5,60.2],[5.6,60.2],[5.6,60.3],[5.5,60.2]]],[[[7,60],[8,60],[8,61],[7,60]]]]})");
    ASSERT_TRUE(islands) << islands.error();
    ASSERT_EQ(islands->areas[0].rings.size(), 3U);
    EXPECT_TRUE(islands->areas[0].rings[1].hole);
    EXPECT_EQ(Basemap::parse(islands->geojson())->areas, islands->areas);
}

TEST(Basemap, WithoutTheWordOwnEverythingIsTheTown) {
    for (
        const char* form :
        {R"({"type":"Feature","properties":null,"geometry":{"type":"MultiPolygon","coordinates":[[[[5,60],[6,60],[6,61],[5,60]]]]}})",
         R"({"type":"FeatureCollection","features":[{"type":"Feature","properties":{"navn":"Bergen"},"geometry":{"type":"Polygon","coordinates":[[[5,60],[6,60],[6,61],[5,60]]]}}]})"}) {
        const auto map = Basemap::parse(form);
        ASSERT_TRUE(map) << map.error();
        EXPECT_EQ(map->areas.size(), 1U);
        EXPECT_FALSE(map->has_neighbours());
    }
}

TEST(Basemap, TheWordOwnCountsOnlyWhereItIsTrue) {
    constexpr const char* form =
        R"({{"features":[{{"properties":{{"own":{}}},"geometry":{{"type":"Polygon","coordinates":[[[5,60],[6,60],[6,61],[5,60]]]}}}},
            {{"properties":{{"own":{}}},"geometry":{{"type":"Polygon","coordinates":[[[7,60],[8,60],[8,61],[7,60]]]}}}}]}})";
    for (const char* other : {"null", "1", "\"true\"", "false", "{}"}) {
        const auto map = Basemap::parse(fmt::format(form, "true", other));
        ASSERT_TRUE(map) << other << ": " << map.error();
        EXPECT_TRUE(map->areas[0].own);
        EXPECT_FALSE(map->areas[1].own) << other;
    }
    EXPECT_FALSE(Basemap::parse(fmt::format(form, "null", "1"))->has_neighbours()) << "none says that it is its own";
}

TEST(Basemap, AFeatureThatIsNowhereIsPassedOver) {
    const auto map = Basemap::parse(
        R"({"features":[{"properties":{"own":true},"geometry":null},
            {"properties":null,"geometry":{"type":"Polygon","coordinates":[[[5,60],[6,60],[6,61],[5,60]]]}}]})");
    ASSERT_TRUE(map) << map.error();
    EXPECT_EQ(map->areas.size(), 1U);
    EXPECT_TRUE(map->areas[0].own) << "the one that there is";
}

TEST(Basemap, WhatIsWrongIsSaidInASentenceOfItsFeature) {
    const auto why = [](std::string_view second) {
        const auto map = Basemap::parse(fmt::format(R"({{"features":[{{"geometry":null}},{}]}})", second));
        return map ? std::string("read") : map.error().what;
    };
    const std::string before = "the map is no GeoJSON of polygons: feature 2 of 2: ";
    EXPECT_EQ(why("7"), before + "it has no geometry with a type");
    EXPECT_EQ(why(R"({"geometry":{"type":"Point","coordinates":[10,59]}})"),
              before + "its geometry is a Point, and neither Polygon nor MultiPolygon");
    EXPECT_EQ(why(R"({"geometry":{"type":"Polygon"}})"), before + "its geometry has no list of coordinates");
    EXPECT_EQ(why(R"({"geometry":{"type":"MultiPolygon","coordinates":[1]}})"),
              before + "a polygon of its coordinates is no list of rings");
    EXPECT_EQ(why(R"({"geometry":{"type":"Polygon","coordinates":[1]}})"),
              before + "a ring of its coordinates is no list of points");
    EXPECT_EQ(why(R"({"geometry":{"type":"Polygon","coordinates":[[["10","59"]]]}})"),
              before + "a point of its coordinates is not a longitude and a latitude");
    EXPECT_EQ(Basemap::parse(R"({"type":7})").error().what,
              "the map is no GeoJSON of polygons: it has no list of features");
}

TEST(Basemap, WhatIsNoneIsRefused) {
    for (const char* wrong :
         {"", "{}", "[]", R"({"features":[{}]})", R"({"features":[]})", R"({"type":"Point","coordinates":[10,59]})",
          R"({"features":[{"properties":{},"geometry":{"type":"Polygon","coordinates":[[["x"]]]}}]})",
          R"({"features":[{"properties":{},"geometry":{"type":"LineString","coordinates":[[10,59],[11,60]]}}]})"}) {
        EXPECT_FALSE(Basemap::parse(wrong)) << wrong;
    }
    const auto metres = Basemap::parse(
        R"({"type":"Polygon","coordinates":[[[568000,6623000],[569000,6623000],[569000,6624000],[568000,6623000]]]})");
    ASSERT_FALSE(metres);
    EXPECT_THAT(metres.error().what, HasSubstr("568000 6623000 is no longitude and latitude in degrees"));
}

}  // namespace
}  // namespace bypuls::pages
