#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>

#include "platform/mqtt/fixture_test.h"
#include "platform/publish/sensorthings/mqtt/feed.h"
#include "platform/publish/sensorthings/mqtt/observation_sink.h"
#include "platform/publish/sensorthings/mqtt/updates.h"

#include "tests/conformance/world.h"

// The MQTT extension: OGC 18-088 §14. Each test names the requirement below
// http://www.opengis.net/spec/iot_sensing/1.1/req/.
namespace bypuls::sensorthings::conformance {
namespace {

using mqtt::Acknowledgement;
using mqtt::PacketType;
using mqtt::Publish;
using mqtt::QoS;
using mqtt::Reason;
using mqtt::Suback;
using testing::HasSubstr;

/// Messages go straight into the world.
class DirectWay final : public MessageWay {
public:
    explicit DirectWay(World& world) : world_(world) {}
    void submit(ingest::Message message, Told told) override {
        auto refused = world_.sink.submit(message.body, message.received);
        {
            const std::lock_guard lock(mutex_);
            messages.push_back(std::move(message));
        }
        told(std::move(refused));
    }
    void refuse(ingest::Message message, const Error& error, Kept kept) override {
        {
            const std::lock_guard lock(mutex_);
            letters.push_back(error.what + " | " + message.body);
        }
        kept(letters_kept);
    }
    std::vector<ingest::Message> messages;
    std::vector<std::string> letters;
    Result<void> letters_kept;  ///< what becomes of them

private:
    World& world_;
    std::mutex mutex_;
};

class SensorThingsMqtt : public testing::Test {
protected:
    SensorThingsMqtt() {
        for (World* each : {&inside, &outside}) {
            each->clock.advance(std::chrono::seconds{1});
        }
        datastream = inside.add_datastream("water");
        outside.add_datastream("water");
        thing = inside.get(at("Datastreams", datastream) + "/Thing").body["@iot.id"].get<std::int64_t>();
        inside.sink.stored = [this](auto arrivals) { told_inside.observed(arrivals); };
        outside.sink.stored = [this](auto arrivals) { told_outside.observed(arrivals); };
        broker.feeds = {&feed};
        broker.gatekeeper.grants = {.read = true, .observe = true, .change = true};
        broker.start();
        broker.broker->add_sink(sink);
        const auto publish = [this](const std::string& topic, const std::string& payload, const std::string& route) {
            return broker.broker->publish({.topic = topic, .payload = payload, .qos = QoS::exactly_once}, route);
        };
        told_inside.start(publish, "http://town.test");
        told_outside.start(publish, "http://town.test");
    }
    ~SensorThingsMqtt() override {
        told_inside.stop();
        told_outside.stop();
    }

    static std::string at(std::string_view set, std::int64_t id) {
        return std::string(set) + "(" + std::to_string(id) + ")";
    }
    static Updates::Parts parts_of(World& world, std::string plane) {
        return {.look = [&world] { return Updates::Look{nullptr, world.data}; },
                .clock = world.clock,
                .plane = std::move(plane)};
    }

    /// The next packet, which other threads may have to bring about.
    template <typename T>
    T hear(mqtt::TestClient& whose) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (whose.heard_nothing() && std::chrono::steady_clock::now() < end) {
            broker.settle();
            std::this_thread::yield();
        }
        return whose.hear_a<T>();
    }
    Acknowledgement publish(std::string topic, const json& body, QoS qos = QoS::at_least_once) {
        client->say(mqtt::publish_of(std::move(topic), body.is_string() ? body.get<std::string>() : body.dump(), qos,
                                     ++packet_id));
        return hear<Acknowledgement>(*client);
    }
    void subscribe(const std::string& topic) {
        client->say(mqtt::subscribe_to(topic, QoS::at_most_once));
        EXPECT_EQ(client->hear_a<Suback>().reasons, std::vector{Reason::success}) << topic;
    }
    /// Why a topic cannot be subscribed to.
    std::string refusal_of(const std::string& topic, Reason reason = Reason::topic_filter_invalid) {
        client->say(mqtt::subscribe_to(topic));
        const auto answer = client->hear_a<Suback>();
        EXPECT_EQ(answer.reasons, std::vector{reason}) << topic;
        return std::string(answer.properties.text(mqtt::PropertyId::reason_string).value_or(""));
    }
    struct News {
        std::string topic;
        json body;
    };
    News next() {
        const auto publish = hear<Publish>(*client);
        return {publish.topic, json::parse(publish.payload, nullptr, false)};
    }

    World inside;
    World outside;
    Updates told_inside{parts_of(inside, "internal")};
    Updates told_outside{parts_of(outside, "public")};
    UpdateFeed feed{told_outside, &told_inside};
    DirectWay way{inside};
    ObservationSink sink{{.write = inside.write, .way = way, .clock = inside.clock}};
    mqtt::Bench broker;
    std::int64_t datastream = 0;
    std::int64_t thing = 0;
    std::unique_ptr<mqtt::TestClient> client;
    std::uint16_t packet_id = 0;
};

class ObservationsCreation : public SensorThingsMqtt {
protected:
    ObservationsCreation() { client = broker.join("device"); }
};

// req/create-observations-via-mqtt/observations-creation
TEST_F(ObservationsCreation, WhatIsPublishedToObservationsIsAnObservation) {
    const std::string set = at("Datastreams", datastream) + "/Observations";
    EXPECT_EQ(publish("v1.1/" + set, {{"result", 1}, {"phenomenonTime", "2026-06-15T01:00:00Z"}}).reason,
              Reason::success);
    EXPECT_EQ(publish("v1.0/" + set, {{"result", 2}, {"phenomenonTime", "2026-06-15T02:00:00Z"}}).reason,
              Reason::success);
    const auto received =
        publish("v1.1/Observations",
                {{"result", 3}, {"phenomenonTime", "2026-06-15T03:00:00Z"}, {"Datastream", {{"@iot.id", datastream}}}},
                QoS::exactly_once);
    EXPECT_EQ(received.type, PacketType::pubrec);
    EXPECT_EQ(received.reason, Reason::success);
    EXPECT_EQ(
        publish("v1.1/" + at("Things", thing) + "/" + set, {{"result", 4}, {"phenomenonTime", "2026-06-15T04:00:00Z"}})
            .reason,
        Reason::success);
    std::vector<double> results;
    for (const json& one : inside.list(set + "?$orderby=phenomenonTime")) {
        results.push_back(one["result"].get<double>());
    }
    EXPECT_EQ(results, (std::vector{1.0, 2.0, 3.0, 4.0}));
    EXPECT_TRUE(way.letters.empty());
}

// req/create-observations-via-mqtt/observations-creation
TEST_F(ObservationsCreation, AFeatureAndAMultiDatastreamHaveObservationsToo) {
    const auto feature = inside.post("FeaturesOfInterest", {{"name", "the shore"},
                                                            {"description", ""},
                                                            {"encodingType", "application/geo+json"},
                                                            {"feature", point(10.1, 59.7)}});
    ASSERT_EQ(feature.status, 201) << feature.error;
    EXPECT_EQ(publish("v1.1/" + at("FeaturesOfInterest", feature.id()) + "/Observations",
                      {{"result", 1}, {"Datastream", {{"@iot.id", datastream}}}})
                  .reason,
              Reason::success);
    EXPECT_EQ(inside.list(at("FeaturesOfInterest", feature.id()) + "/Observations").size(), 1U);

    const auto multi = inside.post(
        at("Things", thing) + "/MultiDatastreams",
        {{"name", "wind"},
         {"description", ""},
         {"observationType", om("OM_ComplexObservation")},
         {"multiObservationDataTypes", {om("OM_Measurement"), om("OM_Measurement")}},
         {"unitOfMeasurements",
          {{{"name", "m/s"}, {"symbol", "m/s"}, {"definition", "m/s"}},
           {{"name", "degree"}, {"symbol", "°"}, {"definition", "deg"}}}},
         {"Sensor", {{"name", "vane"}, {"description", ""}, {"encodingType", "text/plain"}, {"metadata", "a vane"}}},
         {"ObservedProperties",
          {{{"name", "speed"}, {"definition", "http://example.org/speed"}, {"description", ""}},
           {{"name", "direction"}, {"definition", "http://example.org/direction"}, {"description", ""}}}}});
    ASSERT_EQ(multi.status, 201) << multi.error;
    const std::string of_multi = at("MultiDatastreams", multi.id()) + "/Observations";
    EXPECT_EQ(publish("v1.1/" + of_multi, {{"result", {3.5, 180}}}).reason, Reason::success);
    EXPECT_EQ(inside.list(of_multi).at(0)["result"], json({3.5, 180}));
}

// req/create-observations-via-mqtt/observations-creation: what comes twice is known by what the client calls it.
TEST_F(ObservationsCreation, AnObservationWithoutATimeIsTheSameMessageHoweverOftenItComes) {
    client->say(mqtt::publish_of("v1.1/" + at("Datastreams", datastream) + "/Observations", R"({"result":7})",
                                 QoS::exactly_once, 1));
    hear<Acknowledgement>(*client);
    broker.pass(std::chrono::seconds{5});
    auto again = mqtt::publish_of("v1.1/" + at("Datastreams", datastream) + "/Observations", R"({"result":7})",
                                  QoS::at_least_once, 1);
    again.dup = true;
    client->say(again);
    hear<Acknowledgement>(*client);
    ASSERT_EQ(way.messages.size(), 2U);
    EXPECT_EQ(way.messages[0].key, "device/1");
    EXPECT_EQ(way.messages[1].key, "device/1");
    EXPECT_TRUE(way.messages[1].redelivered);
    // By this the pipeline knows the second one: the first made its thing's feature, and both are the same bytes.
    EXPECT_EQ(way.messages[0].body, way.messages[1].body);
}

// A dead letter that is not on disk is no reason to acknowledge: the device keeps its message.
TEST_F(ObservationsCreation, WhatIsWrongIsNotAcknowledgedWhileItsLetterCannotBeKept) {
    way.letters_kept = fail(Errc::exhausted, "the disk is full");
    client->say(mqtt::publish_of("v1.1/Things", "{}", QoS::at_least_once, ++packet_id));
    broker.settle();
    EXPECT_EQ(way.letters.size(), 1U);
    EXPECT_TRUE(client->heard_nothing());
    way.letters_kept = {};
    broker.pass(std::chrono::seconds{1});
    EXPECT_EQ(hear<Acknowledgement>(*client).reason, Reason::topic_name_invalid);
}

// req/create-observations-via-mqtt/observations-creation: a bad body is told, and kept as a dead letter.
TEST_F(ObservationsCreation, WhatIsWrongIsSaidInASentenceAndKept) {
    const std::string topic = "v1.1/" + at("Datastreams", datastream) + "/Observations";
    const auto refused = [&](const std::string& to, const json& body, Reason reason, const char* sentence) {
        const auto answer = publish(to, body);
        EXPECT_EQ(answer.reason, reason) << to << body;
        const std::string why(answer.properties.text(mqtt::PropertyId::reason_string).value_or(""));
        EXPECT_THAT(why, HasSubstr(sentence));
        ASSERT_FALSE(way.letters.empty());
        EXPECT_THAT(way.letters.back(), HasSubstr(to));
        EXPECT_THAT(way.letters.back(), HasSubstr(sentence));
        EXPECT_THAT(way.letters.back(), HasSubstr(body.is_string() ? body.get<std::string>() : body.dump()));
    };
    refused(topic, "not JSON", Reason::payload_format_invalid, "JSON");
    refused(topic, {{"phenomenonTime", "2026-06-15T01:00:00Z"}}, Reason::payload_format_invalid, "result");
    refused(topic, {{"result", "warm"}}, Reason::payload_format_invalid, "number");
    refused(topic, {{"result", 1}, {"phenomenonTime", "yesterday"}}, Reason::payload_format_invalid, "phenomenonTime");
    refused("v1.1/Observations", {{"result", 1}}, Reason::payload_format_invalid, "Datastream");
    refused("v1.1/Datastreams(999)/Observations", {{"result", 1}}, Reason::topic_name_invalid, "Datastreams(999)");
    refused("v1.1/Things", {{"name", "a thing"}}, Reason::topic_name_invalid, "Observation");
    refused("v1.1/Observations?$filter=true", {{"result", 1}}, Reason::topic_name_invalid, "Observation");
    EXPECT_EQ(way.letters.size(), 8U);
    EXPECT_TRUE(inside.list("Observations").empty());
}

// req/create-observations-via-mqtt/observations-creation: who may.
TEST_F(ObservationsCreation, WhoMayOnlyReadAddsNothingAndWhoAddsMakesNothingElse) {
    const std::string topic = "v1.1/" + at("Datastreams", datastream) + "/Observations";
    broker.gatekeeper.grants = {.read = true};
    client = broker.join("reader");
    EXPECT_EQ(publish(topic, {{"result", 1}}).reason, Reason::not_authorized);
    broker.gatekeeper.grants = {.observe = true};
    client = broker.join("meter");
    const json with_feature{{"result", 1},
                            {"FeatureOfInterest",
                             {{"name", "mine"},
                              {"description", ""},
                              {"encodingType", "application/geo+json"},
                              {"feature", point(10, 59)}}}};
    EXPECT_EQ(publish(topic, with_feature).reason, Reason::not_authorized);
    EXPECT_TRUE(inside.list("Observations").empty());
    EXPECT_EQ(publish(topic, {{"result", 1}}).reason, Reason::success);
}

class ReceiveUpdates : public SensorThingsMqtt {
protected:
    ReceiveUpdates() { client = broker.join("subscriber"); }
    json observation(std::string_view address) { return inside.get(address).body; }
};

// req/receive-updates-via-mqtt/receive-updates: §14.3.1, an entity set.
TEST_F(ReceiveUpdates, ASetTellsOfEachEntityThatIsMadeOrChangedAsAGetShowsIt) {
    subscribe("v1.1/Things");
    const auto made = inside.post("Things", {{"name", "a new thing"}, {"description", ""}});
    auto news = next();
    EXPECT_EQ(news.topic, "v1.1/Things");
    EXPECT_EQ(news.body, inside.get(at("Things", made.id())).body);
    inside.patch(at("Things", thing), {{"description", "a pond"}});
    news = next();
    EXPECT_EQ(news.body["@iot.id"], thing);
    EXPECT_EQ(news.body["description"], "a pond");
}

// req/receive-updates-via-mqtt/receive-updates: §14.3.1, observations of a datastream, of a feature, and all.
TEST_F(ReceiveUpdates, ObservationsAreToldToWhoWantsThem) {
    const auto other = inside.add_datastream("air");
    const std::string set = "v1.1/" + at("Datastreams", datastream) + "/Observations";
    subscribe(set);
    inside.observe(other, "2026-06-15T01:00:00Z", 1);
    const auto id = inside.observe(datastream, "2026-06-15T01:00:00Z", 12.5);
    auto news = next();
    EXPECT_EQ(news.topic, set);
    EXPECT_EQ(news.body, observation(at("Observations", id)));

    client = broker.join("of all");
    subscribe("v1.1/Observations");
    inside.observe(other, "2026-06-15T02:00:00Z", 2);
    EXPECT_EQ(next().body["result"], 2);

    const auto feature = inside.get(at("Observations", id) + "/FeatureOfInterest").body["@iot.id"].get<std::int64_t>();
    client = broker.join("of a feature");
    subscribe("v1.1/" + at("FeaturesOfInterest", feature) + "/Observations");
    inside.observe(other, "2026-06-15T03:00:00Z", 3);
    inside.observe(datastream, "2026-06-15T03:00:00Z", 4);
    EXPECT_EQ(next().body["result"], 4);

    client = broker.join("below a thing");
    subscribe("v1.1/" + at("Things", thing) + "/" + at("Datastreams", datastream) + "/Observations");
    subscribe("v1.1/" + at("Things", thing) + "/" + at("Datastreams", other) + "/Observations");
    inside.observe(other, "2026-06-15T04:00:00Z", 5);
    inside.observe(datastream, "2026-06-15T04:00:00Z", 6);
    EXPECT_EQ(next().body["result"], 6);
}

// req/receive-updates-via-mqtt/receive-updates: a correction is an update.
TEST_F(ReceiveUpdates, ACorrectedObservationIsToldAgain) {
    const auto id = inside.observe(datastream, "2026-06-15T01:00:00Z", 1);
    subscribe("v1.1/" + at("Datastreams", datastream) + "/Observations");
    subscribe("v1.1/" + at("Observations", id) + "/result");
    inside.patch(at("Observations", id), {{"result", 2}});
    std::set<std::string> told;
    for (int i = 0; i < 2; ++i) {
        const auto news = next();
        told.insert(news.topic);
        EXPECT_EQ(news.body["result"], 2);
    }
    EXPECT_EQ(told.size(), 2U);
}

// req/receive-updates-via-mqtt/receive-updates: §14.3.2, an entity.
TEST_F(ReceiveUpdates, AnEntityIsToldWhenItChangesAndNoOther) {
    subscribe("v1.1/" + at("Things", thing));
    inside.post("Things", {{"name", "another"}, {"description", ""}});
    inside.patch(at("Things", thing), {{"name", "renamed"}});
    const auto news = next();
    EXPECT_EQ(news.topic, "v1.1/" + at("Things", thing));
    EXPECT_EQ(news.body, inside.get(at("Things", thing)).body);
    EXPECT_EQ(news.body["name"], "renamed");
}

// req/receive-updates-via-mqtt/receive-updates: §14.3.3, a property.
TEST_F(ReceiveUpdates, APropertyIsToldWhenItChangesAndNotWhenAnotherDoes) {
    subscribe("v1.1/" + at("Things", thing) + "/description");
    inside.patch(at("Things", thing), {{"name", "renamed"}});
    inside.patch(at("Things", thing), {{"description", "a pond"}});
    // The renaming may have been seen at the first look, when nobody can tell whether the description was another.
    auto news = next();
    if (news.body == json{{"description", "a small lake"}}) {
        news = next();
    }
    EXPECT_EQ(news.topic, "v1.1/" + at("Things", thing) + "/description");
    EXPECT_EQ(news.body, (json{{"description", "a pond"}}));
}

// req/receive-updates-via-mqtt/receive-updates: what the service computes is told too.
TEST_F(ReceiveUpdates, ADatastreamsTimesFollowItsObservations) {
    const std::string topic = "v1.1/" + at("Datastreams", datastream) + "/phenomenonTime";
    subscribe(topic);
    inside.observe(datastream, "2026-06-15T01:00:00Z", 1);
    EXPECT_EQ(next().body, inside.get(topic.substr(5)).body);
}

// req/receive-updates-via-mqtt/receive-updates: §14.3.4, $select.
TEST_F(ReceiveUpdates, SelectTellsOnlyWhatIsAskedFor) {
    const std::string topic = "v1.1/" + at("Datastreams", datastream) + "/Observations?$select=result,phenomenonTime";
    subscribe(topic);
    inside.observe(datastream, "2026-06-15T01:00:00Z", 7);
    const auto news = next();
    EXPECT_EQ(news.topic, topic);
    EXPECT_EQ(news.body, (json{{"result", 7}, {"phenomenonTime", "2026-06-15T01:00:00Z"}}));
    subscribe("v1.1/Things?$select=name");
    inside.patch(at("Things", thing), {{"name", "renamed"}});
    EXPECT_EQ(next().body, (json{{"name", "renamed"}}));
}

// Beyond the standard, as FROST has it: $filter and $expand.
TEST_F(ReceiveUpdates, FilterLeavesOutAndExpandPutsIn) {
    const std::string warm =
        "v1.1/Observations?$filter=result gt 20 and Datastream/name eq 'water'&$select=result"
        "&$expand=Datastream($select=name)";
    subscribe(warm);
    const auto other = inside.add_datastream("air");
    inside.observe(datastream, "2026-06-15T01:00:00Z", 19);
    inside.observe(other, "2026-06-15T02:00:00Z", 21);
    inside.observe(datastream, "2026-06-15T03:00:00Z", 22);
    const auto news = next();
    EXPECT_EQ(news.topic, warm);
    EXPECT_EQ(news.body, (json{{"result", 22}, {"Datastream", {{"name", "water"}}}}));

    // Escaped as in a URL, and with what could not stand in a topic's name.
    client = broker.join("another");
    subscribe("v1.1/Observations?$filter=result%20lt%200%20and%20phenomenonTime%20gt%202026-06-15T05:30:00+02:00");
    inside.observe(datastream, "2026-06-15T03:20:00Z", -1);
    inside.observe(datastream, "2026-06-15T03:40:00Z", -2);
    const auto cold = next();
    EXPECT_EQ(cold.topic, "v1.1/Observations");
    EXPECT_EQ(cold.body["result"], -2);

    client = broker.join("of things");
    subscribe("v1.1/Things?$filter=properties/floor eq 2&$select=name");
    inside.post("Things", {{"name", "below"}, {"description", ""}, {"properties", {{"floor", 1}}}});
    inside.post("Things", {{"name", "above"}, {"description", ""}, {"properties", {{"floor", 2}}}});
    EXPECT_EQ(next().body, (json{{"name", "above"}}));
}

// What cannot be served is refused when it is subscribed to, with a sentence.
TEST_F(ReceiveUpdates, ABadTopicIsRefusedWithItsReason) {
    EXPECT_THAT(refusal_of("v1.1/Nothings"), HasSubstr("Nothings"));
    EXPECT_THAT(refusal_of("v1.1/Things(1)/nothing"), HasSubstr("nothing"));
    EXPECT_THAT(refusal_of("v1.1/#"), HasSubstr("wildcard"));
    EXPECT_THAT(refusal_of("v1.1/+"), HasSubstr("wildcard"));
    EXPECT_THAT(refusal_of("v1.1/Observations?$filter=result gt"), HasSubstr("$filter"));
    EXPECT_THAT(refusal_of("v1.1/Observations?$filter=nothing gt 1"), HasSubstr("nothing"));
    EXPECT_THAT(refusal_of("v1.1/Observations?$top=1"), HasSubstr("pages"));
    EXPECT_THAT(refusal_of("v1.1/Things(1)?$filter=name eq 'a'"), HasSubstr("sets"));
    EXPECT_THAT(refusal_of("v1.1/Things(1)/$ref"), HasSubstr("$ref"));
    EXPECT_THAT(refusal_of("v1.0/MultiDatastreams"), HasSubstr("1.0"));
    std::string deep = "true";
    for (int i = 0; i < 100; ++i) {
        deep = "(" + deep + ")";
    }
    EXPECT_THAT(refusal_of("v1.1/Observations?$filter=" + deep), HasSubstr("$filter"));
    EXPECT_THAT(refusal_of("v1.1/Observations?$filter=result eq '" + std::string(17'000, 'x') + "'"),
                HasSubstr("bytes"));
    broker.gatekeeper.subscribe = {"v1.1/Things/#", "elsewhere"};
    client = broker.join("elsewhere");
    refusal_of("v1.1/Observations?$filter=a/b/elsewhere", Reason::not_authorized);
    subscribe("v1.1/Things");
}

// A subscriber is told what a GET with the same key gives, and no more.
TEST_F(ReceiveUpdates, WhoMayReadWhatIsPublicAloneIsToldOfThatAlone) {
    broker.gatekeeper.grants = {};
    client = broker.join("anybody");
    subscribe("v1.1/Observations");
    subscribe("v1.1/Things?$select=name");
    inside.observe(datastream, "2026-06-15T01:00:00Z", 1);
    inside.post("Things", {{"name", "secret"}, {"description", ""}});
    // Told on the other plane's thread, so that what would leak has left by then.
    auto staff = broker.join("nobody");
    broker.gatekeeper.grants = {.read = true};
    staff = broker.join("staff");
    staff->say(mqtt::subscribe_to("v1.1/Observations", QoS::at_most_once));
    staff->hear_a<Suback>();
    inside.observe(datastream, "2026-06-15T02:00:00Z", 2);
    EXPECT_EQ(json::parse(hear<Publish>(*staff).payload)["result"], 2);
    EXPECT_TRUE(client->heard_nothing());

    outside.observe(datastream, "2026-06-15T03:00:00Z", 3);
    EXPECT_EQ(next().body["result"], 3);
    outside.post("Things", {{"name", "open"}, {"description", ""}});
    EXPECT_EQ(next().body, (json{{"name", "open"}}));
    EXPECT_TRUE(staff->heard_nothing());
}

// Nothing of a plane is rendered for nobody, and strangers cannot make it render without end.
TEST_F(ReceiveUpdates, WhatNobodyWantsIsLetGoAndThereIsAnEndToWhatCanBeWanted) {
    Updates few({.look = [this] { return Updates::Look{nullptr, inside.data}; },
                 .clock = inside.clock,
                 .plane = "few",
                 .limits = {.watches_max = 3, .wide_max = 1}});
    const auto watch = [&](const std::string& topic) { return few.watch(subject_of(*topic_of(topic)).value(), topic); };
    const auto wide = watch("v1.1/Observations");
    ASSERT_TRUE(wide.has_value());
    EXPECT_EQ(watch("v1.1/Observations?$select=result").error().code, Errc::exhausted);
    EXPECT_EQ(watch("v1.1/Observations").value(), *wide);
    const auto first = watch("v1.1/Things(1)");
    const auto second = watch("v1.1/Things(2)");
    EXPECT_EQ(watch("v1.1/Things(3)").error().code, Errc::exhausted);
    EXPECT_EQ(few.counts().watches, 3U);
}

// serverSettings: conformance names what works, and where MQTT is spoken.
TEST_F(ReceiveUpdates, TheServiceRootSaysWhereMqttIsSpoken) {
    const auto root_of = [&](std::string_view name, bool changes, std::vector<MqttDoor> doors) {
        return json::parse(service_root({.root = std::string(name) + "/sta/v1.1"}, changes, doors))["serverSettings"];
    };
    const std::string req = "http://www.opengis.net/spec/iot_sensing/1.1/req/";
    const std::string updates = req + "receive-updates-via-mqtt/receive-updates";
    const std::string creation = req + "create-observations-via-mqtt/observations-creation";
    const auto told = root_of("https://data.town.no", true, {{"127.0.0.1", 1883, false}, {"0.0.0.0", 8883, true}});
    EXPECT_EQ(told[updates]["endpoints"], json({"mqtts://data.town.no:8883"}));
    EXPECT_EQ(told[creation], told[updates]);
    const auto here = root_of("http://127.0.0.1:8080", true, {{"127.0.0.1", 1883, false}});
    EXPECT_EQ(here[updates]["endpoints"], json({"mqtt://127.0.0.1:1883"}));
    const auto names = [](const json& settings, const std::string& uri) {
        const auto all = settings["conformance"].get<std::vector<std::string>>();
        return std::ranges::find(all, uri) != all.end();
    };
    for (const char* uri : {"receive-updates-via-mqtt/receive-updates", "create-update-delete/deep-insert",
                            "batch-request/batch-request", "request-data/status-code"}) {
        EXPECT_TRUE(names(here, req + uri)) << uri;
    }
    const auto read_only = root_of("https://data.town.no", false, {{"127.0.0.1", 1883, false}});
    EXPECT_FALSE(read_only.contains(updates));
    EXPECT_FALSE(names(read_only, updates));
    EXPECT_FALSE(names(read_only, req + "create-update-delete/create-entity"));
}

}  // namespace
}  // namespace bypuls::sensorthings::conformance
