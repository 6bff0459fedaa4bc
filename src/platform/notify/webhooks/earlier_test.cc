#include "platform/database/testing/earlier.h"

#include <gmock/gmock.h>

#include "platform/notify/webhooks/account.h"
#include "platform/notify/webhooks/outbox.h"

namespace bypuls::webhooks {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Instant made = Instant{std::chrono::sys_days{std::chrono::year{2026} / 5 / 1}} + 12h;

void expect_subscriptions(Outbox& outbox) {
    const auto all = outbox.subscriptions().value();
    ASSERT_THAT(all, SizeIs(2));
    EXPECT_EQ(all[0].id, SubscriptionId{7});
    EXPECT_EQ(all[0].url, "https://example.org/hook");
    EXPECT_EQ(all[0].description, "Kart og plan");
    EXPECT_EQ(all[0].wanted,
              (Wanted{.datastreams = {DatastreamId{12}, DatastreamId{13}}, .places = {"landfalltjern"}}));
    EXPECT_EQ(all[0].secret.text(), "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    EXPECT_EQ(all[0].created, made);
    EXPECT_EQ(all[0].refused, 2U);
    EXPECT_TRUE(all[0].active);
    EXPECT_FALSE(all[1].active);
}

void expect_messages(int version, Outbox& outbox) {
    EXPECT_EQ(outbox.position().value(), journal::Position{118});
    const auto waiting = outbox.due(10).value();
    ASSERT_THAT(waiting, SizeIs(1));
    EXPECT_EQ(waiting[0].event_id, "waits");
    EXPECT_EQ(waiting[0].body, R"({"id":"waits"})");
    EXPECT_EQ(waiting[0].attempts, 1);
    const auto dead = outbox.dead_letters(SubscriptionId{7}, 10).value();
    ASSERT_THAT(dead, SizeIs(1));
    EXPECT_EQ(dead[0].event_id, "given-up");
    EXPECT_EQ(dead[0].failure, (Failure{.what = "no answer"})) << "what failed before had a sentence and no reason";
    EXPECT_THAT(outbox.attempts(SubscriptionId{7}).value(), SizeIs(version >= 3 ? 1 : 0));
}

TEST(OutboxOfAnEarlierVersion, StillOwesWhatItOwed) {
    const auto done = database::for_every_version(
        "platform/notify/webhooks", Outbox::component(), [](int version, database::Database& today) {
            SCOPED_TRACE(version);
            const SimulatedClock clock{made + 1h};
            Outbox outbox(today, clock);
            expect_subscriptions(outbox);
            expect_messages(version, outbox);
            const Account account = account_of(today).value();
            EXPECT_TRUE(account.balances());
            EXPECT_EQ(account.waiting, 1U);
            EXPECT_EQ(account.dead, 1U);
            EXPECT_EQ(account.refused, 2U);
            EXPECT_EQ(account.delivered, version >= 2 ? 5U : 0U) << "what was delivered before the account is unknown";
            const NewMessage next{SubscriptionId{7}, "next", "{}"};
            ASSERT_TRUE(outbox.put(std::vector{next}, {119}));
            ASSERT_TRUE(outbox.delivered(outbox.due(1)->front().id, 200));
            EXPECT_EQ(outbox.due(10)->front().event_id, "next");
        });
    EXPECT_TRUE(done) << done.error();
}

}  // namespace
}  // namespace bypuls::webhooks
