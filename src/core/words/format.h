#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/words/language.h"

/// Numbers, dates and ages as people write them. Norwegian follows Språkrådet: `1 234,5` with a non-breaking space and
/// a decimal comma, `5. juni 2026`, `kl. 14.30`. English is British with a 24-hour clock. Days are those of
/// Europe/Oslo. web/src/words/format.ts writes the same; both are held to cases.json. Pure.
namespace bypuls::words {

/// With exactly `decimals` (0 to 9) digits behind the comma, rounded half away from zero; a minus is U+2212; never
/// "−0,0". Not a number: "–".
std::string number(Language language, double value, int decimals);
/// "10 000"
std::string count(Language language, std::int64_t value);
/// A number with its unit behind a non-breaking space: "19,4 °C". `unit` is a UCUM code; an unknown one is written as
/// it is, and "1" not at all.
std::string quantity(Language language, double value, int decimals, std::string_view unit);
/// The unit as it is written: "Cel" is "°C", "1" is empty.
std::string_view unit_symbol(std::string_view unit);
/// How many decimals a reading in this unit deserves: 1 for "Cel", 0 for "%", "cm" and "1".
int decimals_of(std::string_view unit);
/// Metres below 1 000, then kilometres: "850 m", "2,3 km", "14 km". Rounded to tens below a kilometre.
std::string distance(Language language, double metres);

/// "5. juni 2026", "5 June 2026"
std::string date(Language language, Instant t);
/// "5. juni", "5 June"
std::string day_and_month(Language language, Instant t);
/// "05.06.2026" in Norwegian, "5 Jun 2026" in English: for tables.
std::string short_date(Language language, Instant t);
/// "tirsdag", "tysdag", "Tuesday"
std::string weekday(Language language, Instant t);
/// "juni", "June"; month is 1 to 12.
std::string month_name(Language language, unsigned month);
/// "kl. 14.30", "14:30"
std::string time_of_day(Language language, Instant t);
/// Without "kl.": "14.30", "14:30", for tables and axes.
std::string clock_digits(Language language, Instant t);
/// "5. juni 2026 kl. 14.30", "5 June 2026 at 14:30"
std::string date_and_time(Language language, Instant t);

/// How long ago, as a neighbour would say it: "akkurat nå", "for 12 minutter siden", "for 3 timer siden",
/// "i går kl. 18", "tirsdag kl. 18.40", "5. juni", "5. juni 2025". A time up to a minute ahead counts as now; one
/// further ahead is written as date and time.
std::string age(Language language, Instant then, Instant now);

/// "6 timer", "2 dager", "12 minutter": a length without a place in time. Rounded to its largest unit.
std::string length_of_time(Language language, Duration span);

}  // namespace bypuls::words
