#include "platform/journal/journal.h"

#include <algorithm>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <unistd.h>

#include "core/simulated/files.h"
#include "platform/journal/fixture_test.h"

namespace bypuls::journal {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Journal, WhatIsKeptIsReadBackInOrderAfterReopening) {
    Bench bench;
    auto journal = bench.open();
    EXPECT_EQ(journal->last(), Position{0});
    EXPECT_EQ(journal->first(), Position{1});
    EXPECT_EQ(journal->append_and_wait(
                  {.type = 7, .source = "chirpstack", .received = Instant{5s}, .payload = as_bytes("up")}),
              Position{1});
    EXPECT_EQ(journal->append_and_wait({.type = 8, .source = "", .received = Instant{-1us}, .payload = {}}),
              Position{2});
    EXPECT_EQ(journal->last(), Position{2});
    journal.reset();

    journal = bench.open();

    EXPECT_TRUE(bench.report.clean()) << bench.report.summary();
    const auto records = read_all(*journal);
    ASSERT_THAT(records, SizeIs(2));
    EXPECT_EQ(
        records[0],
        (Record{
            .position = {1}, .type = 7, .source = "chirpstack", .received = Instant{5s}, .payload = bytes_of("up")}));
    EXPECT_EQ(records[1].received, Instant{-1us});
    EXPECT_EQ(journal->append_and_wait(entry("next")), Position{3});
}

TEST(Journal, ABatchGetsConsecutivePositionsAndOneSync) {
    Bench bench;
    auto journal = bench.open();
    ASSERT_TRUE(journal->start_new_segment().has_value());
    const auto syncs = bench.files.operations(FileOperation::sync);
    const std::vector<Entry> batch{entry("a"), entry("b"), entry("c")};

    EXPECT_EQ(journal->append_and_wait(batch), Position{1});
    EXPECT_EQ(journal->append_and_wait(entry("d")), Position{4});

    EXPECT_EQ(bench.files.operations(FileOperation::sync), syncs + 2);
    EXPECT_THAT(payloads(read_all(*journal)), ElementsAre("a", "b", "c", "d"));
    EXPECT_EQ(journal->append_and_wait(std::vector<Entry>{}).error().code, Errc::malformed);
}

TEST(Journal, AReaderFollowsTheWriterAcrossSegments) {
    Bench bench;
    bench.options.segment_bytes = 5000;
    auto journal = bench.open();
    auto reader = journal->read_from({1}).value();
    EXPECT_EQ(reader.next().value(), std::nullopt);
    for (int i = 0; i < 40; ++i) {
        const auto text = std::to_string(i) + std::string(100, '.');
        ASSERT_TRUE(journal->append_and_wait(entry(text)).has_value());
        const auto record = reader.next().value();
        ASSERT_TRUE(record.has_value());
        EXPECT_EQ(as_text(record->payload), text);
        EXPECT_EQ(reader.next().value(), std::nullopt);
    }
    EXPECT_GT(journal->health().segments, 5U);
    EXPECT_THAT(reader.take_gaps(), IsEmpty());
    auto later = journal->read_from({20}).value();
    EXPECT_EQ(later.next().value()->position, Position{20});
    EXPECT_EQ(reader.position(), Position{41});
}

TEST(Journal, ACursorBeyondTheEndIsRefusedInsteadOfSkippingWhatComes) {
    Bench bench;
    auto journal = bench.open();
    ASSERT_TRUE(journal->append_and_wait(entry("a")).has_value());
    EXPECT_TRUE(journal->read_from({2}).has_value());
    const auto beyond = journal->read_from({3});
    EXPECT_EQ(beyond.error().code, Errc::conflict);
}

TEST(Journal, PositionsAreGivenAboveWhatAReaderHasSeenEvenIfTheEndIsLost) {
    Bench bench;
    auto journal = bench.open();
    ASSERT_TRUE(journal->append_and_wait(entry("a")).has_value());
    journal.reset();
    bench.options.highest_seen = {9};
    journal = bench.open();
    EXPECT_FALSE(bench.report.clean());
    auto reader = journal->read_from({1}).value();

    EXPECT_EQ(journal->append_and_wait(entry("b")), Position{10});

    EXPECT_EQ(reader.next().value()->position, Position{1});
    EXPECT_EQ(reader.next().value()->position, Position{10});
    EXPECT_THAT(reader.take_gaps(), ElementsAre(testing::AllOf(testing::Field(&Gap::first, Position{2}),
                                                               testing::Field(&Gap::last, Position{9}))));
    journal.reset();
    bench.options.highest_seen = {};
    journal = bench.open();
    EXPECT_EQ(journal->append_and_wait(entry("c")), Position{11});
}

TEST(Journal, ReleasingRemovesWholeSegmentsAndNumbersGoOn) {
    Bench bench;
    bench.options.segment_bytes = 5000;
    auto journal = bench.open();
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(journal->append_and_wait(entry(std::string(150, 'x'))).has_value());
    }
    auto old_reader = journal->read_from({1}).value();
    ASSERT_TRUE(old_reader.next().value().has_value());
    const auto before = journal->bytes();

    ASSERT_TRUE(journal->release_before({11}).has_value());

    EXPECT_LT(journal->bytes(), before);
    EXPECT_GT(journal->first(), Position{1});
    EXPECT_LE(journal->first(), Position{11});
    EXPECT_EQ(journal->read_from({11}).value().next().value()->position, Position{11});
    auto late = journal->read_from({1}).value();
    EXPECT_EQ(late.next().value()->position, journal->first());
    const auto gaps = late.take_gaps();
    ASSERT_THAT(gaps, SizeIs(1));
    EXPECT_THAT(gaps[0].what, HasSubstr("released"));
    EXPECT_EQ(journal->health().records_damaged, 0U) << "releasing is no damage";
    ASSERT_TRUE(journal->release_before({1000}).has_value());
    EXPECT_EQ(journal->health().segments, 1U) << "the segment being written stays";
    ASSERT_TRUE(journal->start_new_segment().has_value());
    ASSERT_TRUE(journal->start_new_segment().has_value()) << "an empty one is new already";
    ASSERT_TRUE(journal->release_before({1000}).has_value());
    EXPECT_THAT(read_all(*journal), IsEmpty());
    EXPECT_EQ(journal->first(), Position{21});
    journal.reset();
    bench.files.crash();
    journal = bench.open();
    EXPECT_EQ(journal->append_and_wait(entry("on")), Position{21});
    EXPECT_THAT(payloads(read_all(*journal)), ElementsAre("on"));
}

TEST(Journal, AnOpenReaderFinishesASegmentThatIsReleasedUnderIt) {
    Bench bench;
    bench.options.segment_bytes = 6000;
    auto journal = bench.open();
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(journal->append_and_wait(entry(std::to_string(i) + std::string(150, 'x'))).has_value());
    }
    auto reader = journal->read_from({1}).value();
    ASSERT_TRUE(reader.next().value().has_value());
    ASSERT_TRUE(journal->release_before({1000}).has_value());
    EXPECT_EQ(reader.next().value()->position, Position{2});
    std::uint64_t last = 2;
    while (const auto record = reader.next().value()) {
        EXPECT_GT(record->position.value, last);
        last = record->position.value;
    }
    EXPECT_EQ(last, 20U);
}

TEST(Journal, TooLargeEntriesAreRefusedAtOnce) {
    Bench bench;
    bench.options.record_bytes_max = 10;
    auto journal = bench.open();
    EXPECT_EQ(journal->append_and_wait(entry(std::string(11, 'x'))).error().code, Errc::malformed);
    EXPECT_TRUE(journal->append_and_wait(entry(std::string(10, 'x'))).has_value());
    const std::string source(256, 's');
    EXPECT_EQ(journal->append_and_wait({.type = 0, .source = source, .received = {}, .payload = {}}).error().code,
              Errc::malformed);
    EXPECT_EQ(journal->health().records_refused, 2U);
    EXPECT_TRUE(journal->health().ok);
}

TEST(Journal, EveryoneWhoCameDuringOneSyncSharesTheNext) {
    Bench bench;
    bench.options.mode = Mode::background;
    auto journal = bench.open();
    ASSERT_TRUE(journal->start_new_segment().has_value());
    bench.files.hold_syncs();
    std::vector<std::promise<Result<Position>>> kept(11);
    journal->append(entry("first"), [&](Result<Position> p) { kept[0].set_value(p); });
    bench.files.await_held_sync();
    const auto syncs = bench.files.operations(FileOperation::sync);
    for (std::size_t i = 1; i < kept.size(); ++i) {
        journal->append(entry("one of many"), [&kept, i](Result<Position> p) { kept[i].set_value(p); });
    }
    EXPECT_EQ(journal->last(), Position{0}) << "nothing is durable while the sync runs";
    auto reader = journal->read_from({1}).value();
    EXPECT_EQ(reader.next().value(), std::nullopt) << "and nothing is served";
    bench.files.release_syncs();

    for (std::size_t i = 0; i < kept.size(); ++i) {
        EXPECT_EQ(kept[i].get_future().get(), Position{i + 1});
    }
    EXPECT_EQ(bench.files.operations(FileOperation::sync), syncs + 2);
    EXPECT_EQ(journal->health().commits, 2U);
}

TEST(Journal, AFullQueueRefusesAndKeepsWhatItAccepted) {
    Bench bench;
    bench.options.mode = Mode::background;
    bench.options.queue_bytes_max = 1000;
    auto journal = bench.open();
    ASSERT_TRUE(journal->start_new_segment().has_value());
    bench.files.hold_syncs();
    std::mutex mutex;
    std::vector<Result<Position>> outcomes;
    for (int i = 0; i < 10; ++i) {
        journal->append(entry(std::string(200, 'x')), [&](Result<Position> p) {
            const std::lock_guard lock(mutex);
            outcomes.push_back(std::move(p));
        });
    }
    EXPECT_LE(journal->health().queue_bytes, 1000U);
    EXPECT_FALSE(journal->health().disk_full) << "the queue is full, the disk is not";
    bench.files.release_syncs();
    journal.reset();

    ASSERT_THAT(outcomes, SizeIs(10)) << "every completion ran once";
    const auto refused = std::ranges::count_if(outcomes, [](const auto& o) { return !o; });
    EXPECT_EQ(refused, 6) << "records of 248 bytes: four fit in 1000";
    for (const auto& outcome : outcomes) {
        EXPECT_TRUE(outcome || outcome.error().code == Errc::exhausted);
    }
}

TEST(Journal, ClosingCommitsWhatWasAccepted) {
    Bench bench;
    bench.options.mode = Mode::background;
    auto journal = bench.open();
    std::atomic<int> kept{0};
    for (int i = 0; i < 100; ++i) {
        journal->append(entry("x"), [&](Result<Position> p) { kept += p.has_value(); });
    }
    journal.reset();
    EXPECT_EQ(kept, 100);
    EXPECT_THAT(read_all(*bench.open()), SizeIs(100));
}

TEST(Journal, ManyWritersAndReadersAtOnceLoseNothing) {
    Bench bench;
    bench.options.mode = Mode::background;
    bench.options.segment_bytes = 16384;
    std::atomic<std::uint64_t> told{0};
    bench.options.on_commit = [&](Position last) { told = last.value; };
    auto journal = bench.open();
    constexpr int writers = 8;
    constexpr int each = 100;
    std::mutex mutex;
    std::map<Position, std::string> acknowledged;
    std::vector<std::thread> threads;
    for (int w = 0; w < writers; ++w) {
        threads.emplace_back([&, w] {
            for (int i = 0; i < each; ++i) {
                const auto text = std::to_string(w) + ":" + std::to_string(i);
                const auto position = journal->append_and_wait(entry(text));
                ASSERT_TRUE(position.has_value());
                const std::lock_guard lock(mutex);
                ASSERT_TRUE(acknowledged.emplace(*position, text).second);
            }
        });
    }
    std::vector<Record> seen;
    std::thread reading([&] {
        auto reader = journal->read_from({1}).value();
        while (seen.size() < writers * each) {
            auto record = reader.next();
            ASSERT_TRUE(record.has_value());
            if (*record) {
                seen.push_back(std::move(**record));
            } else {
                std::this_thread::yield();
            }
        }
        EXPECT_THAT(reader.take_gaps(), IsEmpty());
    });
    for (auto& thread : threads) {
        thread.join();
    }
    reading.join();
    EXPECT_EQ(told, writers * each);
    std::uint64_t position = 0;
    for (const auto& record : seen) {
        EXPECT_EQ(record.position.value, ++position);
        EXPECT_EQ(as_text(record.payload), acknowledged.at(record.position));
    }
}

TEST(Journal, HealthCountsWhatHappened) {
    Bench bench;
    auto journal = bench.open();
    ASSERT_TRUE(journal->append_and_wait(std::vector<Entry>{entry("a"), entry("b")}).has_value());
    const auto health = journal->health();
    EXPECT_TRUE(health.ok);
    EXPECT_TRUE(health.accepting);
    EXPECT_EQ(health.records_appended, 2U);
    EXPECT_EQ(health.commits, 1U);
    EXPECT_EQ(health.bytes_appended, 2 * 48U);
    EXPECT_EQ(health.bytes_kept, journal->bytes());
    EXPECT_EQ(health.sync_times.counts[0], 2U) << "one for the segment, one for the commit";
}

TEST(Journal, TheSystemsOwnFilesWorkAsTheSimulatedOnes) {
    const std::string folder = testing::TempDir() + "bypuls_journal_test/" + std::to_string(::getpid());
    SystemClock clock;
    RecoveryReport report;
    const Options options{.segment_bytes = 16384, .reserve_bytes = 0};
    auto journal = open(posix_files(), folder, options, clock, report).value();
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(journal->append_and_wait(entry(std::to_string(i) + std::string(500, ' '))).has_value());
    }
    journal.reset();
    journal = open(posix_files(), folder, options, clock, report).value();
    EXPECT_TRUE(report.clean()) << report.summary();
    EXPECT_THAT(read_all(*journal), SizeIs(100));
    EXPECT_EQ(verify(posix_files(), folder).value().records, 100U);
    ASSERT_TRUE(journal->start_new_segment().has_value());
    ASSERT_TRUE(journal->release_before({1000}).has_value());
    journal.reset();
    const auto names = posix_files().list(folder).value();
    EXPECT_THAT(names, SizeIs(1));
    for (const auto& name : names) {
        ASSERT_TRUE(posix_files().remove(folder + "/" + name).has_value());
    }
}

}  // namespace
}  // namespace bypuls::journal
