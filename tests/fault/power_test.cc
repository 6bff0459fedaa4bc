// The power goes: what was written and not synced is lost, or some of it, while a process of its own sends numbered
// readings and keeps its own record of what was acknowledged. Nothing of that may be missing, nothing may stand twice.
// BYPULS_SEED replays the choices, BYPULS_CUTS says how often to cut.
#include "tests/fault/power.h"

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "core/random.h"
#include "platform/http/raw_client.h"

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

/// One cut in three loses all that it may lose, one in six nothing, as when only the program is killed.
Unsynced draw_unsynced(Random& random) {
    constexpr std::array kinds{Unsynced::lost, Unsynced::torn, Unsynced::torn,
                               Unsynced::lost, Unsynced::torn, Unsynced::kept};
    return kinds.at(random.below(kinds.size()));
}

/// Where a cut is aimed at: at one of the next calls there, or right after it.
struct Place {
    const char* name;
    const char* below;
    Calls calls;
    std::uint64_t spread;   ///< the call is one of so many
    std::uintmax_t record;  ///< how much of the sender's record is waited for at most
};
constexpr std::array places{
    Place{"while the journal is written", "/internal/journal", Calls::any, 200, 6'000},
    Place{"while readings settle", "/internal/observations.db", Calls::any, 200, 6'000},
    Place{"while the registry is written", "/internal/registry.db", Calls::any, 12, 2'000},
    Place{"right after the journal has a new file", "/internal/journal", Calls::folder_syncs, 1, 20'000},
    Place{"right after the journal let go of a file", "/internal/journal", Calls::removals, 1, 0},
    Place{"at any call", "/data/", Calls::any, 300, 6'000},
};

std::string made(std::string folder) {
    fs::create_directories(folder);
    return folder;
}

class Power : public testing::Test {
protected:
    void TearDown() override { plan_.disarm(); }

    Start under_the_shim() const { return {.data = town_data_, .fault = plan_.file()}; }

    void start(const Start& setup) {
        town_.start(setup);
        const auto serving = town_.await_serving();
        ASSERT_TRUE(serving.has_value()) << serving.error();
    }

    /// Sends until the record has grown by so much, or the program died at the place it was aimed at; then it is dead.
    void send_until(std::uint64_t seed, std::uintmax_t bytes) {
        FolderWatch watch(folder_.path());
        std::error_code none_yet;
        const auto size = [&] { return fs::exists(ledger_) ? fs::file_size(ledger_, none_yet) : 0; };
        const std::uintmax_t wanted = size() + bytes;
        const pid_t sender = start_sending(ledger_, town_.port(), token_, seed, INT64_MAX);
        while (size() < wanted) {
            const auto heard = watch.wait(town_.process());
            ASSERT_NE(heard, FolderWatch::Heard::nothing) << "nothing is sent";
            if (heard == FolderWatch::Heard::end) {
                break;
            }
            siginfo_t ended{};
            if (waitid(P_PID, static_cast<id_t>(town_.process()), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
                ended.si_pid != 0) {
                break;
            }
        }
        town_.kill_now();
        int status = 0;
        ASSERT_EQ(waitpid(sender, &status, 0), sender);
        ASSERT_TRUE(WIFEXITED(status));
        EXPECT_EQ(WEXITSTATUS(status), 0) << "an answer was neither success nor a request to wait";
    }

    /// Sends enough for more than one file of the journal and stops, which settles: the power goes when the journal has
    /// let go of a file, if not before.
    void send_until_the_journal_lets_go(std::uint64_t seed) {
        constexpr std::int64_t batches = 480;
        int status = 0;
        const pid_t sender = start_sending(ledger_, town_.port(), token_, seed, batches);
        ASSERT_EQ(waitpid(sender, &status, 0), sender);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        EXPECT_EQ(town_.stop(), 128 + SIGKILL) << "the journal let go of nothing";
    }

    /// Starts on what the disk kept, and stops in order.
    void come_back() {
        ASSERT_NO_FATAL_FAILURE(start({.data = town_data_}));
        EXPECT_EQ(town_.stop(), 0);
    }

    /// After come_back(): the files are held against the record.
    Found look(Losses losses = Losses::none) {
        if (losses == Losses::none) {
            EXPECT_EQ(Town::run({"verify", "--data", town_data_}, folder_.path() + "/verify-log"), 0);
        }
        const Found found = audit(town_, read_ledger(ledger_), losses);
        disk_.settle();
        return found;
    }

    void live_through(std::uint64_t cuts, Random& random);
    void load_and_cut(Random& random);
    void cut(Random& random);

    Folder folder_{Folder::Where::memory};  // the disk is ours
    Fault plan_{folder_.path() + "/plan"};
    const std::string root_ = made(folder_.path() + "/mounted");
    const std::string town_data_ = root_ + "/data";
    const std::string ledger_ = folder_.path() + "/ledger";
    Town town_{folder_.path()};
    std::string token_;
    ForgetfulDisk disk_{plan_, root_, folder_.path() + "/disk"};
    Cut met_;
    std::uint64_t at_their_place_ = 0;  ///< cuts that met the call they were aimed at
};

void Power::cut(Random& random) {
    at_their_place_ += plan_.done() > 0 ? 1 : 0;
    plan_.disarm();
    met_ += disk_.cut(met_.bites() ? draw_unsynced(random) : Unsynced::lost, random);
}

/// One cut, wherever it meets the program.
void Power::load_and_cut(Random& random) {
    disk_.promise_only_what_is_asked(random.chance(0.5));
    Start setup = under_the_shim();
    const std::uint64_t kind = random.below(4);
    const Place& place = places.at(random.below(places.size()));
    // Now and then nothing settles for a while, so that the next start has much to apply again.
    setup.settle_interval = random.chance(0.8) ? 100ms : std::chrono::milliseconds{1h};
    if (kind == 0) {
        SCOPED_TRACE("while it starts");
        plan_.arm(root_ + "/", 1 + static_cast<std::int64_t>(random.below(60)), Fault::killed);
        town_.start(setup);
        std::ignore = town_.await_serving();
        town_.kill_now();
        return cut(random);
    }
    ASSERT_NO_FATAL_FAILURE(start(setup));
    SCOPED_TRACE(kind == 1 ? "at a random moment" : place.name);
    if (kind > 1) {
        plan_.arm_after(place.below, 1 + static_cast<std::int64_t>(random.below(place.spread)), place.calls);
    }
    if (kind > 1 && place.calls == Calls::removals) {
        ASSERT_NO_FATAL_FAILURE(send_until_the_journal_lets_go(random.next()));
        return cut(random);
    }
    // Of a batch the record has two lines of a dozen bytes.
    ASSERT_NO_FATAL_FAILURE(send_until(random.next(), kind == 1 ? 1 + random.below(6'000) : place.record));
    cut(random);
}

/// A new town, and so many cuts one after the other.
void Power::live_through(std::uint64_t cuts, Random& random) {
    fs::remove_all(town_data_);
    fs::remove(ledger_);
    token_ = town_.make_token({.data = town_data_});
    disk_.settle();
    Found found;
    for (std::uint64_t done = 0; done < cuts;) {
        SCOPED_TRACE(fmt::format("cut {}", done));
        // One to three in a row.
        for (const std::uint64_t row = std::min(cuts, done + 1 + random.below(3)); done < row; ++done) {
            ASSERT_NO_FATAL_FAILURE(load_and_cut(random));
        }
        ASSERT_NO_FATAL_FAILURE(come_back());
        found = look();
        ASSERT_FALSE(HasFailure());
    }
    const Sent sent = read_ledger(ledger_);
    std::printf("%llu cuts, %llu at a call they were aimed at: %llu pieces and %llu names lost, %llu and %llu kept; ",
                static_cast<unsigned long long>(cuts),
                static_cast<unsigned long long>(std::exchange(at_their_place_, 0)),
                static_cast<unsigned long long>(met_.pieces_lost), static_cast<unsigned long long>(met_.names_lost),
                static_cast<unsigned long long>(met_.pieces_kept), static_cast<unsigned long long>(met_.names_kept));
    std::printf("%lld readings sent, %zu of %zu batches acknowledged, %llu readings stored\n",
                static_cast<long long>(sent.readings()), sent.acknowledged.size(), sent.sent.size(),
                static_cast<unsigned long long>(found.stored));
    std::fflush(stdout);
    EXPECT_TRUE(std::exchange(met_, {}).bites()) << "nothing was lost that may be, so nothing is proved";
    EXPECT_GT(sent.acknowledged.size(), cuts) << "too little was sent to prove anything";
}

TEST_F(Power, NothingAcknowledgedIsLostHoweverOftenThePowerGoes) {
    const std::uint64_t seed = number_from_environment("BYPULS_SEED", 20'261'127);
    const std::uint64_t cuts = number_from_environment("BYPULS_CUTS", 8);
    SCOPED_TRACE(fmt::format("BYPULS_SEED={} BYPULS_CUTS={}", seed, cuts));
    SeededRandom random(seed);
    // Old towns have much to look through, so each has twenty.
    for (std::uint64_t left = cuts; left > 0;) {
        const std::uint64_t of_this_town = std::min<std::uint64_t>(left, 20);
        SCOPED_TRACE(fmt::format("with {} cuts to come", left));
        ASSERT_NO_FATAL_FAILURE(live_through(of_this_town, random));
        left -= of_this_town;
    }
}

TEST_F(Power, TheFirstReadingsOfANewTownAreKept) {
    SeededRandom random(number_from_environment("BYPULS_SEED", 20'261'127));
    disk_.promise_only_what_is_asked(true);
    ASSERT_NO_FATAL_FAILURE(start(under_the_shim()));
    token_ = town_.make_token({.data = town_data_});
    ASSERT_NO_FATAL_FAILURE(send_until(random.next(), 500));
    met_ += disk_.cut(Unsynced::lost, random);
    EXPECT_TRUE(met_.bites());
    ASSERT_NO_FATAL_FAILURE(come_back());
    look();
    EXPECT_FALSE(read_ledger(ledger_).acknowledged.empty());
}

TEST_F(Power, AFirstStartMayBeCutAnywhereAndTheNextOneServes) {
    SeededRandom random(number_from_environment("BYPULS_SEED", 20'261'127));
    const bool thorough = number_from_environment("BYPULS_CUTS", 8) > 100;
    int deaths = 0;
    for (std::int64_t nth = 1;; nth += thorough ? 1 + nth / 8 : 3 + 4 * nth) {
        SCOPED_TRACE(fmt::format("call {}", nth));
        fs::remove_all(town_data_);
        disk_.settle();
        disk_.promise_only_what_is_asked(random.chance(0.5));
        plan_.arm(root_ + "/", nth, Fault::killed);
        town_.start(under_the_shim());
        if (town_.await_serving().has_value()) {
            town_.kill_now();
            break;
        }
        ++deaths;
        cut(random);
        ASSERT_NO_FATAL_FAILURE(come_back());
        EXPECT_EQ(Town::run({"verify", "--data", town_data_}, folder_.path() + "/verify-log"), 0);
    }
    std::printf("%d cuts while the files were made\n", deaths);
    EXPECT_GE(deaths, 3);
}

/// A town with some readings that are safe.
class SafeTown : public Power {
protected:
    void SetUp() override {
        token_ = town_.make_token({.data = town_data_});
        ASSERT_NO_FATAL_FAILURE(start({.data = town_data_}));
        ASSERT_NO_FATAL_FAILURE(send_until(1, 500));
        ASSERT_NO_FATAL_FAILURE(come_back());
        ASSERT_EQ(look().missing, 0U);
        ASSERT_FALSE(read_ledger(ledger_).acknowledged.empty());
    }
};

// --- backup ----------------------------------------------------------------------------------------------------------

class BackupOfATown : public SafeTown {
protected:
    /// Under the shim; the exit code.
    int back_up() const {
        return Town::run({"backup", "--data", town_data_, "--to", copy_}, folder_.path() + "/backup-log", plan_.file());
    }
    int restore() const {
        fs::remove_all(restored_);
        return Town::run({"restore", "--from", copy_, "--data", restored_}, folder_.path() + "/backup-log");
    }
    /// Everything that was acknowledged is in the copy.
    void expect_whole() {
        ASSERT_EQ(restore(), 0);
        Folder other(Folder::Where::memory);
        Town restored(other.path());
        restored.start({.data = restored_});
        const auto serving = restored.await_serving();
        ASSERT_TRUE(serving.has_value()) << serving.error();
        EXPECT_EQ(restored.stop(), 0);
        audit(restored, read_ledger(ledger_));
    }

    const std::string copy_ = root_ + "/copy";
    const std::string restored_ = folder_.path() + "/restored";
};

TEST_F(BackupOfATown, MayBeCutAnywhereAndIsWholeOrNotThere) {
    SeededRandom random(number_from_environment("BYPULS_SEED", 20'261'127));
    const bool thorough = number_from_environment("BYPULS_CUTS", 8) > 100;
    int cuts = 0;
    for (std::int64_t nth = 1;; nth += thorough ? 1 + nth / 8 : 1 + nth) {
        SCOPED_TRACE(fmt::format("call {}", nth));
        fs::remove_all(copy_);
        disk_.settle();
        disk_.promise_only_what_is_asked(random.chance(0.5));
        plan_.arm(copy_, nth, Fault::killed);
        const int code = back_up();
        cut(random);
        EXPECT_EQ(Town::run({"verify", "--data", town_data_}, folder_.path() + "/verify-log"), 0);
        if (code == 0) {
            ASSERT_NO_FATAL_FAILURE(expect_whole()) << "it said that it was done";
            break;
        }
        ++cuts;
        if (fs::exists(copy_)) {
            ASSERT_NO_FATAL_FAILURE(expect_whole());
        }
    }
    std::printf("%d cuts while backing up\n", cuts);
    EXPECT_GE(cuts, 4);
}

/// Of a disk that forgets what it said was synced, the copy is no town; and the program says so.
TEST_F(BackupOfATown, OnADiskThatLiesIsFoundOut) {
    SeededRandom random(1);
    disk_.lie_about("/copy.part/");
    ASSERT_EQ(back_up(), 0);
    disk_.cut(Unsynced::lost, random);
    EXPECT_NE(restore(), 0);
}

// --- the proof that it bites -----------------------------------------------------------------------------------------

/// A disk that says of some syncs that they are done, which is what a program that forgets them amounts to.
class LyingDisk : public SafeTown {
protected:
    std::uint64_t missing_after_cut() {
        SeededRandom random(1);
        plan_.disarm();
        disk_.cut(Unsynced::lost, random);
        come_back();
        return HasFatalFailure() ? 0 : look(Losses::reported).missing;
    }
};

TEST_F(LyingDisk, OfTheJournalIsFoundOut) {
    disk_.lie_about("/internal/journal/");
    Start setup = under_the_shim();
    setup.settle_interval = 1h;
    ASSERT_NO_FATAL_FAILURE(start(setup));
    ASSERT_NO_FATAL_FAILURE(send_until(2, 1'000));
    EXPECT_GT(missing_after_cut(), 0U);
}

/// The journal lets go of records once they have settled: a cut right then shows whether they really had.
TEST_F(LyingDisk, OfTheLogOfSettledReadingsIsFoundOut) {
    disk_.lie_about("/internal/observations.db-wal");
    ASSERT_NO_FATAL_FAILURE(start(under_the_shim()));
    plan_.arm_after("/internal/journal", 1, Calls::removals);
    ASSERT_NO_FATAL_FAILURE(send_until_the_journal_lets_go(2));
    EXPECT_GT(missing_after_cut(), 0U);
}

}  // namespace
}  // namespace bypuls::fault
