#include "platform/publication/plane/catalogue.h"

#include <gmock/gmock.h>

namespace bypuls::publication {
namespace {

using namespace std::chrono_literals;

Catalogue sample() {
    return {.places = {{.slug = "landfalltjern",
                        .kind = "bathing",
                        .name = {"Landfalltjern", "", ""},
                        .description = {"Et tjern", "Eit tjern", "A pond"},
                        .longitude = 10.196,
                        .latitude = 59.762,
                        .approximate = true,
                        .area = "Åssiden",
                        .season_first = {5, 15},
                        .season_last = {9, 15},
                        .streams = {{.id = {7},
                                     .property = "water_temperature",
                                     .unit = "Cel",
                                     .unit_symbol = "°C",
                                     .source = "Drammen kommune",
                                     .licence = "http://data.norge.no/nlod/no/2.0",
                                     .simulated = true,
                                     .interval = 1h}}}},
            .version = 3};
}

TEST(Catalogue, WhatIsWrittenReadsBackTheSame) {
    EXPECT_EQ(catalogue_from_json(to_json(sample())).value(), sample());
}

TEST(Catalogue, WhatIsNotACatalogueIsRefused) {
    EXPECT_FALSE(catalogue_from_json("").has_value());
    EXPECT_FALSE(catalogue_from_json("{}").has_value());
    EXPECT_FALSE(catalogue_from_json(R"({"version":1,"places":[{"slug":1}]})").has_value());
}

TEST(Catalogue, NoBitThatTurnsOverGoesUnnoticed) {
    const std::string whole = to_json(sample());
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const int bit : {0, 3, 5}) {
            std::string damaged = whole;
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
            const auto read = catalogue_from_json(damaged);
            // White space alone may differ, and then nothing else does; so may the name of the checksum itself.
            if (read) {
                EXPECT_EQ(*read, sample()) << damaged;
            } else {
                EXPECT_EQ(read.error().code, Errc::damaged);
            }
        }
    }
}

TEST(Catalogue, OfAnEarlierVersionHasNoChecksumAndIsRead) {
    std::string text = to_json(sample());
    const auto at = text.find(R"("checksum":)");
    text.erase(at, text.find('\n', at) - at);
    EXPECT_EQ(catalogue_from_json(text).value(), sample());
}

TEST(Catalogue, AWordThatIsMissingFallsBackToBokmal) {
    EXPECT_EQ(sample().places[0].name.in("en"), "Landfalltjern");
    EXPECT_EQ(sample().places[0].description.in("nn"), "Eit tjern");
}

TEST(Catalogue, AWinterSeasonRunsOverNewYear) {
    const PublicPlace track{.season_first = {11, 15}, .season_last = {4, 15}};
    EXPECT_TRUE(track.in_season({12, 31}));
    EXPECT_TRUE(track.in_season({4, 15}));
    EXPECT_FALSE(track.in_season({7, 1}));
    EXPECT_TRUE(sample().places[0].in_season({5, 15}));
    EXPECT_FALSE(sample().places[0].in_season({9, 16}));
}

}  // namespace
}  // namespace bypuls::publication
