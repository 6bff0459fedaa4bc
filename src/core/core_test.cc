#include <gmock/gmock.h>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/text.h"

namespace bypuls {
namespace {

using namespace std::chrono_literals;

TEST(Bytes, Crc32cGivesTheStandardsOwnCheckValue) {
    EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283U);  // RFC 3720, appendix B.4
    EXPECT_EQ(crc32c(as_bytes("6789"), crc32c(as_bytes("12345"))), 0xE3069283U);
}

TEST(Bytes, Base64FollowsTheVectorsOfRfc4648) {
    EXPECT_EQ(to_base64(as_bytes("foobar")), "Zm9vYmFy");
    EXPECT_EQ(to_base64(as_bytes("fooba")), "Zm9vYmE=");
    EXPECT_EQ(to_base64(as_bytes("foob")), "Zm9vYg==");
    EXPECT_EQ(as_text(from_base64("Zm9vYg==").value()), "foob");
    EXPECT_EQ(as_text(from_base64("Zm9vYg").value()), "foob");
    EXPECT_FALSE(from_base64("Zm9v Yg").has_value());
    EXPECT_FALSE(from_base64("Z").has_value());
}

TEST(Bytes, HexSaysWhereItIsWrong) {
    EXPECT_EQ(to_hex(from_hex("00fFa1").value()), "00ffa1");
    EXPECT_EQ(from_hex("00x1").error().code, Errc::malformed);
    EXPECT_FALSE(from_hex("abc").has_value());
}

TEST(Bytes, VariableLengthNumbersRoundTripAtTheirEdges) {
    for (const std::uint64_t value : {0ULL, 1ULL, 127ULL, 128ULL, 16383ULL, 16384ULL, ~0ULL}) {
        Bytes out;
        put_varint(out, value);
        EXPECT_EQ(ByteReader(out).varint().value(), value);
    }
    const Bytes endless(11, std::byte{0xFF});
    EXPECT_FALSE(ByteReader(endless).varint().has_value());
    EXPECT_EQ(unzigzag(zigzag(INT64_MIN)), INT64_MIN);
}

TEST(Text, OnlyWellFormedUtf8Passes) {
    EXPECT_TRUE(is_utf8("Blåbær på Strømsø €"));
    EXPECT_FALSE(is_utf8("\xC0\xAF"));          // overlong
    EXPECT_FALSE(is_utf8("\xED\xA0\x80"));      // a surrogate
    EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
    EXPECT_FALSE(is_utf8("\xE2\x82"));          // cut short
}

TEST(Text, ABeginningHasWholeLettersAndNoMoreThanWereAskedFor) {
    EXPECT_EQ(beginning("bål", 2), "bå");
    EXPECT_EQ(beginning("bål", 3), "bål");
    EXPECT_EQ(beginning("bål", 9), "bål");
    EXPECT_EQ(beginning("𝓑𝓑", 1), "𝓑");
    EXPECT_EQ(beginning("", 4), "");
    EXPECT_EQ(beginning("å", 0), "");
    EXPECT_EQ(beginning("\x80\x80\xC3", 2), "\x80\x80") << "what is no letter counts too";
}

TEST(Text, AJsonStringAlwaysParses) {
    std::string out;
    append_json_string(out, "a\"b\\c\n\x01\xFFø");
    EXPECT_EQ(out, "\"a\\\"b\\\\c\\n\\u0001\xEF\xBF\xBDø\"");
}

TEST(Random, TheSameSeedGivesTheSameTown) {
    SeededRandom a(7);
    SeededRandom b(7);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(a.below(1000), b.below(1000));
    }
}

TEST(SimulatedClock, AJumpOfTheWallClockLeavesSteadyTimeAlone) {
    SimulatedClock clock(Instant{1h});
    const auto before = clock.steady();
    clock.jump_to(Instant{0h});
    EXPECT_EQ(clock.steady(), before);
    clock.advance(5s);
    EXPECT_EQ(clock.now(), Instant{5s});
}

}  // namespace
}  // namespace bypuls
