#include "city/bathing/series_tag.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "core/time/iso8601.h"

namespace bypuls::bathing {
namespace {

using namespace std::chrono_literals;
using observations::Quality;

/// One stream's readings, given out in pages as a store does.
class OneStream final : public publication::Plane {
public:
    std::shared_ptr<const publication::Catalogue> catalogue() const override { return nullptr; }
    std::shared_ptr<const registry::View> registry() const override { return nullptr; }
    std::optional<observations::Observation> latest(publication::DatastreamId) const override { return std::nullopt; }
    std::optional<observations::Observation> latest_usable(publication::DatastreamId) const override {
        return std::nullopt;
    }
    std::uint64_t count(publication::DatastreamId) const override { return readings.size(); }
    Result<observations::Series> range(publication::DatastreamId, Interval interval,
                                       const observations::RangeOptions& options) const override {
        observations::Series series;
        for (std::size_t i = 0; i < readings.size(); ++i) {
            const Instant time = readings.times[i];
            if (time < interval.from || time >= interval.to || (options.after && time <= *options.after)) {
                continue;
            }
            if (series.columns.size() == std::min(options.limit, page_max)) {
                series.more = true;
                break;
            }
            series.columns.push_back(readings, i);
        }
        return series;
    }
    Result<std::vector<observations::Bucket>> rollup(publication::DatastreamId, Interval,
                                                     observations::Step) const override {
        return std::vector<observations::Bucket>{};
    }
    Result<observations::Aggregate> aggregate(publication::DatastreamId, Interval) const override {
        return observations::Aggregate{};
    }

    observations::Columns readings;
    std::size_t page_max = 2;
};

class SeriesTag : public testing::Test {
protected:
    SeriesTag() {
        for (int hour = 0; hour < 5; ++hour) {
            plane_.readings.push_back(start_ + hour * 1h, 18.0 + hour, {});
        }
    }
    std::string tag(Interval interval) const { return series_tag(plane_, stream_, interval).value(); }
    std::string all() const { return tag({start_ - 24h, start_ + 24h}); }

    const Instant start_ = parse_instant("2026-07-05T10:00:00Z").value();
    publication::PublicStream stream_{.id = {1}, .property = "water_temperature", .unit = "Cel", .source = "Drammen"};
    OneStream plane_;
};

TEST_F(SeriesTag, IsOfTheRowsAndNotOfWhenTheyAreAskedFor) {
    EXPECT_EQ(all(), tag({start_ - 48h, start_ + 48h}));
    EXPECT_NE(all(), tag({start_ + 1h, start_ + 24h}));
    EXPECT_TRUE(all().starts_with('"') && all().ends_with('"'));
}

TEST_F(SeriesTag, ChangesWithAnyRowOfAnyPage) {
    const std::string before = all();
    auto changed = plane_.readings;
    plane_.readings.push_back(start_ + 5h, 17.0, {});
    EXPECT_NE(all(), before) << "a new reading";
    for (std::size_t i = 0; i < changed.size(); ++i) {
        plane_.readings = changed;
        plane_.readings.set(i, 1.0, {});
        EXPECT_NE(all(), before) << "a corrected reading";
        plane_.readings.set(i, changed.value(i), Quality{Quality::spike});
        EXPECT_NE(all(), before) << "a mark";
        plane_.readings.set(i, changed.value(i), {});
        EXPECT_EQ(all(), before);
    }
}

TEST_F(SeriesTag, ChangesWithWhatStandsAtTheEndOfEachRow) {
    const std::string before = all();
    stream_.licence = "https://data.norge.no/nlod/no/2.0";
    EXPECT_NE(all(), before);
}

}  // namespace
}  // namespace bypuls::bathing
