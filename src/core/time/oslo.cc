#include "core/time/oslo.h"

#include <date/tz.h>
#include <fmt/format.h>

#include "core/check.h"

namespace bypuls {
namespace {

const date::time_zone& of(const void* zone) {
    return *static_cast<const date::time_zone*>(zone);
}

Instant from_sys(date::sys_time<Duration> t) {
    return Instant{t.time_since_epoch()};
}

date::sys_time<Duration> to_sys(Instant t) {
    return date::sys_time<Duration>{t.time_since_epoch()};
}

/// The first instant of a civil day: midnight, or what follows it where a zone skips midnight.
Instant first_instant(const date::time_zone& zone, date::local_days day) {
    return from_sys(date::sys_time<Duration>{zone.to_sys(day, date::choose::earliest).time_since_epoch()});
}

date::local_days local_day(const date::time_zone& zone, Instant t) {
    return date::floor<date::days>(zone.to_local(to_sys(t)));
}

}  // namespace

Result<Zone> Zone::named(std::string_view name) {
    try {
        return Zone{date::locate_zone(std::string(name))};
    } catch (const std::exception&) {
        return fail(Errc::not_found, fmt::format("there is no time zone '{}'; write it like Europe/Oslo", name));
    }
}

Zone Zone::oslo() {
    static const Result<Zone> zone = named("Europe/Oslo");
    check(zone.has_value(), "the time zone database has Europe/Oslo (package tzdata)");
    return *zone;
}

CivilTime Zone::civil(Instant t) const {
    const auto local = of(zone_).to_local(to_sys(t));
    const auto day = date::floor<date::days>(local);
    const date::year_month_day ymd{day};
    const date::hh_mm_ss<Duration> time{local - day};
    return CivilTime{static_cast<int>(ymd.year()),
                     static_cast<unsigned>(ymd.month()),
                     static_cast<unsigned>(ymd.day()),
                     static_cast<int>(time.hours().count()),
                     static_cast<int>(time.minutes().count()),
                     static_cast<int>(time.seconds().count()),
                     static_cast<int>(time.subseconds().count()),
                     date::weekday{day}.c_encoding()};
}

Result<Instant> Zone::instant(const CivilTime& civil, Ambiguous ambiguous) const {
    const date::year_month_day ymd{date::year{civil.year}, date::month{civil.month}, date::day{civil.day}};
    const auto shown = [&] {
        return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", civil.year, civil.month, civil.day, civil.hour,
                           civil.minute, civil.second);
    };
    if (!ymd.ok() || civil.hour < 0 || civil.hour > 23 || civil.minute < 0 || civil.minute > 59 || civil.second < 0 ||
        civil.second > 59 || civil.microsecond < 0 || civil.microsecond > 999'999) {
        return fail(Errc::malformed, shown() + " is no time of any day");
    }
    const auto local = date::local_days{ymd} + std::chrono::hours{civil.hour} + std::chrono::minutes{civil.minute} +
                       std::chrono::seconds{civil.second} + Duration{civil.microsecond};
    const auto info = of(zone_).get_info(local);
    if (info.result == date::local_info::nonexistent) {
        return fail(Errc::malformed, shown() + " does not exist: the clocks were set forward");
    }
    if (info.result == date::local_info::ambiguous && ambiguous == Ambiguous::refuse) {
        return fail(Errc::malformed, shown() + " happened twice: the clocks were set back");
    }
    const auto choice = ambiguous == Ambiguous::later ? date::choose::latest : date::choose::earliest;
    return from_sys(of(zone_).to_sys(local, choice));
}

Instant Zone::start_of_hour(Instant t) const {
    // By the offset, not by civil fields: the doubled hour of autumn is two hours.
    const auto offset = of(zone_).get_info(to_sys(t)).offset;
    const auto local = t + offset;
    return std::chrono::floor<std::chrono::hours>(local) - offset;
}

Instant Zone::start_of_day(Instant t) const {
    return first_instant(of(zone_), local_day(of(zone_), t));
}

Instant Zone::start_of_month(Instant t) const {
    return month_after(t, 0);
}

Instant Zone::start_of_year(Instant t) const {
    const date::year_month_day ymd{local_day(of(zone_), t)};
    return first_instant(of(zone_), date::local_days{ymd.year() / date::January / 1});
}

Instant Zone::day_after(Instant t, int days) const {
    return first_instant(of(zone_), local_day(of(zone_), t) + date::days{days});
}

Instant Zone::month_after(Instant t, int months) const {
    const date::year_month_day ymd{local_day(of(zone_), t)};
    const auto month = date::year_month{ymd.year(), ymd.month()} + date::months{months};
    return first_instant(of(zone_), date::local_days{month / 1});
}

}  // namespace bypuls
