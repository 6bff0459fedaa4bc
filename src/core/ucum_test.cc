#include "core/ucum.h"

#include <string>

#include <gtest/gtest.h>

namespace bypuls {
namespace {

TEST(Ucum, KnowsTheUnitsThatTownsMeasureIn) {
    for (const char* code : {"Cel",         "1",
                             "%",           "cm",
                             "mm",          "m3",
                             "m3/h",        "L/s",
                             "l/min",       "ug/m3",
                             "mg/L",        "kW.h",
                             "W/m2",        "V",
                             "mV",          "hPa",
                             "deg",         "m/s",
                             "km/h",        "min",
                             "h",           "d",
                             "uS/cm",       "lx",
                             "dB",          "[degF]",
                             "[pH]",        "{CFU}/(100.mL)",
                             "{vehicle}/h", "/m3",
                             "m.s-2",       "s-1",
                             "10*3/L",      "10*-6",
                             "{index}",     "m[H2O]",
                             "MiBy",        "[CFU]/(100.mL)",
                             "g{dry}",      "[FNU]"}) {
        EXPECT_TRUE(is_ucum(code)) << code;
    }
}

TEST(Ucum, RefusesWhatIsNoUnit) {
    for (const char* code : {"",   "grader", "°C", "celsius", "C elsius", "m3/", "/",  "m//s", "(m",  "m)", "{}",
                             "{a", "{a b}",  "k",  "kmin",    "µg/m3",    "{å}", "m-", "ppm",  "m^3", "."}) {
        EXPECT_FALSE(is_ucum(code)) << code;
    }
    EXPECT_FALSE(is_ucum(std::string(ucum_bytes_max + 1, '1')));
}

}  // namespace
}  // namespace bypuls
