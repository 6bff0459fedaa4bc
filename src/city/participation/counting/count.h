#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "city/participation/counting/result.h"

namespace bypuls::participation::counting {

struct Trail;

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
    /// Rows of ballots that Equal Shares may still read before it gives up with Errc::exhausted; counted down, so that
    /// several counts can have one number together. Null: as many as it takes.
    std::int64_t* work_left = nullptr;
    /// Filled with the way an Equal Shares count without pots and exclusive groups went; null: not kept.
    Trail* keep = nullptr;
    /// What a count of the same rule kept, of an election that only differs in that `favoured` is dearer there or
    /// chosen by fewer of the same voters: it is gone over as far as that makes no difference. The result is the same,
    /// but for ties on the way, which are not told.
    const Trail* along = nullptr;
    ProjectIndex favoured = 0;
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

/// Every count that some way of breaking ties leads to, one after the other; the same outcome perhaps several times.
/// For small elections and tests. Without the ties' alternatives; with exact fractions in the rounds. Errc::exhausted
/// when there are more than `max` to count.
Result<void> each_outcome(const Election& election, const Rule& rule,
                          const std::function<void(const CountResult&)>& visit, std::size_t max = 100'000);

/// Every winning set that some way of breaking ties leads to, ascending and each once. For small elections and tests.
/// Errc::exhausted when there are more than `max` runs to try.
Result<std::vector<std::vector<ProjectIndex>>> all_outcomes(const Election& election, const Rule& rule,
                                                            std::size_t max = 100'000);

/// A purchase by the rule itself as the plain count reckons it; the fields as in Round.
struct PlainRound {
    ProjectIndex project = 0;
    Money paid = 0;
    std::optional<Exact> share = std::nullopt;
    std::optional<Exact> price = std::nullopt;
    std::int64_t paid_all_they_had = 0;

    friend bool operator==(const PlainRound&, const PlainRound&) = default;
};

struct PlainOutcome {
    std::vector<ProjectIndex> winners;
    Money spent = 0;
    std::vector<PlainRound> rounds;            ///< one for each winner
    std::vector<std::optional<Exact>> shares;  ///< by pot, the common one last: what a voter held at the end; else null
    /// The projects of every tie met on the way, ascending and each once; not those between what costs nothing, and not
    /// with knapsack and maximum welfare, which are counted without asking for ties.
    std::vector<std::vector<ProjectIndex>> ties;

    friend bool operator==(const PlainOutcome&, const PlainOutcome&) = default;
};

struct PlainOptions {
    /// Purses and pledges to look at before giving up; 0: as many as it takes.
    std::int64_t work_max = 0;
    /// Where shares are raised: the result whose shares to begin with instead of the plain ones. The count then agrees
    /// if that outcome keeps within the budget and the next step does not, but says nothing about the steps before.
    const CountResult* raise_from = nullptr;
    /// Called now and then with a sentence in English.
    std::function<void(std::string_view)> progress = nullptr;
};

/// The same rules written a second time, plainly and independently: rational numbers throughout, every project asked in
/// every round, every endowment run, no shortcut; slow. For verification.
/// Errc::exhausted for maximum welfare and maximin support beyond twenty projects, where it would try every subset, and
/// beyond `work_max`.
Result<PlainOutcome> count_plainly(const Election& election, const Rule& rule, const PlainOptions& options = {});

/// Where the two counts differ: the first thing, as a sentence. Winners in order, money, and for Equal Shares, Phragmén
/// and maximin support every payment, price and share, to the last fraction. Nothing if they agree.
std::optional<std::string> disagreement(const Election& election, const CountResult& result, const PlainOutcome& plain);

}  // namespace bypuls::participation::counting
