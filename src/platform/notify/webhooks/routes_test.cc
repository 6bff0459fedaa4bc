#include "platform/notify/webhooks/routes.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "platform/database/testing/test_database.h"
#include "platform/http/client.h"
#include "platform/http/server.h"
#include "platform/policy/policy.h"

namespace bypuls::webhooks {
namespace {

using namespace std::chrono_literals;
using http::Method;
using nlohmann::json;
using testing::HasSubstr;

class WebhookRoutes : public testing::Test {
protected:
    WebhookRoutes() : place_(database::TestDatabase::make(database::Engine::sqlite).value()), database_(place_.open()) {
        EXPECT_TRUE(database::migrate(*database_, {Outbox::component()}, clock_));
        outbox_ = std::make_unique<Outbox>(*database_, clock_);
        router_.add(routes({*outbox_, random_, pool_, [this] { ++changes_; }}));
        server_ = http::start_server(router_, {.tick = 5ms}).value();
    }

    struct Reply {
        int status = 0;
        json body;
    };
    Reply ask(Method method, const std::string& path, const json& body = nullptr) {
        const auto answer =
            http::fetch({.method = method,
                         .url = "http://127.0.0.1:" + std::to_string(server_->port()) + "/api/v1/webhooks" + path,
                         .headers = {{"Content-Type", "application/json"}},
                         .body = body.is_null() ? "" : body.dump()},
                        {.reach = http::Reach::anywhere});
        EXPECT_TRUE(answer) << answer.error().what;
        return {answer->status, json::parse(answer->body, nullptr, false)};
    }

    SimulatedClock clock_{Instant{1'700'000'000s}};
    SystemRandom random_;
    Pool pool_{1};
    int changes_ = 0;
    database::TestDatabase place_;
    std::unique_ptr<database::Database> database_;
    std::unique_ptr<Outbox> outbox_;
    http::Router router_;
    std::unique_ptr<http::Server> server_;
};

const json wish = {
    {"url", "https://a.example/hook"}, {"description", "Kart"}, {"datastreams", {12}}, {"places", {"tjern"}}};

TEST_F(WebhookRoutes, AreForThoseWhoMayAdministerAlone) {
    for (const auto& route : routes({*outbox_, random_, pool_, [] {}})) {
        EXPECT_EQ(route.permission, policy::admin) << route.pattern;
    }
}

TEST_F(WebhookRoutes, ASecretIsShownOnceWhenItIsMade) {
    const Reply made = ask(Method::post, "", wish);
    EXPECT_EQ(made.status, 201);
    EXPECT_TRUE(Secret::parse(made.body.at("secret").get<std::string>()));
    EXPECT_EQ(made.body.at("places"), json({"tjern"}));
    EXPECT_EQ(changes_, 1);
    const Reply list = ask(Method::get, "");
    ASSERT_EQ(list.body.at("items").size(), 1U);
    EXPECT_EQ(list.body.dump().find("whsec_"), std::string::npos);
    EXPECT_EQ(list.body.at("items")[0].at("url"), "https://a.example/hook");
}

TEST_F(WebhookRoutes, ASecretMayBeBrought) {
    json own = wish;
    own["secret"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    EXPECT_EQ(ask(Method::post, "", own).body.at("secret"), own["secret"]);
    own["secret"] = "short";
    EXPECT_EQ(ask(Method::post, "", own).status, 400);
}

TEST_F(WebhookRoutes, CanBeSwitchedOffAndRemoved) {
    const std::string id = ask(Method::post, "", wish).body.at("id").dump();
    EXPECT_EQ(ask(Method::patch, "/" + id, {{"active", false}}).body.at("active"), false);
    EXPECT_EQ(ask(Method::patch, "/" + id, {{"active", "no"}}).status, 400);
    EXPECT_EQ(ask(Method::patch, "/" + id, {{"active", true}, {"url", "https://b.example"}}).status, 400);
    EXPECT_EQ(ask(Method::del, "/" + id).status, 204);
    EXPECT_EQ(ask(Method::del, "/" + id).status, 404);
    EXPECT_EQ(ask(Method::patch, "/abc", {{"active", true}}).status, 404);
}

TEST_F(WebhookRoutes, DeadLettersAreShownAndTriedAgain) {
    const auto id = SubscriptionId{ask(Method::post, "", wish).body.at("id").get<std::int64_t>()};
    ASSERT_TRUE(outbox_->put(std::vector<NewMessage>{{id, "e1", "{}"}}, {1}));
    ASSERT_TRUE(outbox_->give_up(outbox_->due(1)->front().id,
                                 {.reason = "answered", .status = 500, .what = "the target answered 500"}));
    const Reply dead = ask(Method::get, "/" + std::to_string(id.value) + "/dead-letters");
    ASSERT_EQ(dead.body.at("items").size(), 1U);
    EXPECT_EQ(dead.body.at("items")[0].at("fault"), "the target answered 500");
    const std::string retry = "/dead-letters/" + dead.body.at("items")[0].at("id").dump() + "/retry";
    EXPECT_EQ(ask(Method::post, retry).status, 204);
    EXPECT_EQ(outbox_->due(1)->size(), 1U);
    EXPECT_EQ(ask(Method::post, retry).status, 404);
}

TEST_F(WebhookRoutes, TheLastDeliveriesAreShown) {
    const auto id = SubscriptionId{ask(Method::post, "", wish).body.at("id").get<std::int64_t>()};
    ASSERT_TRUE(outbox_->put(std::vector<NewMessage>{{id, "e1", "{}"}}, {1}));
    ASSERT_TRUE(
        outbox_->put_off(outbox_->due(1)->front().id, clock_.now(), {.reason = "timed_out", .what = "no answer"}));
    ASSERT_TRUE(outbox_->delivered(outbox_->due(1)->front().id, 204));
    const Reply shown = ask(Method::get, "/" + std::to_string(id.value) + "/deliveries");
    ASSERT_EQ(shown.body.at("items").size(), 2U);
    EXPECT_EQ(shown.body.at("items")[0].at("status"), 204);
    EXPECT_EQ(shown.body.at("items")[0].at("received"), true);
    EXPECT_EQ(shown.body.at("items")[0].at("reason"), nullptr);
    EXPECT_EQ(shown.body.at("items")[1].at("status"), nullptr);
    EXPECT_EQ(shown.body.at("items")[1].at("reason"), "timed_out");
    EXPECT_EQ(shown.body.at("items")[1].at("fault"), "no answer");
    EXPECT_EQ(ask(Method::get, "/99/deliveries").status, 404);
}

TEST_F(WebhookRoutes, FaultsAreNamed) {
    json bad = wish;
    bad["url"] = "http://a.example";
    const Reply reply = ask(Method::post, "", bad);
    EXPECT_EQ(reply.status, 400);
    EXPECT_THAT(reply.body.at("detail").get<std::string>(), HasSubstr("url: must begin with https://"));
    EXPECT_EQ(ask(Method::post, "", json::array()).status, 400);
    bad = wish;
    bad["colour"] = "red";
    EXPECT_THAT(ask(Method::post, "", bad).body.at("detail").get<std::string>(), HasSubstr("colour"));
    bad = wish;
    bad["datastreams"] = {"12"};
    EXPECT_EQ(ask(Method::post, "", bad).status, 400);
}

}  // namespace
}  // namespace bypuls::webhooks
