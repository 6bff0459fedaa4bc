#include "platform/ingest/mqtt/pipeline_sink.h"

#include "core/check.h"

namespace bypuls::ingest {

void PipelineSink::take(const mqtt::Arrival& arrival, Done done) {
    const auto kind = kind_ ? kind_ : kind_of(arrival.message->topic);
    check(kind.has_value(), "a sink is given what it takes");
    Message message = message_from(*kind, arrival);
    if (*kind == TopicKind::chirpstack && message.detail == "integration") {
        return done({});  // what another integration of the server did; nothing of a device
    }
    pipeline_.submit(std::move(message), [done = std::move(done)](Result<pipeline::Receipt> receipt) mutable {
        // A batch of which some rows were refused is kept; each of those has its dead letter or its count.
        done(receipt ? Result<void>{} : std::unexpected(std::move(receipt).error()));
    });
}

}  // namespace bypuls::ingest
