#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "apps/bypuls/data_lock.h"
#include "apps/bypuls/settings.h"
#include "core/async/task.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "platform/database/database.h"
#include "platform/http/server.h"
#include "platform/identity/identity.h"
#include "platform/ingest/codecs/codec_host.h"
#include "platform/ingest/codecs/tally.h"
#include "platform/ingest/pipeline/listeners.h"
#include "platform/ingest/pipeline/pipeline.h"
#include "platform/ingest/pipeline/projection.h"
#include "platform/journal/journal.h"
#include "platform/live/hub.h"
#include "platform/notify/webhooks/courier.h"
#include "platform/notify/webhooks/follower.h"
#include "platform/notify/webhooks/outbox.h"
#include "platform/notify/webhooks/sender.h"
#include "platform/observations/details/details.h"
#include "platform/publication/gate.h"
#include "platform/publication/plane/plane.h"
#include "platform/registry/registry.h"

namespace bypuls::apps {

/// The internal plane's parts, in the order in which they need one another; taken down in reverse.
class InternalPlane {
public:
    /// Opens everything, brings schemas up to date and applies again what the journal holds beyond the last settle.
    /// `published` is told of streams with new public readings.
    static Result<std::unique_ptr<InternalPlane>> open(const Settings& settings, Clock& clock, Random& random,
                                                       publication::PlaneFiles& plane,
                                                       publication::Gate::Published published);
    ~InternalPlane();

    /// All that is kept in registry.db.
    static std::vector<database::Component> registry_components();

    /// Lets the pipeline take messages in. Until then only reads and registry changes work.
    void start();
    /// Before it is destroyed, so that nobody waits for what will not come.
    void expect_stop();
    /// What has to happen every second: the gate follows the registry and shows what passed; housekeeping.
    void tick();

    database::Database& database() { return *registry_database_; }
    registry::Registry& registry() { return *registry_; }
    identity::Identity& identity() { return *identity_; }
    observations::Store& store() { return *store_; }
    ingest::devices::DeviceBook& devices() { return *devices_; }
    ingest::codecs::Tally& decoder() { return *tally_; }
    ingest::pipeline::Ledger& ledger() { return *ledger_; }
    observations::Details& details() { return *details_; }
    ingest::pipeline::Pipeline& pipeline() { return *pipeline_; }
    journal::Journal& journal() { return *journal_; }
    publication::Gate& gate() { return *gate_; }
    /// Who follows what is stored.
    ingest::pipeline::Listeners& listeners() { return *listeners_; }
    webhooks::Outbox& webhooks() { return *webhooks_; }
    /// After a change of a webhook: events follow it from now on. From any thread but the loop.
    void webhooks_changed();
    const std::string& recovery_summary() const { return recovery_summary_; }

private:
    InternalPlane(const Settings& settings, Clock& clock) : settings_(settings), clock_(clock) {}
    Result<void> open_databases(Random& random);
    Result<void> open_readings(publication::PlaneFiles& plane, publication::Gate::Published published);
    Result<void> open_webhooks(const publication::Plane& plane);
    Result<void> finish_removals(const publication::PlaneFiles& plane);

    Settings settings_;
    Clock& clock_;
    SystemRandom webhook_random_;     // the courier's own
    std::unique_ptr<DataLock> lock_;  // let go last
    std::unique_ptr<database::Database> registry_database_;
    std::unique_ptr<registry::Registry> registry_;
    std::unique_ptr<identity::Store> identity_store_;
    std::unique_ptr<identity::Identity> identity_;
    std::unique_ptr<ingest::devices::DeviceBook> devices_;
    std::unique_ptr<ingest::codecs::CodecHost> codecs_;
    std::unique_ptr<ingest::codecs::Tally> tally_;
    std::unique_ptr<observations::Store> store_;
    std::unique_ptr<database::Database> ledger_database_;
    std::unique_ptr<ingest::pipeline::Ledger> ledger_;
    std::unique_ptr<observations::Details> details_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<publication::Gate> gate_;
    std::unique_ptr<webhooks::Outbox> webhooks_;
    std::unique_ptr<webhooks::Follower> webhook_follower_;
    std::unique_ptr<webhooks::Sender> webhook_sender_;
    std::unique_ptr<webhooks::Courier> webhook_courier_;
    std::unique_ptr<ingest::pipeline::Listeners> listeners_;
    std::unique_ptr<ingest::pipeline::SeriesMaker> series_;
    std::unique_ptr<ingest::pipeline::Judge> judge_;
    std::unique_ptr<ingest::pipeline::Applier> applier_;
    std::unique_ptr<ingest::pipeline::Projection> projection_;
    std::unique_ptr<ingest::pipeline::Pipeline> pipeline_;
    std::string recovery_summary_;
    int ticks_ = 0;
};

}  // namespace bypuls::apps
