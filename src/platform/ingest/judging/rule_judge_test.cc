#include "platform/ingest/judging/rule_judge.h"

#include <gmock/gmock.h>

#include "core/time/iso8601.h"
#include "platform/observations/memory/memory_store.h"
#include "platform/registry/memory.h"

namespace bypuls::ingest {
namespace {

using observations::DatastreamId;
using observations::Quality;

class RuleJudgeTest : public testing::Test {
protected:
    DatastreamId datastream(std::string_view property, std::string unit) {
        const registry::NewThing thing{
            .thing = {.name = "bøye"},
            .datastreams = {{.datastream = {.name = "d", .unit = {.definition = std::move(unit)}},
                             .sensor = registry::Sensor{.name = "s"},
                             .observed_property = registry::ObservedProperty{.name = std::string(property)}}}};
        const auto made = registry_->insert(thing);
        EXPECT_TRUE(made) << made.error();
        return made->datastreams.front();
    }

    /// Judges and stores, as the applier does, one reading an hour.
    Quality hourly(RuleJudge& judge, DatastreamId id, double value) {
        judge.next_message();
        clock_.advance(std::chrono::hours{1});
        observations::Arrival arrival{id, {clock_.now(), value, {}}};
        arrival.observation.quality = judge.judge(id, arrival.observation, clock_.now());
        std::array<observations::Outcome, 1> outcomes{};
        const auto appended = store_->append({&arrival, 1}, {++position_}, outcomes);
        EXPECT_TRUE(appended) << appended.error();
        return arrival.observation.quality;
    }

    SimulatedClock clock_{parse_instant("2026-07-05T00:00:00Z").value()};
    std::unique_ptr<registry::Registry> registry_ = registry::make_memory_registry(clock_);
    std::unique_ptr<observations::Store> store_ = observations::make_memory_store();
    std::uint64_t position_ = 0;
};

TEST_F(RuleJudgeTest, a_frozen_lake_in_july_is_flagged_and_its_neighbours_are_not) {
    RuleJudge judge(*registry_, *store_);
    const auto id = datastream("water_temperature", "Cel");
    for (const double good : {19.1, 19.3, 19.4, 19.6}) {
        EXPECT_TRUE(hourly(judge, id, good).good()) << good;
    }
    EXPECT_TRUE(hourly(judge, id, -50).has(Quality::range));
    EXPECT_TRUE(hourly(judge, id, 19.5).good());
}

TEST_F(RuleJudgeTest, the_past_is_found_again_after_a_restart) {
    const auto id = datastream("water_temperature", "Cel");
    {
        RuleJudge before(*registry_, *store_);
        hourly(before, id, 19.1);
        hourly(before, id, 19.2);
        hourly(before, id, 19.3);
    }
    RuleJudge after(*registry_, *store_);
    EXPECT_TRUE(hourly(after, id, 31).has(Quality::spike));
}

TEST_F(RuleJudgeTest, properties_and_units_without_a_rule_are_left_alone) {
    RuleJudge judge(*registry_, *store_);
    EXPECT_TRUE(hourly(judge, datastream("queue_length", "1"), -50).good());
    EXPECT_TRUE(hourly(judge, datastream("water_temperature", "K"), 292).good());
}

TEST_F(RuleJudgeTest, another_unit_or_property_brings_its_rule_from_the_next_message_on) {
    RuleJudge judge(*registry_, *store_);
    const auto id = datastream("temperature_of_the_lake", "Cel");
    EXPECT_TRUE(hourly(judge, id, -50).good()) << "there is no rule of that name";
    auto property = registry_->observed_properties().get(registry_->datastreams().get(id)->observed_property);
    ASSERT_TRUE(property);
    property->name = "water_temperature";
    ASSERT_TRUE(registry_->observed_properties().update(*property));
    EXPECT_TRUE(hourly(judge, id, -51).has(Quality::range));
    auto renamed = registry_->datastreams().get(id);
    ASSERT_TRUE(renamed);
    renamed->unit.definition = "K";
    ASSERT_TRUE(registry_->datastreams().update(*renamed));
    EXPECT_TRUE(hourly(judge, id, -52).good()) << "the rule is about degrees Celsius";
}

/// A device that was out of reach sends its day in one message, which is judged as if each reading had come alone.
TEST_F(RuleJudgeTest, late_readings_of_one_message_are_judged_by_those_before_them) {
    const auto id = datastream("water_temperature", "Cel");
    const Instant past = clock_.now();
    clock_.advance(std::chrono::hours{48});
    {
        RuleJudge judge(*registry_, *store_);
        hourly(judge, id, 19.1);
        hourly(judge, id, 19.2);
    }
    RuleJudge judge(*registry_, *store_);
    judge.next_message();
    std::vector<bool> spikes;
    int minutes = 0;
    for (const double value : {10.0, 10.1, 10.2, 25.0, 10.2, 10.3}) {
        const observations::Observation reading{past + std::chrono::minutes{10 * ++minutes}, value, {}};
        spikes.push_back(judge.judge(id, reading, clock_.now()).has(Quality::spike));
    }
    EXPECT_EQ(spikes, (std::vector{false, false, false, true, false, false}));
    judge.next_message();
    const observations::Observation alone{past + std::chrono::minutes{10 * ++minutes}, 25.0, {}};
    EXPECT_FALSE(judge.judge(id, alone, clock_.now()).has(Quality::spike)) << "nothing of that message was stored";
}

TEST_F(RuleJudgeTest, the_same_reading_again_is_judged_the_same) {
    RuleJudge judge(*registry_, *store_);
    const auto id = datastream("water_temperature", "Cel");
    hourly(judge, id, 19.1);
    hourly(judge, id, 19.2);
    const observations::Observation spike{clock_.now() + std::chrono::hours{1}, 31.0, {}};
    const Quality first = judge.judge(id, spike, spike.time);
    EXPECT_TRUE(first.has(Quality::spike));
    EXPECT_EQ(judge.judge(id, spike, spike.time), first);
}

}  // namespace
}  // namespace bypuls::ingest
