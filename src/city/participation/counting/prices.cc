#include "city/participation/counting/prices.h"

#include "city/participation/counting/exact_purses.h"

namespace bypuls::participation::counting {

std::vector<PriceSystem> price_systems(const Election& election, const Rule& rule, const CountResult& result) {
    std::vector<PriceSystem> systems;
    if (rule.method != Method::equal_shares || result.greedy_preferred || result.endowments.empty()) {
        return systems;
    }
    const Profile profile(election, rule, weights_for(election, rule));
    for (const Endowment& endowment : result.endowments) {
        PriceSystem system{.pot = endowment.pot, .share = endowment.share, .holds = true};
        ExactPurses purses(profile, mpq_class(endowment.share.fraction) * static_cast<long>(one_krone));
        for (const Round& round : result.rounds) {
            if (round.pot != endowment.pot || round.phase == Phase::free) {
                continue;
            }
            if (round.phase == Phase::rule && round.share) {
                purses.collect(round.project, mpq_class(round.share->fraction) * static_cast<long>(one_krone));
            } else {
                system.holds = false;  // filled in by other means
            }
        }
        for (ProjectIndex project = 0; project < election.projects.size(); ++project) {
            const Project& lost = election.projects[project];
            if (lost.pot != endowment.pot || result.won(project) || profile.supporters(project).empty()) {
                continue;
            }
            const mpq_class left = purses.left_with(project);
            system.holds = system.holds && left < mpq_class(to_mpz(lost.cost));
            system.left.push_back({.project = project, .left = in_kroner(left)});
        }
        systems.push_back(std::move(system));
    }
    return systems;
}

}  // namespace bypuls::participation::counting
