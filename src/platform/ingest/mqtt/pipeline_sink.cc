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
    constexpr std::size_t shown_bytes = 4096;
    pipeline::DeadLetter letter{.received = message.received,
                                .source = std::string(source_of(message.way)),
                                .payload = message.body.substr(0, shown_bytes),
                                .payload_bytes = static_cast<std::int64_t>(message.body.size())};
    pipeline_.submit(std::move(message), [&pipeline = pipeline_, letter = std::move(letter),
                                          done = std::move(done)](Result<pipeline::Receipt> receipt) mutable {
        if (receipt) {
            // MQTT says yes or no to a publish as a whole, so nobody else would hear of its rows and lines.
            pipeline.tell_of_refused(std::move(letter), *receipt);
        }
        done(receipt ? Result<void>{} : std::unexpected(std::move(receipt).error()));
    });
}

}  // namespace bypuls::ingest
