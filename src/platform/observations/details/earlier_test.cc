#include "platform/database/testing/earlier.h"

#include <gmock/gmock.h>

#include "platform/observations/details/details.h"

namespace bypuls::observations {
namespace {

using namespace std::chrono_literals;

constexpr DatastreamId water{12};
const Instant noon = Instant{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1}} + 12h;

TEST(DetailsOfAnEarlierVersion, SayWhatTheySaid) {
    const auto done = database::for_every_version(
        "platform/observations/details", Details::schema(), [](int version, database::Database& today) {
            SCOPED_TRACE(version);
            const auto details = Details::open(&today);
            EXPECT_EQ(details->get({water, noon}).value(), (Detail{.phenomenon_end = noon + 1h,
                                                                   .result_time = noon + 2h,
                                                                   .parameters = R"({"depth_m":0.5})",
                                                                   .feature = 900}));
            EXPECT_EQ(details->get({water, noon + 1h}).value(), (Detail{.parameters = R"({"depth_m":0.4})"}));
            EXPECT_EQ(details->count(water).value(), version >= 3 ? 5U : version >= 2 ? 4U : 3U);
            EXPECT_EQ(details->range(water, {noon, noon + 24h}).value().size(), details->count(water).value());
            EXPECT_EQ(details->damaged(), 0U);
            EXPECT_EQ(details->features(water, 10).value(), (std::vector<Details::Named>{{900, 1}}));
            const auto spans = details->spans(water).value();
            EXPECT_EQ(spans.phenomenon_end, noon + 1h);
            // SQLite took the last tenth of a millisecond before two for two.
            const Interval results{noon + 2h - 100us, version >= 3 ? noon + 4h : version >= 2 ? noon + 3h : noon + 2h};
            EXPECT_EQ(spans.results, results);
            EXPECT_EQ(details->maintain().value(), false);
            EXPECT_EQ(details->spans(water).value().results, results);
            EXPECT_EQ(details->damaged(), 0U);
        });
    EXPECT_TRUE(done) << done.error();
}

}  // namespace
}  // namespace bypuls::observations
