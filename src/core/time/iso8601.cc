#include "core/time/iso8601.h"

#include <array>
#include <cstdint>
#include <optional>

#include <date/date.h>
#include <fmt/format.h>

namespace bypuls {
namespace {

/// Eats digits and signs from the front of a text.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    std::optional<int> digits(std::size_t count) {
        if (rest_.size() < count) {
            return std::nullopt;
        }
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (rest_[i] < '0' || rest_[i] > '9') {
                return std::nullopt;
            }
            value = value * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(count);
        return value;
    }

    bool eat(std::string_view any_of) {
        if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    bool at_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
    bool done() const { return rest_.empty(); }
    char front() const { return rest_.empty() ? '\0' : rest_.front(); }

private:
    std::string_view rest_;
};

std::optional<Duration> read_fraction(Scanner& in) {
    if (!in.eat(".,")) {
        return Duration{0};
    }
    if (!in.at_digit()) {
        return std::nullopt;
    }
    std::int64_t micros = 0;
    for (std::int64_t weight = 100'000; in.at_digit(); weight /= 10) {
        micros += weight * *in.digits(1);
    }
    return Duration{micros};
}

std::optional<std::chrono::minutes> read_zone(Scanner& in) {
    if (in.eat("zZ")) {
        return std::chrono::minutes{0};
    }
    const bool west = in.front() == '-';
    if (!in.eat("+-")) {
        return std::nullopt;
    }
    const auto hours = in.digits(2);
    in.eat(":");
    const auto minutes = in.digits(2);
    if (!hours || !minutes || *hours > 23 || *minutes > 59) {
        return std::nullopt;
    }
    const std::chrono::minutes offset{*hours * 60 + *minutes};
    return west ? -offset : offset;
}

std::unexpected<Error> no_time(std::string_view text) {
    constexpr std::size_t shown_max = 40;
    return fail(Errc::malformed,
                fmt::format("'{}' is no time like 2026-06-05T14:30:00Z (a zone is needed)", text.substr(0, shown_max)));
}

}  // namespace

Result<Instant> parse_instant(std::string_view text) {
    Scanner in(text);
    const auto year = in.digits(4);
    const bool dash = in.eat("-");
    const auto month = in.digits(2);
    const bool dash2 = in.eat("-");
    const auto day = in.digits(2);
    const bool t = in.eat("Tt ");
    const auto hour = in.digits(2);
    const bool colon = in.eat(":");
    const auto minute = in.digits(2);
    if (!year || !dash || !month || !dash2 || !day || !t || !hour || !colon || !minute) {
        return no_time(text);
    }
    int second = 0;
    if (in.eat(":")) {
        const auto read = in.digits(2);
        if (!read) {
            return no_time(text);
        }
        second = *read;
    }
    const auto fraction = read_fraction(in);
    const auto zone = fraction ? read_zone(in) : std::nullopt;
    if (!zone || !in.done()) {
        return no_time(text);
    }
    const date::year_month_day civil{date::year{*year}, date::month{static_cast<unsigned>(*month)},
                                     date::day{static_cast<unsigned>(*day)}};
    const bool end_of_day = *hour == 24 && *minute == 0 && second == 0 && fraction->count() == 0;
    if (*year == 0 || !civil.ok() || (*hour > 23 && !end_of_day) || *minute > 59 || second > 60) {
        return no_time(text);
    }
    const auto midnight = date::sys_days{civil};
    return Instant{midnight.time_since_epoch()} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
           std::chrono::seconds{second} + *fraction - *zone;
}

std::string format_instant(Instant t) {
    const auto day = date::floor<date::days>(t);
    const date::year_month_day civil{day};
    const auto micros = (t - day).count();
    const auto seconds = micros / 1'000'000;
    const auto rest = micros % 1'000'000;
    std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(civil.year()),
                                  static_cast<unsigned>(civil.month()), static_cast<unsigned>(civil.day()),
                                  seconds / 3600, seconds / 60 % 60, seconds % 60);
    if (rest % 1000 != 0) {
        out += fmt::format(".{:06}", rest);
    } else if (rest != 0) {
        out += fmt::format(".{:03}", rest / 1000);
    }
    out += 'Z';
    return out;
}

Result<Interval> parse_interval(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) {
        return fail(Errc::malformed, "an interval is written from/to");
    }
    TRY(const auto from, parse_instant(text.substr(0, slash)));
    TRY(const auto to, parse_instant(text.substr(slash + 1)));
    if (to < from) {
        return fail(Errc::malformed, "the interval ends before it begins");
    }
    return Interval{from, to};
}

}  // namespace bypuls
