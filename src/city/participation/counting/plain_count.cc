// The second implementation. It shares with the first only the values and the arithmetic library: where both agree, a
// mistake would have to have been made twice in different ways.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <openssl/sha.h>

#include "city/participation/counting/count.h"
#include "city/participation/counting/plain.h"
#include "city/participation/counting/rational.h"

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

mpq_class Poll::gain(ProjectIndex project, std::int64_t value) const {
    const mpq_class one = rule.utility == Utility::cardinality ? mpq_class(1) : mpq_class(static_cast<long>(value));
    return rule.utility == Utility::cost ? mpq_class(one * static_cast<long>(cost(project))) : one;
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

/// What the voters have. Those with equally much share one entry, since a city's ballots are a hundred thousand.
class PurseBook {
public:
    PurseBook(const Poll& poll, const mpq_class& endowment)
        : poll_(poll), amounts_{endowment}, entry_of_{{endowment, 0}}, at_(poll.voters.size(), 0) {}

    /// The price at which the supporters' money just covers the cost, by trying every supporter as the last who gives
    /// all.
    std::optional<mpq_class> price_of(ProjectIndex project) const {
        std::vector<std::tuple<mpq_class, mpq_class, mpq_class>> purses;  // money per gain, money, gain
        mpq_class all;
        mpq_class gains;
        for (const auto& [key, count] : backers(project)) {
            const mpq_class gain = poll_.gain(project, key.second);
            const mpq_class people{static_cast<long>(count)};
            purses.emplace_back(amounts_[key.first] / gain, amounts_[key.first] * people, gain * people);
            all += std::get<1>(purses.back());
            gains += std::get<2>(purses.back());
        }
        mpq_class left{static_cast<long>(poll_.cost(project))};
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

    /// Every supporter pays the price for her gain, or what she has.
    PlainRound pay(ProjectIndex project, const mpq_class& price) {
        PlainRound round{.project = project, .paid = poll_.cost(project)};
        std::map<Kind, std::size_t> after;
        for (const auto& [key, count] : backers(project)) {
            const mpq_class full = price * poll_.gain(project, key.second);
            const mpq_class has = amounts_[key.first];
            round.paid_all_they_had += has < full ? count : 0;
            const mpq_class rest = has - std::min(has, full);
            const auto [known, fresh] = entry_of_.try_emplace(rest, amounts_.size());
            after[key] = known->second;
            if (fresh) {
                amounts_.push_back(rest);
            }
        }
        for (const Backer& backer : poll_.backers[project]) {
            at_[backer.voter] = after.at({at_[backer.voter], backer.value});
        }
        const bool by_cost = poll_.rule.utility == Utility::cost;
        const mpq_class krone{static_cast<long>(one_krone)};
        round.price = to_exact(by_cost ? price : mpq_class(price / krone));
        round.share = to_exact(mpq_class(price * poll_.gain(project, 1) / krone));
        return round;
    }

private:
    using Kind = std::pair<std::size_t, std::int64_t>;  ///< which of the amounts, and the value given

    /// How many supporters there are of each kind.
    std::vector<std::pair<Kind, std::int64_t>> backers(ProjectIndex project) const {
        const std::vector<Backer>& all = poll_.backers[project];
        std::vector<std::pair<Kind, std::int64_t>> kinds;
        counts_.resize(amounts_.size(), 0);
        for (auto from = all.begin(); from != all.end();) {
            const std::int64_t value = from->value;
            std::vector<std::size_t> seen;
            for (; from != all.end() && from->value == value; ++from) {
                const std::size_t amount = at_[from->voter];
                if (counts_[amount] == 0) {
                    seen.push_back(amount);
                }
                counts_[amount] += from->count;
            }
            for (const std::size_t amount : seen) {
                kinds.push_back({{amount, value}, std::exchange(counts_[amount], 0)});
            }
        }
        constexpr std::size_t fraction_costs = 50;
        poll_.work += static_cast<std::int64_t>(all.size() + fraction_costs * kinds.size());
        return kinds;
    }

    const Poll& poll_;
    std::vector<mpq_class> amounts_;
    std::map<mpq_class, std::size_t> entry_of_;
    std::vector<std::size_t> at_;               ///< by voter: which of the amounts she has
    mutable std::vector<std::int64_t> counts_;  ///< by amount; nought between two uses
};

struct Bought {
    Winners winners;
    std::vector<PlainRound> rounds;
};

Bought shares(const Poll& poll, const mpq_class& endowment) {
    PurseBook money(poll, endowment);
    Bought bought;
    while (!poll.exhausted()) {
        std::map<ProjectIndex, mpq_class> prices;
        for (const ProjectIndex project : poll.without_clashes(poll.entrants, bought.winners)) {
            if (const auto price = money.price_of(project)) {
                prices[project] = *price;
            }
        }
        if (prices.empty()) {
            break;
        }
        std::vector<ProjectIndex> projects;
        for (const auto& [project, price] : prices) {
            projects.push_back(project);
        }
        const ProjectIndex next =
            best_by(poll, projects, [&](ProjectIndex project) { return mpq_class(-prices[project]); });
        bought.rounds.push_back(money.pay(next, prices[next]));
        bought.winners.push_back(next);
        if (poll.sum(bought.winners) > poll.budget) {
            return bought;  // whatever else it would buy, this endowment is too large
        }
    }
    return bought;
}

bool exhaustive(const Poll& poll, const Winners& winners) {
    return std::ranges::none_of(poll.without_clashes(poll.entrants, winners),
                                [&](ProjectIndex p) { return poll.sum(winners) + poll.cost(p) <= poll.budget; });
}

/// The share to begin with.
mpq_class first_share(const Poll& poll) {
    if (poll.options.raise_from != nullptr) {
        for (const Endowment& endowment : poll.options.raise_from->endowments) {
            if (endowment.pot == poll.pot) {
                return mpq_class(endowment.share.fraction) * static_cast<long>(one_krone);
            }
        }
    }
    mpq_class endowment(mpz_class(static_cast<long>(poll.budget)),
                        mpz_class(static_cast<long>(std::max<std::int64_t>(1, poll.voter_count))));
    endowment.canonicalize();
    if (poll.rule.whole_endowment) {
        const mpz_class kroner = mpz_class(endowment.get_num() / (endowment.get_den() * static_cast<long>(one_krone)));
        endowment = kroner * static_cast<long>(one_krone);
    }
    return endowment;
}

Winners raised(const Poll& poll) {
    const Completion completion = poll.rule.completion;
    mpq_class endowment = first_share(poll);
    Bought bought = shares(poll, endowment);
    const bool raises = completion != Completion::none && completion != Completion::util;
    const bool until_exhaustive = completion == Completion::add1e || completion == Completion::add1eu;
    const Money step = completion == Completion::add_opt ? 1 : poll.rule.step;
    for (std::int64_t raise = 1; raises && !poll.exhausted(); ++raise) {
        if ((until_exhaustive && exhaustive(poll, bought.winners)) ||
            endowment >= static_cast<long>(poll.sum(poll.entrants))) {
            break;
        }
        const mpq_class higher = endowment + static_cast<long>(step);
        Bought next = shares(poll, higher);
        if (poll.sum(next.winners) > poll.budget) {
            break;
        }
        endowment = higher;
        bought = std::move(next);
        if (raise % 10 == 0) {
            poll.tell(fmt::format("second implementation: {} raises", raise));
        }
    }
    poll.rounds = bought.rounds;
    poll.endowment = to_exact(mpq_class(endowment / static_cast<long>(one_krone)));
    return bought.winners;
}

bool all_fit(const Poll& poll) {
    for (const ProjectIndex a : poll.entrants) {
        for (ProjectIndex b = 0; b < poll.election.projects.size(); ++b) {
            if (poll.clash(a, b)) {
                return false;
            }
        }
    }
    return poll.sum(poll.entrants) <= poll.budget;
}

Winners equal_shares(const Poll& poll) {
    const Completion completion = poll.rule.completion;
    const bool raises = completion != Completion::none && completion != Completion::util;
    if (raises && all_fit(poll)) {
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
    if (change > keep) {
        poll.rounds.clear();
        return other;
    }
    return winners;
}

}  // namespace

Result<Winners> count(const Poll& poll) {
    if (poll.rule.fully_funded && all_fit(poll)) {
        return greedy(poll, Order::score, Misfit::skip, {});
    }
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

namespace {

/// The rounds of a pot: what the rule noted, or else that the winner got its cost.
void note_rounds(const plain::Poll& poll, const plain::Winners& winners, PlainOutcome& outcome) {
    for (const ProjectIndex winner : winners) {
        const auto noted = std::ranges::find(poll.rounds, winner, &PlainRound::project);
        outcome.rounds.push_back(noted == poll.rounds.end() ? PlainRound{.project = winner, .paid = poll.cost(winner)}
                                                            : *noted);
    }
    if (!winners.empty()) {
        outcome.rounds.back().paid -= poll.unpaid;
    }
    outcome.shares.push_back(poll.endowment);
}

void look_at_ballots(plain::Poll& poll) {
    const Election& election = poll.election;
    poll.backers.resize(election.projects.size());
    poll.all_votes.resize(election.projects.size(), 0);
    poll.all_scores.resize(election.projects.size(), 0);
    for (std::size_t i = 0; i < election.ballots.size(); ++i) {
        plain::Voter voter{.count = election.ballots[i].count};
        for (const Choice& choice : election.ballots[i].choices) {
            if (poll.value(choice) > 0) {
                voter.values[choice.project] = poll.value(choice);
            }
        }
        for (const auto& [project, value] : voter.values) {
            poll.backers[project].push_back({.voter = poll.voters.size(), .value = value, .count = voter.count});
            poll.all_votes[project] += voter.count;
            poll.all_scores[project] += voter.count * value;
        }
        poll.voters.push_back(std::move(voter));
    }
    for (std::vector<plain::Backer>& backers : poll.backers) {
        std::ranges::stable_sort(backers, {}, &plain::Backer::value);
    }
}

}  // namespace

Result<PlainOutcome> count_plainly(const Election& election, const Rule& rule, const PlainOptions& options) {
    TRY_DO(validate(election));
    plain::Poll poll{.election = election, .rule = rule, .options = options};
    look_at_ballots(poll);
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
        outcome.rounds.push_back({.project = outcome.winners.back()});
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
        poll.rounds.clear();
        poll.endowment.reset();
        poll.pot = pot.name;
        TRY(const plain::Winners winners, plain::count(poll));
        if (poll.exhausted()) {
            return fail(Errc::exhausted,
                        fmt::format("counting every round of every raise a second time takes more than {} steps",
                                    options.work_max));
        }
        note_rounds(poll, winners, outcome);
        const Money spent = poll.sum(winners) - poll.unpaid;
        outcome.spent += spent;
        left_over += pot.budget - spent;
        outcome.winners.insert(outcome.winners.end(), winners.begin(), winners.end());
    }
    outcome.ties.assign(poll.ties.begin(), poll.ties.end());
    return outcome;
}

}  // namespace bypuls::participation::counting
