#include <fmt/format.h>

#include "platform/ingest/pipeline/fixture_test.h"

namespace bypuls::ingest::pipeline {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using testing::ElementsAre;
using testing::IsEmpty;

/// Frames of one session, hourly where nothing else is said.
class LedgerFrames : public testing::Test {
protected:
    Seen see(const Uplink& frame, std::uint64_t position) {
        return see(frame, position, std::max(frame.time, bench_.clock.now()));
    }
    Seen see(const Uplink& frame, std::uint64_t position, Instant received) {
        const auto event = lorawan::parse_chirpstack_json("up", body_of(frame));
        EXPECT_TRUE(event.has_value()) << event.error();
        return bench_.ledger->see_frame(*event, received, {position}).value();
    }
    /// Frames `first` to `last`, the first of them `after` now, with payloads that are `series` and their number.
    void see_all(std::uint32_t first, std::uint32_t last, Duration after, std::uint32_t series) {
        for (std::uint32_t f_cnt = first; f_cnt <= last; ++f_cnt) {
            ASSERT_EQ(see(hourly(f_cnt, first, after, series), next_++), Seen::fresh) << f_cnt;
        }
    }
    Uplink hourly(std::uint32_t f_cnt, std::uint32_t first, Duration after, std::uint32_t series) const {
        return frame(f_cnt, series + f_cnt, after + 1h * (f_cnt - first));
    }
    Seen tell(std::string kind, const std::string& more, Instant at) {
        const auto event = lorawan::parse_chirpstack_json(
            kind, fmt::format(R"({{"deduplicationId":"{}","time":"{}","deviceInfo":{{"devEui":"{}"}}{}}})", next_,
                              format_instant(at), device_text(1), more));
        EXPECT_TRUE(event.has_value()) << event.error();
        return bench_.ledger->see_frame(*event, at, {next_++}).value();
    }
    Seen tell_of_reset(Instant at) {
        return tell("log", R"(,"level":"ERROR","code":"UPLINK_F_CNT_RESET","description":"did reset")", at);
    }
    void settle(std::uint64_t upto) {
        const std::array<observations::Companion*, 1> companions{bench_.ledger.get()};
        const auto settled = bench_.store->settle({upto}, companions);
        ASSERT_TRUE(settled.has_value()) << settled.error();
    }
    void settle_and_reopen() {
        settle(next_);
        bench_.close();
        bench_.open();
    }
    std::vector<std::uint64_t> due() {
        std::vector<std::uint64_t> positions;
        for (const journal::Position position : bench_.ledger->take_due()) {
            positions.push_back(position.value);
        }
        return positions;
    }
    Uplink frame(std::uint32_t f_cnt, std::uint32_t value, Duration after = {}) const {
        return {.time = start_ + after, .f_cnt = f_cnt, .value = value};
    }

    Bench bench_;
    Instant start_ = bench_.clock.now();
    std::uint64_t next_ = 1;
};

TEST_F(LedgerFrames, ACopyIsADuplicateForAWeekAndPutAsideWhenItsStampIsAnother) {
    see_all(0, 20, 0h, 100);
    std::uint64_t position = 50;
    for (const Duration later : {Duration{1s}, Duration{9min}, Duration{3h}, Duration{24h}, Duration{6 * 24h}}) {
        const Instant again = start_ + 7h + later;
        EXPECT_EQ(see({.time = again, .f_cnt = 7, .value = 107}, position, again),
                  later < 10min ? Seen::duplicate : Seen::repeated)
            << later;
        EXPECT_EQ(see({.time = again + 1s, .f_cnt = 7, .value = 107}, position + 20, again + 1s), Seen::duplicate);
        EXPECT_EQ(see(frame(7, 107, 7h), position + 30, again + 2s), Seen::duplicate) << "delivered again, late";
        ++position;
    }
    const Instant week_later = start_ + 8 * 24h;
    EXPECT_EQ(see({.time = week_later, .f_cnt = 7, .value = 107}, 90, week_later), Seen::repeated)
        << "the last one came two days ago";
    EXPECT_EQ(see({.time = week_later, .f_cnt = 8, .value = 108}, 91, week_later), Seen::fresh)
        << "a week is what is remembered";
    EXPECT_THAT(due(), IsEmpty());
}

TEST_F(LedgerFrames, ARecordingSentAgainInOrderIsPutAsideAndLaterFramesGoOn) {
    see_all(0, 20, 0h, 100);
    for (std::uint64_t round = 0; round < 3; ++round) {
        for (std::uint32_t f_cnt = 0; f_cnt <= 20; ++f_cnt) {
            const Duration when = 30h + 24h * static_cast<int>(round) + 1min * f_cnt;
            EXPECT_EQ(see(frame(f_cnt, 100 + f_cnt, when), 100 * (round + 1) + f_cnt), Seen::repeated);
        }
        settle_and_reopen();
    }
    EXPECT_EQ(see(frame(21, 121, 200h), 900), Seen::fresh);
    EXPECT_THAT(due(), IsEmpty());
}

TEST_F(LedgerFrames, ACopyIsKnownAfterSettlingAndReopening) {
    EXPECT_EQ(see(frame(7, 1), 1), Seen::fresh);
    settle(1);
    EXPECT_EQ(see(frame(7, 1), 2), Seen::duplicate);
    bench_.close();
    bench_.open();
    EXPECT_EQ(see(frame(7, 1), 3), Seen::duplicate);
    EXPECT_EQ(see(frame(7, 1, 5h), 4), Seen::repeated);
}

TEST_F(LedgerFrames, AFrameOfLongAgoIsRememberedByWhenItCame) {
    const Uplink recorded = frame(7, 1, -30 * 24h);
    EXPECT_EQ(see(recorded, 1), Seen::fresh);
    settle(1);
    settle(2);
    EXPECT_EQ(see(recorded, 3), Seen::duplicate);
    bench_.clock.advance(8 * 24h);
    settle(3);
    settle(4);
    EXPECT_EQ(see(recorded, 5), Seen::fresh) << "a week is what is remembered";
}

TEST_F(LedgerFrames, TheSameFrameWithAnotherPayloadIsAConflictHoweverLate) {
    see_all(0, 10, 0h, 100);
    EXPECT_EQ(see(frame(7, 1, 7h), 20), Seen::conflict);
    EXPECT_EQ(see(frame(7, 107, 7h), 21), Seen::duplicate) << "a conflict does not replace what was seen first";
    EXPECT_EQ(see(frame(7, 2, 3 * 24h), 22), Seen::conflict);
    EXPECT_EQ(see(frame(7, 2, 3 * 24h), 23), Seen::duplicate) << "of what is put aside";
    EXPECT_EQ(see(frame(11, 111, 4 * 24h), 24), Seen::fresh) << "the count has gone on";
    EXPECT_EQ(see(frame(8, 3, 5 * 24h), 25), Seen::conflict) << "nothing bears out what stands alone";
    EXPECT_THAT(due(), IsEmpty());
}

TEST_F(LedgerFrames, AnotherDeviceOrSessionHasItsOwnCounter) {
    EXPECT_EQ(see(frame(7, 1), 1), Seen::fresh);
    Uplink other = frame(7, 2);
    other.device = 2;
    EXPECT_EQ(see(other, 2), Seen::fresh);
    Uplink rejoined = frame(7, 3);
    rejoined.dev_addr = 99;
    EXPECT_EQ(see(rejoined, 3), Seen::fresh);
}

TEST_F(LedgerFrames, ACounterBeginsAnewWithItsSecondFrameAndTheFirstIsDue) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(see(frame(0, 500, 30h), 31), Seen::conflict) << "it may be anything";
    EXPECT_EQ(see(frame(0, 500, 30h + 1s), 32), Seen::duplicate) << "another gateway's copy";
    EXPECT_EQ(see(frame(1, 501, 31h), 33), Seen::fresh) << "the count has begun anew";
    EXPECT_THAT(due(), ElementsAre(31U));
    EXPECT_THAT(due(), IsEmpty()) << "handed out once";
    EXPECT_EQ(see(frame(0, 500, 30h + 2s), 34), Seen::duplicate) << "of the one that is due";
    EXPECT_EQ(see(frame(1, 501, 31h), 35), Seen::duplicate);
    EXPECT_EQ(see(frame(1, 77, 31h), 36), Seen::conflict);
    next_ = 40;
    see_all(2, 30, 32h, 500);
    EXPECT_EQ(see(frame(9, 109, 80h), 90), Seen::repeated) << "a recording from before the counter began anew";
    EXPECT_EQ(see(frame(3, 503, 90h), 91), Seen::repeated) << "and one from after it";
}

TEST_F(LedgerFrames, WhatIsDueIsStillDueAfterAKillUntilItHasBeenTriedAgain) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(see(frame(0, 500, 30h), 31), Seen::conflict);
    next_ = 31;
    settle_and_reopen();
    EXPECT_EQ(see(frame(1, 501, 31h), 33), Seen::fresh) << "what waits is remembered";
    EXPECT_THAT(due(), ElementsAre(31U));
    next_ = 33;
    settle_and_reopen();
    EXPECT_THAT(due(), ElementsAre(31U));
    bench_.ledger->mark_replayed({31});
    next_ = 34;
    settle_and_reopen();
    EXPECT_THAT(due(), IsEmpty());
    EXPECT_EQ(see(frame(0, 500, 30h), 35), Seen::duplicate);
}

TEST_F(LedgerFrames, AServerThatSaysSoBearsItOutAtOnce) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(tell_of_reset(start_ + 29h), Seen::fresh);
    settle_and_reopen();
    EXPECT_EQ(see(frame(4, 504, 30h), 60), Seen::fresh);
    EXPECT_EQ(see(frame(5, 105, 31h), 61), Seen::fresh) << "one after the other, though its payload is that of before";
    EXPECT_EQ(see(frame(4, 504, 30h), 62), Seen::duplicate);
    EXPECT_EQ(see(frame(9, 109, 32h), 63), Seen::repeated) << "it jumps to where a recording would";
}

TEST_F(LedgerFrames, UnderAServersWordARecordingOnlyWaits) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(tell_of_reset(start_ + 29h), Seen::fresh) << "it says so of a recording too";
    EXPECT_EQ(see(frame(4, 104, 30h), 60), Seen::repeated);
    EXPECT_EQ(see(frame(5, 105, 31h), 61), Seen::repeated);
    EXPECT_THAT(due(), IsEmpty());
    EXPECT_EQ(see(frame(6, 7, 32h), 62), Seen::fresh) << "none that was recorded";
    EXPECT_THAT(due(), ElementsAre(60U, 61U));
}

TEST_F(LedgerFrames, OfADeviceThatAlwaysSaysTheSameNothingVanishesAfterARestart) {
    const auto same = [&](std::uint32_t f_cnt, Duration after) { return frame(f_cnt, 1, after + 10min * f_cnt); };
    std::vector<std::uint64_t> all;
    for (std::uint32_t f_cnt = 0; f_cnt <= 500; ++f_cnt) {
        ASSERT_EQ(see(same(f_cnt, 0h), 1 + f_cnt), Seen::fresh);
    }
    for (std::uint32_t f_cnt = 0; f_cnt <= 300; ++f_cnt) {
        ASSERT_EQ(see(same(f_cnt, 84h), 1000 + f_cnt), Seen::repeated) << f_cnt;
        all.push_back(1000 + f_cnt);
        if (f_cnt % 100 == 50) {
            next_ = 1000 + f_cnt;
            settle_and_reopen();
        }
    }
    EXPECT_THAT(due(), IsEmpty()) << "it may all be recorded";
    EXPECT_EQ(see(frame(301, 2, 84h + 10min * 301), 1301), Seen::conflict) << "it says something else";
    all.push_back(1301);
    for (std::uint32_t f_cnt = 302; f_cnt <= 400; ++f_cnt) {
        ASSERT_EQ(see(same(f_cnt, 84h), 1000 + f_cnt), Seen::repeated) << f_cnt;
        all.push_back(1000 + f_cnt);
    }
    EXPECT_EQ(see(frame(401, 3, 84h + 10min * 401), 1401), Seen::fresh) << "and once more, which bears it out";
    EXPECT_EQ(due(), all);
    EXPECT_EQ(see(same(20, 84h), 2000), Seen::duplicate) << "of what was taken in";
}

TEST_F(LedgerFrames, ADeviceThatGoesOnTakesInNothingOfARecordingOfTheWhole) {
    const auto same = [&](std::uint32_t f_cnt, Duration after) { return frame(f_cnt, 1, after + 10min * f_cnt); };
    for (std::uint32_t f_cnt = 0; f_cnt <= 100; ++f_cnt) {
        ASSERT_EQ(see(same(f_cnt, 0h), 1 + f_cnt), Seen::fresh);
    }
    for (std::uint32_t f_cnt = 0; f_cnt <= 100; ++f_cnt) {
        ASSERT_EQ(see(same(f_cnt, 30h), 1000 + f_cnt), Seen::repeated) << f_cnt;
    }
    EXPECT_EQ(see(same(101, 30h), 1101), Seen::fresh);
    EXPECT_THAT(due(), IsEmpty());
}

TEST_F(LedgerFrames, AConflictThatComesAgainMuchLaterIsPutAsideToo) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(see(frame(0, 7, 30h), 31), Seen::conflict);
    EXPECT_EQ(see(frame(0, 7, 30h + 1s), 32), Seen::duplicate);
    EXPECT_EQ(see(frame(0, 7, 40h), 33), Seen::repeated) << "restarted once more";
    EXPECT_EQ(see(frame(0, 7, 40h + 1s), 34), Seen::duplicate);
}

TEST_F(LedgerFrames, ACopyOfAConflictThatIsTheVeryNextIsADuplicate) {
    see_all(0, 10, 0h, 100);
    EXPECT_EQ(see(frame(11, 7, 5h + 30min), 20), Seen::fresh) << "held up, of a count before";
    EXPECT_EQ(see(frame(11, 111, 11h), 21), Seen::conflict);
    EXPECT_EQ(see(frame(11, 111, 11h + 1s), 22), Seen::duplicate) << "another gateway's copy";
    EXPECT_EQ(see(frame(11, 111, 15h), 23), Seen::repeated);
}

TEST_F(LedgerFrames, AServersWordIsWornOutOnceTheCountHasGoneOn) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(tell_of_reset(start_ + 29h), Seen::fresh) << "a frame that was sent again by radio";
    EXPECT_EQ(see(frame(21, 121, 30h), 60), Seen::fresh);
    EXPECT_EQ(see(frame(4, 104, 31h), 61), Seen::repeated);
    EXPECT_EQ(see(frame(5, 7, 32h), 62), Seen::conflict);
}

TEST_F(LedgerFrames, OtherWordsOfAServerBearNothingOut) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(
        tell("log", R"(,"level":"WARNING","code":"UPLINK_F_CNT_RETRANSMISSION","description":"again")", start_ + 29h),
        Seen::fresh);
    EXPECT_EQ(see(frame(4, 7, 30h), 60), Seen::conflict);
}

TEST_F(LedgerFrames, AJoinThatGivesTheSameAddressBearsItOut) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(tell("join", R"(,"devAddr":"00000009")", start_ + 28h), Seen::fresh);
    EXPECT_EQ(see(frame(0, 6, 28h + 30min), 59), Seen::conflict) << "that was another session's";
    EXPECT_EQ(tell("join", R"(,"devAddr":"00000001")", start_ + 29h), Seen::fresh);
    EXPECT_EQ(see(frame(0, 7, 30h), 60), Seen::fresh);
}

TEST_F(LedgerFrames, AfterAJoinTheFramesOfTheNewSessionAreFreshAndTheirCopiesDuplicates) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(tell("join", R"(,"devAddr":"00000002")", start_ + 29h), Seen::fresh);
    for (std::uint32_t f_cnt = 0; f_cnt < 20; ++f_cnt) {
        Uplink next = frame(f_cnt, 7, 29h + 1h * f_cnt);
        next.dev_addr = 2;
        EXPECT_EQ(see(next, next_++), Seen::fresh) << f_cnt;
        next.time += 400ms;
        EXPECT_EQ(see(next, next_++), Seen::duplicate) << f_cnt;
    }
    EXPECT_THAT(due(), IsEmpty());
}

TEST_F(LedgerFrames, AnEventThatIsNoFrameComesOnce) {
    const auto event = lorawan::parse_chirpstack_json(
        "status", fmt::format(R"({{"deduplicationId":"a","time":"{}","deviceInfo":{{"devEui":"{}"}},"margin":7}})",
                              format_instant(start_), device_text(1)));
    ASSERT_TRUE(event) << event.error();
    EXPECT_EQ(bench_.ledger->see_frame(*event, start_, {1}).value(), Seen::fresh);
    EXPECT_EQ(bench_.ledger->see_frame(*event, start_ + 6 * 24h, {2}).value(), Seen::duplicate);
    EXPECT_EQ(bench_.ledger->see_frame(*event, start_, {1}).value(), Seen::fresh) << "looked at again";
}

TEST_F(LedgerFrames, AFirstFrameOfTheNewCountWithThePayloadOfBeforeIsTriedAgainToo) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(see(frame(0, 100, 30h), 31), Seen::repeated) << "it is like a recording";
    EXPECT_EQ(see(frame(1, 7, 31h), 32), Seen::conflict);
    EXPECT_EQ(see(frame(2, 8, 32h), 33), Seen::fresh);
    EXPECT_THAT(due(), ElementsAre(31U, 32U));
}

TEST_F(LedgerFrames, ARecordingBetweenTheFirstFramesOfANewCountDoesNotHideIt) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(see(frame(0, 7, 30h), 31), Seen::conflict);
    EXPECT_EQ(see(frame(9, 109, 30h + 30min), 32), Seen::repeated);
    EXPECT_EQ(see(frame(1, 8, 31h), 33), Seen::fresh);
    EXPECT_THAT(due(), ElementsAre(31U)) << "the recording does not lie between them";
}

TEST_F(LedgerFrames, OfTwoFirstFramesOneIsTriedAgainAndTheOtherStaysAConflict) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(see(frame(0, 7, 30h), 31), Seen::conflict);
    EXPECT_EQ(see(frame(0, 8, 30h + 1min), 32), Seen::conflict);
    EXPECT_EQ(see(frame(1, 9, 31h), 33), Seen::fresh);
    EXPECT_THAT(due(), ElementsAre(31U));
}

TEST_F(LedgerFrames, ANewCountThatReachesRememberedNumbersHasBegunLongBefore) {
    see_all(300, 320, 0h, 1000);
    next_ = 31;
    see_all(290, 325, 30h, 2000);
    EXPECT_THAT(due(), IsEmpty()) << "nothing had to wait";
    EXPECT_EQ(see(frame(310, 1310, 90h), 98), Seen::repeated) << "of the first count";
    EXPECT_EQ(see(frame(310, 7, 91h), 99), Seen::conflict);
}

TEST_F(LedgerFrames, FramesHeldUpOnTheirWayBelongToTheCountOfTheirTime) {
    for (const std::uint32_t f_cnt : {0U, 1U, 2U, 4U, 5U, 6U}) {
        ASSERT_EQ(see(hourly(f_cnt, 0, 0h, 100), next_++), Seen::fresh);
    }
    EXPECT_EQ(see(frame(1, 501, 31h), 31), Seen::conflict);
    EXPECT_EQ(see(frame(2, 502, 32h), 32), Seen::fresh);
    EXPECT_EQ(see(frame(0, 500, 30h), 33), Seen::fresh) << "the first of the new count";
    EXPECT_EQ(see(frame(3, 103, 3h), 34), Seen::fresh) << "one of the old";
    EXPECT_EQ(see(frame(4, 104, 4h), 35), Seen::duplicate);
    EXPECT_EQ(see(frame(3, 503, 33h), 36), Seen::fresh) << "its number was not taken";
    EXPECT_EQ(see(frame(3, 103, 3h), 37), Seen::duplicate);
}

TEST_F(LedgerFrames, AFrameThatWasHeldUpExplainsNothingThatCameAfterIt) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(see(frame(0, 100, 30h), 50), Seen::repeated);
    EXPECT_EQ(see(frame(1, 7, 31h), 51), Seen::conflict);
    EXPECT_EQ(see(frame(21, 121, 21h), 52, start_ + 32h), Seen::fresh) << "the count before goes on";
    EXPECT_EQ(see(frame(2, 8, 33h), 53), Seen::fresh) << "as two say, it has begun anew since";
    EXPECT_THAT(due(), ElementsAre(50, 51));
}

TEST_F(LedgerFrames, TheSecondFrameMayComeBeforeTheFirst) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(see(frame(1, 8, 31h), 31), Seen::conflict);
    EXPECT_EQ(see(frame(0, 7, 30h), 32), Seen::fresh);
    EXPECT_THAT(due(), ElementsAre(31U));
    EXPECT_EQ(see(frame(2, 9, 32h), 33), Seen::fresh);
}

TEST_F(LedgerFrames, ADeviceThatSaysTheSameInBothCountsLosesNothingOnceItSaysSomethingElse) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(see(frame(0, 7, 30h), 31), Seen::conflict);
    EXPECT_EQ(see(frame(1, 8, 31h), 32), Seen::fresh);
    EXPECT_THAT(due(), ElementsAre(31U));
    EXPECT_EQ(see(frame(2, 102, 32h), 33), Seen::fresh) << "the very next";
    EXPECT_EQ(see(frame(5, 105, 35h), 34), Seen::repeated) << "like a recording";
    EXPECT_EQ(see(frame(6, 106, 36h), 35), Seen::repeated);
    EXPECT_EQ(see(frame(7, 9, 37h), 36), Seen::fresh) << "none that was recorded goes on so";
    EXPECT_THAT(due(), ElementsAre(34U, 35U));
}

TEST_F(LedgerFrames, ARecordingOfAFrameThatWaitsIsKnownWhenTheStoredOneIsForgotten) {
    see_all(0, 20, 0h, 100);
    const Duration week = 7 * 24h;
    EXPECT_EQ(see(frame(7, 107, 5 * 24h), 31), Seen::repeated) << "the device may have been restarted";
    bench_.clock.advance(week + 30h);
    next_ = 32;
    settle_and_reopen();
    settle_and_reopen();
    EXPECT_EQ(see(frame(7, 107, week + 30h), 33), Seen::repeated);
}

TEST_F(LedgerFrames, ARecordingOfAFrameThatWasHeldUpIsKnownWhenItsNumberHasComeAgain) {
    const auto restart = [&](std::uint32_t value, Duration at) {
        EXPECT_EQ(see(frame(0, value, at), next_), Seen::conflict);
        EXPECT_EQ(see(frame(1, value + 1, at + 1h), next_ + 1), Seen::fresh) << "the count has begun anew";
        next_ += 2;
    };
    see_all(0, 24, 0h, 100);
    next_ = 40;
    restart(500, 30h);
    see_all(2, 22, 32h, 500);
    next_ = 80;
    restart(800, 60h);
    EXPECT_EQ(see(frame(23, 523, 53h), 90), Seen::fresh) << "held up since the count before";
    next_ = 91;
    see_all(2, 22, 62h, 800);
    EXPECT_EQ(see(frame(23, 123, 90h), 120), Seen::repeated) << "as in the first count";
    EXPECT_EQ(see(frame(24, 824, 91h), 121), Seen::fresh);
    EXPECT_THAT(due(), testing::Contains(120U)) << "the number is this count's";
    next_ = 122;
    restart(1100, 100h);
    EXPECT_EQ(see(frame(23, 523, 103h), 130), Seen::repeated);
}

TEST_F(LedgerFrames, TwoPayloadsOfOneNumberThatWereRepeatedAreBothRemembered) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(see(frame(0, 500, 30h), 31), Seen::conflict);
    EXPECT_EQ(see(frame(1, 501, 31h), 32), Seen::fresh) << "the count has begun anew";
    next_ = 33;
    see_all(2, 20, 32h, 500);
    EXPECT_EQ(see(frame(7, 107, 60h), 61), Seen::repeated);
    EXPECT_EQ(see(frame(21, 521, 61h), 62), Seen::fresh);
    EXPECT_EQ(see(frame(7, 507, 62h), 63), Seen::repeated) << "stands beside the other";
    const Duration week = 7 * 24h;
    bench_.clock.advance(week + 59h);
    next_ = 64;
    settle_and_reopen();
    settle_and_reopen();
    EXPECT_EQ(see(frame(7, 107, week + 59h), 65), Seen::repeated);
    EXPECT_EQ(see(frame(7, 507, week + 59h + 1min), 66), Seen::repeated);
}

TEST_F(LedgerFrames, ARecordingOfAConflictIsNoEvidence) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(see(frame(7, 7, 30h), 31), Seen::conflict);
    EXPECT_EQ(see(frame(21, 121, 31h), 32), Seen::fresh) << "the count goes on";
    EXPECT_EQ(see(frame(9, 9, 32h), 33), Seen::conflict);
    EXPECT_EQ(see(frame(22, 122, 33h), 34), Seen::fresh);
    EXPECT_EQ(see(frame(7, 7, 40h), 35), Seen::repeated);
    EXPECT_EQ(see(frame(9, 9, 41h), 36), Seen::repeated) << "one follows the other, and both are recorded";
    EXPECT_THAT(due(), IsEmpty());
}

TEST_F(LedgerFrames, ARecordingDoesNotTakeThePlaceOfAFrameThatWaits) {
    see_all(0, 20, 0h, 100);
    for (std::uint32_t f_cnt = 0; f_cnt <= 4; ++f_cnt) {
        EXPECT_EQ(see(frame(f_cnt, 100 + f_cnt, 30h + 1h * f_cnt), 31 + f_cnt), Seen::repeated);
    }
    EXPECT_EQ(see(frame(2, 102, 34h + 30min), 41), Seen::repeated);
    EXPECT_EQ(see(frame(9, 109, 34h + 31min), 42), Seen::repeated);
    EXPECT_EQ(see(frame(5, 7, 35h), 51), Seen::conflict);
    EXPECT_EQ(see(frame(6, 8, 36h), 52), Seen::fresh);
    EXPECT_THAT(due(), ElementsAre(31U, 32U, 33U, 34U, 35U, 51U)) << "and neither recording";
}

TEST_F(LedgerFrames, RecordingsAmongTheFramesOfANewCountDoNotBreakTheirRow) {
    see_all(0, 20, 0h, 100);
    for (std::uint32_t f_cnt = 0; f_cnt <= 2; ++f_cnt) {
        EXPECT_EQ(see(frame(f_cnt, 100 + f_cnt, 30h + 1h * f_cnt), 31 + f_cnt), Seen::repeated);
    }
    for (std::uint32_t f_cnt = 6; f_cnt <= 9; ++f_cnt) {
        EXPECT_EQ(see(frame(f_cnt, 100 + f_cnt, 32h + 1min * f_cnt), 36 + f_cnt), Seen::repeated);
    }
    for (std::uint32_t f_cnt = 3; f_cnt <= 9; ++f_cnt) {
        EXPECT_EQ(see(frame(f_cnt, 100 + f_cnt, 30h + 1h * f_cnt), 50 + f_cnt), Seen::repeated);
    }
    EXPECT_EQ(see(frame(10, 7, 40h), 61), Seen::conflict);
    EXPECT_EQ(see(frame(11, 8, 41h), 62), Seen::fresh);
    EXPECT_THAT(due(), ElementsAre(31U, 32U, 33U, 53U, 54U, 55U, 56U, 57U, 58U, 59U, 61U));
}

TEST_F(LedgerFrames, ALongRowWithNumbersLostWeighsMoreThanARecordingThatIsNear) {
    see_all(0, 60, 0h, 100);
    EXPECT_EQ(see(frame(49, 149, 61h), 70), Seen::repeated) << "a recording, before the device is restarted";
    std::vector<std::uint64_t> own;
    for (const std::uint32_t f_cnt : {0U, 1U, 2U, 3U, 4U, 5U, 46U, 47U, 48U, 49U}) {
        EXPECT_EQ(see(frame(f_cnt, 100 + f_cnt, 62h + 1h * f_cnt), 100 + f_cnt), Seen::repeated);
        own.push_back(100 + f_cnt);
    }
    EXPECT_EQ(see(frame(50, 7, 112h), 150), Seen::conflict);
    own.push_back(150);
    EXPECT_EQ(see(frame(51, 8, 113h), 151), Seen::fresh);
    EXPECT_EQ(due(), own) << "all ten, and not the recording";
}

TEST_F(LedgerFrames, OfTwoRowsWithAsManyFramesThatWithFewestNumbersLostIsTaken) {
    see_all(0, 60, 0h, 100);
    EXPECT_EQ(see(frame(10, 110, 61h), 70), Seen::repeated) << "a recording, before the device is restarted";
    EXPECT_EQ(see(frame(30, 130, 62h), 71), Seen::repeated);
    EXPECT_EQ(see(frame(29, 129, 63h), 72), Seen::repeated);
    EXPECT_EQ(see(frame(31, 7, 64h), 73), Seen::conflict);
    EXPECT_EQ(see(frame(32, 8, 65h), 74), Seen::fresh);
    EXPECT_THAT(due(), ElementsAre(70U, 71U, 73U));
}

TEST_F(LedgerFrames, OfManyFramesUnderOneNumberTheRowIsStillFound) {
    constexpr std::uint32_t ports = 60;
    see_all(0, 20, 0h, 100);
    for (std::uint64_t port = 10; port < 10 + ports; ++port) {
        const auto on_port = [&](Duration after, std::uint64_t position) {
            auto event = lorawan::parse_chirpstack_json("up", body_of(frame(3, 103, after)));
            event->f_port = static_cast<std::uint8_t>(port);
            return bench_.ledger->see_frame(*event, start_ + after, {position}).value();
        };
        EXPECT_NE(on_port(4h, 1000 + port), Seen::duplicate);
        EXPECT_EQ(on_port(29h, 2000 + port), Seen::repeated);
    }
    for (std::uint32_t f_cnt = 0; f_cnt <= 5; ++f_cnt) {
        EXPECT_EQ(see(frame(f_cnt, 100 + f_cnt, 30h + 1h * f_cnt), 31 + f_cnt), Seen::repeated);
    }
    EXPECT_EQ(see(frame(6, 7, 36h), 51), Seen::conflict);
    EXPECT_EQ(see(frame(7, 8, 37h), 52), Seen::fresh);
    EXPECT_THAT(due(), ElementsAre(31U, 32U, 33U, 34U, 35U, 36U, 51U));
}

TEST_F(LedgerFrames, ADeviceWhoseEveryFrameIsItsFirstIsPutAside) {
    see_all(0, 5, 0h, 100);
    for (std::uint32_t round = 0; round < 5; ++round) {
        EXPECT_EQ(see(frame(0, 7 + round, 30h + 1h * round), 31 + round), Seen::conflict);
    }
    EXPECT_THAT(due(), IsEmpty());
}

TEST_F(LedgerFrames, AJumpAheadThatWasNoneIsMadeGoodByTheNextTwoFrames) {
    see_all(0, 20, 0h, 100);
    EXPECT_EQ(see(frame(60'000, 7, 21h), 31), Seen::fresh);
    next_ = 32;
    see_all(21, 40, 22h, 100);
    EXPECT_EQ(see(frame(60'000, 7, 60h), 91), Seen::repeated);
    EXPECT_EQ(see(frame(12, 112, 61h), 92), Seen::repeated);
}

TEST_F(LedgerFrames, ASmallCountThatIsOutrunAtOnceLeavesItsFirstFrameAside) {
    EXPECT_EQ(see(frame(0, 1), 1), Seen::fresh);
    EXPECT_EQ(see(frame(0, 2, 5h), 2), Seen::conflict);
    EXPECT_EQ(see(frame(1, 3, 6h), 3), Seen::fresh) << "the first count may just as well have gone on";
    EXPECT_THAT(due(), IsEmpty());
}

TEST_F(LedgerFrames, AStampFarAheadDoesNotHideThatACounterBeginsAnew) {
    EXPECT_EQ(see(frame(0, 1), 1), Seen::fresh);
    EXPECT_EQ(see(frame(1, 2, days{9000}), 2, start_), Seen::fresh);
    EXPECT_EQ(see(frame(2, 2, days{9000}), 3, start_ + 1h), Seen::fresh);
    EXPECT_EQ(see(frame(0, 3, 24h), 4), Seen::conflict);
    EXPECT_EQ(see(frame(1, 4, 25h), 5), Seen::fresh);
}

TEST_F(LedgerFrames, ADeviceWhoseServerHasNoClockCountsByTheTimeOfReceipt) {
    see_all(0, 9, 0h, 100);
    Uplink unset = frame(0, 7);
    unset.time = Instant{5h};
    EXPECT_EQ(see(unset, 31, start_ + 30h), Seen::conflict);
    unset.f_cnt = 1;
    EXPECT_EQ(see(unset, 32, start_ + 31h), Seen::fresh);
}

TEST_F(LedgerFrames, AMessageLookedAtAgainAtItsOwnPositionIsFreshAndSettlesTwice) {
    EXPECT_EQ(see(frame(7, 1), 1), Seen::fresh);
    settle(0);  // memory was full before the message could be stored
    EXPECT_EQ(see(frame(7, 1), 1), Seen::fresh);
    settle(1);
    EXPECT_EQ(see(frame(7, 1), 2), Seen::duplicate);
}

TEST_F(LedgerFrames, WhatBearsACountOutDoesSoOnceThoughItIsLookedAtAgain) {
    see_all(0, 20, 0h, 100);
    for (int look = 0; look < 2; ++look) {
        EXPECT_EQ(see(frame(0, 7, 30h), 31), Seen::conflict);
        settle(30);
    }
    for (int look = 0; look < 3; ++look) {
        EXPECT_EQ(see(frame(1, 8, 31h), 32), Seen::fresh);
        settle(31);
    }
    EXPECT_EQ(see(frame(2, 9, 32h), 33), Seen::fresh);
    EXPECT_EQ(see(frame(2, 1, 32h), 34), Seen::conflict);
    EXPECT_THAT(due(), ElementsAre(31U));
}

TEST(WaitingFrames, ComeBackFromTheirText) {
    const std::vector<WaitingFrame> waiting{{WaitingFrame::Kind::conflict,
                                             {.f_cnt = 4'000'000'000,
                                              .f_port = 223,
                                              .payload_crc = 4'294'967'295,
                                              .time = Instant{Duration{-5}},
                                              .received = Instant{7h},
                                              .position = {9}}},
                                            {}};
    EXPECT_EQ(waiting_from_text(to_text(waiting)).value(), waiting);
    EXPECT_EQ(to_text({}), "");
    EXPECT_THAT(waiting_from_text("[[3,1,2,3,4,5,6]]").value(), IsEmpty()) << "copies do not wait here any more";
    EXPECT_THAT(waiting_from_text("").value(), IsEmpty());
    for (const std::string_view text :
         {"x", "{}", "[1]", "[[0,1,2,3,4,5]]", "[[4,1,2,3,4,5,6]]", "[[0,1,2,3,4,5,true]]"}) {
        EXPECT_EQ(waiting_from_text(text).error().code, Errc::damaged) << text;
    }
}

}  // namespace
}  // namespace bypuls::ingest::pipeline
