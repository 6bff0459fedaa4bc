// Places, datastreams and devices as the people of the town make and change them.
#include "apps/staff/fixture_test.h"

namespace bypuls::staff {
namespace {

class PlacesTest : public StaffTest {
protected:
    void SetUp() override {
        StaffTest::SetUp();
        set_up();
    }

    static json place(const json& changes = json::object()) {
        json made{{"kind", "bathing"},
                  {"season", {{"kind", "summer"}, {"first", "06-01"}, {"last", "08-31"}}},
                  {"name", {{"nb", "Åletjern"}, {"nn", ""}, {"en", "Eel Pond"}}},
                  {"description", {{"nb", "Lite tjern.\nBrygge."}, {"nn", ""}, {"en", ""}}},
                  {"longitude", 10.2},
                  {"latitude", 59.7},
                  {"approximate", true},
                  {"area", "Konnerud"},
                  {"published", true},
                  {"datastreams", json::array()}};
        made.update(changes);
        return made;
    }

    Reply put(std::string_view slug, const json& body) {
        return call(Method::put, fmt::format("/places/{}", slug), body);
    }

    static std::vector<std::string> places_of_faults(const Reply& reply) {
        std::vector<std::string> where;
        for (const auto& fault : reply.body.value("errors", json::array())) {
            where.push_back(fault.at("where").get<std::string>());
        }
        return where;
    }

    void adopt_at_landfalltjern() {
        send_frame(1);
        put_codec(good_script, 0);
        put_profile();
        ASSERT_EQ(adopt().status, 201);
    }
};

TEST_F(PlacesTest, no_place_has_the_address_of_the_page_where_places_are_made) {
    const auto refused = put("new", place());
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(places_of_faults(refused), testing::ElementsAre("/slug"));
    EXPECT_THAT(refused.body.at("detail").get<std::string>(), HasSubstr("'new'"));
}

TEST_F(PlacesTest, a_place_is_made_changed_and_found) {
    const auto made = put("aletjern", place());
    ASSERT_EQ(made.status, 200) << made.text;
    EXPECT_EQ(made.body.at("url"), "/bading/aletjern");
    const auto kept = registry_->place_by_slug("aletjern").value();
    EXPECT_EQ(kept.season, (registry::Season{registry::Season::Kind::summer, {6, 1}, {8, 31}}));
    EXPECT_EQ(kept.name, (registry::Words{"Åletjern", "", "Eel Pond"}));
    EXPECT_TRUE(kept.approximate);
    EXPECT_TRUE(kept.published);

    auto changed = place({{"published", false}, {"latitude", 59.71}});
    ASSERT_EQ(put("aletjern", changed).status, 200);
    EXPECT_EQ(registry_->place_by_slug("aletjern").value().id, kept.id);
    EXPECT_FALSE(registry_->place_by_slug("aletjern").value().published);
    EXPECT_EQ(call(Method::get, "/places/aletjern").body.at("latitude"), 59.71);
    EXPECT_EQ(call(Method::get, "/places").body.at("items").at(0).at("slug"), "aletjern") << "Eel Pond comes first";
    EXPECT_EQ(call(Method::get, "/places/nowhere").status, 404);
}

TEST_F(PlacesTest, every_fault_of_a_place_is_named) {
    EXPECT_THAT(places_of_faults(put("Åletjern!", place())), testing::ElementsAre("/slug"));
    EXPECT_THAT(
        places_of_faults(put("a", place({{"kind", "pool"},
                                         {"season", {{"kind", "summer"}, {"first", "06-31"}, {"last", "08-31"}}},
                                         {"name", {{"nb", " "}, {"nn", ""}, {"en", ""}}},
                                         {"description", "text"},
                                         {"longitude", 200},
                                         {"latitude", "59"},
                                         {"datastreams", {"1", "1", "x"}},
                                         {"owner", "me"}}))),
        testing::UnorderedElementsAre("/kind", "/season", "/name/nb", "/description", "/longitude", "/latitude",
                                      "/datastreams/0", "/datastreams/1", "/datastreams/2", "/owner"));
    EXPECT_EQ(registry_->place_by_slug("a").error().code, Errc::not_found);
}

TEST_F(PlacesTest, an_address_is_never_given_to_another_place) {
    ASSERT_EQ(put("aletjern", place()).status, 200);
    ASSERT_EQ(call(Method::del, "/places/aletjern").status, 204);
    EXPECT_EQ(call(Method::del, "/places/aletjern").status, 404);
    EXPECT_EQ(put("aletjern", place()).status, 409);
}

TEST_F(PlacesTest, a_place_shows_its_datastreams_in_order_and_keeps_the_devices_there) {
    adopt_at_landfalltjern();
    const auto temp = fmt::to_string(stream_of("temp").value);
    const auto battery = fmt::to_string(stream_of("battery").value);
    const auto shown = put("landfalltjern", place({{"datastreams", {battery, temp}}}));
    ASSERT_EQ(shown.status, 200) << shown.text;
    EXPECT_EQ(shown.body.at("datastreams").at(0).at("property"), "battery_voltage");
    EXPECT_EQ(shown.body.at("datastreams").at(1).at("access"), "public");
    EXPECT_EQ(shown.body.at("devices").at(0).at("name"), "Badevakt 1");
    ASSERT_EQ(put("landfalltjern", place()).status, 200);
    EXPECT_EQ(registry_->place_by_slug("landfalltjern").value().things.size(), 1U) << "the device stands there still";
    EXPECT_EQ(call(Method::del, "/places/landfalltjern").status, 409);
}

TEST_F(PlacesTest, a_device_is_adopted_without_a_place_and_moved_to_one) {
    send_frame(1);
    put_codec(good_script, 0);
    put_profile();
    const auto adopted =
        call(Method::post, fmt::format("/inbox/{}/adopt", dev_eui), {{"name", "Løs måler"}, {"profile", "bath"}});
    ASSERT_EQ(adopted.status, 201) << adopted.text;
    EXPECT_TRUE(adopted.body.at("place").is_null());
    EXPECT_TRUE(store_->latest(stream_of("temp")));

    const std::string device = fmt::format("/devices/{}", dev_eui);
    EXPECT_THAT(places_of_faults(call(Method::put, device, {{"name", "Bøye"}})), testing::ElementsAre("/place"));
    const auto moved = call(Method::put, device, {{"name", "Bøye"}, {"place", "landfalltjern"}});
    ASSERT_EQ(moved.status, 200) << moved.text;
    EXPECT_EQ(moved.body.at("place_name"), "Landfalltjern");
    auto place = registry_->place_by_slug("landfalltjern").value();
    EXPECT_THAT(place.datastreams, testing::UnorderedElementsAre(stream_of("temp"), stream_of("battery")));
    const auto thing = registry_->things().get(place.things.front()).value();
    EXPECT_EQ(thing.name, "Bøye");
    EXPECT_THAT(thing.locations, testing::SizeIs(1));

    ASSERT_EQ(call(Method::put, device, {{"name", "Bøye"}, {"place", nullptr}}).status, 200);
    place = registry_->place_by_slug("landfalltjern").value();
    EXPECT_TRUE(place.datastreams.empty() && place.things.empty());
    EXPECT_EQ(call(Method::del, "/places/landfalltjern").status, 204);
}

TEST_F(PlacesTest, what_is_said_of_an_open_device_tells_neither_its_address_nor_its_profile) {
    adopt_at_landfalltjern();
    const auto stream = registry_->datastreams().get(stream_of("temp")).value();
    const auto thing = registry_->things().get(stream.thing).value();
    const auto sensor = registry_->sensors().get(stream.sensor).value();
    for (const std::string& text : {thing.name, thing.description, thing.properties, stream.name, stream.description,
                                    sensor.description, sensor.metadata}) {
        EXPECT_EQ(text.find(dev_eui), std::string::npos) << text;
        EXPECT_NE(text, "bath");
    }
}

TEST_F(PlacesTest, a_datastream_is_described_and_opened) {
    adopt_at_landfalltjern();
    const std::string path = fmt::format("/datastreams/{}", stream_of("battery").value);
    const auto listed = call(Method::get, "/datastreams?q=battery%20tjern");
    ASSERT_EQ(listed.body.at("total"), 1) << listed.text;
    const json before = listed.body.at("items").at(0);
    EXPECT_EQ(before.at("readings"), 1);
    EXPECT_EQ(before.at("places").at(0), "landfalltjern");

    const auto changed = call(Method::put, path,
                              {{"name", "Spenning"},
                               {"description", "Av batteriet."},
                               {"property", "battery_voltage"},
                               {"unit", "V"},
                               {"access", "restricted"}});
    ASSERT_EQ(changed.status, 200) << changed.text;
    const auto kept = registry_->datastreams().get(stream_of("battery")).value();
    EXPECT_EQ(kept.name, "Spenning");
    EXPECT_EQ(kept.access, registry::Access::restricted);
    EXPECT_EQ(kept.external_keys, std::vector<std::string>{fmt::format("{}/battery", dev_eui)});
    EXPECT_EQ(call(Method::get, "/datastreams?q=restricted").body.at("total"), 1);
    EXPECT_EQ(call(Method::get, "/datastreams/999").status, 404);
    EXPECT_EQ(call(Method::get, "/datastreams/x").status, 404);
}

TEST_F(PlacesTest, units_are_of_ucum_and_those_that_the_rules_reckon_in) {
    adopt_at_landfalltjern();
    json body{{"name", "a"}, {"description", ""}, {"property", "sludge"}, {"unit", "grader"}, {"access", "public"}};
    const std::string path = fmt::format("/datastreams/{}", stream_of("temp").value);
    EXPECT_THAT(places_of_faults(call(Method::put, path, body)), testing::ElementsAre("/unit"));
    body["property"] = "water_temperature";
    body["unit"] = "[degF]";
    EXPECT_THAT(places_of_faults(call(Method::put, path, body)), testing::ElementsAre("/unit"));
    body["property"] = nullptr;
    EXPECT_THAT(places_of_faults(call(Method::put, path, body)), testing::ElementsAre("/property"));

    const auto profile = [&](const json& fields) {
        return places_of_faults(
            call(Method::put, "/profiles/p",
                 {{"name", "P"}, {"codec", nullptr}, {"interval_seconds", 60}, {"fields", fields}}));
    };
    EXPECT_THAT(profile(json::array({{{"field", "t"}, {"property", "sludge"}, {"unit", "grader"}}})),
                testing::ElementsAre("/fields/0/unit"));
    EXPECT_THAT(profile(json::array({{{"field", "t"}, {"property", "level"}, {"unit", "m"}},
                                     {{"field", "u"}, {"property", "level"}, {"unit", "cm"}}})),
                testing::ElementsAre("/fields/1/unit"));
}

TEST_F(PlacesTest, a_multi_datastream_keeps_its_components) {
    const auto property = registry_->observed_properties().create({.name = "wind"}).value();
    const auto id = registry_->multi_datastreams()
                        .create({.thing = registry_->things().create({.name = "Mast"}).value(),
                                 .sensor = registry_->sensors().create({.name = "Vane"}).value(),
                                 .name = "Wind",
                                 .components = {{property}, {property}}})
                        .value();
    const std::string path = fmt::format("/datastreams/{}", id.value);
    json body{{"name", "Vind"}, {"description", ""}, {"property", nullptr}, {"unit", nullptr}, {"access", "public"}};
    ASSERT_EQ(call(Method::put, path, body).status, 200);
    EXPECT_EQ(registry_->multi_datastreams().get(id).value().components.size(), 2U);
    EXPECT_EQ(registry_->multi_datastreams().get(id).value().access, registry::Access::open);
    body["unit"] = "m/s";
    EXPECT_THAT(places_of_faults(call(Method::put, path, body)), testing::ElementsAre("/unit"));
}

TEST_F(PlacesTest, adopting_leaves_put_aside_what_contradicts_another_frame) {
    send_frame(1);
    send_frame(1, "00cc24");  // the same frame with another payload
    put_codec(good_script, 0);
    put_profile();
    ASSERT_EQ(adopt().status, 201);
    EXPECT_EQ(store_->count(stream_of("temp")), 1U);
    const auto letters = call(Method::get, "/dead-letters?q=reason:frame_conflict");
    ASSERT_EQ(letters.body.at("items").size(), 1U) << letters.text;
    EXPECT_EQ(letters.body.at("items").at(0).at("state"), "waiting");
    const auto detail = call(Method::get, fmt::format("/devices/{}", dev_eui));
    std::vector<std::string> outcomes;
    for (const json& frame : detail.body.at("last_frames")) {
        outcomes.push_back(frame.at("outcome"));
    }
    // What was tried again is the same frame.
    EXPECT_THAT(outcomes, testing::UnorderedElementsAre("stored", "quarantined")) << detail.text;
}

TEST_F(PlacesTest, a_stamp_of_the_future_is_no_time_at_which_a_device_was_heard) {
    send_frame(1, "00c224", std::chrono::hours{24 * 365});
    EXPECT_EQ(call(Method::get, "/inbox").body.at("items").at(0).at("last_seen"), format_instant(clock_.now()));
}

TEST_F(PlacesTest, a_frame_whose_reading_is_refused_says_so_and_names_the_field) {
    adopt_at_landfalltjern();
    put_codec("function decodeUplink(input) { return { data: { temp: \"warm\", battery: 3.5 } }; }", 1);
    send_frame(2);
    const auto detail = call(Method::get, fmt::format("/devices/{}", dev_eui));
    EXPECT_EQ(detail.body.at("last_frames").at(0).at("outcome"), "quarantined") << detail.text;
    const auto letter = call(Method::get, "/dead-letters?q=reason:wrong_type").body.at("items").at(0);
    EXPECT_EQ(letter.at("field"), "temp");
}

}  // namespace
}  // namespace bypuls::staff
