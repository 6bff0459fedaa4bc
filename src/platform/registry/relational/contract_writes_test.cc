// Multi-datastreams, historical locations by hand, features through time, and many changes at once, in every registry.

#include <algorithm>

#include <fmt/format.h>

#include "platform/registry/relational/contract_fixture_test.h"

namespace bypuls::registry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class WritesContract : public RegistryContract {
protected:
    MultiDatastream wind(std::vector<std::string> keys = {}) {
        return {.thing = thing_,
                .sensor = sensor_,
                .name = "Wind",
                .description = "Speed and direction",
                .components = {{property_, {"metre per second", "m/s", "m/s"}, ResultType::number},
                               {second_property(), {"degree", "°", "deg"}, ResultType::integer},
                               {property_, {"", "", ""}, ResultType::boolean}},
                .observed_area = "",
                .properties = R"({"height_m":10})",
                .access = Access::internal,
                .simulated = false,
                .external_keys = std::move(keys)};
    }
    ObservedPropertyId second_property() {
        if (!second_) {
            second_ = registry_->observed_properties().create({.name = "Direction", .definition = "x"}).value();
        }
        return second_;
    }
    LocationId at(const std::string& name, double longitude = 10.16) {
        Location location = shore(name);
        location.geometry = fmt::format(R"({{"type":"Point","coordinates":[{},59.77]}})", longitude);
        return registry_->locations().create(location).value();
    }
    Instant after(std::chrono::seconds time) const { return clock_.now() + time; }

private:
    ObservedPropertyId second_;
};

TEST_P(WritesContract, AMultiDatastreamComesBackWholeAndIsNoDatastream) {
    const auto plain = registry_->datastreams().create(stream({"plain"})).value();
    MultiDatastream expected = wind({"mast/wind", "mast:wind"});

    const auto id = registry_->multi_datastreams().create(expected).value();

    expected.id = id;
    EXPECT_GT(id, plain) << "its id is among the datastreams'";
    EXPECT_EQ(registry_->multi_datastreams().get(id).value(), expected);
    EXPECT_EQ(registry_->datastreams().get(id).error().code, Errc::not_found);
    EXPECT_EQ(registry_->multi_datastreams().get(plain).error().code, Errc::not_found);
    EXPECT_EQ(registry_->datastreams().list({}, 10)->items.size(), 1U);
    EXPECT_EQ(registry_->multi_datastreams().list({}, 10)->items.size(), 1U);
    EXPECT_EQ(registry_->multi_datastreams().find_by_name("Wind")->size(), 1U);
    EXPECT_GT(registry_->datastreams().create(stream()).value(), id);
    const Stream* known = registry_->streams()->find("mast:wind");
    ASSERT_NE(known, nullptr);
    EXPECT_EQ(*known, stream_of(expected));
    EXPECT_EQ(known->components.size(), 3U);
    EXPECT_EQ(known->result_type, ResultType::json);
    EXPECT_THAT(registry_->streams()->find(plain)->components, testing::IsEmpty());
}

TEST_P(WritesContract, AMultiDatastreamIsReplacedWhole) {
    MultiDatastream changed = wind({"old", "kept"});
    changed.id = registry_->multi_datastreams().create(changed).value();
    changed.components = {{second_property(), {"a", "b", "c"}, ResultType::category}};
    changed.external_keys = {"kept", "new"};
    changed.access = Access::open;

    ASSERT_TRUE(registry_->multi_datastreams().update(changed));

    EXPECT_EQ(registry_->multi_datastreams().get(changed.id).value(), changed);
    EXPECT_EQ(registry_->streams()->find("old"), nullptr);
    EXPECT_EQ(registry_->streams()->find("new")->access, Access::open);
}

TEST_P(WritesContract, AMultiDatastreamNeedsComponentsThatExistAndKeysThatAreFree) {
    ASSERT_TRUE(registry_->datastreams().create(stream({"taken"})));
    MultiDatastream none = wind();
    none.components.clear();
    MultiDatastream unknown = wind();
    unknown.components[1].observed_property = ObservedPropertyId{999};

    EXPECT_EQ(registry_->multi_datastreams().create(none).error().code, Errc::malformed);
    EXPECT_THAT(registry_->multi_datastreams().create(unknown).error().what, HasSubstr("observed property 999"));
    EXPECT_EQ(registry_->multi_datastreams().create(wind({"taken"})).error().code, Errc::conflict);
    ASSERT_TRUE(registry_->multi_datastreams().create(wind({"wind"})));
    EXPECT_EQ(registry_->datastreams().create(stream({"wind"})).error().code, Errc::conflict);
}

TEST_P(WritesContract, AMultiDatastreamGoesWithItsThingItsSensorAndAnyOfItsProperties) {
    const auto a = registry_->multi_datastreams().create(wind({"a"})).value();
    const auto plain = registry_->datastreams().create(stream()).value();

    EXPECT_THAT(registry_->observed_properties().remove(second_property())->datastreams, ElementsAre(a));
    EXPECT_EQ(registry_->streams()->find("a"), nullptr);
    EXPECT_TRUE(registry_->datastreams().get(plain));
    const auto spare = registry_->observed_properties().create(temperature()).value();
    MultiDatastream next = wind();
    next.components = {{.observed_property = spare}};
    const auto b = registry_->multi_datastreams().create(next).value();
    EXPECT_THAT(registry_->sensors().remove(sensor_)->datastreams, UnorderedElementsAre(b, plain));
    next.sensor = registry_->sensors().create(probe()).value();
    const auto c = registry_->multi_datastreams().create(next).value();
    EXPECT_THAT(registry_->things().remove(thing_)->datastreams, ElementsAre(c));
    EXPECT_EQ(registry_->multi_datastreams().remove(c).error().code, Errc::not_found);
    EXPECT_EQ(registry_->streams()->size(), 0U);
}

TEST_P(WritesContract, ChangesOfMultiDatastreamsAreTold) {
    second_property();
    const auto before = registry_->changes_since(0)->version;
    const auto a = registry_->multi_datastreams().create(wind()).value();
    const auto b = registry_->multi_datastreams().create(wind()).value();

    ASSERT_TRUE(registry_->multi_datastreams().remove(a));

    EXPECT_THAT(registry_->changes_since(before)->changes,
                ElementsAre(Change{before + 2, Kind::multi_datastream, b.value, false},
                            Change{before + 3, Kind::multi_datastream, a.value, true}));
}

TEST_P(WritesContract, AHistoricalLocationMadeByHandMovesTheThingOnlyWhenItIsTheNewest) {
    const auto north = at("North");
    const auto south = at("South");
    auto& history = registry_->historical_locations();

    const auto now = history.create({.thing = thing_, .time = after(0s), .locations = {north}}).value();
    const auto before = history.create({.thing = thing_, .time = after(-3600s), .locations = {south}}).value();

    EXPECT_THAT(registry_->things().get(thing_)->locations, ElementsAre(north));
    EXPECT_EQ(history.get(before).value(),
              (HistoricalLocation{.id = before, .thing = thing_, .time = after(-3600s), .locations = {south}}));
    EXPECT_EQ(history.list({}, 10)->items.size(), 2U);
    EXPECT_THAT(history.find_by_name("North").value(), IsEmpty());
    EXPECT_EQ(history.create({.thing = ThingId{99}, .time = after(0s)}).error().code, Errc::not_found);
    EXPECT_THAT(history.create({.thing = thing_, .time = after(0s), .locations = {LocationId{99}}}).error().what,
                HasSubstr("location 99"));
    EXPECT_EQ(history.get(HistoricalLocationId{99}).error().code, Errc::not_found);
    EXPECT_LT(now, before);
}

TEST_P(WritesContract, AHistoricalLocationIsCorrectedAndRemoved) {
    const auto north = at("North");
    const auto south = at("South");
    auto& history = registry_->historical_locations();
    const auto first = registry_->move(thing_, {north}, after(-3600s)).value();
    const auto second = registry_->move(thing_, {north}, after(0s)).value();

    ASSERT_TRUE(history.update({.id = first, .thing = thing_, .time = after(-7200s), .locations = {south}}));
    EXPECT_THAT(registry_->things().get(thing_)->locations, ElementsAre(north)) << "not the newest";
    EXPECT_EQ(history.get(first)->time, after(-7200s));
    ASSERT_TRUE(history.update({.id = second, .thing = thing_, .time = after(0s), .locations = {south, north}}));
    EXPECT_THAT(registry_->things().get(thing_)->locations, ElementsAre(south, north)) << "the newest";
    const auto version = registry_->changes_since(0)->version;
    ASSERT_TRUE(history.remove(second));
    EXPECT_THAT(registry_->things().get(thing_)->locations, ElementsAre(south, north)) << "nothing moved";
    EXPECT_EQ(registry_->historical_locations(thing_, Instant::max(), 10)->size(), 1U);
    EXPECT_THAT(registry_->changes_since(version)->changes,
                ElementsAre(Change{version + 1, Kind::historical_location, second.value, true}));
    EXPECT_EQ(history.remove(second).error().code, Errc::not_found);
    EXPECT_EQ(history.update({.id = second, .thing = thing_, .time = after(0s)}).error().code, Errc::not_found);
}

TEST_P(WritesContract, TheFeatureIsThatOfWhereTheThingWasThen) {
    const auto north = at("North", 10.1);
    const auto south = at("South", 10.2);
    ASSERT_TRUE(registry_->move(thing_, {north}, after(0s)));
    ASSERT_TRUE(registry_->move(thing_, {south}, after(100s)));
    EXPECT_EQ(registry_->feature_at(thing_, after(0s)).value(), std::nullopt) << "reading makes nothing";

    const auto there = registry_->feature_of(thing_, after(50s)).value();
    const auto here = registry_->feature_of(thing_, after(100s)).value();

    EXPECT_NE(there, here);
    EXPECT_EQ(registry_->features().get(there)->name, "North");
    EXPECT_EQ(registry_->feature_at(thing_, after(99s)).value(), there);
    EXPECT_EQ(registry_->feature_at(thing_, after(-1000s)).value(), there) << "before it was known to be anywhere";
    EXPECT_EQ(registry_->feature_at(thing_, Instant::max()).value(), here);
    EXPECT_EQ(registry_->feature_at(thing_, Instant::min()).value(), there);
    EXPECT_THAT(registry_->featured(there).value(),
                ElementsAre(Featured{thing_, {observations::earliest_time, after(100s)}}));
    EXPECT_THAT(registry_->featured(here).value(),
                ElementsAre(Featured{thing_, {after(100s), observations::latest_time}}));
    EXPECT_EQ(registry_->featured(FeatureId{99}).error().code, Errc::not_found);
    EXPECT_EQ(registry_->feature_at(ThingId{99}, after(0s)).error().code, Errc::not_found);
    const auto nowhere = registry_->things().create(buoy()).value();
    EXPECT_EQ(registry_->feature_at(nowhere, after(0s)).value(), std::nullopt);
    EXPECT_EQ(registry_->feature_of(nowhere, after(0s)).error().code, Errc::not_found);
}

TEST_P(WritesContract, ALocationThatIsCorrectedHasOneFeatureBeforeAndOneAfter) {
    const auto north = at("North", 10.1);
    ASSERT_TRUE(registry_->move(thing_, {north}, after(0s)));
    const auto other = registry_->things().create(buoy()).value();
    ASSERT_TRUE(registry_->move(other, {north}, after(10s)));
    const auto before = registry_->feature_of(thing_).value();
    clock_.advance(100s);
    Location corrected = registry_->locations().get(north).value();
    corrected.geometry = R"({"type":"Point","coordinates":[10.3,59.77]})";
    ASSERT_TRUE(registry_->locations().update(corrected));
    const auto corrected_at = clock_.now();

    const auto after_it = registry_->feature_of(thing_).value();

    EXPECT_NE(after_it, before);
    EXPECT_EQ(registry_->feature_at(other, corrected_at - 1s).value(), before);
    EXPECT_EQ(registry_->feature_at(other, corrected_at).value(), after_it);
    EXPECT_THAT(registry_->featured(before).value(),
                ElementsAre(Featured{thing_, {observations::earliest_time, corrected_at}},
                            Featured{other, {observations::earliest_time, corrected_at}}));
    EXPECT_THAT(registry_->featured(after_it).value(),
                ElementsAre(Featured{thing_, {corrected_at, observations::latest_time}},
                            Featured{other, {corrected_at, observations::latest_time}}));
    ASSERT_TRUE(registry_->features().remove(before));
    EXPECT_EQ(registry_->feature_at(other, corrected_at - 1s).value(), std::nullopt);
    ASSERT_TRUE(registry_->locations().remove(north));
    EXPECT_THAT(registry_->featured(after_it).value(), IsEmpty());
}

TEST_P(WritesContract, AThingReturnsToTheSameFeature) {
    const auto north = at("North", 10.1);
    const auto south = at("South", 10.2);
    ASSERT_TRUE(registry_->move(thing_, {north, south}, after(0s)));
    ASSERT_TRUE(registry_->move(thing_, {south}, after(10s)));
    ASSERT_TRUE(registry_->move(thing_, {}, after(20s)));
    ASSERT_TRUE(registry_->move(thing_, {north}, after(30s)));
    const auto feature = registry_->feature_of(thing_, after(40s)).value();

    EXPECT_THAT(registry_->featured(feature).value(),
                ElementsAre(Featured{thing_, {observations::earliest_time, after(10s)}},
                            Featured{thing_, {after(30s), observations::latest_time}}));
    EXPECT_EQ(registry_->feature_of(thing_, after(25s)).error().code, Errc::not_found) << "it was nowhere";
}

TEST_P(WritesContract, TheFeaturesOfManyThingsAreWhatEachOfThemIsTold) {
    const auto north = at("North", 10.1);
    const auto south = at("South", 10.2);
    const auto still = registry_->things().create(buoy()).value();
    const auto lost = registry_->things().create(buoy()).value();
    const auto nowhere = registry_->things().create(buoy()).value();
    ASSERT_TRUE(registry_->move(thing_, {north, south}, after(0s)));
    ASSERT_TRUE(registry_->move(thing_, {south}, after(10s)));
    ASSERT_TRUE(registry_->move(thing_, {}, after(20s)));
    ASSERT_TRUE(registry_->move(thing_, {north}, after(30s)));
    ASSERT_TRUE(registry_->move(still, {south, north}, after(5s)));
    ASSERT_TRUE(registry_->move(lost, {south, north}, after(5s)));
    ASSERT_TRUE(
        registry_->historical_locations().remove(registry_->historical_locations(lost, Instant::max(), 1)->at(0).id));
    const auto in_north = registry_->feature_of(thing_, after(5s)).value();
    const auto in_south = registry_->feature_of(thing_, after(15s)).value();
    const auto begun = after(0s);
    clock_.advance(100s);
    Location corrected = registry_->locations().get(south).value();
    corrected.geometry = R"({"type":"Point","coordinates":[10.3,59.77]})";
    ASSERT_TRUE(registry_->locations().update(corrected));
    const auto corrected_at = clock_.now();
    const auto in_new_south = registry_->feature_of(still).value();

    const std::vector asked{still, nowhere, ThingId{999}, thing_, lost, thing_};
    const auto told = registry_->features_of(asked).value();

    constexpr auto earliest = observations::earliest_time;
    constexpr auto latest = observations::latest_time;
    EXPECT_THAT(told, ElementsAre(FeatureStay{thing_, {earliest, begun + 10s}, in_north},
                                  FeatureStay{thing_, {begun + 10s, begun + 20s}, in_south},
                                  FeatureStay{thing_, {begun + 30s, latest}, in_north},
                                  FeatureStay{still, {earliest, corrected_at}, in_south},
                                  FeatureStay{still, {corrected_at, latest}, in_new_south},
                                  FeatureStay{lost, {earliest, corrected_at}, in_south},
                                  FeatureStay{lost, {corrected_at, latest}, in_new_south}));
    for (const FeatureStay& one : told) {
        EXPECT_EQ(registry_->feature_at(one.thing, one.during.from).value(), one.feature);
        EXPECT_EQ(registry_->feature_at(one.thing, one.during.to - Duration{1}).value(), one.feature);
    }
    EXPECT_THAT(registry_->features_of({}).value(), IsEmpty());
    EXPECT_EQ(registry_->features_of(std::vector<ThingId>(page_max + 1)).error().code, Errc::exhausted);
}

TEST_P(WritesContract, OfAThingThatMovesAllTheTimeOnlyTheNewestStaysCount) {
    const std::vector places{at("North", 10.1), at("South", 10.2), at("Sea", 10.3)};
    std::vector<Write> moves;
    for (std::size_t i = 0; i < stays_max + 2; ++i) {
        const auto where = i < 2 ? places[2] : places[i % 2];
        moves.emplace_back(
            Create{HistoricalLocation{.thing = thing_, .time = after(std::chrono::seconds{i}), .locations = {where}}});
    }
    ASSERT_TRUE(registry_->apply(moves));
    ASSERT_TRUE(registry_->feature_of(thing_, after(1s))) << "of the sea, which is forgotten";
    const auto first = registry_->feature_of(thing_, after(2s)).value();
    const auto second = registry_->feature_of(thing_, after(3s)).value();

    const auto told = registry_->features_of(std::vector{thing_}).value();

    ASSERT_EQ(told.size(), stays_max);
    EXPECT_EQ(told[0], (FeatureStay{thing_, {observations::earliest_time, after(3s)}, first}));
    EXPECT_EQ(told[1], (FeatureStay{thing_, {after(3s), after(4s)}, second}));
    EXPECT_EQ(told.back().during.to, observations::latest_time);
}

TEST_P(WritesContract, ManyChangesAreOneAndMayReferToEachOther) {
    const std::vector<Write> writes{
        Create{shore("North")},                                                // 0
        Create{Thing{.name = "Mast", .locations = {id_from<LocationId>(0)}}},  // 1
        Create{probe()},                                                       // 2
        Create{temperature()},                                                 // 3
        Create{Datastream{.thing = id_from<ThingId>(1),                        // 4
                          .sensor = id_from<SensorId>(2),
                          .observed_property = id_from<ObservedPropertyId>(3),
                          .name = "Deep",
                          .external_keys = {"deep"}}},
        Create{MultiDatastream{.thing = id_from<ThingId>(1),  // 5
                               .sensor = sensor_,
                               .name = "Both",
                               .components = {{property_}, {id_from<ObservedPropertyId>(3)}},
                               .external_keys = {"both"}}},
        Create{shore("South")},                                                                                 // 6
        Move{id_from<ThingId>(1), {id_from<LocationId>(6)}, after(60s)},                                        // 7
        Update{Location{.id = id_from<LocationId>(0), .name = "Renamed", .geometry = shore().geometry}},        // 8
        Create{HistoricalLocation{.thing = thing_, .time = after(0s), .locations = {id_from<LocationId>(0)}}},  // 9
        Create{Place{.slug = "mast",
                     .name = {.nb = "Mast"},
                     .things = {id_from<ThingId>(1)},  // 10
                     .datastreams = {id_from<DatastreamId>(4)}}},
    };
    const auto before = registry_->changes_since(0)->version;

    const auto applied = registry_->apply(writes);

    ASSERT_TRUE(applied) << applied.error();
    ASSERT_EQ(applied->ids.size(), writes.size());
    EXPECT_THAT(applied->removed.datastreams, IsEmpty());
    EXPECT_EQ(registry_->changes_since(0)->version, before + 1) << "one transaction";
    const ThingId mast{applied->ids[1]};
    const auto deep = registry_->datastream_by_key("deep").value();
    EXPECT_EQ(deep.id.value, applied->ids[4]);
    EXPECT_EQ(deep.thing, mast);
    EXPECT_EQ(deep.sensor.value, applied->ids[2]);
    EXPECT_EQ(deep.observed_property.value, applied->ids[3]);
    const auto both = registry_->multi_datastreams().get(DatastreamId{applied->ids[5]}).value();
    EXPECT_EQ(both.components[1].observed_property.value, applied->ids[3]);
    EXPECT_EQ(registry_->streams()->find("both")->id, both.id);
    EXPECT_THAT(registry_->things().get(mast)->locations, ElementsAre(LocationId{applied->ids[6]}));
    EXPECT_EQ(registry_->historical_locations().get(HistoricalLocationId{applied->ids[7]})->time, after(60s));
    EXPECT_EQ(registry_->locations().get(LocationId{applied->ids[0]})->name, "Renamed");
    EXPECT_EQ(applied->ids[8], applied->ids[0]);
    EXPECT_THAT(registry_->things().get(thing_)->locations, ElementsAre(LocationId{applied->ids[0]}));
    EXPECT_THAT(registry_->place_by_slug("mast")->datastreams, ElementsAre(deep.id));
}

TEST_P(WritesContract, ChangesThatFailLeaveNothingAndSayWhich) {
    ASSERT_TRUE(registry_->datastreams().create(stream({"taken"})));
    const auto before = registry_->changes_since(0)->version;
    const auto refused = [&](std::vector<Write> writes) { return registry_->apply(writes).error(); };
    Datastream orphan = stream({"orphan"});
    orphan.sensor = SensorId{999};
    Datastream mistaken = stream();
    mistaken.sensor = id_from<SensorId>(0);
    Datastream forward = stream();
    forward.thing = id_from<ThingId>(5);

    const auto unknown = refused({Create{shore("Half")}, Create{orphan}});
    EXPECT_EQ(unknown.code, Errc::not_found);
    EXPECT_THAT(unknown.what, testing::AllOf(HasSubstr("write 2"), HasSubstr("sensor 999")));
    EXPECT_EQ(refused({Create{shore("Half")}, Create{stream({"taken"})}}).code, Errc::conflict);
    EXPECT_EQ(refused({Create{shore("Half")}, Create{mistaken}}).code, Errc::malformed) << "0 makes no sensor";
    EXPECT_EQ(refused({Create{shore("Half")}, Create{forward}}).code, Errc::malformed) << "5 comes later";
    EXPECT_EQ(refused({Create{shore("Half")}, Remove{Kind::thing, 999}}).code, Errc::not_found);
    EXPECT_EQ(refused({Create{shore("Half")}, Update{Thing{.id = ThingId{999}, .name = "x"}}}).code, Errc::not_found);
    EXPECT_EQ(refused({Create{shore("Half")}, Create{Thing{.name = ""}}}).code, Errc::malformed);
    EXPECT_EQ(refused(std::vector<Write>(writes_max + 1, Create{probe()})).code, Errc::exhausted);

    EXPECT_EQ(registry_->changes_since(0)->version, before);
    EXPECT_THAT(registry_->locations().find_by_name("Half").value(), IsEmpty());
    EXPECT_EQ(registry_->streams()->size(), 1U);
}

TEST_P(WritesContract, ChangesMayRemoveWhatTheyMade) {
    const auto kept = registry_->datastreams().create(stream({"kept"})).value();
    Datastream again = stream({"moved"});
    again.thing = thing_;
    const std::vector<Write> writes{
        Create{Thing{.name = "Short-lived"}},
        Create{Datastream{.thing = id_from<ThingId>(0),
                          .sensor = sensor_,
                          .observed_property = property_,
                          .name = "x",
                          .external_keys = {"moved"}}},
        Remove{Kind::thing, id_from<ThingId>(0).value},
        Create{again},
        Remove{Kind::datastream, kept.value},
    };

    const auto applied = registry_->apply(writes);

    ASSERT_TRUE(applied) << applied.error();
    EXPECT_THAT(applied->removed.datastreams, ElementsAre(DatastreamId{applied->ids[1]}, kept));
    EXPECT_EQ(applied->ids[4], kept.value);
    EXPECT_EQ(registry_->streams()->size(), 1U);
    EXPECT_EQ(registry_->streams()->find("moved")->id.value, applied->ids[3]);
    EXPECT_EQ(registry_->streams()->find("kept"), nullptr);
    EXPECT_TRUE(registry_->apply({})) << "nothing is something that can be done";
}

TEST_P(WritesContract, JsonThatEnginesReadDifferentlyIsRefused) {
    Thing twice = buoy();
    twice.properties = R"({"a":{"b":1,"b":2}})";
    Thing nul = buoy();
    nul.properties = R"({"a":["\u0000"]})";

    EXPECT_THAT(registry_->things().create(twice).error().what, HasSubstr("'b' twice"));
    EXPECT_THAT(registry_->things().create(nul).error().what, HasSubstr("U+0000"));
}

INSTANTIATE_TEST_SUITE_P(Backends, WritesContract, backends(), backend_name);

}  // namespace
}  // namespace bypuls::registry
