#include "platform/journal/format.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

namespace bypuls::journal {
namespace {

TEST(JournalFormat, NamesOfSegmentsSortAsTheirPositions) {
    EXPECT_EQ(segment_name({42}), "00000000000000000042.log");
    EXPECT_LT(segment_name({9}), segment_name({10}));
    EXPECT_EQ(position_of_name(segment_name({~0ULL})), Position{~0ULL});
    for (const auto* name : {"42.log", "00000000000000000042.tmp", "0000000000000000004x.log",
                             "00000000000000000000.log", "99999999999999999999.log", ""}) {
        EXPECT_EQ(position_of_name(name), std::nullopt) << name;
    }
}

TEST(JournalFormat, EitherCopyOfTheHeaderTellsTheSegment) {
    const SegmentHeader header{.marker = 0xFEEDF00D, .first = {17}, .created = Instant{std::chrono::seconds{5}}};
    const Bytes block = encode_segment_header(header);
    ASSERT_EQ(block.size(), records_offset);
    EXPECT_EQ(parse_segment_header(block), header);
    EXPECT_EQ(parse_segment_header(ByteView{block}.subspan(header_copy_offset)), header);
}

TEST(JournalFormat, EveryFlippedBitOfAHeaderIsNoticed) {
    const Bytes block = encode_segment_header({.marker = 1, .first = {1}, .created = {}});
    for (std::size_t bit = 0; bit < segment_header_bytes * 8; ++bit) {
        Bytes damaged(block.begin(), block.begin() + segment_header_bytes);
        damaged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        EXPECT_EQ(parse_segment_header(damaged).error().code, Errc::damaged) << "bit " << bit;
    }
}

TEST(JournalFormat, AnotherVersionIsNotTakenForDamage) {
    Bytes copy = encode_segment_header({.marker = 1, .first = {1}, .created = {}});
    copy.resize(segment_header_bytes);
    copy[8] = std::byte{2};
    copy.resize(segment_header_bytes - 4);
    put_u32(copy, crc32c(copy));
    EXPECT_EQ(parse_segment_header(copy).error().code, Errc::malformed);
}

TEST(JournalFormat, ARecordOfAnyContentSurvivesTheRoundTrip) {
    EXPECT_TRUE(rc::check([](std::uint8_t type, std::uint32_t marker, std::int64_t received) {
        const auto source = *rc::gen::suchThat<std::string>([](const auto& s) { return s.size() <= 255; });
        const auto text = *rc::gen::arbitrary<std::string>();
        const auto position = *rc::gen::inRange<std::uint64_t>(1, ~0ULL);
        const Entry entry{
            .type = type, .source = source, .received = Instant{Duration{received}}, .payload = as_bytes(text)};
        Bytes bytes;
        encode_entry(bytes, entry);
        RC_ASSERT(bytes.size() % alignment == 0);
        RC_ASSERT(encoded_record_bytes(bytes) == bytes.size());
        seal_record(bytes, marker, {position}, 8);

        const auto header = parse_record_header(bytes, marker);
        RC_ASSERT(header.has_value());
        RC_ASSERT(header->commit_bytes_before == 8);
        const auto record = parse_record_body(*header, ByteView{bytes}.subspan(record_header_bytes));
        RC_ASSERT(record.has_value());
        RC_ASSERT(record->position == Position{position});
        RC_ASSERT(record->type == type);
        RC_ASSERT(record->source == source);
        RC_ASSERT(record->received == entry.received);
        RC_ASSERT(as_text(record->payload) == text);
        RC_ASSERT(!parse_record_header(bytes, marker + 1).has_value());
    }));
}

}  // namespace
}  // namespace bypuls::journal
