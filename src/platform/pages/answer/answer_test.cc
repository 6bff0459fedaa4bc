#include "platform/pages/answer/answer.h"

#include <gmock/gmock.h>

namespace bypuls::pages {
namespace {

using testing::HasSubstr;

http::Request asked(std::string_view query) {
    http::Request request;
    request.path = "/bading";
    request.query = http::parse_query(query).value();
    return request;
}

const Page page{
    .language = words::Language::nn, .title = "Bading", .path = "/bading", .body = html("<h1>{}</h1>", "Bading")};

TEST(Answer, CachesMayKeepWhatEveryReaderOfALanguageSees) {
    const auto response = answer(Site{}, asked(""), page, std::chrono::minutes{5});
    EXPECT_EQ(response.headers.get("Cache-Control"), "public, max-age=300");
    EXPECT_EQ(response.headers.get("Vary"), "Accept-Language, Cookie");
    EXPECT_TRUE(response.headers.get("ETag").has_value());
    EXPECT_FALSE(response.headers.get("Set-Cookie").has_value());
}

TEST(Answer, AChosenLanguageIsRememberedAndTheAnswerKeptByNobody) {
    const auto response = answer(Site{}, asked("lang=nn"), page, std::chrono::minutes{5});
    EXPECT_EQ(response.headers.get("Cache-Control"), "no-store");
    ASSERT_TRUE(response.headers.get("Set-Cookie").has_value());
    EXPECT_THAT(std::string(*response.headers.get("Set-Cookie")), HasSubstr("lang=nn"));
}

}  // namespace
}  // namespace bypuls::pages
