#include "city/participation/explanation/what_if.h"

#include <algorithm>
#include <iterator>

namespace bypuls::participation::explanation {

using counting::Election;
using counting::ProjectIndex;

Result<Difference> what_if(const Election& election, const counting::Rule& rule, const counting::CountResult& result,
                           const WhatIf& change) {
    Election changed = election;
    if (change.budget) {
        changed.budget = *change.budget;
    }
    if (change.cost) {
        changed.projects.at(change.cost->project).cost = change.cost->cost;
    }
    if (change.withdrawn) {
        // The project stays in the list so that the others keep their numbers; without ballots it cannot win. A voter
        // who chose only it still counts as a voter only where the rule counts everyone.
        changed.ballots = {};
        for (std::size_t i = 0; i < election.ballots.size(); ++i) {
            std::vector<counting::Choice> choices(election.ballots[i].choices.begin(),
                                                  election.ballots[i].choices.end());
            std::erase_if(choices, [&](const counting::Choice& choice) { return choice.project == *change.withdrawn; });
            changed.ballots.add(choices, election.ballots[i].count);
        }
    }
    TRY(counting::CountResult again, count(changed, change.rule.value_or(rule)));
    Difference difference{.result = std::move(again), .gained = {}, .lost = {}};
    const std::vector<ProjectIndex> before = result.winning_set();
    const std::vector<ProjectIndex> after = difference.result.winning_set();
    std::ranges::set_difference(after, before, std::back_inserter(difference.gained));
    std::ranges::set_difference(before, after, std::back_inserter(difference.lost));
    return difference;
}

}  // namespace bypuls::participation::explanation
