#include "platform/publish/sensorthings/routes/quick.h"

#include <algorithm>

namespace bypuls::sensorthings {
namespace {

constexpr std::size_t body_bytes_max = 16U << 10U;
constexpr std::size_t known_max = 100'000;

/// The datastream and the body of what looks like the usual observation.
struct Usual {
    registry::DatastreamId datastream;
    ObservationBody body;
    bool is_of_now = false;  ///< its body has no time
};

std::optional<Usual> usual(const Ask& ask, Instant now) {
    if (ask.method != http::Method::post || ask.body.size() > body_bytes_max || ask.wants_entity ||
        !ask.query.empty()) {
        return std::nullopt;
    }
    const auto path = parse_path(ask.path);
    if (!path || path->last().kind != Kind::observation || path->last().single() || path->reference || path->count) {
        return std::nullopt;
    }
    const auto tree = parse_body(ask.body);
    if (!tree || !tree->is_object() || tree->contains("FeatureOfInterest") || tree->contains("MultiDatastream")) {
        return std::nullopt;
    }
    Usual found;
    if (path->steps.size() == 2 && path->steps[0].kind == Kind::datastream && !tree->contains("Datastream")) {
        found.datastream = {*path->steps[0].id};
    } else if (path->steps.size() == 1 && tree->contains("Datastream")) {
        const auto link = link_in(tree->at("Datastream"));
        if (!link || !link->is_number_integer()) {
            return std::nullopt;
        }
        found.datastream = {link->get<std::int64_t>()};
    }
    auto body = observation_from(*tree);
    if (!body || found.datastream.value <= 0) {
        return std::nullopt;
    }
    found.body = std::move(*body);
    found.is_of_now = !found.body.time;
    found.body.time = found.body.time.value_or(now);
    return found;
}

}  // namespace

std::optional<QuickObservations::Taken> QuickObservations::take(const Ask& ask, std::optional<Instant> received) const {
    const Instant now = received.value_or(clock_.now());
    const auto found = usual(ask, now);
    if (!found) {
        return std::nullopt;
    }
    const auto streams = registry_.streams();
    const auto* stream = streams->find(found->datastream);
    if (stream == nullptr || !stream->components.empty() ||
        !check_result(found->body.result, stream->result_type, {})) {
        return std::nullopt;
    }
    Instant time = *found->body.time;
    if (const auto newest = store_.latest(found->datastream); !found->is_of_now && newest && time <= newest->time) {
        return std::nullopt;  // there may be another at this time
    }
    {
        const std::lock_guard lock(mutex_);
        const auto known = known_.find(stream->thing);
        if (known == known_.end() || known->second.version != streams->version() || time < known->second.from) {
            return std::nullopt;
        }
    }
    if (found->is_of_now) {
        const auto stamp = stamps_.next(found->datastream, now);
        if (!stamp) {
            return std::nullopt;
        }
        time = *stamp;
    }
    const auto id = observation_id({found->datastream, time});
    if (!id || (moved_ != nullptr && moved_->place_of(*id))) {
        return std::nullopt;  // the id may belong to another
    }
    const auto given = found->is_of_now ? std::nullopt : found->body.time;
    return Taken{.rows = "[" + row_of(found->datastream, given, found->body, false) + "]",
                 .id = *id,
                 .received = found->is_of_now ? time : now};
}

void QuickObservations::learn(const Ask& ask) {
    const auto found = usual(ask, clock_.now());
    const auto streams = registry_.streams();
    const auto* stream = found ? streams->find(found->datastream) : nullptr;
    if (stream == nullptr) {
        return;
    }
    // Where the thing has been since its last move; an observation from before may be about another place.
    const auto last = registry_.historical_locations(stream->thing, observations::latest_time, 1);
    const auto feature = registry_.feature_at(stream->thing, *found->body.time);
    if (!last || last->empty() || last->front().time > *found->body.time || !feature || !*feature) {
        return;
    }
    const std::lock_guard lock(mutex_);
    if (known_.size() >= known_max) {
        known_.clear();
    }
    known_[stream->thing] = {streams->version(), last->front().time};
}

}  // namespace bypuls::sensorthings
