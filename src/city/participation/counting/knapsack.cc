#include <algorithm>

#include "city/participation/counting/contest.h"

namespace bypuls::participation::counting {

/// Every krone of a project is a candidate with the project's votes. Filled by votes, whole projects enter until one
/// does not fit: that one is partly funded if it may be and the rule allows it, and otherwise left out. Then the count
/// ends.
Result<Outcome> count_knapsack(const Contest& contest) {
    Outcome outcome;
    std::vector<ProjectIndex> left = contest.entrants;
    while (!left.empty()) {
        std::int64_t most = 0;
        for (const ProjectIndex project : left) {
            most = std::max(most, contest.totals.scores[project]);
        }
        std::vector<ProjectIndex> tied;
        std::ranges::copy_if(left, std::back_inserter(tied),
                             [&](ProjectIndex p) { return contest.totals.scores[p] == most; });
        const ProjectIndex chosen = contest.judge.settle(tied, outcome.rounds.size(), outcome.ties,
                                                         {.matters = !contest.can_buy_all(tied, outcome.spent)});
        const Money rest = contest.budget - outcome.spent;
        const Project& project = contest.election.projects[chosen];
        const bool part = contest.rule.partial_funding && project.partial_from && *project.partial_from <= rest;
        if (project.cost > rest && !part) {
            break;
        }
        Round round;
        round.project = chosen;
        round.paid = std::min(project.cost, rest);
        round.supporters = contest.totals.votes[chosen];
        round.pot = contest.pot;
        outcome.spent += round.paid;
        outcome.rounds.push_back(std::move(round));
        if (project.cost > rest) {
            break;
        }
        std::vector<bool> out(contest.election.projects.size(), false);
        out[chosen] = true;
        shut_out_rivals(contest, chosen, out);
        std::erase_if(left, [&](ProjectIndex p) { return out[p]; });
    }
    return outcome;
}

}  // namespace bypuls::participation::counting
