#include "platform/ingest/mqtt/gatekeeper.h"

#include <future>

#include <gmock/gmock.h>

#include "core/random.h"
#include "platform/database/testing/test_database.h"
#include "platform/identity/store.h"

namespace bypuls::ingest {
namespace {

using Answer = std::expected<mqtt::Principal, mqtt::Fault>;

class KeyGatekeeperTest : public testing::Test {
protected:
    void SetUp() override {
        auto made = database::TestDatabase::make(database::Engine::sqlite);
        ASSERT_TRUE(made.has_value());
        test_database_.emplace(std::move(*made));
        database_ = test_database_->open();
        ASSERT_TRUE(database::migrate(*database_, {identity::identity_component()}, clock_).has_value());
        store_ = identity::make_relational_store(*database_);
        identity_ = std::make_unique<identity::Identity>(*store_, clock_, random_);
    }
    static Answer ask(KeyGatekeeper& gatekeeper, mqtt::Credentials credentials) {
        std::promise<Answer> promise;
        gatekeeper.authenticate(std::move(credentials), [&](Answer answer) { promise.set_value(std::move(answer)); });
        return promise.get_future().get();
    }

    SimulatedClock clock_{Instant{std::chrono::seconds{1'800'000'000}}};
    SystemRandom random_;
    std::optional<database::TestDatabase> test_database_;
    std::unique_ptr<database::Database> database_;
    std::unique_ptr<identity::Store> store_;
    std::unique_ptr<identity::Identity> identity_;
};

TEST_F(KeyGatekeeperTest, AKeyIsThePasswordAndTheUserNameIsFree) {
    const auto made = identity_->create_key("our gateway", {identity::Scope::ingest});
    ASSERT_TRUE(made.has_value());
    KeyGatekeeper gatekeeper(*identity_, clock_, {});
    const auto in = ask(gatekeeper, {.client_id = "a", .username = "anything", .password = made->token});
    ASSERT_TRUE(in.has_value()) << in.error().what;
    EXPECT_EQ(in->name, "our gateway");
    EXPECT_FALSE(in->publish.empty());
    EXPECT_TRUE(ask(gatekeeper, {.client_id = "a", .username = made->token}).has_value());
    const auto wrong = ask(gatekeeper, {.client_id = "a", .username = "x", .password = "byp_wrong_key"});
    ASSERT_FALSE(wrong.has_value());
    EXPECT_EQ(wrong.error().reason, mqtt::Reason::bad_user_name_or_password);
}

TEST_F(KeyGatekeeperTest, NobodyComesInWithoutAKeyUnlessSomethingIsPublic) {
    KeyGatekeeper closed(*identity_, clock_, {});
    EXPECT_EQ(ask(closed, {.client_id = "a"}).error().reason, mqtt::Reason::not_authorized);
    KeyGatekeeper open(*identity_, clock_, {.anonymous = {"public/#"}});
    const auto guest = ask(open, {.client_id = "a", .address = "192.0.2.1"});
    ASSERT_TRUE(guest.has_value());
    EXPECT_TRUE(guest->publish.empty());
    EXPECT_THAT(guest->subscribe, testing::ElementsAre("public/#"));
    EXPECT_FALSE(guest->may_keep_session);
}

TEST_F(KeyGatekeeperTest, ARevokedOrExpiredKeyIsNoLongerAdmitted) {
    const auto revoked = identity_->create_key("a", {identity::Scope::ingest});
    const auto brief = identity_->create_key("b", {identity::Scope::ingest}, clock_.now() + std::chrono::minutes{1});
    KeyGatekeeper gatekeeper(*identity_, clock_, {});
    const auto first = ask(gatekeeper, {.client_id = "a", .password = revoked->token});
    const auto second = ask(gatekeeper, {.client_id = "b", .password = brief->token});
    ASSERT_TRUE(first && second);
    ASSERT_TRUE(gatekeeper.refresh().has_value());
    EXPECT_TRUE(gatekeeper.still_admits(*first));
    EXPECT_TRUE(gatekeeper.still_admits(*second));
    ASSERT_TRUE(identity_->revoke_key(revoked->key.id).has_value());
    clock_.advance(std::chrono::minutes{2});
    ASSERT_TRUE(gatekeeper.refresh().has_value());
    EXPECT_FALSE(gatekeeper.still_admits(*first));
    EXPECT_FALSE(gatekeeper.still_admits(*second));
}

}  // namespace
}  // namespace bypuls::ingest
