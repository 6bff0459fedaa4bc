#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "platform/observations/rollup.h"
#include "platform/publication/plane/catalogue.h"

/// This season day by day, against the same days of earlier years. Pure.
namespace bypuls::bathing {

struct SeasonDay {
    Instant day{};                      ///< midnight in Oslo
    std::optional<double> mean;         ///< of the usable readings of that day
    std::optional<double> earlier_min;  ///< the lowest daily mean of that date in earlier years
    std::optional<double> earlier_mean;
    std::optional<double> earlier_max;
};

struct Season {
    int year = 0;  ///< in which it begins
    std::vector<int> earlier_years;
    std::vector<SeasonDay> days;
};

/// The year in which the season that holds `t`, or the newest one before it, begins.
int season_year(const publication::PublicPlace& place, Instant t);
/// From midnight before the first day to midnight after the last.
Interval season_span(const publication::PublicPlace& place, int year);

/// What the season is called: "2026", or "2026/2027" when it runs over New Year.
std::string season_name(const publication::PublicPlace& place, int year);

/// `days` are daily rollups of the whole history, oldest first.
Season season_of(const publication::PublicPlace& place, int year, const std::vector<observations::Bucket>& days);

/// A usable reading that no other surpasses.
struct Extreme {
    double value = 0;
    Instant time{};
};
struct Extremes {
    std::optional<Extreme> highest;
    std::optional<Extreme> lowest;
};

}  // namespace bypuls::bathing
