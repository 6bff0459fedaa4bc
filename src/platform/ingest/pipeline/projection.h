#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/ingest/pipeline/applier.h"
#include "platform/journal/journal.h"

namespace bypuls::ingest::pipeline {

/// Someone who follows what is stored: the publication gate, the live feed.
class Listener {
public:
    virtual ~Listener() = default;
    /// New or corrected readings of the record at `position`, perhaps none; during start also those of records applied
    /// again after a crash. On the thread that applies.
    virtual void applied(std::span<const observations::Arrival> arrivals, journal::Position position,
                         Instant received) = 0;
    /// Before the journal's cursor moves to `upto`: what the listener keeps of records up to there must be durable when
    /// this returns. An error puts the settle off. On the thread that settles; later records may be told of meanwhile.
    virtual Result<void> before_settle(journal::Position upto) = 0;
    /// Readings have been deleted for good, on the thread of whoever asked. What the listener has of them must go too.
    virtual Result<void> removed(observations::DatastreamId id, std::span<const Interval> intervals) = 0;
};

/// The journal's records become observations, one after another, and settle from time to time. It has no threads: what
/// a simulation steps through is what the pipeline's threads run. One thread applies and begins settles; another may
/// finish them beside it.
class Projection {
public:
    struct Parts {
        journal::Journal& journal;
        observations::Store& store;
        Ledger& ledger;
        Applier& applier;
        Listener* listener = nullptr;
        observations::Details* details = nullptr;
        /// Whether somebody copies the journal, so that what has settled is let go of by a later settle.
        std::function<bool()> journal_is_held{};
    };
    /// What replay() found.
    struct Replayed {
        std::uint64_t records = 0;
        std::uint64_t gaps = 0;        ///< records that the journal can no longer give
        std::uint64_t unreadable = 0;  ///< records whose payload is not ours; reported, passed over
    };

    explicit Projection(Parts parts) : parts_(parts) {}

    /// Applies again what came after the last settle. To be called once, before the first apply().
    Result<Replayed> replay();
    /// Applies the record at `position`, settling first when memory is full. An error: nothing happened, try again.
    /// `refused`, if given, gets the units that were quarantined. What the journal holds before `position` and nobody
    /// handed over is applied first: the journal's numbers have no holes, so the cursor passes over no record unseen.
    Result<Counts> apply(const Intake& intake, journal::Position position, std::vector<Refused>* refused = nullptr);
    /// What will be given to apply() next, in that order.
    void look_ahead(std::span<const Intake* const> next) { parts_.applier.look_ahead(next); }
    /// Marks what has been applied so far to be settled, which is quick. False: there is nothing. Waits for a
    /// finish_settle() that is under way.
    Result<bool> begin_settle();
    /// Moves the cursor to where begin_settle() stood, and lets go of the journal up to there. Nothing to do is
    /// success. After an error the settle must be begun anew.
    Result<void> finish_settle();
    /// Both.
    Result<void> settle();
    /// Deletes readings of intervals, by rising time and apart, with their details, here and with whoever listens: how
    /// many there were. From any thread. Safe to ask again after a stop in the midst of it.
    Result<std::uint64_t> remove(observations::DatastreamId id, std::span<const Interval> intervals);

    /// Records that apply() had to fetch from the journal itself. More than none is a fault of ours, told in the log.
    std::uint64_t caught_up() const { return caught_up_; }
    bool unsettled() const { return last_ != parts_.store.settled() || parts_.ledger.waiting(); }
    bool wants_settle() const {
        return parts_.store.wants_settle() || parts_.ledger.wants_settle() ||
               (parts_.details != nullptr && parts_.details->wants_settle());
    }

private:
    Result<Replayed> read_on(journal::Position end);
    Result<Counts> apply_next(const Intake& intake, journal::Position position, std::vector<Refused>* refused);
    void put_aside(const journal::Record& record, const Result<Message>& message, const Error& error);

    std::vector<observations::Companion*> companions() const;

    Parts parts_;
    journal::Position last_;  // the newest record that has been applied
    std::uint64_t caught_up_ = 0;
    std::mutex settling_;                          // held while a settle is begun or finished
    std::optional<journal::Position> begun_upto_;  // guarded by settling_
};

}  // namespace bypuls::ingest::pipeline
