#include "apps/bypuls/ending.h"

#include <csignal>
#include <future>

#include <gtest/gtest.h>
#include <unistd.h>

namespace bypuls::apps {
namespace {

TEST(EndingWatch, TellsTheSignalAndAsksForTheStop) {
    EndingWatch ending;
    std::promise<void> told;
    const std::stop_callback asked(ending.asked(), [&] { told.set_value(); });
    ASSERT_FALSE(ending.asked().stop_requested());

    ASSERT_EQ(kill(getpid(), SIGTERM), 0);

    EXPECT_EQ(ending.wait(), SIGTERM);
    told.get_future().wait();
    EXPECT_TRUE(ending.asked().stop_requested());
    EXPECT_EQ(ending.wait(), SIGTERM) << "as often as one asks";
}

TEST(EndingWatch, IsOverAtOnceWhenNoSignalComes) {
    std::stop_token asked;
    {
        const EndingWatch ending;
        asked = ending.asked();
    }
    EXPECT_FALSE(asked.stop_requested()) << "that the program ends is no signal to it";
    sigset_t pending;
    ASSERT_EQ(sigpending(&pending), 0);
    EXPECT_FALSE(sigismember(&pending, SIGTERM)) << "nothing is left for the next one";
}

TEST(EndingDeathTest, ASecondSignalEndsTheProgramAtOnce) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const auto raise_twice = [] {
        const sigset_t signals = ending_signals();
        raise(SIGTERM);
        int first = 0;
        sigwait(&signals, &first);
        end_at_next_signal();
        raise(SIGTERM);
    };
    EXPECT_EXIT(raise_twice(), testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace bypuls::apps
