#include "city/bathing/advice.h"

#include <gmock/gmock.h>

namespace bypuls::bathing {
namespace {

using namespace std::chrono_literals;

const Instant now{20'000 * 24h};

Condition of(std::string property, double value, State state = State::fresh) {
    Condition condition{.stream = {.property = std::move(property)}, .state = state};
    condition.shown = observations::Observation{now, value, {}};
    return condition;
}

TEST(Advice, SpeaksOfWarmthAlone) {
    EXPECT_EQ(advice_of(of("water_temperature", 4)), "icy");
    EXPECT_EQ(advice_of(of("water_temperature", 12)), "cold");
    EXPECT_EQ(advice_of(of("water_temperature", 17.9)), "fresh");
    EXPECT_EQ(advice_of(of("water_temperature", 18)), "warm");
    EXPECT_EQ(advice_of(of("snow_depth", 19)), "no_snow");
    EXPECT_EQ(advice_of(of("air_temperature", 18)), std::nullopt);
}

TEST(Advice, IsNotGivenFromWhatIsOldOrMissing) {
    EXPECT_EQ(advice_of(of("water_temperature", 21, State::stale)), "unknown");
    Condition nothing{.stream = {.property = "water_temperature"}};
    EXPECT_EQ(advice_of(nothing), "unknown");
    EXPECT_EQ(advice_of(of("water_temperature", 21, State::last_good)), "warm");
}

TEST(Caution, TheNewestSampleWarnsWhileItSpeaks) {
    const auto caution = [](double count, Duration age) {
        return caution_of({{.time = now - age, .e_coli = count, .enterococci = 10}}, false, now);
    };
    EXPECT_EQ(caution(1200, 24h), "not_acceptable");
    EXPECT_EQ(caution(156, 24h), "less_good");
    EXPECT_EQ(caution(20, 24h), std::nullopt);
    EXPECT_EQ(caution(1200, 60 * 24h), std::nullopt) << "a sample of last season is no news of today";
    EXPECT_EQ(caution_of({}, false, now), std::nullopt);
}

TEST(Caution, APoorClassOfFourSeasonsWarnsWhenTheNewestSampleIsGood) {
    std::vector<Sample> samples{{.time = now - 24h, .e_coli = 20, .enterococci = 5}};
    for (int season = 0; season < 4; ++season) {
        for (int visit = 0; visit < 5; ++visit) {
            samples.push_back(
                {.time = now - (20 + season * 365 + visit * 7) * 24h, .e_coli = 3000, .enterococci = 900});
        }
    }
    EXPECT_EQ(caution_of(samples, false, now), "poor");
}

}  // namespace
}  // namespace bypuls::bathing
