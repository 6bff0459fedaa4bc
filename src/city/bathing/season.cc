#include "city/bathing/season.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/check.h"
#include "core/time/oslo.h"

namespace bypuls::bathing {
namespace {

Instant midnight(int year, publication::PublicDay day) {
    CivilTime civil{.year = year, .month = day.month, .day = day.day};
    auto t = Zone::oslo().instant(civil, Ambiguous::earlier);
    if (!t) {  // 29 February in a common year
        civil.day -= 1;
        t = Zone::oslo().instant(civil, Ambiguous::earlier);
    }
    check(t.has_value(), "a season's first and last day exist in every year");
    return *t;
}

}  // namespace

Interval season_span(const publication::PublicPlace& place, int year) {
    const bool over_new_year = place.season_last < place.season_first;
    const Instant last = midnight(over_new_year ? year + 1 : year, place.season_last);
    return {midnight(year, place.season_first), Zone::oslo().day_after(last)};
}

std::string season_name(const publication::PublicPlace& place, int year) {
    return place.season_last < place.season_first ? fmt::format("{}/{}", year, year + 1) : std::to_string(year);
}

int season_year(const publication::PublicPlace& place, Instant t) {
    int year = Zone::oslo().civil(t).year;
    while (t < season_span(place, year).from) {
        --year;
    }
    return year;
}

Season season_of(const publication::PublicPlace& place, int year, const std::vector<observations::Bucket>& days) {
    std::map<Instant, double> means;
    for (const observations::Bucket& day : days) {
        if (!day.values.empty()) {
            means.emplace(day.span.from, day.values.mean());
        }
    }
    Season season{.year = year};
    std::set<int> earlier_years;
    const Interval span = season_span(place, year);
    for (Instant day = span.from; day < span.to; day = Zone::oslo().day_after(day)) {
        SeasonDay made{.day = day};
        if (const auto found = means.find(day); found != means.end()) {
            made.mean = found->second;
        }
        const CivilTime civil = Zone::oslo().civil(day);
        double sum = 0;
        int count = 0;
        constexpr int years_back_max = 30;
        for (int back = 1; back <= years_back_max; ++back) {
            const auto same = means.find(midnight(civil.year - back, {civil.month, civil.day}));
            if (same == means.end()) {
                continue;
            }
            earlier_years.insert(year - back);
            sum += same->second;
            ++count;
            made.earlier_min = std::min(made.earlier_min.value_or(same->second), same->second);
            made.earlier_max = std::max(made.earlier_max.value_or(same->second), same->second);
        }
        if (count > 0) {
            made.earlier_mean = sum / count;
        }
        season.days.push_back(made);
    }
    season.earlier_years.assign(earlier_years.begin(), earlier_years.end());
    return season;
}

}  // namespace bypuls::bathing
