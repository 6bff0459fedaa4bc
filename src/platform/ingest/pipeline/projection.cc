#include "platform/ingest/pipeline/projection.h"

#include <array>

#include "core/log.h"

namespace bypuls::ingest::pipeline {

Result<Projection::Replayed> Projection::replay() {
    last_ = parts_.store.settled();
    TRY(auto reader, parts_.journal.read_from(last_.next()));
    Replayed replayed;
    for (;;) {
        TRY(auto record, reader.next());
        replayed.gaps += reader.take_gaps().size();
        if (!record) {
            return replayed;
        }
        replayed.records += 1;
        auto message = decode(record->payload, record->received);
        auto intake = message ? prepare(std::move(*message)) : std::unexpected(message.error());
        if (!intake) {
            // It was readable when it was accepted, so a later program must have become stricter: say so, lose nothing.
            log::error("ingest", "a kept message can no longer be read; it stays in the journal's backup",
                       {{"position", std::to_string(record->position.value)}, {"why", intake.error().what}});
            replayed.unreadable += 1;
            last_ = record->position;
            continue;
        }
        TRY_DO(apply(**intake, record->position));
    }
}

Result<Counts> Projection::apply(const Intake& intake, journal::Position position) {
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
    return applied->counts;
}

Result<void> Projection::settle() {
    if (!unsettled()) {
        return {};
    }
    if (parts_.listener != nullptr) {
        TRY_DO(parts_.listener->before_settle(last_));
    }
    const std::array<observations::Companion*, 1> companions{&parts_.ledger};
    TRY_DO(parts_.store.settle(last_, companions));
    parts_.ledger.settled();
    return parts_.journal.release_before(last_.next());
}

}  // namespace bypuls::ingest::pipeline
