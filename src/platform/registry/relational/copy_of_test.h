#pragma once

#include <algorithm>
#include <iterator>
#include <vector>

#include "platform/registry/relational/relational_registry.h"

namespace bypuls::registry {

/// All of a small registry, as copies are made.
inline Copy copy_of(const View& view) {
    const auto all = [](const auto& entities) { return entities.list({}, page_max).value().items; };
    Copy copy{.things = all(view.things()),
              .locations = all(view.locations()),
              .historical_locations = all(view.historical_locations()),
              .sensors = all(view.sensors()),
              .observed_properties = all(view.observed_properties()),
              .datastreams = all(view.datastreams()),
              .multi_datastreams = all(view.multi_datastreams()),
              .features = all(view.features()),
              .location_features = {},
              .kept_features = {}};
    for (const Location& location : copy.locations) {
        copy.location_features.push_back({location.id, view.location_features(location.id).value()});
    }
    for (const Thing& thing : copy.things) {
        std::ranges::copy(view.kept_features(std::vector{thing.id}).value(), std::back_inserter(copy.kept_features));
    }
    return copy;
}

}  // namespace bypuls::registry
