#include <algorithm>
#include <map>

#include "city/participation/counting/plain.h"
#include "city/participation/counting/rational.h"

namespace bypuls::participation::counting::plain {
namespace {

constexpr std::size_t subsets_of_max = 20;

mpq_class number(std::int64_t value) {
    return mpq_class(static_cast<long>(value));
}

Winners knapsack(const Poll& poll) {
    std::vector<ProjectIndex> order = poll.entrants;
    std::ranges::sort(order, [&](ProjectIndex a, ProjectIndex b) {
        return poll.score(a) != poll.score(b) ? poll.score(a) > poll.score(b) : poll.goes_before(a, b);
    });
    Winners winners;
    for (const ProjectIndex project : order) {
        if (poll.without_clashes({project}, winners).empty()) {
            continue;
        }
        const Money rest = poll.budget - poll.sum(winners);
        if (poll.cost(project) > rest) {
            const auto from = poll.election.projects[project].partial_from;
            if (poll.rule.partial_funding && from && *from <= rest) {
                winners.push_back(project);
                poll.unpaid = poll.cost(project) - rest;
            }
            break;
        }
        winners.push_back(project);
    }
    return winners;
}

bool allowed(const Poll& poll, const Winners& set) {
    for (const ProjectIndex a : set) {
        for (const ProjectIndex b : set) {
            if (poll.clash(a, b)) {
                return false;
            }
        }
    }
    return true;
}

/// All subsets, one after the other; `see` is shown each.
template <typename See>
void each_subset(const std::vector<ProjectIndex>& projects, See see) {
    for (std::uint32_t mask = 0; mask < (1U << projects.size()); ++mask) {
        Winners set;
        for (std::size_t i = 0; i < projects.size(); ++i) {
            if ((mask >> i & 1U) != 0) {
                set.push_back(projects[i]);
            }
        }
        see(set);
    }
}

std::int64_t total_score(const Poll& poll, const Winners& set) {
    std::int64_t sum = 0;
    for (const ProjectIndex project : set) {
        sum += poll.score(project);
    }
    return sum;
}

/// Of two sets the one with the first project by the order of ties that the other does not have.
bool goes_before(const Poll& poll, const Winners& a, const Winners& b) {
    std::vector<ProjectIndex> differ;
    std::ranges::set_symmetric_difference(a, b, std::back_inserter(differ));
    return !differ.empty() && std::ranges::count(a, poll.first_of(differ)) > 0;
}

Winners max_welfare(const Poll& poll) {
    Winners best;
    each_subset(poll.entrants, [&](const Winners& set) {
        if (poll.sum(set) > poll.budget || !allowed(poll, set)) {
            return;
        }
        const std::int64_t more = total_score(poll, set) - total_score(poll, best);
        if (more > 0 || (more == 0 && goes_before(poll, set, best))) {
            best = set;
        }
    });
    poll.ties.clear();
    std::ranges::sort(best, [&](ProjectIndex a, ProjectIndex b) {
        return poll.score(a) != poll.score(b) ? poll.score(a) > poll.score(b) : poll.goes_before(a, b);
    });
    return best;
}

/// The greatest cost per supporter over all subsets.
mpq_class evenest_load(const Poll& poll, const Winners& projects) {
    mpq_class greatest;
    each_subset(projects, [&](const Winners& set) {
        std::int64_t supporters = 0;
        for (const Voter& voter : poll.voters) {
            supporters +=
                std::ranges::any_of(set, [&](ProjectIndex p) { return voter.values.contains(p); }) ? voter.count : 0;
        }
        if (supporters > 0) {
            greatest = std::max(greatest, mpq_class(number(poll.sum(set)) / number(supporters)));
        }
    });
    return greatest;
}

/// Phragmén and maximin support: each round the project with the smallest load.
template <typename Load, typename Bought>
Winners by_load(const Poll& poll, Load load, Bought bought) {
    Winners winners;
    std::vector<ProjectIndex> left = poll.entrants;
    while (!left.empty() && !poll.exhausted()) {
        std::vector<ProjectIndex> tied;
        mpq_class least;
        for (const ProjectIndex project : left) {
            const mpq_class asks = load(project, winners);
            if (tied.empty() || asks < least) {
                tied.clear();
                least = asks;
            }
            if (asks == least) {
                tied.push_back(project);
            }
        }
        const ProjectIndex next = poll.first_of(tied);
        if (poll.sum(winners) + poll.cost(next) > poll.budget) {
            if (poll.rule.overrun == Misfit::stop) {
                break;
            }
            std::erase(left, next);
            continue;
        }
        winners.push_back(next);
        poll.rounds.push_back({.project = next,
                               .paid = poll.cost(next),
                               .share = to_exact(mpq_class(least / static_cast<long>(one_krone)))});
        bought(next, least);
        left = poll.without_clashes(left, winners);
    }
    return winners;
}

Winners phragmen(const Poll& poll) {
    std::vector<mpq_class> loads(poll.voters.size());
    const auto load = [&](ProjectIndex project, const Winners&) {
        mpq_class sum = number(poll.cost(project));
        for (const Backer& backer : poll.backers[project]) {
            sum += loads[backer.voter] * number(poll.voters[backer.voter].count);
        }
        poll.work += static_cast<std::int64_t>(poll.backers[project].size());
        return mpq_class(sum / number(poll.votes(project)));
    };
    return by_load(poll, load, [&](ProjectIndex project, const mpq_class& now) {
        for (const Backer& backer : poll.backers[project]) {
            loads[backer.voter] = now;
        }
    });
}

Winners maximin_support(const Poll& poll) {
    const auto load = [&](ProjectIndex project, Winners winners) {
        winners.push_back(project);
        return evenest_load(poll, winners);
    };
    return by_load(poll, load, [](ProjectIndex, const mpq_class&) {});
}

/// Cumulative transfers, each ballot a map from project to money.
class Pledges {
public:
    explicit Pledges(const Poll& poll) : poll_(poll) {
        const bool ones = poll.rule.utility == Utility::cardinality;
        for (const Voter& voter : poll.voters) {
            std::map<ProjectIndex, mpq_class> pledge;
            mpq_class all;
            for (const auto& [project, value] : voter.values) {
                if (std::ranges::count(poll.entrants, project) > 0) {
                    pledge[project] = ones ? mpq_class(1) : number(value);
                    all += pledge[project];
                }
            }
            for (auto& [project, money] : pledge) {
                money = money / all * number(poll.budget) / number(std::max<std::int64_t>(1, poll.voter_count));
            }
            pledges_.push_back(std::move(pledge));
        }
        open_ = poll.entrants;
    }

    Winners count() {
        while (!open_.empty() && !poll_.exhausted()) {
            if (const auto paid = pick([&](ProjectIndex p) { return pledged(p) >= number(poll_.cost(p)); }, true)) {
                const mpq_class part = number(poll_.cost(*paid)) / pledged(*paid);
                win(*paid);
                drop(*paid, 1 - part);
            } else if (poll_.rule.shortfall == Shortfall::eliminate_with_transfers || !nearest()) {
                const auto worst = pick([](ProjectIndex) { return true; }, false);
                dropped_.push_back(*worst);
                drop(*worst, 1);
            }
        }
        std::ranges::reverse(dropped_);
        for (const ProjectIndex project : dropped_) {
            if (poll_.sum(winners_) + poll_.cost(project) <= poll_.budget &&
                !poll_.without_clashes({project}, winners_).empty()) {
                winners_.push_back(project);
            }
        }
        return winners_;
    }

private:
    mpq_class pledged(ProjectIndex project) const {
        mpq_class sum;
        for (const Backer& backer : poll_.backers[project]) {
            const auto at = pledges_[backer.voter].find(project);
            if (at != pledges_[backer.voter].end()) {
                sum += at->second * number(poll_.voters[backer.voter].count);
            }
        }
        poll_.work += static_cast<std::int64_t>(poll_.backers[project].size());
        return sum;
    }

    mpq_class merit(ProjectIndex project) const {
        const mpq_class cost = number(poll_.cost(project));
        return poll_.rule.excess == Excess::greatest_excess ? mpq_class(pledged(project) - cost)
                                                            : mpq_class(pledged(project) / cost);
    }

    template <typename Fits>
    std::optional<ProjectIndex> pick(Fits fits, bool greatest) const {
        std::vector<std::pair<mpq_class, ProjectIndex>> merits;
        for (const ProjectIndex project : open_) {
            if (fits(project)) {
                merits.emplace_back(greatest ? mpq_class(-merit(project)) : merit(project), project);
            }
        }
        return first(merits, !greatest);
    }

    /// The least of them; of those level the first by the adopted order, or the last where it is to be given up.
    std::optional<ProjectIndex> first(const std::vector<std::pair<mpq_class, ProjectIndex>>& merits,
                                      bool given_up = false) const {
        if (merits.empty()) {
            return std::nullopt;
        }
        const mpq_class least = std::ranges::min_element(merits)->first;
        std::vector<ProjectIndex> tied;
        for (const auto& [merit, project] : merits) {
            if (merit == least) {
                tied.push_back(project);
            }
        }
        return given_up ? poll_.last_of(tied) : poll_.first_of(tied);
    }

    void win(ProjectIndex project) {
        winners_.push_back(project);
        for (const ProjectIndex other : std::vector(open_)) {
            if (poll_.clash(project, other)) {
                drop(other, 1);
            }
        }
    }

    /// Takes a project off all ballots; the part `back` of each pledge goes to the voter's other projects.
    void drop(ProjectIndex project, const mpq_class& back) {
        std::erase(open_, project);
        for (auto& pledge : pledges_) {
            const auto at = pledge.find(project);
            if (at == pledge.end()) {
                continue;
            }
            const mpq_class freed = at->second * back;
            pledge.erase(at);
            mpq_class rest;
            for (const auto& [other, money] : pledge) {
                rest += money;
            }
            for (auto& [other, money] : pledge) {
                if (rest > 0) {
                    money += freed * money / rest;
                }
            }
        }
    }

    bool nearest() {
        std::vector<std::pair<mpq_class, ProjectIndex>> needs;
        for (const ProjectIndex project : open_) {
            mpq_class others;
            for (std::size_t voter = 0; voter < pledges_.size(); ++voter) {
                if (pledges_[voter].contains(project)) {
                    for (const auto& [other, money] : pledges_[voter]) {
                        others += other == project ? mpq_class() : mpq_class(money * number(poll_.voters[voter].count));
                    }
                }
            }
            const mpq_class missing = number(poll_.cost(project)) - pledged(project);
            if (others > 0 && missing <= others) {
                needs.emplace_back(missing / others, project);
            }
        }
        const auto chosen = first(needs);
        if (!chosen) {
            return false;
        }
        const mpq_class part = std::ranges::find(needs, *chosen, [](const auto& need) { return need.second; })->first;
        for (auto& pledge : pledges_) {
            if (pledge.contains(*chosen)) {
                for (auto& [other, money] : pledge) {
                    money = other == *chosen ? money : mpq_class(money * (1 - part));
                }
            }
        }
        win(*chosen);
        drop(*chosen, 0);
        return true;
    }

    const Poll& poll_;
    std::vector<std::map<ProjectIndex, mpq_class>> pledges_;
    std::vector<ProjectIndex> open_;
    std::vector<ProjectIndex> dropped_;
    Winners winners_;
};

}  // namespace

Result<Winners> count_other(const Poll& poll) {
    const bool tries_subsets = poll.rule.method == Method::max_welfare || poll.rule.method == Method::maximin_support;
    if (tries_subsets && poll.entrants.size() > subsets_of_max) {
        return fail(Errc::exhausted,
                    "the plain count tries every subset and takes no more than twenty projects for this rule");
    }
    switch (poll.rule.method) {
        case Method::knapsack: return knapsack(poll);
        case Method::max_welfare: return max_welfare(poll);
        case Method::phragmen: return phragmen(poll);
        case Method::maximin_support: return maximin_support(poll);
        default: return Pledges(poll).count();
    }
}

}  // namespace bypuls::participation::counting::plain
