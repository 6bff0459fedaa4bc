#include "platform/registry/stays.h"

#include <algorithm>

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

}  // namespace bypuls::registry
