#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "city/participation/counting/election.h"
#include "core/result.h"

namespace bypuls::participation::counting {

/// The family of rules. Definitions and sources: docs/concepts/counting.md.
enum class Method : std::uint8_t {
    greedy,    ///< most votes first
    knapsack,  ///< every krone of a project is a candidate; the last project may be partly funded
    /// The affordable set with the greatest total score; for comparison only. Of several such sets the one that holds
    /// the first project, in the order in which the rule breaks ties, that is not in all of them; and so on.
    max_welfare,
    equal_shares,         ///< Method of Equal Shares (Peters, Pierczyński, Skowron 2021)
    phragmen,             ///< sequential Phragmén
    maximin_support,      ///< maximin support (Sánchez-Fernández et al. 2021), costs as loads
    cumulative_transfer,  ///< cumulative vote transfer (Skowron, Slinko, Szufa, Talmon 2020)
};

/// What a greedy count does with a project that does not fit in what is left.
enum class Misfit : std::uint8_t { skip, stop };
/// What a greedy count sorts by.
enum class Order : std::uint8_t { score, score_per_cost };
/// What a voter gains from a funded project she supports.
enum class Utility : std::uint8_t {
    cost,         ///< the money spent on it (times her points, where ballots have points)
    cardinality,  ///< one, whatever points she gave
    points,       ///< her points (one on ballots without points)
};
/// How Equal Shares spends what plain Equal Shares leaves. Names as in participation.md 3.5 and by a council's text.
enum class Completion : std::uint8_t {
    none,     ///< what is left is saved
    add1,     ///< raise every share by one step until the next step would overspend
    add1e,    ///< the same, but stop as soon as nothing more fits
    add1u,    ///< add1, then the utilitarian filling
    add1eu,   ///< add1e, then the utilitarian filling
    util,     ///< no raise, the utilitarian filling
    add_opt,  ///< add1 with steps of one øre, the finest raise there is; `step` says nothing
};
/// The comparison step: keep Equal Shares unless the greedy outcome is strictly preferred.
enum class Comparison : std::uint8_t {
    none,
    majority,   ///< more voters have more approved winners under greedy than the other way round
    exclusion,  ///< fewer voters are left without any winner under greedy
};
/// Who counts as a voter when the budget is divided.
enum class Electorate : std::uint8_t {
    with_choice,  ///< ballots with at least one project (blank ones are reported)
    everyone,     ///< every ballot, as Pabulib and the research tools count
};
/// How rankings become scores.
enum class RankingScore : std::uint8_t { borda, approval };
/// A reason that decides between tied projects, tried in the order adopted.
enum class TieBreak : std::uint8_t {
    lower_cost,
    more_votes,
    lot,           ///< ascending SHA-256 of seed, line feed, project id: drawn once, before counting, by a public seed
    listed_order,  ///< as listed in the election; for comparison with other tools
    alphabetical,  ///< by project id; stable whatever order a file has
};
enum class Excess : std::uint8_t {
    greatest_excess,            ///< GE: support minus cost
    greatest_support_per_cost,  ///< GSC
};
enum class Shortfall : std::uint8_t {
    eliminate_with_transfers,  ///< EwT
    minimal_transfers,         ///< MT
};
/// What happens to a pot's unspent money.
enum class LeftOver : std::uint8_t { saved, to_common };

std::string_view name_of(Method value);
std::string_view name_of(Misfit value);
std::string_view name_of(Order value);
std::string_view name_of(Utility value);
std::string_view name_of(Completion value);
std::string_view name_of(Comparison value);
std::string_view name_of(Electorate value);
std::string_view name_of(RankingScore value);
std::string_view name_of(TieBreak value);
std::string_view name_of(Excess value);
std::string_view name_of(Shortfall value);
std::string_view name_of(LeftOver value);

/// Exactly what a council adopts. Every field that could change a winner is here; there are no hidden defaults.
struct Rule {
    Method method = Method::equal_shares;

    // greedy
    Misfit misfit = Misfit::skip;
    Order order = Order::score;

    // knapsack
    bool partial_funding = false;  ///< fund the last project partly, where it says it may be

    // equal shares (utility: cumulative transfer too)
    Utility utility = Utility::cost;
    Completion completion = Completion::none;
    Comparison comparison = Comparison::none;
    Money step = one_krone;        ///< by which add1 raises every share; > 0
    bool whole_endowment = false;  ///< begin at the share rounded down to whole kroner

    // phragmen, maximin support
    Misfit overrun = Misfit::stop;  ///< when the next project does not fit

    // cumulative transfer
    Excess excess = Excess::greatest_excess;
    Shortfall shortfall = Shortfall::eliminate_with_transfers;

    // all
    /// Projects with a smaller score never enter; in the ballots' own points.
    std::int64_t score_min = 0;
    /// Drop a project if votes/voters < cost/(eligibility * budget); 0: no such rule. Świecie and Wieliczka: 3.
    std::int64_t eligibility = 0;
    /// Where all that may enter fits in the budget together, all of it is funded, whatever the method would leave out
    /// (participation.md 3.5; META fully_funded). Equal Shares with a raise does so anyway.
    bool fully_funded = false;
    Electorate electorate = Electorate::with_choice;
    RankingScore ranking = RankingScore::borda;
    std::int64_t ranking_top = 0;  ///< with RankingScore::approval: how many places count; 0: all
    std::vector<TieBreak> ties = {TieBreak::lower_cost, TieBreak::more_votes, TieBreak::lot};
    std::string seed = {};  ///< public; without it a tie that only the lot can break stops the count with an error
    LeftOver left_over = LeftOver::saved;

    friend bool operator==(const Rule&, const Rule&) = default;
};

/// True for the completions that ask for the rule's step.
bool raises_by_steps(Completion completion);

/// The name of the variant, which is part of every result: "mes-cost-add1", "greedy-stop", "mes-cost-add1u+comparison",
/// with every value that is not a built-in rule's: "mes-cost-add1-step-0.10+eligibility-7" ("+eligibility" alone is 3).
/// Electorate, ties and seed are in the rule's text.
std::string name_of(const Rule& rule);

/// "mes-cost-add1", "greedy", "phragmen", … as listed by builtin_rules(), and every other name that name_of() gives:
/// name_of(rule_named(name)) is the name. Of other_names() none: see there. A near miss of any of them all is answered
/// with "did you mean", and each of other_names() with ours.
Attempt<Rule> rule_named(std::string_view name);

/// Other spellings of built-in rules, each with ours: a default said out loud ("greedy-skip", "mes-cost-none") and the
/// names that Pabulib's files have ("greedy-no-skip", "equalshares/add1"). What a result prints is always ours.
struct OtherName {
    std::string_view name;
    std::string_view ours;
};
std::span<const OtherName> other_names();

/// The name of ours for a name, which is itself where it is one already.
std::string_view our_name(std::string_view name);

/// Every variant by name, in a fixed order, for --which-rule, compare and the tests.
std::vector<std::string> builtin_rules();

/// Reads a rule a council can adopt (TOML; docs/concepts/counting.md). All faults are reported at once, each with its
/// line and column: also choices that the method never asks about, where they are not what is written for none, and a
/// seed without a lot among the ties. Errc::malformed.
Attempt<Rule> parse_rule(std::string_view toml);
/// The rule as TOML with every choice written out; parse_rule reads it back to the same value.
std::string print_rule(const Rule& rule);

}  // namespace bypuls::participation::counting
