#include "city/participation/explanation/metrics.h"

#include <algorithm>
#include <map>
#include <optional>

namespace bypuls::participation::explanation {

using counting::BallotView;
using counting::Choice;
using counting::CountResult;
using counting::Election;
using counting::Money;
using counting::ProjectIndex;

namespace {

struct Gains {
    std::int64_t winners = 0;
    Money money = 0;
};

/// `paid` is by project; nothing for those that did not win.
Gains gains_of(const BallotView& ballot, const std::vector<std::optional<Money>>& paid) {
    Gains gains;
    for (const Choice& choice : ballot.choices) {
        if (paid[choice.project]) {
            ++gains.winners;
            gains.money += *paid[choice.project];
        }
    }
    return gains;
}

/// How many voters have each amount, by ascending amount.
using Spread = std::map<std::int64_t, std::int64_t>;

double mean(const Spread& spread, std::int64_t voters) {
    double sum = 0;
    for (const auto& [amount, count] : spread) {
        sum += static_cast<double>(amount) * static_cast<double>(count);
    }
    return voters == 0 ? 0 : sum / static_cast<double>(voters);
}

double median(const Spread& spread, std::int64_t voters) {
    const auto at = [&](std::int64_t place) {
        for (const auto& [amount, count] : spread) {
            place -= count;
            if (place < 0) {
                return static_cast<double>(amount);
            }
        }
        return 0.0;
    };
    return voters == 0 ? 0 : (at((voters - 1) / 2) + at(voters / 2)) / 2;
}

double gini(const Spread& spread, std::int64_t voters) {
    double below = 0;
    double weighted = 0;
    double sum = 0;
    for (const auto& [amount, count] : spread) {
        const auto n = static_cast<double>(count);
        weighted += static_cast<double>(amount) * n * (2 * below + n);
        sum += static_cast<double>(amount) * n;
        below += n;
    }
    return sum == 0 ? 0 : weighted / (static_cast<double>(voters) * sum) - 1;
}

/// Groups of voters with the same amount are cut where a tenth ends.
std::vector<double> tenths(const Spread& spread, std::int64_t voters) {
    constexpr std::size_t parts = 10;
    double sum = 0;
    for (const auto& [amount, count] : spread) {
        sum += static_cast<double>(amount) * static_cast<double>(count);
    }
    if (sum == 0) {
        return {};
    }
    std::vector<double> shares(parts, 0);
    const double each = static_cast<double>(voters) / parts;
    double before = 0;
    for (const auto& [amount, count] : spread) {
        const double after = before + static_cast<double>(count);
        for (std::size_t part = 0; part < parts; ++part) {
            const double begin = std::max(before, each * static_cast<double>(part));
            const double end = std::min(after, each * static_cast<double>(part + 1));
            shares[part] += std::max(0.0, end - begin) * static_cast<double>(amount) / sum;
        }
        before = after;
    }
    return shares;
}

std::vector<PotShare> pot_shares(const Election& election, const CountResult& result) {
    std::map<std::string, std::pair<Money, std::int64_t>> pots;
    std::int64_t votes = 0;
    for (ProjectIndex project = 0; project < election.projects.size(); ++project) {
        pots[election.projects[project].pot].second += result.votes[project];
        votes += result.votes[project];
    }
    for (const counting::Round& round : result.rounds) {
        pots[election.projects[round.project].pot].first += round.paid;
    }
    std::vector<PotShare> shares;
    const auto add = [&](const std::string& pot) {
        const auto& [cost, support] = pots[pot];
        shares.push_back(
            {.pot = pot,
             .of_cost = result.spent == 0 ? 0 : static_cast<double>(cost) / static_cast<double>(result.spent),
             .of_votes = votes == 0 ? 0 : static_cast<double>(support) / static_cast<double>(votes)});
    };
    for (const counting::Pot& pot : election.pots) {
        add(pot.name);
    }
    add("");
    return shares;
}

std::vector<Underserved> find_underserved(const Election& election, const CountResult& result,
                                          const std::vector<Gains>& gains, std::int64_t voters) {
    std::vector<Spread> supporters(election.projects.size());
    for (std::size_t i = 0; i < election.ballots.size(); ++i) {
        for (const Choice& choice : election.ballots[i].choices) {
            supporters[choice.project][gains[i].money] += election.ballots[i].count;
        }
    }
    std::vector<Underserved> found;
    for (ProjectIndex project = 0; project < election.projects.size() && voters > 0; ++project) {
        if (result.won(project)) {
            continue;
        }
        std::int64_t group = 0;
        for (const auto& [got, count] : supporters[project]) {
            group += count;
            const __int128 owed = static_cast<__int128>(group) * result.budget;
            const __int128 had = static_cast<__int128>(got + election.projects[project].cost) * voters;
            if (owed > had) {
                found.push_back(
                    {.project = project, .supporters = group, .got = got, .share = static_cast<Money>(owed / voters)});
                break;
            }
        }
    }
    return found;
}

/// What was paid for each project; nothing for those that did not win.
std::vector<std::optional<Money>> paid_for(const Election& election, const CountResult& result) {
    std::vector<std::optional<Money>> paid(election.projects.size());
    for (const counting::Round& round : result.rounds) {
        paid[round.project] = round.paid;
    }
    return paid;
}

GroupFigures figures_of(const pabulib::VoterGroup& group, const std::vector<std::optional<Money>>& paid) {
    GroupFigures figures{.by = group.by, .name = group.name};
    double with_a_winner = 0;
    double winners = 0;
    double money = 0;
    for (std::size_t i = 0; i < group.ballots.size(); ++i) {
        const BallotView ballot = group.ballots[i];
        if (ballot.choices.empty()) {
            continue;
        }
        const Gains gains = gains_of(ballot, paid);
        const auto count = static_cast<double>(ballot.count);
        figures.voters += ballot.count;
        with_a_winner += gains.winners > 0 ? count : 0;
        winners += static_cast<double>(gains.winners) * count;
        money += static_cast<double>(gains.money) * count;
    }
    const auto all = static_cast<double>(std::max<std::int64_t>(1, figures.voters));
    figures.with_a_winner = with_a_winner / all;
    figures.mean_winners = winners / all;
    figures.mean_kroner = money / all / counting::one_krone;
    return figures;
}

}  // namespace

Metrics metrics(const Election& election, const counting::Rule& rule, const CountResult& result,
                std::span<const pabulib::VoterGroup> groups) {
    const std::vector<std::optional<Money>> paid = paid_for(election, result);
    Spread winners;
    Spread money;
    std::vector<Gains> gains;
    std::int64_t voters = 0;
    for (std::size_t i = 0; i < election.ballots.size(); ++i) {
        gains.push_back(gains_of(election.ballots[i], paid));
        if (!election.ballots[i].choices.empty()) {
            voters += election.ballots[i].count;
            winners[gains.back().winners] += election.ballots[i].count;
            money[gains.back().money] += election.ballots[i].count;
        }
    }
    Metrics metrics;
    const double all = voters == 0 ? 1 : static_cast<double>(voters);
    metrics.spent_share =
        result.budget == 0 ? 0 : static_cast<double>(result.spent) / static_cast<double>(result.budget);
    metrics.excluded_voters = winners.contains(0) ? static_cast<double>(winners[0]) / all : 0;
    metrics.voters_with_a_winner = voters == 0 ? 0 : 1 - metrics.excluded_voters;
    metrics.mean_winners = mean(winners, voters);
    metrics.median_winners = median(winners, voters);
    metrics.mean_kroner = mean(money, voters) / counting::one_krone;
    metrics.median_kroner = median(money, voters) / counting::one_krone;
    metrics.gini_kroner = gini(money, voters);
    metrics.tenths = tenths(money, voters);
    metrics.pots = pot_shares(election, result);
    metrics.underserved = find_underserved(election, result, gains, voters);
    metrics.prices = price_systems(election, rule, result);
    for (const pabulib::VoterGroup& group : groups) {
        metrics.groups.push_back(figures_of(group, paid));
    }
    return metrics;
}

}  // namespace bypuls::participation::explanation
