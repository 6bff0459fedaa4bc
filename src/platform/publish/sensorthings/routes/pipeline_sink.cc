#include "platform/publish/sensorthings/routes/pipeline_sink.h"

#include <future>

#include "platform/ingest/pipeline/applier.h"

namespace bypuls::sensorthings {

namespace {

static_assert(Sink::ahead_max == ingest::pipeline::Applier::ahead_max);

ingest::Message message_of(std::string rows, Instant received) {
    return {.way = ingest::Way::sensorthings,
            .sender = "sensorthings",
            .detail = "",
            .received = received,
            .body = std::move(rows)};
}

std::vector<Sink::Refusal> refusals_of(const ingest::pipeline::Receipt& receipt) {
    std::vector<Sink::Refusal> refused;
    refused.reserve(receipt.refused.size());
    for (const auto& one : receipt.refused) {
        refused.push_back({one.unit, one.what});
    }
    return refused;
}

}  // namespace

Result<std::vector<Sink::Refusal>> PipelineSink::submit(std::string rows, Instant received) {
    std::promise<Result<ingest::pipeline::Receipt>> told;
    auto answer = told.get_future();
    pipeline_.submit_until_applied(
        message_of(std::move(rows), received),
        [&](Result<ingest::pipeline::Receipt> receipt) { told.set_value(std::move(receipt)); });
    TRY(const auto receipt, answer.get());
    return refusals_of(receipt);
}

Task<Result<std::vector<Sink::Refusal>>> PipelineSink::send(std::string rows, Instant received) {
    CO_TRY(const auto receipt, co_await pipeline_.submit_until_applied(message_of(std::move(rows), received)));
    co_return refusals_of(receipt);
}

Result<void> PipelineSink::rewrite(observations::DatastreamId id, std::string rows, Instant received) {
    // The store refuses them as yet, being of another type than what it holds; but the journal and the dead letters
    // have them, so that nothing is lost wherever this ends.
    TRY(const auto kept, pipeline_.submit_and_wait(message_of(std::move(rows), received)));
    // Replaying reads them from what has settled.
    TRY_DO(pipeline_.flush());
    TRY_DO(pipeline_.remove(id, Interval{observations::earliest_time, observations::latest_time}));
    std::promise<Result<ingest::pipeline::Receipt>> told;
    auto answer = told.get_future();
    pipeline_.replay(kept.position,
                     [&](Result<ingest::pipeline::Receipt> receipt) { told.set_value(std::move(receipt)); });
    TRY_DO(answer.get());
    return pipeline_.drain();
}

Result<std::uint64_t> PipelineSink::remove(observations::DatastreamId id, std::span<const Interval> intervals) {
    return pipeline_.remove(id, intervals);
}

}  // namespace bypuls::sensorthings
