#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "platform/database/testing/test_database.h"
#include "platform/registry/memory.h"
#include "platform/registry/relational/relational_registry.h"

/// What the suites that every registry must pass have in common.
namespace bypuls::registry {

using namespace std::chrono_literals;
using database::Engine;
using database::TestDatabase;

struct Backend {
    std::string name;
    std::optional<Engine> engine;
};

inline Thing buoy(const std::string& key = "") {
    return {.name = "Buoy at Landfalltjern",
            .description = "Measures the water's temperature",
            .properties = R"({"depth_m":0.5})",
            .external_key = key,
            .simulated = true,
            .locations = {}};
}

inline Location shore(const std::string& name = "Landfalltjern") {
    return {.name = name,
            .description = "By the jetty",
            .encoding_type = "application/geo+json",
            .geometry = R"({"type":"Point","coordinates":[10.16,59.77]})",
            .properties = "{}"};
}

inline Sensor probe() {
    return {
        .name = "DS18B20", .description = "", .encoding_type = "text/html", .metadata = "https://example.org/ds18b20"};
}

inline ObservedProperty temperature() {
    return {.name = "Water temperature",
            .definition = "https://vocab.nerc.ac.uk/standard_name/sea_water_temperature/",
            .description = "At half a metre",
            .properties = "{}"};
}

class RegistryContract : public testing::TestWithParam<Backend> {
protected:
    void SetUp() override {
        if (!GetParam().engine) {
            registry_ = make_memory_registry(clock_);
        } else {
            auto made = TestDatabase::make(*GetParam().engine);
            if (!made && made.error().code == Errc::unavailable) {
                GTEST_SKIP() << made.error().what;
            }
            ASSERT_TRUE(made) << made.error();
            place_ = std::make_unique<TestDatabase>(std::move(*made));
            database_ = place_->open();
            const auto migrated = database::migrate(*database_, {registry_component()}, clock_);
            ASSERT_TRUE(migrated) << migrated.error();
            auto opened = open_relational_registry(*database_, clock_);
            ASSERT_TRUE(opened) << opened.error();
            registry_ = std::move(*opened);
        }
        thing_ = registry_->things().create(buoy("buoy-1")).value();
        sensor_ = registry_->sensors().create(probe()).value();
        property_ = registry_->observed_properties().create(temperature()).value();
    }

    Datastream stream(std::vector<std::string> keys = {}) const {
        return {.thing = thing_,
                .sensor = sensor_,
                .observed_property = property_,
                .name = "Water temperature at Landfalltjern",
                .description = "Every hour",
                .unit = {.name = "degree Celsius", .symbol = "°C", .definition = "Cel"},
                .result_type = ResultType::number,
                .observed_area = R"({"type":"Point","coordinates":[10.16,59.77]})",
                .properties = R"({"quality":"raw"})",
                .access = Access::internal,
                .simulated = true,
                .external_keys = std::move(keys)};
    }

    Place place(const std::string& slug = "landfalltjern") const {
        return {.slug = slug,
                .kind = PlaceKind::bathing,
                .season = {.kind = Season::Kind::summer, .first = {5, 15}, .last = {9, 15}},
                .name = {.nb = "Landfalltjern", .nn = "Landfalltjern", .en = "Landfalltjern lake"},
                .description = {.nb = "Badeplass i skogen", .nn = "Badeplass i skogen", .en = "A lake in the forest"},
                .longitude = 10.16,
                .latitude = 59.77,
                .approximate = true,
                .area = "Fjell",
                .published = true,
                .things = {thing_},
                .datastreams = {}};
    }

    SimulatedClock clock_{Instant{1'700'000'000s}};
    std::unique_ptr<TestDatabase> place_;
    std::unique_ptr<database::Database> database_;
    std::unique_ptr<Registry> registry_;
    ThingId thing_;
    SensorId sensor_;
    ObservedPropertyId property_;
};

/// INSTANTIATE_TEST_SUITE_P(Backends, XContract, backends(), backend_name);
inline auto backends() {
    return testing::Values(Backend{"memory", std::nullopt}, Backend{"sqlite", Engine::sqlite},
                           Backend{"postgresql", Engine::postgresql});
}
constexpr auto backend_name = [](const auto& tested) { return tested.param.name; };

}  // namespace bypuls::registry
