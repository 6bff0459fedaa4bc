#include "apps/demo/recording.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <unistd.h>

#include "core/testing/pack.h"

namespace bypuls::demo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class RecordingTest : public testing::Test {
protected:
    void TearDown() override { std::filesystem::remove(path_); }

    Result<std::vector<std::string>> lines_of(const std::string& text) {
        TRY_DO(write_text_file(path_, text));
        TRY(auto recording, Recording::open(posix_files(), path_));
        std::vector<std::string> lines;
        for (;;) {
            TRY(auto line, recording.next());
            if (!line) {
                return lines;
            }
            lines.push_back(std::move(*line));
        }
    }

    std::string path_ = std::filesystem::temp_directory_path() / ("bypuls-recording-" + std::to_string(getpid()));
};

TEST_F(RecordingTest, lines_are_read_packed_or_not) {
    const std::string text = "{\"a\":1}\n\n  {\"b\":2}\r\n{\"c\":3}";
    EXPECT_THAT(lines_of(text).value(), ElementsAre(R"({"a":1})", R"({"b":2})", R"({"c":3})"));
    EXPECT_THAT(lines_of(packed_with_zstd(text)).value(), ElementsAre(R"({"a":1})", R"({"b":2})", R"({"c":3})"));
    EXPECT_THAT(lines_of("").value(), SizeIs(0));
}

TEST_F(RecordingTest, what_is_larger_than_its_buffers_comes_out_whole) {
    std::string text;
    for (int i = 0; i < 30'000; ++i) {
        text += "{\"number\":" + std::to_string(i) + ",\"filling\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}\n";
    }
    const auto lines = lines_of(packed_with_zstd(text)).value();
    ASSERT_THAT(lines, SizeIs(30'000));
    EXPECT_THAT(lines[29'999], HasSubstr("29999"));
    // Two frames behind one another are one recording, as `cat a.zst b.zst` makes it.
    EXPECT_THAT(lines_of(packed_with_zstd(text) + packed_with_zstd(text)).value(), SizeIs(60'000));
}

TEST_F(RecordingTest, a_torn_or_damaged_file_is_named) {
    const std::string whole = packed_with_zstd(std::string(100'000, 'x') + "\nmore\n");
    EXPECT_EQ(lines_of(whole.substr(0, whole.size() - 3)).error().code, Errc::damaged);
    std::string broken = whole;
    broken[4] = '\xff';
    EXPECT_EQ(lines_of(broken).error().code, Errc::damaged);
}

TEST_F(RecordingTest, an_endless_line_is_refused) {
    EXPECT_EQ(lines_of(packed_with_zstd(std::string(3U << 20U, 'x'))).error().code, Errc::exhausted);
}

TEST(Recording, an_events_time_is_read_when_it_has_one) {
    EXPECT_EQ(recorded_time(R"({"time":"2026-01-14T18:37:07.500+00:00"})"),
              Instant{std::chrono::milliseconds{1'768'415'827'500}});
    EXPECT_EQ(recorded_time(R"({"time":5})"), std::nullopt);
    EXPECT_EQ(recorded_time("[]"), std::nullopt);
    EXPECT_EQ(recorded_time("{"), std::nullopt);
}

TEST(Recording, an_events_kind_is_told_by_its_members) {
    EXPECT_EQ(recorded_kind(R"({"devAddr":"0006b231","fCnt":0,"data":"AA=="})"), "up");
    EXPECT_EQ(recorded_kind(R"({"margin":7,"batteryLevel":80})"), "status");
    EXPECT_EQ(recorded_kind(R"({"level":"ERROR","code":"UPLINK_F_CNT_RESET"})"), "log");
    EXPECT_EQ(recorded_kind(R"({"acknowledged":true,"queueItemId":"x"})"), "ack");
    EXPECT_EQ(recorded_kind(R"({"queueItemId":"x","gatewayId":"y"})"), "txack");
    EXPECT_EQ(recorded_kind(R"({"location":{}})"), "location");
    EXPECT_EQ(recorded_kind(R"({"devAddr":"0006b231"})"), "join");
    EXPECT_EQ(recorded_kind("not JSON"), "up");
}

}  // namespace
}  // namespace bypuls::demo
