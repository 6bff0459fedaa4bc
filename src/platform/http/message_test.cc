#include "platform/http/message.h"

#include <set>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "platform/http/client.h"
#include "platform/http/problem.h"

namespace bypuls::http {
namespace {

Request request_with(Headers headers) {
    Request request;
    request.headers = std::move(headers);
    return request;
}

TEST(AcceptLanguage, TheHighestWeightWins) {
    EXPECT_EQ(accepted_language("en-GB,en;q=0.9,nb;q=0.8"), Language::en);
    EXPECT_EQ(accepted_language("de, nn;q=0.5, nb;q=0.4"), Language::nn);
    EXPECT_EQ(accepted_language("no"), Language::nb);
    EXPECT_EQ(accepted_language("nn-NO;q=0.7, en;q=0.7"), Language::nn);
    EXPECT_EQ(accepted_language("en;q=0, nn;q=0.001"), Language::nn);
}

TEST(AcceptLanguage, WithoutALanguageOfOursChoosesNothing) {
    EXPECT_EQ(accepted_language(""), std::nullopt);
    EXPECT_EQ(accepted_language("de, fr;q=0.5"), std::nullopt);
    EXPECT_EQ(accepted_language("en;q=0"), std::nullopt);
    EXPECT_EQ(accepted_language(";;;,,=,q=1"), std::nullopt);
}

TEST(Headers, AreFoundWhateverTheirCase) {
    Headers headers{{"X-One", "1"}, {"x-two", "2"}};
    headers.set("X-ONE", "uno");
    EXPECT_EQ(headers.get("x-one"), "uno");
    EXPECT_EQ(headers.all("X-Two").size(), 1U);
}

TEST(Cookies, AreReadAmongOthers) {
    const Request request = request_with({{"Cookie", "a=1; __Host-session=abc=; lang=nn"}});
    EXPECT_EQ(request.cookie("__Host-session"), "abc=");
    EXPECT_EQ(request.cookie("lang"), "nn");
    EXPECT_EQ(request.cookie("session"), std::nullopt);
}

TEST(Cookies, AreSetSoThatNoScriptAndNoOtherSiteUsesThem) {
    Response response = no_content();
    set_cookie(response, {.name = "session", .value = "abc", .max_age = std::chrono::hours{1}, .strict = true});
    EXPECT_EQ(response.headers.get("Set-Cookie"),
              "__Host-session=abc; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=3600");
}

TEST(Accept, KnowsRangesAndRefusals) {
    EXPECT_TRUE(request_with({}).accepts("text/html"));
    EXPECT_TRUE(request_with({{"Accept", "text/html, application/*;q=0.5"}}).accepts("application/json"));
    EXPECT_TRUE(request_with({{"Accept", "*/*"}}).accepts("image/png"));
    EXPECT_FALSE(request_with({{"Accept", "text/html"}}).accepts("application/json"));
    EXPECT_FALSE(request_with({{"Accept", "application/json;q=0, */*"}}).accepts("application/json"));
}

TEST(Etag, ThatTheReaderHasGives304WithoutABody) {
    const std::string etag = etag_of("innhold");
    for (const std::string& known : {etag, "W/" + etag, "\"annen\", " + etag, std::string("*")}) {
        const Response response = with_etag(request_with({{"If-None-Match", known}}), text("innhold"));
        EXPECT_EQ(response.status, 304) << known;
        EXPECT_EQ(std::get<std::string>(response.body), "");
        EXPECT_EQ(response.headers.get("ETag"), etag);
    }
    EXPECT_EQ(with_etag(request_with({{"If-None-Match", "\"annen\""}}), text("innhold")).status, 200);
}

TEST(SameSite, IsJudgedByWhatABrowserCannotForge) {
    EXPECT_TRUE(is_same_site(request_with({{"Sec-Fetch-Site", "same-origin"}})));
    EXPECT_FALSE(is_same_site(request_with({{"Sec-Fetch-Site", "cross-site"}})));
    EXPECT_TRUE(is_same_site(request_with({{"Origin", "https://by.example"}, {"Host", "by.example"}})));
    EXPECT_FALSE(is_same_site(request_with({{"Origin", "https://ond.example"}, {"Host", "by.example"}})));
    EXPECT_FALSE(is_same_site(request_with({{"Origin", "null"}, {"Host", "by.example"}})));
    EXPECT_TRUE(is_same_site(request_with({})));
}

TEST(Problem, SpeaksTheReadersLanguage) {
    Request request;
    request.id = "abc";
    const std::vector<std::pair<Language, std::string>> titles = {
        {Language::nb, "Fant ikke siden"}, {Language::nn, "Fann ikkje sida"}, {Language::en, "Not found"}};
    for (const auto& [language, title] : titles) {
        request.language = language;
        const Response response = problem(request, Error{Errc::not_found, "no place called \"x\""});

        EXPECT_EQ(response.status, 404);
        EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
        EXPECT_EQ(response.headers.get("Content-Language"), tag_of(language));
        const auto body = nlohmann::json::parse(std::get<std::string>(response.body));
        EXPECT_EQ(body["type"], "/problems/not-found");
        EXPECT_EQ(body["title"], title);
        EXPECT_EQ(body["status"], 404);
        EXPECT_EQ(body["detail"], "no place called \"x\"");
        EXPECT_EQ(body["instance"], "urn:bypuls:request:abc");
        EXPECT_FALSE(body["what_to_do"].get<std::string>().empty());
    }
}

TEST(Problem, TellsReadersWhatTheSystemSaysOfItselfInTheirLanguage) {
    Request request;
    const auto detail = [&](Language language, Errc code, std::initializer_list<Errc> own) {
        request.language = language;
        const Response response = problem_for_reader(request, Error{code, "own words"}, own);
        EXPECT_EQ(response.status, status_of(code));
        return nlohmann::json::parse(std::get<std::string>(response.body))["detail"].get<std::string>();
    };
    EXPECT_EQ(detail(Language::nb, Errc::malformed, {Errc::malformed}), "own words");
    EXPECT_EQ(detail(Language::nn, Errc::timed_out, {Errc::malformed}),
              "Det tok for lang tid, og vi gav opp å vente. Det kan likevel ha blitt gjort.");
    for (const Errc code : {Errc::malformed, Errc::not_found, Errc::conflict, Errc::forbidden, Errc::unavailable,
                            Errc::timed_out, Errc::exhausted, Errc::damaged}) {
        std::set<std::string> told;
        for (const Language language : words::all_languages) {
            told.insert(detail(language, code, {}));
        }
        EXPECT_EQ(told.size(), 3U) << "each in a language of its own";
        EXPECT_FALSE(told.contains("own words"));
    }
}

TEST(Problem, CarriesEveryFaultOfAForm) {
    const Response response =
        problem(Request{},
                Problem{.status = 422, .type = "unprocessable", .errors = {{"/name", "is empty"}, {"/cost", "< 0"}}});
    const auto body = nlohmann::json::parse(std::get<std::string>(response.body));
    EXPECT_EQ(body["errors"].size(), 2U);
    EXPECT_EQ(body["errors"][1]["where"], "/cost");
}

TEST(Problem, OfEveryFailureHasAStatusAndWords) {
    for (const Errc code : {Errc::malformed, Errc::not_found, Errc::conflict, Errc::forbidden, Errc::unavailable,
                            Errc::timed_out, Errc::exhausted, Errc::damaged}) {
        const Problem made = problem_of(Error{code, "x"});
        EXPECT_EQ(made.status, status_of(code));
        for (const Language language : words::all_languages) {
            EXPECT_NE(problem_title(made.type, language), "") << made.type;
        }
    }
    EXPECT_EQ(problem(Request{}, Error{Errc::exhausted, "x"}).headers.get("Retry-After"), "5");
}

TEST(Problem, DoesNotShowWhichFileIsDamaged) {
    const Response response = problem(Request{}, Error{Errc::damaged, "data/journal.log"});
    EXPECT_THAT(std::get<std::string>(response.body), testing::Not(testing::HasSubstr("journal")));
}

TEST(PublicAddress, LeavesOutWhatLeadsInside) {
    for (const std::string_view inside : {"127.0.0.1",
                                          "10.1.2.3",
                                          "172.16.0.1",
                                          "172.31.255.255",
                                          "192.168.1.1",
                                          "169.254.169.254",
                                          "100.64.0.1",
                                          "0.0.0.0",
                                          "224.0.0.1",
                                          "255.255.255.255",
                                          "192.0.2.1",
                                          "::1",
                                          "::",
                                          "fe80::1",
                                          "fc00::1",
                                          "fd12::1",
                                          "ff02::1",
                                          "::ffff:127.0.0.1",
                                          "::ffff:10.0.0.1",
                                          "64:ff9b::7f00:1",
                                          "2002:7f00:1::",
                                          "2001:db8::1",
                                          "2001:0:1::",
                                          "::127.0.0.1",
                                          "localhost",
                                          "",
                                          "1.2.3",
                                          "0x7f000001"}) {
        EXPECT_FALSE(is_public_address(inside)) << inside;
    }
    for (const std::string_view outside : {"8.8.8.8", "158.36.0.1", "172.32.0.1", "100.128.0.1", "2a00:1450::1",
                                           "2001:4860:4860::8888", "::ffff:8.8.8.8"}) {
        EXPECT_TRUE(is_public_address(outside)) << outside;
    }
}

}  // namespace
}  // namespace bypuls::http
