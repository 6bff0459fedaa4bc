#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "city/participation/counting/count.h"

namespace bypuls::participation::explanation {

/// Where a search for a change should begin: what the change would have to be if all else in the finished count stayed
/// as it was. Worked out with doubles from the published payments, and only ever a guess: every answer is counted.
class Guess {
public:
    Guess(const counting::Election& election, const counting::Rule& rule, const counting::CountResult& result);
    /// By a count of the same ballots with a change, in which the project asked about was not bought.
    Guess(const Guess& as_it_was, const counting::CountResult& changed);

    /// False where the rule is not Equal Shares on ballots without points, or the outcome is not its own: all are 0.
    bool any() const { return rounds_ > 0; }

    /// In øre.
    std::int64_t cost_reduction(counting::ProjectIndex project) const;
    std::int64_t new_ballots(counting::ProjectIndex project) const;
    /// Ballot groups in the order in which their voters change, as in Variant.
    std::int64_t more_support(counting::ProjectIndex project, const std::vector<std::uint32_t>& order) const;
    std::int64_t fewer_rivals(counting::ProjectIndex project, const std::vector<std::uint32_t>& supporters) const;
    std::int64_t less_support(counting::ProjectIndex project, const std::vector<std::uint32_t>& supporters) const;

    /// Voters in an order in which few of them may be enough: those first who make the most difference in the round
    /// that needs fewest.
    struct Order {
        std::vector<std::uint32_t> groups;
        std::int64_t voters = 0;  ///< how many would be enough
    };
    /// Of those who did not choose the project: whoever could pay most for it goes first.
    Order to_add(counting::ProjectIndex project, const std::vector<std::uint32_t>& others) const;
    /// Of its supporters: whose other choices cost it most goes first.
    Order to_leave_rivals(counting::ProjectIndex project, const std::vector<std::uint32_t>& supporters) const;
    /// Of its supporters: whoever could pay most for it, had the others been bought without it, goes first.
    Order to_leave(counting::ProjectIndex project, const std::vector<std::uint32_t>& supporters) const;

private:
    /// The ballots by project.
    struct Supporters {
        std::vector<double> voters;                      ///< by ballot group
        std::vector<std::vector<std::uint32_t>> groups;  ///< by project
    };
    void look_at(const counting::CountResult& result);
    double balance(std::uint32_t group, std::size_t round) const {
        return balances_[round * supporters_->voters.size() + group];
    }
    double voters(std::uint32_t group) const { return supporters_->voters[group]; }
    const std::vector<std::uint32_t>& groups(counting::ProjectIndex project) const {
        return supporters_->groups[project];
    }
    /// What a supporter may pay at most if the project is to be as cheap as what the round bought.
    double limit(std::size_t round, double cost) const;
    double cost(counting::ProjectIndex project) const;
    double limit(counting::ProjectIndex bought, double pays, double cost) const;
    /// Of the first round in which the project can enter to the last; the one after the purchases only if it fits.
    std::size_t chances(counting::ProjectIndex project) const;
    struct Needed {
        std::int64_t voters = 0;
        std::size_t round = 0;  ///< in which they are fewest
    };
    template <typename Gain>
    Needed voters_for(counting::ProjectIndex project, const std::vector<std::uint32_t>& order, Gain gain) const;
    template <typename Gain>
    Order best_order(counting::ProjectIndex project, const std::vector<std::uint32_t>& voters, Gain gain) const;
    auto gain_of_support() const;
    auto gain_of_fewer_rivals() const;
    double water_level(counting::ProjectIndex project, const double* balances) const;
    double water_level(counting::ProjectIndex project, std::size_t round) const {
        return water_level(project, balances_.data() + round * supporters_->voters.size());
    }
    /// A round without the project, and after the last of them: what each of its supporters has for it then, and by how
    /// much all of that is more than it costs.
    struct Chance {
        std::vector<double> each;
        double spare = 0;
    };
    std::vector<Chance> chances_without(counting::ProjectIndex project,
                                        const std::vector<std::uint32_t>& supporters) const;
    double collected(counting::ProjectIndex project, std::size_t round, double limit) const;

    const counting::Election& election_;
    std::size_t rounds_ = 0;
    bool by_cost_ = true;
    double share_ = 0;
    double left_ = 0;
    std::vector<counting::ProjectIndex> bought_;
    std::vector<double> pays_;                      ///< by round, kroner
    std::vector<double> balances_;                  ///< before each round and after the last, by ballot group
    std::shared_ptr<const Supporters> supporters_;  ///< null: unusable
};

}  // namespace bypuls::participation::explanation
