#pragma once

// For plain_*.cc only.
#include <map>
#include <optional>
#include <set>
#include <vector>

#include <gmpxx.h>

#include "city/participation/counting/count.h"

namespace bypuls::participation::counting::plain {

using Winners = std::vector<ProjectIndex>;

struct Voter {
    std::map<ProjectIndex, std::int64_t> values = {};
    std::int64_t count = 1;  ///< identical ballots together
};

/// One pot of an election, looked at plainly.
struct Poll {
    const Election& election;
    const Rule& rule;
    std::vector<Voter> voters = {};
    std::vector<ProjectIndex> entrants = {};
    Money budget = 0;
    std::int64_t voter_count = 0;
    /// What the last winner was not paid of its cost, where it is partly funded.
    mutable Money unpaid = 0;
    /// Every set of projects between which an order of ties had to decide.
    mutable std::set<std::vector<ProjectIndex>> ties = {};

    Money cost(ProjectIndex project) const { return election.projects[project].cost; }
    std::int64_t value(const Choice& choice) const;
    mpq_class gain(std::size_t voter, ProjectIndex project) const;
    std::int64_t votes(ProjectIndex project) const;
    std::int64_t score(ProjectIndex project) const;
    std::string lot(ProjectIndex project) const;
    bool goes_before(ProjectIndex a, ProjectIndex b) const;
    ProjectIndex first_of(const std::vector<ProjectIndex>& tied) const;
    ProjectIndex last_of(const std::vector<ProjectIndex>& tied) const;
    void note_tie(std::vector<ProjectIndex> tied) const;
    bool clash(ProjectIndex a, ProjectIndex b) const;
    std::vector<ProjectIndex> without_clashes(const std::vector<ProjectIndex>& projects, const Winners& winners) const;
    Money sum(const Winners& winners) const;
};

/// All but greedy and Equal Shares.
Result<Winners> count_other(const Poll& poll);

}  // namespace bypuls::participation::counting::plain
