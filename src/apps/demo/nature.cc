#include "apps/demo/nature.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/time/oslo.h"

namespace bypuls::demo {
namespace {

using std::chrono::days;
using std::chrono::floor;

enum Stream : std::uint64_t { weather = 1, clouds = 2, snowfall = 3, jitter = 4 };

constexpr double pi = std::numbers::pi;
constexpr std::int64_t first_snow_day = 19'967;  // 2024-09-01, since 1970
constexpr std::int64_t snow_days = 3650;

double fraction_of_year(Instant t) {
    const auto day = floor<days>(t);
    const std::chrono::year_month_day date{day};
    const auto start = std::chrono::sys_days{date.year() / std::chrono::January / 1};
    const std::chrono::duration<double, std::ratio<86'400>> gone = t - start;
    return gone.count() / 365.2425;
}

/// 1 on day `peak` of the year, -1 half a year from it.
double yearly(double year_fraction, double peak) {
    return std::cos(2 * pi * (year_fraction - peak / 365.2425));
}

double hours_utc(Instant t) {
    const std::chrono::duration<double, std::ratio<3600>> gone = t - floor<days>(t);
    return gone.count();
}

/// 1 at `peak` o'clock UTC, -1 twelve hours from it.
double daily(Instant t, double peak) {
    return std::cos(2 * pi * (hours_utc(t) - peak) / 24);
}

/// The Konnerud track is not left to the weather: snow is made from the middle of November until March.
double made_snow_cm(const std::chrono::year_month_day& date) {
    using namespace std::chrono;
    const unsigned number = static_cast<unsigned>(date.month()) * 100 + static_cast<unsigned>(date.day());
    if (number >= 1112 && number <= 1130) {
        return 6.0 + (number - 1112) * 1.2;
    }
    return number >= 1201 || number <= 315 ? 30.0 : 0.0;
}

}  // namespace

std::uint64_t dice(std::uint64_t seed, std::uint64_t stream, std::uint64_t number) {
    // SplitMix64 (Steele, Lea, Flood 2014) over the three, one after another.
    std::uint64_t state = seed;
    for (const std::uint64_t part : {stream, number}) {
        state += 0x9E3779B97F4A7C15ULL + part;
        state = (state ^ (state >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        state = (state ^ (state >> 27U)) * 0x94D049BB133111EBULL;
        state ^= state >> 31U;
    }
    return state;
}

double dice_unit(std::uint64_t seed, std::uint64_t stream, std::uint64_t number) {
    return static_cast<double>(dice(seed, stream, number) >> 11U) * 0x1p-53;
}

double dice_normal(std::uint64_t seed, std::uint64_t stream, std::uint64_t number) {
    const std::uint64_t bits = dice(seed, stream, number);
    double sum = 0;
    for (int i = 0; i < 4; ++i) {
        sum += static_cast<double>((bits >> (16 * i)) & 0xffffU) / 65'536.0;
    }
    return (sum - 2.0) * std::sqrt(3.0);
}

Nature::Nature(std::uint64_t seed) : seed_(seed) {
    // The depth of a day follows from the day before: what fell and what melted.
    double depth = 0;
    snow_.reserve(snow_days);
    for (std::int64_t day = first_snow_day; day < first_snow_day + snow_days; ++day) {
        const double air = day_mean_air(day);
        const double fell_mm = std::max(0.0, dice_normal(seed_, snowfall, static_cast<std::uint64_t>(day)) * 6 - 3);
        depth += air < 0.7 ? fell_mm : 0;
        depth -= std::max(0.0, air) * 0.9 + depth * 0.006;  // melts, and settles
        depth = std::max(depth, air < 8 ? made_snow_cm(std::chrono::sys_days{days{day}}) : 0.0);
        snow_.push_back(depth);
    }
}

/// Degrees by which the weather is warmer than the season, changing slowly from day to day.
double Nature::anomaly(Instant t) const {
    const auto day = floor<days>(t).time_since_epoch().count();
    const auto of_day = [&](std::int64_t d) {
        double sum = 0;
        double weight = 1;
        for (int back = 0; back < 7; ++back) {
            sum += weight * dice_normal(seed_, weather, static_cast<std::uint64_t>(d - back));
            weight *= 0.72;
        }
        return sum * 2.1;  // deviation about 3 degrees
    };
    const double share = hours_utc(t) / 24;
    return of_day(day - 1) * (1 - share) + of_day(day) * share;
}

/// 0 clear to 1 overcast.
double Nature::cloud(Instant t) const {
    const auto hour = std::chrono::floor<std::chrono::hours>(t).time_since_epoch().count();
    const auto of = [&](std::int64_t block) { return dice_unit(seed_, clouds, static_cast<std::uint64_t>(block)); };
    const std::int64_t block = hour / 5;  // clouds come and go over some hours
    const double share = static_cast<double>(hour % 5) / 5;
    return of(block) * (1 - share) + of(block + 1) * share;
}

double Nature::day_mean_air(std::int64_t day) const {
    const Instant noon = std::chrono::sys_days{days{day}} + std::chrono::hours{12};
    return 5.2 + 11.3 * yearly(fraction_of_year(noon), 201) + anomaly(noon) - 0.0055 * 300;
}

double Nature::snow_depth_cm(Instant t) const {
    const auto day = floor<days>(t).time_since_epoch().count() - first_snow_day;
    const auto of = [&](std::int64_t d) {
        return snow_[static_cast<std::size_t>(std::clamp<std::int64_t>(d, 0, snow_days - 1))];
    };
    const double share = hours_utc(t) / 24;
    return of(day - 1) * (1 - share) + of(day) * share;
}

double Nature::sun_height_deg(Instant t) {
    constexpr double latitude = 59.74 * pi / 180;
    constexpr double longitude_deg = 10.2;
    // NOAA's general solar position formulas: g is the fractional year in radians.
    const double g = 2 * pi * (fraction_of_year(t) - 0.5 / 365);
    const double declination = 0.006918 - 0.399912 * std::cos(g) + 0.070257 * std::sin(g) - 0.006758 * std::cos(2 * g) +
                               0.000907 * std::sin(2 * g);
    const double equation_min = 229.18 * (0.000075 + 0.001868 * std::cos(g) - 0.032077 * std::sin(g) -
                                          0.014615 * std::cos(2 * g) - 0.040849 * std::sin(2 * g));
    const double solar_hours = hours_utc(t) + longitude_deg / 15 + equation_min / 60;
    const double hour_angle = (solar_hours - 12) * 15 * pi / 180;
    const double sine =
        std::sin(latitude) * std::sin(declination) + std::cos(latitude) * std::cos(declination) * std::cos(hour_angle);
    return std::asin(std::clamp(sine, -1.0, 1.0)) * 180 / pi;
}

Moment Nature::at(const PlannedDevice& device, Instant t) const {
    const double year = fraction_of_year(t);
    const double summer = (1 + yearly(year, 190)) / 2;  // 0 in January, 1 in July
    const double weather_cel = anomaly(t);
    const double clear = 1 - cloud(t);
    const auto chance =
        [&, minute = static_cast<std::uint64_t>(t.time_since_epoch().count() / 60'000'000)](std::uint64_t which) {
            return dice_normal(seed_ ^ device.dev_eui.bytes[7], jitter + which, minute);
        };
    Moment moment;
    const double swing = (1.2 + 4.2 * summer) * (0.45 + 0.55 * clear);
    moment.air_cel = 5.2 + 11.3 * yearly(year, 201) + weather_cel - 0.0055 * device.altitude_m +
                     swing * daily(t, 13.5) + 0.15 * chance(0);
    moment.humidity_percent =
        std::clamp(78 - 14 * summer - 14 * daily(t, 13) * summer - 16 * (clear - 0.5) + 1.5 * chance(1), 22.0, 100.0);

    // Water keeps the warmth of about a week; a fjord more than that.
    const double slow = (anomaly(t - days{1}) + anomaly(t - days{3}) + anomaly(t - days{6})) / 3;
    const bool fjord = device.setting == Setting::fjord;
    const double season = fjord ? 9.4 + 8.4 * yearly(year, 216) : 10.3 + 11.2 * yearly(year, 205);
    const double day_wave = (fjord ? 0.35 : 0.8) * summer * (0.3 + 0.7 * clear) * daily(t, 16);
    const double water = season + device.offset_cel + slow * (fjord ? 0.3 : 0.5) + day_wave;
    // Near freezing it stays: under ice the water just below is about a degree, in the fjord a little colder.
    const double coldest = fjord ? 0.6 : 1.1;
    moment.water_cel = (water > coldest + 1 ? water : coldest + std::exp(water - coldest - 1)) + 0.05 * chance(2);

    const double sine = std::sin(std::max(0.0, sun_height_deg(t)) * pi / 180);
    // Clear sky: about 12.5 sin^2.42 with much ozone taken off (Madronich 2007); clouds take up to three quarters.
    moment.uv_index = 10.0 * std::pow(sine, 2.42) * (1 - 0.75 * std::pow(1 - clear, 2.0));

    moment.snow_depth_cm = std::max(0.0, snow_depth_cm(t) + 0.3 * chance(3));
    const double surface = moment.air_cel - 1.2 - 1.5 * clear;
    moment.snow_cel = moment.snow_depth_cm > 1 ? std::min(0.0, surface) : surface + 1.5;
    if (device.setting == Setting::indoors) {
        moment.air_cel = 12 + 0.4 * moment.air_cel;
        moment.humidity_percent = std::min(moment.humidity_percent, 70.0);
    }
    return moment;
}

}  // namespace bypuls::demo
