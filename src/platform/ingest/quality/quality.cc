#include "platform/ingest/quality/quality.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "core/json/member.h"

namespace bypuls::ingest::quality {
namespace {

using observations::Quality;
using std::chrono::hours;
using std::chrono::minutes;

constexpr auto day = hours(24);

/// What a laboratory counts in a water sample, from a clean lake to raw sewage. Samples come seldom and out of season
/// not at all, and their answers days later; one says nothing of the next.
Rule bacteria(std::string property) {
    return {.property = std::move(property),
            .unit = "{CFU}/(100.mL)",
            .lowest = 0,
            .highest = 10'000'000,
            .gap_after = 366 * day,
            .stale_after = 31 * day,
            .late_after = 21 * day};
}

/// Bounds: sea ice at -1.9 and the warmest shallow water; Karasjok -51.4 (1999) and Nesbyen 35.6 (1970), with room;
/// UV in the Alps in June with room; the deepest snow measured in Norway (Grjotrust 1990, 585 cm); snow that radiates
/// to a clear sky, and the sensor in the sun once the snow is gone; loggers from one lithium cell to a 24 V vehicle.
std::vector<Rule> shipped_rules() {
    return {
        expected_hourly({.property = "water_temperature",
                         .unit = "Cel",
                         .lowest = -2,
                         .highest = 40,
                         .jump = 3,
                         .per_hour = 2.5,
                         .stuck_after = 3 * day}),
        expected_hourly({.property = "air_temperature",
                         .unit = "Cel",
                         .lowest = -55,
                         .highest = 45,
                         .jump = 6,
                         .per_hour = 6,
                         .stuck_after = 1 * day}),
        expected_hourly({.property = "uv_index",
                         .unit = "1",
                         .lowest = 0,
                         .highest = 16,
                         .jump = 8,
                         .per_hour = 8,
                         .stuck_after = 1 * day,
                         .resting = 0,
                         .stale_after = hours(1)}),
        expected_hourly({.property = "humidity",
                         .unit = "%",
                         .lowest = 0,
                         .highest = 100,
                         .jump = 30,
                         .per_hour = 40,
                         .stuck_after = 1 * day,
                         .resting = 100}),
        expected_hourly({.property = "snow_temperature",
                         .unit = "Cel",
                         .lowest = -60,
                         .highest = 60,
                         .jump = 10,
                         .per_hour = 10,
                         .stuck_after = 2 * day,
                         .resting = 0}),
        Rule{.property = "snow_depth",
             .unit = "cm",
             .lowest = 0,
             .highest = 700,
             .jump = 20,
             .per_hour = 10,
             .stuck_after = 14 * day,
             .resting = 0,
             .gap_after = hours(12),
             .stale_after = hours(24),
             .late_after = hours(6)},
        Rule{.property = "battery_voltage",
             .unit = "V",
             .lowest = 0.5,
             .highest = 30,
             .jump = 1.5,
             .per_hour = 2,
             .gap_after = 2 * day,
             .stale_after = 2 * day,
             .late_after = hours(12)},
        bacteria("e_coli"),
        bacteria("intestinal_enterococci"),
    };
}

double hours_between(Instant a, Instant b) {
    return std::chrono::duration<double, std::ratio<3600>>(b - a).count();
}

std::string in_words(Duration span) {
    const auto total = std::chrono::duration_cast<minutes>(span).count();
    if (total >= 48 * 60) {
        return fmt::format("{} days", total / (24 * 60));
    }
    return total >= 120 ? fmt::format("{} hours", total / 60) : fmt::format("{} minutes", total);
}

bool agree(const Reading& a, const Reading& b, const Rule& rule) {
    return std::abs(a.value - b.value) <= *rule.jump + rule.per_hour * hours_between(a.time, b.time);
}

/// One reading under judgement, its past, and what was found so far.
class Judge {
public:
    Judge(std::span<const Reading> past, const Reading& next, const Rule& rule)
        : past_(past), next_(next), rule_(rule) {
        assessment_.quality = next.quality;
    }

    void times(Instant received) {
        if (next_.time - received > rule_.future_after) {
            assessment_.future = true;
            note(Check::future, fmt::format("measured {} after it arrived", in_words(next_.time - received)));
        } else if (received - next_.time > rule_.late_after) {
            flag(Quality::late, Check::late,
                 fmt::format("arrived {} after it was measured", in_words(received - next_.time)));
        }
        if (!past_.empty() && next_.time - past_.back().time > rule_.gap_after) {
            flag(Quality::gap, Check::gap,
                 fmt::format("the first after {} of silence", in_words(next_.time - past_.back().time)));
        }
    }

    /// False when the value is out of range: the other checks then have nothing to say of it.
    bool range() {
        if (!std::isfinite(next_.value)) {
            flag(Quality::range, Check::range, "not a number");
        } else if (rule_.lowest && next_.value < *rule_.lowest) {
            flag(Quality::range, Check::range,
                 fmt::format("{} {} is below {} {}", next_.value, rule_.unit, *rule_.lowest, rule_.unit));
        } else if (rule_.highest && next_.value > *rule_.highest) {
            flag(Quality::range, Check::range,
                 fmt::format("{} {} is above {} {}", next_.value, rule_.unit, *rule_.highest, rule_.unit));
        }
        return !assessment_.quality.has(Quality::range);
    }

    void spike() {
        if (!rule_.jump) {
            return;
        }
        const auto trusted = std::find_if(past_.rbegin(), past_.rend(), [](const Reading& r) {
            return !r.quality.has(Quality::range) && !r.quality.has(Quality::spike);
        });
        if (trusted == past_.rend() || agree(*trusted, next_, rule_) || level_is_confirmed()) {
            return;
        }
        flag(Quality::spike, Check::spike,
             fmt::format("{} {} after {} {}, {} before", next_.value, rule_.unit, trusted->value, rule_.unit,
                         in_words(next_.time - trusted->time)));
    }

    void stuck() {
        if (!rule_.stuck_after || (rule_.resting && next_.value == *rule_.resting)) {
            return;
        }
        Instant since = next_.time;
        std::size_t count = 1;
        for (auto r = past_.rbegin(); r != past_.rend() && std::abs(r->value - next_.value) <= rule_.still; ++r) {
            since = r->time;
            ++count;
        }
        if (next_.time - since > *rule_.stuck_after && count >= stuck_readings_min) {
            flag(Quality::stuck, Check::stuck,
                 fmt::format("{} {} for {}", next_.value, rule_.unit, in_words(next_.time - since)));
        }
    }

    Assessment verdict() { return std::move(assessment_); }

private:
    /// The readings right before this one, physically possible and whatever else was said of them, agree with it.
    bool level_is_confirmed() const {
        std::size_t agreeing = 0;
        for (auto r = past_.rbegin(); r != past_.rend() && agreeing < level_confirmed_after; ++r) {
            if (r->quality.has(Quality::range)) {
                continue;
            }
            if (!agree(*r, next_, rule_)) {
                return false;
            }
            ++agreeing;
        }
        return agreeing == level_confirmed_after;
    }

    void flag(Quality::Flag flag, Check check, std::string sentence) {
        assessment_.quality.set(flag);
        note(check, std::move(sentence));
    }
    void note(Check check, std::string sentence) { assessment_.findings.push_back({check, std::move(sentence)}); }

    std::span<const Reading> past_;
    const Reading& next_;
    const Rule& rule_;
    Assessment assessment_;
};

}  // namespace

Rule expected_hourly(Rule rule) {
    const auto or_else = [](Duration span, Duration usual) { return span == Duration{} ? usual : span; };
    rule.gap_after = or_else(rule.gap_after, hours(3));
    rule.stale_after = or_else(rule.stale_after, hours(3));
    rule.late_after = or_else(rule.late_after, hours(1));
    return rule;
}

Rules::Rules() : rules_(shipped_rules()) {
    std::ranges::sort(rules_, {}, &Rule::property);
}

const Rules& Rules::shipped() {
    static const Rules rules;
    return rules;
}

void Rules::put(Rule rule) {
    const auto at = std::ranges::lower_bound(rules_, rule.property, {}, &Rule::property);
    if (at != rules_.end() && at->property == rule.property) {
        *at = std::move(rule);
    } else {
        rules_.insert(at, std::move(rule));
    }
}

const Rule* Rules::find(std::string_view property) const {
    const auto found = std::ranges::lower_bound(rules_, property, std::less<>{}, &Rule::property);
    return found == rules_.end() || found->property != property ? nullptr : &*found;
}

Duration Rules::stale_after(std::string_view property, Duration interval) const {
    const Rule* rule = find(property);
    return std::max(rule == nullptr ? Duration{} : rule->stale_after, 3 * interval);
}

std::optional<std::string> fault_of(const Rule& rule) {
    if (rule.lowest && rule.highest && *rule.lowest >= *rule.highest) {
        return fmt::format("lowest ({}) must be below highest ({})", *rule.lowest, *rule.highest);
    }
    if (!rule.jump && rule.per_hour > 0) {
        return "per_hour is what readings may differ by beyond jump, which is missing";
    }
    const auto outside = [&](double value) {
        return (rule.lowest && value < *rule.lowest) || (rule.highest && value > *rule.highest);
    };
    if (rule.resting && outside(*rule.resting)) {
        return fmt::format("resting ({}) must lie between lowest and highest", *rule.resting);
    }
    if (!rule.stuck_after && (rule.resting || rule.still > 0)) {
        return "resting and still say what is not stuck, and stuck_after is missing";
    }
    return std::nullopt;
}

std::string_view name_of(Check check) {
    constexpr std::array<std::string_view, 6> names{"range", "spike", "stuck", "gap", "late", "future"};
    return names.at(static_cast<std::size_t>(check));
}

Duration window(const Rule& rule) {
    return std::max(2 * rule.stuck_after.value_or(Duration{}), Duration(day));
}

Assessment assess(std::span<const Reading> previous, const Reading& next, Instant received, const Rule& rule) {
    const auto end = std::ranges::lower_bound(previous, next.time, {}, &Reading::time);
    Judge judge(std::span(previous.begin(), end), next, rule);
    judge.times(received);
    if (judge.range()) {
        judge.spike();
        judge.stuck();
    }
    return judge.verdict();
}

std::vector<Assessment> assess_history(std::span<const Reading> history, const Rule& rule) {
    std::vector<Reading> judged;
    std::vector<Assessment> assessments;
    judged.reserve(history.size());
    assessments.reserve(history.size());
    const Duration reach = window(rule);
    std::size_t first = 0;
    for (const Reading& reading : history) {
        while (first < judged.size() && reading.time - judged[first].time > reach &&
               first + stuck_readings_min < judged.size()) {
            ++first;
        }
        assessments.push_back(assess(std::span(judged).subspan(first), reading, reading.time, rule));
        judged.push_back({reading.time, reading.value, assessments.back().quality});
    }
    return assessments;
}

std::chrono::seconds expected_interval(std::string_view properties) {
    const auto seconds = json::integer_member(properties, "interval_s").value_or(3600);
    return std::chrono::seconds{std::clamp<std::int64_t>(seconds, 1, 366LL * 86'400)};
}

}  // namespace bypuls::ingest::quality
