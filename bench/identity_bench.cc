// How many requests a second can be told apart by their API key, and what a sign-in costs.

#include "platform/identity/identity.h"

#include <benchmark/benchmark.h>

#include "core/check.h"
#include "platform/database/testing/test_database.h"

namespace {

using namespace bypuls;
using namespace bypuls::identity;

struct Door {
    Door() { check(database::migrate(*database, {identity_component()}, clock).has_value(), "the tables can be made"); }

    SystemClock clock;
    SystemRandom random;
    database::TestDatabase place = database::TestDatabase::make(database::Engine::sqlite).value();
    std::unique_ptr<database::Database> database = place.open();
    std::unique_ptr<Store> store = make_relational_store(*database);
    Identity identity{*store, clock, random};
};

void check_key(benchmark::State& state) {
    static Door door;
    static const std::string header = "Bearer " + door.identity.create_key("Gateway", {Scope::ingest})->token;
    for (auto unused : state) {
        benchmark::DoNotOptimize(door.identity.authenticate({.authorization = header}));
    }
    state.SetItemsProcessed(state.iterations());
}

void refuse_unknown_key(benchmark::State& state) {
    Door door;
    std::string header = "Bearer " + door.identity.create_key("Gateway", {Scope::ingest})->token;
    header.back() = header.back() == 'A' ? 'B' : 'A';
    for (auto unused : state) {
        benchmark::DoNotOptimize(door.identity.authenticate({.authorization = header}));
    }
    state.SetItemsProcessed(state.iterations());
}

void check_session(benchmark::State& state) {
    Door door;
    check(door.identity.create_account("a@b.example", "A", "fire tilfeldige ord", {Scope::read}).has_value(), "made");
    const auto session = door.identity.log_in("a@b.example", "fire tilfeldige ord", "::1").value();
    const std::string cookie = "__Host-bypuls=" + session.token;
    for (auto unused : state) {
        benchmark::DoNotOptimize(door.identity.authenticate({.cookie = cookie}));
    }
    state.SetItemsProcessed(state.iterations());
}

void hash_a_password(benchmark::State& state) {
    PasswordHasher hasher(HashCost::moderate(), 1, std::chrono::milliseconds(0));
    for (auto unused : state) {
        benchmark::DoNotOptimize(hasher.hash("fire tilfeldige ord"));
    }
}

BENCHMARK(check_key)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(refuse_unknown_key);
BENCHMARK(check_session);
BENCHMARK(hash_a_password)->Unit(benchmark::kMillisecond);

}  // namespace
