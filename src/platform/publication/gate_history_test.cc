#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>

#include "platform/observations/memory/memory_store.h"
#include "platform/publication/gate.h"
#include "platform/registry/memory.h"

namespace bypuls::publication {
namespace {

using namespace std::chrono_literals;
using observations::Arrival;
using observations::Quality;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Instant start{490'000h};
constexpr Interval always{observations::earliest_time, observations::latest_time};

/// A pond with one datastream, its readings, and the public plane on a disk of its own.
class GateHistory : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "gate-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        registry_ = registry::make_memory_registry(clock_);
        internal_ = observations::make_memory_store();
        const auto thing = registry_->things().create({.name = "buoy", .description = "a buoy"});
        const auto sensor = registry_->sensors().create({.name = "probe", .description = "a probe", .metadata = "-"});
        const auto property = registry_->observed_properties().create(
            {.name = "uv_index", .definition = "urn:x", .description = "how strong the sun is"});
        stream_ = {.thing = thing.value(),
                   .sensor = sensor.value(),
                   .observed_property = property.value(),
                   .name = "sun",
                   .description = "at the pond",
                   .unit = {.name = "one", .symbol = "", .definition = "1"},
                   .properties = R"({"interval_s":600})",
                   .access = registry::Access::open};
        stream_.id = registry_->datastreams().create(stream_).value();
        ASSERT_TRUE(registry_->places()
                        .create({.slug = "pond",
                                 .kind = registry::PlaceKind::bathing,
                                 .name = {.nb = "Tjernet"},
                                 .longitude = 10.2,
                                 .latitude = 59.7,
                                 .published = true,
                                 .things = {thing.value()},
                                 .datastreams = {stream_.id}})
                        .has_value());
        open();
    }
    void TearDown() override {
        gate_.reset();
        plane_.reset();
        std::filesystem::remove_all(folder_);
    }

    /// As the program starts: the gate looks at the registry, the journal is applied again, then it compares.
    void open() {
        gate_.reset();
        plane_.reset();
        plane_ = PlaneFiles::open(folder_).value();
        gate_ = std::make_unique<Gate>(Gate::Parts{*registry_, *internal_, *plane_}, GateOptions{},
                                       [](const std::set<DatastreamId>&) {});
        ASSERT_TRUE(gate_->follow_registry().has_value());
        gate_->compare();
    }
    void append(observations::Store& store, Duration at, double value) {
        const Arrival row{stream_.id, {start + at, value, {}}};
        observations::Outcome outcome;
        ASSERT_TRUE(store.append({&row, 1}, {position_}, {&outcome, 1}).has_value());
    }
    /// One record with one reading, as the projection tells of it.
    void take(Duration at, double value) {
        ++position_;
        append(*internal_, at, value);
        const Arrival row{stream_.id, {start + at, value, {}}};
        gate_->applied({&row, 1}, {position_}, start);
    }
    /// A record that says nothing public.
    void take_other() {
        ++position_;
        gate_->applied({}, {position_}, start);
    }
    void set_access(registry::Access access) {
        stream_.access = access;
        ASSERT_TRUE(registry_->datastreams().update(stream_).has_value());
        ASSERT_TRUE(gate_->follow_registry().has_value());
    }
    std::vector<double> published() const { return plane_->range(stream_.id, always, {}).value().columns.numbers; }

    SimulatedClock clock_{start};
    std::string folder_;
    std::unique_ptr<registry::Registry> registry_;
    std::unique_ptr<observations::Store> internal_;
    registry::Datastream stream_;
    std::unique_ptr<PlaneFiles> plane_;
    std::unique_ptr<Gate> gate_;
    std::uint64_t position_ = 0;
};

TEST_F(GateHistory, WhatIsPublicPassesAndWhatCeasesToBeIsTakenAway) {
    take(0h, 1);
    EXPECT_THAT(published(), ElementsAre(1));
    set_access(registry::Access::internal);
    EXPECT_THAT(published(), IsEmpty());
    take(1h, 2);
    EXPECT_THAT(published(), IsEmpty());
    set_access(registry::Access::open);
    EXPECT_EQ(gate_->waiting(), 1U);
    take_other();
    EXPECT_EQ(gate_->waiting(), 0U);
    EXPECT_THAT(published(), ElementsAre(1, 2)) << "history is carried over with the next record";
}

TEST_F(GateHistory, ADifferenceThatNoCountShowsIsMendedAtTheNextStart) {
    take(0h, 1);
    take(1h, 2);
    ASSERT_TRUE(gate_->before_settle({position_}).has_value());
    ++position_;
    append(*internal_, 0h, 7);  // a correction that never reached the gate
    EXPECT_THAT(published(), ElementsAre(1, 2));

    open();
    EXPECT_EQ(gate_->waiting(), 1U);
    take_other();
    EXPECT_THAT(published(), ElementsAre(7, 2));
    ASSERT_TRUE(gate_->before_settle({position_}).has_value());
    open();
    EXPECT_EQ(gate_->waiting(), 0U);
}

TEST_F(GateHistory, WhatTheInternalPlaneNoLongerHasLeavesThePublicOneToo) {
    take(0h, 1);
    take(1h, 2);
    ASSERT_TRUE(gate_->before_settle({position_}).has_value());
    ASSERT_EQ(internal_->remove(stream_.id, {start, start + 1h}).value(), 1U);

    open();
    take_other();
    EXPECT_THAT(published(), ElementsAre(2));
}

TEST_F(GateHistory, AStreamTellsWhenItsReadingsAreNoLongerThePresent) {
    const auto catalogue = plane_->catalogue();
    ASSERT_THAT(catalogue->places, SizeIs(1));
    ASSERT_THAT(catalogue->places[0].streams, SizeIs(1));
    EXPECT_EQ(catalogue->places[0].streams[0].interval, 600s);
    EXPECT_EQ(catalogue->places[0].streams[0].stale_after, 1h) << "the rule of the UV index";
}

}  // namespace
}  // namespace bypuls::publication
