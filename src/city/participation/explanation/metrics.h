#pragma once

#include <string>
#include <vector>

#include "city/participation/counting/count.h"

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

/// Figures by which results under different rules can be compared. Over voters with at least one choice.
struct Metrics {
    double spent_share = 0;           ///< of the budget
    double voters_with_a_winner = 0;  ///< share
    double excluded_voters = 0;       ///< share of voters without any funded choice
    double mean_winners = 0;          ///< funded choices per voter
    double median_winners = 0;
    double mean_kroner = 0;  ///< paid for funded choices per voter
    double median_kroner = 0;
    double gini_kroner = 0;                ///< 0: all have the same; towards 1: few have all
    std::vector<PotShare> pots;            ///< as listed, the common budget last
    std::vector<Underserved> underserved;  ///< ascending by project
};

Metrics metrics(const counting::Election& election, const counting::CountResult& result);

}  // namespace bypuls::participation::explanation
