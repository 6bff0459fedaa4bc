#include "core/config/config.h"

#include <gmock/gmock.h>

namespace bypuls::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Config, EverythingHasADefault) {
    Reader reader("");
    EXPECT_EQ(reader.text("server.listen", "127.0.0.1:8080"), "127.0.0.1:8080");
    EXPECT_EQ(reader.duration("journal.flush_delay", 10ms, 0ms, 1s), 10ms);
    EXPECT_EQ(reader.bytes("server.body_max", 8, 0, 100), 8U);
    EXPECT_THAT(reader.finish(), IsEmpty());
}

TEST(Config, ReadsEachKindAsItIsWritten) {
    Reader reader(R"(
        town = "Drammen"
        [server]
        listen = "0.0.0.0:80"
        threads = 2
        body_max = "8 MiB"
        open = true
        share = 0.5
        proxies = ["10.0.0.1", "10.0.0.2"]
        [journal]
        flush_delay = "5 ms"
    )");
    EXPECT_EQ(reader.text("town", ""), "Drammen");
    EXPECT_EQ(reader.text("server.listen", ""), "0.0.0.0:80");
    EXPECT_EQ(reader.integer("server.threads", 1, 1, 8), 2);
    EXPECT_EQ(reader.bytes("server.body_max", 0, 0, 1U << 30U), 8U << 20U);
    EXPECT_TRUE(reader.flag("server.open", false));
    EXPECT_EQ(reader.number("server.share", 0, 0, 1), 0.5);
    EXPECT_THAT(reader.texts("server.proxies"), ElementsAre("10.0.0.1", "10.0.0.2"));
    EXPECT_EQ(reader.duration("journal.flush_delay", 10ms, 0ms, 1s), 5ms);
    EXPECT_THAT(reader.finish(), IsEmpty());
}

TEST(Config, TellsEveryFaultAtOnceWithItsLine) {
    Reader reader("listen = 8080\nthreads = 99\nflush = \"soon\"\nthraeds = 1\n");
    reader.text("listen", "x");
    reader.integer("threads", 1, 1, 8);
    reader.duration("flush", 1ms, 0ms, 1s);
    const auto faults = reader.finish();
    ASSERT_THAT(faults, SizeIs(4));
    EXPECT_EQ(faults[0], (Fault{1, "listen must be a text in quotes"}));
    EXPECT_EQ(faults[1], (Fault{2, "threads must lie between 1 and 8"}));
    EXPECT_THAT(faults[2].sentence, HasSubstr("a time span such as"));
    EXPECT_EQ(faults[3], (Fault{4, "there is no setting 'thraeds'; did you mean 'threads'?"}));
}

TEST(Config, AnUnknownKeyIsAnsweredWithTheKnownOnesThatAreNearAndElseWithNone) {
    Reader reader("foo = 1\nlisten = \"a\"\n[server]\nweb = \"x\"\nwbe = 1\ntrusted_proxy = 1\n[sever]\norigin = 1\n");
    for (const auto* key : {"town", "server.listen", "mqtt.listen", "server.web", "server.origin"}) {
        reader.text(key, "");
    }
    reader.texts("server.trusted_proxies");
    const auto faults = reader.finish();
    const auto sentence = [](const auto& what) { return testing::Field(&Fault::sentence, what); };
    EXPECT_THAT(faults,
                ElementsAre(sentence("there is no setting 'foo'"),
                            sentence("there is no setting 'listen'; did you mean 'mqtt.listen' or 'server.listen'?"),
                            sentence("there is no setting 'server.wbe'; did you mean 'server.web'?"),
                            sentence("there is no setting 'server.trusted_proxy'; did you mean "
                                     "'server.trusted_proxies'?"),
                            sentence("there is no setting 'sever.origin'; did you mean 'server.origin'?")));
}

TEST(Config, WhatTheCallerFindsStandsWithItsLineAmongTheOthers) {
    Reader reader("a = 1\nb = \"\"\nc = 1\n");
    reader.integer("a", 0, 2, 3);
    reader.text("b", "");
    reader.text("c", "");
    reader.text("d", "");
    reader.fault("b", "must not be empty");
    reader.fault("d", "must be said");
    EXPECT_THAT(reader.finish(), ElementsAre(Fault{0, "d must be said"}, Fault{1, "a must lie between 2 and 3"},
                                             Fault{2, "b must not be empty"}, Fault{3, "c must be a text in quotes"}));
}

TEST(Config, WhatIsNotTomlIsOneFaultWithItsLine) {
    Reader reader("a = 1\nb = = 2\n");
    EXPECT_EQ(reader.integer("a", 7, 0, 9), 7);
    const auto faults = reader.finish();
    ASSERT_THAT(faults, SizeIs(1));
    EXPECT_EQ(faults[0].line, 2U);
}

TEST(Config, SizesAndSpansThatOverflowAreRefused) {
    EXPECT_FALSE(parse_bytes("99999999999999 GiB").has_value());
    EXPECT_FALSE(parse_bytes("-1 B").has_value());
    EXPECT_FALSE(parse_duration("10").has_value());
    EXPECT_EQ(parse_duration(" 30d ").value(), 720h);
}

TEST(Config, LettersBeyondAsciiStandInQuotesAndComments) {
    Reader good(
        "\xef\xbb\xbf# blåbær\ntown = \"Tønsberg \\\"ø\\\"\"\n\"sjø\" = 'å'\nlong = \"\"\"æ\n\"\"å\"\"\"\nraw = "
        "'''ø\n''''\n");
    EXPECT_EQ(good.text("town", ""), "Tønsberg \"ø\"");
    EXPECT_EQ(good.text("sjø", ""), "å");
    EXPECT_EQ(good.text("long", ""), "æ\n\"\"å");
    EXPECT_EQ(good.text("raw", ""), "ø\n'");
    EXPECT_THAT(good.finish(), IsEmpty());

    const std::vector<std::pair<std::string_view, std::size_t>> bad = {
        {"\nå = 1", 1}, {"\na = å", 5}, {"\na = 1 å", 7}, {"\n[å]", 2}, {"'open\nå", 1}};
    for (const auto& [text, column] : bad) {
        Reader reader(text);
        EXPECT_THAT(reader.finish(), ElementsAre(Fault{2, "letters beyond a to z stand in quotes only", column}))
            << text;
    }
}

TEST(Config, TablesInAListAreReadOneByOneAndTheirSlipsAreFound) {
    Reader reader("[[bridge]]\nhost = \"a\"\n[[bridge]]\nhost = \"b\"\nhots = \"c\"\n[[other]]\nx = 1\n");
    ASSERT_EQ(reader.tables("bridge"), 2U);
    EXPECT_EQ(reader.text("bridge[0].host", ""), "a");
    EXPECT_EQ(reader.text("bridge[1].host", ""), "b");
    EXPECT_EQ(reader.tables("absent"), 0U);
    const auto faults = reader.finish();
    EXPECT_THAT(faults,
                testing::UnorderedElementsAre(
                    testing::Field(&Fault::sentence, testing::HasSubstr("there is no setting 'bridge[1].hots'")),
                    testing::Field(&Fault::sentence, testing::HasSubstr("there is no setting 'other'"))));
}

TEST(Config, AListThatIsNoneIsAFault) {
    Reader reader("[bridge]\nhost = \"a\"\n");
    EXPECT_EQ(reader.tables("bridge"), 0U);
    EXPECT_THAT(reader.finish(), SizeIs(1));
}

TEST(Config, AKeyThatCannotBeOneIsAFaultWithItsLine) {
    Reader reader("town = \"Drammen\"\n[^server]\n");
    const auto faults = reader.finish();
    ASSERT_THAT(faults, SizeIs(1));
    EXPECT_EQ(faults[0].line, 2U);
}

TEST(Config, WhatIsInQuotesMeansTheSameHoweverItIsQuoted) {
    Reader reader(R"(a = 'C:\new "ø"'
b = "\u00f8 \\ \" 🏊"
c = '''
å\
'''''
'd.e"' = 'f'
)");
    EXPECT_EQ(reader.text("a", ""), "C:\\new \"ø\"");
    EXPECT_EQ(reader.text("b", ""), "ø \\ \" 🏊");
    EXPECT_EQ(reader.text("c", ""), "å\\\n''");
    const auto faults = reader.finish();
    ASSERT_THAT(faults, SizeIs(1));
    EXPECT_EQ(faults[0].sentence, "there is no setting 'd.e\"'");
}

TEST(Config, QuotesWhereNoneCanStandAreOneFault) {
    for (const std::string_view bad : {"to=9999\"Ο \"", "to = true'Ο '", "to = 1.\"Ο\"", "to = [1.'Ο ']",
                                       "to = \"\\é\"", "to = \"open", "to = '''open Ο", "to = \"\xff\""}) {
        Reader reader(bad);
        const auto faults = reader.finish();
        ASSERT_THAT(faults, SizeIs(1)) << bad;
        EXPECT_EQ(faults[0].line, 1U) << bad;
    }
}

}  // namespace
}  // namespace bypuls::config
