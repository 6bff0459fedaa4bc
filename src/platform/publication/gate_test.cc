#include "platform/publication/gate.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "platform/observations/memory/memory_store.h"
#include "platform/publication/public_copy.h"
#include "platform/registry/memory.h"

namespace bypuls::publication {
namespace {

using namespace std::chrono_literals;
using registry::Access;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr auto canary = "KANARI-hemmelig";

class GateTest : public testing::Test {
protected:
    GateTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "gate-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        plane_ = PlaneFiles::open(folder_).value();
        gate_ = std::make_unique<Gate>(Gate::Parts{*registry_, *store_, *plane_}, GateOptions{}, nullptr);
        north_ = registry_->locations().create(location("North", 10.1)).value();
        south_ = registry_->locations().create(location("South", 10.2)).value();
        thing_ = registry_->things()
                     .create({.name = "Buoy",
                              .properties = properties(),
                              .external_key = canary,
                              .simulated = true,
                              .locations = {north_}})
                     .value();
        sensor_ = registry_->sensors().create({.name = "Probe", .properties = properties()}).value();
        property_ = registry_->observed_properties().create({.name = "water_temperature"}).value();
        stream_ = registry_->datastreams().create(stream("Temperature", {std::string(canary) + "/temp"})).value();
    }
    ~GateTest() override {
        gate_.reset();
        plane_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    GateTest(const GateTest&) = delete;
    GateTest& operator=(const GateTest&) = delete;

    static std::string properties() { return fmt::format(R"({{"public":{{"model":"B1"}},"internal":"{}"}})", canary); }
    static registry::Location location(const std::string& name, double longitude) {
        return {.name = name,
                .geometry = fmt::format(R"({{"type":"Point","coordinates":[{},59.7]}})", longitude),
                .properties = properties()};
    }
    registry::Datastream stream(const std::string& name, std::vector<std::string> keys) const {
        return {.thing = thing_,
                .sensor = sensor_,
                .observed_property = property_,
                .name = name,
                .properties = properties(),
                .access = Access::internal,
                .simulated = true,
                .external_keys = std::move(keys)};
    }
    void set_access(registry::DatastreamId id, Access access) {
        auto changed = registry_->datastreams().get(id).value();
        changed.access = access;
        ASSERT_TRUE(registry_->datastreams().update(changed));
    }
    void follow() {
        const auto followed = gate_->follow_registry();
        ASSERT_TRUE(followed) << followed.error();
    }
    /// Everything in the public folder's files.
    std::string files() const {
        std::string all;
        for (const auto& file : std::filesystem::recursive_directory_iterator(folder_)) {
            std::ifstream in(file.path(), std::ios::binary);
            all.append(std::istreambuf_iterator<char>(in), {});
        }
        return all;
    }
    template <typename Entity>
    static std::vector<Entity> all(const registry::Entities<Entity>& entities) {
        return entities.list({}, registry::page_max).value().items;
    }

    SimulatedClock clock_{Instant{1'700'000'000s}};
    std::unique_ptr<registry::Registry> registry_ = registry::make_memory_registry(clock_);
    std::unique_ptr<observations::Store> store_ = observations::make_memory_store();
    std::string folder_;
    std::unique_ptr<PlaneFiles> plane_;
    std::unique_ptr<Gate> gate_;
    registry::LocationId north_;
    registry::LocationId south_;
    registry::ThingId thing_;
    registry::SensorId sensor_;
    registry::ObservedPropertyId property_;
    registry::DatastreamId stream_;
};

TEST(PublicProperties, AreWhatStandsUnderPublic) {
    EXPECT_EQ(public_properties(R"({"public":{"a":1},"b":2})"), R"({"public":{"a":1}})");
    EXPECT_EQ(public_properties(R"({"Public":1,"b":{"public":2}})"), "{}");
    EXPECT_EQ(public_properties("{}"), "{}");
    EXPECT_EQ(public_properties("[]"), "{}");
    EXPECT_EQ(public_properties("not JSON"), "{}");
}

TEST_F(GateTest, NothingIsPublicUntilADatastreamIs) {
    follow();

    const auto view = plane_->registry();
    EXPECT_THAT(all(view->things()), IsEmpty());
    EXPECT_THAT(all(view->locations()), IsEmpty());
    EXPECT_THAT(all(view->sensors()), IsEmpty());
    EXPECT_EQ(view->streams()->size(), 0U);
}

TEST_F(GateTest, ADatastreamPassesWithWhatItRefersToUnderTheSameIds) {
    ASSERT_TRUE(registry_->move(thing_, {south_}, clock_.now() + 1h));
    ASSERT_TRUE(registry_->datastreams().create(stream("Battery", {"x"})));
    ASSERT_TRUE(registry_->things().create({.name = "Another"}));
    ASSERT_TRUE(registry_->locations().create(location("Elsewhere", 10.3)));
    set_access(stream_, Access::open);
    follow();

    const auto view = plane_->registry();
    const auto datastreams = all(view->datastreams());
    ASSERT_EQ(datastreams.size(), 1U);
    registry::Datastream expected = registry_->datastreams().get(stream_).value();
    expected.external_keys.clear();
    expected.properties = R"({"public":{"model":"B1"}})";
    EXPECT_EQ(datastreams.front(), expected);
    EXPECT_TRUE(datastreams.front().simulated);
    const auto things = all(view->things());
    ASSERT_EQ(things.size(), 1U);
    EXPECT_EQ(things.front().id, thing_);
    EXPECT_EQ(things.front().external_key, "");
    EXPECT_EQ(things.front().properties, R"({"public":{"model":"B1"}})");
    EXPECT_THAT(things.front().locations, ElementsAre(south_));
    EXPECT_EQ(all(view->locations()).size(), 2U);
    EXPECT_EQ(all(view->historical_locations()).size(), 2U);
    EXPECT_EQ(view->sensors().get(sensor_)->name, "Probe");
    EXPECT_EQ(view->observed_properties().get(property_)->name, "water_temperature");
    // The feature of each place, which nobody could make on this side.
    const auto then = view->feature_at(thing_, clock_.now()).value();
    const auto later = view->feature_at(thing_, clock_.now() + 2h).value();
    ASSERT_TRUE(then.has_value() && later.has_value());
    EXPECT_EQ(view->features().get(*then)->name, "North");
    EXPECT_EQ(view->features().get(*later)->name, "South");
    EXPECT_EQ(view->featured(*later)->size(), 1U);
    EXPECT_THAT(files(), Not(HasSubstr(canary)));
    EXPECT_THAT(files(), HasSubstr("Buoy")) << "the search would find it";
}

TEST_F(GateTest, WhatWasObservedIsAboutTheSameInPublicWhateverIsToldOfWhereItWas) {
    const Instant told = clock_.now();
    const auto observed = [&](auto, Interval within) -> Result<Interval> {
        const Instant then = told - 30min;
        return within.contains(then) ? Interval{then, then + Duration{1}} : Interval{};
    };
    const auto feature = registry_->feature_of(thing_, told - 30min).value();
    const std::vector<registry::Write> earlier{
        registry::Create{registry::HistoricalLocation{.thing = thing_, .time = told - 30min, .locations = {south_}}}};
    ASSERT_TRUE(registry_->apply(earlier, {}, observed));
    set_access(stream_, Access::open);
    follow();
    const auto view = plane_->registry();
    const auto name_at = [&](Instant time) {
        const auto found = view->feature_at(thing_, time).value();
        return found ? view->features().get(*found)->name : "none";
    };
    EXPECT_EQ(view->feature_at(thing_, told - 30min).value(), feature);
    EXPECT_EQ(name_at(told - 30min), "North");
    // What it was kept for is not all of the stay.
    EXPECT_EQ(name_at(told - 20min), "South");
    EXPECT_EQ(name_at(told - 2h), "South");

    const std::vector<registry::Write> gone{registry::Remove{registry::Kind::location, north_.value},
                                            registry::Remove{registry::Kind::location, south_.value}};
    ASSERT_TRUE(registry_->apply(gone, {}, observed));
    follow();
    EXPECT_THAT(all(view->locations()), IsEmpty());
    EXPECT_EQ(name_at(told - 30min), "North");
    EXPECT_EQ(view->featured(feature)->size(), 1U);
    EXPECT_EQ(name_at(told), "none");
    EXPECT_THAT(files(), Not(HasSubstr(canary)));

    ASSERT_TRUE(registry_->features().remove(feature));
    follow();
    EXPECT_EQ(name_at(told - 30min), "none");
    EXPECT_THAT(all(view->features()), IsEmpty());
}

TEST_F(GateTest, AMultiDatastreamPassesToo) {
    const auto id = registry_->multi_datastreams()
                        .create({.thing = thing_,
                                 .sensor = sensor_,
                                 .name = "Wind",
                                 .components = {{property_}, {property_}},
                                 .properties = properties(),
                                 .access = Access::open,
                                 .external_keys = {canary}})
                        .value();
    follow();

    const auto passed = plane_->registry()->multi_datastreams().get(id);
    ASSERT_TRUE(passed) << passed.error();
    EXPECT_EQ(passed->components.size(), 2U);
    EXPECT_THAT(passed->external_keys, IsEmpty());
    EXPECT_THAT(files(), Not(HasSubstr(canary)));
}

TEST_F(GateTest, WhatCeasesToBePublicIsGoneFromTheFilesAndFromReaders) {
    auto named = registry_->datastreams().get(stream_).value();
    named.name = "SOON-withdrawn";
    named.access = Access::open;
    ASSERT_TRUE(registry_->datastreams().update(named));
    follow();
    const auto reader = PlaneFiles::open(folder_, PlaneFiles::Role::reader).value();
    ASSERT_EQ(reader->registry()->streams()->size(), 1U);
    EXPECT_THAT(files(), HasSubstr("SOON-withdrawn"));

    set_access(stream_, Access::restricted);
    follow();
    ASSERT_TRUE(gate_->settle());

    EXPECT_EQ(plane_->registry()->streams()->size(), 0U);
    EXPECT_THAT(all(plane_->registry()->things()), IsEmpty());
    EXPECT_THAT(files(), Not(HasSubstr("SOON-withdrawn")));
    EXPECT_TRUE(reader->refresh().value());
    EXPECT_EQ(reader->registry()->streams()->size(), 0U);
    EXPECT_EQ(reader->registry()->datastreams().get(stream_).error().code, Errc::not_found);
}

TEST_F(GateTest, WhatIsSaidOfAPublicReadingPassesAndOfNoOther) {
    const auto details = observations::Details::open(nullptr);
    gate_ = std::make_unique<Gate>(Gate::Parts{*registry_, *store_, *plane_, details.get()}, GateOptions{}, nullptr);
    details->follow([this](const observations::Details::Found& found) { gate_->detailed(found); });
    const auto secret = registry_->datastreams().create(stream("Battery", {"b"})).value();
    const auto feature = registry_->features()
                             .create({.name = "Shore",
                                      .feature = R"({"type":"Point","coordinates":[10.2,59.7]})",
                                      .properties = properties()})
                             .value();
    set_access(stream_, Access::open);
    follow();
    const observations::Detail said{.result_time = clock_.now() + 1s,
                                    .valid_time = Interval{clock_.now(), clock_.now() + 1h},
                                    .parameters = R"({"depth_m":0.5})",
                                    .feature = feature.value};
    const std::vector<observations::Arrival> rows{{stream_, {clock_.now(), 4.0, {}}},
                                                  {secret, {clock_.now(), 5.0, {}}}};
    std::vector<observations::Outcome> outcomes(2);
    ASSERT_TRUE(store_->append(rows, {1}, outcomes));
    details->put({stream_, clock_.now()}, said);
    details->put({secret, clock_.now()}, {.parameters = fmt::format(R"({{"note":"{}"}})", canary)});
    gate_->applied(rows, {1}, clock_.now());
    ASSERT_TRUE(gate_->settle());

    const auto published = plane_->details();
    EXPECT_EQ(published->get({stream_, clock_.now()}).value(), said);
    EXPECT_EQ(published->get({secret, clock_.now()}).value(), std::nullopt);
    EXPECT_THAT(files(), Not(HasSubstr(canary)));
    follow();
    EXPECT_EQ(plane_->registry()->features().get(feature)->name, "Shore") << "what a public reading is about";
    EXPECT_EQ(plane_->registry()->features().get(feature)->properties, R"({"public":{"model":"B1"}})");

    // What is said later, the reading being the same, passes with its record.
    details->put({stream_, clock_.now()}, {.parameters = R"({"depth_m":1})"});
    gate_->applied({}, {2}, clock_.now());
    EXPECT_EQ(published->get({stream_, clock_.now()}).value()->parameters, R"({"depth_m":1})");
    ASSERT_TRUE(gate_->settle());
    const auto reader = PlaneFiles::open(folder_, PlaneFiles::Role::reader).value();
    EXPECT_EQ(reader->details()->get({stream_, clock_.now()}).value()->parameters, R"({"depth_m":1})");

    set_access(stream_, Access::internal);
    follow();
    EXPECT_EQ(published->get({stream_, clock_.now()}).value(), std::nullopt);
    EXPECT_FALSE(reader->details()->any(stream_).value());

    // History that becomes public comes with what was said of it.
    set_access(stream_, Access::open);
    follow();
    gate_->applied({}, {3}, clock_.now());
    EXPECT_EQ(published->get({stream_, clock_.now()}).value()->parameters, R"({"depth_m":1})");
    EXPECT_THAT(files(), Not(HasSubstr(canary)));
}

TEST_F(GateTest, DetailsThatDifferAreCarriedOverAtTheNextStart) {
    const auto details = observations::Details::open(nullptr);
    set_access(stream_, Access::open);
    follow();
    const observations::Arrival reading{stream_, {clock_.now(), 4.0, {}}};
    std::vector<observations::Outcome> outcomes(1);
    ASSERT_TRUE(store_->append({&reading, 1}, {1}, outcomes));
    details->put({stream_, clock_.now()}, {.result_time = clock_.now()});
    gate_->applied({&reading, 1}, {1}, clock_.now());
    ASSERT_TRUE(gate_->settle());

    gate_ = std::make_unique<Gate>(Gate::Parts{*registry_, *store_, *plane_, details.get()}, GateOptions{}, nullptr);
    follow();
    gate_->compare();
    EXPECT_EQ(gate_->waiting(), 1U);
    gate_->applied({}, {2}, clock_.now());
    EXPECT_EQ(plane_->details()->get({stream_, clock_.now()}).value()->result_time, clock_.now());
    ASSERT_TRUE(gate_->settle());
    gate_->compare();
    EXPECT_EQ(gate_->waiting(), 0U);
}

TEST_F(GateTest, AGateThatStartsAnewTakesAwayWhatIsNoLongerPublic) {
    set_access(stream_, Access::open);
    follow();
    const observations::Arrival reading{stream_, {clock_.now(), 4.0, {}}};
    std::vector<observations::Outcome> outcomes(1);
    ASSERT_TRUE(store_->append({&reading, 1}, {1}, outcomes));
    gate_->applied({&reading, 1}, {1}, clock_.now());
    ASSERT_EQ(plane_->count(stream_), 1U) << "a datastream that no place shows passes too";
    ASSERT_TRUE(gate_->settle());
    set_access(stream_, Access::internal);

    gate_ = std::make_unique<Gate>(Gate::Parts{*registry_, *store_, *plane_}, GateOptions{}, nullptr);
    follow();

    EXPECT_EQ(plane_->count(stream_), 0U);
    EXPECT_EQ(plane_->registry()->streams()->size(), 0U);
}

TEST_F(GateTest, AReaderThatComesFirstSeesNothingUntilTheGateHasWritten) {
    const std::string elsewhere = folder_ + "/elsewhere";
    const auto reader = PlaneFiles::open(elsewhere, PlaneFiles::Role::reader).value();
    EXPECT_EQ(reader->registry()->streams()->size(), 0U);
    EXPECT_FALSE(std::filesystem::exists(elsewhere + "/registry.db")) << "a reader makes nothing";

    const auto writer = PlaneFiles::open(elsewhere).value();
    set_access(stream_, Access::open);
    ASSERT_TRUE(writer->put(public_copy(*registry_).value()));
    EXPECT_TRUE(reader->refresh().value());

    EXPECT_EQ(reader->registry()->streams()->size(), 1U);
    EXPECT_EQ(reader->put(registry::Copy{}).error().code, Errc::forbidden);
}

TEST_F(GateTest, AChangeOfWhatIsNotPublicWritesNothing) {
    set_access(stream_, Access::open);
    follow();
    follow();
    const auto before = plane_->registry()->changes_since(0)->version;

    ASSERT_TRUE(registry_->datastreams().create(stream("Battery", {"x"})));
    ASSERT_TRUE(registry_->things().create({.name = "Another"}));
    follow();
    EXPECT_EQ(plane_->registry()->changes_since(0)->version, before);

    auto renamed = registry_->sensors().get(sensor_).value();
    renamed.name = "Renamed";
    ASSERT_TRUE(registry_->sensors().update(renamed));
    follow();
    EXPECT_EQ(plane_->registry()->sensors().get(sensor_)->name, "Renamed");
}

}  // namespace
}  // namespace bypuls::publication
