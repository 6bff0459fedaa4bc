#include "apps/bypuls/settings.h"

#include <cstdlib>

#include <gmock/gmock.h>

#include "core/files.h"
#include "core/testing/folder.h"

namespace bypuls::apps {
namespace {

using config::Fault;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<Fault> faults_of(std::string_view toml) {
    Settings settings;
    return read_settings(toml, settings);
}

auto at(std::size_t line, std::string_view part) {
    return AllOf(Field(&Fault::line, line), Field(&Fault::sentence, HasSubstr(part)));
}

TEST(Settings, AWholeConfigurationHasNoFault) {
    Settings settings;
    EXPECT_THAT(read_settings(R"(
        town = "Tønsberg"
        owner = "Tønsberg kommune"
        contact = "mailto:post@tonsberg.kommune.no"
        contact_phone = "+47 33 40 60 00"
        contact_address = "Halfdan Wilhelmsens allé 1C, 3110 Tønsberg"
        accessibility_statement = "https://uustatus.no/nb/erklaringer/publisert/1"
        source_code = "https://code.example.no/bypuls"
        [server]
        listen = "[::1]:0"
        origin = "https://data.tonsberg.kommune.no:8443"
        trusted_proxies = ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"]
        tls_certificate = "/etc/bypuls/cert.pem"
        tls_key = "/etc/bypuls/key.pem"
    )",
                              settings),
                IsEmpty());
    EXPECT_EQ(settings.listen.host, "::1");
    EXPECT_EQ(settings.trusted_proxies, (std::vector<std::string>{"127.0.0.1", "10.0.0.0/8", "2001:db8::/32"}));
}

TEST(Settings, AnOperatorsRuleChangesOursOrIsAddedToThem) {
    Settings settings;
    EXPECT_THAT(read_settings(R"([[quality.rule]]
property = "water_temperature"
highest = 60
stale_after = "12 h"
off = ["stuck"]
[[quality.rule]]
property = "water_level"
unit = "cm"
lowest = -50
highest = 400
jump = 20
per_hour = 60
stuck_after = "2 d"
still = 0.1
resting = 0
gap_after = "6 h"
late_after = "2 h"
[[quality.rule]]
property = "air_temperature"
unit = "[degF]"
highest = 110
)",
                              settings),
                IsEmpty());
    using ingest::quality::Rule;
    using namespace std::chrono_literals;
    Rule water = *ingest::quality::Rules::shipped().find("water_temperature");
    water.highest = 60;
    water.stale_after = 12h;
    water.stuck_after = std::nullopt;
    EXPECT_EQ(*settings.quality_rules.find("water_temperature"), water);
    EXPECT_EQ(*settings.quality_rules.find("water_level"), (Rule{.property = "water_level",
                                                                 .unit = "cm",
                                                                 .lowest = -50,
                                                                 .highest = 400,
                                                                 .jump = 20,
                                                                 .per_hour = 60,
                                                                 .stuck_after = 48h,
                                                                 .still = 0.1,
                                                                 .resting = 0,
                                                                 .gap_after = 6h,
                                                                 .stale_after = 3h,
                                                                 .late_after = 2h}));
    const Rule& air = *settings.quality_rules.find("air_temperature");
    EXPECT_EQ(air.highest, 110);
    EXPECT_EQ(air.lowest, std::nullopt) << "-55 was of the other unit";
    EXPECT_EQ(air.jump, std::nullopt);
    EXPECT_EQ(settings.quality_rules.find("uv_index")->highest, 16) << "what nobody speaks of stays";
}

TEST(Settings, ARuleThatCannotBeUsedIsToldAndChangesNothing) {
    Settings settings;
    EXPECT_THAT(
        read_settings(R"([[quality.rule]]
property = "Water level"
unit = "cm"
[[quality.rule]]
property = "water_temperature"
highest = "warm"
[[quality.rule]]
property = "water_temperature"
[[quality.rule]]
property = "pressure"
lowest = 850
[[quality.rule]]
property = "humidity"
lowest = 101
[[quality.rule]]
property = "uv_index"
off = ["range", "gap"]
gap_after = "0 s"
future_after = "5 min"
)",
                      settings),
        testing::IsSupersetOf({at(2, "quality.rule[0].property must be the name of an observed property"),
                               at(6, "quality.rule[1].highest must be a number"),
                               at(8, "quality.rule[2].property is 'water_temperature' a second time"),
                               at(0, "quality.rule[3].unit must be a code of UCUM"),
                               at(13, "lowest (101) must be below highest (100)"),
                               at(17, "quality.rule[5].off has 'gap'"), at(18, "gap_after"), at(19, "future_after")}));
    const auto& ours = ingest::quality::Rules::shipped();
    EXPECT_EQ(settings.quality_rules.all().size(), ours.all().size());
    EXPECT_EQ(*settings.quality_rules.find("humidity"), *ours.find("humidity"));
    EXPECT_EQ(settings.quality_rules.find("pressure"), nullptr);
}

TEST(Settings, ACheckThatIsOffAndHasANumberIsAFault) {
    Settings settings;
    EXPECT_THAT(read_settings(R"([[quality.rule]]
property = "water_temperature"
off = ["stuck"]
stuck_after = "2 d"
[[quality.rule]]
property = "humidity"
off = ["range", "spike"]
highest = 99
per_hour = 5
[[quality.rule]]
property = "uv_index"
off = ["range"]
stuck_after = "2 d"
)",
                              settings),
                ElementsAre(at(3, "off has 'stuck', and the rule gives stuck_after, still or resting too"),
                            at(7, "off has 'range', and the rule gives lowest or highest too"),
                            at(7, "off has 'spike', and the rule gives jump or per_hour too")));
    const auto& ours = ingest::quality::Rules::shipped();
    EXPECT_EQ(*settings.quality_rules.find("water_temperature"), *ours.find("water_temperature"));
    EXPECT_EQ(*settings.quality_rules.find("humidity"), *ours.find("humidity"));
    EXPECT_EQ(settings.quality_rules.find("uv_index")->highest, std::nullopt) << "another check's number is no matter";
}

TEST(Settings, EveryFaultIsToldAtOnceWithItsLine) {
    EXPECT_THAT(
        faults_of(R"(town = ""
owner = "  "
contact = "post@drammen.no"
data = ""
[server]
listen = "localhost:80"
origin = "http://x/y?z"
trusted_proxies = ["127.0.0.1", "nope", "10.0.0.0/33"]
tls_key = "/b"
[map]
tiles = "https://tiles.example/"
)"),
        ElementsAre(at(1, "town must be"), at(2, "owner must be"), at(3, "contact must begin"), at(4, "data must be"),
                    at(6, "server.listen must be"), at(7, "server.origin must be"), at(8, "'nope' is neither"),
                    at(8, "'10.0.0.0/33' is neither"), at(9, "server.tls_certificate"), at(11, "map.tiles must be")));
}

TEST(Settings, AnOriginWithAPathIsRefusedSinceAddressesAreMadeByAddingOne) {
    for (const char* origin : {"https://data.drammen.no/", "data.drammen.no", "http://x?z", "ftp://x"}) {
        EXPECT_THAT(faults_of(std::string("server.origin = \"") + origin + '"'),
                    ElementsAre(at(1, "server.origin must be")))
            << origin;
    }
}

TEST(Settings, WhatTheFooterLeadsToIsHeldToItsForm) {
    EXPECT_THAT(faults_of("contact_phone = \"ring oss\"\naccessibility_statement = \"uustatus.no\"\n"),
                ElementsAre(at(1, "contact_phone must be"), at(2, "accessibility_statement must begin with https://")));
    EXPECT_THAT(faults_of("accessibility_statement = \"http://uustatus.no/\""), SizeIs(1));
    EXPECT_THAT(faults_of("source_code = \"git@code.example.no\""),
                ElementsAre(at(1, "source_code must begin with https://")));
    EXPECT_THAT(faults_of("privacy_contact = \"personvern@drammen.no\""),
                ElementsAre(at(1, "privacy_contact must begin with mailto:")));
    EXPECT_THAT(faults_of("privacy_contact = \"mailto:personvern@drammen.no\""), IsEmpty());
}

TEST(Settings, ABorderAndWhoDrewItBelongTogether) {
    EXPECT_THAT(faults_of("[map]\nboundary = \"/b.geojson\"\nboundary_source = \"Bergen kommune\"\n"), IsEmpty());
    EXPECT_THAT(faults_of("[map]\nboundary = \"/b.geojson\"\n"),
                ElementsAre(at(0, "map.boundary_source must say who")));
    EXPECT_THAT(faults_of("[map]\nboundary = \"/b.geojson\"\nboundary_source = \"\"\n"),
                ElementsAre(at(3, "map.boundary_source must say who")));
    EXPECT_THAT(faults_of("[map]\nboundary_source = \"Bergen kommune\"\n"),
                ElementsAre(at(0, "map.boundary must name the file")));
}

TEST(Settings, AnAddressIsNumbersAndAPort) {
    EXPECT_EQ(parse_address("0.0.0.0:80").value().port, 80);
    EXPECT_EQ(parse_address("[2001:db8::1]:0").value().host, "2001:db8::1");
    for (const char* wrong : {"", "127.0.0.1", ":80", "localhost:80", "127.0.0.1:70000", "127.0.0.1:80a", "nope:1"}) {
        EXPECT_FALSE(parse_address(wrong)) << wrong;
    }
}

TEST(Settings, FilesThatCannotBeReadAreNamedWithTheirKeys) {
    const TestFolder own;
    const std::string& folder = own.path();
    ASSERT_TRUE(write_text_file(folder + "/cert.pem", "x"));
    Settings settings;
    EXPECT_THAT(check_files(settings), IsEmpty());
    settings.tls_certificate = folder + "/cert.pem";
    settings.tls_key = folder + "/key.pem";
    EXPECT_THAT(check_files(settings), ElementsAre(at(0, "server.tls_key: there is no file " + folder + "/key.pem")));
    settings.map_boundary = folder + "/border.geojson";
    EXPECT_THAT(check_files(settings), Contains(at(0, "map.boundary: there is no file")));
    ASSERT_TRUE(write_text_file(settings.map_boundary, "{}"));
    settings.mqtt.tls_listen = "127.0.0.1:0";
    settings.mqtt.tls_certificate = folder;  // a folder is no file
    settings.mqtt.tls_key = folder + "/key.pem";
    EXPECT_THAT(check_files(settings), SizeIs(3));
}

}  // namespace
}  // namespace bypuls::apps
