#include "apps/bypuls/quality_settings.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "core/ucum.h"

namespace bypuls::apps {
namespace {

using namespace std::chrono_literals;
using ingest::quality::Rule;
using ingest::quality::Rules;

constexpr double number_max = 1e15;
constexpr std::chrono::milliseconds span_max = 24h * 3660;

bool is_property(std::string_view name) {
    return !name.empty() && name.size() <= 100 && std::ranges::all_of(name, [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_';
    });
}

/// One `[[quality.rule]]`. Reads all of it, so that each fault is told.
class RuleReader {
public:
    RuleReader(config::Reader& reader, std::size_t number)
        : reader_(reader), at_(fmt::format("quality.rule[{}].", number)) {}

    /// None when something is wrong with it.
    std::optional<Rule> read(const Rules& rules, std::set<std::string>& seen) {
        const std::string property = reader_.text(at_ + "property", "");
        const Rule* known = rules.find(property);
        if (!is_property(property)) {
            fault("property", "must be the name of an observed property: small letters, digits and _");
        } else if (!seen.insert(property).second) {
            fault("property", fmt::format("is '{}' a second time; one rule says all of a property", property));
        }
        const std::string unit = reader_.text(at_ + "unit", known == nullptr ? "" : known->unit);
        if (!is_ucum(unit)) {
            fault("unit", "must be a code of UCUM, such as \"Cel\", \"m3\" or \"1\"; the rule's numbers are in it");
        }
        Rule rule = known == nullptr ? ingest::quality::expected_hourly({}) : *known;
        if (rule.unit != unit) {
            rule.lowest = rule.highest = rule.jump = rule.resting = std::nullopt;  // were numbers in the other unit
            rule.per_hour = rule.still = 0;
        }
        rule.property = property;
        rule.unit = unit;
        const std::set<std::string> off = switch_off(rule);
        read_numbers(rule);
        read_spans(rule);
        check_stays_off(off, rule);
        if (const auto why = fault_of(rule); why && good_) {
            fault("property", fmt::format("has a rule that cannot be used: {}", *why));
        }
        return good_ ? std::optional(std::move(rule)) : std::nullopt;
    }

private:
    /// Those that are switched off: none of their numbers is left.
    std::set<std::string> switch_off(Rule& rule) {
        std::set<std::string> off;
        for (const std::string& check : reader_.texts(at_ + "off")) {
            off.insert(check);
            if (check == "range") {
                rule.lowest = rule.highest = std::nullopt;
            } else if (check == "spike") {
                rule.jump = std::nullopt;
                rule.per_hour = 0;
            } else if (check == "stuck") {
                rule.stuck_after = std::nullopt;
                rule.resting = std::nullopt;
                rule.still = 0;
            } else {
                fault("off", fmt::format("has '{}', and only range, spike and stuck can be switched off", check));
            }
        }
        return off;
    }

    /// A number of a check that is off would switch it on again.
    void check_stays_off(const std::set<std::string>& off, const Rule& rule) {
        const auto check = [&](const char* name, bool is_on, std::string_view numbers) {
            if (off.contains(name) && is_on) {
                fault("off", fmt::format("has '{}', and the rule gives {} too; leave one of them out", name, numbers));
            }
        };
        check("range", rule.lowest || rule.highest, "lowest or highest");
        check("spike", rule.jump || rule.per_hour != 0, "jump or per_hour");
        check("stuck", rule.stuck_after || rule.resting || rule.still != 0, "stuck_after, still or resting");
    }

    void read_numbers(Rule& rule) {
        const auto read = [&](std::string_view name, std::optional<double>& into, double least) {
            constexpr double none = std::numeric_limits<double>::quiet_NaN();
            const double value = reader_.number(at_ + std::string(name), none, least, number_max);
            into = std::isnan(value) ? into : std::optional(value);
        };
        read("lowest", rule.lowest, -number_max);
        read("highest", rule.highest, -number_max);
        read("jump", rule.jump, 0);
        read("resting", rule.resting, -number_max);
        rule.per_hour = reader_.number(at_ + "per_hour", rule.per_hour, 0, number_max);
        rule.still = reader_.number(at_ + "still", rule.still, 0, number_max);
    }

    void read_spans(Rule& rule) {
        const auto read = [&](std::string_view name, Duration before) -> Duration {
            const auto usual = std::chrono::duration_cast<std::chrono::milliseconds>(before);
            return reader_.duration(at_ + std::string(name), usual, 1s, span_max);
        };
        const Duration stuck = read("stuck_after", rule.stuck_after.value_or(Duration{}));
        rule.stuck_after = stuck == Duration{} ? std::nullopt : std::optional(stuck);
        rule.gap_after = read("gap_after", rule.gap_after);
        rule.stale_after = read("stale_after", rule.stale_after);
        rule.late_after = read("late_after", rule.late_after);
    }

    void fault(const std::string& name, const std::string& sentence) {
        good_ = false;
        reader_.fault(at_ + name, sentence);
    }

    config::Reader& reader_;
    std::string at_;
    bool good_ = true;
};

}  // namespace

void read_quality_settings(config::Reader& reader, Rules& rules) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < reader.tables("quality.rule"); ++i) {
        if (auto rule = RuleReader(reader, i).read(rules, seen)) {
            rules.put(std::move(*rule));
        }
    }
}

}  // namespace bypuls::apps
