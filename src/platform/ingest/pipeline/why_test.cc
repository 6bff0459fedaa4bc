#include "platform/ingest/pipeline/why.h"

#include <gtest/gtest.h>

namespace bypuls::ingest::pipeline {
namespace {

using namespace std::chrono_literals;

TEST(Why, IsKeptAsAKeyAndWhatIsPutIn) {
    const Why why = of_unit("line", 3, ahead_of(Instant{1h}, Instant{0h}, 10min));
    EXPECT_TRUE(why.sentence.starts_with("line 3: stamped 1970-01-01T01:00:00")) << why.sentence;
    EXPECT_EQ(why.key, "future");
    EXPECT_EQ(saying_of(with_what("codec_failed", "\"x\" is undefined")),
              R"({"say":"codec_failed","what":"\"x\" is undefined"})");
    EXPECT_EQ(saying_of(of_unit("row", 0, refused(observations::Refusal::not_finite))),
              R"({"say":"not_finite","row":"0"})");
    EXPECT_EQ(saying_of({.sentence = "said by nobody else"}), "");
}

}  // namespace
}  // namespace bypuls::ingest::pipeline
