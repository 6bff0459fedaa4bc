// Which features observations are about, from where their things were: 18-088 §8.2.8, §10.2.1.3.

#include <algorithm>

#include "platform/publish/sensorthings/read/session.h"

namespace bypuls::sensorthings {
namespace {

constexpr std::size_t things_at_once = 1000;  // whose features are asked for
constexpr std::size_t things_ahead_max = 20'000;
constexpr std::size_t asked_max = 20'000;  // instants of things that move all the time

}  // namespace

void Session::go_ahead_with(registry::ThingId thing) {
    if (things_ahead_.size() < things_ahead_max && !stays_.contains(thing)) {
        things_ahead_.insert(thing);
    }
}

void Session::go_ahead(std::span<const observations::DatastreamId> datastreams) {
    for (const auto id : datastreams) {
        if (const auto* stream = streams_->find(id)) {
            go_ahead_with(stream->thing);
        }
    }
}

/// Where what was observed of a thing was, when: by rising time. Asked for together with that of the things that other
/// entities of the page are about, and so are the features themselves.
Result<const std::vector<registry::FeatureStay>*> Session::features_of(registry::ThingId thing) {
    if (const auto known = stays_.find(thing); known != stays_.end()) {
        return &known->second;
    }
    std::vector<registry::ThingId> asked{thing};
    while (!things_ahead_.empty() && asked.size() < things_at_once) {
        asked.push_back(things_ahead_.extract(things_ahead_.begin()).value());
    }
    TRY(const auto stays, data_.registry.features_of(asked));
    TRY_DO(spend(stays.size()));
    for (const auto one : asked) {
        stays_.try_emplace(one);
    }
    std::vector<std::int64_t> features;
    for (const auto& stay : stays) {
        stays_[stay.thing].push_back(stay);
        features.push_back(stay.feature.value);
    }
    TRY_DO(get_ahead(Kind::feature_of_interest, std::move(features)));
    return &stays_.at(thing);
}

Result<bool> Session::moves_seldom(registry::ThingId thing) {
    if (!all_move_seldom_) {
        TRY(const auto moves, data_.registry.historical_locations().count());
        all_move_seldom_ = moves <= registry::stays_max;
    }
    if (*all_move_seldom_) {
        return true;
    }
    if (const auto known = moves_seldom_.find(thing); known != moves_seldom_.end()) {
        return known->second;
    }
    TRY(const auto moves,
        data_.registry.historical_locations().count(registry::Related{registry::Kind::thing, thing.value}));
    return moves_seldom_[thing] = moves <= registry::stays_max;
}

Result<std::optional<registry::ThingId>> Session::thing_of(observations::DatastreamId id) {
    const auto* stream = streams_->find(id);
    return stream == nullptr ? std::nullopt : std::optional(stream->thing);
}

Result<std::optional<std::int64_t>> Session::feature_of(ObservationPlace place, const observations::Detail* detail) {
    if (detail != nullptr && detail->feature != 0) {
        return detail->feature;
    }
    TRY(const auto thing, thing_of(place.datastream));
    if (!thing) {
        return std::nullopt;
    }
    TRY(const bool seldom, moves_seldom(*thing));
    if (seldom) {
        TRY(const auto* stays, features_of(*thing));
        const auto later =
            std::ranges::upper_bound(*stays, place.time, {}, [](const auto& stay) { return stay.during.from; });
        const bool there = later != stays->begin() && place.time < std::prev(later)->during.to;
        return there ? std::optional(std::prev(later)->feature.value) : std::nullopt;
    }
    const std::pair key{thing->value, place.time};
    if (const auto known = features_.find(key); known != features_.end()) {
        return known->second;
    }
    TRY(const auto feature, data_.registry.feature_at(*thing, place.time));
    const auto id = feature ? std::optional(feature->value) : std::nullopt;
    if (features_.size() < asked_max) {
        features_.emplace(key, id);
    }
    return id;
}

Result<std::optional<std::vector<Interval>>> Session::times_about(observations::DatastreamId id,
                                                                  const std::set<std::int64_t>& features) {
    using Times = std::optional<std::vector<Interval>>;
    TRY(const bool detailed, has_details(id));
    if (detailed) {
        TRY(const auto named, data_.details->features(id, 1));
        if (!named.empty()) {
            return Times{};
        }
    }
    TRY(const auto thing, thing_of(id));
    if (!thing) {
        return Times(std::in_place);
    }
    TRY(const bool seldom, moves_seldom(*thing));
    if (!seldom) {
        return Times{};
    }
    TRY(const auto* stays, features_of(*thing));
    std::vector<Interval> times;
    for (const auto& stay : *stays) {
        if (!features.contains(stay.feature.value)) {
            continue;
        }
        if (!times.empty() && times.back().to == stay.during.from) {
            times.back().to = stay.during.to;
        } else {
            times.push_back(stay.during);
        }
    }
    return Times(std::move(times));
}

}  // namespace bypuls::sensorthings
