#include "city/bathing/poster.h"

#include <gmock/gmock.h>

namespace bypuls::bathing {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(PosterAddress, IsWhatTheTownSays) {
    EXPECT_EQ(poster_origin("https://data.drammen.no", "evil.example", false), "https://data.drammen.no");
    EXPECT_EQ(poster_origin("https://data.drammen.no", "", true), "https://data.drammen.no");
}

TEST(PosterAddress, IsTheMachinesOwnWhereTheTownSaysNothing) {
    EXPECT_EQ(poster_origin("", "localhost:8080", false), "http://localhost:8080");
    EXPECT_EQ(poster_origin("", "127.0.0.1:8080", false), "http://127.0.0.1:8080");
    EXPECT_EQ(poster_origin("", "127.0.0.1", true), "https://127.0.0.1");
    EXPECT_EQ(poster_origin("", "[::1]:8443", true), "https://[::1]:8443");
}

TEST(PosterAddress, IsNeverWhatAStrangerWrites) {
    for (const char* host : {"", "evil.example", "evil.example:8080", "localhost.evil.example", "127.evil.example",
                             "127.0.0.1.evil.example", "localhost:80@evil.example", "localhost:evil.example",
                             "[::1].evil.example", "[2001:db8::1]", "10.0.0.7:8080", "localhost/evil", "LOCALHOST@x"}) {
        EXPECT_EQ(poster_origin("", host, false), std::nullopt) << host;
    }
}

TEST(Poster, TellsNameAndAddressOnAnA4Page) {
    publication::PublicPlace place{.slug = "landfalltjern", .kind = "bathing"};
    place.name.nb = "Landfalltjern & vannet";
    const words::Words say(words::Catalogue::built_in(), words::Language::nb);
    const auto svg = poster_svg(say, place, "https://data.drammen.no/bading/landfalltjern");
    ASSERT_TRUE(svg) << svg.error();
    EXPECT_THAT(*svg, HasSubstr(R"(width="210mm" height="297mm" viewBox="0 0 210 297")"));
    EXPECT_THAT(*svg, HasSubstr("Landfalltjern &amp; vannet"));
    EXPECT_THAT(*svg, HasSubstr(">https://data.drammen.no/bading/landfalltjern<"));
    EXPECT_THAT(*svg, Not(HasSubstr("simulert")));
    EXPECT_EQ(poster_svg(say, place, std::string(4000, 'x')).error().code, Errc::malformed);
}

TEST(Poster, SaysThatReadingsAreSimulatedAndAsksInTheReadersOwnLanguage) {
    const publication::PublicPlace place{.slug = "landfalltjern",
                                         .kind = "bathing",
                                         .name = {.nb = "Landfalltjern"},
                                         .streams = {{.property = "water_temperature", .simulated = true}}};
    const words::Words say(words::Catalogue::built_in(), words::Language::nn);
    const auto svg = poster_svg(say, place, "https://data.drammen.no/bading/landfalltjern");
    ASSERT_TRUE(svg) << svg.error();
    EXPECT_THAT(*svg, HasSubstr("målingane er simulerte"));
    EXPECT_THAT(*svg, HasSubstr(">Kan eg bade?<"));
}

}  // namespace
}  // namespace bypuls::bathing
