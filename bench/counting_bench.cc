// Counting at the size of large cities. Real elections are read from the shared data folder (BYPULS_SHARED_DIR); what
// is missing is skipped. The straightforward exact count stands beside the fast one where it ends in reasonable time.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <thread>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "city/participation/counting/count.h"
#include "city/participation/explanation/distance.h"
#include "city/participation/explanation/metrics.h"
#include "city/participation/pabulib/pabulib.h"
#include "city/participation/pabulib/shared_elections.h"
#include "core/random.h"

namespace {

using namespace bypuls::participation;
using counting::Election;
using counting::ProjectIndex;
using counting::Rule;

Rule named(const std::string& name) {
    Rule rule = counting::rule_named(name).value();
    rule.electorate = counting::Electorate::everyone;
    rule.ties = {counting::TieBreak::lower_cost, counting::TieBreak::more_votes, counting::TieBreak::alphabetical};
    return rule;
}

std::optional<std::string> large_file() {
    if (!pabulib::shared_elections()) {
        return std::nullopt;
    }
    return pabulib::decompress(pabulib::slurp(*pabulib::shared_elections() / "large" / "Poland_Warszawa_2026.pb.zst"));
}

/// Projects of very different appeal and cost; each ballot names `length` of them.
Election generated(ProjectIndex projects, std::int64_t ballots, std::size_t length, std::uint64_t seed) {
    bypuls::SeededRandom random(seed);
    Election election;
    std::int64_t total = 0;
    for (ProjectIndex p = 0; p < projects; ++p) {
        const auto cost = static_cast<counting::Money>((20'000 + random.below(980'000)) * counting::one_krone);
        election.projects.push_back({.id = fmt::format("p{:03}", p), .name = "", .cost = cost});
        total += cost;
    }
    election.budget = total / 4;
    for (std::int64_t b = 0; b < ballots; ++b) {
        std::vector<counting::Choice> choices;
        while (choices.size() < length) {
            // The square makes the first projects of the list the popular ones.
            const double u = random.unit();
            const auto project = static_cast<ProjectIndex>(u * u * projects);
            if (std::ranges::find(choices, project, &counting::Choice::project) == choices.end()) {
                choices.push_back({project, 1});
            }
        }
        election.ballots.add(choices);
    }
    election.ballots.group();
    return election;
}

const Election& warszawa() {
    static const Election election = pabulib::read_election(pabulib::parse(*large_file()).value()).value().election;
    return election;
}

const Election& city() {
    static const Election election = generated(160, 100'000, 5, 1);
    return election;
}

/// Winners, order and ties certain; no written-out fractions, no recounts of ties.
constexpr auto certified = [] {
    return counting::CountOptions{
        .explore_ties = false, .exact_rounds = false, .self_check = false, .progress = nullptr};
};

void parse_the_largest(benchmark::State& state) {
    const auto text = large_file();
    if (!text) {
        state.SkipWithError("the shared elections are not on this machine");
        return;
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(pabulib::read_election(pabulib::parse(*text).value()).value());
    }
}
BENCHMARK(parse_the_largest)->Unit(benchmark::kMillisecond);

void count_warszawa(benchmark::State& state, const std::string& rule) {
    if (!pabulib::shared_elections()) {
        state.SkipWithError("the shared elections are not on this machine");
        return;
    }
    warszawa();
    for (auto _ : state) {
        benchmark::DoNotOptimize(count(warszawa(), named(rule), certified()).value());
    }
}
BENCHMARK_CAPTURE(count_warszawa, mes_cost, "mes-cost")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(count_warszawa, mes_cost_add1, "mes-cost-add1")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(count_warszawa, greedy, "greedy")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(count_warszawa, phragmen, "phragmen")->Unit(benchmark::kMillisecond);

void count_warszawa_with_every_fraction_and_self_check(benchmark::State& state) {
    if (!pabulib::shared_elections()) {
        state.SkipWithError("the shared elections are not on this machine");
        return;
    }
    warszawa();
    for (auto _ : state) {
        benchmark::DoNotOptimize(count(warszawa(), named("mes-cost-add1")).value());
    }
}
BENCHMARK(count_warszawa_with_every_fraction_and_self_check)->Unit(benchmark::kMillisecond);

void count_a_generated_city_with_every_fraction_and_self_check(benchmark::State& state) {
    city();
    for (auto _ : state) {
        benchmark::DoNotOptimize(count(city(), named("mes-cost-add1")).value());
    }
}
BENCHMARK(count_a_generated_city_with_every_fraction_and_self_check)->Unit(benchmark::kMillisecond);

void count_a_generated_city(benchmark::State& state, const std::string& rule) {
    city();
    for (auto _ : state) {
        benchmark::DoNotOptimize(count(city(), named(rule), certified()).value());
    }
}
BENCHMARK_CAPTURE(count_a_generated_city, mes_cost, "mes-cost")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(count_a_generated_city, mes_cost_add1, "mes-cost-add1")->Unit(benchmark::kMillisecond);

/// The straightforward exact count on few ballots, with the fast one on the same beside it.
void straightforward(benchmark::State& state, bool plainly) {
    static const Election small = generated(40, 2'000, 5, 2);
    for (auto _ : state) {
        if (plainly) {
            benchmark::DoNotOptimize(count_plainly(small, named("mes-cost")).value());
        } else {
            benchmark::DoNotOptimize(count(small, named("mes-cost"), certified()).value());
        }
    }
}
BENCHMARK_CAPTURE(straightforward, plain_exact, true)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK_CAPTURE(straightforward, certified, false)->Unit(benchmark::kMillisecond);

/// The same on the elections of the figures above.
void straightforward_of(benchmark::State& state, const Election& election, const std::string& rule) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(count_plainly(election, named(rule)).value());
    }
}
void straightforward_warszawa(benchmark::State& state) {
    if (!large_file()) {
        state.SkipWithError("the shared elections are not on this machine");
        return;
    }
    straightforward_of(state, warszawa(), "mes-cost");
}
BENCHMARK(straightforward_warszawa)->Unit(benchmark::kMillisecond)->Iterations(1);
void straightforward_city(benchmark::State& state) {
    straightforward_of(state, city(), "mes-cost");
}
BENCHMARK(straightforward_city)->Unit(benchmark::kMillisecond)->Iterations(1);

/// The same with raised shares, smaller again, since the straightforward count runs every share anew.
void straightforward_add1(benchmark::State& state, bool plainly) {
    static const Election small = generated(12, 150, 4, 2);
    for (auto _ : state) {
        if (plainly) {
            benchmark::DoNotOptimize(count_plainly(small, named("mes-cost-add1")).value());
        } else {
            benchmark::DoNotOptimize(count(small, named("mes-cost-add1"), certified()).value());
        }
    }
}
BENCHMARK_CAPTURE(straightforward_add1, plain_exact, true)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK_CAPTURE(straightforward_add1, certified, false)->Unit(benchmark::kMillisecond);

/// All rules over all shared files, on as many threads as the machine has; reading is included. A rule that gives an
/// election up as too much work counts with the time it took to say so. add-opt is measured apart: in steps of one øre
/// some elections take seconds.
void every_shared_file(benchmark::State& state, const std::string& family, bool finest = false) {
    if (!pabulib::shared_elections()) {
        state.SkipWithError("the shared elections are not on this machine");
        return;
    }
    std::vector<Rule> rules;
    for (const std::string& name : counting::builtin_rules()) {
        if (name.starts_with(family) && (finest || !name.contains("add-opt"))) {
            rules.push_back(named(name));
        }
    }
    std::int64_t given_up = 0;
    for (auto _ : state) {
        for (const auto& file : pabulib::all_shared_files()) {
            const Election election = pabulib::read_election(pabulib::parse(file.text).value()).value().election;
            for (const auto& result :
                 count_by_each(election, rules, certified(), std::max(1U, std::thread::hardware_concurrency()))) {
                given_up += result ? 0 : 1;
            }
        }
    }
    state.counters["given_up"] = static_cast<double>(given_up);
    state.counters["rules"] = static_cast<double>(rules.size());
}
BENCHMARK_CAPTURE(every_shared_file, all_rules, "")
    ->Unit(benchmark::kSecond)
    ->Iterations(1)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(every_shared_file, all_rules_and_add_opt, "", true)
    ->Unit(benchmark::kSecond)
    ->Iterations(1)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(every_shared_file, greedy, "greedy")
    ->Unit(benchmark::kSecond)
    ->Iterations(1)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(every_shared_file, equal_shares_by_cost, "mes-cost")
    ->Unit(benchmark::kSecond)
    ->Iterations(1)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(every_shared_file, equal_shares_by_number, "mes-cardinality")
    ->Unit(benchmark::kSecond)
    ->Iterations(1)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(every_shared_file, maximin_support, "maximin")
    ->Unit(benchmark::kSecond)
    ->Iterations(1)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(every_shared_file, cumulative_transfer, "cstv")
    ->Unit(benchmark::kSecond)
    ->Iterations(1)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

void explain_a_drammen_sized_vote(benchmark::State& state, const std::string& rule) {
    static const Election drammen = generated(20, 20'000, 3, 3);
    const auto result = count(drammen, named(rule)).value();
    for (auto _ : state) {
        benchmark::DoNotOptimize(explanation::distances(drammen, named(rule), result).value());
        benchmark::DoNotOptimize(explanation::metrics(drammen, named(rule), result));
    }
}
BENCHMARK_CAPTURE(explain_a_drammen_sized_vote, greedy, "greedy")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(explain_a_drammen_sized_vote, mes_cost, "mes-cost")->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK_CAPTURE(explain_a_drammen_sized_vote, mes_cost_add1, "mes-cost-add1")
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

/// The votes a town's own page explains: of six thousand ballots half are unlike all others.
void explain_the_toy_vote(benchmark::State& state, const std::string& rule) {
    const char* const source = std::getenv("BYPULS_SOURCE_DIR");
    const auto file = std::filesystem::path(source == nullptr ? "." : source) / "demo/drammen/elections/leketoy.pb";
    if (!std::filesystem::exists(file)) {
        state.SkipWithError("leketoy.pb is not here; start in the checkout or set BYPULS_SOURCE_DIR");
        return;
    }
    const Election toy = pabulib::read_election(pabulib::parse(pabulib::slurp(file)).value()).value().election;
    const auto result = count(toy, named(rule)).value();
    for (auto _ : state) {
        benchmark::DoNotOptimize(explanation::distances(toy, named(rule), result).value());
        benchmark::DoNotOptimize(explanation::metrics(toy, named(rule), result));
    }
}
BENCHMARK_CAPTURE(explain_the_toy_vote, greedy, "greedy")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(explain_the_toy_vote, mes_cost, "mes-cost")
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(explain_the_toy_vote, mes_cost_add1, "mes-cost-add1")
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
