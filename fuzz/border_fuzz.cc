// A town's border as an operator may have it from anywhere: what is read is written and read the same, and can be
// drawn.
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include "core/check.h"
#include "core/words/catalogue.h"
#include "platform/pages/sketch.h"

namespace {

/// Is every word of the numbers in an attribute such as d="M1.0 2.0L3.0 4.0Z" a number?
bool all_numbers(std::string_view value) {
    while (!value.empty()) {
        const auto start = value.find_first_not_of(" MLZ");
        if (start == std::string_view::npos) {
            return true;
        }
        value.remove_prefix(start);
        const auto word = value.substr(0, value.find_first_of(" MLZ"));
        double number = 0;
        const auto [end, trouble] = std::from_chars(word.data(), word.data() + word.size(), number);
        if (trouble != std::errc{} || end != word.data() + word.size() || !std::isfinite(number)) {
            return false;
        }
        value.remove_prefix(word.size());
    }
    return true;
}

/// Of every attribute that is made of numbers.
bool drawn_with_numbers(std::string_view drawing) {
    for (const std::string_view name :
         {" d=\"", " x=\"", " y=\"", " cx=\"", " cy=\"", " r=\"", " height=\"", " viewBox=\""}) {
        for (auto at = drawing.find(name); at != std::string_view::npos; at = drawing.find(name, at + name.size())) {
            const auto value = drawing.substr(at + name.size());
            if (!all_numbers(value.substr(0, value.find('"')))) {
                return false;
            }
        }
    }
    return true;
}

}  // namespace

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
    check(drawn.contains(" viewBox=\"") && drawn_with_numbers(drawn), "every number of the drawing is one");
    return 0;
}
