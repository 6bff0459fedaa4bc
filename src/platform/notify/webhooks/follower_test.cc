#include "platform/notify/webhooks/follower.h"

#include <array>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <soci/soci.h>

#include "platform/database/testing/test_database.h"
#include "platform/notify/webhooks/cloud_event.h"

namespace bypuls::webhooks {
namespace {

using namespace std::chrono_literals;
using database::Engine;
using database::TestDatabase;

class FollowerTest : public testing::TestWithParam<Engine> {
protected:
    void SetUp() override {
        auto made = TestDatabase::make(GetParam());
        if (!made && made.error().code == Errc::unavailable) {
            GTEST_SKIP() << made.error().what;
        }
        ASSERT_TRUE(made) << made.error();
        place_ = std::make_unique<TestDatabase>(std::move(*made));
        restart();
    }

    /// As after a kill: nothing but the disk is left.
    void restart() {
        follower_.reset();
        outbox_.reset();
        database_.reset();
        database_ = place_->open();
        ASSERT_TRUE(database::migrate(*database_, {Outbox::component()}, clock_));
        outbox_ = std::make_unique<Outbox>(*database_, clock_);
        follower_ = Follower::open(*outbox_, &FollowerTest::published, {.source = "https://town.example"}).value();
    }

    static std::optional<PublishedAs> published(DatastreamId id) {
        return id.value < 100 ? std::optional(PublishedAs{id.value == 3 ? "" : "tjern", "water_temperature", "Cel"})
                              : std::nullopt;
    }
    SubscriptionId subscribe(Wanted wanted) {
        const auto id = outbox_->subscribe({.url = "https://a.example",
                                            .description = "",
                                            .wanted = std::move(wanted),
                                            .secret = *Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")});
        EXPECT_TRUE(follower_->refresh());
        return id.value();
    }
    observations::Arrival reading(std::int64_t stream, double value = 19.4) {
        return {DatastreamId{stream}, {.time = clock_.now(), .value = value}};
    }
    void apply(std::uint64_t position, const std::vector<observations::Arrival>& arrivals) {
        follower_->applied(arrivals, {position}, clock_.now());
    }
    std::size_t waiting() {
        EXPECT_TRUE(follower_->flush());
        return outbox_->subscriptions()->front().waiting;
    }

    /// The same reading whenever the record is applied.
    observations::Arrival reading_of_record(std::uint64_t position) {
        return {DatastreamId{1}, {.time = clock_.now() + Duration{static_cast<std::int64_t>(position)}, .value = 1.0}};
    }
    void rename(const std::string& from, const std::string& to) {
        ASSERT_TRUE(database_->write("test", [&](soci::session& sql) -> Result<void> {
            sql << "ALTER TABLE " + from + " RENAME TO " + to;
            return {};
        }));
    }
    std::vector<std::string> take_all() {
        std::vector<std::string> events;
        for (auto due = outbox_->due(1).value(); !due.empty(); due = outbox_->due(1).value()) {
            events.push_back(due[0].event_id);
            EXPECT_TRUE(outbox_->delivered(due[0].id, 200));
        }
        return events;
    }

    std::unique_ptr<TestDatabase> place_;
    std::unique_ptr<database::Database> database_;
    std::unique_ptr<Outbox> outbox_;
    std::unique_ptr<Follower> follower_;
    SimulatedClock clock_{Instant{1'700'000'000s}};
};

TEST_P(FollowerTest, AReadingBecomesAnEvent) {
    subscribe({.datastreams = {DatastreamId{1}}});
    apply(4, {reading(1)});
    ASSERT_TRUE(follower_->flush());
    const auto due = outbox_->due(1).value();
    ASSERT_EQ(due.size(), 1U);
    const auto event = cloud_event_from_json(due[0].body);
    ASSERT_TRUE(event) << event.error().what;
    EXPECT_EQ(event->id, due[0].event_id);
    EXPECT_EQ(event->source, "https://town.example");
    EXPECT_EQ(event->type, "no.bypuls.observation");
    EXPECT_EQ(event->subject, "Datastreams(1)");
    EXPECT_EQ(event->time, clock_.now());
    const auto data = nlohmann::json::parse(event->data);
    EXPECT_EQ(data,
              nlohmann::json::parse(R"({"datastream":1,"place":"tjern","property":"water_temperature","unit":"Cel",
        "time":"2023-11-14T22:13:20Z","result":19.4,"usable":true,"quality":""})"));
}

TEST_P(FollowerTest, OnlyWhatIsPublishedWantedAndNewLeaves) {
    subscribe({.datastreams = {DatastreamId{3}, DatastreamId{100}}, .places = {"tjern"}});
    auto old = reading(1);
    old.observation.time -= 25h;
    apply(1, {reading(1), reading(2), reading(3), reading(4), reading(100), old});
    EXPECT_EQ(waiting(), 4U);
    ASSERT_TRUE(outbox_->set_active(outbox_->subscriptions()->front().id, false));
    ASSERT_TRUE(follower_->refresh());
    apply(2, {reading(1)});
    EXPECT_EQ(waiting(), 4U);
}

TEST_P(FollowerTest, RecordsAppliedAgainAfterAKillMakeNoSecondEvent) {
    subscribe({.datastreams = {DatastreamId{1}}});
    apply(1, {reading(1, 1), reading(1, 2)});
    clock_.advance(1s);
    apply(2, {reading(1, 3)});
    ASSERT_EQ(waiting(), 2U) << "one for each instant";
    restart();
    clock_.advance(-1s);
    apply(1, {reading(1, 1)});
    clock_.advance(1s);
    apply(2, {reading(1, 3)});
    apply(3, {reading(1, 4)});
    EXPECT_EQ(waiting(), 3U);
}

TEST_P(FollowerTest, ReadingsThatWereDeletedAreNotToldOf) {
    subscribe({.datastreams = {DatastreamId{1}, DatastreamId{2}}});
    apply(1, {reading(1), reading(2)});
    ASSERT_TRUE(follower_->flush());
    clock_.advance(1s);
    apply(2, {reading(1)});
    clock_.advance(1s);
    apply(3, {reading(1)});
    const std::array intervals{Interval{clock_.now() - 2s, clock_.now()}};
    ASSERT_TRUE(follower_->removed(DatastreamId{1}, intervals));
    ASSERT_TRUE(follower_->flush());
    const auto left = take_all();
    ASSERT_EQ(left.size(), 2U);
    EXPECT_TRUE(left[0].starts_with("1-2-"));
    EXPECT_TRUE(left[1].starts_with("3-1-"));
}

// Killed anywhere, with a database that now and then says no: when the journal lets go of a record, its event is on
// disk; and none is there twice.
TEST_P(FollowerTest, NothingIsLostOrDoubledHoweverItIsKilled) {
    subscribe({.datastreams = {DatastreamId{1}}});
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        SeededRandom random(seed);
        const std::uint64_t before = outbox_->position()->value;
        std::uint64_t applied = before;
        std::uint64_t settled = before;
        while (applied < before + 30) {
            if (random.chance(0.2)) {
                restart();
                applied = settled;  // the journal gives everything after the last settle again
            }
            const bool broken = random.chance(0.2);
            if (broken) {
                rename("webhooks_messages", "webhooks_away");
            }
            ++applied;
            apply(applied, {reading_of_record(applied)});
            if (random.chance(0.3)) {
                EXPECT_TRUE(follower_->flush().has_value() || broken);
            }
            if (random.chance(0.3) && follower_->before_settle({applied})) {
                settled = applied;
            }
            if (broken) {
                rename("webhooks_away", "webhooks_messages");
            }
        }
        ASSERT_TRUE(follower_->before_settle({applied}));
        const auto events = take_all();
        EXPECT_EQ(events.size(), applied - before) << "seed " << seed;
        EXPECT_EQ(std::set<std::string>(events.begin(), events.end()).size(), events.size()) << "seed " << seed;
    }
}

INSTANTIATE_TEST_SUITE_P(Engines, FollowerTest, testing::Values(Engine::sqlite, Engine::postgresql),
                         [](const auto& info) { return std::string(name_of(info.param)); });

}  // namespace
}  // namespace bypuls::webhooks
