#include <fmt/format.h>
#include <gmock/gmock.h>

#include "platform/publish/sensorthings/routes/batch.h"

#include "tests/conformance/world.h"

// If-Match (RFC 9110 §13.1.1) in the parts of a batch (18-088 §13): the same guard as outside.
namespace bypuls::sensorthings::conformance {
namespace {

using testing::HasSubstr;

class SensorThingsConditions : public testing::Test {
protected:
    static std::string at(std::string_view set, std::int64_t id) { return fmt::format("{}({})", set, id); }
    std::int64_t add_thing(std::string_view name) {
        return world.post("Things", {{"name", name}, {"description", "d"}}).id();
    }
    std::string name_of(std::int64_t thing) { return world.get(at("Things", thing)).body["name"]; }
    std::string etag_of(std::int64_t thing) { return http::etag_of(world.get(at("Things", thing)).text); }
    std::vector<Reply> answers(const batch::Group& group) {
        if (!group.together) {
            return {world.service.answer(world.form, group.parts.at(0).ask, world.rights)};
        }
        std::vector<Service::Member> members;
        for (const auto& part : group.parts) {
            members.push_back({part.ask, part.id});
        }
        return world.service.change_together(world.form, members, world.rights);
    }
    /// A PATCH of the name, as a part of multipart/mixed.
    std::string patch_part(std::int64_t thing, std::string_view name, std::string_view condition) {
        return "Content-Type: application/http\r\n\r\nPATCH " + at("Things", thing) +
               " HTTP/1.1\r\nif-match: " + std::string(condition) +
               "\r\nContent-Type: application/json\r\n\r\n{\"name\":\"" + std::string(name) + "\"}\r\n";
    }
    static json patch_request(std::string_view url, std::string_view name, std::string_view condition) {
        return {{"id", url},
                {"method", "patch"},
                {"url", url},
                {"headers", {{"If-Match", condition}}},
                {"body", {{"name", name}}}};
    }

    World world;
};

TEST_F(SensorThingsConditions, APartOfABatchIsMadeOnlyWhileItsIfMatchHolds) {
    const auto thing = add_thing("first");
    const auto seen = etag_of(thing);
    const auto text =
        "--b\r\n" + patch_part(thing, "second", seen) + "--b\r\n" + patch_part(thing, "third", seen) + "--b--\r\n";
    const auto groups = batch::parse_multipart(text, "multipart/mixed; boundary=b", "/sta/v1.1").value();
    ASSERT_EQ(groups.size(), 2U);

    EXPECT_EQ(answers(groups[0]).at(0).status, 200);
    const auto late = answers(groups[1]).at(0);

    EXPECT_EQ(late.status, 412);
    EXPECT_THAT(late.error.value().what, HasSubstr("If-Match"));
    EXPECT_EQ(name_of(thing), "second");
}

TEST_F(SensorThingsConditions, AJsonBatchHasItsConditionsInHeaders) {
    const auto thing = add_thing("first");
    const json requests{
        {"requests",
         {patch_request(at("Things", thing), "second", "W/" + etag_of(thing)),
          patch_request(at("Things", thing), "third", "\"another\""),
          {{"method", "delete"}, {"url", at("Things", thing)}, {"headers", {{"if-match", "\"another\""}}}},
          patch_request("Things(999)", "x", "*"),
          {{"method", "get"}, {"url", at("Things", thing)}, {"headers", {{"if-match", "\"another\""}}}}}}};
    const auto groups = batch::parse_json(requests.dump(), "/sta/v1.1").value();
    std::vector<int> statuses;
    for (const auto& group : groups) {
        statuses.push_back(answers(group).at(0).status);
    }
    EXPECT_EQ(statuses, (std::vector{200, 412, 412, 412, 200}));
    EXPECT_EQ(name_of(thing), "second");
}

TEST_F(SensorThingsConditions, AChangeSetIsMadeOnlyWhenAllItsConditionsHoldBeforeIt) {
    const auto one = add_thing("one");
    const auto other = add_thing("other");
    const auto set = [&](std::string_view names, const std::string& condition) {
        json requests{patch_request(at("Things", one), names, etag_of(one)),
                      patch_request(at("Things", other), names, condition)};
        for (json& request : requests) {
            request["atomicityGroup"] = "g";
        }
        const auto groups = batch::parse_json(json{{"requests", requests}}.dump(), "/sta/v1.1").value();
        return std::pair(groups.at(0), answers(groups.at(0)));
    };
    const auto stale = etag_of(other);
    ASSERT_EQ(world.patch(at("Things", other), {{"name", "changed"}}).status, 200);

    const auto [refused, whole] = set("new", stale);
    ASSERT_EQ(whole.size(), 1U);
    EXPECT_EQ(whole[0].status, 412);
    EXPECT_THAT(whole[0].error.value().what, HasSubstr("part " + at("Things", other)));
    EXPECT_EQ(name_of(one), "one");
    EXPECT_EQ(json::parse(batch::render_json({{refused, whole}}))["responses"].at(1)["status"], 412);

    const auto [made, replies] = set("new", etag_of(other));
    ASSERT_EQ(replies.size(), 2U);
    EXPECT_EQ(name_of(one), "new");
    EXPECT_EQ(name_of(other), "new");
}

TEST_F(SensorThingsConditions, AReadInABatchTellsItsValidator) {
    const auto groups =
        batch::parse_json(R"({"requests":[{"id":"r","method":"get","url":"Things"}]})", "/sta/v1.1").value();
    const std::vector<batch::Answered> answered{{groups[0], {Reply{.etag = "\"v\"", .body = "{}"}}}};

    EXPECT_THAT(batch::render_multipart(answered, "r"), HasSubstr("200 OK\r\nETag: \"v\"\r\nContent-Type"));
    EXPECT_EQ(json::parse(batch::render_json(answered))["responses"].at(0)["headers"]["etag"], "\"v\"");
}

}  // namespace
}  // namespace bypuls::sensorthings::conformance
