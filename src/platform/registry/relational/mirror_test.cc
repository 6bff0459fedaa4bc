#include <algorithm>

#include "platform/registry/relational/contract_fixture_test.h"
#include "platform/registry/relational/copy_of_test.h"

namespace bypuls::registry {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A registry, copied to a mirror on either engine.
class MirrorContract : public RegistryContract {
protected:
    void SetUp() override {
        RegistryContract::SetUp();
        if (IsSkipped()) {
            return;
        }
        auto made = TestDatabase::make(GetParam().engine.value_or(Engine::sqlite));
        ASSERT_TRUE(made) << made.error();
        mirror_place_ = std::make_unique<TestDatabase>(std::move(*made));
        mirror_database_ = mirror_place_->open();
        ASSERT_TRUE(database::migrate(*mirror_database_, {registry_component()}, clock_));
        mirror_ = open_relational_mirror(*mirror_database_, clock_).value();
    }

    void expect_alike() {
        const Copy wanted = copy_of(*registry_);
        const Copy held = copy_of(mirror_->view());
        EXPECT_EQ(held.things, wanted.things);
        EXPECT_EQ(held.locations, wanted.locations);
        EXPECT_EQ(held.historical_locations, wanted.historical_locations);
        EXPECT_EQ(held.sensors, wanted.sensors);
        EXPECT_EQ(held.observed_properties, wanted.observed_properties);
        EXPECT_EQ(held.datastreams, wanted.datastreams);
        EXPECT_EQ(held.multi_datastreams, wanted.multi_datastreams);
        EXPECT_EQ(held.features, wanted.features);
        EXPECT_EQ(held.location_features, wanted.location_features);
        EXPECT_EQ(held.kept_features, wanted.kept_features);
        EXPECT_EQ(mirror_->view().streams()->size(), wanted.datastreams.size() + wanted.multi_datastreams.size());
    }

    std::unique_ptr<TestDatabase> mirror_place_;
    std::unique_ptr<database::Database> mirror_database_;
    std::unique_ptr<Mirror> mirror_;
};

TEST_P(MirrorContract, HoldsWhatItIsToldUnderTheSameIds) {
    ASSERT_TRUE(registry_->things().create(buoy()));
    const auto gone = registry_->things().create(buoy()).value();
    const auto north = registry_->locations().create(shore("North")).value();
    const auto south = registry_->locations().create(shore("South")).value();
    ASSERT_TRUE(registry_->move(gone, {north, south}, clock_.now()));
    ASSERT_TRUE(registry_->move(thing_, {south}, clock_.now()));
    ASSERT_TRUE(registry_->feature_of(thing_));
    ASSERT_TRUE(registry_->datastreams().create(stream({"a"})));
    ASSERT_TRUE(registry_->multi_datastreams().create(
        {.thing = gone, .sensor = sensor_, .name = "Wind", .components = {{property_}, {property_}}}));

    EXPECT_TRUE(mirror_->become(copy_of(*registry_)).value());
    expect_alike();
    const auto version = mirror_->view().changes_since(0)->version;
    EXPECT_FALSE(mirror_->become(copy_of(*registry_)).value()) << "nothing differs";
    EXPECT_EQ(mirror_->view().changes_since(0)->version, version);

    // A thing goes with all it had, another changes, and a stream gets another sensor, whose old one goes.
    ASSERT_TRUE(registry_->things().remove(gone));
    ASSERT_TRUE(registry_->locations().remove(north));
    const auto held = registry_->datastream_by_key("a").value();
    Datastream moved = held;
    moved.sensor = registry_->sensors().create(probe()).value();
    moved.external_keys = {"b"};
    ASSERT_TRUE(registry_->datastreams().update(moved));
    ASSERT_TRUE(registry_->sensors().remove(sensor_));
    EXPECT_TRUE(mirror_->become(copy_of(*registry_)).value());
    expect_alike();
    EXPECT_EQ(mirror_->view().streams()->find("a"), nullptr);
    EXPECT_EQ(mirror_->view().streams()->find("b")->id, held.id);

    // What was here before may come back under its id.
    const Copy whole = copy_of(*registry_);
    EXPECT_TRUE(mirror_->become({}).value());
    EXPECT_EQ(mirror_->view().streams()->size(), 0U);
    EXPECT_THAT(copy_of(mirror_->view()).features, IsEmpty());
    EXPECT_TRUE(mirror_->become(whole).value());
    expect_alike();
    EXPECT_TRUE(mirror_->become({}).value());
}

TEST_P(MirrorContract, HoldsWhatWasKept) {
    const auto all_the_time = [](auto, Interval within) -> Result<Interval> { return within; };
    const auto north = registry_->locations().create(shore("North")).value();
    ASSERT_TRUE(registry_->datastreams().create(stream()));
    ASSERT_TRUE(registry_->move(thing_, {north}, clock_.now()));
    const auto feature = registry_->feature_of(thing_).value();
    EXPECT_TRUE(mirror_->become(copy_of(*registry_)).value());
    const std::vector<Write> gone{Remove{Kind::location, north.value}};
    ASSERT_TRUE(registry_->apply(gone, {}, all_the_time));

    EXPECT_TRUE(mirror_->become(copy_of(*registry_)).value());
    expect_alike();
    EXPECT_EQ(mirror_->view().feature_at(thing_, clock_.now()).value(), feature);
    EXPECT_FALSE(mirror_->become(copy_of(*registry_)).value()) << "nothing differs";
    Copy without = copy_of(*registry_);
    without.kept_features.clear();
    EXPECT_TRUE(mirror_->become(without).value()) << "this alone differs";
    EXPECT_EQ(mirror_->view().feature_at(thing_, clock_.now()).value(), std::nullopt);
    EXPECT_TRUE(mirror_->become({}).value());
}

TEST_P(MirrorContract, AnotherProcessFollows) {
    ASSERT_TRUE(registry_->datastreams().create(stream({"a"})));
    const auto theirs = mirror_place_->open();
    const auto view = open_relational_view(*theirs, clock_).value();

    ASSERT_TRUE(mirror_->become(copy_of(*registry_)));
    ASSERT_TRUE(view->refresh());
    EXPECT_NE(view->streams()->find("a"), nullptr);
    ASSERT_TRUE(mirror_->become({}));
    ASSERT_TRUE(view->refresh());
    EXPECT_EQ(view->streams()->find("a"), nullptr);
    EXPECT_THAT(copy_of(*view).things, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Backends, MirrorContract, backends(), backend_name);

}  // namespace
}  // namespace bypuls::registry
