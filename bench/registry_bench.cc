// How fast a town's meters are entered, and how fast the way in finds a datastream.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "core/check.h"
#include "core/random.h"
#include "platform/database/testing/test_database.h"
#include "platform/registry/relational/relational_registry.h"

namespace {

using namespace bypuls;
using namespace bypuls::registry;

/// A registry with its database, on the engine that the benchmark's first argument names.
struct Town {
    explicit Town(database::Engine engine)
        : place(database::TestDatabase::make(engine).value()), database(place.open()) {
        check(database::migrate(*database, {registry_component()}, clock).has_value(), "the tables can be made");
        registry = open_relational_registry(*database, clock).value();
        thing = registry->things().create({.name = "Zone"}).value();
        sensor = registry->sensors().create({.name = "Ultrasonic"}).value();
        property = registry->observed_properties().create({.name = "Water volume"}).value();
    }

    std::vector<Datastream> meters(int count) const {
        std::vector<Datastream> all;
        for (int i = 0; i < count; ++i) {
            all.push_back({.thing = thing,
                           .sensor = sensor,
                           .observed_property = property,
                           .name = fmt::format("Meter {}", i),
                           .unit = {.name = "litre", .symbol = "l", .definition = "L"},
                           .access = Access::restricted,
                           .external_keys = {fmt::format("70B3D57ED{:07X}/volume", i)}});
        }
        return all;
    }

    SystemClock clock;
    database::TestDatabase place;
    std::unique_ptr<database::Database> database;
    std::unique_ptr<Registry> registry;
    ThingId thing;
    SensorId sensor;
    ObservedPropertyId property;
};

database::Engine engine_of(const benchmark::State& state) {
    return state.range(0) == 0 ? database::Engine::sqlite : database::Engine::postgresql;
}

void create_50_000(benchmark::State& state) {
    for (auto unused : state) {
        state.PauseTiming();
        Town town(engine_of(state));
        const auto meters = town.meters(50'000);
        state.ResumeTiming();
        check(town.registry->create_all(meters).has_value(), "the meters are new");
    }
    state.SetItemsProcessed(state.iterations() * 50'000);
}

void create_one_of_50_000(benchmark::State& state) {
    Town town(engine_of(state));
    check(town.registry->create_all(town.meters(50'000)).has_value(), "the meters are new");
    Datastream one = town.meters(1).front();
    std::size_t made = 0;
    for (auto unused : state) {
        one.external_keys = {fmt::format("one/{}", made++)};
        check(town.registry->datastreams().create(one).has_value(), "the meter is new");
    }
}

void start_with_50_000(benchmark::State& state) {
    Town town(engine_of(state));
    check(town.registry->create_all(town.meters(50'000)).has_value(), "the meters are new");
    for (auto unused : state) {
        benchmark::DoNotOptimize(open_relational_registry(*town.database, town.clock).value());
    }
}

void find_by_key_among_50_000(benchmark::State& state) {
    Town town(database::Engine::sqlite);
    const auto meters = town.meters(50'000);
    check(town.registry->create_all(meters).has_value(), "the meters are new");
    SeededRandom random(1);
    for (auto unused : state) {
        const auto known = town.registry->streams();
        benchmark::DoNotOptimize(known->find(meters[random.below(meters.size())].external_keys.front()));
    }
}

/// A page of 1 000 from the middle of 50 000 datastreams: by id, by name, and with a filter that half of them pass.
void select_page_of_50_000(benchmark::State& state) {
    Town town(engine_of(state));
    check(town.registry->create_all(town.meters(50'000)).has_value(), "the meters are new");
    const auto ends_with_1 =
        query::operation(query::Operator::logical_not,
                         {query::call(query::Function::endswith,
                                      {query::path({"name"}), query::literal(query::Value{std::string("1")})})});
    Selection selection{.of = {}, .order = {}, .after = Selection::After{.values = {}, .id = 25'000}, .limit = 1000};
    if (state.range(1) == 1) {
        selection.order = {{.by = query::path({"name"}), .descending = false}};
        selection.after->values = {query::Value{std::string("Meter 25000")}};
    } else if (state.range(1) == 2) {
        selection.where = &ends_with_1;
    }
    for (auto unused : state) {
        const auto page = town.registry->datastreams().select(selection);
        check(page && page->items.size() == 1000, "the page is full");
    }
}

BENCHMARK(select_page_of_50_000)
    ->ArgNames({"postgresql", "by"})
    ->ArgsProduct({{0, 1}, {0, 1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(create_50_000)->ArgName("postgresql")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(create_one_of_50_000)->ArgName("postgresql")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(start_with_50_000)->ArgName("postgresql")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(find_by_key_among_50_000);

}  // namespace
