#include "platform/publish/search/search_page.h"

#include <gmock/gmock.h>

namespace bypuls::publish::search {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using words::Language;

const std::vector<Entry> entries{
    {.kind = Kind::place, .href = "/bading/tjern", .title = "Landfalltjern <3", .text = "Badeplass.", .also = "svømme"},
    {.kind = Kind::election, .href = "/valg?valg=a", .title = "Dødt løp", .text = "Likt.", .simulated = true}};

pages::Site site() {
    return {.errands = {{"bathing", "/bading"}, {"air", ""}}, .search = search_path, .contact_page = "/kontakt"};
}

TEST(SearchPage, ShowsWhatWasFoundWithItsKindAndSaysHowItIsOrdered) {
    const pages::Page page = search_page(site(), Language::nb, entries, "landfall");
    EXPECT_THAT(page.body.text(),
                AllOf(HasSubstr("1 treff på «landfall»"), HasSubstr("Landfalltjern &lt;3</a>"), HasSubstr("Sted"),
                      HasSubstr("Badeplass."), HasSubstr("står først"), Not(HasSubstr("Dødt løp"))));
    EXPECT_FALSE(page.simulated);
}

TEST(SearchPage, WhatIsSimulatedSaysSo) {
    const pages::Page page = search_page(site(), Language::nb, entries, "dodt");
    EXPECT_THAT(page.body.text(), AllOf(HasSubstr("Avstemning"), HasSubstr(">simulert</span>")));
    EXPECT_TRUE(page.simulated);
}

TEST(SearchPage, WhatIsSimulatedAmongOtherThingsSaysSoOfItselfAlone) {
    const pages::Page page = search_page(site(), Language::nb, entries, "l");
    EXPECT_THAT(page.body.text(), AllOf(HasSubstr("Landfalltjern"), HasSubstr(">simulert</span>")));
    EXPECT_FALSE(page.simulated);
}

TEST(SearchPage, NothingFoundHelpsOn) {
    const std::string body = search_page(site(), Language::nb, entries, "landfaltjern").body.text();
    EXPECT_THAT(body, AllOf(HasSubstr("Ingen treff på «landfaltjern»"), HasSubstr("/sok?q=Landfalltjern\">"),
                            HasSubstr("href=\"/bading\">Bading</a>"), HasSubstr("href=\"/kontakt\""),
                            Not(HasSubstr("href=\"\""))));
}

TEST(SearchPage, TheQueryIsTextWhateverItIs) {
    const std::string hostile = "\"><script>alert(1)</script>&lang=en#";
    const pages::Page page = search_page(site(), Language::nb, entries, hostile);
    const std::string whole = pages::document(site(), page);
    EXPECT_THAT(whole, Not(HasSubstr("<script>alert")));
    EXPECT_EQ(page.query.find_first_of("&<>\"#"), std::string::npos);
    EXPECT_EQ(page.robots, pages::Robots::hide);
}

TEST(SearchPage, AnEmptyOneHasItsFieldReadyAndIsForSearchEngines) {
    const pages::Page page = search_page(site(), Language::nb, entries, "");
    EXPECT_THAT(page.body.text(),
                AllOf(HasSubstr(" autofocus"), HasSubstr("Bypuls lagrer ikke"), Not(HasSubstr("<h2>"))));
    EXPECT_EQ(page.robots, pages::Robots::index);
}

TEST(SearchPage, MoreThanAHundredLettersAreTooManyHoweverManyBytesTheyAre) {
    std::string query;
    for (int i = 0; i < 100; ++i) {
        query += "ø";
    }
    EXPECT_FALSE(is_too_long(query));
    query += "ø";
    EXPECT_TRUE(is_too_long(query));
    EXPECT_THAT(search_page(site(), Language::nb, entries, query).body.text(),
                AllOf(HasSubstr("Bruk høyst 100 tegn."), HasSubstr("aria-invalid=\"true\""), Not(HasSubstr("<h2>"))));
}

TEST(SearchPage, ShowsFiftyAndSaysThatThereAreMore) {
    const std::vector<Entry> many(51, {.href = "/x", .title = "Tjern"});
    const std::string body = search_page(site(), Language::nb, many, "tjern").body.text();
    EXPECT_THAT(body, AllOf(HasSubstr("51 treff"), HasSubstr("Bare de 50 første vises.")));
}

TEST(SearchPage, HasWordsInEveryLanguageAndOneHeading) {
    for (const Language language : words::all_languages) {
        for (const std::string query : {"", "landfall", "landfall dodt", "finnes-ikke"}) {
            const std::string whole = pages::document(site(), search_page(site(), language, entries, query));
            EXPECT_THAT(whole, Not(HasSubstr("[search")));
            EXPECT_THAT(whole, Not(HasSubstr("[shell")));
            EXPECT_EQ(whole.find("<h1"), whole.rfind("<h1"));
            EXPECT_THAT(whole, Not(HasSubstr("class=\"bp-search\"")));  // one search on a page
        }
    }
}

}  // namespace
}  // namespace bypuls::publish::search
