#include "apps/demo/lay.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <unistd.h>

#include "platform/database/database.h"
#include "platform/database/migrations.h"
#include "platform/registry/memory.h"

namespace bypuls::demo {
namespace {

class LayTest : public testing::Test {
protected:
    void SetUp() override {
        path_ = std::filesystem::temp_directory_path() / ("bypuls-lay-" + std::to_string(getpid()) + ".db");
        remove_files();
        database_ = database::Database::open({.url = "sqlite:" + path_.string()}).value();
        ASSERT_TRUE(database::migrate(*database_, {ingest::devices::DeviceBook::schema()}, clock_));
        devices_ = ingest::devices::DeviceBook::open(*database_, clock_).value();
        registry_ = registry::make_memory_registry(clock_);
        plan_ = shipped_plan().value();
    }
    void TearDown() override {
        devices_.reset();
        database_.reset();
        remove_files();
    }
    void remove_files() const {
        for (const char* end : {"", "-wal", "-shm"}) {
            std::filesystem::remove(path_.string() + end);
        }
    }

    SimulatedClock clock_{Instant{std::chrono::seconds{1'795'000'000}}};
    std::filesystem::path path_;
    std::unique_ptr<database::Database> database_;
    std::unique_ptr<ingest::devices::DeviceBook> devices_;
    std::unique_ptr<registry::Registry> registry_;
    Plan plan_;
};

TEST_F(LayTest, the_town_is_laid_once) {
    const auto first = lay(plan_, *registry_, *devices_);
    ASSERT_TRUE(first) << first.error();
    EXPECT_EQ(first->places, 7U);
    EXPECT_EQ(first->devices, 10U);
    const auto version = registry_->refresh().value();
    const auto second = lay(plan_, *registry_, *devices_);
    ASSERT_TRUE(second) << second.error();
    EXPECT_EQ(*second, Laid{});
    EXPECT_EQ(registry_->refresh().value(), version);
}

TEST_F(LayTest, every_stream_says_that_it_is_simulated_and_only_batteries_stay_inside) {
    ASSERT_TRUE(lay(plan_, *registry_, *devices_));
    const auto streams = registry_->datastreams().list({}, registry::page_max).value();
    for (const auto& stream : streams.items) {
        EXPECT_TRUE(stream.simulated) << stream.name;
        EXPECT_EQ(stream.access == registry::Access::internal, stream.unit.definition == "V") << stream.name;
    }
}

TEST_F(LayTest, every_field_of_every_device_has_its_stream) {
    ASSERT_TRUE(lay(plan_, *registry_, *devices_));
    const auto book = devices_->snapshot();
    for (const PlannedDevice& planned : plan_.devices) {
        const auto* device = book->device(planned.dev_eui);
        ASSERT_EQ(device != nullptr, planned.adopted) << planned.name;
        if (device != nullptr) {
            EXPECT_EQ(device->datastreams.size(), plan_.profile(planned.profile)->fields.size()) << planned.name;
        }
    }
}

TEST_F(LayTest, what_a_person_changed_is_left_alone) {
    ASSERT_TRUE(lay(plan_, *registry_, *devices_));
    auto place = registry_->place_by_slug("blektjern").value();
    place.description.nb = "Stengt på grunn av is.";
    ASSERT_TRUE(registry_->places().update(place));
    ASSERT_TRUE(lay(plan_, *registry_, *devices_));
    EXPECT_EQ(registry_->place_by_slug("blektjern").value().description.nb, "Stengt på grunn av is.");
}

TEST_F(LayTest, the_fjord_places_are_coastal) {
    ASSERT_TRUE(lay(plan_, *registry_, *devices_));
    for (const auto& [slug, water] : {std::pair{"sota-fjordpark", "coastal"}, {"stordammen", "inland"}}) {
        const auto place = registry_->place_by_slug(slug).value();
        const auto thing = registry_->things().get(place.things.front()).value();
        EXPECT_THAT(thing.properties, testing::HasSubstr(water)) << slug;
    }
}

TEST(Plan, a_fault_in_the_plan_is_named) {
    EXPECT_THAT(read_plan("{").error().what, testing::HasSubstr("plan of the town"));
    EXPECT_THAT(read_plan(R"({"properties":{},"profiles":{},"places":[],
        "devices":[{"dev_eui":"0011223344556677","name":"x","profile":"none","family":"elsys","setting":"pond"}]})")
                    .error()
                    .what,
                testing::HasSubstr("no profile 'none'"));
}

}  // namespace
}  // namespace bypuls::demo
