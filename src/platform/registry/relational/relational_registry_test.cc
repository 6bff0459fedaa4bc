#include "platform/registry/relational/relational_registry.h"

#include <gmock/gmock.h>
#include <soci/soci.h>

#include "platform/database/testing/test_database.h"

namespace bypuls::registry {
namespace {

using namespace std::chrono_literals;
using database::Engine;
using database::TestDatabase;

class RelationalRegistry : public testing::TestWithParam<Engine> {
protected:
    void SetUp() override {
        auto made = TestDatabase::make(GetParam());
        if (!made && made.error().code == Errc::unavailable) {
            GTEST_SKIP() << made.error().what;
        }
        ASSERT_TRUE(made) << made.error();
        place_ = std::make_unique<TestDatabase>(std::move(*made));
    }

    /// Another process: its own sessions and its own streams.
    struct Process {
        std::unique_ptr<database::Database> database;
        std::unique_ptr<Registry> registry;
    };
    Process start() {
        Process process{.database = place_->open(), .registry = nullptr};
        const auto migrated = database::migrate(*process.database, {registry_component()}, clock_);
        EXPECT_TRUE(migrated) << migrated.error();
        process.registry = open_relational_registry(*process.database, clock_).value();
        return process;
    }

    static NewThing meter(const std::string& key) {
        return {.thing = {.name = "Meter " + key, .external_key = key},
                .locations = {{.name = "Cellar", .geometry = R"({"type":"Point","coordinates":[10.2,59.7]})"}},
                .datastreams = {{.datastream = {.name = "Volume", .external_keys = {key + "/volume"}},
                                 .sensor = Sensor{.name = "Ultrasonic"},
                                 .observed_property = ObservedProperty{.name = "Water volume"}}}};
    }

    std::unique_ptr<TestDatabase> place_;
    SimulatedClock clock_{Instant{1'700'000'000s}};
};

TEST_P(RelationalRegistry, IsThereAfterARestart) {
    InsertedThing made;
    {
        const auto before = start();
        made = before.registry->insert(meter("m1")).value();
    }

    const auto after = start();

    EXPECT_EQ(after.registry->thing_by_key("m1")->id, made.thing);
    EXPECT_EQ(after.registry->streams()->find("m1/volume")->id, made.datastreams.front());
    EXPECT_GT(after.registry->insert(meter("m2"))->thing, made.thing);
}

TEST_P(RelationalRegistry, FollowsTheChangesOfAnotherProcess) {
    const auto ours = start();
    const auto theirs = start();
    const auto first = theirs.registry->insert(meter("m1")).value();
    EXPECT_EQ(ours.registry->streams()->find("m1/volume"), nullptr);

    ASSERT_TRUE(ours.registry->refresh());
    EXPECT_EQ(ours.registry->streams()->find("m1/volume")->id, first.datastreams.front());

    ASSERT_TRUE(theirs.registry->things().remove(first.thing));
    ASSERT_TRUE(theirs.registry->insert(meter("m2")));
    // Our own change comes after theirs, and must not hide them.
    ASSERT_TRUE(ours.registry->insert(meter("m3")));
    EXPECT_EQ(ours.registry->streams()->find("m1/volume"), nullptr);
    EXPECT_NE(ours.registry->streams()->find("m2/volume"), nullptr);
    EXPECT_NE(ours.registry->streams()->find("m3/volume"), nullptr);
    EXPECT_EQ(ours.registry->streams()->version(), ours.registry->refresh().value());
}

TEST_P(RelationalRegistry, EveryEarlierVersionOfItsTablesComesForward) {
    const auto component = registry_component();
    for (int version = 0; version <= static_cast<int>(component.migrations.size()); ++version) {
        auto made = TestDatabase::make(GetParam());
        ASSERT_TRUE(made) << made.error();
        place_ = std::make_unique<TestDatabase>(std::move(*made));
        {
            const auto database = place_->open();
            ASSERT_TRUE(database::migrate(*database, {component}, clock_, {.number_max = version}));
            if (version >= 2) {
                // As a town at that version would have it, written without the code of today.
                ASSERT_TRUE(database->write("test", [](soci::session& sql) -> Result<void> {
                    sql << "INSERT INTO registry_things (id, name, description, properties, external_key, simulated, "
                           "version) VALUES (41, 'Gammel', '', '{}', 'old', 0, 1)";
                    sql << "UPDATE registry_counters SET value = 41 WHERE name = 'things'";
                    sql << "UPDATE registry_counters SET value = 1 WHERE name = 'version'";
                    return {};
                }));
            }
        }

        const auto today = start();

        if (version >= 2) {
            EXPECT_EQ(today.registry->thing_by_key("old")->id, ThingId{41});
            EXPECT_EQ(today.registry->insert(meter("m1"))->thing, ThingId{42});
        } else {
            EXPECT_EQ(today.registry->insert(meter("m1"))->thing, ThingId{1});
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Engines, RelationalRegistry, testing::Values(Engine::sqlite, Engine::postgresql),
                         [](const auto& tested) { return std::string(database::name_of(tested.param)); });

TEST(RelationalRegistryOnPostgresql, AnOutageLeavesWhatIsKnown) {
    const auto place = TestDatabase::make(Engine::postgresql);
    if (!place) {
        GTEST_SKIP() << place.error().what;
    }
    const SimulatedClock clock{Instant{1'700'000'000s}};
    const auto database = place->open();
    ASSERT_TRUE(database::migrate(*database, {registry_component()}, clock));
    const auto registry = open_relational_registry(*database, clock).value();
    const NewThing meter{.thing = {.name = "Meter"},
                         .datastreams = {{.datastream = {.name = "Volume", .external_keys = {"m1/volume"}},
                                          .sensor = Sensor{.name = "Ultrasonic"},
                                          .observed_property = ObservedProperty{.name = "Water volume"}}}};
    ASSERT_TRUE(registry->insert(meter));

    ASSERT_TRUE(database::drop_postgresql_connections());

    EXPECT_NE(registry->streams()->find("m1/volume"), nullptr);
    EXPECT_TRUE(registry->things().create({.name = "Another"})) << "the connections are made anew";
}

}  // namespace
}  // namespace bypuls::registry
