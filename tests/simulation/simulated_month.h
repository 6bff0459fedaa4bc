#pragma once

#include <cstdlib>

#include <fmt/format.h>

#include "platform/ingest/pipeline/fixture_test.h"

namespace bypuls::ingest::pipeline {

/// The ingest core in simulated time, with what happens to it between messages. One thread, one seed.
class SimulatedMonth {
protected:
    explicit SimulatedMonth(std::uint64_t seed) : random_(seed), bench_(seed) {
        bench_.block_options.compression_level = 1;
        bench_.add_profile();
    }

    void settle() {
        const auto settled = bench_.projection->settle();
        ASSERT_TRUE(settled.has_value()) << settled.error();
    }

    void reopen() {
        const auto replayed = bench_.try_open();
        ASSERT_TRUE(replayed.has_value()) << replayed.error();
        EXPECT_EQ(replayed->gaps, 0U);
        EXPECT_EQ(replayed->unreadable, 0U);
        ASSERT_TRUE(bench_.try_due());
    }

    void wait_until(Instant at) {
        if (at > bench_.clock.now()) {
            bench_.clock.advance(at - bench_.clock.now());
        }
    }

    /// Readings settle now and then, and with this chance the program stops fully.
    void disturb(double stops) {
        if (random_.chance(0.004)) {
            settle();
        }
        // In two halves, as on two threads: what comes between them belongs to the next.
        if (random_.chance(0.004)) {
            ASSERT_TRUE(bench_.projection->begin_settle().has_value());
        }
        if (random_.chance(0.004)) {
            ASSERT_TRUE(bench_.projection->finish_settle().has_value());
        }
        if (random_.chance(stops)) {
            bench_.crash();
            reopen();
        }
    }

    /// The disk fails under the message, so the sender is refused and sends it again after a restart.
    void fail_once(const Uplink& frame) {
        bench_.files.fail_operation(random_.chance(0.5) ? FileOperation::write : FileOperation::sync, 1,
                                    DiskFault::input_output);
        if (bench_.uplink(frame)) {
            FAIL() << "acknowledged on a disk that failed";
        }
        bench_.files.mend();
        bench_.crash();
        reopen();
        perhaps_twice_ += 1;
    }

    SeededRandom random_;
    Bench bench_;
    std::uint64_t perhaps_twice_ = 0;  ///< messages that were refused, and may have been kept all the same
};

/// BYPULS_SEED replays a run exactly, BYPULS_SEEDS says how many to try; two without either.
template <typename Run>
void run_seeds(Run run) {
    const char* seed_text = std::getenv("BYPULS_SEED");
    const char* seeds_text = std::getenv("BYPULS_SEEDS");
    const std::uint64_t first = seed_text == nullptr ? 1 : std::strtoull(seed_text, nullptr, 10);
    const std::uint64_t seeds = seeds_text != nullptr  ? std::strtoull(seeds_text, nullptr, 10)
                                : seed_text == nullptr ? 2
                                                       : 1;
    for (std::uint64_t seed = first; seed < first + seeds && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(fmt::format("replay with BYPULS_SEED={}", seed));
        run(seed);
    }
}

}  // namespace bypuls::ingest::pipeline
