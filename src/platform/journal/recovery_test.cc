#include <algorithm>

#include <gmock/gmock.h>

#include "core/simulated/files.h"
#include "platform/journal/fixture_test.h"
#include "platform/journal/format.h"
#include "platform/journal/journal.h"

namespace bypuls::journal {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A small journal: one commit of three records, then two of one.
std::vector<std::string> write_small(Bench& bench) {
    const auto journal = bench.open();
    EXPECT_TRUE(
        journal->append_and_wait(std::vector<Entry>{entry("one"), entry("two, rather longer than one"), entry("three")})
            .has_value());
    EXPECT_TRUE(journal->append_and_wait(entry("four")).has_value());
    EXPECT_TRUE(journal->append_and_wait(entry("five, the end")).has_value());
    return payloads(read_all(*journal));
}

/// Everything served is what was written at that position; nothing else.
void expect_only_true_records(const std::vector<Record>& records, const std::vector<std::string>& written,
                              const std::string& where) {
    std::uint64_t last = 0;
    for (const auto& record : records) {
        ASSERT_GT(record.position.value, last) << where;
        last = record.position.value;
        ASSERT_LE(last, written.size()) << where;
        ASSERT_EQ(as_text(record.payload), written[last - 1]) << where;
        ASSERT_EQ(record.source, "test") << where;
        ASSERT_EQ(record.type, 1) << where;
    }
}

TEST(JournalRecovery, TruncationAnywhereKeepsEveryRecordBeforeIt) {
    Bench origin;
    const auto written = write_small(origin);
    const auto whole = origin.files.contents(Bench::path()).value();
    std::vector<std::size_t> ends;
    for (std::size_t at = records_offset; at < whole.size();) {
        at += encoded_record_bytes(ByteView{whole}.subspan(at));
        ends.push_back(at);
    }
    ASSERT_EQ(ends.back(), whole.size());

    for (std::size_t size = 0; size <= whole.size(); ++size) {
        Bench bench;
        bench.files.put(Bench::path(), ByteView{whole}.first(size));
        const auto journal = bench.open();
        const auto kept = std::ranges::count_if(ends, [&](auto end) { return end <= size; });
        const auto records = read_all(*journal);
        ASSERT_THAT(records, SizeIs(static_cast<std::size_t>(kept))) << "cut at " << size;
        expect_only_true_records(records, written, "cut at " + std::to_string(size));
        const bool between = kept == 0 ? size >= header_copy_offset + segment_header_bytes && size <= records_offset
                                       : ends[static_cast<std::size_t>(kept) - 1] == size;
        ASSERT_EQ(bench.report.clean(), between || size == 0) << "cut at " << size << ": " << bench.report.summary();
        ASSERT_EQ(bench.report.records_damaged, 0U) << "a torn end is no damage";
        const auto position = journal->append_and_wait(entry("more"));
        ASSERT_EQ(position, Position{static_cast<std::uint64_t>(kept) + 1}) << "cut at " << size;
        ASSERT_THAT(read_all(*journal), SizeIs(static_cast<std::size_t>(kept) + 1));
    }
}

TEST(JournalRecovery, ATornEndIsCutAndNamed) {
    Bench bench;
    write_small(bench);
    auto bytes = bench.files.contents(Bench::path()).value();
    const auto size = bytes.size();
    bytes.resize(size + 100, std::byte{0x5A});
    bench.files.put(Bench::path(), bytes);

    const auto journal = bench.open();

    ASSERT_THAT(bench.report.cuts, ElementsAre(Cut{.file = segment_name({1}), .offset = size, .bytes = 100}));
    EXPECT_EQ(bench.report.bytes_cut, 100U);
    EXPECT_THAT(bench.report.summary(),
                HasSubstr("cut 100 bytes of 00000000000000000001.log at " + std::to_string(size)));
    EXPECT_EQ(bench.files.contents(Bench::path())->size(), size);
    EXPECT_EQ(journal->health().bytes_cut, 100U);
    EXPECT_EQ(journal->bytes(), size);
}

TEST(JournalRecovery, ZerosWrittenAheadAreNoTornEnd) {
    Bench bench;
    bench.options.write_ahead_bytes = 3000;
    bench.options.segment_bytes = 20'000;
    auto journal = bench.open();
    ASSERT_TRUE(journal->append_and_wait(entry("a")).has_value());
    EXPECT_EQ(bench.files.contents(Bench::path())->size(), records_offset + 48 + 3000);
    EXPECT_EQ(journal->bytes(), records_offset + 48);
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(journal->append_and_wait(entry("a")).has_value());
    }
    journal.reset();  // as after kill -9: closing does not touch the file

    journal = bench.open();

    EXPECT_TRUE(bench.report.clean()) << bench.report.summary();
    EXPECT_EQ(bench.report.bytes, records_offset + 101 * 48);
    EXPECT_THAT(read_all(*journal), SizeIs(101));
    ASSERT_TRUE(journal->append_and_wait(entry("more")).has_value());
    ASSERT_TRUE(journal->start_new_segment().has_value());
    EXPECT_EQ(bench.files.contents(Bench::path())->size(), records_offset + 102 * 48) << "given back when closed";
    EXPECT_TRUE(verify(bench.files, "data/journal")->clean());
}

TEST(JournalRecovery, NoFlippedBitIsEverServedAndNeighboursSurvive) {
    Bench origin;
    const auto written = write_small(origin);
    const auto whole = origin.files.contents(Bench::path()).value();

    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        const auto offset = bit / 8;
        if (offset > segment_header_bytes && offset < header_copy_offset && offset % 500 != 0) {
            continue;  // zeros between the two copies of the header; a few are enough
        }
        Bytes damaged = whole;
        damaged[offset] ^= static_cast<std::byte>(1U << (bit % 8));
        Bench bench;
        bench.files.put(Bench::path(), damaged);
        const auto where = "bit " + std::to_string(bit % 8) + " of byte " + std::to_string(offset);

        const auto journal = bench.open();
        const auto records = read_all(*journal);

        expect_only_true_records(records, written, where);
        ASSERT_GE(records.size(), offset < records_offset ? 5U : 4U) << where;
        if (records.size() == 4 && records.back().position == Position{5}) {
            ASSERT_EQ(bench.report.records_damaged, 1U) << where;
            ASSERT_EQ(bench.report.records_in_doubt, 0U) << where;
        }
    }
}

TEST(JournalRecovery, AFlippedBitIsCaughtWhileTheJournalIsOpen) {
    Bench bench;
    const auto journal = bench.open();
    std::vector<std::string> written;
    for (int i = 0; i < 5; ++i) {
        written.push_back("record " + std::to_string(i));
        ASSERT_TRUE(journal->append_and_wait(entry(written.back())).has_value());
    }
    const auto size = bench.files.contents(Bench::path())->size();
    for (auto offset = records_offset; offset < size; ++offset) {
        bench.files.flip_bit(Bench::path(), offset, 3);
        auto reader = journal->read_from({1}).value();
        std::vector<Record> records;
        while (auto record = reader.next().value()) {
            records.push_back(std::move(*record));
        }
        expect_only_true_records(records, written, "byte " + std::to_string(offset));
        ASSERT_THAT(records, SizeIs(4));
        const auto gaps = reader.take_gaps();
        ASSERT_THAT(gaps, SizeIs(1));
        ASSERT_EQ(gaps[0].first, gaps[0].last);
        ASSERT_EQ(gaps[0].file, segment_name({1}));
        bench.files.flip_bit(Bench::path(), offset, 3);
    }
    EXPECT_EQ(journal->health().records_damaged, size - records_offset) << "each reader counts";
}

TEST(JournalRecovery, DamageInTheMiddleIsReportedAndNothingIsCut) {
    Bench bench;
    const auto written = write_small(bench);
    bench.files.flip_bit(Bench::path(), records_offset, 0);

    const auto journal = bench.open();

    EXPECT_THAT(bench.report.cuts, IsEmpty());
    EXPECT_EQ(bench.report.records_damaged, 1U);
    EXPECT_THAT(bench.report.gaps, ElementsAre(AllOf(Field(&Gap::first, Position{1}), Field(&Gap::last, Position{1}),
                                                     Field(&Gap::offset, records_offset))));
    EXPECT_THAT(payloads(read_all(*journal)), ElementsAre(written[1], written[2], written[3], written[4]));
    EXPECT_EQ(journal->last(), Position{5});
}

TEST(JournalRecovery, ATearInsideTheLastCommitIsDoubtAndKeepsWhatIsWholeBehindIt) {
    Bench bench;
    bench.open()->append_and_wait(entry("safe")).value();
    bench.open()->append_and_wait(std::vector<Entry>{entry("a"), entry("b"), entry("c")}).value();
    bench.files.flip_bit(Bench::path(), records_offset + 48 + 8, 0);

    auto journal = bench.open();

    EXPECT_EQ(bench.report.records_damaged, 0U);
    EXPECT_EQ(bench.report.records_in_doubt, 1U);
    EXPECT_FALSE(bench.report.clean());
    EXPECT_THAT(bench.report.summary(), HasSubstr("2 to 2 in 00000000000000000001.log at 4656: in the last commit"));
    EXPECT_THAT(payloads(read_all(*journal)), ElementsAre("safe", "b", "c"));
    EXPECT_EQ(journal->last(), Position{4});
    ASSERT_TRUE(journal->append_and_wait(entry("d")).has_value());
    journal.reset();

    journal = bench.open();

    EXPECT_TRUE(bench.report.clean()) << "it was told once: " << bench.report.summary();
    auto reader = journal->read_from({1}).value();
    std::vector<Position> positions;
    while (const auto record = reader.next().value()) {
        positions.push_back(record->position);
    }
    EXPECT_THAT(positions, ElementsAre(Position{1}, Position{3}, Position{4}, Position{5}));
    const auto gaps = reader.take_gaps();
    ASSERT_THAT(gaps, SizeIs(1));
    EXPECT_THAT(gaps[0].what, HasSubstr("torn"));
    EXPECT_EQ(journal->health().records_damaged, 0U);
}

TEST(JournalRecovery, APayloadThatLooksLikeARecordIsNotTakenForOne) {
    Bench bench;
    auto journal = bench.open();
    Bytes forged;
    encode_entry(forged, {.type = 1, .source = "evil", .received = {}, .payload = as_bytes("forged")});
    // The image of a record that would fit here in every way, but for the marker, which a sender cannot know.
    seal_record(forged, 0x12345678, {1}, 0);
    ASSERT_TRUE(journal->append_and_wait(entry(as_text(forged))).has_value());
    ASSERT_TRUE(journal->append_and_wait(entry("honest")).has_value());
    bench.files.flip_bit(Bench::path(), records_offset + 20, 0);
    journal.reset();
    journal = bench.open();
    EXPECT_THAT(payloads(read_all(*journal)), ElementsAre("honest"));
}

TEST(JournalRecovery, ARecordWithAPositionThatCannotBeThereIsNotTakenForOne) {
    constexpr std::uint32_t marker = 0x5EEDF00D;
    Bytes segment = encode_segment_header({.marker = marker, .first = {1}, .created = {}});
    const auto put = [&](Position position) {
        const auto begin = segment.size();
        encode_entry(segment, entry("payload"));
        seal_record(std::span{segment}.subspan(begin), marker, position, 0);
    };
    put({1});
    put({1});   // seen already
    put({50});  // no room for 48 records before it
    put({3});   // one record of a header at least can have been before it
    Bench bench;
    bench.files.put(Bench::path(), segment);

    const auto journal = bench.open();

    std::vector<Position> positions;
    for (const auto& record : read_all(*journal)) {
        positions.push_back(record.position);
    }
    EXPECT_THAT(positions, ElementsAre(Position{1}, Position{3}));
    EXPECT_EQ(journal->last(), Position{3});
}

TEST(JournalRecovery, ASegmentWithoutAnyHeaderIsReadByTheMarkerOfItsFirstRecord) {
    Bench bench;
    const auto written = write_small(bench);
    auto bytes = bench.files.contents(Bench::path()).value();
    std::fill_n(bytes.begin(), records_offset, std::byte{0});
    bench.files.put(Bench::path(), bytes);

    const auto journal = bench.open();

    EXPECT_THAT(bench.report.notes, Contains(HasSubstr("header")));
    EXPECT_EQ(payloads(read_all(*journal)), written);
    EXPECT_EQ(journal->append_and_wait(entry("six")), Position{6});
}

TEST(JournalRecovery, ASegmentThatCannotBeReadAtAllKeepsItsPositionsFromBeingGivenAgain) {
    Bench bench;
    write_small(bench);
    auto bytes = bench.files.contents(Bench::path()).value();
    std::fill_n(bytes.begin(), records_offset + 8, std::byte{0});
    bench.files.put(Bench::path(), bytes);

    auto journal = bench.open();
    const auto position = journal->append_and_wait(entry("on")).value();

    EXPECT_GT(position, Position{5});
    EXPECT_GT(bench.report.records_damaged, 0U);
    auto reader = journal->read_from({1}).value();
    EXPECT_EQ(reader.next().value()->position, position);
    EXPECT_THAT(reader.take_gaps(), SizeIs(1));
    EXPECT_TRUE(bench.files.contents(Bench::path()).has_value()) << "the evidence stays";
    journal.reset();
    journal = bench.open();
    EXPECT_EQ(journal->append_and_wait(entry("further")), position.next());
}

TEST(JournalRecovery, AMissingSegmentIsAGap) {
    Bench bench;
    bench.options.segment_bytes = 5000;
    auto journal = bench.open();
    for (int i = 0; i < 9; ++i) {
        ASSERT_TRUE(journal->append_and_wait(entry(std::string(300, 'x'))).has_value());
    }
    ASSERT_TRUE(bench.files.contents(Bench::path({5})).has_value()) << "each record has a segment of its own";
    journal.reset();
    ASSERT_TRUE(bench.files.remove(Bench::path({5})).has_value());
    journal = bench.open();
    auto reader = journal->read_from({1}).value();
    std::size_t count = 0;
    while (reader.next().value()) {
        ++count;
    }
    EXPECT_EQ(count, 8U);
    EXPECT_THAT(reader.take_gaps(),
                ElementsAre(AllOf(Field(&Gap::first, Position{5}), Field(&Gap::last, Position{5}))));
    const auto verified = verify(bench.files, "data/journal").value();
    EXPECT_EQ(verified.records, 8U);
    EXPECT_EQ(verified.records_damaged, 1U);
    EXPECT_EQ(verified.last, Position{9});
}

TEST(JournalRecovery, SegmentsWithExchangedNamesAreReadInTheirTrueOrder) {
    Bench bench;
    bench.options.segment_bytes = 5000;
    auto journal = bench.open();
    for (int i = 0; i < 6; ++i) {
        ASSERT_TRUE(journal->append_and_wait(entry(std::to_string(i) + std::string(300, 'x'))).has_value());
    }
    const auto before = read_all(*journal);
    journal.reset();
    const auto second = bench.files.contents(Bench::path({2})).value();
    bench.files.put(Bench::path({2}), bench.files.contents(Bench::path({4})).value());
    bench.files.put(Bench::path({4}), second);

    journal = bench.open();

    EXPECT_EQ(read_all(*journal), before);
    EXPECT_THAT(bench.report.notes, SizeIs(2));
}

TEST(JournalRecovery, TheSameSegmentTwiceIsRefused) {
    Bench bench;
    write_small(bench);
    bench.files.put(Bench::path({7}), bench.files.contents(Bench::path()).value());
    EXPECT_EQ(bench.try_open().error().code, Errc::damaged);
}

TEST(JournalRecovery, ForeignFilesAreLeftAlone) {
    Bench bench;
    write_small(bench);
    bench.files.put("data/journal/notes.txt", as_bytes("mine"));
    bench.open();
    EXPECT_THAT(bench.report.notes, ElementsAre(HasSubstr("notes.txt")));
    EXPECT_EQ(as_text(bench.files.contents("data/journal/notes.txt").value()), "mine");
}

TEST(JournalRecovery, VerifyChangesNothing) {
    Bench bench;
    write_small(bench);
    auto bytes = bench.files.contents(Bench::path()).value();
    bytes.resize(bytes.size() + 9, std::byte{1});
    bench.files.put(Bench::path(), bytes);
    const auto report = verify(bench.files, "data/journal").value();
    EXPECT_EQ(report.records, 5U);
    EXPECT_EQ(report.bytes_cut, 9U);
    EXPECT_EQ(bench.files.contents(Bench::path()).value(), bytes);
    EXPECT_EQ(verify(bench.files, "nowhere").error().code, Errc::not_found);
}

}  // namespace
}  // namespace bypuls::journal
