// The program is killed at random moments while a process of its own sends numbered readings and keeps its own record
// of what was acknowledged. Nothing of it may be missing, nothing may stand twice. BYPULS_SEED replays the choices,
// BYPULS_CYCLES says how often to kill.
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "core/random.h"

#include "tests/fault/audit.h"
#include "tests/fault/watch.h"

namespace bypuls::fault {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void await_sender(pid_t process) {
    int status = 0;
    ASSERT_EQ(waitpid(process, &status, 0), process);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0) << "an answer was neither success nor a request to wait";
}

/// What is promised while it runs: nothing damaged, and every unit in one place.
void check_metrics(const Town& town, const std::string& token) {
    const auto [status, text] = town.get("/metrics", token);
    ASSERT_EQ(status, 200);
    EXPECT_EQ(metric(text, "bypuls_journal_records_damaged_total"), 0);
    EXPECT_EQ(metric(text, "bypuls_observations_blocks_damaged"), 0);
    EXPECT_EQ(metric(text, "bypuls_journal_healthy"), 1);
}

/// Kills it while it starts, after some changes of its files; or when it serves, if that comes first.
void kill_while_starting(Town& town, const std::string& folder, const Start& setup, std::uint64_t changes) {
    FolderWatch watch(folder, FolderWatch::Depth::all);
    town.start(setup);
    for (std::uint64_t heard = 0; heard < changes && !town.serves(); ++heard) {
        if (watch.wait(town.process()) != FolderWatch::Heard::change) {
            break;
        }
    }
    town.kill_now();
}

/// Waits until the sender has written so much more of what it sent and what was acknowledged.
void wait_for_record(const std::string& folder, const std::string& ledger, std::uintmax_t bytes) {
    FolderWatch watch(folder);
    std::error_code none_yet;
    const auto size = [&] { return fs::exists(ledger) ? fs::file_size(ledger, none_yet) : 0; };
    for (const std::uintmax_t wanted = size() + bytes; size() < wanted;) {
        ASSERT_EQ(watch.wait(), FolderWatch::Heard::change) << "nothing is sent";
    }
}

TEST(Kill, NothingAcknowledgedIsLostHoweverOftenTheProgramIsKilled) {
    const std::uint64_t seed = number_from_environment("BYPULS_SEED", 20'261'122);
    const std::uint64_t cycles = number_from_environment("BYPULS_CYCLES", 20);
    SCOPED_TRACE(fmt::format("BYPULS_SEED={} BYPULS_CYCLES={}", seed, cycles));
    SeededRandom random(seed);
    Folder folder;
    Town town(folder.path());
    const std::string ledger = folder.path() + "/ledger";
    const std::string token = town.make_token({});
    std::uint64_t during_start = 0;
    for (std::uint64_t cycle = 0; cycle < cycles; ++cycle) {
        // Now and then nothing settles for a while, so that the next start has much to apply again.
        const Start setup{.settle_interval = random.chance(0.3) ? std::chrono::milliseconds{1h} : 100ms};
        if (random.chance(0.25)) {
            kill_while_starting(town, folder.path(), setup, random.below(60));
            during_start += 1;
            continue;
        }
        town.start(setup);
        const auto serving = town.await_serving();
        ASSERT_TRUE(serving.has_value()) << serving.error();
        check_metrics(town, token);
        const pid_t sender = start_sending(ledger, town.port(), token, random.next(), INT64_MAX);
        // Some two hundred batches, now and then many more; of a batch the record has two lines of a dozen bytes.
        wait_for_record(folder.path(), ledger, 1 + random.below(random.chance(0.2) ? 30'000 : 8'000));
        town.kill_now();
        await_sender(sender);
    }
    town.start({});
    const auto serving = town.await_serving();
    ASSERT_TRUE(serving.has_value()) << serving.error();
    check_metrics(town, token);
    EXPECT_EQ(town.stop(), 0);

    const Sent sent = read_ledger(ledger);
    const Found found = audit(town, sent);
    std::printf(
        "%llu kills, %llu of them while starting; %lld readings sent, %zu of %zu batches acknowledged, "
        "%llu readings stored\n",
        static_cast<unsigned long long>(cycles), static_cast<unsigned long long>(during_start),
        static_cast<long long>(sent.readings()), sent.acknowledged.size(), sent.sent.size(),
        static_cast<unsigned long long>(found.stored));
    EXPECT_GT(sent.acknowledged.size(), cycles) << "too little was sent to prove anything";
}

}  // namespace
}  // namespace bypuls::fault
