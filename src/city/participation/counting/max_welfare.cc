#include <algorithm>

#include "city/participation/counting/contest.h"

namespace bypuls::participation::counting {
namespace {

using Set = std::vector<ProjectIndex>;  // ascending

bool contains(const Set& set, ProjectIndex project) {
    return std::ranges::binary_search(set, project);
}

/// A set being put together: what is settled of it.
struct Partial {
    std::vector<int> out;  ///< per project: how many reasons keep it from being added
    std::vector<ProjectIndex> in;
    Money money = 0;  ///< left
    std::int64_t score = 0;
};

/// Searches depth first over the projects by score per krone, cut off where even fractions of projects would not be
/// enough.
class Welfare {
public:
    explicit Welfare(const Contest& contest)
        : contest_(contest), by_density_(contest.entrants), by_rank_(contest.entrants) {
        std::ranges::sort(by_density_, [&](ProjectIndex a, ProjectIndex b) {
            const auto left = static_cast<__int128>(score(a)) * contest.cost(b);
            const auto right = static_cast<__int128>(score(b)) * contest.cost(a);
            return left != right ? left > right : contest.judge.before(a, b);
        });
        std::ranges::sort(by_rank_, [&](ProjectIndex a, ProjectIndex b) { return contest.judge.before(a, b); });
    }

    /// Of the sets with the greatest total score the one that Method::max_welfare takes.
    Result<Set> best();
    /// Another set with as great a score, if there is one.
    Result<std::optional<Set>> another(const Set& than) { return search(nothing_settled(), Until::reached, &than); }

private:
    static constexpr std::int64_t nodes_max = 20'000'000;
    enum class Until : std::uint8_t { reached, no_better };

    std::int64_t score(ProjectIndex project) const { return contest_.totals.scores[project]; }
    Partial nothing_settled() const {
        return {.out = std::vector<int>(contest_.election.projects.size(), 0), .in = {}, .money = contest_.budget};
    }
    bool can_take(const Partial& partial, ProjectIndex project) const {
        return partial.out[project] == 0 && contest_.cost(project) <= partial.money;
    }
    Partial with(Partial partial, ProjectIndex project) const;
    static Partial without(Partial partial, ProjectIndex project) {
        ++partial.out[project];
        return partial;
    }
    Result<std::optional<Set>> search(const Partial& partial, Until until, const Set* differing_from = nullptr);
    void visit(std::size_t at);
    bool enough() const { return found_ && until_ == Until::reached; }
    __int128 bound(std::size_t from) const;
    Result<void> look_for_lots(const Set& best);

    const Contest& contest_;
    std::vector<ProjectIndex> by_density_;
    std::vector<ProjectIndex> by_rank_;
    std::int64_t wanted_ = 0;  ///< the greatest total score, once it is known
    std::int64_t nodes_ = 0;   ///< of all searches together
    // Of the search under way.
    Partial now_;
    Until until_ = Until::reached;
    const Set* differing_from_ = nullptr;
    std::optional<Set> found_;
};

Partial Welfare::with(Partial partial, ProjectIndex project) const {
    ++partial.out[project];
    for (const ProjectIndex rival : contest_.rivals(project)) {
        ++partial.out[rival];
    }
    partial.in.push_back(project);
    partial.money -= contest_.cost(project);
    partial.score += score(project);
    return partial;
}

/// More than this cannot be had from place `from` on.
__int128 Welfare::bound(std::size_t from) const {
    __int128 sum = 0;
    Money money = now_.money;
    for (std::size_t i = from; i < by_density_.size(); ++i) {
        const ProjectIndex project = by_density_[i];
        if (now_.out[project] > 0) {
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

void Welfare::visit(std::size_t at) {
    constexpr std::int64_t told_every = 1'000'000;
    if (contest_.options.progress && (nodes_ + 1) % told_every == 0) {
        contest_.options.progress("trying sets of projects");
    }
    if (now_.score >= wanted_) {
        Set set = now_.in;
        std::ranges::sort(set);
        if (differing_from_ == nullptr || set != *differing_from_) {
            found_ = std::move(set);
            wanted_ = until_ == Until::no_better ? now_.score + 1 : wanted_;
        }
    }
    if (enough() || at == by_density_.size() || ++nodes_ > nodes_max || now_.score + bound(at) < wanted_) {
        return;
    }
    const ProjectIndex project = by_density_[at];
    if (can_take(now_, project)) {
        const std::vector<ProjectIndex> rivals = contest_.rivals(project);
        for (const ProjectIndex rival : rivals) {
            ++now_.out[rival];
        }
        now_.in.push_back(project);
        now_.money -= contest_.cost(project);
        now_.score += score(project);
        visit(at + 1);
        now_.score -= score(project);
        now_.money += contest_.cost(project);
        now_.in.pop_back();
        for (const ProjectIndex rival : rivals) {
            --now_.out[rival];
        }
    }
    visit(at + 1);
}

/// A set with at least the wanted score that holds what is settled, if there is one.
Result<std::optional<Set>> Welfare::search(const Partial& partial, Until until, const Set* differing_from) {
    now_ = partial;
    until_ = until;
    differing_from_ = differing_from;
    found_.reset();
    visit(0);
    if (nodes_ > nodes_max) {
        return fail(Errc::exhausted, "the set with the greatest total score is too hard to find for this election");
    }
    return std::move(found_);
}

Result<Set> Welfare::best() {
    Partial settled = nothing_settled();
    TRY(const auto first, search(settled, Until::no_better));
    Set witness = *first;  // a set with the greatest score that holds what is settled
    --wanted_;
    for (const ProjectIndex project : by_rank_) {
        if (!can_take(settled, project)) {
            continue;
        }
        Partial taken = with(settled, project);
        Partial left = without(std::move(settled), project);
        if (!contains(witness, project)) {
            TRY(const auto other, search(taken, Until::reached));
            if (!other) {
                settled = std::move(left);
                continue;
            }
            witness = *other;
        }
        if (contest_.judge.scripted()) {
            TRY(const auto other, search(left, Until::reached));
            if (other && contest_.judge.pick(2) == 1) {
                witness = *other;
                settled = std::move(left);
                continue;
            }
        }
        settled = std::move(taken);
    }
    TRY_DO(look_for_lots(witness));
    return witness;
}

/// Tells the judge of projects of which one is in the best set and another in its place in one as good, where only a
/// lot could say which set it is.
Result<void> Welfare::look_for_lots(const Set& best) {
    Partial settled = nothing_settled();
    for (std::size_t i = 0; i < by_rank_.size() && !contest_.judge.scripted(); ++i) {
        const ProjectIndex project = by_rank_[i];
        const bool in = contains(best, project);
        for (std::size_t j = i + 1; in && j < by_rank_.size(); ++j) {
            const ProjectIndex other = by_rank_[j];
            if (!contest_.judge.level(project, other)) {
                break;
            }
            const Partial left = without(settled, project);
            if (contains(best, other) || !can_take(left, other)) {
                continue;
            }
            TRY(const auto instead, search(with(left, other), Until::reached));
            if (instead) {
                const std::vector<ProjectIndex> tied = {std::min(project, other), std::max(project, other)};
                contest_.judge.choose(tied);
            }
        }
        settled = in ? with(std::move(settled), project) : without(std::move(settled), project);
    }
    return {};
}

/// Two sets with the same total score: the projects that are in one of them only are what is tied.
Tie between_sets(const Contest& contest, const Set& best, const Set& other) {
    std::vector<ProjectIndex> tied;
    std::ranges::set_symmetric_difference(best, other, std::back_inserter(tied));
    const auto first_of = [&](const Set& set) {
        ProjectIndex first = tied.front();
        for (const ProjectIndex project : tied) {
            const bool better = !contains(set, first) || contest.judge.before(project, first);
            first = contains(set, project) && better ? project : first;
        }
        return first;
    };
    Tie tie = contest.judge.describe(0, {first_of(best), first_of(other)}, first_of(best));
    tie.tied = std::move(tied);
    contest.judge.settled(best, other);
    return tie;
}

}  // namespace

Result<Outcome> count_max_welfare(const Contest& contest) {
    Welfare welfare(contest);
    TRY(const Set best, welfare.best());
    TRY(const auto another, welfare.another(best));
    std::vector<ProjectIndex> order = best;
    std::ranges::sort(order, [&](ProjectIndex a, ProjectIndex b) {
        const std::int64_t left = contest.totals.scores[a];
        const std::int64_t right = contest.totals.scores[b];
        return left != right ? left > right : contest.judge.before(a, b);
    });
    Outcome outcome;
    for (const ProjectIndex project : order) {
        Round round;
        round.project = project;
        round.paid = contest.cost(project);
        round.supporters = contest.totals.votes[project];
        round.pot = contest.pot;
        outcome.spent += round.paid;
        outcome.rounds.push_back(std::move(round));
    }
    if (another) {
        outcome.ties.push_back(between_sets(contest, best, *another));
    }
    return outcome;
}

}  // namespace bypuls::participation::counting
