// A town's year of readings in the block store: what it weighs and how fast it answers. Prints rows of a Markdown
// table.
//
//   observations_bench [--scale 1] [--hours 8760] [--folder FOLDER] [--only meters|temperatures] [--lay
//   time|datastream]
//   observations_bench --into FILE --from 0 --to 10000 [--scale 1]
//
// The second form only lays the years of some meters into a file, which it leaves: for other programs to read.
//
// Scale 1 is 50 000 datastreams. History is laid hour by hour, as a town lives (time), or each datastream's whole span
// at once, as an import does (datastream), which is quicker. The questions are asked by a process of its own, so that
// start and memory are those of a program that has just begun. The folder is created below FOLDER (or TMPDIR) and
// removed at the end.

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
#include <sys/wait.h>
#include <unistd.h>

#include "core/check.h"
#include "core/random.h"
#include "platform/analysis/analysis.h"
#include "platform/observations/blocks/block_store.h"
#include "platform/registry/memory.h"

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
    bool by_datastream = false;
    std::string ask;   ///< the file to ask, in the second process
    std::string into;  ///< the file to lay some meters into
    std::size_t from = 0;
    std::size_t to = 0;
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
    /// The readings of datastreams [from, to); each datastream's hours are asked for in order.
    virtual void hour(int hour, std::size_t from, std::size_t to, std::span<Arrival> out) = 0;
};

/// Cumulative litres on the hour. 45 % of hours see no use; the rest follow a morning and an evening.
class Meters final : public Town {
public:
    explicit Meters(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            meters_.push_back({{0x9E3779B97F4A7C15ULL * (i + 1)}, static_cast<std::int64_t>(i % 997 * 1000), 0});
            meters_.back().people = 1 + static_cast<double>(i % 5);
        }
        for (int hour = 0; hour < 24; ++hour) {
            const double curve =
                0.25 + std::exp(-std::pow(hour - 7.5, 2) / 4) + 0.9 * std::exp(-std::pow(hour - 19, 2) / 10);
            hours_of_day_.push_back({curve, std::clamp(0.75 - 0.45 * curve, 0.05, 0.95)});
        }
    }
    void hour(int hour, std::size_t from, std::size_t to, std::span<Arrival> out) override {
        const auto& [curve, idle] = hours_of_day_[static_cast<std::size_t>(hour % 24)];
        for (std::size_t i = from; i < to; ++i) {
            Meter& meter = meters_[i];
            if (meter.chance.unit() > idle) {
                const double litres = -std::log(1 - meter.chance.unit()) * 9 * meter.people * curve;
                meter.index += 1 + static_cast<std::int64_t>(litres);
            } else {
                ++idle_hours;
            }
            ++all_hours;
            out[i - from] = {DatastreamId{static_cast<std::int64_t>(i) + 1},
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
    struct HourOfDay {
        double curve;  // of use
        double idle;   // chance of none
    };
    std::vector<Meter> meters_;
    std::vector<HourOfDay> hours_of_day_;
};

/// Degrees with two decimals, about every hour but never on it.
class Thermometers final : public Town {
public:
    explicit Thermometers(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            all_.push_back({{0x9E3779B97F4A7C15ULL * (i + 1)}, 0.0});
        }
    }
    void hour(int hour, std::size_t from, std::size_t to, std::span<Arrival> out) override {
        const double season = 6 - 14 * std::cos(2 * M_PI * hour / 8766) - 3 * std::cos(2 * M_PI * hour / 24);
        for (std::size_t i = from; i < to; ++i) {
            auto& [chance, away] = all_[i];
            away = away * 0.97 + (chance.unit() + chance.unit() + chance.unit() - 1.5) * 0.4;
            const double celsius = std::round((season + away) * 100) / 100;
            const auto minute = std::chrono::minutes{static_cast<int>(chance.next() % 60)};
            out[i - from] = {DatastreamId{static_cast<std::int64_t>(i) + 1},
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

constexpr std::size_t batch_rows = 10'000;  // as the pipeline appends

void append(Store& store, std::span<const Arrival> rows, std::uint64_t& position, Filling& filling) {
    static std::vector<Outcome> outcomes(batch_rows);
    const auto start = Clock::now();
    const double cpu = cpu_seconds();
    for (std::size_t at = 0; at < rows.size(); at += batch_rows) {
        const std::span part = rows.subspan(at, std::min(batch_rows, rows.size() - at));
        must(store.append(part, {++position}, std::span{outcomes}.first(part.size())));
    }
    filling.append_s += seconds_since(start);
    filling.append_cpu_s += cpu_seconds() - cpu;
    filling.rows += rows.size();
}

void settle(Store& store, std::uint64_t position, Filling& filling) {
    auto start = Clock::now();
    must(store.settle({position}));
    filling.settle_s += seconds_since(start);
    start = Clock::now();
    maintain(store);
    filling.maintain_s += seconds_since(start);
}

Filling lay_by_time(Store& store, Town& town, std::size_t count, int hours) {
    Filling out;
    std::uint64_t position = 0;
    std::vector<Arrival> rows(count);
    for (int hour = 0; hour < hours; ++hour) {
        town.hour(hour, 0, count, rows);
        append(store, rows, position, out);
        if (store.wants_settle() || hour + 1 == hours) {
            settle(store, position, out);
        }
    }
    return out;
}

Filling lay_by_datastream(Store& store, Town& town, std::size_t count, int hours) {
    Filling out;
    std::uint64_t position = 0;
    const auto span = static_cast<std::size_t>(hours);
    std::vector<Arrival> rows(span);
    for (std::size_t id = 0; id < count; ++id) {
        for (int hour = 0; hour < hours; ++hour) {
            town.hour(hour, id, id + 1, std::span{rows}.subspan(static_cast<std::size_t>(hour), 1));
        }
        append(store, rows, position, out);
        if (store.wants_settle() || id + 1 == count) {
            settle(store, position, out);
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

void print_row(const std::string& what, const std::string& goal, const std::string& measured) {
    fmt::print("| {} | {} | {} |\n", what, goal, measured);
    std::fflush(stdout);
}

void print_questions(const Store& store, std::size_t count, int hours, const std::string& when) {
    for (const auto& [name, span] : {std::pair{"day", 24}, std::pair{"month", 31 * 24}, std::pair{"year", 8760}}) {
        const Latency l = ask(store, count, hours, span, 20'000);
        print_row(fmt::format("one datastream's {}, {}", name, when), "p99 < 1 ms",
                  fmt::format("p50 {:.3f}, p99 {:.3f}, max {:.1f} ms", l.p50_ms, l.p99_ms, l.max_ms));
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
    print_row(fmt::format("January's totals of {} datastreams, equal to those of the raw values", totals.size()),
              "< 300 ms", fmt::format("{:.0f} ms (median of 5; {:.0f} ms of processor)", ms[2], cpu_ms));
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
    print_row(fmt::format("scan of all {} readings in the store, {} thread(s)", all, threads), "-",
              fmt::format("{:.0f} million/s ({:.0f} a second of processor)", static_cast<double>(all) / s / 1e6,
                          static_cast<double>(all) / busy / 1e6));
}

/// Keeps the answer's only row.
class OneRow final : public analysis::Sink {
public:
    Result<void> columns(std::span<const analysis::Column>) override { return {}; }
    Result<void> row(std::span<const analysis::Cell> cells) override {
        for (const auto& cell : cells) {
            text += fmt::format("{} ", cell.value_or("null"));
        }
        return {};
    }
    Result<void> finish() override { return {}; }
    std::string text;
};

void print_duckdb(const Store& store) {
    const SystemClock clock;
    const auto registry = registry::make_memory_registry(clock);
    const auto duckdb =
        must(analysis::Analysis::open(store, *registry, {.threads = 2, .time = std::chrono::minutes{2}}));
    const auto rows = static_cast<double>(store.statistics().readings);
    for (const auto& [sql, goal] :
         {std::pair{"SELECT count(*), sum(value) FROM observations", "≥ 100 million/s"},
          std::pair{"SELECT datastream % 10 AS kind, min(value), max(value), max(time) FROM observations GROUP BY kind "
                    "ORDER BY kind LIMIT 1",
                    "-"}}) {
        OneRow sink;
        const auto start = Clock::now();
        must(duckdb->query(sql, Selection::all(), sink));
        const double s = seconds_since(start);
        print_row(fmt::format("DuckDB, 2 threads, all readings: `{}`", sql), goal,
                  fmt::format("{:.0f} million/s ({:.1f} s)", rows / s / 1e6, s));
    }
}

/// Readings come one by one at a steady rate, each a message of its own after `position`, and settle every second.
void print_while_ingesting(Store& store, std::size_t count, int hours, double rate, std::uint64_t& position,
                           const std::string& name) {
    std::uint64_t taken = 0;
    {
        std::jthread writer{[&](const std::stop_token& stop) {
            SeededRandom random{7};
            auto next = Clock::now();
            auto settle = next + std::chrono::seconds{1};
            while (!stop.stop_requested()) {
                next += std::chrono::microseconds{static_cast<std::int64_t>(1e6 / rate)};
                std::this_thread::sleep_until(next);
                const DatastreamId id{1 + static_cast<std::int64_t>(random.below(count))};
                const auto latest = store.latest(id);
                const Arrival row{
                    id,
                    {std::max(latest->time, new_year + std::chrono::hours{hours}) + std::chrono::minutes{1},
                     latest->value,
                     {}}};
                Outcome outcome;
                must(store.append({&row, 1}, {++position}, {&outcome, 1}));
                ++taken;
                if (Clock::now() >= settle) {
                    must(store.settle({position}));
                    maintain(store);
                    settle = Clock::now() + std::chrono::seconds{1};
                }
            }
        }};
        print_questions(store, count, hours, name);
    }
    check(taken > 0, "readings came in");
}

std::unique_ptr<Town> make_town(const std::string& kind, std::size_t count) {
    if (kind == "meters") {
        return std::make_unique<Meters>(count);
    }
    return std::make_unique<Thermometers>(count);
}

void lay(const Settings& settings, const std::string& kind, std::size_t count, const std::string& file) {
    const auto town = make_town(kind, count);
    const auto store = must(open_block_store({.path = file}));
    const Filling filling = settings.by_datastream ? lay_by_datastream(*store, *town, count, settings.hours)
                                                   : lay_by_time(*store, *town, count, settings.hours);
    const auto all = static_cast<double>(filling.rows);
    const Statistics statistics = store->statistics();
    print_row("append, one batch of 10 000 after another", "≥ 3 million/s",
              fmt::format("{:.2f} million/s ({:.2f} a second of processor); settling took {:.0f} s, merging {:.0f} s",
                          all / filling.append_s / 1e6, all / filling.append_cpu_s / 1e6, filling.settle_s,
                          filling.maintain_s));
    if (const auto* meters = dynamic_cast<const Meters*>(town.get())) {
        print_row("hours without use", "-", fmt::format("{:.1f} %", 100 * meters->idle_hours / meters->all_hours));
    }
    print_row(fmt::format("bytes per reading, all files, {}", kind), kind == "meters" ? "≤ 0.8" : "≤ 2.5",
              fmt::format("{:.3f} ({} blocks, {} of them small, {:.0f} MiB)",
                          static_cast<double>(statistics.bytes_on_disk) / all, statistics.blocks,
                          statistics.blocks_to_merge, static_cast<double>(statistics.bytes_on_disk) / 1048576));
}

void question(const Settings& settings, std::size_t count) {
    const auto start = Clock::now();
    const auto store = must(open_block_store({.path = settings.ask}));
    check(store->latest({1}).has_value(), "the first answer");
    print_row("start to first answer", "< 1 s", fmt::format("{:.2f} s", seconds_since(start)));
    print_row("resident, idle", "< 256 MiB", fmt::format("{} MiB", resident_mib()));
    print_questions(*store, count, settings.hours, "at rest");
    std::uint64_t position = store->settled().value;
    print_while_ingesting(*store, count, settings.hours, 12.5, position, "12.5 readings/s coming in");
    print_while_ingesting(*store, count, settings.hours, 125, position, "125 readings/s coming in");
    print_row("resident after these questions", "< 256 MiB", fmt::format("{} MiB", resident_mib()));
    print_totals(*store);
    print_scan(*store, 1);
    print_scan(*store, 2);
    print_duckdb(*store);
}

void lay_some(const Settings& settings) {
    Meters meters(static_cast<std::size_t>(50'000 * settings.scale));
    const auto store = must(open_block_store({.path = settings.into}));
    Filling filling;
    std::uint64_t position = store->settled().value;
    std::vector<Arrival> rows(static_cast<std::size_t>(settings.hours));
    for (std::size_t id = settings.from; id < settings.to; ++id) {
        for (int hour = 0; hour < settings.hours; ++hour) {
            meters.hour(hour, id, id + 1, std::span{rows}.subspan(static_cast<std::size_t>(hour), 1));
        }
        append(*store, rows, position, filling);
        if (store->wants_settle() || id + 1 == settings.to) {
            settle(*store, position, filling);
        }
    }
    fmt::print("{} readings in {}\n", store->statistics().readings, settings.into);
}

/// The same program again, to ask.
void ask_in_new_process(char** arguments, const std::string& file) {
    const pid_t process = fork();
    check(process >= 0, "a process for the questions");
    if (process == 0) {
        std::vector<char*> words;
        for (char** word = arguments; *word != nullptr; ++word) {
            words.push_back(*word);
        }
        words.push_back(const_cast<char*>("--ask"));
        words.push_back(const_cast<char*>(file.c_str()));
        words.push_back(nullptr);
        execv("/proc/self/exe", words.data());
        _exit(127);
    }
    int status = 0;
    check(waitpid(process, &status, 0) == process && status == 0, "the questions were answered");
}

void run(const Settings& settings, const std::string& kind, char** arguments) {
    const auto count = static_cast<std::size_t>(50'000 * settings.scale);
    if (!settings.ask.empty()) {
        if (settings.ask.ends_with(kind)) {
            question(settings, count);
        }
        return;
    }
    std::string folder = settings.folder + "/observations-bench-XXXXXX";
    check(mkdtemp(folder.data()) != nullptr, "a folder for the measurement");
    const std::string file = fmt::format("{}/{}", folder, kind);
    fmt::print("\n{}: {} datastreams × {} hours, laid {}\n\n| what | goal | measured |\n| --- | --- | --- |\n", kind,
               count, settings.hours, settings.by_datastream ? "by datastream" : "by time");
    lay(settings, kind, count, file);
    ask_in_new_process(arguments, file);
    if (std::getenv("BYPULS_BENCH_KEEP") == nullptr) {
        std::filesystem::remove_all(folder);
    }
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
        } else if (name == "--lay") {
            settings.by_datastream = std::string(argv[i + 1]) == "datastream";
        } else if (name == "--into") {
            settings.into = argv[i + 1];
        } else if (name == "--from") {
            settings.from = std::stoul(argv[i + 1]);
        } else if (name == "--to") {
            settings.to = std::stoul(argv[i + 1]);
        } else if (name == "--ask") {
            settings.ask = argv[i + 1];
        } else {
            fmt::print(stderr, "unknown option {}\n", name);
            return 2;
        }
    }
    if (!settings.into.empty()) {
        bypuls::observations::lay_some(settings);
        return 0;
    }
    for (const char* kind : {"meters", "temperatures"}) {
        if (settings.only.empty() || settings.only == kind) {
            bypuls::observations::run(settings, kind, argv);
        }
    }
}
