// How fast the SensorThings service reads and takes in, over SQLite and blocks as a town has them. The readings are
// made small here; BYPULS_BENCH_READINGS names a file that observations_bench has laid (BYPULS_BENCH_KEEP=1 keeps it),
// for the figures of a whole town.

#include <cstdlib>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "core/check.h"
#include "core/time/iso8601.h"
#include "platform/database/testing/test_database.h"
#include "platform/ingest/observations/batch.h"
#include "platform/observations/blocks/block_store.h"
#include "platform/publish/sensorthings/read/reader.h"
#include "platform/publish/sensorthings/write/data_array.h"
#include "platform/query/parse.h"
#include "platform/registry/relational/relational_registry.h"

namespace {

using namespace bypuls;
using namespace bypuls::sensorthings;

constexpr int streams_of_a_town = 50'000;
constexpr int streams_of_a_thing = 5;
constexpr int hours_of_a_year = 8760;

/// A town of meters, five in a house, each house at its own place: a reading of the last hours for each, and a whole
/// year for the first.
struct Town {
    Town() : place(database::TestDatabase::make(database::Engine::sqlite).value()), database(place.open()) {
        check(database::migrate(*database, {registry::registry_component()}, clock).has_value(),
              "the tables can be made");
        registry = registry::open_relational_registry(*database, clock).value();
        make_meters();
        const char* laid = std::getenv("BYPULS_BENCH_READINGS");
        store = observations::open_block_store({.path = laid != nullptr ? laid : place.folder() + "/observations.db"})
                    .value();
        if (laid == nullptr) {
            lay_readings();
        }
        check(store->count(ids[0]) == hours_of_a_year, "the first meter has its year");
        for (const auto id : store->datastreams()) {
            readings += store->count(id);
        }
    }

    std::vector<registry::ThingId> make_houses() {
        std::vector<registry::ThingId> things;
        constexpr std::size_t houses = streams_of_a_town / streams_of_a_thing;
        while (things.size() < houses) {
            std::vector<registry::Write> writes;
            for (std::size_t i = things.size(); i < houses && writes.size() + 2 <= registry::writes_max; ++i) {
                writes.emplace_back(registry::Create{
                    registry::Location{.name = fmt::format("House {}", i),
                                       .description = "a house",
                                       .geometry = fmt::format(R"({{"type":"Point","coordinates":[{:.5f},59.74]}})",
                                                               10.1 + static_cast<double>(i) * 1e-5)}});
                registry::Thing thing{.name = fmt::format("Meters {}", i), .description = "of a house"};
                thing.locations.push_back(registry::id_from<registry::LocationId>(writes.size() - 1));
                writes.emplace_back(registry::Create{std::move(thing)});
            }
            const auto applied = registry->apply(writes).value();
            for (std::size_t i = 1; i < applied.ids.size(); i += 2) {
                things.push_back({applied.ids[i]});
                check(registry->feature_of(things.back()).has_value(), "a house is a feature");
            }
        }
        return things;
    }

    void make_meters() {
        const auto sensor =
            registry->sensors().create({.name = "Ultrasonic", .description = "s", .metadata = "m"}).value();
        const auto property = registry->observed_properties()
                                  .create({.name = "Water volume", .definition = "v", .description = "d"})
                                  .value();
        const auto things = make_houses();
        std::vector<registry::Datastream> meters;
        for (int i = 0; i < streams_of_a_town; ++i) {
            meters.push_back({.thing = things[static_cast<std::size_t>(i / streams_of_a_thing)],
                              .sensor = sensor,
                              .observed_property = property,
                              .name = fmt::format("Meter {}", i),
                              .description = "litres of an hour",
                              .unit = {.name = "litre", .symbol = "l", .definition = "L"},
                              .result_type = registry::ResultType::integer});
        }
        ids = registry->create_all(meters).value();
    }

    void lay_readings() {
        const Instant begin = parse_instant("2025-01-01T00:00:00Z").value();
        std::vector<observations::Arrival> rows;
        for (std::int64_t hour = 0; hour < hours_of_a_year; ++hour) {
            rows.push_back({ids[0], {begin + std::chrono::hours{hour}, observations::Value{12 + hour % 24}, {}}});
        }
        append(rows);
        for (std::int64_t hour = 0; hour < 24; ++hour) {
            rows.clear();
            for (std::size_t i = 1; i < ids.size(); ++i) {
                rows.push_back(
                    {ids[i], {begin + std::chrono::hours{hours_of_a_year + hour}, observations::Value{hour}, {}}});
            }
            append(rows);
        }
        check(store->settle(journal::Position{position}).has_value(), "the readings settle");
    }

    void append(std::span<const observations::Arrival> rows) {
        std::vector<observations::Outcome> outcomes(rows.size());
        check(store->append(rows, journal::Position{++position}, outcomes).has_value(), "the rows are taken");
    }

    std::size_t read(std::string_view path, std::string_view query) const {
        const auto answer =
            sensorthings::read(data(), clock, form, parse_path(path).value(), query::parse_options(query).value());
        check(answer.has_value(), answer ? "" : answer.error().what);
        return answer->body.size();
    }
    const Data& data() const {
        static const Data looked{*registry, *store};
        return looked;
    }

    SystemClock clock;
    database::TestDatabase place;
    std::unique_ptr<database::Database> database;
    std::unique_ptr<registry::Registry> registry;
    std::unique_ptr<observations::Store> store;
    std::vector<registry::DatastreamId> ids;
    std::uint64_t readings = 0;
    std::uint64_t position = 0;
    Form form{.root = "https://data.example.no/sta/v1.1"};
};

Town& town() {
    static Town made;
    return made;
}

void a_datastreams_year(benchmark::State& state) {
    std::size_t bytes = 0;
    town();  // made at its first use, which is not what is measured
    for (auto unused : state) {
        bytes = town().read(fmt::format("Datastreams({})/Observations", town().ids[0].value), "$top=10000");
    }
    state.counters["bytes"] = static_cast<double>(bytes);
}

void count_of_all(benchmark::State& state) {
    for (auto unused : state) {
        town().read("Observations", "$count=true&$top=1");
    }
    state.counters["readings"] = static_cast<double>(town().readings);
}

void latest_of_a_page_of_1000(benchmark::State& state) {
    for (auto unused : state) {
        town().read("Datastreams", "$top=1000&$expand=Observations($top=1;$orderby=phenomenonTime desc)");
    }
}

void latest_of_all_datastreams(benchmark::State& state) {
    for (auto unused : state) {
        std::int64_t after = 0;
        for (int page = 0; page < streams_of_a_town / 1000; ++page) {
            town().read("Datastreams", fmt::format("$top=1000&$filter=id gt {}&$expand=Observations($top=1;$orderby="
                                                   "phenomenonTime desc)",
                                                   after));
            after = town().ids[static_cast<std::size_t>((page + 1) * 1000 - 1)].value;
        }
    }
}

void observations_of_a_feature(benchmark::State& state) {
    town();
    for (auto unused : state) {
        town().read("Observations", "$filter=FeatureOfInterest/name eq 'House 0'&$count=true&$top=1");
    }
}

void observations_within_an_area(benchmark::State& state) {
    town();
    for (auto unused : state) {
        town().read("Observations",
                    "$filter=st_within(FeatureOfInterest/feature,geography'POLYGON((10.0999 59,10.15005 59,10.15005 "
                    "60,10.0999 60,10.0999 59))')&$count=true&$top=1");
    }
}

void a_page_of_1000_with_features(benchmark::State& state) {
    const auto path = fmt::format("Datastreams({})/Observations", town().ids[0].value);
    for (auto unused : state) {
        town().read(path, "$top=1000&$expand=FeatureOfInterest");
    }
}

/// Reading the body, as rows for the way in, and reading those again: all but the journal and the store, which have
/// figures of their own.
void create_observations_parsed(benchmark::State& state) {
    std::string body =
        fmt::format(R"([{{"Datastream":{{"@iot.id":{}}},"components":["phenomenonTime","result"],"dataArray":[)",
                    town().ids[1].value);
    constexpr int rows = 10'000;
    const Instant begin = parse_instant("2026-01-01T00:00:00Z").value();
    for (int i = 0; i < rows; ++i) {
        body +=
            fmt::format(R"({}["{}",{}])", i == 0 ? "" : ",", format_instant(begin + std::chrono::minutes{i}), 0.5 * i);
    }
    body += "]}]";
    const auto streams = town().registry->streams();
    Stamps stamps(*town().store);
    for (auto unused : state) {
        auto read = read_data_array(body, begin, stamps, *streams, town().registry->features()).value();
        const auto batch = ingest::batch::parse_json(read.batch + "]").value();
        check(batch.rows.size() == rows, "every row is read");
    }
    state.SetItemsProcessed(state.iterations() * rows);
}

BENCHMARK(a_datastreams_year)->Unit(benchmark::kMillisecond);
BENCHMARK(count_of_all)->Unit(benchmark::kMillisecond);
BENCHMARK(latest_of_a_page_of_1000)->Unit(benchmark::kMillisecond);
BENCHMARK(latest_of_all_datastreams)->Unit(benchmark::kMillisecond)->Iterations(2);
BENCHMARK(observations_of_a_feature)->Unit(benchmark::kMillisecond);
BENCHMARK(observations_within_an_area)->Unit(benchmark::kMillisecond);
BENCHMARK(a_page_of_1000_with_features)->Unit(benchmark::kMillisecond);
BENCHMARK(create_observations_parsed)->Unit(benchmark::kMillisecond);

}  // namespace
