#pragma once

#include <functional>
#include <span>
#include <vector>

#include "city/participation/counting/result.h"

namespace bypuls::participation::counting {

/// What a count does beyond finding the winners.
struct CountOptions {
    /// Count again for each tie as if another of the tied had been chosen, to say whether the tie decided anything.
    bool explore_ties = true;
    /// Exact fractions in the rounds. Winners, order and ties are exact either way.
    bool exact_rounds = true;
    /// Check payments, balances and budget of the finished count by separate exact arithmetic; a failure is ours and
    /// ends the program.
    bool self_check = true;
    /// Called now and then in long counts with a sentence in English; null: silence.
    std::function<void(std::string_view)> progress = nullptr;
};

/// Counts. Pure and deterministic: the same election and rule give the same result to the byte, whatever the order of
/// ballots, the compiler or the number of threads.
///
/// Errc::malformed: the election or the rule does not make sense, or the rule does not fit the kind of ballot.
/// Errc::conflict: a tie that only the lot could break, and the rule has no seed; the sentence names the projects.
/// Errc::exhausted: more work than a count may take.
Result<CountResult> count(const Election& election, const Rule& rule, const CountOptions& options = {});

/// The same election by each of the rules: results as count() would give them one by one, in the order of the rules.
/// What some rules have in common is counted once, and `threads` work at the same time; then `progress` is called by
/// several.
std::vector<Result<CountResult>> count_by_each(const Election& election, std::span<const Rule> rules,
                                               const CountOptions& options = {}, std::size_t threads = 1);

/// Every winning set that some way of breaking ties leads to, ascending and each once. For small elections and tests.
/// Errc::exhausted when there are more than `max` runs to try.
Result<std::vector<std::vector<ProjectIndex>>> all_outcomes(const Election& election, const Rule& rule,
                                                            std::size_t max = 100'000);

/// The same rules written a second time, plainly and independently: rational numbers throughout, every project asked in
/// every round, every endowment run, no shortcut. Only winners, what was spent and ties; slow. For verification.
/// Errc::exhausted for maximum welfare and maximin support beyond twenty projects, where it would try every subset.
struct PlainOutcome {
    std::vector<ProjectIndex> winners;
    Money spent = 0;
    /// The projects of every tie met on the way, ascending and each once; not those between what costs nothing, and not
    /// with knapsack and maximum welfare, which are counted without asking for ties.
    std::vector<std::vector<ProjectIndex>> ties;

    friend bool operator==(const PlainOutcome&, const PlainOutcome&) = default;
};
Result<PlainOutcome> count_plainly(const Election& election, const Rule& rule);

}  // namespace bypuls::participation::counting
