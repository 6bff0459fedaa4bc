#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "apps/demo/lay.h"
#include "core/time/iso8601.h"

namespace bypuls::demo {
namespace {

using ingest::pipeline::Receipt;

constexpr std::string_view sender = "demonstration";

/// Messages on their way, and those that did not fit in.
class Convoy {
public:
    explicit Convoy(ingest::pipeline::Pipeline& pipeline) : pipeline_(pipeline) {}

    void send(const ingest::Message& message) {
        {
            const std::lock_guard lock(state_->mutex);
            state_->under_way += 1;
        }
        // The state is shared, since an answer may come after we have given up waiting for it.
        pipeline_.submit(message, [state = state_, message](const Result<Receipt>& receipt) {
            const std::lock_guard lock(state->mutex);
            if (!receipt && receipt.error().code == Errc::exhausted) {
                state->again.push_back(message);
            } else if (!receipt && state->failure) {
                state->failure = std::unexpected(receipt.error());
            }
            state->under_way -= 1;
            state->arrived.notify_all();
        });
    }

    /// Waits until everything is on disk; what was turned away for want of room is sent once there is room.
    Result<void> arrive() {
        for (;;) {
            std::vector<ingest::Message> again;
            {
                std::unique_lock lock(state_->mutex);
                if (!state_->arrived.wait_for(lock, std::chrono::minutes{2}, [&] { return state_->under_way == 0; })) {
                    return fail(Errc::timed_out, "the history of the town does not reach the disk");
                }
                TRY_DO(state_->failure);
                again = std::exchange(state_->again, {});
            }
            if (again.empty()) {
                return {};
            }
            if (pipeline_.disk_full()) {
                return fail(Errc::exhausted, "the disk is full");
            }
            TRY_DO(pipeline_.drain());
            for (const ingest::Message& message : again) {
                send(message);
            }
        }
    }

private:
    struct State {
        std::mutex mutex;
        std::condition_variable arrived;
        std::size_t under_way = 0;
        std::vector<ingest::Message> again;
        Result<void> failure;
    };

    ingest::pipeline::Pipeline& pipeline_;
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// The samples come last, so they tell that the history is whole; then it goes on after the newest reading.
Result<Instant> fed_until(const Plan& plan, const HistoryParts& parts, Instant otherwise) {
    Instant newest = otherwise;
    bool whole = false;
    for (const PlannedPlace& planned : plan.places) {
        if (planned.e_coli_typical > 0) {
            TRY(const auto stream, parts.registry.datastream_by_key(sample_key(planned.place.slug, "e_coli")));
            whole = whole || parts.store.count(stream.id) > 0;
        }
        for (const std::string& key : planned.shows) {
            TRY(const auto stream, parts.registry.datastream_by_key(key));
            if (const auto latest = parts.store.latest(stream.id)) {
                newest = std::max(newest, latest->time + std::chrono::seconds{1});
            }
        }
    }
    return whole ? newest : otherwise;
}

Result<void> go_on(const std::stop_token& stop) {
    return stop.stop_requested() ? fail(Errc::unavailable, "stopped before the history of the town was whole")
                                 : Result<void>{};
}

ingest::Message batch_of(const std::vector<Sample>& samples, Instant received) {
    std::string body = R"({"observations":[)";
    for (const Sample& sample : samples) {
        body += fmt::format(R"({}{{"datastream":"{}","time":"{}","value":{}}})", body.ends_with('[') ? "" : ",",
                            sample.key, format_instant(sample.time), sample.value);
    }
    return {.way = ingest::Way::batch_json, .sender = std::string(sender), .received = received, .body = body + "]}"};
}

}  // namespace

Result<std::size_t> feed_history(const Plan& plan, const Simulator& simulator, const HistoryParts& parts, Instant now) {
    constexpr std::size_t convoy_frames = 1000;
    TRY(const Instant from, fed_until(plan, parts, Simulator::history_start(now)));
    TRY_DO(go_on(parts.stop));
    const auto uplinks = simulator.history({from, now}, now);
    Convoy convoy(parts.pipeline);
    for (std::size_t i = 0; i < uplinks.size(); ++i) {
        TRY_DO(go_on(parts.stop));
        convoy.send({.way = ingest::Way::chirpstack_json,
                     .sender = std::string(sender),
                     .detail = std::string(ingest::lorawan::name_of(uplinks[i].kind)),
                     .received = uplinks[i].time,
                     .body = uplinks[i].body});
        if (i % convoy_frames == convoy_frames - 1) {
            TRY_DO(convoy.arrive());
        }
    }
    TRY_DO(convoy.arrive());
    TRY_DO(parts.pipeline.drain());
    return uplinks.size();
}

Result<std::size_t> feed_samples(const Simulator& simulator, const HistoryParts& parts, Instant now) {
    TRY_DO(go_on(parts.stop));  // the samples say that the history is whole
    const auto samples = simulator.samples(now);
    Convoy convoy(parts.pipeline);
    convoy.send(batch_of(samples, now));
    TRY_DO(convoy.arrive());
    TRY_DO(parts.pipeline.drain());
    return samples.size();
}

}  // namespace bypuls::demo
