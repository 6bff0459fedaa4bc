// Commits a second of 24 KB records, against what the same disk gives a bare write and fdatasync of 24 KB.
//
// One writer and the bare disk take turns, commit by commit, so that both see the same disk in the same moment.
// BYPULS_BENCH_DIR names the folder to write in; without it the system's folder for temporary files is used, which may
// be memory and then says nothing.
#include "platform/journal/journal.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include "core/check.h"

namespace bypuls::journal {
namespace {

constexpr std::size_t record_bytes = 24U << 10U;

std::string folder_for(const std::string& name) {
    const char* chosen = std::getenv("BYPULS_BENCH_DIR");
    const auto base = chosen != nullptr ? std::filesystem::path(chosen) : std::filesystem::temp_directory_path();
    return (base / ("bypuls_journal_bench." + std::to_string(::getpid())) / name).string();
}

/// A folder that is gone afterwards.
struct Folder {
    explicit Folder(const std::string& name) : path(folder_for(name)) { std::filesystem::create_directories(path); }
    ~Folder() { std::filesystem::remove_all(std::filesystem::path(path).parent_path()); }
    std::string path;
};

struct Opened {
    SystemClock clock;
    RecoveryReport report;
    std::unique_ptr<Journal> journal;

    explicit Opened(const std::string& folder) {
        auto opened = open(posix_files(), folder, {}, clock, report);
        check(opened.has_value(), "the journal opens");
        journal = std::move(*opened);
    }
};

/// Chosen so that nothing below can compress it away.
Bytes payload() {
    SeededRandom random(24);
    Bytes bytes(record_bytes);
    random.fill(bytes);
    return bytes;
}

/// A file that is written and synced 24 KB at a time, growing or over what was written before.
class BareDisk {
public:
    BareDisk(const std::string& path, bool written_before)
        : file_(posix_files().open(path, OpenMode::create).value()), bytes_(payload()) {
        if (written_before) {
            const Bytes zeros(span);
            check(file_->write_at(0, zeros) && file_->sync(), "the disk takes it");
        }
    }
    void commit() {
        check(file_->write_at(offset_, bytes_) && file_->sync(), "the disk takes it");
        offset_ = offset_ + 2 * record_bytes > span ? 0 : offset_ + record_bytes;
    }

private:
    static constexpr std::uint64_t span = 64U << 20U;
    std::unique_ptr<File> file_;
    Bytes bytes_;
    std::uint64_t offset_ = 0;
};

class Stopwatch {
public:
    template <typename Work>
    void time(Work work) {
        const auto begun = std::chrono::steady_clock::now();
        work();
        times_.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
    }
    double per_second() const {
        double sum = 0;
        for (const double t : times_) {
            sum += t;
        }
        return static_cast<double>(times_.size()) / sum;
    }
    double median_per_second() {
        std::ranges::nth_element(times_, times_.begin() + static_cast<std::ptrdiff_t>(times_.size() / 2));
        return 1 / times_[times_.size() / 2];
    }

private:
    std::vector<double> times_;
};

void one_writer_against_the_disk(benchmark::State& state) {
    const Folder folder("one");
    const Opened opened(folder.path + "/journal");
    BareDisk growing(folder.path + "/growing", false);
    BareDisk written(folder.path + "/written", true);
    const Bytes bytes = payload();
    Stopwatch journal_time;
    Stopwatch growing_time;
    Stopwatch written_time;
    for (auto _ : state) {
        growing_time.time([&] { growing.commit(); });
        written_time.time([&] { written.commit(); });
        journal_time.time([&] {
            const auto kept = opened.journal->append_and_wait(
                {.type = 1, .source = "bench", .received = opened.clock.now(), .payload = bytes});
            check(kept.has_value(), "the journal takes it");
        });
    }
    // Medians: on a shared machine a few syncs of a second each say more about the neighbours than about the journal.
    const double journal = journal_time.median_per_second();
    state.counters["journal/s"] = journal;
    state.counters["disk_growing/s"] = growing_time.median_per_second();
    state.counters["disk_written/s"] = written_time.median_per_second();
    state.counters["of_growing_%"] = 100 * journal / growing_time.median_per_second();
    state.counters["of_written_%"] = 100 * journal / written_time.median_per_second();
    state.counters["mean_of_growing_%"] = 100 * journal_time.per_second() / growing_time.per_second();
    state.counters["mean_of_written_%"] = 100 * journal_time.per_second() / written_time.per_second();
}
BENCHMARK(one_writer_against_the_disk)->UseRealTime()->MinTime(5);

void many_writers(benchmark::State& state) {
    const Folder folder("many");
    const Opened opened(folder.path + "/journal");
    const Bytes bytes = payload();
    constexpr int each = 20;
    for (auto _ : state) {
        std::vector<std::jthread> writers;
        for (std::int64_t w = 0; w < state.range(0); ++w) {
            writers.emplace_back([&] {
                for (int i = 0; i < each; ++i) {
                    const auto kept = opened.journal->append_and_wait(
                        {.type = 1, .source = "bench", .received = {}, .payload = bytes});
                    check(kept.has_value(), "the journal takes it");
                }
            });
        }
        writers.clear();
        state.PauseTiming();
        check(opened.journal->release_before(opened.journal->last()).has_value(), "segments can be removed");
        state.ResumeTiming();
    }
    const auto health = opened.journal->health();
    state.SetItemsProcessed(static_cast<std::int64_t>(health.records_appended));
    state.SetBytesProcessed(static_cast<std::int64_t>(health.bytes_appended));
    state.counters["records_per_sync"] =
        static_cast<double>(health.records_appended) / static_cast<double>(health.commits);
}
BENCHMARK(many_writers)->Arg(1)->Arg(8)->Arg(64)->UseRealTime()->MinTime(3);

void reading(benchmark::State& state) {
    const Folder folder("reading");
    const Opened opened(folder.path + "/journal");
    const Bytes bytes(static_cast<std::size_t>(state.range(0)));
    const std::vector<Entry> batch(1000, {.type = 1, .source = "bench", .received = {}, .payload = bytes});
    constexpr int batches = 10;
    for (int i = 0; i < batches; ++i) {
        check(opened.journal->append_and_wait(batch).has_value(), "the journal takes it");
    }
    for (auto _ : state) {
        auto reader = opened.journal->read_from({1}).value();
        int count = 0;
        while (reader.next().value()) {
            ++count;
        }
        check(count == 1000 * batches, "every record is read");
    }
    state.SetItemsProcessed(state.iterations() * 1000 * batches);
    state.SetBytesProcessed(state.iterations() * 1000 * batches * state.range(0));
}
BENCHMARK(reading)->Arg(400)->Arg(24 << 10)->UseRealTime();

}  // namespace
}  // namespace bypuls::journal
