#include "platform/http/router.h"

#include <gmock/gmock.h>

namespace bypuls::http {
namespace {

Handler nothing() {
    return [](Request&) -> Task<Response> { co_return no_content(); };
}

Router table() {
    Router router;
    router.get("/", nothing());
    router.get("/api/v1/places", nothing());
    router.get("/api/v1/places/{slug}", nothing(), Sharing::open_data);
    router.get("/api/v1/places/nearest", nothing());
    router.post("/api/v1/places/{slug}/visits", nothing());
    router.get("/files/{path...}", nothing());
    router.add({.method = Method::del, .pattern = "/api/v1/places/{slug}", .handler = nothing()});
    return router;
}

std::string pattern_for(const Router& router, Method method, std::string_view path) {
    const Match match = router.match(method, path);
    return match.route == nullptr ? "" : match.route->pattern;
}

TEST(Router, FindsLiteralsBeforeParameters) {
    const Router router = table();
    EXPECT_EQ(pattern_for(router, Method::get, "/"), "/");
    EXPECT_EQ(pattern_for(router, Method::get, "/api/v1/places/nearest"), "/api/v1/places/nearest");
    EXPECT_EQ(pattern_for(router, Method::get, "/api/v1/places/landfalltjern"), "/api/v1/places/{slug}");
    EXPECT_EQ(pattern_for(router, Method::post, "/api/v1/places/nearest/visits"), "/api/v1/places/{slug}/visits");
}

TEST(Router, HandsOutWhatTheParametersStandFor) {
    const Router router = table();
    EXPECT_THAT(router.match(Method::get, "/api/v1/places/Sota fjordpark").parameters,
                testing::ElementsAre(testing::Pair("slug", "Sota fjordpark")));
    EXPECT_THAT(router.match(Method::get, "/files/a/b/c.csv").parameters,
                testing::ElementsAre(testing::Pair("path", "a/b/c.csv")));
    EXPECT_THAT(router.match(Method::get, "/files/").parameters, testing::ElementsAre(testing::Pair("path", "")));
    EXPECT_EQ(pattern_for(router, Method::get, "/files"), "/files/{path...}");
}

TEST(Router, KnowsWhichMethodsAPathHas) {
    const Router router = table();
    const Match match = router.match(Method::put, "/api/v1/places/x");
    EXPECT_EQ(match.route, nullptr);
    EXPECT_THAT(match.allowed, testing::ElementsAre(Method::get, Method::head, Method::del, Method::options));
    EXPECT_THAT(router.match(Method::get, "/nowhere").allowed, testing::IsEmpty());
}

TEST(Router, AnswersHeadWithGet) {
    EXPECT_EQ(pattern_for(table(), Method::head, "/api/v1/places"), "/api/v1/places");
}

TEST(Router, LeavesNoEmptyParameter) {
    const Router router = table();
    EXPECT_EQ(pattern_for(router, Method::get, "/api/v1/places/"), "");
    EXPECT_EQ(pattern_for(router, Method::get, "*"), "");
    EXPECT_EQ(pattern_for(router, Method::get, ""), "");
}

TEST(RouterDeathTest, RefusesTheSameRouteTwice) {
    Router router = table();
    EXPECT_DEATH(router.get("/api/v1/places/{name}", nothing()), "routed twice");
    EXPECT_DEATH(router.get("/a/{rest...}/b", nothing()), "ends a pattern");
}

}  // namespace
}  // namespace bypuls::http
