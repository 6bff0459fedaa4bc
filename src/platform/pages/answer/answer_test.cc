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

TEST(PermanentPath, HasNoCapitalsAndNoSlashAtItsEnd) {
    EXPECT_EQ(permanent_path("/bading/"), "/bading");
    EXPECT_EQ(permanent_path("/Bading/Landfalltjern/Historikk/"), "/bading/landfalltjern/historikk");
    EXPECT_EQ(permanent_path("//"), "/");
    EXPECT_EQ(permanent_path("/bading"), std::nullopt);
    EXPECT_EQ(permanent_path("/"), std::nullopt);
}

TEST(PermanentPath, LeadsNowhereElse) {
    EXPECT_EQ(permanent_path("//evil.example/"), "/evil.example") << "a path of ours, no other host";
    for (const char* strange : {"/\\evil.example/", "/a:b/", "/a b/", "/bl\u00e5tjern/", "/a?b/"}) {
        EXPECT_EQ(permanent_path(strange), std::nullopt) << strange;
    }
}

TEST(Moved, IsForGoodAndKeepsTheQuery) {
    http::Request request = asked("lang=nn");
    request.target = "/Bading/?lang=nn";
    const auto response = moved(request, "/bading");
    EXPECT_EQ(response.status, 301);
    EXPECT_EQ(response.headers.get("Location"), "/bading?lang=nn");
}

}  // namespace
}  // namespace bypuls::pages
