// The rules that need no store: passwords, secrets, cookies, headers, the throttle.

#include <set>
#include <thread>

#include <gmock/gmock.h>

#include "platform/identity/identity.h"
#include "platform/identity/passwords.h"
#include "platform/identity/secrets.h"
#include "platform/identity/throttle.h"

namespace bypuls::identity {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Secrets, TheHashesGiveTheStandardsOwnValues) {
    // FIPS 180-4, example "abc"; RFC 4231, test case 2.
    EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(hmac("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Secrets, ComparisonKnowsOneBitFromAnother) {
    EXPECT_TRUE(equal_in_constant_time("", ""));
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abcd"));
}

TEST(Secrets, TokensAndCodesAreReplayedByTheirSeedAndDoNotRepeat) {
    SeededRandom one(1);
    SeededRandom same(1);
    std::set<std::string> seen;
    for (int i = 0; i < 200; ++i) {
        const auto token = random_token(one, 32);
        EXPECT_EQ(token, random_token(same, 32));
        EXPECT_TRUE(seen.insert(token).second);
    }
    EXPECT_EQ(random_code(one, 26).size(), 26U);
    EXPECT_THAT(random_code(one, 500), Not(testing::ContainsRegex("[ILOUa-z]")));
}

TEST(PasswordRules, LengthIsWhatCounts) {
    EXPECT_FALSE(check_password("elleve tegn", ""));
    EXPECT_TRUE(check_password("tolv tegn ja", ""));
    EXPECT_TRUE(check_password("blåbærøyåæøå", "")) << "twelve characters, more bytes";
    EXPECT_FALSE(check_password("blåbærøyåæø", "")) << "eleven characters, more bytes";
    std::string long_one;
    for (int i = 0; i < 100; ++i) {
        long_one += "ord" + std::to_string(i * 7919 % 1000);
    }
    EXPECT_TRUE(check_password(long_one, ""));
    EXPECT_FALSE(check_password(std::string(password_bytes_max + 1, 'x'), ""));
    EXPECT_THAT(check_password("kort", "").error().what, HasSubstr("15 or more are advised"));
}

TEST(PasswordRules, WhatIsTriedFirstIsRefused) {
    for (const char* common : {"Password1234", "123456789012", "aaaaaaaaaaaa", "abcabcabcabc", "abcdefghijklmn",
                               "987654321098", "qwertyuiop123", "drammenkommune", "bypulsbypuls", "bypuls123456"}) {
        EXPECT_FALSE(check_password(common, "ola@drammen.example")) << common;
    }
    EXPECT_FALSE(check_password("ola.nordmann1", "ola.nordmann@drammen.example"));
    EXPECT_FALSE(check_password("ola.nordmann@drammen.example", "ola.nordmann@drammen.example"));
    EXPECT_FALSE(check_password("\xFF\xFE twelve bytes", ""));
    EXPECT_TRUE(check_password("ola.nordmann liker brunost", "ola.nordmann@drammen.example"));
}

TEST(PasswordRules, TheSentenceDoesNotRepeatThePassword) {
    EXPECT_THAT(check_password("hemmelig", "").error().what, Not(HasSubstr("hemmelig")));
    EXPECT_THAT(check_password("hemmelig1234", "").error().what, Not(HasSubstr("hemmelig")));
}

TEST(PasswordHasher, KnowsThePasswordAndNoOther) {
    PasswordHasher hasher(HashCost::least(), 1, 1s);
    const auto hash = hasher.hash("fire tilfeldige ord").value();

    EXPECT_THAT(hash, StartsWith("$argon2id$"));
    EXPECT_TRUE(hasher.verify("fire tilfeldige ord", hash).value());
    EXPECT_FALSE(hasher.verify("fire tilfeldige or", hash).value());
    EXPECT_FALSE(hasher.verify("fire tilfeldige ord", "not a hash").value());
    EXPECT_NE(hasher.hash("fire tilfeldige ord").value(), hash) << "salted";
    EXPECT_FALSE(hasher.is_outdated(hash));
    EXPECT_TRUE(PasswordHasher({2, 8192}, 1, 1s).is_outdated(hash));
}

TEST(PasswordHasher, TheDefaultCostIsAboveTheFloor) {
    PasswordHasher hasher(HashCost::moderate(), 1, 1s);

    const auto hash = hasher.hash("fire tilfeldige ord").value();

    EXPECT_THAT(hash, HasSubstr("m=262144,t=3,p=1"));  // ASVS 5.0 §11.4.2 asks for m >= 12 MiB at t >= 3
}

TEST(PasswordHasher, WhoFindsNoPlaceIsToldToTryAgain) {
    PasswordHasher hasher({3, 64U << 20U}, 1, 0ms);
    std::atomic<int> done{0};
    std::atomic<int> busy{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                const auto hash = hasher.hash("fire tilfeldige ord");
                (hash ? done : busy) += 1;
                EXPECT_TRUE(hash || hash.error().code == Errc::unavailable);
            });
        }
    }

    EXPECT_EQ(done + busy, 4);
    EXPECT_GE(done, 1);
    EXPECT_TRUE(hasher.hash("fire tilfeldige ord")) << "places are given back";
}

TEST(Throttle, LetsTheBurstThroughAndThenOnePerRefill) {
    SimulatedClock clock{Instant{}};
    Throttle throttle(clock, 3, 10s);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(throttle.attempt("a"), 0ms);
    }

    EXPECT_EQ(throttle.attempt("a"), 10s);
    EXPECT_EQ(throttle.attempt("b"), 0ms);
    clock.advance(4s);
    EXPECT_EQ(throttle.attempt("a"), 6s);
    clock.advance(6s);
    EXPECT_EQ(throttle.attempt("a"), 0ms);
    EXPECT_EQ(throttle.attempt("a"), 10s);
    clock.advance(1h);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(throttle.attempt("a"), 0ms) << "never more than the burst";
    }
    EXPECT_GT(throttle.attempt("a"), 0ms);
    throttle.forgive("a");
    EXPECT_EQ(throttle.attempt("a"), 0ms);
}

TEST(Throttle, RemembersABoundedNumberOfNames) {
    SimulatedClock clock{Instant{}};
    Throttle throttle(clock, 1, 10s, 100);
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(throttle.attempt(std::to_string(i)), 0ms);
        clock.advance(1ms);
    }
    EXPECT_GT(throttle.attempt("999"), 0ms) << "the newest are remembered";
    EXPECT_EQ(throttle.attempt("0"), 0ms) << "the oldest is forgotten";
}

TEST(Cookies, TheSecureOneIsBoundToTheHost) {
    EXPECT_EQ(session_cookie("abc", Transport::secure, 24h),
              "__Host-bypuls=abc; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure");
    EXPECT_EQ(session_cookie("abc", Transport::plain, 24h),
              "bypuls-local=abc; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax");
    EXPECT_THAT(expired_session_cookie(Transport::secure), HasSubstr("Max-Age=0"));
}

TEST(Cookies, AreFoundAmongOthers) {
    const auto secure = [](std::string_view header) { return session_token_of(header, Transport::secure); };

    EXPECT_EQ(secure("a=b; __Host-bypuls=tok; c=d"), "tok");
    EXPECT_EQ(secure("__Host-bypuls=tok"), "tok");
    EXPECT_EQ(secure("x__Host-bypuls=tok"), std::nullopt);
    EXPECT_EQ(secure("bypuls-local=tok"), std::nullopt);
    EXPECT_EQ(secure("__Host-bypuls="), std::nullopt);
    EXPECT_EQ(secure(";;=;__Host-bypuls"), std::nullopt);
    EXPECT_EQ(secure(""), std::nullopt);
}

TEST(Authorization, BearerAndTokenAreReadInAnyCase) {
    EXPECT_EQ(token_of("Bearer byp_x"), "byp_x");
    EXPECT_EQ(token_of("token  byp_x "), "byp_x");
    EXPECT_EQ(token_of("BEARER byp_x"), "byp_x");
    EXPECT_EQ(token_of("Basic dTpw"), std::nullopt);
    EXPECT_EQ(token_of("Bearer"), std::nullopt);
    EXPECT_EQ(token_of("Bearer "), std::nullopt);
    EXPECT_EQ(token_of(""), std::nullopt);
}

TEST(ScopeNames, AreReadBackAsTheyAreWritten) {
    EXPECT_EQ(to_string(parse_scopes("read, ingest").value()), "ingest,read");
    EXPECT_EQ(parse_scopes("ingest,read,admin").value(), (Scopes{Scope::ingest, Scope::read, Scope::admin}));
    EXPECT_THAT(parse_scopes("ingest,root").error().what, HasSubstr("root"));
    EXPECT_FALSE(parse_scopes(""));
}

}  // namespace
}  // namespace bypuls::identity
