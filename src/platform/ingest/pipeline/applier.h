#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/ingest/codecs/decoder.h"
#include "platform/ingest/devices/device_book.h"
#include "platform/ingest/pipeline/ahead.h"
#include "platform/ingest/pipeline/ledger.h"
#include "platform/ingest/pipeline/prepare.h"
#include "platform/ingest/pipeline/series.h"
#include "platform/observations/details/details.h"
#include "platform/observations/store.h"
#include "platform/registry/registry.h"

namespace bypuls::ingest::pipeline {

/// Marks what is doubtful about a reading before it is stored. Never refuses one.
class Judge {
public:
    virtual ~Judge() = default;
    /// Called before the readings of each message: the time to learn what has changed since the last.
    virtual void next_message() {}
    virtual observations::Quality judge(observations::DatastreamId id, const observations::Observation& reading,
                                        Instant received) = 0;
};

/// What became of one message.
struct Applied {
    Counts counts;                                ///< of its units; received is their sum
    std::vector<observations::Arrival> arrivals;  ///< what was new or corrected, as stored
    std::vector<Refused> refused;                 ///< quarantined units, each described
};

/// Makes observations of messages: decodes frames with the device's codec, maps fields, names lines and rows, marks
/// doubtful values, and stores. The same message at the same position always gives the same observations, as long as
/// devices, profiles and codecs are the same. One thread.
class Applier {
public:
    struct Parts {
        observations::Store& store;
        registry::Registry& registry;
        devices::DeviceBook& devices;
        codecs::Decoder& decoder;
        Ledger& ledger;
        SeriesMaker& series;
        Judge* judge = nullptr;                    ///< none: every reading is good
        observations::Details* details = nullptr;  ///< none: rows with details are quarantined
    };
    /// Stamps further ahead of the time of receipt than this are quarantined.
    static constexpr Duration ahead_max = std::chrono::minutes{10};

    explicit Applier(Parts parts) : parts_(parts), ahead_(parts.decoder) {}

    /// An error means that nothing was done and the same message should be applied again: no codec worker, a full
    /// memory (settle first: Errc::exhausted), a database that cannot be reached.
    Result<Applied> apply(const Intake& intake, journal::Position position);
    /// What will be applied next, in that order: the frames among it are decoded together. Changes nothing.
    void look_ahead(std::span<const Intake* const> next);

private:
    struct Unit {
        std::size_t first_row = 0;
        std::size_t rows = 0;
        std::uint32_t number = 0;  ///< line or row, for dead letters
    };
    struct Work;

    Result<Ledger::Seen> see_key(const Intake& intake, journal::Position position);
    void quarantine_all(Work& work, Reason reason, const Why& why, const std::string& field);
    std::string field_of(const Work& work, registry::DatastreamId id) const;
    void put_aside(Work& work, const lorawan::Event& event, Ledger::Seen seen);
    bool is_adopted(const lorawan::Event& event) const;
    bool is_raw_kept(const Applied& applied, const Intake& intake) const;
    Result<void> take_event(Work& work, const lorawan::Event& event);
    Result<void> take_uplink(Work& work, const lorawan::Event& event);
    Result<std::string> decode(Work& work, const lorawan::Event& event, const devices::Profile& profile,
                               const devices::Snapshot& book);
    Result<void> take_lines(Work& work, const line_protocol::Batch& batch);
    const registry::Stream* find_again(const registry::Streams& streams, std::size_t place, std::string_view key);
    Result<void> take_rows(Work& work, const batch::Batch& batch);
    void take_row(Work& work, const batch::Row& row, const registry::Stream* stream);
    Result<void> store(Work& work);
    void quarantine(Work& work, Reason reason, Why why, std::string field = {}, std::int64_t line = 0,
                    std::string codec_version = {});
    static void note_frame(Work& work, const lorawan::Event& event, std::string_view decoded, std::string_view outcome);

    /// The streams of the last lines by their place in the message. Senders keep to an order, so the next message's
    /// mostly stand at the same places, and a look at the key is cheaper than a search for it.
    static constexpr std::size_t trail_max = 100'000;
    Parts parts_;
    Ahead ahead_;
    std::shared_ptr<const registry::Streams> trail_of_;
    std::vector<const registry::Stream*> trail_;
};

}  // namespace bypuls::ingest::pipeline
