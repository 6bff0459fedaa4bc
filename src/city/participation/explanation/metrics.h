#pragma once

#include <span>
#include <string>
#include <vector>

#include "city/participation/counting/count.h"
#include "city/participation/counting/prices.h"
#include "city/participation/pabulib/voter_groups.h"

namespace bypuls::participation::explanation {

struct PotShare {
    std::string pot;      ///< empty: the common budget
    double of_cost = 0;   ///< its part of what was spent
    double of_votes = 0;  ///< its part of all choices
};

/// A project whose supporters are owed more than they got: the `supporters` among them who got at most `got` (øre, paid
/// for their funded choices) hold together a part of the budget (`share`, øre) greater than `got` and the project's
/// cost together. This is a failure of EJR+ up to one project with cost utilities (Brill, Peters 2023).
struct Underserved {
    counting::ProjectIndex project = 0;
    std::int64_t supporters = 0;
    counting::Money got = 0;
    counting::Money share = 0;
};

/// How voters of one age or from one part of the town fared.
struct GroupFigures {
    std::string by;            ///< "age", "neighborhood" or "district"
    std::string name;          ///< "30–44", "Fjell"; empty: the small groups together
    std::int64_t voters = 0;   ///< with at least one choice
    double with_a_winner = 0;  ///< share of these
    double mean_winners = 0;
    double mean_kroner = 0;
};

/// Figures by which results under different rules can be compared. Over voters with at least one choice.
struct Metrics {
    double spent_share = 0;           ///< of the budget
    double voters_with_a_winner = 0;  ///< share
    double excluded_voters = 0;       ///< share of voters without any funded choice
    double mean_winners = 0;          ///< funded choices per voter
    double median_winners = 0;
    double mean_kroner = 0;  ///< paid for funded choices per voter
    double median_kroner = 0;
    double gini_kroner = 0;  ///< 0: all have the same; towards 1: few have all
    /// Of the kroner that all voters have for their choices together, the part that each tenth of the voters has, those
    /// with least first. Empty if there are none.
    std::vector<double> tenths;
    std::vector<PotShare> pots;            ///< as listed, the common budget last
    std::vector<Underserved> underserved;  ///< ascending by project
    std::vector<counting::PriceSystem> prices;
    std::vector<GroupFigures> groups;  ///< where something is known of the voters
};

/// `groups` are the same ballots by what is known of their voters.
Metrics metrics(const counting::Election& election, const counting::Rule& rule, const counting::CountResult& result,
                std::span<const pabulib::VoterGroup> groups = {});

}  // namespace bypuls::participation::explanation
