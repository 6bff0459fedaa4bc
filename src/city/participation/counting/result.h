#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "city/participation/counting/election.h"
#include "city/participation/counting/rule.h"

namespace bypuls::participation::counting {

/// A rational number as it came out of the exact arithmetic.
struct Exact {
    std::string fraction = "0";  ///< "100/3" in lowest terms, or "7"
    double value = 0;            ///< the nearest double, for people and charts; never used to decide

    friend bool operator==(const Exact&, const Exact&) = default;
};

/// Why a project entered the outcome.
enum class Phase : std::uint8_t {
    rule,         ///< by the rule itself
    utilitarian,  ///< by the filling after it
    comparison,   ///< the greedy outcome replaced the first one in the comparison step
    fund_all,     ///< everything with support fits in the budget
    free,         ///< costs nothing and has support
    reverse,      ///< cumulative transfer: an eliminated project that fits after all
};
std::string_view name_of(Phase phase);

/// One purchase.
struct Round {
    ProjectIndex project = 0;
    Phase phase = Phase::rule;
    Money paid = 0;               ///< the cost, or less where a project is partly funded
    std::int64_t supporters = 0;  ///< voters who chose it
    /// equal shares: what a supporter with enough money pays (kroner). phragmen, maximin: her load (kroner).
    std::optional<Exact> share = std::nullopt;
    /// equal shares: cost divided by that payment; begins at the number of votes and falls.
    std::optional<Exact> effective_votes = std::nullopt;
    /// equal shares: the price of a unit of utility by which the rule chose (kroner per unit).
    std::optional<Exact> price = std::nullopt;
    std::int64_t could_pay = 0;          ///< equal shares: supporters who had anything left
    std::int64_t paid_all_they_had = 0;  ///< supporters who paid less than the full share, broke ones included
    std::string pot = {};

    friend bool operator==(const Round&, const Round&) = default;
};

/// Projects the rule could not tell apart, and what then decided.
struct Tie {
    std::size_t round = 0;           ///< index of the purchase it was about, in the count it came up in
    std::vector<ProjectIndex> tied;  ///< ascending
    ProjectIndex chosen = 0;
    TieBreak broken_by = TieBreak::lower_cost;
    /// It came up in a count on the way, not in the one that became the outcome: while the shares were raised, or on
    /// the other side of the comparison step.
    bool on_the_way = false;
    /// Winning sets (ascending) that differ from the outcome, had the ties met before this one been broken as they
    /// were, this one otherwise, and those after it in any way. So the alternatives of all ties are all the outcomes
    /// that any order of tie-breaking leads to. Maximum welfare: one of them.
    std::vector<std::vector<ProjectIndex>> alternatives = {};
    /// All of them were counted. False where there are too many ways to break the ties, and where not asked for; then
    /// those found so far are given, and without any it is not known whether the tie decided anything.
    bool explored = false;

    friend bool operator==(const Tie&, const Tie&) = default;
};

/// Why a project never took part.
struct Excluded {
    ProjectIndex project = 0;
    enum class Why : std::uint8_t { no_support, below_score, not_eligible } why = Why::no_support;

    friend bool operator==(const Excluded&, const Excluded&) = default;
};
std::string_view name_of(Excluded::Why why);

/// A project that took part and could not be built beside one that was bought: at most one of an exclusive group is.
struct ShutOut {
    ProjectIndex project = 0;
    ProjectIndex by = 0;  ///< the first bought of those that exclude it

    friend bool operator==(const ShutOut&, const ShutOut&) = default;
};

/// The part of the outcome that is specific to raising shares.
struct Endowment {
    Exact share;              ///< what each voter had in the run that counted (kroner)
    std::int64_t raises = 0;  ///< steps taken
    bool exhaustive = false;  ///< nothing more fits after the rule itself
    std::string pot = {};

    friend bool operator==(const Endowment&, const Endowment&) = default;
};

struct CountResult {
    std::string rule;                   ///< name_of(rule)
    std::vector<ProjectIndex> winners;  ///< in order of purchase
    Money spent = 0;
    Money budget = 0;         ///< all pots together
    std::int64_t voters = 0;  ///< among whom the budget is divided
    std::int64_t blank = 0;
    std::vector<std::int64_t> votes;   ///< voters per project
    std::vector<std::int64_t> scores;  ///< what greedy sorts by
    std::vector<Round> rounds;
    std::vector<Tie> ties;
    std::vector<Excluded> excluded;
    std::vector<ShutOut> shut_out;      ///< by ascending project
    std::vector<Endowment> endowments;  ///< one for each pot, equal shares only
    bool greedy_preferred = false;      ///< the comparison step replaced the outcome
    /// equal shares: projects bought with any of the endowments on the way, the last one included that broke the
    /// budget; ascending. A project that is not among them left no trace in the count.
    std::vector<ProjectIndex> touched;

    /// Losers that the election lets be funded in part and that the rule would fund in whole or not at all; ascending.
    std::vector<ProjectIndex> partial_left_out;

    /// Winners as a set, ascending.
    std::vector<ProjectIndex> winning_set() const;
    bool won(ProjectIndex project) const;

    friend bool operator==(const CountResult&, const CountResult&) = default;
};

}  // namespace bypuls::participation::counting
