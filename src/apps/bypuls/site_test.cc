#include "apps/bypuls/site.h"

#include <filesystem>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>

#include "core/files.h"
#include "core/testing/folder.h"

namespace bypuls::apps {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
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
    EXPECT_EQ(web->site.basemap_source, "Kartverket, CC BY 4.0");
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
    http::Request request;
    boost::asio::io_context loop;
    auto answered = boost::asio::co_spawn(loop, web->routes.front().handler(request), boost::asio::use_future);
    loop.run();
    const http::Response response = answered.get();
    EXPECT_EQ(response.headers.get("Cache-Control"), "no-cache") << "its address stays when the border changes";
    EXPECT_THAT(response.headers.get("ETag").value_or(""), Not(IsEmpty()));
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
