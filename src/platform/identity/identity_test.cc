// Identity over its store, on both engines.

#include "platform/identity/identity.h"

#include <thread>

#include <gmock/gmock.h>
#include <soci/soci.h>

#include "platform/database/testing/test_database.h"

namespace bypuls::identity {
namespace {

using namespace std::chrono_literals;
using database::Engine;
using database::TestDatabase;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::SizeIs;

constexpr std::string_view password = "fire tilfeldige ord om gangen";

class IdentityContract : public testing::TestWithParam<Engine> {
protected:
    void SetUp() override {
        auto made = TestDatabase::make(GetParam());
        if (!made && made.error().code == Errc::unavailable) {
            GTEST_SKIP() << made.error().what;
        }
        ASSERT_TRUE(made) << made.error();
        place_ = std::make_unique<TestDatabase>(std::move(*made));
        database_ = place_->open();
        const auto migrated = database::migrate(*database_, {identity_component()}, clock_);
        ASSERT_TRUE(migrated) << migrated.error();
        store_ = make_relational_store(*database_);
        settings_.hash_cost = HashCost::least();
        identity_ = std::make_unique<Identity>(*store_, clock_, random_, settings_);
    }

    Result<Principal> with_key(std::string_view token) {
        return identity_->authenticate({.authorization = "Bearer " + std::string(token)});
    }
    Result<Principal> with_session(const std::string& token, bool changes = false, std::string_view csrf = {}) {
        return identity_->authenticate(
            {.cookie = "__Host-bypuls=" + token, .csrf_token = csrf, .changes_something = changes});
    }
    Account operator_account(std::string_view email = "drift@drammen.example") {
        auto account = identity_->create_account(email, "Drift", password, {Scope::read, Scope::admin});
        EXPECT_TRUE(account) << account.error();
        return account.value();
    }
    NewSession signed_in(std::string_view email = "drift@drammen.example") {
        auto session = identity_->log_in(email, password, "10.0.0.1");
        EXPECT_TRUE(session) << session.error();
        return session.value();
    }
    /// Everything in the identity tables, as one text.
    std::string dump() {
        std::string all;
        for (const std::string query :
             {"SELECT name || prefix || secret FROM identity_api_keys",
              "SELECT email || password_hash FROM identity_accounts", "SELECT token || address FROM identity_sessions",
              "SELECT code FROM identity_setup_codes"}) {
            const auto rows = database_->read("dump", [&](soci::session& sql) -> Result<std::string> {
                std::string cell;
                std::string text;
                soci::statement statement = (sql.prepare << query, soci::into(cell));
                statement.execute();
                while (statement.fetch()) {
                    text += cell + "\n";
                }
                return text;
            });
            all += rows.value();
        }
        return all;
    }

    SimulatedClock clock_{Instant{1'700'000'000s}};
    SeededRandom random_{42};
    Settings settings_;
    std::unique_ptr<TestDatabase> place_;
    std::unique_ptr<database::Database> database_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<Identity> identity_;
};

// --- API keys

TEST_P(IdentityContract, AKeyOpensWhatItsScopesSay) {
    const auto made = identity_->create_key("Gateway at Fjell", {Scope::ingest}).value();

    const auto who = with_key(made.token);

    EXPECT_THAT(made.token, MatchesRegex("byp_[0-9a-z]{10}_[A-Za-z0-9_-]{43}"));
    ASSERT_TRUE(who) << who.error();
    EXPECT_EQ(who->kind, Principal::Kind::api_key);
    EXPECT_EQ(who->name, "Gateway at Fjell");
    EXPECT_TRUE(who->may(Scope::ingest));
    EXPECT_FALSE(who->may(Scope::read));
    EXPECT_FALSE(who->may(Scope::admin));
    EXPECT_TRUE(identity_->authenticate({.authorization = "Token " + made.token})) << "as Influx clients send it";
}

TEST_P(IdentityContract, TheStoreHoldsNothingThatOpensAnything) {
    const auto key = identity_->create_key("Gateway", {Scope::ingest}).value();
    const auto code = identity_->issue_setup_code().value();
    operator_account();
    const auto session = signed_in();

    const std::string all = dump();

    EXPECT_THAT(all, HasSubstr(key.key.prefix));
    EXPECT_THAT(all, Not(HasSubstr(key.token.substr(15))));
    EXPECT_THAT(all, Not(HasSubstr(session.token)));
    EXPECT_THAT(all, Not(HasSubstr(std::string(password))));
    EXPECT_THAT(all, Not(HasSubstr(code.substr(0, 5))));
    EXPECT_THAT(all, HasSubstr("$argon2id$"));
}

TEST_P(IdentityContract, AWrongKeyIsRefusedInTheSameWordsWhateverIsWrong) {
    const auto made = identity_->create_key("Gateway", {Scope::ingest}).value();
    std::string other_secret = made.token;
    other_secret.back() = other_secret.back() == 'A' ? 'B' : 'A';
    std::string other_prefix = made.token;
    other_prefix[4] = other_prefix[4] == '0' ? '1' : '0';

    const auto refused = with_key(other_secret);

    EXPECT_EQ(refused.error().code, Errc::forbidden);
    EXPECT_EQ(with_key(other_prefix).error(), refused.error());
    EXPECT_EQ(with_key("byp_").error(), refused.error());
    EXPECT_EQ(with_key(std::string(4000, 'x')).error(), refused.error());
    EXPECT_EQ(with_key("byp_0000000000_'; DROP TABLE identity_api_keys; --xxxxxxxxxxxx").error(), refused.error());
    EXPECT_THAT(refused.error().what, Not(HasSubstr(made.key.prefix)));
    EXPECT_EQ(identity_->authenticate({.authorization = "Basic dTpw"}).error().code, Errc::forbidden);
    EXPECT_EQ(identity_->authenticate({}).error().code, Errc::not_found);
    EXPECT_TRUE(with_key(made.token));
}

TEST_P(IdentityContract, ARevokedKeyStopsAtOnce) {
    const auto made = identity_->create_key("Gateway", {Scope::ingest}).value();
    const auto kept = identity_->create_key("Other", {Scope::ingest}).value();
    ASSERT_TRUE(with_key(made.token));

    ASSERT_TRUE(identity_->revoke_key(made.key.id));

    EXPECT_EQ(with_key(made.token).error().code, Errc::forbidden);
    EXPECT_TRUE(with_key(kept.token));
    const auto keys = identity_->keys().value();
    ASSERT_THAT(keys, SizeIs(2));
    EXPECT_EQ(keys[0].name, "Other");
    EXPECT_EQ(keys[1].revoked, clock_.now());
    EXPECT_EQ(identity_->revoke_key(ApiKeyId{999}).error().code, Errc::not_found);
}

TEST_P(IdentityContract, AKeyRevokedByAnotherProcessStopsWithinTheRecheck) {
    const auto made = identity_->create_key("Gateway", {Scope::ingest}).value();
    Identity other(*store_, clock_, random_, settings_);
    ASSERT_TRUE(with_key(made.token));
    ASSERT_TRUE(other.revoke_key(made.key.id));

    EXPECT_TRUE(with_key(made.token)) << "not yet looked up again";
    clock_.advance(settings_.key_recheck);
    EXPECT_EQ(with_key(made.token).error().code, Errc::forbidden);
}

TEST_P(IdentityContract, AKeyExpiresWhenItSays) {
    const auto made = identity_->create_key("Gateway", {Scope::ingest}, clock_.now() + 1h).value();
    ASSERT_TRUE(with_key(made.token));

    clock_.advance(1h - 1s);
    EXPECT_TRUE(with_key(made.token));
    clock_.advance(1s);
    EXPECT_EQ(with_key(made.token).error().code, Errc::forbidden);
    EXPECT_EQ(identity_->create_key("Late", {Scope::read}, clock_.now()).error().code, Errc::malformed);
}

TEST_P(IdentityContract, AKeysLastUseIsWrittenDownByTheMinute) {
    const auto made = identity_->create_key("Gateway", {Scope::ingest}).value();
    ASSERT_TRUE(identity_->maintain());
    EXPECT_EQ(identity_->keys()->front().last_used, std::nullopt);
    clock_.advance(90s);
    ASSERT_TRUE(with_key(made.token));

    ASSERT_TRUE(identity_->maintain());

    EXPECT_EQ(identity_->keys()->front().last_used, std::chrono::floor<std::chrono::minutes>(clock_.now()));
}

TEST_P(IdentityContract, AKeyNeedsANameAndAScope) {
    EXPECT_EQ(identity_->create_key(" ", {Scope::read}).error().code, Errc::malformed);
    EXPECT_EQ(identity_->create_key("Nothing", {}).error().code, Errc::malformed);
    EXPECT_EQ(identity_->create_key("Two\nlines", {Scope::read}).error().code, Errc::malformed);
}

// --- the first account

TEST_P(IdentityContract, TheSetupCodeMakesTheFirstAccountOnce) {
    const auto code = identity_->issue_setup_code().value();
    EXPECT_THAT(code, MatchesRegex("([0-9A-Z]{5}-){5}[0-9A-Z]"));

    const auto made = identity_->create_first_account(code, "drift@drammen.example", "Drift", password, "10.0.0.1");
    const auto again = identity_->create_first_account(code, "tyv@drammen.example", "Tyv", password, "10.0.0.1");

    ASSERT_TRUE(made) << made.error();
    EXPECT_TRUE(made->scopes.has(Scope::admin));
    EXPECT_EQ(again.error().code, Errc::forbidden);
    EXPECT_EQ(identity_->issue_setup_code().error().code, Errc::conflict);
    EXPECT_TRUE(identity_->log_in("drift@drammen.example", password, "10.0.0.1"));
}

TEST_P(IdentityContract, TheSetupCodeMayBeTypedInAnyCaseAndWithoutHyphens) {
    std::string typed;
    for (const char c : identity_->issue_setup_code().value()) {
        if (c != '-') {
            typed.push_back(c == '0' ? 'o' : c == '1' ? 'l' : static_cast<char>(std::tolower(c)));
        }
    }

    EXPECT_TRUE(identity_->create_first_account(typed, "a@b.example", "A", password, "10.0.0.1"));
}

TEST_P(IdentityContract, AWrongOldOrReplacedSetupCodeOpensNothing) {
    const auto first = identity_->issue_setup_code().value();
    const auto second = identity_->issue_setup_code().value();
    const auto attempt = [&](const std::string& code) {
        return identity_->create_first_account(code, "a@b.example", "A", password, "10.0.0.1");
    };

    EXPECT_EQ(attempt(first).error().code, Errc::forbidden);
    EXPECT_EQ(attempt("").error().code, Errc::forbidden);
    clock_.advance(24h);
    EXPECT_EQ(attempt(second).error().code, Errc::forbidden);
    EXPECT_THAT(identity_->accounts().value(), IsEmpty());
    EXPECT_TRUE(attempt(identity_->issue_setup_code().value()));
}

TEST_P(IdentityContract, ABadPasswordDoesNotUseUpTheSetupCode) {
    const auto code = identity_->issue_setup_code().value();

    EXPECT_EQ(identity_->create_first_account(code, "a@b.example", "A", "short", "10.0.0.1").error().code,
              Errc::malformed);
    EXPECT_EQ(identity_->create_first_account(code, "no address", "A", password, "10.0.0.1").error().code,
              Errc::malformed);
    EXPECT_TRUE(identity_->create_first_account(code, "a@b.example", "A", password, "10.0.0.1"));
}

// --- sessions

TEST_P(IdentityContract, ASessionSaysWhoIsAsking) {
    const Account account = operator_account();
    const auto session = signed_in("Drift@Drammen.example");

    const auto who = with_session(session.token);

    ASSERT_TRUE(who) << who.error();
    EXPECT_EQ(who->kind, Principal::Kind::person);
    EXPECT_EQ(who->id, account.id.value);
    EXPECT_EQ(who->session, session.session.id);
    EXPECT_EQ(who->scopes, account.scopes);
    EXPECT_EQ(identity_->accounts()->front().last_login, clock_.now());
}

TEST_P(IdentityContract, EverySignInGetsATokenOfItsOwn) {
    operator_account();

    const auto one = signed_in();
    const auto two = signed_in();

    EXPECT_NE(one.token, two.token);
    EXPECT_EQ(one.token.size(), 43U);  // 256 bits
    EXPECT_THAT(identity_->sessions(one.account.id).value(), ElementsAre(two.session, one.session));
}

TEST_P(IdentityContract, AChangeNeedsTheSessionsOwnCsrfToken) {
    operator_account();
    const auto one = signed_in();
    const auto two = signed_in();

    EXPECT_TRUE(with_session(one.token));
    EXPECT_EQ(with_session(one.token, true).error().code, Errc::forbidden);
    EXPECT_EQ(with_session(one.token, true, two.csrf_token).error().code, Errc::forbidden);
    EXPECT_TRUE(with_session(one.token, true, one.csrf_token));
    EXPECT_EQ(identity_->csrf_token({.cookie = "__Host-bypuls=" + one.token}).value(), one.csrf_token);
    EXPECT_THAT(one.csrf_token, Not(HasSubstr(one.token)));
}

TEST_P(IdentityContract, ASessionEndsWhenIdleAndWhenOld) {
    operator_account();
    const auto idle = signed_in();
    clock_.advance(8h - 1s);
    EXPECT_TRUE(with_session(idle.token));
    clock_.advance(8h);
    EXPECT_EQ(with_session(idle.token).error().code, Errc::forbidden);

    const auto busy = signed_in();
    for (int hour = 0; hour < 23; ++hour) {
        clock_.advance(1h);
        EXPECT_TRUE(with_session(busy.token)) << hour;
    }
    clock_.advance(1h);
    EXPECT_EQ(with_session(busy.token).error().code, Errc::forbidden);
}

TEST_P(IdentityContract, SigningOutAndEndingASessionKillItOnTheServer) {
    operator_account();
    const auto one = signed_in();
    const auto two = signed_in();

    ASSERT_TRUE(identity_->log_out({.cookie = "__Host-bypuls=" + one.token}));
    ASSERT_TRUE(identity_->log_out({.cookie = "__Host-bypuls=" + one.token})) << "twice does no harm";
    ASSERT_TRUE(identity_->end_session(two.session.id));

    EXPECT_EQ(with_session(one.token).error().code, Errc::forbidden);
    EXPECT_EQ(with_session(two.token).error().code, Errc::forbidden);
    EXPECT_EQ(identity_->csrf_token({.cookie = "__Host-bypuls=" + two.token}).error().code, Errc::forbidden);
}

TEST_P(IdentityContract, ANewPasswordAndADisabledAccountEndTheSessions) {
    const Account account = operator_account();
    const auto before = signed_in();
    ASSERT_TRUE(identity_->set_password(account.id, "helt andre ord denne gangen"));
    EXPECT_EQ(with_session(before.token).error().code, Errc::forbidden);
    EXPECT_EQ(identity_->log_in("drift@drammen.example", password, "10.0.0.1").error().code, Errc::forbidden);

    const auto after = identity_->log_in("drift@drammen.example", "helt andre ord denne gangen", "10.0.0.1").value();
    ASSERT_TRUE(identity_->disable_account(account.id));

    EXPECT_EQ(with_session(after.token).error().code, Errc::forbidden);
    EXPECT_EQ(identity_->log_in("drift@drammen.example", "helt andre ord denne gangen", "10.0.0.1").error().code,
              Errc::forbidden);
}

TEST_P(IdentityContract, ACookieOfTheOtherKindIsNotTaken) {
    operator_account();
    const auto session = signed_in();
    const std::string plain = "bypuls-local=" + session.token;

    EXPECT_TRUE(identity_->authenticate({.cookie = plain, .transport = Transport::plain}));
    EXPECT_EQ(identity_->authenticate({.cookie = plain}).error().code, Errc::not_found);
    EXPECT_EQ(identity_->authenticate({.cookie = "__Host-bypuls=garbage"}).error().code, Errc::forbidden);
}

TEST_P(IdentityContract, AKeyIsUsedBeforeACookie) {
    operator_account();
    const auto session = signed_in();

    const auto who =
        identity_->authenticate({.authorization = "Bearer wrong", .cookie = "__Host-bypuls=" + session.token});

    EXPECT_EQ(who.error().code, Errc::forbidden);
}

// --- guessing

TEST_P(IdentityContract, AnUnknownAccountAndAWrongPasswordSoundTheSame) {
    operator_account();

    const auto wrong = identity_->log_in("drift@drammen.example", "noe helt annet her", "10.0.0.1");
    const auto unknown = identity_->log_in("ingen@drammen.example", "noe helt annet her", "10.0.0.1");

    EXPECT_EQ(wrong.error().code, Errc::forbidden);
    EXPECT_EQ(unknown.error(), wrong.error());
}

TEST_P(IdentityContract, AGuesserHasToWaitAndTheOwnerDoesNot) {
    operator_account();
    for (std::size_t i = 0; i < settings_.login_burst; ++i) {
        EXPECT_EQ(identity_->log_in("drift@drammen.example", "gjetning nummer en", "6.6.6.6").error().code,
                  Errc::forbidden);
    }

    const auto slowed = identity_->log_in("drift@drammen.example", password, "6.6.6.6");
    EXPECT_EQ(slowed.error().code, Errc::exhausted);
    EXPECT_THAT(slowed.error().what, HasSubstr("wait 30 seconds"));
    EXPECT_TRUE(identity_->log_in("drift@drammen.example", password, "10.0.0.1")) << "from elsewhere, unhindered";
    clock_.advance(settings_.login_refill);
    EXPECT_TRUE(identity_->log_in("drift@drammen.example", password, "6.6.6.6")) << "no lock-out";
}

TEST_P(IdentityContract, OneAddressCannotTryManyAccounts) {
    for (std::size_t i = 0; i < settings_.address_burst; ++i) {
        EXPECT_EQ(identity_->log_in("a" + std::to_string(i) + "@x.example", "gjetning", "6.6.6.6").error().code,
                  Errc::forbidden);
    }
    EXPECT_EQ(identity_->log_in("b@x.example", "gjetning", "6.6.6.6").error().code, Errc::exhausted);
}

TEST_P(IdentityContract, AnOldHashIsRenewedAtTheNextSignIn) {
    operator_account();
    const auto hash = [&] { return store_->account_with_email("drift@drammen.example")->password_hash; };
    const std::string before = hash();
    settings_.hash_cost.operations = 2;
    identity_ = std::make_unique<Identity>(*store_, clock_, random_, settings_);

    const auto session = signed_in();

    EXPECT_NE(hash(), before);
    EXPECT_THAT(hash(), HasSubstr("t=2"));
    EXPECT_TRUE(with_session(session.token));
    const std::string renewed = hash();
    signed_in();
    EXPECT_EQ(hash(), renewed);
}

// --- personal data

TEST_P(IdentityContract, SessionsThatHaveEndedByTimeAreForgotten) {
    operator_account();
    signed_in();
    clock_.advance(9h);
    const auto fresh = signed_in();

    ASSERT_TRUE(identity_->maintain());

    EXPECT_THAT(identity_->sessions(fresh.account.id).value(), ElementsAre(fresh.session));
    clock_.advance(25h);
    ASSERT_TRUE(identity_->maintain());
    EXPECT_THAT(identity_->sessions(fresh.account.id).value(), IsEmpty());
    EXPECT_THAT(dump(), Not(HasSubstr("10.0.0.1")));
}

TEST_P(IdentityContract, AnExpiredSetupCodeIsForgotten) {
    ASSERT_TRUE(identity_->issue_setup_code());
    clock_.advance(24h);

    ASSERT_TRUE(identity_->maintain());

    EXPECT_THAT(dump(), IsEmpty());
}

TEST_P(IdentityContract, ASetUpCodeMakesNoSecondAccount) {
    const std::string code = identity_->issue_setup_code().value();
    ASSERT_TRUE(identity_->create_account("drift@drammen.example", "Drift", password, {Scope::read}));

    const auto late = identity_->create_first_account(code, "sen@drammen.example", "Sen", password, "10.0.0.1");

    EXPECT_EQ(late.error().code, Errc::conflict);
    EXPECT_FALSE(identity_->log_in("sen@drammen.example", password, "10.0.0.1"));
}

TEST_P(IdentityContract, ARemovedAccountLeavesNothingOfThePerson) {
    const Account account = operator_account();
    signed_in();

    ASSERT_TRUE(identity_->remove_account(account.id));

    EXPECT_THAT(dump(), IsEmpty());
    EXPECT_TRUE(identity_->create_account("drift@drammen.example", "Drift", password, {Scope::read}));
    EXPECT_EQ(identity_->create_account("DRIFT@drammen.example", "Drift", password, {Scope::read}).error().code,
              Errc::conflict);
}

// --- what fails

TEST_P(IdentityContract, WithoutItsStoreItRefusesEveryone) {
    operator_account();
    const auto session = signed_in();
    const auto key = identity_->create_key("Gateway", {Scope::ingest}).value();
    ASSERT_TRUE(database_->write("test", [](soci::session& sql) -> Result<void> {
        sql << "ALTER TABLE identity_api_keys RENAME TO gone_keys";
        sql << "ALTER TABLE identity_sessions RENAME TO gone_sessions";
        return {};
    }));

    EXPECT_FALSE(with_key(key.token));
    EXPECT_FALSE(with_session(session.token));
}

TEST_P(IdentityContract, KeysAreCheckedWhileOthersAreRevoked) {
    std::vector<NewApiKey> keys;
    for (int i = 0; i < 8; ++i) {
        keys.push_back(identity_->create_key("Gateway", {Scope::ingest}).value());
    }
    std::atomic<int> wrong{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 3; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 200; ++i) {
                    wrong += with_key(keys[0].token) ? 0 : 1;
                }
            });
        }
        threads.emplace_back([&] {
            for (std::size_t i = 1; i < keys.size(); ++i) {
                wrong += with_key(keys[i].token) ? 0 : 1;
                wrong += identity_->revoke_key(keys[i].key.id) ? 0 : 1;
                wrong += with_key(keys[i].token) ? 1 : 0;
            }
        });
    }

    EXPECT_EQ(wrong, 0);
}

INSTANTIATE_TEST_SUITE_P(Engines, IdentityContract, testing::Values(Engine::sqlite, Engine::postgresql),
                         [](const auto& tested) { return std::string(database::name_of(tested.param)); });

}  // namespace
}  // namespace bypuls::identity
