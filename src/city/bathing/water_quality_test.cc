#include "city/bathing/water_quality.h"

#include <gmock/gmock.h>

#include "core/time/iso8601.h"

namespace bypuls::bathing {
namespace {

std::vector<Sample> four_seasons(double e_coli, double enterococci) {
    std::vector<Sample> samples;
    for (int year = 2023; year <= 2026; ++year) {
        for (int month = 6; month <= 9; ++month) {
            const auto text = std::to_string(year) + "-0" + std::to_string(month) + "-10T10:00:00Z";
            samples.push_back({parse_instant(text).value(), e_coli, enterococci});
        }
    }
    return samples;
}

TEST(Fhi, TheBordersBelongToTheClassBetween) {
    EXPECT_EQ(fhi_class(99.9), FhiClass::good);
    EXPECT_EQ(fhi_class(100), FhiClass::less_good);
    EXPECT_EQ(fhi_class(1000), FhiClass::less_good);
    EXPECT_EQ(fhi_class(1000.1), FhiClass::not_acceptable);
}

TEST(Fhi, TheWorseBacteriaDecides) {
    EXPECT_EQ(fhi_class(Sample{.e_coli = 10.0, .enterococci = 300.0}), FhiClass::less_good);
    EXPECT_EQ(fhi_class(Sample{.e_coli = 10.0}), FhiClass::good);
    EXPECT_FALSE(fhi_class(Sample{}).has_value());
}

TEST(Eu, EvenCountsAreTheirOwnPercentile) {
    EXPECT_EQ(eu_class(four_seasons(500, 200), false).eu, EuClass::excellent);
    EXPECT_EQ(eu_class(four_seasons(501, 200), false).eu, EuClass::good);
    EXPECT_EQ(eu_class(four_seasons(500, 200), true).eu, EuClass::good);
    EXPECT_EQ(eu_class(four_seasons(500, 201), true).eu, EuClass::poor);
    EXPECT_EQ(eu_class(four_seasons(901, 10), false).eu, EuClass::good);
    EXPECT_EQ(eu_class(four_seasons(1001, 10), false).eu, EuClass::poor);
}

TEST(Eu, SpreadCountsAgainstTheWater) {
    auto samples = four_seasons(50, 20);
    for (std::size_t i = 0; i < samples.size(); i += 2) {
        samples[i].e_coli = 2000;
    }
    // log10: eight of 1.699, eight of 3.301; mean 2.5, deviation 0.8273; 95-percentile 10^3.865, 90-percentile
    // 10^3.561.
    EXPECT_EQ(eu_class(samples, false).eu, EuClass::poor);
}

TEST(Eu, TooFewSamplesGiveNoClassAndSayHowManyAreMissing) {
    auto samples = four_seasons(10, 10);
    samples.pop_back();
    const auto assessment = eu_class(samples, false);
    EXPECT_EQ(assessment.eu, EuClass::unclassified);
    EXPECT_EQ(assessment.needed, 1U);
    EXPECT_EQ(eu_class({}, false).needed, 16U);
}

TEST(Eu, AZeroStandsAsTheDetectionLimit) {
    EXPECT_EQ(eu_class(four_seasons(0, 0), true).eu, EuClass::excellent);
}

}  // namespace
}  // namespace bypuls::bathing
