// A newer program starts on the files of an older one and is killed while it brings them forward: at each call that
// changes a file, or at a spread of them. The next start serves, and what the older one kept is there.
// BYPULS_AIMED=every takes each call.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <soci/soci.h>

#include "platform/database/testing/earlier.h"
#include "platform/http/raw_client.h"
#include "platform/identity/store.h"
#include "platform/ingest/devices/device_book.h"
#include "platform/ingest/pipeline/ledger.h"
#include "platform/mqtt/store.h"
#include "platform/notify/webhooks/outbox.h"
#include "platform/observations/blocks/block_store.h"
#include "platform/observations/details/details.h"
#include "platform/registry/relational/relational_registry.h"

#include "tests/fault/shim.h"
#include "tests/fault/town.h"

namespace bypuls::fault {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using database::earlier_file;
using observations::DatastreamId;

constexpr DatastreamId water{12};  // in registry-*.sql
constexpr std::size_t hours_kept = 48;
const Instant june = Instant{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1}};
constexpr Interval always{observations::earliest_time, observations::latest_time};
/// What identity-1.sql knows as "ChirpStack".
const std::string key = "byp_chirpst4ck_" + std::string(43, 'A');

std::int64_t next_call(std::int64_t nth) {
    const char* wish = std::getenv("BYPULS_AIMED");
    return wish != nullptr && std::string_view(wish) == "every" ? nth + 1 : nth + 1 + nth / 6;
}

observations::Arrival hourly(std::size_t hour) {
    return {water, {june + std::chrono::hours{hour}, 15.0 + static_cast<double>(hour % 24) * 0.1, {}}};
}

void fill_readings(const std::string& path) {
    const auto store = observations::open_block_store({.path = path}).value();
    std::vector<observations::Arrival> rows;
    for (std::size_t hour = 0; hour < hours_kept; ++hour) {
        rows.push_back(hourly(hour));
    }
    std::vector<observations::Outcome> outcomes(rows.size());
    // Where the journal of that program stood, beyond all positions in the frozen files.
    constexpr journal::Position settled{200};
    ASSERT_TRUE(store->append(rows, settled, outcomes));
    ASSERT_TRUE(store->settle(settled));
}

/// The oldest file of every component that all of the town can be in; of the registry the newest that has to change
/// what it holds.
void lay_earlier_town(const std::string& data) {
    const std::string inside = data + "/internal";
    const std::string outside = data + "/public";
    fs::create_directories(inside);
    fs::create_directories(outside);
    const std::string registry = earlier_file("platform/registry/relational", "registry", 5);
    const std::string details = earlier_file("platform/observations/details", "observation", 1);
    fill_readings(inside + "/observations.db");
    fill_readings(outside + "/observations.db");
    for (const auto& [file, frozen] : std::vector<std::pair<std::string, std::string>>{
             {inside + "/registry.db", registry},
             {inside + "/registry.db", earlier_file("platform/identity", "identity", 1)},
             {inside + "/registry.db", earlier_file("platform/ingest/devices", "devices", 1)},
             {inside + "/registry.db", earlier_file("platform/notify/webhooks", "webhooks", 1)},
             {inside + "/registry.db", earlier_file("platform/publish/sensorthings/routes", "sensorthings", 1)},
             {inside + "/observations.db", earlier_file("platform/ingest/pipeline", "ingest", 1)},
             {inside + "/observations.db", details},
             {inside + "/mqtt.db", earlier_file("platform/mqtt", "mqtt", 1)},
             {outside + "/registry.db", registry},
             {outside + "/observations.db", details}}) {
        const auto thawed = database::thaw_into(file, frozen);
        ASSERT_TRUE(thawed) << thawed.error();
    }
    // The tests send nothing to anyone.
    const auto open = database::Database::open({.url = "sqlite:" + inside + "/registry.db"}).value();
    ASSERT_TRUE(open->write("test", [](soci::session& sql) -> Result<void> {
        sql << "UPDATE webhooks_subscriptions SET active = 0";
        return {};
    }));
}

void expect_registry(database::Database& database) {
    const SystemClock clock;
    const auto registry = registry::open_relational_registry(database, clock);
    ASSERT_TRUE(registry) << registry.error();
    EXPECT_EQ((*registry)->thing_by_key("70b3d57ed0001234")->id, registry::ThingId{41});
    EXPECT_EQ((*registry)->place_by_slug("landfalltjern")->id, registry::PlaceId{5});
    EXPECT_EQ((*registry)->datastreams().get(water)->name, "Badetemperatur");
    EXPECT_EQ((*registry)->location_features(registry::LocationId{31}).value(),
              (std::vector<registry::FeatureSince>{{observations::earliest_time, registry::FeatureId{900}}}));
    EXPECT_EQ(identity::make_relational_store(database)->keys()->size(), 2U);
    const auto devices = ingest::devices::DeviceBook::open(database, clock);
    ASSERT_TRUE(devices) << devices.error();
    EXPECT_EQ((*devices)->snapshot()->devices.size(), 1U);
    EXPECT_EQ((*devices)->snapshot()->codec("dragino-lds01")->version, 2);
    webhooks::Outbox outbox(database, clock);
    const auto hooks = outbox.subscriptions();
    ASSERT_TRUE(hooks) << hooks.error();
    ASSERT_EQ(hooks->size(), 2U);
    EXPECT_EQ(hooks->front().waiting, 1U);
    EXPECT_EQ(hooks->front().dead, 1U);
}

void expect_readings(const std::string& path) {
    const auto store = observations::open_block_store({.path = path});
    ASSERT_TRUE(store) << store.error();
    const auto series = (*store)->range(water, always);
    ASSERT_TRUE(series) << series.error();
    EXPECT_TRUE(series->damaged.empty());
    ASSERT_EQ(series->columns.size(), hours_kept);
    for (std::size_t hour = 0; hour < hours_kept; ++hour) {
        const auto should = hourly(hour).observation;
        ASSERT_EQ(series->columns.times[hour], should.time);
        ASSERT_EQ(series->columns.value(hour), should.value);
    }
    const auto database = database::Database::open({.url = "sqlite:" + path}).value();
    const auto details = observations::Details::open(database.get());
    EXPECT_EQ(details->count(water).value(), 3U);
    EXPECT_EQ(details->spans(water)->phenomenon_end, june + 13h) << "told by a column that the old file lacked";
}

/// Of a town that has come forward, taken `line` and been stopped.
void expect_nothing_lost(const std::string& data) {
    const SystemClock clock;
    const auto relational = database::Database::open({.url = "sqlite:" + data + "/internal/registry.db"}).value();
    expect_registry(*relational);
    expect_readings(data + "/internal/observations.db");
    expect_readings(data + "/public/observations.db");
    const auto beside = database::Database::open({.url = "sqlite:" + data + "/internal/observations.db"}).value();
    const auto ledger = ingest::pipeline::Ledger::open(*beside, clock);
    ASSERT_TRUE(ledger) << ledger.error();
    EXPECT_EQ((*ledger)->counts().at("chirpstack"),
              (ingest::Counts{.received = 10, .stored = 6, .duplicate = 2, .quarantined = 1, .rejected = 1}));
    EXPECT_EQ((*ledger)->counts().at("lines"), (ingest::Counts{.received = 1, .stored = 1}));
    const auto mqtt = database::Database::open({.url = "sqlite:" + data + "/internal/mqtt.db"}).value();
    const auto kept = mqtt::make_relational_store(*mqtt)->load();
    ASSERT_TRUE(kept) << kept.error();
    EXPECT_EQ(kept->retained.at("town/water/landfalltjern")->payload, "19.4");
}

/// A device with its key of before sends, and a resident reads.
void expect_serves(const Town& town) {
    http::RawClient client(town.port());
    const auto sent = client.exchange("POST /ingest/lines?precision=s", fmt::format("Authorization: Token {}\r\n", key),
                                      "meter,house=1 litres=12i 1780315200");
    EXPECT_EQ(sent.status, 204) << sent.body;
    const auto [status, page] = town.get("/bading/landfalltjern", "");
    EXPECT_EQ(status, 200);
    EXPECT_NE(page.find("Landfalltjern"), std::string::npos);
}

TEST(Upgrade, MayDieAtAnyCallAndTheNextStartServesWhatWasKept) {
    const Folder folder;
    const std::string before = folder.path() + "/before";
    lay_earlier_town(before);
    if (HasFatalFailure()) {
        return;
    }
    Fault fault(folder.path() + "/plan");
    Town town(folder.path());
    const Start setup{.more = "[mqtt]\nlisten = \"127.0.0.1:0\"\n"};
    int deaths = 0;
    for (std::int64_t nth = 1;; nth = next_call(nth)) {
        SCOPED_TRACE(fmt::format("call {}", nth));
        fs::remove_all(town.data());
        fs::copy(before, town.data(), fs::copy_options::recursive);
        fault.arm(town.data(), nth, Fault::killed);
        Start struck = setup;
        struck.fault = fault.file();
        town.start(struck);
        const bool died = !town.await_serving().has_value();
        fault.disarm();
        if (died) {
            deaths += 1;
            town.start(setup);
            const auto serving = town.await_serving();
            ASSERT_TRUE(serving.has_value()) << serving.error();
        }
        expect_serves(town);
        EXPECT_EQ(town.stop(), 0);
        expect_nothing_lost(town.data());
        if (!died || HasFailure()) {
            break;
        }
    }
    std::printf("killed %d times while files of an earlier version were brought forward\n", deaths);
    EXPECT_GE(deaths, 15);
}

}  // namespace
}  // namespace bypuls::fault
