#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "platform/publish/sensorthings/routes/batch.h"
#include "platform/publish/sensorthings/routes/routes.h"

#include "tests/conformance/world.h"

// OGC 18-088 §13 over HTTP: req/batch-request/batch-request below http://www.opengis.net/spec/iot_sensing/1.1/req/.
namespace bypuls::sensorthings::conformance {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view thing_body = R"({"name":"n","description":"d"})";

class SensorThingsBatch : public testing::Test {
protected:
    SensorThingsBatch() { world.form.root = "http://localhost:8080/sta/v1.1"; }

    /// POST $batch as whoever may do everything, or as anybody.
    http::Response post(std::string body, std::string type = "application/json", bool anybody = false) {
        auto made = routes({.public_plane = [this] { return RouteParts::PublicLook{nullptr, world.data}; },
                            .internal = anybody ? nullptr : &world.service,
                            .pool = pool,
                            .questions = questions,
                            .clock = world.clock,
                            .origin = "http://town.test",
                            .anonymous_writes = !anybody,
                            .limits = world.service.parts().limits});
        const auto route = std::ranges::find_if(made, [](const http::Route& one) {
            return one.method == http::Method::post && one.pattern.starts_with("/sta/v1.1");
        });
        http::Request request{.method = http::Method::post,
                              .path = "/sta/v1.1/$batch",
                              .path_parameters = {{"path", "$batch"}},
                              .headers = {{"Content-Type", std::move(type)}, {"Host", "localhost:8080"}},
                              .body = std::move(body)};
        request.id = "r1";
        boost::asio::io_context loop;
        auto answer = boost::asio::co_spawn(loop, route->handler(request), boost::asio::use_future);
        loop.run();
        return answer.get();
    }
    json responses(const std::vector<json>& requests, bool anybody = false) {
        const auto response = post(json{{"requests", requests}}.dump(), "application/json", anybody);
        EXPECT_EQ(response.status, 200) << text_of(response);
        return json::parse(text_of(response)).value("responses", json::array());
    }
    static std::string text_of(const http::Response& response) { return std::get<std::string>(response.body); }
    static std::vector<int> statuses(const json& answered) {
        std::vector<int> all;
        for (const json& one : answered) {
            all.push_back(one.at("status").get<int>());
        }
        return all;
    }
    static json get(std::string_view url) { return {{"id", url}, {"method", "get"}, {"url", url}}; }
    static json change(std::string_view id, std::string_view method, std::string_view url, const json& body) {
        return {{"id", id}, {"atomicityGroup", "g"}, {"method", method}, {"url", url}, {"body", body}};
    }
    static std::string part(std::string_view line) {
        return fmt::format(
            "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding:binary\r\n\r\n"
            "{} HTTP/1.1\r\nHost: localhost\r\n\r\n\r\n",
            line);
    }
    std::size_t count(std::string_view set) { return world.list(set).size(); }

    World world;
    Pool pool{2};
    FairPool questions{{}};
};

// req/batch-request/batch-request
TEST_F(SensorThingsBatch, IsAnsweredInTheFormInWhichItCame) {
    world.add_datastream();
    const auto multipart = post(part("GET /v1.1/Things(1)?$select=name") + part("GET Things(99)") + "--b--\r\n",
                                "multipart/mixed;boundary=b");
    EXPECT_EQ(multipart.status, 200);
    EXPECT_EQ(multipart.headers.get("Content-Type"), "multipart/mixed; boundary=batch_r1");
    EXPECT_TRUE(text_of(multipart).starts_with(
        "--batch_r1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 200 OK\r\n"))
        << text_of(multipart);
    EXPECT_THAT(text_of(multipart), HasSubstr("\r\n\r\n{\"name\":\"water\"}\r\n--batch_r1\r\n"));
    EXPECT_THAT(text_of(multipart), HasSubstr("HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json"));
    EXPECT_TRUE(text_of(multipart).ends_with("\r\n--batch_r1--\r\n"));

    const auto answered = responses({get("Things(1)?$select=name"), get("Things(99)")});
    EXPECT_THAT(statuses(answered), ElementsAre(200, 404));
    EXPECT_EQ(answered[0]["id"], "Things(1)?$select=name");
    EXPECT_EQ(answered[0]["body"], (json{{"name", "water"}}));
    EXPECT_THAT(answered[1]["body"]["detail"], "there is no Things(99)");
}

// req/batch-request/batch-request
TEST_F(SensorThingsBatch, FindsPartsByEveryWayOfAddressingThem) {
    world.add_datastream();
    for (const char* url :
         {"Things(1)", "/Things(1)", "/v1.1/Things(1)", "/v1.0/Things(1)", "/sta/v1.1/Things(1)", "/sta/v1.0/Things(1)",
          "http://town.test/sta/v1.1/Things(1)", "https://elsewhere.test:8443/v1.1/Things(1)?$select=name"}) {
        EXPECT_THAT(statuses(responses({get(url)})), ElementsAre(200)) << url;
    }
    for (const char* url : {"/api/v1/places", "/sta/v1.1x/Things", "/v1.10/Things", "http://town.test", "Thing(1)"}) {
        const auto answered = responses({get(url)});
        EXPECT_EQ(answered.at(0)["status"] == 404 || answered.at(0)["body"].contains("value"), true) << answered.dump();
    }
}

TEST_F(SensorThingsBatch, OnePartThatIsNoRequestLeavesTheOthersAlone) {
    world.add_datastream();
    const auto answered = responses({get("Things(1)"),
                                     {{"id", "2"}, {"method", "fetch"}, {"url", "Things"}},
                                     {{"id", "3"}, {"method", "get"}, {"url", "Things(1)/n%zzme"}},
                                     json(7),
                                     get("Things(1)/name")});
    EXPECT_THAT(statuses(answered), ElementsAre(200, 400, 400, 400, 200));
    EXPECT_THAT(answered[1]["body"]["detail"], HasSubstr("'fetch'"));
    EXPECT_EQ(answered[2]["id"], "3");
    const auto multipart = post(
        part("GET Things(1)") + part("nonsense") + "--b\r\n\r\nno header\r\n" + part("GET Things(1)/name") + "--b--",
        "multipart/mixed; boundary=b");
    EXPECT_EQ(multipart.status, 200);
    const std::string text = text_of(multipart);
    std::vector<std::string> lines;
    for (auto at = text.find("HTTP/1.1 "); at != std::string::npos; at = text.find("HTTP/1.1 ", at + 1)) {
        lines.push_back(text.substr(at + 9, 3));
    }
    EXPECT_THAT(lines, ElementsAre("200", "400", "400", "200"));
}

TEST_F(SensorThingsBatch, AChangeSetWithAPartThatIsNoRequestMakesNothing) {
    const auto body = json::parse(thing_body);
    const auto answered = responses({change("1", "post", "Things", body),
                                     change("2", "post", "Th%ngs", body),
                                     {{"id", "3"}, {"method", "post"}, {"url", "Things"}, {"body", body}}});
    EXPECT_THAT(statuses(answered), ElementsAre(400, 400, 201));
    EXPECT_EQ(count("Things"), 1U) << "the one beside the change set";
    EXPECT_THAT(statuses(responses({change("1", "post", "Things", body), change("2", "post", "Nothing", body)})),
                ElementsAre(404, 404));
    EXPECT_EQ(count("Things"), 1U);
    const auto empty = post("--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c--\r\n--b--\r\n",
                            "multipart/mixed; boundary=b");
    EXPECT_EQ(empty.status, 200);
    EXPECT_THAT(text_of(empty), HasSubstr("a change set without a change"));
}

// req/batch-request/batch-request
TEST_F(SensorThingsBatch, AChangeSetChangesWhatItMakesByContentId) {
    const json stream = datastream_body("first name");
    const auto answered =
        responses({change("t", "post", "Things", whole_thing()), change("s", "post", "$t/Datastreams", stream),
                   change("p", "patch", "$s", {{"name", "second name"}}),
                   change("q", "patch", "$p", {{"description", "and described"}}),
                   change("o", "post", "$s/Observations", {{"result", 4}})});
    ASSERT_THAT(statuses(answered), ElementsAre(201, 201, 200, 200, 201)) << answered.dump(1);
    const auto made = world.get(answered[1]["location"].get<std::string>()).body;
    EXPECT_EQ(made["name"], "second name");
    EXPECT_EQ(made["description"], "and described");
    EXPECT_EQ(world.list(answered[1]["location"].get<std::string>() + "/Observations").size(), 1U);
}

TEST_F(SensorThingsBatch, TwoChangesToOneEntityInAChangeSetBothCount) {
    world.add_datastream();
    EXPECT_THAT(statuses(responses({change("1", "patch", "Things(1)", {{"name", "new name"}}),
                                    change("2", "patch", "Things(1)", {{"description", "new description"}})})),
                ElementsAre(200, 200));
    const auto after = world.get("Things(1)").body;
    EXPECT_EQ(after["name"], "new name");
    EXPECT_EQ(after["description"], "new description");
}

TEST_F(SensorThingsBatch, AReferenceThatCannotBeFollowedSaysWhy) {
    world.add_datastream();
    const auto why = [&](const std::vector<json>& requests) {
        const auto answered = responses(requests);
        return answered.at(0).at("body").value("detail", "");
    };
    const json observe = change("o", "post", "Datastreams(1)/Observations", {{"result", 4}});
    EXPECT_THAT(why({change("1", "patch", "$nobody", {{"name", "x"}})}), HasSubstr("'$nobody' stands for nothing"));
    EXPECT_THAT(why({observe, change("2", "patch", "$o", {{"result", 5}})}), HasSubstr("has no id before all is made"));
    EXPECT_THAT(why({change("1", "post", "Things", json::parse(thing_body)), change("2", "delete", "$1", nullptr)}),
                HasSubstr("cannot delete"));
    EXPECT_THAT(why({change("1", "post", "Things", json::parse(thing_body)),
                     change("2", "post", "$1/Sensors", json::object())}),
                HasSubstr("a Thing has no set 'Sensors'"));
    // The entity's kind goes with the name: Sensors(1) and Things(1) share their number.
    EXPECT_THAT(statuses(responses({change("s", "patch", "Sensors(1)", {{"name", "s"}}),
                                    change("t", "patch", "Things(1)", {{"name", "t"}}),
                                    change("d", "post", "$t/Datastreams", datastream_body("of the thing"))})),
                ElementsAre(200, 200, 201));
    EXPECT_EQ(count("Things(1)/Datastreams"), 2U);
}

TEST_F(SensorThingsBatch, AnybodyReadsAndChangesNothing) {
    world.add_datastream();
    const auto answered = responses({get("Things(1)"),
                                     {{"id", "2"}, {"method", "post"}, {"url", "Things"}, {"body", whole_thing()}},
                                     {{"id", "3"}, {"method", "delete"}, {"url", "Things(1)"}},
                                     change("4", "post", "Datastreams(1)/Observations", {{"result", 4}})},
                                    true);
    EXPECT_THAT(statuses(answered), ElementsAre(200, 403, 403, 403));
    EXPECT_EQ(count("Things"), 1U);
    EXPECT_EQ(count("Observations"), 0U);
}

TEST_F(SensorThingsBatch, AKeyThatObservesMakesNoDatastreamInAChangeSetEither) {
    world.add_datastream();
    const Rights observes{.change = false, .observe = true};
    json smuggled = datastream_body("smuggled");
    smuggled["Thing"] = {{"@iot.id", 1}};
    const auto replies = world.service.change_together(world.form,
                                                       {{{.method = http::Method::post,
                                                          .path = "Observations",
                                                          .body = json{{"result", 4}, {"Datastream", smuggled}}.dump()},
                                                         ""}},
                                                       observes);
    ASSERT_TRUE(replies.at(0).error);
    EXPECT_EQ(replies[0].error->code, Errc::forbidden);
    EXPECT_EQ(count("Datastreams"), 1U);
}

TEST_F(SensorThingsBatch, HasAnEnd) {
    json requests = json::array();
    for (std::size_t i = 0; i <= batch::parts_max; ++i) {
        requests.push_back(get("Things"));
    }
    const auto refused = post(json{{"requests", requests}}.dump());
    EXPECT_EQ(refused.status, 413);
    EXPECT_THAT(text_of(refused), HasSubstr("at most 1000 parts"));
    std::string nested = "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n";
    for (std::size_t i = 0; i <= batch::parts_max; ++i) {
        nested += "--c\r\nContent-Type: application/http\r\n\r\nDELETE Things(1) HTTP/1.1\r\n\r\n\r\n";
    }
    EXPECT_EQ(post(nested + "--c--\r\n--b--\r\n", "multipart/mixed; boundary=b").status, 413);
}

TEST_F(SensorThingsBatch, TakesTheTimeOfOneQuestionAndThenBeginsNothingMore) {
    world.add_datastream();
    world.sink.stored = [&](auto) { world.clock.advance(6s); };
    std::vector<json> requests;
    for (int i = 0; i < 6; ++i) {
        requests.push_back({{"id", std::to_string(i)},
                            {"method", "post"},
                            {"url", "Datastreams(1)/Observations"},
                            {"body", {{"phenomenonTime", fmt::format("2026-06-01T00:00:0{}Z", i)}, {"result", i}}}});
    }
    const auto answered = responses(requests);
    EXPECT_THAT(statuses(answered), ElementsAre(201, 201, 201, 201, 400, 400)) << "20 s in all";
    EXPECT_EQ(answered[4]["body"]["type"], "/problems/too-much");
    EXPECT_THAT(answered[4]["body"]["detail"], HasSubstr("not begun"));
    EXPECT_EQ(count("Observations"), 4U);
}

TEST_F(SensorThingsBatch, LooksAtNoMoreThanOneQuestionMay) {
    for (int i = 0; i < 10; ++i) {
        world.post("Things", json::parse(thing_body));
    }
    Service::Parts limited = world.service.parts();
    limited.limits.rows_looked_at = 25;
    Service service(limited);
    Allowance left{.rows = 25, .answer_bytes = 1U << 20U, .until = world.clock.steady() + 20s};
    std::vector<int> seen;
    for (int i = 0; i < 4; ++i) {
        const auto reply = service.answer(
            world.form, {.path = "Things", .query = {{"$filter", "length(name) gt 0"}}, .together = &left},
            world.rights);
        seen.push_back(reply.error ? reply.status : 200);
    }
    EXPECT_THAT(seen, ElementsAre(200, 200, asked_too_much, asked_too_much));
}

}  // namespace
}  // namespace bypuls::sensorthings::conformance
