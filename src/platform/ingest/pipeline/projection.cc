#include "platform/ingest/pipeline/projection.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "core/check.h"
#include "core/log.h"

namespace bypuls::ingest::pipeline {

namespace {

Result<std::unique_ptr<Intake>> intake_of_refused(const journal::Record& record) {
    TRY(auto refused, decode_refused(record.payload, record.received));
    return refused_intake(std::move(refused));
}

}  // namespace

Result<Projection::Replayed> Projection::replay() {
    last_ = parts_.store.settled();
    return read_on({UINT64_MAX});
}

/// Applies what the journal has after the last record that was applied, and before `end`.
Result<Projection::Replayed> Projection::read_on(journal::Position end) {
    TRY(auto reader, parts_.journal.read_from(last_.next()));
    Replayed replayed;
    while (reader.position() < end) {
        TRY(auto record, reader.next());
        for (const journal::Gap& gap : reader.take_gaps()) {
            if (gap.first >= end) {
                break;
            }
            const journal::Position last = std::min(gap.last, journal::Position{end.value - 1});
            const std::uint64_t records = last.value - gap.first.value + 1;
            replayed.gaps += records;
            // The cursor passes over them with what is settled next, so that they are counted once.
            parts_.ledger.count("journal", {.received = records, .damaged = records});
            last_ = std::max(last_, last);
        }
        if (!record || record->position >= end) {
            break;
        }
        replayed.records += 1;
        auto message = decode(record->payload, record->received);
        const auto intake = record->type == refused_record ? intake_of_refused(*record)
                            : message                      ? prepare(std::move(*message))
                                                           : std::unexpected(message.error());
        if (intake) {
            TRY_DO(apply_next(**intake, record->position, nullptr));
        } else {
            if (!parts_.ledger.has_room()) {
                TRY_DO(settle());
            }
            put_aside(*record, message, intake.error());
            replayed.unreadable += 1;
            last_ = record->position;
        }
        if (wants_settle()) {
            if (const auto settled = settle(); !settled) {
                log::warning("ingest", "settling failed and will be tried again", {{"why", settled.error().what}});
            }
        }
    }
    return replayed;
}

/// It was readable when it was accepted, so a later program must have become stricter: say so, lose nothing.
void Projection::put_aside(const journal::Record& record, const Result<Message>& message, const Error& error) {
    log::error("ingest", "a kept message can no longer be read",
               {{"position", std::to_string(record.position.value)}, {"why", error.what}});
    parts_.ledger.keep_dead_letter(
        {.position = record.position,
         .received = record.received,
         .source = record.source,
         .reason = Reason::malformed,
         .sentence = error.what,
         .saying = saying_of({.sentence = {}, .key = "unreadable", .values = {{"what", error.what}}}),
         .payload = message
                        ? message->body
                        : to_hex(ByteView(record.payload).first(std::min<std::size_t>(record.payload.size(), 2048))),
         .payload_bytes = static_cast<std::int64_t>(record.payload.size())});
    if (message) {
        parts_.ledger.keep_raw(record.position, *message);
    }
    parts_.ledger.count(record.source, {.received = 1, .quarantined = 1});
}

Result<Counts> Projection::apply(const Intake& intake, journal::Position position, std::vector<Refused>* refused) {
    check(position > last_, "a record is applied once, in the journal's order");
    if (position != last_.next()) {
        // The account counts what is applied, so a record that is passed over would be missing from both its sides.
        TRY(const auto missed, read_on(position));
        if (missed.records > 0) {
            caught_up_ += missed.records;
            log::error("ingest", "records of the journal were handed to nobody, and are applied now",
                       {{"before", std::to_string(position.value)}, {"records", std::to_string(missed.records)}});
        }
    }
    return apply_next(intake, position, refused);
}

Result<Counts> Projection::apply_next(const Intake& intake, journal::Position position, std::vector<Refused>* refused) {
    auto applied = parts_.applier.apply(intake, position);
    if (!applied && applied.error().code == Errc::exhausted) {
        TRY_DO(settle());
        applied = parts_.applier.apply(intake, position);
    }
    if (!applied) {
        return std::unexpected(std::move(applied).error());
    }
    last_ = position;
    if (parts_.listener != nullptr) {
        parts_.listener->applied(applied->arrivals, position, intake.message.received);
    }
    if (refused != nullptr) {
        *refused = std::move(applied->refused);
    }
    return applied->counts;
}

std::vector<observations::Companion*> Projection::companions() const {
    std::vector<observations::Companion*> all{&parts_.ledger};
    if (parts_.details != nullptr) {
        all.push_back(parts_.details);
    }
    return all;
}

Result<bool> Projection::begin_settle() {
    const std::lock_guard lock(settling_);
    if (!unsettled()) {
        return false;
    }
    TRY_DO(parts_.store.freeze(last_, companions()));
    begun_upto_ = last_;
    return true;
}

Result<void> Projection::finish_settle() {
    const std::lock_guard lock(settling_);
    if (!begun_upto_) {
        return {};
    }
    const journal::Position upto = *std::exchange(begun_upto_, std::nullopt);
    if (parts_.listener != nullptr) {
        TRY_DO(parts_.listener->before_settle(upto));
    }
    TRY_DO(parts_.store.settle_frozen(companions()));
    if (parts_.journal_is_held && parts_.journal_is_held()) {
        return {};
    }
    return parts_.journal.release_before(upto.next());
}

Result<void> Projection::settle() {
    TRY_DO(begin_settle());
    return finish_settle();
}

Result<std::uint64_t> Projection::remove(observations::DatastreamId id, std::span<const Interval> intervals) {
    TRY(const auto gone, parts_.store.remove_all(id, intervals));
    if (parts_.details != nullptr) {
        TRY_DO(parts_.details->remove(id, intervals));
    }
    if (parts_.listener != nullptr) {
        TRY_DO(parts_.listener->removed(id, intervals));
    }
    return gone;
}

}  // namespace bypuls::ingest::pipeline
