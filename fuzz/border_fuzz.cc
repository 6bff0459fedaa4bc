// A town's border as an operator may have it from anywhere: what is read is written and read the same, and can be
// drawn.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/check.h"
#include "core/words/catalogue.h"
#include "platform/pages/sketch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bypuls;
    const auto basemap = pages::Basemap::parse({reinterpret_cast<const char*>(data), size});
    if (!basemap) {
        check(basemap.error().code == Errc::malformed && !basemap.error().what.empty(), "a fault has its sentence");
        return 0;
    }
    check(!basemap->empty(), "a map has something on it");
    for (const auto& area : basemap->areas) {
        check(!area.rings.empty() && !area.rings.front().hole, "an area begins with its outside");
        for (const auto& ring : area.rings) {
            check(ring.points.size() > 3, "a ring encloses something");
            for (const auto& point : ring.points) {
                check(
                    point.longitude >= -180 && point.longitude <= 180 && point.latitude >= -90 && point.latitude <= 90,
                    "points are on the earth");
            }
        }
    }
    const auto again = pages::Basemap::parse(basemap->geojson());
    check(again && again->areas == basemap->areas, "what browsers get is the same map");
    const words::Words say(words::Catalogue::built_in(), words::Language::nb);
    const std::string drawn = pages::sketch(say, *basemap, "x", {{"1", "A", "/a", {10.2, 59.7}}}).text();
    check(!drawn.contains("nan") && !drawn.contains("inf,"), "every number of the drawing is one");
    return 0;
}
