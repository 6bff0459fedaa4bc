#include "platform/notify/webhooks/sender.h"

#include <map>
#include <mutex>

#include <gtest/gtest.h>

#include "platform/database/testing/test_database.h"
#include "platform/notify/webhooks/cloud_event.h"

namespace bypuls::webhooks {
namespace {

using namespace std::chrono_literals;
using database::TestDatabase;

/// Targets that answer as a test says, and keep what they were sent.
class Targets {
public:
    struct Got {
        http::FetchRequest request;
        http::FetchOptions options;
    };
    std::map<std::string, int> status;  ///< by URL; 0: nobody answers; 200 when not given
    http::Headers answer_headers;

    Result<http::FetchResponse> post(const http::FetchRequest& request, const http::FetchOptions& options) {
        const std::lock_guard lock(mutex_);
        got_.push_back({request, options});
        const auto found = status.find(request.url);
        const int answer = found == status.end() ? 200 : found->second;
        if (answer == 0) {
            return fail(Errc::unavailable, "connection refused");
        }
        return http::FetchResponse{.status = answer, .headers = answer_headers, .body = {}};
    }
    std::vector<Got> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(got_, {});
    }

private:
    std::mutex mutex_;
    std::vector<Got> got_;
};

class SenderTest : public testing::Test {
protected:
    SenderTest() : place_(TestDatabase::make(database::Engine::sqlite).value()), database_(place_.open()) {
        EXPECT_TRUE(database::migrate(*database_, {Outbox::component()}, clock_));
        outbox_ = std::make_unique<Outbox>(*database_, clock_);
        sender_ = std::make_unique<Sender>(
            Sender::Parts{*outbox_, clock_, random_,
                          [this](const auto& request, const auto& options) { return targets_.post(request, options); }},
            options_);
    }

    SubscriptionId subscribe(const std::string& url) {
        return outbox_
            ->subscribe(
                {.url = url, .description = "", .wanted = {.datastreams = {DatastreamId{1}}}, .secret = secret_})
            .value();
    }
    void put(SubscriptionId to, const std::vector<std::string>& ids) {
        std::vector<NewMessage> messages;
        for (const std::string& id : ids) {
            messages.push_back({to, id, to_json({.id = id, .source = "/", .type = "t"})});
        }
        ASSERT_TRUE(outbox_->put(messages, {++position_}));
    }

    SimulatedClock clock_{Instant{1'700'000'000s}};
    SeededRandom random_{7};
    const SenderOptions options_{.attempts_max = 3, .wait_first = 10s, .wait_max = 1min};
    TestDatabase place_;
    std::unique_ptr<database::Database> database_;
    std::unique_ptr<Outbox> outbox_;
    Targets targets_;
    std::unique_ptr<Sender> sender_;
    const Secret secret_ = *Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    std::uint64_t position_ = 0;
};

TEST_F(SenderTest, SendsSignedCloudEventsThatAReceiverCanVerify) {
    put(subscribe("https://a.example/"), {"e1"});
    EXPECT_EQ(sender_->send_due()->delivered, 1U);
    const auto got = targets_.take();
    ASSERT_EQ(got.size(), 1U);
    const auto& [request, options] = got[0];
    EXPECT_EQ(request.method, http::Method::post);
    EXPECT_EQ(request.headers.get("content-type"), "application/cloudevents+json");
    EXPECT_EQ(request.headers.get("webhook-id"), "e1");
    EXPECT_EQ(request.headers.get("webhook-timestamp"), "1700000000");
    EXPECT_TRUE(verify_signature(secret_, "e1", clock_.now(), request.body, *request.headers.get("webhook-signature"),
                                 clock_.now()));
    EXPECT_EQ(cloud_event_from_json(request.body)->id, "e1");
    EXPECT_EQ(options.reach, http::Reach::public_only);
    EXPECT_EQ(sender_->send_due()->delivered, 0U) << "and not again";
}

TEST_F(SenderTest, AFailingTargetIsTriedAgainLaterInOrderAndAnotherIsNotHeldUp) {
    const auto bad = subscribe("https://bad.example/");
    const auto good = subscribe("https://good.example/");
    put(bad, {"1", "2"});
    put(good, {"1", "2"});
    targets_.status["https://bad.example/"] = 0;
    EXPECT_EQ(sender_->send_due()->delivered, 1U);
    EXPECT_EQ(sender_->send_due()->delivered, 1U);
    EXPECT_EQ(sender_->send_due()->failed, 0U);
    targets_.take();

    targets_.status["https://bad.example/"] = 204;
    clock_.advance(10s);
    EXPECT_EQ(sender_->send_due()->delivered, 1U);
    EXPECT_EQ(sender_->send_due()->delivered, 1U);
    const auto got = targets_.take();
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[0].request.headers.get("webhook-id"), "1");
    EXPECT_EQ(got[1].request.headers.get("webhook-id"), "2");
}

TEST_F(SenderTest, AfterTheLastAttemptAMessageIsADeadLetterAndTheNextHasItsTurn) {
    const auto id = subscribe("https://a.example/");
    put(id, {"1", "2"});
    targets_.status["https://a.example/"] = 500;
    for (int attempt = 0; attempt < 3; ++attempt) {
        ASSERT_TRUE(sender_->send_due());
        clock_.advance(1min);
    }
    const auto dead = outbox_->dead_letters(id, 10).value();
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_EQ(dead[0].failure, (Failure{"answered", 500, "the target answered 500"}));
    EXPECT_EQ(dead[0].attempts, 3);
    EXPECT_EQ(outbox_->attempts(id)->front().status, 500);
    targets_.status.clear();
    EXPECT_EQ(sender_->send_due()->delivered, 1U);
}

TEST_F(SenderTest, ATargetThatIsGoneIsSwitchedOffAndKeepsWhatWaits) {
    put(subscribe("https://a.example/"), {"1"});
    targets_.status["https://a.example/"] = 410;
    ASSERT_TRUE(sender_->send_due());
    const auto all = outbox_->subscriptions().value();
    EXPECT_FALSE(all[0].active);
    EXPECT_EQ(all[0].waiting, 1U);
    clock_.advance(24h);
    EXPECT_EQ(sender_->send_due()->failed, 0U);
}

TEST_F(SenderTest, ATargetThatAsksForTimeIsGivenIt) {
    put(subscribe("https://a.example/"), {"1"});
    targets_.status["https://a.example/"] = 429;
    targets_.answer_headers = {{"Retry-After", "120"}};
    ASSERT_TRUE(sender_->send_due());
    EXPECT_EQ(*outbox_->next_due(), clock_.now() + 120s);
}

TEST(Wait, DoublesUpToItsBoundAndIsCutByChance) {
    SeededRandom random(3);
    const SenderOptions options{.wait_first = 1s, .wait_max = 1min};
    for (int failures = 1; failures < 100; ++failures) {
        const auto whole = failures <= 6 ? std::chrono::milliseconds(1000LL << (failures - 1)) : 60'000ms;
        const auto wait = wait_after(failures, options, random);
        EXPECT_GE(wait, whole / 2) << failures;
        EXPECT_LE(wait, whole) << failures;
    }
}

// The guard is the HTTP client's own; this shows that the sender uses it.
TEST_F(SenderTest, DoesNotReachIntoTheHouse) {
    const auto id = subscribe("https://127.0.0.1:1/");
    put(id, {"1"});
    Sender real(Sender::Parts{*outbox_, clock_, random_}, {.attempts_max = 1});
    EXPECT_EQ(real.send_due()->given_up, 1U);
    EXPECT_NE(outbox_->dead_letters(id, 1)->front().failure.what.find("not a public address"), std::string::npos);
}

}  // namespace
}  // namespace bypuls::webhooks
