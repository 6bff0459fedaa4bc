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

Profile::Profile(const Election& election, const Rule& rule, Weights weights, Index index) {
    const std::size_t projects = election.projects.size();
    by_project_.assign(projects + 1, 0);
    by_group_.reserve(election.ballots.size() + 1);
    counts_.reserve(election.ballots.size());
    wishes_.reserve(election.ballots.choices());
    for (std::size_t i = 0; i < election.ballots.size(); ++i) {
        const BallotView ballot = election.ballots[i];
        for (const Choice& choice : ballot.choices) {
            const std::int64_t score = score_of(election, rule, choice);
            if (score > 0) {
                const auto weight = weights == Weights::values ? static_cast<std::uint32_t>(score) : 1U;
                wishes_.push_back({choice.project, weight});
                ++by_project_[choice.project + 1];
            }
        }
        by_group_.push_back(static_cast<std::uint32_t>(wishes_.size()));
        counts_.push_back(ballot.count);
    }
    if (index == Index::by_group) {
        return;
    }
    for (std::size_t p = 0; p < projects; ++p) {
        by_project_[p + 1] += by_project_[p];
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
