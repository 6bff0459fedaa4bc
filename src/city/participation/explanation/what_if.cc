#include "city/participation/explanation/what_if.h"

#include <algorithm>
#include <iterator>

#include "city/participation/counting/refuse.h"

namespace bypuls::participation::explanation {

using counting::Attempt;
using counting::Election;
using counting::ProjectIndex;
using counting::refuse;

Attempt<WhatIf> parse_what_if(const Election& election, std::string_view text,
                              const std::function<Attempt<counting::Rule>(std::string_view)>& rule_named) {
    const std::size_t equals = text.rfind('=');
    const std::string_view what = text.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1);
    const auto project = [&](std::string_view id) -> Attempt<ProjectIndex> {
        const auto found = election.find(id);
        if (!found) {
            return refuse(Errc::not_found, "recount.fault.unknown_project", {{"id", std::string(id)}});
        }
        return *found;
    };
    WhatIf change;
    if (what == "rule") {
        TRY(change.rule, rule_named(value));
    } else if (what == "budget") {
        TRY(change.budget, counting::parse_money(value));
    } else if (what == "without") {
        TRY(change.withdrawn, project(value));
    } else if (what.starts_with("cost:")) {
        WhatIf::Cost cost;
        TRY(cost.project, project(what.substr(std::string_view("cost:").size())));
        TRY(cost.cost, counting::parse_money(value));
        change.cost = cost;
    } else {
        return refuse(Errc::malformed, "command.fault_what_if", {{"text", std::string(text)}});
    }
    return change;
}

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
