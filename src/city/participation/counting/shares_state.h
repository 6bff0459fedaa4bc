#pragma once

// For shares*.cc only.
#include <bit>
#include <optional>

#include "city/participation/counting/rational.h"
#include "city/participation/counting/shares.h"

namespace bypuls::participation::counting {

/// Balances in the middle of a run. "Fixed" numbers are whole numbers of 2^-shift øre.
class Shares::State {
public:
    using Fixed = std::int64_t;

    /// What a project would cost each unit of weight now.
    struct Ask {
        enum class Kind : std::uint8_t { unaffordable, bounded, unsure } kind = Kind::unaffordable;
        Fixed pay = 0;              ///< the best guess
        Fixed low = 0;              ///< certainly not less than this
        Fixed high = 0;             ///< certainly not more than this, if closed
        bool closed = false;        ///< it is certain who would pay in full
        bool nobody_short = false;  ///< no supporter would pay less than the full share
    };
    /// A project's payment, enclosed.
    struct Bounds {
        Fixed pay = 0;
        Fixed low = 0;
        Fixed high = 0;
    };

    State(const Contest& contest, const Profile& profile);

    void begin(const Share& share);
    bool fits(const Share& share) const;
    Result<void> widen(const Share& share);

    /// Looks no further once the payment certainly exceeds `enough` (a price, for the same kind of comparison as
    /// cheaper()); the answer is then a lower bound only.
    Ask ask(ProjectIndex project, std::optional<std::pair<Fixed, ProjectIndex>> enough = std::nullopt);
    /// The payment of an affordable project enclosed; exact arithmetic where the bounds do not close.
    Bounds enclose(ProjectIndex project, const Ask& ask);
    /// The exact payment (øre) per unit of weight; nothing if the supporters cannot pay.
    std::optional<mpq_class> exact_payment(ProjectIndex project);
    /// Takes the money and remembers who is left with nothing.
    void charge(ProjectIndex project, const Bounds& bounds);
    /// Exact payments of all rounds so far.
    const mpq_class& exact_round(std::size_t round);

    /// Payment `a` for project `p` against payment `b` for project `q`, as prices of a unit of utility.
    std::strong_ordering compare_prices(Fixed a, ProjectIndex p, Fixed b, ProjectIndex q) const;
    mpq_class price(const mpq_class& payment, ProjectIndex project) const;

    const Contest& contest;
    const Profile& profile;
    std::vector<Fixed> lower;         ///< per project: its payment is certainly not less
    std::vector<ProjectIndex> alive;  ///< not bought, not unaffordable, not shut out; ascending

    struct Bought {
        ProjectIndex project = 0;
        std::vector<std::uint32_t> emptied;  ///< groups that gave the rest of their money, less than the full share
        std::int64_t rich_weight = 0;        ///< weight of those who paid in full
        std::int64_t short_voters = 0;
        std::optional<mpq_class> payment;
    };
    std::vector<Bought> bought;

private:
    struct Pass {
        Fixed total = 0;
        Fixed poor_sum = 0;
        std::int64_t poor_weight = 0;
        std::int64_t poor_live = 0;  ///< voters among the poor who have something
        std::int64_t live = 0;
        std::int64_t doubtful = 0;
    };
    /// Supporters certainly poor at `pay`, and how many are too close to tell with payments within `slack` of it.
    template <bool ones, bool first>
    Pass look(ProjectIndex project, Fixed pay, Fixed slack) const;
    bool settle(Ask& ask, ProjectIndex project, const Pass& pass, Fixed slack);

    /// Supporters with money split at a payment known to lie within `slack` of `pay`.
    struct Split {
        std::vector<std::uint32_t> poor;
        std::vector<std::uint32_t> doubtful;
        Fixed poor_sum = 0;
        std::int64_t poor_live = 0;
        std::int64_t short_weight = 0;
        std::int64_t short_voters = 0;
    };
    Split split(ProjectIndex project, Fixed pay, Fixed slack) const;
    std::optional<Bounds> close(ProjectIndex project, Fixed guess) const;
    mpq_class exact_balance(std::uint32_t group);
    /// The money of these groups of supporters of a project, exactly.
    mpq_class exact_sum(const std::vector<std::uint32_t>& groups, std::size_t rounds);
    std::optional<mpq_class> water_level(ProjectIndex project);
    void refresh();
    Fixed cost_fixed(ProjectIndex project) const { return contest.cost(project) << shift_; }
    static Fixed ceil_div(__int128 a, std::int64_t b) { return static_cast<Fixed>((a + b - 1) / b); }

    bool ones_ = true;
    bool by_cost_ = true;
    int shift_ = 0;
    std::int64_t weight_max_ = 1;
    std::vector<std::int64_t> weights_;  ///< per project: total weight of its supporters
    std::vector<Fixed> balance_;         ///< per group; 0 is exactly nothing
    __int128 error_ = 1;                 ///< of every balance that is not 0
    __int128 error_max_ = 1;
    std::vector<std::uint32_t> round_of_;  ///< per project
    mpq_class endowment_;
};

}  // namespace bypuls::participation::counting
