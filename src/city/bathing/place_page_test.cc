#include "city/bathing/place_page.h"

#include <set>

#include <gmock/gmock.h>

#include "city/bathing/answers.h"
#include "city/bathing/recent.h"
#include "core/time/iso8601.h"

namespace bypuls::bathing {
namespace {

using namespace std::chrono_literals;
using observations::Observation;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Instant at(const char* text) {
    return parse_instant(text).value();
}

const Instant july = at("2026-07-05T10:00:00Z");

class PlacePage : public testing::Test {
protected:
    static publication::PublicPlace pond_called(const std::string& name) {
        return {.slug = name,
                .kind = "bathing",
                .name = {.nb = name},
                .season_first = {5, 15},
                .season_last = {9, 15},
                .streams = {{.id = {1}, .property = "water_temperature", .unit = "Cel", .simulated = true}}};
    }
    static PlaceModel model_of(const publication::PublicPlace& place, std::optional<double> water, Instant now = july,
                               Duration age = 5min) {
        std::optional<Observation> reading;
        if (water) {
            reading = Observation{now - age, *water, {}};
        }
        return {.place = place, .conditions = {condition_of(place.streams[0], reading, reading, now)}, .now = now};
    }
    std::string text_of(const PlaceModel& model) const {
        return place_page(site.words(words::Language::nb), model).body.text();
    }
    std::string list_text(const std::vector<PlaceModel>& models) const {
        return list_page(site.words(words::Language::nb), models).body.text();
    }

    pages::Site site;
    publication::PublicPlace pond = pond_called("tjernet");
};

TEST_F(PlacePage, IsSmallHoweverOftenADeviceSends) {
    PlaceModel model = model_of(pond, 18);
    observations::Columns all;
    for (int minute = 48 * 60; minute-- > 0;) {
        all.push_back(july - minute * 1min, minute % 7 == 0 ? 40.0 : 18.0 + minute * 0.0001,
                      minute % 7 == 0 ? observations::Quality{observations::Quality::spike} : observations::Quality{});
    }
    model.recent = shown_of_recent(all);
    model.recent_is_a_choice = true;
    const std::string text = text_of(model);
    EXPECT_LT(text.size(), 50'000U);
    EXPECT_THAT(text, HasSubstr("den siste målingen i hver time"));
}

TEST_F(PlacePage, WarmWaterThatIsUncleanIsNotRecommended) {
    PlaceModel model = model_of(pond, 21);
    EXPECT_THAT(text_of(model), AllOf(HasSubstr(">Behagelig i vannet.</p>"), Not(HasSubstr("fraråder"))));
    model.samples = {{.time = july - 48h, .e_coli = 2400, .enterococci = 300}};
    EXPECT_THAT(text_of(model), AllOf(HasSubstr("vi fraråder å bade"), HasSubstr("grensene for innlandsvann")));
}

TEST_F(PlacePage, OutOfSeasonItSaysSoAndWhenTheSeasonIs) {
    PlaceModel model = model_of(pond, 4.9, at("2026-11-26T10:00:00Z"));
    model.in_season = false;
    EXPECT_THAT(text_of(model), AllOf(HasSubstr("Utenfor sesongen, som her er fra 15. mai til 15. september."),
                                      HasSubstr(">Iskaldt i vannet. Bad aldri alene")));
    EXPECT_THAT(text_of(model_of(pond, 19)), Not(HasSubstr("Utenfor sesongen")));
}

TEST_F(PlacePage, AMeterThatWasTakenInIsNotSaidNeverToHaveSent) {
    const std::string text = text_of(model_of(pond, 5.5, july, 35 * 24h));
    EXPECT_THAT(text, AllOf(HasSubstr("Måleren sendte sist 31. mai 2026."), Not(HasSubstr("ikke sendt noe"))));
    EXPECT_THAT(text_of(model_of(pond, {})), HasSubstr("Måleren har ikke sendt noe ennå."));
}

TEST_F(PlacePage, SimulatedSamplesAndExtremesAreMarkedAtTheirFigures) {
    pond.streams.push_back({.id = {2}, .property = "e_coli", .simulated = true});
    PlaceModel model = model_of(pond, 21);
    model.season = season_of(pond, 2026, {});
    model.extremes = {.highest = Extreme{23.8, july}, .lowest = Extreme{1.2, july}};
    model.samples = {{.time = at("2026-08-25T08:00:00Z"), .e_coli = 20, .enterococci = 3}};
    const std::string text = text_of(model);
    EXPECT_THAT(text, testing::ContainsRegex("Høyest målt her: [^/]*data-tone=\"simulated\""));
    EXPECT_THAT(text, testing::ContainsRegex("Siste prøve, 25. august 2026[^/]*</span> <span[^/]*simulated"));
    EXPECT_THAT(text, Not(HasSubstr("25.08.2026")));
}

TEST_F(PlacePage, NamesThePlacesNearbyWithTheirDistance) {
    const publication::PublicPlace other = pond_called("dammen");
    const std::string text = place_page(site.words(words::Language::nb), model_of(pond, 21),
                                        {{.model = model_of(other, 19), .metres = 2340}})
                                 .body.text();
    EXPECT_THAT(text, AllOf(HasSubstr("Steder i nærheten"), HasSubstr("2,3\u00a0km herfra"),
                            HasSubstr("href=\"/bading/dammen\"")));
}

TEST_F(PlacePage, TablesSayTheirUnitAndChartsTheirFinding) {
    PlaceModel model = model_of(pond, 21);
    model.recent.push_back(july - 1h, 20.5, {});
    model.recent.push_back(july, 21.0, {});
    const std::string text = text_of(model);
    EXPECT_THAT(text, HasSubstr("Verdi (°C)"));
    EXPECT_THAT(text, HasSubstr("I vannet: 20,5 til 21,0\u00a0°C siste to døgn</h2>"));
}

TEST_F(PlacePage, TheListIsByWarmthAlsoOutOfSeasonAndUnmeasuredComesLast) {
    const auto cold = pond_called("kald");
    const auto warm = pond_called("varm");
    const auto silent = pond_called("stum");
    const auto open = pond_called("åpen");
    std::vector<PlaceModel> models{model_of(silent, {}), model_of(cold, 4.5), model_of(warm, 7.3), model_of(open, 2)};
    for (std::size_t i = 0; i < 3; ++i) {
        models[i].in_season = false;
    }
    const std::string text = list_text(models);
    const auto place = [&](const char* name) { return text.find("data-entry=\"" + std::string(name)); };
    EXPECT_LT(place("åpen"), place("varm"));
    EXPECT_LT(place("varm"), place("kald"));
    EXPECT_LT(place("kald"), place("stum"));
}

TEST_F(PlacePage, TheListMarksAnOldReading) {
    EXPECT_THAT(list_text({model_of(pond, 19, july, 7h)}),
                AllOf(HasSubstr("data-certainty=\"stale\""), HasSubstr("}\">måleren svarer ikke</span>")));
    EXPECT_THAT(list_text({model_of(pond, 19)}),
                AllOf(HasSubstr("data-certainty=\"fresh\""), HasSubstr("\" hidden></span>")));
}

TEST_F(PlacePage, TheListsNumbersAreFollowedAndReadWithoutScript) {
    const std::string text = list_text({model_of(pond, 19)});
    EXPECT_THAT(text, AllOf(HasSubstr("data-live=\"tjernet/water_temperature\" data-stale-after=\"10800\""),
                            HasSubstr("data-live-quantity=\"Ingen måling nå\">19,0\u00a0°C</span>"),
                            HasSubstr("data-live-state"), Not(HasSubstr("aria-live"))));
    EXPECT_THAT(list_text({model_of(pond, {})}),
                AllOf(HasSubstr(">Ingen måling nå</span>"), HasSubstr("<span data-live-age></span>")));
    const std::string page = place_page(site.words(words::Language::nb), model_of(pond, 21),
                                        {{.model = model_of(pond_called("dammen"), 19), .metres = 2340}})
                                 .body.text();
    EXPECT_THAT(page, Not(HasSubstr("data-live=\"dammen"))) << "a place's page listens to its own place alone";
}

TEST_F(PlacePage, TheListHasItsTownsMapAndOnlyThat) {
    publication::PublicPlace place = pond_called("tjernet");
    place.longitude = 5.3;
    place.latitude = 60.4;
    const auto drawn = [&] {
        pages::Sketches sketches(site.basemap, site.basemap_source);
        const ListMap map{site, sketches};
        return list_page(site.words(words::Language::nb), {model_of(place, 19)}, &map).body.text();
    };
    EXPECT_THAT(drawn(), AllOf(HasSubstr("bp-sketch-number"), Not(HasSubstr("bp-sketch-town")),
                               Not(HasSubstr("borders")), Not(HasSubstr("Kommunegrenser"))));
    site.basemap = pages::Basemap::parse(
                       R"({"type":"Polygon","coordinates":[[[5.2,60.3],[5.4,60.3],[5.4,60.5],[5.2,60.5],[5.2,60.3]]]})")
                       .value();
    site.basemap_path = "/basemap/kommune.geojson";
    site.basemap_source = "Bergen kommune";
    EXPECT_THAT(drawn(), AllOf(HasSubstr("bp-sketch-town"), HasSubstr("/basemap/kommune.geojson"),
                               HasSubstr("Kommunegrenser: Bergen kommune.")));
}

TEST(NearestOf, AreTheThreeNearestByTheGreatCircle) {
    publication::Catalogue catalogue;
    for (const auto& [slug, longitude] :
         {std::pair{"a", 10.20}, {"b", 10.21}, {"c", 10.30}, {"d", 10.22}, {"e", 10.19}}) {
        catalogue.places.push_back({.slug = slug, .kind = "bathing", .longitude = longitude, .latitude = 59.74});
    }
    const auto nearest = nearest_of(catalogue, catalogue.places[0]);
    ASSERT_EQ(nearest.size(), 3U);
    EXPECT_THAT((std::set{nearest[0].first->slug, nearest[1].first->slug}), testing::ElementsAre("b", "e"));
    EXPECT_EQ(nearest[2].first->slug, "d");
    EXPECT_NEAR(nearest[2].second, 1121, 2);
}

}  // namespace
}  // namespace bypuls::bathing
