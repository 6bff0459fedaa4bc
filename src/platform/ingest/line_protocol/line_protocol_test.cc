#include "platform/ingest/line_protocol/line_protocol.h"

#include <array>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.h"

namespace bypuls::ingest::line_protocol {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::literals;

Batch parsed(std::string_view body, const Options& options = {}) {
    auto batch = parse(body, options);
    EXPECT_TRUE(batch) << batch.error();
    return batch ? std::move(*batch) : Batch{};
}

std::vector<std::string> sentences(const Batch& batch) {
    std::vector<std::string> out;
    for (const LineError& error : batch.errors()) {
        out.push_back(error.sentence());
    }
    return out;
}

TEST(LineProtocol, ALineHoldsMeasurementTagsFieldsAndTime) {
    const Batch batch =
        parsed("meter,id=123,zone=north litres=45i,ok=t,note=\"fin\",temp=-1.5e1,n=7u 1700000000123456789\n");

    ASSERT_THAT(batch.points(), SizeIs(1));
    const Point& point = batch.points()[0];
    EXPECT_EQ(point.measurement, "meter");
    EXPECT_THAT(batch.tags(point), ElementsAre(Tag{"id", "123"}, Tag{"zone", "north"}));
    EXPECT_THAT(batch.fields(point),
                ElementsAre(Field{"litres", std::int64_t{45}}, Field{"ok", true}, Field{"note", "fin"sv},
                            Field{"temp", -15.0}, Field{"n", std::uint64_t{7}}));
    EXPECT_EQ(point.time_ns, 1700000000123456789);
    EXPECT_EQ(point.time(), Instant{Duration{1700000000123456}});
    EXPECT_THAT(batch.errors(), IsEmpty());
}

TEST(LineProtocol, TimesBefore1970AreCutTowardsThePast) {
    const Batch batch = parsed("m v=1 -1\n");

    EXPECT_EQ(batch.points()[0].time(), Instant{Duration{-1}});
}

TEST(LineProtocol, ThePrecisionScalesGivenTimesAndCutsTheDefault) {
    const Options options{.precision = Precision::seconds, .default_time_ns = 1'999'999'999};
    const Batch batch = parsed("m v=1 7\nm v=1", options);

    EXPECT_EQ(batch.points()[0].time_ns, 7'000'000'000);
    EXPECT_EQ(batch.points()[1].time_ns, 1'000'000'000);
    EXPECT_THAT(sentences(parsed("m v=1 9223372037", options)),
                ElementsAre("line 1, column 7: the time 9223372037 is out of range"));
}

TEST(LineProtocol, PrecisionsHaveTheNamesThatClientsSend) {
    EXPECT_EQ(precision_named("ns"), Precision::nanoseconds);
    EXPECT_EQ(precision_named("us"), Precision::microseconds);
    EXPECT_EQ(precision_named("µs"), Precision::microseconds);
    EXPECT_EQ(precision_named("ms"), Precision::milliseconds);
    EXPECT_EQ(precision_named("s"), Precision::seconds);
    EXPECT_FALSE(precision_named("h"));
}

TEST(LineProtocol, EscapesAreUndoneAndOtherBackslashesStay) {
    const Batch batch = parsed(R"(a\ b\,c\=d,t\ k=v\,w\=x\y f\=g="say \"hi\" \\ \n")");

    const Point& point = batch.points()[0];
    EXPECT_EQ(point.measurement, R"(a b,c\=d)");
    EXPECT_THAT(batch.tags(point), ElementsAre(Tag{"t k", R"(v,w=x\y)"}));
    EXPECT_THAT(batch.fields(point), ElementsAre(Field{"f=g", R"(say "hi" \ \n)"sv}));
}

TEST(LineProtocol, TextWithoutEscapesIsViewedInTheBody) {
    const std::string body = "m,k=v f=\"text\"";
    const Batch batch = parsed(body);

    const auto inside = [&](std::string_view text) {
        return text.data() >= body.data() && text.data() < body.data() + body.size();
    };
    const Point& point = batch.points()[0];
    EXPECT_TRUE(inside(point.measurement));
    EXPECT_TRUE(inside(batch.tags(point)[0].value));
    EXPECT_TRUE(inside(std::get<std::string_view>(batch.fields(point)[0].value)));
}

TEST(LineProtocol, UnescapedTextSurvivesMovingTheBatch) {
    Batch batch = parsed("m\\ n v=1");
    const Batch moved = std::move(batch);

    EXPECT_EQ(moved.points()[0].measurement, "m n");
}

TEST(LineProtocol, ABadLineSpoilsNoOther) {
    const Batch batch = parsed(
        "good v=1\n"
        "bad,host= v=1\n"
        "\n"
        "# a comment\n"
        "good v=2\r\n"
        "bad v=1i2\n"
        "bad v=1 12x\n"
        "bad v=1 99999999999999999999\n"
        "good v=3\n"
        "bad\n"
        "bad v=\n"
        "good v=4");

    EXPECT_THAT(batch.points(), SizeIs(4));
    EXPECT_EQ(batch.points()[1].line, 5U);
    EXPECT_EQ(batch.points()[3].line, 12U);
    EXPECT_THAT(
        sentences(batch),
        ElementsAre("line 2, column 10: the tag 'host' has no value",  //
                    "line 6, column 7: '1i2' is not a number",         //
                    "line 7, column 11: nothing was expected after the time",
                    "line 8, column 9: the time 99999999999999999999 is out of range",
                    "line 10, column 4: the line has no fields",
                    "line 11, column 7: the value of 'v' is neither a number, a boolean nor a string in quotes"));
    EXPECT_EQ(batch.rejected(), 6U);
}

TEST(LineProtocol, AStringMayHoldNewlinesAndTheyAreCounted) {
    const Batch batch = parsed("m v=\"a\nb\nc\"\nbad\nm v=1");

    EXPECT_EQ(std::get<std::string_view>(batch.fields(batch.points()[0])[0].value), "a\nb\nc");
    EXPECT_THAT(sentences(batch), ElementsAre("line 4, column 4: the line has no fields"));
    EXPECT_EQ(batch.points()[1].line, 5U);
}

TEST(LineProtocol, AForgottenQuoteDoesNotSwallowWhatFollows) {
    const Batch batch = parsed("m v=\"open\nm v=1\nm v=2");

    EXPECT_THAT(batch.points(), SizeIs(2));
    EXPECT_THAT(sentences(batch), ElementsAre("line 1, column 5: the text of 'v' lacks its closing quote"));
}

TEST(LineProtocol, TagsStandInOrderOfTheirKeys) {
    const Batch batch = parsed("m,c=1,a=2,b=3 v=1");

    EXPECT_THAT(batch.tags(batch.points()[0]), ElementsAre(Tag{"a", "2"}, Tag{"b", "3"}, Tag{"c", "1"}));
}

TEST(LineProtocol, TagsMayNotRepeatHoweverManyThereAre) {
    std::string many = "m";
    for (int i = 0; i < 40; ++i) {
        many += fmt::format(",t{}=x", i);
    }

    EXPECT_THAT(parsed(many + " v=1").points(), SizeIs(1));
    EXPECT_THAT(sentences(parsed("m,a=1,a=2 v=1")), ElementsAre("line 1, column 11: the tag 'a' is given twice"));
    EXPECT_THAT(parsed(many + ",t7=y v=1").errors(), SizeIs(1));
}

TEST(LineProtocol, NumbersBeyondTheirTypeAreErrorsAndTinyOnesAreNot) {
    EXPECT_THAT(parsed("m v=1e999").errors(), SizeIs(1));
    EXPECT_THAT(parsed("m v=-inf").errors(), SizeIs(1));
    EXPECT_THAT(parsed("m v=-nan").errors(), SizeIs(1));
    EXPECT_THAT(parsed("m v=9223372036854775808i").errors(), SizeIs(1));
    EXPECT_THAT(parsed("m v=-1u").errors(), SizeIs(1));
    const Batch batch = parsed("m v=1e-999,w=-9223372036854775808i,x=18446744073709551615u");
    EXPECT_THAT(batch.fields(batch.points()[0]),
                ElementsAre(Field{"v", 0.0}, Field{"w", std::numeric_limits<std::int64_t>::min()},
                            Field{"x", std::numeric_limits<std::uint64_t>::max()}));
}

TEST(LineProtocol, BytesThatAreNotUtf8AreErrorsOfTheirLine) {
    const Batch batch = parsed("m\xff v=1\nm v=\"\xc3\"\nm,a=\xed\xa0\x80 v=1\nmål v=\"blå\"");

    EXPECT_THAT(batch.errors(), SizeIs(3));
    EXPECT_THAT(batch.points(), SizeIs(1));
    EXPECT_EQ(batch.errors()[0].what, "'m\\xff' is not UTF-8");
}

TEST(LineProtocol, LimitsHoldForBodyPointsCellsLinesAndErrors) {
    const std::string body = "m v=1\nm v=2\nm v=3\n";

    EXPECT_EQ(parse(body, {.body_bytes_max = 5}).error().code, Errc::exhausted);
    EXPECT_EQ(parse(body, {.points_max = 2}).error().code, Errc::exhausted);
    EXPECT_EQ(parse(body, {.cells_max = 2}).error().code, Errc::exhausted);
    EXPECT_THAT(parsed("m v=1\nm v=\"123456789\"\nm v=1", {.line_bytes_max = 10}).points(), SizeIs(2));
    const Batch batch = parsed("x\nx\nx\nm v=1", {.errors_max = 2});
    EXPECT_THAT(batch.errors(), SizeIs(2));
    EXPECT_EQ(batch.rejected(), 3U);
    EXPECT_THAT(batch.points(), SizeIs(1));
}

TEST(LineProtocol, ErrorsShowNothingUnprintable) {
    EXPECT_EQ(parsed("\x1b[31m v=1").errors()[0].what, "a measurement cannot begin with '\\x1b'");
    EXPECT_EQ(parsed("m,sjø\x02=1 v=1").errors()[0].what, "the tag 'sjø' lacks its '='");
    EXPECT_EQ(parsed("m v=1" + std::string(99, 'x')).errors()[0].what,
              "'1" + std::string(39, 'x') + "…' is not a number");
}

/// Text of bytes that mean something to the format, not ending in a backslash, which could not be written.
std::string awkward_text(Random& random) {
    constexpr std::array<std::string_view, 12> pieces{"a", "B", "7", " ", ",", "=", "\\", "\"", "å", "#", "-", "x y"};
    std::string text = "m";
    for (std::uint64_t i = random.below(8); i > 0; --i) {
        text += pieces[random.below(pieces.size())];
    }
    return text + "z";
}

std::string escaped(std::string_view text, std::string_view escapable) {
    std::string out;
    for (const char byte : text) {
        out += escapable.find(byte) != std::string_view::npos ? "\\" : "";
        out += byte;
    }
    return out;
}

TEST(LineProtocol, WhatIsWrittenWithEscapesReadsBackAsItWas) {
    SeededRandom random(20'260'601);
    for (int round = 0; round < 5'000; ++round) {
        const std::string measurement = awkward_text(random);
        const std::string key = awkward_text(random);
        const std::string value = awkward_text(random);
        const std::string field = awkward_text(random);
        const std::string text = awkward_text(random);
        const double number = random.normal(0, 1e6);
        const auto whole = static_cast<std::int64_t>(random.next());
        const std::string line =
            fmt::format("{},{}={} {}=\"{}\",number={},whole={}i {}", escaped(measurement, ", "), escaped(key, ",= "),
                        escaped(value, ",= "), escaped(field, ",= "), escaped(text, "\\\""), number, whole, round);
        const Batch batch = parsed(line);

        ASSERT_THAT(sentences(batch), IsEmpty()) << line;
        const Point& point = batch.points()[0];
        ASSERT_EQ(point.measurement, measurement) << line;
        ASSERT_THAT(batch.tags(point), ElementsAre(Tag{key, value})) << line;
        ASSERT_THAT(batch.fields(point),
                    ElementsAre(Field{field, std::string_view(text)}, Field{"number", number}, Field{"whole", whole}))
            << line;
        ASSERT_EQ(point.time_ns, round);
    }
}

}  // namespace
}  // namespace bypuls::ingest::line_protocol
