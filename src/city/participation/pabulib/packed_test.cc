#include "city/participation/pabulib/packed.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

namespace bypuls::participation::pabulib {
namespace {

std::string gzip(const std::string& text) {
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

std::string zstd(const std::string& text) {
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
    return packed;
}

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
        EXPECT_EQ(unpacked(gzip(text)).value(), text);
        EXPECT_EQ(unpacked(zstd(text)).value(), text);
        EXPECT_EQ(unpacked(gzip(text) + gzip(text)).value(), text + text);
        EXPECT_EQ(unpacked(zstd(text) + zstd(text)).value(), text + text);
        EXPECT_EQ(unpacked(text).value(), text);
    }
}

TEST(Packed, AFileOfZstdMayBeginWithWhatIsToBeSkipped) {
    using namespace std::string_literals;
    const std::string text = long_text();
    for (const char first : {'\x50', '\x5f'}) {
        const std::string skipped = first + "\x2a\x4d\x18\x03\0\0\0abc"s;
        EXPECT_EQ(unpacked(skipped + zstd(text)).value(), text);
        EXPECT_EQ(unpacked(skipped + skipped + zstd(text) + skipped).value(), text);
        EXPECT_FALSE(unpacked(skipped.substr(0, skipped.size() - 1)).has_value());
        EXPECT_EQ(unpacked(skipped.substr(0, 3)).value(), skipped.substr(0, 3));
    }
}

TEST(Packed, FilesThatUnpackToMoreThanTheyMayAreRefused) {
    const std::string bomb(8U << 20U, '0');
    for (const std::string& packed : {gzip(bomb), zstd(bomb)}) {
        EXPECT_EQ(unpacked(packed, bomb.size()).value().size(), bomb.size());
        const auto refused = unpacked(packed, bomb.size() - 1);
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().code, Errc::exhausted);
        EXPECT_EQ(refused.error().what, "Unpacked, the file is larger than 7 MB.");
    }
}

TEST(Packed, FilesThatAreBrokenOrCutAreRefused) {
    const std::string text = long_text();
    for (const std::string& packed : {gzip(text), zstd(text)}) {
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
    for (const auto pack : {gzip, zstd}) {
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
    EXPECT_EQ(unpacked(gzip(text) + zeros).value(), text);
    EXPECT_EQ(unpacked(gzip(text) + gzip(text) + '\0').value(), text + text);
    EXPECT_FALSE(unpacked(gzip(text) + zeros + gzip(text)).has_value());
    EXPECT_FALSE(unpacked(gzip(text) + zeros + "more").has_value());
}

TEST(Packed, TheNameOfAFileWithoutItsPacking) {
    EXPECT_EQ(without_packing("a.csv.gz"), "a.csv");
    EXPECT_EQ(without_packing("a.pb.zst"), "a.pb");
    EXPECT_EQ(without_packing("a.json"), "a.json");
}

}  // namespace
}  // namespace bypuls::participation::pabulib
