#include "core/nearest.h"

#include <gmock/gmock.h>

#include "core/text.h"

namespace bypuls {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> commands = {"serve", "token", "decode", "query", "export", "verify", "demo"};

TEST(Nearest, ASlipIsALetterPutInLeftOutReplacedOrSwapped) {
    EXPECT_EQ(edit_distance("server", "serve"), 1U);
    EXPECT_EQ(edit_distance("sere", "serve"), 1U);
    EXPECT_EQ(edit_distance("zerve", "serve"), 1U);
    EXPECT_EQ(edit_distance("sevre", "serve"), 1U);
    EXPECT_EQ(edit_distance("", "serve"), 5U);
    EXPECT_EQ(edit_distance("ca", "abc"), 3U) << "no letter is moved twice";
}

TEST(Nearest, AThirdOfTheLettersMayBeWrong) {
    EXPECT_THAT(near_misses("tokne", commands), ElementsAre("token"));
    EXPECT_THAT(near_misses("tokens", commands), ElementsAre("token"));
    EXPECT_THAT(near_misses("deom", commands), ElementsAre("demo"));
    EXPECT_THAT(near_misses("bogus", commands), IsEmpty());
    EXPECT_THAT(near_misses("foo", commands), IsEmpty());
    EXPECT_THAT(near_misses("", commands), IsEmpty());
    EXPECT_THAT(near_misses(std::string(1000, 'x'), commands), IsEmpty());
}

TEST(Nearest, TheNearestStandsFirstAndThereAreThreeAtMost) {
    const std::vector<std::string> known = {"abcdxx", "abcdex", "abcdey", "abcdef", "abcdez"};
    EXPECT_THAT(near_misses("abcdef", known), ElementsAre("abcdef", "abcdex", "abcdey"));
}

TEST(Nearest, TheSentenceNamesWhatThereIs) {
    const std::vector<std::string> words = {"a", "b", "c"};
    const std::span all(words);
    EXPECT_EQ(did_you_mean(all.first(0)), "");
    EXPECT_EQ(did_you_mean(all.first(1)), "; did you mean 'a'?");
    EXPECT_EQ(did_you_mean(all.first(2)), "; did you mean 'a' or 'b'?");
    EXPECT_EQ(did_you_mean(all), "; did you mean 'a', 'b' or 'c'?");
}

}  // namespace
}  // namespace bypuls
