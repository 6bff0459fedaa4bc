#include "platform/mqtt/store.h"

#include <gmock/gmock.h>

#include "core/clock.h"
#include "core/random.h"
#include "platform/database/testing/test_database.h"

namespace bypuls::mqtt {
namespace {

/// What every store of sessions must do, on each engine.
class StoreContract : public testing::TestWithParam<database::Engine> {
protected:
    void SetUp() override {
        auto made = database::TestDatabase::make(GetParam());
        if (!made) {
            GTEST_SKIP() << made.error().what;
        }
        test_database_.emplace(std::move(*made));
        database_ = test_database_->open();
        SystemClock clock;
        ASSERT_TRUE(database::migrate(*database_, {mqtt_component()}, clock).has_value());
        store_ = make_relational_store(*database_);
    }
    Kept load() {
        auto kept = make_relational_store(*database_)->load();
        EXPECT_TRUE(kept.has_value()) << kept.error();
        return kept.value_or(Kept{});
    }
    void apply(const Changes& changes) {
        const auto applied = store_->apply(changes);
        ASSERT_TRUE(applied.has_value()) << applied.error();
    }

    std::optional<database::TestDatabase> test_database_;
    std::unique_ptr<database::Database> database_;
    std::unique_ptr<Store> store_;
};
INSTANTIATE_TEST_SUITE_P(Engines, StoreContract,
                         testing::Values(database::Engine::sqlite, database::Engine::postgresql),
                         [](const auto& engine) { return std::string(database::name_of(engine.param)); });

MessagePtr message(std::string topic, std::string payload) {
    Message made{.topic = std::move(topic), .payload = std::move(payload), .qos = QoS::exactly_once, .retain = true};
    made.properties.set(PropertyId::content_type, "text/plain");
    made.properties.add_user("æ", "ø");
    made.publisher = "måler";
    made.expires = Instant{std::chrono::seconds{1'800'000'000}};
    return std::make_shared<const Message>(std::move(made));
}

Changes some_changes() {
    Changes changes;
    changes.sessions["a"] = {.client_id = "a",
                             .owner = "key:1",
                             .expiry = 60,
                             .disconnected = Instant{Duration{5}},
                             .will = message("gone", "a"),
                             .will_delay = 3};
    changes.sessions["b"] = {
        .client_id = "b", .owner = "key:2", .grants = {.read = true}, .expiry = session_never_expires};
    changes.subscriptions[{"a", "x/+"}] = KeptSubscription{{.filter = "x/+",
                                                            .qos = QoS::at_least_once,
                                                            .no_local = true,
                                                            .retain_as_published = true,
                                                            .retain_handling = RetainHandling::send_if_new},
                                                           268'435'455};
    changes.messages[{"a", 2}] = KeptMessage{.message = message("x/1", std::string("\0\xff", 2)),
                                             .qos = QoS::exactly_once,
                                             .retain = true,
                                             .subscription_ids = {3, 17},
                                             .packet_id = 9};
    changes.messages[{"a", 11}] = KeptMessage{.message = message("x/2", "")};
    changes.received[{"b", 65'535}] = true;
    changes.retained["state/ø"] = message("state/ø", "on");
    return changes;
}

TEST_P(StoreContract, GivesBackWhatItWasGiven) {
    const Changes changes = some_changes();
    apply(changes);
    const Kept kept = load();
    EXPECT_EQ(kept.sessions, changes.sessions);
    EXPECT_EQ(kept.subscriptions.at({"a", "x/+"}), changes.subscriptions.at({"a", "x/+"}));
    ASSERT_EQ(kept.messages.size(), 2U);
    EXPECT_EQ(kept.messages.begin()->first.second, 2U) << "in the order of their numbers";
    EXPECT_EQ(kept.messages.at({"a", 2}), *changes.messages.at({"a", 2}));
    EXPECT_EQ(kept.received, (std::set<std::pair<std::string, std::uint16_t>>{{"b", 65'535}}));
    ASSERT_NE(kept.retained.at("state/ø"), nullptr);
    EXPECT_EQ(*kept.retained.at("state/ø"), *changes.retained.at("state/ø"));
}

TEST_P(StoreContract, ChangesAndTakesAway) {
    apply(some_changes());
    Changes later;
    later.sessions["a"] = {.client_id = "a", .owner = "key:1", .expiry = 90};
    later.subscriptions[{"a", "x/+"}] = std::nullopt;
    later.messages[{"a", 2}] =
        KeptMessage{.message = message("x/1", "ignored"), .qos = QoS::exactly_once, .packet_id = 9, .released = true};
    later.messages[{"a", 11}] = std::nullopt;
    later.received[{"b", 65'535}] = false;
    later.retained["state/ø"] = nullptr;
    apply(later);
    const Kept kept = load();
    EXPECT_EQ(kept.sessions.at("a"), later.sessions.at("a"));
    EXPECT_TRUE(kept.subscriptions.empty());
    ASSERT_EQ(kept.messages.size(), 1U);
    EXPECT_TRUE(kept.messages.at({"a", 2}).released);
    EXPECT_EQ(kept.messages.at({"a", 2}).message->payload, std::string("\0\xff", 2)) << "a message never changes";
    EXPECT_TRUE(kept.received.empty());
    EXPECT_TRUE(kept.retained.empty());
}

TEST_P(StoreContract, ARemovedSessionTakesEverythingOfItsOwnAndMayBeginAnew) {
    apply(some_changes());
    Changes anew;
    anew.remove_session("a");
    anew.sessions["a"] = {.client_id = "a", .owner = "key:9", .grants = {.observe = true, .change = true}, .expiry = 1};
    apply(anew);
    const Kept kept = load();
    EXPECT_EQ(kept.sessions.at("a").owner, "key:9");
    EXPECT_TRUE(kept.subscriptions.empty());
    EXPECT_TRUE(kept.messages.empty());
    EXPECT_EQ(kept.received.size(), 1U);
}

TEST_P(StoreContract, IsAllOrNothing) {
    apply(some_changes());
    Changes broken;
    broken.retained["other"] = message("other", "x");
    broken.messages[{"nobody", 1}] = KeptMessage{.message = message("x", "y")};
    EXPECT_FALSE(store_->apply(broken).has_value());
    EXPECT_EQ(load().retained.size(), 1U);
}

TEST(Changes, MergingIsApplyingOneAfterTheOther) {
    Changes first = some_changes();
    Changes later;
    later.remove_session("a");
    later.received[{"b", 65'535}] = false;
    first.merge(later);
    EXPECT_FALSE(first.sessions.contains("a"));
    EXPECT_TRUE(first.subscriptions.empty());
    EXPECT_TRUE(first.messages.empty());
    EXPECT_FALSE(first.received.at({"b", 65'535}));
    EXPECT_TRUE(first.removed_sessions.contains("a"));
}

}  // namespace
}  // namespace bypuls::mqtt
