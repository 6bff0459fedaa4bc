// What every registry must do, asked of each: in memory, in SQLite and in PostgreSQL.

#include <algorithm>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "platform/registry/relational/contract_fixture_test.h"

namespace bypuls::registry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_P(RegistryContract, WhatIsStoredComesBackWhole) {
    const auto location = registry_->locations().create(shore()).value();
    const auto datastream = registry_->datastreams().create(stream({"a/temp", "b:temp"})).value();
    Place with_all = place();
    with_all.datastreams = {datastream};
    const auto place_id = registry_->places().create(with_all).value();
    const FeatureOfInterest lake{.name = "The lake", .description = "", .feature = R"({"type":"Point"})"};
    const auto feature = registry_->features().create(lake).value();

    Thing expected_thing = buoy("buoy-1");
    expected_thing.id = thing_;
    EXPECT_EQ(registry_->things().get(thing_).value(), expected_thing);
    Location expected_location = shore();
    expected_location.id = location;
    EXPECT_EQ(registry_->locations().get(location).value(), expected_location);
    Sensor expected_sensor = probe();
    expected_sensor.id = sensor_;
    EXPECT_EQ(registry_->sensors().get(sensor_).value(), expected_sensor);
    ObservedProperty expected_property = temperature();
    expected_property.id = property_;
    EXPECT_EQ(registry_->observed_properties().get(property_).value(), expected_property);
    Datastream expected_stream = stream({"a/temp", "b:temp"});
    expected_stream.id = datastream;
    EXPECT_EQ(registry_->datastreams().get(datastream).value(), expected_stream);
    with_all.id = place_id;
    EXPECT_EQ(registry_->places().get(place_id).value(), with_all);
    FeatureOfInterest expected_feature = lake;
    expected_feature.id = feature;
    EXPECT_EQ(registry_->features().get(feature).value(), expected_feature);
}

TEST_P(RegistryContract, ADatastreamIsInternalUnlessSomeoneSaysOtherwise) {
    Datastream plain{.thing = thing_, .sensor = sensor_, .observed_property = property_, .name = "Plain"};

    const auto id = registry_->datastreams().create(plain).value();

    EXPECT_EQ(registry_->datastreams().get(id)->access, Access::internal);
    EXPECT_EQ(registry_->streams()->find(id)->access, Access::internal);
}

TEST_P(RegistryContract, AnUpdateReplacesAllOfIt) {
    const auto id = registry_->datastreams().create(stream({"old", "kept"})).value();
    Datastream changed = stream({"kept", "new"});
    changed.id = id;
    changed.name = "Renamed";
    changed.access = Access::open;
    changed.unit = {.name = "kelvin", .symbol = "K", .definition = "K"};

    ASSERT_TRUE(registry_->datastreams().update(changed));

    EXPECT_EQ(registry_->datastreams().get(id).value(), changed);
    EXPECT_EQ(registry_->datastream_by_key("new")->id, id);
    EXPECT_EQ(registry_->datastream_by_key("old").error().code, Errc::not_found);
    EXPECT_EQ(registry_->streams()->find("new")->access, Access::open);
    EXPECT_EQ(registry_->streams()->find("old"), nullptr);
}

TEST_P(RegistryContract, WhatDoesNotExistIsNotFound) {
    const Thing ghost{.id = ThingId{999}, .name = "Ghost"};
    EXPECT_EQ(registry_->things().get(ThingId{999}).error().code, Errc::not_found);
    EXPECT_EQ(registry_->things().update(ghost).error().code, Errc::not_found);
    EXPECT_EQ(registry_->things().remove(ThingId{999}).error().code, Errc::not_found);
    EXPECT_EQ(registry_->move(ThingId{999}, {}, clock_.now()).error().code, Errc::not_found);
    EXPECT_EQ(registry_->feature_of(ThingId{999}).error().code, Errc::not_found);
    EXPECT_EQ(registry_->thing_by_key("nobody").error().code, Errc::not_found);
    EXPECT_EQ(registry_->thing_by_key("").error().code, Errc::not_found);
    EXPECT_EQ(registry_->place_by_slug("nowhere").error().code, Errc::not_found);
}

TEST_P(RegistryContract, AReferenceToNothingIsRefusedAndLeavesNothing) {
    Datastream orphan = stream({"orphan"});
    orphan.sensor = SensorId{999};
    Place dangling = place();
    dangling.datastreams = {DatastreamId{999}};

    const auto refused = registry_->datastreams().create(orphan);

    EXPECT_EQ(refused.error().code, Errc::not_found);
    EXPECT_THAT(refused.error().what, HasSubstr("sensor 999"));
    EXPECT_EQ(registry_->places().create(dangling).error().code, Errc::not_found);
    EXPECT_TRUE(registry_->places().create(place())) << "its slug was not used up by the one refused";
}

TEST_P(RegistryContract, BadInputIsMalformedAndNamesTheField) {
    Thing nameless = buoy();
    nameless.name = " ";
    Thing scribbled = buoy();
    scribbled.properties = "[1]";
    Location nowhere = shore();
    nowhere.geometry = R"({"type":"Spot"})";
    Place shouting = place("Landfalltjern!");
    Place beyond = place();
    beyond.latitude = 91;

    EXPECT_THAT(registry_->things().create(nameless).error().what, HasSubstr("name"));
    EXPECT_THAT(registry_->things().create(scribbled).error().what, HasSubstr("properties"));
    EXPECT_THAT(registry_->locations().create(nowhere).error().what, HasSubstr("GeoJSON"));
    EXPECT_THAT(registry_->places().create(shouting).error().what, HasSubstr("slug"));
    EXPECT_EQ(registry_->places().create(beyond).error().code, Errc::malformed);
}

TEST_P(RegistryContract, AnExternalKeyBelongsToOne) {
    const auto first = registry_->datastreams().create(stream({"dev/temp"})).value();
    const auto second = registry_->datastreams().create(stream({"dev/battery"})).value();

    const auto taken = registry_->datastreams().create(stream({"dev/new", "dev/temp"}));
    Datastream grabbing = stream({"dev/temp"});
    grabbing.id = second;
    const auto grabbed = registry_->datastreams().update(grabbing);

    EXPECT_EQ(taken.error().code, Errc::conflict);
    EXPECT_THAT(taken.error().what, HasSubstr("dev/temp"));
    EXPECT_EQ(grabbed.error().code, Errc::conflict);
    EXPECT_EQ(registry_->things().create(buoy("buoy-1")).error().code, Errc::conflict);
    EXPECT_EQ(registry_->datastream_by_key("dev/temp")->id, first);
    EXPECT_EQ(registry_->datastream_by_key("dev/battery")->id, second);
    EXPECT_EQ(registry_->streams()->find("dev/new"), nullptr);
    EXPECT_TRUE(registry_->things().create(buoy())) << "many things may be without a key";
    EXPECT_TRUE(registry_->things().create(buoy()));
}

TEST_P(RegistryContract, ListsPageByKeyWithoutSkippingOrRepeating) {
    for (int i = 0; i < 24; ++i) {
        ASSERT_TRUE(registry_->datastreams().create(stream({"key" + std::to_string(i)})));
    }

    std::vector<Datastream> all;
    DatastreamId after{};
    for (bool more = true; more;) {
        const auto page = registry_->datastreams().list(after, 7);
        ASSERT_TRUE(page) << page.error();
        ASSERT_LE(page->items.size(), 7U);
        all.insert(all.end(), page->items.begin(), page->items.end());
        after = all.back().id;
        more = page->more;
    }

    EXPECT_EQ(all.size(), 24U);
    EXPECT_TRUE(std::ranges::is_sorted(all, {}, &Datastream::id));
    EXPECT_EQ(all[17].external_keys, std::vector<std::string>{"key17"});
}

TEST_P(RegistryContract, ManyAreFetchedByTheirIdsAtOnce) {
    std::vector<DatastreamId> ids;
    for (int i = 0; i < 3; ++i) {
        ids.push_back(
            registry_->datastreams().create(stream({fmt::format("key {}", i), fmt::format("also {}", i)})).value());
    }
    ASSERT_TRUE(registry_->datastreams().remove(ids[1]));

    const auto found = registry_->datastreams().get_all(std::vector{ids[2], ids[0], ids[1], DatastreamId{999}, ids[0]});

    ASSERT_TRUE(found) << found.error();
    EXPECT_THAT(*found, ElementsAre(registry_->datastreams().get(ids[0]).value(),
                                    registry_->datastreams().get(ids[2]).value()));
    EXPECT_THAT(registry_->features().get_all({}).value(), IsEmpty());
    EXPECT_EQ(registry_->sensors().get_all(std::vector<SensorId>(page_max + 1)).error().code, Errc::exhausted);
}

TEST_P(RegistryContract, FindsByNameAndByKey) {
    const auto second = registry_->things().create(buoy("buoy-2")).value();
    const auto found = registry_->things().find_by_name("Buoy at Landfalltjern");

    ASSERT_EQ(found.value().size(), 2U);
    EXPECT_EQ((*found)[0].id, thing_);
    EXPECT_EQ((*found)[1].id, second);
    EXPECT_THAT(registry_->things().find_by_name("buoy at landfalltjern").value(), IsEmpty());
    EXPECT_EQ(registry_->thing_by_key("buoy-2")->id, second);
    ASSERT_TRUE(registry_->places().create(place()));
    EXPECT_EQ(registry_->places().find_by_name("Landfalltjern")->size(), 1U);
}

TEST_P(RegistryContract, FiltersDatastreams) {
    const auto other = registry_->things().create(buoy()).value();
    Datastream theirs = stream();
    theirs.thing = other;
    Datastream open = stream();
    open.access = Access::open;
    const auto a = registry_->datastreams().create(stream()).value();
    const auto b = registry_->datastreams().create(theirs).value();
    const auto c = registry_->datastreams().create(open).value();
    const auto ids = [&](const DatastreamFilter& filter, std::size_t limit = 10) {
        std::vector<DatastreamId> found;
        const auto page = registry_->datastreams_where(filter, {}, limit);
        EXPECT_TRUE(page) << page.error();
        for (const auto& datastream : page->items) {
            found.push_back(datastream.id);
        }
        return found;
    };

    EXPECT_THAT(ids({}), ElementsAre(a, b, c));
    EXPECT_THAT(ids({.thing = thing_}), ElementsAre(a, c));
    EXPECT_THAT(ids({.thing = other}), ElementsAre(b));
    EXPECT_THAT(ids({.sensor = sensor_, .observed_property = property_, .access = Access::open}), ElementsAre(c));
    EXPECT_THAT(ids({.sensor = SensorId{99}}), IsEmpty());
    EXPECT_TRUE(registry_->datastreams_where({.thing = thing_}, {}, 1)->more);
    EXPECT_FALSE(registry_->datastreams_where({.thing = thing_}, a, 1)->more);
}

TEST_P(RegistryContract, MovingAThingKeepsWhereItHasBeen) {
    const auto north = registry_->locations().create(shore("North")).value();
    const auto south = registry_->locations().create(shore("South")).value();
    Thing placed = buoy();
    placed.locations = {north};
    const auto thing = registry_->things().create(placed).value();
    clock_.advance(1h);

    ASSERT_TRUE(registry_->move(thing, {south, north}, clock_.now()));

    const auto history = registry_->historical_locations(thing, Instant::max(), 10).value();
    ASSERT_EQ(history.size(), 2U);
    EXPECT_EQ(history[0].time, clock_.now());
    EXPECT_THAT(history[0].locations, ElementsAre(south, north));
    EXPECT_THAT(history[1].locations, ElementsAre(north));
    EXPECT_THAT(registry_->things().get(thing)->locations, ElementsAre(south, north));
    EXPECT_THAT(registry_->things_at(south).value(), ElementsAre(thing));
    EXPECT_EQ(registry_->historical_locations(thing, clock_.now(), 10)->size(), 1U);
    EXPECT_EQ(registry_->historical_locations(thing, Instant::max(), 1)->size(), 1U);
}

TEST_P(RegistryContract, AHistoricalLocationFromBeforeDoesNotMoveTheThing) {
    const auto north = registry_->locations().create(shore("North")).value();
    const auto south = registry_->locations().create(shore("South")).value();
    ASSERT_TRUE(registry_->move(thing_, {south}, clock_.now()));

    ASSERT_TRUE(registry_->move(thing_, {north}, clock_.now() - 24h));

    EXPECT_THAT(registry_->things().get(thing_)->locations, ElementsAre(south));
    EXPECT_EQ(registry_->historical_locations(thing_, Instant::max(), 10)->size(), 2U);
}

TEST_P(RegistryContract, AnUpdateOfAThingDoesNotMoveIt) {
    const auto north = registry_->locations().create(shore("North")).value();
    ASSERT_TRUE(registry_->move(thing_, {north}, clock_.now()));
    Thing renamed = buoy("buoy-1");
    renamed.id = thing_;
    renamed.name = "Renamed";

    ASSERT_TRUE(registry_->things().update(renamed));

    EXPECT_EQ(registry_->things().get(thing_)->name, "Renamed");
    EXPECT_THAT(registry_->things().get(thing_)->locations, ElementsAre(north));
}

TEST_P(RegistryContract, TheFeatureOfInterestIsMadeFromTheLocationOnceAndStaysWhereItWas) {
    EXPECT_EQ(registry_->feature_of(thing_).error().code, Errc::not_found);
    const auto id = registry_->locations().create(shore()).value();
    ASSERT_TRUE(registry_->move(thing_, {id}, clock_.now()));

    const auto first = registry_->feature_of(thing_).value();
    const auto again = registry_->feature_of(thing_).value();
    Location renamed = shore("Renamed");
    renamed.id = id;
    ASSERT_TRUE(registry_->locations().update(renamed));
    const auto after_renaming = registry_->feature_of(thing_).value();
    Location moved = renamed;
    moved.geometry = R"({"type":"Point","coordinates":[10.2,59.8]})";
    ASSERT_TRUE(registry_->locations().update(moved));
    const auto after_moving = registry_->feature_of(thing_).value();

    EXPECT_EQ(again, first);
    EXPECT_EQ(after_renaming, first);
    EXPECT_NE(after_moving, first);
    EXPECT_EQ(registry_->features().get(first)->feature, shore().geometry);
    EXPECT_EQ(registry_->features().get(after_moving)->feature, moved.geometry);
    ASSERT_TRUE(registry_->features().remove(after_moving));
    EXPECT_NE(registry_->feature_of(thing_).value(), after_moving) << "one that was deleted is made anew";
}

TEST_P(RegistryContract, AThingGoesWithItsDatastreamsAndItsHistory) {
    const auto north = registry_->locations().create(shore("North")).value();
    ASSERT_TRUE(registry_->move(thing_, {north}, clock_.now()));
    const auto a = registry_->datastreams().create(stream({"a"})).value();
    const auto b = registry_->datastreams().create(stream({"b"})).value();
    Place shown = place();
    shown.datastreams = {b, a};
    const auto place_id = registry_->places().create(shown).value();

    const auto removed = registry_->things().remove(thing_);

    ASSERT_TRUE(removed) << removed.error();
    EXPECT_THAT(removed->datastreams, ElementsAre(a, b));
    EXPECT_EQ(registry_->datastreams().get(a).error().code, Errc::not_found);
    EXPECT_EQ(registry_->datastream_by_key("a").error().code, Errc::not_found);
    EXPECT_EQ(registry_->historical_locations(thing_, Instant::max(), 10).error().code, Errc::not_found);
    EXPECT_TRUE(registry_->locations().get(north)) << "a location may be another's too";
    EXPECT_THAT(registry_->places().get(place_id)->things, IsEmpty());
    EXPECT_THAT(registry_->places().get(place_id)->datastreams, IsEmpty());
    EXPECT_EQ(registry_->streams()->size(), 0U);
    EXPECT_EQ(registry_->streams()->find("a"), nullptr);
    const auto next = registry_->things().create(buoy("buoy-1")).value();
    EXPECT_GT(next, thing_) << "an id is never given twice";
}

TEST_P(RegistryContract, ASensorAndAPropertyGoWithTheirDatastreams) {
    const auto a = registry_->datastreams().create(stream()).value();
    EXPECT_THAT(registry_->sensors().remove(sensor_)->datastreams, ElementsAre(a));
    sensor_ = registry_->sensors().create(probe()).value();
    const auto b = registry_->datastreams().create(stream()).value();
    EXPECT_THAT(registry_->observed_properties().remove(property_)->datastreams, ElementsAre(b));
    EXPECT_TRUE(registry_->things().get(thing_));
}

TEST_P(RegistryContract, ALocationGoesWithTheHistoryThatNamesIt) {
    const auto north = registry_->locations().create(shore("North")).value();
    const auto south = registry_->locations().create(shore("South")).value();
    ASSERT_TRUE(registry_->move(thing_, {south}, clock_.now()));
    ASSERT_TRUE(registry_->move(thing_, {north, south}, clock_.now() + 1h));

    ASSERT_TRUE(registry_->locations().remove(north));

    EXPECT_THAT(registry_->things().get(thing_)->locations, ElementsAre(south));
    EXPECT_EQ(registry_->historical_locations(thing_, Instant::max(), 10)->size(), 1U);
}

TEST_P(RegistryContract, ASlugIsPermanentAndNeverGivenTwice) {
    const auto id = registry_->places().create(place()).value();
    Place renamed = place("elsewhere");
    renamed.id = id;

    EXPECT_EQ(registry_->places().update(renamed).error().code, Errc::conflict);
    EXPECT_EQ(registry_->places().create(place()).error().code, Errc::conflict);
    ASSERT_TRUE(registry_->places().remove(id));
    EXPECT_EQ(registry_->places().create(place()).error().code, Errc::conflict);
    EXPECT_EQ(registry_->place_by_slug("landfalltjern").error().code, Errc::not_found);
}

TEST_P(RegistryContract, ADeepInsertMakesEverythingAndLinksIt) {
    const NewThing wanted{
        .thing = buoy("deep"),
        .locations = {shore("North")},
        .datastreams = {{.datastream = stream({"deep/temp"}), .sensor = probe(), .observed_property = {}},
                        {.datastream = stream({"deep/uv"}), .sensor = {}, .observed_property = temperature()}}};

    const auto made = registry_->insert(wanted);

    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(registry_->things().get(made->thing)->locations, made->locations);
    EXPECT_EQ(registry_->historical_locations(made->thing, Instant::max(), 10)->size(), 1U);
    const auto first = registry_->datastreams().get(made->datastreams.at(0)).value();
    const auto second = registry_->datastreams().get(made->datastreams.at(1)).value();
    EXPECT_EQ(first.thing, made->thing);
    EXPECT_NE(first.sensor, sensor_);
    EXPECT_EQ(first.observed_property, property_);
    EXPECT_EQ(second.sensor, sensor_);
    EXPECT_NE(second.observed_property, property_);
    EXPECT_EQ(registry_->streams()->find("deep/uv")->id, second.id);
}

TEST_P(RegistryContract, ADeepInsertThatFailsAtTheEndLeavesNothing) {
    ASSERT_TRUE(registry_->datastreams().create(stream({"taken"})));
    const auto before = registry_->changes_since(0)->version;
    const NewThing wanted{
        .thing = buoy("deep"),
        .locations = {shore("Half")},
        .datastreams = {{.datastream = stream({"free"}), .sensor = probe()}, {.datastream = stream({"taken"})}}};

    EXPECT_EQ(registry_->insert(wanted).error().code, Errc::conflict);

    EXPECT_EQ(registry_->thing_by_key("deep").error().code, Errc::not_found);
    EXPECT_THAT(registry_->locations().find_by_name("Half").value(), IsEmpty());
    EXPECT_EQ(registry_->datastream_by_key("free").error().code, Errc::not_found);
    EXPECT_EQ(registry_->sensors().list({}, 10)->items.size(), 1U);
    EXPECT_EQ(registry_->streams()->find("free"), nullptr);
    EXPECT_EQ(registry_->changes_since(0)->version, before);
}

TEST_P(RegistryContract, ManyAreMadeAtOnceOrNone) {
    std::vector<Datastream> many;
    for (int i = 0; i < 150; ++i) {
        many.push_back(stream({"m" + std::to_string(i), "n" + std::to_string(i)}));
    }
    std::vector<Datastream> spoilt = many;
    spoilt.back().external_keys = {"m0"};
    std::vector<Datastream> homeless = many;
    homeless[70].thing = ThingId{999};

    EXPECT_EQ(registry_->create_all(spoilt).error().code, Errc::conflict);
    EXPECT_EQ(registry_->create_all(homeless).error().code, Errc::not_found);
    EXPECT_EQ(registry_->streams()->size(), 0U);
    const auto ids = registry_->create_all(many);

    ASSERT_TRUE(ids) << ids.error();
    EXPECT_EQ(ids->size(), 150U);
    EXPECT_EQ(registry_->streams()->size(), 150U);
    EXPECT_EQ(registry_->streams()->find("n149")->id, ids->at(149));
    Datastream expected = many[149];
    expected.id = ids->at(149);
    EXPECT_EQ(registry_->datastreams().get(ids->at(149)).value(), expected);
    EXPECT_EQ(registry_->create_all(many).error().code, Errc::conflict);
    EXPECT_THAT(registry_->create_all({}).value(), IsEmpty());
}

TEST_P(RegistryContract, WhoeverFollowsTheChangesMissesNone) {
    const auto start = registry_->changes_since(0).value();
    ASSERT_EQ(start.changes.size(), 3U);  // what SetUp made
    const auto datastream = registry_->datastreams().create(stream({"a"})).value();
    const auto place_id = registry_->places().create(place()).value();
    const auto gone = registry_->sensors().create(probe()).value();

    ASSERT_TRUE(registry_->sensors().remove(gone));
    Datastream changed = stream({"b"});
    changed.id = datastream;
    ASSERT_TRUE(registry_->datastreams().update(changed));

    const auto changes = registry_->changes_since(start.version).value();
    EXPECT_TRUE(changes.complete);
    EXPECT_EQ(changes.version, start.version + 5);
    EXPECT_THAT(changes.changes, ElementsAre(Change{start.version + 2, Kind::place, place_id.value, false},
                                             Change{start.version + 4, Kind::sensor, gone.value, true},
                                             Change{start.version + 5, Kind::datastream, datastream.value, false}));
    EXPECT_THAT(registry_->changes_since(changes.version)->changes, IsEmpty());
}

TEST_P(RegistryContract, AChangeToAPlacesContentsIsAChangeOfThePlace) {
    const auto datastream = registry_->datastreams().create(stream()).value();
    Place shown = place();
    shown.datastreams = {datastream};
    const auto place_id = registry_->places().create(shown).value();
    const auto before = registry_->changes_since(0)->version;

    ASSERT_TRUE(registry_->datastreams().remove(datastream));

    EXPECT_THAT(registry_->changes_since(before)->changes,
                ElementsAre(Change{before + 1, Kind::datastream, datastream.value, true},
                            Change{before + 1, Kind::place, place_id.value, false}));
}

TEST_P(RegistryContract, AskingForAFeatureThatIsThereChangesNothing) {
    const auto north = registry_->locations().create(shore("North")).value();
    ASSERT_TRUE(registry_->move(thing_, {north}, clock_.now()));
    ASSERT_TRUE(registry_->feature_of(thing_));
    const auto before = registry_->changes_since(0)->version;

    ASSERT_TRUE(registry_->feature_of(thing_));

    EXPECT_EQ(registry_->changes_since(0)->version, before);
}

TEST_P(RegistryContract, TheStreamsThatAReaderHoldsStayAsTheyWere) {
    const auto a = registry_->datastreams().create(stream({"a"})).value();
    const auto held = registry_->streams();

    ASSERT_TRUE(registry_->datastreams().remove(a));
    ASSERT_TRUE(registry_->datastreams().create(stream({"a"})));

    EXPECT_EQ(held->find("a")->id, a);
    EXPECT_EQ(held->size(), 1U);
    EXPECT_NE(registry_->streams()->find("a")->id, a);
}

TEST_P(RegistryContract, ManyThreadsMayChangeAndReadAtOnce) {
    constexpr int writers = 3;
    constexpr int each = 15;
    std::atomic<int> failures{0};
    {
        std::vector<std::jthread> threads;
        for (int w = 0; w < writers; ++w) {
            threads.emplace_back([&, w] {
                for (int i = 0; i < each; ++i) {
                    const auto made =
                        registry_->datastreams().create(stream({"w" + std::to_string(w) + "/" + std::to_string(i)}));
                    failures += made && registry_->streams()->find(*made) != nullptr ? 0 : 1;
                }
            });
        }
        threads.emplace_back([&] {
            std::size_t seen = 0;
            for (int i = 0; i < 50; ++i) {
                const auto now = registry_->streams();
                failures += now->size() < seen ? 1 : 0;
                seen = now->size();
            }
        });
    }

    EXPECT_EQ(failures, 0);
    EXPECT_EQ(registry_->streams()->size(), static_cast<std::size_t>(writers * each));
    EXPECT_EQ(registry_->datastreams().list({}, 1000)->items.size(), static_cast<std::size_t>(writers * each));
}

INSTANTIATE_TEST_SUITE_P(Backends, RegistryContract, backends(), backend_name);

}  // namespace
}  // namespace bypuls::registry
