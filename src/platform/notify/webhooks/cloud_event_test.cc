#include "platform/notify/webhooks/cloud_event.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/time/iso8601.h"

namespace bypuls::webhooks {
namespace {

CloudEvent reading() {
    return {.id = "17-12-1",
            .source = "https://bypuls.example",
            .type = "no.bypuls.observation",
            .subject = "Datastreams(12)",
            .time = *parse_instant("2026-06-05T10:00:00Z"),
            .data = R"({"result":19.4})",
            .extensions = {{"traceparent", "00-ab"}}};
}

TEST(CloudEvent, IsWrittenAsTheJsonFormatSays) {
    EXPECT_EQ(to_json(reading()),
              R"({"specversion":"1.0","id":"17-12-1","source":"https://bypuls.example","type":"no.bypuls.observation",)"
              R"x("subject":"Datastreams(12)","time":"2026-06-05T10:00:00Z","traceparent":"00-ab",)x"
              R"("datacontenttype":"application/json","data":{"result":19.4}})");
}

// The example of the specification's JSON event format, §3.2, with an extension less.
TEST(CloudEvent, ReadsTheSpecificationsExample) {
    const auto event = cloud_event_from_json(R"({
        "specversion" : "1.0", "type" : "com.example.someevent", "source" : "/mycontext", "subject": null,
        "id" : "C234-1234-1234", "time" : "2018-04-05T17:31:00Z", "comexampleextension1" : "value",
        "datacontenttype" : "application/vnd.apache.thrift+json", "data" : { "appinfoA" : "abc", "appinfoC" : true }})");
    ASSERT_TRUE(event) << event.error().what;
    EXPECT_EQ(event->id, "C234-1234-1234");
    EXPECT_EQ(event->data, R"({"appinfoA":"abc","appinfoC":true})");
    EXPECT_EQ(event->extensions.at("comexampleextension1"), "value");
}

TEST(CloudEvent, WithoutWhatIsRequiredIsMalformedAndNamesIt) {
    const auto fault = [](std::string_view text) { return cloud_event_from_json(text).error().what; };
    EXPECT_EQ(fault("[]"), "an event is a JSON object");
    EXPECT_EQ(fault(R"({"specversion":"0.3"})"), "specversion: 0.3 is not 1.0");
    EXPECT_EQ(fault(R"({"specversion":"1.0"})"), "id: is missing");
    EXPECT_EQ(fault(R"({"specversion":"1.0","id":""})"), "id: must be a text that is not empty");
    EXPECT_EQ(fault(R"({"specversion":"1.0","id":"a","source":"b"})"), "type: is missing");
    EXPECT_EQ(fault(R"({"specversion":"1.0","id":"a","source":"b","type":"c","Upper":"x"})"),
              "Upper: is no extension attribute with a text");
    EXPECT_EQ(fault(R"({"specversion":"1.0","id":"a","source":"b","type":"c","data_base64":"eA=="})").substr(0, 11),
              "data_base64");
    EXPECT_EQ(fault(std::string(100'000, ' ')), "an event is at most 65536 bytes");
    EXPECT_EQ(fault(R"({"specversion":"1.0","id":"a","source":"b","type":"c","data":)" + std::string(200, '[') +
                    std::string(200, ']') + "}"),
              "an event is a JSON object");
}

TEST(CloudEvent, IsReadBackTheSame) {
    EXPECT_EQ(*cloud_event_from_json(to_json(reading())), reading());
    EXPECT_TRUE(rc::check("any texts", [] {
        CloudEvent event = reading();
        event.id = "x" + *rc::gen::string<std::string>();
        event.subject = *rc::gen::element<std::string>("", "å\"\\\n", "Datastreams(1)");
        event.extensions = {{*rc::gen::element<std::string>("a", "seq1"), *rc::gen::element<std::string>("", "\t€")}};
        const auto again = cloud_event_from_json(to_json(event));
        RC_ASSERT(again);
        // What is not UTF-8 cannot be in JSON and comes back with U+FFFD; the second time nothing changes.
        RC_ASSERT(*cloud_event_from_json(to_json(*again)) == *again);
    }));
}

}  // namespace
}  // namespace bypuls::webhooks
