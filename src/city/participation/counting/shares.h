#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "city/participation/counting/contest.h"

namespace bypuls::participation::counting {

/// More projects are refused: one number of sixteen bits names each.
inline constexpr std::size_t entrants_max = 65'535;

/// What every voter is given: numerator/denominator øre.
struct Share {
    __int128 numerator = 0;
    std::int64_t denominator = 1;
};

/// Between what a supporter is asked per unit of weight for a purchase, fixed point.
struct Asked {
    std::int64_t low = 0;
    std::int64_t high = 0;
    bool nobody_short = false;  ///< certainly no supporter pays less than the full share
};

/// One run of Equal Shares with a fixed endowment, and what is known about it.
struct SharesRun {
    struct Level {
        ProjectIndex project = 0;
        std::int64_t broke = 0;  ///< supporters of so much weight had nothing
    };
    struct Purchase {
        ProjectIndex project = 0;
        std::int64_t pay_high = 0;  ///< upper bound on what a supporter pays per unit of weight, fixed point
        /// Supporters of so much weight had nothing, and the others paid in full; negative: not so, or not certain.
        std::int64_t broke = -1;
        /// Tied with it, and beaten by the tie-break, for every larger endowment with which no fewer are broke.
        std::vector<Level> level;
    };
    std::vector<Purchase> purchases;
    std::vector<Tie> ties;
    Money spent = 0;
    bool overspent = false;        ///< given up as soon as it spent more than allowed
    ProjectIndex overspender = 0;  ///< the purchase that did it, which is not among the purchases
    Purchase overspending = {};    ///< that purchase
};

struct Repeated;

/// Equal Shares, exact and fast.
///
/// Payments are whole numbers of 2^-k øre with a bound on the error, so sums are exact and every comparison is either
/// certain or known not to be. What is not certain is decided by rational arithmetic, which is cheap because a voter
/// who still has money has paid in full for everything bought that she supports: her exact balance is the endowment
/// minus the payments of those rounds, and a project's exact payment is linear in the earlier ones.
///
/// Two facts about endowments make raising them fast. With the same purchases in the same order, a larger endowment
/// leaves every voter at least as much after every round and makes every payment smaller or equal. So if the payments
/// of the small endowment stay below what every other project asks at the large one, the purchases are the same at all
/// endowments between them, and none of those has to be run. docs/decisions/0010-exact-counting.md has the proof.
class Shares {
public:
    Shares(const Contest& contest, const Profile& profile);
    Shares(const Contest& contest, Repeated& repeated);
    ~Shares();
    Shares(const Shares&) = delete;
    Shares& operator=(const Shares&) = delete;

    /// Goes on with another contest of the repeated count; false if its entrants are others.
    bool go_on(const Contest& contest);
    /// Adds so many voters to a ballot group of the repeated count; true of the next contest.
    void add(std::size_t group, std::int64_t voters);

    /// Runs with this endowment; stops early once more than `spend_max` is spent.
    SharesRun run(const Share& share, Money spend_max);
    struct Carried {
        bool holds = false;
        /// If not: the purchases seem to change so far before `high`, as a part of the way; 0: nobody knows. Says no
        /// more than where to look.
        double back = 0;
    };
    /// True if it is certain that every endowment from `from`, which is the one of `low`, to `high` (larger) buys what
    /// `low` bought, in the same order. `low` is then brought up to `high`.
    Carried carry(SharesRun& low, const Share& from, const Share& high);

    /// True if it is certain that this contest buys what `low` bought, in the same order, with every endowment from the
    /// one of `low` to `high`, and so does every contest between it and that of `low`: in which `favoured` cost `cost`
    /// at most, and no less than here, and all else was the same. If `low` spent more than allowed, so do they.
    bool holds_when_cheaper(const SharesRun& low, const Share& high, ProjectIndex favoured, Money cost,
                            Money spend_max);
    /// Goes on with another contest that only differs in what `project` costs.
    void reprice(const Contest& contest, ProjectIndex project);

    /// What the purchases of the latest run, or the latest carry() that was certain, were asked.
    std::vector<Asked> asked() const;
    /// True if it is certain that `favoured` is not bought with any endowment up to `high`, where without it the
    /// purchases are those of `low` and, at `high`, are asked that much.
    bool leaves_out(ProjectIndex favoured, const SharesRun& low, const Share& high, std::span<const Asked> asked);
    /// Of the fixed point; numbers of another one mean nothing. It depends on the endowment and on the length.
    int shift() const;
    /// How many entrants the longest ballot names, or more.
    std::size_t length() const;
    /// For the same fixed point as a count with longer ballots.
    void assume_length(std::size_t length);

    /// Rows of ballots read so far, and something for each look at them.
    std::int64_t work() const;

    /// The rounds of a run of `share` written out with exact payments.
    std::vector<Round> explain(const Share& share, const SharesRun& run);

    /// False if the endowment is too large for the fixed point; widen() then makes room and old runs lose their bounds.
    bool fits(const Share& share) const;
    /// Errc::exhausted when the money handed out has more than 61 bits.
    Result<void> widen(const Share& share);

private:
    class State;
    void open(SharesRun& run, std::vector<bool>& nobody_short, Money spend_max);
    std::unique_ptr<State> state_;
};

/// What counts of one election have in common that only differ in how many voters there are behind each ballot, and in
/// costs. For use by one thread.
struct Repeated {
    const Profile& profile;            ///< by group
    std::vector<std::int64_t> counts;  ///< voters by ballot group, instead of the profile's own
    /// By project: likely to be bought. Any other may be too, which costs time once.
    std::vector<bool> foreseen;
    std::unique_ptr<Shares> shares = nullptr;  ///< made by the first count
    std::int64_t usual_leap = 0;               ///< raises between changes, as they were in the last count

    void set(std::size_t group, std::int64_t voters);
};

}  // namespace bypuls::participation::counting
