#include "city/bathing/series_tag.h"

#include <gmock/gmock.h>

#include "city/bathing/plane_fixture_test.h"
#include "core/time/iso8601.h"

namespace bypuls::bathing {
namespace {

using namespace std::chrono_literals;
using observations::Quality;

class SeriesTag : public testing::Test {
protected:
    SeriesTag() {
        for (int hour = 0; hour < 5; ++hour) {
            put(start_ + hour * 1h, 18.0 + hour);
        }
    }
    void put(Instant time, double value, Quality quality = {}) {
        const std::vector<observations::Arrival> rows{{stream_.id, {time, value, quality}}};
        std::vector<observations::Outcome> outcomes(1);
        ASSERT_TRUE(plane_.store->append(rows, {++position_}, outcomes));
    }
    std::string tag(Interval interval) const { return series_tag(plane_, stream_, interval).value(); }
    std::string all() const { return tag({start_ - 24h, start_ + 24h}); }

    const Instant start_ = parse_instant("2026-07-05T10:00:00Z").value();
    publication::PublicStream stream_{.id = {1}, .property = "water_temperature", .unit = "Cel", .source = "Drammen"};
    OneStream plane_;
    std::uint64_t position_ = 0;
};

TEST_F(SeriesTag, IsOfTheRowsAndNotOfWhenTheyAreAskedFor) {
    EXPECT_EQ(all(), tag({start_ - 48h, start_ + 48h}));
    EXPECT_NE(all(), tag({start_ + 1h, start_ + 24h}));
    EXPECT_TRUE(all().starts_with('"') && all().ends_with('"'));
}

TEST_F(SeriesTag, ChangesWithAnyRow) {
    std::set<std::string> seen{all()};
    const auto is_another = [&] { return seen.insert(all()).second; };
    put(start_ + 5h, 17.0);
    EXPECT_TRUE(is_another()) << "a new reading";
    put(start_ + 90min, 17.5);
    EXPECT_TRUE(is_another()) << "a late reading";
    put(start_, 18.25);
    EXPECT_TRUE(is_another()) << "a correction";
    put(start_ + 2h, 21.0, Quality{Quality::spike});
    EXPECT_TRUE(is_another()) << "a correction with a mark";
    ASSERT_TRUE(plane_.store->remove(stream_.id, {start_ + 3h, start_ + 4h}));
    EXPECT_TRUE(is_another()) << "a removal";
    put(start_ + 5h, 17.0);
    EXPECT_FALSE(is_another()) << "what is there already";
}

TEST_F(SeriesTag, DoesNotReadTheRows) {
    EXPECT_FALSE(all().empty());
    EXPECT_EQ(plane_.ranges, 0);
}

TEST_F(SeriesTag, ChangesWithWhatStandsAtTheEndOfEachRow) {
    const std::string before = all();
    stream_.licence = "https://data.norge.no/nlod/no/2.0";
    EXPECT_NE(all(), before);
}

}  // namespace
}  // namespace bypuls::bathing
