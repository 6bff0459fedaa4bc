#include "platform/pages/sketch.h"

#include <cmath>
#include <cstdlib>
#include <regex>

#include <gmock/gmock.h>

#include "core/files.h"

namespace bypuls::pages {
namespace {

using testing::HasSubstr;
using testing::Not;

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
    const std::string drawn = sketch(say, shipped(), places).text();
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
    const std::string drawn = sketch(say, shipped(), same).text();
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

TEST(Sketch, IsNothingWithoutAMapOrPlaces) {
    EXPECT_TRUE(sketch(say, {}, places).empty());
    EXPECT_TRUE(sketch(say, shipped(), {}).empty());
}

TEST(Sketch, ABasemapThatIsNoneIsRefused) {
    for (const char* wrong :
         {"", "{}", "[]", R"({"features":[{}]})",
          R"({"features":[{"properties":{},"geometry":{"type":"Polygon","coordinates":[[["x"]]]}}]})"}) {
        EXPECT_FALSE(Basemap::parse(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace bypuls::pages
