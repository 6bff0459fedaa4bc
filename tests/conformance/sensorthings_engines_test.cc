#include <fmt/format.h>
#include <gmock/gmock.h>
#include <rapidcheck.h>

#include "platform/database/testing/test_database.h"
#include "platform/registry/relational/copy_of_test.h"

#include "tests/conformance/asking.h"
#include "tests/conformance/laws.h"
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
        ASSERT_TRUE(place) << place.error();
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

/// A registry in an engine that holds whichever town is asked about.
struct Elsewhere {
    explicit Elsewhere(database::Engine engine)
        : place(database::TestDatabase::make(engine).value()), database(place.open()) {
        EXPECT_TRUE(database::migrate(*database, {registry::registry_component()}, clock));
        mirror = registry::open_relational_mirror(*database, clock).value();
    }

    /// The same question to the same readings.
    Reply ask(const World& town, const Ask& question) const {
        const Data data{mirror->view(), *town.store, town.details.get(), town.moved.get()};
        return Service({.data = data, .clock = town.clock, .write = nullptr}).answer(town.form, question, {});
    }

    SystemClock clock;
    database::TestDatabase place;
    std::unique_ptr<database::Database> database;
    std::unique_ptr<registry::Mirror> mirror;
};

TEST(SensorThingsEngines, AnswerRandomQuestionsAlike) {
    const Elsewhere sqlite(database::Engine::sqlite);
    const Elsewhere postgresql(database::Engine::postgresql);
    EXPECT_TRUE(rc::check([&] {
        Town town;
        const auto copy = registry::copy_of(*town.world.registry);
        for (const Elsewhere* other : {&sqlite, &postgresql}) {
            // Within one registry an id is never another kind's.
            RC_ASSERT(other->mirror->become({}).has_value() && other->mirror->become(copy).has_value());
        }
        for (const Kind kind : some_kinds()) {
            auto options = page_options(kind);
            const auto& navigations = type_of(kind).navigations;
            const auto& navigation = navigations[static_cast<std::size_t>(below(static_cast<int>(navigations.size())))];
            options.emplace_back("$expand", navigation.name);
            if (navigation.many) {
                options.back().second += fmt::format("({})", joined(page_options(navigation.target), ";"));
            }
            const Ask question{.method = http::Method::get, .path = Text(type_of(kind).set), .query = options};
            const Reply wanted = town.world.service.answer(town.world.form, question, {});
            for (const Elsewhere* other : {&sqlite, &postgresql}) {
                const Reply heard = other->ask(town.world, question);
                if (heard.body != wanted.body || heard.status != wanted.status || heard.error != wanted.error) {
                    RC_FAIL(fmt::format("{}?{}: {} {}\n wanted {} {}", question.path, joined(options, "&"), heard.body,
                                        heard.error ? heard.error->what : "", wanted.body,
                                        wanted.error ? wanted.error->what : ""));
                }
            }
        }
    }));
}

}  // namespace
}  // namespace bypuls::sensorthings::conformance
