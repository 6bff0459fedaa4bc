#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/time/iso8601.h"
#include "platform/ingest/csv/map.h"
#include "platform/ingest/csv/reader.h"

namespace bypuls::ingest::csv {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::literals;

struct Collect final : Reader::Sink {
    std::vector<Row> rows;
    std::vector<Reject> rejects;
    void row(const Row& row) override { rows.push_back(row); }
    void reject(const Reject& reject) override { rejects.push_back(reject); }
};

Map map_of(std::string_view words) {
    auto map = parse_map_words(words);
    EXPECT_TRUE(map) << map.error();
    return map ? std::move(*map) : Map{};
}

Collect read_all(std::string_view text, const Map& map, std::size_t piece = 1 << 16) {
    Collect sink;
    auto reader = Reader::open(map);
    EXPECT_TRUE(reader) << reader.error();
    for (std::size_t at = 0; at < text.size(); at += piece) {
        const auto fed = reader->feed(text.substr(at, piece), sink);
        EXPECT_TRUE(fed) << fed.error();
    }
    const auto finished = reader->finish(sink);
    EXPECT_TRUE(finished) << finished.error();
    return sink;
}

/// The one value of a file with the one cell given, or the reason why there is none.
std::string value_of(std::string_view cell, std::string_view words = "v=v") {
    const Collect read = read_all(fmt::format("t;v\n2026-06-01;{}\n", cell), map_of(fmt::format("time=t,{}", words)));
    if (!read.rejects.empty()) {
        return read.rejects[0].reason;
    }
    if (read.rows.empty() || read.rows[0].cells.empty()) {
        return "missing";
    }
    const Value& value = read.rows[0].cells[0].value;
    if (const auto* const number = std::get_if<double>(&value)) {
        return fmt::format("number {}", *number);
    }
    if (const auto* const whole = std::get_if<std::int64_t>(&value)) {
        return fmt::format("integer {}", *whole);
    }
    if (const auto* const flag = std::get_if<bool>(&value)) {
        return *flag ? "yes" : "no";
    }
    return "word " + std::get<std::string>(value);
}

/// The time of a file with the one time given, or the reason why there is none.
std::string time_of(std::string_view cell, std::string_view words = "") {
    const Collect read = read_all(fmt::format("v;t\n1;{}\n", cell), map_of(fmt::format("time=t,v=v{}", words)));
    return read.rejects.empty() ? format_instant(read.rows.at(0).time) : read.rejects[0].reason;
}

std::string error_of(std::string_view text, std::string_view words, const Limits& limits = {}) {
    Collect sink;
    auto reader = Reader::open(map_of(words), limits);
    auto read = reader->feed(text, sink);
    if (read) {
        read = reader->finish(sink);
    }
    return read ? "no error" : read.error().what;
}

TEST(CsvMap, WordsSayWhatTheColumnsMean) {
    const Map map = map_of(
        "time=tid,zone=Europe/Oslo,format=%d.%m.%Y %H:%M,separator=semicolon,decimal=comma,"
        "thousands=space,doubled=later,header=no,missing=-|n/a,water=temp\\:vann:tall:Cel,ice=is:bool");

    EXPECT_EQ(map.time_column, "tid");
    EXPECT_EQ(map.time_format, TimeFormat::pattern);
    EXPECT_EQ(map.time_pattern, "%d.%m.%Y %H:%M");
    EXPECT_EQ(map.separator, ';');
    EXPECT_EQ(map.decimal, Decimal::comma);
    EXPECT_TRUE(map.thousands_space);
    EXPECT_EQ(map.doubled_hour, Doubled::later);
    EXPECT_FALSE(map.has_header);
    EXPECT_THAT(map.missing, ElementsAre("", "-", "n/a"));
    EXPECT_THAT(map.columns, ElementsAre(Column{"temp:vann", "water", ValueType::number, "Cel"},
                                         Column{"is", "ice", ValueType::boolean, ""}));
}

TEST(CsvMap, TomlSaysTheSame) {
    const auto map = parse_map_toml(
        "time = \"tid\"\nzone = \"Europe/Oslo\"\ndecimal = \"comma\"\n"
        "columns = [\"water=temperatur:number:Cel\", \"air=luft\"]\n");

    ASSERT_TRUE(map) << map.error();
    EXPECT_EQ(*map, map_of("time=tid,zone=Europe/Oslo,decimal=comma,water=temperatur:number:Cel,air=luft"));
}

TEST(CsvMap, AFaultNamesItsKey) {
    const auto fault = [](std::string_view words) { return parse_map_words(words).error().what; };
    EXPECT_THAT(fault("time=t,water=vann:number:grader"), HasSubstr("'grader' of the column 'vann'"));

    EXPECT_EQ(fault("time=t"), "the map names no column with values: datastream=column");
    EXPECT_EQ(fault("v=v"), "the map does not say which column holds the time: time=…");
    EXPECT_EQ(fault("time=t,v=v,v=w"), "two columns go to the datastream 'v'");
    EXPECT_EQ(fault("time=t,v"), "'v' should be key=value, as in time=tid");
    EXPECT_THAT(fault("time=t,v=v:float"), HasSubstr("'type' is one of number, integer"));
    EXPECT_EQ(fault("time=t,v=v,decimal=dot"), "'decimal' is one of comma, point, auto, not 'dot'");
    EXPECT_THAT(fault("time=t,v=v,format=%H:%M"), HasSubstr("needs year, month and day"));
    EXPECT_THAT(fault("time=t,v=v,format=%Y-%q"), HasSubstr("a time pattern is made of"));
    EXPECT_EQ(Reader::open(map_of("time=t,v=v,zone=Europe/Drammen")).error().code, Errc::not_found);
    const auto toml = parse_map_toml("time = \"t\"\ndecimal = \"dot\"\ncolums = []\n");
    EXPECT_THAT(toml.error().what, HasSubstr("'decimal' is one of"));
    EXPECT_THAT(toml.error().what, HasSubstr("colums"));
}

TEST(CsvValues, NumbersComeInTheCountrysForms) {
    EXPECT_EQ(value_of("19.4"), "number 19.4");
    EXPECT_EQ(value_of("19,4"), "number 19.4");
    EXPECT_EQ(value_of("\u221219,4"), "number -19.4");
    EXPECT_EQ(value_of("+1,5e3"), "number 1500");
    EXPECT_EQ(value_of("19.4", "v=v,decimal=comma"), "'19.4' is not a number");
    EXPECT_EQ(value_of("19,4", "v=v,decimal=point"), "'19,4' is not a number");
    EXPECT_EQ(value_of("1.234,5"), "'1.234,5' is not a number");
    EXPECT_EQ(value_of("3 484 248"), "'3 484 248' is not a number");
    EXPECT_EQ(value_of("3 484\u00a0248,5", "v=v,thousands=space"), "number 3484248.5");
    EXPECT_EQ(value_of("3\u202f484", "v=v:integer,thousands=space"), "integer 3484");
    EXPECT_EQ(value_of("12,5", "v=v:integer"), "'12,5' is not a whole number");
    EXPECT_EQ(value_of("inf"), "'inf' is not a number");
    EXPECT_EQ(value_of("1e999"), "'1e999' is not a number");
    EXPECT_EQ(value_of("abc"), "'abc' is not a number");
}

TEST(CsvValues, WordsTruthsAndGaps) {
    EXPECT_EQ(value_of("Ja", "v=v:boolean"), "yes");
    EXPECT_EQ(value_of("nei", "v=v:boolean"), "no");
    EXPECT_EQ(value_of("kanskje", "v=v:boolean"), "'kanskje' is not yes or no");
    EXPECT_EQ(value_of(" Isfritt ", "v=v:category"), "word Isfritt");
    for (const std::string_view gap : {"", " ", "-", "NaN", "null"}) {
        EXPECT_EQ(value_of(gap), "missing");
    }
    EXPECT_EQ(value_of("9999", "v=v,missing=9999"), "missing");
    EXPECT_EQ(value_of("NaN", "v=v,missing=9999"), "'NaN' is not a number");
}

TEST(CsvTimes, LocalTimesAreReadInTheZone) {
    EXPECT_EQ(time_of("2026-06-01 12:00:00"), "2026-06-01T10:00:00Z");
    EXPECT_EQ(time_of("2026-01-01T12:00"), "2026-01-01T11:00:00Z");
    EXPECT_EQ(time_of("2026-06-01 12:00:00.25"), "2026-06-01T10:00:00.250Z");
    EXPECT_EQ(time_of("2026-06-01"), "2026-05-31T22:00:00Z");
    EXPECT_EQ(time_of("2026-06-01T12:00:00Z"), "2026-06-01T12:00:00Z");
    EXPECT_EQ(time_of("2026-06-01 12:00", ",zone=Etc/UTC"), "2026-06-01T12:00:00Z");
    EXPECT_EQ(time_of("2026-02-29"), "2026-02-29 00:00:00 is no time of any day");
    EXPECT_EQ(time_of("yesterday"), "'yesterday' is not a time like 2026-06-01 12:00:00");
    EXPECT_EQ(time_of("-"), "there is no time");
}

TEST(CsvTimes, ADoubledHourIsReadAsDeclaredAndASkippedOneRefused) {
    EXPECT_EQ(time_of("2025-10-26 02:30"), "2025-10-26T00:30:00Z");
    EXPECT_EQ(time_of("2025-10-26 02:30", ",doubled=later"), "2025-10-26T01:30:00Z");
    EXPECT_THAT(time_of("2025-10-26 02:30", ",doubled=refuse"), HasSubstr("happened twice"));
    EXPECT_THAT(time_of("2025-03-30 02:30"), HasSubstr("does not exist"));
}

TEST(CsvTimes, ALoggersFileTellsTheTwoHoursApartByItsOrder) {
    const std::string text =
        "t,v\n2025-10-26 01:30,1\n2025-10-26 02:00,1\n2025-10-26 02:30,1\n2025-10-26 02:00,1\n"
        "2025-10-26 02:30,1\n2025-10-26 03:00,1\n";
    std::vector<std::string> times;
    for (const Row& row : read_all(text, map_of("time=t,v=v,doubled=in_order")).rows) {
        times.push_back(format_instant(row.time).substr(11, 5));
    }

    EXPECT_THAT(times, ElementsAre("23:30", "00:00", "00:30", "01:00", "01:30", "02:00"));
}

TEST(CsvTimes, PatternsAndEpochs) {
    EXPECT_EQ(time_of("1.6.2026 kl. 8:05", ",format=%d.%m.%Y kl. %H:%M"), "2026-06-01T06:05:00Z");
    EXPECT_EQ(time_of("20260601T080500", ",format=%Y%m%dT%H%M%S"), "2026-06-01T06:05:00Z");
    EXPECT_EQ(time_of("01/06/26 08:05 +0000", ",format=%d/%m/%y %H:%M %z"), "2026-06-01T08:05:00Z");
    EXPECT_EQ(time_of("01/06/26 08:05 -03:30", ",format=%d/%m/%y %H:%M %z"), "2026-06-01T11:35:00Z");
    EXPECT_EQ(time_of("31.02.2026 00:00 Z", ",format=%d.%m.%Y %H:%M %z"),
              "'31.02.2026 00:00 Z' is not a time of any day");
    EXPECT_EQ(time_of("2026-06-01", ",format=%d.%m.%Y"), "'2026-06-01' is not a time as %d.%m.%Y has it");
    EXPECT_EQ(time_of("1700000000.5", ",format=epoch_s"), "2023-11-14T22:13:20.500Z");
    EXPECT_EQ(time_of("1700000000500", ",format=epoch_ms"), "2023-11-14T22:13:20.500Z");
    EXPECT_THAT(time_of("1e300", ",format=epoch_s"), HasSubstr("since 1970"));
}

TEST(CsvReader, FieldsInQuotesHoldSeparatorsNewlinesAndQuotes) {
    const Collect read =
        read_all("\xef\xbb\xbf\"t\",\"note, long\"\r\n2026-06-01,\"a \"\"b\"\"\r\nc\"\r\n\r\n2026-06-02,5\" pipe",
                 map_of("time=t,n=note\\, long:category"));

    EXPECT_THAT(read.rejects, IsEmpty());
    ASSERT_THAT(read.rows, SizeIs(2));
    EXPECT_EQ(std::get<std::string>(read.rows[0].cells[0].value), "a \"b\"\r\nc");
    EXPECT_EQ(std::get<std::string>(read.rows[1].cells[0].value), "5\" pipe");
    EXPECT_EQ(read.rows[1].number, 2U);
}

TEST(CsvReader, TheSeparatorIsFoundOrSaid) {
    EXPECT_THAT(read_all("t;v\n2026-06-01;1,5\n", map_of("time=t,v=v")).rows, SizeIs(1));
    EXPECT_THAT(read_all("t\tv\n2026-06-01\t1,5\n", map_of("time=t,v=v")).rows, SizeIs(1));
    EXPECT_THAT(read_all("t,v;x,y\n2026-06-01,1\n", map_of("time=t,v=v;x,separator=comma")).rejects, SizeIs(1));
    EXPECT_THAT(read_all("2026-06-01,7\n2026-06-02,8\n", map_of("time=#1,v=#2,header=no")).rows, SizeIs(2));
}

TEST(CsvReader, ABadRecordIsRejectedWithReasonAndLine) {
    const Collect read = read_all(
        "t,v,w\n2026-06-01,1,2\n2026-06-02,abc,2\n2026-06-03,1\n2026-06-04,\"1\"x,2\n"
        "2026-06-05,1,2,\n2026-06-06,1,2,3\n2026-06-07,\xff,2\n",
        map_of("time=t,v=v,w=w"));

    EXPECT_THAT(read.rows, SizeIs(2));
    EXPECT_THAT(read.rejects, ElementsAre(Reject{2, "v", "'abc' is not a number", "2026-06-02,abc,2"},
                                          Reject{3, "", "the record has 2 columns, not 3", "2026-06-03,1"},
                                          Reject{4, "", "there is text after a closing quote", "2026-06-04,\"1\"x,2"},
                                          Reject{6, "", "the record has 4 columns, not 3", "2026-06-06,1,2,3"},
                                          Reject{7, "v", "the value is not UTF-8", "2026-06-07,\xff,2"}));
}

TEST(CsvReader, AFileThatCannotBeReadSaysWhy) {
    EXPECT_EQ(error_of("tid,temp\n", "time=t,v=temp"), "the file has no column 't'; it has 'tid', 'temp'");
    EXPECT_EQ(error_of("t,v,v\n", "time=t,v=v"), "the file has two columns 'v': say which by #number");
    EXPECT_EQ(error_of("t,v\n1,2\0\n"s, "time=t,v=v"), "byte 7 of the file is NUL: this is not a text file");
    EXPECT_THAT(error_of("t,v\xe5\n", "time=t,v=v"), HasSubstr("not UTF-8: convert it first"));
    EXPECT_EQ(error_of("t,v\n2026-06-01,\"1\n2026-06-02,2\n", "time=t,v=v"), "record 1 lacks its closing quote");
    EXPECT_EQ(error_of("\n\n", "time=t,v=v"), "the file is empty");
}

TEST(CsvReader, HostileFilesAreRefusedWithinBoundedMemory) {
    const std::string many(1'000'000, ',');
    Collect sink;
    auto reader = Reader::open(map_of("time=t,v=v")).value();

    EXPECT_THAT(error_of(many + "\n", "time=t,v=v", {.line_bytes = 2 << 20}), HasSubstr("more than 4096 columns"));
    EXPECT_THAT(error_of("t,v\n" + std::string(100, 'x'), "time=t,v=v", {.line_bytes = 64}),
                HasSubstr("longer than 64 bytes: is a quote left open?"));
    // A line without end: refused as soon as the limit is passed, and ever after.
    const std::string piece(1 << 16, 'x');
    std::size_t fed = 0;
    while (fed < (std::size_t{1} << 30) && reader.feed(piece, sink)) {
        fed += piece.size();
    }
    EXPECT_LE(fed, std::size_t{1} << 20);
    EXPECT_EQ(reader.feed("\n", sink).error().code, Errc::exhausted);
    EXPECT_EQ(reader.finish(sink).error().code, Errc::exhausted);
}

TEST(CsvReader, PiecesOfAnySizeGiveTheSameRecords) {
    const std::string text =
        "\xef\xbb\xbft;v\r\n2026-06-01;\"1,5\"\r\n2026-06-02;x\r\n\r\n2026-06-03;\"a\"\"\r\n\"\r\n2026-06-04;4";
    const Map map = map_of("time=t,v=v:category");
    const Collect whole = read_all(text, map);

    EXPECT_THAT(whole.rows, SizeIs(4));
    for (std::size_t piece = 1; piece < text.size(); ++piece) {
        const Collect read = read_all(text, map, piece);
        EXPECT_EQ(read.rows, whole.rows) << piece;
        EXPECT_EQ(read.rejects, whole.rejects) << piece;
    }
}

TEST(CsvReader, AnImportGoesOnWhereItStood) {
    const std::string text = "t;v\n2026-06-01;1\n2026-06-02;x\n2026-06-03;3\n";
    const Map map = map_of("time=t,v=v");
    const Collect whole = read_all(text, map);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        Collect sink;
        auto first = Reader::open(map).value();
        ASSERT_TRUE(first.feed(text.substr(0, cut), sink));

        const Position position = Position::from_text(first.position().to_text()).value();
        EXPECT_EQ(position, first.position());
        auto second = Reader::resume(map, position).value();
        ASSERT_TRUE(second.feed(std::string_view(text).substr(position.bytes), sink));
        ASSERT_TRUE(second.finish(sink));

        EXPECT_EQ(sink.rows, whole.rows) << cut;
        EXPECT_EQ(sink.rejects, whole.rejects) << cut;
        EXPECT_EQ(second.position().rows, 3U);
    }
    EXPECT_FALSE(Position::from_text("bypuls-csv 2 0 0 0 0 - -"));
    EXPECT_FALSE(Position::from_text("bypuls-csv 1 9 1 59 2 0,2 -"));
    EXPECT_FALSE(Reader::resume(map_of("time=t,a=v,b=v"), Position::from_text("bypuls-csv 1 9 1 59 2 0,1 -").value()));
}

TEST(CsvPreview, ShowsTheFirstRecordsAndHowTheyAreUnderstood) {
    const Map map = map_of("time=t,v=v");
    const auto shown = preview("t;v\n2026-06-01;1\n2026-06-02;x\n2026-06-03;3\n2026-06-", Extent::beginning, map, 3);

    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->separator, ';');
    EXPECT_THAT(shown->heading, ElementsAre("t", "v"));
    EXPECT_THAT(shown->rows, SizeIs(2));
    EXPECT_THAT(shown->rejects, SizeIs(1));
    EXPECT_THAT(preview("t;v\n2026-06-01;1", Extent::whole, map)->rows, SizeIs(1));
    EXPECT_THAT(preview("t;v\n2026-06-01;1", Extent::beginning, map)->rows, IsEmpty());
}

TEST(CsvRecorded, TheBathingSeriesOfBergenReadsAsDescribed) {
    const char* const folder = std::getenv("BYPULS_SHARED_DIR");
    std::ifstream file(
        std::string(folder == nullptr ? "" : folder) + "/data/sensors/bathing/nordnes_sjobad_bergen_2024-2025.csv",
        std::ios::binary);
    if (!file) {
        GTEST_SKIP() << "the bathing series is not part of the repository (set BYPULS_SHARED_DIR)";
    }
    const std::string text{std::istreambuf_iterator<char>(file), {}};

    const Collect read = read_all(text,
                                  map_of("time=tid,zone=Europe/Oslo,doubled=in_order,water=temperatur:number:Cel,"
                                         "air=lufttemperatur:number:Cel"),
                                  4096);

    EXPECT_THAT(read.rejects, IsEmpty());
    ASSERT_THAT(read.rows, SizeIs(13'789));
    EXPECT_EQ(format_instant(read.rows.front().time), "2024-05-21T11:29:27Z");
    EXPECT_EQ(format_instant(read.rows.back().time), "2025-12-31T22:00:03Z");
    std::size_t without_water = 0;
    std::size_t impossible = 0;
    double warmest = -100;
    std::map<Instant, int> times;
    for (const Row& row : read.rows) {
        ++times[row.time];
        if (row.cells.empty() || row.cells[0].column != 0) {
            ++without_water;
            continue;
        }
        const double water = std::get<double>(row.cells[0].value);
        impossible += water == -50.0 ? 1 : 0;
        warmest = std::max(warmest, water);
    }
    EXPECT_EQ(without_water, 528U);
    EXPECT_EQ(impossible, 4U);
    EXPECT_EQ(warmest, 24.2);
    // Four local times stand there twice, but one of them is the doubled hour of 2025-10-26, which is two instants.
    EXPECT_EQ(read.rows.size() - times.size(), 3U);
}

}  // namespace
}  // namespace bypuls::ingest::csv
