#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "apps/bypuls/data_folder.h"
#include "apps/bypuls/data_lock.h"
#include "apps/bypuls/town.h"
#include "core/log.h"
#include "platform/database/whole.h"
#include "platform/identity/store.h"
#include "platform/ingest/judging/rule_judge.h"
#include "platform/observations/blocks/block_store.h"
#include "platform/publish/sensorthings/routes/moved.h"
#include "platform/registry/relational/relational_registry.h"

namespace bypuls::apps {

Result<std::unique_ptr<InternalPlane>> InternalPlane::open(const Settings& settings, Clock& clock, Random& random,
                                                           publication::PlaneFiles& plane,
                                                           publication::Gate::Published published) {
    TRY_DO(make_internal_folder(settings.internal_folder()));
    std::unique_ptr<InternalPlane> opened(new InternalPlane(settings, clock));
    TRY(opened->lock_, DataLock::take(settings.internal_folder()));
    TRY_DO(opened->open_databases(random));
    TRY_DO(opened->open_readings(plane, std::move(published)));
    return opened;
}

InternalPlane::~InternalPlane() = default;

std::vector<database::Component> InternalPlane::registry_components() {
    return {registry::registry_component(), identity::identity_component(), ingest::devices::DeviceBook::schema(),
            webhooks::Outbox::component(), sensorthings::MovedTable::schema()};
}

Result<void> InternalPlane::open_databases(Random& random) {
    TRY(registry_database_, database::open_whole({.url = settings_.registry_url()}, restore_remedy));
    TRY(const auto applied, database::migrate(*registry_database_, registry_components(), clock_));
    for (const auto& migration : applied) {
        log::info("database", "migrated",
                  {{"component", migration.component},
                   {"number", std::to_string(migration.number)},
                   {"name", migration.name}});
    }
    TRY(registry_, registry::open_relational_registry(*registry_database_, clock_));
    identity_store_ = identity::make_relational_store(*registry_database_);
    identity_ = std::make_unique<identity::Identity>(*identity_store_, clock_, random);
    TRY(devices_, ingest::devices::DeviceBook::open(*registry_database_, clock_));
    return {};
}

Result<void> InternalPlane::open_readings(publication::PlaneFiles& plane, publication::Gate::Published published) {
    TRY(codecs_, ingest::codecs::CodecHost::start({.workers = static_cast<std::size_t>(settings_.codec_workers),
                                                   .cpu_limit = settings_.codec_cpu,
                                                   .memory_bytes_max = settings_.codec_memory}));
    tally_ = std::make_unique<ingest::codecs::Tally>(*codecs_);
    // Readings, with what the pipeline remembers beside them in their file.
    const auto open_store = [this]() -> Result<void> {
        TRY(store_, observations::open_block_store({.path = settings_.observations_path(),
                                                    .hot_bytes_max = settings_.hot_bytes_max,
                                                    .settle_bytes = settings_.hot_bytes_max / 4}));
        TRY(ledger_database_, database::Database::open({.url = "sqlite:" + settings_.observations_path()}));
        TRY_DO(database::migrate(*ledger_database_,
                                 {ingest::pipeline::Ledger::schema(), observations::Details::schema()}, clock_));
        TRY(ledger_, ingest::pipeline::Ledger::open(*ledger_database_, clock_));
        details_ = observations::Details::open(ledger_database_.get());
        return {};
    };
    if (auto opened = open_store(); !opened) {
        return std::unexpected(
            database::with_remedy(std::move(opened).error(), settings_.observations_path(), restore_remedy));
    }

    journal::RecoveryReport report;
    TRY(journal_, journal::open(posix_files(), settings_.journal_folder(),
                                {.segment_bytes = settings_.journal_segment_bytes,
                                 .flush_bytes = settings_.journal_flush_bytes,
                                 .flush_delay = settings_.journal_flush_delay,
                                 .record_bytes_max = 64U << 20U,
                                 .highest_seen = store_->settled()},
                                clock_, report));
    recovery_summary_ = report.summary();
    if (!report.clean()) {
        log::warning("journal", "recovered with something to tell", {{"report", recovery_summary_}});
    }
    gate_ = std::make_unique<publication::Gate>(
        publication::Gate::Parts{*registry_, *store_, plane, details_.get()},
        publication::GateOptions{.source = settings_.owner, .rules = settings_.quality_rules}, std::move(published));
    details_->follow([this](const observations::Details::Found& found) { gate_->detailed(found); });
    TRY_DO(gate_->follow_registry());
    TRY_DO(open_webhooks(plane));
    series_ = std::make_unique<ingest::pipeline::RegistrySeries>(*registry_,
                                                                 static_cast<std::size_t>(settings_.line_series_max));
    judge_ = std::make_unique<ingest::RuleJudge>(*registry_, *store_, settings_.quality_rules);
    applier_ = std::make_unique<ingest::pipeline::Applier>(ingest::pipeline::Applier::Parts{
        *store_, *registry_, *devices_, *tally_, *ledger_, *series_, judge_.get(), details_.get()});
    projection_ = std::make_unique<ingest::pipeline::Projection>(ingest::pipeline::Projection::Parts{
        *journal_, *store_, *ledger_, *applier_, listeners_.get(), details_.get(),
        [folder = settings_.journal_folder()] { return JournalHold::is_held(folder); }});
    TRY(const auto replayed, projection_->replay());
    TRY_DO(finish_removals(plane));
    gate_->compare();
    if (replayed.records > 0) {
        log::info("ingest", "applied again what had not settled",
                  {{"records", std::to_string(replayed.records)}, {"gaps", std::to_string(replayed.gaps)}});
    }
    return {};
}

/// An entity goes first and its readings after it: where the program stopped in between, they go now. Readings of
/// datastreams that the registry has never known are left alone, for it may be an older one that was restored.
Result<void> InternalPlane::finish_removals(const publication::PlaneFiles& plane) {
    std::set<observations::DatastreamId> kept;
    std::ranges::copy(store_->datastreams(), std::inserter(kept, kept.end()));
    std::ranges::copy(plane.readings()->datastreams(), std::inserter(kept, kept.end()));
    TRY(const auto detailed, details_->datastreams());
    kept.insert(detailed.begin(), detailed.end());
    const auto streams = registry_->streams();
    std::vector<observations::DatastreamId> unknown;
    std::ranges::copy_if(kept, std::back_inserter(unknown), [&](auto id) { return streams->find(id) == nullptr; });
    TRY(const auto removed, registry::removed_datastreams(*registry_database_, unknown));
    constexpr Interval always{observations::earliest_time, observations::latest_time};
    for (const auto id : removed) {
        TRY(const auto readings, projection_->remove(id, {&always, 1}));
        log::info("observations", "readings of a removed datastream are gone now",
                  {{"datastream", std::to_string(id.value)}, {"readings", std::to_string(readings)}});
    }
    return {};
}

/// The gate comes first, so that what a webhook tells of can be read from the public plane.
Result<void> InternalPlane::open_webhooks(const publication::Plane& plane) {
    webhooks_ = std::make_unique<webhooks::Outbox>(*registry_database_, clock_,
                                                   webhooks::OutboxOptions{.plain_http = settings_.webhooks_private});
    const auto published = [&plane](observations::DatastreamId id) -> std::optional<webhooks::PublishedAs> {
        const auto catalogue = plane.catalogue();
        const auto* place = catalogue->place_of(id);
        if (place == nullptr) {
            return std::nullopt;
        }
        const auto stream = std::ranges::find(place->streams, id, &publication::PublicStream::id);
        return webhooks::PublishedAs{place->slug, stream->property, stream->unit};
    };
    webhooks::FollowerOptions options;
    if (!settings_.origin.empty()) {
        options.source = settings_.origin;
    }
    TRY(webhook_follower_, webhooks::Follower::open(*webhooks_, published, std::move(options)));
    webhook_sender_ = std::make_unique<webhooks::Sender>(
        webhooks::Sender::Parts{*webhooks_, clock_, webhook_random_},
        webhooks::SenderOptions{.reach =
                                    settings_.webhooks_private ? http::Reach::anywhere : http::Reach::public_only});
    listeners_ = std::make_unique<ingest::pipeline::Listeners>(
        std::vector<ingest::pipeline::Listener*>{gate_.get(), webhook_follower_.get()});
    return {};
}

void InternalPlane::webhooks_changed() {
    if (const auto seen = webhook_follower_->refresh(); !seen) {
        log::warning("webhooks", "a change is seen later", {{"why", seen.error().what}});
    }
    webhook_courier_->wake();
}

void InternalPlane::start() {
    webhook_courier_ = std::make_unique<webhooks::Courier>(*webhook_follower_, *webhook_sender_);
    pipeline_ = std::make_unique<ingest::pipeline::Pipeline>(
        ingest::pipeline::Pipeline::Parts{*journal_, *projection_, *ledger_, *store_, clock_},
        ingest::pipeline::PipelineOptions{.in_flight_bytes_max = settings_.in_flight_bytes_max,
                                          .in_flight_bytes_easy = settings_.in_flight_bytes_max * 2 / 5,
                                          .settle_interval = settings_.settle_interval});
}

void InternalPlane::expect_stop() {
    if (pipeline_) {
        pipeline_->expect_stop();
    }
    if (webhook_courier_) {
        webhook_courier_->expect_stop();
    }
}

void InternalPlane::tick() {
    const auto report = [](std::string_view what, const Result<void>& result) {
        if (!result) {
            log::warning("town", what, {{"why", result.error().what}});
        }
    };
    report("the public catalogue does not follow", gate_->follow_registry());
    report("the public plane could not be settled", gate_->settle());
    if (++ticks_ % 60 == 0) {
        report("sessions and keys could not be tidied", identity_->maintain());
        report("webhooks could not be seen anew", webhook_follower_->refresh());
        if (const auto forgotten = webhooks_->forget_dead(); !forgotten) {
            log::warning("webhooks", "old dead letters could not be removed", {{"why", forgotten.error().what}});
        }
    }
    constexpr int ticks_between_looks = 3600;
    if (ticks_ % ticks_between_looks == 0 && registry_database_->damaged_page()) {
        // The disk may give again what it did not give once; then the health page should say so.
        report("the registry is damaged", registry_database_->verify());
    }
    if (ticks_ % ticks_between_looks == 0 && ledger_database_->damaged_page()) {
        report("the file of observations is damaged", ledger_database_->verify());
    }
    if (const auto more = store_->maintain(); !more) {
        log::warning("observations", "housekeeping failed", {{"why", more.error().what}});
    }
    if (const auto more = details_->maintain(); !more) {
        log::warning("observations", "details of before have no checksum yet", {{"why", more.error().what}});
    }
}

}  // namespace bypuls::apps
