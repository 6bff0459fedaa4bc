// Entities are made, changed and deleted, and the program is killed at each call that changes a file on the way. What
// was answered is there, what was not is there whole or not at all; readings, which lie in another file, go with them.
#include <charconv>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "platform/http/raw_client.h"
#include "platform/observations/blocks/block_store.h"

#include "tests/fault/shim.h"
#include "tests/fault/town.h"

namespace bypuls::fault {
namespace {

constexpr int readings = 20;

constexpr std::string_view place =
    R"({"name":"p","description":"p","encodingType":"application/geo+json","location":{"type":"Point","coordinates":[10.2,59.7]}})";
constexpr std::string_view kind =
    R"("observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",)"
    R"("unitOfMeasurement":{"name":"m","symbol":"m","definition":"m"},)"
    R"("ObservedProperty":{"name":"o","definition":"http://example.org/o","description":"o"},)"
    R"("Sensor":{"name":"s","description":"s","encodingType":"text/plain","metadata":"s"})";

std::string body_of_thing() {
    std::string seen;
    for (int hour = 0; hour < readings; ++hour) {
        seen += fmt::format(R"({}{{"phenomenonTime":"2026-01-01T{:02}:00:00Z","resultTime":"2026-01-02T00:00:00Z",)"
                            R"("result":{}}})",
                            hour == 0 ? "" : ",", hour, hour);
    }
    return fmt::format(R"({{"name":"t","description":"t","Locations":[{}],"Datastreams":[{{"name":"d",)"
                       R"("description":"d",{},"Observations":[{}]}}]}})",
                       place, kind, seen);
}

class Changing : public testing::Test {
protected:
    void start(const std::string& fault) {
        town_.start({.fault = fault});
        const auto serving = town_.await_serving();
        ASSERT_TRUE(serving.has_value()) << serving.error();
    }
    http::RawResponse ask(std::string_view method, std::string_view path, const std::string& body = {}) const {
        http::RawClient client(town_.port());
        return client.exchange(fmt::format("{} /sta/v1.1/{}", method, path),
                               fmt::format("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", token_),
                               body);
    }
    /// The first id in an answer.
    static std::int64_t id_in(std::string_view text, std::string_view before) {
        const auto at = text.find(before);
        std::int64_t id = 0;
        if (at != text.npos) {
            std::from_chars(text.data() + at + before.size(), text.data() + text.size(), id);
        }
        return id;
    }
    /// Gives the datastream.
    std::int64_t make_thing() {
        const auto made = ask("POST", "Things", body_of_thing());
        EXPECT_EQ(made.status, 201) << made.body;
        thing_ = id_in(made.headers.get("Location").value_or(""), "Things(");
        return id_in(ask("GET", fmt::format("Things({})/Datastreams", thing_)).body, R"("@iot.id":)");
    }
    /// Of a town that is not running.
    std::uint64_t kept(std::int64_t datastream) const {
        return observations::open_block_store({.path = town_.observations()})
            .value()
            ->count(observations::DatastreamId{datastream});
    }

    Folder folder_;
    Town town_{folder_.path()};
    Fault fault_{folder_.path() + "/plan"};
    std::string token_ = town_.make_token({}, "admin,read");
    std::int64_t thing_ = 0;
};

TEST_F(Changing, ADeletionMayDieAtAnyCallAndLeavesAllOrNothing) {
    int deaths = 0;
    int went = 0;
    for (std::int64_t nth = 1;; nth += 1 + nth / 8) {
        SCOPED_TRACE(fmt::format("call {}", nth));
        ASSERT_NO_FATAL_FAILURE(start(fault_.file()));
        const auto datastream = make_thing();
        ASSERT_GT(datastream, 0);
        fault_.arm(folder_.path() + "/data/", nth, Fault::killed);
        const bool answered = ask("DELETE", fmt::format("Things({})", thing_)).status == 200;
        fault_.disarm();
        // Files change in the background too: the town may have died right after its answer.
        if (answered && fault_.done() == 0) {
            EXPECT_EQ(town_.stop(), 0);
            EXPECT_EQ(kept(datastream), 0U);
            break;
        }
        deaths += 1;
        town_.wait();
        ASSERT_NO_FATAL_FAILURE(start({}));
        const bool gone = ask("GET", fmt::format("Things({})", thing_)).status == 404;
        EXPECT_TRUE(gone || !answered) << "what was answered is done";
        went += gone ? 1 : 0;
        const auto left = ask("GET", fmt::format("Datastreams({})/Observations/$count", datastream));
        EXPECT_EQ(left.status, gone ? 404 : 200);
        EXPECT_EQ(gone ? "" : left.body, gone ? "" : std::to_string(readings));
        EXPECT_EQ(town_.stop(), 0);
        EXPECT_EQ(kept(datastream), gone ? 0U : std::uint64_t{readings});
    }
    std::printf("killed %d times while deleting, %d of them when the thing was gone\n", deaths, went);
    EXPECT_GE(deaths, 5);
    EXPECT_GE(went, 1) << "between the entities and their readings";
}

TEST_F(Changing, WhatWasAnsweredIsThereAfterADeathAtAnyCall) {
    std::map<std::int64_t, std::string> answered;  // names of things
    std::int64_t changed_last = 0;                 // its change was not answered, so it may have been made or not
    int deaths = 0;
    for (std::int64_t nth = 1;; nth += 1 + nth / 4) {
        SCOPED_TRACE(fmt::format("call {}", nth));
        ASSERT_NO_FATAL_FAILURE(start(fault_.file()));
        fault_.arm(folder_.path() + "/data/", nth, Fault::killed);
        bool died = false;
        for (int i = 0; i < 3 && !died; ++i) {
            const auto name = fmt::format("t{}-{}", nth, i);
            const auto made = ask("POST", "Things",
                                  fmt::format(R"({{"name":"{}","description":"d","Locations":[{}]}})", name, place));
            died = made.status != 201;
            if (died) {
                break;
            }
            const auto id = id_in(made.headers.get("Location").value_or(""), "Things(");
            answered[id] = name;
            died =
                ask("PATCH", fmt::format("Things({})", id), fmt::format(R"({{"name":"{} changed"}})", name)).status !=
                200;
            if (died) {
                changed_last = id;
            } else {
                answered[id] += " changed";
            }
        }
        fault_.disarm();
        if (!died && fault_.done() == 0) {
            EXPECT_EQ(town_.stop(), 0);
            break;
        }
        deaths += 1;
        town_.wait();
        ASSERT_NO_FATAL_FAILURE(start({}));
        for (auto& [id, name] : answered) {
            const auto found = ask("GET", fmt::format("Things({})/name/$value", id));
            EXPECT_EQ(found.status, 200) << name;
            if (id == changed_last && found.body == name + " changed") {
                name = found.body;
            }
            EXPECT_EQ(found.body, name);
        }
        // Each thing has its place: one that was not answered is whole too.
        const auto all = ask("GET", "Things/$count").body;
        EXPECT_EQ(ask("GET", "Things/$count?$filter=Locations/name%20eq%20'p'").body, all);
        EXPECT_EQ(town_.stop(), 0);
    }
    std::printf("killed %d times while making and changing %zu things\n", deaths, answered.size());
    EXPECT_GE(deaths, 5);
    EXPECT_GE(answered.size(), 3U);
}

}  // namespace
}  // namespace bypuls::fault
