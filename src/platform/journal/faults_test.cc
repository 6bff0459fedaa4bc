// The disk fails, fills and forgets, by seed; after every reopening what was acknowledged must be there.
#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>

#include "core/simulated/files.h"
#include "platform/journal/fixture_test.h"
#include "platform/journal/journal.h"

namespace bypuls::journal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string payload_of(std::uint64_t number, std::size_t size) {
    return std::to_string(number) + ":" + std::string(size, static_cast<char>('a' + number % 26));
}

/// What was sent, what was acknowledged where, and what a reader has been shown.
struct Ledger {
    std::set<std::string> sent;
    std::map<Position, std::string> acknowledged;
    std::map<Position, std::string> seen;
    Position released{1};

    /// acknowledged ⊆ recovered ⊆ sent, in order, nothing twice, and nobody was shown anything else before.
    void compare(const std::vector<Record>& records, const std::string& where) const {
        std::map<Position, std::string> recovered;
        std::set<std::string> texts;
        std::uint64_t last = 0;
        for (const auto& record : records) {
            const std::string text(as_text(record.payload));
            ASSERT_GT(record.position.value, last) << where;
            last = record.position.value;
            ASSERT_TRUE(sent.contains(text)) << where << ": never sent: " << text.substr(0, 20);
            ASSERT_TRUE(texts.insert(text).second) << where << ": twice: " << text.substr(0, 20);
            recovered.emplace(record.position, text);
        }
        for (const auto* known : {&acknowledged, &seen}) {
            for (auto it = known->lower_bound(released); it != known->end(); ++it) {
                ASSERT_TRUE(recovered.contains(it->first)) << where << ": lost position " << it->first.value;
                ASSERT_EQ(recovered.at(it->first), it->second) << where << " at position " << it->first.value;
            }
        }
    }
};

/// Random appending, reading, releasing, failing, restarting and crashing.
class Storm {
public:
    explicit Storm(std::uint64_t seed) : bench_(seed), random_(seed), where_("seed " + std::to_string(seed)) {
        bench_.options.segment_bytes = 4608 + random_.below(4000);
        bench_.options.flush_bytes = 2000;
        bench_.options.write_ahead_bytes = random_.below(2) * random_.below(3000);
    }

    void run(int steps) {
        for (int step = 0; step < steps && !testing::Test::HasFatalFailure(); ++step) {
            if (!journal_ && !reopen()) {
                continue;
            }
            switch (random_.below(16)) {
                case 0: restart(false); break;
                case 1: restart(true); break;
                case 2: bench_.files.fail_operation(1 + random_.below(12), DiskFault::input_output); break;
                case 3: bench_.files.fail_operation(1 + random_.below(12), DiskFault::no_space); break;
                case 4:
                    bench_.files.fail_operation(FileOperation::sync, 1 + random_.below(3), DiskFault::input_output);
                    break;
                case 5: release(); break;
                case 6: std::ignore = journal_->start_new_segment(); break;
                case 7: read(); break;
                default: append(); break;
            }
        }
        bench_.files.mend();
        restart(true);
        ASSERT_TRUE(reopen()) << where_;
        EXPECT_TRUE(journal_->append_and_wait(entry("the disk works again")).has_value()) << where_;
    }

private:
    void append() {
        std::vector<std::string> texts;
        std::vector<Entry> batch;
        for (auto count = 1 + random_.below(4); count > 0; --count) {
            texts.push_back(payload_of(++number_, random_.below(10) == 0 ? random_.below(3000) : random_.below(60)));
            ledger_.sent.insert(texts.back());
        }
        for (const auto& text : texts) {
            batch.push_back(entry(text));
        }
        auto position = journal_->append_and_wait(batch);
        for (std::size_t i = 0; position && i < texts.size(); ++i) {
            ASSERT_TRUE(ledger_.acknowledged.emplace(Position{position->value + i}, texts[i]).second)
                << where_ << ": position given twice";
        }
    }

    void read() {
        auto reader = journal_->read_from(journal_->first());
        ASSERT_TRUE(reader.has_value()) << where_;
        for (;;) {
            const auto record = reader->next();
            if (!record || !*record) {
                return;  // a disk that cannot be read just now
            }
            const auto [it, fresh] = ledger_.seen.emplace((*record)->position, as_text((*record)->payload));
            ASSERT_EQ(it->second, as_text((*record)->payload)) << where_ << ": a position changed its content";
        }
    }

    void release() {
        const Position from{journal_->first().value + random_.below(8)};
        ledger_.released = std::max(ledger_.released, from);
        std::ignore = journal_->release_before(from);
    }

    void restart(bool power_cut) {
        journal_.reset();
        if (power_cut) {
            bench_.files.crash();
        }
    }

    bool reopen() {
        auto opened = bench_.try_open();
        if (!opened) {
            return false;
        }
        journal_ = std::move(*opened);
        EXPECT_EQ(bench_.report.records_damaged, 0U) << where_ << bench_.report.summary();
        auto records = read_patiently();
        ledger_.compare(records, where_);
        for (const auto& record : records) {
            ledger_.seen.emplace(record.position, as_text(record.payload));
        }
        return true;
    }

    /// Past the faults that are still waiting: the reader stays where it is when the disk fails.
    std::vector<Record> read_patiently() {
        std::vector<Record> records;
        auto reader = journal_->read_from({1});
        EXPECT_TRUE(reader.has_value());
        for (int faults = 0; faults < 100;) {
            auto record = reader->next();
            if (!record) {
                ++faults;
            } else if (*record) {
                records.push_back(std::move(**record));
            } else {
                break;
            }
        }
        // What may be missing is a commit that was torn; the ledger tells that nobody was told it is kept.
        for (const auto& gap : reader->take_gaps()) {
            EXPECT_TRUE(std::ranges::none_of(ledger_.acknowledged, [&](const auto& kept) {
                return gap.first <= kept.first && kept.first <= gap.last && kept.first >= ledger_.released;
            })) << where_;
        }
        return records;
    }

    Bench bench_;
    SeededRandom random_;
    std::string where_;
    std::unique_ptr<Journal> journal_;
    Ledger ledger_;
    std::uint64_t number_ = 0;
};

TEST(JournalFaults, WhateverTheDiskDoesNothingAcknowledgedIsLost) {
    for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
        Storm(seed).run(60);
        ASSERT_FALSE(HasFailure()) << "seed " << seed;
    }
}

/// The same small story every time; how it ends depends on which operation failed.
void tell_story(Bench& bench, Ledger& ledger) {
    auto journal = bench.try_open();
    for (std::uint64_t i = 0; journal && i < 12; ++i) {
        const auto text = payload_of(i, 100 + 40 * i);
        ledger.sent.insert(text);
        if (const auto position = (*journal)->append_and_wait(entry(text))) {
            EXPECT_TRUE(ledger.acknowledged.emplace(*position, text).second) << "position given twice";
        }
        if (i == 8) {
            ledger.released = {4};
            std::ignore = (*journal)->release_before({4});
        }
    }
}

void expect_whole_story(std::uint64_t nth, DiskFault fault, FaultLength length, bool power_cut, bool& reached) {
    const std::string where = "operation " + std::to_string(nth) + (power_cut ? " and a crash" : "");
    Bench bench(nth);
    bench.options.write_ahead_bytes = 500;
    bench.options.segment_bytes = 6000;
    Ledger ledger;
    bench.files.fail_operation(nth, fault, length);
    tell_story(bench, ledger);
    reached = bench.files.operations() >= nth;
    bench.files.mend();
    if (power_cut) {
        bench.files.crash();
    }
    auto journal = bench.open();
    ASSERT_TRUE(journal) << where;
    EXPECT_EQ(bench.report.records_damaged, 0U) << where << bench.report.summary();
    ledger.compare(read_all(*journal), where);
    ASSERT_TRUE(journal->append_and_wait(entry("after")).has_value()) << where;
    journal.reset();
    bench.files.crash();
    journal = bench.open();
    ledger.sent.insert("after");
    ledger.compare(read_all(*journal), where + ", reopened");
}

TEST(JournalFaults, EveryOperationMayFailOnce) {
    for (const auto fault : {DiskFault::input_output, DiskFault::no_space}) {
        for (const auto length : {FaultLength::once, FaultLength::until_mended}) {
            for (const bool power_cut : {false, true}) {
                bool reached = true;
                std::uint64_t nth = 1;
                for (; reached; ++nth) {
                    expect_whole_story(nth, fault, length, power_cut, reached);
                    ASSERT_FALSE(HasFailure());
                }
                EXPECT_GT(nth, 60U) << "the story has that many operations at least";
            }
        }
    }
}

TEST(JournalFaults, AFailedSyncAcknowledgesNobodyAndSealsTheSegment) {
    Bench bench;
    auto journal = bench.open();
    ASSERT_EQ(journal->append_and_wait(entry("safe")), Position{1});
    bench.files.fail_operation(FileOperation::sync, 1, DiskFault::input_output);

    const auto refused = journal->append_and_wait(std::vector<Entry>{entry("in doubt"), entry("in doubt too")});

    EXPECT_EQ(refused.error().code, Errc::unavailable);
    EXPECT_FALSE(journal->health().ok);
    EXPECT_FALSE(journal->health().accepting);
    EXPECT_THAT(journal->health().reason, HasSubstr("Input/output error"));
    EXPECT_EQ(journal->health().records_refused, 2U);
    EXPECT_THAT(payloads(read_all(*journal)), ElementsAre("safe"));
    const auto sealed = bench.files.contents(Bench::path()).value();

    EXPECT_EQ(journal->append_and_wait(entry("later")), Position{2});

    EXPECT_EQ(bench.files.contents(Bench::path()).value(), sealed) << "nothing more goes into a sealed segment";
    EXPECT_TRUE(bench.files.contents(Bench::path({2})).has_value());
    EXPECT_TRUE(journal->health().accepting);
    EXPECT_FALSE(journal->health().ok) << "a disk that failed once is not trusted again";
    EXPECT_THAT(journal->health().reason, HasSubstr("check the disk"));
    EXPECT_THAT(payloads(read_all(*journal)), ElementsAre("safe", "later"));
    journal.reset();
    bench.files.crash();
    journal = bench.open();
    EXPECT_THAT(payloads(read_all(*journal)), ElementsAre("safe", "later"));
}

TEST(JournalFaults, WhatWasRefusedDoesNotComeBackUnderAPositionGivenToAnother) {
    Bench bench;
    auto journal = bench.open();
    ASSERT_TRUE(journal->append_and_wait(entry("safe")).has_value());
    bench.files.fail_operation(FileOperation::sync, 1, DiskFault::input_output);
    bench.files.fail_operation(FileOperation::truncate, 1, DiskFault::input_output);
    ASSERT_FALSE(journal->append_and_wait(std::vector<Entry>{entry("refused"), entry("refused")}).has_value());
    ASSERT_EQ(journal->append_and_wait(entry("later")), Position{2});
    EXPECT_THAT(payloads(read_all(*journal)), ElementsAre("safe", "later"));
    journal.reset();

    journal = bench.open();

    EXPECT_TRUE(bench.report.clean()) << bench.report.summary();
    EXPECT_THAT(payloads(read_all(*journal)), ElementsAre("safe", "later"));
    EXPECT_EQ(verify(bench.files, "data/journal").value().records, 2U);
}

TEST(JournalFaults, WhatOpeningFindsIsDurableBeforeItIsServed) {
    for (std::uint64_t seed = 1; seed < 100; ++seed) {
        Bench bench(seed);
        auto journal = bench.open();
        ASSERT_TRUE(journal->append_and_wait(entry("safe")).has_value());
        bench.files.fail_operation(FileOperation::sync, 1, DiskFault::input_output);
        bench.files.fail_operation(FileOperation::truncate, 1, DiskFault::input_output);
        ASSERT_FALSE(journal->append_and_wait(entry("in the system's memory alone")).has_value());
        journal.reset();  // the process ends; the machine does not
        journal = bench.open();
        const auto shown = payloads(read_all(*journal));
        journal.reset();

        bench.files.crash();

        journal = bench.open();
        ASSERT_EQ(payloads(read_all(*journal)), shown) << "seed " << seed;
    }
}

TEST(JournalFaults, AFullDiskRefusesWritersServesReadersAndGoesOnByItself) {
    Bench bench;
    auto journal = bench.open();
    ASSERT_TRUE(journal->append_and_wait(entry("before")).has_value());
    bench.files.set_capacity(bench.files.used_bytes() + 100);

    const auto refused = journal->append_and_wait(entry(std::string(200, 'x')));

    EXPECT_EQ(refused.error().code, Errc::exhausted);
    EXPECT_TRUE(journal->health().disk_full);
    EXPECT_TRUE(journal->health().ok) << "full is not broken";
    EXPECT_FALSE(journal->health().accepting);
    EXPECT_THAT(payloads(read_all(*journal)), ElementsAre("before"));
    bench.files.set_capacity(1U << 20U);
    EXPECT_EQ(journal->append_and_wait(entry("after")), Position{2});
    EXPECT_FALSE(journal->health().disk_full);
    EXPECT_EQ(journal->health().reason, "");
    EXPECT_EQ(bench.changes, 2) << "full, and no longer";
    EXPECT_EQ(journal->health().segments, 1U);
    journal.reset();
    bench.files.crash();
    journal = bench.open();
    EXPECT_TRUE(bench.report.clean()) << bench.report.summary();
    EXPECT_THAT(payloads(read_all(*journal)), ElementsAre("before", "after"));
}

TEST(JournalFaults, APartlyWrittenCommitIsTakenBackWhenTheDiskFills) {
    Bench bench;
    auto journal = bench.open();
    ASSERT_TRUE(journal->append_and_wait(entry("before")).has_value());
    const auto size = bench.files.contents(Bench::path())->size();
    // The reserve keeps this from happening, but another program may take the space between the two.
    bench.files.fail_operation(FileOperation::free_bytes, 1, DiskFault::input_output);
    bench.files.set_capacity(bench.files.used_bytes() + 100);
    EXPECT_EQ(journal->append_and_wait(std::vector<Entry>{entry("a"), entry("b"), entry("c")}).error().code,
              Errc::exhausted);
    EXPECT_EQ(bench.files.contents(Bench::path())->size(), size);
    bench.files.set_capacity(1U << 20U);
    EXPECT_EQ(journal->append_and_wait(entry("after")), Position{2});
    EXPECT_THAT(payloads(read_all(*journal)), ElementsAre("before", "after"));
}

TEST(JournalFaults, ZerosThatCannotBeWrittenAheadAreDoneWithout) {
    Bench bench;
    bench.options.write_ahead_bytes = 1000;
    auto journal = bench.open();
    ASSERT_TRUE(journal->start_new_segment().has_value());
    bench.files.set_capacity(bench.files.used_bytes() + 150);
    EXPECT_EQ(journal->append_and_wait(entry("a")), Position{1});
    EXPECT_EQ(journal->append_and_wait(entry("b")), Position{2});
    EXPECT_TRUE(journal->health().ok);
    journal.reset();
    bench.files.crash();
    journal = bench.open();
    EXPECT_TRUE(bench.report.clean()) << bench.report.summary();
    EXPECT_THAT(payloads(read_all(*journal)), ElementsAre("a", "b"));
}

TEST(JournalFaults, TheReserveIsLeftForWhatEmptiesTheJournal) {
    Bench bench;
    bench.options.reserve_bytes = 10'000;
    bench.files.set_capacity(20'000);
    auto journal = bench.open();
    Result<Position> kept = Position{};
    for (int i = 0; i < 100 && kept; ++i) {
        kept = journal->append_and_wait(entry(std::string(500, 'x')));
    }
    ASSERT_FALSE(kept.has_value());
    EXPECT_EQ(kept.error().code, Errc::exhausted);
    EXPECT_GE(bench.files.free_bytes("data/journal").value(), 10'000U);
    EXPECT_TRUE(journal->health().disk_full);
}

TEST(JournalFaults, AFailedSyncRefusesEveryoneInTheCommitAndTheQueueGoesOn) {
    Bench bench;
    bench.options.mode = Mode::background;
    auto journal = bench.open();
    ASSERT_TRUE(journal->append_and_wait(entry("safe")).has_value());
    bench.files.hold_syncs();
    std::vector<Result<Position>> outcomes;
    const auto note = [&](Result<Position> p) { outcomes.push_back(std::move(p)); };
    journal->append(entry("a"), note);
    bench.files.await_held_sync();
    journal->append(entry("b"), note);
    journal->append(entry("c"), note);
    bench.files.fail_operation(FileOperation::sync, 1, DiskFault::input_output);
    bench.files.release_syncs();
    EXPECT_TRUE(journal->append_and_wait(entry("d")).has_value());
    journal.reset();

    ASSERT_THAT(outcomes, SizeIs(3));
    EXPECT_FALSE(outcomes[0].has_value());
    EXPECT_EQ(outcomes[1], Position{2});
    EXPECT_EQ(outcomes[2], Position{3});
    EXPECT_THAT(payloads(read_all(*bench.open())), ElementsAre("safe", "b", "c", "d"));
}

TEST(JournalFaults, AReaderWaitsOutADiskThatCannotBeRead) {
    Bench bench;
    auto journal = bench.open();
    ASSERT_TRUE(journal->append_and_wait(entry("a")).has_value());
    auto reader = journal->read_from({1}).value();
    bench.files.fail_operation(FileOperation::read, 1, DiskFault::input_output);
    EXPECT_EQ(reader.next().error().code, Errc::unavailable);
    EXPECT_EQ(reader.position(), Position{1});
    EXPECT_EQ(reader.next().value()->position, Position{1});
    EXPECT_THAT(reader.take_gaps(), IsEmpty());
}

TEST(JournalFaults, AReleaseThatFailedIsMadeDurableByTheNext) {
    Bench bench;
    bench.options.segment_bytes = 5000;
    auto journal = bench.open();
    for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(journal->append_and_wait(entry(std::string(300, 'x'))).has_value());
    }
    bench.files.fail_operation(FileOperation::sync_folder, 1, DiskFault::input_output);
    EXPECT_FALSE(journal->release_before({3}).has_value());
    EXPECT_TRUE(journal->release_before({3}).has_value());
    journal.reset();
    bench.files.crash();
    EXPECT_EQ(bench.open()->first(), Position{3});
}

}  // namespace
}  // namespace bypuls::journal
