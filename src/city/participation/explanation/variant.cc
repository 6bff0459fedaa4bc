#include "city/participation/explanation/variant.h"

#include <algorithm>
#include <array>

namespace bypuls::participation::explanation {

using counting::BallotKind;
using counting::Choice;
using counting::CountResult;
using counting::Election;
using counting::Money;
using counting::ProjectIndex;

namespace {

counting::CountOptions quick() {
    return {.explore_ties = false, .exact_rounds = false, .self_check = false};
}

/// Everything but the ballots.
Election without_ballots(const Election& election) {
    return {.title = election.title,
            .currency = election.currency,
            .budget = election.budget,
            .kind = election.kind,
            .projects = election.projects,
            .ballots = {},
            .pots = election.pots,
            .exclusive = election.exclusive,
            .ranking_length = election.ranking_length,
            .points_per_one = election.points_per_one};
}

std::vector<std::int64_t> votes_of(const Election& election) {
    std::vector<std::int64_t> votes(election.projects.size(), 0);
    for (std::size_t i = 0; i < election.ballots.size(); ++i) {
        for (const Choice& choice : election.ballots[i].choices) {
            votes[choice.project] += election.ballots[i].count;
        }
    }
    return votes;
}

}  // namespace

Variant::Variant(const Election& election, const counting::Rule& rule) : election_(election), rule_(rule) {
    const bool by_totals = rule.method == counting::Method::greedy || rule.method == counting::Method::knapsack ||
                           rule.method == counting::Method::max_welfare;
    const bool plain = election.kind == BallotKind::approval || election.kind == BallotKind::knapsack ||
                       election.kind == BallotKind::choose_one;
    only_totals_ = by_totals && plain && rule.eligibility == 0;
    if (!only_totals_) {
        counting::CountOptions keeping = quick();
        keeping.keep = &trail_;
        if (!count(election, rule, keeping)) {
            trail_ = {};  // whoever counts again will be told why
        }
        return;
    }
    votes_ = votes_of(election);
    totals_ = without_ballots(election);
}

Result<CountResult> Variant::recount(const Election& changed, std::optional<ProjectIndex> favoured) const {
    counting::CountOptions options = quick();
    if (favoured) {
        options.along = &trail_;
        options.favoured = *favoured;
    }
    return count(changed, rule_, options);
}

bool Variant::monotone(Means means) const {
    if (rule_.method != counting::Method::greedy) {
        return false;
    }
    switch (means) {
        // A project that is cheaper or better supported comes earlier, the others as before: after fewer of the same
        // purchases and misfits it finds at least as much money, and no rival that it did not find before.
        case Means::cost: return true;
        // A new voter makes the votes of all others a smaller part, and one that drops out can make room for two.
        case Means::support: return rule_.eligibility == 0;
        // Those before it grow fewer, which where one is skipped may let in more than it.
        case Means::rivals:
            return rule_.order == counting::Order::score && rule_.misfit == counting::Misfit::stop &&
                   election_.exclusive.empty();
    }
    return false;
}

Election Variant::frame() const {
    return only_totals_ ? totals_ : without_ballots(election_);
}

namespace {

void add_totals(Election& election, const std::vector<std::int64_t>& votes) {
    for (ProjectIndex project = 0; project < votes.size(); ++project) {
        if (votes[project] > 0) {
            const std::array one = {Choice{project, 1}};
            election.ballots.add(one, votes[project]);
        }
    }
}

}  // namespace

Result<CountResult> Variant::with_cost(ProjectIndex project, Money cost) const {
    Election changed = frame();
    changed.projects[project].cost = cost;
    changed.projects[project].partial_from = std::nullopt;
    if (only_totals_) {
        add_totals(changed, votes_);
    } else {
        changed.ballots = election_.ballots;
    }
    const bool cheaper = cost <= election_.projects[project].cost;
    return recount(changed, cheaper ? std::optional(project) : std::nullopt);
}

Result<CountResult> Variant::with_new_ballots(ProjectIndex project, std::int64_t voters) const {
    Election changed = frame();
    if (only_totals_) {
        std::vector<std::int64_t> votes = votes_;
        votes[project] += voters;
        add_totals(changed, votes);
        return recount(changed);
    }
    changed.ballots = election_.ballots;
    std::int64_t value = 1;
    for (std::size_t i = 0; changed.kind == BallotKind::points && i < election_.ballots.size(); ++i) {
        std::int64_t sum = 0;
        for (const Choice& choice : election_.ballots[i].choices) {
            sum += choice.value;
        }
        value = std::max(value, sum);
    }
    const std::array one = {Choice{project, value}};
    changed.ballots.add(one, voters);
    return recount(changed);
}

Voters Variant::first(std::int64_t voters, const std::vector<std::uint32_t>& order) const {
    Voters taken(election_.ballots.size(), 0);
    for (const std::uint32_t group : order) {
        taken[group] = std::min(voters, election_.ballots[group].count);
        voters -= taken[group];
    }
    return taken;
}

Result<CountResult> Variant::rewritten(const Voters& taken, const Rewrite& rewrite,
                                       std::optional<ProjectIndex> favoured) const {
    Election changed = frame();
    std::vector<std::int64_t> votes = votes_;
    std::vector<Choice> choices;
    if (!only_totals_) {
        changed.ballots = election_.ballots;
    }
    for (std::size_t i = 0; i < election_.ballots.size(); ++i) {
        if (taken[i] == 0) {
            continue;
        }
        const counting::BallotView ballot = election_.ballots[i];
        choices.assign(ballot.choices.begin(), ballot.choices.end());
        rewrite(choices);
        if (!only_totals_) {
            changed.ballots.take(i, taken[i]);
            changed.ballots.add(choices, taken[i]);
            continue;
        }
        for (const Choice& choice : ballot.choices) {
            votes[choice.project] -= taken[i];
        }
        for (const Choice& choice : choices) {
            votes[choice.project] += taken[i];
        }
    }
    if (only_totals_) {
        add_totals(changed, votes);
    }
    return recount(changed, favoured);
}

Result<CountResult> Variant::with_more_support(ProjectIndex project, const Voters& voters) const {
    return rewritten(voters, [&](std::vector<Choice>& choices) { choices.push_back({project, 1}); }, project);
}

Result<CountResult> Variant::with_fewer_rivals(ProjectIndex project, const Voters& voters) const {
    return rewritten(voters, [&](std::vector<Choice>& choices) {
        std::erase_if(choices, [&](const Choice& choice) { return choice.project != project; });
    });
}

Result<CountResult> Variant::with_less_support(ProjectIndex project, const Voters& voters) const {
    return rewritten(voters, [&](std::vector<Choice>& choices) {
        std::erase_if(choices, [&](const Choice& choice) { return choice.project == project; });
    });
}

}  // namespace bypuls::participation::explanation
