#include "city/participation/counting/profile.h"

#include <algorithm>

#include "core/check.h"

namespace bypuls::participation::counting {

std::int64_t score_of(const Election& election, const Rule& rule, const Choice& choice) {
    if (election.kind != BallotKind::ranking) {
        return choice.value;
    }
    if (rule.ranking == RankingScore::approval) {
        return rule.ranking_top == 0 || choice.value <= rule.ranking_top ? 1 : 0;
    }
    const auto length =
        election.ranking_length > 0 ? election.ranking_length : static_cast<std::int64_t>(election.projects.size());
    return std::max<std::int64_t>(0, length - choice.value + 1);
}

Profile::Weights weights_for(const Election& election, const Rule& rule) {
    const bool valued = election.kind == BallotKind::points || election.kind == BallotKind::ranking;
    return valued && rule.utility != Utility::cardinality ? Profile::Weights::values : Profile::Weights::ones;
}

Profile::Profile(const Election& election, const Rule& rule, Weights weights, Index index) : weights_(weights) {
    by_project_.assign(election.projects.size() + 1, 0);
    if (election.kind == BallotKind::ranking) {
        take(election, [&](const Choice& choice) { return score_of(election, rule, choice); });
    } else {
        take(election, [](const Choice& choice) { return choice.value; });
    }
    if (index == Index::by_group_and_project) {
        index_by_project();
    }
}

template <typename Score>
void Profile::take(const Election& election, Score score) {
    const std::size_t ballots = election.ballots.size();
    by_group_.resize(ballots + 1);
    counts_.resize(ballots);
    wishes_.resize(election.ballots.choices());
    Wish* next = wishes_.data();
    for (std::size_t i = 0; i < ballots; ++i) {
        const BallotView ballot = election.ballots[i];
        for (const Choice& choice : ballot.choices) {
            const std::int64_t given = score(choice);
            *next = {.project = choice.project,
                     .weight = weights_ == Weights::values ? static_cast<std::uint32_t>(given) : 1U};
            next += given > 0 ? 1 : 0;
        }
        by_group_[i + 1] = static_cast<std::uint32_t>(next - wishes_.data());
        counts_[i] = ballot.count;
    }
    wishes_.resize(by_group_.back());
}

void Profile::index_by_project() {
    for (const Wish& wish : wishes_) {
        ++by_project_[wish.project + 1];
    }
    for (std::size_t p = 1; p < by_project_.size(); ++p) {
        by_project_[p] += by_project_[p - 1];
    }
    supporters_.resize(wishes_.size());
    std::vector<std::uint32_t> next(by_project_.begin(), by_project_.end() - 1);
    for (std::size_t group = 0; group < groups(); ++group) {
        for (const Wish& wish : wishes(group)) {
            supporters_[next[wish.project]++] = {static_cast<std::uint32_t>(group), wish.weight,
                                                 static_cast<std::uint32_t>(counts_[group])};
        }
    }
}

Totals totals_of(const Election& election, const Rule& rule) {
    Totals totals;
    totals.votes.assign(election.projects.size(), 0);
    totals.scores.assign(election.projects.size(), 0);
    std::int64_t all = 0;
    for (std::size_t i = 0; i < election.ballots.size(); ++i) {
        const BallotView ballot = election.ballots[i];
        all += ballot.count;
        bool chose = false;
        for (const Choice& choice : ballot.choices) {
            const std::int64_t score = score_of(election, rule, choice);
            chose = chose || score > 0;
            totals.votes[choice.project] += score > 0 ? ballot.count : 0;
            totals.scores[choice.project] += score * ballot.count;
        }
        totals.blank += chose ? 0 : ballot.count;
    }
    totals.voters = rule.electorate == Electorate::everyone ? all : all - totals.blank;
    return totals;
}

}  // namespace bypuls::participation::counting
