// Trying kept messages again.
#include <future>
#include <memory>

#include <fmt/format.h>

#include "apps/staff/acts.h"
#include "core/log.h"

namespace bypuls::staff {
namespace {

using ingest::pipeline::Receipt;

/// More than a device sends in the thirty days that its letters are kept, unless it sends every minute.
constexpr std::size_t replays_max = 10'000;
/// So many are on their way at a time; then they are waited for, so that live readings are not crowded out.
constexpr std::size_t replays_at_once = 200;

Result<Receipt> start_replay(Room& room, journal::Position position) {
    auto promise = std::make_shared<std::promise<Result<Receipt>>>();
    auto future = promise->get_future();
    room.parts.pipeline.replay(position,
                               [promise](Result<Receipt> receipt) { promise->set_value(std::move(receipt)); });
    if (future.wait_for(patience) != std::future_status::ready) {
        return fail(Errc::timed_out, "the journal takes too long");
    }
    return future.get();
}

ingest::Counts replayed_so_far(const Room& room) {
    const auto counts = room.parts.ledger.counts();
    const auto found = counts.find("replay");
    return found == counts.end() ? ingest::Counts{} : found->second;
}

}  // namespace

Result<Replayed> replay(Room& room, journal::Position position) {
    const std::lock_guard lock(room.replaying);
    TRY_DO(room.parts.pipeline.flush_within(patience));  // so that the message is found, however new it is
    const ingest::Counts before = replayed_so_far(room);
    TRY(const Receipt receipt, start_replay(room, position));
    TRY_DO(room.parts.pipeline.flush_within(patience));
    const ingest::Counts after = replayed_so_far(room);
    return Replayed{.counts = {.received = after.received - before.received,
                               .stored = after.stored - before.stored,
                               .duplicate = after.duplicate - before.duplicate,
                               .quarantined = after.quarantined - before.quarantined,
                               .rejected = after.rejected - before.rejected},
                    .position = receipt.position};
}

Result<std::size_t> replay_waiting(Room& room, std::string_view dev_eui) {
    const std::lock_guard lock(room.replaying);
    TRY_DO(room.parts.pipeline.flush_within(patience));
    TRY(auto waiting, room.parts.ledger.waiting_of(dev_eui, ingest::Reason::unknown_device));
    if (waiting.size() > replays_max) {
        log::warning("apps/staff", "more messages wait than are tried at once; the rest stay among the dead letters",
                     {{"device", std::string(dev_eui)}, {"waiting", fmt::to_string(waiting.size())}});
        waiting.resize(replays_max);
    }
    std::size_t tried = 0;
    for (const journal::Position position : waiting) {
        const auto receipt = start_replay(room, position);
        if (!receipt && receipt.error().code != Errc::not_found) {
            return std::unexpected(receipt.error());
        }
        tried += receipt ? 1 : 0;
        if (tried % replays_at_once == 0) {
            TRY_DO(room.parts.pipeline.flush_within(patience));
        }
    }
    TRY_DO(room.parts.pipeline.flush_within(patience));
    return tried;
}

}  // namespace bypuls::staff
