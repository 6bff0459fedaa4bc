#include "platform/database/testing/earlier.h"

#include <gmock/gmock.h>

#include "platform/registry/relational/relational_registry.h"

namespace bypuls::registry {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const Instant moved = Instant{std::chrono::sys_days{std::chrono::year{2026} / 5 / 20}} + 6h;
constexpr std::string_view point = R"({"type":"Point","coordinates":[10.2,59.76]})";
const Unit celsius{"degree Celsius", "°C", "Cel"};

void expect_measured(int version, const Registry& today) {
    const auto thing = today.thing_by_key("70b3d57ed0001234");
    ASSERT_TRUE(thing) << thing.error();
    EXPECT_EQ(*thing, (Thing{.id = ThingId{41},
                             .name = "Bøye Landfalltjern",
                             .description = "Måler vannet",
                             .properties = R"({"owner":"Drammen"})",
                             .external_key = "70b3d57ed0001234",
                             .simulated = true,
                             .locations = version >= 3 ? std::vector{LocationId{31}} : std::vector<LocationId>{}}));
    Datastream should{.id = DatastreamId{12},
                      .thing = ThingId{41},
                      .sensor = SensorId{51},
                      .observed_property = ObservedPropertyId{71},
                      .name = "Badetemperatur",
                      .unit = celsius,
                      .properties = R"({"depth_m":0.5})",
                      .access = Access::open,
                      .simulated = true};
    if (version >= 3) {
        should.external_keys = {"70b3d57ed0001234/TempC"};
        EXPECT_NE(today.streams()->find("70b3d57ed0001234/TempC"), nullptr);
    }
    EXPECT_EQ(today.datastreams().get(DatastreamId{12}).value(), should);
    EXPECT_EQ(today.sensors().get(SensorId{51})->metadata, "https://example.org/ds18b20");
    EXPECT_EQ(today.observed_properties().find_by_name("water_temperature")->front().id, ObservedPropertyId{71});
    if (version >= 5) {
        const auto both = today.multi_datastreams().get(DatastreamId{13}).value();
        const Component component{.observed_property = ObservedPropertyId{71}, .unit = celsius};
        EXPECT_THAT(both.components, ElementsAre(component, component));
        EXPECT_THAT(both.external_keys, ElementsAre("70b3d57ed0001234/both"));
    }
}

void expect_locations(int version, const Registry& today) {
    EXPECT_EQ(today.locations().get(LocationId{31})->geometry, point);
    EXPECT_EQ(today.historical_locations().get(HistoricalLocationId{61})->time, moved);
    EXPECT_EQ(today.features().get(FeatureId{900})->feature, point);
    std::vector<FeatureSince> features{{observations::earliest_time, FeatureId{900}}};
    if (version >= 6) {
        features.push_back({moved, FeatureId{901}});
    }
    EXPECT_EQ(today.location_features(LocationId{31}).value(), features);
    // No one has asked for the other location's feature: none stands for it, or none that has an id.
    for (const FeatureSince& none : today.location_features(LocationId{32}).value()) {
        EXPECT_EQ(none.feature, FeatureId{});
    }
    if (version >= 3) {
        EXPECT_EQ(today.feature_at(ThingId{41}, moved - 1h).value(), FeatureId{900});
        EXPECT_EQ(today.feature_at(ThingId{41}, moved - 2h).value(), FeatureId{version >= 8 ? 901 : 900});
    }
}

void expect_place(int version, const Registry& today) {
    const auto place = today.place_by_slug("landfalltjern");
    ASSERT_TRUE(place) << place.error();
    EXPECT_EQ(place->id, PlaceId{5});
    EXPECT_EQ(place->kind, PlaceKind::bathing);
    EXPECT_EQ(place->season, (Season{Season::Kind::summer, {6, 1}, {8, 31}}));
    EXPECT_EQ(place->description, (Words{"Badeplass", "Badeplass", "Bathing place"}));
    EXPECT_EQ(place->longitude, 10.2);
    EXPECT_EQ(place->latitude, 59.76);
    EXPECT_TRUE(place->approximate);
    EXPECT_TRUE(place->published);
    EXPECT_THAT(place->datastreams, testing::SizeIs(version >= 3 ? 1 : 0));
}

/// Ids are never given twice, and neither are the names on posters.
void expect_numbering(int version, Registry& today) {
    const auto changes = today.changes_since(2).value();
    EXPECT_TRUE(changes.complete);
    EXPECT_THAT(changes.changes,
                testing::Contains(Change{.version = 3, .kind = Kind::place, .id = 4, .removed = true}));
    const auto made = today.insert({.thing = {.name = "Ny"}});
    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(made->thing, version >= 2 ? ThingId{42} : ThingId{1});
    const auto again = today.places().create({.slug = "nedlagt-strand", .name = {.nb = "Ny strand"}});
    EXPECT_EQ(again.has_value(), version < 2) << "a poster on a wall outlives its place";
}

TEST(RegistryOfAnEarlierVersion, HoldsTheTownAsItWas) {
    const auto done = database::for_every_version("platform/registry/relational", registry_component(),
                                                  [](int version, database::Database& database) {
                                                      SCOPED_TRACE(version);
                                                      const SystemClock clock;
                                                      const auto today = open_relational_registry(database, clock);
                                                      ASSERT_TRUE(today) << today.error();
                                                      if (version >= 2) {
                                                          expect_measured(version, **today);
                                                          expect_locations(version, **today);
                                                          expect_place(version, **today);
                                                      }
                                                      expect_numbering(version, **today);
                                                  });
    EXPECT_TRUE(done) << done.error();
}

}  // namespace
}  // namespace bypuls::registry
