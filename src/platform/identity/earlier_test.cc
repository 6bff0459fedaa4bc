#include "platform/database/testing/earlier.h"

#include <gmock/gmock.h>

#include "core/random.h"
#include "platform/identity/identity.h"

namespace bypuls::identity {
namespace {

using namespace std::chrono_literals;
using testing::SizeIs;

const Instant morning = Instant{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1}} + 10h;
constexpr std::string_view password = "fire tilfeldige ord om gangen";

/// Keys, sessions and passwords of before still open the door, and what was taken away stays so.
void expect_door_as_before(database::Database& today) {
    SimulatedClock clock{morning};
    SeededRandom random{1};
    const auto store = make_relational_store(today);
    Identity identity(*store, clock, random, {.hash_cost = HashCost::least()});

    const std::string key = "Bearer byp_chirpst4ck_" + std::string(43, 'A');
    EXPECT_EQ(identity.authenticate({.authorization = key}).value(),
              (Principal{.id = 3, .name = "ChirpStack", .scopes = {Scope::ingest}}));
    const std::string revoked = "Bearer byp_oldkey0000_" + std::string(43, 'B');
    EXPECT_EQ(identity.authenticate({.authorization = revoked}).error().code, Errc::forbidden);
    const std::string cookie = "__Host-bypuls=" + std::string(43, 'k');
    const auto person = identity.authenticate({.cookie = cookie});
    ASSERT_TRUE(person) << person.error();
    EXPECT_EQ(person->name, "Kari Nordmann");
    EXPECT_EQ(person->session, SessionId{21});

    const auto session = identity.log_in("kari.nordmann@drammen.example", password, "10.0.0.8");
    ASSERT_TRUE(session) << session.error();
    EXPECT_EQ(session->account.email, "Kari.Nordmann@drammen.example");
    EXPECT_EQ(session->account.scopes, (Scopes{Scope::read, Scope::admin}));
    EXPECT_GT(session->session.id, SessionId{21});
    EXPECT_EQ(identity.log_in("ola@drammen.example", password, "10.0.0.8").error().code, Errc::forbidden)
        << "the account was closed";
    EXPECT_EQ(identity.create_key("Ny", {Scope::ingest})->key.id, ApiKeyId{4}) << "an id is never given twice";
}

/// A code of before makes the first account of a town that has none.
void expect_code_as_before(database::Database& today) {
    SimulatedClock clock{morning};
    SeededRandom random{1};
    const auto store = make_relational_store(today);
    Identity identity(*store, clock, random, {.hash_cost = HashCost::least()});
    ASSERT_TRUE(identity.remove_account(AccountId{6}));
    ASSERT_TRUE(identity.remove_account(AccountId{7}));
    const auto made =
        identity.create_first_account("ABCDEFGHJKMNPQRSTVWXYZ0123", "ny@drammen.example", "Ny", password, "10.0.0.9");
    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(made->id, AccountId{8});
}

TEST(IdentityOfAnEarlierVersion, KnowsWhomItKnew) {
    const auto done = database::for_every_version(
        "platform/identity", identity_component(), [](int version, database::Database& today) {
            SCOPED_TRACE(version);
            EXPECT_THAT(make_relational_store(today)->keys().value(), SizeIs(2));
            expect_door_as_before(today);
            expect_code_as_before(today);
        });
    EXPECT_TRUE(done) << done.error();
}

}  // namespace
}  // namespace bypuls::identity
