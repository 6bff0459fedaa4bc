#pragma once

#include <filesystem>
#include <fstream>
#include <future>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "apps/staff/routes.h"
#include "core/bytes.h"
#include "core/files.h"
#include "core/random.h"
#include "core/testing/folder.h"
#include "core/time/iso8601.h"
#include "platform/database/database.h"
#include "platform/http/server.h"
#include "platform/http/target.h"
#include "platform/identity/store.h"
#include "platform/ingest/codecs/codec_host.h"
#include "platform/ingest/pipeline/applier.h"
#include "platform/ingest/pipeline/projection.h"
#include "platform/journal/journal.h"
#include "platform/observations/blocks/block_store.h"
#include "platform/policy/policy.h"
#include "platform/registry/relational/relational_registry.h"

namespace bypuls::staff {

using http::Method;
using nlohmann::json;
using testing::HasSubstr;

inline constexpr std::string_view dev_eui = "70b3d57ed0065a1f";
inline constexpr std::string_view good_script =
    "function decodeUplink(input) {\n"
    "  return { data: { temp: ((input.bytes[0] << 8) | input.bytes[1]) / 10, battery: input.bytes[2] / 10 } };\n"
    "}\n";
inline constexpr std::string_view bad_script =
    "function decodeUplink(input) {\n"
    "  if (input.bytes.length == 0) { return { data: {} }; }\n"
    "  return input.missing.length;\n"
    "}\n";

struct Reply {
    int status = 0;
    json body;
    std::string text;
    http::Headers headers;
};

/// The real parts in a folder of their own, and the routes behind the real guard; only the socket is left out.
class StaffTest : public testing::Test {
protected:
    void SetUp() override {
        open_databases();
        open_readings();
        registry_->places()
            .create({.slug = "landfalltjern",
                     .kind = registry::PlaceKind::bathing,
                     .name = {.nb = "Landfalltjern"},
                     .longitude = 10.18,
                     .latitude = 59.76})
            .value();
        std::filesystem::create_directories(folder_ / "web");
        std::ofstream(folder_ / "web/staff.html") << "<!doctype html><div id=staff></div>";
        files_ = http::StaticFiles::open(folder_ / "web").value();
        router_.add(routes({.identity = *identity_,
                            .registry = *registry_,
                            .devices = *devices_,
                            .decoder = *tally_,
                            .ledger = *ledger_,
                            .pipeline = *pipeline_,
                            .store = *store_,
                            .files = *files_,
                            .pool = pool_,
                            .clock = clock_,
                            .checks = [] { return std::vector<pages::HealthCheck>{{.name = "journal"}}; },
                            .version = "1.2.3"}));
        guard_ = policy::guard(identity_.get(), &pool_);
    }

    void open_databases() {
        database_ = database::Database::open({.url = "sqlite:" + (folder_ / "registry.db")}).value();
        const std::vector<database::Component> components{
            registry::registry_component(), identity::identity_component(), ingest::devices::DeviceBook::schema()};
        ASSERT_TRUE(database::migrate(*database_, components, clock_).has_value());
        registry_ = registry::open_relational_registry(*database_, clock_).value();
        identity_store_ = identity::make_relational_store(*database_);
        identity_ = std::make_unique<identity::Identity>(*identity_store_, clock_, random_,
                                                         identity::Settings{.hash_cost = identity::HashCost::least()});
        devices_ = ingest::devices::DeviceBook::open(*database_, clock_).value();
    }

    void open_readings() {
        codecs_ = ingest::codecs::CodecHost::start({.program = CODEC_WORKER, .arguments = {}}).value();
        tally_ = std::make_unique<ingest::codecs::Tally>(*codecs_);
        const std::string path = folder_ / "observations.db";
        store_ = observations::open_block_store({.path = path}).value();
        ledger_database_ = database::Database::open({.url = "sqlite:" + path}).value();
        ASSERT_TRUE(database::migrate(*ledger_database_, {ingest::pipeline::Ledger::schema()}, clock_).has_value());
        ledger_ = ingest::pipeline::Ledger::open(*ledger_database_, clock_).value();
        journal::RecoveryReport report;
        journal_ = journal::open(posix_files(), folder_ / "journal", {}, clock_, report).value();
        series_ = std::make_unique<ingest::pipeline::RegistrySeries>(*registry_, 100);
        applier_ = std::make_unique<ingest::pipeline::Applier>(
            ingest::pipeline::Applier::Parts{*store_, *registry_, *devices_, *tally_, *ledger_, *series_, nullptr});
        projection_ = std::make_unique<ingest::pipeline::Projection>(
            ingest::pipeline::Projection::Parts{*journal_, *store_, *ledger_, *applier_});
        ASSERT_TRUE(projection_->replay().has_value());
        pipeline_ = std::make_unique<ingest::pipeline::Pipeline>(
            ingest::pipeline::Pipeline::Parts{*journal_, *projection_, *ledger_, *store_, clock_},
            ingest::pipeline::PipelineOptions{});
    }

    http::Request request_for(Method method, std::string_view target, const json& body) const {
        const auto parsed = http::parse_target(target).value();
        http::Request request{.method = method,
                              .target = std::string(target),
                              .path = parsed.path,
                              .query = parsed.query,
                              .remote = "10.0.0.1",
                              .secure = true,
                              .language = http::Language::en};
        if (!body.is_null()) {
            request.body = body.is_string() ? body.get<std::string>() : body.dump();
            request.headers.set("Content-Type", "application/json");
        }
        return request;
    }

    /// Through router, guard and handler, as the server does.
    Reply send(http::Request request) {
        boost::asio::io_context loop;
        auto answered = boost::asio::co_spawn(
            loop,
            [&]() -> Task<http::Response> {
                auto match = router_.match(request.method, request.path);
                if (match.route == nullptr) {
                    co_return http::Response{.status = 404};
                }
                request.path_parameters = match.parameters;
                if (auto refused = co_await guard_(request, *match.route)) {
                    co_return std::move(*refused);
                }
                co_return co_await match.route->handler(request);
            },
            boost::asio::use_future);
        loop.run();
        const http::Response response = answered.get();
        Reply reply{.status = response.status, .headers = response.headers};
        if (const auto* text = std::get_if<std::string>(&response.body)) {
            reply.text = *text;
        } else if (const auto* shared = std::get_if<http::SharedBytes>(&response.body); shared && *shared) {
            reply.text = **shared;
        }
        reply.body = json::parse(reply.text, nullptr, false);
        return reply;
    }

    /// As the signed-in person's browser sends it.
    Reply call(Method method, std::string_view path, const json& body = nullptr) {
        auto request = request_for(method, fmt::format("/api/v1/staff{}", path), body);
        request.headers.set("Cookie", cookie_);
        if (method != Method::get) {
            request.headers.set("X-CSRF-Token", csrf_token_);
        }
        return send(std::move(request));
    }

    void take_session(const Reply& reply) {
        ASSERT_TRUE(reply.body.contains("csrf_token")) << reply.text;
        csrf_token_ = reply.body.at("csrf_token").get<std::string>();
        const std::string header(reply.headers.get("set-cookie").value_or(""));
        EXPECT_THAT(header, testing::AllOf(HasSubstr("__Host-"), HasSubstr("HttpOnly"), HasSubstr("SameSite")));
        cookie_ = header.substr(0, header.find(';'));
    }

    /// A place whose water is analysed in summer, with one sample of 10 August 2026.
    observations::DatastreamId lay_sample() {
        const auto thing = registry_->insert(
            {.thing = {.name = "Vannprøver"},
             .datastreams = {{.datastream = {.name = "E. coli", .properties = R"({"interval_s":1555200})"},
                              .sensor = registry::Sensor{.name = "Laboratoriet"},
                              .observed_property = registry::ObservedProperty{.name = "e_coli"}}}});
        const observations::DatastreamId id = thing.value().datastreams.front();
        auto place = registry_->place_by_slug("landfalltjern").value();
        place.season = {registry::Season::Kind::summer, {6, 1}, {8, 31}};
        place.datastreams = {id};
        EXPECT_TRUE(registry_->places().update(place));
        const std::vector<observations::Arrival> rows{{id, {on(8, 10), 35.0, {}}}};
        std::vector<observations::Outcome> outcomes(1);
        EXPECT_TRUE(store_->append(rows, {1}, outcomes));
        return id;
    }
    static Instant on(unsigned month, unsigned day) {
        const std::chrono::year_month_day date{std::chrono::year{2026}, std::chrono::month{month},
                                               std::chrono::day{day}};
        return Instant{std::chrono::sys_days{date}} + std::chrono::hours{10};
    }

    void set_up() {
        const std::string code = identity_->issue_setup_code().value();
        const auto reply = send(request_for(Method::post, "/api/v1/staff/setup",
                                            {{"code", code}, {"name", "Kari Nordmann"}, {"password", password}}));
        ASSERT_EQ(reply.status, 201) << reply.text;
        take_session(reply);
    }

    void put_codec(std::string_view script, int version) {
        const auto reply =
            call(Method::put, "/codecs/bath", {{"name", "Bath"}, {"script", script}, {"version", version}});
        ASSERT_EQ(reply.status, 200) << reply.text;
    }

    void put_profile() {
        const auto reply =
            call(Method::put, "/profiles/bath",
                 {{"name", "Bathing sensor"},
                  {"codec", "bath"},
                  {"interval_seconds", 3600},
                  {"fields", json::array({{{"field", "temp"}, {"property", "water_temperature"}, {"unit", "Cel"}},
                                          {{"field", "battery"}, {"property", "battery_voltage"}, {"unit", "V"}}})}});
        ASSERT_EQ(reply.status, 200) << reply.text;
    }

    Reply adopt(bool open = true) {
        return call(Method::post, fmt::format("/inbox/{}/adopt", dev_eui),
                    {{"name", "Badevakt 1"}, {"profile", "bath"}, {"place", "landfalltjern"}, {"public", open}});
    }

    /// A frame as ChirpStack tells of it: 19.4 degrees, 3.6 volt; stamped so much ahead.
    void send_frame(int f_cnt, std::string_view hex = "00c224", Duration ahead = {}) {
        clock_.advance(std::chrono::minutes{10});
        const Bytes payload = from_hex(hex).value();
        const std::string body = fmt::format(
            R"({{"deduplicationId":"d-{}","time":"{}","deviceInfo":{{"devEui":"{}","deviceName":"Bad","deviceProfileName":"LDDS"}},)"
            R"("devAddr":"01020304","fCnt":{},"fPort":2,"data":"{}","rxInfo":[{{"gatewayId":"0000000000000001","rssi":-90,"snr":7}}]}})",
            f_cnt, format_instant(clock_.now() + ahead), dev_eui, f_cnt, to_base64(payload));
        submit("up", body);
    }

    /// An event of the device that is no frame, with these members of its own.
    void send_event(std::string_view kind, std::string_view members) {
        clock_.advance(std::chrono::minutes{10});
        const std::string time = format_instant(clock_.now());
        submit(kind, fmt::format(R"({{"deduplicationId":"{}","time":"{}","deviceInfo":{{"devEui":"{}"}},{}}})", time,
                                 time, dev_eui, members));
    }

    void submit(std::string_view kind, const std::string& body) {
        const auto receipt = pipeline_->submit_and_wait({.way = ingest::Way::chirpstack_json,
                                                         .sender = "test",
                                                         .detail = std::string(kind),
                                                         .received = clock_.now(),
                                                         .body = body});
        ASSERT_TRUE(receipt) << receipt.error();
        ASSERT_TRUE(pipeline_->flush().has_value());
    }

    observations::DatastreamId stream_of(std::string_view field) {
        const auto* stream = registry_->streams()->find(fmt::format("{}/{}", dev_eui, field));
        return stream == nullptr ? observations::DatastreamId{} : stream->id;
    }

    static constexpr std::string_view password = "badevakt ved tjernet i juli";

    TestFolder folder_;
    SimulatedClock clock_{parse_instant("2026-07-05T12:00:00Z").value()};
    SeededRandom random_{1};
    Pool pool_{2};
    std::unique_ptr<database::Database> database_;
    std::unique_ptr<registry::Registry> registry_;
    std::unique_ptr<identity::Store> identity_store_;
    std::unique_ptr<identity::Identity> identity_;
    std::unique_ptr<ingest::devices::DeviceBook> devices_;
    std::unique_ptr<ingest::codecs::CodecHost> codecs_;
    std::unique_ptr<ingest::codecs::Tally> tally_;
    std::unique_ptr<observations::Store> store_;
    std::unique_ptr<database::Database> ledger_database_;
    std::unique_ptr<ingest::pipeline::Ledger> ledger_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<ingest::pipeline::RegistrySeries> series_;
    std::unique_ptr<ingest::pipeline::Applier> applier_;
    std::unique_ptr<ingest::pipeline::Projection> projection_;
    std::unique_ptr<ingest::pipeline::Pipeline> pipeline_;
    std::optional<http::StaticFiles> files_;
    http::Router router_;
    http::Guard guard_;
    std::string cookie_;
    std::string csrf_token_;
};

}  // namespace bypuls::staff
