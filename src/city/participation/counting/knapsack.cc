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
        const ProjectIndex chosen = contest.judge.choose(tied);
        if (tied.size() > 1) {
            outcome.ties.push_back(contest.judge.describe(outcome.rounds.size(), tied, chosen));
        }
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

namespace {

/// Depth first over the projects by score per krone, cut off where even fractions of projects would not beat the best.
class Welfare {
public:
    explicit Welfare(const Contest& contest)
        : contest_(contest), order_(contest.entrants), out_(contest.election.projects.size(), 0) {
        std::ranges::sort(order_, [&](ProjectIndex a, ProjectIndex b) {
            const auto left = static_cast<__int128>(score(a)) * contest.cost(b);
            const auto right = static_cast<__int128>(score(b)) * contest.cost(a);
            return left != right ? left > right : contest.judge.before(a, b);
        });
    }

    Result<std::vector<ProjectIndex>> best() {
        visit(0, contest_.budget, 0);
        if (nodes_ > nodes_max) {
            return fail(Errc::exhausted, "the set with the greatest total score is too hard to find for this election");
        }
        return best_;
    }

    /// Another set with as great a score, if there is one and it is found in a reasonable time.
    std::optional<std::vector<ProjectIndex>> another() {
        std::vector<ProjectIndex> first = best_;
        std::ranges::sort(first);
        seen_ = std::move(first);
        nodes_ = 0;
        taken_.clear();
        visit(0, contest_.budget, 0);
        return other_;
    }

private:
    static constexpr std::int64_t nodes_max = 20'000'000;

    std::int64_t score(ProjectIndex project) const { return contest_.totals.scores[project]; }

    /// More than this cannot be had from place `from` on with `money`.
    __int128 bound(std::size_t from, Money money) const {
        __int128 sum = 0;
        for (std::size_t i = from; i < order_.size(); ++i) {
            const ProjectIndex project = order_[i];
            if (out_[project] > 0) {
                continue;
            }
            if (contest_.cost(project) > money) {
                return sum + static_cast<__int128>(score(project)) * money / contest_.cost(project);
            }
            money -= contest_.cost(project);
            sum += score(project);
        }
        return sum;
    }

    void visit(std::size_t at, Money money, std::int64_t sum) {
        // Of several best sets the one found first stays: it holds the most score per krone, then the tie-break's
        // first.
        if (sum > best_score_) {
            best_score_ = sum;
            best_ = taken_;
        }
        if (seen_ && sum == best_score_ && !other_) {
            std::vector<ProjectIndex> set = taken_;
            std::ranges::sort(set);
            if (set != *seen_) {
                other_ = std::move(set);
            }
        }
        const std::int64_t enough = seen_ ? best_score_ : best_score_ + 1;
        if (other_ || at == order_.size() || ++nodes_ > nodes_max || sum + bound(at, money) < enough) {
            return;
        }
        const ProjectIndex project = order_[at];
        if (out_[project] == 0 && contest_.cost(project) <= money) {
            const std::vector<ProjectIndex> rivals = contest_.rivals(project);
            for (const ProjectIndex rival : rivals) {
                ++out_[rival];
            }
            taken_.push_back(project);
            visit(at + 1, money - contest_.cost(project), sum + score(project));
            taken_.pop_back();
            for (const ProjectIndex rival : rivals) {
                --out_[rival];
            }
        }
        visit(at + 1, money, sum);
    }

    const Contest& contest_;
    std::vector<ProjectIndex> order_;
    std::vector<int> out_;
    std::vector<ProjectIndex> taken_;
    std::vector<ProjectIndex> best_;
    std::optional<std::vector<ProjectIndex>> seen_;  ///< what another set must differ from
    std::optional<std::vector<ProjectIndex>> other_;
    std::int64_t best_score_ = -1;
    std::int64_t nodes_ = 0;
};

/// Two sets with the same total score: the projects that are in one of them only are what is tied. Which set is found
/// goes by score per krone, and after that by the adopted order.
Tie between_sets(const Contest& contest, std::vector<ProjectIndex> found, const std::vector<ProjectIndex>& other) {
    std::ranges::sort(found);
    Tie tie;
    std::ranges::set_symmetric_difference(found, other, std::back_inserter(tie.tied));
    const auto ours =
        std::ranges::find_if(tie.tied, [&](ProjectIndex p) { return std::ranges::binary_search(found, p); });
    tie.chosen = ours == tie.tied.end() ? tie.tied.front() : *ours;
    tie.broken_by = contest.rule.ties.empty() ? TieBreak::alphabetical : contest.rule.ties.front();
    if (contest.pot.empty() && contest.election.pots.empty()) {
        tie.alternatives = {other};
        tie.explored = true;
    }
    return tie;
}

}  // namespace

Result<Outcome> count_max_welfare(const Contest& contest) {
    Welfare welfare(contest);
    TRY(std::vector<ProjectIndex> best, welfare.best());
    const auto another = welfare.another();
    std::ranges::sort(best, [&](ProjectIndex a, ProjectIndex b) {
        const std::int64_t left = contest.totals.scores[a];
        const std::int64_t right = contest.totals.scores[b];
        return left != right ? left > right : contest.judge.before(a, b);
    });
    Outcome outcome;
    for (const ProjectIndex project : best) {
        Round round;
        round.project = project;
        round.paid = contest.cost(project);
        round.supporters = contest.totals.votes[project];
        round.pot = contest.pot;
        outcome.spent += round.paid;
        outcome.rounds.push_back(std::move(round));
    }
    if (another) {
        outcome.ties.push_back(between_sets(contest, outcome.winners(), *another));
    }
    return outcome;
}

}  // namespace bypuls::participation::counting
