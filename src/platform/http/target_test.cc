#include "platform/http/target.h"

#include <gmock/gmock.h>

namespace bypuls::http {
namespace {

TEST(Target, IsDecodedIntoPathAndQuery) {
    const auto target = parse_target("/steder/Landfalltjern%20%C3%B8st?fra=2024-01-01&felt=temp&felt=ph&q=a+b%26c&tom");

    ASSERT_TRUE(target);
    EXPECT_EQ(target->path, "/steder/Landfalltjern øst");
    EXPECT_EQ(target->query.get("fra"), "2024-01-01");
    EXPECT_EQ(target->query.get("q"), "a b&c");
    EXPECT_EQ(target->query.get("tom"), "");
    EXPECT_EQ(target->query.get("finnes_ikke"), std::nullopt);
    EXPECT_THAT(target->query.all("felt"), testing::ElementsAre("temp", "ph"));
}

TEST(Target, PlusStandsForItselfInThePath) {
    EXPECT_EQ(parse_target("/a+b")->path, "/a+b");
}

TEST(Target, OfTheAbsoluteFormLosesItsOrigin) {
    EXPECT_EQ(parse_target("http://example.org/x?y=1")->path, "/x");
    EXPECT_EQ(parse_target("HTTPS://example.org")->path, "/");
    EXPECT_EQ(parse_target("http://example.org?y=1")->query.get("y"), "1");
    EXPECT_EQ(parse_target("*")->path, "*");
}

TEST(Target, ThatCouldMeanTwoThingsIsRefused) {
    for (const std::string_view bad : {"/a/../b",
                                       "/a/%2e%2e/b",
                                       "/..",
                                       "/.",
                                       "/a%2fb",
                                       "/a%5Cb",
                                       "/a\\b",
                                       "/a%00b",
                                       "/a%0ab",
                                       "/%",
                                       "/%4",
                                       "/%zz",
                                       "/a%ff",
                                       "/a%c0%ae",
                                       "/%ed%a0%80",
                                       "/a?b=%00",
                                       "/a?b=%ff",
                                       "/a?b=%1b",
                                       "/a?b=%4",
                                       "a",
                                       "",
                                       "//a/..",
                                       "/a#b",
                                       "example.org:443",
                                       "ftp://example.org/a"}) {
        const auto target = parse_target(bad);
        ASSERT_FALSE(target) << bad;
        EXPECT_EQ(target.error().code, Errc::malformed) << bad;
    }
}

TEST(Target, WithTooManyParametersIsRefused) {
    std::string query = "/x?";
    for (int i = 0; i < 257; ++i) {
        query += "a=1&";
    }
    EXPECT_EQ(parse_target(query).error().code, Errc::exhausted);
}

TEST(Query, TellsWhatIsWrongWithANumber) {
    const auto query = parse_query("limit=50&negative=-3&word=ti&big=99999999999999999999&tail=5x");

    ASSERT_TRUE(query);
    EXPECT_EQ(query->integer("limit", 10, 1, 100), 50);
    EXPECT_EQ(query->integer("absent", 10, 1, 100), 10);
    EXPECT_EQ(query->integer("negative", 10, -5, 100), -3);
    for (const std::string_view name : {"word", "big", "tail"}) {
        const auto value = query->integer(name, 10, 1, 100);
        ASSERT_FALSE(value) << name;
        EXPECT_THAT(value.error().what,
                    testing::HasSubstr(std::string(name) + ": must be a whole number from 1 to 100"));
    }
    EXPECT_FALSE(query->integer("limit", 10, 1, 49));
}

TEST(PercentEncoding, ComesBackTheSame) {
    std::string every_byte;
    for (int i = 0; i < 256; ++i) {
        every_byte += static_cast<char>(i);
    }
    EXPECT_EQ(percent_decode(percent_encode(every_byte)), every_byte);
    EXPECT_EQ(percent_encode("a b/å"), "a%20b%2F%C3%A5");
}

}  // namespace
}  // namespace bypuls::http
