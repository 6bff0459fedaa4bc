#include "apps/staff/fixture_test.h"

namespace bypuls::staff {
namespace {

TEST_F(StaffTest, nothing_internal_answers_without_a_session) {
    ASSERT_TRUE(policy::check_routes(router_).has_value());
    int asked = 0;
    for (const auto& route : router_.routes()) {
        if (route->permission == policy::anyone) {
            continue;
        }
        std::string target = route->pattern;
        for (auto at = target.find('{'); at != std::string::npos; at = target.find('{')) {
            target.replace(at, target.find('}') - at + 1, "1");
        }
        const auto reply = send(request_for(route->method, target, json::object()));
        EXPECT_THAT(reply.status, testing::AnyOf(401, 403)) << route->pattern;
        EXPECT_FALSE(reply.body.contains("items")) << route->pattern;
        ++asked;
    }
    EXPECT_GE(asked, 20);
}

TEST_F(StaffTest, every_change_needs_the_csrf_token) {
    set_up();
    csrf_token_ = "guessed";
    for (const auto& route : router_.routes()) {
        if (route->permission != policy::anyone && route->method != Method::get) {
            std::string target = route->pattern.substr(std::string_view("/api/v1/staff").size());
            for (auto at = target.find('{'); at != std::string::npos; at = target.find('{')) {
                target.replace(at, target.find('}') - at + 1, "1");
            }
            EXPECT_EQ(call(route->method, target, json::object()).status, 403) << route->pattern;
        }
    }
}

TEST_F(StaffTest, the_first_account_is_made_once_and_signs_in_by_its_name) {
    EXPECT_EQ(call(Method::get, "/setup").body, json({{"needed", true}}));
    set_up();
    EXPECT_EQ(call(Method::get, "/setup").body, json({{"needed", false}}));
    EXPECT_EQ(call(Method::get, "/session").body.at("name"), "Kari Nordmann");

    EXPECT_EQ(call(Method::del, "/session").status, 204);
    EXPECT_EQ(call(Method::get, "/session").status, 401);
    EXPECT_EQ(call(Method::post, "/tokens", json::object()).status, 401);
    const json wrong{{"name", "Kari Nordmann"}, {"password", "ikke dette passordet"}};
    EXPECT_EQ(send(request_for(Method::post, "/api/v1/staff/session", wrong)).status, 401);
    const json right{{"name", "kari nordmann"}, {"password", password}};
    take_session(send(request_for(Method::post, "/api/v1/staff/session", right)));
    EXPECT_EQ(call(Method::get, "/session").status, 200);
}

TEST_F(StaffTest, another_sites_page_cannot_sign_anyone_in) {
    set_up();
    auto request =
        request_for(Method::post, "/api/v1/staff/session", {{"name", "Kari Nordmann"}, {"password", password}});
    request.headers.set("Sec-Fetch-Site", "cross-site");
    EXPECT_EQ(send(std::move(request)).status, 403);
}

TEST_F(StaffTest, guessing_is_slowed_down) {
    set_up();
    int status = 0;
    for (int i = 0; i < 10 && status != 429; ++i) {
        const json wrong{{"name", "Kari Nordmann"}, {"password", "gjetning nummer en"}};
        status = send(request_for(Method::post, "/api/v1/staff/session", wrong)).status;
    }
    EXPECT_EQ(status, 429);
}

TEST_F(StaffTest, bodies_are_read_strictly) {
    set_up();
    const auto unknown = call(Method::post, "/tokens", {{"name", "x"}, {"scopes", {"ingest"}}, {"sudo", true}});
    EXPECT_EQ(unknown.status, 400);
    EXPECT_EQ(unknown.body.at("errors").at(0).at("where"), "/sudo");
    EXPECT_EQ(call(Method::post, "/tokens", {{"name", ""}, {"scopes", {"root"}}}).body.at("errors").size(), 2U);
    EXPECT_EQ(call(Method::post, "/tokens", "[1,2").status, 400);
    EXPECT_EQ(call(Method::get, "/devices?limit=100000").status, 400);
    EXPECT_EQ(call(Method::get, "/dead-letters?q=reason:nonsense").status, 400);
}

TEST_F(StaffTest, an_unknown_device_is_adopted_and_what_it_sent_is_read) {
    set_up();
    send_frame(1);
    const auto inbox = call(Method::get, "/inbox");
    ASSERT_EQ(inbox.body.at("total"), 1) << inbox.text;
    EXPECT_EQ(inbox.body.at("items").at(0).at("dev_eui"), dev_eui);
    EXPECT_EQ(inbox.body.at("items").at(0).at("last_frame").at("outcome"), "waiting");

    put_codec(good_script, 0);
    put_profile();
    const Instant sent = clock_.now();
    const auto adopted = adopt();
    ASSERT_EQ(adopted.status, 201) << adopted.text;
    EXPECT_EQ(adopted.body.at("place_name"), "Landfalltjern");
    EXPECT_EQ(adopted.body.at("battery_volt"), 3.6);

    const auto latest = store_->latest(stream_of("temp"));
    ASSERT_TRUE(latest);
    EXPECT_EQ(std::get<double>(latest->value), 19.4);
    EXPECT_EQ(latest->time, sent);
    EXPECT_TRUE(registry_->feature_at(registry_->streams()->find(stream_of("temp"))->thing, sent).value());
    EXPECT_EQ(registry_->streams()->find(stream_of("temp"))->access, registry::Access::open);
    const auto place = registry_->place_by_slug("landfalltjern").value();
    EXPECT_THAT(place.datastreams, testing::Contains(stream_of("temp")));
    EXPECT_EQ(registry_->datastreams().get(stream_of("temp")).value().properties, R"({"interval_s":3600})");

    EXPECT_EQ(call(Method::get, "/inbox").body.at("total"), 0);
    EXPECT_EQ(adopt().status, 409);
    const auto detail = call(Method::get, fmt::format("/devices/{}", dev_eui));
    EXPECT_EQ(detail.body.at("datastreams").size(), 2U) << detail.text;
    EXPECT_EQ(detail.body.at("last_frames").at(0).at("decoded").at("temp"), 19.4) << detail.text;
    EXPECT_EQ(call(Method::get, "/devices?q=tjern%20BADEVAKT").body.at("total"), 1);
    EXPECT_EQ(call(Method::get, "/devices?q=fjord").body.at("total"), 0);
    EXPECT_EQ(call(Method::get, "/codecs").body.at("items").at(0).at("decoded"), 1);

    const auto quality = call(Method::get, "/quality");
    ASSERT_EQ(quality.body.at("items").size(), 2U) << quality.text;
    EXPECT_EQ(quality.body.at("items").at(0).at("received_24h"), 1);
    EXPECT_EQ(quality.body.at("items").at(0).at("expected_24h"), 24);
}

TEST_F(StaffTest, a_device_shows_what_its_network_server_tells_of_it) {
    set_up();
    put_codec(good_script, 0);
    put_profile();
    send_frame(1);
    ASSERT_EQ(adopt().status, 201);
    const std::string path = fmt::format("/devices/{}", dev_eui);
    const auto before = call(Method::get, path);
    EXPECT_EQ(before.body.at("power"), nullptr);
    EXPECT_EQ(before.body.at("last_events"), json::array());

    send_event("join", R"("devAddr":"01020304")");
    send_event("status", R"("margin":9,"batteryLevel":57.5)");
    const auto told = clock_.now();
    send_event("log", R"("level":"ERROR","code":"UPLINK_CODEC","description":"no such function")");
    send_event("ack", R"("queueItemId":"q","acknowledged":true)");
    const auto detail = call(Method::get, path);
    EXPECT_EQ(detail.body.at("power"),
              (json{{"time", format_instant(told)}, {"battery_percent", 57.5}, {"external_power", false}}));
    const json& events = detail.body.at("last_events");
    ASSERT_EQ(events.size(), 4U) << detail.text;
    EXPECT_EQ(events.at(0).at("kind"), "ack");
    EXPECT_EQ(events.at(0).at("acknowledged"), true);
    EXPECT_EQ(events.at(1).at("level"), "error");
    EXPECT_EQ(events.at(1).at("code"), "UPLINK_CODEC");
    EXPECT_EQ(events.at(1).at("description"), "no such function");
    EXPECT_EQ(events.at(1).at("battery_percent"), nullptr);
    EXPECT_EQ(events.at(2).at("margin_db"), 9);
    EXPECT_EQ(events.at(3).at("dev_addr"), "01020304");

    send_event("status", R"("margin":9,"batteryLevelUnavailable":true)");
    const json power = call(Method::get, path).body.at("power");
    EXPECT_EQ(power.at("battery_percent"), nullptr) << "an older level is no longer what is known";
    EXPECT_EQ(power.at("external_power"), false);
}

TEST_F(StaffTest, the_rules_in_force_are_told) {
    set_up();
    const auto rules = call(Method::get, "/quality-rules");
    ASSERT_EQ(rules.status, 200) << rules.text;
    const json& items = rules.body.at("items");
    ASSERT_EQ(items.size(), ingest::quality::Rules::shipped().all().size());
    const auto water =
        std::ranges::find(items, json("water_temperature"), [](const json& it) { return it.at("property"); });
    ASSERT_NE(water, items.end());
    EXPECT_EQ(water->at("lowest"), -2);
    EXPECT_EQ(water->at("stuck_after_s"), 3 * 86'400);
    EXPECT_EQ(water->at("configured"), false);
    const auto coli = std::ranges::find(items, json("e_coli"), [](const json& it) { return it.at("property"); });
    ASSERT_NE(coli, items.end());
    EXPECT_EQ(coli->at("property_name"), "E. coli in a water sample");
    EXPECT_EQ(coli->at("jump"), nullptr);
}

TEST_F(StaffTest, a_sample_is_not_expected_outside_the_season_of_its_place) {
    set_up();
    const auto id = lay_sample();
    const auto state_on = [&](Instant day) {
        clock_.jump_to(day);
        take_session(send(
            request_for(Method::post, "/api/v1/staff/session", {{"name", "Kari Nordmann"}, {"password", password}})));
        const auto quality = call(Method::get, "/quality?q=coli%20landfalltjern");
        EXPECT_EQ(quality.body.at("total"), 1) << quality.text;
        const json& one = quality.body.at("items").at(0);
        EXPECT_EQ(one.at("datastream"), std::to_string(id.value));
        EXPECT_EQ(one.at("property"), "e_coli");
        EXPECT_EQ(one.at("property_name"), "E. coli in a water sample");
        return one.at("state").get<std::string>();
    };
    EXPECT_EQ(state_on(on(8, 20)), "ok");
    EXPECT_EQ(state_on(on(11, 26)), "not_expected");
    // The next season: not silent before the first sample has had its time, three intervals of eighteen days.
    EXPECT_EQ(state_on(on(6, 2) + std::chrono::days{365}), "ok");
    EXPECT_EQ(state_on(on(7, 10) + std::chrono::days{365}), "late");
    EXPECT_EQ(state_on(on(8, 10) + std::chrono::days{365}), "silent");
    EXPECT_EQ(call(Method::get, "/quality?q=water%20sample").body.at("total"), 1) << "found by what people call it";
}

TEST_F(StaffTest, adopting_names_what_is_wrong_and_makes_nothing) {
    set_up();
    EXPECT_EQ(adopt().body.at("errors").at(0).at("where"), "/profile");
    put_codec(good_script, 0);
    put_profile();
    EXPECT_EQ(adopt().status, 404);
    EXPECT_TRUE(registry_->things().list({}, 10).value().items.empty());
}

TEST_F(StaffTest, a_dead_letter_is_replayed_after_the_codec_is_mended) {
    set_up();
    send_frame(1);
    put_codec(bad_script, 0);
    put_profile();
    ASSERT_EQ(adopt().status, 201);
    EXPECT_FALSE(store_->latest(stream_of("temp")));

    const auto letters = call(Method::get, "/dead-letters?q=reason:codec_failed%20state:waiting");
    ASSERT_EQ(letters.body.at("total"), 1) << letters.text;
    const json letter = letters.body.at("items").at(0);
    EXPECT_EQ(letter.at("line"), 3);
    EXPECT_EQ(letter.at("device"), dev_eui);
    const std::string replay = fmt::format("/dead-letters/{}/replay", letter.at("id").get<std::string>());

    const auto again = call(Method::post, replay);
    EXPECT_EQ(again.body.at("outcome"), "quarantined") << again.text;
    EXPECT_THAT(again.body.at("sentence").get<std::string>(), HasSubstr("line 3"));
    EXPECT_EQ(call(Method::post, replay).status, 409);

    put_codec(good_script, 1);
    const auto newer = call(Method::get, "/dead-letters?q=reason:codec_failed%20state:waiting").body.at("items").at(0);
    const auto mended = call(Method::post, fmt::format("/dead-letters/{}/replay", newer.at("id").get<std::string>()));
    EXPECT_EQ(mended.body.at("outcome"), "stored") << mended.text;
    EXPECT_EQ(std::get<double>(store_->latest(stream_of("temp"))->value), 19.4);
    EXPECT_EQ(call(Method::get, "/dead-letters?q=state:waiting").body.at("total"), 0);
    EXPECT_EQ(call(Method::post, "/dead-letters/999/replay").status, 404);
}

TEST_F(StaffTest, a_dead_letter_says_why_in_the_language_of_the_reader) {
    set_up();
    send_frame(1);
    const auto receipt = pipeline_->submit_and_wait({.way = ingest::Way::batch_json,
                                                     .sender = "test",
                                                     .received = clock_.now(),
                                                     .body = R"([{"datastream":"nowhere","value":1}])"});
    ASSERT_TRUE(receipt) << receipt.error();
    // As a program of an earlier version kept it.
    ledger_->add_dead_letter({.received = clock_.now(),
                              .source = "lines",
                              .reason = ingest::Reason::malformed,
                              .sentence = "line 7: no field"});
    ASSERT_TRUE(pipeline_->flush().has_value());
    const auto sentences = [&](http::Language language) {
        auto request = request_for(Method::get, "/api/v1/staff/dead-letters", nullptr);
        request.headers.set("Cookie", cookie_);
        request.language = language;
        std::vector<std::string> all;
        for (const json& letter : send(std::move(request)).body.at("items")) {
            all.push_back(letter.at("sentence").get<std::string>());
        }
        return all;
    };
    EXPECT_THAT(sentences(http::Language::nb),
                testing::UnorderedElementsAre("line 7: no field", "Rad 0: Datastrømmen finnes ikke.",
                                              "Ingen har tatt enheten i bruk ennå."));
    EXPECT_THAT(sentences(http::Language::nn),
                testing::UnorderedElementsAre("line 7: no field", "Rad 0: Datastraumen finst ikkje.",
                                              "Ingen har teke eininga i bruk enno."));
    EXPECT_THAT(sentences(http::Language::en),
                testing::UnorderedElementsAre("line 7: no field", "Row 0: There is no such datastream.",
                                              "Nobody has adopted the device yet."));
}

TEST_F(StaffTest, a_query_that_cannot_be_read_is_refused_in_the_language_of_the_reader) {
    set_up();
    auto request = request_for(Method::get, "/api/v1/staff/dead-letters?q=reason:nonsense", nullptr);
    request.headers.set("Cookie", cookie_);
    request.language = http::Language::nn;
    const auto refused = send(std::move(request));
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body.at("detail").get<std::string>(), HasSubstr("ingen grunn som heiter 'nonsense'"));
    for (const char* list : {"/api/v1/staff/devices?limit=201", "/api/v1/staff/dead-letters?limit=x"}) {
        auto asked = request_for(Method::get, list, nullptr);
        asked.headers.set("Cookie", cookie_);
        asked.language = http::Language::nb;
        const auto answered = send(std::move(asked));
        EXPECT_EQ(answered.status, 400);
        EXPECT_EQ(answered.body.at("detail"), "limit: må være et helt tall fra 1 til 200") << list;
    }
}

TEST_F(StaffTest, a_codec_that_does_not_load_is_refused_with_its_line) {
    set_up();
    const json broken{{"name", "Bath"}, {"script", "function decodeUplink(input) {\n  return {{;\n}"}, {"version", 0}};
    const auto refused = call(Method::put, "/codecs/bath", broken);
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.body.at("errors").at(0).at("where"), "/script");
    EXPECT_THAT(refused.body.at("detail").get<std::string>(), HasSubstr("Line 2"));
    EXPECT_EQ(call(Method::get, "/codecs/bath").status, 404);

    put_codec(good_script, 0);
    const json late{{"name", "Bath"}, {"script", good_script}, {"version", 0}};
    EXPECT_EQ(call(Method::put, "/codecs/bath", late).status, 409);
}

TEST_F(StaffTest, a_codec_is_tried_without_being_kept) {
    set_up();
    const auto good =
        call(Method::post, "/codecs/try", {{"script", good_script}, {"f_port", 2}, {"payload_hex", "00 c2 24"}});
    EXPECT_EQ(good.body.at("ok"), true) << good.text;
    EXPECT_EQ(good.body.at("decoded").at("temp"), 19.4);
    const auto bad =
        call(Method::post, "/codecs/try", {{"script", bad_script}, {"f_port", 2}, {"payload_hex", "00c224"}});
    EXPECT_EQ(bad.body.at("fault").at("kind"), "thrown") << bad.text;
    EXPECT_EQ(bad.body.at("fault").at("line"), 3);
    EXPECT_TRUE(call(Method::get, "/codecs").body.at("items").empty());
}

TEST_F(StaffTest, a_token_opens_what_it_says_until_it_is_revoked) {
    set_up();
    const auto made = call(Method::post, "/tokens", {{"name", "Målebua"}, {"scopes", {"read"}}});
    ASSERT_EQ(made.status, 201) << made.text;
    const std::string secret = made.body.at("secret").get<std::string>();
    const auto with_token = [&](Method method, std::string_view target, const json& body = nullptr) {
        auto request = request_for(method, target, body);
        request.headers.set("Authorization", "Bearer " + secret);
        return send(std::move(request)).status;
    };
    EXPECT_EQ(with_token(Method::get, "/api/v1/staff/devices"), 200);
    EXPECT_EQ(with_token(Method::get, "/api/v1/staff/session"), 401);
    EXPECT_EQ(with_token(Method::post, "/api/v1/staff/tokens", json::object()), 403);

    EXPECT_THAT(call(Method::get, "/tokens").text, testing::Not(HasSubstr(secret)));
    const std::string path = fmt::format("/tokens/{}", made.body.at("id").get<std::string>());
    EXPECT_EQ(call(Method::del, path).status, 204);
    EXPECT_EQ(with_token(Method::get, "/api/v1/staff/devices"), 401);
    EXPECT_FALSE(call(Method::get, "/tokens").body.at("items").at(0).at("revoked").is_null());
}

TEST_F(StaffTest, health_gives_the_account_of_every_source) {
    set_up();
    send_frame(1);
    const auto health = call(Method::get, "/health");
    EXPECT_EQ(health.body.at("status"), "ok") << health.text;
    EXPECT_EQ(health.body.at("version"), "1.2.3");
    const json source = health.body.at("sources").at(0);
    EXPECT_EQ(source.at("source"), "chirpstack");
    EXPECT_EQ(source.at("received"), 1);
    EXPECT_EQ(source.at("quarantined"), 1);
}

TEST_F(StaffTest, every_address_of_the_staff_pages_is_the_same_page) {
    for (const std::string_view path : {"/staff", "/staff/devices/70b3d57ed0065a1f"}) {
        auto request = request_for(Method::get, path, nullptr);
        const auto reply = send(std::move(request));
        EXPECT_EQ(reply.status, 200);
        EXPECT_THAT(reply.text, HasSubstr("id=staff"));
    }
}

}  // namespace
}  // namespace bypuls::staff
