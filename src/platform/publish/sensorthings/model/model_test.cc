#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "core/time/iso8601.h"
#include "platform/publish/sensorthings/model/observation_id.h"
#include "platform/publish/sensorthings/model/path.h"

namespace bypuls::sensorthings {
namespace {

using testing::HasSubstr;

TEST(ObservationId, OfAWholeSecondIsExactInADouble) {
    const ObservationPlace place{{524'287}, parse_instant("2199-12-31T23:59:59Z").value()};
    const auto id = observation_id(place).value();
    EXPECT_LT(id, std::int64_t{1} << 53);
    EXPECT_EQ(static_cast<std::int64_t>(static_cast<double>(id)), id);
    EXPECT_EQ(observation_place(id), place);
}

RC_GTEST_PROP(ObservationId, LeadsBackToItsPlace, ()) {
    const auto datastream = *rc::gen::inRange<std::int64_t>(1, 1 << 19);
    const auto millisecond = *rc::gen::inRange<std::int64_t>(0, (std::int64_t{1} << 34) * 1000);
    const ObservationPlace place{{datastream}, observations::earliest_time + std::chrono::milliseconds{millisecond}};
    const auto id = observation_id(place);
    RC_ASSERT(id.has_value());
    RC_ASSERT(*id > 0);
    RC_ASSERT(observation_place(*id) == std::optional(place));
}

TEST(ObservationId, WhatDoesNotFitHasNone) {
    EXPECT_FALSE(observation_id({{524'288}, parse_instant("2026-01-01T00:00:00Z").value()}));
    EXPECT_FALSE(observation_id({{1}, parse_instant("2300-01-01T00:00:00Z").value()}));
    EXPECT_FALSE(observation_id({{1}, observations::earliest_time - Duration{1}}));
    EXPECT_FALSE(observation_place(-1));
    EXPECT_FALSE(observation_place(0));
    EXPECT_FALSE(observation_place(17)) << "datastream 0";
}

TEST(ObservationId, OfMicrosecondsIsThatOfTheirMillisecond) {
    const auto whole = parse_instant("2026-06-01T12:00:00.123Z").value();
    EXPECT_EQ(observation_id({{7}, whole + Duration{456}}), observation_id({{7}, whole}));
}

TEST(Path, LeadsThroughEntitiesToASet) {
    const auto path = parse_path("/Things(1)/Datastreams(3)/Observations").value();
    ASSERT_EQ(path.steps.size(), 3U);
    EXPECT_EQ(path.steps[0], (Step{Kind::thing, "Things", true, 1}));
    EXPECT_EQ(path.steps[1], (Step{Kind::datastream, "Datastreams", true, 3}));
    EXPECT_EQ(path.last(), (Step{Kind::observation, "Observations", true, std::nullopt}));
    EXPECT_FALSE(path.last().single());
}

TEST(Path, EndsInAPropertyItsInsideOrItsValue) {
    const auto path = parse_path("Things(1)/properties/owner/name/$value").value();
    EXPECT_EQ(path.property, "properties");
    EXPECT_EQ(path.into, (std::vector<std::string>{"owner", "name"}));
    EXPECT_TRUE(path.value);
    EXPECT_EQ(parse_path("Observations(5)/Datastream/unitOfMeasurement/symbol").value().into.front(), "symbol");
    EXPECT_TRUE(parse_path("Things(1)/Locations/$ref").value().reference);
}

TEST(Path, ThatLeadsNowhereSaysWhere) {
    const auto why = [](std::string_view path) {
        const auto parsed = parse_path(path);
        EXPECT_FALSE(parsed) << path;
        EXPECT_EQ(parsed.error().code, Errc::not_found) << path;
        return parsed ? "" : parsed.error().what;
    };
    EXPECT_THAT(why("Thing(1)"), HasSubstr("'Thing'"));
    EXPECT_THAT(why("Things/name"), HasSubstr("key"));
    EXPECT_THAT(why("Things(1)/nam"), HasSubstr("'nam'"));
    EXPECT_THAT(why("Things(x)"), HasSubstr("Things(x)"));
    EXPECT_THAT(why("Things(1"), HasSubstr("bracket"));
    EXPECT_THAT(why("Datastreams(1)/Thing(1)"), HasSubstr("no key"));
    EXPECT_THAT(why("Things(1)/$value"), HasSubstr("$value"));
    EXPECT_THAT(why("Things(1)/name/$ref"), HasSubstr("$ref"));
    EXPECT_THAT(why("Things(1)/name/deeper"), HasSubstr("inside"));
    EXPECT_THAT(why(""), HasSubstr("no entity"));
}

TEST(Schema, NavigationsLeadBothWays) {
    for (const EntityType& type : entity_types()) {
        EXPECT_EQ(kind_of_set(type.set), type.kind);
        for (const Navigation& navigation : type.navigations) {
            const EntityType& target = type_of(navigation.target);
            EXPECT_EQ(navigation.name, navigation.many ? target.set : target.name);
            EXPECT_TRUE(target.navigation(type.set) != nullptr || target.navigation(type.name) != nullptr)
                << type.name << " -> " << target.name;
        }
    }
}

}  // namespace
}  // namespace bypuls::sensorthings
