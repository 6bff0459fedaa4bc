#include <algorithm>

#include "city/participation/explanation/report.h"

namespace bypuls::participation::explanation {

using counting::CountResult;
using counting::Election;
using counting::Rule;

Result<std::vector<Beside>> count_beside(const Election& election, const Rule& rule, const CountResult& result,
                                         std::span<const pabulib::VoterGroup> groups) {
    Rule greedy = rule;
    greedy.method = counting::Method::greedy;
    greedy.order = counting::Order::score;
    greedy.misfit = counting::Misfit::skip;
    greedy.comparison = counting::Comparison::none;
    Rule shares = greedy;
    shares.method = counting::Method::equal_shares;
    shares.utility = counting::Utility::cost;
    shares.completion = counting::Completion::add1u;
    std::vector<Beside> beside;
    for (const Rule& other : {greedy, shares}) {
        if (name_of(other) == name_of(rule)) {
            continue;
        }
        TRY(Difference difference, what_if(election, rule, result, {.rule = other}));
        Metrics figures = metrics(election, other, difference.result, groups);
        beside.push_back({.rule = other, .difference = std::move(difference), .metrics = std::move(figures)});
    }
    return beside;
}

}  // namespace bypuls::participation::explanation
