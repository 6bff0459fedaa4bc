#include "platform/ingest/pipeline/ledger.h"

#include <fstream>

#include <soci/soci.h>

#include "core/files.h"
#include "platform/ingest/pipeline/fixture_test.h"
#include "platform/ingest/pipeline/letters.h"

namespace bypuls::ingest::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class LedgerTest : public testing::Test {
protected:
    void settle(std::uint64_t upto) {
        const std::array<observations::Companion*, 1> companions{bench_.ledger.get()};
        const auto settled = bench_.store->settle({upto}, companions);
        ASSERT_TRUE(settled.has_value()) << settled.error();
    }

    Bench bench_;
};

TEST_F(LedgerTest, DeadLettersAreFoundByWordSourceReasonAndDevice) {
    bench_.ledger->add_dead_letter({.position = {1},
                                    .received = bench_.clock.now(),
                                    .source = "chirpstack",
                                    .reason = Reason::codec_failed,
                                    .sentence = "TypeError: x is undefined",
                                    .device = "70b3d57ed0000001",
                                    .payload = "100%_sure"});
    bench_.ledger->add_dead_letter({.received = bench_.clock.now(),
                                    .source = "lines",
                                    .reason = Reason::malformed,
                                    .sentence = "nothing can be read",
                                    .payload = std::string(10'000, 'x'),
                                    .payload_bytes = 10'000});
    settle(1);
    const auto found = [&](const DeadLetterQuery& query) { return bench_.ledger->dead_letters(query).value().size(); };
    EXPECT_EQ(found({}), 2U);
    EXPECT_EQ(found({.words = {"typeerror", "undefined"}}), 1U);
    EXPECT_EQ(found({.words = {"typeerror", "nothing"}}), 0U);
    EXPECT_EQ(found({.words = {"100%_s"}}), 1U);
    EXPECT_EQ(found({.words = {"1%s"}}), 0U) << "a percent sign stands for itself";
    EXPECT_EQ(found({.source = "lines"}), 1U);
    EXPECT_EQ(found({.reason = "codec_failed"}), 1U);
    EXPECT_EQ(found({.device = "70b3d57ed0000001"}), 1U);
    EXPECT_EQ(found({.replayed = true}), 0U);
    const auto newest = bench_.ledger->dead_letters({.limit = 1}).value();
    ASSERT_THAT(newest, SizeIs(1));
    EXPECT_EQ(newest[0].source, "lines");
    EXPECT_EQ(newest[0].payload.size(), 4096U);
    EXPECT_EQ(found({.before = newest[0].id}), 1U);
    EXPECT_EQ(bench_.ledger->dead_letter(newest[0].id)->payload_bytes, 10'000);
    EXPECT_EQ(bench_.ledger->dead_letter(77).error().code, Errc::not_found);
}

class DamagedLetter : public LedgerTest {
protected:
    void SetUp() override {
        for (const std::uint64_t position : {1U, 2U, 3U}) {
            bench_.ledger->add_dead_letter({.position = {position},
                                            .received = bench_.clock.now(),
                                            .source = "chirpstack",
                                            .reason = Reason::unknown_device,
                                            .sentence = "nobody has adopted the device",
                                            .saying = R"({"say":"unknown_device"})",
                                            .field = "data",
                                            .device = "70b3d57ed0000001",
                                            .line = 7,
                                            .codec_version = "fake/1",
                                            .payload = std::string("a \0 \xff byte", 10) + std::to_string(position),
                                            .payload_bytes = 11});
        }
        bench_.ledger->mark_replayed({3});
        settle(1);
    }
    void execute(const std::string& statement) {
        ASSERT_TRUE(bench_.ledger_database->write("test", [&](soci::session& sql) -> Result<void> {
            sql << statement;
            return {};
        }));
    }
};

TEST_F(DamagedLetter, OfWhateverColumnIsLeftOutNamedAndCountedAndItsNeighboursAreNot) {
    ASSERT_THAT(bench_.ledger->dead_letters({}).value(), SizeIs(3)) << "what was written holds, whatever bytes it has";
    EXPECT_EQ(bench_.ledger->damaged_letters(), 0U);
    const std::vector<std::string> changes{
        "position = position + 1",
        "received = received + 4",
        "source = 'lines'",
        "reason = 'future'",
        "reason = 'nknown_device'",
        "sentence = replace(sentence, 'a', 'b')",
        "saying = ''",
        "field = 'date'",
        "device = '70b3d57ed0000003'",
        "line = 6",
        "codec_version = 'fake/3'",
        "payload = CAST(payload || 'x' AS TEXT)",
        "payload = X'00'",
        "payload_bytes = 10",
        "payload_bytes = 'x'",
        "replayed = 1",
        "replayed = 2",
        "checksum = checksum + 1",
    };
    for (const std::string& change : changes) {
        SCOPED_TRACE(change);
        execute("CREATE TEMP TABLE kept AS SELECT * FROM ingest_dead_letter WHERE id = 2");
        execute("UPDATE ingest_dead_letter SET " + change + " WHERE id = 2");
        const auto letters = bench_.ledger->dead_letters({}).value();
        EXPECT_THAT(letters, ElementsAre(testing::Field(&DeadLetter::id, 3), testing::Field(&DeadLetter::id, 1)));
        EXPECT_THAT(bench_.ledger->dead_letters({.limit = 2}).value(), SizeIs(2)) << "the page is as long as before";
        EXPECT_EQ(bench_.ledger->dead_letter(2).error().code, Errc::damaged);
        EXPECT_TRUE(bench_.ledger->dead_letter(1));
        EXPECT_EQ(bench_.ledger->damaged_letters(), 1U);
        EXPECT_THAT(bench_.ledger->waiting_of("70b3d57ed0000001", Reason::unknown_device).value(),
                    ElementsAre(journal::Position{1}));
        execute("DELETE FROM ingest_dead_letter WHERE id = 2");
        execute("INSERT INTO ingest_dead_letter SELECT * FROM kept");
        execute("DROP TABLE kept");
        ASSERT_TRUE(bench_.ledger->dead_letter(2));
    }
}

TEST_F(DamagedLetter, KeepsItsMessageFromBeingTriedAgainForAnotherReason) {
    execute("UPDATE ingest_dead_letter SET position = 1, sentence = '' WHERE id = 2");
    EXPECT_THAT(bench_.ledger->waiting_of("70b3d57ed0000001", Reason::unknown_device).value(), testing::IsEmpty());
}

TEST_F(DamagedLetter, IsCountedNoMoreOnceItHasGrownTooOld) {
    execute("UPDATE ingest_dead_letter SET sentence = ''");
    EXPECT_EQ(bench_.ledger->dead_letter(2).error().code, Errc::damaged);
    EXPECT_EQ(bench_.ledger->damaged_letters(), 1U);
    bench_.clock.advance(std::chrono::days{31});
    settle(2);
    EXPECT_EQ(bench_.ledger->damaged_letters(), 0U);
    EXPECT_EQ(bench_.ledger->dead_letter(2).error().code, Errc::not_found);
}

TEST_F(DamagedLetter, TheNewestSoManyAreKeptAndNoMore) {
    bench_.ledger = Ledger::open(*bench_.ledger_database, bench_.clock, {.dead_letters_max = 4}).value();
    for (int round = 0; round < 3; ++round) {
        bench_.ledger->add_dead_letter({.received = bench_.clock.now(), .source = "lines"});
    }
    settle(2);
    std::vector<std::int64_t> ids;
    for (const DeadLetter& letter : bench_.ledger->dead_letters({}).value()) {
        ids.push_back(letter.id);
    }
    EXPECT_THAT(ids, ElementsAre(6, 5, 4, 3));
}

TEST_F(DamagedLetter, ABitThatTurnsOverInTheFileIsNeverAnotherLetter) {
    const auto whole = bench_.ledger->dead_letters({}).value();
    const std::string path = bench_.folder.path() + "/observations.db";
    ASSERT_TRUE(bench_.ledger_database->checkpoint());
    bench_.close();
    std::string file = read_text_file(path).value();
    const auto at = file.find("nobody has adopted");
    ASSERT_NE(at, std::string::npos);
    int left_out = 0;
    for (int round = 0; round < 160; ++round) {
        const std::size_t byte = at - 100 + bench_.random.below(260);
        const auto turned = static_cast<char>(file[byte] ^ static_cast<char>(1U << bench_.random.below(8)));
        SCOPED_TRACE(byte);
        const char before = std::exchange(file[byte], turned);
        std::ofstream(path, std::ios::binary).write(file.data(), static_cast<std::streamsize>(file.size()));
        const auto database = database::Database::open({.url = "sqlite:" + path});
        ASSERT_TRUE(database) << database.error();
        const auto ledger = Ledger::open(**database, bench_.clock);
        const auto letters = ledger ? (*ledger)->dead_letters({}) : std::unexpected(ledger.error());
        if (letters) {
            left_out += static_cast<int>(whole.size() - letters->size());
            for (const DeadLetter& letter : *letters) {
                EXPECT_TRUE(std::ranges::any_of(whole, [&](const DeadLetter& one) {
                    return one.id == letter.id && checksum_of(one) == checksum_of(letter);
                }));
            }
        } else {
            EXPECT_EQ(letters.error().code, Errc::damaged) << letters.error();
        }
        file[byte] = before;
    }
    EXPECT_GT(left_out, 40);
}

TEST_F(LedgerTest, DeadLettersLastThirtyDays) {
    bench_.ledger->add_dead_letter({.received = bench_.clock.now(), .source = "lines", .sentence = "old"});
    settle(1);
    bench_.clock.advance(std::chrono::days{31});
    settle(2);
    EXPECT_THAT(bench_.ledger->dead_letters({}).value(), IsEmpty());
}

/// Adds while the transaction is open, as another thread may.
class Meanwhile final : public observations::Companion {
public:
    explicit Meanwhile(Ledger& ledger) : ledger_(ledger) {}
    Result<void> write(observations::Transaction& /*transaction*/, journal::Position /*upto*/) override {
        ledger_.add_dead_letter({.received = Instant{1h}, .source = "lines", .sentence = "came while settling"});
        ledger_.forget_unknown_device("70b3d57ed0000009");
        return {};
    }

private:
    Ledger& ledger_;
};

TEST_F(LedgerTest, WhatComesWhileSettlingIsWrittenNextTime) {
    bench_.ledger->note_unknown_device({.dev_eui = "70b3d57ed0000009", .frames = 1});
    Meanwhile meanwhile(*bench_.ledger);
    const std::array<observations::Companion*, 2> companions{bench_.ledger.get(), &meanwhile};
    bench_.clock.jump_to(Instant{2h});
    ASSERT_TRUE(bench_.store->settle({1}, companions).has_value());
    EXPECT_TRUE(bench_.ledger->waiting());
    EXPECT_THAT(bench_.ledger->dead_letters({}).value(), IsEmpty());
    settle(1);
    EXPECT_FALSE(bench_.ledger->waiting());
    EXPECT_THAT(bench_.ledger->dead_letters({}).value(), SizeIs(1));
    EXPECT_THAT(bench_.ledger->unknown_devices().value(), IsEmpty());
}

TEST_F(LedgerTest, RawMessagesComeBackByteForByte) {
    std::vector<Message> kept;
    for (std::uint64_t position : {3U, 4U, 900U}) {
        kept.push_back({.way = Way::lines,
                        .sender = "key",
                        .detail = "us",
                        .received = bench_.clock.now() - Duration{position},
                        .body = std::string("\0\xff raw", 6) + std::to_string(position)});
        bench_.ledger->keep_raw({position}, kept.back());
    }
    settle(900);
    const auto first = bench_.ledger->raw_message({3});
    ASSERT_TRUE(first.has_value()) << first.error();
    EXPECT_EQ(*first, kept[0]);
    EXPECT_EQ(bench_.ledger->raw_message({900}).value(), kept[2]);
    EXPECT_EQ(bench_.ledger->raw_message({5}).error().code, Errc::not_found);
    EXPECT_EQ(bench_.ledger->raw_message({901}).error().code, Errc::not_found);
}

TEST_F(LedgerTest, TheAccountIsThereAfterReopening) {
    bench_.ledger->count("lines", {.received = 10, .stored = 6, .duplicate = 2, .quarantined = 1, .rejected = 1});
    bench_.ledger->count("tts", {.received = 1, .stored = 1});
    const auto before = bench_.ledger->counts();
    settle(5);
    bench_.ledger->count("tts", {.received = 1, .stored = 1});  // of a record after the last settle
    bench_.close();
    bench_.open();
    EXPECT_EQ(bench_.ledger->counts(), before);
}

TEST_F(LedgerTest, OnlyTheLastFramesOfADeviceAreShown) {
    for (std::uint64_t position = 1; position <= 120; ++position) {
        bench_.ledger->note_frame({.dev_eui = "70b3d57ed0000001", .position = {position}, .outcome = "stored"});
        if (position % 40 == 0) {
            settle(position);
        }
    }
    const auto frames = bench_.ledger->last_frames("70b3d57ed0000001").value();
    ASSERT_THAT(frames, SizeIs(50));
    EXPECT_EQ(frames.front().position.value, 120U);
    EXPECT_EQ(frames.back().position.value, 71U);
}

}  // namespace
}  // namespace bypuls::ingest::pipeline
