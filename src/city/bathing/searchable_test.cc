#include "city/bathing/searchable.h"

#include <algorithm>

#include <gmock/gmock.h>

namespace bypuls::bathing {
namespace {

using publish::search::Entry;
using publish::search::find;
using publish::search::Kind;
using testing::ElementsAre;

publication::Catalogue town() {
    publication::Catalogue catalogue;
    catalogue.places = {{.slug = "landfalltjern",
                         .kind = "bathing",
                         .name = {.nb = "Landfalltjern"},
                         .area = "Åssiden",
                         .streams = {{.property = "water_temperature", .simulated = true}}},
                        {.slug = "skimt", .kind = "ski", .name = {.nb = "Skimt"}, .streams = {}},
                        {.slug = "fabrikk", .kind = "noise", .name = {.nb = "Fabrikk"}, .streams = {}}};
    return catalogue;
}

std::vector<std::string> found(words::Language language, std::string_view query) {
    const auto entries = searchable({words::Catalogue::built_in(), language}, town());
    std::vector<std::string> paths;
    for (const Entry* entry : find(entries, query).found) {
        paths.push_back(entry->href);
    }
    return paths;
}

TEST(Searchable, APlaceIsFoundByNameAreaAndWhatIsDoneThere) {
    EXPECT_THAT(found(words::Language::nb, "landfall"),
                ElementsAre("/bading/landfalltjern", "/bading/landfalltjern/historikk"));
    EXPECT_THAT(found(words::Language::nb, "assiden badevann"), ElementsAre("/bading/landfalltjern"));
    EXPECT_THAT(found(words::Language::nn, "langrenn"), ElementsAre("/bading/skimt"));
    EXPECT_THAT(found(words::Language::en, "swim tjern"), ElementsAre("/bading/landfalltjern"));
}

TEST(Searchable, HistoriesAreDataOfPlacesThatMeasureAndOtherKindsAreNotOfThisRoom) {
    const auto entries = searchable({words::Catalogue::built_in(), words::Language::nb}, town());
    EXPECT_EQ(std::ranges::count(entries, Kind::data, &Entry::kind), 1);
    EXPECT_EQ(std::ranges::count(entries, true, &Entry::simulated), 1);
    EXPECT_THAT(found(words::Language::nb, "fabrikk"), testing::IsEmpty());
}

}  // namespace
}  // namespace bypuls::bathing
