#pragma once

#include <map>
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

// Lists of stays go by thing, then time, and no two of a thing overlap.

/// The parts of the stays that lie within a time.
std::vector<FeatureStay> clipped(std::span<const FeatureStay> stays, Interval during);
/// What a thing was about is what was kept, and what its stays say where nothing was.
std::vector<FeatureStay> with_kept(std::span<const FeatureStay> worked_out, std::span<const FeatureStay> kept);
/// The parts of `before` where `after` has another feature or none; neighbours with the same feature are one.
std::vector<FeatureStay> lost(std::span<const FeatureStay> before, std::span<const FeatureStay> after);
/// Neighbours with the same feature are one.
std::vector<FeatureStay> joined(std::span<const FeatureStay> stays);

/// Of which things a change can alter where they were, and when.
using Touched = std::map<ThingId, Interval>;
void touch(Touched& touched, ThingId thing, Interval during);

/// The features of a thing while it was observed, before a change that can alter where it was.
struct ObservedStays {
    ThingId thing{};
    Interval during{};
    std::vector<FeatureStay> features;
};

}  // namespace bypuls::registry
