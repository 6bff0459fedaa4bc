#include <algorithm>

#include "city/participation/counting/contest.h"

namespace bypuls::participation::counting {

Money Contest::cost_of(std::span<const ProjectIndex> projects) const {
    // Ten thousand projects of ten thousand billion each are more than the number holds, and more than any budget.
    Money sum = 0;
    for (const ProjectIndex project : projects) {
        sum = sum > INT64_MAX - cost(project) ? INT64_MAX : sum + cost(project);
    }
    return sum;
}

std::vector<ProjectIndex> Contest::rivals(ProjectIndex project) const {
    std::vector<ProjectIndex> rivals;
    for (const auto& group : election.exclusive) {
        if (std::ranges::find(group, project) != group.end()) {
            std::ranges::copy_if(group, std::back_inserter(rivals),
                                 [&](ProjectIndex other) { return other != project; });
        }
    }
    return rivals;
}

bool Contest::can_buy_all(std::span<const ProjectIndex> projects, Money spent) const {
    return cost_of(projects) <= budget - spent && std::ranges::none_of(projects, [&](ProjectIndex project) {
               const std::vector<ProjectIndex> against = rivals(project);
               return std::ranges::any_of(
                   projects, [&](ProjectIndex p) { return std::ranges::find(against, p) != against.end(); });
           });
}

void shut_out_rivals(const Contest& contest, ProjectIndex winner, std::vector<bool>& out) {
    for (const ProjectIndex rival : contest.rivals(winner)) {
        out[rival] = true;
    }
}

std::vector<ProjectIndex> Outcome::winners() const {
    std::vector<ProjectIndex> projects;
    for (const Round& round : rounds) {
        projects.push_back(round.project);
    }
    return projects;
}

bool is_exhaustive(const Contest& contest, const Outcome& outcome) {
    std::vector<bool> out(contest.election.projects.size(), false);
    for (const Round& round : outcome.rounds) {
        out[round.project] = true;
        shut_out_rivals(contest, round.project, out);
    }
    return std::ranges::none_of(contest.entrants, [&](ProjectIndex project) {
        return !out[project] && outcome.spent + contest.cost(project) <= contest.budget;
    });
}

namespace {

/// Compares what greedy sorts by: negative if a goes after b, 0 if level.
int compare(const Contest& contest, Order order, ProjectIndex a, ProjectIndex b) {
    const std::int64_t score_a = contest.totals.scores[a];
    const std::int64_t score_b = contest.totals.scores[b];
    if (order == Order::score) {
        return score_a < score_b ? -1 : static_cast<int>(score_a > score_b);
    }
    const auto left = static_cast<__int128>(score_a) * contest.cost(b);
    const auto right = static_cast<__int128>(score_b) * contest.cost(a);
    return left < right ? -1 : static_cast<int>(left > right);
}

struct Filling {
    Order order = Order::score;
    Misfit misfit = Misfit::skip;
    Phase phase = Phase::rule;
};

/// Those of `left` that come first, level with one another; ascending.
std::vector<ProjectIndex> front_runners(const Contest& contest, Order order, const std::vector<ProjectIndex>& left) {
    std::vector<ProjectIndex> front;
    for (const ProjectIndex project : left) {
        const int against_front = front.empty() ? 0 : compare(contest, order, project, front.front());
        if (against_front > 0) {
            front.clear();
        }
        if (against_front >= 0) {
            front.push_back(project);
        }
    }
    return front;
}

void buy(const Contest& contest, Outcome& outcome, ProjectIndex project, Phase phase) {
    Round round;
    round.project = project;
    round.phase = phase;
    round.paid = contest.cost(project);
    round.supporters = contest.totals.votes[project];
    round.pot = contest.pot;
    outcome.rounds.push_back(std::move(round));
    outcome.spent += contest.cost(project);
}

void fill(const Contest& contest, Outcome& outcome, Filling filling) {
    std::vector<bool> out(contest.election.projects.size(), false);
    for (const Round& round : outcome.rounds) {
        out[round.project] = true;
        shut_out_rivals(contest, round.project, out);
    }
    std::vector<ProjectIndex> left;
    std::ranges::copy_if(contest.entrants, std::back_inserter(left),
                         [&](ProjectIndex project) { return !out[project]; });
    const auto fits = [&](ProjectIndex project) { return outcome.spent + contest.cost(project) <= contest.budget; };
    while (true) {
        std::erase_if(left, [&](ProjectIndex project) {
            // What is spent only grows, so a project that does not fit now never will; where the first misfit ends the
            // count it must stay in the list to do so.
            return out[project] || (filling.misfit == Misfit::skip && !fits(project));
        });
        if (left.empty()) {
            return;
        }
        const std::vector<ProjectIndex> front = front_runners(contest, filling.order, left);
        const ProjectIndex chosen = contest.judge.settle(front, outcome.rounds.size(), outcome.ties,
                                                         {.matters = !contest.can_buy_all(front, outcome.spent)});
        if (!fits(chosen)) {
            return;
        }
        buy(contest, outcome, chosen, filling.phase);
        out[chosen] = true;
        shut_out_rivals(contest, chosen, out);
    }
}

}  // namespace

void fill_by_score(const Contest& contest, Outcome& outcome) {
    fill(contest, outcome, {.order = Order::score, .misfit = Misfit::skip, .phase = Phase::utilitarian});
}

Result<Outcome> count_greedy(const Contest& contest) {
    Outcome outcome;
    fill(contest, outcome, {.order = contest.rule.order, .misfit = contest.rule.misfit, .phase = Phase::rule});
    return outcome;
}

}  // namespace bypuls::participation::counting
