#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/clock.h"
#include "core/id.h"

namespace bypuls::observations {

/// One series of readings of one property by one sensor at one thing (OGC SensorThings 1.1, 18-088 §8.2.4).
using DatastreamId = Id<struct DatastreamTag>;

/// What the results of a datastream are. Its first stored observation decides and every later one must agree.
enum class ResultType : std::uint8_t { number, integer, boolean, category, json };

std::string_view name_of(ResultType type);

/// One word out of a known set, such as "dry" or a term's URI.
struct Category {
    std::string value;
    friend bool operator==(const Category&, const Category&) = default;
};

/// JSON text, kept byte for byte. Whoever appends it has parsed it; the store does not.
struct Json {
    std::string text;
    friend bool operator==(const Json&, const Json&) = default;
};

/// The alternatives stand in the order of ResultType. Numbers are finite; -0.0 is kept apart from 0.0.
using Value = std::variant<double, std::int64_t, bool, Category, Json>;

inline ResultType type_of(const Value& value) {
    return static_cast<ResultType>(value.index());
}

/// The same value? Doubles are compared by their bits, so that what was kept is what comes back.
bool same_value(const Value& a, const Value& b);

/// The value as another type where nothing is lost: an integer up to 2^53 as a number and back, a boolean as 0 or 1
/// and back; anything as JSON. For those who know from the registry what a datastream holds.
std::optional<Value> as_type(const Value& value, ResultType type);

/// What is known against (or about) a value. A set of flags; the empty set is a good reading.
class Quality {
public:
    enum Flag : std::uint8_t {
        range = 1U << 0U,      ///< outside what is physically possible
        spike = 1U << 1U,      ///< far from its neighbours
        stuck = 1U << 2U,      ///< has not moved for longer than is believable
        gap = 1U << 3U,        ///< the first after a silence longer than expected
        late = 1U << 4U,       ///< arrived long after it was measured
        clock = 1U << 5U,      ///< the device's time was replaced
        estimated = 1U << 6U,  ///< computed, not measured
        manual = 1U << 7U,     ///< entered or set by a person
    };

    constexpr Quality() = default;
    constexpr explicit Quality(std::uint8_t bits) : bits_(bits) {}
    constexpr Quality(Flag flag) : bits_(flag) {}  // NOLINT: a flag is a set of one

    constexpr std::uint8_t bits() const { return bits_; }
    constexpr bool good() const { return bits_ == 0; }
    constexpr bool has(Flag flag) const { return (bits_ & flag) != 0; }
    /// May this value be shown as the truth and counted in sums? Neither range, spike nor stuck.
    constexpr bool usable() const { return (bits_ & (range | spike | stuck)) == 0; }
    constexpr void set(Flag flag) { bits_ = static_cast<std::uint8_t>(bits_ | flag); }

    friend constexpr Quality operator|(Quality a, Quality b) {
        return Quality{static_cast<std::uint8_t>(a.bits_ | b.bits_)};
    }
    friend constexpr bool operator==(Quality, Quality) = default;

private:
    std::uint8_t bits_ = 0;
};

/// "range, late"; "" for a good reading.
std::string to_string(Quality quality);

/// One reading: when, what, how good.
struct Observation {
    Instant time{};
    Value value;
    Quality quality;
};

/// A reading on its way into the store.
struct Arrival {
    DatastreamId datastream;
    Observation observation;
};

/// The store keeps instants of these years; codecs and blocks count on it.
constexpr Instant earliest_time{Duration{-8'520'336'000'000'000}};  // 1700-01-01
constexpr Instant latest_time{Duration{16'725'225'600'000'000}};    // 2500-01-01
/// Longer categories and JSON texts are refused.
constexpr std::size_t text_bytes_max = 64U << 10U;

/// What became of one arrival.
enum class Verdict : std::uint8_t {
    stored,     ///< a new instant
    duplicate,  ///< this instant has this value already; nothing changed
    corrected,  ///< this instant had another value, which is now an older version
    rejected,   ///< not kept, for the reason beside it
};

enum class Refusal : std::uint8_t {
    none,
    wrong_type,         ///< the datastream holds another type of result
    not_finite,         ///< NaN and infinities are no readings
    time_out_of_range,  ///< before earliest_time, or latest_time and later
    text_too_long,      ///< longer than text_bytes_max
    unknown,            ///< the datastream's id is not a positive number
    removed,            ///< replayed from the journal, but a person has had it removed since
};

/// One English sentence for dead letters.
std::string_view sentence(Refusal refusal);

struct Outcome {
    Verdict verdict = Verdict::stored;
    Refusal refusal = Refusal::none;
    friend bool operator==(Outcome, Outcome) = default;
};

/// What a row can be refused for by looking at it alone, without knowing its datastream. `none` when it is fine.
Refusal refusal_of(const Arrival& arrival);

}  // namespace bypuls::observations
