#include <gmock/gmock.h>

#include "platform/database/testing/test_database.h"
#include "platform/registry/relational/relational_registry.h"

#include "tests/conformance/world.h"

// The same questions to a registry in memory, in SQLite and in PostgreSQL are answered alike.
namespace bypuls::sensorthings::conformance {
namespace {

/// The same town everywhere.
void fill(World& world) {
    const std::vector<std::string> names{"water", "Air", "Ås", "o'hare", "air", "b", "a%b", "a_b"};
    int number = 0;
    for (const auto& name : names) {
        json body = whole_thing(name);
        body["properties"]["depth"] = ++number % 3 == 0 ? json("deep") : json(number);
        body["Datastreams"].push_back(datastream_body("second " + name));
        const auto made = world.post("Things", body);
        ASSERT_EQ(made.status, 201) << made.error;
        for (const auto& stream : world.list(made.location + "/Datastreams")) {
            for (int hour = 0; hour < number; ++hour) {
                world.observe(stream["@iot.id"].get<std::int64_t>(),
                              "2026-06-0" + std::to_string(1 + hour) + "T00:00:00Z", hour * number);
            }
        }
    }
}

const std::vector<std::string> questions{
    "Things",
    "Things?$orderby=name",
    "Things?$orderby=name desc&$top=3&$count=true",
    "Things?$orderby=properties/depth,id desc",
    "Things?$filter=name eq 'o''hare'",
    "Things?$filter=startswith(name,'a')",
    "Things?$filter=substringof('%25',name) or substringof('_',name)",
    "Things?$filter=properties/depth gt 2",
    "Things?$filter=properties/depth eq 'deep'",
    "Things?$filter=not (properties/depth eq 'deep')",
    "Things?$filter=properties/absent eq null",
    "Things?$filter=properties/owner/name eq 'Drammen' and id gt 3",
    "Things?$filter=Datastreams/name eq 'second Air'",
    "Things?$filter=length(name) eq 1",
    "Things?$expand=Datastreams($filter=startswith(name,'sec');$expand=Observations($top=1;$orderby=phenomenonTime "
    "desc)),Locations",
    "Datastreams?$orderby=Thing/name,name desc&$top=5",
    "Datastreams?$filter=Thing/name eq 'Ås'",
    "Datastreams?$filter=unitOfMeasurement/symbol eq '°C' and name ne 'water'&$count=true",
    "Datastreams?$filter=Thing/Locations/name eq 'shore'&$top=2",
    "Sensors?$top=1&$count=true",
    "ObservedProperties?$filter=endswith(definition,'Temperature')&$count=true",
    "Locations?$filter=st_within(location,geography'POLYGON((10 59,11 59,11 60,10 60,10 59))')&$count=true",
    "HistoricalLocations?$filter=time ge 2020-01-01T00:00:00Z&$count=true",
    "HistoricalLocations?$expand=Thing,Locations&$top=2",
    "FeaturesOfInterest?$count=true",
    "FeaturesOfInterest?$expand=Observations($top=2;$count=true)&$top=2",
    "Observations?$filter=Datastream/Thing/name eq 'air'&$count=true",
    "Observations?$filter=Datastream/Thing/properties/depth eq 2 and result gt 1",
    "Observations?$orderby=Datastream/name,result desc&$top=7",
    "Observations?$orderby=phenomenonTime desc&$top=4",
    "Things?$select=distinct:properties/owner",
    "Things(1)/Locations",
    "Things(1)/Datastreams(1)/ObservedProperty",
    "Things?$filter=nam eq 1",
};

TEST(SensorThingsEngines, AnswerAlike) {
    World memory;
    fill(memory);
    for (const auto engine : {database::Engine::sqlite, database::Engine::postgresql}) {
        auto place = database::TestDatabase::make(engine);
        if (!place) {
            GTEST_SKIP() << place.error();
        }
        const SystemClock system;
        const auto database = place->open();
        ASSERT_TRUE(database::migrate(*database, {registry::registry_component()}, system));
        SimulatedClock clock(memory.clock.now());
        World other(registry::open_relational_registry(*database, clock).value());
        fill(other);
        for (const auto& question : questions) {
            const auto expected = memory.get(question);
            const auto heard = other.get(question);
            EXPECT_EQ(heard.status, expected.status) << question << ": " << heard.error;
            EXPECT_EQ(heard.text, expected.text) << question;
        }
    }
}

}  // namespace
}  // namespace bypuls::sensorthings::conformance
