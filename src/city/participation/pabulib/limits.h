#pragma once

// For the reader of Pabulib files only.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "city/participation/counting/election.h"
#include "city/participation/pabulib/pabulib.h"

namespace bypuls::participation::pabulib {

/// How many projects a ballot may hold, where a file has no other limits.
struct Lengths {
    std::optional<std::int64_t> least;
    std::optional<std::int64_t> most;
};

/// What META's `invalid_ballots` says; to count where it is not there.
counting::Attempt<InvalidBallots> invalid_ballots(const Document& document);

/// What META says a ballot may hold (pabulib.org/format: min_length, max_length, min_sum_cost, max_sum_cost,
/// min_points, max_points, min_sum_points, max_sum_points). A ballot against it is remarked upon, and counted as
/// published, since the town did, or refused where the election says so. A blank ballot is blank, not too short.
class BallotLimits {
public:
    /// Adds a remark for each limit that is not a number. Without max_sum_cost, a knapsack ballot keeps to the budget.
    BallotLimits(const Document& document, const counting::Election& election, InvalidBallots invalid,
                 std::vector<counting::Finding>& remarks);
    /// `invalid` must be InvalidBallots::refuse, or `lengths` empty: what is no Pabulib file has no other use for them.
    BallotLimits(const Lengths& lengths, const counting::Election& election, InvalidBallots invalid,
                 std::vector<counting::Finding>& remarks);

    /// True if the ballot is to be counted. Remarks upon it if it breaks a limit; of each limit the first twenty.
    bool look(const counting::Place& place, std::span<const counting::Choice> choices);
    /// Says how many more there were.
    void finish();

private:
    enum class What : std::uint8_t { length, cost, points, points_each };
    struct Limit {
        std::string name;  ///< empty: the budget
        What what = What::length;
        bool at_most = true;
        std::int64_t value = 0;  ///< projects, øre, or points in the election's parts of a point
        std::int64_t broken = 0;
    };
    void add(const Document& document, std::string_view name, What what, bool at_most);
    /// What a ballot has of it; of single points the one farthest out.
    std::int64_t of(const Limit& limit, std::span<const counting::Choice> choices) const;
    counting::Finding told(const Limit& limit, std::int64_t has) const;

    const counting::Election& election_;
    InvalidBallots invalid_;
    std::vector<counting::Finding>& remarks_;
    std::vector<Limit> limits_;
};

}  // namespace bypuls::participation::pabulib
