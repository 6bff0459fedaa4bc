#include "platform/publish/about/about_pages.h"

#include <gmock/gmock.h>

#include "platform/publish/about/searchable.h"

namespace bypuls::publish::about {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using words::Language;

TEST(About, ATownThatHasSaidNothingIsToldAsMissingAndADemonstrationAsWhatItIs) {
    pages::Site site{.town = "Tønsberg", .owner = "Tønsberg kommune"};
    EXPECT_THAT(contact_page(site, Language::nb).body.text(),
                HasSubstr("Her er det ikke skrevet hvordan du når Tønsberg kommune"));
    EXPECT_THAT(
        accessibility_page(site, Language::nn).body.text(),
        AllOf(HasSubstr("Tønsberg kommune har ikkje vist til noka tilgjengeerklæring"), HasSubstr("uustatus.no")));
    site.demonstration = true;
    EXPECT_THAT(contact_page(site, Language::en).body.text(), HasSubstr("This is a demonstration."));
    EXPECT_THAT(accessibility_page(site, Language::en).body.text(),
                HasSubstr("This is a demonstration, and has none."));
}

TEST(About, ContactIsWhatTheTownHasConfigured) {
    const pages::Site site{
        .contact = "mailto:post@drammen.no", .phone = "+47 32 04 00 00", .postal_address = "Engene 1, <Drammen>"};
    const std::string body = contact_page(site, Language::nb).body.text();
    EXPECT_THAT(body, HasSubstr(R"(href="mailto:post@drammen.no">post@drammen.no</a>)"));
    EXPECT_THAT(body, HasSubstr(R"(href="tel:+4732040000">+47 32 04 00 00</a>)"));
    EXPECT_THAT(body, HasSubstr("Engene 1, &lt;Drammen&gt;"));
}

TEST(About, TheDeclarationIsTheFirstThingOnItsPage) {
    const pages::Site site{.accessibility_statement = "https://uustatus.no/nb/erklaringer/publisert/1"};
    const std::string body = accessibility_page(site, Language::nb).body.text();
    EXPECT_LT(body.find("publisert/1"), body.find("<h2>"));
    EXPECT_THAT(body, HasSubstr("https://www.uutilsynet.no/"));
}

TEST(About, PrivacyNamesWhoElseSeesTheReaderWhenTheMapHasTiles) {
    pages::Site site;
    EXPECT_THAT(privacy_page(site, Language::nb).body.text(),
                AllOf(HasSubstr("Vi lagrer ingenting om deg."), HasSubstr("henter ingenting fra andre nettsteder")));
    site.map_tiles = "https://cache.kartverket.no/{z}/{y}/{x}.png";
    EXPECT_THAT(privacy_page(site, Language::nb).body.text(), HasSubstr("kartbilder fra cache.kartverket.no, som da"));
}

TEST(About, PrivacyTellsHowToReachTheOfficerOnceSomebodyHasSaid) {
    pages::Site site;
    EXPECT_THAT(privacy_page(site, Language::nb).body.text(), Not(HasSubstr("ombudet")));
    site.privacy_contact = "mailto:ombud@drammen.no";
    EXPECT_THAT(privacy_page(site, Language::nb).body.text(), HasSubstr("href=\"mailto:ombud@drammen.no\""));
}

TEST(About, TheMapsBordersAreNamedAfterWhoDrewThem) {
    pages::Site site{.basemap_source = "Bergen kommune"};
    EXPECT_THAT(sources_page(site, Language::nb, {}).body.text(), Not(HasSubstr("Kommunegrensene")));
    site.basemap.areas.push_back({.own = true, .rings = {}});
    EXPECT_THAT(sources_page(site, Language::nb, {}).body.text(), HasSubstr("Kommunegrensene er fra Bergen kommune"));
}

TEST(About, SourcesAreThoseOfWhatIsPublishedEachOnceAndMarkedWhenNobodyMeasured) {
    const std::string nlod = "https://data.norge.no/nlod/no/2.0";
    const publication::PublicStream water{.source = "Drammen kommune", .licence = nlod, .simulated = true};
    const publication::PublicStream strange{.source = "x", .licence = "javascript:alert(1)"};
    publication::Catalogue catalogue;
    catalogue.places = {{.slug = "a", .streams = {water, water}}, {.slug = "b", .streams = {water, strange}}};
    const auto sources = sources_of(catalogue);
    EXPECT_THAT(sources, ElementsAre(Source{"Drammen kommune", nlod, true}, Source{"x", "javascript:alert(1)", false}));
    const pages::Page page = sources_page({}, Language::nb, sources);
    EXPECT_TRUE(page.simulated);
    EXPECT_THAT(page.body.text(),
                AllOf(HasSubstr(nlod + "\">Norsk lisens for offentlige data 2.0</a>"), HasSubstr(">simulert</span>"),
                      HasSubstr("Ingen har målt dem."), Not(HasSubstr("href=\"javascript"))));
    EXPECT_THAT(sources_page({}, Language::nb, {}).body.text(), HasSubstr("Ingen målinger er åpnet ennå."));
}

TEST(About, EveryPageHasWordsInEveryLanguageAndOneHeading) {
    pages::Site site{.demonstration = true};
    site.privacy_contact = "https://drammen.no/personvern";
    site.basemap.areas.push_back({.own = true, .rings = {}});
    for (const Language language : words::all_languages) {
        for (const pages::Page& page : {contact_page(site, language), accessibility_page(site, language),
                                        privacy_page(site, language), sources_page(site, language, {})}) {
            const std::string whole = pages::document(site, page);
            EXPECT_THAT(whole, Not(HasSubstr("[about"))) << page.path;
            EXPECT_EQ(whole.find("<h1"), whole.rfind("<h1")) << page.path;
        }
    }
}

TEST(About, EveryPageIsFoundByItsNameInEveryLanguage) {
    for (const Language language : words::all_languages) {
        const auto entries = searchable(pages::Site{}.words(language));
        for (const search::Entry& entry : entries) {
            const auto results = search::find(entries, entry.title);
            ASSERT_FALSE(results.found.empty());
            EXPECT_EQ(results.found.front()->href, entry.href);
            EXPECT_THAT(entry.title + entry.text + entry.also, Not(HasSubstr("[")));
        }
    }
}

}  // namespace
}  // namespace bypuls::publish::about
