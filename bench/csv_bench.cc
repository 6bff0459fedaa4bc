// Records a second out of a file of hourly temperatures, one core, from memory.
#include <cstdint>
#include <string>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "core/check.h"
#include "platform/ingest/csv/reader.h"

namespace bypuls::ingest::csv {
namespace {

struct Count final : Reader::Sink {
    std::size_t rows = 0;
    void row(const Row& row) override { rows += row.cells.size(); }
    void reject(const Reject&) override {}
};

void hourly_temperatures(benchmark::State& state) {
    constexpr int records = 10'000;
    std::string text = "tid;vann;luft\n";
    for (int i = 0; i < records; ++i) {
        text += fmt::format("2026-{:02}-{:02} {:02}:00:03;{},{};-\n", 1 + i / 672 % 12, 1 + i / 24 % 28, i % 24, i % 25,
                            i % 10);
    }
    const auto map = parse_map_words("time=tid,zone=Europe/Oslo,vann=vann,luft=luft");
    check(map.has_value(), "the map reads");
    for (auto _ : state) {
        auto reader = Reader::open(*map);
        Count count;
        check(reader && reader->feed(text, count) && reader->finish(count), "the file reads");
        check(count.rows == records, "every record is a row");
        benchmark::DoNotOptimize(count.rows);
    }
    state.SetItemsProcessed(state.iterations() * records);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(hourly_temperatures);

}  // namespace
}  // namespace bypuls::ingest::csv
