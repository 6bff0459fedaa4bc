#include <algorithm>
#include <map>
#include <numeric>
#include <queue>

#include "city/participation/counting/contest.h"
#include "city/participation/counting/rational.h"
#include "core/check.h"

namespace bypuls::participation::counting {
namespace {

/// The load per voter when the costs of `projects` are spread over their supporters as evenly as can be: the greatest
/// cost(T)/supporters(T) over all subsets T. Found by asking for a subset denser than the densest so far (a closure
/// problem, solved by maximum flow in whole numbers) until there is none.
class Densest {
public:
    using Amount = __int128;

    Densest(const Contest& contest, const Profile& profile, const std::vector<ProjectIndex>& projects) {
        std::vector<std::int32_t> place(profile.projects(), -1);
        for (std::size_t i = 0; i < projects.size(); ++i) {
            place[projects[i]] = static_cast<std::int32_t>(i);
            costs_.push_back(contest.cost(projects[i]));
        }
        std::map<std::vector<std::int32_t>, std::int64_t> kinds;
        std::vector<bool> seen(profile.groups(), false);
        for (const ProjectIndex project : projects) {
            for (const Supporter& supporter : profile.supporters(project)) {
                if (seen[supporter.group]) {
                    continue;
                }
                seen[supporter.group] = true;
                std::vector<std::int32_t> wants;
                for (const Wish& wish : profile.wishes(supporter.group)) {
                    if (place[wish.project] >= 0) {
                        wants.push_back(place[wish.project]);
                    }
                }
                kinds[std::move(wants)] += supporter.count();
            }
        }
        for (auto& [wants, count] : kinds) {
            wants_.push_back(wants);
            counts_.push_back(count);
        }
    }

    mpq_class load() {
        std::vector<bool> subset(costs_.size(), true);
        while (true) {
            const Money cost = cost_of(subset);
            const std::int64_t voters = voters_of(subset);
            std::vector<bool> denser = denser_than(cost, voters);
            if (std::ranges::none_of(denser, std::identity{})) {
                return quotient(to_mpz(cost), to_mpz(voters));
            }
            subset = std::move(denser);
        }
    }

private:
    struct Edge {
        std::uint32_t to;
        Amount room;
    };

    Money cost_of(const std::vector<bool>& subset) const {
        Money sum = 0;
        for (std::size_t i = 0; i < costs_.size(); ++i) {
            sum += subset[i] ? costs_[i] : 0;
        }
        return sum;
    }

    std::int64_t voters_of(const std::vector<bool>& subset) const {
        std::int64_t sum = 0;
        for (std::size_t k = 0; k < wants_.size(); ++k) {
            sum += std::ranges::any_of(wants_[k], [&](std::int32_t i) { return subset[static_cast<std::size_t>(i)]; })
                       ? counts_[k]
                       : 0;
        }
        return sum;
    }

    void link(std::uint32_t from, std::uint32_t to, Amount room) {
        edges_of_[from].push_back(static_cast<std::uint32_t>(edges_.size()));
        edges_.push_back({to, room});
        edges_of_[to].push_back(static_cast<std::uint32_t>(edges_.size()));
        edges_.push_back({from, 0});
    }

    /// A subset T with voters*cost(T) > cost*voters(T), or none.
    std::vector<bool> denser_than(Money cost, std::int64_t voters) {
        const auto projects = static_cast<std::uint32_t>(costs_.size());
        const auto kinds = static_cast<std::uint32_t>(wants_.size());
        edges_.clear();
        edges_of_.assign(projects + kinds + 2, {});
        source_ = projects + kinds;
        sink_ = source_ + 1;
        Amount all = 0;
        for (std::uint32_t i = 0; i < projects; ++i) {
            link(source_, i, static_cast<Amount>(costs_[i]) * voters);
            all += static_cast<Amount>(costs_[i]) * voters;
        }
        for (std::uint32_t k = 0; k < kinds; ++k) {
            for (const std::int32_t i : wants_[k]) {
                link(static_cast<std::uint32_t>(i), projects + k, all);
            }
            link(projects + k, sink_, static_cast<Amount>(counts_[k]) * cost);
        }
        Amount flow = 0;
        while (layer()) {
            next_.assign(edges_of_.size(), 0);
            while (const Amount pushed = push(source_, all)) {
                flow += pushed;
            }
        }
        std::vector<bool> subset(projects, false);
        if (flow < all) {
            for (std::uint32_t i = 0; i < projects; ++i) {
                subset[i] = level_[i] >= 0;
            }
        }
        return subset;
    }

    bool layer() {
        level_.assign(edges_of_.size(), -1);
        level_[source_] = 0;
        std::queue<std::uint32_t> open;
        open.push(source_);
        while (!open.empty()) {
            const std::uint32_t at = open.front();
            open.pop();
            for (const std::uint32_t e : edges_of_[at]) {
                if (edges_[e].room > 0 && level_[edges_[e].to] < 0) {
                    level_[edges_[e].to] = level_[at] + 1;
                    open.push(edges_[e].to);
                }
            }
        }
        return level_[sink_] >= 0;
    }

    /// Paths have at most four steps forward and back per project, so the recursion is as deep as there are projects.
    Amount push(std::uint32_t at, Amount amount) {
        if (at == sink_) {
            return amount;
        }
        for (std::uint32_t& i = next_[at]; i < edges_of_[at].size(); ++i) {
            const std::uint32_t e = edges_of_[at][i];
            if (edges_[e].room > 0 && level_[edges_[e].to] == level_[at] + 1) {
                if (const Amount pushed = push(edges_[e].to, std::min(amount, edges_[e].room))) {
                    edges_[e].room -= pushed;
                    edges_[e ^ 1U].room += pushed;
                    return pushed;
                }
            }
        }
        return 0;
    }

    std::vector<Money> costs_;
    std::vector<std::vector<std::int32_t>> wants_;
    std::vector<std::int64_t> counts_;
    std::vector<Edge> edges_;
    std::vector<std::vector<std::uint32_t>> edges_of_;
    std::vector<int> level_;
    std::vector<std::uint32_t> next_;
    std::uint32_t source_ = 0;
    std::uint32_t sink_ = 0;
};

class MaximinSupport {
public:
    explicit MaximinSupport(const Contest& contest)
        : contest_(contest),
          profile_(contest.election, contest.rule, Profile::Weights::ones),
          least_(profile_.projects()) {
        for (const ProjectIndex project : contest.entrants) {
            least_[project] = quotient(to_mpz(contest.cost(project)), to_mpz(contest.totals.votes[project]));
        }
    }

    Outcome count() {
        Outcome outcome;
        std::vector<ProjectIndex> alive = contest_.entrants;
        while (!alive.empty()) {
            const auto [tied, load] = lightest(alive, outcome.winners());
            const ProjectIndex chosen = contest_.judge.choose(tied);
            if (tied.size() > 1) {
                outcome.ties.push_back(contest_.judge.describe(outcome.rounds.size(), tied, chosen));
            }
            if (outcome.spent + contest_.cost(chosen) > contest_.budget) {
                if (contest_.rule.overrun == Misfit::stop) {
                    break;
                }
                std::erase(alive, chosen);
                continue;
            }
            Round round;
            round.project = chosen;
            round.paid = contest_.cost(chosen);
            round.supporters = contest_.totals.votes[chosen];
            round.share = in_kroner(load);
            round.pot = contest_.pot;
            outcome.rounds.push_back(std::move(round));
            outcome.spent += contest_.cost(chosen);
            std::vector<bool> out(contest_.election.projects.size(), false);
            out[chosen] = true;
            shut_out_rivals(contest_, chosen, out);
            std::erase_if(alive, [&](ProjectIndex project) { return out[project]; });
        }
        return outcome;
    }

private:
    /// The projects whose addition makes the greatest load smallest. Loads only grow with the set, so what a project
    /// asked in an earlier round is a lower bound, and most need not be asked again.
    std::pair<std::vector<ProjectIndex>, mpq_class> lightest(std::vector<ProjectIndex> alive,
                                                             std::vector<ProjectIndex> winners) {
        std::ranges::sort(alive, [&](ProjectIndex a, ProjectIndex b) {
            const int order = cmp(least_[a], least_[b]);
            return order != 0 ? order < 0 : a < b;
        });
        std::vector<ProjectIndex> tied;
        mpq_class best;
        for (const ProjectIndex project : alive) {
            if (!tied.empty() && least_[project] > best) {
                break;
            }
            winners.push_back(project);
            least_[project] = Densest(contest_, profile_, winners).load();
            winners.pop_back();
            if (tied.empty() || least_[project] < best) {
                tied = {project};
                best = least_[project];
            } else if (least_[project] == best) {
                tied.push_back(project);
            }
        }
        std::ranges::sort(tied);
        return {tied, best};
    }

    const Contest& contest_;
    Profile profile_;
    std::vector<mpq_class> least_;
};

}  // namespace

Result<Outcome> count_maximin_support(const Contest& contest) {
    return MaximinSupport(contest).count();
}

}  // namespace bypuls::participation::counting
