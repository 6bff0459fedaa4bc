#include "city/bathing/recent.h"

#include <algorithm>
#include <chrono>

#include <gtest/gtest.h>

#include "core/time/iso8601.h"

namespace bypuls::bathing {
namespace {

using namespace std::chrono_literals;
using observations::Quality;

const Instant begin = parse_instant("2026-07-03T10:00:00Z").value();

/// A reading a minute for two days, warmest at minute 1000 and coldest at 2000; every tenth is doubted.
observations::Columns each_minute() {
    observations::Columns all;
    for (int minute = 0; minute < 48 * 60; ++minute) {
        const double value = minute == 1000 ? 25 : minute == 2000 ? 9 : 18;
        const bool doubted = minute % 10 == 5;
        all.push_back(begin + std::chrono::minutes{minute}, doubted ? 40.0 : value,
                      doubted ? Quality{Quality::spike} : Quality{});
    }
    return all;
}

TEST(Recent, AFewReadingsAreAllShown) {
    observations::Columns few;
    for (std::size_t i = 0; i < recent_readings_max; ++i) {
        few.push_back(begin + i * 1min, 18.0, {});
    }
    EXPECT_EQ(shown_of_recent(few), few);
}

TEST(Recent, ManyAreOneForEachHourWithTheExtremesAndTheDoubted) {
    const auto all = each_minute();
    const auto shown = shown_of_recent(all);
    EXPECT_LE(shown.size(), recent_readings_max);
    EXPECT_TRUE(std::ranges::is_sorted(shown.times));
    EXPECT_EQ(shown.times.back(), all.times.back()) << "the newest is there";
    const auto has = [&](int minute) {
        return std::ranges::find(shown.times, begin + std::chrono::minutes{minute}) != shown.times.end();
    };
    EXPECT_TRUE(has(1000) && has(2000));
    EXPECT_TRUE(has(59) && has(55) && has(119)) << "the last of the first hour, its last doubted one, the next hour's";
    EXPECT_FALSE(has(0) || has(30));
}

TEST(Recent, NothingIsShownOfNothing) {
    EXPECT_TRUE(shown_of_recent({}).empty());
}

}  // namespace
}  // namespace bypuls::bathing
