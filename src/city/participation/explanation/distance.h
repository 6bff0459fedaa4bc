#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "city/participation/counting/count.h"

namespace bypuls::participation::explanation {

/// The smallest change of one kind that turns an outcome, found by counting again.
struct Change {
    /// Money in øre, the election's smallest unit; voters are voters.
    std::int64_t amount = 0;
    /// True if every smaller change, with whichever voters, was tried or proved to fail, or more of it is never worse.
    /// Otherwise a smaller change may do too, since Equal Shares and Phragmén are not monotone and it matters who
    /// changes: say "at most".
    bool smallest = false;
    /// False: nothing that was tried is enough, and nothing up to `amount` is, which may be 0. More may be: say "more
    /// than".
    bool enough = true;

    friend bool operator==(const Change&, const Change&) = default;
};

/// How far a project was from winning (Boehmer et al., "Evaluation of Project Performance in Participatory Budgeting",
/// IJCAI 2024). Empty: it is certain that no such change is enough, or the measure does not apply to the kind of ballot
/// (additions_apply()).
struct LoserDistance {
    counting::ProjectIndex project = 0;
    /// By how much it would have had to be cheaper.
    std::optional<Change> cost_reduction;
    /// How many new ballots choosing it alone it lacked.
    std::optional<Change> singleton_add;
    /// How many of the voters who did not choose it would have had to: the fewest there are …
    std::optional<Change> optimist_add;
    /// … those with the most funded choices first …
    std::optional<Change> pessimist_add;
    /// … and drawn at random: the median over samples.
    std::optional<Change> random_add;
    /// How many of its supporters, the fewest there are, would have had to choose nothing else.
    std::optional<Change> rivalry_reduction;

    friend bool operator==(const LoserDistance&, const LoserDistance&) = default;
};

/// How safely a project won.
struct WinnerMargin {
    counting::ProjectIndex project = 0;
    /// How many supporters it could not have lost, the fewest there are; empty: it would win with any single one.
    std::optional<Change> margin;
    /// Who would win instead, ascending.
    std::vector<counting::ProjectIndex> instead;

    friend bool operator==(const WinnerMargin&, const WinnerMargin&) = default;
};

struct Distances {
    std::vector<LoserDistance> losers;  ///< ascending by project; those with no support left out
    std::vector<WinnerMargin> winners;  ///< in order of purchase

    friend bool operator==(const Distances&, const Distances&) = default;
};

struct DistanceOptions {
    std::size_t samples = 9;  ///< for random_add; odd
    std::size_t threads = 0;  ///< 0: as many as the machine has, eight at most; the answers are the same
    std::uint64_t seed = 1;   ///< of the samples; part of the result's description
    /// So many smaller changes, if not proved to fail, are all tried; more if there are few ballots. For the samples
    /// only then.
    std::size_t full_scan_max = 48;
    /// What each search may take: rows of ballots that Equal Shares reads, or about as much of other work. Beyond it
    /// the search ends, and what it has not decided is told as the bound it is. Never of time, so that the answers are
    /// the same everywhere. A figure is one search, but for optimist_add, rivalry_reduction and margin, which are one
    /// with the voters in one order and one over all choices of them, and random_add, each of whose samples may take
    /// half of it.
    std::int64_t work_max = 8'000'000;
    /// Of new ballots and of pessimist_add's voters so many smaller numbers, if not proved to fail, are all tried
    /// wherever that takes no more than `scan_work_max`, which then is what the search may take from there on; so are
    /// the costs between what was found and the project's own.
    std::size_t scan_max = 160;
    std::int64_t scan_work_max = 96'000'000;
};

/// False where nobody can "also choose" a project in one way only: with points it would need a number of them, in a
/// ranking a place, and who has one choice cannot choose also. Then optimist-, pessimist- and random-add are left out.
bool additions_apply(counting::BallotKind kind);

/// All of them. Takes a few hundred counts, each search no more than DistanceOptions::work_max; errors are those of
/// count().
Result<Distances> distances(const counting::Election& election, const counting::Rule& rule,
                            const counting::CountResult& result, const DistanceOptions& options = {});

}  // namespace bypuls::participation::explanation
