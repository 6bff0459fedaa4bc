#include "core/words/format.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "core/check.h"
#include "core/time/oslo.h"
#include "core/words/catalogue.h"

namespace bypuls::words {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view no_break_space = "\u00A0";
constexpr std::string_view minus_sign = "\u2212";
constexpr std::string_view no_number = "\u2013";

Words words_in(Language language) {
    return {Catalogue::built_in(), language};
}

bool is_english(Language language) {
    return language == Language::en;
}

/// "1234567" with the language's separator between groups of three.
std::string grouped(Language language, std::string_view digits) {
    std::string out;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) {
            out += is_english(language) ? "," : no_break_space;
        }
        out += digits[i];
    }
    return out;
}

/// Rounded half away from zero as it is written in decimals, so that 1.115 becomes 1.12 though the double lies below
/// it: what people expect, and what a browser can do alike.
std::string rounded(double value, int decimals) {
    if (value >= 1e15) {
        return fmt::format("{:.{}f}", value, decimals);
    }
    std::string shortest = fmt::format("{}", value);
    if (shortest.find('e') != std::string::npos) {
        shortest = fmt::format("{:.12f}", value);
    }
    const double scaled = std::strtod(fmt::format("{}e{}", shortest, decimals).c_str(), nullptr);
    std::string digits = fmt::format("{:0{}.0f}", std::round(scaled), decimals + 1);
    if (decimals > 0) {
        digits.insert(digits.size() - static_cast<std::size_t>(decimals), ".");
    }
    return digits;
}

CivilTime civil(Instant t) {
    return Zone::oslo().civil(t);
}

/// The clock of an age leaves out a whole hour's minutes: "i går kl. 18".
std::string short_clock(Language language, const CivilTime& at) {
    const Words say = words_in(language);
    if (is_english(language)) {
        return say("format.clock", {{"digits", fmt::format("{:02}:{:02}", at.hour, at.minute)}});
    }
    const std::string digits =
        at.minute == 0 ? fmt::format("{}", at.hour) : fmt::format("{}.{:02}", at.hour, at.minute);
    return say("format.clock", {{"digits", digits}});
}

}  // namespace

std::string number(Language language, double value, int decimals) {
    check(decimals >= 0 && decimals <= 9, "a number is written with 0 to 9 decimals");
    if (!std::isfinite(value)) {
        return std::string(no_number);
    }
    const std::string plain = rounded(std::abs(value), decimals);
    const std::size_t point = plain.find('.');
    const bool is_zero = plain.find_first_not_of("0.") == std::string::npos;
    std::string out(value < 0 && !is_zero ? minus_sign : "");
    out += grouped(language, std::string_view(plain).substr(0, point));
    if (point != std::string::npos) {
        out += is_english(language) ? '.' : ',';
        out += plain.substr(point + 1);
    }
    return out;
}

std::string count(Language language, std::int64_t value) {
    const std::string plain = fmt::format("{}", value);
    const bool negative = plain.starts_with('-');
    return std::string(negative ? minus_sign : "") +
           grouped(language, std::string_view(plain).substr(negative ? 1 : 0));
}

std::string_view unit_symbol(std::string_view unit) {
    struct Symbol {
        std::string_view ucum;
        std::string_view written;
    };
    static constexpr auto symbols = std::to_array<Symbol>({{"Cel", "°C"},
                                                           {"1", ""},
                                                           {"{index}", ""},
                                                           {"ug/m3", "µg/m³"},
                                                           {"m3", "m³"},
                                                           {"L", "l"},
                                                           {"m/s", "m/s"},
                                                           {"[degF]", "°F"},
                                                           {"{CFU}/(100.mL)", "per 100 ml"},
                                                           {"deg", "°"}});
    const auto* const found = std::ranges::find(symbols, unit, &Symbol::ucum);
    return found == symbols.end() ? unit : found->written;
}

int decimals_of(std::string_view unit) {
    static constexpr auto whole =
        std::to_array<std::string_view>({"%", "cm", "1", "{index}", "deg", "ug/m3", "{CFU}/(100.mL)"});
    return std::ranges::find(whole, unit) == whole.end() ? 1 : 0;
}

std::string quantity(Language language, double value, int decimals, std::string_view unit) {
    const std::string_view symbol = unit_symbol(unit);
    return number(language, value, decimals) + (symbol.empty() ? "" : fmt::format("{}{}", no_break_space, symbol));
}

std::string distance(Language language, double metres) {
    const double tens = std::round(metres / 10) * 10;
    if (tens < 1000) {
        return quantity(language, tens, 0, "m");
    }
    return quantity(language, metres / 1000, metres < 9950 ? 1 : 0, "km");
}

std::string month_name(Language language, unsigned month) {
    check(month >= 1 && month <= 12, "months are 1 to 12");
    return words_in(language).lookup(fmt::format("month.{}", month));
}

std::string weekday(Language language, Instant t) {
    return words_in(language).lookup(fmt::format("weekday.{}", civil(t).weekday));
}

std::string day_and_month(Language language, Instant t) {
    const CivilTime at = civil(t);
    return words_in(language)("format.day_and_month",
                              {{"day", fmt::format("{}", at.day)}, {"month", month_name(language, at.month)}});
}

std::string date(Language language, Instant t) {
    const CivilTime at = civil(t);
    return words_in(language)("format.date", {{"day", fmt::format("{}", at.day)},
                                              {"month", month_name(language, at.month)},
                                              {"year", fmt::format("{}", at.year)}});
}

std::string short_date(Language language, Instant t) {
    const CivilTime at = civil(t);
    if (is_english(language)) {
        return fmt::format("{} {} {}", at.day, words_in(language).lookup(fmt::format("month_short.{}", at.month)),
                           at.year);
    }
    return fmt::format("{:02}.{:02}.{:04}", at.day, at.month, at.year);
}

std::string clock_digits(Language language, Instant t) {
    const CivilTime at = civil(t);
    return fmt::format("{:02}{}{:02}", at.hour, is_english(language) ? ':' : '.', at.minute);
}

std::string time_of_day(Language language, Instant t) {
    return words_in(language)("format.clock", {{"digits", clock_digits(language, t)}});
}

std::string date_and_time(Language language, Instant t) {
    return words_in(language)("format.date_and_time",
                              {{"date", date(language, t)}, {"clock", time_of_day(language, t)}});
}

std::string age(Language language, Instant then, Instant now) {
    const Words say = words_in(language);
    const Zone oslo = Zone::oslo();
    const Duration span = now - then;
    if (span < -1min) {
        return date_and_time(language, then);
    }
    if (span < 1min) {
        return say("age.now");
    }
    if (span < 1h) {
        return say.plural("age.minutes", std::chrono::floor<std::chrono::minutes>(span).count());
    }
    const Instant today = oslo.start_of_day(now);
    if (then >= today || span < 4h) {
        return say.plural("age.hours", std::chrono::floor<std::chrono::hours>(span).count());
    }
    const CivilTime at = oslo.civil(then);
    if (then >= oslo.day_after(today, -1)) {
        return say("age.yesterday", {{"clock", short_clock(language, at)}});
    }
    if (then >= oslo.day_after(today, -6)) {
        return say("age.weekday", {{"weekday", weekday(language, then)}, {"clock", short_clock(language, at)}});
    }
    return at.year == oslo.civil(now).year ? day_and_month(language, then) : date(language, then);
}

std::string length_of_time(Language language, Duration span) {
    const Words say = words_in(language);
    const auto minutes = std::chrono::round<std::chrono::minutes>(std::chrono::abs(span));
    if (minutes < 60min) {
        return say.plural("length.minutes", minutes.count());
    }
    const auto hours = std::chrono::round<std::chrono::hours>(minutes);
    if (hours < 48h) {
        return say.plural("length.hours", hours.count());
    }
    return say.plural("length.days", std::chrono::round<std::chrono::days>(hours).count());
}

}  // namespace bypuls::words
