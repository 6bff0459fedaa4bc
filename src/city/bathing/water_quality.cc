#include "city/bathing/water_quality.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "core/time/oslo.h"

namespace bypuls::bathing {
namespace {

struct Limits {
    double excellent;   // 95-percentile
    double good;        // 95-percentile
    double sufficient;  // 90-percentile
};

// Annex I, tables A and B.
constexpr Limits inland_enterococci{200, 400, 330};
constexpr Limits inland_e_coli{500, 1000, 900};
constexpr Limits coastal_enterococci{100, 200, 185};
constexpr Limits coastal_e_coli{250, 500, 500};

/// Annex II: antilog (mean + factor · standard deviation) of the log10 values; factor 1.65 for the 95- and 1.282 for
/// the 90-percentile.
double percentile(const std::vector<double>& counts, double factor) {
    double sum = 0;
    for (const double count : counts) {
        sum += std::log10(std::max(count, detection_limit));
    }
    const double mean = sum / static_cast<double>(counts.size());
    double squares = 0;
    for (const double count : counts) {
        const double apart = std::log10(std::max(count, detection_limit)) - mean;
        squares += apart * apart;
    }
    const double deviation = counts.size() < 2 ? 0 : std::sqrt(squares / static_cast<double>(counts.size() - 1));
    return std::pow(10.0, mean + factor * deviation);
}

EuClass class_of(const std::vector<double>& counts, const Limits& limits) {
    // There and back through the logarithm, a count may come out a hair above itself.
    const auto within = [](double value, double limit) { return value <= limit * (1 + 1e-9); };
    const double p95 = percentile(counts, 1.65);
    if (within(p95, limits.excellent)) {
        return EuClass::excellent;
    }
    if (within(p95, limits.good)) {
        return EuClass::good;
    }
    return within(percentile(counts, 1.282), limits.sufficient) ? EuClass::sufficient : EuClass::poor;
}

}  // namespace

FhiClass fhi_class(double per_100_ml) {
    if (per_100_ml < 100) {
        return FhiClass::good;
    }
    return per_100_ml <= 1000 ? FhiClass::less_good : FhiClass::not_acceptable;
}

std::optional<FhiClass> fhi_class(const Sample& sample) {
    std::optional<FhiClass> worst;
    for (const auto& count : {sample.e_coli, sample.enterococci}) {
        if (count) {
            worst = worst ? std::max(*worst, fhi_class(*count)) : fhi_class(*count);
        }
    }
    return worst;
}

std::string_view name_of(FhiClass fhi) {
    constexpr std::array<std::string_view, 3> names{"good", "less_good", "not_acceptable"};
    return names.at(static_cast<std::size_t>(fhi));
}

std::string_view name_of(EuClass eu) {
    constexpr std::array<std::string_view, 5> names{"excellent", "good", "sufficient", "poor", "unclassified"};
    return names.at(static_cast<std::size_t>(eu));
}

EuAssessment eu_class(const std::vector<Sample>& samples, bool coastal) {
    std::map<int, std::vector<const Sample*>> by_year;
    for (const Sample& sample : samples) {
        if (sample.e_coli && sample.enterococci) {
            by_year[Zone::oslo().civil(sample.time).year].push_back(&sample);
        }
    }
    while (by_year.size() > static_cast<std::size_t>(eu_seasons)) {
        by_year.erase(by_year.begin());
    }
    EuAssessment assessment;
    std::vector<double> e_coli;
    std::vector<double> enterococci;
    std::size_t missing_in_seasons = static_cast<std::size_t>(eu_seasons) - by_year.size();
    missing_in_seasons *= eu_samples_in_season_min;
    for (const auto& [year, taken] : by_year) {
        assessment.first_year = assessment.first_year.value_or(year);
        assessment.last_year = year;
        assessment.samples += taken.size();
        missing_in_seasons += taken.size() < eu_samples_in_season_min ? eu_samples_in_season_min - taken.size() : 0;
        for (const Sample* sample : taken) {
            e_coli.push_back(*sample->e_coli);
            enterococci.push_back(*sample->enterococci);
        }
    }
    const std::size_t missing = assessment.samples < eu_samples_min ? eu_samples_min - assessment.samples : 0;
    assessment.needed = std::max(missing, missing_in_seasons);
    if (assessment.needed == 0) {
        assessment.eu = std::max(class_of(e_coli, coastal ? coastal_e_coli : inland_e_coli),
                                 class_of(enterococci, coastal ? coastal_enterococci : inland_enterococci));
    }
    return assessment;
}

}  // namespace bypuls::bathing
