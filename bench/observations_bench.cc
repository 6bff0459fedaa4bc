// A town's year of readings in the block store: what it weighs and how fast it answers.
//
//   observations_bench [--scale 1] [--hours 8760] [--folder FOLDER] [--only meters|temperatures]
//
// Scale 1 is 50 000 datastreams. The folder is created below FOLDER (or TMPDIR) and removed at the end.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "core/check.h"
#include "core/random.h"
#include "platform/observations/blocks/block_store.h"

namespace bypuls::observations {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Of this thread: what the work costs on a machine that does other things too.
double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

template <typename T>
T must(Result<T> result) {
    check(result.has_value(), result ? "" : result.error().what);
    if constexpr (!std::is_void_v<T>) {
        return std::move(*result);
    }
}

struct Settings {
    double scale = 1;
    int hours = 8760;
    std::string folder = std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "/tmp";
    std::string only;
};

const Instant new_year{std::chrono::sys_days{std::chrono::year{2025} / 12 / 31} + std::chrono::hours{23}};  // in Oslo

/// Quick, and good enough for made-up households.
struct Xorshift {
    std::uint64_t state;
    std::uint64_t next() {
        state ^= state << 13U;
        state ^= state >> 7U;
        state ^= state << 17U;
        return state;
    }
    double unit() { return static_cast<double>(next() >> 11U) * 0x1p-53; }
};

/// Where the readings of one hour come from.
class Town {
public:
    virtual ~Town() = default;
    virtual void hour(int hour, std::vector<Arrival>& out) = 0;
};

/// Cumulative litres on the hour. 45 % of hours see no use; the rest follow a morning and an evening.
class Meters final : public Town {
public:
    explicit Meters(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            meters_.push_back({{0x9E3779B97F4A7C15ULL * (i + 1)}, static_cast<std::int64_t>(i % 997 * 1000), 0});
            meters_.back().people = 1 + static_cast<double>(i % 5);
        }
    }
    void hour(int hour, std::vector<Arrival>& out) override {
        const int of_day = hour % 24;
        const double curve =
            0.25 + std::exp(-std::pow(of_day - 7.5, 2) / 4) + 0.9 * std::exp(-std::pow(of_day - 19, 2) / 10);
        const double idle = std::clamp(0.75 - 0.45 * curve, 0.05, 0.95);
        for (std::size_t i = 0; i < meters_.size(); ++i) {
            Meter& meter = meters_[i];
            if (meter.chance.unit() > idle) {
                const double litres = -std::log(1 - meter.chance.unit()) * 9 * meter.people * curve;
                meter.index += 1 + static_cast<std::int64_t>(litres);
            } else {
                ++idle_hours;
            }
            ++all_hours;
            out[i] = {DatastreamId{static_cast<std::int64_t>(i) + 1},
                      {new_year + std::chrono::hours{hour}, meter.index, {}}};
        }
    }
    double idle_hours = 0;
    double all_hours = 0;

private:
    struct Meter {
        Xorshift chance;
        std::int64_t index;
        double people;
    };
    std::vector<Meter> meters_;
};

/// Degrees with two decimals, about every hour but never on it.
class Thermometers final : public Town {
public:
    explicit Thermometers(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            all_.push_back({{0x9E3779B97F4A7C15ULL * (i + 1)}, 0.0});
        }
    }
    void hour(int hour, std::vector<Arrival>& out) override {
        const double season = 6 - 14 * std::cos(2 * M_PI * hour / 8766) - 3 * std::cos(2 * M_PI * hour / 24);
        for (std::size_t i = 0; i < all_.size(); ++i) {
            auto& [chance, away] = all_[i];
            away = away * 0.97 + (chance.unit() + chance.unit() + chance.unit() - 1.5) * 0.4;
            const double celsius = std::round((season + away) * 100) / 100;
            const auto minute = std::chrono::minutes{static_cast<int>(chance.next() % 60)};
            out[i] = {DatastreamId{static_cast<std::int64_t>(i) + 1},
                      {new_year + std::chrono::hours{hour} + minute, celsius, {}}};
        }
    }

private:
    struct Thermometer {
        Xorshift chance;
        double away;
    };
    std::vector<Thermometer> all_;
};

void maintain(Store& store) {
    while (must(store.maintain())) {
    }
}

struct Filling {
    double append_s = 0;
    double append_cpu_s = 0;
    double settle_s = 0;
    double maintain_s = 0;
    std::uint64_t rows = 0;
};

/// Appends hours [from, to) in batches of 10 000, as the pipeline does.
Filling fill(Store& store, Town& town, std::size_t count, int from, int to, std::uint64_t& position) {
    constexpr std::size_t batch = 10'000;
    Filling out;
    std::vector<Arrival> rows(count);
    std::vector<Outcome> outcomes(batch);
    for (int hour = from; hour < to; ++hour) {
        town.hour(hour, rows);
        auto start = Clock::now();
        const double cpu = cpu_seconds();
        for (std::size_t at = 0; at < rows.size(); at += batch) {
            const std::span part = std::span{rows}.subspan(at, std::min(batch, rows.size() - at));
            must(store.append(part, {++position}, std::span{outcomes}.first(part.size())));
        }
        out.append_s += seconds_since(start);
        out.append_cpu_s += cpu_seconds() - cpu;
        out.rows += rows.size();
        if (store.wants_settle() || hour + 1 == to) {
            start = Clock::now();
            must(store.settle({position}));
            out.settle_s += seconds_since(start);
            start = Clock::now();
            maintain(store);
            out.maintain_s += seconds_since(start);
        }
    }
    return out;
}

struct Latency {
    double p50_ms = 0;
    double p99_ms = 0;
    double max_ms = 0;
};

Latency latency(std::vector<double>& ms) {
    std::ranges::sort(ms);
    return {ms[ms.size() / 2], ms[ms.size() * 99 / 100], ms.back()};
}

Latency ask(const Store& store, std::size_t count, int hours, int span_hours, int times) {
    SeededRandom random{42};
    std::vector<double> ms;
    std::size_t rows = 0;
    for (int i = 0; i < times; ++i) {
        const DatastreamId id{1 + static_cast<std::int64_t>(random.below(count))};
        const auto from = new_year + std::chrono::hours{static_cast<int>(random.below(
                                         static_cast<std::uint64_t>(std::max(1, hours - span_hours + 1))))};
        const auto start = Clock::now();
        const Series series = must(store.range(id, {from, from + std::chrono::hours{span_hours}}));
        ms.push_back(seconds_since(start) * 1000);
        rows += series.columns.size();
    }
    check(rows > 0, "questions have answers");
    return latency(ms);
}

void print_questions(const Store& store, std::size_t count, int hours, const char* when) {
    for (const auto& [name, span] : {std::pair{"day", 24}, std::pair{"month", 31 * 24}, std::pair{"year", 8760}}) {
        const Latency l = ask(store, count, hours, span, 20'000);
        fmt::print("  one datastream, {:<5} {:<17} p50 {:.3f} ms  p99 {:.3f} ms  max {:.2f} ms\n", name, when, l.p50_ms,
                   l.p99_ms, l.max_ms);
    }
}

std::size_t resident_mib() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) {
            return std::stoul(line.substr(6)) / 1024;
        }
    }
    return 0;
}

void compare_totals(const Store& store, const std::vector<Total>& totals, Interval month) {
    auto scan = must(store.scan(Selection::all(), month));
    std::size_t at = 0;
    Aggregate sum;
    DatastreamId id;
    const auto flush = [&] {
        if (id) {
            const Aggregate& total = totals[at++].values;
            // Doubles may be added in another order; integers may not differ at all.
            const bool equal = total.count == sum.count && total.first == sum.first && total.last == sum.last &&
                               total.min == sum.min && total.max == sum.max &&
                               std::abs(total.sum - sum.sum) <= 1e-12 * std::abs(sum.sum);
            check(equal, "totals are those of the raw values");
        }
        sum = {};
    };
    for (auto run = must(scan->next()); run; run = must(scan->next())) {
        if (run->datastream != id) {
            flush();
            id = run->datastream;
        }
        sum.add(aggregate_of(*run));
    }
    flush();
    check(at == totals.size(), "every datastream has its total");
}

void print_totals(const Store& store) {
    const Interval month = bucket_of(new_year + std::chrono::hours{24 * 10}, Step::month);
    std::vector<double> ms;
    std::vector<Total> totals;
    const double cpu = cpu_seconds();
    for (int i = 0; i < 5; ++i) {
        const auto start = Clock::now();
        totals = must(store.totals(Selection::all(), month));
        ms.push_back(seconds_since(start) * 1000);
    }
    const double cpu_ms = (cpu_seconds() - cpu) * 200;
    std::ranges::sort(ms);
    compare_totals(store, totals, month);
    fmt::print("  January's totals of {} datastreams: {:.0f} ms (median of 5, equal to raw; {:.0f} ms of processor)\n",
               totals.size(), ms[2], cpu_ms);
}

void print_scan(const Store& store, unsigned threads) {
    const auto ids = store.datastreams();
    std::vector<std::uint64_t> rows(threads);
    std::vector<double> cpu(threads);
    const auto start = Clock::now();
    {
        std::vector<std::jthread> workers;
        for (unsigned part = 0; part < threads; ++part) {
            workers.emplace_back([&, part] {
                const auto from = ids.begin() + static_cast<std::ptrdiff_t>(ids.size() * part / threads);
                const auto to = ids.begin() + static_cast<std::ptrdiff_t>(ids.size() * (part + 1) / threads);
                auto scan = must(store.scan(Selection::of({from, to}), {earliest_time, latest_time}));
                for (auto run = must(scan->next()); run; run = must(scan->next())) {
                    rows[part] += run->size();
                }
                cpu[part] = cpu_seconds();
            });
        }
    }
    const double s = seconds_since(start);
    std::uint64_t all = 0;
    double busy = 0;
    for (unsigned part = 0; part < threads; ++part) {
        all += rows[part];
        busy += cpu[part];
    }
    fmt::print("  scan of all {} readings, {} thread(s): {:.0f} million a second ({:.0f} a second of processor)\n", all,
               threads, static_cast<double>(all) / s / 1e6, static_cast<double>(all) / busy / 1e6);
}

/// A writer at many times the design load while a reader asks.
void print_while_ingesting(Store& store, Town& town, std::size_t count, int hours, std::uint64_t& position) {
    std::jthread writer{[&](const std::stop_token& stop) {
        for (int hour = hours; !stop.stop_requested(); ++hour) {
            fill(store, town, count, hour, hour + 1, position);
            std::this_thread::sleep_for(std::chrono::milliseconds{500});  // 50 000 readings at most each half second
        }
    }};
    print_questions(store, count, hours, "while ingesting");
}

void run(const Settings& settings, const std::string& kind) {
    const auto count = static_cast<std::size_t>(50'000 * settings.scale);
    std::string folder = settings.folder + "/observations-bench-XXXXXX";
    check(mkdtemp(folder.data()) != nullptr, "a folder for the measurement");
    BlockOptions options;
    options.path = folder + "/observations.sqlite";
    std::unique_ptr<Town> town;
    if (kind == "meters") {
        town = std::make_unique<Meters>(count);
    } else {
        town = std::make_unique<Thermometers>(count);
    }
    auto store = must(open_block_store(options));
    std::uint64_t position = 0;
    const Filling filling = fill(*store, *town, count, 0, settings.hours, position);
    const auto all = static_cast<double>(filling.rows);
    const Statistics statistics = store->statistics();
    fmt::print("{}: {} datastreams, {} readings\n", kind, count, filling.rows);
    if (const auto* meters = dynamic_cast<const Meters*>(town.get())) {
        fmt::print("  hours without use: {:.1f} %\n", 100 * meters->idle_hours / meters->all_hours);
    }
    fmt::print("  append {:.2f} million rows/s ({:.2f} a second of processor); settle {:.0f} s, merge {:.0f} s\n",
               all / filling.append_s / 1e6, all / filling.append_cpu_s / 1e6, filling.settle_s, filling.maintain_s);
    fmt::print("  {:.3f} bytes per reading in all files ({} blocks, {} small, {:.0f} MiB)\n",
               static_cast<double>(statistics.bytes_on_disk) / all, statistics.blocks, statistics.blocks_to_merge,
               static_cast<double>(statistics.bytes_on_disk) / 1048576);
    std::fflush(stdout);
    store.reset();
    const auto start = Clock::now();
    store = must(open_block_store(options));
    check(store->latest({1}).has_value(), "the first answer");
    fmt::print("  start to first answer {:.2f} s; resident {} MiB\n", seconds_since(start), resident_mib());
    print_questions(*store, count, settings.hours, "at rest");
    print_totals(*store);
    print_scan(*store, 1);
    print_scan(*store, 2);
    print_while_ingesting(*store, *town, count, settings.hours, position);
    fmt::print("  resident after all this {} MiB\n", resident_mib());
    store.reset();
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace bypuls::observations

int main(int argc, char** argv) {
    bypuls::observations::Settings settings;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        if (name == "--scale") {
            settings.scale = std::stod(argv[i + 1]);
        } else if (name == "--hours") {
            settings.hours = std::stoi(argv[i + 1]);
        } else if (name == "--folder") {
            settings.folder = argv[i + 1];
        } else if (name == "--only") {
            settings.only = argv[i + 1];
        } else {
            fmt::print(stderr, "unknown option {}\n", name);
            return 2;
        }
    }
    for (const char* kind : {"meters", "temperatures"}) {
        if (settings.only.empty() || settings.only == kind) {
            bypuls::observations::run(settings, kind);
        }
    }
}
