#include "core/packing/unpack.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include "core/testing/pack.h"

namespace bypuls::packing {
namespace {

struct Kind {
    std::string (*pack)(std::string_view);
    std::expected<std::string, Fault> (*unpack)(std::string_view, const Limits&);
};

class Unpack : public testing::TestWithParam<Kind> {
protected:
    std::string pack(const std::string& text) const { return GetParam().pack(text); }
    std::expected<std::string, Fault> unpack(std::string_view packed, const Limits& limits) const {
        return GetParam().unpack(packed, limits);
    }
};

constexpr std::size_t plenty = 16U << 20U;

TEST_P(Unpack, GivesWhatWasPacked) {
    for (const std::string& text : {std::string(), std::string("a"), std::string(1'000'000, 'x')}) {
        EXPECT_EQ(unpack(pack(text), {.bytes_max = plenty}).value(), text);
        EXPECT_EQ(unpack(pack(text), {.bytes_max = text.size()}).value(), text);
    }
}

TEST_P(Unpack, EndsOneByteBeyondItsLimit) {
    const std::string text(1'000'000, 'x');
    EXPECT_EQ(unpack(pack(text), {.bytes_max = text.size() - 1}).error(), Fault::too_large);
    EXPECT_EQ(unpack(pack("a"), {.bytes_max = 0}).error(), Fault::too_large);
}

TEST_P(Unpack, CountsTheRatioFromAMebibyteOn) {
    const std::string dense(2U << 20U, 'x');
    EXPECT_EQ(unpack(pack(dense), {.bytes_max = plenty, .ratio_max = 100}).error(), Fault::too_dense);
    const std::string little(1U << 20U, 'x');
    EXPECT_EQ(unpack(pack(little), {.bytes_max = plenty, .ratio_max = 100}).value(), little);
}

TEST_P(Unpack, RefusesWhatIsBrokenOrCut) {
    const std::string packed = pack("something that is worth packing, worth packing, worth packing");
    for (std::size_t length = 0; length < packed.size(); ++length) {
        EXPECT_EQ(unpack(packed.substr(0, length), {.bytes_max = plenty}).error(), Fault::broken) << length;
    }
    EXPECT_EQ(unpack("neither", {.bytes_max = plenty}).error(), Fault::broken);
}

TEST_P(Unpack, TakesSeveralPartsOnlyWhereTheyMayBe) {
    const std::string two = pack("first ") + pack("") + pack("second");
    EXPECT_EQ(unpack(two, {.bytes_max = plenty}).error(), Fault::behind);
    EXPECT_EQ(unpack(two, {.bytes_max = plenty, .many_parts = true}).value(), "first second");
    EXPECT_EQ(unpack(two, {.bytes_max = 11, .many_parts = true}).error(), Fault::too_large);
    EXPECT_EQ(unpack(two + "more", {.bytes_max = plenty, .many_parts = true}).error(), Fault::broken);
}

INSTANTIATE_TEST_SUITE_P(Of, Unpack,
                         testing::Values(Kind{packed_with_gzip, unpack_gzip}, Kind{packed_with_zstd, unpack_zstd}),
                         [](const auto& kind) { return kind.index == 0 ? "gzip" : "zstd"; });

TEST(UnpackGzip, LeavesOutZerosBehindTheLastOfManyParts) {
    const std::string packed = packed_with_gzip("text") + std::string(100, '\0');
    EXPECT_EQ(unpack_gzip(packed, {.bytes_max = plenty, .many_parts = true}).value(), "text");
    EXPECT_EQ(unpack_gzip(packed, {.bytes_max = plenty}).error(), Fault::behind);
}

TEST(UnpackZstd, RefusesAWindowBeyondWhatMayBe) {
    std::string text;
    for (int i = 0; i < 400'000; ++i) {
        text += std::to_string(i);
    }
    ZSTD_CCtx* const context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 21);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    packed.resize(ZSTD_compress2(context, packed.data(), packed.size(), text.data(), text.size()));
    ZSTD_freeCCtx(context);

    EXPECT_EQ(unpack_zstd(packed, {.bytes_max = plenty, .zstd_window_log_max = 21}).value(), text);
    EXPECT_EQ(unpack_zstd(packed, {.bytes_max = plenty, .zstd_window_log_max = 20}).error(), Fault::broken);
}

}  // namespace
}  // namespace bypuls::packing
