#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "city/participation/counting/count.h"

namespace bypuls::participation::counting {

/// One supporter group of a project: `count` voters of ballot group `group`, each giving it `weight`.
struct Supporter {
    std::uint32_t group = 0;
    std::uint32_t weight = 1;
    std::uint32_t voters = 0;  ///< small, since the rules' inner loops go through millions of these

    std::int64_t count() const { return voters; }
};

/// One project as chosen by a ballot group.
struct Wish {
    ProjectIndex project = 0;
    std::uint32_t weight = 1;
};

/// The ballots as the rules read them: who supports what, by project and by ballot group. Built once, read by all runs.
/// The weight is what the rule's utility takes from a choice: 1, points, or Borda points.
class Profile {
public:
    enum class Weights : std::uint8_t { ones, values };
    /// What can be asked for: by group alone takes half the memory.
    enum class Index : std::uint8_t { by_group, by_group_and_project };
    Profile(const Election& election, const Rule& rule, Weights weights, Index index = Index::by_group_and_project);

    std::span<const Supporter> supporters(ProjectIndex project) const {
        return std::span(supporters_).subspan(by_project_[project], by_project_[project + 1] - by_project_[project]);
    }
    std::span<const Wish> wishes(std::size_t group) const {
        return std::span(wishes_).subspan(by_group_[group], by_group_[group + 1] - by_group_[group]);
    }
    std::int64_t count(std::size_t group) const { return counts_[group]; }
    std::size_t groups() const { return counts_.size(); }
    std::size_t projects() const { return by_project_.size() - 1; }
    Weights weights() const { return weights_; }
    std::span<const Wish> all_wishes() const { return wishes_; }  ///< group after group

private:
    template <typename Score>
    void take(const Election& election, Score score);
    void index_by_project();

    Weights weights_;
    std::vector<Supporter> supporters_;
    std::vector<std::uint32_t> by_project_;
    std::vector<Wish> wishes_;
    std::vector<std::uint32_t> by_group_{0};
    std::vector<std::int64_t> counts_;
};

/// The value a choice has as a score under the rule; 0: it does not count (a place below the top k).
std::int64_t score_of(const Election& election, const Rule& rule, const Choice& choice);
/// True if Equal Shares under this rule weighs choices by points.
Profile::Weights weights_for(const Election& election, const Rule& rule);

struct Totals {
    std::vector<std::int64_t> votes;  ///< voters who chose the project
    std::vector<std::int64_t> scores;
    std::int64_t voters = 0;  ///< the electorate of the rule
    std::int64_t blank = 0;
};
Totals totals_of(const Election& election, const Rule& rule);

}  // namespace bypuls::participation::counting
