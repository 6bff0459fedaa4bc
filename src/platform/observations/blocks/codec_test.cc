#include "platform/observations/blocks/codec.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "platform/observations/blocks/seal.h"

namespace bypuls::observations::blocks {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Columns numbers(const std::vector<double>& values, Duration step = hours{1}) {
    Columns out{.type = ResultType::number};
    Instant t{hours{490'000}};
    for (const double value : values) {
        out.push_back(t, value, {});
        t += step;
    }
    return out;
}

void expect_round_trip(const Columns& columns) {
    const auto again = decode(encode(columns));
    ASSERT_TRUE(again) << again.error();
    EXPECT_EQ(*again, columns);
}

TEST(BlockCodec, HostileDoublesComeBackBitForBit) {
    using limits = std::numeric_limits<double>;
    expect_round_trip(numbers({limits::denorm_min(), -limits::denorm_min(), limits::max(), limits::lowest(), 0.0, -0.0,
                               limits::epsilon(), 1.0 / 3, 1e-310, 9e15, -9e15, 9007199254740993.0, 0.1 + 0.2}));
}

TEST(BlockCodec, IntegersAtBothEndsSurviveTheirDifferences) {
    using limits = std::numeric_limits<std::int64_t>;
    Columns columns{.type = ResultType::integer};
    Instant t = earliest_time;
    for (const std::int64_t value : {limits::max(), limits::min(), std::int64_t{0}, limits::min(), limits::max()}) {
        columns.push_back(t, value, {});
        t += Duration{1};
    }
    columns.push_back(latest_time - Duration{1}, std::int64_t{-1}, Quality::late);
    expect_round_trip(columns);
}

TEST(BlockCodec, DecimalsAreKeptAsScaledIntegers) {
    const Columns decimals = numbers({17.25, 17.5, 17.31, -0.04, 17.25, 17.5, 17.31, 18.0});
    expect_round_trip(decimals);
    EXPECT_LT(encode(decimals).size(), 40U) << "eight doubles alone would be 64 bytes";
}

TEST(BlockCodec, AFewOddNumbersDoNotSpoilTheRest) {
    std::vector<double> values;
    for (int i = 0; i < 200; ++i) {
        values.push_back((i * 37 % 100 - 50) / 100.0);
    }
    const std::size_t plain = encode(numbers(values)).size();
    values[0] = -0.0;  // what rounding makes of a small negative number
    values[3] = 1.0 / 3;
    values[199] = 1e300;

    expect_round_trip(numbers(values));
    EXPECT_LT(encode(numbers(values)).size(), plain + 40);
}

TEST(BlockCodec, ARegularStepCostsTheSameForAnyNumberOfRows) {
    const std::vector<double> few(10, 1.0);
    const std::vector<double> many(1000, 1.0);
    EXPECT_EQ(encode(numbers(many)).size() - encode(numbers(few)).size(), 991U)
        << "a byte a value and one of the count";
}

TEST(BlockCodec, TextsAreKeptOnceEach) {
    Columns columns{.type = ResultType::category};
    for (int i = 0; i < 100; ++i) {
        columns.push_back(Instant{minutes{i}}, Category{i % 2 == 0 ? "a rather long name" : ""}, {});
    }
    expect_round_trip(columns);
    EXPECT_LT(encode(columns).size(), 140U);
}

TEST(BlockCodec, AnyCutOfABlockIsMalformed) {
    Columns columns = numbers({1.5, 2.25, 1.0 / 3}, minutes{7});
    columns.set(1, 2.25, Quality::spike);
    const Bytes whole = encode(columns);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(decode(ByteView{whole}.first(size))) << size;
    }
    Bytes longer = whole;
    longer.push_back({});
    EXPECT_FALSE(decode(longer));
}

TEST(BlockCodec, ANumberThatIsNotFiniteIsNotRead) {
    Bytes bytes = encode(numbers({1.0 / 3}));
    bytes[bytes.size() - 8] = std::byte{0x7F};
    bytes[bytes.size() - 7] = std::byte{0xF8};
    EXPECT_EQ(decode(bytes).error().what, "block: a number is not finite");
}

Columns any_columns() {
    Columns out{.type = *rc::gen::element(ResultType::number, ResultType::integer, ResultType::boolean,
                                          ResultType::category, ResultType::json)};
    const auto size = *rc::gen::inRange<std::size_t>(1, 200);
    const auto unit = *rc::gen::element<std::int64_t>(1, 1'000, 1'000'000, 60'000'000, 3'600'000'000);
    const bool regular = *rc::gen::arbitrary<bool>();
    const int kind_of_number = *rc::gen::inRange(0, 3);
    Instant t{Duration{*rc::gen::inRange<std::int64_t>(-1'000'000, 1'000'000) * unit}};
    for (std::size_t row = 0; row < size; ++row) {
        Value value;
        switch (out.type) {
            case ResultType::number:
                value = kind_of_number == 0   ? *rc::gen::arbitrary<double>()
                        : kind_of_number == 1 ? *rc::gen::inRange(-99'999, 99'999) / 100.0
                                              : static_cast<double>(*rc::gen::inRange(-9, 9));
                break;
            case ResultType::integer: value = *rc::gen::arbitrary<std::int64_t>(); break;
            case ResultType::boolean: value = *rc::gen::arbitrary<bool>(); break;
            case ResultType::category: value = Category{*rc::gen::element<std::string>("dry", "wet", "")}; break;
            case ResultType::json: value = Json{*rc::gen::arbitrary<std::string>()}; break;
        }
        if (const auto* number = std::get_if<double>(&value); number != nullptr && !std::isfinite(*number)) {
            value = 0.0;
        }
        out.push_back(t, value, Quality{*rc::gen::element<std::uint8_t>(0, 0, 0, 2, 255)});
        t += Duration{unit * (regular ? 3 : *rc::gen::inRange<std::int64_t>(1, 10'000))};
    }
    return out;
}

RC_GTEST_PROP(BlockCodec, WhatGoesInComesOut, ()) {
    const Columns columns = any_columns();
    const auto again = decode(encode(columns));
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == columns);
}

RC_GTEST_PROP(BlockSeal, ASealedBlockOpensAndAnyFlippedBitIsFound, ()) {
    const Columns columns = any_columns();
    const Dictionaries none;
    const Header header = header_of(DatastreamId{7}, columns);
    Bytes sealed = seal(header, encode(columns), none, 3);
    RC_ASSERT(*open(header, sealed, none) == columns);

    const auto bit = *rc::gen::inRange<std::size_t>(0, sealed.size() * 8);
    sealed[bit / 8] ^= std::byte{1} << (bit % 8);
    const auto opened = open(header, sealed, none);
    RC_ASSERT(!opened.has_value());
    RC_ASSERT(opened.error().code == Errc::damaged);
}

TEST(BlockSeal, AChangedHeaderIsFoundToo) {
    const Columns columns = numbers({1, 2, 3});
    const Dictionaries none;
    const Header header = header_of(DatastreamId{7}, columns);
    const Bytes sealed = seal(header, encode(columns), none, 3);

    Header other = header;
    other.usable.sum = 7;
    EXPECT_FALSE(open(other, sealed, none));
    other = header;
    other.datastream = DatastreamId{8};
    EXPECT_FALSE(open(other, sealed, none));
}

TEST(BlockSeal, BlocksOfAnOlderDictionaryStayReadable) {
    std::vector<Bytes> samples;
    std::vector<Columns> blocks;
    for (int meter = 0; meter < 400; ++meter) {
        Columns columns{.type = ResultType::integer};
        std::int64_t index = meter * 1000;
        for (int hour = 0; hour < 100; ++hour) {
            index += (hour * 7919 + meter * 31) % 13;
            columns.push_back(Instant{hours{hour}}, index, {});
        }
        samples.push_back(encode(columns));
        blocks.push_back(std::move(columns));
    }
    const Bytes trained = train_dictionary(samples, 4096);
    ASSERT_FALSE(trained.empty());
    const std::uint8_t kind = Kind{ResultType::integer, true}.code();
    Dictionaries dictionaries;
    dictionaries.add(1, kind, trained);
    const Header header = header_of(DatastreamId{1}, blocks[9]);

    const Bytes with_first = seal(header, samples[9], dictionaries, 9);
    dictionaries.add(2, kind, ByteView{trained}.first(trained.size() / 2));

    EXPECT_EQ(*open(header, with_first, dictionaries), blocks[9]);
    EXPECT_EQ(*open(header, seal(header, samples[9], dictionaries, 9), dictionaries), blocks[9]);
    EXPECT_FALSE(open(header, with_first, Dictionaries{})) << "its dictionary is missing";
}

}  // namespace
}  // namespace bypuls::observations::blocks
