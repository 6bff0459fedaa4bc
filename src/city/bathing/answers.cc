#include "city/bathing/answers.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "city/bathing/advice.h"
#include "core/time/iso8601.h"
#include "core/time/oslo.h"
#include "platform/observations/flags.h"

namespace bypuls::bathing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr std::size_t points_max = 5000;

json measurement_json(const publication::PublicStream& stream, const std::optional<observations::Observation>& reading,
                      Instant now) {
    const auto value = reading ? number_of(reading->value) : std::nullopt;
    if (!value) {
        return nullptr;
    }
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - reading->time);
    json flags = observations::flag_names(reading->quality);
    if (age > stream.stale_after) {
        flags.push_back("stale");
    }
    json measurement{{"value", *value},
                     {"unit", stream.unit},
                     {"time", format_instant(reading->time)},
                     {"age_seconds", std::max<std::int64_t>(0, age.count())},
                     {"flags", std::move(flags)},
                     {"usable", reading->quality.usable()},
                     {"simulated", stream.simulated},
                     {"source", stream.source}};
    if (stream.property == "uv_index") {
        measurement["class"] = name_of(uv_class(*value));
    }
    return measurement;
}

json trend_json(const std::optional<Trend>& trend) {
    if (!trend) {
        return nullptr;
    }
    return {{"direction", name_of(trend->direction)},
            {"change", std::round(trend->change * 100) / 100},
            {"hours", std::chrono::duration<double, std::ratio<3600>>(trend->span).count()}};
}

std::string day_text(publication::PublicDay day) {
    return fmt::format("{:02}-{:02}", day.month, day.day);
}

Result<json> readings_json(const Parts& parts, const SeriesQuestion& question, json answer) {
    TRY(const auto series, parts.plane.range(question.stream.id, question.interval, {.limit = points_max}));
    json readings = json::array();
    for (std::size_t i = 0; i < series.columns.size(); ++i) {
        if (number_of(series.columns.value(i))) {
            readings.push_back(reading_json(series.columns, i));
        }
    }
    answer["next"] = series.more ? json(format_instant(series.columns.times.back() + Duration{1})) : json(nullptr);
    answer["readings"] = std::move(readings);
    return answer;
}

Result<json> buckets_json(const Parts& parts, const SeriesQuestion& question, json answer) {
    TRY(const auto rollup, parts.plane.rollup(question.stream.id, question.interval, *question.step));
    json buckets = json::array();
    answer["next"] = nullptr;
    for (const observations::Bucket& bucket : rollup) {
        if (buckets.size() == points_max) {
            answer["next"] = format_instant(bucket.span.from);
            break;
        }
        buckets.push_back({{"time", format_instant(bucket.span.from)},
                           {"count", bucket.values.count},
                           {"mean", std::round(bucket.values.mean() * 1000) / 1000},
                           {"min", bucket.values.min},
                           {"max", bucket.values.max}});
    }
    answer["buckets"] = std::move(buckets);
    return answer;
}

std::string_view resolution_name(const std::optional<observations::Step>& step) {
    if (!step) {
        return "raw";
    }
    return *step == observations::Step::hour ? "hour" : *step == observations::Step::day ? "day" : "month";
}

json count_json(const std::optional<double>& count) {
    if (!count) {
        return nullptr;
    }
    return {{"value", *count}, {"below_limit", *count < detection_limit}, {"fhi", name_of(fhi_class(*count))}};
}

json optional_number(const std::optional<double>& value) {
    return value ? json(std::round(*value * 100) / 100) : json(nullptr);
}

json extreme_json(const std::optional<Extreme>& extreme) {
    return extreme ? json{{"value", extreme->value}, {"time", format_instant(extreme->time)}} : json(nullptr);
}

constexpr Interval all_time{observations::earliest_time, observations::latest_time};

}  // namespace

json reading_json(const observations::Columns& columns, std::size_t row) {
    json reading{{"time", format_instant(columns.times[row])}, {"value", *number_of(columns.value(row))}};
    const auto quality = columns.quality_of(row);
    if (!quality.good()) {
        reading["usable"] = quality.usable();
        reading["flags"] = observations::flag_names(quality);
    }
    return reading;
}

bool is_condition(std::string_view property) {
    return property != "e_coli" && property != "intestinal_enterococci";
}

std::vector<Condition> conditions_at(const Parts& parts, const publication::PublicPlace& place) {
    const Instant now = parts.clock.now();
    std::vector<Condition> conditions;
    for (const publication::PublicStream& stream : place.streams) {
        if (!is_condition(stream.property)) {
            continue;
        }
        Condition condition =
            condition_of(stream, parts.plane.latest(stream.id), parts.plane.latest_usable(stream.id), now);
        if (condition.state == State::fresh || condition.state == State::last_good) {
            const auto recent = parts.plane.range(stream.id, {now - 6h, now + 10min}, {.limit = 1000});
            if (recent) {
                condition.trend = trend_of(recent->columns, steady_below(stream.property));
            }
        }
        conditions.push_back(std::move(condition));
    }
    return conditions;
}

json condition_json(const Condition& condition, Instant now) {
    return {{"property", condition.stream.property},
            {"state", name_of(condition.state)},
            {"shown", measurement_json(condition.stream, condition.shown, now)},
            {"newest", measurement_json(condition.stream, condition.newest, now)},
            {"trend", trend_json(condition.trend)},
            {"advice", advice_of(condition) ? json(*advice_of(condition)) : json(nullptr)}};
}

json place_json(const Parts& parts, const publication::PublicPlace& place, words::Language language) {
    const Instant now = parts.clock.now();
    json conditions = json::array();
    for (const Condition& condition : conditions_at(parts, place)) {
        conditions.push_back(condition_json(condition, now));
    }
    const CivilTime today = Zone::oslo().civil(now);
    const auto tag = words::tag_of(language);
    return {{"slug", place.slug},
            {"name", place.name.in(tag)},
            {"kind", place.kind},
            {"description", place.description.in(tag)},
            {"latitude", place.latitude},
            {"longitude", place.longitude},
            {"approximate", place.approximate},
            {"season", {{"first", day_text(place.season_first)}, {"last", day_text(place.season_last)}}},
            {"in_season", place.in_season({today.month, today.day})},
            {"url", "/bading/" + place.slug},
            {"simulated", place.simulated()},
            {"conditions", std::move(conditions)}};
}

Result<json> series_json(const Parts& parts, const SeriesQuestion& question) {
    json answer{{"place", question.place.slug},
                {"property", question.stream.property},
                {"unit", question.stream.unit},
                {"resolution", resolution_name(question.step)},
                {"from", format_instant(question.interval.from)},
                {"to", format_instant(question.interval.to)},
                {"interval_seconds", question.stream.interval.count()},
                {"simulated", question.stream.simulated},
                {"source", question.stream.source},
                {"licence", question.stream.licence}};
    return question.step ? buckets_json(parts, question, std::move(answer))
                         : readings_json(parts, question, std::move(answer));
}

Result<Season> season_at(const Parts& parts, const publication::PublicPlace& place,
                         const publication::PublicStream& stream, int year) {
    TRY(const auto days, parts.plane.rollup(stream.id, all_time, observations::Step::day));
    return season_of(place, year, days);
}

Result<Extremes> extremes_of(const Parts& parts, const publication::PublicStream& stream) {
    TRY(const auto days, parts.plane.rollup(stream.id, all_time, observations::Step::day));
    const auto find = [&](const observations::Bucket& day, double wanted) -> Result<std::optional<Extreme>> {
        TRY(const auto series, parts.plane.range(stream.id, day.span, {}));
        for (std::size_t i = 0; i < series.columns.size(); ++i) {
            if (series.columns.quality_of(i).usable() && number_of(series.columns.value(i)) == wanted) {
                return Extreme{wanted, series.columns.times[i]};
            }
        }
        return std::optional<Extreme>{};
    };
    Extremes extremes;
    if (!days.empty()) {
        const auto high = std::ranges::max_element(days, {}, [](const auto& day) { return day.values.max; });
        const auto low = std::ranges::min_element(days, {}, [](const auto& day) { return day.values.min; });
        TRY(extremes.highest, find(*high, high->values.max));
        TRY(extremes.lowest, find(*low, low->values.min));
    }
    return extremes;
}

json days_json(const Season& season) {
    json days = json::array();
    for (const SeasonDay& day : season.days) {
        const CivilTime civil = Zone::oslo().civil(day.day);
        days.push_back({{"date", fmt::format("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day)},
                        {"mean", optional_number(day.mean)},
                        {"earlier_min", optional_number(day.earlier_min)},
                        {"earlier_mean", optional_number(day.earlier_mean)},
                        {"earlier_max", optional_number(day.earlier_max)}});
    }
    return days;
}

Result<json> season_json(const Parts& parts, const publication::PublicPlace& place,
                         const publication::PublicStream& stream, int year) {
    TRY(const auto rollup, parts.plane.rollup(stream.id, all_time, observations::Step::day));
    const Season season = season_of(place, year, rollup);
    TRY(const Extremes extremes, extremes_of(parts, stream));
    return json{{"place", place.slug},
                {"property", stream.property},
                {"unit", stream.unit},
                {"year", season.year},
                {"earlier_years", season.earlier_years},
                {"days", days_json(season)},
                {"highest", extreme_json(extremes.highest)},
                {"lowest", extreme_json(extremes.lowest)},
                {"simulated", stream.simulated},
                {"source", stream.source}};
}

Result<std::vector<Sample>> samples_at(const Parts& parts, const publication::PublicPlace& place) {
    std::map<Instant, Sample, std::greater<>> by_time;
    const auto take = [&](std::string_view property, auto member) -> Result<void> {
        const auto* stream = place.stream(property);
        if (stream == nullptr) {
            return {};
        }
        TRY(const auto series,
            parts.plane.range(stream->id, all_time, {.order = observations::Order::newest_first, .limit = 1000}));
        for (std::size_t i = 0; i < series.columns.size(); ++i) {
            const Instant time = series.columns.times[i];
            by_time[time].time = time;
            by_time[time].*member = number_of(series.columns.value(i));
        }
        return {};
    };
    TRY_DO(take("e_coli", &Sample::e_coli));
    TRY_DO(take("intestinal_enterococci", &Sample::enterococci));
    std::vector<Sample> samples;
    for (const auto& [time, sample] : by_time) {
        samples.push_back(sample);
    }
    return samples;
}

Result<json> samples_json(const Parts& parts, const publication::PublicPlace& place) {
    TRY(const auto samples, samples_at(parts, place));
    const auto* stream = place.stream("e_coli");
    const EuAssessment eu = eu_class(samples, place.coastal);
    json rows = json::array();
    for (const Sample& sample : samples) {
        if (const auto fhi = fhi_class(sample)) {
            rows.push_back({{"time", format_instant(sample.time)},
                            {"e_coli", count_json(sample.e_coli)},
                            {"enterococci", count_json(sample.enterococci)},
                            {"fhi", name_of(*fhi)},
                            {"laboratory", nullptr},
                            {"simulated", stream != nullptr && stream->simulated},
                            {"source", stream == nullptr ? "" : stream->source}});
        }
    }
    return json{{"place", place.slug},
                {"water", place.coastal ? "coastal" : "inland"},
                {"eu",
                 {{"class", name_of(eu.eu)},
                  {"first_year", eu.first_year ? json(*eu.first_year) : json(nullptr)},
                  {"last_year", eu.last_year ? json(*eu.last_year) : json(nullptr)},
                  {"samples", eu.samples},
                  {"needed", eu.needed}}},
                {"samples", std::move(rows)}};
}

double distance_m(double latitude_a, double longitude_a, double latitude_b, double longitude_b) {
    constexpr double radius_m = 6'371'008.8;
    constexpr double radians = std::numbers::pi / 180;
    const double half_lat = std::sin((latitude_b - latitude_a) * radians / 2);
    const double half_lon = std::sin((longitude_b - longitude_a) * radians / 2);
    const double h =
        half_lat * half_lat + std::cos(latitude_a * radians) * std::cos(latitude_b * radians) * half_lon * half_lon;
    return 2 * radius_m * std::asin(std::min(1.0, std::sqrt(h)));
}

std::vector<std::pair<const publication::PublicPlace*, double>> nearest_of(const publication::Catalogue& catalogue,
                                                                           const publication::PublicPlace& place) {
    constexpr std::size_t nearest_max = 3;
    std::vector<std::pair<const publication::PublicPlace*, double>> nearest;
    for (const publication::PublicPlace& other : catalogue.places) {
        if (other.slug != place.slug && (other.kind == "bathing" || other.kind == "ski")) {
            nearest.emplace_back(&other, distance_m(place.latitude, place.longitude, other.latitude, other.longitude));
        }
    }
    std::ranges::stable_sort(nearest, {}, [](const auto& one) { return one.second; });
    nearest.resize(std::min(nearest.size(), nearest_max));
    return nearest;
}

}  // namespace bypuls::bathing
