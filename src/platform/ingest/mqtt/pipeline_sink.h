#pragma once

#include <optional>

#include "platform/ingest/mqtt/topics.h"
#include "platform/ingest/pipeline/pipeline.h"
#include "platform/mqtt/ports.h"

namespace bypuls::ingest {

/// Gives publishes to the pipeline. "Done" is the journal's fsync, also of a publish that was refused: the dead letter
/// that tells of it is on disk before its client is answered (QoS 1 and 2). Thread-safe.
class PipelineSink final : public mqtt::Sink {
public:
    /// Every topic by its own meaning.
    explicit PipelineSink(pipeline::Pipeline& pipeline) : pipeline_(pipeline) {}
    /// Every topic as this kind: for a bridge whose topics have other names.
    PipelineSink(pipeline::Pipeline& pipeline, TopicKind kind) : pipeline_(pipeline), kind_(kind) {}

    bool takes(std::string_view topic) const override { return kind_.has_value() || kind_of(topic).has_value(); }
    void take(const mqtt::Arrival& arrival, Done done) override;

private:
    pipeline::Pipeline& pipeline_;
    std::optional<TopicKind> kind_;
};

}  // namespace bypuls::ingest
