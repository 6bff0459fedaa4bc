// The Nth write or sync of the running program fails, with EIO or ENOSPC, once or until the disk is mended. Whatever
// was acknowledged is there after the next start, and nothing stands twice. BYPULS_FAULTS says how many places to try.
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "core/clock.h"
#include "platform/database/database.h"
#include "platform/http/raw_client.h"
#include "platform/ingest/pipeline/ledger.h"

#include "tests/fault/audit.h"
#include "tests/fault/shim.h"

namespace bypuls::fault {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

std::int64_t places() {
    const char* text = std::getenv("BYPULS_FAULTS");
    return text == nullptr ? 2 : std::atoll(text);
}

struct Case {
    const char* name;
    const char* below;
    std::int32_t error;
    std::int64_t times;
};

constexpr std::array cases{
    Case{"the journal cannot be written", "/internal/journal/", EIO, 1},
    Case{"the journal finds the disk full", "/internal/journal/", ENOSPC, 1},
    Case{"the journal cannot be written any more", "/internal/journal/", EIO, Fault::always},
    Case{"the blocks cannot be written", "/internal/observations.db", EIO, 1},
    Case{"the blocks find the disk full", "/internal/observations.db", ENOSPC, 1},
    Case{"the blocks cannot be written any more", "/internal/observations.db", EIO, Fault::always},
    Case{"nothing can be written any more", "/internal/", ENOSPC, Fault::always},
};

class Write : public testing::Test {
protected:
    void send(std::uint64_t seed, std::int64_t batches) {
        int status = 0;
        ASSERT_GT(waitpid(start_sending(ledger_, town_.port(), token_, seed, batches), &status, 0), 0);
        ASSERT_TRUE(WIFEXITED(status));
        EXPECT_EQ(WEXITSTATUS(status), 0) << "an answer was neither success nor a request to wait";
    }
    void start(const Start& setup) {
        town_.start(setup);
        const auto serving = town_.await_serving();
        ASSERT_TRUE(serving.has_value()) << serving.error();
    }
    /// One fault, met while readings come; then a start on a mended disk, and a look at everything.
    void strike(const Case& fault, std::int64_t nth) {
        ASSERT_NO_FATAL_FAILURE(start({.fault = plan_.file()}));
        plan_.arm(fault.below, nth, fault.error, fault.times);
        send(seed_++, 60);
        // Blocks are written now and then, and a fast machine has sent its batches before that.
        for (const auto deadline = Steady::now() + 10s; plan_.done() == 0 && Steady::now() < deadline;) {
            send(seed_++, 8);
        }
        // Readers do not notice; what is wrong is told until it is mended.
        EXPECT_EQ(town_.get("/healthz", "").first, 200);
        EXPECT_EQ(town_.get("/bading", "").first, 200);
        met_ += plan_.done() > 0 ? 1 : 0;
        plan_.disarm();
        town_.kill_now();
        ASSERT_NO_FATAL_FAILURE(start({}));
        send(seed_++, 8);
        EXPECT_EQ(town_.stop(), 0);
        audit(town_, read_ledger(ledger_));
    }

    Folder folder_;
    Town town_{folder_.path()};
    Fault plan_{folder_.path() + "/plan"};
    const std::string ledger_ = folder_.path() + "/ledger";
    const std::string token_ = town_.make_token({});
    std::uint64_t seed_ = 1;
    int met_ = 0;
};

TEST_F(Write, MayFailAnywhereAndNothingAcknowledgedIsLost) {
    int tried = 0;
    for (const Case& fault : cases) {
        std::int64_t nth = 1;
        for (std::int64_t place = 0; place < places(); ++place, nth += places() > 10 ? 1 : nth) {
            SCOPED_TRACE(fmt::format("{} from call {} on", fault.name, nth));
            ASSERT_NO_FATAL_FAILURE(strike(fault, nth));
            tried += 1;
        }
    }
    std::printf("%d faults, %d of them met; %zu batches acknowledged\n", tried, met_,
                read_ledger(ledger_).acknowledged.size());
    EXPECT_GE(met_, tried * 3 / 4) << "most faults must strike to prove anything";
}

TEST_F(Write, AfterAFailedSyncTheProgramSaysSoAndNothingIsAcknowledgedThatIsNotKept) {
    ASSERT_NO_FATAL_FAILURE(start({.fault = plan_.file()}));
    send(1, 8);
    plan_.arm("/internal/journal/", 1, EIO, Fault::always);
    send(2, 8);
    const std::size_t acknowledged = read_ledger(ledger_).acknowledged.size();
    const auto [status, metrics] = town_.get("/metrics", token_);
    EXPECT_EQ(status, 200);
    EXPECT_EQ(metric(metrics, "bypuls_journal_healthy"), 0);
    EXPECT_EQ(town_.get("/readyz", "").first, 503);
    send(3, 8);
    EXPECT_EQ(read_ledger(ledger_).acknowledged.size(), acknowledged) << "nothing can be kept, so nothing is promised";
    plan_.disarm();
    town_.kill_now();
    ASSERT_NO_FATAL_FAILURE(start({}));
    EXPECT_EQ(town_.get("/readyz", "").first, 200);
    send(4, 8);
    EXPECT_EQ(town_.stop(), 0);
    audit(town_, read_ledger(ledger_));
}

TEST_F(Write, ARequestSentAgainUnderItsKeyMakesNoSecondReading) {
    const auto send_door = [&](std::string_view key) {
        http::RawClient client(town_.port());
        // Without a time of its own: it would be stamped anew each time.
        return client
            .exchange("POST /ingest/lines",
                      fmt::format("Authorization: Token {}\r\nIdempotency-Key: {}\r\n", token_, key),
                      "door,room=1 opened=3i")
            .status;
    };
    ASSERT_NO_FATAL_FAILURE(start({}));
    EXPECT_EQ(send_door(R"("8e03978e-40d5-43e8-bc93-6894a57f9324")"), 204);
    EXPECT_EQ(send_door(R"("8e03978e-40d5-43e8-bc93-6894a57f9324")"), 204);
    EXPECT_EQ(send_door("no key at all"), 400);
    town_.kill_now();
    ASSERT_NO_FATAL_FAILURE(start({}));
    EXPECT_EQ(send_door(R"("8e03978e-40d5-43e8-bc93-6894a57f9324")"), 204);
    EXPECT_EQ(send_door(R"("another")"), 204);
    EXPECT_EQ(town_.stop(), 0);
    const auto database = database::Database::open({.url = "sqlite:" + town_.observations()}).value();
    const SystemClock clock;
    const auto ledger = ingest::pipeline::Ledger::open(*database, clock);
    ASSERT_TRUE(ledger.has_value()) << ledger.error();
    EXPECT_EQ((*ledger)->counts().at("lines"), (ingest::Counts{.received = 4, .stored = 2, .duplicate = 2}));
}

}  // namespace
}  // namespace bypuls::fault
