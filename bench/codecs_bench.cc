// How fast payloads are decoded, the sandboxed process and both ways through its socket included. Host and worker are
// held to one core, so the rates are decodes per second of one core.
#include <cstdlib>

#include <benchmark/benchmark.h>
#include <sched.h>
#include <time.h>

#include "core/check.h"
#include "core/files.h"
#include "platform/ingest/codecs/codec_host.h"

namespace {

using namespace bypuls;
using namespace bypuls::ingest::codecs;

std::unique_ptr<CodecHost> start() {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    check(sched_setaffinity(0, sizeof one, &one) == 0, "a core to be held to");  // the worker inherits it
    CodecHost::Options options;
    options.program = CODEC_WORKER;
    options.arguments = {};
    auto host = CodecHost::start(options);
    check(host.has_value(), "the worker starts");
    return std::move(*host);
}

Codec codec(const char* file) {
    auto source = read_text_file(std::string(CODEC_FOLDER) + file);
    check(source.has_value(), "the codec is there");
    return {.id = file, .version = codec_version(*source), .source = *source};
}

Uplink uplink(const char* hex, std::uint8_t port) {
    return {.f_port = port, .bytes = *from_hex(hex), .received = {}, .variables = {}};
}

/// CPU seconds that host and worker have used: unlike wall time, the same on a machine that others keep busy.
double cpu_seconds(const CodecHost& host) {
    const auto seconds = [](clockid_t clock) {
        timespec t{};
        check(clock_gettime(clock, &t) == 0, "a CPU clock");
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
    };
    clockid_t worker{};
    check(clock_getcpuclockid(host.worker_ids().at(0), &worker) == 0, "the worker's CPU clock");
    return seconds(CLOCK_PROCESS_CPUTIME_ID) + seconds(worker);
}

void report(benchmark::State& state, double used, std::int64_t decodes) {
    state.SetItemsProcessed(decodes);
    state.counters["per_cpu_second"] = static_cast<double>(decodes) / used;
}

void decode(benchmark::State& state, const char* file, const char* hex, std::uint8_t port) {
    const auto host = start();
    const auto script = codec(file);
    const auto frame = uplink(hex, port);
    check(host->decode(script, frame).has_value(), "warm");
    const double before = cpu_seconds(*host);
    for (auto _ : state) {
        const auto decoded = host->decode(script, frame);
        check(decoded && decoded->ok(), "it decodes");
    }
    report(state, cpu_seconds(*host) - before, state.iterations());
}

void decode_batch(benchmark::State& state, const char* file, const char* hex, std::uint8_t port) {
    const auto host = start();
    const auto script = codec(file);
    const std::vector<Uplink> frames(256, uplink(hex, port));
    check(host->decode(script, frames[0]).has_value(), "warm");
    const double before = cpu_seconds(*host);
    for (auto _ : state) {
        const auto decoded = host->decode_batch(script, frames);
        check(decoded && decoded->size() == frames.size() && decoded->back().ok(), "they decode");
    }
    report(state, cpu_seconds(*host) - before, state.iterations() * 256);
}

void load(benchmark::State& state) {
    const auto host = start();
    const auto script = codec("elsys.js");
    const auto frame = uplink("0100e20229", 5);
    std::vector<Codec> versions;
    for (int i = 0; i < 64; ++i) {  // more than a worker keeps, so each is loaded anew
        versions.push_back({.id = std::to_string(i), .version = script.version, .source = script.source});
    }
    std::size_t next = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(host->decode(versions[next++ % versions.size()], frame));
    }
    state.SetItemsProcessed(state.iterations());
}

void start_worker(benchmark::State& state) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(start());
    }
}

constexpr const char* ers = "0100e202290400270506060308070d62";
BENCHMARK_CAPTURE(decode, elsys_ers, "elsys.js", ers, 5)->UseRealTime();
BENCHMARK_CAPTURE(decode, decentlab_ctd10, "decentlab-dl-ctd10.js", "0207d9000390888081006400000c60", 1)->UseRealTime();
BENCHMARK_CAPTURE(decode, radio_bridge, "radio-bridge.js", "1d01080031000000000062", 1)->UseRealTime();
BENCHMARK_CAPTURE(decode_batch, elsys_ers, "elsys.js", ers, 5)->UseRealTime();
BENCHMARK_CAPTURE(decode_batch, decentlab_ctd10, "decentlab-dl-ctd10.js", "0207d9000390888081006400000c60", 1)
    ->UseRealTime();
BENCHMARK_CAPTURE(decode_batch, radio_bridge, "radio-bridge.js", "1d01080031000000000062", 1)->UseRealTime();
BENCHMARK(load)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(start_worker)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
