#include "city/participation/counting/self_check.h"

#include <algorithm>
#include <map>
#include <set>

#include "city/participation/counting/exact_purses.h"
#include "core/check.h"

namespace bypuls::participation::counting {
namespace {

void check_money(const Election& election, const Rule& rule, const CountResult& result) {
    std::map<std::string, Money> spent;
    Money total = 0;
    for (const Round& round : result.rounds) {
        const Project& project = election.projects[round.project];
        const bool part = project.partial_from && round.paid >= *project.partial_from && round.paid < project.cost;
        check(round.paid == project.cost || (part && rule.partial_funding),
              "a winner is paid its cost, or a part it can use");
        check(result.votes[round.project] > 0, "a winner has support");
        spent[project.pot] += round.paid;
        total += round.paid;
    }
    check(total == result.spent, "what is spent is the sum of the rounds");
    Money budget = election.budget;
    for (const Pot& pot : election.pots) {
        check(spent[pot.name] <= pot.budget, "a pot is not overspent");
        budget += pot.budget;
        if (rule.left_over == LeftOver::saved) {
            budget -= pot.budget;
        }
    }
    check(rule.left_over == LeftOver::to_common ? total <= budget : spent[""] <= election.budget, "the budget is kept");
}

void check_sets(const Election& election, const CountResult& result) {
    const std::vector<ProjectIndex> winners = result.winning_set();
    check(std::ranges::adjacent_find(winners) == winners.end(), "no project wins twice");
    for (const auto& group : election.exclusive) {
        const auto built =
            std::ranges::count_if(group, [&](ProjectIndex p) { return std::ranges::binary_search(winners, p); });
        check(built <= 1, "at most one of an exclusive group is built");
    }
}

void check_payments(const Election& election, const Rule& rule, const CountResult& result) {
    const Profile profile(election, rule, weights_for(election, rule));
    for (const Endowment& endowment : result.endowments) {
        mpq_class share(endowment.share.fraction);
        ExactPurses purses(profile, share * static_cast<long>(one_krone));
        for (const Round& round : result.rounds) {
            if (round.phase != Phase::rule || round.pot != endowment.pot || !round.share) {
                continue;
            }
            const mpq_class pays = mpq_class(round.share->fraction) * static_cast<long>(one_krone);
            check(purses.collect(round.project, pays) == mpq_class(to_mpz(round.paid)), "payments sum to the cost");
        }
    }
}

}  // namespace

void self_check(const Election& election, const Rule& rule, const CountResult& result) {
    check_money(election, rule, result);
    check_sets(election, result);
    if (rule.method == Method::equal_shares) {
        check_payments(election, rule, result);
    }
}

}  // namespace bypuls::participation::counting
