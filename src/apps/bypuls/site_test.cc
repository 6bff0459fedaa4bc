#include "apps/bypuls/site.h"

#include <filesystem>

#include <gmock/gmock.h>

#include "core/files.h"
#include "core/testing/folder.h"

namespace bypuls::apps {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* square =
    R"({"type":"Polygon","coordinates":[[[5.2,60.3],[5.4,60.3],[5.4,60.5],[5.2,60.5],[5.2,60.3]]]})";

/// A web app of nothing but what is looked for.
class Borders : public testing::Test {
protected:
    Borders() {
        std::filesystem::create_directories(folder_.path() + "/.vite");
        std::filesystem::create_directories(folder_.path() + "/basemap");
        put("/.vite/manifest.json", "{}");
        put("/basemap/drammen.geojson", square);
        settings_.web = folder_.path();
    }
    void put(const std::string& name, std::string_view text) {
        ASSERT_TRUE(write_text_file(folder_.path() + name, text));
    }

    TestFolder folder_;
    Settings settings_;
};

TEST_F(Borders, ATownThatNamesNoneHasNone) {
    const auto web = open_web(settings_);
    ASSERT_TRUE(web) << web.error();
    EXPECT_TRUE(web->site.basemap.empty()) << "Drammen's would be wrong";
    EXPECT_THAT(web->routes, IsEmpty());
}

TEST_F(Borders, TheDemonstrationHasTheShippedOne) {
    settings_.demonstration = true;
    const auto web = open_web(settings_);
    ASSERT_TRUE(web) << web.error();
    EXPECT_FALSE(web->site.basemap.empty());
    EXPECT_EQ(web->site.basemap_path, "/basemap/drammen.geojson");
}

TEST_F(Borders, ATownsOwnIsGivenToBrowsersAsItIsDrawn) {
    settings_.demonstration = true;
    settings_.map_boundary = folder_.path() + "/bergen.geojson";
    settings_.map_boundary_source = "Bergen kommune";
    put("/bergen.geojson", square);
    const auto web = open_web(settings_);
    ASSERT_TRUE(web) << web.error();
    EXPECT_EQ(web->site.basemap.areas.front().rings.front().points.front().longitude, 5.2);
    EXPECT_EQ(web->site.basemap_source, "Bergen kommune");
    ASSERT_THAT(web->routes, SizeIs(1));
    EXPECT_EQ(web->routes.front().pattern, web->site.basemap_path);
}

TEST_F(Borders, AFileThatIsNoneIsNamed) {
    settings_.map_boundary = folder_.path() + "/bergen.geojson";
    put("/bergen.geojson", "{}");
    const auto web = open_web(settings_);
    ASSERT_FALSE(web);
    EXPECT_EQ(web.error().code, Errc::malformed);
    EXPECT_THAT(web.error().what, HasSubstr("map.boundary: " + settings_.map_boundary));
}

}  // namespace
}  // namespace bypuls::apps
