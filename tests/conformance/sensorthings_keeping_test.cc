#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "platform/publish/sensorthings/routes/quick.h"

#include "tests/conformance/world.h"

// What was answered 201 is there, under an id of its own: no observation takes the place of another unasked, and what
// is deleted is what was meant.
namespace bypuls::sensorthings::conformance {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

class SensorThingsKeeping : public testing::Test {
protected:
    std::set<std::int64_t> ids() {
        const auto all = world_.all_ids("Observations?$top=1000");
        return {all.begin(), all.end()};
    }
    std::string observations() const { return fmt::format("Datastreams({})/Observations", stream_); }
    Heard observe(const json& body) { return world_.post(observations(), body); }

    World world_;
    std::int64_t stream_ = world_.add_datastream();
};

// The clock stands still, so that all of them come within one millisecond.
TEST_F(SensorThingsKeeping, ObservationsWithoutATimeEachHaveOneOfTheirOwn) {
    std::set<std::string> told;
    for (int i = 0; i < 300; ++i) {
        const auto made = observe({{"result", i}});
        ASSERT_EQ(made.status, 201) << made.error;
        EXPECT_EQ(world_.get(made.location).body["result"], i);
        told.insert(made.location);
    }
    EXPECT_THAT(told, SizeIs(300));
    EXPECT_THAT(ids(), SizeIs(300));

    const auto rows = world_.post(
        "CreateObservations",
        json::array(
            {{{"Datastream", {{"@iot.id", stream_}}}, {"components", {"result"}}, {"dataArray", {{1}, {2}, {3}}}}}));
    ASSERT_EQ(rows.status, 201) << rows.error;
    EXPECT_THAT(rows.body.get<std::set<std::string>>(), SizeIs(3));
    EXPECT_THAT(ids(), SizeIs(303));

    json thing = whole_thing();
    thing["Datastreams"][0]["Observations"] = json::array({{{"result", 1}}, {{"result", 2}}});
    ASSERT_EQ(world_.post("Things", thing).status, 201);
    EXPECT_THAT(ids(), SizeIs(305));
}

TEST_F(SensorThingsKeeping, TheQuickWayStampsAsTheOtherDoes) {
    ASSERT_EQ(observe({{"result", 0}}).status, 201);
    QuickObservations quick(world_.data, world_.stamps, world_.clock);
    const Ask ask{.method = http::Method::post, .path = observations(), .body = R"({"result":1})"};
    quick.learn(ask);
    std::set<std::int64_t> given;
    for (int i = 0; i < 20; ++i) {
        const auto taken = quick.take(ask);
        ASSERT_TRUE(taken);
        EXPECT_EQ(observation_id({{stream_}, taken->received}), taken->id);
        given.insert(taken->id);
    }
    EXPECT_THAT(given, SizeIs(20));
    const Ask both{
        .method = http::Method::post, .path = observations(), .body = R"({"result":1,"Datastream":{"@iot.id":99}})"};
    EXPECT_FALSE(quick.take(both)) << "the service says what is wrong with it";
    EXPECT_EQ(given.count(world_.list("Observations").at(0)["@iot.id"].get<std::int64_t>()), 0U);
}

TEST_F(SensorThingsKeeping, AStampIsLaterThanWhatHasATimeOfItsOwn) {
    ASSERT_EQ(observe({{"result", 1}, {"phenomenonTime", "2026-06-15T12:00:00Z"}}).status, 201);
    ASSERT_EQ(observe({{"result", 2}}).status, 201) << "it is twelve o'clock";
    EXPECT_THAT(ids(), SizeIs(2));
}

TEST_F(SensorThingsKeeping, MoreThanOneAMillisecondForMinutesIsRefused) {
    for (int i = 0; i <= Stamps::ahead_max / std::chrono::milliseconds{1}; ++i) {
        ASSERT_TRUE(world_.stamps.next({stream_}, world_.clock.now()));
    }
    const auto refused = observe({{"result", 1}});
    EXPECT_EQ(refused.status, 503);
    EXPECT_THAT(refused.error, HasSubstr("send 'phenomenonTime'"));
    world_.clock.advance(std::chrono::minutes{10});
    EXPECT_EQ(observe({{"result", 1}}).status, 201);
}

TEST_F(SensorThingsKeeping, AnotherObservationDoesNotTakeThePlaceOfOne) {
    const json first{{"result", 1}, {"phenomenonTime", "2026-06-01T00:00:00Z/2026-06-01T01:00:00Z"}};
    ASSERT_EQ(observe(first).status, 201);
    for (const auto& [member, value] :
         std::vector<std::pair<const char*, json>>{{"phenomenonTime", "2026-06-01T00:00:00Z/2026-06-02T00:00:00Z"},
                                                   {"phenomenonTime", "2026-06-01T00:00:00Z"},
                                                   {"resultTime", "2026-06-01T05:00:00Z"},
                                                   {"parameters", {{"depth", 2}}}}) {
        json other = first;
        other[member] = value;
        other["result"] = 2;
        const auto heard = observe(other);
        EXPECT_EQ(heard.status, 409) << other.dump();
        EXPECT_THAT(heard.error, HasSubstr("with another")) << other.dump();
    }
    EXPECT_EQ(world_.list("Observations").at(0)["result"], 1);
    json corrected = first;
    corrected["result"] = 3;
    EXPECT_EQ(observe(corrected).status, 201) << "the same span with another result is a correction";
    EXPECT_EQ(world_.list("Observations").at(0)["result"], 3);
    EXPECT_THAT(ids(), SizeIs(1));

    json thing = whole_thing("with two at once");
    thing["Datastreams"][0]["Observations"] = json::array({first, corrected});
    EXPECT_EQ(world_.post("Things", thing).error,
              "Datastreams/0: Observations/1: another observation before it has the same 'phenomenonTime'");
}

TEST_F(SensorThingsKeeping, AnOptionDoesNotGuardAnEntityFromBeingChanged) {
    const auto seen = observe({{"result", 1}}).location;
    const std::string thing = "Things(1)";
    for (const std::string& address :
         {thing + "?$filter=name eq 'nope'", thing + "?$top=0", thing + "?$what=1", seen + "?$filter=result gt 100",
          std::string("Datastreams(1)/Thing?$filter=false")}) {
        const auto heard = world_.del(address);
        EXPECT_EQ(heard.status, 400) << address;
        EXPECT_THAT(heard.error, HasSubstr("takes no options")) << address;
    }
    EXPECT_EQ(world_.patch(thing + "?$filter=false", {{"name", "x"}}).status, 400);
    EXPECT_EQ(world_.post("Things?$filter=false", whole_thing()).status, 400);
    EXPECT_EQ(world_.list("Things").size(), 1U);
    EXPECT_EQ(world_.list("Observations").size(), 1U);
    EXPECT_NE(world_.list("Things").at(0)["name"], "x");
}

TEST_F(SensorThingsKeeping, AnEmptyListUnlinksNothing) {
    const auto heard = world_.patch("Things(1)", {{"Locations", json::array()}});
    EXPECT_EQ(heard.status, 400);
    EXPECT_THAT(heard.error, StartsWith("'Locations' is empty"));
    EXPECT_EQ(world_.list("Things(1)/Locations").size(), 1U);
}

TEST_F(SensorThingsKeeping, APathAndABodyThatDisagreeAreRefused) {
    world_.add_datastream("other");
    json body = datastream_body("third");
    body["Thing"] = {{"@iot.id", 2}};
    const auto heard = world_.post("Things(1)/Datastreams", body);
    EXPECT_EQ(heard.status, 400);
    EXPECT_THAT(heard.error, HasSubstr("'Thing' is said by where this is made"));
    body["Thing"] = {{"@iot.id", 1}};
    EXPECT_EQ(world_.post("Things(1)/Datastreams", body).status, 201);
}

TEST_F(SensorThingsKeeping, AWholeNumberThatANumberDoesNotHoldIsNotRounded) {
    const auto heard = observe({{"result", 9007199254740993}});
    EXPECT_EQ(heard.status, 400);
    EXPECT_THAT(heard.error, HasSubstr("OM_CountObservation"));
    EXPECT_EQ(observe({{"result", 9007199254740992}}).status, 201);
    const auto count = world_.add_datastream("count", "OM_CountObservation");
    EXPECT_EQ(world_.post(fmt::format("Datastreams({})/Observations", count), {{"result", 9007199254740993}}).status,
              201);
}

// req/data-array/data-array
TEST_F(SensorThingsKeeping, RowsAreAnsweredOneByOneWhateverIsWrongWithOthers) {
    json nowhere = whole_thing("nowhere");
    nowhere.erase("Locations");
    const auto made = world_.post("Things", nowhere);
    ASSERT_EQ(made.status, 201) << made.error;
    const auto placeless = world_.list(made.location + "/Datastreams").at(0)["@iot.id"];
    // Members in another order than the standard's example has them.
    const auto heard = world_.ask(http::Method::post, "CreateObservations",
                                  fmt::format(R"([{{"components":["phenomenonTime","result"],"dataArray@iot.count":4,
                          "dataArray":[["2026-06-01T00:00:00Z",1],"no row",["when?",2],["2026-06-02T00:00:00Z","warm"]],
                          "Datastream":{{"@iot.id":{}}}}},
                        {{"dataArray":[["2026-06-01T00:00:00Z",1]],"Datastream":{{"@iot.id":{}}},
                          "components":["phenomenonTime","result"]}},
                        {{"Datastream":{{"@iot.id":{}}},"components":["phenomenonTime","result"],
                          "dataArray":[["2026-06-03T00:00:00Z",3]]}}])",
                                              stream_, placeless.dump(), stream_));
    ASSERT_EQ(heard.status, 201) << heard.error;
    ASSERT_THAT(heard.body, SizeIs(6));
    const auto answers = heard.body.get<std::vector<std::string>>();
    EXPECT_THAT(answers[0], StartsWith("http"));
    EXPECT_EQ(answers[1], "error: the row is no list");
    EXPECT_THAT(answers[2], StartsWith("error: 'phenomenonTime' must be"));
    EXPECT_THAT(answers[3], StartsWith("error: the datastream holds"));
    EXPECT_THAT(answers[4], StartsWith("error: the Thing has no Location"));
    EXPECT_THAT(answers[5], StartsWith("http"));
    EXPECT_THAT(ids(), SizeIs(2));
    EXPECT_EQ(world_.get(answers[5]).body["result"], 3);
}

}  // namespace
}  // namespace bypuls::sensorthings::conformance
