#include "platform/notify/webhooks/signature.h"

#include <gtest/gtest.h>

namespace bypuls::webhooks {
namespace {

using namespace std::chrono_literals;

const Secret secret = *Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
constexpr Instant sent{1'614'265'330s};

// The vector that the Standard Webhooks libraries are tested with.
TEST(Signature, IsThatOfStandardWebhooks) {
    EXPECT_EQ(signature_of(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", sent, R"({"test": 2432232314})"),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Signature, FitsItsMessageAlone) {
    const std::string header = signature_of(secret, "m1", sent, "body");
    EXPECT_TRUE(verify_signature(secret, "m1", sent, "body", header, sent + 1s));
    EXPECT_TRUE(verify_signature(secret, "m1", sent, "body", "v1,AAAA v2,x " + header, sent));
    EXPECT_EQ(verify_signature(secret, "m2", sent, "body", header, sent).error().code, Errc::forbidden);
    EXPECT_EQ(verify_signature(secret, "m1", sent + 1s, "body", header, sent).error().code, Errc::forbidden);
    EXPECT_EQ(verify_signature(secret, "m1", sent, "bodY", header, sent).error().code, Errc::forbidden);
    EXPECT_EQ(verify_signature(secret, "m1", sent, "body", "", sent).error().code, Errc::forbidden);
    SeededRandom random(1);
    EXPECT_FALSE(verify_signature(Secret::random(random), "m1", sent, "body", header, sent));
}

TEST(Signature, OfYesterdayIsRefused) {
    const std::string header = signature_of(secret, "m1", sent, "body");
    EXPECT_FALSE(verify_signature(secret, "m1", sent, "body", header, sent + 6min));
    EXPECT_FALSE(verify_signature(secret, "m1", sent, "body", header, sent - 6min));
}

TEST(Secret, IsReadBackTheSameAndNeverShownInAFault) {
    SeededRandom random(2);
    const Secret made = Secret::random(random);
    EXPECT_EQ(Secret::parse(made.text())->text(), made.text());
    for (const std::string_view text : {"whsec_c2hvcnQ", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!", ""}) {
        EXPECT_EQ(Secret::parse(text).error().what, "a webhook's secret is 'whsec_' and 24 to 64 bytes in base64");
    }
}

}  // namespace
}  // namespace bypuls::webhooks
