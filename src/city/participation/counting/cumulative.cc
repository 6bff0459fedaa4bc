#include <algorithm>
#include <map>

#include "city/participation/counting/contest.h"
#include "city/participation/counting/rational.h"
#include "core/check.h"

namespace bypuls::participation::counting {
namespace {

/// Cumulative vote transfer. Every voter splits one share of the budget over her choices in proportion to her points.
class Transfers {
public:
    explicit Transfers(const Contest& contest)
        : contest_(contest),
          profile_(contest.election, contest.rule, weights_for(contest.election, contest.rule)),
          open_(profile_.projects(), false) {
        for (const ProjectIndex project : contest.entrants) {
            open_[project] = true;
        }
        const mpq_class share =
            quotient(to_mpz(contest.budget), to_mpz(std::max<std::int64_t>(1, contest.totals.voters)));
        gifts_.resize(profile_.groups());
        for (std::size_t group = 0; group < profile_.groups(); ++group) {
            unsigned long weight = 0;
            for (const Wish& wish : profile_.wishes(group)) {
                weight += open_[wish.project] ? wish.weight : 0;
            }
            for (const Wish& wish : profile_.wishes(group)) {
                gifts_[group].push_back(open_[wish.project]
                                            ? mpq_class(share * static_cast<unsigned long>(wish.weight) / weight)
                                            : mpq_class());
            }
        }
    }

    Outcome count();

private:
    mpq_class support(ProjectIndex project) const;
    mpq_class measure(ProjectIndex project, const mpq_class& support) const {
        const mpq_class cost{to_mpz(contest_.cost(project))};
        return contest_.rule.excess == Excess::greatest_excess ? mpq_class(support - cost) : mpq_class(support / cost);
    }
    enum class Wanted : std::uint8_t { greatest, least, worst };
    /// The project with the greatest value or the least. Of those tied the first by the adopted order, but the last
    /// where the worst is looked for, since that one is given up.
    ProjectIndex decide(Outcome& outcome, const std::map<ProjectIndex, mpq_class>& by, Wanted wanted);
    void fund(Outcome& outcome, ProjectIndex project, Phase phase);
    /// Takes the project off the ballots; `kept` of each voter's gift to it goes to her other open projects.
    void close(ProjectIndex project, const mpq_class& kept);
    bool transfer_to_nearest(Outcome& outcome);

    const Contest& contest_;
    Profile profile_;
    std::vector<bool> open_;
    std::vector<std::vector<mpq_class>> gifts_;  ///< per group and wish: what each of its voters gives
    std::vector<ProjectIndex> eliminated_;
};

mpq_class Transfers::support(ProjectIndex project) const {
    mpq_class sum;
    for (const Supporter& supporter : profile_.supporters(project)) {
        const auto wishes = profile_.wishes(supporter.group);
        const auto at = std::ranges::find(wishes, project, &Wish::project) - wishes.begin();
        sum += gifts_[supporter.group][static_cast<std::size_t>(at)] * to_mpz(supporter.count());
    }
    return sum;
}

ProjectIndex Transfers::decide(Outcome& outcome, const std::map<ProjectIndex, mpq_class>& by, Wanted wanted) {
    std::vector<ProjectIndex> tied;
    mpq_class best;
    for (const auto& [project, value] : by) {
        const int order = tied.empty() ? 1 : (wanted == Wanted::greatest ? cmp(value, best) : cmp(best, value));
        if (order > 0) {
            tied.clear();
            best = value;
        }
        if (order >= 0) {
            tied.push_back(project);
        }
    }
    const ProjectIndex chosen =
        wanted == Wanted::worst ? contest_.judge.choose_last(tied) : contest_.judge.choose(tied);
    if (tied.size() > 1) {
        outcome.ties.push_back(contest_.judge.describe(outcome.rounds.size(), tied, chosen));
    }
    return chosen;
}

void Transfers::close(ProjectIndex project, const mpq_class& kept) {
    open_[project] = false;
    for (const Supporter& supporter : profile_.supporters(project)) {
        const auto wishes = profile_.wishes(supporter.group);
        std::vector<mpq_class>& gifts = gifts_[supporter.group];
        const auto at = static_cast<std::size_t>(std::ranges::find(wishes, project, &Wish::project) - wishes.begin());
        const mpq_class back = gifts[at] * kept;
        gifts[at] = 0;
        mpq_class others;
        for (const mpq_class& gift : gifts) {
            others += gift;
        }
        if (others == 0 || back == 0) {
            continue;
        }
        const mpq_class grow = 1 + back / others;
        for (mpq_class& gift : gifts) {
            gift *= grow;
        }
    }
}

void Transfers::fund(Outcome& outcome, ProjectIndex project, Phase phase) {
    Round round;
    round.project = project;
    round.phase = phase;
    round.paid = contest_.cost(project);
    round.supporters = contest_.totals.votes[project];
    round.pot = contest_.pot;
    outcome.spent += round.paid;
    outcome.rounds.push_back(std::move(round));
    for (const ProjectIndex rival : contest_.rivals(project)) {
        if (open_[rival]) {
            close(rival, 1);
        }
    }
}

bool Transfers::transfer_to_nearest(Outcome& outcome) {
    std::map<ProjectIndex, mpq_class> needs;
    for (const ProjectIndex project : contest_.entrants) {
        if (!open_[project]) {
            continue;
        }
        mpq_class own;
        mpq_class others;
        for (const Supporter& supporter : profile_.supporters(project)) {
            const auto wishes = profile_.wishes(supporter.group);
            const std::vector<mpq_class>& gifts = gifts_[supporter.group];
            for (std::size_t i = 0; i < gifts.size(); ++i) {
                (wishes[i].project == project ? own : others) += gifts[i] * to_mpz(supporter.count());
            }
        }
        const mpq_class cost{to_mpz(contest_.cost(project))};
        if (others > 0 && own + others >= cost) {
            needs[project] = (cost - own) / others;
        }
    }
    if (needs.empty()) {
        return false;
    }
    const ProjectIndex chosen = decide(outcome, needs, Wanted::least);
    const mpq_class kept = 1 - needs[chosen];
    for (const Supporter& supporter : profile_.supporters(chosen)) {
        const auto wishes = profile_.wishes(supporter.group);
        for (std::size_t i = 0; i < wishes.size(); ++i) {
            if (wishes[i].project != chosen) {
                gifts_[supporter.group][i] *= kept;
            }
        }
    }
    fund(outcome, chosen, Phase::rule);
    close(chosen, 0);
    return true;
}

Outcome Transfers::count() {
    Outcome outcome;
    while (true) {
        std::map<ProjectIndex, mpq_class> enough;
        std::map<ProjectIndex, mpq_class> all;
        std::map<ProjectIndex, mpq_class> supports;
        for (const ProjectIndex project : contest_.entrants) {
            if (open_[project]) {
                supports[project] = support(project);
                all[project] = measure(project, supports[project]);
                if (supports[project] >= to_mpz(contest_.cost(project))) {
                    enough[project] = all[project];
                }
            }
        }
        if (all.empty()) {
            break;
        }
        if (!enough.empty()) {
            const ProjectIndex chosen = decide(outcome, enough, Wanted::greatest);
            const mpq_class kept = 1 - to_mpz(contest_.cost(chosen)) / supports[chosen];
            fund(outcome, chosen, Phase::rule);
            close(chosen, kept);
        } else if (contest_.rule.shortfall == Shortfall::eliminate_with_transfers || !transfer_to_nearest(outcome)) {
            const ProjectIndex worst = decide(outcome, all, Wanted::worst);
            eliminated_.push_back(worst);
            close(worst, 1);
        }
    }
    for (auto at = eliminated_.rbegin(); at != eliminated_.rend(); ++at) {
        const std::vector<ProjectIndex> rivals = contest_.rivals(*at);
        const std::vector<ProjectIndex> winners = outcome.winners();
        const bool shut_out =
            std::ranges::any_of(rivals, [&](ProjectIndex r) { return std::ranges::find(winners, r) != winners.end(); });
        if (!shut_out && outcome.spent + contest_.cost(*at) <= contest_.budget) {
            fund(outcome, *at, Phase::reverse);
        }
    }
    return outcome;
}

}  // namespace

Result<Outcome> count_cumulative_transfer(const Contest& contest) {
    return Transfers(contest).count();
}

}  // namespace bypuls::participation::counting
