#include "platform/notify/webhooks/outbox.h"

#include <array>

#include <gtest/gtest.h>
#include <soci/soci.h>

#include "platform/database/testing/test_database.h"
#include "platform/notify/webhooks/account.h"

namespace bypuls::webhooks {
namespace {

using namespace std::chrono_literals;
using database::Engine;
using database::TestDatabase;

const Failure refused{.reason = "answered", .status = 500, .what = "the target answered 500"};

class OutboxContract : public testing::TestWithParam<Engine> {
protected:
    void SetUp() override {
        auto made = TestDatabase::make(GetParam());
        if (!made && made.error().code == Errc::unavailable) {
            GTEST_SKIP() << made.error().what;
        }
        ASSERT_TRUE(made) << made.error();
        place_ = std::make_unique<TestDatabase>(std::move(*made));
        restart();
    }

    void restart() {
        outbox_.reset();
        database_.reset();
        database_ = place_->open();
        const auto migrated = database::migrate(*database_, {Outbox::component()}, clock_);
        ASSERT_TRUE(migrated) << migrated.error();
        outbox_ = std::make_unique<Outbox>(*database_, clock_, OutboxOptions{.waiting_max = 3});
    }

    NewSubscription wish(const std::string& url = "https://example.org/hook") {
        return {.url = url,
                .description = "Kart og plan",
                .wanted = {.datastreams = {DatastreamId{12}, DatastreamId{13}}, .places = {"landfalltjern"}},
                .secret = Secret::random(random_)};
    }
    NewMessage message(SubscriptionId to, const std::string& id) { return {to, id, R"({"id":")" + id + "\"}"}; }
    std::vector<std::string> due(std::size_t limit = 100) {
        std::vector<std::string> out;
        for (const Message& m : *outbox_->due(limit)) {
            out.push_back(m.event_id);
        }
        return out;
    }
    using Ids = std::vector<std::string>;

    std::unique_ptr<TestDatabase> place_;
    std::unique_ptr<database::Database> database_;
    std::unique_ptr<Outbox> outbox_;
    SimulatedClock clock_{Instant{1'700'000'000s}};
    SeededRandom random_{1};
};

TEST_P(OutboxContract, SubscriptionsAreThereAfterARestart) {
    const NewSubscription wanted = wish();
    const auto id = outbox_->subscribe(wanted).value();
    restart();
    const auto all = outbox_->subscriptions().value();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].id, id);
    EXPECT_EQ(all[0].url, wanted.url);
    EXPECT_EQ(all[0].description, wanted.description);
    EXPECT_EQ(all[0].wanted, wanted.wanted);
    EXPECT_EQ(all[0].secret.text(), wanted.secret.text());
    EXPECT_TRUE(all[0].active);
    EXPECT_EQ(all[0].created, clock_.now());
}

TEST_P(OutboxContract, WhatWasPutIsThereAfterARestartOnceAndInOrder) {
    const auto a = outbox_->subscribe(wish()).value();
    const auto b = outbox_->subscribe(wish()).value();
    ASSERT_TRUE(outbox_->put(std::vector{message(a, "1"), message(b, "1"), message(a, "2")}, {5}));
    restart();
    EXPECT_EQ(outbox_->position()->value, 5U);
    ASSERT_TRUE(outbox_->put(std::vector{message(a, "9")}, {5}));
    ASSERT_TRUE(outbox_->put(std::vector{message(a, "2"), message(a, "3")}, {6}));
    EXPECT_EQ(due(), (Ids{"1", "1"})) << "one of each target at a time";
    for (const Message& m : *outbox_->due(100)) {
        ASSERT_TRUE(outbox_->delivered(m.id, 200));
    }
    EXPECT_EQ(due(), Ids{"2"});
    ASSERT_TRUE(outbox_->delivered(outbox_->due(1)->front().id, 200));
    EXPECT_EQ(due(), Ids{"3"});
    EXPECT_EQ(outbox_->due(1)->front().body, R"({"id":"3"})");
}

TEST_P(OutboxContract, APutOffMessageHoldsItsTargetBackAndNoOther) {
    const auto a = outbox_->subscribe(wish()).value();
    const auto b = outbox_->subscribe(wish()).value();
    ASSERT_TRUE(outbox_->put(std::vector{message(a, "a1"), message(a, "a2"), message(b, "b1")}, {1}));
    ASSERT_TRUE(outbox_->put_off(outbox_->due(1)->front().id, clock_.now() + 10s, {.what = "no answer"}));
    EXPECT_EQ(due(), Ids{"b1"});
    clock_.advance(10s);
    EXPECT_EQ(due(), (Ids{"b1", "a1"}));
    const Message again = outbox_->due(2)->back();
    EXPECT_EQ(again.attempts, 1);
    EXPECT_EQ(again.failure.what, "no answer");
}

TEST_P(OutboxContract, TellsWhenTheNextIsDue) {
    EXPECT_EQ(*outbox_->next_due(), std::nullopt);
    const auto a = outbox_->subscribe(wish()).value();
    ASSERT_TRUE(outbox_->put(std::vector{message(a, "1")}, {1}));
    EXPECT_EQ(*outbox_->next_due(), clock_.now());
    ASSERT_TRUE(outbox_->put_off(outbox_->due(1)->front().id, clock_.now() + 1h, {.what = ""}));
    EXPECT_EQ(*outbox_->next_due(), clock_.now() + 1h);
    ASSERT_TRUE(outbox_->set_active(a, false));
    EXPECT_EQ(*outbox_->next_due(), std::nullopt);
    EXPECT_EQ(outbox_->subscriptions()->front().waiting, 1U);
}

TEST_P(OutboxContract, DeadLettersLetTheNextPassAndCanBeRevived) {
    const auto a = outbox_->subscribe(wish()).value();
    ASSERT_TRUE(outbox_->put(std::vector{message(a, "1"), message(a, "2")}, {1}));
    ASSERT_TRUE(outbox_->give_up(outbox_->due(1)->front().id, refused));
    EXPECT_EQ(due(), Ids{"2"});
    const auto dead = outbox_->dead_letters(a, 10).value();
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_EQ(dead[0].failure, refused);
    EXPECT_EQ(outbox_->subscriptions()->front().dead, 1U);
    ASSERT_TRUE(outbox_->revive(dead[0].id));
    EXPECT_EQ(due(), Ids{"1"});
    EXPECT_EQ(outbox_->revive(dead[0].id).error().code, Errc::not_found);
}

TEST_P(OutboxContract, RemembersTheLastAttemptsOfEachTarget) {
    const auto a = outbox_->subscribe(wish()).value();
    const auto b = outbox_->subscribe(wish()).value();
    ASSERT_TRUE(outbox_->put(std::vector{message(a, "1"), message(b, "other")}, {1}));
    ASSERT_TRUE(outbox_->put_off(outbox_->due(1)->front().id, clock_.now(), refused));
    clock_.advance(1s);
    ASSERT_TRUE(outbox_->delivered(outbox_->due(1)->front().id, 204));

    const auto attempts = outbox_->attempts(a).value();
    ASSERT_EQ(attempts.size(), 2U);
    EXPECT_EQ(attempts[0].event_id, "1");
    EXPECT_EQ(attempts[0].status, 204);
    EXPECT_EQ(attempts[0].failure, std::nullopt);
    EXPECT_EQ(attempts[0].at, clock_.now());
    EXPECT_EQ(attempts[1].status, 500);
    EXPECT_EQ(attempts[1].failure, refused);
    EXPECT_TRUE(outbox_->attempts(b)->empty());

    for (std::uint64_t i = 2; i < 40; ++i) {
        ASSERT_TRUE(outbox_->put(std::vector{message(a, std::to_string(i))}, {i}));
        for (const Message& m : *outbox_->due(2)) {
            if (m.subscription == a) {
                ASSERT_TRUE(outbox_->delivered(m.id, 200));
            }
        }
    }
    EXPECT_EQ(outbox_->attempts(a)->size(), attempts_kept);
    EXPECT_EQ(outbox_->attempts(a)->front().event_id, "39");
    ASSERT_TRUE(outbox_->unsubscribe(a));
    EXPECT_TRUE(outbox_->attempts(a)->empty());
}

TEST_P(OutboxContract, DeletedReadingsTakeTheirAttemptsAlong) {
    const auto a = outbox_->subscribe(wish()).value();
    NewMessage told = message(a, "1");
    told.datastream = DatastreamId{12};
    told.time = clock_.now();
    ASSERT_TRUE(outbox_->put(std::vector{told, message(a, "2")}, {1}));
    ASSERT_TRUE(outbox_->delivered(outbox_->due(1)->front().id, 200));
    ASSERT_TRUE(outbox_->delivered(outbox_->due(1)->front().id, 200));
    ASSERT_EQ(*outbox_->forget(DatastreamId{12}, std::vector{Interval{clock_.now(), clock_.now() + 1s}}), 0U)
        << "no message waits";
    ASSERT_EQ(outbox_->attempts(a)->size(), 1U);
    EXPECT_EQ(outbox_->attempts(a)->front().event_id, "2");
}

TEST_P(OutboxContract, EveryEarlierVersionOfItsTablesComesForward) {
    const auto component = Outbox::component();
    for (int version = 0; version <= static_cast<int>(component.migrations.size()); ++version) {
        place_ = std::make_unique<TestDatabase>(TestDatabase::make(GetParam()).value());
        {
            const auto database = place_->open();
            ASSERT_TRUE(database::migrate(*database, {component}, clock_, {.number_max = version}));
            if (version >= 1) {
                // As a town at that version would have it, written without the code of today.
                ASSERT_TRUE(database->write("test", [&](soci::session& sql) -> Result<void> {
                    const std::string secret = Secret::random(random_).text();
                    sql << "INSERT INTO webhooks_subscriptions (id, url, description, datastreams, places, secret, "
                           "active, created, refused) VALUES (7, 'https://example.org/hook', '', '12', '', :secret, 1, "
                           "0, 2)",
                        soci::use(secret);
                    sql << "INSERT INTO webhooks_messages (id, subscription, event, body, datastream, at, created, "
                           "next_attempt, attempts, fault, dead) VALUES (3, 7, 'e', '{}', 12, 0, 0, 0, 16, 'no "
                           "answer', "
                           "1)";
                    sql << "UPDATE webhooks_state SET value = 7 WHERE name = 'subscriptions'";
                    sql << "UPDATE webhooks_state SET value = 3 WHERE name = 'messages'";
                    return {};
                }));
            }
        }

        restart();

        const SubscriptionId id = version >= 1 ? SubscriptionId{7} : outbox_->subscribe(wish()).value();
        if (version >= 1) {
            const auto dead = outbox_->dead_letters(id, 10).value();
            ASSERT_EQ(dead.size(), 1U);
            EXPECT_EQ(dead[0].failure, (Failure{.what = "no answer"}));
            ASSERT_TRUE(outbox_->revive(dead[0].id));
            ASSERT_TRUE(outbox_->delivered(dead[0].id, 200));
        }
        ASSERT_TRUE(outbox_->put(std::vector{message(id, "new")}, {9}));
        EXPECT_EQ(due(), Ids{"new"});
        EXPECT_EQ(outbox_->attempts(id)->size(), version >= 1 ? 1U : 0U);
        EXPECT_EQ(account_of(*database_)->refused, version == 1 ? 2U : 0U) << "from version 1, " << version;
    }
}

TEST_P(OutboxContract, ForgetsOldDeadLettersAlone) {
    const auto a = outbox_->subscribe(wish()).value();
    ASSERT_TRUE(outbox_->put(std::vector{message(a, "1"), message(a, "2")}, {1}));
    ASSERT_TRUE(outbox_->give_up(outbox_->due(1)->front().id, {.what = ""}));
    EXPECT_EQ(*outbox_->forget_dead(), 0U);
    clock_.advance(24h * 31);
    EXPECT_EQ(*outbox_->forget_dead(), 1U);
    EXPECT_EQ(due(), Ids{"2"});
}

TEST_P(OutboxContract, AFullQueueRefusesAndCountsTheNewest) {
    const auto a = outbox_->subscribe(wish()).value();
    ASSERT_TRUE(outbox_->put(std::vector{message(a, "1"), message(a, "2"), message(a, "3"), message(a, "4")}, {1}));
    ASSERT_TRUE(outbox_->put(std::vector{message(a, "5")}, {2}));
    const auto all = outbox_->subscriptions().value();
    EXPECT_EQ(all[0].waiting, 3U);
    EXPECT_EQ(all[0].refused, 2U);
    EXPECT_EQ(due(), Ids{"1"});
}

TEST_P(OutboxContract, UnsubscribingTakesTheMessagesAlong) {
    const auto a = outbox_->subscribe(wish()).value();
    ASSERT_TRUE(outbox_->put(std::vector{message(a, "1")}, {1}));
    ASSERT_TRUE(outbox_->unsubscribe(a));
    EXPECT_EQ(due(), Ids{});
    EXPECT_EQ(outbox_->unsubscribe(a).error().code, Errc::not_found);
    EXPECT_EQ(outbox_->set_active(a, true).error().code, Errc::not_found);
    ASSERT_TRUE(outbox_->put(std::vector{message(a, "2")}, {2})) << "a message of one that has gone is passed over";
    EXPECT_EQ(outbox_->position()->value, 2U);
    EXPECT_NE(outbox_->subscribe(wish()).value(), a) << "an id is never used again";
}

TEST_P(OutboxContract, EveryMessageIsAccountedFor) {
    const auto a = outbox_->subscribe(wish()).value();
    const auto b = outbox_->subscribe(wish()).value();
    const auto reading = [&](SubscriptionId to, const std::string& id, std::int64_t datastream) {
        NewMessage made = message(to, id);
        made.datastream = DatastreamId{datastream};
        made.time = clock_.now();
        return made;
    };
    ASSERT_TRUE(outbox_->put(std::vector{reading(a, "1", 12), reading(a, "2", 12), reading(a, "3", 13),
                                         reading(a, "4", 12), reading(b, "1", 12)},
                             {1}));
    ASSERT_TRUE(outbox_->put(std::vector{reading(b, "1", 12)}, {2})) << "the same again";
    EXPECT_EQ(account_of(*database_).value(), (Account{.taken = 4, .waiting = 4, .refused = 1}));
    const auto first = outbox_->due(1)->front();
    ASSERT_TRUE(outbox_->delivered(first.id, 200));
    ASSERT_TRUE(outbox_->delivered(first.id, 200)) << "noted twice, delivered once";
    ASSERT_TRUE(outbox_->put_off(outbox_->due(1)->front().id, clock_.now(), {.what = "down"}));
    ASSERT_TRUE(outbox_->give_up(outbox_->due(1)->front().id, {.what = "down"}));
    EXPECT_EQ(
        account_of(*database_).value(),
        (Account{.taken = 4, .delivered = 1, .waiting = 2, .dead = 1, .retried = 1, .given_up = 1, .refused = 1}));
    const std::array second{Interval{clock_.now(), clock_.now() + 1s}};
    ASSERT_EQ(*outbox_->forget(DatastreamId{13}, second), 1U);
    restart();
    ASSERT_TRUE(outbox_->unsubscribe(b));
    clock_.advance(24h * 31);
    ASSERT_TRUE(outbox_->forget_dead());
    const auto account = account_of(*database_).value();
    EXPECT_TRUE(account.balances());
    EXPECT_EQ(account.taken, 4U);
    EXPECT_EQ(account.forgotten + account.delivered + account.waiting + account.dead, 4U);
    EXPECT_EQ(account.delivered, 1U);
    std::string metrics;
    append_metrics(metrics, account);
    EXPECT_NE(metrics.find("bypuls_webhooks_taken_total 4\n"), std::string::npos) << metrics;
}

TEST_P(OutboxContract, BadSubscriptionsAreNamed) {
    const auto fault = [&](NewSubscription s) { return outbox_->subscribe(s).error().what; };
    for (const auto* url :
         {"http://example.org", "https://", "https://user:pw@example.org/", "ftp://x", "https://a b", ""}) {
        EXPECT_EQ(fault(wish(url)).substr(0, 5), "url: ") << url;
    }
    NewSubscription nothing = wish();
    nothing.wanted = {};
    EXPECT_EQ(fault(nothing), "datastreams, places: 1 to 1000 of them");
    NewSubscription slug = wish();
    slug.wanted.places = {"Landfall tjern"};
    EXPECT_EQ(fault(slug).substr(0, 8), "places: ");
    NewSubscription id = wish();
    id.wanted.datastreams = {DatastreamId{0}};
    EXPECT_EQ(fault(id).substr(0, 13), "datastreams: ");
}

INSTANTIATE_TEST_SUITE_P(Engines, OutboxContract, testing::Values(Engine::sqlite, Engine::postgresql),
                         [](const auto& info) { return std::string(name_of(info.param)); });

}  // namespace
}  // namespace bypuls::webhooks
