#pragma once

// For plain_*.cc only.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gmpxx.h>

#include "city/participation/counting/count.h"

namespace bypuls::participation::counting::plain {

using Winners = std::vector<ProjectIndex>;

struct Voter {
    std::map<ProjectIndex, std::int64_t> values = {};
    std::int64_t count = 1;  ///< identical ballots together
};

/// A voter who gives a project a value.
struct Backer {
    std::size_t voter = 0;
    std::int64_t value = 0;
    std::int64_t count = 1;  ///< as of the voter
};

/// One pot of an election, looked at plainly.
struct Poll {
    const Election& election;
    const Rule& rule;
    std::vector<Voter> voters = {};
    std::vector<ProjectIndex> entrants = {};
    Money budget = 0;
    std::int64_t voter_count = 0;
    std::vector<std::vector<Backer>> backers = {};  ///< by project; ascending by value
    std::vector<std::int64_t> all_votes = {};
    std::vector<std::int64_t> all_scores = {};
    std::string pot = {};
    PlainOptions options = {};
    /// What the last winner was not paid of its cost, where it is partly funded.
    mutable Money unpaid = 0;
    /// Every set of projects between which an order of ties had to decide.
    mutable std::set<std::vector<ProjectIndex>> ties = {};
    /// What the rule itself bought in this pot, with what it reckoned by.
    mutable std::vector<PlainRound> rounds = {};
    mutable std::optional<Exact> endowment = {};
    /// Purses and pledges looked at so far; one with a fraction to reckon counts for more.
    mutable std::int64_t work = 0;

    Money cost(ProjectIndex project) const { return election.projects[project].cost; }
    std::int64_t value(const Choice& choice) const;
    /// What a voter gains from a project to which she gives a value.
    mpq_class gain(ProjectIndex project, std::int64_t value) const;
    std::int64_t votes(ProjectIndex project) const { return all_votes[project]; }
    std::int64_t score(ProjectIndex project) const { return all_scores[project]; }
    bool exhausted() const { return options.work_max > 0 && work > options.work_max; }
    void tell(std::string_view what) const {
        if (options.progress) {
            options.progress(what);
        }
    }
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
