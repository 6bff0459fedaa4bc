// The second implementation. It shares with the first only the values and the arithmetic library: where both agree, a
// mistake would have to have been made twice in different ways.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <openssl/sha.h>

#include "city/participation/counting/count.h"
#include "city/participation/counting/plain.h"

namespace bypuls::participation::counting::plain {

std::int64_t Poll::value(const Choice& choice) const {
    if (election.kind == BallotKind::ranking) {
        if (rule.ranking == RankingScore::approval) {
            return rule.ranking_top == 0 || choice.value <= rule.ranking_top ? 1 : 0;
        }
        const std::int64_t length =
            election.ranking_length > 0 ? election.ranking_length : std::int64_t(election.projects.size());
        return choice.value > length ? 0 : length + 1 - choice.value;
    }
    return choice.value;
}

mpq_class Poll::gain(std::size_t voter, ProjectIndex project) const {
    const auto at = voters[voter].values.find(project);
    if (at == voters[voter].values.end()) {
        return 0;
    }
    const bool one = rule.utility == Utility::cardinality;
    const mpq_class value = one ? mpq_class(1) : mpq_class(static_cast<long>(at->second));
    return rule.utility == Utility::cost ? mpq_class(value * static_cast<long>(cost(project))) : value;
}

std::int64_t Poll::votes(ProjectIndex project) const {
    std::int64_t sum = 0;
    for (const Voter& voter : voters) {
        sum += voter.values.contains(project) ? voter.count : 0;
    }
    return sum;
}

std::int64_t Poll::score(ProjectIndex project) const {
    std::int64_t sum = 0;
    for (const Voter& voter : voters) {
        const auto at = voter.values.find(project);
        sum += at == voter.values.end() ? 0 : voter.count * at->second;
    }
    return sum;
}

std::string Poll::lot(ProjectIndex project) const {
    const std::string text = rule.seed + "\n" + election.projects[project].id;
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

bool Poll::goes_before(ProjectIndex a, ProjectIndex b) const {
    for (const TieBreak reason : rule.ties) {
        if (reason == TieBreak::lower_cost && cost(a) != cost(b)) {
            return cost(a) < cost(b);
        }
        if (reason == TieBreak::more_votes && votes(a) != votes(b)) {
            return votes(a) > votes(b);
        }
        if (reason == TieBreak::lot && !rule.seed.empty() && lot(a) != lot(b)) {
            return lot(a) < lot(b);
        }
        if (reason == TieBreak::listed_order && a != b) {
            return a < b;
        }
    }
    return election.projects[a].id < election.projects[b].id;
}

ProjectIndex Poll::first_of(const std::vector<ProjectIndex>& tied) const {
    ProjectIndex first = tied.front();
    for (const ProjectIndex project : tied) {
        if (goes_before(project, first)) {
            first = project;
        }
    }
    note_tie(tied);
    return first;
}

ProjectIndex Poll::last_of(const std::vector<ProjectIndex>& tied) const {
    ProjectIndex last = tied.front();
    for (const ProjectIndex project : tied) {
        if (goes_before(last, project)) {
            last = project;
        }
    }
    note_tie(tied);
    return last;
}

void Poll::note_tie(std::vector<ProjectIndex> tied) const {
    if (tied.size() > 1) {
        std::ranges::sort(tied);
        ties.insert(std::move(tied));
    }
}

bool Poll::clash(ProjectIndex a, ProjectIndex b) const {
    return std::ranges::any_of(election.exclusive, [&](const auto& group) {
        return a != b && std::ranges::count(group, a) > 0 && std::ranges::count(group, b) > 0;
    });
}

std::vector<ProjectIndex> Poll::without_clashes(const std::vector<ProjectIndex>& projects,
                                                const Winners& winners) const {
    std::vector<ProjectIndex> rest;
    for (const ProjectIndex project : projects) {
        const bool gone =
            std::ranges::any_of(winners, [&](ProjectIndex w) { return w == project || clash(w, project); });
        if (!gone) {
            rest.push_back(project);
        }
    }
    return rest;
}

Money Poll::sum(const Winners& winners) const {
    Money money = 0;
    for (const ProjectIndex winner : winners) {
        money += cost(winner);
    }
    return money;
}

namespace {

/// The best of the projects by a value; the tie-break among the best.
template <typename Value>
ProjectIndex best_by(const Poll& poll, const std::vector<ProjectIndex>& projects, Value value) {
    std::vector<ProjectIndex> tied;
    for (const ProjectIndex project : projects) {
        if (!tied.empty() && value(project) > value(tied.front())) {
            tied.clear();
        }
        if (tied.empty() || value(project) == value(tied.front())) {
            tied.push_back(project);
        }
    }
    return poll.first_of(tied);
}

Winners greedy(const Poll& poll, Order order, Misfit misfit, Winners winners) {
    std::vector<ProjectIndex> left = poll.without_clashes(poll.entrants, winners);
    while (true) {
        if (misfit == Misfit::skip) {
            std::erase_if(left, [&](ProjectIndex p) { return poll.sum(winners) + poll.cost(p) > poll.budget; });
        }
        if (left.empty()) {
            return winners;
        }
        const ProjectIndex next = best_by(poll, left, [&](ProjectIndex project) {
            const mpq_class score{static_cast<long>(poll.score(project))};
            return order == Order::score ? score : mpq_class(score / static_cast<long>(poll.cost(project)));
        });
        if (poll.sum(winners) + poll.cost(next) > poll.budget) {
            return winners;
        }
        winners.push_back(next);
        left = poll.without_clashes(left, winners);
    }
}

/// The price at which the supporters' money just covers the cost, by trying every voter as the last who gives all.
std::optional<mpq_class> price_of(const Poll& poll, const std::vector<mpq_class>& money, ProjectIndex project) {
    std::vector<std::tuple<mpq_class, mpq_class, mpq_class>> purses;  // money per gain, money, gain
    mpq_class all;
    mpq_class gains;
    for (std::size_t voter = 0; voter < poll.voters.size(); ++voter) {
        const mpq_class gain = poll.gain(voter, project);
        if (gain > 0) {
            const mpq_class count{static_cast<long>(poll.voters[voter].count)};
            purses.emplace_back(money[voter] / gain, money[voter] * count, gain * count);
            all += money[voter] * count;
            gains += gain * count;
        }
    }
    mpq_class left{static_cast<long>(poll.cost(project))};
    if (all < left) {
        return std::nullopt;
    }
    std::ranges::sort(purses);
    for (const auto& [per_gain, has, gain] : purses) {
        if (left <= per_gain * gains) {
            return mpq_class(left / gains);
        }
        left -= has;
        gains -= gain;
    }
    return std::nullopt;
}

Winners shares(const Poll& poll, const mpq_class& endowment) {
    std::vector<mpq_class> money(poll.voters.size(), endowment);
    Winners winners;
    while (true) {
        std::map<ProjectIndex, mpq_class> prices;
        for (const ProjectIndex project : poll.without_clashes(poll.entrants, winners)) {
            if (const auto price = price_of(poll, money, project)) {
                prices[project] = *price;
            }
        }
        if (prices.empty()) {
            return winners;
        }
        std::vector<ProjectIndex> projects;
        for (const auto& [project, price] : prices) {
            projects.push_back(project);
        }
        const ProjectIndex next =
            best_by(poll, projects, [&](ProjectIndex project) { return mpq_class(-prices[project]); });
        for (std::size_t voter = 0; voter < poll.voters.size(); ++voter) {
            const mpq_class full = prices[next] * poll.gain(voter, next);
            money[voter] -= std::min(money[voter], full);
        }
        winners.push_back(next);
        if (poll.sum(winners) > poll.budget) {
            return winners;  // whatever else it would buy, this endowment is too large
        }
    }
}

bool exhaustive(const Poll& poll, const Winners& winners) {
    return std::ranges::none_of(poll.without_clashes(poll.entrants, winners),
                                [&](ProjectIndex p) { return poll.sum(winners) + poll.cost(p) <= poll.budget; });
}

Winners raised(const Poll& poll) {
    const Completion completion = poll.rule.completion;
    const mpq_class share(mpz_class(static_cast<long>(poll.budget)),
                          mpz_class(static_cast<long>(std::max<std::int64_t>(1, poll.voter_count))));
    mpq_class endowment = share;
    endowment.canonicalize();
    if (poll.rule.whole_endowment) {
        mpz_class kroner = mpz_class(endowment.get_num() / (endowment.get_den() * static_cast<long>(one_krone)));
        endowment = kroner * static_cast<long>(one_krone);
    }
    Winners winners = shares(poll, endowment);
    if (completion == Completion::none || completion == Completion::util) {
        return winners;
    }
    const bool until_exhaustive = completion == Completion::add1e || completion == Completion::add1eu;
    const Money step = completion == Completion::add_opt ? 1 : poll.rule.step;
    while (!(until_exhaustive && exhaustive(poll, winners)) && endowment < static_cast<long>(poll.sum(poll.entrants))) {
        endowment += static_cast<long>(step);
        const Winners next = shares(poll, endowment);
        if (poll.sum(next) > poll.budget) {
            break;
        }
        winners = next;
    }
    return winners;
}

Winners equal_shares(const Poll& poll) {
    const Completion completion = poll.rule.completion;
    const bool raises = completion != Completion::none && completion != Completion::util;
    bool any_clash = false;
    for (const ProjectIndex a : poll.entrants) {
        for (ProjectIndex b = 0; b < poll.election.projects.size(); ++b) {
            any_clash = any_clash || poll.clash(a, b);
        }
    }
    if (raises && !any_clash && poll.sum(poll.entrants) <= poll.budget) {
        return greedy(poll, Order::score, Misfit::skip, {});
    }
    Winners winners = raised(poll);
    if (completion == Completion::util || completion == Completion::add1u || completion == Completion::add1eu) {
        winners = greedy(poll, Order::score, Misfit::skip, winners);
    }
    if (poll.rule.comparison == Comparison::none) {
        return winners;
    }
    const Winners other = greedy(poll, Order::score, Misfit::skip, {});
    std::int64_t keep = 0;
    std::int64_t change = 0;
    for (const Voter& voter : poll.voters) {
        const auto happy = [&](const Winners& set) {
            return std::ranges::count_if(set, [&](ProjectIndex p) { return voter.values.contains(p); });
        };
        if (poll.rule.comparison == Comparison::majority) {
            keep += happy(winners) > happy(other) ? voter.count : 0;
            change += happy(other) > happy(winners) ? voter.count : 0;
        } else {
            keep += happy(other) == 0 ? voter.count : 0;
            change += happy(winners) == 0 ? voter.count : 0;
        }
    }
    return change > keep ? other : winners;
}

}  // namespace

Result<Winners> count(const Poll& poll) {
    switch (poll.rule.method) {
        case Method::greedy: return greedy(poll, poll.rule.order, poll.rule.misfit, {});
        case Method::equal_shares: return poll.entrants.empty() ? Winners{} : equal_shares(poll);
        default: return count_other(poll);
    }
}

namespace {

std::vector<ProjectIndex> entrants_of(Poll& poll, std::string_view pot, const Winners& bought) {
    std::vector<ProjectIndex> entrants;
    for (ProjectIndex project = 0; project < poll.election.projects.size(); ++project) {
        const std::int64_t votes = poll.votes(project);
        const mpq_class support(mpz_class(static_cast<long>(votes)) * static_cast<long>(poll.rule.eligibility) *
                                static_cast<long>(poll.budget));
        const mpq_class needed(mpz_class(static_cast<long>(poll.cost(project))) * static_cast<long>(poll.voter_count));
        const bool eligible = poll.rule.eligibility == 0 || support >= needed;
        if (poll.election.projects[project].pot == pot && poll.cost(project) > 0 && votes > 0 && eligible &&
            poll.score(project) >= poll.rule.score_min * poll.election.points_per_one) {
            entrants.push_back(project);
        }
    }
    return poll.without_clashes(entrants, bought);
}

}  // namespace

}  // namespace bypuls::participation::counting::plain

namespace bypuls::participation::counting {

Result<PlainOutcome> count_plainly(const Election& election, const Rule& rule) {
    TRY_DO(validate(election));
    plain::Poll poll{.election = election, .rule = rule};
    for (std::size_t i = 0; i < election.ballots.size(); ++i) {
        plain::Voter voter{.count = election.ballots[i].count};
        for (const Choice& choice : election.ballots[i].choices) {
            if (poll.value(choice) > 0) {
                voter.values[choice.project] = poll.value(choice);
            }
        }
        poll.voters.push_back(std::move(voter));
    }
    PlainOutcome outcome;
    std::vector<ProjectIndex> free;
    for (ProjectIndex project = 0; project < election.projects.size(); ++project) {
        if (election.projects[project].cost == 0 && poll.votes(project) > 0 &&
            poll.score(project) >= rule.score_min * election.points_per_one) {
            free.push_back(project);
        }
    }
    while (!free.empty()) {
        outcome.winners.push_back(plain::best_by(poll, free, [&](ProjectIndex p) { return poll.votes(p); }));
        free = poll.without_clashes(free, outcome.winners);
    }
    poll.ties.clear();  // all that cost nothing are bought, unless they exclude one another
    std::vector<Pot> pots = election.pots;
    pots.push_back({.name = "", .budget = election.budget});
    Money left_over = 0;
    for (const Pot& pot : pots) {
        poll.budget = pot.budget + (pot.name.empty() && rule.left_over == LeftOver::to_common ? left_over : 0);
        poll.voter_count = 0;
        for (const plain::Voter& voter : poll.voters) {
            const bool chose = std::ranges::any_of(voter.values, [&](const auto& value) {
                return election.pots.empty() || election.projects[value.first].pot == pot.name;
            });
            poll.voter_count += chose || rule.electorate == Electorate::everyone ? voter.count : 0;
        }
        poll.entrants = plain::entrants_of(poll, pot.name, outcome.winners);
        poll.unpaid = 0;
        TRY(const plain::Winners winners, plain::count(poll));
        const Money spent = poll.sum(winners) - poll.unpaid;
        outcome.spent += spent;
        left_over += pot.budget - spent;
        outcome.winners.insert(outcome.winners.end(), winners.begin(), winners.end());
    }
    outcome.ties.assign(poll.ties.begin(), poll.ties.end());
    return outcome;
}

}  // namespace bypuls::participation::counting
