#include "platform/publish/search/search.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace bypuls::publish::search {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Entry> town() {
    return {{.href = "/bading", .title = "Bading og skispor", .text = "Hvor varmt er vannet?", .also = "badeplasser"},
            {.kind = Kind::place, .href = "/tjern", .title = "Landfalltjern", .text = "Badeplass.", .also = "svømme"},
            {.kind = Kind::place, .href = "/kjosa", .title = "Kjøsterudkjosa", .text = "Badeplass."},
            {.kind = Kind::place, .href = "/aas", .title = "Åsvannet på Ås", .text = "Badeplass."},
            {.kind = Kind::data, .href = "/historikk", .title = "Historikk: Landfalltjern", .text = "Dag for dag."}};
}

std::vector<std::string> found(std::string_view query) {
    const auto entries = town();
    std::vector<std::string> paths;
    for (const Entry* entry : find(entries, query).found) {
        paths.push_back(entry->href);
    }
    return paths;
}

TEST(Folded, CapitalsAccentsAndPunctuationMakeNoDifference) {
    EXPECT_EQ(folded("  UV-indeks, «Café» – ÉN gang "), "uv indeks cafe en gang");
    EXPECT_EQ(folded("Čáhcesuolu Šuoš Þór ÿ ß"), "cahcesuolu suos tor y s");
    EXPECT_EQ(folded("a\u030As e\u0301n"), "as en");  // as some keyboards put letters together
}

TEST(Folded, NorwegianLettersAreAsTheyAreWrittenWithoutTheirKeys) {
    EXPECT_EQ(folded("Ås"), folded("Aas"));
    EXPECT_EQ(folded("Ås"), folded("as"));
    EXPECT_EQ(folded("Kjøsterud"), folded("Kjoesterud"));
    EXPECT_EQ(folded("Kjøsterud"), folded("Kjosterud"));
    EXPECT_EQ(folded("Vær"), folded("vaer"));
    EXPECT_NE(folded("vær"), folded("vår"));
}

TEST(Folded, OtherAlphabetsStay) {
    EXPECT_EQ(folded("Драммен 2026"), "Драммен 2026");
    EXPECT_EQ(folded("东京"), "东京");
}

TEST(Folded, IsTheSameTwiceWhereLettersMeet) {
    for (const char* text : {"aæ", "oæ", "æe", "aåa", "oøe"}) {
        EXPECT_EQ(folded(folded(text)), folded(text)) << text;
    }
}

/// Of bytes that begin, go on and break off letters of several bytes, which texts of any bytes seldom do.
RC_GTEST_PROP(Folded, IsTheSameTwiceAlsoOfLettersThatBreakOff, ()) {
    const auto text = *rc::gen::container<std::string>(
        rc::gen::element('a', 'e', 'o', ' ', '\x80', '\x81', '\x9F', '\xA5', '\xC3', '\xCC', '\xCD', '\xE2', '\xF0'));
    const std::string once = folded(text);
    RC_ASSERT(folded(once) == once);
    RC_ASSERT(once.size() <= text.size());
}

RC_GTEST_PROP(Folded, IsTheSameTwiceAndNeverLonger, (const std::string& text)) {
    const std::string once = folded(text);
    RC_ASSERT(folded(once) == once);
    RC_ASSERT(once.size() <= text.size());
    RC_ASSERT(once.find("  ") == std::string::npos);
}

TEST(Find, TitlesComeBeforeOtherWordsAndThoseBeforeTheText) {
    EXPECT_THAT(found("bad"), ElementsAre("/bading", "/tjern", "/kjosa", "/aas"));
    EXPECT_THAT(found("landfalltjern"), ElementsAre("/tjern", "/historikk"));
    EXPECT_THAT(found("svomme"), ElementsAre("/tjern"));
}

TEST(Find, WholeWordsComeBeforeBeginningsAndTheseBeforeWhatStandsInside) {
    const std::vector<Entry> entries{{.href = "/inside", .title = "Badevann"},
                                     {.href = "/begins", .title = "Vannkvalitet"},
                                     {.href = "/whole", .title = "Vann"}};
    std::vector<std::string> paths;
    for (const Entry* entry : find(entries, "VANN").found) {
        paths.push_back(entry->href);
    }
    EXPECT_THAT(paths, ElementsAre("/whole", "/begins", "/inside"));
}

TEST(Find, NorwegianWordsAreFoundInsideTitlesWhenTheyHaveThreeLetters) {
    EXPECT_THAT(found("tjern"), ElementsAre("/tjern", "/historikk"));
    EXPECT_THAT(found("kjosterud"), ElementsAre("/kjosa"));
    EXPECT_THAT(found("rn"), IsEmpty());
}

TEST(Find, EveryWordMustBeThereAndOtherwiseTheMostOfThem) {
    const auto entries = town();
    EXPECT_THAT(found("historikk tjern"), ElementsAre("/historikk"));
    EXPECT_TRUE(find(entries, "historikk tjern").has_all_words);

    const Results some = find(entries, "kan jeg bade landfalltjern");
    ASSERT_THAT(some.found, testing::Not(IsEmpty()));
    EXPECT_FALSE(some.has_all_words);
    EXPECT_EQ(some.found.front()->href, "/tjern");
}

TEST(Find, NothingFoundNamesTheNearestSpelling) {
    const auto entries = town();
    const Results none = find(entries, "lanfaltjern");
    EXPECT_THAT(none.found, IsEmpty());
    EXPECT_EQ(none.meant, "Landfalltjern");
    EXPECT_EQ(find(entries, "historik landfalltjern").meant, "");  // a beginning is found as it is
    EXPECT_EQ(find(entries, "xyzzy").meant, "");
}

TEST(Find, WhatWasMeantIsSpelledAsInTheTitle) {
    const std::vector<Entry> lakes{{.href = "/aas", .title = "Åsvannet (sør)"}};
    EXPECT_EQ(find(lakes, "asvanet").meant, "Åsvannet");
}

TEST(Find, OfManyWordsTheFirstTwelveAreLookedFor) {
    std::string query = "a b c d e f g h i j k landfalltjern landfalltjern";
    EXPECT_THAT(find(town(), query).found, testing::Not(IsEmpty()));
    EXPECT_THAT(find(town(), "q1 q2 q3 q4 q5 q6 q7 q8 q9 q10 q11 q12 landfalltjern").found, IsEmpty());
}

TEST(Find, AnEmptyQueryFindsNothing) {
    EXPECT_THAT(found(""), IsEmpty());
    EXPECT_THAT(found(" ?! – "), IsEmpty());
}

RC_GTEST_PROP(Find, TheNameOfWhatThereIsFindsItFirst, ()) {
    const auto entries = town();
    const auto& wanted = entries[*rc::gen::inRange<std::size_t>(0, entries.size())];
    const Results results = find(entries, wanted.title);
    RC_ASSERT(!results.found.empty());
    RC_ASSERT(results.found.front()->title == wanted.title);
}

}  // namespace
}  // namespace bypuls::publish::search
