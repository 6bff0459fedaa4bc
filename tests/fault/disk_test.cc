// The disk fills up under the running program: writers are told to wait, readers are served, and when there is space
// again it goes on by itself with nothing lost. Needs the right to mount a small tmpfs.
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/http/raw_client.h"

#include "tests/fault/audit.h"

namespace bypuls::fault {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

/// A disk of 48 MiB in memory, mounted as long as the test runs.
class SmallDisk {
public:
    explicit SmallDisk(std::string path) : path_(std::move(path)) {
        std::filesystem::create_directories(path_);
        mounted_ = mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=48m") == 0;
    }
    ~SmallDisk() {
        if (mounted_) {
            umount2(path_.c_str(), MNT_DETACH);
        }
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    bool mounted() const { return mounted_; }
    std::uint64_t free_bytes() const {
        struct statvfs found{};
        return statvfs(path_.c_str(), &found) == 0 ? found.f_bavail * found.f_bsize : 0;
    }
    /// Someone else's file takes all but `left` bytes. The town may write while we ask for them: then there are fewer.
    void fill(std::uint64_t left) const {
        const std::string ballast = path_ + "/ballast";
        const int file = open(ballast.c_str(), O_WRONLY | O_CREAT, 0600);
        int fault = ENOSPC;
        for (std::uint64_t free = free_bytes(); fault == ENOSPC && free > left; free = free_bytes()) {
            const auto there = static_cast<off_t>(std::filesystem::file_size(ballast));
            fault = posix_fallocate(file, there, static_cast<off_t>(free - left));
        }
        EXPECT_LE(free_bytes(), left) << std::strerror(fault);
        close(file);
    }
    void clear() const { std::filesystem::remove(path_ + "/ballast"); }

private:
    std::string path_;
    bool mounted_ = false;
};

/// What one write is answered.
int write_once(const Town& town, const std::string& token, std::string_view line) {
    http::RawClient client(town.port());
    return client.exchange("POST /ingest/lines?precision=us", fmt::format("Authorization: Token {}\r\n", token), line)
        .status;
}

int write_until(const Town& town, const std::string& token, std::string_view line, bool accepted) {
    int status = 0;
    for (const auto deadline = Steady::now() + 30s; Steady::now() < deadline;) {
        status = write_once(town, token, line);
        if ((status == 204) == accepted) {
            break;
        }
    }
    return status;
}

TEST(Disk, WhenItIsFullWritersWaitAndReadersAreServedAndNothingIsLost) {
    Folder folder;
    SmallDisk disk(folder.path() + "/disk");
    if (!disk.mounted()) {
        GTEST_SKIP() << "a tmpfs cannot be mounted here: " << std::strerror(errno);
    }
    const Start start{.data = folder.path() + "/disk/data"};
    const std::string ledger = folder.path() + "/ledger";
    Town town(folder.path());
    const std::string token = town.make_token(start);
    town.start(start);
    const auto serving = town.await_serving();
    ASSERT_TRUE(serving.has_value()) << serving.error();
    const auto send = [&](std::uint64_t seed) {
        int status = 0;
        ASSERT_GT(waitpid(start_sending(ledger, town.port(), token, seed, 80), &status, 0), 0);
        EXPECT_EQ(WEXITSTATUS(status), 0);
    };
    send(1);
    const Reading known = reading_of(1);  // sent again, so that no probe adds a reading
    const std::string probe =
        fmt::format("ledger,sensor={} value={}i {}", known.sensor, known.value, known.time.time_since_epoch().count());
    // First so that the journal's reserve is touched, then so that not even settling has room.
    for (const std::uint64_t left : {std::uint64_t{8} << 20U, std::uint64_t{0}}) {
        SCOPED_TRACE(fmt::format("{} bytes left", left));
        disk.fill(left);
        EXPECT_EQ(write_until(town, token, probe, false), 507);
        send(2 + left);
        EXPECT_EQ(town.get("/healthz", "").first, 200);
        const auto [ready, why] = town.get("/readyz", "");
        EXPECT_EQ(ready, 503);
        EXPECT_NE(why.find(R"("journal":"disk_full")"), std::string::npos) << why;
        EXPECT_EQ(town.get("/bading", "").first, 200);
        const auto [status, metrics] = town.get("/metrics", token);
        EXPECT_EQ(status, 200);
        EXPECT_EQ(metric(metrics, "bypuls_journal_healthy"), 0);
        disk.clear();
        EXPECT_EQ(write_until(town, token, probe, true), 204);
        send(3 + left);
    }
    EXPECT_EQ(town.stop(), 0);
    audit(town, read_ledger(ledger));
}

}  // namespace
}  // namespace bypuls::fault
