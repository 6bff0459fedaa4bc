#include <gmock/gmock.h>

#include "tests/conformance/world.h"

// MultiDatastreams: OGC 18-088 §12. Each test names the requirement below
// http://www.opengis.net/spec/iot_sensing/1.1/req/.
namespace bypuls::sensorthings::conformance {
namespace {

json unit(const char* symbol) {
    return {{"name", symbol}, {"symbol", symbol}, {"definition", symbol}};
}

json property(const char* name) {
    return {{"name", name}, {"definition", "http://x/" + std::string(name)}, {"description", "d"}};
}

class SensorThingsMultiDatastream : public testing::Test {
protected:
    SensorThingsMultiDatastream() : thing(world.post("Things", whole_thing()).id()) {}

    /// Wind: how fast, and from where.
    json wind() const {
        return {{"name", "wind"},
                {"description", "speed and direction"},
                {"multiObservationDataTypes", {om("OM_Measurement"), om("OM_Measurement")}},
                {"unitOfMeasurements", {unit("m/s"), unit("deg")}},
                {"Thing", {{"@iot.id", thing}}},
                {"Sensor", datastream_body("s")["Sensor"]},
                {"ObservedProperties", {property("speed"), property("direction")}}};
    }
    std::string make() {
        const Heard made = world.post("MultiDatastreams", wind());
        EXPECT_EQ(made.status, 201) << made.error;
        return made.location;
    }

    World world;
    std::int64_t thing;
};

// req/multi-datastream/properties
TEST_F(SensorThingsMultiDatastream, HasItsProperties) {
    const std::string at = make();
    const json one = world.get(at).body;
    EXPECT_EQ(one["name"], "wind");
    EXPECT_EQ(one["description"], "speed and direction");
    EXPECT_EQ(one["observationType"], om("OM_ComplexObservation"));
    EXPECT_EQ(one["multiObservationDataTypes"], (json{om("OM_Measurement"), om("OM_Measurement")}));
    EXPECT_EQ(one["unitOfMeasurements"], (json{unit("m/s"), unit("deg")}));
    world.post(at + "/Observations", {{"result", {3.5, 270}}, {"phenomenonTime", "2026-06-01T00:00:00Z"}});
    world.post(at + "/Observations", {{"result", {4, 280}}, {"phenomenonTime", "2026-06-02T00:00:00Z"}});
    EXPECT_EQ(world.get(at).body["phenomenonTime"], "2026-06-01T00:00:00Z/2026-06-02T00:00:00Z");
}

// req/multi-datastream/relations
TEST_F(SensorThingsMultiDatastream, HasItsRelationsInBothDirections) {
    const std::string at = make();
    const json one = world.get(at).body;
    const std::int64_t id = one["@iot.id"];
    for (const char* relation : {"Thing", "Sensor", "ObservedProperties", "Observations"}) {
        EXPECT_TRUE(one.contains(std::string(relation) + "@iot.navigationLink")) << relation;
    }
    EXPECT_EQ(world.get(at + "/Thing").body["@iot.id"], thing);
    EXPECT_EQ(world.get(at + "/Sensor").body["name"], "probe");
    const auto properties = world.list(at + "/ObservedProperties");
    ASSERT_EQ(properties.size(), 2U);
    EXPECT_EQ(properties[0]["name"], "speed") << "in the order of the values";
    EXPECT_EQ(properties[1]["name"], "direction");
    const Heard seen = world.post(at + "/Observations", {{"result", {3.5, 270}}});
    ASSERT_EQ(seen.status, 201) << seen.error;
    EXPECT_EQ(world.list(at + "/Observations").size(), 1U);
    EXPECT_TRUE(world.get(seen.location).body.contains("MultiDatastream@iot.navigationLink"));
    for (const std::string& from :
         {"Things(" + std::to_string(thing) + ")/MultiDatastreams", std::string(at + "/Sensor/MultiDatastreams"),
          std::string(properties[1]["@iot.selfLink"]) + "/MultiDatastreams"}) {
        const auto back = world.list(from);
        ASSERT_EQ(back.size(), 1U) << from;
        EXPECT_EQ(back[0]["@iot.id"], id) << from;
    }
    EXPECT_EQ(world.get(seen.location + "/MultiDatastream").body["@iot.id"], id);
    EXPECT_EQ(world.list("Things(" + std::to_string(thing) + ")/Datastreams").size(), 1U) << "is no datastream";
}

// req/multi-datastream/constraints
TEST_F(SensorThingsMultiDatastream, TypesUnitsPropertiesAndValuesAreAsManyAndFit) {
    for (const auto& [member, value] :
         {std::pair<const char*, json>{"ObservedProperties", json::array({property("speed")})},
          {"unitOfMeasurements", json::array({unit("m/s")})},
          {"multiObservationDataTypes", json::array({om("OM_Measurement")})}}) {
        json body = wind();
        body[member] = value;
        EXPECT_EQ(world.post("MultiDatastreams", body).status, 400) << member;
    }
    EXPECT_TRUE(world.list("MultiDatastreams").empty());
    const std::string observations = make() + "/Observations";
    const Heard seen = world.post(observations, {{"result", {3.5, 270}}});
    EXPECT_EQ(world.get(seen.location).body["result"], (json{3.5, 270}));
    EXPECT_EQ(world.post(observations, {{"result", {nullptr, 90}}, {"phenomenonTime", "2026-06-01T00:00:00Z"}}).status,
              201)
        << "not measured";
    EXPECT_EQ(world.post(observations, {{"result", json::array({3.5})}}).status, 400);
    EXPECT_EQ(world.post(observations, {{"result", {3.5, 270, 1}}}).status, 400);
    EXPECT_EQ(world.post(observations, {{"result", 3.5}}).status, 400);
    EXPECT_EQ(world.post(observations, {{"result", {3.5, "north"}}}).error,
              "'result': value 2 of the reading does not fit: the multi-datastream holds number there");
}

}  // namespace
}  // namespace bypuls::sensorthings::conformance
