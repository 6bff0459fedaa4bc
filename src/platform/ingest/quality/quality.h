#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "platform/observations/observation.h"

/// Quality control of readings: pure rules, one set of bounds for each observed property. A rule flags and gives its
/// reason; it never deletes or changes a value. The checks are those of QARTOD's real-time manuals (gross range, spike,
/// rate of change, flat line, gap), with one difference: a level that holds is believed.
namespace bypuls::ingest::quality {

/// What is believable for one observed property, in its unit. A bound that is absent is not checked.
struct Rule {
    std::string property;  ///< "water_temperature"
    std::string unit;      ///< UCUM, the unit of every number here
    std::optional<double> lowest{};
    std::optional<double> highest{};
    /// Two readings may differ by `jump` at once and by `per_hour` more for each hour between them.
    std::optional<double> jump{};
    double per_hour = 0;
    /// The same value (within `still`) for longer than this is a stuck sensor...
    std::optional<Duration> stuck_after{};
    double still = 0;
    /// ...unless it is the value at which this property rests: no snow, no sun, saturated air.
    std::optional<double> resting{};
    Duration gap_after{};    ///< a longer silence is a gap
    Duration stale_after{};  ///< the newest reading is no longer "now" when it is older
    Duration late_after{};   ///< arrived later than this after it was measured
    /// Measured later than this after it arrived: the clock is wrong.
    Duration future_after = std::chrono::minutes{10};

    friend bool operator==(const Rule&, const Rule&) = default;
};

/// The rule of a property that is measured at least hourly, with the spans that it leaves open (0) filled in.
Rule expected_hourly(Rule rule);

/// The rules in force, one for each property: those we ship, and what an operator put in their place or added to them.
/// Thread-safe once nobody changes them any more.
class Rules {
public:
    /// Those we ship: one for each property that the demonstration town shows.
    Rules();
    static const Rules& shipped();

    /// Takes the place of the rule of the same property, if there is one.
    void put(Rule rule);
    /// Null for a property without rules; its readings are then not judged. Stays until the next put().
    const Rule* find(std::string_view property) const;
    /// By property.
    std::span<const Rule> all() const { return rules_; }
    /// How old the newest reading of a datastream may be and still be the present: what the property's rule says, and
    /// never less than three of the datastream's own intervals.
    Duration stale_after(std::string_view property, Duration interval) const;

private:
    std::vector<Rule> rules_;
};

/// What is wrong with a rule as an operator wrote it: "lowest must be below highest". None when it can be judged by.
std::optional<std::string> fault_of(const Rule& rule);

struct Reading {
    Instant time{};
    double value = 0;
    observations::Quality quality;
};

enum class Check : std::uint8_t { range, spike, stuck, gap, late, future };
std::string_view name_of(Check check);

struct Finding {
    Check check = Check::range;
    std::string sentence;  ///< English, for the data-quality page: "-50 Cel is below -2 Cel"
};

struct Assessment {
    /// The reading's own flags and those found; never fewer.
    observations::Quality quality;
    std::vector<Finding> findings;  ///< at most one of each check
    /// Stamped in the future: to be quarantined, since no flag makes its time right.
    bool future = false;
};

/// A new level is believed at the reading that this many before it agree with.
constexpr std::size_t level_confirmed_after = 2;
/// Fewer equal readings than this are not called stuck, whatever time they span.
constexpr std::size_t stuck_readings_min = 6;

/// How far back `previous` must reach for every check to see what it needs.
Duration window(const Rule& rule);

/// Judges one reading by what came before it.
///
/// `previous` holds readings of the same datastream with the flags they got, oldest first; those not before `next` are
/// passed over, so a late reading is judged by its own past. Flagged values are never taken as the truth to compare
/// with. The first reading of a new level is called a spike, and so is the second; the third finds two that agree with
/// it and is believed.
Assessment assess(std::span<const Reading> previous, const Reading& next, Instant received, const Rule& rule);

/// The same for a whole history in order of time, each judged by those before it and taken to have arrived when it was
/// measured.
std::vector<Assessment> assess_history(std::span<const Reading> history, const Rule& rule);

/// How often a datastream is expected to have a reading: what its properties say (a JSON object with "interval_s"),
/// within a second and a year; an hour when they say nothing.
std::chrono::seconds expected_interval(std::string_view properties);

}  // namespace bypuls::ingest::quality
