#include "platform/publish/sensorthings/mqtt/observation_sink.h"

#include <future>
#include <utility>

#include <fmt/format.h>

#include "core/check.h"
#include "platform/publish/sensorthings/read/topics.h"

namespace bypuls::sensorthings {
namespace {

Ask ask_of(const mqtt::Arrival& arrival) {
    const auto topic = topic_of(arrival.message->topic);
    return {.method = http::Method::post,
            .path = std::string(topic->path),
            .content_type = "application/json",
            .body = arrival.message->payload};
}

/// What was said of a message of one observation.
Result<void> outcome_of(const Result<std::vector<Sink::Refusal>>& refused) {
    if (!refused) {
        return std::unexpected(refused.error());
    }
    return refused->empty() ? Result<void>{} : fail(Errc::malformed, refused->front().what);
}

}  // namespace

void PipelineWay::submit(ingest::Message message, Told told) {
    pipeline_.submit_until_applied(std::move(message),
                                   [told = std::move(told)](Result<ingest::pipeline::Receipt> receipt) mutable {
                                       if (!receipt) {
                                           return told(std::unexpected(std::move(receipt).error()));
                                       }
                                       std::vector<Sink::Refusal> refused;
                                       for (const auto& one : receipt->refused) {
                                           refused.push_back({one.unit, one.what});
                                       }
                                       told(std::move(refused));
                                   });
}

/// The way in for one message: what is made of it bears its key and its time of receipt.
class ObservationSink::KeyedSink final : public sensorthings::Sink {
public:
    KeyedSink(const Parts& parts, const mqtt::Arrival& arrival) : parts_(parts), arrival_(arrival) {}

    Result<std::vector<Refusal>> submit(std::string rows, Instant received) override {
        std::promise<Result<std::vector<Refusal>>> told;
        auto answer = told.get_future();
        was_read_ = true;
        parts_.way.submit(message_of(arrival_, std::move(rows), received),
                          [&](Result<std::vector<Refusal>> refused) { told.set_value(std::move(refused)); });
        return answer.get();
    }
    Result<void> rewrite(observations::DatastreamId id, std::string rows, Instant received) override {
        return parts_.write.sink.rewrite(id, std::move(rows), received);
    }
    Result<std::uint64_t> remove(observations::DatastreamId id, std::span<const Interval> intervals) override {
        return parts_.write.sink.remove(id, intervals);
    }
    /// Did it come as far as the pipeline, which tells of its own refusals?
    bool was_read() const { return was_read_; }

private:
    const Parts& parts_;
    const mqtt::Arrival& arrival_;
    bool was_read_ = false;
};

ObservationSink::ObservationSink(Parts parts)
    : parts_(parts), quick_(parts.write.data, parts.write.stamps, parts.clock) {
    for (std::size_t i = 0; i < parts_.threads; ++i) {
        threads_.emplace_back([this] { run(); });
    }
}

ObservationSink::~ObservationSink() {
    std::deque<Work> untaken;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        untaken.swap(waiting_);
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) {
        thread.join();
    }
    for (Work& work : untaken) {
        work.done(fail(Errc::unavailable, "the program is stopping"));
    }
}

bool ObservationSink::takes(std::string_view topic) const {
    return topic_of(topic).has_value();
}

ingest::Message ObservationSink::message_of(const mqtt::Arrival& arrival, std::string body, Instant received) {
    ingest::Message message{.way = ingest::Way::sensorthings,
                            .sender = arrival.sender,
                            .detail = "",
                            .received = received,
                            .body = std::move(body)};
    if (arrival.packet_id != 0) {
        message.key = fmt::format("{}/{}", arrival.message->publisher, arrival.packet_id);
        message.redelivered = arrival.redelivered;
    }
    return message;
}

void ObservationSink::take(const mqtt::Arrival& arrival, Done done) {
    const auto topic = topic_of(arrival.message->topic);
    check(topic.has_value(), "a sink is given what it takes");
    if (!arrival.grants.observe && !arrival.grants.change) {
        return done(fail(Errc::forbidden, "adding observations takes a key that may ingest"));
    }
    if (const auto good = check_publishable(*topic); !good) {
        return refuse(arrival, good.error(), std::move(done));
    }
    if (auto taken = quick_.take(ask_of(arrival), arrival.received)) {
        return send_on(arrival, std::move(*taken), std::move(done));
    }
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_ && waiting_.size() < parts_.waiting_max) {
            waiting_.push_back({arrival, std::move(done)});
            wake_.notify_one();
            return;
        }
    }
    done(fail(Errc::exhausted, "too many observations wait to be looked at; send it again in a moment"));
}

void ObservationSink::send_on(const mqtt::Arrival& arrival, QuickObservations::Taken taken, Done done) {
    parts_.way.submit(
        message_of(arrival, std::move(taken.rows), taken.received),
        [done = std::move(done)](const Result<std::vector<sensorthings::Sink::Refusal>>& refused) mutable {
            done(outcome_of(refused));
        });
}

void ObservationSink::refuse(const mqtt::Arrival& arrival, Error error, Done done) {
    const Error in_letter{error.code, fmt::format("{}: {}", arrival.message->topic, error.what)};
    parts_.way.refuse(message_of(arrival, arrival.message->payload, arrival.received), in_letter,
                      [error = std::move(error), done = std::move(done)](Result<void> kept) mutable {
                          done(std::unexpected(kept ? std::move(error) : std::move(kept).error()));
                      });
}

void ObservationSink::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_) {
            return;
        }
        Work work = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        work_on(std::move(work));
        lock.lock();
    }
}

void ObservationSink::work_on(Work work) {
    const Ask ask = ask_of(work.arrival);
    // One before it may have shown where the thing is.
    if (auto taken = quick_.take(ask, work.arrival.received)) {
        return send_on(work.arrival, std::move(*taken), std::move(work.done));
    }
    KeyedSink sink(parts_, work.arrival);
    const WriteParts write{.data = parts_.write.data,
                           .registry = parts_.write.registry,
                           .sink = sink,
                           .stamps = parts_.write.stamps,
                           .moved = parts_.write.moved,
                           .clock = parts_.write.clock};
    const Service service({.data = parts_.write.data, .clock = parts_.clock, .write = &write});
    const Rights rights{.change = work.arrival.grants.change, .observe = work.arrival.grants.observe};
    const Reply reply = service.answer(Form{}, ask, rights);
    if (!reply.error) {
        quick_.learn(ask);
        return work.done({});
    }
    Error error = *reply.error;
    // The topic is one that observations are published to; that its datastream is not there is about the message.
    const bool is_about_the_message =
        error.code == Errc::malformed || error.code == Errc::not_found || error.code == Errc::conflict;
    if (is_about_the_message && !sink.was_read()) {
        return refuse(work.arrival, std::move(error), std::move(work.done));
    }
    work.done(std::unexpected(std::move(error)));
}

}  // namespace bypuls::sensorthings
