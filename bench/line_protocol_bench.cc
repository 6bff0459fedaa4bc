// Points a second through the line protocol parser, one core, from memory.
#include "platform/ingest/line_protocol/line_protocol.h"

#include <string>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "core/check.h"

namespace bypuls::ingest::line_protocol {
namespace {

constexpr int points = 10'000;

void run(benchmark::State& state, const std::string& body, Precision precision) {
    for (auto _ : state) {
        const auto batch = parse(body, {.precision = precision});
        check(batch && batch->points().size() == points && batch->rejected() == 0, "every line is a point");
        benchmark::DoNotOptimize(batch->points().data());
    }
    state.SetItemsProcessed(state.iterations() * points);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}

void water_meters(benchmark::State& state) {
    std::string body;
    for (int i = 0; i < points; ++i) {
        body += fmt::format("meter,id={} litres={}i 17000{:05}\n", 100'000 + i, 45'000 + i % 977, i);
    }
    run(state, body, Precision::seconds);
}
BENCHMARK(water_meters);

void weather_stations(benchmark::State& state) {
    std::string body;
    for (int i = 0; i < points; ++i) {
        body += fmt::format(
            "weather,area=Konnerud,station=s{} temperature={:.2f},humidity={:.1f},wind={:.3f},ok=true "
            "1700000000{:09}\n",
            i % 50, (i % 400) / 10.0, 40 + (i % 600) / 10.0, (i % 12'000) / 1000.0, i);
    }
    run(state, body, Precision::nanoseconds);
}
BENCHMARK(weather_stations);

void escaped_text(benchmark::State& state) {
    std::string body;
    for (int i = 0; i < points; ++i) {
        body += fmt::format("log\\ book,place=Bragernes\\ strand note=\"sa \\\"hei\\\" {}\" {}\n", i, i);
    }
    run(state, body, Precision::nanoseconds);
}
BENCHMARK(escaped_text);

}  // namespace
}  // namespace bypuls::ingest::line_protocol
