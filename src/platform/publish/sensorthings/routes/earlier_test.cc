#include "platform/database/testing/earlier.h"

#include <gmock/gmock.h>

#include "platform/publish/sensorthings/routes/moved.h"

namespace bypuls::sensorthings {
namespace {

using namespace std::chrono_literals;

TEST(MovedObservationsOfAnEarlierVersion, AreFoundWhereTheyWent) {
    const ObservationPlace place{observations::DatastreamId{12},
                                 Instant{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1}} + 12h};
    const auto done = database::for_every_version("platform/publish/sensorthings/routes", MovedTable::schema(),
                                                  [&](int version, database::Database& today) {
                                                      SCOPED_TRACE(version);
                                                      const auto table = MovedTable::open(&today);
                                                      ASSERT_TRUE(table) << table.error();
                                                      EXPECT_EQ((*table)->place_of(8'000'123), place);
                                                      EXPECT_EQ((*table)->id_of(place), 8'000'123);
                                                  });
    EXPECT_TRUE(done) << done.error();
}

}  // namespace
}  // namespace bypuls::sensorthings
