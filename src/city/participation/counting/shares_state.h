#pragma once

// For shares*.cc only.
#include <optional>

#include "city/participation/counting/purses.h"
#include "city/participation/counting/rational.h"
#include "city/participation/counting/shares.h"

namespace bypuls::participation::counting {

/// A run in the middle. "Fixed" numbers are whole numbers of 2^-shift øre; sums of them have 128 bits.
///
/// No balances are kept: a voter has the endowment minus the payments of the projects bought that she supports, and
/// nothing where that is not positive. (Who could not pay in full has nothing left, and the sum of the full payments is
/// then at least the endowment.) So the order of purchases leaves no other trace than the payments.
class Shares::State {
public:
    using Fixed = std::int64_t;
    using Wide = __int128;

    /// What a project would cost each unit of weight now.
    struct Ask {
        enum class Kind : std::uint8_t {
            unaffordable,
            beyond,    ///< certainly dearer than what was `enough`; only `low` is known
            enclosed,  ///< low <= payment <= high
        } kind = Kind::unaffordable;
        Fixed low = 0;
        Fixed high = 0;
        bool nobody_short = false;  ///< certainly no supporter would pay less than the full share
    };

    State(const Contest& contest, const Profile& profile);

    void begin(const Share& share);
    bool fits(const Share& share) const;
    Result<void> widen(const Share& share);

    /// Looks no further once the payment certainly exceeds `enough` (a price, for the same kind of comparison as
    /// compare_prices()).
    Ask ask(ProjectIndex project, std::optional<std::pair<Fixed, ProjectIndex>> enough = std::nullopt);
    /// Takes the money: `ask` is enclosed and of now.
    void charge(ProjectIndex project, const Ask& ask);
    /// Projects at the beginning of every run with at least the endowment of the latest, in order: each is cheapest
    /// however rich the others' supporters are, and nobody is short, so its payment is cost over weight.
    const std::vector<ProjectIndex>& opening() const { return opening_; }
    /// Buys the opening; the payments.
    std::vector<Ask> buy_opening();
    /// Whether the opening found for an endowment holds for this one.
    bool opening_holds() const { return endowment_ >= opening_share_; }
    /// Takes the purchases of the run that has ended into account for the opening of the following ones.
    void remember_opening(const std::vector<bool>& nobody_short);

    /// The exact payment (øre) per unit of weight of an enclosed project.
    mpq_class exact_payment(ProjectIndex project, const Ask& ask);
    /// Exact payments of the rounds so far.
    const mpq_class& exact_round(std::size_t round);
    /// Supporters who paid less than the full share in a round, those who had nothing included.
    std::int64_t short_voters(std::size_t round);

    /// Payment `a` for project `p` against payment `b` for project `q`, as prices of a unit of utility.
    std::strong_ordering compare_prices(Fixed a, ProjectIndex p, Fixed b, ProjectIndex q) const;
    mpq_class price(const mpq_class& payment, ProjectIndex project) const;
    /// Marks the project as bought and its rivals as shut out.
    void strike(ProjectIndex project);
    /// Those alive by their lower bounds as prices, level ones ascending. Stays as it is until asked for again.
    const std::vector<ProjectIndex>& cheapest_first();

    const Contest& contest;
    const Profile& profile;
    std::vector<Fixed> lower;         ///< per project: its payment is certainly not less
    std::vector<ProjectIndex> alive;  ///< not bought, not unaffordable, not shut out; ascending

    struct Bought {
        ProjectIndex project = 0;
        Fixed pay = 0;    ///< the best guess
        Fixed slack = 0;  ///< by which it may be off
        Ask ask;
        std::optional<mpq_class> exact = std::nullopt;
    };
    std::vector<Bought> bought;

private:
    using Slot = Purses::Slot;

    /// Rows split at a payment known to lie within a slack of a guess.
    struct Pass {
        Wide total = 0;
        Wide poor_sum = 0;
        std::int64_t poor_weight = 0;
        std::int64_t poor_live = 0;  ///< voters among the poor who may have something
        std::int64_t live = 0;
        std::int64_t near = 0;  ///< voters too close to tell
    };
    template <bool ones, bool first>
    void take(Pass& pass, Fixed balance, std::size_t row, Fixed pay, Fixed slack) const;
    template <bool ones, int length>
    void read_block(Pass& pass, const Purses::Block& block, Fixed pay, Fixed slack, Fixed* balances) const;
    /// Works out the supporters' balances and splits them.
    template <bool ones>
    Pass read(Slot slot, Fixed pay, Fixed slack);
    /// Splits the balances just read at another payment.
    template <bool ones>
    Pass reread(Slot slot, Fixed pay, Fixed slack) const;
    /// Takes in a pass; true when the payment is enclosed.
    bool settle(Ask& ask, Slot slot, const Pass& pass, Fixed& pay, Fixed& slack);
    Ask ask_exactly(ProjectIndex project);

    std::span<const Supporter> supporters(ProjectIndex project);
    /// Payments of the rounds before `rounds`, by slot.
    std::vector<Fixed> pays_before(std::size_t rounds) const;
    Wide error_before(std::size_t rounds) const;
    Wide balance(std::uint32_t group, const std::vector<Fixed>& pays) const;
    mpq_class exact_balance(std::uint32_t group, std::size_t rounds);
    std::optional<mpq_class> exact_by_split(ProjectIndex project, std::size_t rounds, const Ask& ask);
    std::optional<mpq_class> water_level(ProjectIndex project, std::size_t rounds);
    void refresh();

    bool cheaper(ProjectIndex a, ProjectIndex b) const;
    Wide cost_fixed(ProjectIndex project) const { return static_cast<Wide>(contest.cost(project)) << shift_; }
    Wide needed(const Share& share) const;
    Slot slot_of(ProjectIndex project) const { return slot_of_[project]; }

    Purses purses_;
    std::optional<Profile> by_project_;
    std::vector<Slot> slot_of_;  ///< of entrants
    bool by_cost_ = true;
    int shift_ = 0;
    std::vector<std::int64_t> weights_;  ///< per slot: total weight of its supporters
    std::vector<std::int64_t> voters_;   ///< per slot
    std::vector<Fixed> pay_;             ///< per slot; 0: not bought
    std::vector<Fixed> guess_;           ///< per slot: what it asked in the run before
    std::vector<Fixed> balances_;        ///< of the rows read last
    Fixed endowment_fixed_ = 0;
    mpq_class endowment_;
    Fixed error_ = 1;  ///< of every balance worked out
    Fixed error_max_ = 1;
    std::vector<std::uint32_t> round_of_;  ///< per project
    std::vector<ProjectIndex> by_price_;   ///< as cheapest_first() left it
    std::vector<ProjectIndex> at_first_;   ///< all entrants as they stand when a run begins; empty: not known
    std::vector<ProjectIndex> opening_;
    mpq_class opening_share_;
};

}  // namespace bypuls::participation::counting
