#include <filesystem>

#include <gmock/gmock.h>

#include "platform/ingest/devices/device_book.h"

namespace bypuls::ingest::devices {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::SizeIs;

Profile sensor() {
    return {.id = "pond",
            .name = "Badetermometer",
            .codec = "elsys",
            .interval = 1h,
            .fields = {{"temp.water", "water_temperature", "Cel", 0.1}, {"door", "door_open", "1", 1}}};
}

TEST(Profile, MapsPathsAndScalesNumbers) {
    const auto mapped = map_fields(sensor(), R"({"temp":{"water":194},"door":true,"other":1})").value();
    ASSERT_THAT(mapped, SizeIs(2));
    EXPECT_DOUBLE_EQ(std::get<double>(mapped[0].value), 19.4);
    EXPECT_EQ(std::get<bool>(mapped[1].value), true);
}

TEST(Profile, AMemberWhoseNameHasADotWinsOverAPath) {
    const auto mapped = map_fields(sensor(), R"({"temp.water":10,"temp":{"water":99}})").value();
    ASSERT_THAT(mapped, SizeIs(1));
    EXPECT_DOUBLE_EQ(std::get<double>(mapped[0].value), 1.0);
}

TEST(Profile, NullAndAbsentFieldsAreSkipped) {
    EXPECT_THAT(map_fields(sensor(), R"({"door":null})").value(), SizeIs(0));
    EXPECT_FALSE(map_fields(sensor(), "[1]").has_value());
    EXPECT_FALSE(map_fields(sensor(), "{").has_value());
}

TEST(Profile, ItsJsonReadsBackTheSame) {
    EXPECT_EQ(profile_from_json("pond", to_json(sensor())).value(), sensor());
}

TEST(Profile, AFaultInItsJsonIsNamed) {
    EXPECT_THAT(profile_from_json("pond", R"({"name":"x","interval_seconds":0,"fields":[]})").error().what,
                HasSubstr("interval_seconds"));
    EXPECT_THAT(profile_from_json("pond", R"({"name":"x","interval_seconds":1,"fields":[],"feilds":1})").error().what,
                HasSubstr("feilds"));
    EXPECT_FALSE(profile_from_json("no spaces", to_json(sensor())).has_value());
}

class DeviceBookTest : public testing::Test {
protected:
    void SetUp() override {
        path_ = std::filesystem::temp_directory_path() / ("bypuls-devices-" + std::to_string(getpid()) + ".db");
        std::filesystem::remove(path_);
        open();
    }
    void TearDown() override {
        book_.reset();
        database_.reset();
        for (const auto* suffix : {"", "-wal", "-shm"}) {
            std::filesystem::remove(path_.string() + suffix);
        }
    }
    void open() {
        book_.reset();
        database_.reset();
        database_ = database::Database::open({.url = "sqlite:" + path_.string()}).value();
        ASSERT_TRUE(database::migrate(*database_, {DeviceBook::schema()}, clock_).has_value());
        book_ = DeviceBook::open(*database_, clock_).value();
    }

    std::filesystem::path path_;
    SimulatedClock clock_{Instant{1h}};
    std::unique_ptr<database::Database> database_;
    std::unique_ptr<DeviceBook> book_;
};

TEST_F(DeviceBookTest, KeepsEverythingOverARestart) {
    const auto dev_eui = lorawan::DevEui::from_text("70b3d57ed0065a1f").value();
    ASSERT_TRUE(book_->put(sensor()).has_value());
    ASSERT_TRUE(book_
                    ->put(Device{.dev_eui = dev_eui,
                                 .name = "Landfalltjern",
                                 .profile = "pond",
                                 .thing = 3,
                                 .place = "landfalltjern",
                                 .adopted = Instant{2h},
                                 .datastreams = {{"temp.water", observations::DatastreamId{9}}}})
                    .has_value());
    ASSERT_TRUE(book_->put_codec("elsys", "Elsys", "function decodeUplink() {}", 0).has_value());

    open();

    const auto now = book_->snapshot();
    ASSERT_NE(now->device(dev_eui), nullptr);
    EXPECT_EQ(now->device(dev_eui)->datastreams.at("temp.water"), observations::DatastreamId{9});
    EXPECT_EQ(*now->profile("pond"), sensor());
    EXPECT_EQ(now->codec("elsys")->version, 1);
}

TEST_F(DeviceBookTest, ACodecThatSomebodyElseSavedSinceIsNotOverwritten) {
    EXPECT_EQ(book_->put_codec("a", "A", "1", 0).value(), 1);
    EXPECT_EQ(book_->put_codec("a", "A", "2", 1).value(), 2);
    EXPECT_EQ(book_->put_codec("a", "A", "3", 1).error().code, Errc::conflict);
    EXPECT_EQ(book_->snapshot()->codec("a")->script, "2");
}

TEST_F(DeviceBookTest, WhatNothingUsesIsRemovedForGood) {
    const auto dev_eui = lorawan::DevEui::from_text("70b3d57ed0065a1f").value();
    Profile pond = sensor();
    pond.codec = "elsys";
    ASSERT_TRUE(book_->put_codec("elsys", "Elsys", "1", 0).has_value());
    ASSERT_TRUE(book_->put_codec("elsys", "Elsys", "2", 1).has_value());
    ASSERT_TRUE(book_->put(pond).has_value());
    ASSERT_TRUE(book_
                    ->put(Device{.dev_eui = dev_eui,
                                 .name = "Landfalltjern",
                                 .profile = "pond",
                                 .datastreams = {{"temp.water", observations::DatastreamId{9}}}})
                    .has_value());

    EXPECT_EQ(book_->remove_codec("elsys").error().code, Errc::conflict);
    EXPECT_EQ(book_->remove_profile("pond").error().code, Errc::conflict);
    EXPECT_EQ(book_->remove_codec("other").error().code, Errc::not_found);
    EXPECT_EQ(book_->remove_profile("other").error().code, Errc::not_found);
    ASSERT_TRUE(book_->remove_device(dev_eui).has_value());
    EXPECT_EQ(book_->remove_device(dev_eui).error().code, Errc::not_found);
    ASSERT_TRUE(book_->remove_profile("pond").has_value());
    ASSERT_TRUE(book_->remove_codec("elsys").has_value());

    open();

    const auto now = book_->snapshot();
    EXPECT_TRUE(now->devices.empty());
    EXPECT_TRUE(now->profiles.empty());
    EXPECT_TRUE(now->codecs.empty());
    EXPECT_EQ(book_->put_codec("elsys", "Elsys", "3", 0).value(), 1);
}

TEST_F(DeviceBookTest, AReaderKeepsTheMomentItTook) {
    const auto before = book_->snapshot();
    ASSERT_TRUE(book_->put(sensor()).has_value());
    EXPECT_EQ(before->profile("pond"), nullptr);
    EXPECT_NE(book_->snapshot()->profile("pond"), nullptr);
}

}  // namespace
}  // namespace bypuls::ingest::devices
