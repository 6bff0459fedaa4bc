#pragma once

#include <compare>
#include <map>
#include <optional>

#include "city/participation/counting/contest.h"

namespace bypuls::participation::counting {

/// What some rules have in common when one election is counted by many: those that raise shares differ in when they
/// stop and in what follows, and maximin support that skips goes on where the other stops. For use by one thread.
struct Kept {
    /// All that the common part depends on.
    struct Key {
        std::string pot;
        Money budget = 0;
        std::int64_t voters = 0;
        std::vector<ProjectIndex> entrants;
        std::vector<TieBreak> ties;
        std::string seed;
        RankingScore ranking = RankingScore::borda;
        std::int64_t ranking_top = 0;
        // Equal Shares only.
        bool by_cost = false;
        Profile::Weights weights = Profile::Weights::ones;
        Money step = 0;
        bool whole_endowment = false;

        friend auto operator<=>(const Key&, const Key&) = default;
    };
    static Key key(const Contest& contest);

    /// An outcome with what the judge decided on the way to it.
    struct End {
        Outcome outcome;
        std::vector<Decision> decisions;
    };
    struct Raised {
        End overspent;                  ///< add1, before any filling
        std::optional<End> exhaustive;  ///< add1e: the first at which nothing more fits; none: the other
    };
    struct Maximin {
        End skipping;
        std::optional<End> stopping;  ///< at the first that does not fit; none: the other
    };
    // Nothing: not to be shared, since it failed or only a lot could decide, which each rule must say for itself.
    std::map<Key, std::optional<Raised>> raised = {};
    std::map<Key, std::optional<Maximin>> maximin = {};
};

}  // namespace bypuls::participation::counting
