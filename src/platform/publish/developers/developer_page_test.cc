#include "platform/publish/developers/developer_page.h"

#include <gmock/gmock.h>

namespace bypuls::publish::developers {
namespace {

using testing::HasSubstr;
using testing::Not;

words::Words in(words::Language language) {
    return {words::Catalogue::built_in(), language};
}

PageModel town() {
    return {.filling = {.origin = "https://data.example.no",
                        .datastream = 12,
                        .place = "landfalltjern",
                        .mqtt = MqttDoor{"data.example.no", 8883, true}},
            .writing = {.created_rows_max = 100'000,
                        .batch_parts_max = 1'234,
                        .sensorthings_bytes_max = 32U << 20U,
                        .ingest_bytes_max = 16U << 20U,
                        .webhook_waiting_max = 12'345,
                        .webhook_deadline = std::chrono::seconds{15}},
            .licences = {"http://data.norge.no/nlod/no/2.0"},
            .owner = "Drammen kommune"};
}

TEST(DeveloperPage, ShowsEveryExampleWithTheTownsOwnValues) {
    for (const auto language : words::all_languages) {
        const std::string body = developer_page(in(language), town()).body.text();
        EXPECT_THAT(body, HasSubstr("https://data.example.no/sta/v1.1/Datastreams(12)/Observations"));
        EXPECT_THAT(body, HasSubstr("mosquitto_sub -h data.example.no -p 8883 --capath /etc/ssl/certs"));
        EXPECT_THAT(body, HasSubstr("https://data.example.no/api/v1/places/landfalltjern"));
        EXPECT_THAT(body, Not(testing::ContainsRegex("@[a-z_]+@"))) << "a mark that nothing was put into";
        EXPECT_THAT(body, Not(HasSubstr("[developers"))) << "a message that is missing";
    }
}

TEST(DeveloperPage, ShowsTheLimitsOfTheWaysInThatItWasHanded) {
    EXPECT_THAT(developer_page(in(words::Language::en), town()).body.text(), HasSubstr("12,345"));
}

TEST(DeveloperPage, SaysNothingOfMqttWhereNoneIsSpoken) {
    PageModel model = town();
    model.filling.mqtt.reset();

    EXPECT_THAT(developer_page(in(words::Language::nb), model).body.text(), Not(HasSubstr("mosquitto")));
}

TEST(DeveloperPage, SaysNothingOfKeysWhereThePublicPlaneRunsAlone) {
    PageModel model = town();
    model.keys_here = false;

    EXPECT_THAT(developer_page(in(words::Language::nb), model).body.text(), Not(HasSubstr("BYPULS_KEY")));
}

TEST(DeveloperPage, ShowsHowAWebhookIsMadeAndCheckedWhereTheyAre) {
    PageModel model = town();
    const std::string here = developer_page(in(words::Language::en), model).body.text();
    EXPECT_THAT(here, HasSubstr("https://data.example.no/api/v1/webhooks"));
    EXPECT_THAT(here, HasSubstr("hmac.digest(secret, signed"));
    EXPECT_THAT(here, HasSubstr("Answer with 2xx within 15 seconds"));
    model.keys_here = false;
    const std::string public_alone = developer_page(in(words::Language::en), model).body.text();
    EXPECT_THAT(public_alone, Not(HasSubstr("/api/v1/webhooks")));
    EXPECT_THAT(public_alone, HasSubstr("https://www.standardwebhooks.com/"));
}

TEST(DeveloperPage, LeadsToWhoGivesKeys) {
    PageModel model = town();
    model.contact = "mailto:data@example.no";

    EXPECT_THAT(developer_page(in(words::Language::en), model).body.text(),
                HasSubstr("href=\"mailto:data@example.no\""));
}

TEST(DeveloperPage, SaysWhenNothingIsPublishedYet) {
    PageModel model = town();
    model.anything_published = false;

    EXPECT_THAT(developer_page(in(words::Language::nb), model).body.text(),
                HasSubstr(in(words::Language::nb)("developers.none")));
}

TEST(DeveloperPage, TellsTheLimitsThatHold) {
    const std::string body = developer_page(in(words::Language::en), town()).body.text();

    EXPECT_THAT(body, HasSubstr("100 unless asked otherwise, at most 10,000"));
    EXPECT_THAT(body, testing::ContainsRegex("sends to SensorThings</th><td[^>]*>32[^0-9]"));
    EXPECT_THAT(body, testing::ContainsRegex("sends to /ingest</th><td[^>]*>16[^0-9]"));
}

TEST(Examples, TakeNoTextThatAShellReadsAsMore) {
    EXPECT_TRUE(is_plain("data.example.no:8443"));
    EXPECT_TRUE(is_plain("[::1]:8080"));
    EXPECT_FALSE(is_plain("a$(reboot)"));
    EXPECT_FALSE(is_plain("a'b"));
    EXPECT_FALSE(is_plain("a b"));
}

}  // namespace
}  // namespace bypuls::publish::developers
