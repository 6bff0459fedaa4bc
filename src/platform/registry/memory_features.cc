#include <algorithm>

#include "platform/registry/memory_state.h"

namespace bypuls::registry::memory {
namespace {

LocationId first_of(const std::vector<LocationId>& locations) {
    return locations.empty() ? LocationId{} : locations.front();
}

}  // namespace

std::vector<Stay> State::stays_of(ThingId thing) const {
    std::vector<const HistoricalLocation*> history;
    for (const auto& [id, row] : rows<HistoricalLocation>()) {
        if (row.thing == thing) {
            history.push_back(&row);
        }
    }
    std::ranges::sort(history, {}, [](const auto* row) { return std::pair(row->time, row->id); });
    std::vector<Stay> stays;
    for (const auto* row : history) {
        if (!stays.empty()) {
            stays.back().during.to = row->time;
        }
        stays.push_back(
            {.location = first_of(row->locations),
             .during = {stays.empty() ? observations::earliest_time : row->time, observations::latest_time}});
    }
    if (stays.empty() && rows<Thing>().contains(thing)) {
        // Its history went with one of its locations.
        stays.push_back({.location = first_of(rows<Thing>().at(thing).locations),
                         .during = {observations::earliest_time, observations::latest_time}});
    }
    return stays;
}

std::span<const FeatureStay> State::kept_of(ThingId thing) const {
    const auto found = kept.find(thing);
    return found == kept.end() ? std::span<const FeatureStay>() : std::span(found->second);
}

std::optional<FeatureId> State::kept_at(ThingId thing, Instant time) const {
    time = std::max(time, observations::earliest_time);
    const auto stays = kept_of(thing);
    const auto found = std::ranges::find_if(stays, [&](const FeatureStay& stay) { return stay.during.contains(time); });
    return found == stays.end() ? std::nullopt : std::optional(found->feature);
}

std::optional<FeatureId> State::feature_at(ThingId thing, Instant time) const {
    if (const auto feature = kept_at(thing, time)) {
        return feature;
    }
    LocationId at{};
    const auto* known = place_at(thing, time, at);
    return known != nullptr && known->feature ? std::optional(known->feature) : std::nullopt;
}

const FeatureSince* State::place_at(ThingId thing, Instant time, LocationId& location) const {
    time = std::max(time, observations::earliest_time);
    const auto stays = stays_of(thing);
    const auto later = std::ranges::upper_bound(stays, time, {}, [](const Stay& stay) { return stay.during.from; });
    location = later == stays.begin() ? LocationId{} : std::prev(later)->location;
    if (!location) {
        return nullptr;
    }
    const auto& known = features.at(location);
    const auto next = std::ranges::upper_bound(known, time, {}, &FeatureSince::since);
    return next == known.begin() ? nullptr : &*std::prev(next);
}

Result<FeatureId> State::feature_of(ThingId thing, Instant time, Instant now) {
    TRY_DO(exists<Thing>(thing));
    if (const auto feature = feature_at(thing, time)) {
        return *feature;
    }
    LocationId at{};
    const FeatureSince* known = place_at(thing, time, at);
    if (known == nullptr) {
        return fail(Errc::not_found,
                    fmt::format("thing {} has no location to make a feature of interest from", thing.value));
    }
    const Location location = rows<Location>().at(at);
    TRY(const auto made, add(FeatureOfInterest{.id = {},
                                               .name = location.name,
                                               .description = location.description,
                                               .encoding_type = location.encoding_type,
                                               .feature = location.geometry,
                                               .properties = "{}"},
                             now));
    features.at(at)[static_cast<std::size_t>(known - features.at(at).data())].feature = made;
    return made;
}

std::vector<FeatureStay> State::worked_out(ThingId thing, const std::vector<Stay>& stays) const {
    std::vector<FeatureStay> found;
    for (const Stay& stay : stays) {
        if (stay.location) {
            add_features(thing, stay, features.at(stay.location), found);
        }
    }
    return found;
}

void State::add_features_of(ThingId thing, std::vector<FeatureStay>& found) const {
    auto stays = stays_of(thing);
    keep_newest(stays);
    std::ranges::copy(with_kept(worked_out(thing, stays), kept_of(thing)), std::back_inserter(found));
}

std::vector<Featured> State::featured(FeatureId feature) const {
    std::vector<Featured> found;
    for (const auto& [thing, row] : rows<Thing>()) {
        for (const FeatureStay& one : with_kept(worked_out(thing, stays_of(thing)), kept_of(thing))) {
            if (one.feature == feature && found.size() < page_max) {
                found.push_back({thing, one.during});
            }
        }
    }
    return found;
}

void State::add_stay(ThingId thing, Instant time, Touched& touched) const {
    Interval around{observations::earliest_time, observations::latest_time};
    for (const auto& [id, row] : rows<HistoricalLocation>()) {
        if (row.thing == thing && row.time < time) {
            around.from = time;
        } else if (row.thing == thing && row.time > time) {
            around.to = std::min(around.to, row.time);
        }
    }
    touch(touched, thing, around);
}

void State::add_things_at(LocationId location, Instant since, Touched& touched) const {
    const Interval from_then{since, observations::latest_time};
    for (const auto& [id, row] : rows<HistoricalLocation>()) {
        if (std::ranges::find(row.locations, location) != row.locations.end()) {
            touch(touched, row.thing, from_then);
        }
    }
    for (const auto& [id, thing] : rows<Thing>()) {
        if (std::ranges::find(thing.locations, location) != thing.locations.end()) {
            touch(touched, id, from_then);
        }
    }
}

void State::add_touched(const HistoricalLocation& location, Instant now, Touched& touched) const {
    add_stay(location.thing, location.time, touched);
    add_touched(location.id, now, touched);
}

void State::add_touched(HistoricalLocationId id, Instant /*now*/, Touched& touched) const {
    if (const auto found = rows<HistoricalLocation>().find(id); found != rows<HistoricalLocation>().end()) {
        add_stay(found->second.thing, found->second.time, touched);
    }
}

void State::add_touched(const Location& location, Instant now, Touched& touched) const {
    const auto found = rows<Location>().find(location.id);
    if (found != rows<Location>().end() && found->second.geometry != location.geometry) {
        add_things_at(location.id, std::min(now, features.at(location.id).back().since), touched);
    }
}

void State::add_touched(LocationId id, Instant /*now*/, Touched& touched) const {
    add_things_at(id, observations::earliest_time, touched);
}

std::vector<FeatureStay> State::features_during(ThingId thing, Interval during) const {
    return clipped(with_kept(worked_out(thing, stays_of(thing)), kept_of(thing)), during);
}

Result<std::vector<ObservedStays>> State::observed_in(const Touched& touched) const {
    std::vector<ObservedStays> found;
    for (const auto& [thing, during] : touched) {
        std::vector<DatastreamId> datastreams;
        const auto add_those_of = [&](const auto& streams) {
            for (const auto& [id, stream] : streams) {
                if (stream.thing == thing) {
                    datastreams.push_back(id);
                }
            }
        };
        add_those_of(rows<Datastream>());
        add_those_of(rows<MultiDatastream>());
        if (datastreams.empty() || during.empty()) {
            continue;
        }
        TRY(const Interval then, (*observed)(datastreams, during));
        if (!then.empty()) {
            found.push_back({thing, then, features_during(thing, then)});
        }
    }
    return found;
}

void State::keep(const std::vector<ObservedStays>& before) {
    for (const auto& [thing, during, had] : before) {
        const auto parts = lost(had, features_during(thing, during));
        if (!parts.empty()) {
            auto& own = kept[thing];
            own = joined(with_kept(parts, own));
        }
    }
}

}  // namespace bypuls::registry::memory
