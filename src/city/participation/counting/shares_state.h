#pragma once

// For shares*.cc only.
#include <algorithm>
#include <optional>

#include "city/participation/counting/folds.h"
#include "city/participation/counting/lumps.h"
#include "city/participation/counting/rational.h"
#include "city/participation/counting/shares.h"

namespace bypuls::participation::counting {

/// Slopes are whole numbers of 2^-20.
inline constexpr int slope_bits = 20;
inline constexpr std::int64_t straight = std::int64_t{1} << slope_bits;  ///< of the endowment itself

/// No fixed number is larger.
inline constexpr std::int64_t fixed_max = INT64_MAX / 4;

/// Rounded towards less; the divisor is positive.
inline std::int64_t floor_div(__int128 a, std::int64_t b) {
    const __int128 quotient = a / b;
    const __int128 floor = quotient - (a < quotient * b ? 1 : 0);
    return static_cast<std::int64_t>(std::clamp<__int128>(floor, -fixed_max, fixed_max));
}

inline std::int64_t ceil_div(__int128 a, std::int64_t b) {
    return -floor_div(-a, b);
}

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
        bool exact = false;         ///< by rational arithmetic, so that `high` does not allow for balances being off
        bool nobody_short = false;  ///< certainly no supporter would pay less than the full share
        /// Supporters of so much weight have nothing, and certainly every other one pays the full share; negative:
        /// not so, or not certain.
        std::int64_t broke = -1;
    };

    State(const Contest& contest, const Profile& profile);
    State(const Contest& contest, Repeated& repeated);
    bool go_on(const Contest& contest);
    void add(std::size_t group, std::int64_t voters);
    void reprice(const Contest& contest, ProjectIndex project);

    const Contest& contest() const { return *contest_; }
    std::size_t length() const { return length_; }
    /// Rows read so far, and something for each look.
    std::int64_t work() const { return work_; }
    void assume_length(std::size_t length);
    void begin(const Share& share);
    bool fits(const Share& share) const;
    Result<void> widen(const Share& share);

    /// Looks no further once the payment certainly exceeds `enough` (a price, for the same kind of comparison as
    /// compare_prices()).
    Ask ask(ProjectIndex project, std::optional<std::pair<Fixed, ProjectIndex>> enough = std::nullopt);
    /// Takes the money: `ask` is enclosed and of now.
    void charge(ProjectIndex project, const Ask& ask);
    /// Between what a payment is where the endowment is less than that of the run by up to some fall, with the same
    /// purchases in the same order. Slopes are in 2^-20; falls are fixed numbers.
    struct Slopes {
        Fixed low = 0;   ///< at least that, and `least` for each unit of the fall
        Fixed high = 0;  ///< at most that, and `most`
        std::int64_t least = 0;
        std::optional<std::int64_t> most = std::nullopt;  ///< nothing: no bound is known
        Fixed least_after(Fixed fall) const;
        Fixed most_after(Fixed fall) const;
    };
    /// `ask` is enclosed and of now.
    Slopes slopes(ProjectIndex project, const Ask& ask, Fixed fall);
    /// Whether a purchase is certainly the cheapest of the round with every endowment down to one less by `fall`, for
    /// which `purchase` says what it paid.
    Carried keeps_first(const SharesRun::Purchase& purchase, const Slopes& slopes, Fixed fall);
    /// For about how much of a fall from the endowment of the run the project can still be paid for; 0: nobody knows.
    double affordable_for(ProjectIndex project, Fixed fall);
    /// As the other, for slopes up to the same fall of all that is bought.
    void charge(ProjectIndex project, const Ask& ask, const Slopes& slopes);
    /// From the endowment of the run down to a smaller one, rounded up.
    Fixed fall_to(const Share& least) const;
    /// Projects at the beginning of every run with at least the endowment of the latest, in order: each is cheapest
    /// however rich the others' supporters are, and nobody is short, so its payment is cost over weight.
    const std::vector<ProjectIndex>& opening() const { return opening_; }
    /// Buys the opening; the payments.
    std::vector<Ask> buy_opening();
    /// Whether the opening found for an endowment holds for this one.
    bool opening_holds() const {
        return opening_.empty() ||
               (share_.denominator == opening_share_.denominator && share_.numerator >= opening_share_.numerator);
    }
    /// Takes the purchases of the run that has ended into account for the opening of the following ones.
    void remember_opening(const std::vector<bool>& nobody_short);

    /// Takes what was learned of the run that has ended into account in the following ones.
    void remember_bounds();

    /// The exact payment (øre) per unit of weight of an enclosed project.
    mpq_class exact_payment(ProjectIndex project, const Ask& ask);
    /// Exact payments of the rounds so far.
    const mpq_class& exact_round(std::size_t round);
    /// Supporters who paid less than the full share in a round, those who had nothing included.
    std::int64_t short_voters(std::size_t round);
    /// Supporters who had anything left before that round.
    std::int64_t voters_with_money(std::size_t round);

    /// Payment `a` for project `p` against payment `b` for project `q`, as prices of a unit of utility.
    std::strong_ordering compare_prices(Fixed a, ProjectIndex p, Fixed b, ProjectIndex q) const;
    mpq_class price(const mpq_class& payment, ProjectIndex project) const;
    bool by_cost() const { return by_cost_; }
    int shift() const { return shift_; }
    /// Marks the project as bought and its rivals as shut out.
    void strike(ProjectIndex project);
    void set_lower(ProjectIndex project, Fixed low) {
        lower[project] = low;
        near_price[project] = by_cost_ ? static_cast<double>(low) / static_cast<double>(contest_->cost(project))
                                       : static_cast<double>(low);
    }

    std::vector<Fixed> lower;         ///< per project: its payment is certainly not less
    std::vector<double> near_price;   ///< per project: that bound as a price, but for rounding; only says where to look
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
    struct Sifted {
        Pass pass;
        std::size_t close = 0;  ///< rows put aside
    };
    /// Takes a row for a payment it is not too close to, or else puts it aside.
    template <bool ones>
    void sift(Sifted& sifted, Fixed balance, std::size_t row);
    template <bool ones, int length>
    void read_block(const Purses::Block& block);
    /// Works out the supporters' balances and sifts them for payments near this one.
    template <bool ones>
    void read(Slot slot, Fixed pay, Fixed slack);
    /// Splits the balances just read at a payment.
    template <bool ones>
    Pass split(Fixed pay, Fixed slack);
    template <bool ones>
    void sift_again(Fixed pay, Fixed slack);
    void set_window(Fixed pay, Fixed slack);
    /// Takes in a pass; true when the payment is enclosed.
    bool settle(Ask& ask, Slot slot, const Pass& pass, Fixed& pay, Fixed& slack);
    Ask ask_exactly(ProjectIndex project);

    /// What the supporters in view tell of a payment's slopes.
    struct Climb {
        Wide poor_money = 0;
        std::int64_t poor_weight = 0;
        Wide poor_rise = 0;     ///< by how much less they have, for each unit of the fall, at least
        Wide drawn = 0;         ///< by how much those who may be poor have less, at most
        std::int64_t rich = 0;  ///< weight of those who certainly pay in full all the way, if the slope is as guessed
    };
    bool apart(const Slopes& first, const SharesRun::Purchase& purchase, const Slopes& rival, ProjectIndex other,
               Fixed fall) const;
    double meeting(const Slopes& first, ProjectIndex p, const Slopes& second, ProjectIndex q, Fixed fall) const;
    template <bool ones>
    Climb climb_of(const Ask& ask, Fixed fall, std::int64_t guess) const;

    void look_at(Slot slot);
    void bound_at_first();
    void bound_at_first(ProjectIndex project);
    void take_stock();
    void foresee(ProjectIndex project);
    /// Payments of the rounds before `rounds`, by slot.
    std::vector<Fixed> pays_before(std::size_t rounds) const;
    Wide error_before(std::size_t rounds) const;
    Wide balance(const Purses::Row& row, const std::vector<Fixed>& pays) const;
    mpq_class exact_balance(const Purses::Row& row, std::size_t rounds);
    const mpq_class& exact_endowment();
    std::uint32_t round_of(Slot slot) const { return round_of_[contest_->entrants[slot]]; }
    std::optional<mpq_class> exact_by_split(ProjectIndex project, std::size_t rounds, const Ask& ask);
    std::optional<mpq_class> water_level(ProjectIndex project, std::size_t rounds);
    void refresh();

    /// What is known of a project with the first `round` purchases of a run behind it, and so with more than those.
    struct Bound {
        ProjectIndex project = 0;
        std::uint32_t round = 0;
        bool unaffordable = false;
        Fixed low = 0;          ///< its payment is certainly not less …
        std::int64_t poor = 0;  ///< … since so many voters have too little, and these weigh the others down
        std::int64_t rich = 0;  ///< so much weight pays at least that
        Wide money = 0;         ///< unaffordable: its supporters certainly have no more
    };
    /// Applies the bounds of an earlier run whose purchases have been made in this one.
    void carry_bounds_over();
    void carry_over(Bound bound);
    void note_bound(Bound bound);
    void count_together();

    Wide cost_fixed(ProjectIndex project) const { return static_cast<Wide>(contest_->cost(project)) << shift_; }
    Wide needed(const Share& share) const;
    Slot slot_of(ProjectIndex project) const { return slot_of_[project]; }

    const Contest* contest_;
    std::vector<ProjectIndex> entrants_;
    Repeated* repeated_ = nullptr;
    std::optional<Lumps> lumps_;  ///< of a repeated count
    Purses purses_;
    std::size_t length_ = 0;
    std::vector<Slot> slot_of_;  ///< of entrants
    bool by_cost_ = true;
    int shift_ = 0;
    std::vector<std::int64_t> weights_;  ///< per slot: total weight of its supporters
    std::vector<std::int64_t> voters_;   ///< per slot
    std::vector<Fixed> pay_;             ///< per slot; 0: not bought
    std::vector<Fixed> guess_;           ///< per slot: what it asked in the run before
    Folds folds_;
    /// The rows of one entrant, numbered from `from`.
    struct View {
        std::span<const Purses::Block> blocks;
        std::size_t from = 0;
        std::size_t rows = 0;
        const std::uint32_t* voters = nullptr;
        const std::uint32_t* weights = nullptr;
        const Slot* choices = nullptr;
        const std::uint32_t* choice_weights = nullptr;
    } view_;                       ///< those read last
    std::vector<Fixed> balances_;  ///< of those
    std::optional<Slot> in_view_;  ///< whose they are, if nothing has been bought since
    std::int64_t work_ = 0;
    // The rows read last, for payments within a window: those poor or rich with any of them, and the few that are
    // close.
    Sifted sifted_;
    std::vector<std::uint32_t> close_;  ///< places in balances_ of those put aside, and room for others
    Fixed window_low_ = 0;
    Fixed window_high_ = 0;
    // Of the payments so far, by slot; 0 where nothing is bought.
    struct Slope {
        std::int64_t least = 0;
        std::int64_t most = 0;
    };
    std::vector<Slope> slopes_;
    std::vector<std::int64_t> slope_guess_;  ///< by slot
    Fixed lag_ = 0;              ///< by which the balances that slopes begin at may be more than the error says
    std::int64_t steepest_ = 0;  ///< slope of one who supports all that has been bought, at most
    bool steep_ = false;         ///< a payment without an upper slope has been made
    bool refreshed_ = false;     ///< payments have become sharper in this run
    Fixed endowment_fixed_ = 0;
    Share share_;
    std::optional<mpq_class> endowment_;
    Fixed error_ = 1;  ///< of every balance worked out
    Fixed error_max_ = 1;
    std::vector<std::uint32_t> round_of_;  ///< per project
    // As every run begins; empty: not known.
    std::vector<Fixed> lower_at_first_;
    std::vector<double> near_at_first_;
    std::vector<Fixed> enough_at_first_;  ///< by slot: the least endowment with which its supporters can pay
    std::vector<ProjectIndex> opening_;
    Share opening_share_;

    std::vector<Bound> bounds_;  ///< of the run under way, by round
    struct Before {
        struct Paid {
            ProjectIndex project = 0;
            Fixed high = 0;
        };
        Fixed endowment = 0;
        std::vector<Paid> paid;
        std::vector<Bound> bounds;
        int shift = 0;
    } before_;                     ///< the run remembered
    std::vector<Fixed> drops_;     ///< of its first purchases, by how much each was dearer at most
    std::size_t bounds_seen_ = 0;  ///< of its bounds, those that have been carried over
    /// By slot: by how much the voters of one were better off after the first purchases of the run remembered, at most.
    struct Cheaper {
        std::uint32_t rounds = 0;
        Wide saved = 0;  ///< all supporters together
        Wide drops = 0;  ///< one who supports every purchase
    };
    std::vector<Cheaper> cheaper_;
    std::vector<std::uint32_t> last_bound_;  ///< by slot: the last of its bounds
    /// By slot, for each slot: voters who support both, each times what she gives the second. Empty: not counted.
    std::vector<std::int64_t> together_;
};

}  // namespace bypuls::participation::counting
