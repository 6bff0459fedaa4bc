#include "platform/database/testing/earlier.h"

#include <gmock/gmock.h>

#include "platform/ingest/devices/device_book.h"

namespace bypuls::ingest::devices {
namespace {

using namespace std::chrono_literals;

const Instant adopted = Instant{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}} + 8h;

void expect_devices(const Snapshot& book) {
    const Device* device = book.device(lorawan::DevEui::from_text("70b3d57ed0001234").value());
    ASSERT_NE(device, nullptr);
    EXPECT_EQ(device->name, "Bøye Landfalltjern");
    EXPECT_EQ(device->profile, "water-temperature");
    EXPECT_EQ(device->thing, 41);
    EXPECT_EQ(device->place, "landfalltjern");
    EXPECT_EQ(device->adopted, adopted);
    ASSERT_EQ(device->datastreams.size(), 1U);
    EXPECT_EQ(device->datastreams.at("TempC"), observations::DatastreamId{12});
    const Profile* profile = book.profile("water-temperature");
    ASSERT_NE(profile, nullptr);
    EXPECT_EQ(*profile, (Profile{.id = "water-temperature",
                                 .name = "Badetermometer",
                                 .codec = "dragino-lds01",
                                 .interval = 20min,
                                 .fields = {{.field = "TempC", .property = "water_temperature", .unit = "Cel"}}}));
    const StoredCodec* codec = book.codec("dragino-lds01");
    ASSERT_NE(codec, nullptr);
    EXPECT_EQ(codec->version, 2);
    EXPECT_THAT(codec->script, testing::HasSubstr("TempC: input.bytes[0]"));
}

TEST(DevicesOfAnEarlierVersion, AreKnownWithTheirCodecs) {
    const auto done = database::for_every_version(
        "platform/ingest/devices", DeviceBook::schema(), [](int version, database::Database& today) {
            SCOPED_TRACE(version);
            const SystemClock clock;
            const auto book = DeviceBook::open(today, clock);
            ASSERT_TRUE(book) << book.error();
            expect_devices(*(*book)->snapshot());
            EXPECT_EQ((*book)->put_codec("dragino-lds01", "Dragino", "function decodeUplink(input) {}", 2).value(), 3);
        });
    EXPECT_TRUE(done) << done.error();
}

}  // namespace
}  // namespace bypuls::ingest::devices
