#include "city/bathing/csv.h"

#include <gmock/gmock.h>

#include "core/time/iso8601.h"

namespace bypuls::bathing {
namespace {

using observations::Quality;
using observations::Step;

const publication::PublicStream water{.property = "water_temperature",
                                      .unit = "Cel",
                                      .source = "Drammen kommune, \"Park\"",
                                      .licence = "https://data.norge.no/nlod/no/2.0",
                                      .simulated = true};

Instant at(const char* text) {
    return parse_instant(text).value();
}

TEST(Csv, EveryRowSaysWhetherItIsSimulatedWhoseItIsAndUnderWhichLicence) {
    std::string out = csv_head({});
    CsvWriter(water).add(at("2026-07-05T10:00:00Z"), -50, Quality{Quality::range} | Quality::gap, out);
    EXPECT_EQ(out,
              "time,value,unit,usable,flags,simulated,source,licence\n"
              "2026-07-05T10:00:00Z,-50,Cel,false,range gap,true,\"Drammen kommune, \"\"Park\"\"\","
              "https://data.norge.no/nlod/no/2.0\n");
}

TEST(Csv, ADayIsNamedAsTheClockOnTheWallNamesIt) {
    std::string out = csv_head(Step::day);
    const observations::Aggregate values{.count = 2, .sum = 39, .min = 19, .max = 20};
    publication::PublicStream measured = water;
    measured.simulated = false;
    measured.source = "Drammen kommune";
    CsvWriter(measured).add({{at("2025-05-14T22:00:00Z"), at("2025-05-15T22:00:00Z")}, values}, out);
    EXPECT_EQ(out,
              "time,date,count,mean,min,max,unit,simulated,source,licence\n"
              "2025-05-14T22:00:00Z,2025-05-15,2,19.500,19,20,Cel,false,Drammen kommune,"
              "https://data.norge.no/nlod/no/2.0\n");
}

TEST(Csv, TheFileOfSimulatedReadingsIsCalledSo) {
    const publication::PublicPlace pond{.slug = "landfalltjern"};
    publication::PublicStream measured = water;
    measured.simulated = false;
    EXPECT_EQ(csv_file_name(pond, water, {}), "landfalltjern-water_temperature-simulert.csv");
    EXPECT_EQ(csv_file_name(pond, water, Step::day), "landfalltjern-water_temperature-day-simulert.csv");
    EXPECT_EQ(csv_file_name(pond, measured, Step::month), "landfalltjern-water_temperature-month.csv");
}

}  // namespace
}  // namespace bypuls::bathing
