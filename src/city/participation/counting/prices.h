#pragma once

#include <string>
#include <vector>

#include "city/participation/counting/result.h"
#include "city/participation/counting/rule.h"

namespace bypuls::participation::counting {

/// The payments of Equal Shares as a price system: a certificate, which anyone can go through, that the outcome is what
/// the voters could have bought themselves with equally much each (Peters, Skowron, "Proportionality and the Limits of
/// Welfarism", EC 2020, priceability).
struct PriceSystem {
    std::string pot;
    Exact share;  ///< what each voter had (kroner)
    /// Every project of the pot that was funded and costs something has been paid by its supporters, and every other
    /// costs more than its supporters have left together.
    bool holds = false;
    /// A project that was not funded, and what those who chose it have left together (kroner).
    struct Left {
        ProjectIndex project = 0;
        Exact left;

        friend bool operator==(const Left&, const Left&) = default;
    };
    std::vector<Left> left;  ///< ascending by project; those without support are left out

    friend bool operator==(const PriceSystem&, const PriceSystem&) = default;
};

/// One for each pot, of a count with exact rounds. Empty where the rule has no payments, or another outcome took the
/// place of the one that was paid for.
std::vector<PriceSystem> price_systems(const Election& election, const Rule& rule, const CountResult& result);

}  // namespace bypuls::participation::counting
