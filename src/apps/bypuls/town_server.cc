#include "apps/bypuls/town_server.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "apps/bypuls/developers.h"
#include "apps/bypuls/duties.h"
#include "apps/bypuls/operator_routes.h"
#include "apps/bypuls/search.h"
#include "apps/staff/routes.h"
#include "city/bathing/routes.h"
#include "city/participation/recount/routes.h"
#include "core/host.h"
#include "core/log.h"
#include "platform/database/page_checksums.h"
#include "platform/http/problem.h"
#include "platform/ingest/routes/routes.h"
#include "platform/notify/webhooks/account.h"
#include "platform/notify/webhooks/routes.h"
#include "platform/pages/answer/answer.h"
#include "platform/policy/policy.h"
#include "platform/publish/about/routes.h"
#include "platform/publish/live/readings.h"

namespace bypuls::apps {
namespace {

using State = pages::HealthCheck::State;

constexpr std::string_view anything = "/{path...}";

/// Programs ask there, and capitals in an identifier mean something.
bool is_for_programs(std::string_view path) {
    return std::ranges::any_of(std::array<std::string_view, 3>{"/api/", "/ingest/", "/sta/"},
                               [&](std::string_view start) { return path.starts_with(start); });
}

/// A page whose address was written in capitals or with a slash at its end is where it always is; people get a page
/// that says that there is none, programs get a problem.
http::Handler not_found(const pages::Site& site, const http::StaticFiles& files, const http::Router& router) {
    return [&site, files, &router](http::Request& request) -> Task<http::Response> {
        const std::string_view path = std::string_view(request.path).substr(1);
        if (!path.empty() && files.has(path)) {
            co_return files.get(request, path);
        }
        if (const auto permanent = pages::permanent_path(request.path); permanent && !is_for_programs(*permanent)) {
            const auto* const route = router.match(http::Method::get, *permanent).route;
            if (route != nullptr && route->pattern != anything) {
                co_return pages::moved(request, *permanent);
            }
        }
        if (!request.accepts("text/html")) {
            co_return http::problem(request, 404, "not-found");
        }
        co_return http::html(pages::error_document(site, {.status = 404,
                                                          .language = static_cast<words::Language>(request.language),
                                                          .path = request.path,
                                                          .id = request.id}),
                             404);
    };
}

void append_counts(std::string& out, const ingest::pipeline::Pipeline& pipeline) {
    const auto counts = pipeline.counts();
    const auto metric = [&](std::string_view name, std::string_view kind, auto value_of) {
        out += fmt::format("# TYPE bypuls_ingest_{} {}\n", name, kind);
        for (const auto& [source, counted] : counts) {
            out += fmt::format("bypuls_ingest_{}{{source=\"{}\"}} {}\n", name, source, value_of(counted));
        }
    };
    metric("received_total", "counter", [](const ingest::Counts& c) { return c.received; });
    metric("stored_total", "counter", [](const ingest::Counts& c) { return c.stored; });
    metric("duplicate_total", "counter", [](const ingest::Counts& c) { return c.duplicate; });
    metric("quarantined_total", "counter", [](const ingest::Counts& c) { return c.quarantined; });
    metric("rejected_total", "counter", [](const ingest::Counts& c) { return c.rejected; });
    metric("damaged_total", "counter", [](const ingest::Counts& c) { return c.damaged; });
    metric("in_flight", "gauge", [](const ingest::Counts& c) { return c.in_flight(); });
}

/// Before anything is opened, so that a town which cannot serve leaves nothing behind.
Result<void> check_named_files(const Settings& settings) {
    std::string sentences;
    for (const config::Fault& fault : check_files(settings)) {
        sentences += (sentences.empty() ? "" : "\n") + fault.sentence;
    }
    return sentences.empty() ? Result<void>{} : fail(Errc::malformed, sentences);
}

/// Of links in what is told, where nobody's request says how the town is called.
std::string own_origin(const Settings& settings, std::uint16_t port) {
    const char* scheme = settings.tls_certificate.empty() ? "http" : "https";
    return settings.origin.empty() ? fmt::format("{}://{}:{}", scheme, settings.listen.host, port) : settings.origin;
}

void append_gauge(std::string& out, std::string_view name, std::string_view kind, std::uint64_t value) {
    out += fmt::format("# TYPE bypuls_{} {}\nbypuls_{} {}\n", name, kind, name, value);
}

}  // namespace

Result<std::unique_ptr<Town>> Town::open(const Settings& settings, const Prepare& prepare) {
    std::unique_ptr<Town> town(new Town(settings));
    TRY_DO(town->start(prepare));
    return town;
}

Result<void> Town::start(const Prepare& prepare) {
    TRY_DO(check_named_files(settings_));
    pool_ = std::make_unique<Pool>(static_cast<std::size_t>(settings_.pool_threads));
    TRY(auto web, open_web(settings_));
    web_ = std::make_unique<Web>(std::move(web));
    TRY(plane_, publication::PlaneFiles::open(settings_.public_folder(), settings_.planes == Planes::both
                                                                             ? publication::PlaneFiles::Role::gate
                                                                             : publication::PlaneFiles::Role::reader));
    if (settings_.planes == Planes::both) {
        TRY(internal_, InternalPlane::open(settings_, clock_, random_, *plane_,
                                           [this](const auto& streams) { published(streams); }));
        internal_->start();
        if (auto code = internal_->identity().issue_setup_code()) {
            setup_code_ = *code;
        }
        if (prepare) {
            TRY_DO(prepare(*internal_));
        }
    }
    TRY(sensorthings_, SensorThings::open(settings_, internal_.get(), *plane_, *pool_, clock_));
    if (internal_ && settings_.mqtt.is_on()) {
        sensorthings_mqtt_ = std::make_unique<SensorThingsMqtt>(*internal_, *sensorthings_, clock_);
        TRY(mqtt_, MqttPlane::open(settings_, *internal_, clock_, random_, sensorthings_mqtt_->extra()));
        if (mqtt_->broker() != nullptr) {
            sensorthings_->speak_mqtt(mqtt_->doors());
        }
    }
    add_routes();
    TRY_DO(policy::check_routes(router_));
    http::ServerOptions options{.address = settings_.listen.host,
                                .port = settings_.listen.port,
                                .trusted_proxies = settings_.trusted_proxies,
                                .guard = policy::guard(internal_ ? &internal_->identity() : nullptr, pool_.get()),
                                .clock = &clock_};
    if (const std::string tiles = origin_of_tiles(settings_); !tiles.empty()) {
        // Said once each, since browsers heed only the first of two.
        const std::string_view images = "img-src 'self' data: blob:";
        auto& rules = options.content_security_policy;
        rules.insert(rules.find(images) + images.size(), " " + tiles);
        rules += "; connect-src 'self' " + tiles;
    }
    if (!settings_.tls_certificate.empty()) {
        options.tls = http::TlsFiles{settings_.tls_certificate, settings_.tls_key};
    }
    auto started = http::start_server(router_, std::move(options));
    if (!started) {
        const bool is_taken = started.error().code == Errc::unavailable;
        return fail(started.error().code,
                    started.error().what + (is_taken ? "; --listen ADDRESS:PORT chooses another" : ""));
    }
    server_ = std::move(*started);
    serving_ = server_.get();
    if (mqtt_ && mqtt_->broker() != nullptr) {
        // Only now is the port known, where any free one would do.
        sensorthings_mqtt_->start(*mqtt_->broker(), own_origin(settings_, server_->port()));
    }
    follow_entities();
    ticker_ = std::thread([this] { keep_ticking(); });
    return {};
}

Town::~Town() {
    if (internal_) {
        internal_->expect_stop();
    }
    if (server_) {
        server_->stop(std::chrono::seconds{10});
    }
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (ticker_.joinable()) {
        ticker_.join();
    }
    if (sensorthings_mqtt_) {
        sensorthings_mqtt_->stop();
    }
    mqtt_.reset();
    sensorthings_mqtt_.reset();
}

void Town::add_routes() {
    const bathing::Parts parts{*plane_, web_->site, hub_, clock_, *pool_};
    router_.add(bathing::routes(parts));
    router_.add(publish::live_route({*plane_, hub_, clock_, *pool_}, bathing::live_handler(parts)));
    router_.add(web_->routes);
    router_.add(participation::recount::routes(web_->site));
    router_.add(developers_route(settings_, web_->site, *plane_, *pool_, mqtt_.get(), [this] { return checks(); }));
    router_.add(publish::about::routes(web_->site, *plane_));
    router_.add(search_route(web_->site, *plane_));
    router_.add(operator_routes(web_->site, [this] { return checks(); }, [this](std::string& out) { metrics(out); }));
    router_.add(sensorthings_->routes());
    if (internal_) {
        router_.add(ingest::routes(internal_->pipeline(), clock_));
        router_.add(
            webhooks::routes({.outbox = internal_->webhooks(), .random = random_, .pool = *pool_, .changed = [this] {
                                  internal_->webhooks_changed();
                              }}));
        router_.add(staff::routes({.identity = internal_->identity(),
                                   .registry = internal_->registry(),
                                   .devices = internal_->devices(),
                                   .decoder = internal_->decoder(),
                                   .ledger = internal_->ledger(),
                                   .pipeline = internal_->pipeline(),
                                   .store = internal_->store(),
                                   .files = web_->files,
                                   .pool = *pool_,
                                   .clock = clock_,
                                   .checks = [this] { return staff_checks(); },
                                   .version = BYPULS_VERSION,
                                   .rules = settings_.quality_rules,
                                   .messages = web_->site.words(words::Language::nb).catalogue()}));
    }
    router_.add({.method = http::Method::get,
                 .pattern = std::string(anything),
                 .handler = not_found(web_->site, web_->files, router_),
                 .permission = std::string(policy::anyone)});
}

void Town::published(const std::set<publication::DatastreamId>& streams) {
    bathing::announce({*plane_, web_->site, hub_, clock_, *pool_}, streams);
    publish::announce_readings({*plane_, hub_, clock_, *pool_}, streams);
}

void Town::follow_entities() {
    const auto look = [this] {
        auto look = sensorthings_->public_look();
        return publish::EntityNews::Look{std::move(look.keeps), look.data};
    };
    entity_news_ = std::make_unique<publish::EntityNews>(publish::EntityNews::Parts{
        .look = look, .hub = hub_, .clock = clock_, .root = own_origin(settings_, server_->port()) + "/sta/v1.1"});
}

void Town::keep_ticking() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, std::chrono::seconds{1}, [this] { return stopping_; })) {
        lock.unlock();
        if (internal_) {
            internal_->tick();
            if (mqtt_) {
                mqtt_->tick();
            }
        } else if (const auto changed = plane_->refresh(); !changed) {
            log::warning("town", "the public files could not be read anew", {{"why", changed.error().what}});
        }
        if (const auto told = entity_news_->tell(); !told) {
            log::warning("town", "changes of the public registry are told later", {{"why", told.error().what}});
        }
        lock.lock();
    }
}

std::vector<pages::HealthCheck> Town::checks() const {
    std::vector<pages::HealthCheck> checks{{"pages", State::ok, ""}};
    std::vector<std::string> damaged;
    for (const database::DamagedPage& page : database::damaged_pages()) {
        damaged.push_back(database::sentence_of(page));
    }
    checks.push_back({"database", damaged.empty() ? State::ok : State::failing, damaged.empty() ? "" : "damaged_page",
                      fmt::format("{}", fmt::join(damaged, "; "))});
    if (!internal_) {
        return checks;
    }
    const auto health = internal_->journal().health();
    const bool writes = health.ok && !health.disk_full;
    checks.push_back({"journal", writes ? State::ok : State::failing,
                      writes             ? ""
                      : health.disk_full ? "disk_full"
                                         : "not_written",
                      health.reason});
    const std::string trouble = internal_->pipeline().trouble();
    checks.push_back(
        {"ingest", trouble.empty() ? State::ok : State::warning, trouble.empty() ? "" : "not_applied", trouble});
    const auto statistics = internal_->store().statistics();
    const std::size_t rows = internal_->ledger().damaged_letters() + internal_->details().damaged();
    const bool whole = statistics.damaged.empty() && rows == 0;
    checks.push_back({"observations", whole ? State::ok : State::warning, whole ? "" : "damaged",
                      whole ? ""
                            : fmt::format("{} damaged blocks, and {} damaged rows of dead letters and details, in {}",
                                          statistics.damaged.size(), rows, settings_.observations_path())});
    if (mqtt_) {
        const auto of_mqtt = mqtt_->checks();
        checks.insert(checks.end(), of_mqtt.begin(), of_mqtt.end());
    }
    return checks;
}

/// With what only those who run the town can mend. Behind a proxy everything comes from this machine, so nothing but
/// the configuration tells what residents call it.
std::vector<pages::HealthCheck> Town::staff_checks() const {
    auto all = checks();
    if (settings_.origin.empty()) {
        const bool alone = is_loopback(settings_.listen.host);
        all.push_back({"posters", alone ? State::ok : State::warning, "no_origin", ""});
    }
    const auto duties = duties_of(settings_);
    all.insert(all.end(), duties.begin(), duties.end());
    return all;
}

void Town::metrics(std::string& out) const {
    if (const http::Server* serving = serving_) {
        http::append_metrics(out, serving->counters(), internal_ ? "both" : "public");
    }
    if (!internal_) {
        return;
    }
    append_counts(out, internal_->pipeline());
    if (const auto account = webhooks::account_of(internal_->database())) {
        webhooks::append_metrics(out, *account);
    } else {
        log::warning("webhooks", "the account could not be read", {{"why", account.error().what}});
    }
    const auto health = internal_->journal().health();
    append_gauge(out, "journal_records_total", "counter", health.records_appended);
    append_gauge(out, "journal_commits_total", "counter", health.commits);
    append_gauge(out, "journal_failures_total", "counter", health.failures);
    append_gauge(out, "journal_records_damaged_total", "counter", health.records_damaged);
    append_gauge(out, "journal_queue_bytes", "gauge", health.queue_bytes);
    append_gauge(out, "journal_bytes", "gauge", health.bytes_kept);
    append_gauge(out, "journal_healthy", "gauge", health.ok && !health.disk_full ? 1 : 0);
    const auto statistics = internal_->store().statistics();
    append_gauge(out, "observations_readings", "gauge", statistics.readings);
    append_gauge(out, "observations_readings_in_memory", "gauge", statistics.readings_in_memory);
    append_gauge(out, "observations_bytes_on_disk", "gauge", statistics.bytes_on_disk);
    append_gauge(out, "observations_blocks_damaged", "gauge", statistics.damaged.size());
    append_gauge(out, "observations_rows_damaged", "gauge",
                 internal_->ledger().damaged_letters() + internal_->details().damaged());
    if (mqtt_) {
        mqtt_->append_metrics(out);
        sensorthings_mqtt_->append_metrics(out);
    }
    append_gauge(out, "publication_waiting", "gauge", internal_->gate().waiting());
}

}  // namespace bypuls::apps
