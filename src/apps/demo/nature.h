#pragma once

#include <cstdint>
#include <vector>

#include "apps/demo/plan.h"
#include "core/clock.h"

namespace bypuls::demo {

/// What a device could measure at one moment. Only what its place has is meaningful.
struct Moment {
    double air_cel = 0;
    double humidity_percent = 0;
    double water_cel = 0;
    double uv_index = 0;
    double snow_depth_cm = 0;
    double snow_cel = 0;
};

/// Chance without a state: the same seed, stream and number give the same, in any order.
std::uint64_t dice(std::uint64_t seed, std::uint64_t stream, std::uint64_t number);
/// Evenly spread over [0, 1).
double dice_unit(std::uint64_t seed, std::uint64_t stream, std::uint64_t number);
/// Near to a normal distribution with mean 0 and deviation 1, within ±3.5 (the sum of four even ones).
double dice_normal(std::uint64_t seed, std::uint64_t stream, std::uint64_t number);

/// Weather, water and snow around Drammen as plausible curves: season, day, weather that stays for some days, and
/// chance. Not a model of any real day. Immutable after construction; thread-safe.
class Nature {
public:
    explicit Nature(std::uint64_t seed);

    Moment at(const PlannedDevice& device, Instant t) const;
    /// Height of the sun over Drammen's horizon in degrees, to within a degree (NOAA's short formulas).
    static double sun_height_deg(Instant t);

private:
    double anomaly(Instant t) const;
    double cloud(Instant t) const;
    double day_mean_air(std::int64_t day) const;
    double snow_depth_cm(Instant t) const;

    std::uint64_t seed_;
    std::vector<double> snow_;  // cm at the end of each day since first_snow_day
};

}  // namespace bypuls::demo
