#include "city/participation/explanation/guess.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bypuls::participation::explanation {

using counting::BallotKind;
using counting::ProjectIndex;

namespace {

constexpr double per_krone = static_cast<double>(counting::one_krone);
constexpr double no_limit = std::numeric_limits<double>::max();

/// Only a guess, so that what is out of range is just a poor one.
std::int64_t whole(double number) {
    return static_cast<std::int64_t>(std::clamp(std::ceil(number), 0.0, 1e15));
}

/// Those first that have most. What differs by less than rounding may be equal, and then stays in order.
std::vector<std::uint32_t> most_first(const std::vector<std::uint32_t>& groups, const std::vector<double>& have) {
    constexpr double parts_of_krone = 1024;
    std::vector<std::pair<std::int64_t, std::uint32_t>> keys;
    keys.reserve(groups.size());
    for (std::uint32_t i = 0; i < groups.size(); ++i) {
        keys.emplace_back(-static_cast<std::int64_t>(std::min(have[i], 1e12) * parts_of_krone + 0.3), i);
    }
    std::ranges::sort(keys);
    std::vector<std::uint32_t> order;
    order.reserve(groups.size());
    for (const auto& [key, i] : keys) {
        order.push_back(groups[i]);
    }
    return order;
}

}  // namespace

Guess::Guess(const counting::Election& election, const counting::Rule& rule, const counting::CountResult& result)
    : election_(election), by_cost_(rule.utility == counting::Utility::cost) {
    const bool plain = election.kind == BallotKind::approval || election.kind == BallotKind::knapsack ||
                       election.kind == BallotKind::choose_one;
    if (rule.method != counting::Method::equal_shares || !plain || !election.pots.empty()) {
        return;
    }
    Supporters supporters;
    supporters.groups.resize(election.projects.size());
    for (std::uint32_t group = 0; group < election.ballots.size(); ++group) {
        const counting::BallotView ballot = election.ballots[group];
        supporters.voters.push_back(static_cast<double>(ballot.count));
        for (const counting::Choice& choice : ballot.choices) {
            supporters.groups[choice.project].push_back(group);
        }
    }
    supporters_ = std::make_shared<const Supporters>(std::move(supporters));
    look_at(result);
}

Guess::Guess(const Guess& as_it_was, const counting::CountResult& changed)
    : election_(as_it_was.election_), by_cost_(as_it_was.by_cost_), supporters_(as_it_was.supporters_) {
    look_at(changed);
}

void Guess::look_at(const counting::CountResult& result) {
    if (supporters_ == nullptr || result.endowments.size() != 1 || result.greedy_preferred) {
        return;
    }
    for (const counting::Round& round : result.rounds) {
        if (round.phase == counting::Phase::rule) {
            bought_.push_back(round.project);
        }
    }
    rounds_ = bought_.size();
    pays_.resize(rounds_);
    share_ = result.endowments[0].share.value;
    left_ = static_cast<double>(result.budget - result.spent) / per_krone;
    const std::size_t many = supporters_->voters.size();
    balances_.assign((rounds_ + 1) * many, share_);
    for (std::size_t round = 0; round < rounds_; ++round) {
        pays_[round] = water_level(bought_[round], round);
        const auto from = balances_.begin() + static_cast<std::ptrdiff_t>(round * many);
        const auto to = from + static_cast<std::ptrdiff_t>(many);
        std::copy(from, to, to);
        for (const std::uint32_t group : groups(bought_[round])) {
            to[group] = std::max(0.0, to[group] - pays_[round]);
        }
    }
}

/// What a supporter who has enough pays. In a count with other ballots these supporters may have too little: no limit.
double Guess::water_level(ProjectIndex project, const double* balances) const {
    constexpr int looks = 16;
    double level = 0;
    for (int look = 0; look < looks; ++look) {
        double rest = cost(project);
        double open = 0;
        for (const std::uint32_t group : groups(project)) {
            const bool poor = balances[group] < level;
            rest -= poor ? balances[group] * voters(group) : 0;
            open += poor ? 0 : voters(group);
        }
        if (open == 0) {
            return no_limit;
        }
        if (rest / open <= level) {
            break;
        }
        level = rest / open;
    }
    return level;
}

double Guess::cost(ProjectIndex project) const {
    return static_cast<double>(election_.projects[project].cost) / per_krone;
}

double Guess::limit(std::size_t round, double project_cost) const {
    return round == rounds_ ? no_limit : limit(bought_[round], pays_[round], project_cost);
}

double Guess::limit(ProjectIndex bought, double pays, double project_cost) const {
    return by_cost_ ? pays * project_cost / cost(bought) : pays;
}

std::size_t Guess::chances(ProjectIndex project) const {
    return cost(project) <= left_ ? rounds_ + 1 : rounds_;
}

double Guess::collected(ProjectIndex project, std::size_t round, double limit) const {
    double sum = 0;
    for (const std::uint32_t group : groups(project)) {
        sum += std::min(balance(group, round), limit) * voters(group);
    }
    return sum;
}

std::int64_t Guess::cost_reduction(ProjectIndex project) const {
    if (!any()) {
        return 0;
    }
    double best = 0;
    for (std::size_t round = 0; round < rounds_; ++round) {
        // What is collected grows more slowly than the cost, so going from above ends at the largest cost that is met.
        constexpr int steps = 40;
        double now = cost(project);
        for (int i = 0; i < steps; ++i) {
            const double met = std::min(now, collected(project, round, limit(round, now)));
            if (now - met < 0.25 / per_krone) {
                break;
            }
            now = met;
        }
        best = std::max(best, now);
    }
    best = std::max(best, std::min(left_, collected(project, rounds_, no_limit)));
    return whole((cost(project) - best) * per_krone);
}

std::int64_t Guess::new_ballots(ProjectIndex project) const {
    double least = no_limit;
    for (std::size_t round = 0; any() && round < chances(project); ++round) {
        const double most = limit(round, cost(project));
        least = std::min(least, (cost(project) - collected(project, round, most)) / std::min(share_, most));
    }
    return any() ? whole(least) : 0;
}

/// How many voters of `order` it takes, where each brings `gain(group, round, limit)`, in the round that needs fewest.
template <typename Gain>
Guess::Needed Guess::voters_for(ProjectIndex project, const std::vector<std::uint32_t>& order, Gain gain) const {
    double least = no_limit;
    Needed needed;
    for (std::size_t round = 0; any() && round < chances(project); ++round) {
        const double most = limit(round, cost(project));
        double missing = cost(project) - collected(project, round, most);
        double voters = 0;
        for (const std::uint32_t group : order) {
            const double here = this->voters(group);
            const double each = gain(group, round, most);
            if (each * here >= missing) {
                const double enough = voters + (each > 0 ? missing / each : 0);
                needed.round = enough < least ? round : needed.round;
                least = std::min(least, enough);
                break;
            }
            missing -= each * here;
            voters += here;
            if (voters >= least) {
                break;
            }
        }
    }
    needed.voters = any() ? whole(least) : 0;
    return needed;
}

auto Guess::gain_of_support() const {
    return
        [this](std::uint32_t group, std::size_t round, double most) { return std::min(balance(group, round), most); };
}

auto Guess::gain_of_fewer_rivals() const {
    return [this](std::uint32_t group, std::size_t round, double most) {
        return std::min(share_, most) - std::min(balance(group, round), most);
    };
}

template <typename Gain>
Guess::Order Guess::best_order(ProjectIndex project, const std::vector<std::uint32_t>& voters, Gain gain) const {
    if (!any()) {
        return {.groups = voters};
    }
    const std::size_t round = voters_for(project, voters, gain).round;
    const double most = limit(round, cost(project));
    std::vector<double> gains;
    gains.reserve(voters.size());
    for (const std::uint32_t group : voters) {
        gains.push_back(gain(group, round, most));
    }
    Order order{.groups = most_first(voters, gains)};
    order.voters = voters_for(project, order.groups, gain).voters;
    return order;
}

std::int64_t Guess::more_support(ProjectIndex project, const std::vector<std::uint32_t>& order) const {
    return voters_for(project, order, gain_of_support()).voters;
}

std::int64_t Guess::fewer_rivals(ProjectIndex project, const std::vector<std::uint32_t>& supporters) const {
    return voters_for(project, supporters, gain_of_fewer_rivals()).voters;
}

Guess::Order Guess::to_add(ProjectIndex project, const std::vector<std::uint32_t>& others) const {
    return best_order(project, others, gain_of_support());
}

Guess::Order Guess::to_leave_rivals(ProjectIndex project, const std::vector<std::uint32_t>& supporters) const {
    return best_order(project, supporters, gain_of_fewer_rivals());
}

/// A winner stays while those left could pay for it with what they have at the end and what they paid for it.
std::int64_t Guess::less_support(ProjectIndex project, const std::vector<std::uint32_t>& supporters) const {
    const auto at = std::ranges::find(bought_, project);
    if (at == bought_.end()) {
        return 0;
    }
    const auto round = static_cast<std::size_t>(at - bought_.begin());
    const auto purse = [&](std::uint32_t group) {
        return balance(group, rounds_) + std::min(balance(group, round), pays_[round]);
    };
    double money = 0;
    for (const std::uint32_t group : supporters) {
        money += purse(group) * this->voters(group);
    }
    double spare = money - cost(project);
    double voters = 0;
    for (const std::uint32_t group : supporters) {
        const double each = purse(group);
        const double here = this->voters(group);
        if (each * here > spare) {
            return whole(voters + spare / each);
        }
        spare -= each * here;
        voters += here;
    }
    return whole(voters);
}

/// Where a project is not bought, the others have been bought as if it were not there, whoever chose it.
std::vector<Guess::Chance> Guess::chances_without(ProjectIndex project,
                                                  const std::vector<std::uint32_t>& supporters) const {
    std::vector<double> balances(supporters_->voters.size(), share_);
    struct Other {
        ProjectIndex project = 0;
        double price = 0;  ///< at least, of a unit of utility
        double pays = 0;
    };
    std::vector<Other> others;
    for (ProjectIndex other = 0; other < election_.projects.size(); ++other) {
        if (other != project && cost(other) > 0 && !groups(other).empty()) {
            others.push_back({.project = other});
        }
    }
    std::vector<Chance> chances;
    const auto chance = [&](double limit) {
        Chance here{.each = {}, .spare = -cost(project)};
        for (const std::uint32_t group : supporters) {
            here.each.push_back(std::min(balances[group], limit));
            here.spare += here.each.back() * this->voters(group);
        }
        chances.push_back(std::move(here));
    };
    while (true) {
        Other* best = nullptr;
        for (Other& other : others) {
            if (best != nullptr && other.price >= best->price) {
                continue;  // prices only rise
            }
            other.pays = water_level(other.project, balances.data());
            other.price = other.pays < no_limit && by_cost_ ? other.pays / cost(other.project) : other.pays;
            best = other.price < (best != nullptr ? best->price : no_limit) ? &other : best;
        }
        if (best == nullptr) {
            chance(no_limit);
            return chances;
        }
        chance(limit(best->project, best->pays, cost(project)));
        for (const std::uint32_t group : groups(best->project)) {
            balances[group] = std::max(0.0, balances[group] - best->pays);
        }
        others.erase(others.begin() + (best - others.data()));
    }
}

Guess::Order Guess::to_leave(ProjectIndex project, const std::vector<std::uint32_t>& supporters) const {
    if (!any()) {
        return {.groups = supporters};
    }
    // It is not bought if in none of the rounds, and not after them, what is left for it is enough.
    const std::vector<Chance> chances = chances_without(project, supporters);
    std::vector<std::size_t> place(supporters_->voters.size(), 0);
    for (std::size_t i = 0; i < supporters.size(); ++i) {
        place[supporters[i]] = i;
    }
    const auto needed = [&](const Chance& chance, const std::vector<std::uint32_t>& order) {
        double spare = chance.spare;
        double voters = 0;
        for (const std::uint32_t group : order) {
            const double each = chance.each[place[group]];
            const double here = this->voters(group);
            if (spare < 0 || each * here > spare) {
                return spare < 0 ? voters : voters + spare / each;
            }
            spare -= each * here;
            voters += here;
        }
        return voters;
    };
    Order best{.groups = supporters};
    double most = -1;
    for (const Chance& chance : chances) {
        std::vector<std::uint32_t> order = most_first(supporters, chance.each);
        const double voters = needed(chance, order);
        if (voters > most) {
            most = voters;
            best.groups = std::move(order);
        }
    }
    for (const Chance& chance : chances) {
        most = std::max(most, needed(chance, best.groups));
    }
    best.voters = whole(most);
    return best;
}

}  // namespace bypuls::participation::explanation
