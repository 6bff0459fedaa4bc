#include "platform/ingest/csv/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "core/text.h"
#include "core/time/iso8601.h"

namespace bypuls::ingest::csv {
namespace {

/// The cell as a person may see it in a reason: at most 64 bytes, cut between characters.
std::string shown(std::string_view cell) {
    std::size_t size = std::min<std::size_t>(cell.size(), 64);
    while (size > 0 && size < cell.size() && (static_cast<unsigned char>(cell[size]) & 0xc0) == 0x80) {
        --size;
    }
    return std::string(cell.substr(0, size)) + (size < cell.size() ? "…" : "");
}

std::unexpected<Error> not_a(std::string_view what, std::string_view cell) {
    return fail(Errc::malformed, fmt::format("'{}' is not {}", shown(cell), what));
}

/// Spaces as people part thousands: plain, no-break, narrow no-break, thin.
constexpr std::array<std::string_view, 4> spaces{" ", "\u00a0", "\u202f", "\u2009"};
constexpr std::string_view minus_sign = "\u2212";

/// Digits with a point, and nothing else that from_chars would take; empty when the cell has anything foreign.
std::string plain_number(std::string_view cell, const Map& map) {
    std::string out;
    std::size_t separators = 0;
    for (std::size_t i = 0; i < cell.size();) {
        const std::string_view rest = cell.substr(i);
        const char byte = cell[i];
        const bool is_comma = byte == ',' && map.decimal != Decimal::point;
        const bool is_point = byte == '.' && map.decimal != Decimal::comma;
        const auto space =
            std::ranges::find_if(spaces, [&](std::string_view space_bytes) { return rest.starts_with(space_bytes); });
        if (is_comma || is_point) {
            out += '.';
            separators += 1;
        } else if (rest.starts_with(minus_sign)) {
            out += '-';
            i += minus_sign.size() - 1;
        } else if (map.thousands_space && space != spaces.end()) {
            i += space->size() - 1;
        } else if (byte == '+' && i == 0) {
            // from_chars knows no plus at the beginning
        } else if ((byte >= '0' && byte <= '9') || byte == '-' || byte == '+' || byte == 'e' || byte == 'E') {
            out += byte;
        } else {
            return {};
        }
        ++i;
    }
    return separators <= 1 ? out : std::string();
}

template <typename Number>
std::optional<Number> from_whole_text(std::string_view text) {
    Number value{};
    const auto [rest, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return code == std::errc{} && rest == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

Result<Value> read_boolean(std::string_view cell) {
    constexpr std::array<std::string_view, 7> truths{"true", "t", "1", "yes", "ja", "sann", "on"};
    constexpr std::array<std::string_view, 7> untruths{"false", "f", "0", "no", "nei", "usann", "off"};
    const std::string word = to_lower_ascii(cell);
    if (std::ranges::find(truths, word) != truths.end()) {
        return true;
    }
    if (std::ranges::find(untruths, word) != untruths.end()) {
        return false;
    }
    return not_a("yes or no", cell);
}

/// Takes 1 to `most` digits off the front.
std::optional<int> take_digits(std::string_view& text, std::size_t most) {
    std::size_t count = 0;
    int value = 0;
    while (count < std::min(most, text.size()) && text[count] >= '0' && text[count] <= '9') {
        value = value * 10 + (text[count] - '0');
        ++count;
    }
    if (count == 0) {
        return std::nullopt;
    }
    text.remove_prefix(count);
    return value;
}

std::optional<int> take_microseconds(std::string_view& text) {
    int value = 0;
    std::size_t count = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++count) {
        value = count < 6 ? value * 10 + (text.front() - '0') : value;
        text.remove_prefix(1);
    }
    for (std::size_t i = count; i < 6; ++i) {
        value *= 10;
    }
    return count == 0 ? std::nullopt : std::optional(value);
}

/// Z, +02, +0200 or +02:00, in minutes.
std::optional<int> take_offset(std::string_view& text) {
    if (text.starts_with('Z') || text.starts_with('z')) {
        text.remove_prefix(1);
        return 0;
    }
    if (!text.starts_with('+') && !text.starts_with('-')) {
        return std::nullopt;
    }
    const int sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    const auto hours = take_digits(text, 2);
    if (text.starts_with(':')) {
        text.remove_prefix(1);
    }
    const int minutes = take_digits(text, 2).value_or(0);
    if (!hours || *hours > 23 || minutes > 59) {
        return std::nullopt;
    }
    return sign * (*hours * 60 + minutes);
}

Result<Instant> read_epoch(std::string_view cell, double microseconds_each) {
    const auto number = from_whole_text<double>(cell);
    // Years 1 to 9999, as everywhere.
    const double at = number ? *number * microseconds_each : 0;
    if (!number || !(at >= -62'135'596'800e6 && at < 253'402'300'800e6)) {
        return not_a("a time in seconds or milliseconds since 1970", cell);
    }
    return Instant{Duration{std::llround(at)}};
}

struct Parts {
    CivilTime civil;
    std::optional<int> offset_minutes;
};

/// One letter of the pattern; false when the text does not have it.
bool take_part(char letter, std::string_view& text, Parts& parts) {
    const auto into = [&](auto& member, std::size_t digits) {
        const auto value = take_digits(text, digits);
        if (value) {
            member = static_cast<std::remove_reference_t<decltype(member)>>(*value);
        }
        return value.has_value();
    };
    switch (letter) {
        case 'Y': return into(parts.civil.year, 4);
        case 'y': {
            const bool read = into(parts.civil.year, 2);
            parts.civil.year += parts.civil.year < 70 ? 2000 : 1900;
            return read;
        }
        case 'm': return into(parts.civil.month, 2);
        case 'd': return into(parts.civil.day, 2);
        case 'H': return into(parts.civil.hour, 2);
        case 'M': return into(parts.civil.minute, 2);
        case 'S': return into(parts.civil.second, 2);
        case 'f': {
            const auto value = take_microseconds(text);
            parts.civil.microsecond = value.value_or(0);
            return value.has_value();
        }
        case 'z': parts.offset_minutes = take_offset(text); return parts.offset_minutes.has_value();
        default: return false;
    }
}

/// False when the text does not have the pattern's form.
bool take_pattern(std::string_view text, std::string_view pattern, Parts& parts) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const bool is_part = pattern[i] == '%' && i + 1 < pattern.size() && pattern[i + 1] != '%';
        if (is_part) {
            if (!take_part(pattern[++i], text, parts)) {
                return false;
            }
            continue;
        }
        i += pattern[i] == '%' ? 1 : 0;
        if (text.empty() || i >= pattern.size() || text.front() != pattern[i]) {
            return false;
        }
        text.remove_prefix(1);
    }
    return text.empty();
}

/// What a local time is read by, besides its own form.
struct Reading {
    const Map& map;
    const Zone& zone;
    std::optional<Instant> last;
};

Result<Instant> local_instant(const CivilTime& civil, const Reading& reading) {
    switch (reading.map.doubled_hour) {
        case Doubled::earlier: return reading.zone.instant(civil, Ambiguous::earlier);
        case Doubled::later: return reading.zone.instant(civil, Ambiguous::later);
        case Doubled::refuse: return reading.zone.instant(civil, Ambiguous::refuse);
        case Doubled::in_order: break;
    }
    const auto earlier = reading.zone.instant(civil, Ambiguous::earlier);
    const bool stands_still = earlier && reading.last && *earlier <= *reading.last;
    return stands_still ? reading.zone.instant(civil, Ambiguous::later) : earlier;
}

Result<Instant> instant_of(const Parts& parts, std::string_view cell, const Reading& reading) {
    if (!parts.offset_minutes) {
        return local_instant(parts.civil, reading);
    }
    const CivilTime& civil = parts.civil;
    const std::chrono::year_month_day day{std::chrono::year{civil.year}, std::chrono::month{civil.month},
                                          std::chrono::day{civil.day}};
    if (!day.ok() || civil.hour > 23 || civil.minute > 59 || civil.second > 59) {
        return not_a("a time of any day", cell);
    }
    return Instant{std::chrono::sys_days{day}} + std::chrono::hours{civil.hour} +
           std::chrono::minutes{civil.minute - *parts.offset_minutes} + std::chrono::seconds{civil.second} +
           Duration{civil.microsecond};
}

Result<Instant> read_iso(std::string_view cell, const Reading& reading) {
    for (const std::string_view pattern : {"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f",
                                           "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
        Parts parts;
        if (take_pattern(cell, pattern, parts)) {
            return instant_of(parts, cell, reading);
        }
    }
    const auto with_zone = parse_instant(cell);
    return with_zone ? with_zone : not_a("a time like 2026-06-01 12:00:00", cell);
}

Result<Instant> read_by_pattern(std::string_view cell, const Reading& reading) {
    Parts parts;
    if (!take_pattern(cell, reading.map.time_pattern, parts)) {
        return not_a(fmt::format("a time as {} has it", reading.map.time_pattern), cell);
    }
    return instant_of(parts, cell, reading);
}

}  // namespace

Result<void> check_pattern(std::string_view pattern) {
    std::string letters;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] != '%') {
            continue;
        }
        const char letter = ++i < pattern.size() ? pattern[i] : '\0';
        if (letter == '\0' || std::string_view("YymdHMSfz%").find(letter) == std::string_view::npos) {
            return fail(Errc::malformed, "a time pattern is made of %Y %y %m %d %H %M %S %f %z and plain text");
        }
        letters += letter;
    }
    const bool has_year = letters.find_first_of("Yy") != letters.npos;
    if (!has_year || letters.find('m') == letters.npos || letters.find('d') == letters.npos) {
        return fail(Errc::malformed, "a time pattern needs year, month and day: %Y %m %d");
    }
    return {};
}

bool is_missing(std::string_view cell, const Map& map) {
    return std::ranges::find(map.missing, cell) != map.missing.end();
}

Result<Value> read_value(std::string_view cell, ValueType type, const Map& map) {
    switch (type) {
        case ValueType::number: {
            const auto number = from_whole_text<double>(plain_number(cell, map));
            if (!number || !std::isfinite(*number)) {
                return not_a("a number", cell);
            }
            return *number;
        }
        case ValueType::integer: {
            const auto number = from_whole_text<std::int64_t>(plain_number(cell, map));
            if (!number) {
                return not_a("a whole number", cell);
            }
            return *number;
        }
        case ValueType::boolean: return read_boolean(cell);
        case ValueType::category: return std::string(cell);
    }
    return not_a("a value", cell);
}

Result<Instant> read_time(std::string_view cell, const Map& map, const Zone& zone, std::optional<Instant> last) {
    const Reading reading{map, zone, last};
    switch (map.time_format) {
        case TimeFormat::iso: return read_iso(cell, reading);
        case TimeFormat::pattern: return read_by_pattern(cell, reading);
        case TimeFormat::epoch_s: return read_epoch(cell, 1e6);
        case TimeFormat::epoch_ms: return read_epoch(cell, 1e3);
    }
    return not_a("a time", cell);
}

}  // namespace bypuls::ingest::csv
