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
    pipeline_.submit(std::move(message), [&pipeline = pipeline_, kind = *kind, arrival,
                                          done = std::move(done)](Result<pipeline::Receipt> receipt) mutable {
        if (receipt && receipt->rejected > 0) {
            // MQTT says yes or no to a publish as a whole, so nobody else would hear of its rows and lines.
            pipeline.tell_of_refused(message_from(kind, arrival), *receipt);
        }
        done(receipt ? Result<void>{} : std::unexpected(std::move(receipt).error()));
    });
}

}  // namespace bypuls::ingest
