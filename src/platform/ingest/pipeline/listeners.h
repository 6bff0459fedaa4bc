#pragma once

#include <functional>
#include <mutex>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

#include "platform/ingest/pipeline/projection.h"

namespace bypuls::ingest::pipeline {

/// Several who follow what is stored, told one after another in this order. All outlive it.
class Listeners final : public Listener {
public:
    explicit Listeners(std::vector<Listener*> all) : all_(std::move(all)) {}

    void applied(std::span<const observations::Arrival> arrivals, journal::Position position,
                 Instant received) override {
        for (Listener* listener : all_) {
            listener->applied(arrivals, position, received);
        }
        const std::lock_guard lock(mutex_);
        if (follower_ && !arrivals.empty()) {
            follower_(arrivals);
        }
    }
    /// The first error; those behind it are asked again before the next settle, which is put off.
    Result<void> before_settle(journal::Position upto) override {
        for (Listener* listener : all_) {
            TRY_DO(listener->before_settle(upto));
        }
        return {};
    }
    /// Told too, after the others, of what is new or corrected. Thread-safe: nobody is told any more when follow({})
    /// has returned.
    using Follower = std::function<void(std::span<const observations::Arrival>)>;
    void follow(Follower follower) {
        const std::lock_guard lock(mutex_);
        follower_ = std::move(follower);
    }

    /// Every one is asked, the last first, whatever another says; the first error.
    Result<void> removed(observations::DatastreamId id, std::span<const Interval> intervals) override {
        Result<void> outcome;
        for (Listener* listener : std::views::reverse(all_)) {
            if (auto gone = listener->removed(id, intervals); !gone && outcome) {
                outcome = std::move(gone);
            }
        }
        return outcome;
    }

private:
    std::vector<Listener*> all_;
    std::mutex mutex_;
    Follower follower_;
};

}  // namespace bypuls::ingest::pipeline
