#include "city/participation/counting/interval.h"

#include <gtest/gtest.h>

#include "city/participation/counting/rational.h"
#include "core/random.h"

namespace bypuls::participation::counting {
namespace {

/// A number worked out twice.
struct Pair {
    Interval fast;
    mpq_class exact;
};

Pair whole(std::int64_t value) {
    return {Interval(value), mpq_class(to_mpz(value))};
}

void expect_agreement(const Pair& a, const Pair& b) {
    if (const auto order = compare(a.fast, b.fast)) {
        EXPECT_EQ(*order, cmp(a.exact, b.exact) <=> 0) << a.exact << " against " << b.exact;
    }
}

TEST(Interval, WhatItIsSureOfIsSoForRationalNumbers) {
    SeededRandom random(1);
    int decided = 0;
    for (int i = 0; i < 20'000; ++i) {
        Pair number = whole(static_cast<std::int64_t>(random.below(1'000)));
        Pair other = whole(static_cast<std::int64_t>(random.below(1U << 30) << 30));
        for (int step = 0; step < 12; ++step) {
            const Pair by = whole(static_cast<std::int64_t>(1 + random.below(random.chance(0.1) ? 1ULL << 62 : 50)));
            switch (random.below(4)) {
                case 0: number = {number.fast + by.fast, number.exact + by.exact}; break;
                case 1: number = {number.fast - by.fast, number.exact - by.exact}; break;
                case 2: number = {number.fast * by.fast, number.exact * by.exact}; break;
                default: number = {number.fast / by.fast, number.exact / by.exact}; break;
            }
            expect_agreement(number, by);
            expect_agreement(number, other);
            decided += compare(number.fast, other.fast) ? 1 : 0;
            other = step % 3 == 0 ? Pair{times(number.fast, 7), number.exact * 7} : other;
        }
    }
    EXPECT_GT(decided, 200'000);
}

TEST(Interval, DoesNotPretendToTellWhatRoundingHides) {
    const Interval third = Interval(1) / Interval(3);

    EXPECT_EQ(compare(times(third, 3), Interval(1)), std::nullopt);
    EXPECT_EQ(compare(third - third, Interval(0)), std::nullopt);
    EXPECT_EQ(compare(Interval(7) + Interval(0), Interval(7)), std::strong_ordering::equal);
    EXPECT_EQ(compare(third * Interval(0), Interval(0)), std::strong_ordering::equal);
}

}  // namespace
}  // namespace bypuls::participation::counting
