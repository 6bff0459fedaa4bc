#pragma once

#include "core/async/task.h"
#include "platform/ingest/pipeline/pipeline.h"
#include "platform/publish/sensorthings/write/sink.h"

namespace bypuls::sensorthings {

/// Observations go through the journal and the pipeline as all others do.
class PipelineSink final : public Sink {
public:
    /// `pipeline` outlives it.
    explicit PipelineSink(ingest::pipeline::Pipeline& pipeline) : pipeline_(pipeline) {}

    Result<std::vector<Refusal>> submit(std::string rows, Instant received) override;
    /// The same for a coroutine, which goes on where it was.
    Task<Result<std::vector<Refusal>>> send(std::string rows, Instant received);
    Result<void> rewrite(observations::DatastreamId id, std::string rows, Instant received) override;
    Result<std::uint64_t> remove(observations::DatastreamId id, std::span<const Interval> intervals) override;

private:
    ingest::pipeline::Pipeline& pipeline_;
};

}  // namespace bypuls::sensorthings
