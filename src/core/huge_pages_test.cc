#include "core/huge_pages.h"

#include <cstdint>
#include <numeric>

#include <gmock/gmock.h>

namespace bypuls {
namespace {

TEST(HugePages, ALargeBlockBeginsAPageOfItsOwn) {
    const HugeVector<std::byte> block(std::size_t{5} << 20U);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.data()) % (std::size_t{2} << 20U), 0U);
}

TEST(HugePages, AVectorGrowsFromSmallBlocksIntoLargeOnes) {
    HugeVector<std::uint32_t> numbers;
    for (std::uint32_t i = 0; i < 2'000'000; ++i) {
        numbers.push_back(i);
    }
    HugeVector<std::uint32_t> expected(numbers.size());
    std::iota(expected.begin(), expected.end(), 0U);
    EXPECT_TRUE(numbers == expected);
    numbers.resize(3);
    numbers.shrink_to_fit();
    EXPECT_THAT(numbers, testing::ElementsAre(0, 1, 2));
}

TEST(HugePages, WhatNoMemoryCouldHoldIsRefused) {
    EXPECT_THROW(HugePages<std::uint64_t>().allocate(SIZE_MAX / 4), std::bad_alloc);
}

}  // namespace
}  // namespace bypuls
