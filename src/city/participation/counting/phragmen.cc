#include <algorithm>
#include <bit>

#include "city/participation/counting/contest.h"
#include "city/participation/counting/rational.h"
#include "core/check.h"

namespace bypuls::participation::counting {
namespace {

using Fixed = std::int64_t;
constexpr std::uint32_t none = UINT32_MAX;

/// Sequential Phragmén. Loads are kept as whole numbers of 2^-shift øre; a new load is an average of old ones plus a
/// share, so each round adds less than one unit of error. Closer calls than that go to rational arithmetic, where a
/// load is linear in the loads of earlier rounds.
class Loads {
public:
    explicit Loads(const Contest& contest)
        : contest_(contest), profile_(contest.election, contest.rule, Profile::Weights::ones) {
        // All loads of a project's supporters and its cost together are no more than the dearest project and the
        // budget.
        __int128 most = contest.budget;
        for (const ProjectIndex project : contest.entrants) {
            most = std::max<__int128>(most, contest.cost(project));
        }
        shift_ = std::clamp(59 - static_cast<int>(std::bit_width(static_cast<std::uint64_t>(most))), 1, 30);
        sums_.assign(profile_.projects(), 0);
        load_.assign(profile_.groups(), 0);
        last_.assign(profile_.groups(), none);
    }

    Outcome count();

private:
    Fixed next_load(ProjectIndex project) const {
        return ((contest_.cost(project) << shift_) + sums_[project]) / contest_.totals.votes[project];
    }
    std::vector<std::int64_t> carried(ProjectIndex project) const;
    mpq_class exact_load(ProjectIndex project);
    const mpq_class& exact_round(std::size_t round);
    std::vector<ProjectIndex> lowest(const std::vector<ProjectIndex>& alive);
    void buy(ProjectIndex project, Outcome& outcome);

    struct Bought {
        ProjectIndex project = 0;
        std::vector<std::int64_t> carried;  ///< supporters by the round their load came from
        std::optional<mpq_class> load;
    };

    const Contest& contest_;
    Profile profile_;
    int shift_ = 1;
    std::vector<Fixed> sums_;          ///< per project: the loads of its supporters
    std::vector<Fixed> load_;          ///< per group
    std::vector<std::uint32_t> last_;  ///< per group: the round its load came from
    std::vector<Bought> bought_;
};

std::vector<std::int64_t> Loads::carried(ProjectIndex project) const {
    std::vector<std::int64_t> counts(bought_.size(), 0);
    for (const Supporter& supporter : profile_.supporters(project)) {
        if (last_[supporter.group] != none) {
            counts[last_[supporter.group]] += supporter.count();
        }
    }
    return counts;
}

const mpq_class& Loads::exact_round(std::size_t round) {
    for (std::size_t k = 0; k <= round; ++k) {
        if (bought_[k].load) {
            continue;
        }
        mpq_class sum{to_mpz(contest_.cost(bought_[k].project))};
        for (std::size_t from = 0; from < bought_[k].carried.size(); ++from) {
            if (bought_[k].carried[from] != 0) {
                sum += *bought_[from].load * to_mpz(bought_[k].carried[from]);
            }
        }
        bought_[k].load = sum / to_mpz(contest_.totals.votes[bought_[k].project]);
    }
    return *bought_[round].load;
}

mpq_class Loads::exact_load(ProjectIndex project) {
    mpq_class sum{to_mpz(contest_.cost(project))};
    const std::vector<std::int64_t> counts = carried(project);
    for (std::size_t round = 0; round < counts.size(); ++round) {
        if (counts[round] != 0) {
            sum += exact_round(round) * to_mpz(counts[round]);
        }
    }
    return sum / to_mpz(contest_.totals.votes[project]);
}

std::vector<ProjectIndex> Loads::lowest(const std::vector<ProjectIndex>& alive) {
    Fixed best = INT64_MAX;
    for (const ProjectIndex project : alive) {
        best = std::min(best, next_load(project));
    }
    const auto doubt = static_cast<Fixed>(2 * (bought_.size() + 2));
    std::vector<ProjectIndex> close;
    std::ranges::copy_if(alive, std::back_inserter(close),
                         [&](ProjectIndex p) { return next_load(p) <= best + doubt; });
    if (close.size() == 1) {
        return close;
    }
    std::vector<ProjectIndex> tied;
    mpq_class low;
    for (const ProjectIndex project : close) {
        const mpq_class load = exact_load(project);
        if (tied.empty() || load < low) {
            tied = {project};
            low = load;
        } else if (load == low) {
            tied.push_back(project);
        }
    }
    return tied;
}

void Loads::buy(ProjectIndex project, Outcome& outcome) {
    const Fixed load = next_load(project);
    Bought purchase{.project = project, .carried = carried(project), .load = std::nullopt};
    for (const Supporter& supporter : profile_.supporters(project)) {
        const Fixed more = load - load_[supporter.group];
        for (const Wish& wish : profile_.wishes(supporter.group)) {
            sums_[wish.project] += supporter.count() * more;
        }
        load_[supporter.group] = load;
        last_[supporter.group] = static_cast<std::uint32_t>(bought_.size());
    }
    bought_.push_back(std::move(purchase));
    Round round;
    round.project = project;
    round.paid = contest_.cost(project);
    round.supporters = contest_.totals.votes[project];
    round.pot = contest_.pot;
    if (contest_.options.exact_rounds) {
        round.share = in_kroner(exact_round(bought_.size() - 1));
    }
    outcome.rounds.push_back(std::move(round));
    outcome.spent += contest_.cost(project);
}

Outcome Loads::count() {
    Outcome outcome;
    std::vector<ProjectIndex> alive = contest_.entrants;
    while (!alive.empty()) {
        const std::vector<ProjectIndex> tied = lowest(alive);
        const ProjectIndex chosen = contest_.judge.settle(tied, outcome.rounds.size(), outcome.ties);
        if (outcome.spent + contest_.cost(chosen) > contest_.budget) {
            if (contest_.rule.overrun == Misfit::stop) {
                break;
            }
            std::erase(alive, chosen);
            continue;
        }
        buy(chosen, outcome);
        std::vector<bool> out(contest_.election.projects.size(), false);
        out[chosen] = true;
        shut_out_rivals(contest_, chosen, out);
        std::erase_if(alive, [&](ProjectIndex project) { return out[project]; });
    }
    return outcome;
}

}  // namespace

Result<Outcome> count_phragmen(const Contest& contest) {
    return Loads(contest).count();
}

}  // namespace bypuls::participation::counting
