#pragma once

#include <optional>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"

namespace bypuls {

/// A calendar day and a time of day in some zone, without saying which.
struct CivilTime {
    int year = 1970;
    unsigned month = 1;  ///< 1 to 12
    unsigned day = 1;    ///< 1 to 31
    int hour = 0;        ///< 0 to 23
    int minute = 0;
    int second = 0;
    int microsecond = 0;
    unsigned weekday = 0;  ///< 0 = Sunday to 6 = Saturday; an answer, ignored on input

    friend bool operator==(const CivilTime&, const CivilTime&) = default;
};

/// Which of two instants is meant when a clock was set back, and what to do with an hour that never was.
enum class Ambiguous : std::uint8_t { earlier, later, refuse };

/// A time zone of the IANA database. Values are cheap to copy and live as long as the program. Thread-safe.
class Zone {
public:
    /// Errc::not_found for a name that the database does not have.
    static Result<Zone> named(std::string_view name);
    /// The zone that people in Drammen live in.
    static Zone oslo();

    CivilTime civil(Instant t) const;
    /// Errc::malformed for a day that does not exist or an hour that the clocks skipped, and for a doubled hour when
    /// `ambiguous` is refuse.
    Result<Instant> instant(const CivilTime& civil, Ambiguous ambiguous) const;

    /// Start of the hour, day or month that holds `t`. Days have 23 and 25 hours when clocks change.
    Instant start_of_hour(Instant t) const;
    Instant start_of_day(Instant t) const;
    Instant start_of_month(Instant t) const;
    Instant start_of_year(Instant t) const;
    /// Start of the day that lies `days` after (or before) the one that holds `t`.
    Instant day_after(Instant t, int days = 1) const;
    Instant month_after(Instant t, int months = 1) const;

private:
    explicit Zone(const void* zone) : zone_(zone) {}
    const void* zone_;  // date::time_zone, kept out of this header
};

}  // namespace bypuls
