#include "platform/registry/stays.h"

#include <algorithm>
#include <utility>

namespace bypuls::registry {

void keep_newest(std::vector<Stay>& stays) {
    if (stays.size() > stays_max) {
        stays.erase(stays.begin(), stays.end() - stays_max);
        stays.front().during.from = observations::earliest_time;
    }
}

void add_features(ThingId thing, const Stay& stay, std::span<const FeatureSince> known,
                  std::vector<FeatureStay>& found) {
    for (std::size_t i = 0; i < known.size(); ++i) {
        const Instant until = i + 1 < known.size() ? known[i + 1].since : observations::latest_time;
        const Interval shown{std::max(stay.during.from, known[i].since), std::min(stay.during.to, until)};
        if (known[i].feature && !shown.empty()) {
            found.push_back({thing, shown, known[i].feature});
        }
    }
}

namespace {

/// What is left of the pieces when those parts of them are gone that lie in a hole that cuts them.
template <typename Cuts>
std::vector<FeatureStay> without(std::span<const FeatureStay> pieces, std::span<const FeatureStay> holes, Cuts cuts) {
    std::vector<FeatureStay> left;
    auto first = holes.begin();
    for (FeatureStay piece : pieces) {
        const auto is_past = [&](const FeatureStay& hole) {
            return hole.thing < piece.thing || (hole.thing == piece.thing && hole.during.to <= piece.during.from);
        };
        first = std::find_if_not(first, holes.end(), is_past);
        for (auto hole = first;
             hole != holes.end() && hole->thing == piece.thing && hole->during.from < piece.during.to; ++hole) {
            if (!cuts(piece, *hole)) {
                continue;
            }
            if (piece.during.from < hole->during.from) {
                left.push_back({piece.thing, {piece.during.from, hole->during.from}, piece.feature});
            }
            piece.during.from = hole->during.to;
        }
        if (!piece.during.empty()) {
            left.push_back(piece);
        }
    }
    return left;
}

}  // namespace

std::vector<FeatureStay> clipped(std::span<const FeatureStay> stays, Interval during) {
    std::vector<FeatureStay> found;
    for (FeatureStay stay : stays) {
        stay.during = {std::max(stay.during.from, during.from), std::min(stay.during.to, during.to)};
        if (!stay.during.empty()) {
            found.push_back(stay);
        }
    }
    return found;
}

std::vector<FeatureStay> with_kept(std::span<const FeatureStay> worked_out, std::span<const FeatureStay> kept) {
    auto all = without(worked_out, kept, [](const auto&, const auto&) { return true; });
    all.insert(all.end(), kept.begin(), kept.end());
    std::ranges::sort(all, {}, [](const FeatureStay& one) { return std::pair(one.thing, one.during.from); });
    return all;
}

std::vector<FeatureStay> lost(std::span<const FeatureStay> before, std::span<const FeatureStay> after) {
    return joined(without(before, after, [](const FeatureStay& piece, const FeatureStay& hole) {
        return piece.feature == hole.feature;
    }));
}

std::vector<FeatureStay> joined(std::span<const FeatureStay> stays) {
    std::vector<FeatureStay> found;
    for (const FeatureStay& stay : stays) {
        if (!found.empty() && found.back().thing == stay.thing && found.back().feature == stay.feature &&
            found.back().during.to == stay.during.from) {
            found.back().during.to = stay.during.to;
        } else {
            found.push_back(stay);
        }
    }
    return found;
}

void touch(Touched& touched, ThingId thing, Interval during) {
    const auto [known, is_new] = touched.try_emplace(thing, during);
    known->second = {std::min(known->second.from, during.from), std::max(known->second.to, during.to)};
}

}  // namespace bypuls::registry
