#pragma once

#include <span>
#include <vector>

#include "platform/registry/view.h"

/// What a thing's stays say of the features that its observations are about; pure. Part of the room's inside.
namespace bypuls::registry {

/// Where a thing was first of all, and when.
struct Stay {
    LocationId location{};  ///< none when it was nowhere
    Interval during{};
};

/// Leaves the stays_max newest of one thing's stays, which stand by rising time; the oldest left begins at the
/// beginning.
void keep_newest(std::vector<Stay>& stays);

/// Adds the features of the location while the thing was there, by rising time. `known` are all of the location's, by
/// rising time.
void add_features(ThingId thing, const Stay& stay, std::span<const FeatureSince> known,
                  std::vector<FeatureStay>& found);

}  // namespace bypuls::registry
