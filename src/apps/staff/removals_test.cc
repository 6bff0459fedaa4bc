// What is wrong or no longer used is taken away.
#include "apps/staff/fixture_test.h"

namespace bypuls::staff {
namespace {

class RemovalsTest : public StaffTest {
protected:
    void SetUp() override {
        StaffTest::SetUp();
        set_up();
        send_frame(1);
        put_codec(good_script, 0);
        put_profile();
        ASSERT_EQ(adopt().status, 201);
    }

    Reply remove(std::string_view path) { return call(Method::del, path); }
    Reply retire() { return remove(fmt::format("/devices/{}", dev_eui)); }
};

TEST_F(RemovalsTest, what_is_in_use_stays_and_a_sentence_says_what_uses_it) {
    const auto codec = remove("/codecs/bath");
    EXPECT_EQ(codec.status, 409);
    EXPECT_THAT(codec.body.at("detail").get<std::string>(), HasSubstr("Bathing sensor"));
    const auto profile = remove("/profiles/bath");
    EXPECT_EQ(profile.status, 409);
    EXPECT_THAT(profile.body.at("detail").get<std::string>(), HasSubstr("Badevakt 1"));
    EXPECT_EQ(call(Method::get, "/codecs/bath").status, 200);
    EXPECT_EQ(remove("/codecs/other").status, 404);
    EXPECT_EQ(remove("/profiles/other").status, 404);
    EXPECT_EQ(remove("/devices/70b3d57ed0065a20").status, 404);
    EXPECT_EQ(remove("/devices/nonsense").status, 404);
}

TEST_F(RemovalsTest, a_retired_device_is_unknown_again_and_its_history_stays) {
    const auto stream = stream_of("temp");
    const auto place = registry_->place_by_slug("landfalltjern").value();
    ASSERT_EQ(retire().status, 204);
    EXPECT_EQ(call(Method::get, fmt::format("/devices/{}", dev_eui)).status, 404);
    EXPECT_EQ(call(Method::get, "/devices").body.at("total"), 0);

    const auto last = store_->latest(stream);
    ASSERT_TRUE(last);
    send_frame(2, "00d224");
    EXPECT_EQ(store_->latest(stream)->time, last->time) << "it delivers no more";
    EXPECT_EQ(registry_->place_by_slug("landfalltjern").value().datastreams, place.datastreams);
    const auto inbox = call(Method::get, "/inbox");
    ASSERT_EQ(inbox.body.at("total"), 1) << inbox.text;
    EXPECT_EQ(inbox.body.at("items").at(0).at("dev_eui"), dev_eui);

    EXPECT_EQ(remove("/profiles/bath").status, 204);
    EXPECT_EQ(remove("/codecs/bath").status, 204);
    EXPECT_TRUE(call(Method::get, "/codecs").body.at("items").empty());
    EXPECT_TRUE(call(Method::get, "/profiles").body.at("items").empty());
    EXPECT_EQ(store_->latest(stream)->time, last->time);
}

TEST_F(RemovalsTest, a_device_that_is_adopted_again_goes_on_where_it_was) {
    const auto stream = stream_of("temp");
    const auto thing = registry_->thing_by_key(dev_eui).value().id;
    ASSERT_EQ(retire().status, 204);
    send_frame(2, "00d224");

    const auto again = adopt(/*open=*/false);
    ASSERT_EQ(again.status, 201) << again.text;
    EXPECT_EQ(stream_of("temp"), stream);
    EXPECT_EQ(registry_->thing_by_key(dev_eui).value().id, thing);
    EXPECT_EQ(std::get<double>(store_->latest(stream)->value), 21.0);
    EXPECT_EQ(registry_->datastreams().get(stream).value().access, registry::Access::internal);
    EXPECT_EQ(registry_->place_by_slug("landfalltjern").value().datastreams.size(), 2U) << "none stands twice";
}

TEST_F(RemovalsTest, what_was_measured_while_nobody_might_see_it_is_not_opened_by_adopting_again) {
    ASSERT_EQ(retire().status, 204);
    send_frame(2, "00d224");
    ASSERT_EQ(adopt(/*open=*/false).status, 201);
    const auto closed = stream_of("temp");
    ASSERT_EQ(retire().status, 204);
    send_frame(3, "00d224");
    const auto again = adopt(/*open=*/true);
    ASSERT_EQ(again.status, 201) << again.text;
    EXPECT_NE(stream_of("temp"), closed);
    EXPECT_EQ(registry_->datastreams().get(stream_of("temp")).value().access, registry::Access::open);
    EXPECT_EQ(registry_->datastreams().get(closed).value().access, registry::Access::internal);
}

TEST_F(RemovalsTest, a_device_that_is_adopted_at_another_place_leaves_the_page_of_the_old_one) {
    const auto stream = stream_of("temp");
    ASSERT_TRUE(registry_->places()
                    .create({.slug = "blektjern",
                             .kind = registry::PlaceKind::bathing,
                             .name = {.nb = "Blektjern"},
                             .longitude = 10.2,
                             .latitude = 59.7})
                    .has_value());
    ASSERT_EQ(retire().status, 204);
    send_frame(2);
    const auto again = call(Method::post, fmt::format("/inbox/{}/adopt", dev_eui),
                            {{"name", "Badevakt 2"}, {"profile", "bath"}, {"place", "blektjern"}, {"public", true}});
    ASSERT_EQ(again.status, 201) << again.text;
    EXPECT_THAT(registry_->place_by_slug("blektjern").value().datastreams, testing::Contains(stream));
    EXPECT_THAT(registry_->place_by_slug("landfalltjern").value().datastreams, testing::IsEmpty());
    EXPECT_EQ(registry_->thing_by_key(dev_eui).value().name, "Badevakt 2");
}

TEST_F(RemovalsTest, a_field_that_now_measures_in_another_unit_begins_a_datastream_of_its_own) {
    const auto before = stream_of("battery");
    ASSERT_EQ(retire().status, 204);
    send_frame(2);
    const auto changed =
        call(Method::put, "/profiles/bath",
             {{"name", "Bathing sensor"},
              {"codec", "bath"},
              {"interval_seconds", 3600},
              {"fields", json::array({{{"field", "battery"}, {"property", "battery_level"}, {"unit", "%"}}})}});
    ASSERT_EQ(changed.status, 200) << changed.text;
    const auto again = adopt();
    ASSERT_EQ(again.status, 201) << again.text;
    EXPECT_NE(stream_of("battery"), before);
    EXPECT_TRUE(store_->latest(before)) << "what was measured stays what it was";
}

TEST_F(RemovalsTest, nothing_new_is_called_new) {
    const auto codec = call(Method::put, "/codecs/new", {{"name", "N"}, {"script", good_script}, {"version", 0}});
    EXPECT_EQ(codec.status, 400);
    EXPECT_EQ(codec.body.at("errors").at(0).at("where"), "/id");
    const auto profile =
        call(Method::put, "/profiles/new",
             {{"name", "N"}, {"codec", "bath"}, {"interval_seconds", 3600}, {"fields", json::array()}});
    EXPECT_EQ(profile.status, 400);
    EXPECT_EQ(profile.body.at("errors").at(0).at("where"), "/id");
}

}  // namespace
}  // namespace bypuls::staff
