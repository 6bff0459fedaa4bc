#include "city/participation/explanation/variant.h"

#include <algorithm>
#include <array>

#include "city/participation/explanation/distance.h"

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

std::int64_t most_of_one_ballot(const Election& election) {
    std::int64_t value = 1;
    for (std::size_t i = 0; election.kind == BallotKind::points && i < election.ballots.size(); ++i) {
        std::int64_t sum = 0;
        for (const Choice& choice : election.ballots[i].choices) {
            sum += choice.value;
        }
        value = std::max(value, sum);
    }
    return value;
}

Variant::Variant(const Election& election, const counting::Rule& rule) : election_(election), rule_(rule) {
    const bool by_totals = rule.method == counting::Method::greedy || rule.method == counting::Method::knapsack ||
                           rule.method == counting::Method::max_welfare;
    const bool plain = election.kind == BallotKind::approval || election.kind == BallotKind::knapsack ||
                       election.kind == BallotKind::choose_one;
    only_totals_ = by_totals && plain && rule.eligibility == 0;
    if (!only_totals_) {
        counting::CountOptions keeping = quick();
        keeping.keep = &trail_;
        likely_.assign(election.projects.size(), false);
        const auto as_it_was = count(election, rule, keeping);
        if (!as_it_was) {
            trail_ = {};  // whoever counts again will be told why
            return;
        }
        for (const ProjectIndex project : as_it_was->touched) {
            likely_[project] = true;
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
    const std::array one = {Choice{project, most_of_one_ballot(election_)}};
    changed.ballots.add(one, voters);
    return recount(changed);
}

Voters Variant::first(std::int64_t voters, const std::vector<std::uint32_t>& order) const {
    Voters taken(election_.ballots.size(), 0);
    for (auto group = order.begin(); group != order.end() && voters > 0; ++group) {
        taken[*group] = std::min(voters, election_.ballots[*group].count);
        voters -= taken[*group];
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

ProjectVariants::ProjectVariants(const Variant& variant, ProjectIndex project) : variant_(variant), project_(project) {
    if (!variant.can_go_on()) {
        return;
    }
    const Election& election = variant.election_;
    Election wide = election;
    const std::size_t groups = election.ballots.size();
    with_.assign(groups, 0);
    without_.assign(groups, 0);
    alone_.assign(groups, 0);
    std::vector<Choice> choices;
    const auto add = [&](std::span<const Choice> ballot) {
        wide.ballots.add(ballot);
        wide.ballots.set_count(wide.ballots.size() - 1, 0);
        return static_cast<std::uint32_t>(wide.ballots.size() - 1);
    };
    for (std::size_t group = 0; group < groups; ++group) {
        const auto ballot = election.ballots[group].choices;
        const auto chosen = std::ranges::find(ballot, project, &Choice::project);
        choices.assign(ballot.begin(), ballot.end());
        if (chosen != ballot.end()) {
            choices.erase(choices.begin() + (chosen - ballot.begin()));
            without_[group] = add(choices);
            const std::array one = {*chosen};
            alone_[group] = add(one);
        } else if (additions_apply(election.kind)) {
            choices.push_back({project, 1});
            with_[group] = add(choices);
        }
    }
    const std::array one = {Choice{project, most_of_one_ballot(election)}};
    new_ballot_ = add(one);
    std::vector<bool> likely = variant.likely_;
    likely[project] = true;
    recounter_.emplace(std::move(wide), variant.rule_, std::move(likely));
    voters_.assign(groups, 0);
}

void ProjectVariants::change_to(const Changed& changed, const Voters& voters) {
    if (changed_ != &changed) {
        change_nothing();
        changed_ = &changed;
    }
    for (std::size_t group = 0; group < voters.size(); ++group) {
        if (voters_[group] != voters[group]) {
            recounter_->set_voters(group, variant_.election_.ballots[group].count - voters[group]);
            recounter_->set_voters(changed[group], voters[group]);
            voters_[group] = voters[group];
        }
    }
}

void ProjectVariants::change_nothing() {
    if (changed_ != nullptr) {
        const Changed* const changed = changed_;
        changed_ = nullptr;
        for (std::size_t group = 0; group < voters_.size(); ++group) {
            if (voters_[group] != 0) {
                recounter_->set_voters(group, variant_.election_.ballots[group].count);
                recounter_->set_voters((*changed)[group], 0);
                voters_[group] = 0;
            }
        }
    }
}

Result<void> ProjectVariants::begin_count() {
    if (!work_left_) {
        return {};
    }
    // A recounter reads what the count needs of the choices; other rules read them all in each round, and totals need
    // the groups alone, but with totals there is little to be found by trying more.
    constexpr std::int64_t each_project = 64;
    constexpr std::int64_t laid_out = 2;
    constexpr std::int64_t rounds = 16;
    const counting::Ballots& ballots = variant_.election_.ballots;
    *work_left_ -= each_project * static_cast<std::int64_t>(variant_.election_.projects.size());
    *work_left_ -=
        recounter_ ? laid_out * static_cast<std::int64_t>(ballots.choices())
                   : rounds * static_cast<std::int64_t>(variant_.only_totals() ? ballots.size() : ballots.choices());
    return *work_left_ < 0 ? fail(Errc::exhausted, "the explanation has taken all the work that it was given")
                           : Result<void>();
}

Result<CountResult> ProjectVariants::recount(bool favoured) {
    counting::CountOptions options = quick();
    options.work_left = work_left_ ? &*work_left_ : nullptr;
    if (favoured) {
        options.along = &variant_.trail_;
        options.favoured = project_;
    }
    return recounter_->count(options);
}

Result<CountResult> ProjectVariants::with_cost(Money cost) {
    TRY_DO(begin_count());
    const counting::Project& as_it_is = variant_.election_.projects[project_];
    if (!recounter_ || as_it_is.partial_from) {
        return variant_.with_cost(project_, cost);
    }
    change_nothing();
    recounter_->set_cost(project_, cost);
    auto result = recount(cost <= as_it_is.cost);
    recounter_->set_cost(project_, as_it_is.cost);
    return result;
}

bool ProjectVariants::can_ask_costs() const {
    return recounter_ && recounter_->can_ask_costs() && !variant_.election_.projects[project_].partial_from;
}

Result<std::optional<Money>> ProjectVariants::costs_most(Money cheap, Money dear) {
    TRY_DO(begin_count());
    change_nothing();
    counting::CountOptions options = quick();
    options.work_left = work_left_ ? &*work_left_ : nullptr;
    options.along = &variant_.trail_;
    return recounter_->costs_most(project_, cheap, dear, options);
}

Result<CountResult> ProjectVariants::with_new_ballots(std::int64_t voters) {
    TRY_DO(begin_count());
    if (!recounter_) {
        return variant_.with_new_ballots(project_, voters);
    }
    change_nothing();
    recounter_->set_voters(new_ballot_, voters);
    auto result = recount(false);
    recounter_->set_voters(new_ballot_, 0);
    return result;
}

Result<CountResult> ProjectVariants::with_more_support(const Voters& voters) {
    TRY_DO(begin_count());
    if (!recounter_) {
        return variant_.with_more_support(project_, voters);
    }
    change_to(with_, voters);
    return recount(true);
}

Result<CountResult> ProjectVariants::with_fewer_rivals(const Voters& voters) {
    TRY_DO(begin_count());
    if (!recounter_) {
        return variant_.with_fewer_rivals(project_, voters);
    }
    change_to(alone_, voters);
    return recount(false);
}

Result<CountResult> ProjectVariants::with_less_support(const Voters& voters) {
    TRY_DO(begin_count());
    if (!recounter_) {
        return variant_.with_less_support(project_, voters);
    }
    change_to(without_, voters);
    return recount(false);
}

}  // namespace bypuls::participation::explanation
