#include "city/participation/pabulib/packed.h"

#include <gtest/gtest.h>

#include "core/testing/pack.h"

namespace bypuls::participation::pabulib {
namespace {

/// Longer than a piece, and not the same all the way.
std::string long_text() {
    std::string text;
    for (int i = 0; i < 100'000; ++i) {
        text += std::to_string(i) + ";a,b\n";
    }
    return text;
}

TEST(Packed, FilesAreUnpackedByTheirFirstBytes) {
    for (const std::string& text : {std::string("META\nkey;value\n"), std::string(), long_text()}) {
        EXPECT_EQ(unpacked(packed_with_gzip(text)).value(), text);
        EXPECT_EQ(unpacked(packed_with_zstd(text)).value(), text);
        EXPECT_EQ(unpacked(packed_with_gzip(text) + packed_with_gzip(text)).value(), text + text);
        EXPECT_EQ(unpacked(packed_with_zstd(text) + packed_with_zstd(text)).value(), text + text);
        EXPECT_EQ(unpacked(text).value(), text);
    }
}

TEST(Packed, AFileOfZstdMayBeginWithWhatIsToBeSkipped) {
    using namespace std::string_literals;
    const std::string text = long_text();
    for (const char first : {'\x50', '\x5f'}) {
        const std::string skipped = first + "\x2a\x4d\x18\x03\0\0\0abc"s;
        EXPECT_EQ(unpacked(skipped + packed_with_zstd(text)).value(), text);
        EXPECT_EQ(unpacked(skipped + skipped + packed_with_zstd(text) + skipped).value(), text);
        EXPECT_FALSE(unpacked(skipped.substr(0, skipped.size() - 1)).has_value());
        EXPECT_EQ(unpacked(skipped.substr(0, 3)).value(), skipped.substr(0, 3));
    }
}

TEST(Packed, FilesThatUnpackToMoreThanTheyMayAreRefused) {
    const std::string bomb(8U << 20U, '0');
    for (const std::string& packed : {packed_with_gzip(bomb), packed_with_zstd(bomb)}) {
        EXPECT_EQ(unpacked(packed, bomb.size()).value().size(), bomb.size());
        const auto refused = unpacked(packed, bomb.size() - 1);
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().code, Errc::exhausted);
        EXPECT_EQ(refused.error().what, "Unpacked, the file is larger than 7 MB.");
    }
}

TEST(Packed, FilesThatAreBrokenOrCutAreRefused) {
    const std::string text = long_text();
    for (const std::string& packed : {packed_with_gzip(text), packed_with_zstd(text)}) {
        for (const std::size_t kept : {std::size_t{4}, packed.size() / 2, packed.size() - 1}) {
            const auto refused = unpacked(packed.substr(0, kept));
            ASSERT_FALSE(refused.has_value()) << kept;
            EXPECT_EQ(refused.error().code, Errc::malformed);
        }
        std::string spoilt = packed;
        spoilt[packed.size() / 2] = static_cast<char>(spoilt[packed.size() / 2] ^ 0x55);
        // zstd's frames here have no checksum: what comes out may be other text, but never the same.
        const auto other = unpacked(spoilt);
        EXPECT_TRUE(!other || *other != text);
        EXPECT_FALSE(unpacked(packed + "more").has_value());
    }
}

/// Parts that hold nothing are many for their bytes, and must cost no more than those.
TEST(Packed, ManyPartsThatHoldNothingTakeNoRoom) {
    const std::string text = long_text();
    for (const auto pack : {packed_with_gzip, packed_with_zstd}) {
        std::string packed = pack("META\n");
        const std::string nothing = pack("");
        for (int i = 0; i < 200'000; ++i) {
            packed += nothing;
        }
        EXPECT_EQ(unpacked(packed + pack(text)).value(), "META\n" + text);
        EXPECT_EQ(unpacked(packed + pack(text), text.size() + 5).value().size(), text.size() + 5);
        EXPECT_EQ(unpacked(packed + pack(text), text.size() + 4).error().code, Errc::exhausted);
    }
}

TEST(Packed, ZerosBehindAGzipFileAreNoPartOfIt) {
    const std::string text = long_text();
    const std::string zeros(1000, '\0');
    EXPECT_EQ(unpacked(packed_with_gzip(text) + zeros).value(), text);
    EXPECT_EQ(unpacked(packed_with_gzip(text) + packed_with_gzip(text) + '\0').value(), text + text);
    EXPECT_FALSE(unpacked(packed_with_gzip(text) + zeros + packed_with_gzip(text)).has_value());
    EXPECT_FALSE(unpacked(packed_with_gzip(text) + zeros + "more").has_value());
}

TEST(Packed, TheNameOfAFileWithoutItsPacking) {
    EXPECT_EQ(without_packing("a.csv.gz"), "a.csv");
    EXPECT_EQ(without_packing("a.pb.zst"), "a.pb");
    EXPECT_EQ(without_packing("a.json"), "a.json");
}

}  // namespace
}  // namespace bypuls::participation::pabulib
