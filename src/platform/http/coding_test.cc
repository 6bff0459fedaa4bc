#include "platform/http/coding.h"

#include <gtest/gtest.h>

#include "core/bytes.h"
#include "core/random.h"

namespace bypuls::http {
namespace {

std::string random_text(std::uint64_t seed, std::size_t length) {
    SeededRandom random(seed);
    std::string text(length, '\0');
    random.fill(std::as_writable_bytes(std::span{text}));
    return text;
}

TEST(Coding, ComesBackTheSame) {
    for (const Coding coding : {Coding::identity, Coding::gzip, Coding::zstd}) {
        for (const std::size_t length : {0U, 1U, 1000U, 65536U, 300000U}) {
            const std::string text = random_text(length, length);
            EXPECT_EQ(unpack(coding, pack(coding, text), {}), text);
            EXPECT_EQ(unpack(coding, pack_tight(coding, text), {}), text);
        }
    }
}

TEST(Coding, AStreamPackedInPiecesIsOnePackedText) {
    for (const Coding coding : {Coding::gzip, Coding::zstd}) {
        const auto packer = make_packer(coding);
        std::string packed;
        std::string text;
        for (int i = 0; i < 50; ++i) {
            const std::string piece = "linje " + std::to_string(i) + random_text(1, 5000);
            text += piece;
            packed += packer->push(piece);
        }
        packed += packer->finish();
        EXPECT_EQ(unpack(coding, packed, {}), text);
        EXPECT_LT(packed.size(), text.size());
    }
}

TEST(Coding, ABombIsStoppedAtTheRatioAndAtTheSize) {
    const std::string zeros(64U << 20U, '\0');
    for (const Coding coding : {Coding::gzip, Coding::zstd}) {
        const std::string bomb = pack_tight(coding, zeros);
        const auto by_size = unpack(coding, bomb, {.bytes_max = 8U << 20U, .ratio_max = 1'000'000});
        const auto by_ratio = unpack(coding, bomb, {.bytes_max = 1U << 30U, .ratio_max = 100});
        ASSERT_FALSE(by_size);
        ASSERT_FALSE(by_ratio);
        EXPECT_EQ(by_size.error().code, Errc::exhausted);
        EXPECT_EQ(by_ratio.error().code, Errc::exhausted);
    }
}

TEST(Coding, ABrokenBodyIsMalformed) {
    const std::string text = random_text(7, 5000);
    for (const Coding coding : {Coding::gzip, Coding::zstd}) {
        const std::string packed = pack(coding, text);
        for (const std::string& broken : {packed.substr(0, packed.size() / 2), packed.substr(1), packed + "x",
                                          std::string("not packed"), std::string()}) {
            const auto unpacked = unpack(coding, broken, {});
            ASSERT_FALSE(unpacked) << name_of(coding) << " " << broken.size();
            EXPECT_EQ(unpacked.error().code, Errc::malformed);
        }
    }
}

TEST(AcceptEncoding, PrefersZstdUnlessToldOtherwise) {
    EXPECT_EQ(accepted_coding("gzip, deflate, br, zstd"), Coding::zstd);
    EXPECT_EQ(accepted_coding("gzip, deflate, br"), Coding::gzip);
    EXPECT_EQ(accepted_coding("zstd;q=0.5, gzip;q=0.8"), Coding::gzip);
    EXPECT_EQ(accepted_coding("gzip;q=0"), Coding::identity);
    EXPECT_EQ(accepted_coding("br"), Coding::identity);
    EXPECT_EQ(accepted_coding(""), Coding::identity);
}

TEST(ContentEncoding, OfTwoLayersIsRefused) {
    EXPECT_EQ(coding_of("GZIP"), Coding::gzip);
    EXPECT_EQ(coding_of(""), Coding::identity);
    EXPECT_FALSE(coding_of("gzip, gzip"));
    EXPECT_FALSE(coding_of("br"));
}

}  // namespace
}  // namespace bypuls::http
