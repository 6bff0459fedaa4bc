#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <gmock/gmock.h>

#include "tests/conformance/world.h"

// Every body that OGC's suite for 1.0 posts, as far as it stands in the shared data (ets-sta10, JSON entities).
namespace bypuls::sensorthings::conformance {
namespace {

std::filesystem::path bodies() {
    const char* shared = std::getenv("BYPULS_SHARED_DIR");
    return std::filesystem::path(shared == nullptr ? "" : shared) / "data/sensorthings/ets_sta10_entities";
}

std::string read(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

TEST(SuiteBodies, EachIsTakenOrRefusedWithAReasonAndNothingHalf) {
    if (!std::filesystem::exists(bodies())) {
        GTEST_SKIP() << "the shared data is not here";
    }
    const std::map<std::string, std::string> sets{{"thing", "Things"},
                                                  {"locations", "Locations"},
                                                  {"datastreams", "Datastreams"},
                                                  {"observations", "Observations"},
                                                  {"observedproperties", "ObservedProperties"},
                                                  {"sensors", "Sensors"},
                                                  {"foi", "FeaturesOfInterest"}};
    std::size_t posted = 0;
    std::size_t taken = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator(bodies())) {
        if (file.path().extension() != ".json") {
            continue;
        }
        World world;
        const std::string set = sets.at(file.path().parent_path().filename().string());
        const std::string text = read(file.path());
        const auto heard = world.ask(http::Method::post, set, text);
        ++posted;
        if (heard.status == 201) {
            ++taken;
            const json body = json::parse(text);
            const json made = world.get(heard.location).body;
            for (const auto& [name, value] : body.items()) {
                if (made.contains(name) && name.find("Time") == std::string::npos && name != "time") {
                    EXPECT_EQ(made[name], value) << file.path() << ": " << name;
                }
            }
            continue;
        }
        EXPECT_EQ(heard.status, 400) << file.path() << ": " << heard.error;
        EXPECT_FALSE(heard.error.empty()) << file.path();
        for (const EntityType& type : entity_types()) {
            EXPECT_TRUE(world.list(type.set).empty()) << file.path() << " left " << type.set << ": " << heard.error;
        }
    }
    EXPECT_GT(posted, 25U);
    EXPECT_GT(taken, 0U);
    RecordProperty("taken", static_cast<int>(taken));
}

/// A draft of the standard had no names yet: everything that has none gets one.
void name_all(json& body) {
    if (body.is_object() && body.contains("description") && !body.contains("name")) {
        body["name"] = "named";
    }
    for (const char* inside : {"Locations", "Datastreams", "Sensor", "ObservedProperty", "FeatureOfInterest"}) {
        if (body.is_object() && body.contains(inside)) {
            json& children = body[inside];
            if (children.is_object()) {
                name_all(children);
            } else {
                for (json& child : children) {
                    name_all(child);
                }
            }
        }
    }
}

TEST(SuiteBodies, WithTheNamesThatADraftDidNotKnowEveryWholeOneIsTaken) {
    if (!std::filesystem::exists(bodies())) {
        GTEST_SKIP() << "the shared data is not here";
    }
    const std::map<std::string, std::string> faults{{"thing/3.json", "'Locations' is needed"},
                                                    {"locations/2.json", "'Thing'"},
                                                    {"foi/missingEncodingType.json", "'encodingType'"},
                                                    {"datastreams/2.json", "'Sensor'"},
                                                    {"datastreams/4.json", "'Sensor'"}};
    for (const auto& file : std::filesystem::recursive_directory_iterator(bodies())) {
        if (file.path().extension() != ".json") {
            continue;
        }
        World world;
        const std::string folder = file.path().parent_path().filename().string();
        const std::string name = folder + "/" + file.path().filename().string();
        json body = json::parse(read(file.path()));
        name_all(body);
        const auto stream = world.add_datastream("any", "OM_Observation");
        const auto thing = world.list("Things").at(0)["@iot.selfLink"].get<std::string>();
        const std::map<std::string, std::string> sets{
            {"thing", "Things"},
            {"locations", "Locations"},
            {"datastreams", thing + "/Datastreams"},
            {"observations", "Datastreams(" + std::to_string(stream) + ")/Observations"},
            {"sensors", "Sensors"},
            {"observedproperties", "ObservedProperties"},
            {"foi", "FeaturesOfInterest"}};
        const auto heard = world.post(sets.at(folder), body);
        const auto fault = faults.find(name);
        if (fault == faults.end()) {
            EXPECT_EQ(heard.status, 201) << name << ": " << heard.error;
        } else {
            EXPECT_EQ(heard.status, 400) << name;
            EXPECT_THAT(heard.error, testing::HasSubstr(fault->second)) << name;
        }
    }
}

}  // namespace
}  // namespace bypuls::sensorthings::conformance
