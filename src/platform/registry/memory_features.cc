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

const FeatureSince* State::feature_at(ThingId thing, Instant time, LocationId& location) const {
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
    LocationId at{};
    const FeatureSince* known = feature_at(thing, time, at);
    if (known == nullptr) {
        return fail(Errc::not_found,
                    fmt::format("thing {} has no location to make a feature of interest from", thing.value));
    }
    if (known->feature) {
        return known->feature;
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

void State::add_features_of(ThingId thing, std::vector<FeatureStay>& found) const {
    auto stays = stays_of(thing);
    keep_newest(stays);
    for (const Stay& stay : stays) {
        if (stay.location) {
            add_features(thing, stay, features.at(stay.location), found);
        }
    }
}

std::vector<Featured> State::featured(FeatureId feature) const {
    std::vector<Featured> found;
    for (const auto& [thing, row] : rows<Thing>()) {
        std::vector<FeatureStay> all;
        for (const Stay& stay : stays_of(thing)) {
            if (stay.location) {
                add_features(thing, stay, features.at(stay.location), all);
            }
        }
        for (const FeatureStay& one : all) {
            if (one.feature == feature && found.size() < page_max) {
                found.push_back({thing, one.during});
            }
        }
    }
    return found;
}

}  // namespace bypuls::registry::memory
