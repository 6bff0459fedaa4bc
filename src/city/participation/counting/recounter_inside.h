#pragma once

// For recounter*.cc only.
#include <utility>
#include <vector>

#include "city/participation/counting/profile.h"
#include "city/participation/counting/recounter.h"
#include "city/participation/counting/shares.h"

namespace bypuls::participation::counting {

struct Recounter::Inside {
    Inside(const Election& election, const Rule& rule, std::vector<bool> likely)
        : valid(validate(election)),
          totals(totals_of(election, rule)),
          voters(election.ballots.total()),
          profile(election, rule, weights_for(election, rule), Profile::Index::by_group),
          repeated{.profile = profile, .counts = {}, .foreseen = std::move(likely)} {
        for (std::size_t group = 0; group < profile.groups(); ++group) {
            repeated.counts.push_back(profile.count(group));
        }
    }

    /// Where no threshold depends on the voters and there are no pots.
    std::vector<ProjectIndex> entrants(const Election& election, const Rule& rule) const {
        std::vector<ProjectIndex> entrants;
        for (ProjectIndex project = 0; project < election.projects.size(); ++project) {
            if (totals.votes[project] > 0 && election.projects[project].cost > 0 &&
                totals.scores[project] >= rule.score_min * election.points_per_one) {
                entrants.push_back(project);
            }
        }
        return entrants;
    }
    Money cost_of_all(const Election& election, const Rule& rule) const {
        Money cost = 0;
        for (const ProjectIndex project : entrants(election, rule)) {
            cost += election.projects[project].cost;
        }
        return cost;
    }

    Result<void> valid;
    Totals totals;
    std::int64_t voters = 0;  ///< blank ballots and all
    Profile profile;
    Repeated repeated;
};

}  // namespace bypuls::participation::counting
