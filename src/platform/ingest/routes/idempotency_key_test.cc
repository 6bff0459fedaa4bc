#include "platform/ingest/routes/idempotency_key.h"

#include <gtest/gtest.h>

namespace bypuls::ingest {
namespace {

TEST(IdempotencyKey, IsAStringOfStructuredFieldsOrTheTextItself) {
    EXPECT_EQ(parse_idempotency_key(R"("8e03978e-40d5-43e8-bc93-6894a57f9324")").value(),
              "8e03978e-40d5-43e8-bc93-6894a57f9324");
    EXPECT_EQ(parse_idempotency_key("8e03978e-40d5-43e8-bc93-6894a57f9324").value(),
              "8e03978e-40d5-43e8-bc93-6894a57f9324");
    EXPECT_EQ(parse_idempotency_key(R"("a\"b\\c/d")").value(), R"(a"b\c/d)");
    EXPECT_EQ(parse_idempotency_key(std::string(255, 'k')).value(), std::string(255, 'k'));
}

TEST(IdempotencyKey, ThatIsNoneIsRefusedInASentence) {
    for (const std::string text : {R"()", R"("")", R"(")", R"("a)", R"(a")", R"("a"b")", R"("a\")", R"("a\b")", "a b",
                                   "a\tb", "måler", R"("a" ; q=1)"}) {
        const auto refused = parse_idempotency_key(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code, Errc::malformed);
        EXPECT_NE(refused.error().what.find("Idempotency-Key: expected"), std::string::npos);
    }
    EXPECT_FALSE(parse_idempotency_key(std::string(256, 'k')));
}

}  // namespace
}  // namespace bypuls::ingest
