#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "platform/ingest/pipeline/projection.h"
#include "platform/ingest/quality/quality.h"
#include "platform/observations/details/details.h"
#include "platform/observations/store.h"
#include "platform/publication/plane/plane.h"
#include "platform/registry/registry.h"

namespace bypuls::publication {

/// How one declared publication treats the readings of its streams. For now there is one way: as they are.
enum class Transformation : std::uint8_t { as_is };

struct GateOptions {
    std::string source = "Drammen kommune";  ///< who is named as measuring
    std::string licence = "http://data.norge.no/nlod/no/2.0";
    ingest::quality::Rules rules{};  ///< say when the newest reading is no longer the present
};

/// The one way from the internal plane to the public one. Readings of datastreams that the registry calls public pass,
/// as they are stored, with what their senders said of them beside the result; everything else stays. What is no longer
/// public is taken away from the public plane too.
///
/// Thread-safe.
class Gate final : public ingest::pipeline::Listener {
public:
    struct Parts {
        registry::Registry& registry;
        const observations::Store& internal;
        PlaneFiles& plane;
        const observations::Details* details = nullptr;  ///< of the internal plane; null: there are none
    };
    /// Told of streams that have new public readings, after these can be read from the plane. On the pipeline's thread.
    using Published = std::function<void(const std::set<DatastreamId>&)>;

    Gate(Parts parts, GateOptions options, Published published)
        : parts_(parts), options_(std::move(options)), published_(std::move(published)) {}

    /// Told of readings that have passed and can be read from the plane: those of one record at a time, not of history
    /// that is carried over. On the pipeline's thread; must not wait. Thread-safe: nobody is told any more when
    /// follow({}) has returned.
    using Passed = std::function<void(std::span<const observations::Arrival>)>;
    void follow(Passed passed);

    /// Makes the public catalogue and the public registry follow the registry: places, datastreams of class public with
    /// what they refer to, and what has become public or ceased to be.
    /// History of what has become public is carried over with the next applied record. Blocks; from any thread but the
    /// loop.
    Result<void> follow_registry();
    /// Looks for streams whose public readings are not those of the internal plane, whatever made them differ, and has
    /// them carried over anew. To be called once, when the journal has been applied again and before anything new is.
    void compare();
    /// Makes what has passed visible to other processes. To be called every second.
    Result<void> settle();
    /// What an observation's details have become; it passes with the next applied record. Told by Details::follow.
    void detailed(const observations::Details::Found& found);
    /// Streams whose history still waits to be carried over.
    std::size_t waiting() const;

    void applied(std::span<const observations::Arrival> arrivals, journal::Position position,
                 Instant received) override;
    Result<void> before_settle(journal::Position upto) override;
    Result<void> removed(DatastreamId id, std::span<const Interval> intervals) override;

private:
    Result<Catalogue> make_catalogue(registry::Version version);
    Result<PublicPlace> make_place(const registry::Place& place);
    /// Has something changed since then that is public, or becomes it?
    Result<bool> concerned() const;
    std::set<DatastreamId> shown() const;
    Result<void> carry_history(DatastreamId id, journal::Position position);
    Result<void> copy_history(DatastreamId id, journal::Position position);
    Result<void> copy_details(DatastreamId id, Interval interval);
    Result<bool> same_details(DatastreamId id) const;
    Result<void> pass_details(journal::Position position);
    void carry_waiting(journal::Position position);

    Parts parts_;
    GateOptions options_;
    Published published_;

    std::mutex follower_mutex_;
    Passed passed_;
    mutable std::mutex mutex_;
    std::set<DatastreamId> open_;  // what passes: every stream of class public
    /// Everything in the public registry.
    std::set<std::pair<registry::Kind, std::int64_t>> public_;
    std::set<DatastreamId> waiting_;  // open, history not yet carried over
    std::set<DatastreamId> failed_;   // of these, those with a reading that should have passed and did not
    std::vector<observations::Details::Found> detailed_;  // of open streams, by the record that is being applied
    bool features_missing_ = false;                       // a detail that passed names a feature that is not public yet
    journal::Position newest_;                            // of the records told of
    registry::Version followed_ = 0;
    bool followed_once_ = false;
};

}  // namespace bypuls::publication
