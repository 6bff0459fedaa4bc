#include "platform/ingest/codecs/protocol.h"

#include <gmock/gmock.h>

namespace bypuls::ingest::codecs {
namespace {

ByteView payload_of(const Bytes& frame) {
    return ByteView(frame).subspan(frame_header_size);
}

const Answer full{
    .decoded = {.data = R"({"a":1})",
                .normalized = "[{}]",
                .warnings = {"w"},
                .errors = {"e", ""},
                .fault = Fault{.kind = Fault::Kind::output, .line = 3, .column = 9, .sentence = "too much"}},
    .tired = true};

TEST(CodecProtocol, carries_a_request_there) {
    const std::vector<Uplink> uplinks{
        {.f_port = 223, .bytes = *from_hex("00ff"), .received = Instant{Duration{-5}}, .variables = {{"a", "b"}}}, {}};
    Bytes frame;
    put(frame, 7, "source", 9, uplinks);
    ByteReader header{ByteView(frame)};
    EXPECT_EQ(*header.u32(), frame.size() - frame_header_size);
    const auto request = read_request(payload_of(frame));
    ASSERT_TRUE(request) << request.error();
    EXPECT_EQ(request->slot, 7U);
    EXPECT_EQ(request->source, "source");
    EXPECT_EQ(request->drop, 9U);
    ASSERT_EQ(request->uplinks.size(), 2U);
    EXPECT_EQ(request->uplinks[0].bytes, uplinks[0].bytes);
    EXPECT_EQ(request->uplinks[0].received, uplinks[0].received);
    EXPECT_EQ(request->uplinks[0].variables, uplinks[0].variables);
    EXPECT_EQ(request->uplinks[0].f_port, 223);
}

TEST(CodecProtocol, carries_an_answer_back) {
    Bytes frame;
    put(frame, full);
    const auto answer = read_answer(payload_of(frame));
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(answer->decoded, full.decoded);
    EXPECT_TRUE(answer->tired);
}

TEST(CodecProtocol, refuses_an_answer_that_is_cut_or_continued_anywhere) {
    Bytes frame;
    put(frame, full);
    const auto payload = payload_of(frame);
    for (std::size_t size = 0; size < payload.size(); ++size) {
        EXPECT_FALSE(read_answer(payload.first(size))) << size;
    }
    frame.push_back(std::byte{0});
    EXPECT_FALSE(read_answer(payload_of(frame)));
}

TEST(CodecProtocol, reserves_no_memory_for_a_count_that_cannot_be) {
    EXPECT_FALSE(read_answer(*from_hex("000000ffffffffffffffff7f")));
}

}  // namespace
}  // namespace bypuls::ingest::codecs
