#include "platform/ingest/observations/batch.h"

#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/time/iso8601.h"

namespace bypuls::ingest::batch {
namespace {

using observations::Quality;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Batch parsed(std::string_view body, const Limits& limits = {}) {
    auto batch = parse_json(body, limits);
    EXPECT_TRUE(batch) << batch.error();
    return batch ? std::move(*batch) : Batch{};
}

/// The fault of a batch with the one row given.
RowError fault_of(std::string_view row, const Limits& limits = {}) {
    const Batch batch = parsed(fmt::format("[{}]", row), limits);
    EXPECT_THAT(batch.rows, IsEmpty());
    return batch.errors.empty() ? RowError{} : batch.errors[0];
}

TEST(ObservationBatch, RowsNameDatastreamTimeValueAndQuality) {
    const Batch batch = parsed(R"({"observations":[
        {"datastream":12,"time":"2026-06-01T12:00:00+02:00","value":19.4,"quality":["manual","estimated"]},
        {"datastream":"blektjern/water","value":3},
        {"datastream":3,"time":null,"value":true,"quality":null},
        {"datastream":3,"value":"ice"},
        {"datastream":3,"value":{"u":[1, 2.5]}},
        {"datastream":3,"value":18446744073709551615}]})");

    EXPECT_THAT(batch.errors, IsEmpty());
    EXPECT_THAT(batch.rows,
                ElementsAre(Row{0, 12, parse_instant("2026-06-01T10:00:00Z").value(), 19.4,
                                Quality{Quality::manual} | Quality::estimated},
                            Row{1, std::string("blektjern/water"), std::nullopt, std::int64_t{3}, {}},
                            Row{2, 3, std::nullopt, true, {}}, Row{3, 3, std::nullopt, std::string("ice"), {}},
                            Row{4, 3, std::nullopt, Json{R"({"u":[1,2.5]})"}, {}},
                            Row{5, 3, std::nullopt, 18446744073709551615.0, {}}));
}

TEST(ObservationBatch, ABareListWillDo) {
    EXPECT_THAT(parsed(R"([{"datastream":1,"value":2}])").rows, SizeIs(1));
    EXPECT_THAT(parsed("[]").rows, IsEmpty());
}

TEST(ObservationBatch, GoodRowsAreKeptAndBadOnesNamed) {
    const Batch batch = parsed(R"([{"datastream":1,"value":1},{"datastream":1},{"datastream":1,"value":3}])");

    EXPECT_THAT(batch.rows, SizeIs(2));
    EXPECT_EQ(batch.rows[1].index, 2U);
    EXPECT_THAT(batch.errors, ElementsAre(RowError{1, Errc::malformed, "value", "'value' is missing"}));
}

TEST(ObservationBatch, AFaultTellsTheFieldAndWhatItShouldBe) {
    EXPECT_EQ(fault_of("7").what, "a row must be an object with datastream, time and value");
    EXPECT_EQ(fault_of(R"({"value":1})").field, "datastream");
    EXPECT_EQ(fault_of(R"({"datastream":0,"value":1})").what, "'datastream' must be a number above 0 or a name");
    EXPECT_EQ(fault_of(R"({"datastream":1.5,"value":1})").field, "datastream");
    EXPECT_EQ(fault_of(R"({"datastream":" ","value":1})").field, "datastream");
    EXPECT_EQ(fault_of(R"({"datastream":1,"value":null})").what, "'value' is missing");
    EXPECT_THAT(fault_of(R"({"datastream":1,"value":1,"time":"2026-06-01T12:00:00"})").what, HasSubstr("with a zone"));
    EXPECT_EQ(fault_of(R"({"datastream":1,"value":1,"time":1700000000})").field, "time");
    EXPECT_EQ(fault_of(R"({"datastream":1,"value":1,"quality":"bad"})").field, "quality");
    EXPECT_EQ(fault_of(R"({"datastream":1,"value":1,"quality":["late",7]})").field, "quality[1]");
    EXPECT_THAT(fault_of(R"({"datastream":1,"value":1,"quality":["suspect"]})").what,
                HasSubstr("range, spike, stuck, gap, late, clock, estimated, manual"));
    EXPECT_EQ(fault_of(R"({"datastream":1,"value":1,"tiem":"x"})").what,
              "a row has datastream, time, value, quality and details, not 'tiem'");
    EXPECT_EQ(fault_of(R"({"datastream":1,"value":1,"value":2})").what, "'value' is given twice");
    EXPECT_EQ(fault_of(R"({"datastream":1,"value":{"a":[{"b":1,"b":2}]}})").what, "'b' is given twice");
}

TEST(ObservationBatch, ANumberThatNothingHoldsIsOneRowsFault) {
    const Batch batch = parsed(R"([{"datastream":1,"value":1},{"datastream":1,"value":1e999},)"
                               R"({"datastream":1,"value":{"a":[-1E+400]}},{"datastream":"1e999","value":"\"1e999"},)"
                               R"({"datastream":1,"value":1e-999}])");

    ASSERT_THAT(batch.errors, SizeIs(2));
    EXPECT_EQ(batch.errors[0], (RowError{1, Errc::malformed, "value", "'value' has a number beyond 1.8e308"}));
    EXPECT_EQ(batch.errors[1].index, 2U);
    ASSERT_THAT(batch.rows, SizeIs(3));
    EXPECT_EQ(batch.rows[1].value, Value{std::string("\"1e999")});
    EXPECT_EQ(batch.rows[2].value, Value{0.0});
    EXPECT_EQ(fault_of(R"({"datastream":1e999,"value":1})").field, "datastream");
    EXPECT_EQ(fault_of("1e999").what, "a row must be an object with datastream, time and value");
}

TEST(ObservationBatch, AWholeNumberBeyond64BitsIsANumberAndNobodysFault) {
    const Batch batch = parsed(R"([{"datastream":1,"value":100000000000000000000},{"datastream":1,"value":1},)"
                               R"({"datastream":1,"value":-9223372036854775809}])");

    ASSERT_THAT(batch.errors, IsEmpty());
    ASSERT_THAT(batch.rows, SizeIs(3));
    EXPECT_EQ(batch.rows[0].value, Value{1e20});
    EXPECT_EQ(batch.rows[1].value, Value{std::int64_t{1}});
    EXPECT_EQ(batch.rows[2].value, Value{-9223372036854775808.0});
}

TEST(ObservationBatch, ControlCharactersInATextAreText) {
    const Batch batch = parsed(R"([{"datastream":1,"value":"\u0001"},{"datastream":1,"value":{"a":["\u0001"]}}])");

    ASSERT_THAT(batch.errors, IsEmpty());
    EXPECT_EQ(batch.rows[0].value, Value{std::string("\x01")});
}

TEST(ObservationBatch, NumbersThatAreNoJsonRefuseTheText) {
    for (const std::string_view value : {"01", "1.", "1e", "-", "1e999.5", "+1"}) {
        const auto batch = parse_json(fmt::format(R"([{{"datastream":1,"value":{}}},{{"value":1e999}}])", value));
        EXPECT_FALSE(batch) << value;
    }
}

TEST(ObservationBatch, NdjsonNamesTheFieldOfANumberThatNothingHolds) {
    const auto batch = parse_ndjson("{\"datastream\":1,\"value\":1e999}\n{\"datastream\":1,\"value\":2}");

    ASSERT_TRUE(batch);
    ASSERT_THAT(batch->errors, SizeIs(1));
    EXPECT_EQ(batch->errors[0].field, "value");
    EXPECT_THAT(batch->rows, SizeIs(1));
}

TEST(ObservationBatch, LongKeysAreCutBetweenCharacters) {
    const std::string key = "x" + [] {
        std::string text;
        for (int i = 0; i < 100; ++i) {
            text += "å";
        }
        return text;
    }();

    EXPECT_EQ(fault_of(fmt::format(R"({{"datastream":1,"value":1,"{}":1}})", key)).field, key.substr(0, 63));
}

TEST(ObservationBatch, LongNamesValuesAndListsAreBadRowsOnly) {
    const Limits limits{.name_bytes = 4, .value_bytes = 6, .quality_flags = 1};

    EXPECT_EQ(fault_of(R"({"datastream":"abcde","value":1})", limits).code, Errc::exhausted);
    EXPECT_EQ(fault_of(R"({"datastream":1,"value":"1234567"})", limits).code, Errc::exhausted);
    EXPECT_EQ(fault_of(R"({"datastream":1,"value":[1,2,3]})", limits).code, Errc::exhausted);
    EXPECT_EQ(fault_of(R"({"datastream":1,"value":1,"quality":["late","gap"]})", limits).code, Errc::exhausted);
}

TEST(ObservationBatch, TextThatIsNoBatchFailsAsAWhole) {
    EXPECT_EQ(parse_json("").error().what, "the text is empty");
    EXPECT_THAT(parse_json("[{").error().what, HasSubstr("the text is not JSON"));
    EXPECT_EQ(parse_json("[\"\xff\"]").error().what, "the text is not UTF-8");
    EXPECT_THAT(parse_json("{}").error().what, HasSubstr("a batch is a list of rows"));
    EXPECT_THAT(parse_json(R"({"observations":[],"observations":[]})").error().what,
                HasSubstr("a batch is a list of rows"));
}

TEST(ObservationBatch, LimitsHoldForBytesRowsAndDepth) {
    const std::string deep =
        "[{\"datastream\":1,\"value\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}]";

    EXPECT_EQ(parse_json("[1,2,3]", {.body_bytes = 6}).error().code, Errc::exhausted);
    EXPECT_EQ(parse_json("[1,2,3]", {.rows = 2}).error().code, Errc::exhausted);
    EXPECT_EQ(parse_json(deep).error().code, Errc::exhausted);
    EXPECT_EQ(parse_ndjson("1\n2\n3", {.rows = 2}).error().code, Errc::exhausted);
}

TEST(ObservationBatch, NdjsonTakesOneRowALineAndABadLineSpoilsNoOther) {
    const auto batch = parse_ndjson("{\"datastream\":1,\"value\":1}\r\n\n{oops\n{\"datastream\":1,\"value\":2}");

    ASSERT_TRUE(batch);
    EXPECT_THAT(batch->rows, SizeIs(2));
    EXPECT_EQ(batch->rows[1].index, 3U);
    ASSERT_THAT(batch->errors, SizeIs(1));
    EXPECT_EQ(batch->errors[0].index, 2U);
    EXPECT_THAT(batch->errors[0].what, HasSubstr("not JSON"));
}

}  // namespace
}  // namespace bypuls::ingest::batch
