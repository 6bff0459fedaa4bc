#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "platform/ingest/pipeline/pipeline.h"
#include "platform/mqtt/ports.h"
#include "platform/publish/sensorthings/routes/quick.h"
#include "platform/publish/sensorthings/routes/service.h"

namespace bypuls::sensorthings {

/// How messages come in: the pipeline, or in tests a stand-in.
class MessageWay {
public:
    using Told = std::move_only_function<void(Result<std::vector<Sink::Refusal>>)>;

    virtual ~MessageWay() = default;
    /// `told` is called once, from any thread, when the message is on disk and can be read, with what was not taken of
    /// it; or with why it is not kept (Pipeline::submit_until_applied).
    virtual void submit(ingest::Message message, Told told) = 0;
    using Kept = std::move_only_function<void(Result<void>)>;
    /// A dead letter for what will not be submitted. `kept` is called once, from any thread, when it is as safe as an
    /// acknowledgement of the message asks for, or with why not (Pipeline::refuse).
    virtual void refuse(ingest::Message message, const Error& error, Kept kept) = 0;
};

class PipelineWay final : public MessageWay {
public:
    /// `pipeline` outlives it.
    explicit PipelineWay(ingest::pipeline::Pipeline& pipeline) : pipeline_(pipeline) {}
    void submit(ingest::Message message, Told told) override;
    void refuse(ingest::Message message, const Error& error, Kept kept) override {
        pipeline_.refuse(std::move(message), error, std::move(kept));
    }

private:
    ingest::pipeline::Pipeline& pipeline_;
};

/// Makes observations of what is published to `v1.1/Datastreams(1)/Observations` and its like (18-088 §14.2), by the
/// same way as a POST there. The client is acknowledged when the observation is on disk and can be read. What cannot be
/// used is a dead letter, and told to clients that can be told.
///
/// A client that sends again what it was not acknowledged is known by its packet identifier, as everywhere on the way
/// in. The usual observation goes on at once; the rest, which asks or changes the registry, waits for a thread.
class ObservationSink final : public mqtt::Sink {
public:
    struct Parts {
        const WriteParts& write;
        MessageWay& way;
        const Clock& clock;
        std::size_t threads = 2;
        /// Of those that need a thread; Errc::exhausted beyond, and the broker tries again.
        std::size_t waiting_max = 4'096;
    };

    explicit ObservationSink(Parts parts);
    /// What waits is answered Errc::unavailable.
    ~ObservationSink() override;
    ObservationSink(const ObservationSink&) = delete;
    ObservationSink& operator=(const ObservationSink&) = delete;

    bool takes(std::string_view topic) const override;
    void take(const mqtt::Arrival& arrival, Done done) override;
    bool passes_on() const override { return false; }

private:
    class KeyedSink;
    struct Work {
        mqtt::Arrival arrival;
        Done done;
    };

    void run();
    void work_on(Work work);
    void send_on(const mqtt::Arrival& arrival, QuickObservations::Taken taken, Done done);
    /// Tells `done` of the error once the dead letter is kept.
    void refuse(const mqtt::Arrival& arrival, Error error, Done done);
    static ingest::Message message_of(const mqtt::Arrival& arrival, std::string body, Instant received);

    const Parts parts_;
    QuickObservations quick_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Work> waiting_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace bypuls::sensorthings
