#include "city/participation/counting/result.h"

#include <algorithm>
#include <array>

namespace bypuls::participation::counting {

std::string_view name_of(Phase phase) {
    static constexpr std::array<std::string_view, 6> names = {"rule",     "utilitarian", "comparison",
                                                              "fund-all", "free",        "reverse"};
    return names[static_cast<std::size_t>(phase)];
}

std::string_view name_of(Excluded::Why why) {
    static constexpr std::array<std::string_view, 3> names = {"no-support", "below-score", "not-eligible"};
    return names[static_cast<std::size_t>(why)];
}

std::vector<ProjectIndex> CountResult::winning_set() const {
    std::vector<ProjectIndex> set = winners;
    std::ranges::sort(set);
    return set;
}

bool CountResult::won(ProjectIndex project) const {
    return std::ranges::find(winners, project) != winners.end();
}

}  // namespace bypuls::participation::counting
