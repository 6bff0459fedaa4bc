// The program is killed in the middle of what it does seldom: bringing files up to date, merging blocks, backing up.
// Not at random: at each call that changes a file, one after the other, or at a spread of them where there are many.
// BYPULS_AIMED=every takes each of them.
#include <cstdlib>
#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/http/raw_client.h"
#include "platform/observations/blocks/block_store.h"

#include "tests/fault/audit.h"
#include "tests/fault/shim.h"
#include "tests/fault/watch.h"

namespace bypuls::fault {
namespace {

using namespace std::chrono_literals;
using observations::DatastreamId;
namespace fs = std::filesystem;

constexpr int killed_exit = 128 + SIGKILL;
constexpr Interval always{observations::earliest_time, observations::latest_time};

/// Each of the first ten, then fewer and fewer.
std::int64_t next_call(std::int64_t nth) {
    const char* wish = std::getenv("BYPULS_AIMED");
    return wish != nullptr && std::string_view(wish) == "every" ? nth + 1 : nth + 1 + nth / 10;
}

// --- merging ---------------------------------------------------------------------------------------------------------

constexpr int streams = 12;
constexpr int stored_days = 45;
constexpr std::chrono::sys_days first_day{std::chrono::year{2025} / 3 / 1};

observations::Arrival hourly(int stream, int hour) {
    return {DatastreamId{stream + 1},
            {Instant{first_day} + std::chrono::hours{hour}, std::int64_t{stream} * 1000 + hour * hour % 977, {}}};
}

/// A store in which each day was settled by itself and none has been merged.
void fill_days(const std::string& path) {
    auto store = observations::open_block_store({.path = path}).value();
    for (int day = 0; day < stored_days; ++day) {
        std::vector<observations::Arrival> rows;
        for (int stream = 0; stream < streams; ++stream) {
            for (int hour = 24 * day; hour < 24 * (day + 1); ++hour) {
                rows.push_back(hourly(stream, hour));
            }
        }
        std::vector<observations::Outcome> outcomes(rows.size());
        const journal::Position position{static_cast<std::uint64_t>(day) + 1};
        ASSERT_TRUE(store->append(rows, position, outcomes).has_value());
        ASSERT_TRUE(store->settle(position).has_value());
    }
    ASSERT_GT(store->statistics().blocks_to_merge, std::uint64_t{streams * 30});
}

/// Every reading is there once, with its value, and counts and months are those of the rows.
void expect_whole(const std::string& path) {
    const auto opened = observations::open_block_store({.path = path});
    ASSERT_TRUE(opened.has_value()) << opened.error();
    const observations::Store& store = **opened;
    EXPECT_EQ(store.settled().value, std::uint64_t{stored_days});
    for (int stream = 0; stream < streams; ++stream) {
        const DatastreamId id{stream + 1};
        const auto series = store.range(id, always);
        ASSERT_TRUE(series.has_value()) << series.error();
        ASSERT_TRUE(series->damaged.empty());
        ASSERT_EQ(series->columns.size(), std::size_t{stored_days * 24});
        ASSERT_EQ(store.count(id), series->columns.size());
        for (int hour = 0; hour < stored_days * 24; ++hour) {
            const auto should = hourly(stream, hour).observation;
            const auto row = series->columns.at(static_cast<std::size_t>(hour));
            ASSERT_EQ(row.time, should.time);
            ASSERT_EQ(row.value, should.value);
        }
        observations::Rollup again(observations::Step::month);
        again.add(observations::view(id, series->columns, 0, series->columns.size()));
        const auto months = store.rollup(id, always, observations::Step::month);
        ASSERT_TRUE(months.has_value());
        EXPECT_EQ(*months, again.take());
    }
}

/// Merges in a process of its own that dies at the `nth` call; false when it came to its end before.
bool dies_merging(const std::string& path, Fault& fault, std::int64_t nth) {
    fault.arm(path, nth, Fault::killed);
    const pid_t process = fork();
    if (process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        bypuls_fault_load(fault.file().c_str());
        auto store = observations::open_block_store({.path = path});
        bool well = store.has_value();
        for (bool more = well; more;) {
            const auto left = (*store)->maintain();
            well = left.has_value();
            more = left.value_or(false);
        }
        store = std::unique_ptr<observations::Store>();
        _exit(well ? 0 : 1);
    }
    int status = 0;
    EXPECT_EQ(waitpid(process, &status, 0), process);
    fault.disarm();
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

TEST(Aimed, MergingMayDieAtAnyCallAndLosesNothing) {
    const Folder folder;
    const std::string whole = folder.path() + "/whole";
    const std::string work = folder.path() + "/work";
    fs::create_directories(whole);
    fill_days(whole + "/blocks.db");
    Fault fault(folder.path() + "/plan");
    int deaths = 0;
    for (std::int64_t nth = 1;; nth = next_call(nth)) {
        SCOPED_TRACE(fmt::format("call {}", nth));
        fs::remove_all(work);
        fs::copy(whole, work);
        const bool died = dies_merging(work + "/blocks.db", fault, nth);
        expect_whole(work + "/blocks.db");
        if (HasFatalFailure() || !died) {
            break;
        }
        deaths += 1;
        ASSERT_FALSE(dies_merging(work + "/blocks.db", fault, INT64_MAX)) << "what was left is merged";
        expect_whole(work + "/blocks.db");
    }
    std::printf("killed %d times while merging\n", deaths);
    EXPECT_GE(deaths, 10);
}

// --- migration -------------------------------------------------------------------------------------------------------

int write_one(const Town& town, const std::string& token) {
    const Reading reading = reading_of(1);
    http::RawClient client(town.port());
    return client
        .exchange("POST /ingest/lines?precision=us", fmt::format("Authorization: Token {}\r\n", token),
                  fmt::format("ledger,sensor={} value={}i {}", reading.sensor, reading.value,
                              reading.time.time_since_epoch().count()))
        .status;
}

TEST(Aimed, AFirstStartMayDieAtAnyCallAndTheNextOneServes) {
    int deaths = 0;
    for (std::int64_t nth = 1;; nth += 1 + nth / 2) {
        SCOPED_TRACE(fmt::format("call {}", nth));
        const Folder folder;
        Fault fault(folder.path() + "/plan");
        fault.arm(folder.path() + "/data/", nth, Fault::killed);
        Town town(folder.path());
        town.start({.fault = fault.file()});
        const bool died = !town.await_serving().has_value();
        fault.disarm();
        if (!died) {
            EXPECT_EQ(town.stop(), 0);
            break;
        }
        deaths += 1;
        const std::string token = town.make_token({});
        town.start({});
        const auto serving = town.await_serving();
        ASSERT_TRUE(serving.has_value()) << serving.error();
        EXPECT_EQ(write_one(town, token), 204);
        EXPECT_EQ(town.stop(), 0);
        Sent sent;
        sent.sent = {{1, 1}};
        sent.acknowledged = {{1, 1}};
        sent.readings_acknowledged = sent.readings_tried = 1;
        EXPECT_EQ(audit(town, sent).stored, 1U);
    }
    std::printf("killed %d times while the files were made\n", deaths);
    EXPECT_GE(deaths, 8);
}

// --- backup ----------------------------------------------------------------------------------------------------------

class Backup : public testing::Test {
protected:
    void SetUp() override {
        token_ = town_.make_token({});
        town_.start({});
        const auto serving = town_.await_serving();
        ASSERT_TRUE(serving.has_value()) << serving.error();
        sender_ = start_sending(ledger_, town_.port(), token_, 3, INT64_MAX);
        FolderWatch watch(folder_.path());
        while (read_ledger(ledger_).acknowledged.size() < 20) {
            ASSERT_EQ(watch.wait(), FolderWatch::Heard::change) << "nothing is sent";
        }
    }
    void TearDown() override {
        if (sender_ > 0) {
            kill(sender_, SIGKILL);
            waitpid(sender_, nullptr, 0);
        }
    }
    int back_up(const std::string& fault) const {
        return Town::run({"backup", "--data", town_.data(), "--to", copy_}, folder_.path() + "/backup-log", fault);
    }
    /// What was acknowledged before must be in the restored copy, and nothing that was not sent.
    void expect_restores(Sent before) {
        const std::string data = folder_.path() + "/restored";
        fs::remove_all(data);
        ASSERT_EQ(Town::run({"restore", "--from", copy_, "--data", data}, folder_.path() + "/backup-log"), 0);
        Folder other;
        Town restored(other.path());
        restored.start({.data = data});
        const auto serving = restored.await_serving();
        ASSERT_TRUE(serving.has_value()) << serving.error();
        EXPECT_EQ(restored.stop(), 0);
        const Sent now = read_ledger(ledger_);
        before.sent = now.sent;
        before.readings_tried = now.readings_tried;
        audit(restored, before);
    }

    Folder folder_;
    Town town_{folder_.path()};
    const std::string ledger_ = folder_.path() + "/ledger";
    const std::string copy_ = folder_.path() + "/copy";
    std::string token_;
    pid_t sender_ = 0;
};

TEST_F(Backup, MayDieAtAnyCallUnderLoadAndIsNeverHalf) {
    Fault fault(folder_.path() + "/plan");
    int deaths = 0;
    for (std::int64_t nth = 1;; nth += 1 + nth / 2) {
        SCOPED_TRACE(fmt::format("call {}", nth));
        fs::remove_all(copy_);
        const Sent before = read_ledger(ledger_);
        fault.arm(copy_, nth, Fault::killed);
        const int code = back_up(fault.file());
        fault.disarm();
        // SQLite deletes its log when the last process closes the file, which the town has open.
        ASSERT_TRUE(fs::exists(town_.observations() + "-wal"));
        if (code == 0) {
            expect_restores(before);
            break;
        }
        ASSERT_EQ(code, killed_exit);
        deaths += 1;
        // Either it was not there yet, or it was whole and only the last sync was missing.
        if (fs::exists(copy_)) {
            expect_restores(before);
        }
    }
    std::printf("killed %d times while backing up\n", deaths);
    EXPECT_GE(deaths, 5);
    kill(sender_, SIGKILL);
    waitpid(sender_, nullptr, 0);
    sender_ = 0;
    // What settled beside all those backups is in its file, and not in one that they deleted.
    town_.kill_now();
    town_.start({});
    const auto serving = town_.await_serving();
    ASSERT_TRUE(serving.has_value()) << serving.error();
    EXPECT_EQ(town_.stop(), 0);
    audit(town_, read_ledger(ledger_));
}

}  // namespace
}  // namespace bypuls::fault
