#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>

#include "core/time/iso8601.h"
#include "core/words/format.h"
#include "platform/pages/page.h"
#include "platform/pages/parts.h"

namespace bypuls::pages {
namespace {

using testing::HasSubstr;
using testing::Not;
using words::Language;

Site town() {
    return {.errands = {{"bathing", "/bading"}, {"air", ""}},
            .contact = "mailto:post@example.org",
            .status = "/status",
            .assets = Assets::parse(R"({
                "src/page.ts": {"file": "assets/page-1.js", "isEntry": true, "css": ["assets/page-1.css"], "imports": ["_a.js"]},
                "_a.js": {"file": "assets/a-2.js", "imports": ["_b.js"]},
                "_b.js": {"file": "assets/b-3.js", "css": ["assets/b-3.css"], "imports": ["_a.js"]},
                "src/shell/theme.ts": {"file": "assets/theme-4.js", "isEntry": true},
                "src/bathing/curve.island.tsx": {"file": "assets/curve-5.js", "isDynamicEntry": true, "imports": ["_b.js"]}
            })")
                          .value()};
}

Value warm_water() {
    return {.label = "I vannet",
            .number = "19,4",
            .unit = "°C",
            .time = parse_instant("2026-07-05T12:18:00Z").value(),
            .age = "for 12 minutter siden",
            .simulated = true,
            .live = "landfalltjern/water_temperature"};
}

TEST(Html, EscapesWhatIsNotHtml) {
    EXPECT_EQ(html("<p title=\"{}\">{}</p>", "\"><script>", std::string("a & b")).text(),
              "<p title=\"&quot;&gt;&lt;script&gt;\">a &amp; b</p>");
    EXPECT_EQ(html("<b>{}</b>{}", html("<i>{}</i>", "<"), 7).text(), "<b><i>&lt;</i></b>7");
}

TEST(Document, IsWholeAndSaysWhichLanguageItSpeaks) {
    const std::string page = document(town(), {.language = Language::nn,
                                               .title = "Bading",
                                               .path = "/bading",
                                               .errand = "bathing",
                                               .body = html("<h1>Bading</h1>")});
    EXPECT_THAT(page, testing::StartsWith("<!doctype html>\n<html lang=\"nn\""));
    EXPECT_THAT(page, HasSubstr("<title>Bading – Drammen</title>"));
    EXPECT_THAT(page, HasSubstr("<main id=\"main\""));
    EXPECT_THAT(page, HasSubstr("<a href=\"/bading\" aria-current=\"page\">Bading</a>"));
    EXPECT_THAT(page, HasSubstr("href=\"?lang=en\""));
    EXPECT_THAT(page, Not(HasSubstr(">Luft<"))) << "an errand that the town does not offer is no link";
    EXPECT_THAT(page, Not(HasSubstr("bp-banner")));
}

TEST(Document, TheFooterLeadsToTheDeclarationWhenThereIsOneElseToThePageThatSaysThereIsNone) {
    Site site = town();
    EXPECT_THAT(document(site, {.title = "x"}), HasSubstr("href=\"mailto:post@example.org\">Kontakt oss"));
    site.contact_page = "/kontakt";
    site.accessibility_page = "/tilgjengelighet";
    site.sources = "/kilder";
    const std::string without = document(site, {.title = "x"});
    EXPECT_THAT(without, HasSubstr("href=\"/kontakt\">Kontakt oss"));
    EXPECT_THAT(without, HasSubstr("href=\"/tilgjengelighet\">Tilgjengelighetserklæring"));
    EXPECT_THAT(without, HasSubstr("href=\"/kilder\">Kilder og lisenser"));
    site.accessibility_statement = "https://uustatus.no/nb/erklaringer/publisert/1";
    EXPECT_THAT(document(site, {.title = "x"}),
                HasSubstr("href=\"https://uustatus.no/nb/erklaringer/publisert/1\">Tilgjengelighetserklæring"));
}

TEST(Document, LanguageLinksKeepTheQuery) {
    const std::string page = document(town(), {.title = "x", .path = "/bading", .query = "n=2"});
    EXPECT_THAT(page, HasSubstr("href=\"?n=2&amp;lang=en\""));
}

TEST(Document, CarriesScriptAndStyleOfTheIslandsItUsesAndNoOther) {
    const std::string without = document(town(), {.title = "x"});
    EXPECT_THAT(without, HasSubstr("src=\"/assets/page-1.js\""));
    EXPECT_THAT(without, HasSubstr("href=\"/assets/b-3.css\""));
    EXPECT_THAT(without, Not(HasSubstr("curve")));
    const std::string with = document(town(), {.title = "x", .islands = {"curve"}});
    EXPECT_THAT(with, HasSubstr("modulepreload\" href=\"/assets/curve-5.js\""));
}

TEST(Document, HasNoInlineScriptOrStyleAndNothingFromElsewhere) {
    Site site = town();
    const std::string page =
        document(site, {.title = "x", .body = key_value(site.words(Language::nb), warm_water()), .simulated = true});
    EXPECT_THAT(page, Not(HasSubstr("<script>")));
    EXPECT_THAT(page, Not(HasSubstr("style=")));
    EXPECT_THAT(page, Not(HasSubstr("<style")));
    EXPECT_THAT(page, Not(HasSubstr("onclick")));
    EXPECT_THAT(page, Not(HasSubstr("https://")));
    EXPECT_THAT(page, HasSubstr("bp-banner"));
    EXPECT_LT(page.size(), 8'000);
}

TEST(Parts, AValueAlwaysSaysItsAgeAndThatItIsSimulated) {
    const words::Words say = town().words(Language::nb);
    const std::string shown = key_value(say, warm_water()).text();
    EXPECT_THAT(
        shown,
        HasSubstr("Målt <time datetime=\"2026-07-05T12:18:00Z\" data-at=\"5. juli 2026 kl. 14.18\">for 12 minutter "
                  "siden</time>."))
        << "with the time of day for paper";
    EXPECT_THAT(shown, HasSubstr(">simulert</span>"));
    EXPECT_THAT(shown, HasSubstr("data-live=\"landfalltjern/water_temperature\""));
}

TEST(Parts, AnAgeHasTheTimeOfDayForPaperInTheReadersLanguage) {
    const Instant t = parse_instant("2026-11-26T13:05:00Z").value();
    EXPECT_THAT(age_tag(town().words(Language::nn), t, "for 5 minutt sidan").text(),
                HasSubstr("data-at=\"26. november 2026 kl. 14.05\">for 5 minutt sidan</time>"));
    EXPECT_THAT(age_tag(town().words(Language::en), t, "5 minutes ago").text(),
                HasSubstr("data-at=\"26 November 2026 at 14:05\""));
}

TEST(Parts, ATableCanBeSortedByScriptAndIsReadableWithout) {
    const std::string shown = table("Tall", {{"Tid"}, {"°C", true}}, {{html("kl. 14"), html("19,4")}}).text();
    EXPECT_THAT(shown, HasSubstr("data-sortable><caption>Tall</caption>"));
    EXPECT_THAT(shown, Not(HasSubstr("<button"))) << "a button that does nothing is none";
}

TEST(Parts, MissingIsShownAsMissingAndNeverAsANumber) {
    Value value = warm_water();
    value.certainty = Certainty::missing;
    const std::string shown = key_value(town().words(Language::en), value).text();
    EXPECT_THAT(shown, HasSubstr("Not measured"));
    EXPECT_THAT(shown, Not(HasSubstr("19,4")));
    EXPECT_THAT(shown, HasSubstr("has not sent anything yet"));
    value.last_sent = "15 April 2026";
    EXPECT_THAT(key_value(town().words(Language::en), value).text(), HasSubstr("last sent on 15 April 2026."));
}

TEST(Parts, ATrendOfSharesIsInPercentagePoints) {
    const words::Words say = town().words(Language::nb);
    EXPECT_EQ(trend_text(say, 5, "%", std::chrono::hours{2}, false), "Stiger: 5 prosentpoeng på 2 timer.");
    EXPECT_EQ(trend_text(say, -0.3, "Cel", std::chrono::hours{2}, false), "Synker: 0,3\u00a0°C på 2 timer.");
    EXPECT_EQ(trend_text(say, 0.1, "Cel", std::chrono::hours{2}, true), "Omtrent uendret på 2 timer.");
}

TEST(Parts, ADoubtedNewestReadingIsSaid) {
    Value value = warm_water();
    value.certainty = Certainty::last_good;
    EXPECT_THAT(key_value(town().words(Language::nb), value).text(), HasSubstr("Den nyeste målingen ser feil ut."));
    value.certainty = Certainty::stale;
    EXPECT_THAT(value_row(town().words(Language::nn), value).text(), HasSubstr("Målaren svarer ikkje."));
}

TEST(Parts, AChartHasATitleASummaryATableAndItsFiles) {
    const words::Words say = town().words(Language::nb);
    const Chart curve{.id = "today",
                      .title = "Vannet blir varmere",
                      .subtitle = "Vanntemperatur, °C",
                      .summary = "Fra 18,1 til 19,4 grader.",
                      .island = "curve",
                      .props_json = R"({"place":"landfalltjern","q":"<&"})",
                      .table = table("Tall", {{"Tid"}, {"°C", true}}, {{html("kl. 14"), html("19,4")}}),
                      .source = "Drammen kommune",
                      .csv_href = "/a.csv"};
    const std::string shown = chart(say, curve).text();
    EXPECT_THAT(
        shown,
        HasSubstr("data-props=\"{&quot;place&quot;:&quot;landfalltjern&quot;,&quot;q&quot;:&quot;&lt;&amp;&quot;}\""));
    EXPECT_THAT(shown, HasSubstr("<p data-summary>Fra 18,1 til 19,4 grader.</p>"));
    EXPECT_THAT(shown, HasSubstr("<th scope=\"row\">kl. 14</th><td class=\"bp-number\">19,4</td>"));
    EXPECT_THAT(shown, HasSubstr("href=\"/a.csv\" download"));
}

TEST(Parts, AFieldBelongsToItsLabelHintAndError) {
    const std::string shown =
        field(town().words(Language::nb),
              {.name = "navn", .label = "Navn", .hint = "Som i passet", .error = "Skriv navnet", .required = true})
            .text();
    EXPECT_THAT(shown, HasSubstr("<label class=\"ds-label\" for=\"navn\">Navn</label>"));
    EXPECT_THAT(shown, HasSubstr("aria-describedby=\"navn-hint navn-error\""));
    EXPECT_THAT(shown, HasSubstr("aria-invalid=\"true\""));
}

TEST(Failure, SaysWhatHappenedWhatIsSafeAndWhatToDo) {
    const std::string page =
        error_document(town(), {.status = 500, .language = Language::en, .path = "/x", .id = "01JZ"});
    EXPECT_THAT(page, HasSubstr("<h1>Something went wrong on our side</h1>"));
    EXPECT_THAT(page, HasSubstr("Nothing has been lost."));
    EXPECT_THAT(page, HasSubstr("Error number 01JZ"));
    EXPECT_THAT(page, HasSubstr("noindex"));
}

TEST(Failure, EveryStatusHasWordsInEveryLanguage) {
    for (const Language language : words::all_languages) {
        for (int status = 400; status < 600; ++status) {
            EXPECT_THAT(error_document(town(), {.status = status, .language = language}), Not(HasSubstr("[error")));
        }
    }
}

TEST(Failure, AMisspeltAddressGetsASuggestion) {
    EXPECT_THAT(error_document(town(), {.status = 404, .suggestion = "/bading/landfalltjern"}),
                HasSubstr("Mente du <a class=\"ds-link\" href=\"/bading/landfalltjern\">"));
    EXPECT_THAT(error_document(town(), {.status = 404, .suggestion = "/x", .suggestion_name = "Landfalltjern"}),
                HasSubstr("href=\"/x\">Landfalltjern</a>"));
}

TEST(Health, TheWorstCheckDecidesTheHeading) {
    const words::Words say = town().words(Language::nb);
    using State = HealthCheck::State;
    EXPECT_THAT(health_body(say, {{"Journal", State::ok}}).text(), HasSubstr("Alt virker"));
    const std::string failing = health_body(say, {{"Journal", State::failing, "disk_full", "write /srv/town: no space"},
                                                  {"Disk", State::warning}})
                                    .text();
    EXPECT_THAT(failing, HasSubstr("Noe virker ikke"));
    EXPECT_THAT(failing, HasSubstr("Disken er full"));
    EXPECT_THAT(failing, Not(HasSubstr("/srv/town"))) << "everyone may read this page";
}

TEST(Assets, RefusesWhatIsNotViteS) {
    EXPECT_FALSE(Assets::parse("[]").has_value());
    EXPECT_FALSE(Assets::parse(R"({"a": {"isEntry": true}})").has_value());
    EXPECT_EQ(Assets::none().find("src/page.ts"), nullptr);
}

}  // namespace
}  // namespace bypuls::pages
